/* SPDX-License-Identifier: GPL-3.0-or-later
 * smallest.c: how little would have to be explained. A file here is whatever a row is about: the other id of it. What
 * each file takes from each count is worked out once; a set of files is then weighed by adding that up. Few files:
 * every set, the smallest first. Many: one file after the other, the one that takes away most; that is a set, and so a
 * bound.
 *
 * A finding that is no sum of counts (a drift, a group) stands whole until all its files are in the set, and is gone
 * then: what a part of it would weigh, only the detector knows. A set that is enough with it whole is enough. To choose
 * the next of many files it is taken to shrink in proportion to its rows. */
#include <stdlib.h>

#include "engine/base/sort.h"
#include "engine/detect/chance.h"
#include "engine/detect/detector.h"
#include "engine/detect/evidence.h"
#include "engine/sweep/sweep_inside.h"

enum { EXACT_FILES = 12, CANDIDATES = 400 };

typedef struct {
    const cd_image *m;
    uint32_t officer, n_files;
    uint32_t *file;             /* texts */
    uint64_t first, n;          /* the officer's findings */
    uint32_t n_counts;          /* of all findings, one after the other */
    uint32_t *takes;            /* [file][count]: what explaining it takes from the count */
    uint32_t *rows;             /* [file][finding] */
    uint64_t *met;              /* per file: the last finding that it was met in, from 1 */
    double *times;              /* per count and how many of it are gone, what it weighs; 0: not worked out yet */
    uint64_t *times_at;         /* per count: where its own begin */
    uint32_t *gone, *rows_gone; /* of the set in hand: per count, per finding */
} weighing;

/* Which of the files, which rise, a text is. */
static uint32_t file_index(const weighing *w, uint32_t text)
{
    const uint32_t *at = bsearch(&text, w->file, w->n_files, sizeof *w->file, cd_compare_u32);
    return (uint32_t)(at - w->file);
}

static bool is_conduct(const cd_image *m, uint64_t finding)
{
    return m->family_lane[m->detector_family[m->finding_detector[finding]]] == CD_LANE_CONDUCT;
}

static bool is_sum(const cd_image *m, uint64_t finding)
{
    return m->finding_counted[finding] > cd_image_begin(m->finding_counted, finding);
}

/* Whether a row of a finding bears on the score: not in the other lanes, and not where it is context alone. */
static bool weighs(const cd_image *m, uint64_t finding, uint64_t row)
{
    return is_conduct(m, finding) && (m->cited_counts[row] || !is_sum(m, finding));
}

static cd_status weighing_make(weighing *w, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_image *m = w->m;
    w->first = cd_image_begin(m->officer_findings, w->officer), w->n = m->officer_findings[w->officer] - w->first;
    uint64_t row0 = cd_image_begin(m->finding_cited, w->first),
             rows = w->n ? m->finding_cited[w->first + w->n - 1] - row0 : 0;
    uint64_t count0 = cd_image_begin(m->finding_counted, w->first);
    w->n_counts = w->n ? (uint32_t)(m->finding_counted[w->first + w->n - 1] - count0) : 0;
    CD_NEW(w->file, rows);
    CD_NEW(w->gone, w->n_counts);
    CD_NEW(w->rows_gone, w->n);
    CD_NEW(w->met, rows);
    uint64_t weighing_rows = 0;
    for (uint64_t f = w->first; f < w->first + w->n; f++)
        for (uint64_t r = cd_image_begin(m->finding_cited, f); r < m->finding_cited[f]; r++)
            if (weighs(m, f, r)) w->file[weighing_rows++] = m->cited_other[r];
    if (weighing_rows > 1) qsort(w->file, weighing_rows, sizeof *w->file, cd_compare_u32);
    for (uint64_t i = 0; i < weighing_rows; i++)
        if (w->n_files == 0 || w->file[w->n_files - 1] != w->file[i]) w->file[w->n_files++] = w->file[i];
    CD_NEW(w->times_at, (size_t)w->n_counts + 1);
    for (uint32_t k = 0; k < w->n_counts; k++) {
        uint32_t seen = m->counted_seen[count0 + k];
        w->times_at[k + 1] = w->times_at[k] + (seen < w->n_files ? seen : w->n_files) + 1;
    }
    CD_NEW(w->times, w->times_at[w->n_counts]);
    CD_NEW(w->takes, (size_t)w->n_files * w->n_counts);
    CD_NEW(w->rows, (size_t)w->n_files * w->n);
    for (uint64_t f = 0; f < w->n; f++) {
        uint64_t begin = cd_image_begin(m->finding_cited, w->first + f),
                 c = cd_image_begin(m->finding_counted, w->first + f);
        for (uint64_t r = begin; r < m->finding_cited[w->first + f]; r++) {
            if (!weighs(m, w->first + f, r)) continue;
            uint32_t file = file_index(w, m->cited_other[r]);
            w->rows[file * w->n + f]++;
            if (w->met[file] == f + 1) continue; /* a file counts once */
            w->met[file] = f + 1;
            for (uint64_t k = c; k < m->finding_counted[w->first + f]; k++)
                if (m->cited_counts[r] >> (k - c) & 1) w->takes[file * w->n_counts + (k - count0)]++;
        }
    }
done:
    return st;
}

static void weighing_release(weighing *w)
{
    cd_free(w->file);
    cd_free(w->met);
    cd_free(w->times);
    cd_free(w->times_at);
    cd_free(w->takes);
    cd_free(w->rows);
    cd_free(w->gone);
    cd_free(w->rows_gone);
}

/* Puts a file into the set in hand, or takes it out again. */
static void change(weighing *w, uint32_t file, bool in)
{
    for (uint32_t k = 0; k < w->n_counts; k++)
        w->gone[k] += in ? w->takes[file * w->n_counts + k] : 0 - w->takes[file * w->n_counts + k];
    for (uint64_t f = 0; f < w->n; f++) w->rows_gone[f] += in ? w->rows[file * w->n + f] : 0 - w->rows[file * w->n + f];
}

typedef enum {
    AT_MOST, /* what is no sum of counts stands whole until it is gone */
    GUESSED  /* it shrinks in proportion */
} measure;

/* The gain of a finding that is a sum of counts, without the set in hand. */
static int32_t sum_left(const weighing *w, uint64_t at)
{
    const cd_image *m = w->m;
    uint64_t c = cd_image_begin(m->finding_counted, at), n = m->finding_counted[at] - c;
    double times = m->finding_base[at];
    for (uint64_t k = c; k < c + n; k++) {
        uint64_t of = k - cd_image_begin(m->finding_counted, w->first);
        uint32_t gone = w->gone[of] < m->counted_seen[k] ? w->gone[of] : m->counted_seen[k];
        double *known = &w->times[w->times_at[of] + gone];
        if (*known == 0) {
            double log_p = cd_chance_spread(m->counted_seen[k] - gone, m->counted_expected[k], m->counted_shape[k]);
            *known = m->counted_weight[k] * cd_evidence_times(log_p, m->counted_temper[k]);
        }
        times += *known;
    }
    return times > 0 ? cd_evidence_centibans(times) : INT32_MIN;
}

/* Takes from a finding what the set in hand explains. */
static void told_left(const weighing *w, uint64_t at, measure how, cd_told *told)
{
    uint64_t f = at - w->first, rows = w->m->finding_cited[at] - cd_image_begin(w->m->finding_cited, at);
    double gain = (double)w->m->finding_gain[at];
    if (w->rows_gone[f] == 0) return;
    if (is_sum(w->m, at))
        told->gain_centibans = sum_left(w, at);
    else if (w->rows_gone[f] == rows)
        told->share = 0;
    else if (how == GUESSED && gain > 0)
        told->gain_centibans = (int32_t)(gain * (1 - w->rows_gone[f] / (double)rows));
}

static int64_t score_left(const weighing *w, measure how)
{
    const cd_image *m = w->m;
    int64_t score = m->officer_score[w->officer];
    for (uint32_t family = 0; family < m->n_family_name; family++) {
        cd_told told[CD_MOST_TOLD];
        uint64_t at[CD_MOST_TOLD];
        size_t n = cd_sweep_told(m, w->officer, family, told, at);
        if (n == 0 || m->family_lane[family] != CD_LANE_CONDUCT) continue;
        score -= cd_ledger_family(told, n, n);
        for (size_t k = 0; k < n; k++) told_left(w, at[k], how, &told[k]);
        score += cd_ledger_family(told, n, n);
    }
    return score;
}

/* Every set of `size` files in turn, in the order of the files; true at the first that is enough, which is then in
 * set[]. */
static bool try_sets(weighing *w, uint32_t size, uint32_t from, uint32_t depth, uint32_t *set, int64_t limit,
                     int64_t *left)
{
    if (depth == size) return (*left = score_left(w, AT_MOST)) < limit;
    for (uint32_t i = from; i + (size - depth) <= w->n_files; i++) {
        set[depth] = i;
        change(w, i, true);
        bool enough = try_sets(w, size, i + 1, depth + 1, set, limit, left);
        if (enough) return true;
        change(w, i, false);
    }
    return false;
}

/* The files that take away most, each by itself: the first of them are tried in sets. */
typedef struct {
    int64_t left;
    uint32_t file;
} candidate;

static int candidate_compare(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->left != y->left) return x->left < y->left ? -1 : 1;
    return (x->file > y->file) - (x->file < y->file);
}

static cd_status greedy(weighing *w, uint32_t *set, uint32_t *n_out, int64_t limit, int64_t *left, cd_err *err)
{
    cd_status st = CD_OK;
    candidate *list = NULL;
    uint32_t n = 0, n_list = w->n_files < CANDIDATES ? w->n_files : CANDIDATES;
    CD_NEW(list, w->n_files);
    for (uint32_t i = 0; i < w->n_files; i++) {
        change(w, i, true);
        list[i] = (candidate){score_left(w, GUESSED), i};
        change(w, i, false);
    }
    qsort(list, w->n_files, sizeof *list, candidate_compare);
    while (n < CANDOUR_SMALLEST && n < n_list && *left >= limit) {
        uint32_t best = n;
        int64_t least = INT64_MAX;
        for (uint32_t i = n; i < n_list; i++) {
            change(w, list[i].file, true);
            int64_t score = score_left(w, GUESSED);
            change(w, list[i].file, false);
            if (score < least) least = score, best = i;
        }
        candidate taken = list[best];
        memmove(list + n + 1, list + n, (best - n) * sizeof *list);
        list[n] = taken;
        set[n++] = taken.file;
        change(w, taken.file, true);
        *left = score_left(w, AT_MOST);
    }
    *n_out = n;
done:
    cd_free(list);
    return st;
}

cd_status candour_sweep_smallest(const candour_sweep *sweep, uint32_t officer, int64_t limit, candour_smallest *out,
                                 cd_err *err)
{
    cd_status st = CD_OK;
    weighing w = {.m = &sweep->file.image, .officer = officer};
    uint32_t set[CANDOUR_SMALLEST];
    *out = (candour_smallest){.left = w.m->officer_score[officer]};
    CD_TRY(weighing_make(&w, err));
    out->all_tried = w.n_files <= EXACT_FILES;
    for (uint64_t f = w.first; f < w.first + w.n; f++)
        if (is_conduct(w.m, f) && !is_sum(w.m, f)) out->held_whole = true;
    out->exact = out->all_tried && !out->held_whole;
    if (out->all_tried) {
        for (uint32_t size = 0; size <= w.n_files && !out->possible; size++) {
            out->possible = try_sets(&w, size, 0, 0, set, limit, &out->left);
            out->n = size;
        }
    } else {
        CD_TRY(greedy(&w, set, &out->n, limit, &out->left, err));
        out->possible = out->left < limit;
    }
    for (uint32_t i = 0; i < out->n; i++) out->file[i] = cd_image_text(w.m, w.file[set[i]]);
done:
    weighing_release(&w);
    return st;
}

int64_t candour_sweep_tier_edge(const candour_sweep *sweep, uint32_t officer)
{
    const cd_image *m = &sweep->file.image;
    uint32_t tier = m->officer_tier[officer];
    for (uint64_t k = 0; tier && k < m->n_queue; k++)
        if (m->officer_tier[m->queue[k]] < tier) return m->officer_score[m->queue[k]];
    return 0;
}
