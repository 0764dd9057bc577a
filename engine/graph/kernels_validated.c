/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels_validated.c: validated pairs, as candour.h offers them: what the store says of units, months, of who was
 * there when and of what was bound to be, made into the null of validated.h. */
#include <stdlib.h>
#include <string.h>

#include "engine/graph/kernels_sharing.h"
#include "engine/graph/months.h"
#include "engine/graph/spans.h"
#include "engine/graph/strata.h"
#include "engine/graph/validated.h"

/* ---- The null ---- */

/* What validated.h is asked, and what holds it up. */
typedef struct {
    cd_compared side;
    cd_shared shared; /* by months where they are strata */
    cd_months months;
    cd_validated_options options;
    uint32_t left_kind, right_kind;
    cd_id n_left, n_right;                           /* of the relation; with months there are more right ids */
    uint32_t *unit;                                  /* per right id of the relation */
    uint32_t *stratum;                               /* per right id */
    cd_span *left_there, *right_there, *month_there; /* the last per right id where there are months */
    bool *certain;
    uint64_t n_certain;
} asked_null;

static void null_drop(asked_null *a)
{
    cd_id n_months = a->months.by_left.n_right;
    cd_off edges = a->shared.by_left ? cd_csr_edges(a->shared.by_left) : 0;
    cd_pages_free(a->certain, edges, sizeof *a->certain);
    cd_pages_free(a->unit, a->n_right, sizeof *a->unit);
    cd_pages_free(a->stratum, n_months, sizeof *a->stratum);
    cd_pages_free(a->month_there, n_months, sizeof *a->month_there);
    cd_pages_free(a->left_there, a->n_left, sizeof *a->left_there);
    cd_pages_free(a->right_there, a->n_right, sizeof *a->right_there);
    cd_months_release(&a->months);
}

static cd_status read_strata(const cd_asked *asked, bool *unit, bool *month, cd_err *err)
{
    const char *at = asked->options->strata;
    *unit = *month = false;
    for (size_t n; at && *at; at += n + (at[n] == ',')) {
        n = strcspn(at, ",");
        bool *one = n == 4 && memcmp(at, "unit", n) == 0 ? unit : n == 5 && memcmp(at, "month", n) == 0 ? month : NULL;
        if (!one)
            return cd_fail(err, CD_EUSAGE, "--strata takes unit, month or both between a comma, not '%s'",
                           asked->options->strata);
        *one = true;
    }
    return CD_OK;
}

/* One stratum for each unit and month that some right id has; units are numbered from 0. */
static cd_status number_strata(asked_null *a, uint32_t n_units, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = a->months.by_left.n_right;
    uint32_t *number = NULL;
    int32_t first = INT32_MAX, last = INT32_MIN;
    for (cd_id c = 0; c < n; c++) {
        int32_t month = a->months.month[c];
        if (month == INT32_MIN) continue;
        first = month < first ? month : first, last = month > last ? month : last;
    }
    size_t n_months = last < first ? 1 : (size_t)((int64_t)last - first) + 2; /* 0: unknown */
    CD_NEW(number, n_months * n_units);
    a->stratum = cd_pages_new(n, sizeof *a->stratum, err);
    if (!a->stratum) CD_TRY(CD_EMEMORY);
    a->options.n_strata = 0;
    for (cd_id c = 0; c < n; c++) {
        int32_t month = a->months.month[c];
        size_t at = month == INT32_MIN ? 0 : (size_t)((int64_t)month - first) + 1;
        uint32_t *stratum = &number[at * n_units + (a->unit ? a->unit[a->months.of[c]] : 0)];
        if (*stratum == 0) *stratum = ++a->options.n_strata;
        a->stratum[c] = *stratum - 1;
    }
    a->options.stratum = a->stratum;
done:
    cd_free(number);
    return st;
}

/* The relation by months. The pairs' times stand beside by_left: of the other side an edge is looked up there. */
static cd_status split_months(const cd_asked *asked, asked_null *a, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_graph *g = asked->graph;
    const cd_pairs *p = &g->relations[0];
    cd_off *place = NULL;
    cd_csr again = {0};
    if (!p->first)
        CD_TRY(cd_fail(err, CD_EUSAGE, "strata of months need the times of a relation; open the graph with times"));
    if (a->side.shared.by_left != &p->by_left)
        CD_TRY(cd_csr_transpose(&p->by_left, g->run.threads, &again, &place, err));
    CD_TRY(cd_months_split(a->side.shared.by_left, p->first, place, &g->run, &a->months, err));
    a->shared.by_left = &a->months.by_left, a->shared.by_right = &a->months.by_right;
done:
    cd_pages_free(place, cd_csr_edges(&p->by_left), sizeof *place);
    cd_csr_release(&again);
    return st;
}

static cd_status find_strata(const cd_asked *asked, asked_null *a, cd_err *err)
{
    cd_status st = CD_OK;
    bool unit, month;
    uint32_t n_units = 1;
    CD_TRY(read_strata(asked, &unit, &month, err));
    if (unit) CD_TRY(cd_strata_of_units(asked->graph->snapshot, a->right_kind, &a->unit, &n_units, err));
    if (month) {
        CD_TRY(split_months(asked, a, err));
        CD_TRY(number_strata(a, n_units, err));
    } else {
        a->options.stratum = a->unit, a->options.n_strata = n_units;
    }
done:
    return st;
}

static cd_status find_spans(const cd_asked *asked, asked_null *a, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_snapshot *s = asked->graph->snapshot;
    cd_id n = a->months.by_left.n_right;
    if (!asked->options->there) return CD_OK;
    CD_TRY(cd_spans_read(s, a->left_kind, &a->left_there, err));
    CD_TRY(cd_spans_read(s, a->right_kind, &a->right_there, err));
    CD_TRY(cd_spans_simplify(a->left_there, a->n_left, a->right_there, a->n_right, err));
    a->options.left_there = a->left_there, a->options.right_there = a->right_there;
    if (n == 0) return CD_OK;
    a->month_there = cd_pages_new(n, sizeof *a->month_there, err);
    if (!a->month_there) CD_TRY(CD_EMEMORY);
    for (cd_id c = 0; c < n; c++) a->month_there[c] = a->right_there[a->months.of[c]];
    a->options.right_there = a->month_there;
done:
    return st;
}

/* A tie is certain where the other relation has it, and where the times of its ends say that it could not be: records
 * that contradict one another are no evidence. */
static cd_status find_certain(const cd_asked *asked, asked_null *a, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_graph *g = asked->graph;
    const candour_ontology *o = g->snapshot->ontology;
    const cd_csr *rows = a->shared.by_left, *bound = NULL;
    cd_view view = {0};
    cd_pairs pairs = {0};
    int32_t table = -1;
    if (!asked->options->certain && !a->left_there) return CD_OK;
    a->certain = cd_pages_new(cd_csr_edges(rows), sizeof *a->certain, err);
    if (!a->certain) CD_TRY(CD_EMEMORY);
    if (asked->options->certain) {
        table = candour_table_find(o, cd_slice_of(asked->options->certain));
        if (table < 0)
            CD_TRY(
                cd_fail(err, CD_EUSAGE, "no relation '%s'; candour info lists what there is", asked->options->certain));
        CD_TRY(cd_view_init(g->snapshot, (uint32_t)table, CANDOUR_UNKNOWN, CANDOUR_UNKNOWN, &view, err));
        CD_TRY(cd_pairs_build(&view, CD_PAIRS_BARE, &g->run, &pairs, err));
        if (pairs.left_kind == a->left_kind && pairs.right_kind == a->right_kind)
            bound = &pairs.by_left;
        else if (pairs.left_kind == a->right_kind && pairs.right_kind == a->left_kind)
            bound = &pairs.by_right;
        else
            CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' does not tie %s and %s", asked->options->certain,
                           o->kinds[a->left_kind].name, o->kinds[a->right_kind].name));
    }
    for (cd_id u = 0; u < rows->n_left; u++)
        for (cd_off e = rows->off[u]; e < rows->off[u + 1]; e++) {
            cd_id c = a->months.of ? a->months.of[rows->adj[e]] : rows->adj[e];
            a->certain[e] = (bound && cd_csr_has(bound, u, c)) ||
                            (a->left_there && !cd_spans_meet(a->left_there[u], a->right_there[c]));
            a->n_certain += a->certain[e];
        }
    a->options.certain = a->certain;
done:
    cd_pairs_release(&pairs);
    cd_view_release(&view);
    return st;
}

static cd_status null_read(const cd_asked *asked, asked_null *a, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_graph *g = asked->graph;
    CD_TRY(cd_compare_side(asked, "validated", &a->side, err));
    bool left = a->side.shared.by_left == &g->relations[0].by_left;
    a->left_kind = left ? g->relations[0].left_kind : g->relations[0].right_kind;
    a->right_kind = left ? g->relations[0].right_kind : g->relations[0].left_kind;
    a->shared = a->side.shared;
    a->n_left = a->shared.by_left->n_left, a->n_right = a->shared.by_left->n_right;
    a->options = (cd_validated_options){.level = asked->options->level > 0 ? asked->options->level : 0.05};
    CD_TRY(find_strata(asked, a, err));
    CD_TRY(find_spans(asked, a, err));
    CD_TRY(find_certain(asked, a, err));
done:
    return st;
}

/* ---- What is found ---- */

typedef struct {
    const uint32_t *place;
    const cd_validated_pair *pairs;
    cd_id first;
} pair_order;

/* By p, then by the ids: numbers must not show. */
static int pair_before(const void *a, const void *b, void *context)
{
    const pair_order *o = context;
    const cd_validated_pair *x = &o->pairs[*(const uint64_t *)a], *y = &o->pairs[*(const uint64_t *)b];
    if (x->p != y->p) return x->p < y->p ? -1 : 1;
    uint32_t p[2] = {o->place[o->first + x->left], o->place[o->first + x->other]};
    uint32_t q[2] = {o->place[o->first + y->left], o->place[o->first + y->other]};
    uint32_t p_low = p[0] < p[1] ? p[0] : p[1], q_low = q[0] < q[1] ? q[0] : q[1];
    if (p_low != q_low) return p_low < q_low ? -1 : 1;
    uint32_t p_high = p[0] + p[1] - p_low, q_high = q[0] + q[1] - q_low;
    return (p_high > q_high) - (p_high < q_high);
}

static cd_status put_validated(const cd_asked *asked, const cd_compared *c, cd_validated_pair *pairs, uint64_t n,
                               cd_err *err)
{
    cd_status st = CD_OK, ended;
    cd_answer answer = {0};
    pair_order order = {.pairs = pairs, .first = c->first};
    uint64_t *listed = NULL, most = asked->options->top && asked->options->top < n ? asked->options->top : n;
    CD_TRY(cd_vertex_places(asked->graph, &order.place, err));
    CD_NEW(listed, n);
    for (uint64_t i = 0; i < n; i++) {
        listed[i] = i;
        pairs[i].p = cd_round_digits(pairs[i].p);
    }
    qsort_r(listed, n, sizeof *listed, pair_before, &order);
    CD_TRY(cd_answer_begin(asked, "kind id other_id shared:int expected:real p:real", &answer, err));
    for (uint64_t i = 0; i < most; i++) {
        const cd_validated_pair *p = &pairs[listed[i]];
        bool swap = order.place[c->first + p->other] < order.place[c->first + p->left];
        cd_answer_vertex(&answer, 0, c->first + (swap ? p->other : p->left));
        cd_answer_text(&answer, 2, cd_vertex_id(asked->graph, c->first + (swap ? p->left : p->other)));
        cd_answer_int(&answer, 3, p->shared);
        cd_answer_real(&answer, 4, cd_round_digits(p->expected));
        cd_answer_real(&answer, 5, p->p);
        cd_answer_row(&answer);
    }
done:
    ended = cd_answer_end(&answer, err);
    cd_free(listed);
    return st == CD_OK ? ended : st;
}

static cd_status run_validated(const cd_asked *asked, cd_err *err)
{
    cd_status st = CD_OK;
    asked_null a = {0};
    cd_validated_pair *pairs = NULL;
    cd_validated_report report;
    uint64_t n;
    CD_TRY(null_read(asked, &a, err));
    CD_TRY(cd_validated(&a.shared, &a.options, &asked->graph->run, &pairs, &n, &report, err));
    CD_TRY(put_validated(asked, &a.side, pairs, n, err));
    CD_TRY(cd_answer_fact(asked, "pairs_tested", (double)report.tested, err));
    CD_TRY(cd_answer_fact(asked, "pairs_kept", (double)n, err));
    CD_TRY(cd_answer_fact(asked, "expected_to_be_chance_at_most", cd_round_digits(a.options.level * (double)n), err));
    CD_TRY(cd_answer_fact(asked, "largest_p_kept", cd_round_digits(report.threshold), err));
    CD_TRY(cd_answer_fact(asked, "degrees_met_within", cd_round_digits(report.fit_error), err));
    if (a.certain) CD_TRY(cd_answer_fact(asked, "certain_ties", (double)a.n_certain, err));
done:
    null_drop(&a);
    cd_free(pairs);
    return st;
}

static cd_status guess_validated(const cd_asked *asked, candour_kernel_estimate *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_compared c;
    bool unit, month;
    CD_TRY(read_strata(asked, &unit, &month, err));
    CD_TRY(cd_compare_side(asked, "validated", &c, err));
    double n = c.shared.by_left->n_left;
    size_t ids = (size_t)c.shared.by_left->n_left + c.shared.by_left->n_right;
    cd_off edges = cd_csr_edges(c.shared.by_left);
    out->bytes = cd_validated_bytes(&c.shared, unit || month, asked->graph->run.threads) +
                 (month ? 40 * edges + 16 * ids : 0) + (asked->options->there ? 9 * ids : 0) +
                 (asked->options->certain || asked->options->there ? edges : 0);
    out->seconds = (2 * cd_increments(&c) * 0.7e-9 + n * n * 2e-9) / asked->graph->run.threads + 0.1;
done:
    return st;
}

const cd_kernel cd_kernels_validated[] = {
    {{"validated", "pairs that share more than chance allows, given how much each has, at a false-discovery rate",
      "side cap level strata there certain top", "kind id other_id shared:int expected:real p:real", false},
     run_validated,
     guess_validated},
};
const uint32_t cd_n_kernels_validated = sizeof cd_kernels_validated / sizeof *cd_kernels_validated;
