/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernel_out.h: a kernel's answer as it comes, as a table for people, as CSV, or as JSON. CSV and JSON go out as they
 * come, however long they are; a table is aligned when all of it is known, so its rows are few (--top). */
#ifndef QUERIES_KERNEL_OUT_H
#define QUERIES_KERNEL_OUT_H

#include "engine/candour.h"
#include "queries/print.h"

typedef enum { KERNEL_TABLE, KERNEL_CSV, KERNEL_JSON } kernel_form;

typedef struct {
    kernel_form form;
    cd_buffer *out; /* written to standard output whenever it holds much */
    bool begun;
    uint64_t rows;
    print_table table;
    cd_buffer facts; /* as they will be printed */
} kernel_out;

/* Opens what every form begins with. `kernel` is named in JSON. */
void kernel_out_begin(kernel_out *k, kernel_form form, const char *kernel, cd_buffer *out);
/* To hand to candour_kernel_run. */
candour_sink kernel_out_sink(kernel_out *k);
/* Closes it; also after a failure, where it only gives back what it took. */
CD_CHECKED cd_status kernel_out_end(kernel_out *k, bool failed, cd_err *err);

#endif
