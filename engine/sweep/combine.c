/* SPDX-License-Identifier: GPL-3.0-or-later
 * combine.c: one image out of many lists of findings. */
#include "engine/sweep/combine.h"

#include <math.h>
#include <stdlib.h>

#include "engine/detect/evidence.h"
#include "engine/rank/tiers.h"
#include "engine/sweep/cite.h"
#include "engine/sweep/sweep_inside.h"

#define ARRAY_NEW(m, name, count)                                                                                      \
    do {                                                                                                               \
        CD_NEW((m)->name, (count));                                                                                    \
        (m)->n_##name = (count);                                                                                       \
    } while (0)

void cd_image_release(cd_image *m)
{
#define X(name, type, file) cd_free(m->name);
    CD_IMAGE_ARRAYS(X)
#undef X
    *m = (cd_image){0};
}

/* ---- Texts ---- */

/* The texts of a set of words, once each: word k is text base + k. */
static cd_status pool_words(cd_text_pool *p, const cd_words *w, uint32_t *base, cd_err *err)
{
    cd_status st = CD_OK;
    *base = (uint32_t)p->n;
    for (uint32_t k = 0; k <= w->n && st == CD_OK; k++) st = cd_text_pool_add(p, w->text[k], NULL, err);
    return st;
}

/* ---- Officers ---- */

static cd_status people_take(const cd_look *look, cd_text_pool *p, cd_image *m, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = look->scene;
    cd_id n = s->officers.n;
    uint32_t units, roles, ranks;
    for (cd_id o = 0; o < n; o++) CD_TRY(cd_text_pool_add(p, cd_scene_officer(s, o), NULL, err));
    CD_TRY(pool_words(p, &s->units, &units, err));
    CD_TRY(pool_words(p, &s->roles, &roles, err));
    CD_TRY(pool_words(p, &s->ranks, &ranks, err));
    ARRAY_NEW(m, officer_unit, n);
    ARRAY_NEW(m, officer_role, n);
    ARRAY_NEW(m, officer_rank, n);
    ARRAY_NEW(m, officer_works, n);
    ARRAY_NEW(m, officer_reasons, (size_t)n * CD_REASONS);
    for (cd_id o = 0; o < n; o++) {
        cd_post at = cd_scene_post(s, o, s->as_of);
        m->officer_unit[o] = at.unit ? units + at.unit : CD_NONE;
        m->officer_role[o] = at.role ? roles + at.role : CD_NONE;
        m->officer_rank[o] = at.rank ? ranks + at.rank : CD_NONE;
        m->officer_works[o] = look->residue->works[o];
        for (cd_off a = s->access_off[o]; a < s->access_off[o + 1]; a++)
            if (s->accesses[a].at >= look->residue->since)
                m->officer_reasons[(size_t)o * CD_REASONS + s->accesses[a].reason]++;
    }
    ARRAY_NEW(m, reason_rows, CD_REASONS);
    ARRAY_NEW(m, reason_random, CD_REASONS + 1);
    for (size_t i = 0; i < m->n_officer_reasons; i++) m->reason_rows[i % CD_REASONS] += m->officer_reasons[i];
    cd_reasons_random(look->reasons, (uint64_t)look->policy->number[CD_POLICY_SEED], CD_RANDOM_PAIRS, look->run,
                      m->reason_random);
    m->reason_random[CD_REASONS] = CD_RANDOM_PAIRS;
done:
    return st;
}

/* ---- Detectors and families ---- */

static double weight_of(uint32_t detector)
{
    return cd_detectors[detector]->weight > 0 ? cd_detectors[detector]->weight : 1;
}

static cd_status detectors_take(const cd_detector_result *results, cd_text_pool *p, cd_image *m, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n = cd_n_detectors;
    double ran[64] = {0}; /* per family: the weights of those that ran */
    ARRAY_NEW(m, detector_name, n);
    ARRAY_NEW(m, detector_about, n);
    ARRAY_NEW(m, detector_family, n);
    ARRAY_NEW(m, detector_state, n);
    ARRAY_NEW(m, detector_missing, n);
    ARRAY_NEW(m, detector_share, n);
    CD_NEW(m->family_name, n);
    CD_NEW(m->family_lane, n);
    const char *names[64];
    for (uint32_t d = 0; d < n; d++) {
        const cd_detector *x = cd_detectors[d];
        uint32_t f = 0;
        while (f < m->n_family_name && strcmp(names[f], x->family) != 0) f++;
        if (f == m->n_family_name) {
            names[f] = x->family;
            m->family_lane[f] = (uint32_t)x->lane;
            CD_TRY(cd_text_pool_add(p, cd_slice_of(x->family), &m->family_name[f], err));
            m->n_family_name = m->n_family_lane = f + 1;
        }
        m->detector_family[d] = f;
        m->detector_state[d] = results[d].state;
        m->detector_missing[d] = results[d].missing;
        ran[f] += results[d].state == CD_DETECTOR_RAN ? weight_of(d) : 0;
        CD_TRY(cd_text_pool_add(p, cd_slice_of(x->name), &m->detector_name[d], err));
        CD_TRY(cd_text_pool_add(p, cd_slice_of(x->about), &m->detector_about[d], err));
    }
    for (uint32_t d = 0; d < n; d++)
        m->detector_share[d] = results[d].state == CD_DETECTOR_RAN ? weight_of(d) / ran[m->detector_family[d]] : 0;
done:
    return st;
}

/* ---- Findings ---- */

static cd_status finding_take(cd_citer *c, cd_text_pool *p, const cd_finding *f, cd_image *m, uint64_t at,
                              uint64_t counted, uint64_t cited, cd_err *err)
{
    cd_status st = CD_OK;
    m->finding_detector[at] = f->detector, m->finding_cluster[at] = f->cluster, m->finding_peers[at] = f->peers;
    m->finding_gain[at] = f->gain_centibans, m->finding_dismissed[at] = f->dismissed_centibans;
    m->finding_base[at] = f->base;
    m->finding_counted[at] = counted + f->n_counted, m->finding_cited[at] = cited + f->n_cited;
    CD_TRY(cd_text_pool_add(p, cd_slice_of(f->words), &m->finding_words[at], err));
    for (uint32_t k = 0; k < f->n_counted; k++) {
        const cd_counted *x = &f->counted[k];
        CD_TRY(cd_text_pool_add(p, cd_slice_of(x->what), &m->counted_what[counted + k], err));
        m->counted_seen[counted + k] = x->seen, m->counted_expected[counted + k] = x->expected;
        m->counted_shape[counted + k] = x->shape, m->counted_weight[counted + k] = x->weight;
        m->counted_temper[counted + k] = x->temper;
    }
    for (uint32_t k = 0; k < f->n_cited; k++) CD_TRY(cd_cite_take(c, &f->cited[k], m, cited + k, err));
done:
    return st;
}

static cd_status findings_take(const cd_look *look, const cd_detector_result *results, cd_text_pool *p, cd_image *m,
                               const cd_finding ***list, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = look->scene;
    uint64_t n = 0, counted = 0, cited = 0;
    size_t *next = NULL;
    cd_citer *c = NULL;
    CD_NEW(next, cd_n_detectors);
    CD_TRY(cd_citer_new(s, p, &c, err));
    for (uint32_t d = 0; d < cd_n_detectors; d++)
        for (size_t i = 0; i < results[d].findings.n; i++)
            n++, counted += results[d].findings.list[i].n_counted, cited += results[d].findings.list[i].n_cited;
    CD_NEW(*list, n);
    ARRAY_NEW(m, finding_detector, n);
    ARRAY_NEW(m, finding_cluster, n);
    ARRAY_NEW(m, finding_peers, n);
    ARRAY_NEW(m, finding_gain, n);
    ARRAY_NEW(m, finding_dismissed, n);
    ARRAY_NEW(m, finding_words, n);
    ARRAY_NEW(m, finding_base, n);
    ARRAY_NEW(m, finding_counted, n);
    ARRAY_NEW(m, finding_cited, n);
    ARRAY_NEW(m, counted_what, counted);
    ARRAY_NEW(m, counted_seen, counted);
    ARRAY_NEW(m, counted_expected, counted);
    ARRAY_NEW(m, counted_shape, counted);
    ARRAY_NEW(m, counted_weight, counted);
    ARRAY_NEW(m, counted_temper, counted);
    ARRAY_NEW(m, cited_source, cited);
    ARRAY_NEW(m, cited_line, cited);
    ARRAY_NEW(m, cited_at, cited);
    ARRAY_NEW(m, cited_table, cited);
    ARRAY_NEW(m, cited_of, cited);
    ARRAY_NEW(m, cited_other, cited);
    ARRAY_NEW(m, cited_says, cited);
    ARRAY_NEW(m, cited_counts, cited);
    ARRAY_NEW(m, officer_findings, s->officers.n);
    n = counted = cited = 0;
    for (cd_id o = 0; o < s->officers.n; o++) {
        for (uint32_t d = 0; d < cd_n_detectors; d++)
            for (; next[d] < results[d].findings.n && results[d].findings.list[next[d]].officer == o; next[d]++) {
                const cd_finding *f = &results[d].findings.list[next[d]];
                (*list)[n] = f;
                CD_TRY(finding_take(c, p, f, m, n++, counted, cited, err));
                counted += f->n_counted, cited += f->n_cited;
            }
        m->officer_findings[o] = n;
    }
done:
    cd_free(next);
    cd_citer_free(c);
    return st;
}

/* ---- Scores ---- */

typedef struct {
    int64_t score;
    uint32_t officer;
} queued;

static int queued_compare(const void *a, const void *b)
{
    const queued *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return (x->officer > y->officer) - (x->officer < y->officer);
}

/* What tiers go by: the weighted mean of all conduct detectors' factors, which needs no independence; a detector that
 * said nothing of the officer counts as none. A little of it is always there, so that nobody's standing ever ends at
 * nothing.
 */
static int64_t look_of(const cd_image *m, cd_id o)
{
    static const double ALWAYS = 0.1;
    double sum = 0, all = 0;
    for (uint32_t d = 0; d < cd_n_detectors; d++)
        if (m->detector_state[d] == CD_DETECTOR_RAN && m->family_lane[m->detector_family[d]] == CD_LANE_CONDUCT)
            all += weight_of(d);
    for (uint64_t i = cd_image_begin(m->officer_findings, o); i < m->officer_findings[o]; i++)
        if (m->family_lane[m->detector_family[m->finding_detector[i]]] == CD_LANE_CONDUCT)
            sum += weight_of(m->finding_detector[i]) * cd_evidence_factor(m->finding_gain[i]);
    return all > 0 ? (int64_t)floor(CD_CENTIBANS * log10(ALWAYS + (1 - ALWAYS) * sum / all)) : 0;
}

/* One officer's families, score and mean factor. */
static void officer_score(cd_image *m, cd_id o, const bool *family_ran)
{
    uint64_t families = m->n_family_name;
    for (uint64_t f = 0; f < families; f++) {
        cd_told told[CD_MOST_TOLD];
        size_t n = 0;
        for (uint64_t i = cd_image_begin(m->officer_findings, o); i < m->officer_findings[o]; i++)
            if (m->detector_family[m->finding_detector[i]] == f && n < CD_MOST_TOLD)
                told[n++] = (cd_told){(int32_t)m->finding_gain[i], m->detector_share[m->finding_detector[i]]};
        int64_t *out = &m->officer_family[o * families + f];
        *out = family_ran[f] ? cd_ledger_family(told, n, n) : 0;
        if (m->family_lane[f] != CD_LANE_CONDUCT || !family_ran[f]) continue;
        m->officer_score[o] += *out;
    }
    m->officer_look[o] = look_of(m, o);
}

static cd_status scores_make(const cd_look *look, cd_image *m, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = look->scene->officers.n;
    queued *order = NULL;
    bool family_ran[64] = {false};
    uint8_t *tier = NULL;
    const double *p = look->policy->number;
    cd_tier_rules rules = {0};
    rules.level[CD_TIER_URGENT] = p[CD_POLICY_URGENT_LEVEL],
    rules.queue[CD_TIER_URGENT] = (uint32_t)p[CD_POLICY_URGENT_QUEUE];
    rules.level[CD_TIER_ASSESS] = p[CD_POLICY_ASSESS_LEVEL],
    rules.queue[CD_TIER_ASSESS] = (uint32_t)p[CD_POLICY_ASSESS_QUEUE];
    rules.level[CD_TIER_PREVENT] = p[CD_POLICY_PREVENT_LEVEL],
    rules.queue[CD_TIER_PREVENT] = (uint32_t)p[CD_POLICY_PREVENT_QUEUE];
    ARRAY_NEW(m, officer_score, n);
    ARRAY_NEW(m, officer_look, n);
    ARRAY_NEW(m, officer_tier, n);
    ARRAY_NEW(m, officer_standing, n);
    ARRAY_NEW(m, officer_family, n * m->n_family_name);
    ARRAY_NEW(m, queue, n);
    CD_NEW(order, n);
    CD_NEW(tier, n);
    for (uint32_t d = 0; d < cd_n_detectors; d++)
        if (m->detector_state[d] == CD_DETECTOR_RAN) family_ran[m->detector_family[d]] = true;
    for (cd_id o = 0; o < n; o++) {
        officer_score(m, o, family_ran);
        order[o] = (queued){m->officer_score[o], o};
    }
    if (n > 1) qsort(order, n, sizeof *order, queued_compare);
    for (cd_id k = 0; k < n; k++) m->queue[k] = order[k].officer;
    CD_TRY(cd_tiers_decide(m->officer_look, n, &rules, tier, err));
    for (cd_id o = 0; o < n; o++) m->officer_tier[o] = tier[o];
done:
    cd_free(order);
    cd_free(tier);
    return st;
}

/* The officer's score in one draw of the peers. */
static int64_t score_redrawn(const cd_image *m, cd_id o, const cd_finding *const *list, const bool *family_ran,
                             uint32_t draw)
{
    int64_t score = 0;
    for (uint64_t f = 0; f < m->n_family_name; f++) {
        cd_told told[CD_MOST_TOLD];
        size_t n = 0;
        if (m->family_lane[f] != CD_LANE_CONDUCT || !family_ran[f]) continue;
        for (uint64_t i = cd_image_begin(m->officer_findings, o); i < m->officer_findings[o]; i++)
            if (m->detector_family[list[i]->detector] == f && n < CD_MOST_TOLD)
                told[n++] = (cd_told){list[i]->redrawn[draw], m->detector_share[list[i]->detector]};
        score += cd_ledger_family(told, n, n);
    }
    return score;
}

/* Where everybody would stand, were the peers others. list: the findings in the image's order. */
static cd_status places_redraw(cd_image *m, const cd_finding *const *list, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t n = m->n_officer_score;
    queued *order = NULL;
    bool family_ran[64] = {false};
    CD_NEW(order, n);
    ARRAY_NEW(m, officer_highest, n);
    ARRAY_NEW(m, officer_lowest, n);
    for (uint32_t d = 0; d < cd_n_detectors; d++)
        if (m->detector_state[d] == CD_DETECTOR_RAN) family_ran[m->detector_family[d]] = true;
    for (uint32_t k = 0; k < n; k++) m->officer_highest[m->queue[k]] = m->officer_lowest[m->queue[k]] = k + 1;
    for (uint32_t draw = 0; draw < CD_REDRAWS; draw++) {
        for (uint32_t o = 0; o < n; o++) order[o] = (queued){score_redrawn(m, o, list, family_ran, draw), o};
        if (n > 1) qsort(order, n, sizeof *order, queued_compare);
        for (uint32_t k = 0; k < n; k++) {
            uint32_t o = order[k].officer;
            if (k + 1 < m->officer_highest[o]) m->officer_highest[o] = k + 1;
            if (k + 1 > m->officer_lowest[o]) m->officer_lowest[o] = k + 1;
        }
    }
done:
    cd_free(order);
    return st;
}

cd_status cd_combine(const cd_look *look, const cd_detector_result *results, cd_image *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_text_pool p = {0};
    cd_buffer policy = {0};
    const cd_finding **list = NULL;
    const char *names[64];
    *out = (cd_image){.as_of = look->scene->as_of,
                      .since = look->residue->since,
                      .first = look->scene->first,
                      .last = look->scene->last};
    out->accesses = look->scene->access_off[look->scene->officers.n];
    out->strays = look->residue->off[look->scene->officers.n];
    CD_TRY(people_take(look, &p, out, err));
    CD_TRY(detectors_take(results, &p, out, err));
    CD_TRY(findings_take(look, results, &p, out, &list, err));
    CD_TRY(scores_make(look, out, err));
    CD_TRY(places_redraw(out, list, err));
    for (uint32_t d = 0; d < cd_n_detectors; d++) names[d] = cd_detectors[d]->name;
    cd_policy_print(look->policy, names, cd_n_detectors, false, &policy);
    if (policy.status != CD_OK) CD_TRY(cd_fail(err, policy.status, "out of memory for a sweep's policy"));
    out->policy = (uint8_t *)policy.bytes, out->n_policy = policy.n, policy = (cd_buffer){0};
    CD_TRY(cd_image_policy_hash(out, out->policy_sha256, err));
    out->text_end = p.ends, out->n_text_end = p.n, p.ends = NULL;
    out->text_bytes = (uint8_t *)p.bytes.bytes, out->n_text_bytes = p.bytes.n, p.bytes = (cd_buffer){0};
done:
    cd_free(list);
    cd_buffer_release(&policy);
    cd_text_pool_release(&p);
    if (st != CD_OK) cd_image_release(out);
    return st;
}
