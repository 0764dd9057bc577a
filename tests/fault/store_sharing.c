/* SPDX-License-Identifier: GPL-3.0-or-later
 * store_sharing.c: several processes and one store. One writer at a time, whatever becomes of it; readers keep what they
 * opened and never fail; a store that may only be read is read. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/hash.h"
#include "tests/support/crash.h"
#include "tests/support/store_rows.h"

enum { OFFICERS = 6 };

static void new_store(char store[600])
{
    char room[512];
    crash_folder_make(room, "sharing");
    snprintf(store, 600, "%s/s", room);
}

/* One load of its own; context: the seed. */
static cd_status load_one(const char *store, void *seed, crash_word *word, cd_err *err)
{
    rows_force f = {0};
    rows_make(&f, *(uint64_t *)seed, OFFICERS, 1);
    (void)word;
    cd_status st = rows_load(store, &f, &(rows_way){.acknowledged = crash_acknowledged}, NULL, err);
    rows_release(&f);
    return st;
}

static void must(const crash_end *end)
{
    if (end->killed || end->exit || end->word.status != CD_OK) fail_msg("exit %d: %s", end->exit, end->word.text);
}

static void load_well(const char *store, uint64_t seed)
{
    crash_end end = crash_run(NULL, store, load_one, &seed);
    must(&end);
}

/* ---- Writers ---- */

/* Takes the lock, says so, and never lets go. */
static cd_status hold(const char *store, void *context, crash_word *word, cd_err *err)
{
    candour_load *load = NULL;
    (void)context;
    cd_status st = candour_load_begin(store, NULL, &load, err);
    word->number = 1;
    if (st == CD_OK)
        for (;;) pause();
    return st;
}

static cd_status compact(const char *store, void *context, crash_word *word, cd_err *err)
{
    candour_compact_report report;
    (void)context, (void)word;
    return candour_compact(store, &(candour_load_options){.threads = 1}, &report, err);
}

static void second_writer_is_told(void **state)
{
    (void)state;
    char store[600], pid_text[64];
    uint64_t seed = 1;
    new_store(store);
    for (int there = 0; there < 2; there++) { /* a store in the making, and one that is there */
        if (there) load_well(store, seed);
        crash_word *word;
        int pid = crash_start(NULL, store, hold, NULL, &word);
        while (!((volatile crash_word *)word)->number) usleep(1000);
        for (int way = 0; way < 2; way++) {
            if (way && !there) continue;
            crash_end end = crash_run(NULL, store, way ? compact : load_one, &seed);
            assert_int_equal(end.exit, 0);
            assert_int_equal(end.word.status, CD_EBUSY);
            snprintf(pid_text, sizeof pid_text, "(process %d)", pid);
            if (!strstr(end.word.text, pid_text)) fail_msg("does not name process %d: %s", pid, end.word.text);
        }
        if (there) assert_true(crash_look(store).clean);
        assert_true(crash_wait(pid, word, true).killed);
        seed++;
        load_well(store, seed); /* the lock died with its holder */
    }
}

static bool was_told_or_done(const crash_end *end)
{
    return !end->exit && !end->killed && (end->word.status == CD_OK || end->word.status == CD_EBUSY);
}

/* Two loads into a store that is not there yet, each stopped before one of its calls: the first of them goes on when the
 * second has stopped, and ends before it. Whatever they meet, none undoes what the other does. */
static void first_loads_at_once(void **state)
{
    (void)state;
    enum { MEET = 12, LATER = 900 };
    char store[600];
    uint64_t seed[2] = {1, 2};
    new_store(store);
    for (uint32_t n = 0; n < MEET; n++)
        for (uint32_t m = 0; m < LATER; m += m < MEET ? 1 : 97 * CRASH_STEP) {
            crash_word *word[2];
            char plan[2][64];
            crash_end end[2];
            uint32_t committed = 0;
            int pid[2];
            snprintf(plan[0], sizeof plan[0], "stop %u", n), snprintf(plan[1], sizeof plan[1], "stop %u", m);
            for (int i = 0; i < 2; i++) {
                pid[i] = crash_start(plan[i], store, load_one, &seed[i], &word[i]);
                crash_stopped(pid[i]);
            }
            for (int i = 0; i < 2; i++) {
                crash_go_on(pid[i]);
                end[i] = crash_wait(pid[i], word[i], false);
                if (!was_told_or_done(&end[i])) fail_msg("%u and %u: %s", n, m, end[i].word.text);
                committed += end[i].word.committed;
            }
            crash_view view = crash_look(store);
            if (!committed || !view.clean) fail_msg("%u and %u, %u committed: %s", n, m, committed, view.text);
            if (crash_files(store, "segments") != committed) fail_msg("%u and %u: a load is lost", n, m);
            crash_tree_drop(store);
        }
}

/* ---- Readers ---- */

typedef struct {
    const char *digest;
    volatile uint32_t *go; /* shared: 0 open and wait, 1 look again */
} reader;

static cd_status digest_of(candour_store *s, char out[CANDOUR_DIGEST_TEXT], cd_err *err)
{
    candour_digest digest;
    cd_status st = candour_store_digest(s, 1, &digest, err);
    if (st == CD_OK) memcpy(out, digest.all, CANDOUR_DIGEST_TEXT);
    return st;
}

/* Opens, digests, waits to be told, and does both again with the same handle. word->number says how far it is. */
static cd_status read_long(const char *store, void *context, crash_word *word, cd_err *err)
{
    cd_status st = CD_OK;
    candour_store *s = NULL;
    cd_buffer before = {0}, after = {0};
    char first[CANDOUR_DIGEST_TEXT], second[CANDOUR_DIGEST_TEXT];
    volatile uint64_t *number = &word->number;
    const candour_info *info;
    (void)context;
    CD_TRY(candour_store_open(store, NULL, &s, err));
    for (uint32_t t = 0; t < ROWS_TABLES / 2; t++) CD_TRY(rows_scan(s, t, &before, err));
    *number = 1;
    while (*number == 1) usleep(1000);
    /* Tables that were read before, and those that are read for the first time now. */
    CD_TRY(digest_of(s, second, err));
    for (uint32_t t = 0; t < ROWS_TABLES / 2; t++) CD_TRY(rows_scan(s, t, &after, err));
    CD_TRY(candour_store_info(s, &info, err));
    CD_TRY(digest_of(s, first, err));
    if (info->snapshot != 1) CD_TRY(cd_fail(err, CD_ESTORE, "snapshot %u", (unsigned)info->snapshot));
    if (before.n != after.n || memcmp(before.bytes, after.bytes, before.n) != 0)
        CD_TRY(cd_fail(err, CD_ESTORE, "the rows changed under a reader"));
    if (memcmp(first, second, sizeof first) != 0) CD_TRY(cd_fail(err, CD_ESTORE, "the digest changed under a reader"));
    memcpy(word->digest, second, sizeof second);
done:
    cd_buffer_release(&before);
    cd_buffer_release(&after);
    candour_store_close(s);
    return st;
}

static void reader_keeps_its_snapshot(void **state)
{
    (void)state;
    char store[600];
    crash_word *word;
    new_store(store);
    load_well(store, 1);
    crash_view view = crash_look(store);
    int pid = crash_start(NULL, store, read_long, NULL, &word);
    volatile uint64_t *number = &word->number;
    while (*number == 0) usleep(1000);
    for (uint64_t seed = 2; seed < 22; seed++) load_well(store, seed);
    crash_end end = crash_run(NULL, store, compact, NULL);
    must(&end);
    assert_int_equal(crash_files(store, "segments"), 1);
    *number = 2;
    end = crash_wait(pid, word, false);
    must(&end);
    assert_string_equal(end.word.digest, view.digest);
    assert_string_not_equal(crash_look(store).digest, view.digest);
}

/* Opens and reads until told to stop; word->number counts, and turns to 0 at the end. */
static cd_status read_often(const char *store, void *context, crash_word *word, cd_err *err)
{
    cd_status st = CD_OK;
    candour_store *s = NULL;
    uint64_t last = 0;
    volatile bool *stop = context;
    const candour_info *info;
    char digest[CANDOUR_DIGEST_TEXT];
    while (!*stop) {
        CD_TRY(candour_store_open(store, NULL, &s, err));
        CD_TRY(candour_store_info(s, &info, err));
        if (info->snapshot < last) CD_TRY(cd_fail(err, CD_ESTORE, "snapshot %u came after %u", (unsigned)info->snapshot, (unsigned)last));
        last = info->snapshot;
        if (word->number % 8 == 0) CD_TRY(digest_of(s, digest, err));
        candour_store_close(s);
        s = NULL;
        word->number++;
    }
done:
    candour_store_close(s);
    return st;
}

static cd_status load_and_compact(const char *store, void *context, crash_word *word, cd_err *err)
{
    cd_status st = CD_OK;
    (void)context;
    for (uint64_t seed = 2; seed < 2 + 60 / CRASH_STEP; seed++) {
        CD_TRY(load_one(store, &seed, word, err));
        if (seed % 3 == 0) CD_TRY(compact(store, NULL, word, err));
    }
done:
    return st;
}

static void readers_never_fail(void **state)
{
    (void)state;
    enum { READERS = 3 };
    char store[600];
    crash_word *word[READERS];
    int pid[READERS];
    new_store(store);
    load_well(store, 1);
    /* The one flag that they share is in the word of the first. */
    crash_word *flag;
    int keeper = crash_start(NULL, store, hold, NULL, &flag);
    while (!((volatile crash_word *)flag)->number) usleep(1000);
    volatile bool *stop = &flag->committed;
    for (int i = 0; i < READERS; i++) pid[i] = crash_start(NULL, store, read_often, (void *)(uintptr_t)stop, &word[i]);
    usleep(1000);
    /* The keeper held the lock so far, which a reader does not mind; now it is a writer's. */
    kill(keeper, SIGKILL);
    while (crash_run(NULL, store, compact, NULL).word.status == CD_EBUSY) usleep(1000);
    crash_end end = crash_run(NULL, store, load_and_compact, NULL);
    must(&end);
    *stop = true;
    for (int i = 0; i < READERS; i++) {
        end = crash_wait(pid[i], word[i], false);
        must(&end);
        assert_true(end.word.number > 10 / CRASH_STEP);
    }
    crash_wait(keeper, flag, true);
}

/* ---- What may only be read ---- */

static void only_reading(const char *store, bool allow)
{
    char path[700];
    static const char *const parts[] = {"", "/segments", "/manifest", "/lock"};
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s%s", store, parts[i]);
        assert_int_equal(chmod(path, i < 2 ? (allow ? 0777 : 0555) : (allow ? 0666 : 0444)), 0);
    }
}

/* As one whom permissions bind: root is not. */
static cd_status as_nobody(const char *store, void *job, crash_word *word, cd_err *err)
{
    uint64_t seed = 5;
    if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) return cd_fail(err, CD_ESYSTEM, "cannot become nobody");
    return (*(crash_job *)job)(store, &seed, word, err);
}

static cd_status digest_it(const char *store, void *context, crash_word *word, cd_err *err)
{
    cd_status st = CD_OK;
    candour_store *s = NULL;
    candour_verify_report report;
    (void)context;
    CD_TRY(candour_store_open(store, NULL, &s, err));
    CD_TRY(digest_of(s, word->digest, err));
    CD_TRY(candour_verify(store, 1, NULL, NULL, NULL, &report, err));
done:
    candour_store_close(s);
    return st;
}

static void read_only_store_is_read(void **state)
{
    (void)state;
    char store[600], room[600];
    crash_job jobs[] = {digest_it, load_one, compact};
    new_store(store);
    snprintf(room, sizeof room, "%s", store);
    *strrchr(room, '/') = '\0';
    assert_int_equal(chmod(room, 0755), 0);
    load_well(store, 1), load_well(store, 2);
    crash_view view = crash_look(store);
    only_reading(store, false);
    crash_end end = crash_run(NULL, store, as_nobody, &jobs[0]);
    must(&end);
    assert_string_equal(end.word.digest, view.digest);
    for (int i = 1; i < 3; i++) {
        end = crash_run(NULL, store, as_nobody, &jobs[i]);
        assert_int_equal(end.exit, 0);
        assert_int_equal(end.word.status, CD_ESYSTEM);
        if (!strstr(end.word.text, "ermission denied") || !strstr(end.word.text, store)) fail_msg("%s", end.word.text);
    }
    assert_string_equal(crash_look(store).digest, view.digest);
    assert_int_equal(crash_files(store, "segments"), 2);
    only_reading(store, true);
}

int main(int argc, char **argv)
{
    (void)argc;
    crash_begin(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(second_writer_is_told),     cmocka_unit_test(first_loads_at_once),
        cmocka_unit_test(reader_keeps_its_snapshot), cmocka_unit_test(readers_never_fail),
        cmocka_unit_test(read_only_store_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
