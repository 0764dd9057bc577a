/* SPDX-License-Identifier: GPL-3.0-or-later
 * table_writer.c: records, which hold the fields of a row side by side, become columns. Each thread takes a block of
 * rows whose every column is whole checksum blocks, turns it while it is in its cache, and writes it where HDF5 said.
 */
#include "engine/store/table_writer.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>

#include "engine/store/lines.h"
#include "engine/store/reverse.h"

enum { OUT_ROWS = CD_PUT_BLOCK, PART_ROWS = 4096 };

static cd_array_type type_of(uint32_t width)
{
    return width == 1 ? CD_U8 : width == 2 ? CD_U16 : width == 4 ? CD_U32 : CD_U64;
}

cd_status cd_keys_write(cd_segment_writer *w, const char *prefix, const cd_off *offsets, cd_id n_ids, cd_id *n_keys,
                        cd_err *err)
{
    cd_status st = CD_OK;
    cd_id *keys = NULL, n = 0;
    cd_off *packed = NULL;
    for (cd_id i = 0; i < n_ids; i++) n += offsets[i] < offsets[i + 1];
    /* Every id gets a place where most have rows: then an id is its own place. */
    if ((uint64_t)n * 2 >= n_ids) {
        *n_keys = n_ids;
        CD_TRY(cd_writer_whole(w, CD_U64, (uint64_t)n_ids + 1, offsets, err, "%s/offsets", prefix));
        goto done;
    }
    *n_keys = n;
    CD_NEW(keys, n);
    CD_NEW(packed, (size_t)n + 1);
    for (cd_id i = 0, k = 0; i < n_ids; i++)
        if (offsets[i] < offsets[i + 1]) keys[k] = i, packed[++k] = offsets[i + 1];
    CD_TRY(cd_writer_whole(w, CD_U32, n, keys, err, "%s/keys", prefix));
    CD_TRY(cd_writer_whole(w, CD_U64, (uint64_t)n + 1, packed, err, "%s/offsets", prefix));
done:
    cd_free(keys);
    cd_free(packed);
    return st;
}

cd_status cd_texts_write(cd_segment_writer *w, const char *table, const char *column, const cd_slice *texts, uint32_t n,
                         cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *offsets = NULL;
    uint8_t *bytes = NULL;
    uint64_t all = 0;
    for (uint32_t i = 0; i < n; i++) all += texts[i].n;
    if (all > UINT32_MAX)
        CD_TRY(cd_fail(err, CD_EMEMORY,
                       "column '%s' of %s has more than 4 GB of different texts at once; give a smaller --memory",
                       column, table));
    CD_NEW(offsets, (size_t)n + 1);
    CD_NEW(bytes, all);
    for (uint32_t i = 0; i < n; i++) {
        memcpy(bytes + offsets[i], texts[i].bytes, texts[i].n);
        offsets[i + 1] = offsets[i] + texts[i].n;
    }
    CD_TRY(cd_writer_whole(w, CD_U32, (uint64_t)n + 1, offsets, err, "tables/%s/text/%s/offsets", table, column));
    CD_TRY(cd_writer_whole(w, CD_U8, all, bytes, err, "tables/%s/text/%s/bytes", table, column));
done:
    cd_free(offsets);
    cd_free(bytes);
    return st;
}

typedef struct {
    const cd_field *field;
    uint32_t width; /* as written */
    uint32_t array;
} column_out;

struct cd_table_writer {
    cd_segment_writer *w;
    const cd_records *r;
    column_out column[CD_MAX_COLUMNS + 1]; /* and the source */
    uint32_t n;
    uint32_t one_source; /* the array of a single source; CD_NONE: each row says its own */
    uint64_t announced;  /* rows */
    cd_id left_keys, right_keys;
    cd_line_packer lines;
};

/* Announces the arrays of every column that is known somewhere. */
static cd_status announce(cd_table_writer *o, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_records *r = o->r;
    const char *name = r->table->name;
    for (uint32_t c = 1; c < r->table->n_columns; c++) {
        const cd_field *f = &r->field[c];
        if (!f->known) continue;
        column_out *out = &o->column[o->n++];
        *out = (column_out){.field = f, .width = f->width};
        if (c == 1 && r->table->class_of == CANDOUR_RELATION)
            CD_TRY(cd_writer_array(o->w, CD_U32, o->announced, NULL, &out->array, err, "tables/%s/right", name));
        else
            CD_TRY(cd_writer_array(o->w, f->real ? CD_F64 : type_of(out->width), o->announced,
                                   f->real ? NULL : &f->base, &out->array, err, "tables/%s/column/%s", name,
                                   r->table->columns[c].name));
    }
    if (r->source.width == 0) {
        static const uint8_t zero;
        CD_TRY(cd_writer_array(o->w, CD_U8, 1, &r->source.base, &o->one_source, err, "tables/%s/source", name));
        CD_TRY(cd_writer_put(o->w, o->one_source, 0, &zero, 1, err));
        goto done;
    }
    column_out *source = &o->column[o->n++];
    *source = (column_out){.field = &r->source, .width = r->source.width};
    CD_TRY(cd_writer_array(o->w, type_of(source->width), o->announced, &r->source.base, &source->array, err,
                           "tables/%s/source", name));
done:
    return st;
}

#define TURN(type)                                                                                                     \
    for (uint32_t i = 0; i < n; i++) memcpy((type *)to + i, from + (size_t)i * bytes, sizeof(type))

/* One field of n records, side by side. */
static void turn(const uint8_t *from, size_t bytes, uint32_t width, uint32_t n, void *to)
{
    switch (width) {
    case 1: TURN(uint8_t); break;
    case 2: TURN(uint16_t); break;
    case 4: TURN(uint32_t); break;
    case 8: TURN(uint64_t); break;
    default: break;
    }
}

/* Records of rows that follow one another. */
typedef struct {
    const cd_records *shape;
    const uint8_t *records;
    uint64_t from, to;
} record_run;

static const uint8_t *record_at(const record_run *r, uint64_t row)
{
    return r->records + (row - r->from) * r->shape->bytes;
}

static cd_status put_block(const cd_table_writer *o, const record_run *r, uint64_t row, uint8_t *buffer, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t to = r->to;
    uint32_t n = to - row < OUT_ROWS ? (uint32_t)(to - row) : OUT_ROWS;
    for (uint32_t part = 0; part < n; part += PART_ROWS) {
        uint32_t m = n - part < PART_ROWS ? n - part : PART_ROWS;
        uint8_t *into = buffer;
        for (uint32_t c = 0; c < o->n; c++) {
            const column_out *column = &o->column[c];
            turn(record_at(r, row + part) + column->field->at, r->shape->bytes, column->field->width, m,
                 into + (size_t)part * column->width);
            into += (size_t)OUT_ROWS * column->width;
        }
    }
    const uint8_t *from = buffer;
    for (uint32_t c = 0; c < o->n; c++) {
        CD_TRY(cd_writer_put(o->w, o->column[c].array, row * o->column[c].width, from, (size_t)n * o->column[c].width,
                             err));
        from += (size_t)OUT_ROWS * o->column[c].width;
    }
done:
    return st;
}

static cd_status put_columns(const cd_table_writer *o, const record_run *r, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t n_blocks = (r->to - r->from + OUT_ROWS - 1) / OUT_ROWS;
    uint32_t n_threads =
        n_blocks < (uint64_t)omp_get_max_threads() ? (uint32_t)n_blocks : (uint32_t)omp_get_max_threads();
    size_t block_bytes = 0;
    cd_lowest failed = {0};
    uint8_t *buffers = NULL;
    for (uint32_t c = 0; c < o->n; c++) block_bytes += (size_t)OUT_ROWS * o->column[c].width;
    buffers = cd_pages_new(n_threads, block_bytes, err);
    if (!buffers) CD_TRY(CD_EMEMORY);
    #pragma omp parallel for schedule(dynamic) num_threads(n_threads)
    for (uint64_t b = 0; b < n_blocks; b++) {
        cd_err mine = {0};
        cd_status got =
            put_block(o, r, r->from + b * OUT_ROWS, buffers + (size_t)omp_get_thread_num() * block_bytes, &mine);
        cd_lowest_note(&failed, b, got, &mine);
    }
    st = cd_lowest_status(&failed, err);
done:
    cd_pages_free(buffers, n_threads, block_bytes);
    return st;
}

static void lines_of_records(const void *context, uint64_t row, uint32_t n, uint32_t *out)
{
    const record_run *r = context;
    turn(record_at(r, row) + r->shape->line.at, r->shape->bytes, 4, n, out);
}

/* The other direction, from what was just written; the records, if they are still there, are written over. */
static cd_status write_reverse(const cd_table_writer *o, size_t memory_bytes, cd_id *n_keys, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_records *r = o->r;
    cd_forward f = {.rows = r->rows, .n_left = r->n_left, .n_right = r->n_right, .offsets = r->offsets};
    const void *right = NULL, *time = NULL;
    const cd_field *time_field = r->table->time_column > 0 ? &r->field[r->table->time_column] : NULL;
    for (uint32_t c = 0; c < o->n; c++) {
        if (o->column[c].field == &r->field[1]) CD_TRY(cd_writer_map(o->w, o->column[c].array, &right, err));
        if (o->column[c].field == time_field) {
            CD_TRY(cd_writer_map(o->w, o->column[c].array, &time, err));
            f.time = (cd_codes){.width = o->column[c].width, .base = time_field->base};
        }
    }
    /* Mapping one may have moved the other: ask again, now that both lie inside the map. */
    for (uint32_t c = 0; c < o->n; c++) {
        if (o->column[c].field == &r->field[1]) CD_TRY(cd_writer_map(o->w, o->column[c].array, &right, err));
        if (o->column[c].field == time_field) CD_TRY(cd_writer_map(o->w, o->column[c].array, &time, err));
    }
    f.right = right, f.time.codes = time;
    CD_TRY(cd_reverse_write(o->w, r->table->name, &f, r->records, r->records ? r->capacity * r->bytes : 0, memory_bytes,
                            n_keys, err));
done:
    return st;
}

cd_status cd_table_begin(cd_segment_writer *w, const cd_records *r, uint64_t most_rows, cd_table_writer **out,
                         cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_writer *t = NULL;
    CD_NEW(t, 1);
    t->w = w, t->r = r, t->announced = most_rows, t->one_source = CD_NONE;
    CD_TRY(announce(t, err));
    *out = t, t = NULL;
done:
    cd_table_abandon(t);
    return st;
}

cd_status cd_table_put(cd_table_writer *t, const uint8_t *records, uint64_t from, uint64_t to, cd_err *err)
{
    cd_status st = CD_OK;
    const record_run run = {t->r, records, from, to};
    CD_TRY(put_columns(t, &run, err));
    CD_TRY(cd_lines_pack(&t->lines, from, to, lines_of_records, &run, err));
done:
    return st;
}

/* Where fewer rows came than were announced. */
static cd_status shrink(cd_table_writer *t, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t rows = t->r->rows;
    if (rows == t->announced) return CD_OK;
    for (uint32_t c = 0; c < t->n; c++) CD_TRY(cd_writer_shrink(t->w, t->column[c].array, rows, err));
    if (rows == 0 && t->one_source != CD_NONE) CD_TRY(cd_writer_shrink(t->w, t->one_source, 0, err));
done:
    return st;
}

cd_status cd_table_end(cd_table_writer *t, const cd_text_list *texts, size_t memory_bytes, cd_err *err)
{
    cd_status st = CD_OK;
    char prefix[192];
    const cd_records *r = t->r;
    const candour_table *table = r->table;
    CD_TRY(shrink(t, err));
    if (r->rows == 0) goto done;
    snprintf(prefix, sizeof prefix, "tables/%s", table->name);
    CD_TRY(cd_keys_write(t->w, prefix, r->offsets, r->n_left, &t->left_keys, err));
    CD_TRY(cd_lines_write(&t->lines, t->w, table->name, err));
    cd_lines_release(&t->lines);
    for (uint32_t c = 1; c < table->n_columns; c++)
        if (table->columns[c].type == CANDOUR_TEXT && r->field[c].known)
            CD_TRY(cd_texts_write(t->w, table->name, table->columns[c].name, texts[c].texts, texts[c].n, err));
    if (table->class_of == CANDOUR_RELATION) CD_TRY(write_reverse(t, memory_bytes, &t->right_keys, err));
    cd_writer_table(t->w, table->name, r->rows, t->left_keys, t->right_keys, r->first, r->last);
done:
    cd_table_abandon(t);
    return st;
}

void cd_table_abandon(cd_table_writer *t)
{
    if (!t) return;
    cd_lines_release(&t->lines);
    cd_free(t);
}
