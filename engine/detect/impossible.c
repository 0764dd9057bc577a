/* SPDX-License-Identifier: GPL-3.0-or-later
 * impossible.c: two places at once, and hours paid for twice.
 *
 * Clocks are wrong, buildings adjoin and swipes are left open, so that records of the honest show such things too. Days
 * on which machines saw somebody at two sites for longer than TOGETHER are counted, but not between sites where it
 * happens to several others: that is how those two sites are. Shifts claimed to overlap are counted each. Both are held
 * against how often they come among the peers, per day seen and per shift claimed. Home is no site: who is logged in
 * there may have left the screen on. A sighting without an end says nothing of when it ended. */
#include <omp.h>
#include <stdlib.h>

#include "engine/detect/peer_counts.h"

enum { TOGETHER = 30 * 60, OVERLAP = 15 * 60, OTHERS = 3 };
typedef enum { TWO_SITES, TWO_SHIFTS, KINDS } kind;

typedef struct {
    cd_id officer;
    kind kind;
    uint32_t low, high; /* sites, of TWO_SITES */
    int64_t day;
    cd_row_ref row[2];
} clash;

typedef struct {
    cd_worked worked;
    clash *list;
    size_t n, cap;
} worker;

typedef struct {
    const cd_look *look;
    uint32_t *exposure[KINDS]; /* per officer: days seen, shifts claimed */
    clash *list;               /* by officer, kind and day */
    size_t n;
    cd_off *off; /* officers.n + 1 */
} clashes;

/* ---- Finding them ---- */

static int by_pair(const void *a, const void *b)
{
    const clash *x = a, *y = b;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    if (x->low != y->low) return x->low < y->low ? -1 : 1;
    if (x->high != y->high) return x->high < y->high ? -1 : 1;
    if (x->officer != y->officer) return x->officer < y->officer ? -1 : 1;
    return (x->day > y->day) - (x->day < y->day);
}

static int by_officer(const void *a, const void *b)
{
    const clash *x = a, *y = b;
    if (x->officer != y->officer) return x->officer < y->officer ? -1 : 1;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    if (x->day != y->day) return x->day < y->day ? -1 : 1;
    return by_pair(a, b);
}

static cd_status clash_add(worker *k, clash x, cd_err *err)
{
    cd_status st = cd_grow(&k->list, &k->cap, k->n + 1, sizeof *k->list, err);
    if (st == CD_OK) k->list[k->n++] = x;
    return st;
}

static bool places_one(const cd_rosters *x, const cd_sighting *s, int64_t since)
{
    return s->site && s->site != x->remote && !s->open && s->from >= since;
}

/* One a day: of two swipes that both overlap a third, the first. */
static cd_status sites_find(clashes *c, worker *k, cd_id o, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_rosters *x = &c->look->scene->rosters;
    const cd_worked *w = &k->worked;
    int64_t since = c->look->residue->since, counted = INT64_MIN, seen = INT64_MIN;
    for (size_t i = 0; i < w->n_seen; i++) {
        const cd_sighting *a = &w->seen[i];
        int64_t day = cd_day_of(a->from);
        if (!places_one(x, a, since)) continue;
        c->exposure[TWO_SITES][o] += day != seen, seen = day;
        for (size_t j = i + 1; j < w->n_seen && w->seen[j].from <= a->to - TOGETHER && day != counted; j++) {
            const cd_sighting *b = &w->seen[j];
            if (!places_one(x, b, since) || b->site == a->site || b->to - b->from < TOGETHER) continue;
            counted = day;
            CD_TRY(clash_add(k,
                             (clash){.officer = o,
                                     .kind = TWO_SITES,
                                     .low = a->site < b->site ? a->site : b->site,
                                     .high = a->site < b->site ? b->site : a->site,
                                     .day = day,
                                     .row = {a->row, b->row}},
                             err));
        }
    }
done:
    return st;
}

static cd_status shifts_find(clashes *c, worker *k, cd_id o, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_worked *w = &k->worked;
    const cd_claim *longest = NULL; /* of those before, the one that is claimed longest */
    for (size_t i = 0; i < w->n_claims; i++) {
        const cd_claim *x = &w->claims[i];
        if (x->starts < c->look->residue->since) continue;
        c->exposure[TWO_SHIFTS][o]++;
        if (longest && x->from < longest->to - OVERLAP && x->to > longest->from + OVERLAP)
            CD_TRY(clash_add(
                k,
                (clash){.officer = o, .kind = TWO_SHIFTS, .day = cd_day_of(x->starts), .row = {longest->row, x->row}},
                err));
        if (!longest || x->to > longest->to) longest = x;
    }
done:
    return st;
}

static cd_status officers_read(clashes *c, worker *workers, cd_err *err)
{
    const cd_scene *s = c->look->scene;
    cd_lowest failed = {0};
#pragma omp parallel for schedule(dynamic, 64) num_threads(c->look->run->threads)
    for (cd_id o = 0; o < s->officers.n; o++) {
        worker *k = &workers[omp_get_thread_num()];
        cd_err why = {0};
        cd_status got = cd_worked_read(s, o, &k->worked, &why);
        if (got == CD_OK) got = sites_find(c, k, o, &why);
        if (got == CD_OK) got = shifts_find(c, k, o, &why);
        if (got != CD_OK) cd_lowest_note(&failed, o, got, &why);
    }
    return cd_lowest_status(&failed, err);
}

/* Leaves out what happens between two sites to more than OTHERS besides the officer. */
static void common_drop(clashes *c)
{
    size_t kept = 0;
    if (c->n > 1) qsort(c->list, c->n, sizeof *c->list, by_pair);
    for (size_t i = 0, end; i < c->n; i = end) {
        uint32_t people = 0;
        for (end = i; end < c->n && c->list[end].kind == c->list[i].kind && c->list[end].low == c->list[i].low &&
                      c->list[end].high == c->list[i].high;
             end++)
            people += end == i || c->list[end].officer != c->list[end - 1].officer;
        if (c->list[i].kind == TWO_SITES && people > OTHERS + 1) continue;
        memmove(c->list + kept, c->list + i, (end - i) * sizeof *c->list);
        kept += end - i;
    }
    c->n = kept;
    if (c->n > 1) qsort(c->list, c->n, sizeof *c->list, by_officer);
}

static cd_status clashes_make(clashes *c, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = c->look->scene->officers.n;
    uint32_t threads = c->look->run->threads;
    worker *workers = NULL;
    CD_NEW(workers, threads);
    CD_NEW(c->off, (size_t)n + 1);
    for (int k = 0; k < KINDS; k++) CD_NEW(c->exposure[k], n);
    CD_TRY(officers_read(c, workers, err));
    for (uint32_t t = 0; t < threads; t++) c->n += workers[t].n;
    CD_NEW(c->list, c->n);
    c->n = 0;
    for (uint32_t t = 0; t < threads; c->n += workers[t++].n)
        if (workers[t].n) memcpy(c->list + c->n, workers[t].list, workers[t].n * sizeof *c->list);
    common_drop(c);
    for (size_t i = 0; i < c->n; i++) c->off[c->list[i].officer + 1]++;
    for (cd_id o = 0; o < n; o++) c->off[o + 1] += c->off[o];
done:
    for (uint32_t t = 0; workers && t < threads; t++) {
        cd_worked_release(&workers[t].worked);
        cd_free(workers[t].list);
    }
    cd_free(workers);
    return st;
}

/* ---- Telling ---- */

static uint32_t rows(void *context, cd_id officer, const uint32_t *bit, cd_cited *out)
{
    const clashes *c = context;
    const cd_rosters *x = &c->look->scene->rosters;
    uint32_t n = 0;
    for (cd_off i = c->off[officer]; i < c->off[officer + 1]; i++) {
        const clash *y = &c->list[i];
        if (!bit[y->kind]) continue;
        for (int k = 0; k < 2; k++, n++) /* the second of two counts; the first is what it is held against */
            if (out)
                out[n] = cd_cite_row(y->kind == TWO_SITES ? &x->presence : &x->roster, y->row[k], k ? bit[y->kind] : 0);
    }
    return n;
}

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    static const char *const what[KINDS] = {"days at two sites at once", "claimed shifts that overlap another"},
                             *const one[KINDS] = {"day at two sites at once", "claimed shift that overlaps another"};
    enum { MOST = 4 };
    cd_status st = CD_OK;
    cd_id n = look->scene->officers.n;
    clashes c = {.look = look};
    cd_peer_counts counts = {0};
    bool *part = NULL;
    CD_NEW(part, n);
    CD_TRY(clashes_make(&c, err));
    for (cd_id o = 0; o < n; o++) part[o] = c.exposure[TWO_SITES][o] > 0 || c.exposure[TWO_SHIFTS][o] > 0;
    CD_TRY(cd_peer_counts_init(&counts, look, part, err));
    counts.least = 2; /* one alone is a mistake */
    for (int k = 0; k < KINDS; k++) {
        cd_peer_count *x;
        CD_TRY(cd_peer_counts_add(&counts, 1, what[k], one[k], &x, err));
        x->most = MOST;
        for (cd_id o = 0; o < n; o++) x->exposure[o] = c.exposure[k][o];
        for (size_t i = 0; i < c.n; i++) x->seen[c.list[i].officer] += c.list[i].kind == (kind)k;
    }
    CD_TRY(cd_peer_counts_run(&counts, number, &(cd_peer_teller){.context = &c, .rows = rows}, out, err));
done:
    cd_peer_counts_release(&counts);
    cd_free(part);
    for (int k = 0; k < KINDS; k++) cd_free(c.exposure[k]);
    cd_free(c.list);
    cd_free(c.off);
    return st;
}

const cd_detector cd_detector_impossible = {
    .name = "impossible",
    .family = "roster",
    .lane = CD_LANE_CONDUCT,
    .needs = CD_NEEDS_ROSTER | CD_NEEDS_PRESENCE,
    .about = "two sites at once, and shifts claimed that overlap",
    .run = run,
};
