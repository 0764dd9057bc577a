/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_days.h: the files that grow by the day. */
#ifndef LOADERS_SYNTHETIC_DAYS_H
#define LOADERS_SYNTHETIC_DAYS_H

#include "loaders/synthetic_force.h"
#include "loaders/synthetic_out.h"

/* Writes accesses, roster, presence and shifts, and counts overtime and sickness into f->pay. Of the report, the
 * tallies of team accesses are set. */
CD_CHECKED cd_status syn_days_write(syn_force *f, syn_out *out, synthetic_report *report, cd_err *err);

#endif
