/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene.c: see scene.h. */
#include "tests/support/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OFFICERS = 9, DAYS = 2 };

static void must(bool good, const char *what, const char *why)
{
    if (good) return;
    fprintf(stderr, "scene: %s: %s\n", what, why);
    abort();
}

/* ---- What is done ---- */

void (*scene_begins)(void);

static void begins(void)
{
    if (scene_begins) scene_begins();
}

/* Of some tables only: each array is one more call, and all are written alike. */
static cd_status load(const char *store, uint64_t seed, const rows_way *way, cd_err *err)
{
    rows_force all = {0}, f = {0};
    rows_make(&all, seed, OFFICERS + (uint32_t)seed % 4, DAYS);
    for (size_t i = 0; i < all.n; i++)
        if (strstr(" officers accesses shifts roster presence ", candour_ontology_builtin()->tables[all.rows[i].table].name))
            rows_copy(&f, &all.rows[i]);
    rows_release(&all);
    rows_way mine = *way;
    mine.acknowledged = crash_acknowledged;
    begins();
    cd_status st = rows_load(store, &f, &mine, NULL, err);
    rows_release(&f);
    return st;
}

static cd_status first(const char *store, void *context, crash_word *word, cd_err *err)
{
    (void)context, (void)word;
    return load(store, 1, &(rows_way){0}, err);
}

static cd_status second(const char *store, void *context, crash_word *word, cd_err *err)
{
    (void)context, (void)word;
    return load(store, 2, &(rows_way){.papers = true}, err);
}

static cd_status shared(const char *store, void *context, crash_word *word, cd_err *err)
{
    (void)context, (void)word;
    return load(store, 2, &(rows_way){.threads = 2}, err);
}

/* An ontology beside the store, see write_ontologies. */
static cd_status load_ontology(const char *store, const char *name, uint64_t number, cd_err *err)
{
    char yaml[600];
    snprintf(yaml, sizeof yaml, "%s", store);
    snprintf(strrchr(yaml, '/') + 1, 32, "%s", name);
    return load(store, number, &(rows_way){.ontology = yaml}, err);
}

static cd_status with_ontology(const char *store, void *context, crash_word *word, cd_err *err)
{
    (void)context, (void)word;
    return load_ontology(store, "more.yaml", 3, err);
}

static cd_status next(const char *store, void *context, crash_word *word, cd_err *err)
{
    (void)context, (void)word;
    return load(store, 7, &(rows_way){0}, err);
}

static cd_status compact(const char *store, void *context, crash_word *word, cd_err *err)
{
    candour_compact_report report;
    begins();
    cd_status st = candour_compact(store, &(candour_load_options){.threads = 1}, &report, err);
    (void)context, (void)word;
    if (st == CD_OK) crash_acknowledged();
    return st;
}

static cd_status tidy(const char *store, void *context, crash_word *word, cd_err *err)
{
    candour_compact_report report;
    begins();
    cd_status st = candour_tidy(store, &(candour_load_options){.threads = 1}, &report, err);
    (void)context, (void)word;
    if (st == CD_OK) crash_acknowledged();
    return st;
}

static cd_status prepare(const char *store, void *n_loads, crash_word *word, cd_err *err)
{
    cd_status st = CD_OK;
    (void)word;
    st = load_ontology(store, "kinds.yaml", 1, err);
    for (uint32_t i = 1; i < *(uint32_t *)n_loads && st == CD_OK; i++) st = load(store, 10 + i, &(rows_way){0}, err);
    return st;
}

/* ---- What must come of it ---- */

static void run_well(const char *store, crash_job job, void *context)
{
    crash_end end = crash_run(NULL, store, job, context);
    must(end.exit == 0 && !end.killed && end.word.status == CD_OK, "a job without faults failed", end.word.text);
}

static void digest_of(const char *store, char digest[CANDOUR_DIGEST_TEXT])
{
    crash_view view = crash_look(store);
    must(view.clean, "a store without faults is not clean", view.text);
    memcpy(digest, view.digest, CANDOUR_DIGEST_TEXT);
}

/* What a store begins with, and what it becomes. */
static void write_ontologies(const scene *s)
{
    static const char *const names[] = {"kinds.yaml", "more.yaml"};
    for (int more = 0; more < 2; more++) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", s->room, names[more]);
        FILE *f = fopen(path, "w");
        must(f != NULL, path, "cannot be written");
        fprintf(f, "kinds:\n  - {name: vehicle, label: Vehicle, table: vehicles}\ntables:\n  - name: vehicles\n"
                   "    label: Vehicle\n    class: entity\n    columns:\n      - {name: vehicle_id, type: id, kind: vehicle}\n"
                   "%s", more ? "  - {name: logs, label: Log, class: record, columns: [{name: a, type: id, kind: vehicle}]}\n" : "");
        fclose(f);
    }
}

void scene_make(scene *s, scene_kind kind)
{
    static const struct {
        const char *name;
        crash_job job;
        uint32_t loads_before;
    } kinds[SCENES] = {{"first load", first, 0},
                       {"second load", second, 1},
                       {"load with a larger ontology", with_ontology, 1},
                       {"load by two threads", shared, 1},
                       {"compaction", compact, 3},
                       {"tidying", tidy, 9}};
    *s = (scene){.name = kinds[kind].name, .job = kinds[kind].job, .none_before = kinds[kind].loads_before == 0};
    uint32_t n = kinds[kind].loads_before;
    crash_folder_make(s->room, "scene");
    snprintf(s->store, sizeof s->store, "%s/s", s->room);
    snprintf(s->base, sizeof s->base, "%s/base", s->room);
    write_ontologies(s);
    if (n) {
        run_well(s->store, prepare, &n);
        digest_of(s->store, s->before);
        crash_tree_copy(s->store, s->base);
    }
    run_well(s->store, next, NULL);
    digest_of(s->store, s->next_before);
    scene_reset(s);
    crash_end end = crash_run("count", s->store, s->job, NULL);
    must(end.exit == 0 && end.word.status == CD_OK, s->name, end.word.text);
    s->calls = end.word.calls;
    digest_of(s->store, s->after);
    run_well(s->store, next, NULL);
    digest_of(s->store, s->next_after);
    scene_reset(s);
}

void scene_drop(scene *s)
{
    crash_tree_drop(s->room);
}

void scene_reset(const scene *s)
{
    crash_tree_drop(s->store);
    if (!s->none_before) crash_tree_copy(s->base, s->store);
}

/* ---- Whether it did ---- */

static char said[2048];

static const char *wrong(const char *what, const char *why)
{
    snprintf(said, sizeof said, "%s: %s", what, why);
    return said;
}

/* *is_after: the store after was found. */
static const char *judge(const scene *s, const crash_end *end, bool as_it_was, bool *is_after)
{
    crash_view view = crash_look(s->store);
    *is_after = view.clean && (s->none_before || strcmp(view.digest, s->before) != 0);
    if (end->exit) return wrong("the process crashed or leaked", end->word.text);
    if (view.none && s->none_before) return end->word.committed ? wrong("an acknowledged load is lost", view.text) : NULL;
    if (!view.clean) return wrong("the store is not clean", view.text);
    if (strcmp(view.digest, s->after) == 0) {
        *is_after = true;
        if (as_it_was && strcmp(s->before, s->after) != 0) return wrong("the store is not as it was", "it is the one after");
        return NULL;
    }
    if (s->none_before || strcmp(view.digest, s->before) != 0) return wrong("the store is neither before nor after", view.digest);
    return end->word.committed ? wrong("an acknowledged load is lost", "the store is the one before") : NULL;
}

const char *scene_fault_still(const scene *s, const crash_end *end, bool as_it_was)
{
    bool is_after;
    return judge(s, end, as_it_was, &is_after);
}

/* One more load, and what the store is then: one process. */
cd_status scene_one_more(const char *store, void *context, crash_word *word, cd_err *err)
{
    cd_status st = CD_OK;
    candour_store *open = NULL;
    const candour_info *info;
    candour_digest digest;
    CD_TRY(next(store, context, word, err));
    CD_TRY(candour_store_open(store, NULL, &open, err));
    CD_TRY(candour_store_info(open, &info, err));
    word->number = info->n_files;
    CD_TRY(candour_store_digest(open, 1, &digest, err));
    memcpy(word->digest, digest.all, sizeof word->digest);
done:
    candour_store_close(open);
    return st;
}

const char *scene_fault(const scene *s, const crash_end *end, bool as_it_was)
{
    bool is_after;
    const char *fault = judge(s, end, as_it_was, &is_after);
    if (fault) return fault;
    crash_end more = crash_run(NULL, s->store, scene_one_more, NULL);
    if (more.exit || more.word.status != CD_OK) return wrong("one more load was not taken", more.word.text);
    if (strcmp(more.word.digest, is_after ? s->next_after : s->next_before) != 0)
        return wrong("one more load made another store than it must", more.word.digest);
    if (more.word.number != crash_files(s->store, "segments")) return wrong("a file is left that nothing names", s->store);
    if (crash_files(s->store, "loads") > 1) return wrong("papers are left of a load that never was", s->store);
    return NULL;
}
