/* SPDX-License-Identifier: GPL-3.0-or-later
 * folder.c: what may become a store, what is refused and in which words, and what a failed load takes away again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/store/folder.h"
#include "engine/store/snapshot.h"
#include "tests/support/image.h"

enum { NOBODY = 65534 };

typedef struct {
    char *room, *store; /* a folder, and a name in it that nothing has yet */
} fixture;

static int set_up(void **state)
{
    static fixture f;
    f.room = folder_new();
    f.store = cd_store_path(f.room, NULL, "met.candour", NULL);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    cd_free(f->store);
    folder_remove(f->room);
    return 0;
}

static bool there(const char *store, const char *folder, const char *name)
{
    char *path = cd_store_path(store, folder, name, NULL);
    bool is = access(path, F_OK) == 0;
    cd_free(path);
    return is;
}

static void make(const char *store, const char *folder, const char *name)
{
    char *path = cd_store_path(store, folder, name, NULL);
    assert_int_equal(mkdir(path, 0777), 0);
    cd_free(path);
}

static void refuses(const char *store, cd_status status, const char *words)
{
    cd_store_lock lock = {.fd = -1};
    cd_err err = {0};
    assert_int_equal(cd_store_lock_take(store, "load into", NULL, &lock, &err), status);
    if (!strstr(err.text, words)) fail_msg("it says '%s', not '%s'", err.text, words);
    assert_int_equal(lock.fd, -1);
}

static void takes(const char *store, cd_store_lock *lock)
{
    cd_err err = {0};
    if (cd_store_lock_take(store, "load into", NULL, lock, &err) != CD_OK) fail_msg("%s", err.text);
}

static void what_is_no_store(void **state)
{
    fixture *f = *state;
    file_write(f->room, NULL, "a-file", "x", 1);
    char *file = cd_store_path(f->room, NULL, "a-file", NULL), *inside = cd_store_path(file, NULL, "store", NULL);
    char *nowhere = cd_store_path(f->room, "no-folder", "store", NULL);
    refuses(file, CD_EUSAGE, "a-file' is a file, not a store; name another place");
    refuses(inside, CD_ESYSTEM, "cannot look at '");
    refuses(nowhere, CD_ESYSTEM, "cannot make the folder '");
    refuses(f->room, CD_EUSAGE, "is a folder but no store, and it is not empty");
    assert_true(there(f->room, NULL, "a-file"));
    assert_false(there(f->room, NULL, "lock"));
    cd_free(file), cd_free(inside), cd_free(nowhere);
}

/* Somebody who may not write there: for root, who may do everything, another user. */
static void without_permission(void **state)
{
    fixture *f = *state;
    cd_store_lock lock;
    bool root = geteuid() == 0;
    assert_int_equal(mkdir(f->store, 0755), 0);
    file_write(f->store, NULL, "lock", "1\n", 2);
    char *name = cd_store_path(f->store, NULL, "new", NULL), *file = cd_store_path(f->store, NULL, "lock", NULL);
    assert_int_equal(chmod(f->room, 0755) | chmod(f->store, 0555) | chmod(file, 0444), 0);
    if (root) assert_int_equal(seteuid(NOBODY), 0);
    refuses(name, CD_ESYSTEM, "new': Permission denied");
    refuses(f->store, CD_ESYSTEM, "cannot load into '");
    refuses(f->store, CD_ESYSTEM, "cannot open its lock for writing: Permission denied");
    if (root) assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(f->store, 0755) | chmod(file, 0644), 0);
    takes(f->store, &lock);
    cd_store_lock_release(&lock);
    cd_free(name), cd_free(file);
}

/* /proc is a folder that cannot be synced. */
static void a_refused_sync_is_told(void **state)
{
    fixture *f = *state;
    cd_err err = {0};
    assert_int_equal(cd_folder_sync("/proc", &err), CD_ESYSTEM);
    assert_string_equal(err.text, "cannot sync the folder '/proc': Invalid argument");
    cd_err_clear(&err);
    assert_int_equal(cd_folder_sync(f->store, &err), CD_ESYSTEM);
    assert_non_null(strstr(err.text, "cannot open the folder '"));
    cd_err_clear(&err);
    file_write(f->room, NULL, "a-file", "x", 1);
    char *file = cd_store_path(f->room, NULL, "a-file", NULL);
    assert_int_equal(cd_folder_sync(file, &err), CD_ESYSTEM);
    assert_non_null(strstr(err.text, "Not a directory"));
    cd_free(file);
}

static void one_at_a_time(void **state)
{
    fixture *f = *state;
    cd_store_lock lock;
    char words[80];
    takes(f->store, &lock);
    snprintf(words, sizeof words, "another load holds it (process %ld); wait for it, or stop it", (long)getpid());
    refuses(f->store, CD_EBUSY, words);
    assert_true(there(f->store, "segments", ""));
    cd_store_lock_release(&lock);
    assert_int_equal(lock.fd, -1);
    cd_store_lock_release(&lock);
}

/* A store that was made and never committed to goes again; one that was there before stays. */
static void what_was_made_is_taken_away(void **state)
{
    fixture *f = *state;
    cd_store_lock lock;
    takes(f->store, &lock);
    assert_true(lock.made);
    make(f->store, NULL, "loads");
    make(f->store, "loads", "000001");
    file_write(f->store, "loads/000001", "rejects.csv", "x", 1);
    file_write(f->store, "segments", "000001.h5", "x", 1);
    cd_store_lock_release(&lock);
    assert_false(there(f->room, NULL, "met.candour"));
    assert_int_equal(mkdir(f->store, 0777), 0);
    takes(f->store, &lock);
    assert_false(lock.made);
    cd_store_lock_release(&lock);
    assert_true(there(f->store, NULL, "lock"));
}

/* Once committed to, a store without a manifest is damaged, and nothing of it is touched. */
static void a_lost_manifest_is_no_new_store(void **state)
{
    fixture *f = *state;
    cd_store_lock lock;
    takes(f->store, &lock);
    file_write(f->store, NULL, "manifest", "x", 1);
    cd_store_lock_mark(&lock);
    cd_store_lock_release(&lock);
    char *manifest = cd_store_path(f->store, NULL, "manifest", NULL);
    assert_int_equal(unlink(manifest), 0);
    file_write(f->store, "segments", "000001.h5", "x", 1);
    refuses(f->store, CD_ESTORE, "had a manifest and has lost it");
    assert_true(there(f->store, "segments", "000001.h5"));
    cd_free(manifest);
}

static void sweeps_out_what_nobody_names(void **state)
{
    fixture *f = *state;
    cd_store_lock lock;
    cd_manifest_file named = {.name = "000002.h5"};
    cd_manifest m = {.load = 2, .ontology = "ontology-1.yaml", .n_files = 1, .files = &named};
    static const char *const files[] = {"ontology-1.yaml", "ontology-2.yaml", "segments/000001.h5", "segments/000002.h5",
                                        "segments/.hidden", "loads/000002/rejects.csv", "loads/000003/rejects.csv",
                                        "loads/3rd/notes"};
    static const bool stays[] = {true, false, false, true, true, true, false, true};
    takes(f->store, &lock);
    make(f->store, NULL, "loads");
    make(f->store, "loads", "000002"), make(f->store, "loads", "000003"), make(f->store, "loads", "3rd");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) file_write(f->store, NULL, files[i], "x", 1);
    cd_store_sweep_out(f->store, &m);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (there(f->store, NULL, files[i]) != stays[i]) fail_msg("'%s' %s", files[i], stays[i] ? "is gone" : "is left");
    assert_false(there(f->store, "loads", "000003"));
    cd_store_lock_release(&lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_no_store, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_permission, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_sync_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_made_is_taken_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lost_manifest_is_no_new_store, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sweeps_out_what_nobody_names, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
