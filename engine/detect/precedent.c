/* SPDX-License-Identifier: GPL-3.0-or-later
 * precedent.c: nearness to officers with earlier findings: named with them in complaints, opening the same files
 * without a reason, and behaving as they do, by what is known of complaints and of unexplained files alone.
 *
 * How near somebody is says nothing by itself: it is held against how near those without any finding are who have as
 * much to share. Of n such people as many as k at least as near make a chance of (k + 1) / (n + 1), which is uniform
 * for one of them. Two such chances, of the two ways to be near, become factors, which are averaged; and the policy
 * says how much they may add, since whoever was found before is no sample of all that could be found. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/detect/detector.h"
#include "engine/detect/evidence.h"

enum { FEATURES = 7, RANKS = 1000, NEAREST = 3, BANDS = 5, MOST_SHARERS = 30, MOST_CREW = 8, TOLD = 2, WORDS = 200 };
static const double WORTH_TELLING = -1.5;

typedef struct {
    const cd_look *look;
    cd_id n, n_found, *found; /* officers with earlier findings */
    uint16_t *rank;           /* [officer][feature]: 0 to RANKS */
    uint32_t *volume, *band, *shared;
    uint32_t *apart; /* the distance to the NEAREST found officers, summed */
    cd_id (*nearest)[NEAREST];
    bool *part;
    double *log_graph, *log_alike;
    cd_off *strayer_off; /* files.n + 1 */
    cd_id *strayers;     /* officers who opened a file without a reason, by file */
} precedent;

static bool is_found(const precedent *p, cd_id o)
{
    const cd_earlier_findings *x = &p->look->scene->earlier;
    return x->off[o + 1] > x->off[o];
}

/* ---- What is known of each ---- */

static void features_of(const precedent *p, cd_id o, uint32_t out[FEATURES])
{
    const cd_residue *r = p->look->residue;
    const cd_complaints *c = &p->look->scene->complaints;
    for (int f = 0; f < FEATURES; f++) out[f] = 0;
    for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) {
        uint16_t marks = r->strays[i].marks;
        out[0]++, out[1] += (marks & CD_STRAY_SENSITIVE) != 0, out[2] += (marks & CD_STRAY_OUTPUT) != 0;
        out[3] += (marks & CD_STRAY_RETURNED) != 0, out[4] += (marks & CD_STRAY_OFFSHIFT) != 0;
    }
    for (cd_off i = c->off[o]; i < c->off[o + 1]; i++) out[5]++, out[6] += c->list[i].outcome == CD_SUSTAINED;
}

static int u32_compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Each feature as how many people have less of it, in thousandths. */
static cd_status ranks_make(precedent *p, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *value = NULL, *sorted = NULL;
    CD_NEW(value, (size_t)p->n * FEATURES);
    CD_NEW(sorted, p->n);
    for (cd_id o = 0; o < p->n; o++) {
        features_of(p, o, value + (size_t)o * FEATURES);
        p->volume[o] = value[(size_t)o * FEATURES] + value[(size_t)o * FEATURES + 5];
        p->part[o] = p->volume[o] > 0;
    }
    for (int f = 0; f < FEATURES; f++) {
        for (cd_id o = 0; o < p->n; o++) sorted[o] = value[(size_t)o * FEATURES + (size_t)f];
        if (p->n > 1) qsort(sorted, p->n, sizeof *sorted, u32_compare);
        for (cd_id o = 0; o < p->n; o++) {
            uint32_t v = value[(size_t)o * FEATURES + (size_t)f], lo = 0, hi = p->n;
            while (lo < hi) {
                uint32_t mid = lo + (hi - lo) / 2;
                if (sorted[mid] < v)
                    lo = mid + 1;
                else
                    hi = mid;
            }
            p->rank[(size_t)o * FEATURES + (size_t)f] = (uint16_t)((uint64_t)lo * RANKS / p->n);
        }
    }
    for (cd_id o = 0; o < p->n; o++) sorted[o] = p->volume[o];
    if (p->n > 1) qsort(sorted, p->n, sizeof *sorted, u32_compare);
    for (cd_id o = 0; o < p->n; o++)
        for (uint32_t b = 1; b < BANDS; b++) p->band[o] += p->volume[o] > sorted[(size_t)p->n * b / BANDS];
done:
    cd_free(value);
    cd_free(sorted);
    return st;
}

static cd_status strayers_make(precedent *p, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_residue *r = p->look->residue;
    cd_id files = p->look->scene->files.n;
    cd_off *next = NULL;
    CD_NEW(p->strayer_off, (size_t)files + 1);
    CD_NEW(p->strayers, r->off[p->n]);
    CD_NEW(next, (size_t)files + 1);
    for (cd_off i = 0; i < r->off[p->n]; i++) p->strayer_off[r->strays[i].file + 1]++;
    for (cd_id f = 0; f < files; f++) p->strayer_off[f + 1] += p->strayer_off[f];
    memcpy(next, p->strayer_off, ((size_t)files + 1) * sizeof *next);
    for (cd_id o = 0; o < p->n; o++)
        for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) p->strayers[next[r->strays[i].file]++] = o;
done:
    cd_free(next);
    return st;
}

/* ---- How near ---- */

/* Complaints and files shared with officers who were found against: with how many, each time. */
static uint32_t shared_of(const precedent *p, cd_id o, uint32_t *with)
{
    const cd_complaints *c = &p->look->scene->complaints;
    const cd_residue *r = p->look->residue;
    uint32_t n = 0;
    for (cd_off i = c->off[o]; i < c->off[o + 1]; i++) {
        cd_id complaint = c->list[i].complaint;
        cd_off lo = c->crew_off[complaint], hi = c->crew_off[complaint + 1];
        for (; hi - lo <= MOST_CREW && lo < hi; lo++)
            if (c->crew[lo] != o && is_found(p, c->crew[lo])) n++, with ? with[c->crew[lo]]++ : 0;
    }
    for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) {
        cd_id file = r->strays[i].file;
        cd_off lo = p->strayer_off[file], hi = p->strayer_off[file + 1];
        for (; hi - lo <= MOST_SHARERS && lo < hi; lo++)
            if (p->strayers[lo] != o && is_found(p, p->strayers[lo])) n++, with ? with[p->strayers[lo]]++ : 0;
    }
    return n;
}

static void alike_of(precedent *p, cd_id o)
{
    uint32_t best[NEAREST];
    for (int k = 0; k < NEAREST; k++) best[k] = UINT32_MAX, p->nearest[o][k] = CD_NONE;
    for (cd_id i = 0; i < p->n_found; i++) {
        cd_id other = p->found[i];
        uint32_t apart = 0;
        if (other == o) continue;
        for (int f = 0; f < FEATURES; f++)
            apart += (uint32_t)abs((int)p->rank[(size_t)o * FEATURES + (size_t)f] -
                                   (int)p->rank[(size_t)other * FEATURES + (size_t)f]);
        for (int k = 0; k < NEAREST; k++) {
            if (apart >= best[k]) continue;
            for (int m = NEAREST - 1; m > k; m--) best[m] = best[m - 1], p->nearest[o][m] = p->nearest[o][m - 1];
            best[k] = apart, p->nearest[o][k] = other;
            break;
        }
    }
    for (int k = 0; k < NEAREST; k++) p->apart[o] += best[k] == UINT32_MAX ? FEATURES * RANKS : best[k];
}

/* log10 of the chance of being as near, among those of the same band who were never found against. */
static cd_status chances_make(const precedent *p, const uint32_t *far, double *log_p, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *sorted = NULL;
    CD_NEW(sorted, p->n);
    for (uint32_t b = 0; b < BANDS; b++) {
        uint32_t n = 0;
        for (cd_id o = 0; o < p->n; o++)
            if (p->part[o] && p->band[o] == b && !is_found(p, o)) sorted[n++] = far[o];
        if (n > 1) qsort(sorted, n, sizeof *sorted, u32_compare);
        for (cd_id o = 0; o < p->n; o++) {
            if (!p->part[o] || p->band[o] != b) continue;
            uint32_t lo = 0, hi = n;
            while (lo < hi) { /* how many are as near or nearer */
                uint32_t mid = lo + (hi - lo) / 2;
                if (sorted[mid] <= far[o])
                    lo = mid + 1;
                else
                    hi = mid;
            }
            uint32_t own = !is_found(p, o), near = lo - own, others = n - own;
            log_p[o] = rint(1000 * log10((near + 1.0) / (others + 1.0))) / 1000;
        }
    }
done:
    cd_free(sorted);
    return st;
}

static cd_status judge(precedent *p, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *far = NULL;
    CD_NEW(far, p->n);
#pragma omp parallel for schedule(dynamic, 256) num_threads(p->look->run->threads)
    for (cd_id o = 0; o < p->n; o++) {
        if (!p->part[o]) continue;
        p->shared[o] = shared_of(p, o, NULL);
        alike_of(p, o);
        far[o] = UINT32_MAX - p->shared[o];
    }
    CD_TRY(chances_make(p, far, p->log_graph, err));
    CD_TRY(chances_make(p, p->apart, p->log_alike, err));
done:
    cd_free(far);
    return st;
}

/* ---- Telling ---- */

typedef struct {
    cd_id officer;
    uint32_t times;
} partner;

/* With whom the most is shared, and who is most alike: whichever stands out. */
static cd_status finding_of(const precedent *p, cd_id o, uint32_t detector, uint32_t *with, cd_findings *out,
                            cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = p->look->scene;
    const double most = pow(10, p->look->policy->number[CD_POLICY_PRECEDENT_CAP] / 10) - 1;
    cd_table_of table = cd_table_named(s->snapshot, "findings");
    bool graph = p->log_graph[o] <= WORTH_TELLING && p->shared[o] > 0, alike = p->log_alike[o] <= WORTH_TELLING;
    partner told[TOLD + NEAREST];
    uint32_t n = 0, rows = 0;
    char words[WORDS] = "";
    size_t at = 0;
    if (!graph && !alike) return CD_OK;
    if (graph) {
        (void)shared_of(p, o, with);
        for (uint32_t k = 0; k < TOLD; k++) {
            partner best = {CD_NONE, 0};
            for (cd_id i = 0; i < p->n_found; i++)
                if (with[p->found[i]] > best.times && (n == 0 || p->found[i] != told[0].officer))
                    best = (partner){p->found[i], with[p->found[i]]};
            if (best.times) told[n++] = best;
        }
        for (cd_id i = 0; i < p->n_found; i++) with[p->found[i]] = 0;
    }
    for (int k = 0; k < NEAREST && alike; k++)
        if (p->nearest[o][k] != CD_NONE) told[n++] = (partner){p->nearest[o][k], 0};
    for (uint32_t k = 0; k < n; k++) {
        cd_slice id = cd_scene_officer(s, told[k].officer);
        rows += (uint32_t)(s->earlier.off[told[k].officer + 1] - s->earlier.off[told[k].officer]);
        int more = told[k].times ? snprintf(words + at, sizeof words - at, "%s%u of %u shared with %.*s, found against",
                                            at ? "; " : "", told[k].times, p->shared[o], (int)id.n, id.bytes)
                                 : snprintf(words + at, sizeof words - at, "%salike to %.*s, found against",
                                            at ? "; " : "", (int)id.n, id.bytes);
        at += more > 0 ? (size_t)more : 0;
        if (at >= sizeof words) at = sizeof words - 1;
    }
    double times = (cd_evidence_times(p->log_graph[o], 1) + cd_evidence_times(p->log_alike[o], 1)) / 2;
    cd_finding *f = NULL;
    CD_TRY(cd_finding_add(out, 0, rows, &f, err));
    f->officer = o, f->detector = detector, f->peers = p->n - p->n_found;
    f->gain_centibans = cd_evidence_centibans(times < most ? times : most);
    f->base = cd_evidence_factor(f->gain_centibans);
    for (int k = 0; k < CD_REDRAWS; k++) f->redrawn[k] = f->gain_centibans;
    f->words = cd_arena_copy(&out->arena, words, at, err);
    if (!f->words) CD_TRY(CD_EMEMORY);
    for (uint32_t k = 0, i = 0; k < n; k++)
        for (cd_off r = s->earlier.off[told[k].officer]; r < s->earlier.off[told[k].officer + 1]; r++)
            f->cited[i++] = cd_cite_row(&table, s->earlier.list[r].row, 0);
done:
    return st;
}

static void precedent_release(precedent *p)
{
    cd_free(p->found);
    cd_free(p->rank);
    cd_free(p->volume);
    cd_free(p->band);
    cd_free(p->shared);
    cd_free(p->apart);
    cd_free(p->nearest);
    cd_free(p->part);
    cd_free(p->log_graph);
    cd_free(p->log_alike);
    cd_free(p->strayer_off);
    cd_free(p->strayers);
}

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    precedent p = {.look = look, .n = look->scene->officers.n};
    uint32_t *with = NULL;
    size_t bytes = (size_t)p.n * (2 * FEATURES + 6 * 4 + 4 * NEAREST + 2 * 8 + 4 * FEATURES) +
                   (size_t)look->scene->files.n * 16 + (size_t)look->residue->off[p.n] * 4;
    CD_TRY(cd_run_fits(look->run, "precedent", bytes, err));
    CD_NEW(p.found, p.n);
    CD_NEW(p.rank, (size_t)p.n * FEATURES);
    CD_NEW(p.volume, p.n);
    CD_NEW(p.band, p.n);
    CD_NEW(p.shared, p.n);
    CD_NEW(p.apart, p.n);
    CD_NEW(p.nearest, p.n);
    CD_NEW(p.part, p.n);
    CD_NEW(p.log_graph, p.n);
    CD_NEW(p.log_alike, p.n);
    CD_NEW(with, p.n);
    for (cd_id o = 0; o < p.n; o++)
        if (is_found(&p, o)) p.found[p.n_found++] = o;
    CD_TRY(ranks_make(&p, err));
    CD_TRY(strayers_make(&p, err));
    CD_TRY(judge(&p, err));
    for (cd_id o = 0; o < p.n; o++)
        if (p.part[o]) CD_TRY(finding_of(&p, o, number, with, out, err));
done:
    precedent_release(&p);
    cd_free(with);
    return st;
}

const cd_detector cd_detector_precedent = {
    .name = "precedent",
    .family = "precedent",
    .lane = CD_LANE_CONDUCT,
    .needs = CD_NEEDS_FINDINGS,
    .uses = CD_NEEDS_COMPLAINTS,
    .about = "near to officers with earlier findings, in what they share and in what they do",
    .weight = 0.5,
    .run = run,
};
