/* SPDX-License-Identifier: GPL-3.0-or-later
 * csv_blocks.h: cuts a stream of CSV into blocks of whole rows, handed to any number of threads.
 *
 * Threads pass the input hand over hand: under one lock a thread reads the next bytes into its own buffer, finds where
 * their fields end, and leaves the unfinished last row to whoever comes next; before it lets go it takes the second
 * lock, under which it hashes what it read while the next thread reads. What it then does with its rows needs no lock.
 * As a block begins where a row begins, quotes and line numbers are exact whatever the blocks' size. The scan costs less
 * than the hash, so that the order it forces is not what limits the speed.
 * A buffer grows to hold a row that is longer than a block; of a row over CSV_ROW_BYTES_MAX only the beginning is kept, so
 * that memory is bounded by the threads and that limit. */
#ifndef LOADERS_CSV_BLOCKS_H
#define LOADERS_CSV_BLOCKS_H

#include "engine/base/memory.h"
#include "loaders/byte_source.h"
#include "loaders/csv_tokens.h"

enum { CSV_ROW_BYTES_MAX = 16 << 20, CSV_BLOCK_BYTES = 512 << 10, CSV_PAD = 64, CSV_LONG_ROW_KEPT = 256 };

/* One thread's buffer. Zero-initialise. */
typedef struct {
    char *bytes;    /* CSV_PAD readable bytes follow the last */
    size_t cap;     /* not counting the pad */
    uint32_t *mark; /* mark[-1] may be read: the byte before the first row, as UINT32_MAX */
    size_t n;       /* bytes of whole rows */
    csv_marks marks;
    uint64_t sequence, first_line;
    size_t n_open; /* bytes after them, at the end of the input alone: a row whose quote is never closed */
    /* A row over the limit is a block of its own, and the first n_long bytes of it (never 0) are all that it holds: */
    size_t n_long;
    bool long_is_open;        /* it is the last one, and its quote is never closed: */
    uint64_t long_quote_line; /* which stands here */
} csv_block;

void csv_block_release(csv_block *block);

typedef struct {
    csv_level level;
    char separator;
    size_t block_bytes; /* read at once; 0: CSV_BLOCK_BYTES */
    size_t row_bytes;   /* the longest row, its line end counted; 0: CSV_ROW_BYTES_MAX */
} csv_blocks_options;

typedef struct csv_blocks csv_blocks;

/* The source is borrowed, and read by the blocks alone from here on. */
CD_CHECKED cd_status csv_blocks_new(byte_source *source, const char *name, const csv_blocks_options *options,
                                    csv_blocks **out, cd_err *err);
void csv_blocks_free(csv_blocks *blocks);

/* Before the first block: shows the first rows that are still to come, at least one unless the input has none, and
 * takes nothing. `block` is as csv_blocks_next would fill it; but a first row over the limit is an error here. */
CD_CHECKED cd_status csv_blocks_peek(csv_blocks *blocks, csv_block *block, cd_err *err);
/* Takes the first n bytes and n_lines lines of what was shown. */
void csv_blocks_skip(csv_blocks *blocks, size_t n, uint64_t n_lines);
void csv_blocks_separate_by(csv_blocks *blocks, char separator);
char csv_blocks_separator(const csv_blocks *blocks);

/* The next block, from any thread. *more is false at the end, and after a failure of another thread. */
CD_CHECKED cd_status csv_blocks_next(csv_blocks *blocks, csv_block *block, bool *more, cd_err *err);
/* No thread gets another block. */
void csv_blocks_stop(csv_blocks *blocks);

/* How far the reading is: bytes of the file on disk. */
uint64_t csv_blocks_taken(const csv_blocks *blocks);
/* Bytes of text in all, once the end was reached. */
uint64_t csv_blocks_text_bytes(const csv_blocks *blocks);

#endif
