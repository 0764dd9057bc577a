/* SPDX-License-Identifier: GPL-3.0-or-later
 * policy_file.c: what is printed reads back as it was, whatever was in it; what is not said keeps its value; what
 * cannot be is refused with its line. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/detect/policy.h"

enum { ROUNDS = 150, NAMES = 3 };
static const char *const names[NAMES] = {"alpha", "beta", "gamma"};
static char path[64];

static void write_text(const char *text, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* Any value that an entry may have, now and then the least or the greatest. */
static double drawn(const cd_policy_entry *e, cd_random *r)
{
    double at = cd_random_unit(r), v = e->lo + at * (e->hi - e->lo);
    if (cd_random_below(r, 8) == 0) v = at < 0.5 ? e->lo : e->hi;
    return e->whole ? floor(v) : v;
}

static void policy_draw(cd_policy *p, uint64_t round)
{
    static const char letters[] = "abcXYZ 0189.,:#'\"\\-[]{}&*!|>%@`\xc3\xa4";
    cd_random r = cd_random_of(round, 1, 1);
    cd_policy_init(p);
    for (uint32_t i = 0; i < CD_POLICY_NUMBERS; i++) p->number[i] = drawn(&cd_policy_entries()[i], &r);
    for (uint32_t i = 0; i < NAMES; i++) p->off[i] = cd_random_below(&r, 2);
    p->n_senior_ranks = (uint32_t)cd_random_below(&r, CD_POLICY_RANKS + 1);
    for (uint32_t i = 0; i < p->n_senior_ranks; i++) {
        size_t n = 1 + (size_t)cd_random_below(&r, CD_POLICY_RANK_BYTES - 2);
        memset(p->senior_rank[i], 0, CD_POLICY_RANK_BYTES);
        for (size_t k = 0; k < n; k++) {
            size_t at = (size_t)cd_random_below(&r, sizeof letters - 2); /* the last letter has two bytes */
            if (letters[at] != '\xc3')
                p->senior_rank[i][k] = letters[at];
            else if (k + 1 < n)
                memcpy(&p->senior_rank[i][k++], "\xc3\xa4", 2);
            else
                p->senior_rank[i][k] = 'o';
        }
    }
}

static void what_is_printed_reads_back(void **state)
{
    static cd_policy p, back;
    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++)
        for (int explain = 0; explain < 2; explain++) {
            cd_buffer text = {0}, again = {0};
            cd_err err = {0};
            policy_draw(&p, round);
            cd_policy_init(&back);
            cd_policy_print(&p, names, NAMES, explain, &text);
            assert_int_equal(text.status, CD_OK);
            write_text(text.bytes, text.n);
            if (cd_policy_read(&back, path, names, NAMES, &err) != CD_OK) fail_msg("%s\n%s", err.text, text.bytes);
            assert_memory_equal(back.number, p.number, sizeof p.number);
            assert_memory_equal(back.off, p.off, sizeof p.off);
            assert_int_equal(back.n_senior_ranks, p.n_senior_ranks);
            for (uint32_t i = 0; i < p.n_senior_ranks; i++) assert_string_equal(back.senior_rank[i], p.senior_rank[i]);
            cd_policy_print(&back, names, NAMES, explain, &again);
            assert_int_equal(again.n, text.n);
            assert_memory_equal(again.bytes, text.bytes, text.n);
            cd_buffer_release(&text);
            cd_buffer_release(&again);
        }
}

static void what_is_not_said_keeps_its_value(void **state)
{
    static const char some[] = "detectors:\n  beta: off\nurgent_queue: 3 # few\nsenior_ranks: []\n";
    static cd_policy p, usual;
    cd_err err = {0};
    (void)state;
    cd_policy_init(&usual);
    cd_policy_init(&p);
    write_text("", 0);
    assert_int_equal(cd_policy_read(&p, path, names, NAMES, &err), CD_OK);
    assert_memory_equal(&p, &usual, sizeof p);
    p.off[0] = p.off[1] = false, p.off[2] = true;
    write_text(some, sizeof some - 1);
    assert_int_equal(cd_policy_read(&p, path, names, NAMES, &err), CD_OK);
    assert_true(!p.off[0] && p.off[1] && p.off[2]);
    assert_int_equal(p.n_senior_ranks, 0);
    for (uint32_t i = 0; i < CD_POLICY_NUMBERS; i++)
        assert_true(p.number[i] == (i == CD_POLICY_URGENT_QUEUE ? 3 : usual.number[i]));
}

/* Every entry, just beyond what it may be, on the third line. */
static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < CD_POLICY_NUMBERS; i++) {
        const cd_policy_entry *e = &cd_policy_entries()[i];
        for (int high = 0; high < 2; high++) {
            static cd_policy p;
            char text[256], want[96];
            cd_err err = {0};
            cd_policy_init(&p);
            int n = snprintf(text, sizeof text, "# %s: 1\ndetectors: {alpha: on, beta: off}\n%s: %.17g\n", e->name,
                             e->name, high ? e->hi * 1.5 + 2 : e->lo - 1);
            write_text(text, (size_t)n);
            assert_int_equal(cd_policy_read(&p, path, names, NAMES, &err), CD_EINPUT);
            snprintf(want, sizeof want, "line 3: %s is to be ", e->name);
            if (!strstr(err.text, want)) fail_msg("'%s' lacks '%s'", err.text, want);
        }
    }
}

static void ranks_are_compared_by_their_letters(void **state)
{
    static cd_policy p;
    (void)state;
    cd_policy_init(&p);
    static const char *const senior[] = {"chief_inspector", "CHIEF INSPECTOR", "CI", "dci", "D.C.I.", "Cmdr",
                                         "Ch.Supt"},
                             *const others[] = {"", "-", "Inspector", "PC", "Insp", "C", "chief", "CIx"};
    for (size_t i = 0; i < sizeof senior / sizeof *senior; i++)
        if (!cd_policy_is_senior(&p, cd_slice_of(senior[i]))) fail_msg("'%s' is not senior", senior[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (cd_policy_is_senior(&p, cd_slice_of(others[i]))) fail_msg("'%s' is senior", others[i]);
    p.n_senior_ranks = 1, memcpy(p.senior_rank[0], "...", 4); /* no letters: nobody, not everybody */
    assert_false(cd_policy_is_senior(&p, cd_slice_of("")));
    assert_false(cd_policy_is_senior(&p, cd_slice_of("PC")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_reads_back), cmocka_unit_test(what_is_not_said_keeps_its_value),
        cmocka_unit_test(what_cannot_be_is_refused), cmocka_unit_test(ranks_are_compared_by_their_letters)};
    snprintf(path, sizeof path, "%s/candour-policy-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    int fd = mkstemp(path);
    if (fd < 0 || close(fd) != 0) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
