/* SPDX-License-Identifier: GPL-3.0-or-later
 * undeclared.c: recorded memberships and interests that were to be declared and were not. In a list of its own, the
 * declaration lane: it raises no score of conduct.
 *
 * Nothing is inferred: a membership is a row of links to an organisation or a company, from a source of memberships:
 * one whose rows are to those for the most part. That it is to be declared is said by the policy
 * (`duties`), or else by the members themselves, where most of them declared it. What is to be declared is so from the
 * day the duty began, or the membership if that was later, and the grace after it.
 *
 * The evidence: not to have declared is as rare as it is among the members of that organisation, and the row is as sure
 * as its source. */
#include <math.h>
#include <stdio.h>

#include "engine/base/civil.h"
#include "engine/detect/detector.h"
#include "engine/detect/evidence.h"

enum { DAY = 86400, DECLARED_LEAST = 3, WORDS = 400 };

typedef struct {
    const cd_look *look;
    bool *membership; /* per source: of memberships */
    int64_t today, grace;
} looking;

/* What is known of one organisation. */
typedef struct {
    cd_id association;
    int64_t since; /* of the duty */
    bool stated;   /* by the policy */
    uint32_t members, declared;
} duty;

/* What one can be a member of, or have an interest in. */
static bool is_body(const cd_ties *t, cd_id a)
{
    cd_slice kind = t->kinds.text[t->kind[a]];
    return cd_slice_equal(kind, cd_slice_of("organisation")) || cd_slice_equal(kind, cd_slice_of("company"));
}

static cd_status sources_learn(looking *x, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_ties *t = &x->look->scene->ties;
    uint64_t *all = NULL, *bodies = NULL;
    CD_NEW(x->membership, (size_t)t->sources.n + 1);
    CD_NEW(all, (size_t)t->sources.n + 1);
    CD_NEW(bodies, (size_t)t->sources.n + 1);
    for (cd_off i = 0; i < t->link_off[x->look->scene->officers.n]; i++) {
        all[t->links[i].source]++;
        bodies[t->links[i].source] += is_body(t, t->links[i].association);
    }
    for (uint32_t w = 1; w <= t->sources.n; w++) x->membership[w] = 2 * bodies[w] > all[w];
done:
    cd_free(all);
    cd_free(bodies);
    return st;
}

/* The last second that anything in the scene speaks of: what was not due by then is not due. */
static int64_t today_of(const cd_scene *s)
{
    int64_t last = s->first <= s->last ? s->last : INT64_MIN;
    for (cd_off i = 0; i < s->ties.declared_off[s->officers.n]; i++)
        if (s->ties.declared[i].declared > last) last = s->ties.declared[i].declared;
    for (cd_off i = 0; i < s->ties.link_off[s->officers.n]; i++)
        if (s->ties.links[i].from > last) last = s->ties.links[i].from;
    return last;
}

/* The declaration of it by an officer, or NULL. */
static const cd_declaration *declaration_of(const cd_ties *t, cd_id officer, cd_id association)
{
    for (cd_off i = t->declared_off[officer]; i < t->declared_off[officer + 1]; i++)
        if (t->declared[i].association == association) return &t->declared[i];
    return NULL;
}

/* An officer's memberships of an organisation as one: [*i, end) are the rows of one officer; *i is set past them. The
 * row that makes it due, or NULL: none from a source of memberships, or, where past ones do not count, none that
 * reached the duty. */
static const cd_link *membership(const looking *x, const duty *d, cd_off *i, cd_off end)
{
    const cd_ties *t = &x->look->scene->ties;
    const cd_link *best = NULL;
    cd_id officer = t->holders[*i].officer;
    bool past = x->look->policy->number[CD_POLICY_PAST_MEMBERSHIPS] != 0;
    for (; *i < end && t->holders[*i].officer == officer; ++*i) {
        const cd_link *l = &t->holders[*i];
        if (!x->membership[l->source] || (!past && l->to <= d->since)) continue;
        if (!best || l->confidence > best->confidence) best = l;
    }
    return best;
}

static void members_count(const looking *x, duty *d)
{
    const cd_ties *t = &x->look->scene->ties;
    for (cd_off i = t->holder_off[d->association]; i < t->holder_off[d->association + 1];) {
        cd_id officer = t->holders[i].officer;
        if (!membership(x, d, &i, t->holder_off[d->association + 1])) continue;
        d->members++;
        d->declared += declaration_of(t, officer, d->association) != NULL;
    }
}

/* Whether there is a duty to declare an organisation; the policy's, or the members' own. */
static bool duty_of(const looking *x, cd_id a, duty *d)
{
    const cd_policy *p = x->look->policy;
    *d = (duty){.association = a, .since = INT64_MIN};
    cd_slice id = cd_scene_association(x->look->scene, a);
    for (uint32_t i = 0; i < p->n_duties; i++)
        if (cd_slice_equal(cd_slice_of(p->duty[i].organisation), id)) d->stated = true, d->since = p->duty[i].since;
    members_count(x, d);
    return d->stated ||
           (d->declared >= DECLARED_LEAST && d->declared >= p->number[CD_POLICY_DECLARED_SHARE] * (double)d->members);
}

static const char *tell(const looking *x, const duty *d, const cd_link *l, int64_t due, cd_arena *arena, cd_err *err)
{
    enum { DAY_LETTERS = 10 };
    char words[WORDS], day[CD_TIME_TEXT] = "always";
    const cd_scene *s = x->look->scene;
    bool is_company = cd_slice_equal(s->ties.kinds.text[s->ties.kind[d->association]], cd_slice_of("company"));
    cd_slice id = cd_scene_association(s, d->association), source = s->ties.sources.text[l->source];
    if (due != INT64_MIN) cd_time_write(due, day);
    int n = snprintf(words, sizeof words,
                     "listed with %s %.*s by %.*s, to be declared since %.*s%s, and not declared; %u of %u listed "
                     "declared it",
                     is_company ? "company" : "organisation", (int)cd_slice_cut(id, 80).n, id.bytes,
                     (int)cd_slice_cut(source, 80).n, source.bytes, DAY_LETTERS, day, d->stated ? " by the policy" : "",
                     d->declared, d->members);
    return cd_arena_copy(arena, words, n < 0 ? 0 : (size_t)n < sizeof words ? (size_t)n : sizeof words - 1, err);
}

/* Those whose membership was due before today, and that declared nothing. */
static cd_status members_judge(const looking *x, const duty *d, uint32_t detector, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = x->look->scene;
    const cd_ties *t = &s->ties;
    cd_table_of links = cd_table_named(s->snapshot, "links");
    for (cd_off i = t->holder_off[d->association]; i < t->holder_off[d->association + 1];) {
        cd_id officer = t->holders[i].officer;
        const cd_link *l = membership(x, d, &i, t->holder_off[d->association + 1]);
        if (!l || declaration_of(t, officer, d->association)) continue;
        int64_t due = l->from > d->since ? l->from : d->since;
        if (due != INT64_MIN && due > x->today - x->grace) continue;
        cd_finding *f = NULL;
        double p = (double)(d->members - d->declared) / (d->members + 1.0);
        CD_TRY(cd_finding_add(out, 0, 1, &f, err));
        f->officer = officer, f->detector = detector, f->peers = d->members;
        f->base = l->confidence * cd_evidence_times(rint(1000 * log10(p)) / 1000, 1);
        f->gain_centibans = cd_evidence_centibans(f->base);
        for (uint32_t draw = 0; draw < CD_REDRAWS; draw++) f->redrawn[draw] = f->gain_centibans;
        f->words = tell(x, d, l, due, &out->arena, err);
        if (!f->words) CD_TRY(CD_EMEMORY);
        f->cited[0] = cd_cite_row(&links, l->row, 0);
    }
done:
    return st;
}

/* By officer; of one officer's the strongest first, of equals in the order of the organisations, which are told in the
 * order of their ids. */
static cd_status sort_findings(cd_findings *f, cd_err *err)
{
    cd_status st = CD_OK;
    cd_finding *spare = NULL;
    CD_NEW(spare, f->n);
    for (size_t width = 1; width < f->n; width *= 2) {
        for (size_t lo = 0; lo < f->n; lo += 2 * width) {
            size_t mid = lo + width < f->n ? lo + width : f->n, hi = lo + 2 * width < f->n ? lo + 2 * width : f->n,
                   a = lo, b = mid;
            for (size_t k = lo; k < hi; k++)
                spare[k] =
                    a < mid && (b >= hi || f->list[a].officer <= f->list[b].officer) ? f->list[a++] : f->list[b++];
        }
        memcpy(f->list, spare, f->n * sizeof *spare);
    }
done:
    cd_free(spare);
    return st;
}

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = look->scene;
    looking x = {.look = look,
                 .today = s->as_of == INT64_MAX ? today_of(s) : s->as_of,
                 .grace = (int64_t)(look->policy->number[CD_POLICY_DECLARE_GRACE_DAYS] * DAY)};
    CD_TRY(sources_learn(&x, err));
    for (cd_id a = 0; a < s->associations.n; a++) {
        duty d;
        if (is_body(&s->ties, a) && s->ties.holder_off[a] < s->ties.holder_off[a + 1] && duty_of(&x, a, &d))
            CD_TRY(members_judge(&x, &d, number, out, err));
    }
    CD_TRY(sort_findings(out, err));
done:
    cd_free(x.membership);
    return st;
}

const cd_detector cd_detector_undeclared = {
    .name = "undeclared",
    .family = "declaration",
    .lane = CD_LANE_DECLARATION,
    .needs = CD_NEEDS_LINKS | CD_NEEDS_DECLARATIONS,
    .about = "recorded memberships and interests that were to be declared and were not",
    .run = run,
};
