/* SPDX-License-Identifier: GPL-3.0-or-later
 * tied_pairs.c: what officers reach, and which of them meet there, against plain words of it on small worlds. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/base/civil.h"
#include "engine/base/random.h"
#include "engine/detect/tied_pairs.h"
#include "tests/support/crash.h"
#include "tests/support/store_rows.h"

enum { WORLDS = 30, OFFICERS = 14, ASSOCIATIONS = 22, LINKS = 30, TIES = 26, DAY = 86400, HOPS = 3, MOST = 4 };

typedef struct {
    uint32_t a, b;
    int32_t from, to; /* days; from < 0: always, to < 0: still */
    bool again;       /* the same pair as an earlier row */
} row;

typedef struct {
    char folder[512], store[600];
    row links[LINKS], ties[TIES];
    bool declared[OFFICERS][ASSOCIATIONS];
    uint32_t unit[OFFICERS], manager[OFFICERS];
} world;

static int64_t second_of(int32_t day) { return (int64_t)(cd_days_of(2025, 1, 1) + day) * DAY; }

static void make_rows(rows_force *f, cd_random *r, bool links, bool dated, row *out, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        char from[CD_TIME_TEXT] = "", to[CD_TIME_TEXT] = "";
        row *x = &out[i];
        *x = (row){.a = (uint32_t)cd_random_below(r, links ? OFFICERS : ASSOCIATIONS),
                   .b = (uint32_t)cd_random_below(r, ASSOCIATIONS),
                   .from = -1,
                   .to = -1};
        if (dated) x->from = (int32_t)cd_random_below(r, 60), x->to = x->from + 1 + (int32_t)cd_random_below(r, 40);
        for (uint32_t k = 0; k < i; k++) {
            bool same = out[k].a == x->a && out[k].b == x->b;
            x->again = x->again || same || (!links && out[k].a == x->b && out[k].b == x->a);
        }
        if (x->again || (!links && x->a == x->b)) { /* one row a pair: what is true of it is plain */
            x->again = true;
            continue;
        }
        if (dated) cd_time_write(second_of(x->from), from), cd_time_write(second_of(x->to), to);
        rows_add(f, links ? "links" : "ties", "%c%02u|a%02u|%s|%s|%s|1", links ? 'o' : 'a', x->a, x->b,
                 links ? "register" : "owner", from, to);
    }
}

static void world_make(world *w, uint64_t seed, bool dated)
{
    rows_force f = {0};
    cd_err err = {0};
    cd_random r = cd_random_of(seed, 78, dated);
    *w = (world){0};
    crash_folder_make(w->folder, "pairs");
    snprintf(w->store, sizeof w->store, "%s/s", w->folder);
    for (uint32_t o = 0; o < OFFICERS; o++) {
        w->unit[o] = 1 + (uint32_t)cd_random_below(&r, 6), w->manager[o] = (uint32_t)cd_random_below(&r, OFFICERS);
        rows_add(&f, "officers", "o%02u||u%u|||o%02u|||", o, w->unit[o], w->manager[o]);
    }
    for (uint32_t a = 0; a < ASSOCIATIONS; a++) rows_add(&f, "associations", "a%02u|person||", a);
    make_rows(&f, &r, true, dated, w->links, LINKS);
    make_rows(&f, &r, false, dated, w->ties, TIES);
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t o = (uint32_t)cd_random_below(&r, OFFICERS), a = (uint32_t)cd_random_below(&r, ASSOCIATIONS);
        if (!w->declared[o][a]) rows_add(&f, "declarations", "o%02u|a%02u|2024-01-01T00:00:00Z|", o, a);
        w->declared[o][a] = true;
    }
    assert_int_equal(rows_load(w->store, &f, &(rows_way){0}, NULL, &err), CD_OK);
    rows_release(&f);
}

/* ---- In plain words ---- */

static bool is_hub(const world *w, uint32_t a)
{
    uint32_t officers = 0, others = 0;
    for (uint32_t i = 0; i < LINKS; i++) officers += !w->links[i].again && w->links[i].b == a;
    for (uint32_t i = 0; i < TIES; i++) others += !w->ties[i].again && (w->ties[i].a == a || w->ties[i].b == a);
    return officers > MOST || others > MOST;
}

/* hops[o][a] without a look at any date; UINT32_MAX: not reached. */
static void plain_reach(const world *w, uint32_t o, uint32_t hops[ASSOCIATIONS])
{
    for (uint32_t a = 0; a < ASSOCIATIONS; a++) hops[a] = UINT32_MAX;
    for (uint32_t i = 0; i < LINKS; i++)
        if (!w->links[i].again && w->links[i].a == o && !is_hub(w, w->links[i].b)) hops[w->links[i].b] = 0;
    for (uint32_t h = 0; h < HOPS; h++)
        for (uint32_t i = 0; i < TIES; i++)
            for (int back = 0; back < 2; back++) {
                uint32_t a = back ? w->ties[i].b : w->ties[i].a, b = back ? w->ties[i].a : w->ties[i].b;
                if (!w->ties[i].again && hops[a] == h && hops[b] == UINT32_MAX && !is_hub(w, b)) hops[b] = h + 1;
            }
}

/* ---- Against it ---- */

/* Every step of every path is a row that is there, goes on from the step before, and holds when it is said to. */
static void check_paths(const world *w, const cd_scene *s, const cd_reach *r, bool dated)
{
    for (cd_id o = 0; o < OFFICERS; o++) {
        uint32_t plain[ASSOCIATIONS], n = 0, reached = 0;
        plain_reach(w, o, plain);
        for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) {
            const cd_reached *at = &r->list[i];
            int64_t from = INT64_MIN, to = INT64_MAX;
            uint32_t hops = at->hops;
            assert_true(plain[at->association] <= at->hops);
            if (!dated) assert_int_equal(plain[at->association], at->hops);
            for (const cd_reached *step = at;; step = &r->list[r->off[o] + step->before]) {
                const cd_ties *t = &s->ties;
                assert_int_equal(step->hops, hops--);
                int64_t begins = step->hops ? t->ties[step->row].from : t->links[step->row].from;
                int64_t ends = step->hops ? t->ties[step->row].to : t->links[step->row].to;
                assert_int_equal(step->hops ? t->ties[step->row].other : t->links[step->row].association,
                                 step->association);
                from = begins > from ? begins : from, to = ends < to ? ends : to;
                if (step->before == CD_NONE) {
                    assert_int_equal(t->links[step->row].officer, o);
                    break;
                }
                assert_int_equal(t->ties[step->row].association, r->list[r->off[o] + step->before].association);
            }
            assert_true(from < to);
            assert_int_equal(at->from, from);
            assert_int_equal(at->to, to);
            n++;
        }
        for (uint32_t a = 0; a < ASSOCIATIONS; a++) reached += plain[a] != UINT32_MAX;
        if (!dated) assert_int_equal(n, reached);
    }
}

/* The reason of a pair, by the path that it was given. */
static bool plain_declared(const world *w, const cd_reach *r, const cd_tied_pair *p)
{
    for (int side = 0; side < 2; side++) {
        cd_id o = side ? p->b : p->a;
        for (const cd_reached *at = &r->list[side ? p->path_b : p->path_a];; at = &r->list[r->off[o] + at->before]) {
            if (w->declared[p->a][at->association] || w->declared[p->b][at->association]) return true;
            if (at->before == CD_NONE) break;
        }
    }
    return false;
}

static void check_pairs(const world *w, const cd_reach *r, const cd_tied_pairs *t)
{
    size_t at = 0;
    for (cd_id a = 0; a < OFFICERS; a++)
        for (cd_id b = a + 1; b < OFFICERS; b++) {
            uint32_t least = UINT32_MAX;
            for (cd_off i = r->off[a]; i < r->off[a + 1]; i++)
                for (cd_off k = r->off[b]; k < r->off[b + 1]; k++) {
                    const cd_reached *x = &r->list[i], *y = &r->list[k];
                    if (x->association != y->association || r->officers[x->association] > MOST) continue;
                    if (x->from >= y->to || y->from >= x->to || x->hops + y->hops > HOPS) continue;
                    if (x->hops + y->hops < least) least = x->hops + y->hops;
                }
            bool listed = at < t->n && t->list[at].a == a && t->list[at].b == b;
            assert_int_equal(listed, least != UINT32_MAX);
            if (!listed) continue;
            const cd_tied_pair *p = &t->list[at++];
            assert_int_equal(r->list[p->path_a].hops + r->list[p->path_b].hops, least);
            cd_pair_reason reason = plain_declared(w, r, p)                    ? CD_PAIR_DECLARED
                                    : w->unit[a] == w->unit[b]                 ? CD_PAIR_UNIT
                                    : w->manager[a] == b || w->manager[b] == a ? CD_PAIR_MANAGER
                                                                               : CD_PAIR_HIDDEN;
            assert_int_equal(p->reason, reason);
            assert_true(p->paths >= 1 && p->log_p <= 0);
            if (p->validated) assert_int_equal(p->reason, CD_PAIR_HIDDEN);
        }
    assert_int_equal(at, t->n);
}

static void those_who_meet_are_paired(void **state)
{
    (void)state;
    size_t paired = 0;
    for (uint64_t seed = 0; seed < WORLDS; seed++)
        for (int dated = 0; dated < 2; dated++) {
            world w;
            cd_err err = {0};
            cd_policy policy;
            candour_store *store = NULL;
            cd_scene *s = NULL;
            cd_reach reach, again;
            cd_tied_pairs pairs;
            const cd_scene_options options = {.as_of = INT64_MAX,
                                              .needs = CD_NEEDS_LINKS | CD_NEEDS_TIES | CD_NEEDS_DECLARATIONS};
            const cd_run one = {.threads = 1}, three = {.threads = 3};
            cd_policy_init(&policy);
            policy.number[CD_POLICY_TIE_OFFICERS] = MOST, policy.number[CD_POLICY_TIE_HOPS] = HOPS;
            world_make(&w, seed, dated);
            assert_int_equal(candour_store_open(w.store, NULL, &store, &err), CD_OK);
            assert_int_equal(cd_scene_open(store, &options, &one, &s, &err), CD_OK);
            assert_int_equal(cd_reach_make(s, &policy, &one, false, &reach, &err), CD_OK);
            assert_int_equal(cd_reach_make(s, &policy, &three, false, &again, &err), CD_OK);
            assert_int_equal(reach.off[OFFICERS], again.off[OFFICERS]);
            for (cd_off i = 0; i < reach.off[OFFICERS]; i++)
                assert_true(reach.list[i].association == again.list[i].association &&
                            reach.list[i].row == again.list[i].row);
            assert_int_equal(cd_tied_pairs_make(s, &reach, &policy, &three, &pairs, &err), CD_OK);
            check_paths(&w, s, &reach, dated);
            check_pairs(&w, &reach, &pairs);
            paired += pairs.n;
            cd_tied_pairs_release(&pairs);
            cd_reach_release(&reach);
            cd_reach_release(&again);
            cd_scene_close(s);
            candour_store_close(store);
            crash_tree_drop(w.folder);
        }
    assert_true(paired > WORLDS); /* there is something to compare */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(those_who_meet_are_paired)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
