/* SPDX-License-Identifier: GPL-3.0-or-later
 * odd_store.c: see odd_store.h. */
#include "tests/support/odd_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/store/kind_writer.h"
#include "engine/store/merge.h"
#include "engine/store/snapshot_grow.h"
#include "engine/store/table_parts.h"
#include "tests/support/image.h"

static cd_err err;

static void must(bool good, const char *what)
{
    if (good) return;
    fprintf(stderr, "odd store: %s: %s\n", what, err.text);
    abort();
}

static void fine(cd_status st) { must(st == CD_OK, "a kernel failed"); }

static void *some(size_t n, size_t size)
{
    void *p = cd_alloc(n, size, &err);
    must(p != NULL, "out of memory");
    return p;
}

static const candour_table *shape_of(uint32_t table) { return &odd_ontology()->tables[table]; }

/* ---- Lanes ---- */

static void pack_texts(odd_lanes *l, cd_intern **dictionary, const odd_row *rows, uint32_t n, uint32_t c, cd_packed *out)
{
    cd_slice text[CANDOUR_BLOCK_ROWS];
    uint32_t codes[CANDOUR_BLOCK_ROWS];
    if (!*dictionary) *dictionary = cd_intern_new(&err);
    for (uint32_t i = 0; i < n; i++) text[i] = rows[i].text[c];
    fine(cd_intern_codes(*dictionary, text, n, codes, &err));
    fine(cd_pack_ids(&l->pool, codes, n, out, &err));
}

static void pack_column(odd_lanes *l, uint32_t lane, uint32_t table, uint32_t c, const odd_row *rows, uint32_t n, cd_packed *out)
{
    const candour_column *column = &shape_of(table)->columns[c];
    int64_t integers[CANDOUR_BLOCK_ROWS];
    double reals[CANDOUR_BLOCK_ROWS];
    if (column->type == CANDOUR_ID) pack_texts(l, &l->ids[column->kind][lane], rows, n, c, out);
    else if (column->type == CANDOUR_TEXT) pack_texts(l, &l->texts[table][c][lane], rows, n, c, out);
    else if (column->type == CANDOUR_REAL) {
        for (uint32_t i = 0; i < n; i++) reals[i] = rows[i].real[c];
        fine(cd_pack_reals(&l->pool, reals, n, out, &err));
    } else {
        for (uint32_t i = 0; i < n; i++) integers[i] = rows[i].integer[c];
        fine(cd_pack_integers(&l->pool, integers, n, out, &err));
    }
}

static cd_batch *pack_block(odd_lanes *l, uint32_t lane, uint32_t table, const odd_row *rows, uint32_t n, uint64_t sequence)
{
    int64_t lines[CANDOUR_BLOCK_ROWS];
    cd_batch *b = cd_pool_alloc(&l->pool, sizeof *b, &err);
    must(b != NULL, "out of memory");
    *b = (cd_batch){.n = n, .lane = lane, .source = rows[0].source, .sequence = sequence};
    b->columns = cd_pool_alloc(&l->pool, ODD_COLUMNS * sizeof *b->columns, &err);
    must(b->columns != NULL, "out of memory");
    for (uint32_t c = 0; c < shape_of(table)->n_columns; c++) pack_column(l, lane, table, c, rows, n, &b->columns[c]);
    for (uint32_t i = 0; i < n; i++) lines[i] = rows[i].line;
    fine(cd_pack_lines(&l->pool, lines, n, b, &err));
    return b;
}

void odd_deal(odd_lanes *out, const odd_rows tables[ODD_TABLES], uint32_t n_lanes, uint32_t block_rows, cd_random *r)
{
    *out = (odd_lanes){.n_lanes = n_lanes};
    for (uint32_t k = 0; k < ODD_KINDS; k++) out->ids[k] = some(n_lanes, sizeof(cd_intern *));
    for (uint32_t t = 0; t < ODD_TABLES; t++) {
        const odd_rows *from = &tables[t];
        for (uint32_t c = 0; c < ODD_COLUMNS; c++) out->texts[t][c] = some(n_lanes, sizeof(cd_intern *));
        out->batches[t] = some(from->n, sizeof(cd_batch *));
        for (size_t i = 0; i < from->n;) {
            uint32_t most = 1 + (uint32_t)cd_random_below(r, block_rows), n = 1;
            while (n < most && i + n < from->n && from->rows[i + n].source == from->rows[i].source) n++;
            uint32_t lane = (uint32_t)cd_random_below(r, n_lanes);
            out->batches[t][out->n_batches[t]++] = pack_block(out, lane, t, from->rows + i, n, i);
            i += n;
        }
    }
}

void odd_lanes_release(odd_lanes *l)
{
    for (uint32_t k = 0; k < ODD_KINDS; k++) {
        for (uint32_t i = 0; i < l->n_lanes; i++) cd_intern_free(l->ids[k][i]);
        cd_free(l->ids[k]);
    }
    for (uint32_t t = 0; t < ODD_TABLES; t++) {
        for (uint32_t c = 0; c < ODD_COLUMNS; c++) {
            for (uint32_t i = 0; i < l->n_lanes; i++) cd_intern_free(l->texts[t][c][i]);
            cd_free(l->texts[t][c]);
        }
        cd_free(l->batches[t]);
    }
    cd_pool_release(&l->pool);
    *l = (odd_lanes){0};
}

/* ---- Writing ---- */

static cd_snapshot *snapshot_of(char *path)
{
    cd_snapshot *s = some(1, sizeof *s);
    s->path = path;
    s->ontology = odd_ontology();
    s->n_ids = some(ODD_KINDS, sizeof *s->n_ids);
    s->manifest.next = 1;
    return s;
}

cd_snapshot *odd_store_new(void) { return snapshot_of(folder_new()); }

void odd_store_free(cd_snapshot *s)
{
    char *path = some(strlen(s->path) + 1, 1);
    memcpy(path, s->path, strlen(s->path));
    cd_snapshot_close(s);
    folder_remove(path);
}

typedef struct {
    cd_snapshot *s;
    const odd_lanes *lanes;
    cd_segment_writer *w;
    cd_unified ids[ODD_KINDS], texts[ODD_TABLES][ODD_COLUMNS];
    uint32_t n_sources; /* that the rows speak of, over all files */
} writing;

/* A group an id, as units are; any will do that depends on the text alone. */
static void number_ids(writing *g, uint32_t kind)
{
    cd_unified *u = &g->ids[kind];
    fine(cd_unify_gather(g->lanes->ids[kind], g->lanes->n_lanes, g->s, kind, u, &err));
    uint32_t *group = some(u->n_all, sizeof *group);
    for (uint32_t l = 0; l < u->n_lanes; l++)
        for (uint32_t e = u->first[l]; e < u->first[l + 1]; e++)
            group[e] = (uint32_t)cd_intern_texts(g->lanes->ids[kind][l])[e - u->first[l]].bytes[0] % 3;
    fine(cd_unify_number(u, g->lanes->ids[kind], group, (uint32_t)g->s->n_ids[kind], &err));
    cd_free(group);
}

static void count_done(void *context) { ++*(uint32_t *)context; }

static void write_table(writing *g, uint32_t t, size_t memory_bytes, uint32_t n_parts, odd_report *report)
{
    const candour_table *shape = shape_of(t);
    cd_meanings meanings = {{0}};
    cd_text_list texts[CD_MAX_COLUMNS] = {{0}};
    cd_records r = {0};
    uint32_t done = 0;
    uint64_t rows = 0;
    cd_id n_ids[ODD_KINDS];
    for (uint32_t k = 0; k < ODD_KINDS; k++) n_ids[k] = (cd_id)g->s->n_ids[k] + g->ids[k].n_fresh;
    if (g->lanes->n_batches[t] == 0) return;
    for (uint32_t b = 0; b < g->lanes->n_batches[t]; b++) rows += g->lanes->batches[t][b]->n;
    for (uint32_t c = 0; c < shape->n_columns; c++) {
        if (shape->columns[c].type == CANDOUR_ID) meanings.of_column[c] = &g->ids[shape->columns[c].kind];
        if (shape->columns[c].type != CANDOUR_TEXT) continue;
        cd_unified *u = &g->texts[t][c];
        fine(cd_unify_gather(g->lanes->texts[t][c], g->lanes->n_lanes, NULL, 0, u, &err));
        fine(cd_unify_number(u, g->lanes->texts[t][c], NULL, 0, &err));
        meanings.of_column[c] = u;
        texts[c] = (cd_text_list){u->fresh, u->n_fresh};
    }
    const cd_table_source source = {
        .table = shape, .index = t, .batches = g->lanes->batches[t], .n_batches = g->lanes->n_batches[t],
        .meanings = &meanings, .snapshot = g->s, .last_file = true, .n_left = n_ids[shape->columns[0].kind],
        .n_right = shape->class_of == CANDOUR_RELATION ? n_ids[shape->columns[1].kind] : 0,
        .part_rows = rows / n_parts + 1, .texts = texts, .batches_done = count_done, .context = &done};
    fine(cd_table_write(g->w, &source, memory_bytes, &r, &err));
    if (done != 1) abort();
    report->repeats[t] = r.repeats, report->replaced[t] = r.replaced;
    cd_records_release(&r);
}

/* Lines for the sources that the rows speak of and no file has yet, and one for the load. */
static void write_sources(writing *g)
{
    cd_buffer text = {0};
    uint64_t n = g->n_sources - g->s->n_sources;
    for (uint64_t i = 0; i < n; i++)
        cd_source_print(&(cd_source_line){.load = 1, .table = cd_slice_of("things")}, cd_slice_of("x"), &text);
    if (n) fine(cd_writer_whole(g->w, CD_U8, text.n, text.bytes, &err, "sources"));
    text.n = 0;
    cd_load_print(&(candour_load_info){.number = g->s->n_loads + 1, .n_sources = (uint32_t)n}, &text);
    fine(cd_writer_whole(g->w, CD_U8, text.n, text.bytes, &err, "loads"));
    cd_writer_sources(g->w, n, 1);
    cd_buffer_release(&text);
}

void odd_write(cd_snapshot *s, const odd_lanes *lanes, size_t memory_bytes, uint32_t n_parts, odd_report *report)
{
    writing g = {.s = s, .lanes = lanes, .n_sources = (uint32_t)s->n_sources};
    cd_manifest_file file;
    cd_err_clear(&err);
    *report = (odd_report){0};
    fine(cd_writer_new(s->path, s->manifest.next++, &g.w, &err));
    for (uint32_t k = 0; k < ODD_KINDS; k++) {
        number_ids(&g, k);
        fine(cd_kind_write(g.w, odd_ontology()->kinds[k].name, s->n_ids[k], g.ids[k].fresh, g.ids[k].n_fresh, &err));
    }
    for (uint32_t t = 0; t < ODD_TABLES; t++) {
        write_table(&g, t, memory_bytes, n_parts, report);
        for (uint32_t b = 0; b < lanes->n_batches[t]; b++)
            if (lanes->batches[t][b]->source >= g.n_sources) g.n_sources = lanes->batches[t][b]->source + 1;
    }
    write_sources(&g);
    fine(cd_writer_finish(g.w, &file, &err));
    fine(cd_snapshot_append(s, &file, &err));
    for (uint32_t k = 0; k < ODD_KINDS; k++) cd_unified_release(&g.ids[k]);
    for (uint32_t t = 0; t < ODD_TABLES; t++)
        for (uint32_t c = 0; c < ODD_COLUMNS; c++) cd_unified_release(&g.texts[t][c]);
}

/* ---- Merging ---- */

static void merge_sources(const cd_snapshot *s, uint32_t from, uint32_t to, cd_segment_writer *w)
{
    cd_buffer sources = {0}, loads = {0};
    uint64_t n_sources = 0, n_loads = 0;
    for (uint32_t f = from; f < to; f++) {
        const cd_segment *g = &s->segments[f];
        cd_buffer_add(&sources, g->sources.bytes, g->sources.n);
        cd_buffer_add(&loads, g->loads.bytes, g->loads.n);
        n_sources += g->n_sources, n_loads += g->n_loads;
    }
    if (n_sources) fine(cd_writer_whole(w, CD_U8, sources.n, sources.bytes, &err, "sources"));
    fine(cd_writer_whole(w, CD_U8, loads.n, loads.bytes, &err, "loads"));
    cd_writer_sources(w, n_sources, n_loads);
    cd_buffer_release(&sources), cd_buffer_release(&loads);
}

/* Any order of n numbers, and the way back. */
static cd_renumbering shuffled(uint32_t n, cd_random *r)
{
    cd_renumbering numbers = {.now = some(n, sizeof(cd_id)), .before = some(n, sizeof(cd_id))};
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = (uint32_t)cd_random_below(r, i + 1);
        numbers.before[i] = numbers.before[k], numbers.before[k] = i;
    }
    for (uint32_t i = 0; i < n; i++) numbers.now[numbers.before[i]] = i;
    return numbers;
}

cd_snapshot *odd_merge(const cd_snapshot *s, uint32_t from, uint32_t to, cd_random *r, size_t memory_bytes)
{
    cd_renumbering numbers[ODD_KINDS] = {{0}};
    uint64_t n_ids[ODD_KINDS];
    cd_segment_writer *w = NULL;
    cd_manifest_file file;
    const cd_merge m = {.snapshot = s, .from = from, .to = to, .numbers = numbers, .n_ids = n_ids, .memory_bytes = memory_bytes};
    char *path = some(strlen(s->path) + 1, 1);
    memcpy(path, s->path, strlen(s->path));
    cd_snapshot *out = snapshot_of(path);
    cd_err_clear(&err);
    fine(cd_writer_new(s->path, s->manifest.next + from * 100 + to, &w, &err));
    for (uint32_t k = 0; k < ODD_KINDS; k++) {
        uint64_t first = s->segments[from].kinds[k].first;
        n_ids[k] = to == s->n_segments ? s->n_ids[k] : s->segments[to].kinds[k].first;
        if (r && from == 0 && to == s->n_segments) numbers[k] = shuffled((uint32_t)n_ids[k], r);
        cd_slice *ids = some(n_ids[k] - first, sizeof *ids);
        for (uint64_t i = first; i < n_ids[k]; i++)
            ids[i - first] = cd_snapshot_id(s, k, numbers[k].before ? numbers[k].before[i] : i);
        fine(cd_kind_write(w, odd_ontology()->kinds[k].name, first, ids, (uint32_t)(n_ids[k] - first), &err));
        cd_free(ids);
    }
    for (uint32_t t = 0; t < ODD_TABLES; t++) fine(cd_merge_table(&m, t, w, &err));
    merge_sources(s, from, to, w);
    fine(cd_writer_finish(w, &file, &err));
    for (uint32_t f = 0; f < from; f++) fine(cd_snapshot_append(out, &s->manifest.files[f], &err));
    fine(cd_snapshot_append(out, &file, &err));
    for (uint32_t f = to; f < s->n_segments; f++) fine(cd_snapshot_append(out, &s->manifest.files[f], &err));
    for (uint32_t k = 0; k < ODD_KINDS; k++) cd_free(numbers[k].now), cd_free(numbers[k].before);
    return out;
}

/* ---- Reading ---- */

static void read_row(const cd_snapshot *s, uint32_t segment, uint32_t table, cd_id left, uint64_t row, odd_row *out)
{
    const cd_segment_table *t = s->segments[segment].tables[table];
    const candour_table *shape = shape_of(table);
    *out = (odd_row){.source = (uint32_t)cd_codes_at(&t->source, row)};
    cd_lines_read(&t->lines, row, 1, &out->line);
    for (uint32_t c = 0; c < shape->n_columns; c++) {
        const candour_column *column = &shape->columns[c];
        bool right = c == 1 && shape->class_of == CANDOUR_RELATION;
        int64_t v = c == 0 ? (int64_t)left : right ? (int64_t)t->right[row] : cd_codes_at(&t->columns[c].codes, row);
        out->integer[c] = CANDOUR_UNKNOWN, out->real[c] = __builtin_nan("");
        if (column->type == CANDOUR_REAL) {
            if (t->columns[c].reals) out->real[c] = t->columns[c].reals[row];
        } else if (column->type == CANDOUR_TEXT) {
            if (v != CANDOUR_UNKNOWN) out->text[c] = cd_texts_at(&t->columns[c].texts, (uint64_t)v);
        } else if (column->type == CANDOUR_ID) {
            if (v != CANDOUR_UNKNOWN) out->text[c] = cd_snapshot_id(s, column->kind, (uint64_t)v);
        } else out->integer[c] = v;
    }
}

/* Whether a later file has an undated row of the entity. */
static bool replaced_later(const cd_snapshot *s, uint32_t segment, uint32_t table, cd_id left)
{
    int32_t time = shape_of(table)->time_column;
    for (uint32_t i = segment + 1; i < s->n_segments; i++) {
        const cd_segment_table *t = s->segments[i].tables[table];
        uint64_t lo, hi;
        if (!t) continue;
        cd_rows_of(&t->left, t->rows, left, &lo, &hi);
        for (; lo < hi; lo++)
            if (cd_codes_at(&t->columns[time].codes, lo) == CANDOUR_UNKNOWN) return true;
    }
    return false;
}

void odd_read(const cd_snapshot *s, uint32_t table, odd_rows *out)
{
    const candour_table *shape = shape_of(table);
    for (uint32_t i = 0; i < s->n_segments; i++) {
        const cd_segment_table *t = s->segments[i].tables[table];
        if (!t) continue;
        for (cd_id left = 0; left < s->n_ids[shape->columns[0].kind]; left++) {
            uint64_t lo, hi;
            cd_rows_of(&t->left, t->rows, left, &lo, &hi);
            for (; lo < hi; lo++) {
                odd_row row;
                read_row(s, i, table, left, lo, &row);
                bool undated = shape->class_of == CANDOUR_ENTITY && row.integer[shape->time_column] == CANDOUR_UNKNOWN;
                if (!undated || !replaced_later(s, i, table, left)) odd_add(out, &row);
            }
        }
    }
}

static int by_all(const void *a, const void *b, void *table) { return odd_compare_all(*(const uint32_t *)table, a, b); }

static const char *rows_differ(const cd_snapshot *s, uint32_t table, const odd_rows *want)
{
    static char why[200];
    odd_rows got = {0}, sorted = {0};
    size_t i = 0;
    why[0] = '\0';
    odd_read(s, table, &got);
    for (size_t k = 0; k < want->n; k++) odd_add(&sorted, &want->rows[k]);
    if (got.n) qsort_r(got.rows, got.n, sizeof *got.rows, by_all, &table);
    if (sorted.n) qsort_r(sorted.rows, sorted.n, sizeof *sorted.rows, by_all, &table);
    while (i < got.n && i < sorted.n && odd_compare_all(table, &got.rows[i], &sorted.rows[i]) == 0) i++;
    if (i < got.n || i < sorted.n)
        snprintf(why, sizeof why, "%s: %zu rows, %zu wanted, the first other one is %zu", shape_of(table)->name, got.n,
                 sorted.n, i);
    odd_rows_release(&got), odd_rows_release(&sorted);
    return why[0] ? why : NULL;
}

const char *odd_differs(const cd_snapshot *s, const odd_model *m)
{
    static cd_err why;
    cd_err_clear(&why);
    for (uint32_t k = 0; k < ODD_KINDS; k++)
        if (cd_snapshot_check_kind(s, k, &why) != CD_OK) return why.text;
    for (uint32_t t = 0; t < ODD_TABLES; t++) {
        if (cd_snapshot_check(s, t, &why) != CD_OK) return why.text;
        const char *rows = rows_differ(s, t, &m->tables[t]);
        if (rows) return rows;
    }
    return NULL;
}

const char *odd_files_differ(const cd_snapshot *a, const cd_snapshot *b)
{
    static char path[100];
    const cd_segment *x = &a->segments[a->n_segments - 1], *y = &b->segments[b->n_segments - 1];
    if (x->bytes == y->bytes && memcmp(x->map, y->map, x->bytes) == 0) return NULL;
    for (uint32_t i = 0; i < x->n_arrays; i++) {
        const cd_array *p = &x->arrays[i], *q = i < y->n_arrays ? &y->arrays[i] : NULL;
        snprintf(path, sizeof path, "%.*s", (int)p->path.n, p->path.bytes);
        if (!q || !cd_slice_equal(p->path, q->path) || p->checksum != q->checksum || p->base != q->base || p->at != q->at)
            return path;
    }
    return "what HDF5 says of them";
}
