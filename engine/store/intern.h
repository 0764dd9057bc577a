/* SPDX-License-Identifier: GPL-3.0-or-later
 * intern.h: one thread's dictionary of the ids of a kind, or of the values of a text column: text to small code, in the
 * order of first sight. What the codes come to mean for all threads is settled later (unify.h); no thread waits for
 * another here. */
#ifndef CD_STORE_INTERN_H
#define CD_STORE_INTERN_H

#include "engine/base/memory.h"
#include "engine/base/slice.h"

typedef struct cd_intern cd_intern;

cd_intern *cd_intern_new(cd_err *err);
void cd_intern_free(cd_intern *d);

/* codes[i] = the code of text[i], UINT32_MAX where it is no text. 16 bytes from each .bytes must be readable. */
CD_CHECKED cd_status cd_intern_codes(cd_intern *d, const cd_slice *text, uint32_t n, uint32_t *codes, cd_err *err);
uint32_t cd_intern_count(const cd_intern *d);
/* The texts by code: the dictionary's, until it is freed. */
const cd_slice *cd_intern_texts(const cd_intern *d);
/* Where every text of a dictionary is one prefix and a number of fixed length: the number's way to its code. Then the
 * order of the numbers is the order of the bytes. */
typedef struct {
    cd_slice first;        /* one of the texts */
    uint32_t digits;
    const uint32_t *table; /* number -> code + 1, 0: not there */
    uint32_t cap;
} cd_intern_numbers;
/* False where the texts are not like that. */
bool cd_intern_as_numbers(const cd_intern *d, cd_intern_numbers *out);
/* Bytes it holds, for the load's budget. */
size_t cd_intern_bytes(const cd_intern *d);

#endif
