/* SPDX-License-Identifier: GPL-3.0-or-later
 * reach.c: breadth first from each officer's links. Gathered once to count, once to fill. */
#include "engine/detect/reach.h"

#include <omp.h>
#include <stdlib.h>

#include "engine/detect/detector.h"

typedef struct {
    const cd_scene *s;
    uint32_t hops, most;
    float least; /* confidence */
    bool *hub;   /* per association */
    bool complainants;
} reaching;

/* One thread's: place[a] is 1 + where a stands in list[], 0 where it does not. */
typedef struct {
    uint32_t *place;
    cd_reached *list;
    uint32_t n;
} scratch;

/* Where more officers are linked, or more ties meet, than may. */
static void hubs_mark(const reaching *x)
{
    const cd_ties *t = &x->s->ties;
    for (cd_id a = 0; a < x->s->associations.n; a++) {
        uint32_t officers = 0, others = 0;
        for (cd_off i = t->holder_off[a]; i < t->holder_off[a + 1]; i++)
            officers += i == t->holder_off[a] || t->holders[i].officer != t->holders[i - 1].officer;
        for (cd_off i = t->tie_off ? t->tie_off[a] : 0; t->tie_off && i < t->tie_off[a + 1]; i++)
            others += i == t->tie_off[a] || t->ties[i].other != t->ties[i - 1].other;
        x->hub[a] = officers > x->most || others > x->most;
    }
}

/* The path is taken where it is the first to an association, or surer than the one before of as many ties. */
static void take(const reaching *x, scratch *w, cd_reached step)
{
    if (x->hub[step.association] || step.confidence < x->least || step.from >= step.to) return;
    uint32_t at = w->place[step.association];
    if (at == 0) {
        if (w->n == CD_REACH_MOST) return;
        w->place[step.association] = w->n + 1;
        w->list[w->n++] = step;
    } else if (w->list[at - 1].hops == step.hops && w->list[at - 1].confidence < step.confidence) {
        w->list[at - 1] = step;
    }
}

static int64_t later_of(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t sooner_of(int64_t a, int64_t b) { return a < b ? a : b; }

static void reach_from(const reaching *x, cd_id officer, scratch *w)
{
    const cd_ties *t = &x->s->ties;
    w->n = 0;
    for (cd_off i = t->link_off[officer]; i < t->link_off[officer + 1]; i++)
        take(x, w,
             (cd_reached){.association = t->links[i].association,
                          .before = CD_NONE,
                          .row = i,
                          .from = t->links[i].from,
                          .to = t->links[i].to,
                          .confidence = t->links[i].confidence});
    for (uint32_t k = 0; k < w->n && t->tie_off; k++) {
        cd_reached at = w->list[k];
        if (at.hops == x->hops) break;
        for (cd_off i = t->tie_off[at.association]; i < t->tie_off[at.association + 1]; i++)
            take(x, w,
                 (cd_reached){.association = t->ties[i].other,
                              .before = k,
                              .row = i,
                              .from = later_of(at.from, t->ties[i].from),
                              .to = sooner_of(at.to, t->ties[i].to),
                              .confidence = at.confidence * t->ties[i].confidence,
                              .hops = at.hops + 1});
    }
    const cd_complaints *c = &x->s->complaints;
    for (cd_off i = x->complainants ? c->off[officer] : 0; x->complainants && i < c->off[officer + 1]; i++) {
        cd_id who = c->list[i].complainant;
        if (who == CD_NONE || w->place[who]) continue;
        take(x, w,
             (cd_reached){.association = who,
                          .before = CD_NONE,
                          .row = i,
                          .from = INT64_MIN, /* what came before the complaint may be what it was about */
                          .to = INT64_MAX,
                          .confidence = 1,
                          .complained = true});
    }
    for (uint32_t k = 0; k < w->n; k++) w->place[w->list[k].association] = 0;
}

/* Counts into off[], or fills list[]. */
static void reach_all(const reaching *x, scratch *work, uint32_t threads, cd_reach *out)
{
#pragma omp parallel for schedule(dynamic, 64) num_threads(threads)
    for (cd_id o = 0; o < x->s->officers.n; o++) {
        scratch *w = &work[omp_get_thread_num()];
        reach_from(x, o, w);
        if (!out->list)
            out->off[o + 1] = w->n;
        else if (w->n)
            memcpy(out->list + out->off[o], w->list, w->n * sizeof *w->list);
    }
}

cd_status cd_reach_make(const cd_scene *s, const cd_policy *policy, const cd_run *run, bool complainants, cd_reach *out,
                        cd_err *err)
{
    cd_status st = CD_OK;
    scratch *work = NULL;
    reaching x = {.s = s,
                  .complainants = complainants && s->complaints.off,
                  .hops = (uint32_t)policy->number[CD_POLICY_TIE_HOPS],
                  .most = (uint32_t)policy->number[CD_POLICY_TIE_OFFICERS],
                  .least = (float)policy->number[CD_POLICY_TIE_CONFIDENCE]};
    size_t of_thread = (size_t)s->associations.n * sizeof(uint32_t) + CD_REACH_MOST * sizeof(cd_reached);
    *out = (cd_reach){.most = x.most};
    CD_TRY(cd_run_fits(run, "following ties", run->threads * of_thread, err));
    CD_NEW(x.hub, s->associations.n);
    CD_NEW(work, run->threads);
    for (uint32_t k = 0; k < run->threads; k++) {
        CD_NEW(work[k].place, s->associations.n);
        CD_NEW(work[k].list, CD_REACH_MOST);
    }
    hubs_mark(&x);
    CD_NEW(out->off, (size_t)s->officers.n + 1);
    CD_NEW(out->officers, s->associations.n);
    reach_all(&x, work, run->threads, out);
    for (cd_id o = 0; o < s->officers.n; o++) out->off[o + 1] += out->off[o];
    cd_off n = out->off[s->officers.n];
    CD_TRY(cd_run_fits(run, "following ties", run->threads * of_thread + n * sizeof *out->list, err));
    CD_NEW(out->list, n);
    reach_all(&x, work, run->threads, out);
    for (cd_off i = 0; i < n; i++) out->officers[out->list[i].association]++;
done:
    for (uint32_t k = 0; work && k < run->threads; k++) {
        cd_free(work[k].place);
        cd_free(work[k].list);
    }
    cd_free(work);
    cd_free(x.hub);
    if (st != CD_OK) cd_reach_release(out);
    return st;
}

void cd_reach_release(cd_reach *r)
{
    cd_free(r->off);
    cd_free(r->list);
    cd_free(r->officers);
    *r = (cd_reach){0};
}

/* ---- Telling ---- */

void cd_officers_words(uint32_t officers, cd_buffer *out)
{
    cd_buffer_printf(out, "%u officer%s in the force %s", officers, officers == 1 ? "" : "s",
                     officers == 1 ? "is" : "are");
}

void cd_association_words(const cd_scene *s, cd_id a, cd_buffer *out)
{
    cd_slice kind = s->ties.kinds.text[s->ties.kind[a]], id = cd_scene_association(s, a);
    cd_buffer_printf(out, "%.*s %.*s", kind.n ? (int)kind.n : 11, kind.n ? kind.bytes : "association", (int)id.n,
                     id.bytes);
}

static uint32_t steps_of(const cd_reach *r, cd_id officer, cd_off i, const cd_reached *out[CD_REACH_STEPS])
{
    const cd_reached *at = &r->list[i];
    uint32_t n = at->hops + 1;
    for (uint32_t k = n; k-- > 0; at = k ? &r->list[r->off[officer] + at->before] : at) out[k] = at;
    return n;
}

static cd_slice word_of(const cd_scene *s, const cd_reached *step)
{
    if (step->complained) return cd_slice_of("complained about them");
    return step->before == CD_NONE ? s->ties.sources.text[s->ties.links[step->row].source]
                                   : s->ties.tie_kinds.text[s->ties.ties[step->row].kind];
}

uint32_t cd_reach_steps(const cd_scene *s, const cd_reach *r, cd_id officer, cd_off i,
                        cd_reach_step out[CD_REACH_STEPS])
{
    const cd_reached *step[CD_REACH_STEPS];
    uint32_t n = steps_of(r, officer, i, step);
    for (uint32_t k = 0; k < n; k++) {
        const cd_reached *at = step[k];
        out[k] = (cd_reach_step){.association = at->association,
                                 .says = word_of(s, at),
                                 .from = at->complained          ? INT64_MIN
                                         : at->before == CD_NONE ? s->ties.links[at->row].from
                                                                 : s->ties.ties[at->row].from};
    }
    return n;
}

void cd_reach_words(const cd_scene *s, const cd_reach *r, cd_id officer, cd_off i, cd_buffer *out)
{
    const cd_reached *step[CD_REACH_STEPS];
    uint32_t n = steps_of(r, officer, i, step);
    for (uint32_t k = 0; k < n; k++) {
        cd_slice word = word_of(s, step[k]);
        if (k) cd_buffer_printf(out, " - ");
        cd_association_words(s, step[k]->association, out);
        if (word.n) cd_buffer_printf(out, " (%.*s)", (int)word.n, word.bytes);
    }
}

void cd_reach_words_back(const cd_scene *s, const cd_reach *r, cd_id officer, cd_off i, cd_buffer *out)
{
    const cd_reached *step[CD_REACH_STEPS];
    for (uint32_t k = steps_of(r, officer, i, step) - 1; k-- > 0;) {
        cd_slice word = word_of(s, step[k + 1]);
        cd_association_words(s, step[k]->association, out);
        cd_buffer_printf(out, "%s%.*s%s - ", word.n ? " (" : "", (int)word.n, word.bytes, word.n ? ")" : "");
    }
}

uint32_t cd_reach_rows(const cd_scene *s, const cd_reach *r, cd_id officer, cd_off i, uint32_t counts, cd_cited *out)
{
    const cd_reached *step[CD_REACH_STEPS];
    uint32_t n = steps_of(r, officer, i, step);
    cd_table_of links = cd_table_named(s->snapshot, "links"), ties = cd_table_named(s->snapshot, "ties");
    if (out && step[0]->complained) {
        cd_table_of allegations = cd_table_named(s->snapshot, "allegations");
        out[0] = cd_cite_row(&allegations, s->complaints.list[step[0]->row].row, counts);
        return n;
    }
    for (uint32_t k = 0; out && k < n; k++)
        out[k] =
            (cd_cited){.table = k ? ties.table : links.table,
                       .segment = k ? s->ties.ties[step[k]->row].row.segment : s->ties.links[step[k]->row].row.segment,
                       .row = k ? s->ties.ties[step[k]->row].row.row : s->ties.links[step[k]->row].row.row,
                       .counts = counts};
    return n;
}
