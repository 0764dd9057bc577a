/* SPDX-License-Identifier: GPL-3.0-or-later
 * joint.h: which officers opened the same unexplained files, how many each pair would share by chance, and which pairs
 * share so many more that a link is drawn. */
#ifndef CD_DETECT_JOINT_H
#define CD_DETECT_JOINT_H

#include "engine/detect/detector.h"
#include "engine/graph/csr.h"

/* A file that more officers strayed to says nothing about any two of them. */
enum {
    CD_JOINT_OPENERS = 50,
    CD_JOINT_SCENE = 86400, /* seconds */
    CD_JOINT_MOST = 256     /* shared files beyond so many are not taken off what is expected: it is the more then */
};

typedef struct {
    cd_id a, b; /* a < b */
    uint32_t shared;
    double expected, log_p;
} cd_joint_pair;

typedef struct {
    cd_id n_officers;
    cd_csr files_of;                 /* per officer: the stray files that 2 to CD_JOINT_OPENERS officers strayed to */
    cd_span *at;                     /* per edge of files_of: when it was opened, from the first time to the last */
    cd_csr openers_of;               /* the other way */
    double per_pair;                 /* of one file shared, for each stray of one times each of the other */
    double wider;                    /* how many more pairs share two files than the null says; at least 1 */
    double per_meeting;              /* files that people who work together open apart, for each that they meet at */
    uint32_t *strays;                /* per officer: all of them */
    const uint32_t *unit;            /* per officer; borrowed */
    const uint32_t *owner;           /* per file: whose it is; borrowed */
    cd_off *corner_off;              /* per officer: to whose files they stray, */
    struct cd_joint_corner *corners; /* and how often */
    double *per_pair_of;             /* as per_pair, of the files of each owner alone */
    struct cd_joint_units *units;    /* how much more officers of two units share than others */
    uint64_t tested;                 /* pairs */
    cd_joint_pair *links;
    size_t n_links;
    size_t n_pairs; /* all that share two files or more, the links first, the rarest first */
} cd_joint;

/* Who opens a file within a day of another, or works on it over the same days, is at the same scene: a joint operation,
 * a handover, a word in the corridor. It says nothing about the two. */
static inline bool cd_joint_same_scene(cd_span a, cd_span b)
{
    return a.from < b.to + CD_JOINT_SCENE && b.from < a.to + CD_JOINT_SCENE;
}

/* Who comes back to a file on another day works on it, with whomever else; who looks it up for somebody does so once.
 */
static inline bool cd_joint_is_work(cd_span at) { return at.to - at.from >= CD_JOINT_SCENE; }

/* Of the openers of one file, by time: whether the next one came apart from all before, who are one scene: *scene,
 * which the next one then is of too. */
static inline bool cd_joint_is_apart(cd_span *scene, cd_span next)
{
    bool apart = !cd_joint_same_scene(*scene, next) && !cd_joint_is_work(next);
    if (next.to > scene->to) scene->to = next.to;
    return apart;
}

CD_CHECKED cd_status cd_joint_make(const cd_look *look, cd_joint *out, cd_err *err);
void cd_joint_release(cd_joint *j);

/* Files that two officers both opened: apart, or at work on them at the same time. */
typedef struct {
    uint32_t apart, met;
} cd_joint_files;

/* How many files two officers share, and how many apart they would by chance, as far as the rest of what they and
 * others do says. */
double cd_joint_expected(const cd_joint *j, cd_id a, cd_id b, cd_joint_files *shared);

/* What a pair shares varies more than a Poisson count does: its rate is known but roughly. */
static const double CD_JOINT_SHAPE = 3;

#endif
