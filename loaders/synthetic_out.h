/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_out.h: the folder that a force is written into, and ordered writing by several threads.
 *
 * Work is cut into blocks. Threads fill the text of blocks in any order; the place of a block in its files depends only
 * on the blocks before it, so the bytes are the same at any thread count. At most one block a thread is held. */
#ifndef LOADERS_SYNTHETIC_OUT_H
#define LOADERS_SYNTHETIC_OUT_H

#include "engine/base/progress.h"
#include "engine/base/status.h"
#include "loaders/synthetic.h"
#include "loaders/synthetic_text.h"

typedef enum {
    SYN_OFFICERS, SYN_CASES, SYN_SHIFTS, SYN_ASSOCIATIONS, SYN_COMPLAINTS, SYN_ACCESSES, SYN_ASSIGNMENTS, SYN_ROSTER,
    SYN_SUBJECTS, SYN_LINKS, SYN_DECLARATIONS, SYN_ALLEGATIONS, SYN_PRESENCE, SYN_PAY, SYN_FINANCE, SYN_FINDINGS,
    SYN_TIES, SYN_PROTECTED, SYN_TRUTH, SYN_FILES
} syn_file;

/* The text of one block for one file. `end` follows the last byte written; the block function moves it. */
typedef struct {
    char *bytes, *end;
    size_t cap;
    uint64_t rows;
    uint64_t promised; /* bytes that the pass's syn_more will write of this block, instead of text now */
} syn_text;

/* Room for n more bytes, and SYN_SLACK after them. */
CD_CHECKED cd_status syn_text_room(syn_text *t, size_t n, cd_err *err);

typedef struct syn_out syn_out;

/* Makes the folder if there is none; refuses one that holds anything. */
CD_CHECKED cd_status syn_out_open(const char *folder, uint32_t threads, const cd_progress *progress, syn_out **out,
                                  cd_err *err);
/* Gives the files their names, once all were written. */
CD_CHECKED cd_status syn_out_commit(syn_out *o, cd_err *err);
/* Removes what was not committed. Takes NULL. */
void syn_out_close(syn_out *o);

/* Writes the block's rows at texts[i].end for each file i of the pass. Called once a block, by any thread; `lane` is
 * below the number of threads and is one thread's at a time. */
typedef cd_status (*syn_block)(void *context, uint32_t lane, uint64_t block, syn_text *texts, cd_err *err);

/* Writes the next part of a block whose size was promised: a few hundred kilobytes at text->end, so that they are
 * still in the processor's cache when they are written. */
typedef cd_status (*syn_more)(void *context, uint32_t lane, uint64_t block, syn_text *text, cd_err *err);

enum { SYN_PASS_FILES = 3, SYN_PART_BYTES = 256 * 1024 };

/* Writes files[0..n_files) with their header lines, from n_blocks blocks. more, if there is one, is for the first. */
CD_CHECKED cd_status syn_out_pass(syn_out *o, uint32_t n_files, const syn_file *files, uint64_t n_blocks,
                                  syn_block block, syn_more more, void *context, cd_err *err);

void syn_out_report(const syn_out *o, synthetic_report *report);

#endif
