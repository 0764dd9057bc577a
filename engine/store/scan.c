/* SPDX-License-Identifier: GPL-3.0-or-later
 * scan.c: walks a table's rows in the order of what they say, whatever files and numbers hold them.
 *
 * The left ids are walked in the order of their bytes. Of each, the rows of every file are gathered and put in order:
 * they come by time already, so of one file only those of equal times must be sorted. A window of ids is gathered at
 * once, then its rows are turned into blocks, several at a time: both by all threads, each writing its own part. */
#include <math.h>
#include <stdlib.h>

#include "engine/store/store.h"

enum { PIECES = 16, WINDOW_ROWS = PIECES * CANDOUR_BLOCK_ROWS };

typedef struct {
    int64_t time;
    uint32_t segment, row;
    cd_id left;
} row_ref;

/* One block's worth of columns. */
typedef struct {
    candour_values *values; /* n_columns */
    uint64_t source[CANDOUR_BLOCK_ROWS];
    uint32_t line[CANDOUR_BLOCK_ROWS];
    uint32_t n;
} piece;

struct candour_scan {
    const cd_snapshot *s;
    const candour_table *shape;
    uint32_t table;
    const cd_id *order;  /* of the left kind */
    uint64_t n_order, next;
    uint64_t *n_rows;    /* per left id: in force */
    uint32_t *last;      /* of an entity: cd_undated_last */
    bool *known;         /* per column: some file has it */
    row_ref *refs;       /* the window */
    uint64_t *first;     /* per id of the window, and one more: where its rows begin */
    size_t cap_refs, cap_first;
    uint64_t n_refs, at_ref;
    piece *pieces;
    uint32_t n_pieces, at_piece;
};

static const cd_segment_table *part_of(const candour_scan *scan, uint32_t segment)
{
    return scan->s->segments[segment].tables[scan->table];
}

/* ---- The order of rows ---- */

static int compare_numbers(int64_t a, int64_t b) { return (a > b) - (a < b); }

static int compare_reals(double a, double b)
{
    if (isnan(a) || isnan(b)) return isnan(b) - isnan(a);
    return (a > b) - (a < b);
}

/* Unknown first, then by bytes. */
static int compare_texts(cd_slice a, cd_slice b)
{
    return a.bytes && b.bytes ? cd_slice_compare(a, b) : (a.bytes != NULL) - (b.bytes != NULL);
}

static cd_slice id_of(const candour_scan *scan, const cd_segment_table *t, uint32_t column, uint64_t row)
{
    int64_t number = column == 1 && t->right ? (int64_t)t->right[row] : cd_codes_at(&t->columns[column].codes, row);
    return cd_snapshot_id(scan->s, scan->shape->columns[column].kind, (uint64_t)number);
}

static cd_slice text_of(const cd_segment_table *t, uint32_t column, uint64_t row)
{
    return cd_texts_at(&t->columns[column].texts, (uint64_t)cd_codes_at(&t->columns[column].codes, row));
}

static double real_of(const cd_segment_table *t, uint32_t column, uint64_t row)
{
    return t->columns[column].reals ? t->columns[column].reals[row] : NAN;
}

/* Two rows of one left id: by time, then column by column as they are written. */
static int compare_rows(const void *x, const void *y, void *context)
{
    const candour_scan *scan = context;
    const row_ref *a = x, *b = y;
    const cd_segment_table *s = part_of(scan, a->segment), *t = part_of(scan, b->segment);
    int order = compare_numbers(a->time, b->time);
    for (uint32_t c = 1; c < scan->shape->n_columns && order == 0; c++) {
        switch (scan->shape->columns[c].type) {
        case CANDOUR_ID: order = compare_texts(id_of(scan, s, c, a->row), id_of(scan, t, c, b->row)); break;
        case CANDOUR_TEXT: order = compare_texts(text_of(s, c, a->row), text_of(t, c, b->row)); break;
        case CANDOUR_REAL: order = compare_reals(real_of(s, c, a->row), real_of(t, c, b->row)); break;
        default:
            order =
                compare_numbers(cd_codes_at(&s->columns[c].codes, a->row), cd_codes_at(&t->columns[c].codes, b->row));
        }
    }
    if (order == 0) order = compare_numbers(a->segment, b->segment);
    return order ? order : compare_numbers(a->row, b->row);
}

/* The rows of one left id, from every file, in order. As many as counted before: n. */
static void gather(const candour_scan *scan, cd_id left, row_ref *out, uint64_t n)
{
    uint64_t m = 0;
    bool rising = true;
    for (uint32_t i = 0; i < scan->s->n_segments; i++) {
        const cd_segment_table *t = part_of(scan, i);
        uint64_t lo, hi;
        if (!t) continue;
        const cd_codes none = {0},
                       *time = scan->shape->time_column > 0 ? &t->columns[scan->shape->time_column].codes : &none;
        cd_rows_of(&t->left, t->rows, left, &lo, &hi);
        if (lo < hi && scan->last && scan->last[left] != i + 1 && cd_codes_at(time, lo) == CANDOUR_UNKNOWN) lo++;
        for (; lo < hi && m < n; lo++, m++) {
            out[m] = (row_ref){.time = cd_codes_at(time, lo), .segment = i, .row = (uint32_t)lo, .left = left};
            rising = rising && (m == 0 || out[m - 1].time <= out[m].time);
        }
    }
    if (!rising) qsort_r(out, m, sizeof *out, compare_rows, (void *)(uintptr_t)scan);
    for (uint64_t i = 0, j; rising && i < m; i = j) {
        for (j = i + 1; j < m && out[j].time == out[i].time; j++) {}
        if (j - i > 1) qsort_r(out + i, j - i, sizeof *out, compare_rows, (void *)(uintptr_t)scan);
    }
}

/* Gathers the next ids, until they have a window's rows or there are no more. */
static cd_status window(candour_scan *scan, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t begin = scan->next, rows = 0, n = 0;
    while (begin + n < scan->n_order && rows < WINDOW_ROWS) rows += scan->n_rows[scan->order[begin + n++]];
    scan->next = begin + n;
    scan->n_refs = rows, scan->at_ref = 0;
    if (rows == 0) return CD_OK; /* the last ids, none of which has rows */
    CD_TRY(cd_grow(&scan->refs, &scan->cap_refs, (size_t)rows, sizeof *scan->refs, err));
    CD_TRY(cd_grow(&scan->first, &scan->cap_first, (size_t)n + 1, sizeof *scan->first, err));
    scan->first[0] = 0;
    for (uint64_t i = 0; i < n; i++) scan->first[i + 1] = scan->first[i] + scan->n_rows[scan->order[begin + i]];
    #pragma omp parallel for schedule(dynamic, 32) if (rows > CANDOUR_BLOCK_ROWS)
    for (uint64_t i = 0; i < n; i++)
        gather(scan, scan->order[begin + i], scan->refs + scan->first[i], scan->first[i + 1] - scan->first[i]);
done:
    if (st != CD_OK) scan->n_refs = 0, scan->next = scan->n_order; /* nothing half gathered is handed out */
    return st;
}

/* ---- Rows to columns ---- */

/* Rows that follow each other in one file: what is read at once. */
static uint32_t run_of(const row_ref *refs, uint32_t n)
{
    uint32_t k = 1;
    while (k < n && refs[k].segment == refs[0].segment && refs[k].row == refs[0].row + k) k++;
    return k;
}

static void run_of_ids(const candour_scan *scan, uint32_t c, const cd_segment_table *t, const row_ref *refs, uint32_t n,
                       cd_slice *out)
{
    for (uint32_t i = 0; i < n; i++) out[i] = id_of(scan, t, c, refs[i].row);
}

static void fill_run(const candour_scan *scan, const row_ref *refs, uint32_t n, piece *p, uint32_t at)
{
    const cd_segment_table *t = part_of(scan, refs[0].segment);
    uint64_t row = refs[0].row;
    for (uint32_t c = 1; c < scan->shape->n_columns; c++) {
        const candour_values *v = &p->values[c];
        const cd_segment_column *column = &t->columns[c];
        if (!scan->known[c]) continue;
        switch (scan->shape->columns[c].type) {
        case CANDOUR_ID: run_of_ids(scan, c, t, refs, n, (cd_slice *)(uintptr_t)v->text + at); break;
        case CANDOUR_TEXT:
            for (uint32_t i = 0; i < n; i++) ((cd_slice *)(uintptr_t)v->text)[at + i] = text_of(t, c, row + i);
            break;
        case CANDOUR_REAL:
            for (uint32_t i = 0; i < n; i++) ((double *)(uintptr_t)v->real)[at + i] = real_of(t, c, row + i);
            break;
        default:
            for (uint32_t i = 0; i < n; i++)
                ((int64_t *)(uintptr_t)v->integer)[at + i] = cd_codes_at(&column->codes, row + i);
        }
    }
    for (uint32_t i = 0; i < n; i++) p->source[at + i] = (uint64_t)cd_codes_at(&t->source, row + i);
    cd_lines_read(&t->lines, row, n, p->line + at);
}

static void fill(const candour_scan *scan, const row_ref *refs, uint32_t n, piece *p)
{
    cd_slice *left = (cd_slice *)(uintptr_t)p->values[0].text;
    for (uint32_t i = 0; i < n; i++)
        left[i] = i > 0 && refs[i].left == refs[i - 1].left
                      ? left[i - 1]
                      : cd_snapshot_id(scan->s, scan->shape->columns[0].kind, refs[i].left);
    for (uint32_t i = 0, m; i < n; i += m) {
        m = run_of(refs + i, n - i);
        fill_run(scan, refs + i, m, p, i);
    }
    p->n = n;
}

static void fill_pieces(candour_scan *scan)
{
    uint64_t rows = scan->n_refs - scan->at_ref;
    uint32_t n = rows < WINDOW_ROWS ? (uint32_t)((rows + CANDOUR_BLOCK_ROWS - 1) / CANDOUR_BLOCK_ROWS) : PIECES;
    #pragma omp parallel for schedule(dynamic) if (n > 1)
    for (uint32_t i = 0; i < n; i++) {
        uint64_t from = (uint64_t)i * CANDOUR_BLOCK_ROWS, left = rows - from;
        fill(scan, scan->refs + scan->at_ref + from, left < CANDOUR_BLOCK_ROWS ? (uint32_t)left : CANDOUR_BLOCK_ROWS,
             &scan->pieces[i]);
    }
    scan->at_ref += rows < WINDOW_ROWS ? rows : WINDOW_ROWS;
    scan->n_pieces = n, scan->at_piece = 0;
}

/* ---- Opening ---- */

static cd_status count_rows(candour_scan *scan, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_snapshot *s = scan->s;
    if (scan->shape->class_of == CANDOUR_ENTITY) CD_TRY(cd_undated_last(s, scan->table, &scan->last, err));
    CD_NEW(scan->n_rows, scan->n_order);
    for (uint32_t i = 0; i < s->n_segments; i++) {
        const cd_segment_table *t = part_of(scan, i);
        if (!t) continue;
        for (cd_id k = 0; k < t->left.n_keys; k++) {
            cd_id left = t->left.keys ? t->left.keys[k] : k;
            uint64_t lo = t->left.offsets[k], n = t->left.offsets[k + 1] - lo;
            if (n && scan->last && scan->last[left] != i + 1 &&
                cd_codes_at(&t->columns[scan->shape->time_column].codes, lo) == CANDOUR_UNKNOWN)
                n--;
            scan->n_rows[left] += n;
        }
    }
done:
    return st;
}

/* Whether any file has values of the column. */
static bool column_known(const candour_scan *scan, uint32_t c)
{
    if (c == 0) return true;
    for (uint32_t i = 0; i < scan->s->n_segments; i++) {
        const cd_segment_table *t = part_of(scan, i);
        if (t && ((c == 1 && t->right) || t->columns[c].reals || t->columns[c].codes.width)) return true;
    }
    return false;
}

static cd_status pieces_make(candour_scan *scan, cd_err *err)
{
    cd_status st = CD_OK;
    CD_NEW(scan->pieces, PIECES);
    for (uint32_t i = 0; i < PIECES; i++) {
        CD_NEW(scan->pieces[i].values, scan->shape->n_columns);
        for (uint32_t c = 0; c < scan->shape->n_columns; c++) {
            candour_values *v = &scan->pieces[i].values[c];
            candour_type type = scan->shape->columns[c].type;
            if (!scan->known[c]) continue;
            if (type == CANDOUR_ID || type == CANDOUR_TEXT) CD_NEW(v->text, CANDOUR_BLOCK_ROWS);
            else if (type == CANDOUR_REAL) CD_NEW(v->real, CANDOUR_BLOCK_ROWS);
            else CD_NEW(v->integer, CANDOUR_BLOCK_ROWS);
        }
    }
done:
    return st;
}

cd_status candour_scan_open(candour_store *store, uint32_t table, candour_scan **out, cd_err *err)
{
    cd_status st = CD_OK;
    candour_scan *scan = NULL;
    const cd_snapshot *s = store->snapshot;
    if (table >= s->ontology->n_tables) return cd_fail(err, CD_EUSAGE, "there is no table %u", table);
    const candour_table *shape = &s->ontology->tables[table];
    CD_NEW(scan, 1);
    scan->s = s, scan->table = table, scan->shape = shape;
    CD_TRY(cd_snapshot_check_forward(s, table, err));
    scan->n_order = s->n_ids[shape->columns[0].kind];
    CD_TRY(cd_store_order(store, shape->columns[0].kind, &scan->order, err));
    CD_TRY(count_rows(scan, err));
    CD_NEW(scan->known, shape->n_columns);
    for (uint32_t c = 0; c < shape->n_columns; c++) scan->known[c] = column_known(scan, c);
    CD_TRY(pieces_make(scan, err));
    *out = scan, scan = NULL;
done:
    candour_scan_close(scan);
    return st;
}

cd_status candour_scan_next(candour_scan *scan, candour_block *block, cd_err *err)
{
    *block = (candour_block){0};
    while (scan->at_piece == scan->n_pieces) {
        if (scan->at_ref == scan->n_refs) {
            if (scan->next == scan->n_order) return CD_OK;
            cd_status st = window(scan, err);
            if (st != CD_OK) return st;
        }
        fill_pieces(scan);
    }
    const piece *p = &scan->pieces[scan->at_piece++];
    *block = (candour_block){.n = p->n, .values = p->values, .source = p->source, .line = p->line};
    return CD_OK;
}

void candour_scan_close(candour_scan *scan)
{
    if (!scan) return;
    for (uint32_t i = 0; scan->pieces && i < PIECES; i++) {
        candour_values *values = scan->pieces[i].values;
        for (uint32_t c = 0; values && c < scan->shape->n_columns; c++) {
            cd_free((void *)(uintptr_t)values[c].text);
            cd_free((void *)(uintptr_t)values[c].integer);
            cd_free((void *)(uintptr_t)values[c].real);
        }
        cd_free(values);
    }
    cd_free(scan->pieces);
    cd_free(scan->refs);
    cd_free(scan->first);
    cd_free(scan->n_rows);
    cd_free(scan->known);
    cd_pages_free(scan->last, scan->n_order, sizeof *scan->last);
    cd_free(scan);
}
