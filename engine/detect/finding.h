/* SPDX-License-Identifier: GPL-3.0-or-later
 * finding.h: what a detector says of an officer, and on what it rests. Plain data: the ranking reads it, a sweep keeps
 * it. */
#ifndef CD_DETECT_FINDING_H
#define CD_DETECT_FINDING_H

#include "engine/base/memory.h"
#include "engine/base/slice.h"

enum {
    CD_CENTIBANS = 1000, /* in a factor of ten */
    CD_REDRAWS = 16      /* how often the peers are drawn again, to see what hangs on who they are */
};

/* A row that a finding rests on, of any table: where it stands. What it says is read when the sweep is put together. */
typedef struct {
    uint32_t table; /* of the ontology */
    uint32_t segment, row;
    uint32_t counts; /* bit t: in count t of the finding. In no count of a finding that has some: context */
} cd_cited;

/* One count that was held against what peers would have: under the null it is negative binomial (chance.h). */
typedef struct {
    char what[64]; /* "sensitive files" */
    uint32_t seen;
    double expected, shape;
    double weight; /* of this count within the detector */
    double temper; /* its chance is taken to this power: how much wider the peers spread than the null says */
} cd_counted;

typedef struct {
    uint32_t officer;  /* its place */
    uint32_t detector; /* in cd_detectors */
    uint32_t cluster;  /* from 1; 0: it is of nobody else */
    uint32_t peers;
    int32_t gain_centibans;      /* how many times likelier, by this detector alone */
    int32_t redrawn[CD_REDRAWS]; /* the same, were the peers drawn again */
    int32_t dismissed_centibans; /* what dismissed complaints make of the gain */
    const char *words;           /* "9 sensitive files of other units, 0.8 expected" */
    double base; /* what of the gain is in none of the counts, as a factor; the gain itself where n_counted is 0 */
    uint32_t n_counted, n_cited;
    cd_counted *counted;
    cd_cited *cited;
} cd_finding;

/* What everything above is stored in; dies together. */
typedef struct {
    cd_arena arena;
    cd_finding *list;
    size_t n, cap;
} cd_findings;

static inline void cd_findings_release(cd_findings *f)
{
    cd_arena_release(&f->arena);
    cd_free(f->list);
    *f = (cd_findings){0};
}

#endif
