/* SPDX-License-Identifier: GPL-3.0-or-later
 * complaint_rates.h: how many complaints an officer has, and how many times likelier that is of somebody who draws more
 * of them than their peers.
 *
 * What counts: each complaint once, all of one complainant as one, each by the weight of what became of it, which is
 * learnt: how well a complaint of that outcome foretells later ones, beside a sustained one.
 *
 * The null: an officer's complaints are Poisson with a mean of what is expected of them times a gamma variable of mean
 * 1 for how people differ. How widely they differ is fitted by likelihood, in which somebody who stands out says no
 * more than that they do. The alternative: the same, times 1.2, 1.5 or 2; larger factors would live on the far tail,
 * which no fit is sure of. The ratio of the two is an e-value: its mean over everybody is 1, and with weights below 1
 * it is less. It is taken for all complaints, for those of the last years and for each kind.
 *
 * What is expected is said twice, and of the two ratios the geometric mean is taken, which is at most their mean and so
 * an e-value too. By years: as many as others have who were as long in the force within the records. What people draw
 * in one place foretells what they draw next, so that this foretells best. By place: as many as others of the same role
 * and unit, and as busy, have. This holds like against like, and somebody whose work is to be where complaints are made
 * is not the worse for it. The policy says how much each counts.
 *
 * Some forces keep no roster of work and record events in its place, such as uses of force: fewer of them in a year
 * than anybody works shifts. Where in the force's own earlier years those foretold complaints beyond what complaints
 * did, what complaints and events foretell together of each, as so many times the mean of all, is a factor too: by
 * Bayes it is how many times likelier the records are of whoever draws the next complaint than of anybody, and its mean
 * over everybody is
 * 1. With the ratio above it makes another geometric mean. In a force with a roster of work nobody is the worse for
 * having worked more. */
#ifndef CD_DETECT_COMPLAINT_RATES_H
#define CD_DETECT_COMPLAINT_RATES_H

#include "engine/detect/detector.h"

enum {
    CD_TALLY_ALL,    /* of the parts of a tally */
    CD_TALLY_RECENT, /* the last fifth of the records, at least a year */
    CD_TALLY_KINDS,  /* from here on one a kind */
    CD_TALLY_PARTS = CD_TALLY_KINDS + 12,
    CD_TALLY_BANDS = 5 /* of how busy people are */
};

enum { CD_TALLY_BY_YEARS, CD_TALLY_BY_PLACE, CD_TALLY_NULLS };

/* A complaint that counts. */
typedef struct {
    int64_t at;
    uint32_t kind; /* of the tally, from CD_TALLY_KINDS; 0: none of those */
    uint8_t outcome;
    bool recent;
} cd_tallied;

typedef struct {
    const cd_look *look;
    uint32_t n, n_parts;
    cd_off *off; /* n + 1 */
    cd_tallied *list;
    double *years, *recent_years; /* in the force within the records */
    uint32_t *band;               /* how busy; all 0 where nothing says so */
    bool *part;                   /* has any years */
    cd_peers peers;
    double weight[CD_OUTCOMES];
    double shape[CD_TALLY_NULLS][CD_TALLY_PARTS];
    int64_t events_since;
    double slope_complaints, slope_events; /* by what powers they foretell complaints; 0: events foretell nothing */
} cd_tally;

CD_CHECKED cd_status cd_tally_make(const cd_look *look, cd_tally *out, cd_err *err);
void cd_tally_release(cd_tally *t);

/* The years from `since` to `until` that an officer was in the force. */
double cd_tally_years(const cd_tally *t, cd_id officer, int64_t since, int64_t until);

/* weight[]: how much more of each outcome, in the first half of the records, goes with more complaints in the second,
 * beside a sustained one: from 0 to 1, 1 where there are too few to tell. */
CD_CHECKED cd_status cd_tally_learn(cd_tally *t, cd_err *err);

/* Learns what events foretell, by the weights that outcomes have by then. */
CD_CHECKED cd_status cd_tally_events(cd_tally *t, cd_err *err);
/* log_times[n]: the natural log of how many times the mean is foretold of each. */
CD_CHECKED cd_status cd_tally_foretell(const cd_tally *t, const double weight[CD_OUTCOMES], double *log_times,
                                       cd_err *err);

/* Fits the shapes. Then times[n]: how many times likelier, by these weights; 0 where somebody does not take part, or
 * has no complaint; expected[null][n] of all complaints, or NULL. drawn[n]: how often each person counts as a peer;
 * NULL: once. */
CD_CHECKED cd_status cd_tally_fit(cd_tally *t, cd_err *err);
CD_CHECKED cd_status cd_tally_times(const cd_tally *t, const double weight[CD_OUTCOMES], const uint32_t *drawn,
                                    double *times, double *expected[CD_TALLY_NULLS], cd_err *err);

#endif
