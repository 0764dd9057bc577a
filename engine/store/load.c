/* SPDX-License-Identifier: GPL-3.0-or-later
 * load.c: the way in. Rows wait in their lanes, packed, until the load commits or its memory is full; then they become
 * a file (load_flush.c). Nothing is part of the store before the manifest that names it has taken the old one's place.
 */
#include "engine/store/load.h"

#include <inttypes.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/store/merge.h"
#include "engine/store/snapshot_grow.h"

static const size_t DEFAULT_MEMORY = (size_t)1000 << 20;
enum { LEAST_MEMORY = 16 << 20 };

static cd_status note_known_sources(candour_load *load, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer name = {0};
    load->n_sources_before = load->snapshot->n_sources;
    for (uint32_t i = 0; i < load->snapshot->n_segments; i++) {
        const cd_segment *s = &load->snapshot->segments[i];
        cd_slice rest = s->sources;
        cd_sums_whole(s->sums, rest.bytes);
        CD_TRY(cd_segment_judge(s, err));
        for (uint64_t k = 0; k < s->n_sources; k++) {
            static const uint8_t refused[32];
            cd_source_line line;
            CD_TRY(cd_source_next(&rest, &line, &name, s->path, err));
            int32_t table = candour_table_find(load->snapshot->ontology, line.table);
            if (table < 0 || memcmp(line.sha256, refused, sizeof refused) == 0) continue;
            CD_TRY(cd_grow(&load->known, &load->cap_known, load->n_known + 1, sizeof *load->known, err));
            cd_known_source *known = &load->known[load->n_known++];
            *known = (cd_known_source){.table = (uint32_t)table, .bytes = line.bytes};
            memcpy(known->sha256, line.sha256, sizeof known->sha256);
        }
    }
done:
    cd_buffer_release(&name);
    return st;
}

/* The choice of presence is made once, by the first load that says it or has presence; later loads follow it or are
 * told. */
static cd_status settle_presence(candour_load *load, const candour_load_options *options, cd_err *err)
{
    cd_presence *now = &load->snapshot->manifest.presence;
    candour_presence asked = options ? options->presence : CANDOUR_PRESENCE_AS_BEFORE;
    if (asked == CANDOUR_PRESENCE_ALL && *now == CD_PRESENCE_DUTY)
        return cd_fail(err, CD_EUSAGE,
                       "'%s' keeps presence on duty only, and what was dropped cannot come back; load into a new "
                       "store to keep all presence", load->lock.path);
    if (asked == CANDOUR_PRESENCE_DUTY && *now == CD_PRESENCE_ALL)
        return cd_fail(err, CD_EUSAGE,
                       "'%s' keeps all presence, and has it already; load into a new store to keep duty only",
                       load->lock.path);
    if (asked != CANDOUR_PRESENCE_AS_BEFORE) *now = asked == CANDOUR_PRESENCE_ALL ? CD_PRESENCE_ALL : CD_PRESENCE_DUTY;
    load->keep_all_presence = *now == CD_PRESENCE_ALL;
    return CD_OK;
}

cd_status candour_load_begin(const char *store, const candour_load_options *options, candour_load **out, cd_err *err)
{
    cd_status st = CD_OK;
    candour_load *load = NULL;
    CD_NEW(load, 1);
    load->lock.fd = -1;
    CD_TRY(cd_store_lock_take(store, "load into", options ? options->progress : NULL, &load->lock, err));
    CD_TRY(cd_snapshot_open(store, true, &load->snapshot, err));
    cd_store_sweep_out(store, &load->snapshot->manifest);
    if (options && options->ontology_path) CD_TRY(cd_snapshot_extend(load->snapshot, options->ontology_path, err));
    CD_TRY(settle_presence(load, options, err));
    load->threads = options && options->threads ? options->threads : (uint32_t)omp_get_num_procs();
    load->memory_bytes = options && options->memory_bytes ? options->memory_bytes : DEFAULT_MEMORY;
    load->progress = options ? options->progress : NULL;
    if (load->memory_bytes < LEAST_MEMORY)
        CD_TRY(cd_fail(err, CD_EUSAGE, "a load needs at least %d MB of memory, not %zu bytes", LEAST_MEMORY >> 20,
                       load->memory_bytes));
    if (pthread_rwlock_init(&load->busy, NULL) != 0)
        CD_TRY(cd_fail(err, CD_EMEMORY, "cannot make a lock: out of memory"));
    load->has_busy = true;
    const candour_ontology *o = load->snapshot->ontology;
    CD_NEW(load->lanes, load->threads);
    for (uint32_t l = 0; l < load->threads; l++) CD_NEW(load->lanes[l].tables, o->n_tables);
    CD_NEW(load->reports, o->n_tables);
    CD_NEW(load->implied, o->n_kinds);
    CD_NEW(load->n_ids_before, o->n_kinds);
    memcpy(load->n_ids_before, load->snapshot->n_ids, o->n_kinds * sizeof *load->n_ids_before);
    load->n_files_before = load->snapshot->n_segments;
    for (uint32_t t = 0; t < o->n_tables; t++) load->reports[t].first = load->reports[t].last = CANDOUR_UNKNOWN;
    CD_TRY(note_known_sources(load, err));
    *out = load, load = NULL;
done:
    candour_load_end(load);
    return st;
}

/* Takes away what was written and is not named. The manifest on disk decides, not what we believe: a commit may have
 * failed after its rename. Where it cannot be read, everything stays. */
static void drop_unnamed(const candour_load *load)
{
    cd_manifest on_disk = {0};
    bool found;
    if (cd_manifest_read(load->lock.path, &on_disk, &found, NULL) != CD_OK) return;
    cd_store_sweep_out(load->lock.path, &on_disk);
    cd_manifest_release(&on_disk);
}

void candour_load_end(candour_load *load)
{
    if (!load) return;
    if (load->lock.fd >= 0) drop_unnamed(load);
    if (load->lanes) cd_load_clear_lanes(load);
    for (uint32_t l = 0; load->lanes && l < load->threads; l++) cd_free(load->lanes[l].tables);
    cd_free(load->lanes);
    for (size_t i = 0; i < load->n_sources; i++) cd_free(load->sources[i].name);
    cd_free(load->sources);
    cd_free(load->known);
    cd_free(load->papers);
    cd_free(load->reports);
    cd_free(load->implied);
    cd_free(load->n_ids_before);
    if (load->has_busy) pthread_rwlock_destroy(&load->busy);
    cd_snapshot_close(load->snapshot);
    cd_store_lock_release(&load->lock);
    cd_free(load);
}

const candour_ontology *candour_load_ontology(const candour_load *load) { return load->snapshot->ontology; }
uint32_t candour_load_threads(const candour_load *load) { return load->threads; }
uint64_t candour_load_number(const candour_load *load) { return load->snapshot->manifest.load + 1; }

cd_status candour_load_folder(candour_load *load, const char **path, cd_err *err)
{
    cd_status st = CD_OK;
    char *loads = NULL, number[32];
    if (!load->papers) {
        snprintf(number, sizeof number, "%06" PRIu64, candour_load_number(load));
        loads = cd_store_path(load->lock.path, NULL, "loads", err);
        load->papers = cd_store_path(load->lock.path, "loads", number, err);
        if (!loads || !load->papers) CD_TRY(CD_EMEMORY);
        CD_TRY(cd_folder_make(loads, err));
        CD_TRY(cd_folder_make(load->papers, err));
    }
    *path = load->papers;
done:
    cd_free(loads);
    return st;
}

bool candour_load_knows(const candour_load *load, uint32_t table, const uint8_t sha256[32])
{
    for (size_t i = 0; i < load->n_known; i++)
        if (load->known[i].table == table && memcmp(load->known[i].sha256, sha256, 32) == 0) return true;
    return false;
}

bool candour_load_knows_size(const candour_load *load, uint64_t bytes)
{
    for (size_t i = 0; i < load->n_known; i++)
        if (load->known[i].bytes == bytes) return true;
    return false;
}

cd_status candour_load_source(candour_load *load, uint32_t table, const char *name, uint32_t *source, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(cd_grow(&load->sources, &load->cap_sources, load->n_sources + 1, sizeof *load->sources, err));
    cd_load_source *s = &load->sources[load->n_sources];
    *s = (cd_load_source){.table = table};
    CD_NEW(s->name, strlen(name) + 1);
    memcpy(s->name, name, strlen(name));
    *source = (uint32_t)load->n_sources++;
done:
    return st;
}

cd_status candour_load_source_done(candour_load *load, uint32_t source, const uint8_t sha256[32], uint64_t bytes,
                                   uint64_t rows_read, uint64_t rows_rejected, cd_err *err)
{
    if (source >= load->n_sources) return cd_fail(err, CD_EUSAGE, "source %u of this load does not exist", source);
    cd_load_source *s = &load->sources[source];
    s->done = true;
    s->bytes = bytes, s->rows_read = rows_read, s->rows_rejected = rows_rejected;
    memcpy(s->sha256, sha256, sizeof s->sha256);
    return CD_OK;
}

/* Codes of an id or text column, through the lane's dictionary, packed. */
static cd_status pack_texts(cd_lane *lane, cd_lane_table *t, cd_intern **dictionary, const cd_slice *text, uint32_t n,
                            cd_packed *out, cd_err *err)
{
    cd_status st = CD_OK;
    if (!*dictionary) *dictionary = cd_intern_new(err);
    if (!*dictionary) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_intern_codes(*dictionary, text, n, lane->codes, err));
    CD_TRY(cd_pack_ids(&t->pool, lane->codes, n, out, err));
done:
    return st;
}

static cd_status pack_column(cd_lane *lane, cd_lane_table *t, const candour_column *column, uint32_t c, uint32_t n,
                             const candour_values *v, cd_packed *out, cd_err *err)
{
    *out = (cd_packed){.lo = 0, .hi = -1, .unknowns = true};
    if (column->type == CANDOUR_ID)
        return v->text ? pack_texts(lane, t, &lane->ids[column->kind], v->text, n, out, err) : CD_OK;
    if (column->type == CANDOUR_TEXT)
        return v->text ? pack_texts(lane, t, &t->texts[c], v->text, n, out, err) : CD_OK;
    if (column->type == CANDOUR_REAL) return v->real ? cd_pack_reals(&t->pool, v->real, n, out, err) : CD_OK;
    return v->integer ? cd_pack_integers(&t->pool, v->integer, n, out, err) : CD_OK;
}

/* What the dictionaries of a table's columns hold. */
static size_t dictionaries_of(const cd_lane *lane, const cd_lane_table *t, const candour_table *of)
{
    size_t bytes = 0;
    bool counted[CD_MAX_KINDS] = {false};
    for (uint32_t c = 0; c < of->n_columns; c++) {
        const candour_column *column = &of->columns[c];
        const cd_intern *d = column->type == CANDOUR_ID ? lane->ids[column->kind] : t->texts[c];
        if (!d || (column->type == CANDOUR_ID && counted[column->kind])) continue;
        if (column->type == CANDOUR_ID) counted[column->kind] = true;
        bytes += cd_intern_bytes(d);
    }
    return bytes;
}

static cd_status add_batch(candour_load *load, uint32_t lane_number, uint32_t source, uint64_t sequence, uint32_t n,
                           const uint32_t *line, const candour_values *values, cd_err *err)
{
    cd_status st = CD_OK;
    cd_lane *lane = &load->lanes[lane_number];
    const candour_ontology *o = load->snapshot->ontology;
    uint32_t table = load->sources[source].table;
    cd_lane_table *t = &lane->tables[table];
    const candour_table *of = &o->tables[table];
    size_t before = t->pool.bytes + dictionaries_of(lane, t, of);
    CD_TRY(cd_grow(&t->batches, &t->cap, t->n + 1, sizeof *t->batches, err));
    cd_batch *b = cd_pool_alloc(&t->pool, sizeof *b + of->n_columns * sizeof *b->columns, err);
    if (!b) CD_TRY(CD_EMEMORY);
    *b = (cd_batch){
        .n = n, .lane = lane_number, .source = (uint32_t)(load->n_sources_before + source), .sequence = sequence};
    b->columns = (cd_packed *)(void *)(b + 1);
    for (uint32_t c = 0; c < of->n_columns; c++)
        CD_TRY(pack_column(lane, t, &of->columns[c], c, n, &values[c], &b->columns[c], err));
    for (uint32_t i = 0; i < n; i++) lane->lines[i] = line[i];
    CD_TRY(cd_pack_lines(&t->pool, lane->lines, n, b, err));
    t->batches[t->n++] = b;
    __atomic_add_fetch(&load->waiting_bytes, t->pool.bytes + dictionaries_of(lane, t, of) - before, __ATOMIC_RELAXED);
done:
    return st;
}

/* A flush takes the rows once more as records beside the batches, and the texts once more in their order: two and a half
 * times what waits, with a margin. */
static bool is_full(const candour_load *load)
{
    return __atomic_load_n(&load->waiting_bytes, __ATOMIC_RELAXED) / 2 * 5 > load->memory_bytes / 16 * 15;
}

/* The first one: after it nothing is tried, so none that comes from earlier rows would come again. */
static void remember(candour_load *load, cd_status st, const cd_err *err)
{
    #pragma omp critical(cd_load)
    if (load->status == CD_OK) {
        if (err) load->err = *err;
        __atomic_store_n(&load->status, st, __ATOMIC_RELEASE);
    }
}

static cd_status failed_before(const candour_load *load, cd_err *err)
{
    cd_status st = __atomic_load_n(&load->status, __ATOMIC_ACQUIRE);
    return st == CD_OK ? CD_OK
                       : cd_fail(err, st, "%s", load->err.text[0] ? load->err.text : "the load has failed before");
}

cd_status candour_load_rows(candour_load *load, uint32_t lane, uint32_t source, uint64_t sequence, uint32_t n,
                            const uint32_t *line, const candour_values *values, cd_err *err)
{
    if (n == 0) return CD_OK;
    if (lane >= load->threads || source >= load->n_sources || n > CANDOUR_BLOCK_ROWS)
        return cd_fail(err, CD_EUSAGE, "rows for lane %u, source %u, %u at once: no such lane or source, or too many",
                       lane, source, n);
    pthread_rwlock_rdlock(&load->busy);
    cd_status st = failed_before(load, err);
    if (st == CD_OK) st = add_batch(load, lane, source, sequence, n, line, values, err);
    pthread_rwlock_unlock(&load->busy);
    if (st == CD_OK && is_full(load)) {
        pthread_rwlock_wrlock(&load->busy); /* whoever comes first writes; the others find nothing left to do */
        st = failed_before(load, err);
        if (st == CD_OK && is_full(load)) st = cd_load_flush(load, false, 0, err);
        pthread_rwlock_unlock(&load->busy);
    }
    if (st != CD_OK) remember(load, st, err);
    return st;
}

static cd_status check_sources(const candour_load *load, cd_err *err)
{
    for (size_t i = 0; i < load->n_sources; i++)
        if (!load->sources[i].done)
            return cd_fail(err, CD_EUSAGE, "source '%s' of this load was not finished", load->sources[i].name);
    return CD_OK;
}

static cd_status replace_manifest(candour_load *load, cd_err *err)
{
    cd_status st = CD_OK;
    cd_manifest *m = &load->snapshot->manifest;
    char *segments = cd_store_path(load->lock.path, NULL, "segments", err);
    if (!segments) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_folder_sync(segments, err));
    if (load->papers) CD_TRY(cd_folder_sync(load->papers, err));
    m->snapshot++, m->load++;
    CD_TRY(cd_manifest_replace(load->lock.path, m, err));
    cd_store_lock_mark(&load->lock);
done:
    if (st != CD_OK) m->snapshot--, m->load--;
    cd_free(segments);
    return st;
}

/* How many ids of a kind came in with this load and no entity row describes: none of its files, for no other can. */
static cd_status count_implied(const candour_load *load, uint32_t kind, uint64_t *implied, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_snapshot *s = load->snapshot;
    uint64_t before = load->n_ids_before[kind], n = s->n_ids[kind] - before;
    bool *described = NULL;
    CD_NEW(described, n);
    *implied = n;
    for (uint32_t i = load->n_files_before; i < s->n_segments; i++) {
        const cd_segment_table *t = s->segments[i].tables[s->ontology->kinds[kind].table];
        for (cd_id k = 0; t && t->rows > 0 && k < t->left.n_keys; k++) {
            uint64_t id = t->left.keys ? t->left.keys[k] : k;
            if (id < before || id - before >= n || t->left.offsets[k] == t->left.offsets[k + 1]) continue;
            *implied -= !described[id - before];
            described[id - before] = true;
        }
    }
done:
    cd_free(described);
    return st;
}

int candour_load_hold(candour_load *load)
{
    return load->report.load && cd_tidy_pays(&load->snapshot->manifest) ? cd_store_lock_share(&load->lock) : -1;
}

cd_status candour_load_commit(candour_load *load, const candour_load_report **report, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(failed_before(load, err));
    CD_TRY(check_sources(load, err));
    if (load->n_sources > 0) {
        CD_TRY(cd_load_flush(load, true, (int64_t)time(NULL), err));
        for (uint32_t k = 0; k < load->snapshot->ontology->n_kinds; k++)
            CD_TRY(count_implied(load, k, &load->implied[k], err));
        CD_TRY(cd_snapshot_judge(load->snapshot, CD_OK, err)); /* rows of before were read to tell what is new */
        CD_TRY(replace_manifest(load, err));
        load->report.load = load->snapshot->manifest.load;
    }
    load->report.tables = load->reports;
    load->report.implied = load->implied;
    load->report.bytes_written = load->bytes_written;
    load->report.seconds_writing = load->seconds_writing;
    *report = &load->report;
done:
    if (st != CD_OK) remember(load, st, err);
    return st;
}
