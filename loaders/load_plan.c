/* SPDX-License-Identifier: GPL-3.0-or-later
 * load_plan.c: reads a folder's names and puts them in order. */
#include "loaders/load_plan.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

void load_plan_release(load_plan *plan)
{
    if (!plan) return;
    cd_free(plan->items);
    cd_arena_release(&plan->arena);
    *plan = (load_plan){0};
}

/* Files of the contract that no store takes. */
static bool is_set_aside(const char *name)
{
    static const char *const names[] = {"truth.csv", "protected.csv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0) {
            const char *ending = name + strlen(names[i]);
            if (!*ending || strcmp(ending, ".gz") == 0 || strcmp(ending, ".zst") == 0) return true;
        }
    return false;
}

typedef struct {
    char **names;
    size_t n, cap;
} name_list;

static int by_name(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

/* The names of a folder's files, in order. */
static cd_status folder_names(const char *folder, cd_arena *arena, name_list *out, cd_err *err)
{
    cd_status st = CD_OK;
    DIR *dir = opendir(folder);
    if (!dir && errno == ENOTDIR)
        return cd_fail(err, CD_EUSAGE, "'%s' is a file, not a force's folder; to load it alone say --as TABLE '%s'", folder,
                       folder);
    if (!dir) return cd_fail_errno(err, errno, "cannot open the folder '%s'", folder);
    for (;;) {
        errno = 0;
        const struct dirent *d = readdir(dir);
        if (!d && errno) CD_TRY(cd_fail_errno(err, errno, "cannot read the folder '%s'", folder));
        if (!d) break;
        if (d->d_name[0] == '.' || strcmp(d->d_name, "ontology.yaml") == 0) continue;
        CD_TRY(cd_grow(&out->names, &out->cap, out->n + 1, sizeof *out->names, err));
        out->names[out->n] = cd_arena_copy(arena, d->d_name, strlen(d->d_name), err);
        if (!out->names[out->n++]) CD_TRY(CD_EMEMORY);
    }
    if (out->n > 0) qsort(out->names, out->n, sizeof *out->names, by_name);
done:
    closedir(dir);
    return st;
}

static cd_status path_join(cd_arena *arena, const char *folder, const char *name, const char **out, cd_err *err)
{
    size_t n = strlen(folder) + strlen(name) + 2;
    char *path = cd_arena_alloc(arena, n, 1, err);
    if (!path) return CD_EMEMORY;
    size_t slash = strlen(folder);
    snprintf(path, n, "%s%s%s", folder, slash > 0 && folder[slash - 1] == '/' ? "" : "/", name);
    *out = path;
    return CD_OK;
}

static cd_status unmatched_list(const mapping *m, load_plan *plan, cd_err *err)
{
    uint32_t at = 0, n = 0;
    while (mapping_next_unmatched(m, &at)) n++;
    plan->unmatched = cd_arena_alloc(&plan->arena, n, sizeof *plan->unmatched, err);
    if (!plan->unmatched) return CD_EMEMORY;
    for (at = 0; plan->n_unmatched < n;) {
        const char *pattern = mapping_next_unmatched(m, &at);
        plan->unmatched[plan->n_unmatched] = cd_arena_copy(&plan->arena, pattern, strlen(pattern), err);
        if (!plan->unmatched[plan->n_unmatched++]) return CD_EMEMORY;
    }
    return CD_OK;
}

static int by_rank(const void *a, const void *b)
{
    const load_item *x = a, *y = b;
    if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
    return strcmp(x->name, y->name);
}

cd_status load_plan_folder(const char *folder, mapping *m, const candour_ontology *ontology, load_plan *out,
                           cd_err *err)
{
    cd_status st = CD_OK;
    name_list list = {0};
    bool has_officers = false;

    *out = (load_plan){0};
    CD_TRY(folder_names(folder, &out->arena, &list, err));
    out->unknown = cd_arena_alloc(&out->arena, list.n, sizeof *out->unknown, err);
    out->set_aside = cd_arena_alloc(&out->arena, list.n, sizeof *out->set_aside, err);
    if (!out->unknown || !out->set_aside) CD_TRY(CD_EMEMORY);
    CD_NEW(out->items, list.n);
    for (size_t i = 0; i < list.n; i++) {
        load_item item = {.name = list.names[i]};
        struct stat about;
        bool found;
        mapping_find(m, item.name, -1, &found, &item.rules);
        CD_TRY(path_join(&out->arena, folder, item.name, &item.path, err));
        if (!found && is_set_aside(item.name)) {
            out->set_aside[out->n_set_aside++] = item.name;
        } else if (!found) {
            out->unknown[out->n_unknown++] = item.name;
        } else if (stat(item.path, &about) != 0) {
            CD_TRY(cd_fail_errno(err, errno, "cannot read '%s'; mend it, or take it away", item.path));
        } else if (!S_ISREG(about.st_mode)) {
            CD_TRY(cd_fail(err, CD_EINPUT, "'%s' should be a file and is none; take it away, or load what it holds with "
                           "--as TABLE", item.path));
        } else {
            const candour_table *table = &ontology->tables[item.rules.table];
            item.bytes = (uint64_t)about.st_size;
            item.rank = item.rules.table + (table->class_of == CANDOUR_ENTITY ? 0 : ontology->n_tables);
            out->bytes += item.bytes;
            has_officers |= strcmp(table->name, "officers") == 0;
            out->items[out->n_items++] = item;
        }
    }
    if (!has_officers)
        CD_TRY(cd_fail(err, CD_EINPUT, "'%s' has no officers.csv, which a force's folder must have; add it, name in a "
                       "mapping file the file that lists the officers, or load single files with --as TABLE FILE",
                       folder));
    qsort(out->items, out->n_items, sizeof *out->items, by_rank);
    CD_TRY(unmatched_list(m, out, err));
done:
    cd_free(list.names);
    return st;
}

cd_status load_plan_files(const char *const *paths, uint32_t n, const char *table, mapping *m,
                          const candour_ontology *ontology, load_plan *out, cd_err *err)
{
    cd_status st = CD_OK;
    int32_t t = candour_table_find(ontology, cd_slice_of(table));
    uint32_t n_standard = 0;

    *out = (load_plan){0};
    if (t < 0)
        CD_TRY(cd_fail(err, CD_EUSAGE, "there is no table '%s'; tables are called as in the data contract, such as "
                       "officers, cases, accesses", table));
    CD_NEW(out->items, n);
    for (uint32_t i = 0; i < n; i++) {
        load_item *item = &out->items[out->n_items++];
        struct stat about;
        bool found;
        const char *slash = strrchr(paths[i], '/');
        item->path = cd_arena_copy(&out->arena, paths[i], strlen(paths[i]), err);
        if (!item->path) CD_TRY(CD_EMEMORY);
        item->name = slash ? item->path + (slash + 1 - paths[i]) : item->path;
        mapping_find(m, item->name, t, &found, &item->rules);
        n_standard += strcmp(paths[i], "-") == 0;
        if (strcmp(paths[i], "-") != 0 && stat(paths[i], &about) != 0)
            CD_TRY(cd_fail_errno(err, errno, "cannot load '%s'", paths[i]));
        if (strcmp(paths[i], "-") != 0 && S_ISREG(about.st_mode)) item->bytes = (uint64_t)about.st_size;
        out->bytes += item->bytes;
    }
    if (n_standard > 1) CD_TRY(cd_fail(err, CD_EUSAGE, "standard input (-) is named twice; it can be read once"));
done:
    return st;
}
