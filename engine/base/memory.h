/* SPDX-License-Identifier: GPL-3.0-or-later
 * memory.h: every byte that candour allocates comes through here.
 *
 * Sizes are checked for overflow, failures carry a message, and a test can make the k-th request fail. Three kinds:
 *   - cd_alloc / cd_free: what lives long, in pairs;
 *   - cd_arena: what dies together (the strings of a load, the plan of a query);
 *   - cd_pages: large arrays, straight from the system in huge pages where it has them, given back at once when freed.
 * All functions may be called from several threads; one arena belongs to one thread at a time. */
#ifndef CD_BASE_MEMORY_H
#define CD_BASE_MEMORY_H

#include "engine/base/status.h"

/* n * size bytes, zeroed; NULL and a message if they cannot be had. n * size == 0 gives a pointer for cd_free. */
void *cd_alloc(size_t n, size_t size, cd_err *err);
/* p grown or shrunk to n * size bytes; what is new is not zeroed. On failure NULL, and p is still the caller's. */
void *cd_realloc(void *p, size_t n, size_t size, cd_err *err);
void cd_free(void *p);

/* p = n zeroed elements, or goto done. */
#define CD_NEW(p, n)                                                                                                   \
    do {                                                                                                               \
        (p) = cd_alloc((n), sizeof *(p), err);                                                                         \
        if (!(p)) {                                                                                                    \
            st = CD_EMEMORY;                                                                                           \
            goto done;                                                                                                 \
        }                                                                                                              \
    } while (0)

/* Makes room for at least `need` elements in an array of *cap; doubles, so that appending is cheap. */
CD_CHECKED cd_status cd_grow(void *array_pointer, size_t *cap, size_t need, size_t size, cd_err *err);

/* Large zeroed arrays. The size is remembered by the caller, who hands it back. */
void *cd_pages_new(size_t n, size_t size, cd_err *err);
void cd_pages_free(void *p, size_t n, size_t size);

/* Bytes held through this file right now, and the most there were since the last cd_memory_mark. */
size_t cd_memory_now(void);
size_t cd_memory_peak(void);
void cd_memory_mark(void);

/* For tests: the k-th request from now (0 is the next) fails, once. Negative: none does. */
void cd_memory_fail_at(int64_t k);
/* Whether that request has come. */
bool cd_memory_failed(void);

typedef struct cd_arena_block cd_arena_block;
/* Zero-initialise, or `= {0}`. */
typedef struct {
    cd_arena_block *last;
    size_t bytes; /* asked for so far */
} cd_arena;

/* Aligned to 16; not zeroed. */
void *cd_arena_alloc(cd_arena *a, size_t n, size_t size, cd_err *err);
/* A copy of n bytes, with a NUL after them. */
char *cd_arena_copy(cd_arena *a, const void *bytes, size_t n, cd_err *err);
void cd_arena_release(cd_arena *a);

/* A growing text: for JSON, CSV, reports. Zero-initialise. A failure sticks: look at status once, at the end. */
typedef struct {
    char *bytes;
    size_t n, cap;
    cd_status status;
} cd_buffer;

void cd_buffer_add(cd_buffer *b, const void *bytes, size_t n);
void cd_buffer_printf(cd_buffer *b, const char *format, ...) CD_PRINTF(2, 3);
void cd_buffer_release(cd_buffer *b);

#endif
