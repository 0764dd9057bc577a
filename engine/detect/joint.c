/* SPDX-License-Identifier: GPL-3.0-or-later
 * joint.c: pairs of officers over their unexplained files.
 *
 * The null keeps what both sides do at all: an officer is met at a file in proportion to how many files they stray to,
 * and a file of d such openers makes d (d - 1) / 2 pairs. Units that share files as a matter of course (the same scene,
 * the same corridor) raise what is expected between any two of their people: by what all the other pairs of these two
 * units share. */
#include "engine/detect/joint.h"

#include <math.h>
#include <stdlib.h>

#include "engine/base/sort.h"
#include "engine/detect/chance.h"
#include "engine/graph/shared.h"

/* How much the officers of two units share, over all their pairs. */
typedef struct {
    uint64_t units; /* lower << 32 | higher */
    uint64_t shared;
} unit_pair;

struct cd_joint_units {
    unit_pair *pairs; /* rising */
    size_t n;
    double *strays; /* per unit */
};

/* ---- Files that two to CD_JOINT_OPENERS strayed to ---- */

/* A stray file of one officer, and when they opened it. */
typedef struct {
    cd_id file;
    cd_span at;
} opening;

static int opening_compare(const void *a, const void *b)
{
    const opening *x = a, *y = b;
    return (x->file > y->file) - (x->file < y->file);
}

static cd_status files_make(const cd_look *look, cd_joint *j, cd_err *err)
{
    enum { RESTRICTED = 3 };
    cd_status st = CD_OK;
    const cd_residue *r = look->residue;
    const cd_scene *s = look->scene;
    cd_id n = j->n_officers, *adj = NULL;
    uint32_t *openers = NULL;
    opening *list = NULL; /* of one officer */
    size_t cap = 0;
    cd_off *off = NULL, at = 0;
    CD_NEW(openers, s->files.n);
    CD_NEW(j->strays, n);
    off = cd_pages_new((size_t)n + 1, sizeof *off, err);
    if (!off) CD_TRY(CD_EMEMORY);
    j->files_of = (cd_csr){.n_left = n, .n_right = s->files.n, .off = off};
    for (cd_off i = 0; i < r->off[n]; i++) openers[r->strays[i].file]++;
    for (cd_id o = 0; o < n; o++) {
        for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) {
            uint32_t d = openers[r->strays[i].file];
            /* A restricted file that nobody shares never lowers what a group weighs. */
            j->strays[o] += d >= 2 || s->sensitivity[r->strays[i].file] < RESTRICTED;
            at += d >= 2 && d <= CD_JOINT_OPENERS;
        }
        off[o + 1] = at;
    }
    adj = cd_pages_new(at, sizeof *adj, err);
    j->files_of.adj = adj;
    CD_NEW(j->at, at);
    if (!adj) CD_TRY(CD_EMEMORY);
    for (cd_id o = 0; o < n; o++) {
        size_t m = 0;
        CD_TRY(cd_grow(&list, &cap, (size_t)(off[o + 1] - off[o]) + 1, sizeof *list, err));
        for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) {
            uint32_t d = openers[r->strays[i].file];
            if (d >= 2 && d <= CD_JOINT_OPENERS)
                list[m++] = (opening){r->strays[i].file, {s->accesses[r->strays[i].first].at, r->strays[i].until}};
        }
        if (m > 1) qsort(list, m, sizeof *list, opening_compare);
        for (size_t i = 0; i < m; i++) adj[off[o] + i] = list[i].file, j->at[off[o] + i] = list[i].at;
    }
    CD_TRY(cd_csr_transpose(&j->files_of, look->run->threads, &j->openers_of, NULL, err));
done:
    cd_free(openers);
    cd_free(list);
    return st;
}

/* ---- What is expected ---- */

/* One owner's files that an officer strayed to: how many. */
struct cd_joint_corner {
    uint32_t owner, files;
};

/* Whose files each officer strays to, and how likely two who stray to one owner's files meet there. */
static cd_status corners_make(const cd_look *look, cd_joint *j, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_residue *r = look->residue;
    cd_off all = r->off[j->n_officers], at = 0;
    uint32_t *owners = NULL, n_units = look->scene->units.n;
    double *strays = NULL, *squares = NULL, *shared = NULL;
    CD_NEW(owners, all);
    CD_NEW(j->corner_off, (size_t)j->n_officers + 1);
    CD_NEW(j->corners, all);
    CD_NEW(j->per_pair_of, (size_t)n_units + 1);
    CD_NEW(strays, (size_t)n_units + 1);
    CD_NEW(squares, (size_t)n_units + 1);
    CD_NEW(shared, (size_t)n_units + 1);
    for (cd_id o = 0; o < j->n_officers; o++) {
        cd_off lo = r->off[o], n = r->off[o + 1] - lo;
        for (cd_off i = 0; i < n; i++) owners[i] = j->owner[r->strays[lo + i].file];
        if (n > 1) qsort(owners, n, sizeof *owners, cd_compare_u32);
        for (cd_off i = 0; i < n; i++) {
            if (i == 0 || owners[i] != owners[i - 1]) j->corners[at++] = (struct cd_joint_corner){.owner = owners[i]};
            j->corners[at - 1].files++;
        }
        j->corner_off[o + 1] = at;
        for (cd_off i = j->corner_off[o]; i < at; i++) {
            double files = j->corners[i].files;
            strays[j->corners[i].owner] += files, squares[j->corners[i].owner] += files * files;
        }
    }
    for (cd_id f = 0; f < j->openers_of.n_left; f++) {
        double d = cd_csr_degree(&j->openers_of, f);
        shared[j->owner[f]] += d * (d - 1) / 2;
    }
    for (uint32_t u = 0; u <= n_units; u++) {
        double pairs = (strays[u] * strays[u] - squares[u]) / 2;
        j->per_pair_of[u] = pairs > 0 ? shared[u] / pairs : 0;
    }
done:
    cd_free(owners);
    cd_free(strays);
    cd_free(squares);
    cd_free(shared);
    return st;
}

/* How many files two officers share; and how many they would by chance, going by whose files each strays to besides.
 * Both lists of corners rise; of the shared files, in the order of the files, each is taken off its owner's corner. */
static cd_joint_files files_shared(const cd_joint *j, cd_id a, cd_id b, double *by_chance)
{
    const cd_csr *g = &j->files_of;
    uint32_t n = 0, met = 0, owner[CD_JOINT_MOST];
    double of_owners = 0;
    for (cd_off p = g->off[a], q = g->off[b]; p < g->off[a + 1] && q < g->off[b + 1];) {
        if (g->adj[p] == g->adj[q]) {
            bool apart =
                !cd_joint_same_scene(j->at[p], j->at[q]) && !cd_joint_is_work(j->at[p]) && !cd_joint_is_work(j->at[q]);
            if (apart && n < CD_JOINT_MOST) owner[n] = j->owner[g->adj[p]];
            n += apart, met += !apart, p++, q++;
        } else if (g->adj[p] < g->adj[q]) {
            p++;
        } else {
            q++;
        }
    }
    for (cd_off p = j->corner_off[a], q = j->corner_off[b]; p < j->corner_off[a + 1] && q < j->corner_off[b + 1];) {
        const struct cd_joint_corner *x = &j->corners[p], *y = &j->corners[q];
        if (x->owner == y->owner) {
            uint32_t here = 0;
            for (uint32_t k = 0; k < n && k < CD_JOINT_MOST; k++) here += owner[k] == x->owner;
            of_owners += j->per_pair_of[x->owner] * (x->files - here) * (y->files - here);
            p++, q++;
        } else if (x->owner < y->owner) {
            p++;
        } else {
            q++;
        }
    }
    *by_chance = of_owners;
    return (cd_joint_files){n, met};
}

static uint64_t units_key(uint32_t a, uint32_t b) { return a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a; }

/* How many files the pairs of officers of each two units share; and over all pairs. */
static cd_status units_count(const cd_look *look, cd_joint *j, uint64_t *shared, cd_err *err)
{
    cd_status st = CD_OK;
    struct cd_joint_units *u = NULL;
    uint64_t *keys = NULL;
    size_t n = 0;
    *shared = 0;
    for (cd_id f = 0; f < j->openers_of.n_left; f++) {
        uint64_t d = cd_csr_degree(&j->openers_of, f);
        *shared += d * (d - 1) / 2 * (d > 0);
    }
    CD_NEW(u, 1);
    j->units = u;
    CD_NEW(u->strays, (size_t)look->scene->units.n + 1);
    for (cd_id o = 0; o < j->n_officers; o++) u->strays[j->unit[o]] += j->strays[o];
    CD_TRY(cd_run_fits(look->run, "finding who opened the same files", 8 * (size_t)*shared, err));
    keys = cd_pages_new(*shared, sizeof *keys, err);
    if (!keys) CD_TRY(CD_EMEMORY);
    for (cd_id f = 0; f < j->openers_of.n_left; f++)
        for (cd_off p = j->openers_of.off[f]; p < j->openers_of.off[f + 1]; p++)
            for (cd_off q = p + 1; q < j->openers_of.off[f + 1]; q++)
                keys[n++] = units_key(j->unit[j->openers_of.adj[p]], j->unit[j->openers_of.adj[q]]);
    if (n > 1) qsort(keys, n, sizeof *keys, cd_compare_u64);
    for (size_t i = 0; i < n; i++) u->n += i == 0 || keys[i] != keys[i - 1];
    CD_NEW(u->pairs, u->n);
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || keys[i] != keys[i - 1]) u->pairs[m++] = (unit_pair){.units = keys[i]};
        u->pairs[m - 1].shared++;
    }
done:
    cd_pages_free(keys, (size_t)*shared, sizeof *keys);
    return st;
}

/* The most times that what two units' other pairs share raises what is expected of a pair of theirs; `shared` is the
 * pair's. */
static double units_times(const cd_joint *j, uint32_t ua, uint32_t ub, uint32_t shared, double chance)
{
    enum { STRANGERS = 5 }; /* files that are added on both sides: units that have hardly met are taken for strangers */
    uint64_t key = units_key(ua, ub), found = 0;
    size_t lo = 0, hi = j->units->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (j->units->pairs[mid].units < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo < j->units->n && j->units->pairs[lo].units == key) found = j->units->pairs[lo].shared;
    double all = j->per_pair * j->units->strays[ua] * j->units->strays[ub] * (ua == ub ? 0.5 : 1) - chance;
    double times = ((double)found - shared + STRANGERS) / ((all > 0 ? all : 0) + STRANGERS);
    return times > 1 ? times : 1;
}

double cd_joint_expected(const cd_joint *j, cd_id a, cd_id b, cd_joint_files *shared)
{
    double of_owners, chance = j->per_pair * j->strays[a] * j->strays[b];
    *shared = files_shared(j, a, b, &of_owners);
    double expected = chance > of_owners ? chance : of_owners;
    expected *= units_times(j, j->unit[a], j->unit[b], shared->apart, chance) * j->wider;
    return expected > 1e-9 ? expected : 1e-9;
}

/* ---- Who works together ---- */

/* One opening of a file by somebody who is assigned to it. */
typedef struct {
    cd_id file, officer;
    cd_span at;
} duty;

static int duty_compare(const void *a, const void *b)
{
    const duty *x = a, *y = b;
    if (x->file != y->file) return x->file < y->file ? -1 : 1;
    if (x->officer != y->officer) return x->officer < y->officer ? -1 : 1;
    return (x->at.from > y->at.from) - (x->at.from < y->at.from);
}

static int duty_by_time(const void *a, const void *b)
{
    const duty *x = a, *y = b;
    if (x->file != y->file) return x->file < y->file ? -1 : 1;
    if (x->at.from != y->at.from) return x->at.from < y->at.from ? -1 : 1;
    return (x->officer > y->officer) - (x->officer < y->officer);
}

/* What those who are assigned to the same files do: of every so many files, who opened it, from when to when. */
static cd_status duties_list(const cd_scene *s, duty **list, size_t *n, cd_err *err)
{
    enum { FILES = 20000 };
    cd_id step = s->files.n / FILES + 1;
    size_t cap = 0, m = 0;
    *n = 0;
    for (cd_id o = 0; o < s->officers.n; o++)
        for (cd_off a = s->access_off[o]; a < s->access_off[o + 1]; a++) {
            const cd_access *x = &s->accesses[a];
            if (x->file % step || (x->reason != CD_REASON_ASSIGNED && x->reason != CD_REASON_LATE)) continue;
            cd_status st = cd_grow(list, &cap, *n + 1, sizeof **list, err);
            if (st != CD_OK) return st;
            (*list)[(*n)++] = (duty){x->file, o, {x->at, x->at}};
        }
    if (*n > 1) qsort(*list, *n, sizeof **list, duty_compare);
    for (size_t i = 0; i < *n; i++) {
        duty *x = &(*list)[i];
        if (m && (*list)[m - 1].file == x->file && (*list)[m - 1].officer == x->officer)
            (*list)[m - 1].at.to = x->at.to;
        else
            (*list)[m++] = *x;
    }
    *n = m;
    if (*n > 1) qsort(*list, *n, sizeof **list, duty_by_time);
    return CD_OK;
}

/* People who work together meet at most of the files that they share, and open some of them apart: how many for each,
 * the records of who is assigned to what say. So whoever meets often enough is expected to share some files apart. */
static cd_status meetings_learn(const cd_look *look, cd_joint *j, cd_err *err)
{
    static const double APART = 10, MET = 20; /* where nothing is known of it */
    cd_status st = CD_OK;
    duty *list = NULL;
    size_t n = 0;
    uint64_t apart = 0, met = 0;
    cd_span scene = {0, 0};
    CD_TRY(duties_list(look->scene, &list, &n, err));
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || list[i].file != list[i - 1].file)
            scene = list[i].at;
        else if (cd_joint_is_apart(&scene, list[i].at))
            apart++;
        else
            met++;
    }
    j->per_meeting = ((double)apart + APART) / ((double)met + MET);
done:
    cd_free(list);
    return st;
}

/* ---- Pairs ---- */

/* Every pair that shares two or more: counted for each first officer in a row of its own, then kept in order. */
typedef struct {
    cd_joint_pair *list;
    size_t n, cap;
    cd_status st;
    cd_err err;
} pair_rows;

typedef struct {
    pair_rows *rows; /* one a thread */
} pair_sink;

static void take_row(void *context, uint32_t thread, cd_id left, const cd_id *partner, const uint32_t *shared, cd_id n)
{
    pair_rows *rows = &((pair_sink *)context)->rows[thread];
    if (rows->st != CD_OK) return;
    rows->st = cd_grow(&rows->list, &rows->cap, rows->n + n, sizeof *rows->list, &rows->err);
    for (cd_id i = 0; rows->st == CD_OK && i < n; i++)
        rows->list[rows->n++] = (cd_joint_pair){.a = left, .b = partner[i], .shared = shared[i]};
}

static int pair_compare(const void *x, const void *y)
{
    const cd_joint_pair *a = x, *b = y;
    if (a->a != b->a) return a->a < b->a ? -1 : 1;
    return (a->b > b->b) - (a->b < b->b);
}

static cd_status pairs_find(const cd_look *look, const cd_joint *j, cd_joint_pair **out, size_t *n_out, cd_err *err)
{
    cd_status st = CD_OK;
    pair_sink sink = {0};
    cd_shared shared = {.by_left = &j->files_of, .by_right = &j->openers_of};
    size_t n = 0;
    *out = NULL, *n_out = 0;
    CD_NEW(sink.rows, look->run->threads);
    CD_TRY(cd_shared_each(&shared, 0, j->n_officers, 2, look->run, take_row, &sink, err));
    for (uint32_t t = 0; t < look->run->threads; t++) {
        if (sink.rows[t].st != CD_OK) CD_TRY(cd_fail(err, sink.rows[t].st, "%s", sink.rows[t].err.text));
        n += sink.rows[t].n;
    }
    CD_NEW(*out, n);
    n = 0;
    for (uint32_t t = 0; t < look->run->threads; t++) {
        if (sink.rows[t].n) memcpy(*out + n, sink.rows[t].list, sink.rows[t].n * sizeof **out);
        n += sink.rows[t].n;
    }
    if (n > 1) qsort(*out, n, sizeof **out, pair_compare);
    *n_out = n;
done:
    for (uint32_t t = 0; sink.rows && t < look->run->threads; t++) cd_free(sink.rows[t].list);
    cd_free(sink.rows);
    return st;
}

/* How many more pairs of different units share exactly two files than the null has: it is too narrow by the root of
 * that. */
static double too_narrow(const cd_joint *j, const cd_joint_pair *pairs, size_t n)
{
    double all = 0, of_unit = 0, expected = 0;
    uint64_t seen = 0;
    for (cd_id o = 0; o < j->n_officers; o++) {
        double s = j->strays[o];
        all += s * s, of_unit += s * s * s * s;
    }
    expected = (all * all - of_unit) / 2 * j->per_pair * j->per_pair / 2;
    for (size_t i = 0; i < n; i++) seen += pairs[i].shared == 2 && j->unit[pairs[i].a] != j->unit[pairs[i].b];
    double times = expected > 0 ? ((double)seen + 1) / (expected + 1) : 1;
    return times > 1 ? sqrt(times) : 1;
}

static int rarer(const void *x, const void *y)
{
    const cd_joint_pair *a = x, *b = y;
    if (a->log_p != b->log_p) return a->log_p < b->log_p ? -1 : 1;
    return pair_compare(a, b);
}

/* Benjamini and Hochberg over all pairs of officers who strayed at all, those who share nothing too. */
static size_t keep_links(cd_joint_pair *pairs, size_t n, double tested, double level)
{
    size_t kept = 0;
    if (n > 1) qsort(pairs, n, sizeof *pairs, rarer);
    for (size_t i = 0; i < n; i++)
        if (pairs[i].log_p <= log10(level * (double)(i + 1) / tested)) kept = i + 1;
    return kept;
}

/* What each pair shares, days apart, what it would by chance, and how rare that is. */
static void expect_all(const cd_look *look, cd_joint *j)
{
#pragma omp parallel for schedule(static) num_threads(look->run->threads)
    for (size_t i = 0; i < j->n_links; i++) {
        cd_joint_pair *p = &j->links[i];
        cd_joint_files both;
        p->expected = cd_joint_expected(j, p->a, p->b, &both) + j->per_meeting * both.met;
        p->shared = both.apart;
        /* To a thousandth, so that the last bit of a logarithm orders nothing. */
        p->log_p = rint(1000 * cd_chance_spread(p->shared, p->expected, CD_JOINT_SHAPE)) / 1000;
    }
}

cd_status cd_joint_make(const cd_look *look, cd_joint *out, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t shared = 0, n_stray = 0, strays = 0, squares = 0;
    *out = (cd_joint){
        .n_officers = look->scene->officers.n, .unit = look->residue->unit, .owner = look->residue->owner, .wider = 1};
    CD_TRY(files_make(look, out, err));
    CD_TRY(corners_make(look, out, err));
    CD_TRY(units_count(look, out, &shared, err));
    CD_TRY(meetings_learn(look, out, err));
    for (cd_id o = 0; o < out->n_officers; o++) {
        strays += out->strays[o], squares += (uint64_t)out->strays[o] * out->strays[o];
        n_stray += out->strays[o] > 0;
    }
    double pairs_of_strays = ((double)strays * (double)strays - (double)squares) / 2;
    out->per_pair = pairs_of_strays > 0 ? (double)shared / pairs_of_strays : 0;
    out->tested = n_stray * (n_stray - 1) / 2;
    CD_TRY(pairs_find(look, out, &out->links, &out->n_links, err));
    expect_all(look, out);
    out->wider = too_narrow(out, out->links, out->n_links);
    expect_all(look, out);
    out->n_pairs = out->n_links;
    out->n_links =
        keep_links(out->links, out->n_pairs, (double)out->tested, look->policy->number[CD_POLICY_LINK_LEVEL]);
done:
    if (st != CD_OK) cd_joint_release(out);
    return st;
}

void cd_joint_release(cd_joint *j)
{
    cd_csr_release(&j->files_of);
    cd_csr_release(&j->openers_of);
    cd_free(j->at);
    cd_free(j->strays);
    cd_free(j->corner_off);
    cd_free(j->corners);
    cd_free(j->per_pair_of);
    if (j->units) {
        cd_free(j->units->pairs);
        cd_free(j->units->strays);
        cd_free(j->units);
    }
    cd_free(j->links);
    *j = (cd_joint){0};
}
