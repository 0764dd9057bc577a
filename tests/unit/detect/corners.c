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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(corners_are_those_of_the_others), cmocka_unit_test(by_hand)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
