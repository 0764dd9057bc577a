/* SPDX-License-Identifier: GPL-3.0-or-later
 * Promise: of two million ids the ten that are most like each, by Jaccard over 8 million ties, are found in under 4 GB.
 *
 * Ties go from any id to one of as many others, few of which have thousands. Some rows are held against counting and
 * scoring everyone before anything is timed. */
#include <stdio.h>
#include <string.h>

#include "benchmarks/bench.h"
#include "engine/base/random.h"
#include "engine/base/sort.h"
#include "engine/graph/shared_top.h"

enum { BEST = 10, ROWS_CHECKED = 40 };

typedef struct {
    cd_id n;
    uint64_t ties;
} similar_size;

typedef struct {
    double seconds, seconds_alone, increments;
    uint64_t edges;
} similar_times;

/* Each tie is drawn from its number; a third of all go to the first thousandth, the more to the lower. */
static void draw(const similar_size *size, cd_csr *by_left, cd_csr *by_right)
{
    cd_err err = {0};
    uint64_t *drawn = cd_pages_new(size->ties, sizeof *drawn, &err), kept = 0;
    bench_check(drawn, "%s", err.text);
    for (uint64_t i = 0; i < size->ties; i++) {
        cd_random r = cd_random_of(1, 1, i);
        double x = cd_random_unit(&r);
        uint64_t left = cd_random_below(&r, size->n), wide = cd_random_below(&r, 8) == 0 ? size->n / 1000 + 1 : size->n;
        drawn[i] = left << 32 | (uint64_t)(x * x * (double)wide);
    }
    cd_sort_u64(drawn, size->ties);
    cd_off *off = cd_pages_new((size_t)size->n + 1, sizeof *off, &err);
    for (uint64_t i = 0; i < size->ties; i++)
        if (i == 0 || drawn[i] != drawn[kept - 1]) drawn[kept++] = drawn[i];
    cd_id *adj = cd_pages_new(kept, sizeof *adj, &err);
    bench_check(off && adj, "%s", err.text);
    for (uint64_t i = 0; i < kept; i++) off[(drawn[i] >> 32) + 1]++, adj[i] = (cd_id)drawn[i];
    for (cd_id u = 0; u < size->n; u++) off[u + 1] += off[u];
    cd_pages_free(drawn, size->ties, sizeof *drawn);
    *by_left = (cd_csr){.n_left = size->n, .n_right = size->n, .off = off, .adj = adj};
    bench_must(cd_csr_transpose(by_left, 1, by_right, NULL, &err), &err);
}

/* Everyone scored: nobody who is left out is above the last of those who are in. */
static void check_row(const cd_shared *s, cd_id u, const cd_partner *out, uint32_t n_out, uint32_t *shared)
{
    cd_id n = s->by_left->n_left;
    double least = n_out == BEST ? out[BEST - 1].score : 0;
    uint32_t above = 0, listed = 0;
    cd_shared_with(s, u, shared);
    for (cd_id v = 0; v < n; v++) {
        if (shared[v] == 0) continue;
        double all = (double)cd_csr_degree(s->by_left, u) + cd_csr_degree(s->by_left, v) - shared[v];
        above += (double)shared[v] / all > least;
        for (uint32_t i = 0; i < n_out; i++) {
            if (out[i].partner != v) continue;
            bench_check(out[i].shared == shared[v] && out[i].score == (double)shared[v] / all, "%u and %u: a wrong score",
                        u, v);
            listed++;
        }
    }
    bench_check(listed == n_out && above <= n_out, "%u: %u of %u listed, %u above the last", u, listed, n_out, above);
}

/* In a process of its own, so that its memory can be told. */
static void work(const bench *b, const void *context, void *out)
{
    similar_times *t = out;
    cd_csr by_left, by_right;
    cd_err err = {0};
    const similar_size *size = context;
    draw(size, &by_left, &by_right);
    cd_shared s = {&by_left, &by_right, 0};
    cd_top_options o = {.score = CD_SCORE_JACCARD, .k = BEST};
    cd_run run = {.threads = b->threads, .memory_bytes = (size_t)4 << 30, .seed = 1}, alone = run;
    cd_partner *best = cd_pages_new((size_t)size->n * BEST, sizeof *best, &err);
    uint32_t *n_best = cd_pages_new(size->n, sizeof *n_best, &err);
    uint32_t *shared = cd_pages_new(size->n, sizeof *shared, &err);
    alone.threads = 1;
    bench_check(best && n_best && shared, "%s", err.text);
    double began = bench_now();
    bench_must(cd_shared_top(&s, &o, &run, best, n_best, &err), &err);
    t->seconds = bench_now() - began;
    for (uint32_t i = 0; i < ROWS_CHECKED; i++) {
        cd_id u = (cd_id)((uint64_t)size->n * i / ROWS_CHECKED);
        check_row(&s, u, best + (size_t)u * BEST, n_best[u], shared);
    }
    began = bench_now();
    bench_must(cd_shared_top(&s, &o, &alone, best, n_best, &err), &err);
    t->seconds_alone = bench_now() - began;
    t->edges = cd_csr_edges(&by_left);
    for (cd_id c = 0; c < size->n; c++) {
        double degree = cd_csr_degree(&by_right, c);
        t->increments += degree > 256 ? 0 : degree * degree;
    }
    cd_pages_free(best, (size_t)size->n * BEST, sizeof *best);
    cd_pages_free(n_best, size->n, sizeof *n_best);
    cd_pages_free(shared, size->n, sizeof *shared);
    cd_csr_release(&by_left), cd_csr_release(&by_right);
}

int main(int argc, char **argv)
{
    static const similar_size SIZES[] = {{2000, 8000}, {200000, 800000}, {2000000, 8000000}};
    static bench b;
    static bench_samples seconds;
    bench_begin(&b, "similar_nodes", argc, argv);
    char size[64], note[128];
    uint64_t peak = 0;
    similar_times t = {0};
    for (uint32_t i = 0; i < bench_rounds(&b, 3); i++) {
        similar_times one = {0};
        uint64_t now = bench_apart(work, &b, &SIZES[b.scale], &one, sizeof one);
        peak = now > peak ? now : peak;
        bench_add(&seconds, one.seconds);
        t = one;
    }
    snprintf(size, sizeof size, "%u x %u ids, %llu ties", SIZES[b.scale].n, SIZES[b.scale].n,
             (unsigned long long)t.edges);
    snprintf(note, sizeof note, "one thread %.3g s, %.2fx; %.3g M increments a second", t.seconds_alone,
             t.seconds_alone / t.seconds, t.increments / bench_median(&seconds) / 1e6);
    bench_print(&b, &(bench_row){.what = "the 10 most alike of each, by Jaccard", .size = size, .threads = b.threads,
                                 .samples = &seconds, .unit = "s", .note = note});
    bench_print_one(&b, (bench_row){.what = "memory, the graph and the answer too", .size = size, .threads = b.threads,
                                    .unit = "MB", .promise = BENCH_AT_MOST, .bound = 4000}, (double)peak / 1e6);
    return bench_end(&b);
}
