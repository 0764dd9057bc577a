/* SPDX-License-Identifier: GPL-3.0-or-later
 * image.h: a sweep as arrays: what its HDF5 file holds, what is mapped when it is read, and nothing besides. It stands
 * for itself: ids, words and names of source files are in it, so that it can be read when the store has moved on.
 *
 * Texts are one pool; text i is bytes [text_end[i - 1], text_end[i]). The first n officers' texts are their ids,
 * rising. */
#ifndef CD_SWEEP_IMAGE_H
#define CD_SWEEP_IMAGE_H

#include "engine/base/hash.h"
#include "engine/base/memory.h"
#include "engine/base/slice.h"
#include "engine/store/segment.h"

/* name, C type, type in the file */
#define CD_IMAGE_ARRAYS(X)                                                                                             \
    X(policy, uint8_t, CD_U8) /* its text, as cd_policy_print has it */                                                \
    X(text_end, uint64_t, CD_U64)                                                                                      \
    X(text_bytes, uint8_t, CD_U8)                                                                                      \
    X(detector_name, uint32_t, CD_U32) /* a text */                                                                    \
    X(detector_about, uint32_t, CD_U32)                                                                                \
    X(detector_family, uint32_t, CD_U32)  /* an index of families */                                                   \
    X(detector_state, uint32_t, CD_U32)   /* cd_detector_state */                                                      \
    X(detector_missing, uint64_t, CD_U64) /* bits CD_NEEDS_* */                                                        \
    X(detector_share, double, CD_F64)     /* within its family */                                                      \
    X(family_name, uint32_t, CD_U32)                                                                                   \
    X(family_lane, uint32_t, CD_U32)    /* cd_lane */                                                                  \
    X(officer_score, int64_t, CD_U64)   /* of the conduct lane */                                                      \
    X(officer_look, int64_t, CD_U64)    /* the mean of the conduct families' factors, that tiers go by */              \
    X(officer_standing, double, CD_F64) /* over all sweeps so far */                                                   \
    X(officer_tier, uint32_t, CD_U32)                                                                                  \
    X(officer_unit, uint32_t, CD_U32) /* texts; CD_NONE: unknown */                                                    \
    X(officer_role, uint32_t, CD_U32)                                                                                  \
    X(officer_rank, uint32_t, CD_U32)                                                                                  \
    X(officer_works, uint32_t, CD_U32)    /* whether they opened any file */                                           \
    X(officer_family, int64_t, CD_U64)    /* [officer][family] centibans */                                            \
    X(officer_reasons, uint32_t, CD_U32)  /* [officer][reason] accesses */                                             \
    X(officer_findings, uint64_t, CD_U64) /* end of each officer's findings */                                         \
    X(officer_highest, uint32_t, CD_U32)  /* the first and the last place in the queue, over all draws of the peers */ \
    X(officer_lowest, uint32_t, CD_U32)                                                                                \
    X(queue, uint32_t, CD_U32) /* officers by falling score */                                                         \
    X(finding_detector, uint32_t, CD_U32)                                                                              \
    X(finding_cluster, uint32_t, CD_U32)                                                                               \
    X(finding_peers, uint32_t, CD_U32)                                                                                 \
    X(finding_gain, int64_t, CD_U64)                                                                                   \
    X(finding_dismissed, int64_t, CD_U64) /* of the gain: what dismissed complaints make of it */                      \
    X(finding_words, uint32_t, CD_U32)                                                                                 \
    X(finding_base, double, CD_F64)                                                                                    \
    X(finding_counted, uint64_t, CD_U64) /* ends */                                                                    \
    X(finding_cited, uint64_t, CD_U64)                                                                                 \
    X(counted_what, uint32_t, CD_U32)                                                                                  \
    X(counted_seen, uint32_t, CD_U32)                                                                                  \
    X(counted_expected, double, CD_F64)                                                                                \
    X(counted_shape, double, CD_F64)                                                                                   \
    X(counted_weight, double, CD_F64)                                                                                  \
    X(counted_temper, double, CD_F64)                                                                                  \
    X(cited_source, uint32_t, CD_U32) /* the name of the file, a text */                                               \
    X(cited_line, uint32_t, CD_U32)                                                                                    \
    X(cited_at, int64_t, CD_U64)                                                                                       \
    X(cited_table, uint32_t, CD_U32) /* a text: `accesses` */                                                          \
    X(cited_of, uint32_t, CD_U32)    /* whose row it is: an id, a text */                                              \
    X(cited_other, uint32_t, CD_U32) /* the other id of a relation's row, a record's day: what can be explained */     \
    X(cited_says, uint32_t, CD_U32)  /* its first word: the action, the source; CD_NONE: nothing */                    \
    X(cited_counts, uint32_t, CD_U32)                                                                                  \
    X(reason_rows, uint64_t, CD_U64)                                                                                   \
    X(reason_random, uint64_t, CD_U64) /* of as many random pairs as the last entry says */

typedef enum { CD_DETECTOR_RAN, CD_DETECTOR_OFF, CD_DETECTOR_MISSING } cd_detector_state;

typedef struct {
    uint64_t number, snapshot, key, look; /* key: of data, policy and options; look: which look at the force this is */
    int64_t as_of, since, first, last;
    uint64_t accesses, strays;          /* strays: distinct pairs of officer and unexplained file */
    char policy_sha256[CD_SHA256_TEXT]; /* of the bytes of `policy` */
#define X(name, type, file)                                                                                            \
    uint64_t n_##name;                                                                                                 \
    type *name;
    CD_IMAGE_ARRAYS(X)
#undef X
} cd_image;

/* Whether the arrays fit one another and hold what a sweep may, so that readers need not ask. */
bool cd_image_holds(const cd_image *m);

static inline cd_slice cd_image_text(const cd_image *m, uint32_t i)
{
    if (i >= m->n_text_end) return (cd_slice){NULL, 0};
    uint64_t lo = i ? m->text_end[i - 1] : 0, hi = m->text_end[i];
    return (cd_slice){(const char *)m->text_bytes + lo, (uint32_t)(hi - lo)};
}
/* Where the i-th of things whose ends are listed begins. */
static inline uint64_t cd_image_begin(const uint64_t *ends, uint64_t i) { return i ? ends[i - 1] : 0; }

#endif
