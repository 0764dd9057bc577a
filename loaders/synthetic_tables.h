/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_tables.h: the files that do not grow by the day, each written in the order of its ids. */
#ifndef LOADERS_SYNTHETIC_TABLES_H
#define LOADERS_SYNTHETIC_TABLES_H

#include "loaders/synthetic_force.h"
#include "loaders/synthetic_out.h"

/* All of them. After syn_days_write, which counts the overtime that is paid here. */
CD_CHECKED cd_status syn_tables_write(syn_force *f, syn_out *out, cd_err *err);

/* Its parts: officers, protected, truth; pay, finance, findings; cases, assignments, subjects; associations, links,
 * declarations, ties; complaints, allegations. */
CD_CHECKED cd_status syn_officers_write(syn_force *f, syn_out *out, cd_err *err);
CD_CHECKED cd_status syn_money_write(syn_force *f, syn_out *out, cd_err *err);
CD_CHECKED cd_status syn_cases_write(syn_force *f, syn_out *out, cd_err *err);
CD_CHECKED cd_status syn_ties_write(syn_force *f, syn_out *out, cd_err *err);
CD_CHECKED cd_status syn_complaints_write(syn_force *f, syn_out *out, cd_err *err);

enum { SYN_BLOCK = 4096 }; /* ids a block */

static inline uint64_t syn_blocks(uint64_t n) { return (n + SYN_BLOCK - 1) / SYN_BLOCK; }
/* One past the last id of a block of ids from 1 to n; the first is block * SYN_BLOCK + 1. */
static inline uint32_t syn_block_end(uint64_t block, uint32_t n)
{
    uint64_t end = (block + 1) * SYN_BLOCK + 1;
    return end < (uint64_t)n + 1 ? (uint32_t)end : n + 1;
}

#endif
