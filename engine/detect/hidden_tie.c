/* SPDX-License-Identifier: GPL-3.0-or-later
 * hidden_tie.c: ties that no record explains: to other officers, and to those whom files are about, through what both
 * are tied to.
 *
 * To be tied to somebody is nothing: a force lives where it works. So what is counted is held against how much an
 * officer is tied at all, and against how the peers' ties go: officers whom nothing on record explains, those who are
 * tied twice over, those who open the same unexplained files, and how often those who are reached are suspected.
 *
 * This and touch_own are a family: they read the same links and ties. */
#include <stdlib.h>

#include "engine/base/sort.h"
#include "engine/detect/peer_counts.h"
#include "engine/detect/tied_pairs.h"
#include "engine/detect/touched.h"

typedef enum { SHARED, ALONE, AMONG, TWICE, OFTEN, MOST_OFTEN, TOUCHED, JOINT, TESTS } test;
static const struct {
    double weight;
    uint32_t most; /* cd_peer_count.most */
    const char *what, *one;
} tests[TESTS] = {
    [SHARED] = {1, 2, "associations shared with an officer, unexplained",
                "association shared with an officer, unexplained"},
    [ALONE] = {2, 2, "unexplained ties to one officer and no other", "unexplained tie to one officer and no other"},
    [AMONG] = {1, 2, "unexplained ties to several officers", "unexplained tie to several officers"},
    [TWICE] = {2, 1, "officers tied to by two ways, unexplained", "officer tied to by two ways, unexplained"},
    [OFTEN] = {2, 2, "persons tied to who are often suspected", "person tied to who is often suspected"},
    [MOST_OFTEN] = {2, 2, "persons tied to who are suspected most often", "person tied to who is suspected most often"},
    [TOUCHED] = {2, 2, "unexplained files about somebody tied to", "unexplained file about somebody tied to"},
    [JOINT] = {1, 2, "unexplained files an officer tied to opened too",
               "unexplained file an officer tied to opened too"},
};

typedef struct {
    const cd_look *look;
    cd_touched touched;
    cd_tied_pairs pairs;
    cd_peer_count *count[TESTS];
    uint32_t often, most_often; /* so many files suspect them, or more */
} tying;

enum { FILES_MOST = 1000 }; /* as good as any number above */

static const cd_reach *reach_of(const tying *x) { return &x->touched.reach; }

/* Through a tie, and not as many others do. */
static bool is_far(const cd_reach *r, const cd_reached *at)
{
    return at->hops > 0 && r->officers[at->association] <= r->most;
}

/* ---- Whom files suspect ---- */

static uint32_t suspected(const cd_scene *s, cd_id association)
{
    uint32_t n = 0;
    for (cd_off i = s->ties.about_off[association]; i < s->ties.about_off[association + 1]; i++)
        n += s->ties.about[i].suspect;
    return n < FILES_MOST ? n : FILES_MOST;
}

/* How many files suspect those who belong to the most suspected of all that are reached, by that share of them. Some
 * are suspected in thousands of files: how often anybody may be has no law, and so their place among the others is what
 * counts, not their number. */
static uint32_t files_of_top(const uint64_t *with, double share)
{
    uint64_t all = 0, above = 0;
    uint32_t files = FILES_MOST;
    for (uint32_t k = 0; k <= FILES_MOST; k++) all += with[k];
    while (files > 1 && (double)(above + with[files]) <= share * (double)all) above += with[files--];
    return files + 1;
}

static void suspects_count(tying *x)
{
    static const double OFTEN_SHARE = 0.02, MOST_OFTEN_SHARE = 0.004;
    const cd_scene *s = x->look->scene;
    const cd_reach *r = reach_of(x);
    uint64_t with[FILES_MOST + 1] = {0};
    for (cd_off i = 0; i < r->off[s->officers.n]; i++)
        if (is_far(r, &r->list[i])) with[suspected(s, r->list[i].association)]++;
    x->often = files_of_top(with, OFTEN_SHARE), x->most_often = files_of_top(with, MOST_OFTEN_SHARE);
    for (cd_id o = 0; o < s->officers.n; o++)
        for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) {
            if (!is_far(r, &r->list[i])) continue;
            uint32_t n = suspected(s, r->list[i].association);
            x->count[OFTEN]->seen[o] += n >= x->often;
            x->count[MOST_OFTEN]->seen[o] += n >= x->most_often;
            x->count[OFTEN]->exposure[o]++, x->count[MOST_OFTEN]->exposure[o]++;
        }
}

/* ---- Officers ---- */

/* Who share an address or a car are often a couple, whatever they declared: what is behind ties is another matter. */
static test test_of(const cd_reach *r, const cd_tied_pair *p)
{
    if (r->list[p->path_a].hops + r->list[p->path_b].hops == 0) return SHARED;
    return p->officers <= 2 ? ALONE : AMONG;
}

/* How likely two strays to files of a unit are to the same file. */
static cd_status same_file(const cd_look *look, double **out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = look->scene;
    const cd_residue *r = look->residue;
    double *all = NULL;
    uint32_t *openers = NULL;
    CD_NEW(all, (size_t)s->units.n + 1);
    CD_NEW(openers, s->files.n);
    CD_NEW(*out, (size_t)s->units.n + 1);
    for (cd_off i = 0; i < r->off[s->officers.n]; i++) openers[r->strays[i].file]++, all[r->owner[r->strays[i].file]]++;
    for (cd_id f = 0; f < s->files.n; f++) (*out)[r->owner[f]] += (double)openers[f] * (openers[f] - 1.0);
    for (uint32_t u = 0; u <= s->units.n; u++) (*out)[u] = (*out)[u] / (all[u] * (all[u] - 1) + 1);
done:
    cd_free(all);
    cd_free(openers);
    return st;
}

static bool strayed_to(const cd_residue *r, cd_id o, cd_id file)
{
    for (cd_off i = r->off[o]; i < r->off[o + 1]; i++)
        if (r->strays[i].file == file) return true;
    return false;
}

/* Whether an earlier pair of the officer, of the same kind, meets in the same place: those who meet there are one tie.
 */
static bool met_before(const tying *x, cd_id o, cd_off i)
{
    const cd_reach *r = reach_of(x);
    test kind = test_of(r, &x->pairs.list[x->pairs.of[i]]);
    cd_id here = r->list[x->pairs.list[x->pairs.of[i]].path_a].association;
    for (cd_off k = x->pairs.off[o]; k < i; k++) {
        const cd_tied_pair *p = &x->pairs.list[x->pairs.of[k]];
        if (p->reason == CD_PAIR_HIDDEN && r->list[p->path_a].association == here && test_of(r, p) == kind) return true;
    }
    return false;
}

static cd_status officers_count(tying *x, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_residue *r = x->look->residue;
    const cd_reach *reach = reach_of(x);
    double *same = NULL;
    CD_TRY(same_file(x->look, &same, err));
    for (cd_id o = 0; o < x->look->scene->officers.n; o++) {
        double tied = 0;
        for (cd_off i = reach->off[o]; i < reach->off[o + 1]; i++)
            tied += reach->officers[reach->list[i].association] <= reach->most;
        for (test k = SHARED; k <= TWICE; k++) x->count[k]->exposure[o] = tied;
        for (cd_off i = x->pairs.off[o]; i < x->pairs.off[o + 1]; i++) {
            const cd_tied_pair *p = &x->pairs.list[x->pairs.of[i]];
            cd_id other = p->a == o ? p->b : p->a;
            if (p->reason != CD_PAIR_HIDDEN) continue;
            x->count[test_of(reach, p)]->seen[o] += !met_before(x, o, i);
            x->count[TWICE]->seen[o] += p->paths > 1;
            for (cd_off k = r->off[o]; k < r->off[o + 1]; k++) {
                cd_id file = r->strays[k].file;
                x->count[JOINT]->seen[o] += strayed_to(r, other, file);
                for (cd_off m = r->off[other]; m < r->off[other + 1]; m++)
                    if (r->owner[r->strays[m].file] == r->owner[file])
                        x->count[JOINT]->exposure[o] += same[r->owner[file]];
            }
        }
    }
done:
    cd_free(same);
    return st;
}

static void touches_count(tying *x, const bool *part)
{
    for (cd_id o = 0; o < x->look->scene->officers.n; o++) {
        for (uint32_t h = 1; part[o] && h < CD_TOUCH_COMPLAINED; h++)
            x->count[TOUCHED]->exposure[o] += cd_touch_expected(&x->touched, o, h);
        for (cd_off i = x->touched.off[o]; i < x->touched.off[o + 1]; i++)
            x->count[TOUCHED]->seen[o] += reach_of(x)->list[x->touched.list[i].path].hops > 0;
    }
}

/* ---- Telling ---- */

/* The rarest unexplained pair of an officer, or NULL. */
static const cd_tied_pair *best_pair(const tying *x, cd_id o)
{
    const cd_tied_pair *best = NULL;
    for (cd_off i = x->pairs.off[o]; i < x->pairs.off[o + 1]; i++) {
        const cd_tied_pair *p = &x->pairs.list[x->pairs.of[i]];
        if (p->reason == CD_PAIR_HIDDEN && (!best || p->log_p < best->log_p)) best = p;
    }
    return best;
}

/* Whom among those reached most files suspect; CD_NONE as an offset: nobody. */
static cd_off most_suspected(const tying *x, cd_id o)
{
    const cd_reach *r = reach_of(x);
    cd_off best = UINT64_MAX;
    uint32_t most = 0;
    for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) {
        uint32_t n = is_far(r, &r->list[i]) ? suspected(x->look->scene, r->list[i].association) : 0;
        if (n >= x->often && n > most) most = n, best = i;
    }
    return best;
}

static void words(void *context, cd_id o, cd_buffer *out)
{
    const tying *x = context;
    const cd_scene *s = x->look->scene;
    const cd_tied_pair *p = best_pair(x, o);
    cd_off who = most_suspected(x, o);
    cd_slice id = cd_scene_officer(s, o);
    if (who != UINT64_MAX) {
        cd_id a = reach_of(x)->list[who].association;
        cd_buffer_printf(out, ": %.*s - ", (int)id.n, id.bytes);
        cd_reach_words(s, reach_of(x), o, who, out);
        cd_buffer_printf(out, ", suspected in %u files; ", suspected(s, a));
        cd_officers_words(reach_of(x)->officers[a], out);
        cd_buffer_printf(out, " tied to them");
    }
    if (!p) return;
    cd_buffer_printf(out, "%s", who != UINT64_MAX ? "; and " : ": ");
    cd_tied_pair_words(s, reach_of(x), p, out);
}

static uint32_t pair_rows(const tying *x, const cd_tied_pair *p, uint32_t counts, cd_cited *out)
{
    uint32_t n = cd_reach_rows(x->look->scene, reach_of(x), p->a, p->path_a, counts, out);
    return n + cd_reach_rows(x->look->scene, reach_of(x), p->b, p->path_b, counts, out ? out + n : NULL);
}

static uint32_t rows(void *context, cd_id o, const uint32_t *bit, cd_cited *out)
{
    const tying *x = context;
    const cd_scene *s = x->look->scene;
    const cd_reach *r = reach_of(x);
    cd_table_of subjects = cd_table_named(s->snapshot, "subjects");
    uint32_t n = 0;
    for (cd_off i = x->pairs.off[o]; i < x->pairs.off[o + 1]; i++) {
        const cd_tied_pair *p = &x->pairs.list[x->pairs.of[i]];
        if (p->reason == CD_PAIR_HIDDEN)
            n += pair_rows(x, p, bit[test_of(r, p)] | (p->paths > 1 ? bit[TWICE] : 0), out ? out + n : NULL);
    }
    for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) {
        cd_id a = r->list[i].association;
        uint32_t files = suspected(s, a);
        if (!is_far(r, &r->list[i]) || files < x->often) continue;
        n += cd_reach_rows(s, r, o, i, bit[OFTEN] | (files >= x->most_often ? bit[MOST_OFTEN] : 0),
                           out ? out + n : NULL);
        for (cd_off k = s->ties.about_off[a]; k < s->ties.about_off[a + 1]; k++) {
            if (!s->ties.about[k].suspect) continue;
            if (out) out[n] = cd_cite_row(&subjects, s->ties.about[k].row, 0);
            n++;
        }
    }
    for (cd_off i = x->touched.off[o]; i < x->touched.off[o + 1]; i++) {
        const cd_touch *t = &x->touched.list[i];
        if (r->list[t->path].hops > 0) n += cd_touch_rows(x->look, o, t, bit[TOUCHED], out ? out + n : NULL);
    }
    return n;
}

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    tying x = {.look = look};
    cd_peer_counts counts = {0};
    bool *part = NULL;
    cd_id n = look->scene->officers.n;
    CD_TRY(cd_touched_make(look, false, &x.touched, err));
    CD_TRY(cd_tied_pairs_make(look->scene, reach_of(&x), look->policy, look->run, &x.pairs, err));
    CD_NEW(part, n);
    for (cd_id o = 0; o < n; o++) part[o] = reach_of(&x)->off[o + 1] > reach_of(&x)->off[o];
    CD_TRY(cd_peer_counts_init(&counts, look, part, err));
    for (test k = 0; k < TESTS; k++) {
        CD_TRY(cd_peer_counts_add(&counts, tests[k].weight, tests[k].what, tests[k].one, &x.count[k], err));
        x.count[k]->most = tests[k].most;
    }
    suspects_count(&x);
    CD_TRY(officers_count(&x, err));
    touches_count(&x, part);
    CD_TRY(cd_peer_counts_run(&counts, number, &(cd_peer_teller){&x, words, rows}, out, err));
done:
    cd_peer_counts_release(&counts);
    cd_tied_pairs_release(&x.pairs);
    cd_touched_release(&x.touched);
    cd_free(part);
    return st;
}

const cd_detector cd_detector_hidden_tie = {
    .name = "hidden_tie",
    .family = "tie",
    .lane = CD_LANE_CONDUCT,
    .needs = CD_NEEDS_LINKS | CD_NEEDS_TIES,
    .uses = CD_NEEDS_DECLARATIONS | CD_NEEDS_SUBJECTS,
    .about = "ties to officers and to those whom files are about that nothing on record explains",
    .weight = 4,
    .run = run,
};
