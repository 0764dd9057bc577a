/* SPDX-License-Identifier: GPL-3.0-or-later
 * table_parts.c: records take more memory than the batches they come from, and memory that is touched for the first
 * time costs more than sorting what is put there. So a large table is made in parts that take turns in the same two
 * places: one is written while the other is made.
 *
 * The rows that a part leaves over, because only whole blocks are written, go on in front of the next part. */
#include "engine/store/table_parts.h"

#include <string.h>

#include "engine/base/background.h"

enum { LEFT_OVER = CD_PUT_BLOCK };

/* One of the two places: LEFT_OVER records' room, then a part's. */
typedef struct {
    cd_table_writer *writer;
    uint8_t *part;   /* where the part begins */
    uint8_t *first;  /* the first record to write: before it, where rows were left over */
    uint64_t from, to;
} place;

typedef struct {
    cd_record_maker *maker;
    cd_records *r;
    cd_background writing;
    place places[2];
} making;

static cd_status put(void *context, cd_err *err)
{
    place *p = context;
    return cd_table_put(p->writer, p->first, p->from, p->to, err);
}

/* All parts, each written while the next is made. */
static cd_status make_and_put(making *m, const cd_table_source *source, cd_err *err)
{
    cd_status st = CD_OK;
    size_t w = m->r->bytes;
    uint64_t written = 0;
    uint32_t n_parts = cd_records_parts(m->maker);
    for (uint32_t k = 0; k < n_parts; k++) {
        place *now = &m->places[k % 2], *before = &m->places[(k + 1) % 2];
        uint64_t over = m->r->rows - written;
        cd_records_part(m->maker, k, now->part);
        CD_TRY(cd_background_wait(&m->writing, err));
        now->first = now->part - over * w;
        if (over) memcpy(now->first, before->first + (written - before->from) * w, over * w);
        now->from = written;
        now->to = k + 1 < n_parts ? m->r->rows / CD_PUT_BLOCK * CD_PUT_BLOCK : m->r->rows;
        written = now->to;
        if (now->to > now->from) cd_background_begin(&m->writing, put, now);
    }
    source->batches_done(source->context);
done:
    return st;
}

/* Few rows are made in one piece: then it is known how many they are before any is written. */
static cd_status make_room(making *m, cd_err *err)
{
    uint64_t rows = cd_records_most(m->maker);
    bool one = cd_records_parts(m->maker) == 1;
    cd_status st = cd_records_room(m->r, one ? rows : 2 * (LEFT_OVER + rows), err);
    if (st != CD_OK) return st;
    m->places[0].part = m->r->records + (one ? 0 : (size_t)LEFT_OVER * m->r->bytes);
    m->places[1].part = m->places[0].part + (LEFT_OVER + rows) * m->r->bytes;
    return CD_OK;
}

cd_status cd_table_write(cd_segment_writer *w, const cd_table_source *source, size_t memory_bytes, cd_records *out,
                         cd_err *err)
{
    cd_status st = CD_OK;
    cd_table_writer *writer = NULL;
    making m = {.r = out};
    CD_TRY(cd_records_begin(source->table, source->index, source->batches, source->n_batches, source->meanings,
                            source->snapshot, source->last_file, source->n_left, source->n_right, source->part_rows,
                            out, &m.maker, err));
    CD_TRY(make_room(&m, err));
    if (cd_records_parts(m.maker) == 1) {
        cd_records_part(m.maker, 0, out->records);
        source->batches_done(source->context);
        if (out->rows == 0) goto done;
        CD_TRY(cd_table_begin(w, out, out->rows, &writer, err));
        CD_TRY(cd_table_put(writer, out->records, 0, out->rows, err));
    } else {
        CD_TRY(cd_table_begin(w, out, cd_records_offered(m.maker), &writer, err));
        m.places[0].writer = m.places[1].writer = writer;
        CD_TRY(make_and_put(&m, source, err));
        CD_TRY(cd_background_wait(&m.writing, err));
    }
    cd_table_writer *whole = writer;
    writer = NULL;
    CD_TRY(cd_table_end(whole, source->texts, memory_bytes, err));
done:
    if (st != CD_OK) (void)!cd_background_wait(&m.writing, err);
    cd_table_abandon(writer);
    cd_records_end(m.maker);
    cd_records_drop(out);
    return st;
}
