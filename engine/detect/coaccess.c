/* SPDX-License-Identifier: GPL-3.0-or-later
 * coaccess.c: groups of officers who opened the same unexplained files, far more of them than chance has.
 *
 * Links between pairs (joint.h) make a graph; its communities are where groups begin. A group then takes in whoever
 * makes it less likely by chance, and lets go whoever does not. A group is weighed once, as a whole: each of its joint
 * files counts its openers within the group but the first, held against what all its pairs together would share; and
 * because it was sought among all groups of its size, its chance is multiplied by their number. What it weighs is
 * shared equally among its members: a root of an e-value is one (Jensen). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/sort.h"
#include "engine/detect/chance.h"
#include "engine/detect/evidence.h"
#include "engine/detect/joint.h"
#include "engine/graph/leiden.h"

enum { GROUP_MOST = 64, SEEDS = 500, WORDS = 600, LAST_WORDS = 16 };
static const double BETTER = 0.3;      /* a member must make the group rarer by so many powers of ten */
static const double WORTH_TELLING = 1; /* of a group's chance, after its search is paid for: one in ten */

typedef struct {
    cd_id member[GROUP_MOST];
    uint32_t n;
    uint64_t joint;         /* openers of joint files but the first of each, apart from all before */
    uint64_t met;           /* those who were not: at work on the file with another */
    uint32_t files;         /* joint ones */
    double expected, log_p; /* expected: by chance, of all pairs */
} group;

/* ---- Weighing ---- */

/* log10 of how many groups of n there are among all who strayed, and of how many sizes were tried. */
static double search_cost(double people, uint32_t n)
{
    double cost = 0;
    for (uint32_t i = 0; i < n; i++) cost += log10((people - i) / (i + 1));
    return cost + log10((double)n * n * 1.6449340668482264);
}

/* One member's opening of a file. */
typedef struct {
    cd_id file, officer;
    cd_span at;
} opening;

static int opening_compare(const void *a, const void *b)
{
    const opening *x = a, *y = b;
    if (x->file != y->file) return x->file < y->file ? -1 : 1;
    if (x->at.from != y->at.from) return x->at.from < y->at.from ? -1 : 1;
    return (x->officer > y->officer) - (x->officer < y->officer);
}

typedef struct {
    const cd_look *look;
    const cd_joint *j;
    double people;
    opening *list; /* scratch: the openings of a group */
    size_t n_list, cap_list;
    double temper; /* what the spread of all groups leaves of each one's evidence */
} weigher;

/* What is expected of a group: by chance, and of people who meet that often at their work. */
static double expected_of(const weigher *w, double by_chance, uint64_t met)
{
    return by_chance + w->j->per_meeting * (double)met;
}

/* How rare a group of n with so many joint openings is, its search paid for. */
static double chance_of(const weigher *w, uint32_t n, uint64_t joint, double expected)
{
    double pairs = n * (n - 1) / 2.0; /* each of a rate of its own */
    return rint(1000 * (cd_chance_spread(joint, expected, CD_JOINT_SHAPE * pairs) + search_cost(w->people, n))) / 1000;
}

static double expected_with(const weigher *w, const group *g, cd_id o)
{
    double sum = 0;
    for (uint32_t i = 0; i < g->n; i++)
        if (g->member[i] != o) sum += cd_joint_expected(w->j, g->member[i], o, &(cd_joint_files){0});
    return sum;
}

/* The openings of a group into w->list, by file and time. */
static cd_status openings_list(weigher *w, const group *g, cd_err *err)
{
    const cd_csr *files = &w->j->files_of;
    w->n_list = 0;
    for (uint32_t i = 0; i < g->n; i++) {
        cd_id o = g->member[i];
        cd_status st = cd_grow(&w->list, &w->cap_list, w->n_list + cd_csr_degree(files, o) + 1, sizeof *w->list, err);
        if (st != CD_OK) return st;
        for (cd_off p = files->off[o]; p < files->off[o + 1]; p++)
            w->list[w->n_list++] = (opening){files->adj[p], o, w->j->at[p]};
    }
    if (w->n_list > 1) qsort(w->list, w->n_list, sizeof *w->list, opening_compare);
    return CD_OK;
}

/* Of w->list without one officer: openings that begin a day or more after all before of the same file, and are no work
 * on it; and the others but the first of each file. All who work on a file at a time are one scene, and count once. */
static uint64_t joint_without(const weigher *w, cd_id skip, uint64_t *met, uint32_t *files)
{
    uint64_t joint = 0, of_file = 0;
    const opening *last = NULL;
    cd_span scene = {0, 0};
    *files = 0, *met = 0;
    for (size_t i = 0; i < w->n_list; i++) {
        const opening *x = &w->list[i];
        if (x->officer == skip) continue;
        if (!last || last->file != x->file)
            of_file = 0, scene = x->at;
        else if (cd_joint_is_apart(&scene, x->at))
            joint++, *files += of_file++ == 0;
        else
            ++*met;
        last = x;
    }
    return joint;
}

/* How many of an officer's files the group opened too, none of it within a day of them; and of which some of it was. */
static cd_joint_files joint_with(const weigher *w, cd_id o)
{
    const cd_csr *files = &w->j->files_of;
    cd_joint_files n = {0};
    size_t at = 0; /* both lists rise by file */
    for (cd_off p = files->off[o]; p < files->off[o + 1]; p++) {
        bool met = false, scene = false;
        while (at < w->n_list && w->list[at].file < files->adj[p]) at++;
        for (size_t i = at; i < w->n_list && w->list[i].file == files->adj[p]; i++)
            met = true, scene = scene || cd_joint_same_scene(w->list[i].at, w->j->at[p]);
        bool apart = met && !scene && !cd_joint_is_work(w->j->at[p]);
        n.apart += apart, n.met += met && !apart;
    }
    return n;
}

static cd_status weigh(weigher *w, group *g, cd_err *err)
{
    cd_status st = openings_list(w, g, err);
    if (st != CD_OK) return st;
    g->joint = joint_without(w, CD_NONE, &g->met, &g->files);
    g->expected = 0;
    for (uint32_t i = 0; i < g->n; i++)
        for (uint32_t k = i + 1; k < g->n; k++)
            g->expected += cd_joint_expected(w->j, g->member[i], g->member[k], &(cd_joint_files){0});
    g->log_p = chance_of(w, g->n, g->joint, expected_of(w, g->expected, g->met));
    return CD_OK;
}

/* ---- Growing ---- */

static bool has(const group *g, cd_id o)
{
    for (uint32_t i = 0; i < g->n; i++)
        if (g->member[i] == o) return true;
    return false;
}

/* Whoever shares a file with some member, once each, rising. */
static cd_status neighbours(const weigher *w, const group *g, cd_id **list, size_t *cap, size_t *n, cd_err *err)
{
    const cd_csr *files = &w->j->files_of, *openers = &w->j->openers_of;
    size_t m = 0;
    *n = 0;
    for (uint32_t i = 0; i < g->n; i++)
        for (cd_off p = files->off[g->member[i]]; p < files->off[g->member[i] + 1]; p++) {
            cd_id file = files->adj[p];
            cd_status st = cd_grow(list, cap, *n + cd_csr_degree(openers, file), sizeof **list, err);
            if (st != CD_OK) return st;
            for (cd_off q = openers->off[file]; q < openers->off[file + 1]; q++)
                if (!has(g, openers->adj[q])) (*list)[(*n)++] = openers->adj[q];
        }
    if (*n > 1) qsort(*list, *n, sizeof **list, cd_compare_u32);
    /* Who shares one file alone never makes a group rarer. */
    for (size_t i = 0, k; i < *n; i = k) {
        for (k = i + 1; k < *n && (*list)[k] == (*list)[i];) k++;
        if (k - i > 1) (*list)[m++] = (*list)[i];
    }
    *n = m;
    return CD_OK;
}

/* Puts a member in, or, where the group has them, takes them out. */
static void change_member(group *g, cd_id o)
{
    if (has(g, o)) {
        uint32_t i = 0;
        while (g->member[i] != o) i++;
        g->member[i] = g->member[--g->n];
    } else {
        g->member[g->n++] = o;
    }
    qsort(g->member, g->n, sizeof *g->member, cd_compare_u32);
}

/* How rare the group would be with one more or one less, going by what it is: w->list holds its openings. */
static double chance_changed(const weigher *w, const group *g, cd_id o)
{
    double expected = expected_with(w, g, o);
    if (has(g, o)) {
        uint64_t met, joint = joint_without(w, o, &met, &(uint32_t){0});
        return chance_of(w, g->n - 1, joint, expected_of(w, g->expected - expected, met));
    }
    cd_joint_files more = joint_with(w, o);
    return chance_of(w, g->n + 1, g->joint + more.apart, expected_of(w, g->expected + expected, g->met + more.met));
}

/* The best single change, again and again, as long as there is one. */
static cd_status improve(weigher *w, group *g, cd_id **list, size_t *cap, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(weigh(w, g, err));
    for (int round = 0; round < 2 * GROUP_MOST; round++) {
        double best = g->log_p;
        cd_id change = CD_NONE;
        size_t n;
        CD_TRY(cd_run_step(w->look->run, "growing groups", 0, err));
        CD_TRY(neighbours(w, g, list, cap, &n, err));
        for (uint32_t i = 0; g->n > 2 && i < g->n; i++) {
            double less = chance_changed(w, g, g->member[i]);
            if (less <= best) best = less, change = g->member[i]; /* of two alike the smaller */
        }
        for (size_t i = 0; g->n < GROUP_MOST && i < n; i++) {
            double more = chance_changed(w, g, (*list)[i]);
            if (more < best - BETTER) best = more, change = (*list)[i];
        }
        if (change == CD_NONE) break;
        change_member(g, change);
        CD_TRY(weigh(w, g, err));
    }
done:
    return st;
}

/* ---- Where groups begin ---- */

static int pair_compare(const void *x, const void *y)
{
    const cd_joint_pair *a = x, *b = y;
    if (a->a != b->a) return a->a < b->a ? -1 : 1;
    return (a->b > b->b) - (a->b < b->b);
}

/* The links as an undirected graph over the officers that have any; names[] their places. */
static cd_status links_graph(const cd_joint *j, cd_csr *g, uint32_t **weight, cd_id **names, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = 0, *number = NULL, *adj = NULL;
    cd_off *off = NULL;
    size_t entries = 2 * j->n_links;
    cd_joint_pair *both = NULL;
    CD_NEW(number, j->n_officers);
    CD_NEW(both, entries);
    for (size_t i = 0; i < j->n_links; i++) {
        both[2 * i] = j->links[i], both[2 * i + 1] = j->links[i];
        both[2 * i + 1].a = j->links[i].b, both[2 * i + 1].b = j->links[i].a;
    }
    if (entries > 1) qsort(both, entries, sizeof *both, pair_compare);
    CD_NEW(*names, entries);
    for (size_t i = 0; i < entries; i++)
        if (i == 0 || both[i].a != both[i - 1].a) (*names)[n] = both[i].a, number[both[i].a] = n++;
    off = cd_pages_new((size_t)n + 1, sizeof *off, err);
    adj = cd_pages_new(entries, sizeof *adj, err);
    *g = (cd_csr){.n_left = n, .n_right = n, .off = off, .adj = adj};
    if (!off || !adj) CD_TRY(CD_EMEMORY);
    CD_NEW(*weight, entries);
    for (size_t i = 0; i < entries; i++) {
        adj[i] = number[both[i].b];
        off[number[both[i].a] + 1] = i + 1;
        double w = -10 * both[i].log_p;
        (*weight)[i] = w < 1 ? 1 : w > 10000 ? 10000 : (uint32_t)w;
    }
done:
    cd_free(number);
    cd_free(both);
    return st;
}

static int group_compare(const void *x, const void *y)
{
    const group *a = x, *b = y;
    if (a->log_p != b->log_p) return a->log_p < b->log_p ? -1 : 1;
    return (a->member[0] > b->member[0]) - (a->member[0] < b->member[0]);
}

typedef struct {
    group *list;
    size_t n, cap;
    cd_id *scratch; /* for improve() */
    size_t cap_scratch;
} group_list;

/* A group that begins with those in `first`, as it grows. */
static cd_status grow_from(weigher *w, const group *first, group_list *out, cd_err *err)
{
    group x = *first;
    cd_status st = improve(w, &x, &out->scratch, &out->cap_scratch, err);
    if (st == CD_OK) st = cd_grow(&out->list, &out->cap, out->n + 1, sizeof *out->list, err);
    if (st == CD_OK && x.log_p <= -WORTH_TELLING) out->list[out->n++] = x;
    return st;
}

/* From the communities of the links. */
static cd_status from_communities(weigher *w, group_list *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_csr g = {0};
    uint32_t *weight = NULL;
    cd_id *names = NULL, *community = NULL;
    if (w->j->n_links == 0) return CD_OK;
    CD_TRY(links_graph(w->j, &g, &weight, &names, err));
    CD_NEW(community, g.n_left);
    CD_TRY(cd_leiden(&g, weight, NULL, &(cd_leiden_options){.resolution = 1}, w->look->run, community,
                     &(cd_leiden_report){0}, err));
    for (cd_id c = 0; c < g.n_left; c++) {
        group x = {0};
        if (community[c] != c) continue;
        for (cd_id v = c; v < g.n_left && x.n < GROUP_MOST; v++)
            if (community[v] == c) x.member[x.n++] = names[v];
        if (x.n >= 2) CD_TRY(grow_from(w, &x, out, err));
    }
done:
    cd_csr_release(&g);
    cd_free(weight);
    cd_free(names);
    cd_free(community);
    return st;
}

static bool together(const group_list *l, cd_id a, cd_id b)
{
    for (size_t i = 0; i < l->n; i++)
        if (has(&l->list[i], a) && has(&l->list[i], b)) return true;
    return false;
}

/* From the rarest pairs too, links or not: several that share little can together share much. Each group pays for its
 * own search, so that it does not matter where it began. */
static cd_status from_pairs(weigher *w, group_list *out, cd_err *err)
{
    for (size_t i = 0; i < w->j->n_pairs && i < SEEDS; i++) {
        const cd_joint_pair *p = &w->j->links[i];
        group x = {.member = {p->a, p->b}, .n = 2};
        if (together(out, p->a, p->b)) continue;
        cd_status st = grow_from(w, &x, out, err);
        if (st != CD_OK) return st;
    }
    return CD_OK;
}

/* Those that are worth telling, the rarest first, nobody in two. */
static cd_status groups_find(weigher *w, group_list *out, cd_err *err)
{
    cd_status st = CD_OK;
    bool *taken = NULL;
    size_t kept = 0;
    CD_TRY(from_communities(w, out, err));
    CD_TRY(from_pairs(w, out, err));
    if (out->n > 1) qsort(out->list, out->n, sizeof *out->list, group_compare);
    CD_NEW(taken, w->j->n_officers);
    for (size_t i = 0; i < out->n; i++) {
        group x = out->list[i];
        bool free_all = true;
        for (uint32_t m = 0; m < x.n; m++) free_all = free_all && !taken[x.member[m]];
        if (!free_all) continue;
        for (uint32_t m = 0; m < x.n; m++) taken[x.member[m]] = true;
        out->list[kept++] = x;
    }
    out->n = kept;
done:
    cd_free(taken);
    return st;
}

static int32_t group_centibans(const group *g) { return cd_evidence_centibans(cd_evidence_times(g->log_p, 1)); }

/* Where many groups share far more than chance has (joint operations that no record speaks of, a desk that nobody
 * lists), that is what groups do in this force, and each of them says less. */
static cd_status temper_groups(weigher *w, const group_list *groups, cd_err *err)
{
    cd_status st = CD_OK;
    double *log_times = NULL;
    uint32_t *people = NULL;
    CD_NEW(log_times, groups->n);
    CD_NEW(people, groups->n);
    for (size_t i = 0; i < groups->n; i++) {
        people[i] = groups->list[i].n;
        log_times[i] = (double)group_centibans(&groups->list[i]) / CD_CENTIBANS / people[i];
    }
    CD_TRY(cd_evidence_temper_times(log_times, people, groups->n, w->people, &w->temper, err));
done:
    cd_free(log_times);
    cd_free(people);
    return st;
}

/* ---- Telling ---- */

static const char *tell(const weigher *w, const group *g, cd_id o, int32_t all, cd_arena *arena, cd_err *err)
{
    char words[WORDS];
    int at =
        snprintf(words, sizeof words,
                 "one of %u who opened the same %u unexplained files (%llu joint openings, %.2g expected; "
                 "%.1f decibans shared by %u) with",
                 g->n, g->files, (unsigned long long)g->joint, expected_of(w, g->expected, g->met), all / 100.0, g->n);
    for (uint32_t i = 0; i < g->n && at >= 0 && (size_t)at < sizeof words; i++) {
        if (g->member[i] == o) continue;
        cd_slice id = cd_scene_officer(w->look->scene, g->member[i]);
        if ((size_t)at + id.n + LAST_WORDS > sizeof words) {
            at += snprintf(words + at, sizeof words - (size_t)at, " and others");
            break;
        }
        at += snprintf(words + at, sizeof words - (size_t)at, " %.*s", (int)id.n, id.bytes);
    }
    size_t n = at < 0 ? 0 : (size_t)at < sizeof words ? (size_t)at : sizeof words - 1;
    return cd_arena_copy(arena, words, n, err);
}

/* Whether a file of a member is joint: another member strayed to it too. */
static bool is_joint(const weigher *w, const group *g, cd_id o, cd_id file)
{
    for (uint32_t i = 0; i < g->n; i++)
        if (g->member[i] != o && cd_csr_has(&w->j->files_of, g->member[i], file)) return true;
    return false;
}

static cd_status member_finding(const weigher *w, const group *g, cd_id o, uint32_t cluster, uint32_t detector,
                                cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_residue *r = w->look->residue;
    const cd_scene *s = w->look->scene;
    cd_finding *f = NULL;
    uint32_t n = 0;
    int32_t all = (int32_t)floor(w->temper * group_centibans(g) + 1e-6);
    for (cd_off i = r->off[o]; i < r->off[o + 1]; i++)
        if (is_joint(w, g, o, r->strays[i].file)) n += r->strays[i].rows;
    CD_TRY(cd_finding_add(out, 0, n, &f, err));
    f->officer = o, f->detector = detector, f->cluster = cluster, f->peers = (uint32_t)w->people;
    f->gain_centibans = all > 0 ? all / (int32_t)g->n : all;
    f->base = cd_evidence_factor(f->gain_centibans);
    for (uint32_t draw = 0; draw < CD_REDRAWS; draw++)
        f->redrawn[draw] = f->gain_centibans; /* it has no peers to draw again */
    f->words = tell(w, g, o, all, &out->arena, err);
    if (!f->words) CD_TRY(CD_EMEMORY);
    n = 0;
    for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) {
        if (!is_joint(w, g, o, r->strays[i].file)) continue;
        uint32_t left = r->strays[i].rows;
        for (cd_off a = r->strays[i].first; left > 0; a++) {
            if (s->accesses[a].file != r->strays[i].file || s->accesses[a].reason != CD_REASON_NONE) continue;
            f->cited[n++] = cd_cite(s, a, 0);
            left--;
        }
    }
done:
    return st;
}

static int finding_compare(const void *x, const void *y)
{
    const cd_finding *a = x, *b = y;
    return (a->officer > b->officer) - (a->officer < b->officer);
}

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_joint j = {0};
    weigher w = {.look = look, .j = &j};
    group_list groups = {0};
    CD_TRY(cd_joint_make(look, &j, err));
    for (cd_id o = 0; o < j.n_officers; o++) w.people += j.strays[o] > 0;
    CD_TRY(groups_find(&w, &groups, err));
    CD_TRY(temper_groups(&w, &groups, err));
    for (size_t i = 0; i < groups.n; i++)
        for (uint32_t m = 0; m < groups.list[i].n; m++)
            CD_TRY(member_finding(&w, &groups.list[i], groups.list[i].member[m], (uint32_t)i + 1, number, out, err));
    if (out->n > 1) qsort(out->list, out->n, sizeof *out->list, finding_compare);
done:
    cd_joint_release(&j);
    cd_free(w.list);
    cd_free(groups.list);
    cd_free(groups.scratch);
    return st;
}

const cd_detector cd_detector_coaccess = {
    .name = "coaccess",
    .family = "access",
    .lane = CD_LANE_CONDUCT,
    .needs = CD_NEEDS_ACCESSES | CD_NEEDS_ASSIGNMENTS,
    .about = "groups who opened the same unexplained files, far more than chance has",
    .weight = 4,
    .run = run,
};
