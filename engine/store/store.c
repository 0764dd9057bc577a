/* SPDX-License-Identifier: GPL-3.0-or-later
 * store.c: a store as candour.h shows it to a reader: open, what is in it, where it came from. */
#include "engine/store/store.h"

#include "engine/base/sort.h"
#include "engine/store/directory.h"

/* What was checked must be what is then read: a load may commit in between, and then the check is made again. */
static cd_status open_untrusted(const char *path, cd_snapshot **out, cd_err *err)
{
    enum { TRIES = 8 };
    cd_status st = CD_OK;
    for (int i = 0; i < TRIES; i++) {
        cd_snapshot *before = NULL, *after = NULL;
        candour_verify_report report;
        st = cd_snapshot_open(path, false, &before, err);
        if (st == CD_OK) st = candour_verify(path, 0, NULL, NULL, NULL, &report, err);
        if (st == CD_OK) st = cd_snapshot_open(path, false, &after, err);
        bool same = st == CD_OK && before->manifest.snapshot == after->manifest.snapshot;
        cd_snapshot_close(after);
        if (same) {
            *out = before;
            return CD_OK;
        }
        cd_snapshot_close(before);
        if (st != CD_OK) return st;
    }
    return cd_fail(err, CD_EBUSY, "'%s' changes faster than it can be checked; try again when no load runs", path);
}

/* The bytes of each table in one file. */
static void bytes_add(const cd_segment *s, const candour_ontology *o, candour_table_info *tables)
{
    for (uint32_t i = 0; i < s->n_arrays; i++) {
        uint32_t owner;
        if (cd_segment_owner(&s->arrays[i], o, &owner) && owner < o->n_tables)
            tables[owner].bytes += s->arrays[i].n * cd_array_type_bytes(s->arrays[i].type);
    }
}

static cd_status gather_info(candour_store *store, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_snapshot *s = store->snapshot;
    candour_info *info = &store->info;
    candour_table_info *tables = cd_arena_alloc(&store->arena, s->ontology->n_tables, sizeof *tables, err);
    if (!tables) return CD_EMEMORY;
    for (uint32_t t = 0; t < s->ontology->n_tables; t++)
        tables[t] = (candour_table_info){.first = CANDOUR_UNKNOWN, .last = CANDOUR_UNKNOWN};
    *info = (candour_info){.snapshot = s->manifest.snapshot, .version = CD_STORE_VERSION, .n_files = s->n_segments,
                           .keeps_all_presence = s->manifest.presence == CD_PRESENCE_ALL, .ids = s->n_ids,
                           .tables = tables, .n_loads = s->n_loads, .n_sources = s->n_sources};
    for (uint32_t i = 0; i < s->n_segments; i++) {
        info->bytes += s->segments[i].bytes;
        bytes_add(&s->segments[i], s->ontology, tables);
        for (uint32_t t = 0; t < s->ontology->n_tables; t++) {
            const cd_segment_table *part = s->segments[i].tables[t];
            if (!part) continue;
            tables[t].rows += part->rows;
            if (part->first == CANDOUR_UNKNOWN) continue;
            if (tables[t].first == CANDOUR_UNKNOWN || part->first < tables[t].first) tables[t].first = part->first;
            if (part->last > tables[t].last) tables[t].last = part->last;
        }
    }
    return st;
}

const cd_snapshot *cd_store_snapshot(const candour_store *store) { return store->snapshot; }

cd_status candour_store_judge(const candour_store *store, cd_status st, cd_err *err)
{
    return cd_snapshot_judge(store->snapshot, st, err);
}

cd_status candour_store_open(const char *path, const candour_open_options *options, candour_store **out, cd_err *err)
{
    cd_status st = CD_OK;
    candour_store *store = NULL;
    CD_NEW(store, 1);
    CD_TRY(options && options->untrusted ? open_untrusted(path, &store->snapshot, err)
                                         : cd_snapshot_open(path, false, &store->snapshot, err));
    CD_NEW(store->order, store->snapshot->ontology->n_kinds);
    CD_TRY(gather_info(store, err));
    *out = store, store = NULL;
done:
    candour_store_close(store);
    return st;
}

void candour_store_close(candour_store *store)
{
    if (!store) return;
    for (uint32_t k = 0; store->order && k < store->snapshot->ontology->n_kinds; k++) cd_free(store->order[k]);
    cd_free(store->order);
    cd_free(store->loads);
    cd_free(store->sources);
    cd_free(store->digest.tables);
    cd_free(store->digest.rows);
    cd_arena_release(&store->arena);
    cd_snapshot_close(store->snapshot);
    cd_free(store);
}

const candour_ontology *candour_store_ontology(const candour_store *store) { return store->snapshot->ontology; }

cd_status candour_store_info(candour_store *store, const candour_info **info, cd_err *err)
{
    (void)err;
    *info = &store->info;
    return CD_OK;
}

/* ---- Where it came from ---- */

static cd_status source_read(candour_store *store, cd_slice *rest, const char *path, cd_buffer *name,
                             candour_source_info *out, cd_err *err)
{
    cd_source_line line;
    cd_status st = cd_source_next(rest, &line, name, path, err);
    if (st != CD_OK) return st;
    int32_t table = candour_table_find(store->snapshot->ontology, line.table);
    if (table < 0)
        return cd_fail(err, CD_ESTORE,
                       "'%s' is damaged: a source is of table '%.*s', which the ontology does not know; "
                       "restore the store from a copy",
                       path, (int)(line.table.n < 64 ? line.table.n : 64), line.table.bytes);
    *out = (candour_source_info){.table = (uint32_t)table, .load = line.load, .bytes = line.bytes,
                                 .rows_read = line.rows_read, .rows_rejected = line.rows_rejected};
    memcpy(out->sha256, line.sha256, sizeof out->sha256);
    out->name = cd_arena_copy(&store->arena, name->bytes, name->n, err);
    return out->name ? CD_OK : CD_EMEMORY;
}

static cd_status segment_read(candour_store *store, const cd_segment *s, uint64_t load, uint64_t source,
                              cd_buffer *name, cd_err *err)
{
    cd_status st = CD_OK;
    cd_slice rest = s->loads;
    cd_sums_whole(s->sums, s->loads.bytes);
    cd_sums_whole(s->sums, s->sources.bytes);
    CD_TRY(cd_segment_judge(s, err));
    for (uint64_t i = 0; i < s->n_loads; i++) CD_TRY(cd_load_next(&rest, &store->loads[load + i], s->path, err));
    bool more = rest.n > 0;
    rest = s->sources;
    for (uint64_t i = 0; i < s->n_sources; i++)
        CD_TRY(source_read(store, &rest, s->path, name, &store->sources[source + i], err));
    if (more || rest.n > 0)
        CD_TRY(cd_fail(err, CD_ESTORE,
                       "'%s' is damaged: it lists more sources or loads than it says; restore the store from "
                       "a copy",
                       s->path));
done:
    return st;
}

/* All of it at the first question: it is small beside the rows. A line has at least eight bytes, so what a directory
 * says of their number cannot make us ask for more memory than the file has. */
static cd_status provenance_read(candour_store *store, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_snapshot *s = store->snapshot;
    cd_buffer name = {0};
    uint64_t load = 0, source = 0;
    if (store->loads) return CD_OK;
    for (uint32_t i = 0; i < s->n_segments; i++) {
        const cd_segment *segment = &s->segments[i];
        if (segment->n_sources > segment->sources.n / 8 || segment->n_loads > segment->loads.n / 8)
            CD_TRY(cd_fail(err, CD_ESTORE,
                           "'%s' is damaged: it lists fewer sources or loads than it says; restore the store "
                           "from a copy",
                           segment->path));
    }
    CD_NEW(store->loads, s->n_loads);
    CD_NEW(store->sources, s->n_sources);
    for (uint32_t i = 0; i < s->n_segments; i++) {
        CD_TRY(segment_read(store, &s->segments[i], load, source, &name, err));
        load += s->segments[i].n_loads, source += s->segments[i].n_sources;
    }
done:
    cd_buffer_release(&name);
    if (st != CD_OK) {
        cd_free(store->loads);
        cd_free(store->sources);
        store->loads = NULL, store->sources = NULL;
    }
    return st;
}

cd_status candour_store_load(candour_store *store, uint64_t i, candour_load_info *out, cd_err *err)
{
    cd_status st = provenance_read(store, err);
    if (st != CD_OK) return st;
    if (i >= store->info.n_loads) return cd_fail(err, CD_EUSAGE, "the store does not have so many loads");
    *out = store->loads[i];
    return CD_OK;
}

cd_status candour_store_source(candour_store *store, uint64_t i, candour_source_info *out, cd_err *err)
{
    cd_status st = provenance_read(store, err);
    if (st != CD_OK) return st;
    if (i >= store->info.n_sources) return cd_fail(err, CD_EUSAGE, "the store does not have so many sources");
    *out = store->sources[i];
    return CD_OK;
}

/* ---- What is worked out once ---- */

cd_status cd_store_order(candour_store *store, uint32_t kind, const cd_id **out, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n = (uint32_t)store->snapshot->n_ids[kind];
    cd_slice *ids = NULL;
    cd_id *order = NULL;
    if (!store->order[kind]) {
        ids = cd_pages_new(n, sizeof *ids, err);
        if (!ids) CD_TRY(CD_EMEMORY);
        CD_NEW(order, n);
        #pragma omp parallel for schedule(static)
        for (uint32_t i = 0; i < n; i++) ids[i] = cd_snapshot_id(store->snapshot, kind, i);
        CD_TRY(cd_sort_texts(ids, NULL, n, order, err));
        store->order[kind] = order, order = NULL;
    }
    *out = store->order[kind];
done:
    cd_free(order);
    cd_pages_free(ids, n, sizeof *ids);
    return st;
}

cd_status cd_undated_last(const cd_snapshot *s, uint32_t table, uint32_t **last, cd_err *err)
{
    const candour_table *shape = &s->ontology->tables[table];
    uint32_t *out = cd_pages_new(s->n_ids[shape->columns[0].kind], sizeof *out, err);
    if (!out) return CD_EMEMORY;
    for (uint32_t i = 0; i < s->n_segments; i++) {
        const cd_segment_table *t = s->segments[i].tables[table];
        if (!t) continue;
        const cd_codes *time = &t->columns[shape->time_column].codes;
        #pragma omp parallel for schedule(static) if (t->left.n_keys > 65536)
        for (cd_id k = 0; k < t->left.n_keys; k++)
            if (t->left.offsets[k] < t->left.offsets[k + 1] && cd_codes_at(time, t->left.offsets[k]) == CANDOUR_UNKNOWN)
                out[t->left.keys ? t->left.keys[k] : k] = i + 1;
    }
    *last = out;
    return CD_OK;
}
