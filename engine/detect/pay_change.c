/* SPDX-License-Identifier: GPL-3.0-or-later
 * pay_change.c: overtime pay and expenses that rose among the peers' (rises.h). Many have reasons for that which no
 * record holds, so that only the rarest in a hundred is told, and what it adds is capped. */
#include <math.h>

#include "engine/detect/evidence.h"
#include "engine/detect/rises.h"

enum { MEASURES = 2 };
static const double WORTH_TELLING = -2; /* a chance of one in a hundred */
static const char *const names[MEASURES] = {"overtime pay", "expenses"};

typedef struct {
    const cd_look *look;
    const cd_monthlies *of[MEASURES];
    cd_rise *rise[MEASURES];
} changes;

static bool is_told(const cd_rise *r) { return r->part && rint(1000 * r->log_p * r->temper) <= 1000 * WORTH_TELLING; }

/* What is not known of an officer counts as nothing seen. */
static double times_of(const changes *c, cd_id o)
{
    double most = pow(10, c->look->policy->number[CD_POLICY_PAY_CAP] / 10) - 1, times = 0;
    for (int k = 0; k < MEASURES; k++)
        if (c->rise[k][o].part) times += cd_evidence_times(c->rise[k][o].log_p, c->rise[k][o].temper) / MEASURES;
    return times < most ? times : most;
}

static cd_status finding_of(const changes *c, cd_id o, uint32_t detector, cd_findings *out, cd_err *err)
{
    cd_status st;
    cd_buffer words = {0};
    cd_cited rows[MEASURES * CD_RISE_MONTHS];
    uint32_t n = 0, peers = 0;
    for (int k = 0; k < MEASURES; k++) {
        const cd_rise *r = &c->rise[k][o];
        if (!is_told(r)) continue;
        cd_rise_tell(r, names[k], &words);
        n = cd_rise_cite(c->look, r, c->of[k], o, rows, n);
        if (r->of > peers) peers = r->of;
    }
    st = cd_rise_add(&(cd_risen){o, detector, peers, n, times_of(c, o), rows}, &words, out, err);
    cd_buffer_release(&words);
    return st;
}

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    changes c = {.look = look, .of = {&look->scene->pay.overtime, &look->scene->pay.expenses}};
    for (int k = 0; k < MEASURES; k++) {
        CD_NEW(c.rise[k], look->scene->officers.n);
        CD_TRY(cd_rises_find(look, c.of[k], c.rise[k], err));
    }
    for (cd_id o = 0; o < look->scene->officers.n; o++)
        if (is_told(&c.rise[0][o]) || is_told(&c.rise[1][o])) CD_TRY(finding_of(&c, o, number, out, err));
done:
    for (int k = 0; k < MEASURES; k++) cd_free(c.rise[k]);
    return st;
}

const cd_detector cd_detector_pay_change = {
    .name = "pay_change",
    .family = "pay",
    .lane = CD_LANE_CONDUCT,
    .needs = CD_NEEDS_PAY,
    .about = "overtime pay and expenses that rose, against before and the peers of the same months",
    .weight = 0.25,
    .run = run,
};
