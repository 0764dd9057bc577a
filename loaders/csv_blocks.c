/* SPDX-License-Identifier: GPL-3.0-or-later
 * csv_blocks.c: reading hand over hand. */
#include "loaders/csv_blocks.h"

#include <pthread.h>
#include <string.h>

enum { MARKS_BEFORE = 16 };

struct csv_blocks {
    byte_source *source;
    const char *name;
    csv_level level;
    char separator;
    size_t block_bytes, row_bytes;
    pthread_mutex_t reading, hashing; /* taken in this order */
    /* Under `reading`: */
    char *carry; /* what was read and is not in a block yet */
    size_t n_carry, carry_cap;
    uint64_t next_sequence, next_line, text_bytes, taken;
    bool ended, stopped;
};

cd_status csv_blocks_new(byte_source *source, const char *name, const csv_blocks_options *options, csv_blocks **out,
                         cd_err *err)
{
    cd_status st = CD_OK;
    csv_blocks *b = NULL;
    CD_NEW(b, 1);
    b->source = source;
    b->name = name;
    b->level = options->level;
    b->separator = options->separator;
    b->block_bytes = options->block_bytes ? options->block_bytes : CSV_BLOCK_BYTES;
    b->row_bytes = options->row_bytes ? options->row_bytes : CSV_ROW_BYTES_MAX;
    b->next_line = 1;
    pthread_mutex_init(&b->reading, NULL);
    pthread_mutex_init(&b->hashing, NULL);
    *out = b;
done:
    return st;
}

void csv_blocks_free(csv_blocks *b)
{
    if (!b) return;
    pthread_mutex_destroy(&b->reading);
    pthread_mutex_destroy(&b->hashing);
    cd_free(b->carry);
    cd_free(b);
}

static size_t marks_for(size_t cap) { return MARKS_BEFORE + cap + CSV_PAD + CSV_MARK_SLACK; }

void csv_block_release(csv_block *block)
{
    cd_pages_free(block->bytes, block->cap + CSV_PAD, 1);
    if (block->mark) cd_pages_free(block->mark - MARKS_BEFORE, marks_for(block->cap), sizeof *block->mark);
    *block = (csv_block){0};
}

/* Makes room for `need` bytes of text, keeping the first `keep`, and nothing else that the block says. */
static cd_status block_room(csv_block *block, size_t need, size_t keep, cd_err *err)
{
    csv_block bigger = {.cap = need};
    if (need <= block->cap) return CD_OK;
    bigger.bytes = cd_pages_new(need + CSV_PAD, 1, err);
    if (!bigger.bytes) return CD_EMEMORY;
    uint32_t *marks = cd_pages_new(marks_for(need), sizeof *marks, err);
    if (!marks) {
        csv_block_release(&bigger);
        return CD_EMEMORY;
    }
    bigger.mark = marks + MARKS_BEFORE;
    bigger.mark[-1] = UINT32_MAX;
    if (keep) memcpy(bigger.bytes, block->bytes, keep);
    csv_block_release(block);
    *block = bigger;
    return CD_OK;
}

static bool ends_row(char c) { return c == '\n' || c == '\r'; }

/* Drops the marks after the last row end; returns how many bytes the whole rows have. */
static size_t whole_rows(csv_block *block)
{
    csv_marks *m = &block->marks;
    if (m->row_ends == 0) return m->n = 0;
    while (!ends_row(block->bytes[block->mark[m->n - 1]])) m->n--;
    return (size_t)block->mark[m->n - 1] + 1;
}

/* Whether a row of the n bytes is longer than the limit: then the block ends before it, at *n_rows, and there is more to
 * come. What is unfinished counts where it is all there is. */
static bool cut_before_long_row(csv_blocks *b, csv_block *block, size_t n, size_t *n_rows)
{
    csv_marks *m = &block->marks;
    uint64_t rows = 0;
    size_t from = 0, n_marks = 0;
    for (size_t i = 0; i < m->n; i++) {
        if (!ends_row(block->bytes[block->mark[i]])) continue;
        size_t end = (size_t)block->mark[i] + 1;
        if (end - from > b->row_bytes) break;
        from = end, n_marks = i + 1, rows++;
    }
    if (n_marks == m->n && (from > 0 || n <= b->row_bytes)) return false;
    m->n = n_marks, m->row_ends = rows;
    *n_rows = from;
    return true;
}

/* Fills the block from the carry and the source until it holds a row or the input ends. *n_text: bytes of text in it,
 * *n_rows: of whole rows. A last row without a line end is given one. *too_long: what it begins with is a row over the
 * limit, and it holds no others. */
static cd_status fetch(csv_blocks *b, csv_block *block, size_t *n_text, size_t *n_rows, bool *too_long, cd_err *err)
{
    cd_status st = CD_OK;
    size_t n = b->n_carry, want = b->block_bytes, got;

    if (block->cap > 8 * (b->block_bytes + n) + CSV_BLOCK_BYTES) csv_block_release(block);
    CD_TRY(block_room(block, n + want + 1, 0, err));
    if (n) memcpy(block->bytes, b->carry, n);
    for (;;) {
        CD_TRY(byte_source_read(b->source, block->bytes + n, want, &got, err));
        n += got;
        b->ended = got < want;
        size_t n_scan = n;
        if (b->ended && n > 0 && !ends_row(block->bytes[n - 1])) block->bytes[n_scan++] = '\n';
        /* What follows decides about a last CR: while more may come it is left for the next block. */
        block->bytes[n_scan] = b->ended ? ' ' : '\n';
        csv_scan(b->level, block->bytes, n_scan, b->separator, block->mark, &block->marks);
        *n_rows = whole_rows(block);
        bool cut = n_scan > b->row_bytes && cut_before_long_row(b, block, n, n_rows);
        *too_long = cut && *n_rows == 0;
        if (cut && !*too_long) b->ended = false;
        if (*too_long || *n_rows > 0 || b->ended) break;
        want = n > b->block_bytes ? n : b->block_bytes;
        CD_TRY(block_room(block, n + want + 1, n, err));
    }
    *n_text = n;
done:
    return st;
}

static cd_status carry_set(csv_blocks *b, const char *bytes, size_t n, cd_err *err)
{
    cd_status st = cd_grow(&b->carry, &b->carry_cap, n, 1, err);
    if (st != CD_OK) return st;
    if (n) memcpy(b->carry, bytes, n);
    b->n_carry = n;
    return CD_OK;
}

cd_status csv_blocks_peek(csv_blocks *b, csv_block *block, cd_err *err)
{
    cd_status st = CD_OK;
    size_t n_text, before = b->n_carry;
    bool too_long;
    CD_TRY(fetch(b, block, &n_text, &block->n, &too_long, err));
    if (too_long)
        CD_TRY(cd_fail(err, CD_EINPUT, "'%s' line %llu: a row of more than %zu MiB begins here; %s", b->name,
                       (unsigned long long)b->next_line, b->row_bytes >> 20,
                       memchr(block->bytes, '"', n_text) ? "look for a quote that is never closed" : "is this a CSV file?"));
    byte_source_hash(b->source, block->bytes + before, n_text - before);
    CD_TRY(carry_set(b, block->bytes, n_text, err));
    block->first_line = b->next_line;
    block->n_open = block->n < n_text ? n_text - block->n : 0;
done:
    return st;
}

void csv_blocks_skip(csv_blocks *b, size_t n, uint64_t n_lines)
{
    if (n > b->n_carry) n = b->n_carry; /* the line end that fetch gave to a last row */
    b->n_carry -= n;
    memmove(b->carry, b->carry + n, b->n_carry);
    b->next_line += n_lines;
    b->text_bytes += n;
}

void csv_blocks_separate_by(csv_blocks *b, char separator) { b->separator = separator; }
char csv_blocks_separator(const csv_blocks *b) { return b->separator; }

/* Under `reading`: leaves a row over the limit behind, all of it but its beginning, which is in the block with whatever
 * else of the n bytes. Those from `from` on are not hashed yet. */
static cd_status walk_over(csv_blocks *b, csv_block *block, size_t from, size_t n, cd_err *err)
{
    cd_status st = CD_OK;
    csv_walk walk = {0};
    size_t kept = n < CSV_LONG_ROW_KEPT ? n : CSV_LONG_ROW_KEPT, used;
    CD_TRY(block_room(block, CSV_LONG_ROW_KEPT + b->block_bytes, n, err));
    char *piece = block->bytes;
    pthread_mutex_lock(&b->hashing);
    byte_source_hash(b->source, piece + from, n - from);
    while (used = csv_walk_on(&walk, piece, n, b->separator), !walk.ended && !b->ended) {
        if (piece > block->bytes) kept = kept + n < CSV_LONG_ROW_KEPT ? kept + n : CSV_LONG_ROW_KEPT;
        piece = block->bytes + kept;
        st = byte_source_read(b->source, piece, b->block_bytes, &n, err);
        if (st != CD_OK) break;
        b->ended = n < b->block_bytes;
        byte_source_hash(b->source, piece, n);
    }
    pthread_mutex_unlock(&b->hashing);
    if (st != CD_OK) goto done;
    if (piece > block->bytes) kept = kept + used < CSV_LONG_ROW_KEPT ? kept + used : CSV_LONG_ROW_KEPT;
    if (!walk.ended) csv_walk_end(&walk);
    CD_TRY(carry_set(b, piece + used, n - used, err));
    b->ended = b->ended && used == n;
    block->n_long = walk.bytes - walk.end_bytes < kept ? (size_t)(walk.bytes - walk.end_bytes) : kept;
    block->long_is_open = csv_walk_is_open(&walk);
    block->long_quote_line = b->next_line + walk.quote_line;
    b->next_line += walk.lines;
    b->text_bytes += walk.bytes;
done:
    return st;
}

/* Under `reading`: the next block, and how much of it was newly read, from which byte. */
static cd_status take(csv_blocks *b, csv_block *block, size_t *from, size_t *n_text, cd_err *err)
{
    cd_status st = CD_OK;
    size_t n_rows;
    bool too_long;
    uint64_t first_line = b->next_line;
    *from = b->n_carry;
    CD_TRY(fetch(b, block, n_text, &n_rows, &too_long, err));
    block->n_long = block->n_open = 0;
    if (too_long) CD_TRY(walk_over(b, block, *from, *n_text, err));
    block->n = n_rows;
    block->sequence = b->next_sequence++;
    block->first_line = first_line;
    if (too_long) {
        *from = *n_text; /* hashed, and nothing is left to count */
        goto done;
    }
    if (b->ended && n_rows < *n_text) block->n_open = *n_text - n_rows;
    CD_TRY(carry_set(b, block->bytes + n_rows, b->ended || n_rows > *n_text ? 0 : *n_text - n_rows, err));
    if (block->marks.quoted_line_ends > 0)
        block->marks.quoted_line_ends = csv_count_lines(block->bytes, n_rows) - block->marks.row_ends;
    b->next_line += block->marks.row_ends + block->marks.quoted_line_ends;
    b->text_bytes += b->ended ? *n_text : n_rows;
done:
    __atomic_store_n(&b->taken, byte_source_taken(b->source), __ATOMIC_RELAXED);
    return st;
}

cd_status csv_blocks_next(csv_blocks *b, csv_block *block, bool *more, cd_err *err)
{
    cd_status st = CD_OK;
    size_t from = 0, n_text = 0;
    pthread_mutex_lock(&b->reading);
    *more = !b->stopped;
    if (*more) {
        st = take(b, block, &from, &n_text, err);
        b->stopped = st != CD_OK || b->ended;
        *more = st == CD_OK && n_text > 0;
    }
    if (!*more) {
        pthread_mutex_unlock(&b->reading);
        return st;
    }
    pthread_mutex_lock(&b->hashing);
    pthread_mutex_unlock(&b->reading);
    byte_source_hash(b->source, block->bytes + from, n_text - from);
    pthread_mutex_unlock(&b->hashing);
    return CD_OK;
}

void csv_blocks_stop(csv_blocks *b)
{
    pthread_mutex_lock(&b->reading);
    b->stopped = true;
    pthread_mutex_unlock(&b->reading);
}

/* Without the lock, which is held for as long as the input lets us wait. */
uint64_t csv_blocks_taken(const csv_blocks *b) { return __atomic_load_n(&b->taken, __ATOMIC_RELAXED); }

uint64_t csv_blocks_text_bytes(const csv_blocks *b) { return b->text_bytes; }
