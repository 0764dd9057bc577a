/* SPDX-License-Identifier: GPL-3.0-or-later
 * corners.c: what an officer's strays would count if they were as others' in the same corners are: each corner counted
 * anew, the officer's own left out; and a few by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/detect/corners.h"

enum { OFFICERS = 12, UNITS = 4, FILES = 60, STRAYS = 300 };

typedef struct {
    cd_scene scene;
    cd_residue residue;
    cd_look look;
    cd_off off[OFFICERS + 1];
    cd_stray strays[STRAYS];
    uint32_t unit[OFFICERS], owner[FILES];
    uint8_t counted[STRAYS], left_out[STRAYS];
} world;

static void world_draw(world *w, uint64_t round)
{
    cd_random r = cd_random_of(round, 1, 1);
    cd_off n = 0;
    memset(w, 0, sizeof *w);
    for (uint32_t f = 0; f < FILES; f++) w->owner[f] = (uint32_t)cd_random_below(&r, UNITS + 1);
    for (uint32_t o = 0; o < OFFICERS; o++) {
        w->unit[o] = (uint32_t)cd_random_below(&r, UNITS + 1);
        for (uint64_t k = cd_random_below(&r, 25); k > 0; k--, n++) {
            w->strays[n].file = (cd_id)cd_random_below(&r, FILES);
            w->left_out[n] = cd_random_below(&r, 5) == 0;
            w->counted[n] = !w->left_out[n] && cd_random_below(&r, 10) < 1 + 2 * w->owner[w->strays[n].file];
        }
        w->off[o + 1] = n;
    }
    w->scene.officers.n = OFFICERS, w->scene.units.n = UNITS;
    w->residue.off = w->off, w->residue.strays = w->strays, w->residue.unit = w->unit, w->residue.owner = w->owner;
    w->look.scene = &w->scene, w->look.residue = &w->residue;
}

static uint32_t corner_of(const world *w, cd_corner corner, uint32_t o, cd_off i)
{
    return corner == CD_CORNER_UNIT ? w->unit[o] : w->owner[w->strays[i].file];
}

/* Strays of one officer, or of all but one, in a corner (UNITS + 1: anywhere): how many, and how many of them count. */
static void tally(const world *w, cd_corner corner, uint32_t at, uint32_t who, bool of_them, double *all,
                  double *counted)
{
    *all = *counted = 0;
    for (uint32_t o = 0; o < OFFICERS; o++)
        for (cd_off i = w->off[o]; i < w->off[o + 1]; i++) {
            if (w->left_out[i] || (o == who) != of_them) continue;
            if (at <= UNITS && corner_of(w, corner, o, i) != at) continue;
            ++*all, *counted += w->counted[i];
        }
}

static double slow_exposure(const world *w, cd_corner corner, uint32_t who)
{
    double sum = 0, all[2], counted[2];
    tally(w, corner, UNITS + 1, who, true, &all[0], &counted[0]);
    tally(w, corner, UNITS + 1, who, false, &all[1], &counted[1]);
    double force = (counted[0] + counted[1] + 0.5) / (all[0] + all[1] + 1);
    for (uint32_t at = 0; at <= UNITS; at++) {
        double mine, my_counted, others, others_counted;
        tally(w, corner, at, who, true, &mine, &my_counted);
        tally(w, corner, at, who, false, &others, &others_counted);
        if (mine == 0) continue;
        double share = (others_counted + 5 * force) / (others + 5);
        double strays = share < 1 ? (mine - my_counted + 0.3) / (1 - share) : mine;
        sum += share * fmin(mine, strays);
    }
    return sum;
}

static void corners_are_those_of_the_others(void **state)
{
    static world w;
    (void)state;
    for (uint64_t round = 0; round < 60; round++)
        for (cd_corner corner = CD_CORNER_OWNER; corner <= CD_CORNER_UNIT; corner++) {
            double exposure[OFFICERS];
            cd_err err = {0};
            world_draw(&w, round);
            assert_int_equal(cd_corner_exposure(&w.look, w.counted, w.left_out, corner, exposure, &err), CD_OK);
            for (uint32_t o = 0; o < OFFICERS; o++) {
                double want = slow_exposure(&w, corner, o);
                assert_true(fabs(exposure[o] - want) < 1e-9 * (1 + want));
                assert_true(exposure[o] >= 0 && exposure[o] <= (double)(w.off[o + 1] - w.off[o]));
            }
        }
}

/* Two officers and one corner: the other has ten files of it, I have four. All of them count; then one of the other's,
 * and one of mine besides. */
static void by_hand(void **state)
{
    static world w;
    double exposure[OFFICERS], before;
    cd_err err = {0};
    (void)state;
    memset(&w, 0, sizeof w);
    w.scene.officers.n = 2, w.scene.units.n = 1;
    w.residue.off = w.off, w.residue.strays = w.strays, w.residue.unit = w.unit, w.residue.owner = w.owner;
    w.look.scene = &w.scene, w.look.residue = &w.residue;
    w.off[1] = 4, w.off[2] = 14;
    for (int i = 0; i < 14; i++) w.counted[i] = 1;
    assert_int_equal(cd_corner_exposure(&w.look, w.counted, w.left_out, CD_CORNER_OWNER, exposure, &err), CD_OK);
    double share = (10 + 5 * (14.5 / 15)) / (10 + 5); /* of the other's ten and five at the force's share */
    assert_true(fabs(exposure[0] - share * fmin(4, 0.3 / (1 - share))) < 1e-9);
    memset(w.counted, 0, sizeof w.counted);
    w.counted[13] = 1;
    assert_int_equal(cd_corner_exposure(&w.look, w.counted, w.left_out, CD_CORNER_OWNER, exposure, &err), CD_OK);
    before = exposure[0];
    w.counted[0] = 1;
    assert_int_equal(cd_corner_exposure(&w.look, w.counted, w.left_out, CD_CORNER_OWNER, exposure, &err), CD_OK);
    assert_true(fabs(before - 0.4) < 1e-9); /* a tenth, of the other and of the force; of all four */
    share = (1 + 5 * (2.5 / 15)) / 15;      /* the force's share has risen by it, a little */
    assert_true(fabs(exposure[0] - share * (3.3 / (1 - share))) < 1e-9 && exposure[0] < 0.46);
}

enum { KINDS = 3, ROUTINE = 12, LO = 2, HI = 3 };

typedef struct {
    world w;
    cd_reasons reasons;
    int8_t sensitivity[FILES];
    uint32_t kind[FILES], routine_off[OFFICERS + 1];
    cd_off access_off[OFFICERS + 1];
    cd_access accesses[OFFICERS * ROUTINE];
} graded;

/* Every third officer has a routine; of every other access of theirs it is the reason. */
static void graded_draw(graded *g, uint64_t round)
{
    cd_random r = cd_random_of(round, 2, 1);
    cd_off n = 0;
    memset(g, 0, sizeof *g);
    world_draw(&g->w, round);
    for (uint32_t f = 0; f < FILES; f++) {
        g->kind[f] = (uint32_t)cd_random_below(&r, KINDS + 1);
        g->sensitivity[f] = (int8_t)((int)cd_random_below(&r, 5) - 1);
    }
    for (cd_off i = 0; i < g->w.off[OFFICERS]; i++) {
        int8_t grade = g->sensitivity[g->w.strays[i].file];
        g->w.counted[i] = !g->w.left_out[i] && grade >= LO && grade <= HI;
    }
    for (uint32_t o = 0; o < OFFICERS; o++) {
        for (uint32_t k = 0; k < ROUTINE; k++)
            g->accesses[n++] = (cd_access){.file = (cd_id)cd_random_below(&r, FILES / 4),
                                           .reason = k % 2 && o % 3 == 0 ? CD_REASON_ROUTINE : CD_REASON_UNIT};
        g->access_off[o + 1] = n;
        g->routine_off[o + 1] = g->routine_off[o] + (o % 3 == 0);
    }
    g->w.scene.files.n = FILES, g->w.scene.kinds.n = KINDS;
    g->w.scene.sensitivity = g->sensitivity, g->w.scene.file_kind = g->kind;
    g->w.scene.accesses = g->accesses, g->w.scene.access_off = g->access_off;
    g->reasons = (cd_reasons){.scene = &g->w.scene, .routine_off = g->routine_off};
    g->w.look.reasons = &g->reasons;
}

static uint32_t alike_of(const graded *g, cd_files_alike by, uint32_t f)
{
    return by == CD_FILES_OF_OWNER ? g->w.owner[f] : g->kind[f];
}

static double slow_graded(const graded *g, cd_files_alike by, uint32_t o)
{
    double sum = 0;
    for (uint32_t at = 0; at <= UNITS; at++) {
        double files = 0, sensitive = 0, mine = 0, counted = 0;
        for (uint32_t f = 0; f < FILES; f++) {
            bool routine = false;
            if (alike_of(g, by, f) != at) continue;
            files++, sensitive += g->sensitivity[f] >= LO && g->sensitivity[f] <= HI;
            for (cd_off a = g->access_off[o]; a < g->access_off[o + 1]; a++)
                routine = routine || (g->accesses[a].file == f && g->accesses[a].reason == CD_REASON_ROUTINE);
            mine += routine && by == CD_FILES_OF_KIND;
        }
        for (cd_off i = g->w.off[o]; i < g->w.off[o + 1]; i++) {
            if (g->w.left_out[i] || alike_of(g, by, g->w.strays[i].file) != at) continue;
            mine++, counted += g->w.counted[i];
        }
        if (mine == 0) continue;
        double share = sensitive / files, strays = share < 1 ? (mine - counted + 0.3) / (1 - share) : mine;
        sum += share * fmin(mine, strays);
    }
    return sum;
}

static void files_are_as_sensitive_as_their_like(void **state)
{
    static graded g;
    (void)state;
    for (uint64_t round = 0; round < 40; round++)
        for (cd_files_alike by = CD_FILES_OF_OWNER; by <= CD_FILES_OF_KIND; by++) {
            double exposure[OFFICERS];
            cd_err err = {0};
            graded_draw(&g, round);
            assert_int_equal(cd_corner_graded(&g.w.look, by, LO, HI, g.w.counted, g.w.left_out, exposure, &err), CD_OK);
            for (uint32_t o = 0; o < OFFICERS; o++) {
                bool strays = false;
                for (cd_off i = g.w.off[o]; i < g.w.off[o + 1]; i++) strays = strays || !g.w.left_out[i];
                double want = strays ? slow_graded(&g, by, o) : 0;
                assert_true(fabs(exposure[o] - want) < 1e-9 * (1 + want));
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(files_are_as_sensitive_as_their_like),
                                       cmocka_unit_test(corners_are_those_of_the_others), cmocka_unit_test(by_hand)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
