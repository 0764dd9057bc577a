/* SPDX-License-Identifier: GPL-3.0-or-later
 * questions.c: questions when things go wrong: whichever request for memory fails, the failure is told and nothing leaks;
 * and of a store in which a byte has changed, whichever, they say what they always said, or that it is damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/store/segment.h"
#include "engine/store/snapshot.h"
#include "queries/arguments.h"
#include "queries/command.h"
#include "queries/print.h"
#include "tests/support/crash.h"
#include "tests/support/image.h"
#include "tests/support/store_rows.h"

/* The large one has arrays of several blocks. */
enum { OFFICERS = 8, DAYS = 4, LARGE_OFFICERS = 24, LARGE_DAYS = 145 };

static char *folder, *store, *large;

/* What is asked, S being the store. */
static const char *const lines[] = {
    "who S case-1 --why",
    "who S case-1 --graphml",
    "touched S o1 --relations accesses,links,roster --json",
    "touched S o --csv",
    "touched S o99",
    "common S o1 o2",
    "common S o1 o2 --why --csv",
    "between S o1 o2 --html",
    "ego S o1 --hops 2 --svg",
    "ego S o1 --hops 3 --why",
    "path S o1 o3",
    "path S o1 o3 --all --dot",
    "path S o1 o3 --k 2",
    "path S o1 o3 --avoid-hubs",
    "path S o1 o3 --in-time --why",
    "timeline S o1",
    "timeline S case-1 --gexf",
    "duty S o1 2026-03-02",
    "similar S o1 --graphml",
    "around S case-1 --window 2d --why",
    "facets S accesses action",
    "facets S accesses case_id.unit --where action=view",
    "facets S pay basic",
    "facets S roster claimed_from --by hour --json",
};
enum { LINES = sizeof lines / sizeof *lines };

/* What else reads a store. */
static const char *const more_lines[] = {
    "info S --sources",
    "digest S",
    "graph pagerank S --relations accesses --csv",
    "graph components S --relations accesses,links --csv",
    "graph shared-total S --relations accesses --csv",
    "query S --csv 'MATCH (o:Officer)-[a:ACCESSED]->(c:Case) WHERE a.action = \"view\" RETURN o.id, c.id, a.at'",
    "query S --json 'MATCH (o:Officer) RETURN o.id, o.unit, o.role ORDER BY o.id'",
    "query S --csv 'MATCH (o:Officer {id: \"o3\"})-[:ACCESSED]->(c)<-[:ACCESSED]-(p) RETURN DISTINCT p.id'",
    "query S --csv 'MATCH (o:Officer)-[:ACCESSED]->(c) RETURN c.id, count(*) AS n'",
};
enum { ALL_LINES = LINES + sizeof more_lines / sizeof *more_lines };

static const char *line_of(uint32_t i) { return i < LINES ? lines[i] : more_lines[i - LINES]; }

/* The words of a line, between spaces; those within '' are one. Returns how many. */
static int split(char *line, const char *path, char **words)
{
    int n = 0;
    for (char *at = line; *at;) {
        char end = *at == '\'' ? '\'' : ' ';
        words[n++] = at += end == '\'';
        at += strcspn(at, (char[]){end, 0});
        if (*at) *at++ = '\0';
        at += strspn(at, " ");
        if (strcmp(words[n - 1], "S") == 0) words[n - 1] = (char *)(uintptr_t)path;
    }
    return n;
}

/* What it answers goes to *said, for cd_buffer_release. */
static cd_status ask(const char *line, const char *path, cd_buffer *said, cd_err *err)
{
    cd_status st = CD_OK;
    cli_run run = {0};
    char copy[256], *words[16];
    snprintf(copy, sizeof copy, "%s", line);
    int n = split(copy, path, words);
    run.command = cli_command_find(words[0]);
    assert_non_null(run.command);
    CD_TRY(cli_parse(&run, n - 1, words + 1, err));
    CD_TRY(cli_command_run(&run, err));
    st = run.out.status;
    if (st == CD_OK && run.out.n == 0) fail_msg("'%s' says nothing", line);
done:
    cd_arena_release(&run.arena);
    *said = run.out;
    return st;
}

static bool same_text(const cd_buffer *a, const cd_buffer *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->bytes, b->bytes, a->n) == 0);
}

static void memory_that_fails_is_told(void **state)
{
    cd_err err = {0};
    (void)state;
    for (uint32_t i = 0; i < LINES; i++) {
        cd_buffer expected, said;
        cd_status usual = ask(lines[i], store, &expected, &err); /* what the libraries keep for good is had by now */
        size_t before = cd_memory_now();
        bool reached = true;
        for (int64_t k = 0; reached; k += CRASH_STEP) {
            cd_err_clear(&err);
            cd_memory_fail_at(k);
            cd_status st = ask(lines[i], store, &said, &err);
            reached = cd_memory_failed();
            cd_memory_fail_at(-1);
            bool same = same_text(&said, &expected);
            cd_buffer_release(&said);
            if (cd_memory_now() != before) fail_msg("'%s', request %lld leaks: '%s'", lines[i], (long long)k, err.text);
            /* What was not needed after all may have failed; then it is as ever. */
            if (st == usual ? st == CD_OK && !same : st != CD_EMEMORY)
                fail_msg("'%s', request %lld: %d, '%s'", lines[i], (long long)k, (int)st, err.text);
        }
        cd_buffer_release(&expected);
    }
}

static void read_whole(const char *path, cd_buffer *out)
{
    bool there;
    cd_err err = {0};
    if (cd_file_read(path, 1 << 30, out, &there, &err) != CD_OK || !there) fail_msg("%s: %s", path, err.text);
}

static void write_whole(const char *path, const cd_buffer *bytes)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes->bytes, 1, bytes->n, f), bytes->n);
    assert_int_equal(fclose(f), 0);
}

typedef struct {
    cd_status st;
    cd_buffer said;
    char words[CD_ERR_TEXT];
} usual_answer;

/* Asks of the large store, in which one byte is not what it was: other things for each place. Pictures, which take long,
 * are made of nothing that the others do not read. Returns how often the damage was told. */
static uint32_t told_or_right(const usual_answer *usual, uint32_t place, const char *where, uint32_t *asked)
{
    enum { EVERY = 17 };
    uint32_t told = 0;
    for (uint32_t i = place % EVERY; i < ALL_LINES; i += EVERY) {
        cd_buffer said;
        if (strstr(line_of(i), "--svg") || strstr(line_of(i), "--html")) continue;
        ++*asked;
        cd_err err = {0};
        cd_status st = ask(line_of(i), large, &said, &err);
        bool right = st == usual[i].st && same_text(&said, &usual[i].said) && strcmp(err.text, usual[i].words) == 0;
        bool damage = st == CD_ESTORE && strstr(err.text, "is damaged: ") && said.n == 0;
        if (!right && !damage) fail_msg("%s: '%s' says something else: %d, '%s'", where, line_of(i), (int)st, err.text);
        told += damage;
        cd_buffer_release(&said);
    }
    return told;
}

/* One byte of each array of a file, and some that lie in none. */
static void spoil_file(const char *name, const cd_directory *d, const usual_answer *usual, uint32_t *told, uint32_t *asked)
{
    cd_random r = cd_random_of(20261122, 1, 0);
    cd_buffer whole = {0};
    char *path = cd_store_path(large, "segments", name, NULL), where[CD_ERR_TEXT];
    read_whole(path, &whole);
    for (uint32_t i = 0; i < d->n_arrays + 8; i += CRASH_STEP) {
        const cd_array *a = i < d->n_arrays ? &d->arrays[i] : NULL;
        size_t at = a ? a->at + cd_random_below(&r, cd_array_bytes(a)) : cd_random_below(&r, whole.n);
        char was = whole.bytes[at];
        whole.bytes[at] = (char)(was ^ (char)(1 + cd_random_below(&r, 255)));
        write_whole(path, &whole);
        snprintf(where, sizeof where, "byte %zu of %s, in %.*s", at, name, a ? (int)a->path.n : 4, a ? a->path.bytes : "none");
        *told += told_or_right(usual, i, where, asked);
        whole.bytes[at] = was;
    }
    write_whole(path, &whole);
    cd_buffer_release(&whole);
    cd_free(path);
}

static void a_damaged_store_gives_no_other_answer(void **state)
{
    usual_answer usual[ALL_LINES] = {0};
    cd_snapshot *s;
    cd_err err = {0};
    uint32_t told = 0, asked = 0;
    (void)state;
    for (uint32_t i = 0; i < ALL_LINES; i++) {
        cd_err_clear(&err);
        usual[i].st = ask(line_of(i), large, &usual[i].said, &err);
        if (i >= LINES && usual[i].st != CD_OK) fail_msg("'%s': %s", line_of(i), err.text);
        memcpy(usual[i].words, err.text, sizeof err.text);
    }
    assert_int_equal(cd_snapshot_open(large, false, &s, &err), CD_OK);
    assert_non_null(s->segments[0].checksums);
    for (uint32_t f = 0; f < s->n_segments; f++) {
        const cd_directory d = {.n_arrays = s->segments[f].n_arrays, .arrays = s->segments[f].arrays};
        spoil_file(s->manifest.files[f].name, &d, usual, &told, &asked);
    }
    cd_snapshot_close(s);
    for (uint32_t i = 0; i < ALL_LINES; i++) cd_buffer_release(&usual[i].said);
    fprintf(stderr, "%u of %u told the damage\n", told, asked);
    assert_true(told > asked / 50 && told < asked);
}

static int make(void **state)
{
    cd_err err = {0};
    (void)state;
    print_json_init();
    folder = folder_new();
    store = cd_store_path(folder, NULL, "store", NULL), large = cd_store_path(folder, NULL, "large", NULL);
    for (uint32_t load = 0; load < 4; load++) {
        rows_force rows = {0};
        rows_make(&rows, load / 2, load % 2 ? LARGE_OFFICERS : OFFICERS, load % 2 ? LARGE_DAYS : DAYS);
        if (rows_load(load % 2 ? large : store, &rows, NULL, NULL, &err) != CD_OK) return -1;
        rows_release(&rows);
    }
    return 0;
}

static int drop(void **state)
{
    (void)state;
    cd_free(store), cd_free(large);
    folder_remove(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_fails_is_told),
        cmocka_unit_test(a_damaged_store_gives_no_other_answer),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
