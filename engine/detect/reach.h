/* SPDX-License-Identifier: GPL-3.0-or-later
 * reach.h: what each officer is tied to: their own associations, and through ties whatever is a few steps further.
 *
 * All of a path holds at the same time: the spans of its link and of its ties meet. It is as sure as all its rows
 * together are. What ties many (a gym, a union, a housing estate) ties nobody in particular: where more officers than
 * the policy says are linked to an association, or it has more ties than that, no path begins or goes on there.
 *
 * Who complained about an officer is reached too where that is asked for; no path goes on from there. */
#ifndef CD_DETECT_REACH_H
#define CD_DETECT_REACH_H

#include "engine/detect/finding.h"
#include "engine/detect/policy.h"
#include "engine/detect/scene.h"

/* One association that an officer reaches: by the fewest ties, of those the surest path, of those the first found. */
typedef struct {
    cd_id association;
    uint32_t before; /* the step before, in the officer's own list; CD_NONE: it is a link */
    cd_off row; /* in scene->ties.ties; of a link: in scene->ties.links; of a complaint: in scene->complaints.list */
    int64_t from, to;
    float confidence;
    uint32_t hops;   /* ties behind the link */
    bool complained; /* it is no link: they complained about the officer */
} cd_reached;

typedef struct {
    cd_off *off;        /* officers.n + 1 */
    cd_reached *list;   /* of an officer: by hops */
    uint32_t *officers; /* per association: how many reach it */
    uint32_t most;      /* of them, for a path to say anything */
} cd_reach;

enum { CD_REACH_MOST = 4096 }; /* associations of one officer; who has more is a hub, and has these */

/* Peak: the list twice, a mark an association and thread. Parallel over officers; the same at any number of threads. */
CD_CHECKED cd_status cd_reach_make(const cd_scene *s, const cd_policy *policy, const cd_run *run, bool complainants,
                                   cd_reach *out, cd_err *err);
void cd_reach_release(cd_reach *r);

/* "2 officers in the force are"; "company C-77". */
void cd_officers_words(uint32_t officers, cd_buffer *out);
void cd_association_words(const cd_scene *s, cd_id association, cd_buffer *out);
/* "phone T-118 (phone_record) - person P-31 (caller)": the path to the i-th of the list. */
void cd_reach_words(const cd_scene *s, const cd_reach *r, cd_id officer, cd_off i, cd_buffer *out);
/* "phone T-118 (caller) - ": the way back from there, without where it begins. */
void cd_reach_words_back(const cd_scene *s, const cd_reach *r, cd_id officer, cd_off i, cd_buffer *out);
/* The steps of the path, the link first: how many. At most one more than there may be hops. */
enum { CD_REACH_STEPS = 8 };
typedef struct {
    cd_id association;
    cd_slice says; /* the row that leads there: `phone_record`, `director` */
    int64_t from;  /* since when it holds; INT64_MIN: always */
} cd_reach_step;
uint32_t cd_reach_steps(const cd_scene *s, const cd_reach *r, cd_id officer, cd_off i,
                        cd_reach_step out[CD_REACH_STEPS]);
/* The rows of the path, the link first; returns how many: hops + 1. out NULL: counts alone. */
uint32_t cd_reach_rows(const cd_scene *s, const cd_reach *r, cd_id officer, cd_off i, uint32_t counts, cd_cited *out);

#endif
