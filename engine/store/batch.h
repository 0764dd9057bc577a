/* SPDX-License-Identifier: GPL-3.0-or-later
 * batch.h: a block of rows as it waits in memory: every column as codes of the narrowest width, as in the store. */
#ifndef CD_STORE_BATCH_H
#define CD_STORE_BATCH_H

#include "engine/base/memory.h"
#include "engine/candour.h"
#include "engine/store/segment.h"

/* Memory that a lane fills from the front and gives back as a whole. Zero-initialise. */
typedef struct cd_pool_part cd_pool_part;
typedef struct {
    cd_pool_part *last;
    size_t bytes; /* held */
} cd_pool;
void *cd_pool_alloc(cd_pool *pool, size_t bytes, cd_err *err);
void cd_pool_release(cd_pool *pool);

/* Codes with what is known of them: lo > hi where every value is unknown. Of a real column the codes are the doubles.
 */
typedef struct {
    cd_codes codes;
    int64_t lo, hi;
    bool unknowns;
} cd_packed;

typedef struct {
    uint32_t n, lane, source;
    uint64_t sequence;
    uint32_t refused;    /* rows that were taken out of it because no roster of their time is known */
    int64_t first_line;  /* where lines follow one another, that is all that is kept of them; else 0 */
    cd_packed line;
    cd_packed *columns; /* of ids and texts: the lane's codes */
} cd_batch;

/* For qsort of pointers to batches: the order of their sources, and of the rows in them. */
int cd_batch_order(const void *a, const void *b);

/* The narrowest width whose codes hold 0 .. span and "unknown". */
uint32_t cd_width_for(uint64_t span);

CD_CHECKED cd_status cd_pack_integers(cd_pool *pool, const int64_t *values, uint32_t n, cd_packed *out, cd_err *err);
CD_CHECKED cd_status cd_pack_ids(cd_pool *pool, const uint32_t *codes, uint32_t n, cd_packed *out, cd_err *err);
CD_CHECKED cd_status cd_pack_reals(cd_pool *pool, const double *values, uint32_t n, cd_packed *out, cd_err *err);

/* n <= CANDOUR_BLOCK_ROWS values again; unknown is CANDOUR_UNKNOWN, of an id or text CD_NONE. */
void cd_unpack_integers(const cd_packed *p, uint32_t n, int64_t *out);
void cd_unpack_ids(const cd_packed *p, uint32_t n, uint32_t *out);

CD_CHECKED cd_status cd_pack_lines(cd_pool *pool, const int64_t *lines, uint32_t n, cd_batch *batch, cd_err *err);
void cd_unpack_lines(const cd_batch *batch, int64_t *out);

#endif
