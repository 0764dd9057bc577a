/* SPDX-License-Identifier: GPL-3.0-or-later
 * query.c: any text is refused in words, at a place within it, or is a query that prints as a text which reads as the
 * same tree; and the binder takes or refuses that. */
#include <stdlib.h>
#include <string.h>

#include "queries/language/bind.h"
#include "queries/language/parse.h"
#include "tests/support/query_shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_told(const query_fault *fault, const cd_err *err, cd_slice text)
{
    if (err->status != CD_EUSAGE || !err->text[0] || !fault->type || !fault->detail) abort();
    if (fault->at > text.n) abort();
}

static cd_buffer shape(const query *q)
{
    cd_buffer out = {0};
    query_shape(q, &out);
    if (out.status != CD_OK) abort();
    return out;
}

/* `q` printed and read again is `q`. */
static void must_come_back(query *q, cd_arena *arena)
{
    cd_buffer text = {0}, before = shape(q);
    cd_err err = {0};
    query_fault fault = {0};
    query *back;
    query_print(q, &text);
    if (text.status != CD_OK) abort();
    if (query_parse((cd_slice){text.bytes, (uint32_t)text.n}, arena, &back, &fault, &err) != CD_OK) abort();
    cd_buffer after = shape(back);
    if (after.n != before.n || memcmp(after.bytes, before.bytes, before.n) != 0) abort();
    cd_buffer_release(&text);
    cd_buffer_release(&before);
    cd_buffer_release(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cd_slice text = {(const char *)data, (uint32_t)size};
    size_t before = cd_memory_now();
    cd_arena arena = {0};
    cd_err err = {0};
    query_fault fault = {0};
    query *q;
    if (query_parse(text, &arena, &q, &fault, &err) == CD_OK) {
        must_come_back(q, &arena);
        query_name_columns(q);
        must_come_back(q, &arena);
        if (query_bind(q, &arena, &fault, &err) != CD_OK) must_be_told(&fault, &err, text);
    } else {
        must_be_told(&fault, &err, text);
    }
    cd_arena_release(&arena);
    if (cd_memory_now() != before) abort();
    return 0;
}
