/* SPDX-License-Identifier: GPL-3.0-or-later
 * table_reader.c: lanes that take blocks, cut them into batches of rows, and hand these over. */
#include "loaders/table_reader.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

/* Batches of a block are numbered below the block: a block has fewer than 2^24 rows, or one batch a row. */
enum { SEQUENCE_BITS = 24 };

typedef struct {
    const char *name;
    const candour_table *table;
    const table_sink *sink;
    csv_blocks *blocks;
    reject_order *order;
    uint32_t n_fields;
    char separator;
    uint64_t *by_reason; /* written as rejects are passed on, by one thread at a time */
    /* Progress: whoever gets the lock tells. */
    pthread_mutex_t telling;
    int64_t told_ms;
    uint64_t rows;
} reader;

typedef struct {
    reader *all;
    uint32_t lane;
    csv_block block;
    column_batch batch;
    reject_list rejects;
    uint64_t rows;
    uint64_t sequence; /* of the block in hand */
    cd_status st;
    cd_err err;
    pthread_t thread;
    bool running;
} reader_lane;

/* ---- Rows of a block ---- */

static bool ends_row(char c) { return c == '\n' || c == '\r'; }

/* Whether every row of the block has n_fields fields, none is blank and none spans lines: then the places of its rows
 * need no search. As there are as many line ends as rows, it is enough that each n_fields-th mark is one. */
static bool block_is_regular(const csv_block *block, uint32_t n_fields)
{
    const csv_marks *m = &block->marks;
    if (m->n != m->row_ends * n_fields || m->quoted_line_ends > 0) return false;
    if (n_fields == 1) return false; /* where a blank line looks like a row */
    uint32_t other = 0;
    const uint32_t *mark = block->mark + n_fields - 1;
    for (uint64_t r = 0; r < m->row_ends; r++) other += !ends_row(block->bytes[mark[r * n_fields]]);
    return other == 0;
}

static uint32_t line_number(uint64_t line) { return line < UINT32_MAX ? (uint32_t)line : UINT32_MAX; }

static cd_status batch_hand_over(reader_lane *l, uint32_t n, uint64_t number, cd_err *err)
{
    const reader *all = l->all;
    cd_status st = column_batch_convert(&l->batch, &l->block, n, &l->rejects, err);
    if (st != CD_OK || l->batch.n == 0) return st;
    return all->sink->rows(all->sink->context, l->lane, l->block.sequence << SEQUENCE_BITS | number, l->batch.n,
                           l->batch.line, l->batch.values, err);
}

static cd_status regular_rows(reader_lane *l, cd_err *err)
{
    uint64_t n_rows = l->block.marks.row_ends, number = 0;
    uint32_t n_fields = l->all->n_fields;
    for (uint64_t from = 0; from < n_rows; from += BATCH_ROWS) {
        uint32_t n = n_rows - from < BATCH_ROWS ? (uint32_t)(n_rows - from) : BATCH_ROWS;
        for (uint32_t r = 0; r < n; r++) {
            l->batch.first[r] = (uint32_t)(from + r) * n_fields;
            l->batch.line[r] = line_number(l->block.first_line + from + r);
        }
        cd_status st = batch_hand_over(l, n, number++, err);
        if (st != CD_OK) return st;
    }
    l->rows += n_rows;
    return CD_OK;
}

/* A row that is a reject as a whole. */
static cd_status reject_row(reader_lane *l, uint64_t line, reject_reason why, uint64_t found, size_t from, size_t to,
                            cd_err *err)
{
    row_reject reject = {.line = line, .column = REJECT_WHOLE_ROW, .reason = why, .found = found};
    size_t n = to - from;
    reject.cut = n > REJECT_VALUE_BYTES;
    reject.value = (cd_slice){l->block.bytes + from, (uint32_t)(reject.cut ? REJECT_VALUE_BYTES : n)};
    return reject_list_add(&l->rejects, &reject, err);
}

/* Finds rows one by one: blank ones, and ones of the wrong width, and ones over several lines. */
static cd_status irregular_rows(reader_lane *l, cd_err *err)
{
    cd_status st = CD_OK;
    csv_block *b = &l->block;
    uint64_t line = b->first_line, number = 0;
    uint32_t n = 0, n_fields = l->all->n_fields;
    size_t m = 0, next;
    for (; m < b->marks.n; m = next) {
        size_t last = m;
        while (!ends_row(b->bytes[b->mark[last]])) last++;
        next = last + 1;
        size_t from = (uint32_t)(b->mark[(ptrdiff_t)m - 1] + 1), to = b->mark[last];
        uint64_t lines = b->marks.quoted_line_ends > 0 ? csv_count_lines(b->bytes + from, to + 1 - from) : 1;
        uint64_t starts = line;
        line += lines;
        if (b->bytes[to] == '\n' && to > from && b->bytes[to - 1] == '\r') to--;
        if (from == to) continue;
        l->rows++;
        if (next - m != n_fields) {
            CD_TRY(reject_row(l, starts, REJECT_FIELDS, next - m, from, to, err));
            continue;
        }
        l->batch.first[n] = (uint32_t)m;
        l->batch.line[n++] = line_number(starts);
        if (n == BATCH_ROWS) {
            CD_TRY(batch_hand_over(l, n, number++, err));
            n = 0;
        }
    }
    if (n > 0) CD_TRY(batch_hand_over(l, n, number, err));
    if (b->n_open > 0) {
        /* What stands before the quote may span no line: quotes before it were closed, in this row. */
        size_t end = b->n + b->n_open, quote = csv_open_quote(b->bytes + b->n, b->n_open, l->all->separator) + b->n;
        l->rows++;
        CD_TRY(reject_row(l, line, REJECT_OPEN_QUOTE, line + csv_count_lines(b->bytes + b->n, quote - b->n), b->n, end,
                          err));
    }
done:
    return st;
}

/* The block is one row that was too long to be held. */
static cd_status long_row(reader_lane *l, cd_err *err)
{
    const csv_block *b = &l->block;
    l->rows++;
    if (b->long_is_open) return reject_row(l, b->first_line, REJECT_OPEN_QUOTE, b->long_quote_line, 0, b->n_long, err);
    return reject_row(l, b->first_line, REJECT_LONG_ROW, 0, 0, b->n_long, err);
}

/* ---- Lanes ---- */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Tells how far the reading is, if it is time to; false: it is to stop. */
static bool told(reader *all, uint64_t rows)
{
    enum { EVERY_MS = 100 };
    bool go_on = true;
    if (!all->sink->progress || pthread_mutex_trylock(&all->telling) != 0) return true;
    int64_t now = now_ms();
    if (now - all->told_ms >= EVERY_MS) {
        all->told_ms = now;
        go_on = all->sink->progress(all->sink->context, rows, csv_blocks_taken(all->blocks));
    }
    pthread_mutex_unlock(&all->telling);
    return go_on;
}

static bool worth_waiting(void *of)
{
    reader *all = of;
    return told(all, __atomic_load_n(&all->rows, __ATOMIC_RELAXED));
}

static cd_status tell(reader *all, uint64_t rows, cd_err *err)
{
    if (told(all, __atomic_add_fetch(&all->rows, rows, __ATOMIC_RELAXED))) return CD_OK;
    return cd_fail(err, CD_ESTOPPED, "stopped while reading '%s'; nothing was loaded", all->name);
}

static cd_status lane_blocks(reader_lane *l, cd_err *err)
{
    cd_status st = CD_OK;
    bool more;
    for (;;) {
        l->sequence = UINT64_MAX; /* what cannot be read lies behind all that was */
        CD_TRY(csv_blocks_next(l->all->blocks, &l->block, &more, err));
        if (!more) break;
        l->sequence = l->block.sequence;
        uint64_t before = l->rows;
        if (l->block.n_long > 0) CD_TRY(long_row(l, err));
        else if (l->block.n_open == 0 && block_is_regular(&l->block, l->all->n_fields)) CD_TRY(regular_rows(l, err));
        else CD_TRY(irregular_rows(l, err));
        CD_TRY(reject_order_hand_in(l->all->order, l->block.sequence, &l->rejects, err));
        CD_TRY(tell(l->all, l->rows - before, err));
    }
done:
    return st;
}

static void *lane_run(void *of)
{
    reader_lane *l = of;
    l->st = lane_blocks(l, &l->err);
    if (l->st != CD_OK) {
        csv_blocks_stop(l->all->blocks);
        reject_order_stop(l->all->order);
    }
    return NULL;
}

/* The failure that lies first in the file. */
static cd_status lanes_status(const reader_lane *lanes, uint32_t n, cd_err *err)
{
    const reader_lane *first = NULL;
    for (uint32_t t = 0; t < n; t++)
        if (lanes[t].st != CD_OK && (!first || lanes[t].sequence < first->sequence)) first = &lanes[t];
    return first ? cd_fail(err, first->st, "%s", first->err.text) : CD_OK;
}

/* Runs the lanes; the last one on the caller's own thread. */
static cd_status lanes_run(reader *all, reader_lane *lanes, uint32_t n, const column_plan *plan, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t t = 0; t < n; t++) {
        lanes[t].all = all;
        lanes[t].lane = t;
        CD_TRY(column_batch_init(&lanes[t].batch, plan, err));
    }
    for (uint32_t t = 1; t < n; t++)
        lanes[t].running = pthread_create(&lanes[t].thread, NULL, lane_run, &lanes[t]) == 0; /* fewer lanes do, too */
    lane_run(&lanes[0]);
    for (uint32_t t = 1; t < n; t++)
        if (lanes[t].running) pthread_join(lanes[t].thread, NULL);
    st = lanes_status(lanes, n, err);
done:
    return st;
}

static cd_status count_and_pass_on(void *context, const row_reject *reject, cd_err *err)
{
    reader *all = context;
    all->by_reason[reject->reason]++;
    return all->sink->reject(all->sink->context, reject, err);
}

/* Adds up what the lanes saw. */
static cd_status result_fill(table_read_result *result, const reader *all, const reader_lane *lanes, uint32_t n,
                             byte_source *source, cd_err *err)
{
    uint32_t n_columns = all->table->n_columns;
    result->unnamed = cd_arena_alloc(&result->arena, n_columns, sizeof *result->unnamed, err);
    if (!result->unnamed) return CD_EMEMORY;
    memset(result->unnamed, 0, n_columns * sizeof *result->unnamed);
    for (uint32_t t = 0; t < n; t++) {
        result->rows += lanes[t].rows;
        for (uint32_t c = 0; c < n_columns; c++) {
            const unnamed_values *u = &lanes[t].batch.unnamed[c];
            unnamed_values *sum = &result->unnamed[c];
            uint64_t count = sum->n + u->n;
            if (u->n > 0 && (sum->n == 0 || u->first_line < sum->first_line)) *sum = *u;
            sum->n = count;
        }
    }
    for (int why = 0; why < REJECT_N_REASONS; why++) result->rejected += result->by_reason[why];
    result->bytes = byte_source_taken(source);
    result->text_bytes = csv_blocks_text_bytes(all->blocks);
    byte_source_sha256(source, result->sha256);
    return CD_OK;
}

cd_status table_read(byte_source *source, const char *name, const candour_table *table, const read_rules *rules,
                     const table_reader_options *options, const table_sink *sink, table_read_result *result,
                     cd_err *err)
{
    cd_status st = CD_OK;
    reader all = {.name = name, .table = table, .sink = sink, .told_ms = now_ms()};
    reader_lane *lanes = NULL;
    column_plan plan;
    csv_blocks_options how = {.level = options->level, .separator = rules->separator ? rules->separator : ',',
                              .block_bytes = options->block_bytes, .row_bytes = options->row_bytes};
    uint64_t size = byte_source_size(source);
    size_t block_bytes = how.block_bytes ? how.block_bytes : CSV_BLOCK_BYTES;
    /* A file of one block is read by the caller alone. */
    uint32_t n = size > 0 && size <= block_bytes ? 1 : options->threads;

    *result = (table_read_result){0};
    pthread_mutex_init(&all.telling, NULL);
    byte_source_ask(source, worth_waiting, &all);
    CD_NEW(lanes, n);
    CD_TRY(csv_blocks_new(source, name, &how, &all.blocks, err));
    CD_TRY(csv_header_read(all.blocks, &lanes[0].block, name, table, rules, &result->arena, &result->header, err));
    CD_TRY(column_plan_make(table, rules, &result->header, &result->arena, &plan, err));
    all.n_fields = result->header.n_fields;
    all.separator = csv_blocks_separator(all.blocks);
    all.by_reason = result->by_reason;
    CD_TRY(reject_order_new(n, count_and_pass_on, &all, &all.order, err));
    CD_TRY(lanes_run(&all, lanes, n, &plan, err));
    CD_TRY(result_fill(result, &all, lanes, n, source, err));
done:
    for (uint32_t t = 0; lanes && t < n; t++) {
        csv_block_release(&lanes[t].block);
        column_batch_release(&lanes[t].batch);
        reject_list_release(&lanes[t].rejects);
    }
    cd_free(lanes);
    reject_order_free(all.order);
    csv_blocks_free(all.blocks);
    byte_source_ask(source, NULL, NULL);
    pthread_mutex_destroy(&all.telling);
    return st;
}

void table_read_result_release(table_read_result *result)
{
    if (!result) return;
    cd_arena_release(&result->arena);
    *result = (table_read_result){0};
}
