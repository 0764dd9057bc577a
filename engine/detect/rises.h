/* SPDX-License-Identifier: GPL-3.0-or-later
 * rises.h: who has come to stand higher among their peers, in something that is said of every month, than they stood
 * before.
 *
 * Each month an officer has a place among the peers of that month, so that what the month does to all of them is not
 * there any more, and nobody's places are moved far by one large sum. A rise runs from one month to another, two at
 * least, and is held against all months before it, two at least; of an officer the steepest counts: the difference of
 * the mean places over what chance would make of so few months. How rare it is follows from how many of all officers
 * rose as much, themselves among them: over any force the mean factor is then 1 at most. */
#ifndef CD_DETECT_RISES_H
#define CD_DETECT_RISES_H

#include "engine/detect/detector.h"

enum { CD_RISE_MONTHS = 36 }; /* the last ones; what lies before them is not looked at */

typedef struct {
    bool part;             /* has enough months for a rise, since they last moved or changed roles */
    int32_t from, until;   /* months since 1970; from == until: there is none */
    uint32_t before, then; /* of a hundred peers so many stood below on average, before and within the rise */
    uint32_t steep;        /* in units that only mean something against the others' */
    uint32_t as_much;      /* officers who rose as much, the officer too */
    uint32_t of;           /* officers of whom as much is known */
    double log_p, temper;  /* evidence.h */
} cd_rise;

/* out[officers.n]. Rises that began before look->residue->since are not told. */
CD_CHECKED cd_status cd_rises_find(const cd_look *look, const cd_monthlies *of, cd_rise *out, cd_err *err);
/* Adds "overtime pay 2025-03 to 2025-05 above 93 of 100 peers, 31 before; 4 of 812 rose as much". */
void cd_rise_tell(const cd_rise *r, const char *what, cd_buffer *out);
/* Adds the rows of a rise, CD_RISE_MONTHS at most, to the n in rows, each once; returns how many there are then. */
uint32_t cd_rise_cite(const cd_look *look, const cd_rise *r, const cd_monthlies *of, cd_id officer, cd_cited *rows,
                      uint32_t n);

/* What rose, as a finding that weighs `times`: words and rows are the caller's, and copied. */
typedef struct {
    cd_id officer;
    uint32_t detector, peers, n_rows;
    double times;
    const cd_cited *rows;
} cd_risen;
CD_CHECKED cd_status cd_rise_add(const cd_risen *risen, const cd_buffer *words, cd_findings *out, cd_err *err);

#endif
