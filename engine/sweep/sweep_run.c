/* SPDX-License-Identifier: GPL-3.0-or-later
 * sweep_run.c: a sweep from the snapshot to its file. */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/hash.h"
#include "engine/detect/evidence.h"
#include "engine/detect/peer_groups.h"
#include "engine/sweep/combine.h"
#include "engine/sweep/parts.h"
#include "engine/sweep/sweep_file.h"
#include "engine/sweep/sweep_inside.h"

struct candour_policy {
    cd_policy values;
    cd_buffer text;
};

const cd_policy *cd_policy_of(const candour_policy *policy) { return &policy->values; }

static void detector_names(const char *names[CD_POLICY_DETECTORS])
{
    for (uint32_t d = 0; d < cd_n_detectors; d++) names[d] = cd_detectors[d]->name;
}

cd_status candour_policy_open(const char *path, candour_policy **out, cd_err *err)
{
    cd_status st = CD_OK;
    candour_policy *p = NULL;
    const char *names[CD_POLICY_DETECTORS];
    detector_names(names);
    CD_NEW(p, 1);
    cd_policy_init(&p->values);
    if (path) CD_TRY(cd_policy_read(&p->values, path, names, cd_n_detectors, err));
    *out = p, p = NULL;
done:
    candour_policy_close(p);
    return st;
}

cd_status candour_policy_text(candour_policy *policy, bool explained, cd_slice *out, cd_err *err)
{
    const char *names[CD_POLICY_DETECTORS];
    detector_names(names);
    policy->text.n = 0;
    cd_policy_print(&policy->values, names, cd_n_detectors, explained, &policy->text);
    if (policy->text.status != CD_OK) return cd_fail(err, CD_EMEMORY, "out of memory for the policy's text");
    *out = (cd_slice){policy->text.bytes, (uint32_t)policy->text.n};
    return CD_OK;
}

void candour_policy_close(candour_policy *policy)
{
    if (policy) cd_buffer_release(&policy->text);
    cd_free(policy);
}

/* ---- One sweep ---- */

typedef struct {
    candour_store *store;
    const candour_sweep_options *options;
    cd_policy policy; /* with --only taken in */
    cd_run run;
    uint64_t key;
    cd_scene *scene;
    cd_reasons reasons;
    cd_residue residue;
    cd_peers peers;
    cd_detector_result *results;
} sweeping;

/* --only: all others are off. */
static cd_status only_these(sweeping *w, cd_err *err)
{
    const candour_sweep_options *o = w->options;
    for (uint32_t i = 0; i < o->n_only; i++) {
        uint32_t d = 0;
        while (d < cd_n_detectors && strcmp(cd_detectors[d]->name, o->only[i]) != 0) d++;
        if (d == cd_n_detectors)
            return cd_fail(err, CD_EUSAGE, "no detector '%s'; `candour policy` lists them", o->only[i]);
    }
    for (uint32_t d = 0; o->n_only && d < cd_n_detectors; d++) {
        bool asked = false;
        for (uint32_t i = 0; i < o->n_only; i++) asked = asked || strcmp(cd_detectors[d]->name, o->only[i]) == 0;
        w->policy.off[d] = !asked;
    }
    return CD_OK;
}

/* What the sweep stands on, as one number: the files of the snapshot, the policy, the days, the version. */
static cd_status key_make(sweeping *w, cd_err *err)
{
    cd_buffer text = {0};
    const char *names[CD_POLICY_DETECTORS];
    const cd_manifest *m = &cd_store_snapshot(w->store)->manifest;
    detector_names(names);
    cd_manifest_print(m, &text);
    cd_policy_print(&w->policy, names, cd_n_detectors, false, &text);
    cd_buffer_printf(&text, "%lld %lld " CANDOUR_VERSION, (long long)w->options->as_of, (long long)w->options->since);
    cd_status st = text.status;
    if (st == CD_OK) w->key = cd_hash64(text.bytes, text.n);
    cd_buffer_release(&text);
    return st == CD_OK ? st : cd_fail(err, st, "out of memory for a sweep");
}

static cd_status look_make(sweeping *w, cd_look *look, cd_err *err)
{
    cd_status st = CD_OK;
    cd_scene_options day = {.as_of = w->options->as_of == CANDOUR_UNKNOWN ? INT64_MAX : w->options->as_of};
    for (uint32_t d = 0; d < cd_n_detectors; d++)
        if (!w->policy.off[d]) day.needs |= cd_detectors[d]->needs | cd_detectors[d]->uses;
    CD_TRY(cd_run_step(&w->run, "reading the force", 0, err));
    CD_TRY(cd_scene_open(w->store, &day, &w->run, &w->scene, err));
    CD_TRY(cd_snapshot_judge(w->scene->snapshot, CD_OK, err));
    CD_TRY(cd_reasons_find(w->scene, &w->policy, &w->run, &w->reasons, err));
    CD_TRY(cd_run_step(&w->run, "gathering what nothing explains", 0, err));
    CD_TRY(cd_residue_make(&w->reasons, w->options->since, &w->policy, &w->run, &w->residue,
                           err)); /* unknown is INT64_MIN */
    CD_TRY(cd_peer_groups_make(w->scene, &w->residue, &w->policy, &w->peers, err));
    *look = (cd_look){.scene = w->scene,
                      .reasons = &w->reasons,
                      .residue = &w->residue,
                      .peers = &w->peers,
                      .policy = &w->policy,
                      .run = &w->run};
done:
    return st;
}

/* Runs the detectors that are on and have their inputs; those that ended in an earlier, broken off run are taken from
 * there. */
static cd_status detectors_run(sweeping *w, const cd_look *look, const char *store, cd_err *err)
{
    cd_status st = CD_OK;
    CD_NEW(w->results, cd_n_detectors);
    for (uint32_t d = 0; d < cd_n_detectors; d++) {
        cd_detector_result *r = &w->results[d];
        bool found = false;
        r->missing = cd_detectors[d]->needs & w->scene->missing;
        r->state = w->policy.off[d] ? CD_DETECTOR_OFF : r->missing ? CD_DETECTOR_MISSING : CD_DETECTOR_RAN;
        if (r->state != CD_DETECTOR_RAN) continue;
        CD_TRY(cd_run_step(&w->run, cd_detectors[d]->name, 0, err));
        CD_TRY(cd_part_read(store, w->key, d, look->scene, &r->findings, &found, err));
        if (found) continue;
        CD_TRY(cd_detectors[d]->run(look, d, &r->findings, err));
        CD_TRY(cd_snapshot_judge(look->scene->snapshot, CD_OK, err)); /* before it is kept */
        CD_TRY(cd_part_write(store, w->key, d, &r->findings, err));
    }
done:
    return st;
}

/* Every sweep is one more look: the k-th look's e-value weighs 1 / (k (k + 1)), which sum to 1 over all there can ever
 * be, so that the sum is an e-value whenever one looks at it. */
static void standing_make(const char *store, uint64_t before, cd_image *m)
{
    cd_sweep_map last = {0};
    for (; before > 0; before--) { /* the last that can be read */
        cd_err why = {0};
        if (cd_sweep_map_open(store, before, &last, &why) == CD_OK) break;
    }
    m->look = last.image.look + 1;
    double weight = 1 / ((double)m->look * ((double)m->look + 1));
    for (uint64_t o = 0, p = 0; o < m->n_officer_score; o++) {
        cd_slice id = cd_image_text(m, (uint32_t)o);
        while (p < last.image.n_officer_score && cd_slice_compare(cd_image_text(&last.image, (uint32_t)p), id) < 0) p++;
        bool known = p < last.image.n_officer_score && cd_slice_equal(cd_image_text(&last.image, (uint32_t)p), id);
        double now = weight * cd_evidence_factor(m->officer_look[o]);
        /* To nine digits: what came before the last does not show in a comparison. */
        m->officer_standing[o] = (known ? last.image.officer_standing[p] : 0) + rint(now * 1e9) / 1e9;
    }
    cd_sweep_map_close(&last);
}

/* A sweep of the same key, or 0; and the latest of all. */
static cd_status same_before(const char *store, uint64_t key, uint64_t *same, uint64_t *latest, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t *numbers = NULL;
    size_t n = 0;
    *same = *latest = 0;
    CD_TRY(cd_sweep_numbers(store, &numbers, &n, err));
    for (size_t i = 0; i < n; i++) {
        cd_image facts;
        cd_err why = {0}; /* one that is damaged is told when it is asked for; it stops no other */
        *latest = numbers[i];
        if (cd_sweep_facts_read(store, numbers[i], &facts, &why) != CD_OK) continue;
        if (facts.key == key) *same = numbers[i];
    }
done:
    cd_free(numbers);
    return st;
}

static void sweeping_end(sweeping *w)
{
    for (uint32_t d = 0; w->results && d < cd_n_detectors; d++) cd_findings_release(&w->results[d].findings);
    cd_free(w->results);
    cd_peers_release(&w->peers);
    cd_residue_release(&w->residue);
    cd_reasons_release(&w->reasons);
    cd_scene_close(w->scene);
}

cd_status candour_sweep_run(candour_store *store, const candour_policy *policy, const candour_sweep_options *options,
                            uint64_t *number, bool *known, cd_err *err)
{
    cd_status st = CD_OK;
    sweeping w = {.store = store, .options = options, .policy = policy->values};
    cd_image image = {0};
    cd_look look;
    uint64_t same, latest;
    int lock = -1;
    const char *path = cd_store_snapshot(store)->path;
    *known = false;
    w.run = (cd_run){.threads = options->threads ? options->threads : (uint32_t)omp_get_num_procs(),
                     .memory_bytes = options->memory_bytes,
                     .seed = (uint64_t)policy->values.number[CD_POLICY_SEED],
                     .progress = options->progress};
    CD_TRY(only_these(&w, err));
    CD_TRY(cd_sweeps_lock(path, &lock, err));
    CD_TRY(key_make(&w, err));
    CD_TRY(same_before(path, w.key, &same, &latest, err));
    if (same && !options->again) {
        *number = same, *known = true;
        cd_parts_remove(path); /* of one that was killed when it was done */
        goto done;
    }
    CD_TRY(look_make(&w, &look, err));
    CD_TRY(detectors_run(&w, &look, path, err));
    CD_TRY(cd_run_step(&w.run, "ranking", 0, err));
    CD_TRY(cd_combine(&look, w.results, &image, err));
    CD_TRY(cd_snapshot_judge(cd_store_snapshot(store), CD_OK, err));
    standing_make(path, latest, &image);
    image.number = latest + 1, image.snapshot = cd_store_snapshot(store)->manifest.snapshot, image.key = w.key;
    CD_TRY(cd_sweep_write(path, &image, err));
    *number = image.number;
    cd_parts_remove(path);
done:
    cd_sweeps_unlock(lock);
    cd_image_release(&image);
    sweeping_end(&w);
    return cd_snapshot_judge(cd_store_snapshot(store), st, err);
}
