/* SPDX-License-Identifier: GPL-3.0-or-later
 * closeness.c: breadth first from many at once (Then et al. 2014): a bit a source, so that a vertex asks its neighbours
 * once for all of them. Each vertex looks for itself which bits its neighbours had in the level before, and writes its
 * own words alone. How many vertices each source reaches in a level is counted in whole numbers; what those make is
 * summed level by level, by one thread. */
#include "engine/graph/closeness.h"

#include <omp.h>
#include <string.h>

enum { WORDS = 4, AT_ONCE = 64 * WORDS };

typedef struct {
    uint64_t at[WORDS];
} bits;

/* Ones by the place they stand at: byte b of bytes[j].at[w] counts bit 8 b + j of word w, up to 255. */
typedef struct {
    bits bytes[8];
    uint32_t n;
    uint64_t count[AT_ONCE];
} tally;

typedef struct {
    const cd_csr *g;
    uint32_t threads;
    bits all;                   /* a bit for each source of the batch */
    bits *seen, *level, *next;  /* who has come here at all, in the last level, in this one */
    tally *tallies;             /* per thread */
} crowd;

size_t cd_closeness_bytes(cd_id n) { return 3 * sizeof(bits) * (size_t)n; }

static void settle(tally *t)
{
    for (uint32_t j = 0; j < 8; j++)
        for (uint32_t i = 0; i < AT_ONCE / 8; i++)
            t->count[i * 8 + j] += t->bytes[j].at[i / 8] >> (i % 8 * 8) & 0xff;
    memset(t->bytes, 0, sizeof t->bytes);
    t->n = 0;
}

static inline void count(tally *t, const bits *new)
{
    for (uint32_t j = 0; j < 8; j++)
        for (uint32_t w = 0; w < WORDS; w++) t->bytes[j].at[w] += new->at[w] >> j & 0x0101010101010101;
    if (++t->n == 255) settle(t);
}

/* Whose turn at v it is in this level. */
static void come_to(crowd *c, cd_id v, tally *t)
{
    bits missing, come = {0};
    uint64_t any = 0;
    for (uint32_t w = 0; w < WORDS; w++) any |= missing.at[w] = c->all.at[w] & ~c->seen[v].at[w];
    for (cd_off p = c->g->off[v], end = any ? c->g->off[v + 1] : p; p < end; p++) {
        const bits *there = &c->level[c->g->adj[p]];
        uint64_t lacking = 0;
        for (uint32_t w = 0; w < WORDS; w++) come.at[w] |= there->at[w], lacking |= missing.at[w] & ~come.at[w];
        if (!lacking) break;
    }
    any = 0;
    for (uint32_t w = 0; w < WORDS; w++) {
        any |= c->next[v].at[w] = come.at[w] & missing.at[w];
        c->seen[v].at[w] |= c->next[v].at[w];
    }
    if (any) count(t, &c->next[v]);
}

/* One level further; count[i]: how many source i came to. */
static void step(crowd *c, uint64_t *count_of)
{
    #pragma omp parallel num_threads(c->threads)
    {
        tally *mine = &c->tallies[omp_get_thread_num()];
        memset(mine, 0, sizeof *mine);
        #pragma omp for schedule(dynamic, 1024)
        for (cd_id v = 0; v < c->g->n_left; v++) come_to(c, v, mine);
        settle(mine);
    }
    memset(count_of, 0, AT_ONCE * sizeof *count_of);
    for (uint32_t t = 0; t < c->threads; t++)
        for (uint32_t i = 0; i < AT_ONCE; i++) count_of[i] += c->tallies[t].count[i];
    bits *swap = c->level;
    c->level = c->next, c->next = swap;
}

static void walk(crowd *c, const cd_id *sources, uint32_t n, cd_closeness *out)
{
    uint64_t count_of[AT_ONCE];
    bool any = true;
    memset(c->seen, 0, c->g->n_left * sizeof *c->seen);
    memset(c->level, 0, c->g->n_left * sizeof *c->level);
    memset(c->tallies, 0, c->threads * sizeof *c->tallies); /* a team may be smaller than was asked for */
    c->all = (bits){0};
    for (uint32_t i = 0; i < n; i++) {
        uint64_t bit = (uint64_t)1 << (i % 64);
        c->all.at[i / 64] |= bit;
        c->seen[sources[i]].at[i / 64] |= bit;
        c->level[sources[i]].at[i / 64] |= bit;
        out[i] = (cd_closeness){0};
    }
    for (uint32_t level = 1; any; level++) {
        step(c, count_of);
        any = false;
        for (uint32_t i = 0; i < n; i++) {
            if (count_of[i] == 0) continue;
            any = true;
            out[i].far += level * count_of[i];
            out[i].reached += (cd_id)count_of[i];
            out[i].most = level;
            out[i].harmonic += (double)count_of[i] / level;
        }
    }
}

cd_status cd_closeness_of(const cd_csr *g, const cd_id *sources, cd_id n_sources, const cd_run *run, cd_closeness *out,
                          cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = g->n_left;
    crowd c = {.g = g, .threads = run->threads};
    bits *arrays = NULL;
    for (cd_id i = 0; i < n_sources; i++)
        if (sources[i] >= n) return cd_fail(err, CD_EUSAGE, "vertex %u of %u: there is no such vertex", sources[i], n);
    CD_TRY(cd_run_fits(run, "closeness", cd_closeness_bytes(n), err));
    arrays = cd_pages_new(3 * (size_t)n, sizeof *arrays, err);
    if (!arrays) CD_TRY(CD_EMEMORY);
    CD_NEW(c.tallies, run->threads);
    c.seen = arrays, c.level = c.seen + n, c.next = c.level + n;
    for (cd_id i = 0; i < n_sources; i += AT_ONCE) {
        CD_TRY(cd_run_step(run, "measuring distances", i, err));
        walk(&c, sources + i, n_sources - i < AT_ONCE ? n_sources - i : AT_ONCE, out + i);
    }
done:
    cd_pages_free(arrays, 3 * (size_t)n, sizeof *arrays);
    cd_free(c.tallies);
    return st;
}
