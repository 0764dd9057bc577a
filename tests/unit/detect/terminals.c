/* SPDX-License-Identifier: GPL-3.0-or-later
 * terminals.c: where terminals stand, and who used them from where, against asking every officer about every terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/base/civil.h"
#include "engine/base/random.h"
#include "engine/detect/terminals.h"
#include "tests/support/crash.h"
#include "tests/support/store_rows.h"

enum { FORCES = 8, OFFICERS = 16, DAYS = 40, TERMINALS = 7, SITES = 3, SIGHTINGS = 2 * DAYS, ACCESSES = 3 * DAYS };

/* Minutes from 2025-01-01; site 0: at home, from 1: a site; to -1: not known. */
typedef struct {
    uint32_t site;
    int32_t from, to;
} sighting;
typedef struct {
    uint32_t terminal; /* from 1 */
    int32_t at;
} opening;

static struct {
    char folder[512], store[600];
    sighting seen[OFFICERS][SIGHTINGS];
    opening opened[OFFICERS][ACCESSES];
    uint32_t n_seen[OFFICERS], n_opened[OFFICERS];
} w;

static void minute_text(int32_t minute, char out[CD_TIME_TEXT])
{
    out[0] = '\0';
    if (minute >= 0) cd_time_write((int64_t)cd_days_of(2025, 1, 1) * 86400 + (int64_t)minute * 60, out);
}

static void seen_add(rows_force *f, uint32_t o, uint32_t site, int32_t from, int32_t to)
{
    char a[CD_TIME_TEXT], b[CD_TIME_TEXT], name[16] = "REMOTE";
    w.seen[o][w.n_seen[o]++] = (sighting){site, from, to};
    if (site) snprintf(name, sizeof name, "S%u", site);
    minute_text(from, a), minute_text(to, b);
    rows_add(f, "presence", "o%02u|%s|%s|%s|badge", o, name, a, b);
}

/* Terminals 1 and 2 are used at site 1, 3 and 4 at site 2, one is carried about; now and then anybody uses any. */
static void day_make(rows_force *f, cd_random *r, uint32_t o, int32_t d)
{
    uint32_t home = 1 + o % 2, site = cd_random_below(r, 20) ? home : (uint32_t)cd_random_below(r, SITES + 1);
    int32_t from = d * 1440 + 480 + (int32_t)cd_random_below(r, 30), to = from + 480;
    if (cd_random_below(r, 20) == 0) to = -1;
    seen_add(f, o, site, from, to);
    if (cd_random_below(r, 6) == 0)
        seen_add(f, o, (uint32_t)cd_random_below(r, SITES + 1), from + 240 + (int32_t)cd_random_below(r, 300),
                 from + 600);
    for (uint32_t k = 0; k < 3; k++) {
        char at[CD_TIME_TEXT];
        opening *x = &w.opened[o][w.n_opened[o]++];
        *x = (opening){2 * home - (uint32_t)cd_random_below(r, 2), from - 30 + (int32_t)cd_random_below(r, 560)};
        if (cd_random_below(r, 3) == 0) x->terminal = 5;
        if (cd_random_below(r, 150) == 0) x->terminal = 1 + (uint32_t)cd_random_below(r, TERMINALS);
        minute_text(x->at, at);
        rows_add(f, "accesses", "o%02u|c%u|%s|view|T%u|", o, k, at, x->terminal);
    }
}

static void world_make(uint64_t seed)
{
    rows_force f = {0};
    cd_err err = {0};
    cd_random r = cd_random_of(seed, 82, 0);
    char from[CD_TIME_TEXT], to[CD_TIME_TEXT];
    memset(&w, 0, sizeof w);
    crash_folder_make(w.folder, "terminals");
    snprintf(w.store, sizeof w.store, "%s/s", w.folder);
    for (uint32_t o = 0; o < OFFICERS; o++) rows_add(&f, "officers", "o%02u||||||||", o);
    for (int32_t d = 0; d < DAYS; d++) { /* presence outside anybody's shift is not taken */
        minute_text(d * 1440, from), minute_text(d * 1440 + 1440, to);
        rows_add(&f, "shifts", "s%02d|U|S1|%s|%s|", (int)d, from, to);
        for (uint32_t o = 0; o < OFFICERS; o++) rows_add(&f, "roster", "o%02u|s%02d|office|||", o, (int)d);
    }
    for (uint32_t o = 0; o < OFFICERS; o++)
        for (int32_t d = 0; d < DAYS; d++) day_make(&f, &r, o, d);
    assert_int_equal(rows_load(w.store, &f, &(rows_way){0}, NULL, &err), CD_OK);
    rows_release(&f);
}

/* ---- The slow way ---- */

/* Where they were for certain at that minute and a quarter of an hour on either side; 0: nowhere that is known. */
static uint32_t where(uint32_t o, int32_t at)
{
    uint32_t site = 0;
    bool there = false;
    for (uint32_t i = 0; i < w.n_seen[o]; i++) {
        const sighting *x = &w.seen[o][i];
        int32_t to = x->to < 0 ? x->from + 1440 : x->to;
        if (x->from >= at + 15 || to <= at - 15) continue;
        if (x->to < 0 || x->site == 0 || (site && site != x->site)) return 0;
        site = x->site, there = there || (x->from <= at - 15 && to > at + 15);
    }
    return there ? site : 0;
}

static uint32_t uses(uint32_t o, uint32_t terminal, uint32_t site)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w.n_opened[o]; i++)
        n += w.opened[o][i].terminal == terminal && where(o, w.opened[o][i].at) == site;
    return n;
}

static uint32_t people(uint32_t terminal, uint32_t site)
{
    uint32_t n = 0;
    for (uint32_t o = 0; o < OFFICERS; o++) n += uses(o, terminal, site) > 0;
    return n;
}

/* The site that has nearly all voices, five at least: thousandths of each officer's uses. */
static uint32_t stands_at(uint32_t terminal)
{
    uint32_t voices[SITES + 1] = {0}, all = 0, best = 1;
    for (uint32_t o = 0; o < OFFICERS; o++) {
        uint32_t own = 0;
        for (uint32_t s = 1; s <= SITES; s++) own += uses(o, terminal, s);
        for (uint32_t s = 1; s <= SITES; s++) {
            voices[s] += own ? uses(o, terminal, s) * 1000 / own : 0;
        }
    }
    for (uint32_t s = 1; s <= SITES; s++) {
        all += voices[s];
        if (voices[s] > voices[best]) best = s;
    }
    return voices[best] >= 5000 && all - voices[best] <= 1000 + all / 10 ? best : 0;
}

static void terminals_stand_where_their_users_were(void **state)
{
    (void)state;
    uint32_t known = 0, unknown = 0;
    for (uint64_t seed = 1; seed <= FORCES; seed++) {
        cd_err err = {0};
        candour_store *store = NULL;
        cd_scene *s = NULL;
        cd_terminals t;
        const cd_run run = {.threads = 3};
        cd_scene_options options = {.as_of = INT64_MAX, .needs = CD_NEEDS_ROSTER | CD_NEEDS_PRESENCE};
        world_make(seed);
        assert_int_equal(candour_store_open(w.store, NULL, &store, &err), CD_OK);
        assert_int_equal(cd_scene_open(store, &options, &run, &s, &err), CD_OK);
        const cd_look look = {.scene = s, .run = &run};
        assert_int_equal(cd_terminals_learn(&look, &t, &err), CD_OK);
        for (uint32_t k = 1; k <= TERMINALS; k++) {
            char name[16];
            snprintf(name, sizeof name, "T%u", k);
            uint32_t terminal = cd_words_find(&t.names, cd_slice_of(name)), stands = stands_at(k);
            if (!terminal) continue;
            assert_int_equal(t.site[terminal] != 0, stands != 0);
            for (uint32_t site = 1; site <= SITES; site++) {
                snprintf(name, sizeof name, "S%u", site);
                uint32_t word = cd_words_find(&s->rosters.sites, cd_slice_of(name));
                assert_int_equal(cd_terminal_people(&t, terminal, word), people(k, site));
                if (stands == site) assert_int_equal(t.site[terminal], word);
            }
            known += stands != 0, unknown += stands == 0;
        }
        cd_terminals_release(&t);
        cd_scene_close(s);
        candour_store_close(store);
        crash_tree_drop(w.folder);
    }
    assert_true(known >= FORCES && unknown >= FORCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(terminals_stand_where_their_users_were)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
