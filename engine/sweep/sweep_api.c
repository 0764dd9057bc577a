/* SPDX-License-Identifier: GPL-3.0-or-later
 * sweep_api.c: reading a sweep: what candour.h says of it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/detect/detector.h"
#include "engine/detect/evidence.h"
#include "engine/rank/ledger.h"
#include "engine/rank/tiers.h"
#include "engine/sweep/sweep_inside.h"

static const cd_image *image_of(const candour_sweep *s) { return &s->file.image; }

cd_status candour_sweep_open(const char *store, uint64_t number, candour_sweep **out, cd_err *err)
{
    cd_status st = CD_OK;
    candour_sweep *s = NULL;
    uint64_t *numbers = NULL;
    size_t n = 0;
    CD_NEW(s, 1);
    if (number == 0) {
        CD_TRY(cd_sweep_numbers(store, &numbers, &n, err));
        if (n == 0) CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' has no sweep yet; run `candour sweep %s`", store, store));
        number = numbers[n - 1];
    }
    CD_TRY(cd_sweep_map_open(store, number, &s->file, err));
    const cd_image *m = image_of(s);
    CD_NEW(s->place, m->n_queue);
    for (uint32_t k = 0; k < m->n_queue; k++) s->place[m->queue[k]] = k + 1;
    *out = s, s = NULL;
done:
    cd_free(numbers);
    candour_sweep_close(s);
    return st;
}

void candour_sweep_close(candour_sweep *s)
{
    if (!s) return;
    cd_sweep_map_close(&s->file);
    cd_free(s->place);
    cd_free(s);
}

const char *candour_tier_name(candour_tier tier) { return cd_tier_name((cd_tier)tier); }

const char *candour_lane_name(candour_lane lane)
{
    static const char *const names[] = {"conduct", "compliance", "declaration", "welfare"};
    return lane <= CANDOUR_WELFARE ? names[lane] : "";
}

static candour_sweep_info info_of(const cd_image *m)
{
    candour_sweep_info out = {.number = m->number,
                              .snapshot = m->snapshot,
                              .look = m->look,
                              .as_of = m->as_of == INT64_MAX ? CANDOUR_UNKNOWN : m->as_of,
                              .since = m->since,
                              .first = m->first,
                              .last = m->last,
                              .accesses = m->accesses,
                              .strays = m->strays,
                              .n_officers = (uint32_t)m->n_officer_score,
                              .n_families = (uint32_t)m->n_family_name,
                              .n_detectors = (uint32_t)m->n_detector_name,
                              .n_reasons = (uint32_t)m->n_reason_rows,
                              .n_findings = m->n_finding_gain,
                              .policy = {(const char *)m->policy, (uint32_t)m->n_policy},
                              .random_pairs = m->reason_random ? m->reason_random[m->n_reason_rows] : 0};
    memcpy(out.policy_sha256, m->policy_sha256, sizeof out.policy_sha256);
    return out;
}

candour_sweep_info candour_sweep_facts(const candour_sweep *s) { return info_of(image_of(s)); }

cd_status candour_sweep_numbers(const char *store, uint64_t **out, size_t *n, cd_err *err)
{
    return cd_sweep_numbers(store, out, n, err);
}

cd_status candour_sweep_info_of(const char *store, uint64_t number, candour_sweep_info *out, cd_err *err)
{
    cd_image m;
    cd_status st = cd_sweep_facts_read(store, number, &m, err);
    if (st == CD_OK) *out = info_of(&m);
    return st;
}

/* From the policy's text, where each number has a line of its own. */
double candour_sweep_level(const candour_sweep *s, candour_tier tier)
{
    char key[32], number[32];
    cd_slice text = info_of(image_of(s)).policy;
    int n = snprintf(key, sizeof key, "\n%s_level: ", cd_tier_name((cd_tier)tier));
    const char *at = text.n ? memmem(text.bytes, text.n, key, (size_t)n) : NULL;
    if (!at) return 0;
    at += n;
    snprintf(number, sizeof number, "%.*s", (int)(text.bytes + text.n - at), at);
    return strtod(number, NULL);
}

static const char *missing_words(uint64_t bits)
{
    if (bits & CD_NEEDS_ACCESSES) return "there are no accesses";
    if (bits & CD_NEEDS_ROSTER) return "there is no roster with times";
    if (bits & CD_NEEDS_ASSIGNMENTS) return "there are no assignments";
    if (bits & CD_NEEDS_SUBJECTS) return "there are no subjects";
    if (bits & CD_NEEDS_LINKS) return "there are no links";
    if (bits & CD_NEEDS_TIES) return "there are no ties";
    if (bits & CD_NEEDS_DECLARATIONS) return "there are no declarations";
    if (bits & CD_NEEDS_COMPLAINTS) return "there are no complaints";
    if (bits & CD_NEEDS_FINDINGS) return "there are no earlier findings";
    if (bits & CD_NEEDS_PRESENCE) return "there is no presence";
    if (bits & CD_NEEDS_PAY) return "nobody has four months of overtime or expenses";
    if (bits & CD_NEEDS_FINANCE) return "there are no financial events";
    if (bits & CD_NEEDS_SICKNESS) return "nobody has four months of sickness days";
    return "";
}

candour_detector candour_sweep_detector(const candour_sweep *s, uint32_t i)
{
    const cd_image *m = image_of(s);
    return (candour_detector){.name = cd_image_text(m, m->detector_name[i]),
                              .about = cd_image_text(m, m->detector_about[i]),
                              .family = m->detector_family[i],
                              .state = m->detector_state[i],
                              .missing = missing_words(m->detector_missing[i]),
                              .share = m->detector_share[i]};
}

cd_slice candour_sweep_family(const candour_sweep *s, uint32_t i, candour_lane *lane)
{
    const cd_image *m = image_of(s);
    if (lane) *lane = m->family_lane[i];
    return cd_image_text(m, m->family_name[i]);
}

candour_reason candour_sweep_reason(const candour_sweep *s, uint32_t i)
{
    const cd_image *m = image_of(s);
    if (i >= m->n_reason_rows || i >= CD_REASONS) return (candour_reason){.name = "", .about = ""};
    return (candour_reason){cd_reason_name(i), cd_reason_about(i), m->reason_rows[i], m->reason_random[i]};
}

candour_ranked candour_sweep_officer(const candour_sweep *s, uint32_t o)
{
    const cd_image *m = image_of(s);
    return (candour_ranked){.officer = o,
                            .place = s->place[o],
                            .highest = m->officer_highest[o],
                            .lowest = m->officer_lowest[o],
                            .id = cd_image_text(m, o),
                            .unit = cd_image_text(m, m->officer_unit[o]),
                            .role = cd_image_text(m, m->officer_role[o]),
                            .rank = cd_image_text(m, m->officer_rank[o]),
                            .tier = m->officer_tier[o],
                            .works = m->officer_works[o],
                            .score = m->officer_score[o],
                            .look = m->officer_look[o],
                            .standing = m->officer_standing[o],
                            .n_findings = (uint32_t)(m->officer_findings[o] - cd_image_begin(m->officer_findings, o)),
                            .family = m->officer_family + (size_t)o * m->n_family_name,
                            .reasons = m->officer_reasons + (size_t)o * m->n_reason_rows};
}

uint32_t candour_sweep_queued(const candour_sweep *s, uint32_t place) { return image_of(s)->queue[place - 1]; }

bool candour_sweep_find(const candour_sweep *s, cd_slice id, uint32_t *officer)
{
    const cd_image *m = image_of(s);
    uint32_t lo = 0, hi = (uint32_t)m->n_officer_score;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int order = cd_slice_compare(cd_image_text(m, mid), id);
        if (order == 0) return *officer = mid, true;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

/* The mean of the factors of a lane's families that ran; nothing where none did. */
static int64_t lane_look(const cd_image *m, uint32_t officer, candour_lane lane)
{
    double sum = 0;
    uint32_t n = 0;
    if (lane == CANDOUR_CONDUCT) return m->officer_look[officer];
    for (uint32_t f = 0; f < m->n_family_name; f++) {
        bool ran = false;
        for (uint32_t d = 0; d < m->n_detector_name; d++)
            ran = ran || (m->detector_family[d] == f && m->detector_state[d] == CD_DETECTOR_RAN);
        if (!ran || m->family_lane[f] != (uint32_t)lane) continue;
        sum += cd_evidence_factor(m->officer_family[(size_t)officer * m->n_family_name + f]), n++;
    }
    return n ? (int64_t)rint(CD_CENTIBANS * log10(sum / n)) : 0;
}

static int falling_compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x < *y) - (*x > *y);
}

cd_status candour_sweep_clean(const candour_sweep *s, candour_lane lane, const uint32_t *officers, uint32_t n,
                              uint32_t among, double *out, cd_err *err)
{
    cd_status st = CD_OK;
    int64_t *look = NULL;
    CD_NEW(look, n);
    for (uint32_t i = 0; i < n; i++) look[i] = lane_look(image_of(s), officers[i], lane);
    if (n > 1) qsort(look, n, sizeof *look, falling_compare);
    *out = cd_tiers_clean(look, n, among);
done:
    cd_free(look);
    return st;
}

/* ---- Ledgers ---- */

size_t cd_sweep_told(const cd_image *m, uint32_t o, uint32_t family, cd_told told[CD_MOST_TOLD],
                     uint64_t at[CD_MOST_TOLD])
{
    size_t n = 0;
    for (uint64_t i = cd_image_begin(m->officer_findings, o); i < m->officer_findings[o] && n < CD_MOST_TOLD; i++) {
        uint32_t d = m->finding_detector[i];
        if (m->detector_family[d] != family) continue;
        told[n] = (cd_told){(int32_t)m->finding_gain[i], m->detector_share[d]};
        at[n++] = i;
    }
    return n;
}

void candour_sweep_ledger(const candour_sweep *s, uint32_t officer, uint32_t family, int64_t *begins, int64_t *alike)
{
    cd_told told[CD_MOST_TOLD];
    uint64_t at[CD_MOST_TOLD];
    int64_t adds[CD_MOST_TOLD];
    size_t n = cd_sweep_told(image_of(s), officer, family, told, at);
    *begins = image_of(s)->officer_family[(size_t)officer * image_of(s)->n_family_name + family] == 0 && n == 0
                  ? 0
                  : cd_ledger_family(told, 0, 0);
    cd_ledger_lines(told, n, adds, alike);
}

int64_t candour_sweep_without_dismissed(const candour_sweep *s, uint32_t officer)
{
    const cd_image *m = image_of(s);
    int64_t score = m->officer_score[officer];
    for (uint32_t f = 0; f < m->n_family_name; f++) {
        cd_told told[CD_MOST_TOLD];
        uint64_t at[CD_MOST_TOLD];
        int64_t less = 0;
        size_t n = cd_sweep_told(m, officer, f, told, at);
        if (m->family_lane[f] != CD_LANE_CONDUCT) continue;
        for (size_t k = 0; k < n; k++) {
            less |= m->finding_dismissed[at[k]];
            told[k].gain_centibans -= (int32_t)m->finding_dismissed[at[k]];
        }
        if (less) score += cd_ledger_family(told, n, n) - m->officer_family[(size_t)officer * m->n_family_name + f];
    }
    return score;
}

candour_found candour_sweep_finding(const candour_sweep *s, uint32_t officer, uint32_t i)
{
    const cd_image *m = image_of(s);
    uint64_t f = cd_image_begin(m->officer_findings, officer) + i, at[CD_MOST_TOLD];
    cd_told told[CD_MOST_TOLD];
    int64_t adds[CD_MOST_TOLD], alike;
    size_t n = cd_sweep_told(m, officer, m->detector_family[m->finding_detector[f]], told, at);
    candour_found out = {.detector = m->finding_detector[f],
                         .cluster = m->finding_cluster[f],
                         .peers = m->finding_peers[f],
                         .gain = m->finding_gain[f],
                         .dismissed = m->finding_dismissed[f],
                         .words = cd_image_text(m, m->finding_words[f]),
                         .n_counted = (uint32_t)(m->finding_counted[f] - cd_image_begin(m->finding_counted, f)),
                         .n_cited = (uint32_t)(m->finding_cited[f] - cd_image_begin(m->finding_cited, f)),
                         .at = f};
    cd_ledger_lines(told, n, adds, &alike);
    for (size_t k = 0; k < n; k++)
        if (at[k] == f) out.adds = adds[k];
    return out;
}

candour_count candour_sweep_counted(const candour_sweep *s, const candour_found *f, uint32_t i)
{
    const cd_image *m = image_of(s);
    uint64_t k = cd_image_begin(m->finding_counted, f->at) + i;
    return (candour_count){cd_image_text(m, m->counted_what[k]),
                           m->counted_seen[k],
                           m->counted_expected[k],
                           m->counted_shape[k],
                           m->counted_weight[k],
                           m->counted_temper[k]};
}

candour_row candour_sweep_cited(const candour_sweep *s, const candour_found *f, uint32_t i)
{
    const cd_image *m = image_of(s);
    uint64_t k = cd_image_begin(m->finding_cited, f->at) + i;
    return (candour_row){.table = cd_image_text(m, m->cited_table[k]),
                         .source = cd_image_text(m, m->cited_source[k]),
                         .of = cd_image_text(m, m->cited_of[k]),
                         .other = cd_image_text(m, m->cited_other[k]),
                         .says = cd_image_text(m, m->cited_says[k]),
                         .line = m->cited_line[k],
                         .counts = m->cited_counts[k],
                         .at = m->cited_at[k]};
}
