/* SPDX-License-Identifier: GPL-3.0-or-later
 * snapshot.c: opens the files that a manifest names, all of them, and finds ids across them.
 *
 * Opening reads the manifest and each file's directory and nothing else, so it takes the same time whatever the files
 * hold. */
#include "engine/store/snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "engine/base/hash.h"
#include "engine/store/ontology.h"

char *cd_store_path(const char *store, const char *folder, const char *name, cd_err *err)
{
    size_t n = strlen(store), m = folder ? strlen(folder) + 1 : 0, k = strlen(name);
    bool slash = n == 0 || store[n - 1] != '/';
    char *path = cd_alloc(n + m + k + 2, 1, err), *p = path;
    if (!path) return NULL;
    memcpy(p, store, n), p += n;
    if (slash) *p++ = '/';
    if (folder) memcpy(p, folder, m - 1), p += m - 1, *p++ = '/';
    memcpy(p, name, k);
    return path;
}

/* ---- Opening ---- */

cd_status cd_snapshot_ontology(cd_snapshot *s, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer text = {0};
    char *path = NULL;
    bool found;

    s->ontology = candour_ontology_builtin();
    if (!s->manifest.ontology[0]) return CD_OK;
    path = cd_store_path(s->path, NULL, s->manifest.ontology, err);
    if (!path) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_file_read(path, CD_MAX_ONTOLOGY_FILE, &text, &found, err));
    if (!found)
        CD_TRY(cd_fail(err, CD_ESTORE, "'%s' is missing, though the manifest names it; restore the store from a copy",
                       path));
    if (text.n != s->manifest.ontology_bytes || cd_hash64(text.bytes, text.n) != s->manifest.ontology_hash)
        CD_TRY(cd_fail(err, CD_ESTORE, "'%s' is not what the manifest says; restore the store from a copy", path));
    CD_TRY(cd_ontology_add_text((cd_slice){text.bytes, (uint32_t)text.n}, path, &s->arena, &s->ontology, err));
done:
    cd_buffer_release(&text);
    cd_free(path);
    return st;
}

static cd_status segments_open(cd_snapshot *s, cd_err *err)
{
    cd_status st = CD_OK;
    CD_NEW(s->n_ids, s->ontology->n_kinds);
    CD_NEW(s->segments, s->manifest.n_files);
    for (uint32_t i = 0; i < s->manifest.n_files; i++) {
        cd_segment *segment = &s->segments[i];
        CD_TRY(cd_segment_open(s->path, &s->manifest.files[i], s->ontology, s->n_ids, segment, err));
        s->n_segments = i + 1;
        s->n_sources += segment->n_sources, s->n_loads += segment->n_loads;
        for (uint32_t k = 0; k < s->ontology->n_kinds; k++) {
            s->n_ids[k] += segment->kinds[k].ids.n;
            if (s->n_ids[k] > CD_NONE)
                CD_TRY(cd_fail(err, CD_ESTORE,
                               "'%s' is damaged: there are more than 2^32 - 1 ids of a kind; restore the "
                               "store from a copy",
                               segment->path));
        }
    }
done:
    return st;
}

/* One try. A store that may be new and is has snapshot 0 and no files. */
static cd_status open_once(const char *path, bool may_be_new, cd_snapshot **out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_snapshot *s = NULL;
    struct stat about;
    bool found;

    CD_NEW(s, 1);
    *out = s; /* the caller's from here, half built or not */
    CD_NEW(s->path, strlen(path) + 1);
    memcpy(s->path, path, strlen(path));
    CD_TRY(cd_manifest_read(path, &s->manifest, &found, err));
    if (!found && !may_be_new) {
        if (stat(path, &about) != 0)
            CD_TRY(cd_fail(err, CD_EUSAGE,
                           "there is no store '%s'; make one with `candour load "
                           "FORCE_FOLDER --into %s`",
                           path, path));
        CD_TRY(cd_fail(err, CD_EUSAGE,
                       "'%s' is not a store: it has no manifest; make one with `candour load FORCE_FOLDER "
                       "--into STORE`",
                       path));
    }
    CD_TRY(cd_snapshot_ontology(s, err));
    CD_TRY(segments_open(s, err));
done:
    return st;
}

cd_status cd_snapshot_open(const char *path, bool may_be_new, cd_snapshot **out, cd_err *err)
{
    enum { TRIES = 100 };
    for (int i = 0;; i++) {
        cd_snapshot *s = NULL;
        cd_manifest now = {0};
        cd_err why = {0};
        bool found;
        cd_status st = open_once(path, may_be_new, &s, &why);
        if (st == CD_OK) {
            *out = s;
            return CD_OK;
        }
        /* A compaction may have removed a file after we read the manifest that names it: then there is a new one. */
        bool moved = st == CD_ESTORE && i < TRIES && s && s->manifest.snapshot &&
                     cd_manifest_read(path, &now, &found, NULL) == CD_OK && found &&
                     now.snapshot != s->manifest.snapshot;
        cd_manifest_release(&now);
        cd_snapshot_close(s);
        if (!moved) return cd_fail(err, st, "%s", why.text);
    }
}

void cd_snapshot_close(cd_snapshot *s)
{
    if (!s) return;
    for (uint32_t i = 0; i < s->n_segments; i++) cd_segment_close(&s->segments[i], s->ontology);
    cd_free(s->segments);
    cd_free(s->n_ids);
    cd_manifest_release(&s->manifest);
    cd_arena_release(&s->arena);
    cd_free(s->path);
    cd_free(s);
}

/* ---- Ids ---- */

cd_slice cd_snapshot_id(const cd_snapshot *s, uint32_t kind, uint64_t number)
{
    /* The last file whose numbers begin at or before it: files without new ids begin where the next one does. */
    uint32_t lo = 0, hi = s->n_segments;
    while (hi - lo > 1) {
        uint32_t middle = lo + (hi - lo) / 2;
        if (s->segments[middle].kinds[kind].first <= number) lo = middle;
        else hi = middle;
    }
    if (lo == s->n_segments) return (cd_slice){NULL, 0};
    const cd_segment_kind *k = &s->segments[lo].kinds[kind];
    return number < k->first ? (cd_slice){NULL, 0} : cd_texts_at(&k->ids, number - k->first);
}

static cd_id find_in(const cd_segment_kind *k, cd_slice id, uint64_t hash)
{
    if (k->ids.n == 0) return CD_NONE;
    uint64_t slot = (hash >> 32) * k->n_slots >> 32;
    for (uint64_t step = 0; step < k->n_slots; step++) {
        cd_sums_touch(k->sums, k->index + slot, sizeof *k->index);
        uint32_t at = k->index[slot];
        if (at >= k->ids.n) return CD_NONE;
        if (cd_slice_equal(cd_texts_at(&k->ids, at), id)) return (cd_id)(k->first + at);
        slot = slot + 1 == k->n_slots ? 0 : slot + 1;
    }
    return CD_NONE;
}

cd_id cd_snapshot_find(const cd_snapshot *s, uint32_t kind, cd_slice id, uint64_t hash)
{
    for (uint32_t i = 0; i < s->n_segments; i++) {
        cd_id found = find_in(&s->segments[i].kinds[kind], id, hash);
        if (found != CD_NONE) return found;
    }
    return CD_NONE;
}

/* ---- Checking ---- */

cd_status cd_snapshot_check_kind(const cd_snapshot *s, uint32_t kind, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; i < s->n_segments; i++) CD_TRY(cd_segment_check_kind(&s->segments[i], kind, s->ontology, err));
done:
    return st;
}

cd_status cd_snapshot_judge(const cd_snapshot *s, cd_status st, cd_err *err)
{
    cd_err why = {0};
    for (uint32_t i = 0; i < s->n_segments; i++) {
        if (cd_segment_judge(&s->segments[i], &why) == CD_OK) continue;
        cd_err_clear(err);
        return cd_fail(err, why.status, "%s", why.text);
    }
    return st;
}

/* The greatest source of a row, which was found known by cd_segment_check; 0 where there are no rows. */
static uint64_t last_source(const cd_segment_table *t)
{
    int64_t most = 0;
    #pragma omp parallel for schedule(static) reduction(max : most) if (t->rows > 65536)
    for (uint64_t row = 0; row < t->rows; row++) {
        int64_t source = cd_codes_at(&t->source, row);
        most = source > most ? source : most;
    }
    return (uint64_t)most;
}

static cd_status check(const cd_snapshot *s, uint32_t table, bool both, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_table *shape = &s->ontology->tables[table];
    for (uint32_t c = 0; c < shape->n_columns; c++)
        if (shape->columns[c].type == CANDOUR_ID) CD_TRY(cd_snapshot_check_kind(s, shape->columns[c].kind, err));
    for (uint32_t i = 0; i < s->n_segments; i++) {
        const cd_segment *segment = &s->segments[i];
        if (!segment->tables[table]) continue;
        CD_TRY(both ? cd_segment_check(segment, table, s->ontology, s->n_ids, err)
                    : cd_segment_check_forward(segment, table, s->ontology, s->n_ids, err));
        if (last_source(segment->tables[table]) >= s->n_sources)
            CD_TRY(cd_fail(err, CD_ESTORE,
                           "'%s' is damaged: table `%s`: a row's source is none of those listed; restore the "
                           "store from a copy",
                           segment->path, shape->name));
    }
done:
    return st;
}

cd_status cd_snapshot_check(const cd_snapshot *s, uint32_t table, cd_err *err) { return check(s, table, true, err); }
cd_status cd_snapshot_check_forward(const cd_snapshot *s, uint32_t table, cd_err *err)
{
    return check(s, table, false, err);
}

bool cd_undated_in_force(const cd_snapshot *s, uint32_t table, uint32_t segment, cd_id id)
{
    int32_t time = s->ontology->tables[table].time_column;
    for (uint32_t i = s->n_segments; i-- > segment + 1;) {
        const cd_segment_table *t = s->segments[i].tables[table];
        uint64_t lo, hi;
        if (!t) continue;
        cd_rows_of(&t->left, t->rows, id, &lo, &hi);
        /* Undated rows stand first. */
        if (lo < hi && (time < 0 || cd_codes_at(&t->columns[time].codes, lo) == CANDOUR_UNKNOWN)) return false;
    }
    return true;
}
