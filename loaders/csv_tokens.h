/* SPDX-License-Identifier: GPL-3.0-or-later
 * csv_tokens.h: where the fields of CSV text end: one pass over the bytes, 64 at a time where the processor can.
 *
 * The grammar, which every path keeps to the byte (csv_scan_plain is its plain statement):
 *   - a row ends at LF, at CR LF, or at a CR that no LF follows;
 *   - a field that begins with a quote runs to the next quote that is not doubled; separators and line ends in it are text.
 *     What follows its closing quote up to the next separator or line end belongs to the field too, and makes it faulty;
 *   - anywhere else a quote is an ordinary character. */
#ifndef LOADERS_CSV_TOKENS_H
#define LOADERS_CSV_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { CSV_PLAIN, CSV_SSE, CSV_AVX2, CSV_AVX512, CSV_N_LEVELS } csv_level;

/* The widest level that this processor has. */
csv_level csv_level_best(void);
bool csv_level_here(csv_level level);

typedef struct {
    size_t n;                  /* marks written */
    uint64_t row_ends;         /* of them, the line ends */
    uint64_t quoted_line_ends; /* line ends inside quoted fields: not marked */
    bool quotes, high, nul;    /* whether the text has a quote, a byte >= 0x80, a NUL */
} csv_marks;

/* Bytes that may be written past the n-th mark. */
enum { CSV_MARK_SLACK = 64 };

/* Writes the position of every separator and line end that ends a field. The text begins where a row begins;
 * text[n] must be readable: it decides whether a last CR is a line end. `mark` has room for n + CSV_MARK_SLACK.
 * n < 2^32; separator is none of quote, CR, LF. */
void csv_scan(csv_level level, const char *text, size_t n, char separator, uint32_t *mark, csv_marks *out);

/* Line ends in text[0, n), quoted or not; text[n] must be readable. */
uint64_t csv_count_lines(const char *text, size_t n);

/* A row walked over piece by piece, where it is too long to be held. Zero-initialise. */
typedef struct {
    uint8_t state;
    bool cr;              /* the last byte was a CR: the next one says what it was */
    bool ended;           /* the row's end is behind us */
    uint64_t bytes, lines; /* of the row so far, its own line end included */
    uint32_t end_bytes;   /* of that line end */
    uint64_t quote_line;  /* line ends before the quote that opened last */
} csv_walk;

/* Walks over the next n bytes or to the row's end; returns how many bytes that were. */
size_t csv_walk_on(csv_walk *walk, const char *text, size_t n, char separator);
/* The input has ended before the row has. */
void csv_walk_end(csv_walk *walk);
/* Whether it has ended inside a quoted field. */
bool csv_walk_is_open(const csv_walk *walk);

/* Of a row that ends inside a quoted field: where that field's quote is. */
size_t csv_open_quote(const char *text, size_t n, char separator);

#endif
