/* SPDX-License-Identifier: GPL-3.0-or-later
 * smallest.c: the smallest set of files that takes an officer below a limit, against every set there is, each weighed
 * from nothing by what the counts would then be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/detect/chance.h"
#include "engine/detect/detector.h"
#include "engine/detect/evidence.h"
#include "engine/sweep/sweep_inside.h"
#include "tests/support/odd_sweep.h"

enum { MOST_FILES = 64 };

static bool in_lane(const cd_image *m, uint64_t f)
{
    return m->family_lane[m->detector_family[m->finding_detector[f]]] == CD_LANE_CONDUCT;
}

/* The files that any row of the officer's says something about, each once. */
static uint32_t files_of(const cd_image *m, uint32_t o, uint32_t files[MOST_FILES])
{
    uint32_t n = 0;
    for (uint64_t f = cd_image_begin(m->officer_findings, o); f < m->officer_findings[o]; f++)
        for (uint64_t r = cd_image_begin(m->finding_cited, f); r < m->finding_cited[f]; r++) {
            bool sum = m->finding_counted[f] > cd_image_begin(m->finding_counted, f), known = false;
            if (!in_lane(m, f) || (sum && m->cited_counts[r] == 0)) continue;
            for (uint32_t i = 0; i < n; i++) known = known || files[i] == m->cited_other[r];
            if (!known) files[n++] = m->cited_other[r];
        }
    return n;
}

static bool is_in(const uint32_t *files, uint32_t n, uint64_t set, uint32_t file)
{
    for (uint32_t i = 0; i < n; i++)
        if (files[i] == file && set >> i & 1) return true;
    return false;
}

/* How many of the set's files are in count k of a finding, each once. */
static uint32_t taken(const cd_image *m, uint64_t f, uint32_t k, const uint32_t *files, uint32_t n, uint64_t set)
{
    uint32_t all = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool counts = false;
        for (uint64_t r = cd_image_begin(m->finding_cited, f); r < m->finding_cited[f]; r++)
            counts = counts || (m->cited_other[r] == files[i] && m->cited_counts[r] >> k & 1);
        all += (set >> i & 1) && counts;
    }
    return all;
}

static int64_t slow_score(const cd_image *m, uint32_t o, const uint32_t *files, uint32_t n, uint64_t set)
{
    int64_t score = 0;
    for (uint32_t family = 0; family < m->n_family_name; family++) {
        cd_told told[8];
        size_t n_told = 0;
        if (m->family_lane[family] != CD_LANE_CONDUCT) continue;
        for (uint64_t f = cd_image_begin(m->officer_findings, o); f < m->officer_findings[o]; f++) {
            uint64_t c = cd_image_begin(m->finding_counted, f), touched = 0;
            double times = m->finding_base[f];
            cd_told *x = &told[n_told];
            if (m->detector_family[m->finding_detector[f]] != family) continue;
            *x = (cd_told){(int32_t)m->finding_gain[f], m->detector_share[m->finding_detector[f]]};
            n_told++;
            for (uint64_t r = cd_image_begin(m->finding_cited, f); r < m->finding_cited[f]; r++)
                touched +=
                    is_in(files, n, set, m->cited_other[r]) && (m->cited_counts[r] || m->finding_counted[f] == c);
            if (touched == 0) continue;
            for (uint64_t k = c; k < m->finding_counted[f]; k++) {
                uint32_t gone = taken(m, f, (uint32_t)(k - c), files, n, set), seen = m->counted_seen[k];
                double log_p =
                    cd_chance_spread(seen > gone ? seen - gone : 0, m->counted_expected[k], m->counted_shape[k]);
                times += m->counted_weight[k] * cd_evidence_times(log_p, m->counted_temper[k]);
            }
            if (m->finding_counted[f] > c)
                x->gain_centibans = cd_evidence_centibans(times);
            else if (touched == m->finding_cited[f] - cd_image_begin(m->finding_cited, f))
                n_told--;
        }
        score += cd_ledger_family(told, n_told, n_told);
    }
    return score;
}

/* Gains and scores as the counts have them. */
static void settle(cd_image *m)
{
    for (uint64_t f = 0; f < m->n_finding_gain; f++) {
        double times = m->finding_base[f];
        for (uint64_t k = cd_image_begin(m->finding_counted, f); k < m->finding_counted[f]; k++)
            times +=
                m->counted_weight[k] *
                cd_evidence_times(cd_chance_spread(m->counted_seen[k], m->counted_expected[k], m->counted_shape[k]),
                                  m->counted_temper[k]);
        m->finding_gain[f] = cd_evidence_centibans(times);
    }
    for (uint32_t o = 0; o < m->n_officer_score; o++) m->officer_score[o] = slow_score(m, o, NULL, 0, 0);
}

static uint64_t set_of(const cd_image *m, const candour_smallest *s, const uint32_t *files, uint32_t n)
{
    uint64_t set = 0;
    for (uint32_t k = 0; k < s->n; k++)
        for (uint32_t i = 0; i < n; i++)
            if (cd_slice_equal(cd_image_text(m, files[i]), s->file[k])) set |= UINT64_C(1) << i;
    return set;
}

/* seen[]: what there was: exact, held whole, not all tried, impossible. */
static void check_officer(const cd_image *m, const candour_sweep *sweep, uint32_t o, uint32_t seen[4])
{
    uint32_t files[MOST_FILES], n = files_of(m, o, files), fewest = UINT32_MAX;
    int64_t limit = m->officer_score[o] / 2 - 200;
    candour_smallest got;
    cd_err err = {0};
    assert_int_equal(candour_sweep_smallest(sweep, o, limit, &got, &err), CD_OK);
    for (uint64_t set = 0; n < 15 && set < UINT64_C(1) << n; set++)
        if ((uint32_t)__builtin_popcountll(set) < fewest && slow_score(m, o, files, n, set) < limit)
            fewest = (uint32_t)__builtin_popcountll(set);
    bool whole = false;
    for (uint64_t f = cd_image_begin(m->officer_findings, o); f < m->officer_findings[o]; f++)
        whole = whole || (in_lane(m, f) && m->finding_counted[f] == cd_image_begin(m->finding_counted, f));
    assert_int_equal(got.held_whole, whole);
    assert_int_equal(got.exact, got.all_tried && !whole);
    uint64_t set = set_of(m, &got, files, n);
    assert_int_equal((uint32_t)__builtin_popcountll(set),
                     got.possible || got.all_tried ? got.n : (uint32_t)__builtin_popcountll(set));
    assert_int_equal(got.left, slow_score(m, o, files, n, set));
    if (got.possible) {
        assert_true(got.left < limit);
        if (n < 15) assert_true(got.n >= fewest);
    }
    if (got.all_tried) {
        assert_int_equal(got.possible, fewest != UINT32_MAX);
        if (got.possible) assert_int_equal(got.n, fewest);
    }
    seen[0] += got.exact && got.n > 0, seen[1] += whole, seen[2] += !got.all_tried && got.possible,
        seen[3] += !got.possible;
}

static void sets_are_the_smallest(void **state)
{
    uint32_t seen[4] = {0};
    (void)state;
    for (uint64_t seed = 0; seed < 150; seed++) {
        candour_sweep sweep = {0};
        odd_sweep_make(&sweep.file.image, seed, seed % 5 ? 8 : 14);
        settle(&sweep.file.image);
        for (uint32_t o = 0; o < sweep.file.image.n_officer_score; o++)
            check_officer(&sweep.file.image, &sweep, o, seen);
        odd_sweep_release(&sweep.file.image);
    }
    for (int i = 0; i < 4; i++)
        if (seen[i] < 5) fail_msg("too few of a kind: %u %u %u %u", seen[0], seen[1], seen[2], seen[3]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sets_are_the_smallest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
