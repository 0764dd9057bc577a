/* SPDX-License-Identifier: GPL-3.0-or-later
 * policy.h: everything about a sweep that a force may decide: one table of named numbers with their defaults, which
 * detectors run, and which ranks are senior. Written as policy.yaml; printed by `candour policy`. The policy in force
 * is stored in every sweep. */
#ifndef CD_DETECT_POLICY_H
#define CD_DETECT_POLICY_H

#include "engine/base/memory.h"
#include "engine/base/slice.h"

typedef enum {
    CD_POLICY_SEED,
    CD_POLICY_GRACE_DAYS_MOST,
    CD_POLICY_GRACE_DAYS_USUAL,
    CD_POLICY_MOVE_DAYS,
    CD_POLICY_POSTED_FILES,
    CD_POLICY_POSTED_DAYS,
    CD_POLICY_WORKING_FILES,
    CD_POLICY_WORKING_SHARE,
    CD_POLICY_ROUTINE_FILES,
    CD_POLICY_ROUTINE_FILES_ALL,
    CD_POLICY_ROUTINE_WEEKS,
    CD_POLICY_ROUTINE_SHARE,
    CD_POLICY_HUB_OFFICERS,
    CD_POLICY_HUB_UNITS_SHARE,
    CD_POLICY_REFERRAL_TIMES,
    CD_POLICY_REFERRAL_OFFICERS,
    CD_POLICY_ROLE_SHARE,
    CD_POLICY_SENSITIVE_FROM,
    CD_POLICY_LONG_CLOSED_DAYS,
    CD_POLICY_DUTY_GRACE_HOURS,
    CD_POLICY_PEERS_BY,
    CD_POLICY_PEERS_LEAST,
    CD_POLICY_LINK_LEVEL,
    CD_POLICY_TIE_HOPS,
    CD_POLICY_TIE_OFFICERS,
    CD_POLICY_TIE_CONFIDENCE,
    CD_POLICY_DECLARED_SHARE,
    CD_POLICY_DECLARE_GRACE_DAYS,
    CD_POLICY_PAST_MEMBERSHIPS,
    CD_POLICY_WEIGHT_SENSITIVE,
    CD_POLICY_WEIGHT_SENSITIVITY_0, /* and so on up to 3 */
    CD_POLICY_WEIGHT_SENSITIVITY_3 = CD_POLICY_WEIGHT_SENSITIVITY_0 + 3,
    CD_POLICY_WEIGHT_OUTPUT,
    CD_POLICY_WEIGHT_PERSON,
    CD_POLICY_WEIGHT_RETURN,
    CD_POLICY_WEIGHT_CLOSED,
    CD_POLICY_WEIGHT_COLLEAGUE,
    CD_POLICY_COMPLAINTS_PLACE,
    CD_POLICY_COMPLAINTS_POWER,
    CD_POLICY_COCOMPLAINT_CAP,
    CD_POLICY_COCOMPLAINT_ASSOCIATES,
    CD_POLICY_PRECEDENT_CAP,
    CD_POLICY_PAY_CAP,
    CD_POLICY_URGENT_LEVEL,
    CD_POLICY_URGENT_QUEUE,
    CD_POLICY_ASSESS_LEVEL,
    CD_POLICY_ASSESS_QUEUE,
    CD_POLICY_PREVENT_LEVEL,
    CD_POLICY_PREVENT_QUEUE,
    CD_POLICY_OFFICE_MANDATE,
    CD_POLICY_TRAVEL_MINUTES,
    CD_POLICY_NUMBERS
} cd_policy_number;

/* What CD_POLICY_PEERS_BY may be: peer_groups.h. */
typedef enum { CD_PEERS_BY_ROLE, CD_PEERS_BY_RANK, CD_PEERS_BY_UNIT } cd_peers_by;

enum { CD_POLICY_DETECTORS = 32, CD_POLICY_RANKS = 64, CD_POLICY_RANK_BYTES = 64 };

/* That a membership of an organisation is to be declared, and since when. */
enum { CD_POLICY_DUTIES = 64, CD_POLICY_ID_BYTES = 256 };
typedef struct {
    char organisation[CD_POLICY_ID_BYTES]; /* its id */
    int64_t since;
} cd_duty;

typedef struct {
    double number[CD_POLICY_NUMBERS];
    bool off[CD_POLICY_DETECTORS]; /* by cd_detectors */
    uint32_t n_senior_ranks;
    char senior_rank[CD_POLICY_RANKS][CD_POLICY_RANK_BYTES]; /* for cd_policy_is_senior */
    uint32_t n_duties;
    cd_duty duty[CD_POLICY_DUTIES];
} cd_policy;

/* What a number is called in policy.yaml, what it may be, and what it does. */
typedef struct {
    const char *name;
    double usual, lo, hi;
    bool whole;
    const char *about;
} cd_policy_entry;
const cd_policy_entry *cd_policy_entries(void); /* CD_POLICY_NUMBERS of them */
/* Where the value is chosen by a word: the words of 0 to hi. Else NULL. */
const char *const *cd_policy_words(uint32_t number);

void cd_policy_init(cd_policy *p);
/* Whether a rank is one of senior_ranks. Letters and digits alone are compared, whatever their case: `chief_inspector`
 * is `Chief Inspector`. */
bool cd_policy_is_senior(const cd_policy *p, cd_slice rank);
/* Reads policy.yaml over what *p holds: `detectors:` a map of name to on or off, `senior_ranks:` and `duties:` lists,
 * and the numbers. `names` are the detectors'. CD_EINPUT with line and reason. */
CD_CHECKED cd_status cd_policy_read(cd_policy *p, const char *path, const char *const *names, uint32_t n_names,
                                    cd_err *err);
/* The same text whatever file it came from: what a sweep stores and is known by. */
void cd_policy_print(const cd_policy *p, const char *const *names, uint32_t n_names, bool explain, cd_buffer *out);

#endif
