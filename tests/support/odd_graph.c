/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/odd_graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"

enum { MOST_PAIRS = 6000 };

static void *must(void *p)
{
    if (!p) fprintf(stderr, "odd_graph: out of memory\n"), abort();
    return p;
}

static int by_both(const void *a, const void *b)
{
    const cd_id *x = a, *y = b;
    if (x[0] != y[0]) return x[0] < y[0] ? -1 : 1;
    return (x[1] > y[1]) - (x[1] < y[1]);
}

cd_csr odd_csr(cd_id n_left, cd_id n_right, const cd_id (*pairs)[2], uint32_t n)
{
    bool undirected = n_left == 0;
    cd_id rows = undirected ? n_right : n_left;
    cd_id(*all)[2] = must(calloc((size_t)n * 2 + 1, sizeof *all));
    size_t m = 0, kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (undirected && pairs[i][0] == pairs[i][1]) continue;
        memcpy(all[m++], pairs[i], sizeof *all);
        if (undirected) all[m][0] = pairs[i][1], all[m++][1] = pairs[i][0];
    }
    qsort(all, m, sizeof *all, by_both);
    for (size_t i = 0; i < m; i++)
        if (kept == 0 || by_both(all[kept - 1], all[i]) != 0) memmove(all[kept++], all[i], sizeof *all);
    cd_off *off = must(cd_pages_new((size_t)rows + 1, sizeof *off, NULL));
    cd_id *adj = must(cd_pages_new(kept, sizeof *adj, NULL));
    for (size_t i = 0; i < kept; i++) off[all[i][0] + 1]++, adj[i] = all[i][1];
    for (cd_id v = 0; v < rows; v++) off[v + 1] += off[v];
    free(all);
    return (cd_csr){.n_left = rows, .n_right = n_right, .off = off, .adj = adj};
}

typedef struct {
    cd_id (*pairs)[2];
    uint32_t n;
} drawing;

static void draw(drawing *d, cd_id a, cd_id b)
{
    if (d->n == MOST_PAIRS) return;
    d->pairs[d->n][0] = a, d->pairs[d->n++][1] = b;
}

/* Pairs between [0, a) and [0, b), of a shape that the number chooses. */
static void draw_shape(drawing *d, uint32_t shape, cd_id a, cd_id b, cd_random *r)
{
    cd_id most = a > b ? a : b;
    switch (shape) {
    case 0: break; /* isolated vertices */
    case 1:
        for (cd_id i = 0; i < b; i++) draw(d, 0, i); /* a star */
        break;
    case 2:
        for (cd_id i = 0; i + 1 < most; i++) draw(d, i % a, (i + 1) % b); /* a path */
        break;
    case 3:
        for (cd_id i = 0; i < most; i++) draw(d, i % a, (i + 1) % b); /* a ring */
        break;
    case 4:
        for (cd_id i = 0; i < a; i++)
            for (cd_id j = 0; j < b; j++) draw(d, i, j); /* everyone with everyone */
        break;
    case 5: /* disjoint thick parts */
        for (cd_id i = 0; i < a; i++)
            for (cd_id j = 0; j < b; j++)
                if (i / 7 == j / 7 && cd_random_below(r, 3)) draw(d, i, j);
        break;
    case 6: /* one huge hub over a thin rest, rows repeated */
        for (cd_id j = 0; j < b; j++) draw(d, a / 2, j), draw(d, a / 2, j);
        for (cd_id i = 0; i < a; i++) draw(d, i, (cd_id)cd_random_below(r, b));
        break;
    default: { /* thin to thick */
        uint64_t n = cd_random_below(r, (uint64_t)a * b / (shape % 5 + 1) + 1);
        for (uint64_t i = 0; i < n; i++) draw(d, (cd_id)cd_random_below(r, a), (cd_id)cd_random_below(r, b));
    }
    }
}

cd_csr odd_graph(uint32_t number)
{
    cd_random r = cd_random_of(number, 0x0dd, 1);
    drawing d = {.pairs = must(calloc(MOST_PAIRS, sizeof *d.pairs))};
    cd_id n = number < 3 ? number : 1 + (cd_id)cd_random_below(&r, number % 10 == 9 ? ODD_MOST : 24);
    if (n > 0) draw_shape(&d, number % 11, n, n, &r);
    cd_csr g = odd_csr(0, n, (const cd_id(*)[2])d.pairs, d.n);
    free(d.pairs);
    return g;
}

static void both_ways(cd_id n_left, cd_id n_right, drawing *d, cd_csr *by_left, cd_csr *by_right)
{
    cd_id none[1][2] = {{0, 0}};
    *by_left = n_left ? odd_csr(n_left, n_right, (const cd_id(*)[2])d->pairs, d->n)
                      : odd_csr(0, 0, (const cd_id(*)[2])none, 0);
    by_left->n_right = n_right;
    for (uint32_t i = 0; i < d->n; i++) {
        cd_id left = d->pairs[i][0];
        d->pairs[i][0] = d->pairs[i][1], d->pairs[i][1] = left;
    }
    *by_right = n_right ? odd_csr(n_right, n_left, (const cd_id(*)[2])d->pairs, d->n)
                        : odd_csr(0, 0, (const cd_id(*)[2])none, 0);
    by_right->n_right = n_left;
}

void odd_relation(uint32_t number, cd_csr *by_left, cd_csr *by_right)
{
    cd_random r = cd_random_of(number, 0x0dd, 2);
    drawing d = {.pairs = must(calloc(MOST_PAIRS, sizeof *d.pairs))};
    cd_id a = number < 3 ? number : 1 + (cd_id)cd_random_below(&r, number % 10 == 9 ? ODD_MOST : 20);
    cd_id b = number == 1 ? 0 : number == 0 ? 3 : 1 + (cd_id)cd_random_below(&r, number % 10 == 8 ? ODD_MOST : 20);
    if (a > 0 && b > 0) draw_shape(&d, number % 11, a, b, &r);
    both_ways(a, b, &d, by_left, by_right);
    free(d.pairs);
}

cd_csr odd_two_sided(const cd_csr *by_left)
{
    cd_id(*pairs)[2] = must(calloc(cd_csr_edges(by_left) + 1, sizeof *pairs));
    uint32_t n = 0;
    for (cd_id u = 0; u < by_left->n_left; u++)
        for (cd_off p = by_left->off[u]; p < by_left->off[u + 1]; p++)
            pairs[n][0] = u, pairs[n++][1] = by_left->n_left + by_left->adj[p];
    cd_csr g = odd_csr(0, by_left->n_left + by_left->n_right, (const cd_id(*)[2])pairs, n);
    free(pairs);
    return g;
}

void odd_permutation(uint64_t seed, cd_id n, cd_id *to)
{
    cd_random r = cd_random_of(seed, 0x0dd, 3);
    for (cd_id v = 0; v < n; v++) {
        cd_id other = (cd_id)cd_random_below(&r, (uint64_t)v + 1);
        to[v] = to[other], to[other] = v;
    }
}

cd_csr odd_relabel(const cd_csr *g, const cd_id *to)
{
    cd_off m = cd_csr_edges(g);
    cd_id(*pairs)[2] = must(calloc(m + 1, sizeof *pairs));
    size_t n = 0;
    for (cd_id u = 0; u < g->n_left; u++)
        for (cd_off p = g->off[u]; p < g->off[u + 1]; p++) pairs[n][0] = to[u], pairs[n++][1] = to[g->adj[p]];
    cd_csr out = odd_csr(0, g->n_left, (const cd_id(*)[2])pairs, (uint32_t)n);
    free(pairs);
    return out;
}

/* Half of the ends fall on few vertices. */
static cd_id skewed(cd_random *r, cd_id n)
{
    cd_id v = (cd_id)cd_random_below(r, n);
    return cd_random_below(r, 2) ? v : v % (n / 50 + 1);
}

static drawing draw_many(uint64_t seed, cd_id a, cd_id b, uint32_t edges)
{
    cd_random r = cd_random_of(seed, 0x0dd, 4);
    drawing d = {.pairs = must(calloc(edges, sizeof *d.pairs)), .n = edges};
    for (uint32_t i = 0; i < edges; i++) d.pairs[i][0] = skewed(&r, a), d.pairs[i][1] = skewed(&r, b);
    return d;
}

cd_csr odd_large_graph(uint64_t seed, cd_id n, uint32_t edges)
{
    drawing d = draw_many(seed, n, n, edges);
    cd_csr g = odd_csr(0, n, (const cd_id(*)[2])d.pairs, d.n);
    free(d.pairs);
    return g;
}

void odd_large_relation(uint64_t seed, cd_id n_left, cd_id n_right, uint32_t edges, cd_csr *by_left, cd_csr *by_right)
{
    drawing d = draw_many(seed, n_left, n_right, edges);
    both_ways(n_left, n_right, &d, by_left, by_right);
    free(d.pairs);
}
