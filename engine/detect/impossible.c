/* SPDX-License-Identifier: GPL-3.0-or-later
 * impossible.c: two places at once, or sooner after one another than anybody gets there, hours paid for twice, and
 * accesses from where somebody was not.
 *
 * Clocks are wrong, buildings adjoin, swipes are left open and log-ins are lent, so that records of the honest show
 * such things too. Each kind is held against how often it comes among the peers, per day seen, shift claimed or day
 * with an access at a terminal whose place is known. Home is no site: who is logged in there may have left the screen
 * on, or work through it. A sighting without an end says nothing of when it ended.
 *
 * Days on which machines saw somebody at two sites for longer than TOGETHER are counted, but not between sites where it
 * happens to several others: that is how those two sites are. How long the way is between two sites is learnt from
 * those who go it: nobody is taken to need less than half of what the quickest few of the others needed. Where too few
 * go it, the policy says how quickly nobody gets from one site to another. Shifts claimed to overlap are counted each.
 * Where a terminal stands is learnt from its users (terminals.h); an access from it by somebody who was seen elsewhere
 * counts, but not where others too have used it from there, nor between sites between which it happens to several
 * others. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>

#include "engine/detect/peer_counts.h"
#include "engine/detect/terminals.h"

enum {
    TOGETHER = 30 * 60,
    OVERLAP = 15 * 60,
    OTHERS = 3,
    LONGEST_WAY = 4 * 3600, /* a longer gap is no way */
    QUICKEST = 3,           /* the quickest so many of the others are not believed to be quicker than the way allows */
    LEAST_TRAVELLERS = 5
};
typedef enum { TWO_SITES, TOO_SOON, TWO_SHIFTS, FROM_AFAR, KINDS } kind;

typedef struct {
    cd_id officer;
    kind kind;
    uint32_t low, high; /* sites, but for TWO_SHIFTS */
    int64_t day;
    int64_t gap; /* of TOO_SOON: seconds between the two */
    cd_row_ref row[2];
} clash;

typedef struct {
    clash *list;
    size_t n, cap;
} clash_list;

typedef struct {
    cd_worked worked;
    clash_list found, ways; /* ways: every one that was gone, as if it were too soon */
} worker;

typedef struct {
    const cd_look *look;
    cd_terminals terminals;
    uint32_t *exposure[KINDS]; /* per officer: days seen (twice), shifts claimed, days at known terminals */
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

static cd_status clash_add(clash_list *l, clash x, cd_err *err)
{
    cd_status st = cd_grow(&l->list, &l->cap, l->n + 1, sizeof *l->list, err);
    if (st == CD_OK) l->list[l->n++] = x;
    return st;
}

static clash between(cd_id o, kind k, const cd_sighting *a, const cd_sighting *b)
{
    return (clash){.officer = o,
                   .kind = k,
                   .low = a->site < b->site ? a->site : b->site,
                   .high = a->site < b->site ? b->site : a->site,
                   .day = cd_day_of(a->from),
                   .gap = b->from - a->to,
                   .row = {a->row, b->row}};
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
            CD_TRY(clash_add(&k->found, between(o, TWO_SITES, a, b), err));
        }
    }
    c->exposure[TOO_SOON][o] = c->exposure[TWO_SITES][o];
done:
    return st;
}

/* The quickest way of each day: from where somebody was last seen to where they were seen next, elsewhere. */
static cd_status ways_find(clashes *c, worker *k, cd_id o, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_rosters *x = &c->look->scene->rosters;
    const cd_worked *w = &k->worked;
    const cd_sighting *last = NULL; /* of those before, the one that ends last */
    for (size_t i = 0; i < w->n_seen; i++) {
        const cd_sighting *b = &w->seen[i];
        if (!places_one(x, b, c->look->residue->since)) continue;
        int64_t gap = last ? b->from - last->to : 0;
        if (last && last->site != b->site && gap > -TOGETHER && gap < LONGEST_WAY) {
            clash way = between(o, TOO_SOON, last, b), *before = k->ways.n ? &k->ways.list[k->ways.n - 1] : NULL;
            if (!before || before->officer != o || before->day != way.day)
                CD_TRY(clash_add(&k->ways, way, err));
            else if (way.gap < before->gap)
                *before = way;
        }
        if (!last || b->to > last->to) last = b;
    }
done:
    return st;
}

/* One a day: accesses at terminals that stand elsewhere than where the officer was seen. */
static cd_status afar_find(clashes *c, worker *k, cd_id o, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = c->look->scene;
    int64_t counted = INT64_MIN, known = INT64_MIN;
    size_t from = 0;
    for (cd_off i = s->access_off[o]; i < s->access_off[o + 1]; i++) {
        const cd_access *a = &s->accesses[i];
        int64_t day = cd_day_of(a->at);
        cd_row_ref seen;
        if (a->at < c->look->residue->since || counted == day) continue;
        uint32_t site = cd_seen_at_site(&s->rosters, &k->worked, a->at, &from, &seen);
        uint32_t terminal = site ? cd_terminal_of(&c->terminals, a) : 0, stands = c->terminals.site[terminal];
        if (!stands) continue;
        c->exposure[FROM_AFAR][o] += known != day, known = day;
        if (stands == site || cd_terminal_people(&c->terminals, terminal, site) > 2) continue;
        counted = day;
        CD_TRY(clash_add(&k->found,
                         (clash){.officer = o,
                                 .kind = FROM_AFAR,
                                 .low = site < stands ? site : stands,
                                 .high = site < stands ? stands : site,
                                 .day = day,
                                 .row = {seen, {a->segment, a->row}}},
                         err));
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
                &k->found,
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
        if (got == CD_OK) got = ways_find(c, k, o, &why);
        if (got == CD_OK) got = afar_find(c, k, o, &why);
        if (got == CD_OK) got = shifts_find(c, k, o, &why);
        if (got != CD_OK) cd_lowest_note(&failed, o, got, &why);
    }
    return cd_lowest_status(&failed, err);
}

static bool alike(const clash *x, const clash *y)
{
    return x->kind == y->kind && x->low == y->low && x->high == y->high;
}

/* Leaves out what happens between two sites to more than OTHERS besides the officer. */
static void common_drop(clashes *c)
{
    size_t kept = 0;
    if (c->n > 1) qsort(c->list, c->n, sizeof *c->list, by_pair);
    for (size_t i = 0, end; i < c->n; i = end) {
        uint32_t people = 0;
        for (end = i; end < c->n && alike(&c->list[end], &c->list[i]); end++)
            people += end == i || c->list[end].officer != c->list[end - 1].officer;
        if (c->list[i].kind != TWO_SHIFTS && people > OTHERS + 1) continue;
        memmove(c->list + kept, c->list + i, (end - i) * sizeof *c->list);
        kept += end - i;
    }
    c->n = kept;
    if (c->n > 1) qsort(c->list, c->n, sizeof *c->list, by_officer);
}

/* The quickest of each who goes a way, by falling haste. */
typedef struct {
    int64_t gap;
    cd_id officer;
} traveller;

static int traveller_compare(const void *a, const void *b)
{
    const traveller *x = a, *y = b;
    if (x->gap != y->gap) return x->gap < y->gap ? -1 : 1;
    return (x->officer > y->officer) - (x->officer < y->officer);
}

/* Seconds that the officer is taken to need, by the others who go that way. */
static int64_t way_needed(const traveller *all, size_t n, cd_id officer, int64_t floor_seconds)
{
    size_t others = 0, k = 0;
    for (size_t i = 0; i < n; i++) others += all[i].officer != officer;
    if (others < LEAST_TRAVELLERS) return floor_seconds;
    for (uint32_t met = all[0].officer != officer; met < QUICKEST;) met += all[++k].officer != officer;
    return all[k].gap > 0 ? all[k].gap / 2 : 0;
}

/* Of all ways that were gone those that were gone too soon stay. */
static cd_status haste_find(const clashes *c, clash_list *ways, cd_err *err)
{
    cd_status st = CD_OK;
    int64_t floor_seconds = llrint(60 * c->look->policy->number[CD_POLICY_TRAVEL_MINUTES]);
    traveller *all = NULL;
    size_t kept = 0;
    CD_NEW(all, ways->n);
    if (ways->n > 1) qsort(ways->list, ways->n, sizeof *ways->list, by_pair);
    for (size_t i = 0, end; i < ways->n; i = end) {
        size_t n = 0;
        for (end = i; end < ways->n && alike(&ways->list[end], &ways->list[i]); end++) {
            const clash *x = &ways->list[end];
            if (n == 0 || all[n - 1].officer != x->officer)
                all[n++] = (traveller){x->gap, x->officer};
            else if (x->gap < all[n - 1].gap)
                all[n - 1].gap = x->gap;
        }
        qsort(all, n, sizeof *all, traveller_compare);
        for (size_t k = i; k < end; k++)
            if (ways->list[k].gap < way_needed(all, n, ways->list[k].officer, floor_seconds))
                ways->list[kept++] = ways->list[k];
    }
    ways->n = kept;
done:
    cd_free(all);
    return st;
}

static cd_status append(clash_list *to, const clash_list *more, cd_err *err)
{
    cd_status st = cd_grow(&to->list, &to->cap, to->n + more->n, sizeof *to->list, err);
    if (st == CD_OK && more->n) memcpy(to->list + to->n, more->list, more->n * sizeof *to->list);
    if (st == CD_OK) to->n += more->n;
    return st;
}

static cd_status clashes_make(clashes *c, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = c->look->scene->officers.n;
    uint32_t threads = c->look->run->threads;
    worker *workers = NULL;
    clash_list ways = {0}, found = {0};
    CD_TRY(cd_terminals_learn(c->look, &c->terminals, err));
    CD_NEW(workers, threads);
    CD_NEW(c->off, (size_t)n + 1);
    for (int k = 0; k < KINDS; k++) CD_NEW(c->exposure[k], n);
    CD_TRY(officers_read(c, workers, err));
    for (uint32_t t = 0; t < threads; t++) CD_TRY(append(&ways, &workers[t].ways, err));
    for (uint32_t t = 0; t < threads; t++) CD_TRY(append(&found, &workers[t].found, err));
    CD_TRY(haste_find(c, &ways, err));
    CD_TRY(append(&found, &ways, err));
    c->list = found.list, c->n = found.n, found = (clash_list){0};
    common_drop(c);
    for (size_t i = 0; i < c->n; i++) c->off[c->list[i].officer + 1]++;
    for (cd_id o = 0; o < n; o++) c->off[o + 1] += c->off[o];
done:
    for (uint32_t t = 0; workers && t < threads; t++) {
        cd_worked_release(&workers[t].worked);
        cd_free(workers[t].found.list);
        cd_free(workers[t].ways.list);
    }
    cd_free(workers);
    cd_free(ways.list);
    cd_free(found.list);
    return st;
}

/* ---- Telling ---- */

/* Of each the second row counts; the first is what it is held against. */
static uint32_t rows(void *context, cd_id officer, const uint32_t *bit, cd_cited *out)
{
    const clashes *c = context;
    const cd_rosters *x = &c->look->scene->rosters;
    const cd_table_of *table[KINDS][2] = {[TWO_SITES] = {&x->presence, &x->presence},
                                          [TOO_SOON] = {&x->presence, &x->presence},
                                          [TWO_SHIFTS] = {&x->roster, &x->roster},
                                          [FROM_AFAR] = {&x->presence, &c->terminals.accesses}};
    uint32_t n = 0;
    for (cd_off i = c->off[officer]; i < c->off[officer + 1]; i++) {
        const clash *y = &c->list[i];
        if (!bit[y->kind]) continue;
        for (int k = 0; k < 2; k++, n++)
            if (out) out[n] = cd_cite_row(table[y->kind][k], y->row[k], k ? bit[y->kind] : 0);
    }
    return n;
}

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    static const char *const what[KINDS] = {"days at two sites at once",
                                            "days at two sites sooner than anybody gets there",
                                            "claimed shifts that overlap another",
                                            "days with accesses from a site where they were not"},
                             *const one[KINDS] = {"day at two sites at once",
                                                  "day at two sites sooner than anybody gets there",
                                                  "claimed shift that overlaps another",
                                                  "day with accesses from a site where they were not"};
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
        bool any = false; /* what the records cannot show takes no weight from the others */
        for (cd_id o = 0; o < n; o++) any = any || c.exposure[k][o];
        CD_TRY(cd_peer_counts_add(&counts, any, what[k], one[k], &x, err));
        x->most = MOST;
        for (cd_id o = 0; o < n; o++) x->exposure[o] = c.exposure[k][o];
        for (size_t i = 0; i < c.n; i++) x->seen[c.list[i].officer] += c.list[i].kind == (kind)k;
    }
    CD_TRY(cd_peer_counts_run(&counts, number, &(cd_peer_teller){.context = &c, .rows = rows}, out, err));
done:
    cd_peer_counts_release(&counts);
    cd_terminals_release(&c.terminals);
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
    .about = "two sites at once or too soon after one another, shifts claimed that overlap, accesses from elsewhere",
    .run = run,
};
