/* SPDX-License-Identifier: GPL-3.0-or-later
 * odd_sweep.c: see odd_sweep.h. What fails here is a fault of the test and ends it. */
#include "tests/support/odd_sweep.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/random.h"
#include "engine/base/sort.h"
#include "engine/detect/detector.h"
#include "engine/rank/ledger.h"
#include "engine/sweep/sweep_file.h"

enum { OFFICERS = 5, FAMILIES = 3, DETECTORS = 5, FINDINGS = 4, COUNTS = 4, ROWS = 24, REASONS = 3, TEXTS = 200 };

static void must(bool good)
{
    if (good) return;
    fprintf(stderr, "odd_sweep: out of memory\n");
    abort();
}

#define NEW(name, count)                                                                                               \
    do {                                                                                                               \
        m->name = cd_alloc((count), sizeof *m->name, NULL);                                                            \
        must(m->name != NULL);                                                                                         \
        m->n_##name = (count);                                                                                         \
    } while (0)

/* Officers' ids rise; words and files come after them. */
static void texts_make(cd_image *m, uint64_t n_officers)
{
    cd_buffer bytes = {0};
    NEW(text_end, TEXTS);
    for (uint32_t i = 0; i < TEXTS; i++) {
        cd_buffer_printf(&bytes, i < n_officers ? "P%06u" : "C%u", i);
        m->text_end[i] = bytes.n;
    }
    must(bytes.status == CD_OK);
    m->text_bytes = (uint8_t *)bytes.bytes, m->n_text_bytes = bytes.n;
}

static void detectors_make(cd_image *m, cd_random *r)
{
    uint32_t n[FAMILIES] = {0};
    NEW(family_name, FAMILIES);
    NEW(family_lane, FAMILIES);
    NEW(detector_name, DETECTORS);
    NEW(detector_about, DETECTORS);
    NEW(detector_family, DETECTORS);
    NEW(detector_state, DETECTORS);
    NEW(detector_missing, DETECTORS);
    NEW(detector_share, DETECTORS);
    for (uint32_t f = 0; f < FAMILIES; f++)
        m->family_name[f] = TEXTS - 1 - f, m->family_lane[f] = f == 2 ? CD_LANE_WELFARE : CD_LANE_CONDUCT;
    for (uint32_t d = 0; d < DETECTORS; d++) {
        m->detector_name[d] = m->detector_about[d] = TEXTS - 10 - d;
        n[m->detector_family[d] = (uint32_t)cd_random_below(r, FAMILIES)]++;
    }
    for (uint32_t d = 0; d < DETECTORS; d++) m->detector_share[d] = 1.0 / n[m->detector_family[d]];
}

/* A finding: its counts and rows are put at the ends of theirs. */
static void finding_draw(cd_image *m, cd_random *r, uint64_t f, uint32_t officer, uint32_t most_files)
{
    uint32_t counts = (uint32_t)cd_random_below(r, COUNTS + 1), rows = (uint32_t)cd_random_below(r, ROWS + 1);
    uint64_t c = cd_image_begin(m->finding_counted, f), at = cd_image_begin(m->finding_cited, f);
    uint32_t of_file[64];
    for (uint32_t i = 0; i < 64; i++) of_file[i] = (uint32_t)cd_random_below(r, 1u << COUNTS);
    m->finding_detector[f] = (uint32_t)cd_random_below(r, DETECTORS);
    m->finding_words[f] = (uint32_t)cd_random_below(r, TEXTS), m->finding_peers[f] = 30;
    m->finding_cluster[f] = counts == 0 && cd_random_below(r, 2) ? 1 : 0;
    m->finding_base[f] = counts ? cd_random_unit(r) : 1 + 50 * cd_random_unit(r);
    m->finding_counted[f] = c + counts, m->finding_cited[f] = at + rows;
    for (uint64_t k = c; k < c + counts; k++) {
        m->counted_what[k] = (uint32_t)cd_random_below(r, TEXTS), m->counted_seen[k] = (uint32_t)cd_random_below(r, 8);
        m->counted_expected[k] = 0.01 + cd_random_unit(r), m->counted_shape[k] = 0.5 + 5 * cd_random_unit(r);
        m->counted_weight[k] = 1.0 / counts, m->counted_temper[k] = 0.4 + 0.6 * cd_random_unit(r);
    }
    for (uint64_t k = at; k < at + rows; k++) {
        uint32_t file = (uint32_t)cd_random_below(r, most_files);
        m->cited_source[k] = m->cited_table[k] = TEXTS - 20, m->cited_says[k] = CD_NONE, m->cited_of[k] = officer;
        m->cited_line[k] = (uint32_t)cd_random_below(r, 1000), m->cited_at[k] = (int64_t)cd_random_below(r, 1000000);
        m->cited_other[k] = OFFICERS + file; /* every row of a file is in the same counts */
        m->cited_counts[k] = of_file[file % 64] & ((1u << counts) - 1);
    }
}

static void findings_make(cd_image *m, cd_random *r, uint32_t n_officers, uint32_t most_files)
{
    uint64_t n = 0;
    NEW(officer_findings, n_officers);
    for (uint32_t o = 0; o < n_officers; o++) m->officer_findings[o] = n += cd_random_below(r, FINDINGS + 1);
    NEW(finding_detector, n);
    NEW(finding_cluster, n);
    NEW(finding_peers, n);
    NEW(finding_gain, n);
    NEW(finding_words, n);
    NEW(finding_base, n);
    NEW(finding_dismissed, n);
    NEW(finding_counted, n);
    NEW(finding_cited, n);
    NEW(counted_what, n * COUNTS);
    NEW(counted_seen, n * COUNTS);
    NEW(counted_expected, n * COUNTS);
    NEW(counted_shape, n * COUNTS);
    NEW(counted_weight, n * COUNTS);
    NEW(counted_temper, n * COUNTS);
    NEW(cited_source, n * ROWS);
    NEW(cited_line, n * ROWS);
    NEW(cited_at, n * ROWS);
    NEW(cited_table, n * ROWS);
    NEW(cited_of, n * ROWS);
    NEW(cited_other, n * ROWS);
    NEW(cited_says, n * ROWS);
    NEW(cited_counts, n * ROWS);
    for (uint32_t o = 0; o < n_officers; o++)
        for (uint64_t f = cd_image_begin(m->officer_findings, o); f < m->officer_findings[o]; f++)
            finding_draw(m, r, f, o, most_files);
    uint64_t counted = n ? m->finding_counted[n - 1] : 0, cited = n ? m->finding_cited[n - 1] : 0;
    m->n_counted_what = m->n_counted_seen = m->n_counted_expected = m->n_counted_shape = counted;
    m->n_counted_weight = m->n_counted_temper = counted;
    m->n_cited_source = m->n_cited_line = m->n_cited_at = m->n_cited_table = m->n_cited_of = cited;
    m->n_cited_other = m->n_cited_says = m->n_cited_counts = cited;
}

static void officers_make(cd_image *m, cd_random *r, uint32_t n)
{
    NEW(officer_score, n);
    NEW(officer_look, n);
    NEW(officer_standing, n);
    NEW(officer_tier, n);
    NEW(officer_unit, n);
    NEW(officer_role, n);
    NEW(officer_rank, n);
    NEW(officer_works, n);
    NEW(officer_family, (size_t)n * FAMILIES);
    NEW(officer_reasons, (size_t)n * REASONS);
    NEW(officer_highest, n);
    NEW(officer_lowest, n);
    NEW(queue, n);
    NEW(reason_rows, REASONS);
    NEW(reason_random, REASONS + 1);
    for (uint32_t o = 0; o < n; o++) {
        m->queue[o] = n - 1 - o, m->officer_highest[o] = m->officer_lowest[o] = n - o;
        m->officer_unit[o] = cd_random_below(r, 3) ? OFFICERS + 1 : CD_NONE;
        m->officer_role[o] = m->officer_rank[o] = CD_NONE;
        m->officer_standing[o] = cd_random_unit(r), m->officer_look[o] = (int64_t)cd_random_below(r, 4000) - 300;
        m->officer_tier[o] = (uint32_t)cd_random_below(r, 4);
    }
}

void odd_sweep_make(cd_image *m, uint64_t seed, uint32_t most_files)
{
    cd_random r = cd_random_of(seed, 1, 1);
    cd_err err = {0};
    uint32_t n = (uint32_t)cd_random_below(&r, OFFICERS + 1);
    static const char policy[] = "detectors:\n  a: on\nseed: 1\nurgent_level: 0.05\nassess_level: 0.2\n";
    *m = (cd_image){.number = 1 + cd_random_below(&r, 9),
                    .snapshot = seed,
                    .key = seed * 77,
                    .look = 1,
                    .as_of = INT64_MAX,
                    .since = INT64_MIN,
                    .first = 5,
                    .last = 900000,
                    .accesses = 1000,
                    .strays = 50};
    texts_make(m, n);
    detectors_make(m, &r);
    findings_make(m, &r, n, most_files);
    officers_make(m, &r, n);
    NEW(policy, sizeof policy - 1);
    memcpy(m->policy, policy, sizeof policy - 1);
    must(cd_image_policy_hash(m, m->policy_sha256, &err) == CD_OK);
}

void odd_sweep_release(cd_image *m)
{
#define X(name, type, file) cd_free(m->name);
    CD_IMAGE_ARRAYS(X)
#undef X
    *m = (cd_image){0};
}
