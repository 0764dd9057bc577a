/* SPDX-License-Identifier: GPL-3.0-or-later
 * loading.c: folders and files into a store: what is taken, rejected, recognised and refused, and that nothing is left
 * behind by a load that fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "loaders/loading.h"

typedef struct {
    char folder[64]; /* the force */
    char store[80];
    char path[128];  /* of the file in hand */
} world;

static int begin(void **state)
{
    world *w = calloc(1, sizeof *w);
    if (!w) return -1;
    strcpy(w->folder, "/tmp/candour-loading-XXXXXX");
    if (!mkdtemp(w->folder)) return -1;
    snprintf(w->store, sizeof w->store, "%s.store", w->folder);
    *state = w;
    return 0;
}

static int drop(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about, (void)kind, (void)where;
    return remove(path);
}

static int end(void **state)
{
    world *w = *state;
    nftw(w->folder, drop, 16, FTW_DEPTH | FTW_PHYS);
    nftw(w->store, drop, 16, FTW_DEPTH | FTW_PHYS);
    free(w);
    return 0;
}

static const char *file(world *w, const char *name, const char *text)
{
    snprintf(w->path, sizeof w->path, "%s/%s", w->folder, name);
    FILE *f = fopen(w->path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    return w->path;
}

static void small_force(world *w)
{
    file(w, "officers.csv", "officer_id,unit\nP1,U1\nP2,U2\n");
    file(w, "accesses.csv", "officer_id,case_id,at,action,mine\nP1,C1,2026-01-01T10:00:00,view,x\nP3,C2,2026-01-02,peek,x\n"
                            "P1,C1,2026-02-30,view,x\nP2,,2026-01-01,view,x\nP1,C1,2026-01-01T10:00:00,view,x\n");
    file(w, "shifts.csv", "shift_id,starts,ends\nS1,2026-01-01T08:00:00,2026-01-01T16:00:00\n");
    file(w, "roster.csv", "officer_id,shift_id\nP1,S1\n");
    file(w, "presence.csv", "officer_id,site,from,to\nP1,X,2026-01-01T09:00:00,2026-01-01T10:00:00\n");
    file(w, "truth.csv", "officer_id,scheme\n");
    file(w, "notes.txt", "hello\n");
}

static const candour_table_report *table_of(const load_result *r, const char *name)
{
    return &r->tables[candour_table_find(r->ontology, cd_slice_of(name))];
}

static load_options folder_options(const world *w, const char *const *paths)
{
    return (load_options){.store = w->store, .paths = paths, .n_paths = 1, .threads = 2};
}

static char *text_of(const char *path)
{
    static char text[4096];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

static void a_folder(void **state)
{
    world *w = *state;
    const char *paths[] = {w->folder};
    const load_options options = folder_options(w, paths);
    load_result r;
    cd_err err = {0};
    char want[1024];
    small_force(w);
    if (load_run(&options, &r, &err) != CD_OK) fail_msg("%s", err.text);
    assert_true(r.committed);
    assert_int_equal(r.n_files, 5);
    static const char *const order[] = {"officers", "shifts", "accesses", "roster", "presence"};
    for (uint32_t i = 0; i < 5; i++) assert_string_equal(r.files[i].table, order[i]);
    assert_int_equal(r.rows, 2 + 1 + 5 + 1 + 1);
    assert_int_equal(r.rejected, 2);
    assert_false(load_result_is_clean(&r));
    assert_int_equal(table_of(&r, "accesses")->taken, 2);
    assert_int_equal(table_of(&r, "accesses")->repeats, 1);
    assert_int_equal(table_of(&r, "presence")->taken, 1);
    const load_file *a = &r.files[2];
    assert_int_equal(a->by_reason[REJECT_NO_SUCH_TIME], 1);
    assert_int_equal(a->by_reason[REJECT_EMPTY], 1);
    assert_int_equal(a->n_ignored, 1);
    assert_string_equal(a->ignored[0], "mine");
    assert_int_equal(a->n_missing, 2);
    assert_int_equal(a->n_unnamed, 1);
    assert_string_equal(a->unnamed[0].example, "peek");
    assert_int_equal(r.n_unknown, 1);
    assert_string_equal(r.unknown[0], "notes.txt");
    assert_int_equal(r.n_set_aside, 1);
    assert_string_equal(r.set_aside[0], "truth.csv");
    assert_int_equal(r.implied[0], 1); /* P3 */
    snprintf(want, sizeof want, "file,line,column,value,reason\n%s/accesses.csv,4,at,2026-02-30,no such day or hour\n"
             "%s/accesses.csv,5,case_id,,\"empty, and must not be\"\n", w->folder, w->folder);
    assert_string_equal(text_of(r.rejects_path), want);
    load_result_release(&r);
}

/* The second time nothing is read again, and nothing changes. */
static void a_folder_twice(void **state)
{
    world *w = *state;
    const char *paths[] = {w->folder};
    const load_options options = folder_options(w, paths);
    load_result r;
    cd_err err = {0};
    small_force(w);
    assert_int_equal(load_run(&options, &r, &err), CD_OK);
    load_result_release(&r);
    assert_int_equal(load_run(&options, &r, &err), CD_OK);
    assert_false(r.committed);
    for (uint32_t i = 0; i < r.n_files; i++) assert_true(r.files[i].already_loaded);
    assert_int_equal(r.rows, 0);
    load_result_release(&r);
    /* A file of the same size and other bytes is read. */
    file(w, "officers.csv", "officer_id,unit\nP1,U1\nP9,U2\n");
    assert_int_equal(load_run(&options, &r, &err), CD_OK);
    assert_false(r.files[0].already_loaded);
    assert_int_equal(table_of(&r, "officers")->taken, 1);
    load_result_release(&r);
}

static void strict_loads_nothing(void **state)
{
    world *w = *state;
    const char *paths[] = {w->folder};
    load_options options = folder_options(w, paths);
    load_result r;
    cd_err err = {0};
    small_force(w);
    options.strict = true;
    assert_int_equal(load_run(&options, &r, &err), CD_EINPUT);
    assert_non_null(strstr(err.text, "2 rows cannot be taken"));
    assert_non_null(strstr(err.text, "line 4, column at: no such day or hour"));
    assert_int_equal(r.n_first_rejects, 2);
    assert_false(r.committed);
    load_result_release(&r);
    candour_store *store = NULL;
    candour_info const *info;
    cd_err_clear(&err);
    if (candour_store_open(w->store, NULL, &store, &err) == CD_OK) {
        assert_int_equal(candour_store_info(store, &info, &err), CD_OK);
        assert_int_equal(info->n_loads, 0);
    }
    candour_store_close(store);
    file(w, "accesses.csv", "officer_id,case_id,at\nP1,C1,2026-01-01\n");
    cd_err_clear(&err);
    assert_int_equal(load_run(&options, &r, &err), CD_OK);
    assert_true(load_result_is_clean(&r) && r.committed);
    load_result_release(&r);
}

static void single_files(void **state)
{
    world *w = *state;
    char first[128], second[128];
    strcpy(first, file(w, "one.csv", "officer_id,case_id,at\nP1,C1,2026-01-01\n"));
    strcpy(second, file(w, "two.csv.gz", ""));
    gzFile gz = gzopen(second, "w");
    assert_non_null(gz);
    gzputs(gz, "at,officer_id,case_id\n2026-01-02,P1,C1\n");
    assert_int_equal(gzclose(gz), Z_OK);
    const char *paths[] = {first, second};
    load_options options = {.store = w->store, .paths = paths, .n_paths = 2, .as_table = "accesses", .threads = 3};
    load_result r;
    cd_err err = {0};
    if (load_run(&options, &r, &err) != CD_OK) fail_msg("%s", err.text);
    assert_int_equal(r.n_files, 2);
    assert_int_equal(table_of(&r, "accesses")->taken, 2);
    assert_null(r.rejects_path);
    load_result_release(&r);
    options.as_table = "acceses";
    assert_int_equal(load_run(&options, &r, &err), CD_EUSAGE);
    assert_non_null(strstr(err.text, "no table 'acceses'"));
    load_result_release(&r);
}

static void must_fail(const load_options *options, cd_status want, const char *because)
{
    load_result r;
    cd_err err = {0};
    assert_int_equal(load_run(options, &r, &err), want);
    if (!strstr(err.text, because)) fail_msg("'%s' not in '%s'", because, err.text);
    assert_false(r.committed);
    load_result_release(&r);
}

static void refused(void **state)
{
    world *w = *state;
    char officers[128];
    const char *paths[] = {w->folder, "-"}, *no_paths[] = {"/nowhere/at/all"}, *a_file[] = {officers};
    load_options options = folder_options(w, paths);
    must_fail(&options, CD_EINPUT, "has no officers.csv");
    options.paths = no_paths;
    must_fail(&options, CD_ESYSTEM, "cannot load '/nowhere/at/all'");
    options.paths = paths, options.n_paths = 0;
    must_fail(&options, CD_EUSAGE, "nothing to load");
    options.n_paths = 2;
    must_fail(&options, CD_EUSAGE, "one folder is loaded at a time");
    strcpy(officers, file(w, "officers.csv", "id\nP1\n"));
    options.paths = a_file, options.n_paths = 1;
    must_fail(&options, CD_EUSAGE, "say --as TABLE");
    options.paths = paths;
    must_fail(&options, CD_EINPUT, "has no column 'officer_id'");
    options.mapping_path = "/nowhere/m.yaml";
    must_fail(&options, CD_ESYSTEM, "cannot open '/nowhere/m.yaml'");
    /* One file that cannot be read fails the load: the others are not taken either. */
    options.mapping_path = NULL;
    file(w, "officers.csv", "officer_id\nP1\n");
    file(w, "pay.csv", "");
    must_fail(&options, CD_EINPUT, "pay.csv' is empty");
    file(w, "pay.csv", "officer_id,month\nP1,2026-01\n");
    load_result r;
    cd_err err = {0};
    assert_int_equal(load_run(&options, &r, &err), CD_OK);
    assert_int_equal(table_of(&r, "officers")->taken, 1); /* not there from before */
    load_result_release(&r);
}

/* A mapping names the officers' file; what it names and the folder lacks is said. */
static void with_a_mapping(void **state)
{
    world *w = *state;
    char map[128];
    const char *paths[] = {w->folder};
    load_options options = folder_options(w, paths);
    load_result r;
    load_explanation x;
    cd_err err = {0};
    file(w, "staff.csv", "ID;UNIT\r\n1;A\r\n2;B\r\n");
    file(w, "pay.csv", "officer_id;month\n1;2026-01\n");
    strcpy(map, file(w, "map.yaml", "separator: ';'\nfiles:\n  - file: staff.csv\n    table: officers\n    columns:\n"
                     "      - {column: officer_id, from: ID}\n      - {column: unit, from: UNIT}\n"
                     "      - {column: site, constant: HQ}\n  - {file: log.csv, table: accesses}\n"));
    options.mapping_path = map;
    if (load_explain(&options, &x, &err) != CD_OK) fail_msg("%s", err.text);
    assert_int_equal(x.n_files, 2);
    assert_string_equal(x.files[0].table, "officers");
    assert_string_equal(x.files[0].columns[0], "officer_id");
    assert_string_equal(x.files[0].constants[0], "site = HQ");
    assert_null(x.files[1].problem);
    assert_int_equal(x.n_unmatched, 1);
    load_explanation_release(&x);
    assert_int_not_equal(access(w->store, F_OK), 0); /* explaining makes nothing */
    if (load_run(&options, &r, &err) != CD_OK) fail_msg("%s", err.text);
    assert_int_equal(table_of(&r, "officers")->taken, 2);
    assert_int_equal(r.n_unmatched, 1);
    assert_string_equal(r.unmatched[0], "log.csv");
    load_result_release(&r);
    /* Explaining says what is wrong with a file, and goes on. */
    file(w, "cases.csv", "nothing\n");
    assert_int_equal(load_explain(&options, &x, &err), CD_OK);
    assert_int_equal(x.n_files, 3);
    assert_non_null(strstr(x.files[1].problem, "no column 'case_id'"));
    load_explanation_release(&x);
}

/* Kinds of the force's own, from an ontology.yaml beside its files, before there is a store and then in it. */
static void with_an_ontology(void **state)
{
    world *w = *state;
    const char *paths[] = {w->folder};
    const load_options options = folder_options(w, paths);
    load_result r;
    load_explanation x;
    cd_err err = {0};
    file(w, "officers.csv", "officer_id\nP1\n");
    file(w, "vehicles.csv", "vehicle_id,garage\nV1,North\n");
    file(w, "ontology.yaml", "kinds:\n  - {name: vehicle, label: Vehicle, table: vehicles, unit: garage}\n"
                             "tables:\n  - name: vehicles\n    label: Vehicle\n    class: entity\n    columns:\n"
                             "      - {name: vehicle_id, type: id, kind: vehicle}\n      - {name: garage, type: text}\n");
    if (load_explain(&options, &x, &err) != CD_OK) fail_msg("%s", err.text);
    assert_int_equal(x.n_files, 2);
    assert_int_equal(x.n_unknown, 0);
    assert_string_equal(x.files[1].table, "vehicles");
    load_explanation_release(&x);
    if (load_run(&options, &r, &err) != CD_OK) fail_msg("%s", err.text);
    assert_int_equal(table_of(&r, "vehicles")->taken, 1);
    load_result_release(&r);
    snprintf(w->path, sizeof w->path, "%s/ontology.yaml", w->folder);
    assert_int_equal(remove(w->path), 0);
    if (load_explain(&options, &x, &err) != CD_OK) fail_msg("%s", err.text);
    assert_string_equal(x.files[1].table, "vehicles"); /* the store knows it now */
    load_explanation_release(&x);
}

static void digest_of(const char *store, char out[CANDOUR_DIGEST_TEXT])
{
    candour_store *s;
    candour_digest digest;
    candour_verify_report report;
    cd_err err = {0};
    if (candour_verify(store, 2, NULL, NULL, NULL, &report, &err) != CD_OK) fail_msg("%s", err.text);
    assert_int_equal(candour_store_open(store, NULL, &s, &err), CD_OK);
    assert_int_equal(candour_store_digest(s, 2, &digest, &err), CD_OK);
    memcpy(out, digest.all, CANDOUR_DIGEST_TEXT);
    candour_store_close(s);
}

#define VEHICLE "  - {name: vehicle, table: vehicles}\n"
#define VEHICLES                                                                                                       \
    "  - {name: vehicles, label: Vehicle, class: entity, columns: [{name: vehicle_id, type: id, kind: vehicle},"          \
    " {name: colour, type: text}]}\n"

/* A later load may bring more kinds and tables, but nothing that changes those that are there. */
static void with_a_growing_ontology(void **state)
{
    world *w = *state;
    const char *paths[] = {w->folder};
    load_options options = folder_options(w, paths);
    load_result r;
    cd_err err = {0};
    char grown[CANDOUR_DIGEST_TEXT], after[CANDOUR_DIGEST_TEXT], whole[CANDOUR_DIGEST_TEXT];
    candour_compact_report compacted;
    file(w, "officers.csv", "officer_id\nP1\n");
    file(w, "vehicles.csv", "vehicle_id,colour\nV1,red\n");
    file(w, "ontology.yaml", "kinds:\n" VEHICLE "tables:\n" VEHICLES);
    if (load_run(&options, &r, &err) != CD_OK) fail_msg("%s", err.text);
    load_result_release(&r);

    /* The new ones stand before the old ones, so that all numbers move. */
    file(w, "depots.csv", "depot_id\nD1\n");
    file(w, "parkings.csv", "vehicle_id,depot_id\nV1,D1\nV2,D1\n");
    file(w, "ontology.yaml",
         "kinds:\n  - {name: depot, table: depots}\n" VEHICLE
         "tables:\n  - {name: depots, label: Depot, class: entity, columns: [{name: depot_id, type: id, kind: depot}]}\n"
         "  - {name: parkings, label: PARKED, class: relation, columns: [{name: vehicle_id, type: id, kind: vehicle},"
         " {name: depot_id, type: id, kind: depot}]}\n" VEHICLES);
    if (load_run(&options, &r, &err) != CD_OK) fail_msg("%s", err.text);
    assert_int_equal(table_of(&r, "parkings")->taken, 2);
    assert_int_equal(r.n_files, 4);
    load_result_release(&r);
    digest_of(w->store, grown);

    file(w, "ontology.yaml", "kinds:\n" VEHICLE "tables:\n" VEHICLES);
    file(w, "vehicles.csv", "vehicle_id,colour\nV3,red\n");
    assert_int_equal(load_run(&options, &r, &err), CD_EUSAGE);
    if (!strstr(err.text, "there is no table `depots` any more; add to that, or load into a new store"))
        fail_msg("%s", err.text);
    load_result_release(&r);
    digest_of(w->store, after);
    assert_string_equal(after, grown);

    /* Compacted, and all at once in another order, it says the same. */
    err = (cd_err){0};
    assert_int_equal(candour_compact(w->store, NULL, &compacted, &err), CD_OK);
    digest_of(w->store, after);
    assert_string_equal(after, grown);
    file(w, "vehicles.csv", "vehicle_id,colour\nV1,red\n");
    nftw(w->store, drop, 16, FTW_DEPTH | FTW_PHYS);
    file(w, "ontology.yaml",
         "kinds:\n" VEHICLE "  - {name: depot, table: depots}\ntables:\n" VEHICLES
         "  - {name: parkings, label: PARKED, class: relation, columns: [{name: vehicle_id, type: id, kind: vehicle},"
         " {name: depot_id, type: id, kind: depot}]}\n"
         "  - {name: depots, label: Depot, class: entity, columns: [{name: depot_id, type: id, kind: depot}]}\n");
    if (load_run(&options, &r, &err) != CD_OK) fail_msg("%s", err.text);
    load_result_release(&r);
    digest_of(w->store, whole);
    assert_string_equal(whole, grown);
}

static bool stop_at_once(void *context, const cd_progress_state *at)
{
    (void)context, (void)at;
    return false;
}

static void stopped(void **state)
{
    world *w = *state;
    const char *paths[] = {w->folder};
    load_options options = folder_options(w, paths);
    const cd_progress progress = {.step = stop_at_once};
    load_result r;
    cd_err err = {0};
    snprintf(w->path, sizeof w->path, "%s/officers.csv", w->folder);
    FILE *f = fopen(w->path, "w");
    assert_non_null(f);
    fputs("officer_id\n", f);
    for (uint32_t i = 0; i < 6000000; i++) fprintf(f, "P%u\n", i); /* longer than the tenth of a second between steps */
    fclose(f);
    options.progress = &progress;
    assert_int_equal(load_run(&options, &r, &err), CD_ESTOPPED);
    assert_false(r.committed);
    load_result_release(&r);
}

/* The k-th request for memory fails, for every k: an error each time, nothing kept, and then it works. */
static void memory_runs_out(void **state)
{
    world *w = *state;
    const char *paths[] = {w->folder};
    load_options options = folder_options(w, paths);
    cd_err err = {0};
    small_force(w);
    options.threads = 1;
    for (int64_t k = 0;; k++) {
        load_result r;
        size_t before = cd_memory_now();
        cd_err_clear(&err);
        cd_memory_fail_at(k);
        cd_status st = load_run(&options, &r, &err);
        cd_memory_fail_at(-1);
        bool committed = r.committed;
        load_result_release(&r);
        assert_int_equal(cd_memory_now(), before);
        if (st == CD_OK && committed) break;
        if (st == CD_OK) fail_msg("request %lld failed and the load went on", (long long)k);
        if (st != CD_EMEMORY && st != CD_EUSAGE && st != CD_EINPUT) fail_msg("request %lld: %d %s", (long long)k, st, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_folder, begin, end),
        cmocka_unit_test_setup_teardown(a_folder_twice, begin, end),
        cmocka_unit_test_setup_teardown(strict_loads_nothing, begin, end),
        cmocka_unit_test_setup_teardown(single_files, begin, end),
        cmocka_unit_test_setup_teardown(refused, begin, end),
        cmocka_unit_test_setup_teardown(with_a_mapping, begin, end),
        cmocka_unit_test_setup_teardown(with_an_ontology, begin, end),
        cmocka_unit_test_setup_teardown(with_a_growing_ontology, begin, end),
        cmocka_unit_test_setup_teardown(stopped, begin, end),
        cmocka_unit_test_setup_teardown(memory_runs_out, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
