/* SPDX-License-Identifier: GPL-3.0-or-later
 * image_check.c: whether what a sweep's file holds can be a sweep: sizes, indexes, and values that readers index by,
 * add up or take logarithms of. A checksum shows accidents; this is for files that somebody made. Linear in the file.
 */
#include <math.h>
#include <stdlib.h>

#include "engine/detect/detector.h"
#include "engine/detect/evidence.h"
#include "engine/rank/tiers.h"
#include "engine/sweep/sweep_inside.h"

/* Ends rise and reach no further than what they divide. */
static bool ends_hold(const uint64_t *ends, uint64_t n, uint64_t all)
{
    for (uint64_t i = 0; i < n; i++)
        if (ends[i] > all || (i && ends[i] < ends[i - 1])) return false;
    return n == 0 || ends[n - 1] == all;
}

static bool below(const uint32_t *v, uint64_t n, uint64_t limit)
{
    for (uint64_t i = 0; i < n; i++)
        if (v[i] >= limit) return false;
    return true;
}

static bool below_or_none(const uint32_t *v, uint64_t n, uint64_t limit)
{
    for (uint64_t i = 0; i < n; i++)
        if (v[i] >= limit && v[i] != CD_NONE) return false;
    return true;
}

static bool arrays_fit(const cd_image *m)
{
    uint64_t n = m->n_officer_score, texts = m->n_text_end, findings = m->n_finding_gain, counted = m->n_counted_what,
             cited = m->n_cited_at, detectors = m->n_detector_name, families = m->n_family_name;
    bool sizes =
        m->n_officer_look == n && m->n_officer_standing == n && m->n_officer_tier == n && m->n_officer_unit == n &&
        m->n_officer_role == n && m->n_officer_rank == n && m->n_officer_works == n && m->n_officer_findings == n &&
        m->n_queue == n && m->n_officer_highest == n && m->n_officer_lowest == n && families < 1000 &&
        m->n_officer_family == n * families && texts >= n && m->n_detector_about == detectors &&
        m->n_detector_family == detectors && m->n_detector_state == detectors && m->n_detector_share == detectors &&
        m->n_detector_missing == detectors && m->n_family_lane == families && m->n_finding_detector == findings &&
        m->n_finding_cluster == findings && m->n_finding_peers == findings && m->n_finding_words == findings &&
        m->n_finding_base == findings && m->n_finding_dismissed == findings && m->n_finding_counted == findings &&
        m->n_finding_cited == findings && m->n_counted_seen == counted && m->n_counted_expected == counted &&
        m->n_counted_shape == counted && m->n_counted_weight == counted && m->n_counted_temper == counted &&
        m->n_cited_source == cited && m->n_cited_line == cited && m->n_cited_table == cited && m->n_cited_of == cited &&
        m->n_cited_other == cited && m->n_cited_says == cited && m->n_cited_counts == cited &&
        m->n_reason_random == m->n_reason_rows + 1 && m->n_officer_reasons == n * m->n_reason_rows;
    return sizes && ends_hold(m->text_end, texts, m->n_text_bytes) && ends_hold(m->officer_findings, n, findings) &&
           ends_hold(m->finding_counted, findings, counted) && ends_hold(m->finding_cited, findings, cited) &&
           below(m->queue, n, n) && below(m->finding_detector, findings, detectors) &&
           below(m->finding_words, findings, texts) && below(m->counted_what, counted, texts) &&
           below(m->cited_source, cited, texts) && below(m->cited_table, cited, texts) &&
           below(m->cited_of, cited, texts) && below(m->cited_other, cited, texts) &&
           below_or_none(m->cited_says, cited, texts) && below(m->detector_family, detectors, families) &&
           below(m->detector_name, detectors, texts) && below(m->detector_about, detectors, texts) &&
           below(m->family_name, families, texts) && below_or_none(m->officer_unit, n, texts) &&
           below_or_none(m->officer_role, n, texts) && below_or_none(m->officer_rank, n, texts);
}

static bool within(const double *v, uint64_t n, double lo, double hi)
{
    for (uint64_t i = 0; i < n; i++)
        if (!(v[i] >= lo && v[i] <= hi)) return false;
    return true;
}

/* Such that ten to the power of them is a number, and sums of some are. */
static bool centibans_hold(const int64_t *v, uint64_t n)
{
    enum { MOST = 305 * CD_CENTIBANS };
    for (uint64_t i = 0; i < n; i++)
        if (v[i] < -MOST || v[i] > MOST) return false;
    return true;
}

/* Everybody stands in the queue once. */
static bool queue_holds(const cd_image *m)
{
    bool good = true, *met = cd_alloc(m->n_queue, sizeof *met, NULL);
    for (uint64_t k = 0; met && good && k < m->n_queue; k++) {
        good = !met[m->queue[k]];
        met[m->queue[k]] = true;
    }
    cd_free(met);
    return good; /* without memory it is not looked at: readers only show wrong places then */
}

/* A bit of cited_counts for each count; a cluster has two members, each with a finding. */
static bool findings_hold(const cd_image *m)
{
    for (uint64_t f = 0; f < m->n_finding_gain; f++)
        if (m->finding_counted[f] - cd_image_begin(m->finding_counted, f) > 32) return false;
    return below(m->finding_cluster, m->n_finding_cluster, m->n_finding_cluster + 1);
}

static bool values_hold(const cd_image *m)
{
    static const double most = 1e305; /* what is capped at 1e300 may round up */
    return below(m->officer_tier, m->n_officer_tier, CD_TIERS) &&
           below(m->detector_state, m->n_detector_state, CD_DETECTOR_MISSING + 1) &&
           below(m->family_lane, m->n_family_lane, CD_LANE_WELFARE + 1) && queue_holds(m) && findings_hold(m) &&
           centibans_hold(m->officer_score, m->n_officer_score) && centibans_hold(m->officer_look, m->n_officer_look) &&
           centibans_hold(m->officer_family, m->n_officer_family) &&
           centibans_hold(m->finding_gain, m->n_finding_gain) &&
           centibans_hold(m->finding_dismissed, m->n_finding_dismissed) &&
           within(m->officer_standing, m->n_officer_standing, 0, HUGE_VAL) &&
           within(m->detector_share, m->n_detector_share, 0, 1) &&
           within(m->finding_base, m->n_finding_base, 0, most) &&
           within(m->counted_expected, m->n_counted_expected, 0, most) &&
           within(m->counted_shape, m->n_counted_shape, 1e-300, most) &&
           within(m->counted_weight, m->n_counted_weight, 0, CD_EVIDENCE_LIFT) &&
           within(m->counted_temper, m->n_counted_temper, 0, 1);
}

bool cd_image_holds(const cd_image *m) { return arrays_fit(m) && values_hold(m); }
