/* SPDX-License-Identifier: GPL-3.0-or-later
 * reasons.h: which recorded reason, if any, explains an access. Reasons are tried in this order; the first that holds
 * is the one that an explanation prints.
 *
 * What a force does not write down is learnt from what its people do: how late assignments are recorded, which units
 * refer files to which, which roles open others' files as their job. A reason that somebody typed in explains nothing
 * here: it is theirs to type. */
#ifndef CD_DETECT_REASONS_H
#define CD_DETECT_REASONS_H

#include "engine/detect/policy.h"
#include "engine/detect/scene.h"

typedef enum {
    CD_REASON_NONE,     /* unexplained */
    CD_REASON_ASSIGNED, /* assigned to the file at that time */
    CD_REASON_LATE,     /* assigned to it soon after, or until shortly before */
    CD_REASON_UNIT,     /* a file of the own unit */
    CD_REASON_MOVED,    /* a file of the unit that they came from or were about to join */
    CD_REASON_TEAM,     /* somebody of the own unit was assigned to it */
    CD_REASON_POSTED,   /* a file of a unit that assigned them to several of its files at the time */
    CD_REASON_REFERRAL, /* the own unit opens files of that unit as a matter of course */
    CD_REASON_ROLE,     /* the role opens others' files as its job */
    CD_REASON_WORKING,  /* a file of a unit whose files they open as its own people do */
    CD_REASON_ROUTINE,  /* they open many such files in most weeks */
    CD_REASON_HUB,      /* the whole force opened it */
    CD_REASON_UNKNOWN,  /* nobody knows whose file it is, or which unit the officer is of */
    CD_REASONS
} cd_reason;

const char *cd_reason_name(cd_reason reason); /* `assigned` */
const char *cd_reason_about(cd_reason reason);

/* A referral chain: officers of `unit` open files of `owner`. */
typedef struct {
    uint32_t unit, owner;
    bool sensitive; /* of the sensitive files; else of the others */
    uint32_t officers;
    uint64_t files;
    double expected;
} cd_referral;

/* An officer opens a unit's files as its own people do, in that period (of 30 days, from scene->first on). */
typedef struct {
    cd_id officer;
    uint32_t unit, period;
} cd_working;

typedef struct {
    const cd_scene *scene;
    int64_t grace_seconds, move_seconds, posted_seconds;
    uint32_t posted_files;
    uint64_t grace_seen; /* early accesses that the grace was learnt from; 0: the policy's usual */
    int8_t sensitive_from;
    cd_working *working; /* by officer, unit, period */
    size_t n_working;
    bool *kind_restricted; /* per kind of file: most of its files are */
    uint32_t *routine_off; /* per officer: what they open week after week */
    uint64_t *routine;
    cd_referral *referrals; /* by unit, owner, sensitive */
    uint32_t n_referrals;
    bool *role_opens; /* [roles.n + 1] */
    uint8_t *hub;     /* per file */
    uint64_t n_hubs;
} cd_reasons;

/* Learns, and writes scene->accesses[].reason. Peak: 24 bytes a distinct pair of officer and file that nothing recorded
 * explains. Parallel; the same at any number of threads. */
CD_CHECKED cd_status cd_reasons_find(cd_scene *scene, const cd_policy *policy, const cd_run *run, cd_reasons *out,
                                     cd_err *err);
void cd_reasons_release(cd_reasons *r);

/* The first reason for that officer to open that file at that second. */
cd_reason cd_reason_of(const cd_reasons *r, cd_id officer, cd_id file, int64_t at);

/* A restricted file of a kind that seldom is: nobody's routine, however many they open. */
bool cd_is_set_apart(const cd_reasons *r, cd_id file);

/* Of that many pairs of an officer (as often as they open files) and a file (as often as it is opened), how many each
 * reason would explain. A reason that explains the random explains nothing. */
void cd_reasons_random(const cd_reasons *r, uint64_t seed, uint64_t draws, const cd_run *run,
                       uint64_t explained[CD_REASONS]);

#endif
