/* SPDX-License-Identifier: GPL-3.0-or-later
 * verify.c: everything that can be known to be wrong with a store, found and named: the manifest, sizes, directories,
 * every byte by its checksum, every invariant of FORMAT.md, and whether libhdf5 sees the same arrays as we do.
 *
 * It goes on after a fault as far as that makes sense: what does not have its checksum is not looked into, what a
 * missing file would have to say is not missed. */
#include <inttypes.h>
#include <omp.h>
#include <stdio.h>

#include "engine/base/hash.h"
#include "engine/store/directory.h"
#include "engine/store/h5_check.h"
#include "engine/store/ontology.h"
#include "engine/store/snapshot.h"

enum { MOST_TOLD = 100 };

typedef struct {
    void (*found)(void *context, const char *fault);
    void *context;
    const cd_progress *progress;
    candour_verify_report *report;
    cd_err *err;
    cd_snapshot *s;
    bool whole;          /* every file could be opened: numbers may be held against each other */
    uint64_t bytes_all;
    uint8_t *table_of;   /* per source, its table; NULL where sources could not be read */
} verifier;

static void told(void *context, const char *fault)
{
    verifier *v = context;
    if (v->report->faults++ < MOST_TOLD && v->found) v->found(v->context, fault);
    (void)!cd_fail(v->err, CD_ESTORE, "%s", fault);
}

/* A fault of the store is told; any other failure ends the verifying. */
static cd_status judge(verifier *v, cd_status st, const cd_err *why)
{
    if (st == CD_ESTORE) told(v, why->text);
    else if (st != CD_OK) return cd_fail(v->err, st, "%s", why->text);
    return CD_OK;
}

static cd_status step(verifier *v)
{
    const cd_progress_state state = {.what = "verifying", .bytes = v->report->bytes, .bytes_all = v->bytes_all};
    return cd_progress_step(v->progress, &state) ? CD_OK : cd_fail(v->err, CD_ESTOPPED, "stopped while verifying");
}

/* ---- Opening what can be opened ---- */

/* The files one by one, as cd_snapshot_open would, but past those that cannot be. */
static cd_status open_each(verifier *v, cd_snapshot *s)
{
    cd_status st = CD_OK;
    cd_err *err = v->err;
    cd_free(s->segments);
    cd_free(s->n_ids);
    s->segments = NULL, s->n_ids = NULL, s->n_segments = 0, s->n_sources = 0;
    CD_NEW(s->n_ids, s->ontology->n_kinds);
    CD_NEW(s->segments, s->manifest.n_files);
    for (uint32_t i = 0; i < s->manifest.n_files; i++) {
        cd_err why = {0};
        cd_segment *segment = &s->segments[i];
        s->n_segments = i + 1;
        st = cd_segment_open(s->path, &s->manifest.files[i], s->ontology, v->whole ? s->n_ids : NULL, segment, &why);
        if (st != CD_OK) v->whole = false;
        CD_TRY(judge(v, st, &why));
        s->n_sources += segment->n_sources;
        for (uint32_t k = 0; v->whole && k < s->ontology->n_kinds; k++) s->n_ids[k] += segment->kinds[k].ids.n;
    }
    /* Numbers that a missing file may have given are good. */
    for (uint32_t k = 0; !v->whole && k < s->ontology->n_kinds; k++) s->n_ids[k] = CD_NONE;
done:
    return st;
}

/* v->s is what there is to look at, or NULL where not even the manifest can be believed. */
static cd_status open_all(verifier *v, const char *path)
{
    cd_status st = CD_OK;
    cd_err *err = v->err, why = {0};
    bool found;
    v->whole = true;
    st = cd_snapshot_open(path, false, &v->s, &why);
    if (st == CD_OK) return CD_OK;
    if (st != CD_ESTORE) return cd_fail(err, st, "%s", why.text);
    CD_NEW(v->s, 1);
    CD_NEW(v->s->path, strlen(path) + 1);
    memcpy(v->s->path, path, strlen(path));
    cd_err_clear(&why);
    st = cd_manifest_read(path, &v->s->manifest, &found, &why);
    bool readable = st == CD_OK;
    CD_TRY(judge(v, st, &why));
    if (readable) {
        cd_err_clear(&why);
        st = cd_snapshot_ontology(v->s, &why);
        readable = st == CD_OK;
        CD_TRY(judge(v, st, &why));
    }
    if (readable) CD_TRY(open_each(v, v->s));
    else {
        cd_snapshot_close(v->s);
        v->s = NULL;
    }
done:
    return st;
}

/* ---- Where rows came from ---- */

/* Reads the lines of every file; where one cannot be read, table_of is not kept. */
static cd_status sources_read(verifier *v)
{
    cd_status st = CD_OK;
    cd_err *err = v->err;
    const cd_snapshot *s = v->s;
    cd_buffer name = {0};
    uint64_t n = 0, room = 0;
    bool good = v->whole;
    for (uint32_t i = 0; i < s->n_segments; i++) room += s->segments[i].sources.n; /* a line has more than a byte */
    CD_NEW(v->table_of, (size_t)room);
    for (uint32_t i = 0; i < s->n_segments; i++) {
        const cd_segment *segment = &s->segments[i];
        cd_slice rest = segment->sources, loads = segment->loads;
        cd_err why = {0};
        uint64_t n_sources = 0, n_loads = 0;
        st = CD_OK;
        while (rest.n && st == CD_OK) {
            cd_source_line line;
            st = cd_source_next(&rest, &line, &name, segment->path, &why);
            int32_t t = st == CD_OK ? candour_table_find(s->ontology, line.table) : 0;
            if (t < 0 || (st == CD_OK && line.load > s->manifest.load))
                st = cd_fail(&why, CD_ESTORE,
                             "'%s' is damaged: source %" PRIu64 " is of a table or load that there is not; "
                             "restore the store from a copy",
                             segment->path, n);
            if (st == CD_OK) v->table_of[n++] = (uint8_t)t, n_sources++;
        }
        while (loads.n && st == CD_OK) {
            candour_load_info load;
            st = cd_load_next(&loads, &load, segment->path, &why);
            n_loads++;
        }
        if (st == CD_OK && (n_sources != segment->n_sources || n_loads != segment->n_loads))
            st = cd_fail(&why, CD_ESTORE,
                         "'%s' is damaged: it does not list as many sources and loads as it says; restore the "
                         "store from a copy",
                         segment->path);
        good = good && st == CD_OK;
        CD_TRY(judge(v, st, &why));
    }
done:
    cd_buffer_release(&name);
    if (!good) {
        cd_free(v->table_of);
        v->table_of = NULL;
    }
    return st;
}

/* Every row's source is listed, and is one of rows of that table. */
static bool sources_agree(const verifier *v, const cd_segment_table *t, uint32_t table)
{
    uint64_t wrong = 0, rows = t->source.constant ? 1 : t->rows;
    #pragma omp parallel for schedule(static) reduction(+ : wrong) if (rows > 65536)
    for (uint64_t row = 0; row < rows; row++) {
        uint64_t source = (uint64_t)cd_codes_at(&t->source, row);
        wrong += source >= v->s->n_sources || v->table_of[source] != table;
    }
    return wrong == 0;
}

/* ---- One file ---- */

/* Every byte of the file, once. bad[owner] becomes true where an array of that table or kind is not as it was written.
 */
static cd_status bytes_check(verifier *v, const cd_segment *s, bool *bad)
{
    cd_status st = CD_OK;
    uint64_t in_arrays = 0;
    char text[CD_ERR_TEXT];
    for (uint32_t i = 0; i < s->n_arrays; i++) {
        cd_err why = {0};
        const cd_array *a = &s->arrays[i];
        uint64_t bytes = cd_array_bytes(a);
        uint32_t owner;
        st = cd_segment_check_array(s, i, &why);
        if (st != CD_OK && cd_segment_owner(a, v->s->ontology, &owner)) bad[owner] = true;
        CD_TRY(judge(v, st, &why));
        in_arrays += bytes, v->report->bytes += bytes, v->report->arrays++;
        CD_TRY(step(v));
    }
    if (cd_metadata_hash(s->map, s->bytes, s->arrays, s->n_arrays, s->directory_at, s->directory_bytes) !=
        s->metadata_hash) {
        snprintf(text, sizeof text,
                 "'%s' is damaged: the bytes between its arrays do not have their hash; restore the store "
                 "from a copy",
                 s->path);
        told(v, text);
    }
    v->report->bytes += s->bytes - in_arrays;
done:
    return st;
}

/* What is not as it was written is not looked into: its faults would be endless and mean nothing. */
static cd_status file_check(verifier *v, const cd_segment *s)
{
    cd_status st = CD_OK;
    const candour_ontology *o = v->s->ontology;
    bool bad[CD_MAX_TABLES + CD_MAX_KINDS] = {false};
    char text[CD_ERR_TEXT];
    CD_TRY(bytes_check(v, s, bad));
    for (uint32_t k = 0; k < o->n_kinds; k++) {
        cd_err why = {0};
        if (bad[o->n_tables + k]) continue;
        CD_TRY(judge(v, cd_segment_check_kind(s, k, o, &why), &why));
    }
    for (uint32_t t = 0; t < o->n_tables; t++) {
        cd_err why = {0};
        if (bad[t] || !s->tables[t]) continue;
        st = cd_segment_check(s, t, o, v->s->n_ids, &why);
        bool sound = st == CD_OK;
        CD_TRY(judge(v, st, &why));
        if (sound && v->table_of && !sources_agree(v, s->tables[t], t)) {
            snprintf(text, sizeof text,
                     "'%s' is damaged: table `%s`: a row's source is not listed, or is of another table; "
                     "restore the store from a copy",
                     s->path, o->tables[t].name);
            told(v, text);
        }
        CD_TRY(step(v));
    }
done:
    return st;
}

/* ---- All files together ---- */

/* An id has one number: no file adds one that an earlier file has. */
static void ids_differ(verifier *v)
{
    const cd_snapshot *s = v->s;
    for (uint32_t i = 1; i < s->n_segments; i++)
        for (uint32_t k = 0; k < s->ontology->n_kinds; k++) {
            const cd_segment_kind *kind = &s->segments[i].kinds[k];
            uint64_t wrong = 0, n = kind->ids.n;
            char text[CD_ERR_TEXT];
            #pragma omp parallel for schedule(dynamic, 4096) reduction(+ : wrong) if (n > 4096)
            for (uint64_t j = 0; j < n; j++) {
                cd_slice id = cd_texts_at(&kind->ids, j);
                wrong += cd_snapshot_find(s, k, id, cd_hash64(id.bytes, id.n)) != kind->first + j;
            }
            if (!wrong) continue;
            snprintf(text, sizeof text,
                     "'%s' is damaged: it adds ids of kind `%s` that an earlier file has; restore the store "
                     "from a copy",
                     s->segments[i].path, s->ontology->kinds[k].name);
            told(v, text);
        }
}

static cd_status libhdf5_check(verifier *v)
{
    cd_status st = CD_OK;
    cd_err *err = v->err;
    cd_manifest now = {0};
    char text[CD_ERR_TEXT];
    bool gone = false, found;
    CD_TRY(cd_h5_check(v->s->segments, v->s->n_segments, told, v, &gone, err));
    if (!gone) return CD_OK;
    /* A compaction may have come between: what we have mapped was sound, and is no longer the store. */
    CD_TRY(cd_manifest_read(v->s->path, &now, &found, err));
    if (found && now.snapshot == v->s->manifest.snapshot) {
        snprintf(text, sizeof text,
                 "'%s' is damaged: a file vanished while it was verified; restore the store from a copy", v->s->path);
        told(v, text);
    }
done:
    cd_manifest_release(&now);
    return st;
}

static cd_status verify(verifier *v, const char *path)
{
    cd_status st = CD_OK;
    uint64_t before;
    CD_TRY(open_all(v, path));
    if (!v->s) return CD_OK;
    for (uint32_t i = 0; i < v->s->n_segments; i++) v->bytes_all += v->s->segments[i].bytes;
    CD_TRY(step(v));
    CD_TRY(sources_read(v));
    before = v->report->faults;
    for (uint32_t i = 0; i < v->s->n_segments; i++) {
        if (!v->s->segments[i].map) continue;
        v->report->files++;
        CD_TRY(file_check(v, &v->s->segments[i]));
    }
    if (v->whole && v->report->faults == before) ids_differ(v);
    CD_TRY(libhdf5_check(v));
done:
    return st;
}

cd_status candour_verify(const char *path, uint32_t threads, void (*found)(void *context, const char *fault),
                         void *context, const cd_progress *progress, candour_verify_report *report, cd_err *err)
{
    *report = (candour_verify_report){0};
    verifier v = {.found = found, .context = context, .progress = progress, .report = report, .err = err};
    int threads_before = omp_get_max_threads();
    if (threads && threads < 1024) omp_set_num_threads((int)threads);
    cd_status st = verify(&v, path);
    omp_set_num_threads(threads_before);
    cd_free(v.table_of);
    cd_snapshot_close(v.s);
    return st == CD_OK && report->faults ? CD_ESTORE : st;
}
