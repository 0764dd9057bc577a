/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_cases.h: case files, who works on them, and how busy each is on a day. */
#ifndef LOADERS_SYNTHETIC_CASES_H
#define LOADERS_SYNTHETIC_CASES_H

#include "loaders/synthetic_force.h"

enum { SYN_TEAM_MAX = 20, SYN_CASE_KINDS = 16 };
extern const char *const syn_case_kinds[SYN_CASE_KINDS];
enum { SYN_KIND_DOMESTIC = 3, SYN_KIND_CHILD = 4, SYN_KIND_OPERATION = 15 };

typedef struct {
    uint32_t officer;
    syn_task task;
} syn_part;

/* Who works on the file and since when, reopening included: at most SYN_TEAM_MAX parts; returns how many. */
uint32_t syn_team_of(const syn_force *f, uint32_t file, syn_part out[SYN_TEAM_MAX]);

/* The second at which a file that closes on that day closes. */
int32_t syn_closing(const syn_case *c, int16_t day);

/* And at which it is opened again. */
int32_t syn_reopening(const syn_case *c);

/* How much a task asks for on a day, against others; 0: nothing. */
static inline uint32_t syn_heat(const syn_task *t, int32_t day)
{
    static const uint8_t tail[32] = {6, 5, 5, 4, 4, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2,
                                     1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    int32_t age = day - syn_day_of(t->from);
    if (age < 0 || day >= t->until) return 0;
    if (age <= t->burst) return 14;
    return age < 128 ? tail[age >> 2] : 1;
}

#endif
