/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene_pay.h: months of pay and of absence, and financial events. Part of a scene, and read only where a detector asks
 * for it; absence apart from pay, so that who reads the one cannot see the other.
 *
 * A month counts from its first day. Nothing that is dated on or after the day of the scene is in it. */
#ifndef CD_DETECT_SCENE_PAY_H
#define CD_DETECT_SCENE_PAY_H

#include "engine/detect/rows.h"

/* What pay.csv says of a month, where it says something; of several rows of one month the least. */
typedef struct {
    int32_t month; /* since 1970 */
    double value;
    cd_row_ref row;
} cd_monthly;

typedef struct {
    cd_off *off;      /* officers.n + 1 */
    cd_monthly *list; /* of an officer by month */
} cd_monthlies;

enum { CD_MONEY_KINDS = 5 };
extern const char *const cd_money_kinds[CD_MONEY_KINDS];

/* A financial event. */
typedef struct {
    int64_t at;
    uint32_t kind; /* of cd_money_kinds */
    cd_row_ref row;
} cd_money;

typedef struct {
    cd_monthlies overtime; /* paid; in hours where the force says nothing of money */
    cd_monthlies expenses, sickness;
    cd_off *money_off; /* officers.n + 1 */
    cd_money *money;   /* of an officer by time */
} cd_pay;

#endif
