/* SPDX-License-Identifier: GPL-3.0-or-later
 * peer_groups.c: who is held against whom, counted one officer at a time, for every way the policy knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/detect/peer_groups.h"

enum { PEOPLE = 120, ROUNDS = 120 };

typedef struct {
    cd_scene scene;
    cd_residue residue;
    cd_off post_off[PEOPLE + 1];
    cd_post posts[PEOPLE];
    uint32_t role[PEOPLE], unit[PEOPLE];
    bool works[PEOPLE];
} force;

static void force_draw(force *f, uint64_t round)
{
    cd_random r = cd_random_of(round, 1, 1);
    *f = (force){.scene = {.officers = {.n = (cd_id)cd_random_below(&r, PEOPLE + 1)},
                           .roles = {.n = 1 + (uint32_t)cd_random_below(&r, 4)},
                           .ranks = {.n = 1 + (uint32_t)cd_random_below(&r, 4)},
                           .units = {.n = 1 + (uint32_t)cd_random_below(&r, 6)}}};
    for (uint32_t o = 0; o < f->scene.officers.n; o++) {
        f->post_off[o + 1] = o + 1;
        f->role[o] = (uint32_t)cd_random_below(&r, f->scene.roles.n + 1);
        f->unit[o] = (uint32_t)cd_random_below(&r, f->scene.units.n + 1);
        f->works[o] = cd_random_below(&r, 5) > 0;
        f->posts[o] = (cd_post){INT64_MIN, f->unit[o], f->role[o], (uint32_t)cd_random_below(&r, f->scene.ranks.n + 1)};
    }
    f->scene.post_off = f->post_off, f->scene.posts = f->posts;
    f->residue.role = f->role, f->residue.unit = f->unit, f->residue.works = f->works;
}

/* How many who work have the same role, and where `by` asks for it the same rank or unit. */
static uint32_t alike(const force *f, uint32_t o, cd_peers_by by)
{
    uint32_t n = 0;
    if (!f->role[o] || (by == CD_PEERS_BY_RANK && !f->posts[o].rank) || (by == CD_PEERS_BY_UNIT && !f->unit[o]))
        return 0;
    for (uint32_t p = 0; p < f->scene.officers.n; p++)
        n += f->works[p] && f->role[p] == f->role[o] &&
             (by != CD_PEERS_BY_RANK || f->posts[p].rank == f->posts[o].rank) &&
             (by != CD_PEERS_BY_UNIT || f->unit[p] == f->unit[o]);
    return n;
}

/* The peers of an officer: their own cell; else all of the role who have none; else everybody. */
static uint32_t slow_size(const force *f, uint32_t o, cd_peers_by by, uint32_t least)
{
    uint32_t n = 0, all = 0;
    for (uint32_t p = 0; p < f->scene.officers.n; p++) all += f->works[p];
    if (by != CD_PEERS_BY_ROLE && alike(f, o, by) >= least) return alike(f, o, by);
    for (uint32_t p = 0; p < f->scene.officers.n; p++)
        n += f->works[p] && f->role[p] == f->role[o] && (by == CD_PEERS_BY_ROLE || alike(f, p, by) < least);
    return f->role[o] && n >= least ? n : all;
}

static void groups_are_those_of_the_policy(void **state)
{
    static force f;
    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        force_draw(&f, round);
        for (cd_peers_by by = CD_PEERS_BY_ROLE; by <= CD_PEERS_BY_UNIT; by++) {
            cd_policy policy;
            cd_peers peers;
            cd_err err = {0};
            uint32_t least = 2 + (uint32_t)round % 12;
            cd_policy_init(&policy);
            policy.number[CD_POLICY_PEERS_BY] = by, policy.number[CD_POLICY_PEERS_LEAST] = least;
            assert_int_equal(cd_peer_groups_make(&f.scene, &f.residue, &policy, &peers, &err), CD_OK);
            for (uint32_t o = 0; o < f.scene.officers.n; o++) {
                assert_int_equal(peers.size[peers.group[o]], slow_size(&f, o, by, least));
                for (uint32_t p = 0; p < o && peers.group[o]; p++)
                    if (peers.group[p] == peers.group[o]) assert_int_equal(f.role[p], f.role[o]);
            }
            cd_peers_release(&peers);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(groups_are_those_of_the_policy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
