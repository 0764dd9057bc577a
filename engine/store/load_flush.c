/* SPDX-License-Identifier: GPL-3.0-or-later
 * load_flush.c: everything that waits in the lanes becomes one segment file: the lanes' dictionaries are made one, new
 * ids get their numbers, presence is held against duty, each table is sorted, freed of repeats and written. */
#include "engine/store/load.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/store/duty.h"
#include "engine/store/kind_writer.h"
#include "engine/store/snapshot_grow.h"
#include "engine/store/table_parts.h"

typedef struct {
    candour_load *load;
    const candour_ontology *ontology;
    cd_unified *ids;            /* per kind */
    cd_unified (*texts)[CD_MAX_COLUMNS]; /* per table and text column */
    cd_pending_rows *pending;   /* per table */
    cd_pool *duty_pools;        /* per thread */
    bool dropped;               /* rows were: ids that only they name do not come in with them */
    cd_segment_writer *w;
} flushing;

void cd_load_clear_lanes(candour_load *load)
{
    const candour_ontology *o = load->snapshot->ontology;
    for (uint32_t l = 0; l < load->threads; l++) {
        cd_lane *lane = &load->lanes[l];
        for (uint32_t k = 0; k < o->n_kinds; k++) cd_intern_free(lane->ids[k]), lane->ids[k] = NULL;
        for (uint32_t t = 0; lane->tables && t < o->n_tables; t++) {
            cd_lane_table *table = &lane->tables[t];
            for (uint32_t c = 0; c < CD_MAX_COLUMNS; c++) cd_intern_free(table->texts[c]);
            cd_free(table->batches);
            cd_pool_release(&table->pool);
            *table = (cd_lane_table){0};
        }
    }
    __atomic_store_n(&load->waiting_bytes, 0, __ATOMIC_RELAXED); /* is_full looks at it without the lock */
}

/* The batches of all lanes, a table at a time, in the order of their sources. */
static cd_status gather_batches(flushing *f, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t t = 0; t < f->ontology->n_tables; t++) {
        cd_pending_rows *p = &f->pending[t];
        size_t n = 0;
        for (uint32_t l = 0; l < f->load->threads; l++) n += f->load->lanes[l].tables[t].n;
        CD_NEW(p->batches, n);
        for (uint32_t l = 0; l < f->load->threads; l++) {
            const cd_lane_table *from = &f->load->lanes[l].tables[t];
            if (from->n) memcpy(p->batches + p->n_batches, from->batches, from->n * sizeof *p->batches);
            p->n_batches += (uint32_t)from->n;
        }
        if (n) qsort(p->batches, n, sizeof *p->batches, cd_batch_order);
        for (uint32_t i = 0; i < p->n_batches; i++) f->load->reports[t].offered += p->batches[i]->n;
    }
done:
    return st;
}

static void count_refused(flushing *f, const cd_batch *b, uint32_t rows)
{
    f->load->sources[b->source - f->load->n_sources_before].refused += rows;
    f->load->reports[CD_TABLE_PRESENCE].refused += rows;
}

/* Presence before any roster is refused whole. Its source stays listed, but not as known: it may be loaded again. */
static void refuse_presence(flushing *f)
{
    int64_t first, last;
    cd_pending_rows *presence = &f->pending[CD_TABLE_PRESENCE];
    if (presence->n_batches == 0 || f->load->keep_all_presence) return;
    if (cd_duty_known(f->load->snapshot, &f->pending[CD_TABLE_ROSTER], &first, &last)) return;
    for (uint32_t i = 0; i < presence->n_batches; i++) count_refused(f, presence->batches[i], presence->batches[i]->n);
    presence->n_batches = 0;
    f->dropped = true;
}

static cd_status unify_texts(flushing *f, cd_err *err)
{
    cd_status st = CD_OK;
    cd_intern **lanes = NULL;
    CD_NEW(lanes, f->load->threads);
    for (uint32_t t = 0; t < f->ontology->n_tables; t++)
        for (uint32_t c = 0; c < f->ontology->tables[t].n_columns; c++) {
            if (f->ontology->tables[t].columns[c].type != CANDOUR_TEXT) continue;
            f->pending[t].meanings.of_column[c] = &f->texts[t][c];
            if (f->pending[t].n_batches == 0) continue;
            for (uint32_t l = 0; l < f->load->threads; l++) lanes[l] = f->load->lanes[l].tables[t].texts[c];
            CD_TRY(cd_unify_gather(lanes, f->load->threads, NULL, 0, &f->texts[t][c], err));
            CD_TRY(cd_unify_number(&f->texts[t][c], lanes, NULL, 0, err));
        }
done:
    cd_free(lanes);
    return st;
}

/* What the numbering of a kind goes by: per flat entry the rank of its unit, where an entity row of this load gives
 * one, else behind all units. */
static cd_status units_of(const flushing *f, uint32_t kind, uint32_t *group, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_kind *k = &f->ontology->kinds[kind];
    const cd_pending_rows *p = &f->pending[k->table];
    const cd_unified *ids = &f->ids[kind];
    uint32_t *codes = NULL, *units = NULL;
    CD_NEW(codes, CANDOUR_BLOCK_ROWS);
    CD_NEW(units, CANDOUR_BLOCK_ROWS);
    for (uint32_t e = 0; e < ids->n_all; e++) group[e] = CD_NONE;
    for (uint32_t i = 0; k->unit_column > 0 && i < p->n_batches; i++) {
        const cd_batch *b = p->batches[i];
        cd_unpack_ids(&b->columns[0], b->n, codes);
        cd_unpack_ids(&b->columns[k->unit_column], b->n, units);
        for (uint32_t r = 0; r < b->n; r++)
            if (units[r] != CD_NONE)
                group[ids->same_as[ids->first[b->lane] + codes[r]]] =
                    cd_unified_of(&f->texts[k->table][k->unit_column], b->lane, units[r]);
    }
done:
    cd_free(codes);
    cd_free(units);
    return st;
}

/* Takes the ids of a kind that no waiting row names out of the numbering: they came with rows that were dropped. */
static cd_status forget_unnamed(flushing *f, uint32_t kind, cd_err *err)
{
    cd_status st = CD_OK;
    cd_unified *u = &f->ids[kind];
    bool *named = NULL;
    uint32_t *codes = NULL;
    CD_NEW(named, u->n_all);
    CD_NEW(codes, CANDOUR_BLOCK_ROWS);
    for (uint32_t t = 0; t < f->ontology->n_tables; t++)
        for (uint32_t c = 0; c < f->ontology->tables[t].n_columns; c++) {
            const candour_column *column = &f->ontology->tables[t].columns[c];
            if (column->type != CANDOUR_ID || column->kind != kind) continue;
            for (uint32_t i = 0; i < f->pending[t].n_batches; i++) {
                const cd_batch *b = f->pending[t].batches[i];
                cd_unpack_ids(&b->columns[c], b->n, codes);
                for (uint32_t r = 0; r < b->n; r++)
                    if (codes[r] != CD_NONE) named[u->same_as[u->first[b->lane] + codes[r]]] = true;
            }
        }
    for (uint32_t e = 0; e < u->n_all; e++)
        if (u->same_as[e] == e && u->number[e] == CD_NONE && !named[e]) u->number[e] = 0; /* any number: nobody asks */
done:
    cd_free(named);
    cd_free(codes);
    return st;
}

static cd_status number_kind(flushing *f, uint32_t kind, cd_err *err)
{
    cd_status st = CD_OK;
    candour_load *load = f->load;
    cd_unified *u = &f->ids[kind];
    cd_intern **lanes = NULL;
    uint32_t *group = NULL;
    CD_NEW(lanes, load->threads);
    for (uint32_t l = 0; l < load->threads; l++) lanes[l] = load->lanes[l].ids[kind];
    CD_TRY(cd_unify_gather(lanes, load->threads, load->snapshot, kind, u, err));
    if (f->dropped) CD_TRY(forget_unnamed(f, kind, err));
    CD_NEW(group, u->n_all);
    CD_TRY(units_of(f, kind, group, err));
    CD_TRY(cd_unify_number(u, lanes, group, (uint32_t)load->snapshot->n_ids[kind], err));
done:
    cd_free(lanes);
    cd_free(group);
    return st;
}

static cd_status number_ids(flushing *f, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t k = 0; k < f->ontology->n_kinds; k++) CD_TRY(number_kind(f, k, err));
    for (uint32_t t = 0; t < f->ontology->n_tables; t++)
        for (uint32_t c = 0; c < f->ontology->tables[t].n_columns; c++)
            if (f->ontology->tables[t].columns[c].type == CANDOUR_ID)
                f->pending[t].meanings.of_column[c] = &f->ids[f->ontology->tables[t].columns[c].kind];
done:
    return st;
}

static cd_id ids_so_far(const flushing *f, uint32_t kind)
{
    return (cd_id)(f->load->snapshot->n_ids[kind] + f->ids[kind].n_fresh);
}

static cd_status hold_presence(flushing *f, cd_err *err)
{
    cd_status st = CD_OK;
    candour_load *load = f->load;
    cd_pending_rows *presence = &f->pending[CD_TABLE_PRESENCE];
    candour_table_report *report = &load->reports[CD_TABLE_PRESENCE];
    cd_duty_report duty;
    cd_batch **before = NULL;
    uint32_t n_before = presence->n_batches;
    if (n_before == 0) return CD_OK;
    load->snapshot->manifest.presence = load->keep_all_presence ? CD_PRESENCE_ALL : CD_PRESENCE_DUTY;
    if (load->keep_all_presence) return CD_OK;
    uint32_t officers = f->ontology->tables[CD_TABLE_ROSTER].columns[0].kind;
    uint32_t shifts = f->ontology->tables[CD_TABLE_ROSTER].columns[1].kind;
    CD_NEW(before, n_before);
    memcpy(before, presence->batches, n_before * sizeof *before);
    CD_TRY(cd_duty_filter(load->snapshot, &f->pending[CD_TABLE_ROSTER], &f->pending[CD_TABLE_SHIFTS],
                          ids_so_far(f, officers), ids_so_far(f, shifts), presence, f->duty_pools, load->threads, &duty,
                          err));
    report->off_duty += duty.off_duty, report->clipped += duty.clipped;
    for (uint32_t i = 0; i < n_before; i++) count_refused(f, before[i], before[i]->refused);
    /* Whoever was seen off duty alone is not stored either: not even as an id. */
    if (duty.off_duty + duty.refused > 0 && f->ids[officers].n_fresh > 0) {
        f->dropped = true;
        cd_unified_release(&f->ids[officers]);
        CD_TRY(number_kind(f, officers, err));
    }
done:
    cd_free(before);
    return st;
}

/* A table whose batches are done with. */
typedef struct {
    flushing *f;
    uint32_t table;
} dropping;

static void drop_batches(void *context)
{
    const dropping *d = context;
    flushing *f = d->f;
    for (uint32_t l = 0; l < f->load->threads; l++) cd_pool_release(&f->load->lanes[l].tables[d->table].pool);
    if (d->table == CD_TABLE_PRESENCE)
        for (uint32_t i = 0; i < f->load->threads; i++) cd_pool_release(&f->duty_pools[i]);
}

/* Of many rows an eighth at a time: its passes over the batches cost little, and two eighths are warm soon. */
static uint64_t rows_of_part(const cd_pending_rows *p)
{
    enum { MANY = 1 << 20, PARTS = 8 };
    uint64_t rows = 0;
    for (uint32_t i = 0; i < p->n_batches; i++) rows += p->batches[i]->n;
    return rows < MANY ? rows : rows / PARTS + 1;
}

static cd_status write_table(flushing *f, uint32_t t, bool last, cd_err *err)
{
    cd_status st = CD_OK;
    candour_load *load = f->load;
    const candour_table *table = &f->ontology->tables[t];
    const cd_pending_rows *p = &f->pending[t];
    candour_table_report *report = &load->reports[t];
    cd_records r = {0};
    cd_text_list texts[CD_MAX_COLUMNS] = {{0}};
    dropping drop = {f, t};
    if (p->n_batches == 0) return CD_OK;
    for (uint32_t c = 1; c < table->n_columns; c++)
        if (table->columns[c].type == CANDOUR_TEXT)
            texts[c] = (cd_text_list){f->texts[t][c].fresh, f->texts[t][c].n_fresh};
    const cd_table_source source = {
        .table = table, .index = t, .batches = p->batches, .n_batches = p->n_batches, .meanings = &p->meanings,
        .snapshot = load->snapshot, .last_file = last, .n_left = ids_so_far(f, table->columns[0].kind),
        .n_right = table->class_of == CANDOUR_RELATION ? ids_so_far(f, table->columns[1].kind) : 0,
        .part_rows = rows_of_part(p), .texts = texts, .batches_done = drop_batches, .context = &drop};
    CD_TRY(cd_table_write(f->w, &source, load->memory_bytes / 2, &r, err));
    report->taken += r.rows - r.restated, report->repeats += r.repeats, report->replaced += r.replaced;
    if (r.first != CANDOUR_UNKNOWN && (report->first == CANDOUR_UNKNOWN || r.first < report->first))
        report->first = r.first;
    if (r.last > report->last) report->last = r.last;
done:
    cd_records_release(&r);
    return st;
}

/* The lines of /sources and /loads, into the last file of the load. */
static cd_status write_sources(flushing *f, int64_t now, cd_err *err)
{
    static const uint8_t zeros[32];
    cd_status st = CD_OK;
    candour_load *load = f->load;
    cd_buffer text = {0};
    candour_load_info info = {.number = candour_load_number(load), .at = now, .n_sources = (uint32_t)load->n_sources};
    for (size_t i = 0; i < load->n_sources; i++) {
        const cd_load_source *s = &load->sources[i];
        cd_source_line line = {.load = info.number,
                               .bytes = s->bytes,
                               .rows_read = s->rows_read,
                               .rows_rejected = s->rows_rejected + s->refused,
                               .table = cd_slice_of(f->ontology->tables[s->table].name)};
        memcpy(line.sha256, s->refused ? zeros : s->sha256, sizeof line.sha256);
        cd_source_print(&line, cd_slice_of(s->name), &text);
    }
    if (text.status != CD_OK) CD_TRY(cd_fail(err, text.status, "out of memory: the list of sources could not be written"));
    CD_TRY(cd_writer_whole(f->w, CD_U8, text.n, text.bytes, err, "sources"));
    text.n = 0;
    for (uint32_t t = 0; t < f->ontology->n_tables; t++) info.rows_taken += load->reports[t].taken;
    cd_load_print(&info, &text);
    if (text.status != CD_OK) CD_TRY(cd_fail(err, text.status, "out of memory: the list of loads could not be written"));
    CD_TRY(cd_writer_whole(f->w, CD_U8, text.n, text.bytes, err, "loads"));
    cd_writer_sources(f->w, load->n_sources, 1);
done:
    cd_buffer_release(&text);
    return st;
}

static cd_status write_file(flushing *f, bool last, int64_t now, cd_err *err)
{
    cd_status st = CD_OK;
    candour_load *load = f->load;
    cd_manifest_file file;
    CD_TRY(cd_writer_new(load->lock.path, load->snapshot->manifest.next, &f->w, err));
    for (uint32_t k = 0; k < f->ontology->n_kinds; k++)
        CD_TRY(cd_kind_write(f->w, f->ontology->kinds[k].name, load->snapshot->n_ids[k], f->ids[k].fresh,
                             f->ids[k].n_fresh, err));
    for (uint32_t t = 0; t < f->ontology->n_tables; t++) CD_TRY(write_table(f, t, last, err));
    if (last) CD_TRY(write_sources(f, now, err));
    cd_segment_writer *w = f->w;
    f->w = NULL;
    CD_TRY(cd_writer_finish(w, &file, err));
    load->snapshot->manifest.next++;
    load->bytes_written += file.bytes;
    CD_TRY(cd_snapshot_append(load->snapshot, &file, err));
done:
    return st;
}

static void release(flushing *f)
{
    cd_writer_abandon(f->w);
    for (uint32_t k = 0; f->ids && k < f->ontology->n_kinds; k++) cd_unified_release(&f->ids[k]);
    for (uint32_t t = 0; f->texts && t < f->ontology->n_tables; t++)
        for (uint32_t c = 0; c < CD_MAX_COLUMNS; c++) cd_unified_release(&f->texts[t][c]);
    for (uint32_t t = 0; f->pending && t < f->ontology->n_tables; t++) cd_free(f->pending[t].batches);
    for (uint32_t i = 0; f->duty_pools && i < f->load->threads; i++) cd_pool_release(&f->duty_pools[i]);
    cd_free(f->ids);
    cd_free(f->texts);
    cd_free(f->pending);
    cd_free(f->duty_pools);
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

cd_status cd_load_flush(candour_load *load, bool last, int64_t now, cd_err *err)
{
    cd_status st = CD_OK;
    flushing f = {.load = load, .ontology = load->snapshot->ontology};
    double began = seconds_now();
    int threads_before = omp_get_max_threads();
    omp_set_num_threads((int)load->threads);
    CD_NEW(f.ids, f.ontology->n_kinds);
    CD_NEW(f.texts, f.ontology->n_tables);
    CD_NEW(f.pending, f.ontology->n_tables);
    CD_NEW(f.duty_pools, load->threads);
    CD_TRY(gather_batches(&f, err));
    refuse_presence(&f);
    CD_TRY(unify_texts(&f, err));
    CD_TRY(number_ids(&f, err));
    CD_TRY(hold_presence(&f, err));
    CD_TRY(write_file(&f, last, now, err));
    cd_load_clear_lanes(load);
    load->seconds_writing += seconds_now() - began;
done:
    release(&f);
    omp_set_num_threads(threads_before);
    return st;
}
