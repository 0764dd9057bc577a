/* SPDX-License-Identifier: GPL-3.0-or-later
 * cocomplaint.c: who is named with the same others again and again (crews.h), and with whom complaints were sustained
 * that others made.
 *
 * The evidence of a crew is that of its rarest pair, times as many others as there are to be named with: the other
 * pairs are named in the same complaints, which count once.
 *
 * Associates: how many of those one is named with had a sustained complaint of their own before, less how many in their
 * units have one. Of n people named with about as many, as many as k of them at least as far above make a chance of
 * (k + 1) / (n + 1). What others did is little evidence about anybody, and the policy says how little. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/detect/crews.h"
#include "engine/detect/evidence.h"

enum { TOLD = 3, BANDS = 6 };
static const double WORTH_TELLING = -1.5, CREW_SHARE = 0.8, NOT_PART = -300;

typedef struct {
    const cd_look *look;
    cd_crews crews;
    cd_id n;
    double *unit_share;    /* per unit: of those who are named with anybody, who have a sustained complaint */
    uint32_t *associates;  /* with a sustained complaint of their own, before */
    double *associates_by; /* expected */
    double *log_associates, *log_times;
    double temper;
} crewing;

static uint32_t partners(const crewing *x, cd_id o) { return (uint32_t)(x->crews.off[o + 1] - x->crews.off[o]); }
static const cd_crew_pair *pair_at(const crewing *x, cd_off i) { return &x->crews.pairs[x->crews.of[i]]; }

/* ---- Complaints of two ---- */

static const cd_allegation *in_complaint(const cd_complaints *x, cd_id o, cd_id complaint)
{
    for (cd_off i = x->off[o]; i < x->off[o + 1]; i++)
        if (x->list[i].complaint == complaint) return &x->list[i];
    return NULL;
}

static bool together(const cd_complaints *x, const cd_allegation *a, cd_id other)
{
    cd_off crew = x->crew_off[a->complaint + 1] - x->crew_off[a->complaint];
    return crew >= 2 && crew <= CD_CREW_MOST && in_complaint(x, other, a->complaint);
}

/* A sustained complaint of `other` that does not name the officer, before the last that names both. */
static bool is_record(const cd_complaints *x, const cd_allegation *a, cd_id o, int64_t last)
{
    return a->outcome == CD_SUSTAINED && a->at != CANDOUR_UNKNOWN && a->at < last && !in_complaint(x, o, a->complaint);
}

static int64_t last_together(const cd_complaints *x, cd_id o, cd_id other)
{
    int64_t last = INT64_MIN;
    for (cd_off i = x->off[o]; i < x->off[o + 1]; i++)
        if (x->list[i].at > last && together(x, &x->list[i], other)) last = x->list[i].at;
    return last;
}

static uint32_t records(const cd_complaints *x, cd_id o, cd_id other)
{
    int64_t last = last_together(x, o, other);
    uint32_t n = 0;
    for (cd_off i = x->off[other]; i < x->off[other + 1]; i++) n += is_record(x, &x->list[i], o, last);
    return n;
}

/* ---- Associates ---- */

static cd_status unit_shares(crewing *x, cd_err *err)
{
    enum { LIKE_THE_FORCE = 5 }; /* people who are added at the share of the force */
    cd_status st = CD_OK;
    const cd_complaints *c = &x->look->scene->complaints;
    uint32_t units = x->look->scene->units.n + 1;
    double *people = NULL, all = 0, with = 0;
    CD_NEW(people, units);
    CD_NEW(x->unit_share, units);
    for (cd_id o = 0; o < x->n; o++) {
        bool sustained = false;
        for (cd_off i = c->off[o]; i < c->off[o + 1]; i++) sustained |= c->list[i].outcome == CD_SUSTAINED;
        if (!x->crews.named[o]) continue;
        people[x->look->residue->unit[o]]++, all++;
        x->unit_share[x->look->residue->unit[o]] += sustained, with += sustained;
    }
    for (uint32_t u = 0; u < units; u++)
        x->unit_share[u] = (x->unit_share[u] + LIKE_THE_FORCE * with / fmax(1, all)) / (people[u] + LIKE_THE_FORCE);
done:
    cd_free(people);
    return st;
}

/* Named with so many others: bands of 1, 2, 3 and 4, 5 to 8 and so on. */
static uint32_t band_of(uint32_t n)
{
    uint32_t band = 0;
    while (n > (1u << band) && band + 1 < BANDS) band++;
    return band;
}

static int falling(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a < b) - (a > b);
}

/* The chance of as many above what was expected, among those who are named with about as many. */
static cd_status associates_judge(crewing *x, cd_err *err)
{
    cd_status st = CD_OK;
    int64_t *above = NULL, *sorted = NULL;
    CD_NEW(above, x->n);
    CD_NEW(sorted, x->n);
    for (cd_id o = 0; o < x->n; o++) above[o] = llrint(1000 * (x->associates[o] - x->associates_by[o]));
    for (uint32_t b = 0; b < BANDS; b++) {
        uint32_t n = 0;
        for (cd_id o = 0; o < x->n; o++)
            if (partners(x, o) && band_of(partners(x, o)) == b) sorted[n++] = above[o];
        if (n > 1) qsort(sorted, n, sizeof *sorted, falling);
        for (cd_id o = 0; o < x->n; o++) {
            uint32_t lo = 0, hi = n;
            if (!partners(x, o) || band_of(partners(x, o)) != b) continue;
            while (lo < hi) { /* how many, with the officer, are at least as far above */
                uint32_t mid = lo + (hi - lo) / 2;
                if (sorted[mid] >= above[o])
                    lo = mid + 1;
                else
                    hi = mid;
            }
            x->log_associates[o] = rint(1000 * log10((double)lo / n)) / 1000;
        }
    }
done:
    cd_free(above);
    cd_free(sorted);
    return st;
}

static cd_status associates_find(crewing *x, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_complaints *c = &x->look->scene->complaints;
    CD_TRY(unit_shares(x, err));
#pragma omp parallel for schedule(dynamic, 256) num_threads(x->look->run->threads)
    for (cd_id o = 0; o < x->n; o++)
        for (cd_off i = x->crews.off[o]; i < x->crews.off[o + 1]; i++) {
            cd_id other = cd_crew_other(pair_at(x, i), o);
            x->associates[o] += records(c, o, other) > 0;
            x->associates_by[o] += x->unit_share[x->look->residue->unit[other]];
        }
    CD_TRY(associates_judge(x, err));
done:
    return st;
}

/* ---- Weighing ---- */

static double capped(double times, double decibans) { return fmin(times, pow(10, decibans / 10) - 1); }

/* By the rarest pair of each, a factor; and the power that the peers' own spread leaves of it. */
static cd_status crews_judge(crewing *x, cd_err *err)
{
    cd_status st = CD_OK;
    double *list = NULL, others = log10(fmax(1, (double)x->crews.people - 1));
    size_t n = 0;
    CD_NEW(list, x->n);
    for (cd_id o = 0; o < x->n; o++) {
        double rarest = 0;
        x->log_times[o] = NOT_PART;
        if (!partners(x, o)) continue;
        for (cd_off i = x->crews.off[o]; i < x->crews.off[o + 1]; i++)
            rarest = fmin(rarest, pair_at(x, i)->log_p + others);
        x->log_times[o] = rint(1000 * log10(cd_evidence_times(rarest, 1))) / 1000;
        list[n++] = x->log_times[o];
    }
    CD_TRY(cd_evidence_temper_times(list, NULL, n, (double)n, &x->temper, err));
done:
    cd_free(list);
    return st;
}

static bool has_crew(const crewing *x, cd_id o)
{
    bool any = false;
    for (cd_off i = x->crews.off[o]; i < x->crews.off[o + 1]; i++) any |= pair_at(x, i)->validated;
    return any;
}

static bool has_associates(const crewing *x, cd_id o)
{
    return x->associates[o] && x->log_associates[o] <= WORTH_TELLING;
}

/* Both ways together: their weights sum to 1, so that the mean over the innocent is at most 1. 0: nothing to tell. */
static double times_of(const crewing *x, cd_id o)
{
    const double *policy = x->look->policy->number;
    double crew = 0, associates = 0;
    if (has_crew(x, o)) crew = CREW_SHARE * pow(10, x->temper * x->log_times[o]);
    if (has_associates(x, o))
        associates = capped((1 - CREW_SHARE) * cd_evidence_times(x->log_associates[o], 1),
                            policy[CD_POLICY_COCOMPLAINT_ASSOCIATES]);
    return capped(crew + associates, policy[CD_POLICY_COCOMPLAINT_CAP]);
}

static cd_status crewing_make(const cd_look *look, bool dismissed, crewing *x, cd_err *err)
{
    cd_status st = CD_OK;
    *x = (crewing){.look = look, .n = look->scene->officers.n};
    CD_TRY(cd_crews_make(look, dismissed, &x->crews, err));
    CD_NEW(x->associates, x->n);
    CD_NEW(x->associates_by, x->n);
    CD_NEW(x->log_associates, x->n);
    CD_NEW(x->log_times, x->n);
    CD_TRY(associates_find(x, err));
    CD_TRY(crews_judge(x, err));
done:
    return st;
}

static void crewing_release(crewing *x)
{
    cd_crews_release(&x->crews);
    cd_free(x->unit_share);
    cd_free(x->associates);
    cd_free(x->associates_by);
    cd_free(x->log_associates);
    cd_free(x->log_times);
}

/* ---- Telling ---- */

static void words_of(const crewing *x, cd_id o, cd_buffer *out)
{
    uint32_t crew = 0;
    if (has_crew(x, o)) {
        cd_off told[TOLD];
        for (cd_off i = x->crews.off[o]; i < x->crews.off[o + 1]; i++) {
            if (!pair_at(x, i)->validated) continue;
            uint32_t k = crew < TOLD ? crew : TOLD;
            while (k > 0 && pair_at(x, told[k - 1])->log_p > pair_at(x, i)->log_p) {
                if (k < TOLD) told[k] = told[k - 1];
                k--;
            }
            if (k < TOLD) told[k] = i;
            crew++;
        }
        for (uint32_t k = 0; k < crew && k < TOLD; k++) {
            const cd_crew_pair *p = pair_at(x, told[k]);
            cd_slice id = cd_scene_officer(x->look->scene, cd_crew_other(p, o));
            cd_buffer_printf(out, "%s%.*s in %u complaints (%.2g expected)", k ? ", " : "named with ", (int)id.n,
                             id.bytes, p->shared, p->expected);
        }
        if (crew > TOLD) cd_buffer_printf(out, " and %u more", crew - TOLD);
    }
    if (has_associates(x, o))
        cd_buffer_printf(out, "%s%u of %u named with had sustained complaints of their own (%.2g expected)",
                         crew ? "; " : "", x->associates[o], partners(x, o), x->associates_by[o]);
}

/* One's own rows of complaints that name the crew, theirs, and what was sustained against associates; how many. out
 * NULL: counts alone. */
static uint32_t rows_of(const crewing *x, cd_id o, cd_cited *out)
{
    const cd_complaints *c = &x->look->scene->complaints;
    cd_table_of table = cd_table_named(x->look->scene->snapshot, "allegations");
    uint32_t n = 0;
    for (cd_off k = c->off[o]; k < c->off[o + 1]; k++) {
        bool with_crew = false;
        for (cd_off i = x->crews.off[o]; i < x->crews.off[o + 1] && !with_crew; i++)
            with_crew = pair_at(x, i)->validated && together(c, &c->list[k], cd_crew_other(pair_at(x, i), o));
        if (!with_crew) continue;
        if (out) out[n] = cd_cite_row(&table, c->list[k].row, 0);
        n++;
    }
    for (cd_off i = x->crews.off[o]; i < x->crews.off[o + 1]; i++) {
        cd_id other = cd_crew_other(pair_at(x, i), o);
        int64_t last = has_associates(x, o) ? last_together(c, o, other) : INT64_MIN;
        for (cd_off k = c->off[other]; k < c->off[other + 1]; k++) {
            if (!(pair_at(x, i)->validated && together(c, &c->list[k], o)) && !is_record(c, &c->list[k], o, last))
                continue;
            if (out) out[n] = cd_cite_row(&table, c->list[k].row, 0);
            n++;
        }
    }
    return n;
}

static cd_status finding_of(const crewing *x, cd_id o, double undismissed, uint32_t detector, cd_buffer *words,
                            cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    double times = times_of(x, o), none = cd_evidence_factor(-3 * CD_CENTIBANS);
    cd_finding *f = NULL;
    if (times <= 0) return CD_OK;
    CD_TRY(cd_finding_add(out, 0, rows_of(x, o, NULL), &f, err));
    words->n = 0;
    words_of(x, o, words);
    if (words->status != CD_OK) CD_TRY(cd_fail(err, words->status, "out of memory for the words of a finding"));
    f->officer = o, f->detector = detector, f->peers = x->crews.people;
    f->gain_centibans = cd_evidence_centibans(fmax(times, none));
    f->dismissed_centibans = f->gain_centibans - cd_evidence_centibans(fmax(undismissed, none));
    f->base = cd_evidence_factor(f->gain_centibans);
    for (int k = 0; k < CD_REDRAWS; k++) f->redrawn[k] = f->gain_centibans;
    f->words = cd_arena_copy(&out->arena, words->bytes, words->n, err);
    if (!f->words) CD_TRY(CD_EMEMORY);
    (void)rows_of(x, o, f->cited);
done:
    return st;
}

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    crewing all = {0}, without = {0}; /* without what was dismissed */
    cd_buffer words = {0};
    CD_TRY(crewing_make(look, true, &all, err));
    CD_TRY(crewing_make(look, false, &without, err));
    for (cd_id o = 0; o < all.n; o++) CD_TRY(finding_of(&all, o, times_of(&without, o), number, &words, out, err));
done:
    crewing_release(&all);
    crewing_release(&without);
    cd_buffer_release(&words);
    return st;
}

const cd_detector cd_detector_cocomplaint = {
    .name = "cocomplaint",
    .family = "complaints",
    .lane = CD_LANE_CONDUCT,
    .weight = 0.05,
    .needs = CD_NEEDS_COMPLAINTS,
    .uses = CD_NEEDS_PRESENCE, /* for who shares shifts */
    .about = "named with the same others in complaint after complaint, and with whom others had theirs sustained",
    .run = run,
};
