/* SPDX-License-Identifier: GPL-3.0-or-later
 * pagerank.c: ranks as a system of equations, solved by conjugate gradients.
 *
 * A vertex hands each neighbour the same share s of its rank, so that with degrees D and edges A: D s = base +
 * damping A s. Where edges go both ways D - damping A is symmetric and positive, and conjugate gradients with D as
 * preconditioner (Saad 2003, 9.2) need a quarter of the passes over the edges that letting walkers step does, and fewer
 * the nearer damping comes to 1. A vertex without edges counts as one of degree 1 that nobody reaches: `base` is then
 * known beforehand, as what the stuck hand round is. What is promised does not rest on the method: in the end every
 * walker takes one true step, and how far that moves the ranks bounds how far they are from the truth, whatever they
 * were.
 *
 * Where every edge ties one side to the other, the unknowns of the larger side go (a red-black reduction: Saad 2003,
 * 12.4.2), which halves the passes again. A pass then meets each vertex of the larger side once: what its neighbours
 * hand it is summed, and handed back to them at once, while its row is at hand. All that is read and written beside the
 * rows is as long as the smaller side: officers stay in the cache where cases would not. Each of PARTS parts of the
 * rows hands to an array of its own, and the arrays are summed in their order: no thread's share of the work shows. */
#include "engine/graph/pagerank.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { PARTS = 16 };
/* Below this, in sum, what doubles round away is what moves the ranks. */
static const double ROUNDING = 1e-14;

typedef struct {
    const cd_csr *g;
    uint32_t threads;
    double damping, base;
    cd_id from, n; /* the vertices that are solved for */
    bool reduced;  /* they are one side of two; the others are [other, other + n_other) */
    cd_id other, n_other;
    double *share, *owed;  /* per vertex solved for: s, and by how much its equation is not met yet */
    double *way, *image;   /* where s goes next, and what the matrix, or only its edges, make of something */
    double *parts;         /* of a reduced pass: PARTS arrays of n */
    double *sum_a, *sum_b; /* per block */
} solving;

static size_t blocks_of(cd_id n) { return ((size_t)n + CD_SUM_BLOCK - 1) / CD_SUM_BLOCK; }

/* Whether the side [from, from + n) is small enough beside the edges for PARTS arrays of it. */
static bool worth_parts(const cd_csr *g, cd_id n) { return n <= cd_csr_edges(g) / 2 / PARTS; }

static cd_id smaller_side(const cd_csr *g, cd_id split)
{
    return split <= g->n_left - split ? split : g->n_left - split;
}

size_t cd_pagerank_bytes(const cd_csr *g, cd_id split)
{
    cd_id side = smaller_side(g, split);
    if (split > 0 && worth_parts(g, side)) return (32 + 8 * PARTS) * (size_t)side + 16 * blocks_of(side);
    return 32 * (size_t)g->n_left + 16 * blocks_of(g->n_left);
}

/* In the order of the blocks. */
static double sum(const double *partial, size_t n)
{
    double s = 0;
    for (size_t i = 0; i < n; i++) s += partial[i];
    return s;
}

static double degree_of(const solving *s, cd_id v)
{
    cd_id degree = cd_csr_degree(s->g, s->from + v);
    return degree ? degree : 1;
}

/* What the neighbours of a row have, of the vertices from `first` on. Four sums: one would wait for each addition
 * before the next. */
static inline double gather(const cd_csr *g, cd_id row, cd_id first, const double *of)
{
    double s[4] = {0};
    const double *at = of - first;
    cd_off p = g->off[row], end = g->off[row + 1];
    for (; p + 4 <= end; p += 4)
        for (uint32_t i = 0; i < 4; i++) s[i] += at[g->adj[p + i]];
    for (uint32_t i = 0; p < end; p++, i++) s[i] += at[g->adj[p]];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

static void pass_whole(solving *s, const double *of)
{
    #pragma omp parallel for num_threads(s->threads) schedule(dynamic, 1024)
    for (cd_id v = 0; v < s->n; v++) s->image[v] = s->damping * gather(s->g, v, 0, of);
}

/* The first row of a part: all have about as many edges. */
static cd_id part_begins(const solving *s, uint32_t part)
{
    const cd_off *off = s->g->off + s->other;
    cd_off at = off[0] + (off[s->n_other] - off[0]) / PARTS * part;
    cd_id lo = 0, hi = s->n_other;
    if (part == PARTS) return hi;
    while (lo < hi) {
        cd_id middle = lo + (hi - lo) / 2;
        if (off[middle] < at) lo = middle + 1;
        else hi = middle;
    }
    return lo;
}

static void pass_part(const solving *s, uint32_t part, const double *of, double plus)
{
    const cd_csr *g = s->g;
    double *to = s->parts + (size_t)part * s->n;
    memset(to, 0, s->n * sizeof *to);
    for (cd_id v = part_begins(s, part), end = part_begins(s, part + 1); v < end; v++) {
        cd_off p = g->off[s->other + v], last = g->off[s->other + v + 1];
        if (p == last) continue;
        double each = (plus + s->damping * s->damping * gather(g, s->other + v, s->from, of)) / (double)(last - p);
        for (; p < last; p++) to[g->adj[p] - s->from] += each;
    }
}

static void pass_reduced(solving *s, const double *of, double plus)
{
    #pragma omp parallel num_threads(s->threads)
    {
        #pragma omp for schedule(dynamic, 1)
        for (uint32_t part = 0; part < PARTS; part++) pass_part(s, part, of, plus);
        #pragma omp for schedule(static)
        for (cd_id v = 0; v < s->n; v++) {
            double all = 0;
            for (uint32_t part = 0; part < PARTS; part++) all += s->parts[(size_t)part * s->n + v];
            s->image[v] = all;
        }
    }
}

#define FOR_BLOCKS                                                                                                     \
    _Pragma("omp parallel for num_threads(s->threads) schedule(static)")                                               \
    for (size_t block = 0; block < blocks_of(s->n); block++)
#define FOR_BLOCK(v)                                                                                                   \
    for (cd_id v = (cd_id)(block * CD_SUM_BLOCK), to_ = s->n - v < CD_SUM_BLOCK ? s->n : v + CD_SUM_BLOCK; v < to_; v++)

/* Every walker takes a step, or two where one side is solved for; the ranks after it, and how far they moved. */
static double step(solving *s, double *rank)
{
    if (s->reduced) pass_reduced(s, s->share, s->damping * s->base);
    else pass_whole(s, s->share);
    FOR_BLOCKS {
        double moved = 0;
        FOR_BLOCK(v) {
            double now = s->base + s->image[v];
            s->owed[v] = now - degree_of(s, v) * s->share[v];
            rank[s->from + v] = now;
            moved += fabs(s->owed[v]);
        }
        s->sum_a[block] = moved;
    }
    return sum(s->sum_a, blocks_of(s->n));
}

/* image = what the matrix makes of `way`; their product. */
static double multiply(solving *s)
{
    if (s->reduced) pass_reduced(s, s->way, 0);
    else pass_whole(s, s->way);
    FOR_BLOCKS {
        double product = 0;
        FOR_BLOCK(v) {
            s->image[v] = degree_of(s, v) * s->way[v] - s->image[v];
            product += s->way[v] * s->image[v];
        }
        s->sum_a[block] = product;
    }
    return sum(s->sum_a, blocks_of(s->n));
}

/* Goes so far along the way; returns what is owed in sum, and its square by degree. */
static double go(solving *s, double far, double *square)
{
    FOR_BLOCKS {
        double owed = 0, squares = 0;
        FOR_BLOCK(v) {
            s->share[v] += far * s->way[v];
            s->owed[v] -= far * s->image[v];
            owed += fabs(s->owed[v]);
            squares += s->owed[v] * s->owed[v] / degree_of(s, v);
        }
        s->sum_a[block] = owed, s->sum_b[block] = squares;
    }
    *square = sum(s->sum_b, blocks_of(s->n));
    return sum(s->sum_a, blocks_of(s->n));
}

static void turn(solving *s, double keep)
{
    FOR_BLOCKS FOR_BLOCK(v) s->way[v] = s->owed[v] / degree_of(s, v) + keep * s->way[v];
}

/* Until what is owed is no more than `enough`, or the rounds are used up. */
static cd_status descend(solving *s, double enough, uint32_t rounds, const cd_run *run, cd_pagerank_report *report,
                         cd_err *err)
{
    cd_status st = CD_OK;
    double square, owed = go(s, 0, &square), before = INFINITY;
    while (owed > enough && square > 0 && report->rounds < rounds) {
        turn(s, square / before);
        CD_TRY(cd_run_step(run, "ranking", report->rounds++, err));
        double product = multiply(s);
        if (!(product > 0)) break; /* too small for doubles */
        before = square;
        owed = go(s, square / product, &square);
    }
done:
    return st;
}

/* What every vertex has whoever its neighbours are: the stuck hand all of theirs round, and have nothing else. A first
 * guess: the rest goes by degree. */
static void begin(solving *s)
{
    const cd_csr *g = s->g;
    cd_id stuck = 0;
    for (cd_id v = 0; v < g->n_left; v++) stuck += cd_csr_degree(g, v) == 0;
    s->base = (1 - s->damping) / (g->n_left - s->damping * stuck);
    double rest = cd_csr_edges(g) ? (1 - s->base * g->n_left) / (double)cd_csr_edges(g) : 0;
    for (cd_id v = 0; v < s->n; v++)
        s->share[v] = s->base / degree_of(s, v) + (cd_csr_degree(g, s->from + v) ? rest : 0);
}

static void choose_side(solving *s, cd_id split)
{
    cd_id n = s->g->n_left, side = smaller_side(s->g, split);
    s->n = n;
    if (split == 0 || !worth_parts(s->g, side)) return;
    s->reduced = true;
    s->n = side, s->n_other = n - side;
    s->from = side == split ? 0 : split;
    s->other = side == split ? split : 0;
    for (cd_id v = 0; v < n; v++)
        assert(cd_csr_degree(s->g, v) == 0 ||
               (v < split ? s->g->adj[s->g->off[v]] >= split : s->g->adj[s->g->off[v + 1] - 1] < split));
}

static void rank_others(solving *s, double *rank)
{
    for (cd_id v = 0; v < s->n; v++) s->share[v] = rank[s->from + v] / degree_of(s, v);
    #pragma omp parallel for num_threads(s->threads) schedule(dynamic, 1024)
    for (cd_id v = 0; v < s->n_other; v++)
        rank[s->other + v] = s->base + s->damping * gather(s->g, s->other + v, s->from, s->share);
}

static cd_status solve(solving *s, const cd_pagerank_options *options, const cd_run *run, double *rank,
                       cd_pagerank_report *report, cd_err *err)
{
    cd_status st = CD_OK;
    begin(s);
    for (;;) {
        CD_TRY(cd_run_step(run, "ranking", report->rounds++, err));
        report->change = step(s, rank);
        if (report->change <= options->tolerance || report->rounds >= options->rounds) break;
        /* What is owed drifts from what is counted as owed: the next step says the truth. One round is kept for it. */
        CD_TRY(descend(s, options->tolerance / 2, options->rounds - 1, run, report, err));
    }
    report->change = fmax(report->change, ROUNDING);
    if (s->reduced) rank_others(s, rank);
done:
    return st;
}

cd_status cd_pagerank(const cd_csr *g, const cd_pagerank_options *options, const cd_run *run, double *rank,
                      cd_pagerank_report *report, cd_err *err)
{
    cd_status st = CD_OK;
    solving s = {.g = g, .threads = run->threads, .damping = options->damping};
    size_t n_parts = 0;
    *report = (cd_pagerank_report){0};
    if (!(options->damping >= 0 && options->damping < 1))
        return cd_fail(err, CD_EUSAGE, "a damping of %g is not in [0, 1)", options->damping);
    if (g->n_left == 0) return CD_OK;
    CD_TRY(cd_run_fits(run, "pagerank", cd_pagerank_bytes(g, options->split), err));
    choose_side(&s, options->split);
    n_parts = s.reduced ? (size_t)PARTS * s.n : 0;
    s.share = cd_pages_new(4 * (size_t)s.n, sizeof *s.share, err);
    s.parts = cd_pages_new(n_parts, sizeof *s.parts, err);
    CD_NEW(s.sum_a, blocks_of(s.n));
    CD_NEW(s.sum_b, blocks_of(s.n));
    if (!s.share || !s.parts) CD_TRY(CD_EMEMORY);
    s.owed = s.share + s.n, s.way = s.owed + s.n, s.image = s.way + s.n;
    CD_TRY(solve(&s, options, run, rank, report, err));
done:
    cd_pages_free(s.share, 4 * (size_t)s.n, sizeof *s.share);
    cd_pages_free(s.parts, n_parts, sizeof *s.parts);
    cd_free(s.sum_a);
    cd_free(s.sum_b);
    return st;
}
