/* SPDX-License-Identifier: GPL-3.0-or-later
 * peer_groups.h: who is held against whom, as the policy's `peers_by` has it. */
#ifndef CD_DETECT_PEER_GROUPS_H
#define CD_DETECT_PEER_GROUPS_H

#include "engine/detect/peers.h"
#include "engine/detect/residue.h"

/* By role: those of one role. By role and rank, or by role and unit: those of both, where they are as many as the
 * policy asks for; all others of the role are a group together. A group that is still too small is held against the
 * whole force, as is who has no role. *out borrows from the residue. */
CD_CHECKED cd_status cd_peer_groups_make(const cd_scene *s, const cd_residue *r, const cd_policy *policy, cd_peers *out,
                                         cd_err *err);

#endif
