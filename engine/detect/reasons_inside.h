/* SPDX-License-Identifier: GPL-3.0-or-later
 * reasons_inside.h: what the files that find reasons share. */
#ifndef CD_DETECT_REASONS_INSIDE_H
#define CD_DETECT_REASONS_INSIDE_H

#include "engine/detect/reasons.h"

enum { CD_DAY_SECONDS = 86400 };

/* The reasons that stand in the records themselves: up to CD_REASON_POSTED. */
cd_reason cd_reason_recorded(const cd_reasons *r, cd_id officer, cd_id file, int64_t at);
static inline bool cd_is_sensitive(const cd_reasons *r, cd_id file)
{
    return r->scene->sensitivity[file] >= r->sensitive_from;
}

static inline bool cd_is_restricted(const cd_scene *s, cd_id file)
{
    enum { RESTRICTED = 3 };
    return s->sensitivity[file] >= RESTRICTED;
}

/* Fill in r->grace_seconds; r->hub; r->referrals; r->role_opens; r->working; r->routine. Each needs those before it,
 * and the reasons in the accesses that were found so far. */
CD_CHECKED cd_status cd_reasons_grace(cd_reasons *r, const cd_policy *policy, const cd_run *run, cd_err *err);
CD_CHECKED cd_status cd_reasons_hubs(cd_reasons *r, const cd_policy *policy, const cd_run *run, cd_err *err);
CD_CHECKED cd_status cd_reasons_referrals(cd_reasons *r, const cd_policy *policy, const cd_run *run, cd_err *err);
CD_CHECKED cd_status cd_reasons_roles(cd_reasons *r, const cd_policy *policy, const cd_run *run, cd_err *err);

CD_CHECKED cd_status cd_reasons_working(cd_reasons *r, const cd_policy *policy, const cd_run *run, cd_err *err);
CD_CHECKED cd_status cd_reasons_routine(cd_reasons *r, const cd_policy *policy, const cd_run *run, cd_err *err);

/* Whether such files are their routine, as cd_reasons_routine found. */
bool cd_is_routine(const cd_reasons *r, cd_id officer, cd_id file, uint32_t owner);
/* Whether they work at that unit around that time, as cd_reasons_working found. */
bool cd_works_there(const cd_reasons *r, cd_id officer, uint32_t owner, int64_t at);

/* The distinct files of an officer's accesses that have that reason so far, rising, into out[]; returns how many. */
size_t cd_files_with_reason(const cd_scene *s, cd_id officer, cd_reason reason, cd_id *out);

#endif
