/* SPDX-License-Identifier: GPL-3.0-or-later
 * drift.c: more and more unexplained files, month by month.
 *
 * How many files an officer strayed to each month is held against how the peers' numbers fall over the same months,
 * from the officer's first access to the last and within the last posting: who moves, drifts, and is not held to what
 * they did before. Of one day only the first file counts, as what is opened in a row is one search, and of one unit
 * only a few a month, so that neither one long evening nor one project is a trend. A file that several others stray to
 * as well does not count: what comes over many at a time, a joint operation, is no change of one of them. Given how
 * many there are in all, their months are drawn from the peers' shares under the null; under the alternative these
 * shares are tilted, rising in a line from some month on, for some months; and some of the innocent get another job
 * from one month to the next, or have a project for two. The ratio of the two chances, averaged over that month, is an
 * e-value as it stands. */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/detect/detector.h"
#include "engine/detect/evidence.h"

enum { LEAST_MONTHS = 4, LEAST_STRAYS = 4, OF_A_UNIT = 4, OPENERS = 5, SLOW = 3, PROJECT_MONTHS = 2, WORDS = 160 };
static const double UNTILTED = 0.3;    /* of the alternative is the null: a rise is seldom the whole of it */
static const double NEW_JOB = 0.03;    /* of the innocent get other work within the window */
static const double NEW_PROJECT = 0.1; /* and so many a project */
static const double WORTH_TELLING = 1; /* ten times likelier */

typedef struct {
    const cd_look *look;
    uint32_t n_months;
    uint8_t *counts;   /* per stray: one of the first of its month in its corner */
    double *peers;     /* [group][month]: strays that count, and half a one so that no month is impossible */
    double *log_times; /* per officer: log10 of the ratio; 0 where there is nothing to say */
    bool *judged;
} drift;

typedef struct {
    uint32_t month, owner;
    cd_off stray;
} stray_key;

static int key_compare(const void *a, const void *b)
{
    const stray_key *x = a, *y = b;
    if (x->month != y->month) return x->month < y->month ? -1 : 1;
    if (x->owner != y->owner) return x->owner < y->owner ? -1 : 1;
    return (x->stray > y->stray) - (x->stray < y->stray);
}

/* Marks each officer's first few strays of a month among one unit's files, one a day. A project with one other unit is
 * that many a month, however busy; restricted files are left out, so that opening one never softens a rise. */
static cd_status strays_mark(drift *d, cd_err *err)
{
    enum { RESTRICTED = 3 };
    cd_status st = CD_OK;
    const cd_residue *r = d->look->residue;
    const cd_scene *s = d->look->scene;
    stray_key *keys = NULL;
    uint32_t *openers = NULL;
    size_t cap = 0;
    CD_NEW(d->counts, r->off[s->officers.n]);
    CD_NEW(openers, s->files.n);
    for (cd_off i = 0; i < r->off[s->officers.n]; i++) openers[r->strays[i].file]++;
    for (cd_id o = 0; o < s->officers.n; o++) {
        size_t n = 0;
        CD_TRY(cd_grow(&keys, &cap, (size_t)(r->off[o + 1] - r->off[o]) + 1, sizeof *keys, err));
        int64_t last = INT64_MIN;
        for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) {
            int64_t day = cd_day_of(s->accesses[r->strays[i].first].at);
            cd_id file = r->strays[i].file;
            if (s->sensitivity[file] >= RESTRICTED || openers[file] > OPENERS || day == last) continue;
            keys[n++] = (stray_key){r->strays[i].month, r->owner[file], i};
            last = day;
        }
        if (n > 1) qsort(keys, n, sizeof *keys, key_compare);
        for (size_t i = 0, before = 0; i < n; i++) {
            bool same = i > 0 && keys[i].month == keys[i - 1].month && keys[i].owner == keys[i - 1].owner;
            before = same ? before + 1 : 0;
            d->counts[keys[i].stray] = before < OF_A_UNIT;
        }
    }
done:
    cd_free(keys);
    cd_free(openers);
    return st;
}

/* How many strays of an officer count in each month; returns their sum. */
static uint32_t strays_of(const drift *d, cd_id o, uint32_t *files)
{
    const cd_residue *r = d->look->residue;
    uint32_t n = 0;
    for (uint32_t m = 0; m < d->n_months; m++) files[m] = 0;
    for (cd_off i = r->off[o]; i < r->off[o + 1]; i++)
        if (d->counts[i]) files[r->strays[i].month]++, n++;
    return n;
}

/* The months of the last posting from the officer's first access to the last; returns how many there are. */
static uint32_t months_worked(const cd_look *look, cd_id o, bool *worked)
{
    const cd_scene *s = look->scene;
    const cd_residue *r = look->residue;
    int32_t begin = r->first_month, end = r->first_month;
    uint32_t n = 0;
    for (uint32_t m = 0; m < r->n_months; m++) worked[m] = false;
    if (s->access_off[o] == s->access_off[o + 1]) return 0;
    int32_t first = cd_month_of(s->accesses[s->access_off[o]].at);
    if (first > begin) begin = first;
    for (cd_off p = s->post_off[o] + 1; p < s->post_off[o + 1]; p++)
        if (s->posts[p].unit != s->posts[p - 1].unit || s->posts[p].role != s->posts[p - 1].role) {
            int32_t moved = cd_month_of(s->posts[p].from) + 1;
            if (moved > begin) begin = moved;
        }
    end = cd_month_of(s->accesses[s->access_off[o + 1] - 1].at);
    for (int32_t m = begin; m <= end && m < r->first_month + (int32_t)r->n_months; m++)
        worked[m - r->first_month] = true, n++;
    return n;
}

/* Courses that things may take from some month on, other than the peers'. */
typedef enum {
    RISE,   /* more and more, for SLOW months at least */
    JOB,    /* other work from one month to the next */
    PROJECT /* much for two months */
} course;

static double height_of(course what, uint32_t month, uint32_t start)
{
    if (month < start) return 0;
    return what == RISE ? month - start : what == JOB ? 1 : month < start + PROJECT_MONTHS;
}

/* What such a course makes of the chance of those months: log10 of the ratio. */
static double tilted(const uint32_t *files, const double *share, uint32_t n_months, uint32_t start, course what)
{
    double mean = 0, log_ratio = 0;
    for (uint32_t m = start; m < n_months; m++) mean += share[m] * height_of(what, m, start);
    if (!(mean > 0)) return 0;
    for (uint32_t m = 0; m < n_months; m++)
        if (files[m] && share[m] > 0)
            log_ratio += files[m] * log10(UNTILTED + (1 - UNTILTED) * height_of(what, m, start) / mean);
    return log_ratio;
}

/* log10 of the mean of the ratios over all starts. */
static double over_starts(const uint32_t *files, const double *share, uint32_t n_months, course what)
{
    double most = -HUGE_VAL, sum = 0;
    uint32_t starts = what == RISE ? n_months - SLOW : n_months - 1;
    for (uint32_t start = 0; start < starts; start++) {
        double log_ratio = tilted(files, share, n_months, start, what);
        if (log_ratio > most)
            sum = sum * pow(10, most - log_ratio) + 1, most = log_ratio;
        else
            sum += pow(10, log_ratio - most);
    }
    return most + log10(sum / starts);
}

/* How much likelier a slow rise is than what innocent work does: as the peers', or, for some, a new job or a project
 * that no record speaks of. */
static double rise(const uint32_t *files, const double *share, uint32_t n_months)
{
    double job = pow(10, fmin(over_starts(files, share, n_months, JOB), 300)),
           project = pow(10, fmin(over_starts(files, share, n_months, PROJECT), 300));
    return over_starts(files, share, n_months, RISE) -
           log10(1 - NEW_JOB - NEW_PROJECT + NEW_JOB * job + NEW_PROJECT * project);
}

static cd_status peers_sum(drift *d, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_look *look = d->look;
    uint32_t *files = NULL;
    CD_NEW(d->peers, (size_t)look->peers->n_groups * d->n_months);
    CD_NEW(files, d->n_months);
    for (size_t i = 0; i < (size_t)look->peers->n_groups * d->n_months; i++) d->peers[i] = 0.5;
    for (cd_id o = 0; o < look->scene->officers.n; o++) {
        if (strays_of(d, o, files) == 0) continue;
        uint32_t group = look->peers->group[o];
        for (uint32_t m = 0; m < d->n_months; m++) {
            d->peers[m] += files[m];
            if (group) d->peers[(size_t)group * d->n_months + m] += files[m];
        }
    }
done:
    cd_free(files);
    return st;
}

/* One officer: log10 of how many times likelier. scratch: n_months each. */
static void judge(drift *d, cd_id o, uint32_t *files, bool *worked, double *share)
{
    const cd_look *look = d->look;
    const double *peers = d->peers + (size_t)look->peers->group[o] * d->n_months;
    double all = 0;
    uint32_t n = 0;
    if (strays_of(d, o, files) < LEAST_STRAYS || months_worked(look, o, worked) < LEAST_MONTHS) return;
    for (uint32_t m = 0; m < d->n_months; m++) {
        if (!worked[m]) files[m] = 0;
        share[m] = worked[m] ? peers[m] - files[m] : 0; /* the others' */
        all += share[m], n += files[m];
    }
    if (n < LEAST_STRAYS || !(all > 0)) return;
    for (uint32_t m = 0; m < d->n_months; m++) share[m] /= all;
    d->judged[o] = true;
    d->log_times[o] = rint(1000 * rise(files, share, d->n_months)) / 1000;
}

static cd_status judge_all(drift *d, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = d->look->scene->officers.n;
    uint32_t threads = d->look->run->threads;
    uint32_t *files = NULL;
    bool *worked = NULL;
    double *share = NULL;
    CD_NEW(d->log_times, n);
    CD_NEW(d->judged, n);
    CD_NEW(files, (size_t)threads * d->n_months);
    CD_NEW(worked, (size_t)threads * d->n_months);
    CD_NEW(share, (size_t)threads * d->n_months);
#pragma omp parallel for schedule(dynamic, 64) num_threads(threads)
    for (cd_id o = 0; o < n; o++) {
        size_t at = (size_t)omp_get_thread_num() * d->n_months;
        if (d->look->peers->part[o]) judge(d, o, files + at, worked + at, share + at);
    }
done:
    cd_free(files);
    cd_free(worked);
    cd_free(share);
    return st;
}

/* The power that the peers' own spread leaves of what is said. */
static cd_status temper_of(const drift *d, double *power, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = d->look->scene->officers.n;
    double *list = NULL;
    size_t m = 0;
    CD_NEW(list, n);
    for (cd_id o = 0; o < n; o++)
        if (d->judged[o]) list[m++] = d->log_times[o];
    CD_TRY(cd_evidence_temper_times(list, NULL, m, (double)m, power, err));
done:
    cd_free(list);
    return st;
}

static cd_status finding_of(const drift *d, cd_id o, double temper, uint32_t detector, uint32_t *files, bool *worked,
                            cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_look *look = d->look;
    const cd_residue *r = look->residue;
    cd_finding *f = NULL;
    uint32_t n_rows = 0, half = d->n_months / 2, before = 0, after = 0, first = d->n_months;
    char words[WORDS];
    (void)strays_of(d, o, files);
    (void)months_worked(look, o, worked);
    for (uint32_t m = 0; m < d->n_months; m++) {
        if (!worked[m]) continue;
        if (first == d->n_months) first = m, half = m + (d->n_months - m) / 2;
        *(m < half ? &before : &after) += files[m];
    }
    for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) n_rows += worked[r->strays[i].month] && d->counts[i];
    CD_TRY(cd_finding_add(out, 0, n_rows, &f, err));
    f->officer = o, f->detector = detector, f->peers = look->peers->size[look->peers->group[o]];
    f->base = pow(10, fmin(temper * d->log_times[o], 300));
    f->gain_centibans = cd_evidence_centibans(f->base);
    snprintf(words, sizeof words,
             "unexplained files rose from %u over %u months to %u over %u, %d of a unit a month at most", before,
             half - first, after, d->n_months - half, OF_A_UNIT);
    for (uint32_t draw = 0; draw < CD_REDRAWS; draw++)
        f->redrawn[draw] = f->gain_centibans; /* it has no peers to draw again */
    f->words = cd_arena_copy(&out->arena, words, strlen(words), err);
    if (!f->words) CD_TRY(CD_EMEMORY);
    for (cd_off i = r->off[o], k = 0; i < r->off[o + 1]; i++)
        if (worked[r->strays[i].month] && d->counts[i]) f->cited[k++] = cd_cite(look->scene, r->strays[i].first, 0);
done:
    return st;
}

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    drift d = {.look = look, .n_months = look->residue->n_months};
    uint32_t *files = NULL;
    bool *worked = NULL;
    if (d.n_months < LEAST_MONTHS) return CD_OK;
    CD_NEW(files, d.n_months);
    CD_NEW(worked, d.n_months);
    CD_TRY(strays_mark(&d, err));
    CD_TRY(peers_sum(&d, err));
    CD_TRY(judge_all(&d, err));
    double temper;
    CD_TRY(temper_of(&d, &temper, err));
    for (cd_id o = 0; o < look->scene->officers.n; o++)
        if (d.judged[o] && temper * d.log_times[o] > WORTH_TELLING)
            CD_TRY(finding_of(&d, o, temper, number, files, worked, out, err));
done:
    cd_free(files);
    cd_free(worked);
    cd_free(d.counts);
    cd_free(d.peers);
    cd_free(d.log_times);
    cd_free(d.judged);
    return st;
}

const cd_detector cd_detector_drift = {
    .name = "drift",
    .family = "access",
    .lane = CD_LANE_CONDUCT,
    .needs = CD_NEEDS_ACCESSES | CD_NEEDS_ASSIGNMENTS,
    .about = "unexplained files that become more and more, month by month",
    .weight = 2,
    .run = run,
};
