/* SPDX-License-Identifier: GPL-3.0-or-later
 * Tests of what may be asked of the generator, and of how it refuses. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "loaders/synthetic.h"
#include "tests/support/made_csv.h"

static synthetic_options small(const char *out)
{
    synthetic_options o;
    synthetic_options_init(&o);
    o.n_officers = 40, o.n_days = 5, o.threads = 2, o.out = out;
    return o;
}

static void expect_refusal(const synthetic_options *o, cd_status status, const char *says)
{
    cd_err err = {0};
    assert_int_equal(synthetic_generate(o, NULL, &err), status);
    if (!strstr(err.text, says)) fail_msg("'%s' does not say '%s'", err.text, says);
    assert_null(strchr(err.text, '\n'));
}

static void plants_are_read(void **state)
{
    (void)state;
    synthetic_options o;
    cd_err err = {0};
    synthetic_options_init(&o);
    assert_int_equal(synthetic_plants_read("ring=3,snoop=12", &o, &err), CD_OK);
    assert_int_equal(o.plant[SYNTHETIC_RING], 3);
    assert_int_equal(o.plant[SYNTHETIC_SNOOP], 12);
    assert_int_equal(o.plant[SYNTHETIC_LEAK], SYNTHETIC_BY_DEFAULT);
    assert_int_equal(synthetic_plants_read("all=0,carer=2", &o, &err), CD_OK);
    for (int s = 0; s < SYNTHETIC_SCHEMES; s++) assert_int_equal(o.plant[s], s == SYNTHETIC_CARER ? 2 : 0);
}

static void bad_plants_are_named(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"rings=3", "no scheme is called 'rings'"}, {"rings=3", "ring, snoop, leak, hidden_tie, hidden_member"},
        {"ring", "does not say how many"},          {"ring=", "does not say how many"},
        {"ring=-1", "whole number"},                {"ring=1.5", "whole number"},
        {"ring=3,", "no scheme is called ''"},      {"", "no scheme is called ''"},
        {"ring=9999999", "up to 999999"},           {"ring=3;snoop=2", "whole number"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        synthetic_options o, before;
        cd_err err = {0};
        synthetic_options_init(&o);
        before = o;
        assert_int_equal(synthetic_plants_read(bad[i][0], &o, &err), CD_EUSAGE);
        if (!strstr(err.text, bad[i][1])) fail_msg("'%s' does not say '%s'", err.text, bad[i][1]);
        assert_memory_equal(o.plant, before.plant, sizeof o.plant);
    }
}

static void impossible_forces_are_refused(void **state)
{
    (void)state;
    char folder[64], inside[80];
    made_folder_new(folder);
    snprintf(inside, sizeof inside, "%s/force", folder);
    synthetic_options o = small(inside);
    o.n_officers = 0;
    expect_refusal(&o, CD_EUSAGE, "1 to 999999 officers, not 0");
    o = small(inside), o.n_days = 0;
    expect_refusal(&o, CD_EUSAGE, "1 to 3660 days, not 0");
    o = small(inside), o.n_officers = 900000, o.n_days = 3000;
    expect_refusal(&o, CD_EUSAGE, "officer-days");
    o = small(inside), o.accesses_per_officer_day = 1e9;
    expect_refusal(&o, CD_EUSAGE, "0.01 to 50 accesses");
    o = small(inside), o.start_seconds = 12345;
    expect_refusal(&o, CD_EUSAGE, "midnight");
    o = small(inside), o.null_force = true, o.plant[SYNTHETIC_RING] = 1;
    expect_refusal(&o, CD_EUSAGE, "a null force plants no misconduct, and ring=1");
    o = small(inside), o.plant[SYNTHETIC_ABSENTEE] = 30;
    expect_refusal(&o, CD_EUSAGE, "cannot plant absentee=30");
    o = small(NULL);
    expect_refusal(&o, CD_EUSAGE, "no folder");
    struct stat s;
    assert_int_equal(stat(inside, &s), -1); /* nothing of it was left */
    made_folder_remove(folder);
}

static void folders_in_use_are_refused(void **state)
{
    (void)state;
    char folder[64], path[96];
    made_folder_new(folder);
    snprintf(path, sizeof path, "%s/notes.txt", folder);
    FILE *f = fopen(path, "w");
    fputs("mine\n", f);
    fclose(f);
    synthetic_options o = small(folder);
    expect_refusal(&o, CD_EUSAGE, "it holds 'notes.txt' already");
    assert_int_equal(access(path, F_OK), 0);
    o = small(path);
    expect_refusal(&o, CD_ESYSTEM, "Not a directory");
    unlink(path);
    snprintf(path, sizeof path, "%s/not/there", folder);
    expect_refusal(&o, CD_ESYSTEM, "No such file");
    if (geteuid() != 0) {
        chmod(folder, 0555);
        snprintf(path, sizeof path, "%s/force", folder);
        expect_refusal(&o, CD_ESYSTEM, "Permission denied");
        chmod(folder, 0755);
    }
    made_folder_remove(folder);
}

static bool stop_soon(void *context, const cd_progress_state *state)
{
    (void)state;
    uint32_t *left = context;
    return *left > 0 && --*left > 0;
}

static void stopping_leaves_nothing(void **state)
{
    (void)state;
    char folder[64];
    made_folder_new(folder);
    rmdir(folder);
    for (uint32_t left = 1; left < 12; left += 5) {
        uint32_t steps = left;
        cd_progress progress = {stop_soon, &steps};
        synthetic_options o = small(folder);
        o.progress = &progress;
        expect_refusal(&o, CD_ESTOPPED, "nothing was kept");
        struct stat s;
        assert_int_equal(stat(folder, &s), -1);
    }
}

/* A file that may not grow stands for a full disk: the call that writes fails in the same way. */
static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    char folder[64];
    struct rlimit before, tight;
    made_folder_new(folder);
    rmdir(folder);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    for (rlim_t bytes = 10; bytes < 40000; bytes = bytes * 7) {
        tight = before, tight.rlim_cur = bytes;
        setrlimit(RLIMIT_FSIZE, &tight);
        synthetic_options o = small(folder);
        cd_err err = {0};
        cd_status st = synthetic_generate(&o, NULL, &err);
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(st, CD_ESYSTEM);
        assert_non_null(strstr(err.text, "cannot write '"));
        assert_non_null(strstr(err.text, ".csv': File too large"));
        struct stat s;
        assert_int_equal(stat(folder, &s), -1);
    }
}

/* Whichever request for memory fails, the force is refused and the folder is as it was. */
static void running_out_of_memory_leaves_nothing(void **state)
{
    (void)state;
    char folder[64];
    made_folder_new(folder);
    rmdir(folder);
    size_t held = cd_memory_now();
    bool done = false;
    for (int64_t k = 0; !done; k += k < 120 ? 1 : 37) {
        synthetic_options o = small(folder);
        cd_err err = {0};
        o.threads = 1;
        cd_memory_fail_at(k);
        cd_status st = synthetic_generate(&o, NULL, &err);
        cd_memory_fail_at(-1);
        done = st == CD_OK;
        assert_int_equal(cd_memory_now(), held);
        if (done) break;
        assert_int_equal(st, CD_EMEMORY);
        struct stat s;
        assert_int_equal(stat(folder, &s), -1);
    }
    made_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plants_are_read),         cmocka_unit_test(bad_plants_are_named),
        cmocka_unit_test(impossible_forces_are_refused), cmocka_unit_test(folders_in_use_are_refused),
        cmocka_unit_test(stopping_leaves_nothing), cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(running_out_of_memory_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
