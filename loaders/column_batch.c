/* SPDX-License-Identifier: GPL-3.0-or-later
 * column_batch.c: the conversion loops. Each has a quick path for what is right and common, and one slow path behind it
 * that finds the reason when something is not. */
#include "loaders/column_batch.h"

#include <math.h>
#include <string.h>

#include "loaders/cell_types.h"

enum { ID_BYTES_MAX = 255, TIME_BYTES = 19 };

/* The first fault of a row. Zero: none. */
struct row_fault {
    uint8_t reason_plus_1;
    uint32_t column;
    cd_slice value;
};

static bool is_text(candour_type type) { return type == CANDOUR_ID || type == CANDOUR_TEXT; }

/* ---- One cell ---- */

static bool in_range(const candour_column *c, double value)
{
    if (c->lo > c->hi) return true;
    return (c->lo_open ? value > c->lo : value >= c->lo) && value <= c->hi;
}

/* A known cell of a column that is no text. True: it went into *integer or *real. */
static bool scalar_read(const candour_column *c, cd_slice cell, const time_zone *zone, time_zone_step *step,
                        int64_t *integer, double *real, reject_reason *why)
{
    cd_time_fault fault;
    switch (c->type) {
    case CANDOUR_INTEGER:
        if (!cell_integer(cell, integer)) return *why = REJECT_INTEGER, false;
        return *why = REJECT_RANGE, in_range(c, (double)*integer);
    case CANDOUR_REAL:
        if (!cell_real(cell, real)) return *why = REJECT_REAL, false;
        return *why = REJECT_RANGE, in_range(c, *real);
    case CANDOUR_BOOLEAN: return *why = REJECT_BOOLEAN, cell_boolean(cell, integer);
    case CANDOUR_MONTH:
        fault = cd_month_read(cell.bytes, cell.n, integer);
        return *why = fault == CD_TIME_RANGE ? REJECT_NO_SUCH_TIME : REJECT_MONTH, fault == CD_TIME_OK;
    default:
        fault = cell_time(cell, zone, step, integer);
        return *why = fault == CD_TIME_RANGE ? REJECT_NO_SUCH_TIME : REJECT_TIME, fault == CD_TIME_OK;
    }
}

static bool text_is_sound(const candour_column *c, cd_slice cell, reject_reason *why)
{
    *why = REJECT_EMPTY;
    if (cell.n == 0) return !c->required;
    *why = REJECT_LONG_ID;
    return c->type != CANDOUR_ID || cell.n <= ID_BYTES_MAX;
}

static bool bytes_are_sound(cd_slice cell, reject_reason *why)
{
    *why = REJECT_NUL;
    if (cell.n && memchr(cell.bytes, '\0', cell.n)) return false;
    *why = REJECT_UTF8;
    return cell_is_utf8(cell);
}

const char *column_value_fault(const candour_column *c, cd_slice text)
{
    static const char *const wants[] = {[CANDOUR_ID] = "an id of 1 to 255 bytes", [CANDOUR_INTEGER] = "a whole number in range",
                                        [CANDOUR_REAL] = "a number in range", [CANDOUR_TEXT] = "UTF-8 text",
                                        [CANDOUR_BOOLEAN] = "true or false", [CANDOUR_TIME] = "a time such as 2026-03-01T07:30:00",
                                        [CANDOUR_MONTH] = "a month such as 2026-03"};
    reject_reason why;
    time_zone_step step = {0};
    int64_t integer;
    double real;
    bool sound = bytes_are_sound(text, &why) && text_is_sound(c, text, &why);
    if (sound && text.n > 0 && !is_text(c->type)) sound = scalar_read(c, text, NULL, &step, &integer, &real, &why);
    return sound ? NULL : wants[c->type];
}

/* ---- The plan ---- */

static cd_status constant_make(column_plan *p, uint32_t c, cd_arena *arena, cd_err *err)
{
    const candour_column *column = &p->table->columns[c];
    cd_slice text = cd_slice_of(column_rule_of(p->rules, c)->constant);
    const char *fault = column_value_fault(column, text);
    if (!fault && text.n == 0) fault = "a value";
    if (fault)
        return cd_fail(err, CD_EINPUT, "mapping: the constant '%s' for %s.%s is not %s", text.bytes, p->table->name,
                       column->name, fault);
    char *copy = cd_arena_alloc(arena, text.n + WORD_BYTES, 1, err);
    if (!copy) return CD_EMEMORY;
    memset(copy, 0, text.n + WORD_BYTES);
    memcpy(copy, text.bytes, text.n);
    p->constant[c].text = (cd_slice){copy, text.n};
    time_zone_step step = {0};
    reject_reason why;
    if (!is_text(column->type))
        (void)scalar_read(column, text, p->rules->zone, &step, &p->constant[c].integer, &p->constant[c].real, &why);
    return CD_OK;
}

/* Intervals by their names. A case may be reopened after it was closed, and an officer rejoin after leaving: those
 * pairs may come in any order. */
static void intervals_find(column_plan *p)
{
    static const char *const names[][2] = {{"from", "to"}, {"starts", "ends"}, {"claimed_from", "claimed_to"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int32_t from = candour_column_find(p->table, cd_slice_of(names[i][0]));
        int32_t to = candour_column_find(p->table, cd_slice_of(names[i][1]));
        if (from < 0 || to < 0 || p->table->columns[from].type != CANDOUR_TIME ||
            p->table->columns[to].type != CANDOUR_TIME)
            continue;
        p->interval[p->n_intervals].from = (uint32_t)from;
        p->interval[p->n_intervals++].to = (uint32_t)to;
    }
}

cd_status column_plan_make(const candour_table *table, const read_rules *rules, const csv_header *header,
                           cd_arena *arena, column_plan *out, cd_err *err)
{
    cd_status st = CD_OK;
    *out = (column_plan){.table = table, .rules = rules, .header = header};
    out->words = cd_arena_alloc(arena, table->n_columns, sizeof *out->words, err);
    out->constant = out->words ? cd_arena_alloc(arena, table->n_columns, sizeof *out->constant, err) : NULL;
    if (!out->constant) CD_TRY(CD_EMEMORY);
    memset(out->constant, 0, table->n_columns * sizeof *out->constant);
    for (uint32_t c = 0; c < table->n_columns; c++) {
        word_set *words = NULL;
        if (table->columns[c].values) CD_TRY(word_set_new(table->columns[c].values, arena, &words, err));
        out->words[c] = words;
        if (column_rule_of(rules, c)->constant) CD_TRY(constant_make(out, c, arena, err));
    }
    intervals_find(out);
done:
    return st;
}

/* ---- The batch ---- */

static cd_status column_arrays_make(column_batch *b, uint32_t c, cd_err *err)
{
    cd_status st = CD_OK;
    const column_plan *p = b->plan;
    candour_type type = p->table->columns[c].type;
    bool constant = column_rule_of(p->rules, c)->constant != NULL;
    if (!constant && p->header->field_of[c] < 0) return CD_OK; /* no array at all: every value is unknown */
    if (is_text(type)) CD_NEW(b->text[c], BATCH_ROWS);
    else if (type == CANDOUR_REAL) CD_NEW(b->real[c], BATCH_ROWS);
    else CD_NEW(b->integer[c], BATCH_ROWS);
    for (uint32_t r = 0; constant && r < BATCH_ROWS; r++) {
        if (b->text[c]) b->text[c][r] = p->constant[c].text;
        else if (b->real[c]) b->real[c][r] = p->constant[c].real;
        else b->integer[c][r] = p->constant[c].integer;
    }
    b->values[c] = (candour_values){.text = b->text[c], .integer = b->integer[c], .real = b->real[c]};
done:
    return st;
}

cd_status column_batch_init(column_batch *b, const column_plan *plan, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n = plan->table->n_columns;
    *b = (column_batch){.plan = plan};
    CD_NEW(b->values, n);
    CD_NEW(b->text, n);
    CD_NEW(b->integer, n);
    CD_NEW(b->real, n);
    CD_NEW(b->unnamed, n);
    CD_NEW(b->cells, BATCH_ROWS);
    CD_NEW(b->first, BATCH_ROWS);
    CD_NEW(b->line, BATCH_ROWS);
    CD_NEW(b->fault, BATCH_ROWS);
    for (uint32_t c = 0; c < n; c++) CD_TRY(column_arrays_make(b, c, err));
done:
    if (st != CD_OK) column_batch_release(b);
    return st;
}

void column_batch_release(column_batch *b)
{
    uint32_t n = b->plan ? b->plan->table->n_columns : 0;
    for (uint32_t c = 0; c < n; c++) {
        if (b->text) cd_free(b->text[c]);
        if (b->integer) cd_free(b->integer[c]);
        if (b->real) cd_free(b->real[c]);
    }
    cd_free(b->values), cd_free(b->text), cd_free(b->integer), cd_free(b->real), cd_free(b->unnamed);
    cd_free(b->cells), cd_free(b->first), cd_free(b->line), cd_free(b->fault);
    *b = (column_batch){0};
}

static void fault(column_batch *b, uint32_t row, uint32_t column, reject_reason why, cd_slice value)
{
    struct row_fault *f = &b->fault[row];
    if (f->reason_plus_1) return;
    *f = (struct row_fault){.reason_plus_1 = (uint8_t)(why + 1), .column = column, .value = value};
    b->n_faults++;
}

/* Where the cells of one field lie. */
static void cells_cut(const csv_block *block, const uint32_t *first, uint32_t n, uint32_t field, cd_slice *out)
{
    const uint32_t *mark = block->mark + field;
    const char *bytes = block->bytes;
    for (uint32_t r = 0; r < n; r++) {
        const uint32_t *m = mark + first[r];
        uint32_t start = m[-1] + 1;
        out[r] = (cd_slice){bytes + start, m[0] - start};
    }
}

/* Of the last field: takes the CR of a CR LF off. */
static void cells_trim_cr(const csv_block *block, uint32_t n, cd_slice *out)
{
    const char *bytes = block->bytes;
    for (uint32_t r = 0; r < n; r++) {
        const char *end = out[r].bytes + out[r].n;
        /* The first byte of a block has none before it, but then the cell is empty. */
        out[r].n -= (uint32_t)(end > bytes && *end == '\n' && out[r].n > 0 && end[-1] == '\r');
    }
}

/* Quotes off; then what bytes no kept cell may have; then the mapping's translations. */
static void cells_clean(column_batch *b, csv_block *block, uint32_t column, cd_slice *cells)
{
    const column_rule *rule = column_rule_of(b->plan->rules, column);
    if (block->marks.quotes)
        for (uint32_t r = 0; r < b->n; r++) {
            if (cells[r].n == 0 || cells[r].bytes[0] != '"') continue;
            char *bytes = block->bytes + (cells[r].bytes - block->bytes);
            if (!cell_unquote(bytes, cells[r].n, &cells[r])) fault(b, r, column, REJECT_QUOTE, cells[r]);
        }
    if (block->marks.nul || block->marks.high)
        for (uint32_t r = 0; r < b->n; r++) {
            reject_reason why;
            if (!bytes_are_sound(cells[r], &why)) fault(b, r, column, why, cells[r]);
        }
    for (uint32_t r = 0; rule->n_values > 0 && r < b->n; r++) {
        size_t lo = 0, hi = rule->n_values;
        while (lo < hi) {
            size_t mid = lo + (hi - lo) / 2;
            if (cd_slice_compare(rule->values[mid].from, cells[r]) < 0) lo = mid + 1;
            else hi = mid;
        }
        if (lo < rule->n_values && cd_slice_equal(rule->values[lo].from, cells[r])) cells[r] = rule->values[lo].to;
    }
}

static void unnamed_note(column_batch *b, uint32_t column, uint32_t row, cd_slice value)
{
    unnamed_values *u = &b->unnamed[column];
    if (u->n++ == 0 || b->line[row] < u->first_line) {
        u->first_line = b->line[row];
        u->example_n = value.n < sizeof u->example ? value.n : (uint32_t)sizeof u->example;
        while (u->example_n < value.n && u->example_n > 0 && ((unsigned char)value.bytes[u->example_n] & 0xc0) == 0x80)
            u->example_n--;
        memcpy(u->example, value.bytes, u->example_n);
    }
}

static void convert_text(column_batch *b, uint32_t column)
{
    const candour_column *c = &b->plan->table->columns[column];
    cd_slice *cell = b->text[column];
    uint32_t limit = c->type == CANDOUR_ID ? ID_BYTES_MAX : UINT32_MAX - 1, odd = 0;
    for (uint32_t r = 0; r < b->n; r++) odd |= cell[r].n - 1 >= limit;
    if (!odd) return;
    for (uint32_t r = 0; r < b->n; r++) {
        reject_reason why;
        if (cell[r].n - 1 < limit) continue;
        if (!text_is_sound(c, cell[r], &why)) fault(b, r, column, why, cell[r]);
        if (cell[r].n == 0) cell[r].bytes = NULL;
    }
}

/* After the faulty rows are gone: counts what the contract does not name. */
static void count_unnamed(column_batch *b, uint32_t column)
{
    const word_set *words = b->plan->words[column];
    const cd_slice *cell = b->text[column];
    uint32_t n_named = 0;
    for (uint32_t r = 0; r < b->n; r++) n_named += cell[r].n > 0 && word_set_has(words, cell[r]);
    for (uint32_t r = 0; n_named < b->n && r < b->n; r++)
        if (cell[r].n > 0 && !word_set_has(words, cell[r])) unnamed_note(b, column, r, cell[r]);
}

static void convert_times(column_batch *b, uint32_t column)
{
    const candour_column *c = &b->plan->table->columns[column];
    const time_zone *zone = b->plan->rules->zone;
    const cd_slice *cell = b->cells;
    int64_t *out = b->integer[column];
    for (uint32_t r = 0; r < b->n; r++) {
        int64_t wall;
        double none;
        reject_reason why = REJECT_EMPTY;
        out[r] = CANDOUR_UNKNOWN;
        if (cell[r].n == TIME_BYTES && cell_time_quick(cell[r].bytes, &wall)) {
            out[r] = time_zone_to_utc(zone, &b->step, wall);
        } else if (cell[r].n == TIME_BYTES + 1 && cell[r].bytes[TIME_BYTES] == 'Z' &&
                   cell_time_quick(cell[r].bytes, &wall)) {
            out[r] = wall;
        } else if (cell[r].n == 0 ? c->required
                                  : !scalar_read(c, cell[r], zone, &b->step, &out[r], &none, &why)) {
            fault(b, r, column, why, cell[r]);
        }
    }
}

static void convert_scalars(column_batch *b, uint32_t column)
{
    const candour_column *c = &b->plan->table->columns[column];
    const cd_slice *cell = b->cells;
    for (uint32_t r = 0; r < b->n; r++) {
        int64_t integer = CANDOUR_UNKNOWN;
        double real = (double)NAN;
        reject_reason why = REJECT_EMPTY;
        if (cell[r].n == 0 ? c->required : !scalar_read(c, cell[r], NULL, &b->step, &integer, &real, &why))
            fault(b, r, column, why, cell[r]);
        if (c->type == CANDOUR_REAL) b->real[column][r] = real;
        else b->integer[column][r] = integer;
    }
}

/* The text of one cell that was read before, for a reject. */
static cd_slice cell_again(const column_batch *b, csv_block *block, uint32_t row, uint32_t column)
{
    const column_plan *p = b->plan;
    cd_slice cell;
    int32_t field = p->header->field_of[column];
    if (field < 0) return p->constant[column].text;
    cells_cut(block, b->first + row, 1, (uint32_t)field, &cell);
    cells_trim_cr(block, 1, &cell);
    if (cell.n > 0 && cell.bytes[0] == '"')
        (void)cell_unquote(block->bytes + (cell.bytes - block->bytes), cell.n, &cell);
    return cell;
}

static void check_intervals(column_batch *b, csv_block *block)
{
    const column_plan *p = b->plan;
    for (uint32_t i = 0; i < p->n_intervals; i++) {
        const int64_t *from = b->integer[p->interval[i].from], *to = b->integer[p->interval[i].to];
        if (!from || !to) continue;
        for (uint32_t r = 0; r < b->n; r++)
            if (to[r] < from[r] && to[r] != CANDOUR_UNKNOWN)
                fault(b, r, p->interval[i].to, REJECT_INTERVAL, cell_again(b, block, r, p->interval[i].to));
    }
}

/* Notes the rows with a fault and closes the gaps they leave. */
static cd_status drop_faulty(column_batch *b, reject_list *rejects, cd_err *err)
{
    uint32_t w = 0, n_columns = b->plan->table->n_columns;
    for (uint32_t r = 0; r < b->n; r++) {
        struct row_fault *f = &b->fault[r];
        if (f->reason_plus_1) {
            row_reject reject = {.line = b->line[r], .column = f->column,
                                 .reason = (reject_reason)(f->reason_plus_1 - 1), .value = f->value};
            cd_status st = reject_list_add(rejects, &reject, err);
            *f = (struct row_fault){0};
            if (st != CD_OK) return st;
            continue;
        }
        if (w < r) {
            b->line[w] = b->line[r];
            for (uint32_t c = 0; c < n_columns; c++) {
                if (b->text[c]) b->text[c][w] = b->text[c][r];
                else if (b->integer[c]) b->integer[c][w] = b->integer[c][r];
                else if (b->real[c]) b->real[c][w] = b->real[c][r];
            }
        }
        w++;
    }
    b->n = w;
    b->n_faults = 0;
    return CD_OK;
}

cd_status column_batch_convert(column_batch *b, csv_block *block, uint32_t n, reject_list *rejects, cd_err *err)
{
    const column_plan *p = b->plan;
    b->n = n;
    for (uint32_t c = 0; c < p->table->n_columns; c++) {
        int32_t field = p->header->field_of[c];
        if (field < 0) continue;
        candour_type type = p->table->columns[c].type;
        cd_slice *cells = is_text(type) ? b->text[c] : b->cells;
        cells_cut(block, b->first, n, (uint32_t)field, cells);
        if ((uint32_t)field + 1 == p->header->n_fields) cells_trim_cr(block, n, cells);
        if (block->marks.quotes || block->marks.nul || block->marks.high ||
            column_rule_of(p->rules, c)->n_values > 0)
            cells_clean(b, block, c, cells);
        if (is_text(type)) convert_text(b, c);
        else if (type == CANDOUR_TIME) convert_times(b, c);
        else convert_scalars(b, c);
    }
    check_intervals(b, block);
    if (b->n_faults > 0) {
        cd_status st = drop_faulty(b, rejects, err);
        if (st != CD_OK) return st;
    }
    for (uint32_t c = 0; c < p->table->n_columns; c++)
        if (p->words[c] && p->header->field_of[c] >= 0) count_unnamed(b, c);
    return CD_OK;
}
