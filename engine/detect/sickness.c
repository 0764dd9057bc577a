/* SPDX-License-Identifier: GPL-3.0-or-later
 * sickness.c: days of sickness that rose among the peers' (rises.h): a sign that somebody may need support, for who
 * looks after people, and in no score of conduct. */
#include <math.h>

#include "engine/detect/evidence.h"
#include "engine/detect/rises.h"

static const double WORTH_TELLING = -1.5; /* a chance of one in thirty */

static cd_status finding_of(const cd_look *look, const cd_rise *r, cd_id o, uint32_t detector, cd_findings *out,
                            cd_err *err)
{
    cd_status st;
    cd_buffer words = {0};
    cd_cited rows[CD_RISE_MONTHS];
    uint32_t n = cd_rise_cite(look, r, &look->scene->pay.sickness, o, rows, 0);
    cd_rise_tell(r, "days of sickness", &words);
    st =
        cd_rise_add(&(cd_risen){o, detector, r->of, n, cd_evidence_times(r->log_p, r->temper), rows}, &words, out, err);
    cd_buffer_release(&words);
    return st;
}

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_rise *rise = NULL;
    CD_NEW(rise, look->scene->officers.n);
    CD_TRY(cd_rises_find(look, &look->scene->pay.sickness, rise, err));
    for (cd_id o = 0; o < look->scene->officers.n; o++)
        if (rise[o].part && rint(1000 * rise[o].log_p * rise[o].temper) <= 1000 * WORTH_TELLING)
            CD_TRY(finding_of(look, &rise[o], o, number, out, err));
done:
    cd_free(rise);
    return st;
}

const cd_detector cd_detector_sickness = {
    .name = "sickness",
    .family = "welfare",
    .lane = CD_LANE_WELFARE,
    .needs = CD_NEEDS_SICKNESS,
    .about = "days of sickness that rose, against before and the peers of the same months; in no score of conduct",
    .run = run,
};
