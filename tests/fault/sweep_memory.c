/* SPDX-License-Identifier: GPL-3.0-or-later
 * sweep_memory.c: whichever request for memory fails while a sweep is made, compared or read, the failure is told,
 * nothing leaks, and the store is as it was: no sweep, or the whole of one. What detectors had found before may stay,
 * for the next. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/crash.h"
#include "tests/support/store_rows.h"

enum { OFFICERS = 20, DAYS = 8, MOST_REQUESTS = 200000, STEP = CRASH_STEP };

static char room[512], store[600];

/* Files of the folder of sweeps whose names end so; takes them away too where that is asked for. */
static uint32_t sweeps_with(const char *end, bool remove)
{
    char folder[700], path[1000];
    uint32_t n = 0;
    snprintf(folder, sizeof folder, "%s/sweeps", store);
    DIR *d = opendir(folder);
    for (const struct dirent *e; d && (e = readdir(d));) {
        size_t length = strlen(e->d_name);
        if (e->d_name[0] == '.' || length < strlen(end) || strcmp(e->d_name + length - strlen(end), end) != 0) continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (remove) unlink(path);
        n++;
    }
    if (d) closedir(d);
    return n;
}

static cd_status sweep(uint64_t *number, cd_err *err)
{
    cd_status st = CD_OK;
    candour_store *s = NULL;
    candour_policy *policy = NULL;
    candour_sweep_options o = {.as_of = CANDOUR_UNKNOWN, .since = CANDOUR_UNKNOWN, .threads = 1};
    bool known;
    CD_TRY(candour_policy_open(NULL, &policy, err));
    CD_TRY(candour_store_open(store, NULL, &s, err));
    CD_TRY(candour_sweep_run(s, policy, &o, number, &known, err));
done:
    candour_policy_close(policy);
    candour_store_close(s);
    return st;
}

static cd_status read_sweep(cd_err *err)
{
    cd_status st = CD_OK;
    candour_sweep *s = NULL;
    candour_smallest smallest;
    uint64_t *numbers = NULL;
    size_t n = 0;
    double clean;
    CD_TRY(candour_sweep_numbers(store, &numbers, &n, err));
    CD_TRY(candour_sweep_open(store, 0, &s, err));
    for (uint32_t o = 0; o < OFFICERS; o++) {
        CD_TRY(candour_sweep_smallest(s, o, candour_sweep_tier_edge(s, o), &smallest, err));
        CD_TRY(candour_sweep_clean(s, CANDOUR_CONDUCT, &o, 1, OFFICERS, &clean, err));
    }
done:
    cd_free(numbers);
    candour_sweep_close(s);
    return st;
}

static void told(cd_status st, const cd_err *err, int64_t k)
{
    if (st != CD_EMEMORY || !strstr(err->text, "memory"))
        fail_msg("request %lld: %d, '%s'", (long long)k, (int)st, err->text);
}

static void sweeping(void **state)
{
    uint64_t number;
    cd_err err = {0};
    (void)state;
    assert_int_equal(sweep(&number, &err), CD_OK); /* what the libraries keep for good is had by now */
    sweeps_with("", true);
    size_t before = cd_memory_now();
    int64_t k = 0;
    for (bool reached = true; reached; k += STEP) {
        assert_in_range(k, 0, MOST_REQUESTS);
        cd_err_clear(&err);
        cd_memory_fail_at(k);
        cd_status st = sweep(&number, &err);
        reached = cd_memory_failed();
        cd_memory_fail_at(-1);
        if (cd_memory_now() != before) fail_msg("request %lld leaks: '%s'", (long long)k, err.text);
        if (st != CD_OK) told(st, &err, k);
        /* A sweep is there where it says so, and nothing that is half. */
        assert_int_equal(sweeps_with(".sweep", false), st == CD_OK);
        assert_int_equal(sweeps_with(".new", false), 0);
        sweeps_with("", true);
    }
    fprintf(stderr, "%lld requests\n", (long long)k);
    assert_true(k > 100);
}

static void reading(void **state)
{
    uint64_t number;
    cd_err err = {0};
    (void)state;
    assert_int_equal(sweep(&number, &err), CD_OK);
    size_t before = cd_memory_now();
    int64_t k = 0;
    for (bool reached = true; reached; k++) {
        cd_err_clear(&err);
        cd_memory_fail_at(k);
        cd_status st = read_sweep(&err);
        reached = cd_memory_failed();
        cd_memory_fail_at(-1);
        assert_int_equal(cd_memory_now(), before);
        if (st != CD_OK) told(st, &err, k);
        assert_int_equal(sweeps_with(".sweep", false), 1);
    }
    assert_true(k > 20);
}

static int make(void **state)
{
    rows_force f = {0};
    cd_err err = {0};
    (void)state;
    crash_folder_make(room, "sweep");
    snprintf(store, sizeof store, "%s/s", room);
    rows_make(&f, 3, OFFICERS, DAYS);
    cd_status st = rows_load(store, &f, NULL, NULL, &err);
    rows_release(&f);
    return st == CD_OK ? 0 : -1;
}

static int drop(void **state)
{
    (void)state;
    crash_tree_drop(room);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sweeping), cmocka_unit_test(reading)};
    return cmocka_run_group_tests(tests, make, drop);
}
