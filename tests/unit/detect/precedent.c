/* SPDX-License-Identifier: GPL-3.0-or-later
 * precedent.c: how near everybody is to those found against, against comparing everybody with everybody. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/detect/detector.h"
#include "engine/detect/evidence.h"
#include "tests/support/crash.h"
#include "tests/support/store_rows.h"

enum {
    FORCES = 4,
    OFFICERS = 260,
    FILES = 90,
    COMPLAINTS = 80,
    FEATURES = 7,
    FOUND = 9,
    AS_OF = 1767225600 /* 2026 */
};

static struct {
    char folder[512], store[600];
    bool named[COMPLAINTS][OFFICERS], sustained[COMPLAINTS][OFFICERS], found[OFFICERS];
    uint16_t strayed[OFFICERS][FILES]; /* marks and 1 << 15; 0: not opened */
    cd_off off[OFFICERS + 1];
    cd_stray strays[OFFICERS * FILES];
} w;

static void world_make(uint64_t seed)
{
    rows_force f = {0};
    cd_err err = {0};
    cd_random r = cd_random_of(seed, 80, 0);
    memset(&w, 0, sizeof w);
    crash_folder_make(w.folder, "precedent");
    snprintf(w.store, sizeof w.store, "%s/s", w.folder);
    for (uint32_t o = 0; o < OFFICERS; o++) rows_add(&f, "officers", "o%03u||||||||", o);
    for (uint32_t x = 0; x < FILES; x++) rows_add(&f, "cases", "f%02u||||||", x);
    for (uint32_t c = 0; c < COMPLAINTS; c++) {
        uint32_t crew =
            1 + (uint32_t)cd_random_below(&r, c % 8 == 0 ? 14 : 4); /* more than eight: of nobody in particular */
        rows_add(&f, "complaints", "c%02u|2025-03-01T00:00:00Z||||", c);
        for (uint32_t k = 0; k < crew; k++) w.named[c][cd_random_below(&r, c % 3 ? OFFICERS : 30)] = true;
        for (uint32_t o = 0; o < OFFICERS; o++) {
            w.sustained[c][o] = cd_random_below(&r, 3) == 0;
            if (w.named[c][o])
                rows_add(&f, "allegations", "o%03u|c%02u||%s", o, c, w.sustained[c][o] ? "sustained" : "dismissed");
        }
    }
    for (uint32_t k = 0; k < FOUND; k++) {
        uint32_t o = (uint32_t)cd_random_below(&r, k % 2 ? OFFICERS : 30);
        bool later = k >= FOUND - 2; /* dated on the day: unseen */
        rows_add(&f, "findings", "o%03u|%s|gross|theft", o, later ? "2026-01-01T00:00:00Z" : "2025-12-31T23:59:59Z");
        w.found[o] |= !later;
    }
    assert_int_equal(rows_load(w.store, &f, &(rows_way){0}, NULL, &err), CD_OK);
    rows_release(&f);
    for (uint32_t o = 0; o < OFFICERS; o++) {
        w.off[o + 1] = w.off[o];
        for (uint32_t x = 0; x < FILES; x++) {
            if (cd_random_below(&r, x < 5 ? 6 : 40) || o % 11 == 0) continue;
            w.strayed[o][x] = (uint16_t)(1u << 15 | cd_random_below(&r, 64));
            w.strays[w.off[o + 1]++] = (cd_stray){.file = x, .marks = w.strayed[o][x] & 63};
        }
    }
}

/* ---- The slow way ---- */

static uint32_t value[OFFICERS][FEATURES], rank[OFFICERS][FEATURES], volume[OFFICERS], band[OFFICERS], shared[OFFICERS],
    apart[OFFICERS];

static void values_of(uint32_t o)
{
    static const uint16_t marks[] = {0, CD_STRAY_SENSITIVE, CD_STRAY_OUTPUT, CD_STRAY_RETURNED, CD_STRAY_OFFSHIFT};
    memset(value[o], 0, sizeof value[o]);
    for (uint32_t x = 0; x < FILES; x++)
        for (int k = 0; k < 5 && w.strayed[o][x]; k++) value[o][k] += k == 0 || w.strayed[o][x] & marks[k];
    for (uint32_t c = 0; c < COMPLAINTS; c++)
        if (w.named[c][o]) value[o][5]++, value[o][6] += w.sustained[c][o];
    volume[o] = value[o][0] + value[o][5];
}

static void ranks_of(uint32_t o)
{
    uint32_t less = 0;
    for (int k = 0; k < FEATURES; k++) {
        uint32_t n = 0;
        for (uint32_t p = 0; p < OFFICERS; p++) n += value[p][k] < value[o][k];
        rank[o][k] = n * 1000 / OFFICERS;
    }
    /* A band for each fifth of the force whose last has less than they have. */
    band[o] = 0;
    for (uint32_t p = 0; p < OFFICERS; p++) less += volume[p] < volume[o];
    for (uint32_t b = 1; b < 5; b++) band[o] += less > OFFICERS * b / 5;
}

static void nearness_of(uint32_t o)
{
    uint32_t best[3] = {7000, 7000, 7000};
    shared[o] = 0;
    for (uint32_t c = 0; c < COMPLAINTS; c++) {
        uint32_t crew = 0;
        for (uint32_t p = 0; p < OFFICERS; p++) crew += w.named[c][p];
        for (uint32_t p = 0; p < OFFICERS && w.named[c][o] && crew <= 8; p++)
            shared[o] += p != o && w.found[p] && w.named[c][p];
    }
    for (uint32_t x = 0; x < FILES; x++) {
        uint32_t others = 0;
        for (uint32_t p = 0; p < OFFICERS; p++) others += w.strayed[p][x] != 0;
        for (uint32_t p = 0; p < OFFICERS && w.strayed[o][x] && others <= 30; p++)
            shared[o] += p != o && w.found[p] && w.strayed[p][x];
    }
    for (uint32_t p = 0; p < OFFICERS; p++) {
        uint32_t far = 0;
        if (p == o || !w.found[p]) continue;
        for (int k = 0; k < FEATURES; k++) far += (uint32_t)abs((int)rank[o][k] - (int)rank[p][k]);
        for (int k = 0; k < 3; k++)
            if (far < best[k]) {
                uint32_t next = best[k];
                best[k] = far, far = next;
            }
    }
    apart[o] = best[0] + best[1] + best[2];
}

/* log10 of the chance to be as near, of so many who were never found against and have as much to share. */
static double chance_of(uint32_t o, bool graph)
{
    uint32_t near = 1, all = 1;
    for (uint32_t p = 0; p < OFFICERS; p++) {
        if (p == o || w.found[p] || volume[p] == 0 || band[p] != band[o]) continue;
        all++, near += graph ? shared[p] >= shared[o] : apart[p] <= apart[o];
    }
    return rint(1000 * log10((double)near / all)) / 1000;
}

static uint32_t check(const cd_findings *found, double cap)
{
    uint32_t n = 0;
    for (uint32_t o = 0; o < OFFICERS; o++) values_of(o);
    for (uint32_t o = 0; o < OFFICERS; o++) ranks_of(o);
    for (uint32_t o = 0; o < OFFICERS; o++) nearness_of(o);
    for (uint32_t o = 0; o < OFFICERS; o++) {
        double graph = chance_of(o, true), alike = chance_of(o, false);
        if (volume[o] == 0 || !((graph <= -1.5 && shared[o]) || alike <= -1.5)) continue;
        double times = (cd_evidence_times(graph, 1) + cd_evidence_times(alike, 1)) / 2;
        assert_true(n < found->n);
        const cd_finding *f = &found->list[n++];
        assert_int_equal(f->officer, o);
        assert_int_equal(f->gain_centibans, cd_evidence_centibans(fmin(times, pow(10, cap / 10) - 1)));
        assert_true(f->n_cited > 0);
        assert_true((graph <= -1.5 && shared[o]) == (strstr(f->words, "shared with") != NULL));
        assert_true((alike <= -1.5) == (strstr(f->words, "alike to") != NULL));
    }
    assert_int_equal(n, found->n);
    return n;
}

static void nearness_is_that_of_every_pair(void **state)
{
    (void)state;
    uint32_t told = 0;
    for (uint64_t seed = 1; seed <= FORCES; seed++) {
        cd_err err = {0};
        candour_store *store = NULL;
        const cd_run run = {.threads = 2};
        world_make(seed);
        assert_int_equal(candour_store_open(w.store, NULL, &store, &err), CD_OK);
        for (int k = 0; k < 2; k++) {
            cd_scene *s = NULL;
            cd_policy policy;
            cd_findings found = {0};
            cd_residue residue = {.off = w.off, .strays = w.strays, .since = INT64_MIN};
            cd_scene_options options = {.as_of = AS_OF, .needs = CD_NEEDS_FINDINGS | CD_NEEDS_COMPLAINTS};
            cd_policy_init(&policy);
            policy.number[CD_POLICY_PRECEDENT_CAP] = k ? 20 : 0.3;
            assert_int_equal(cd_scene_open(store, &options, &run, &s, &err), CD_OK);
            const cd_look look = {.scene = s, .residue = &residue, .policy = &policy, .run = &run};
            assert_int_equal(cd_detector_precedent.run(&look, 3, &found, &err), CD_OK);
            told += check(&found, k ? 20 : 0.3);
            cd_findings_release(&found);
            cd_scene_close(s);
        }
        candour_store_close(store);
        crash_tree_drop(w.folder);
    }
    assert_true(told > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nearness_is_that_of_every_pair)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
