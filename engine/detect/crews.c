/* SPDX-License-Identifier: GPL-3.0-or-later
 * crews.c: who is named with whom, how often, and how often they would be. */
#include "engine/detect/crews.h"

#include <math.h>
#include <stdlib.h>

#include "engine/base/sort.h"
#include "engine/detect/chance.h"
#include "engine/detect/scene_inside.h"

/* How often a pair is named together varies more than a Poisson count does: its rate is known but roughly. */
static const double SHAPE = 3;

/* One officer, or two, in one complaint. */
typedef struct {
    cd_id a, b;
    uint64_t by; /* the complainant; where that is not known the complaint itself */
    cd_id complaint;
    uint32_t at_a, at_b; /* the block they served in: unit and role */
} naming;

/* How often somebody is named while in one block. */
typedef struct {
    uint32_t block;
    double times;
} cell;

/* How often officers of two blocks are named together. */
typedef struct {
    uint64_t blocks; /* lower << 32 | higher */
    double together;
} block_pair;

enum { WITHIN, SAME_UNIT, APART, KINDS };

/* Pairs by what they share of the shifts of whoever of the two worked fewer: of none, and up to so many of a hundred.
 */
enum { BANDS = 6 };
static const uint32_t band_until[BANDS] = {0, 5, 15, 30, 60, 100};

typedef struct {
    const cd_look *look;
    cd_crews *out;
    naming *pairs, *single;
    size_t n_pairs, n_single;
    cd_off *cell_off;
    cell *cells;
    block_pair *blocks;
    size_t n_blocks;
    uint32_t n_roles;
    double *in_block, *squares; /* per block: the sum of its cells, and of their squares */
    double prior[KINDS];        /* how often, for each naming of one times each of the other */
} naming_counts;

/* ---- Who is named ---- */

static int naming_compare(const void *x, const void *y)
{
    const naming *a = x, *b = y;
    if (a->a != b->a) return a->a < b->a ? -1 : 1;
    if (a->b != b->b) return a->b < b->b ? -1 : 1;
    if (a->by != b->by) return a->by < b->by ? -1 : 1;
    return (a->complaint > b->complaint) - (a->complaint < b->complaint);
}

/* In order, one of each complainant. */
static size_t once_each(naming *list, size_t n)
{
    size_t kept = 0;
    if (n > 1) qsort(list, n, sizeof *list, naming_compare);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || list[i].a != list[kept - 1].a || list[i].b != list[kept - 1].b ||
            list[i].by != list[kept - 1].by)
            list[kept++] = list[i];
    return kept;
}

static uint32_t block_of(const naming_counts *c, cd_id o, int64_t at)
{
    cd_post post = cd_scene_post(c->look->scene, o, at);
    return post.unit * c->n_roles + post.role;
}

/* Allegations by complaint: officers come in their order. */
static cd_status crews_of(const cd_complaints *x, cd_off n, bool dismissed, cd_off **off, cd_off **of, cd_err *err)
{
    cd_status st = CD_OK;
    cd_off *next = NULL;
    CD_NEW(*off, (size_t)x->places.n + 1);
    CD_NEW(*of, n);
    CD_NEW(next, (size_t)x->places.n + 1);
    for (cd_off i = 0; i < n; i++) (*off)[x->list[i].complaint + 1] += dismissed || x->list[i].outcome != CD_DISMISSED;
    (void)cd_offsets(*off, x->places.n);
    memcpy(next, *off, ((size_t)x->places.n + 1) * sizeof *next);
    for (cd_off i = 0; i < n; i++)
        if (dismissed || x->list[i].outcome != CD_DISMISSED) (*of)[next[x->list[i].complaint]++] = i;
done:
    cd_free(next);
    return st;
}

static cd_status namings_take(naming_counts *c, bool dismissed, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_complaints *x = &c->look->scene->complaints;
    cd_off *off = NULL, *of = NULL;
    size_t single = 0, pairs = 0;
    CD_TRY(crews_of(x, x->off[c->look->scene->officers.n], dismissed, &off, &of, err));
    for (cd_id k = 0; k < x->places.n; k++) {
        size_t crew = (size_t)(off[k + 1] - off[k]);
        if (crew >= 2 && crew <= CD_CREW_MOST) single += crew, pairs += crew * (crew - 1) / 2;
    }
    CD_TRY(cd_run_fits(c->look->run, "finding who is named with whom", (single + pairs) * sizeof(naming), err));
    CD_NEW(c->single, single);
    CD_NEW(c->pairs, pairs);
    for (cd_id k = 0; k < x->places.n; k++) {
        uint32_t block[CD_CREW_MOST];
        if (off[k + 1] - off[k] < 2 || off[k + 1] - off[k] > CD_CREW_MOST) continue;
        for (cd_off i = off[k]; i < off[k + 1]; i++) {
            const cd_allegation *a = &x->list[of[i]];
            uint64_t by = a->complainant != CD_NONE ? a->complainant : (uint64_t)1 << 32 | k;
            block[i - off[k]] = block_of(c, a->officer, a->at);
            c->single[c->n_single++] = (naming){a->officer, CD_NONE, by, k, block[i - off[k]], 0};
            for (cd_off j = off[k]; j < i; j++)
                c->pairs[c->n_pairs++] =
                    (naming){x->list[of[j]].officer, a->officer, by, k, block[j - off[k]], block[i - off[k]]};
        }
    }
    c->n_single = once_each(c->single, c->n_single), c->n_pairs = once_each(c->pairs, c->n_pairs);
done:
    cd_free(off);
    cd_free(of);
    return st;
}

/* ---- How often, and where ---- */

static cd_status cells_make(naming_counts *c, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = c->look->scene->officers.n;
    size_t blocks = ((size_t)c->look->scene->units.n + 1) * c->n_roles;
    cd_off at = 0;
    size_t i = 0;
    CD_NEW(c->cell_off, (size_t)n + 1);
    CD_NEW(c->cells, c->n_single);
    CD_NEW(c->in_block, blocks);
    CD_NEW(c->squares, blocks);
    CD_NEW(c->out->named, n);
    for (cd_id o = 0; o < n; o++) {
        for (; i < c->n_single && c->single[i].a == o; i++) {
            cd_off k = c->cell_off[o];
            while (k < at && c->cells[k].block != c->single[i].at_a) k++;
            if (k == at) c->cells[at++] = (cell){c->single[i].at_a, 0};
            c->cells[k].times++, c->out->named[o]++;
        }
        c->cell_off[o + 1] = at;
        c->out->people += c->out->named[o] > 0;
        for (cd_off k = c->cell_off[o]; k < at; k++) {
            c->in_block[c->cells[k].block] += c->cells[k].times;
            c->squares[c->cells[k].block] += c->cells[k].times * c->cells[k].times;
        }
    }
done:
    return st;
}

static uint64_t blocks_key(uint32_t a, uint32_t b) { return a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a; }

static uint32_t kind_of(const naming_counts *c, uint32_t a, uint32_t b)
{
    return a == b ? WITHIN : a / c->n_roles == b / c->n_roles ? SAME_UNIT : APART;
}

/* Pairs of namings that there are between two blocks. */
static double chances_between(const naming_counts *c, uint32_t a, uint32_t b)
{
    if (a != b) return c->in_block[a] * c->in_block[b];
    return (c->in_block[a] * c->in_block[a] - c->squares[a]) / 2;
}

static cd_status blocks_make(naming_counts *c, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t *keys = NULL;
    size_t blocks = ((size_t)c->look->scene->units.n + 1) * c->n_roles;
    double together[KINDS] = {0}, chances[KINDS] = {0}, all = 0, of_units = 0, of_blocks = 0;
    CD_NEW(keys, c->n_pairs);
    CD_NEW(c->blocks, c->n_pairs);
    for (size_t i = 0; i < c->n_pairs; i++) {
        keys[i] = blocks_key(c->pairs[i].at_a, c->pairs[i].at_b);
        together[kind_of(c, c->pairs[i].at_a, c->pairs[i].at_b)]++;
    }
    cd_sort_u64(keys, c->n_pairs);
    for (size_t i = 0; i < c->n_pairs; i++) {
        if (i == 0 || keys[i] != keys[i - 1]) c->blocks[c->n_blocks++].blocks = keys[i];
        c->blocks[c->n_blocks - 1].together++;
    }
    for (size_t u = 0; u < blocks; u += c->n_roles) {
        double unit = 0;
        for (size_t g = u; g < u + c->n_roles; g++) {
            unit += c->in_block[g], of_blocks += c->in_block[g] * c->in_block[g];
            chances[WITHIN] += chances_between(c, (uint32_t)g, (uint32_t)g);
        }
        all += unit, of_units += unit * unit;
    }
    chances[SAME_UNIT] = (of_units - of_blocks) / 2, chances[APART] = (all * all - of_units) / 2;
    for (uint32_t k = 0; k < KINDS; k++) c->prior[k] = (together[k] + 0.5) / (chances[k] + 1);
done:
    cd_free(keys);
    return st;
}

static double together_in(const naming_counts *c, uint32_t a, uint32_t b)
{
    uint64_t key = blocks_key(a, b);
    size_t lo = 0, hi = c->n_blocks;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (c->blocks[mid].blocks < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < c->n_blocks && c->blocks[lo].blocks == key ? c->blocks[lo].together : 0;
}

/* ---- What is expected ---- */

/* How often two would be named together, going by all other pairs; own[]: the namings of the pair. */
static double by_others(const naming_counts *c, cd_id a, cd_id b, const naming *own, size_t n)
{
    enum { STRANGERS = 5 }; /* namings that are added at the rate of the force: few say little */
    double sum = 0;
    for (cd_off i = c->cell_off[a]; i < c->cell_off[a + 1]; i++)
        for (cd_off k = c->cell_off[b]; k < c->cell_off[b + 1]; k++) {
            uint32_t g = c->cells[i].block, h = c->cells[k].block;
            double each = c->cells[i].times * c->cells[k].times, prior = c->prior[kind_of(c, g, h)],
                   together = together_in(c, g, h), chances = chances_between(c, g, h) - each;
            for (size_t m = 0; m < n; m++) together -= blocks_key(own[m].at_a, own[m].at_b) == blocks_key(g, h);
            sum += each * (fmax(0, together) + STRANGERS) / (fmax(0, chances) + STRANGERS / prior);
        }
    return sum;
}

/* What a pair has in common beyond what is expected is taken off both, and so what is expected falls: to and fro. */
static double expected_of(const naming_counts *c, cd_id a, cd_id b, const naming *own, size_t n)
{
    enum { ROUNDS = 3 };
    double once = by_others(c, a, b, own, n), expected = once, x = c->out->named[a], y = c->out->named[b];
    for (int k = 0; k < ROUNDS; k++) {
        double beyond = fmax(0, (double)n - expected);
        expected = once * (fmax(1, x - beyond) / x) * (fmax(1, y - beyond) / y);
    }
    return expected;
}

/* ---- Who works with whom ---- */

/* The shifts of each officer who is named with anybody, rising. */
typedef struct {
    cd_off *off;
    cd_id *list;
} shifts_of;

static cd_status shifts_make(const naming_counts *c, shifts_of *x, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = c->look->scene;
    const cd_rosters *r = &s->rosters;
    cd_off n = 0;
    CD_NEW(x->off, (size_t)s->officers.n + 1);
    for (cd_id o = 0; o < s->officers.n && r->claims.off; o++)
        if (c->out->named[o]) n += r->claims.off[o + 1] - r->claims.off[o];
    CD_NEW(x->list, n);
    n = 0;
    for (cd_id o = 0; o < s->officers.n && r->claims.off; o++) {
        for (cd_off i = r->claims.off[o]; i < r->claims.off[o + 1] && c->out->named[o]; i++) {
            cd_id shift = cd_row_id(&r->roster, 1, r->claims.ref[i], &r->places);
            bool known = shift != CD_NONE && r->shifts[shift].starts < r->shifts[shift].ends;
            if (known && r->shifts[shift].ends <= s->as_of) x->list[n++] = shift;
        }
        x->off[o + 1] = n;
        if (n - x->off[o] > 1) qsort(x->list + x->off[o], n - x->off[o], sizeof *x->list, cd_compare_u32);
    }
done:
    return st;
}

static uint32_t band_of(const shifts_of *x, cd_id a, cd_id b)
{
    cd_off i = x->off[a], j = x->off[b], n = x->off[a + 1] - i, m = x->off[b + 1] - j;
    uint64_t both = 0;
    uint32_t band = 0;
    while (i < x->off[a + 1] && j < x->off[b + 1]) {
        bool same = x->list[i] == x->list[j], behind = x->list[i] < x->list[j];
        both += same, i += same || behind, j += !behind;
    }
    while (band + 1 < CD_CREW_BANDS && 100 * both > band_until[band] * (n < m ? n : m)) band++;
    return band;
}

/* How much more easily pairs of each band are named together again; where they are few, as all pairs are. */
static void wider_learn(cd_crews *out)
{
    enum { LIKE_ALL = 2 }; /* pairs that are added */
    double twice[CD_CREW_BANDS] = {0}, expected[CD_CREW_BANDS] = {0}, all = 0, all_expected = 0;
    for (size_t i = 0; i < out->n; i++) {
        const cd_crew_pair *p = &out->pairs[i];
        if (p->shared <= 2) twice[p->band] += p->shared == 2, expected[p->band] += p->expected / 2;
    }
    for (uint32_t b = 0; b < CD_CREW_BANDS; b++) all += twice[b], all_expected += expected[b];
    double of_all = fmax(1, (all + 1) / (all_expected + 1));
    for (uint32_t b = 0; b < CD_CREW_BANDS; b++)
        out->wider[b] = fmax(1, (twice[b] + LIKE_ALL * of_all) / (expected[b] + LIKE_ALL));
}

static cd_status pairs_make(naming_counts *c, cd_err *err)
{
    cd_status st = CD_OK;
    cd_crews *out = c->out;
    shifts_of shifts = {0};
    CD_NEW(out->pairs, c->n_pairs);
    CD_TRY(shifts_make(c, &shifts, err));
    for (size_t i = 0, end; i < c->n_pairs; i = end) {
        const naming *x = &c->pairs[i];
        for (end = i; end < c->n_pairs && c->pairs[end].a == x->a && c->pairs[end].b == x->b;) end++;
        out->pairs[out->n++] = (cd_crew_pair){.a = x->a,
                                              .b = x->b,
                                              .shared = (uint32_t)(end - i),
                                              .band = band_of(&shifts, x->a, x->b),
                                              .expected = expected_of(c, x->a, x->b, x, end - i)};
    }
    wider_learn(out);
    for (size_t i = 0; i < out->n; i++) {
        cd_crew_pair *p = &out->pairs[i];
        p->expected *= out->wider[p->band];
        /* To a thousandth, so that the last bit of a logarithm orders nothing. */
        p->log_p = rint(1000 * cd_chance_spread(p->shared, p->expected, SHAPE)) / 1000;
    }
done:
    cd_free(shifts.off);
    cd_free(shifts.list);
    return st;
}

static int rarer(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static cd_status validate(cd_crews *out, double level, cd_err *err)
{
    cd_status st = CD_OK;
    double *log_p = NULL, edge = -HUGE_VAL, tested = (double)out->people * ((double)out->people - 1) / 2;
    CD_NEW(log_p, out->n);
    for (size_t i = 0; i < out->n; i++) log_p[i] = out->pairs[i].log_p;
    if (out->n > 1) qsort(log_p, out->n, sizeof *log_p, rarer);
    for (size_t k = 0; k < out->n; k++)
        if (log_p[k] <= log10(level * (double)(k + 1) / (tested + 1))) edge = log_p[k];
    for (size_t i = 0; i < out->n; i++) out->pairs[i].validated = out->pairs[i].log_p <= edge;
done:
    cd_free(log_p);
    return st;
}

static cd_status index_make(cd_crews *out, cd_id n, cd_err *err)
{
    cd_status st = CD_OK;
    cd_off *next = NULL;
    CD_NEW(out->off, (size_t)n + 1);
    CD_NEW(out->of, 2 * out->n);
    CD_NEW(next, (size_t)n + 1);
    for (size_t i = 0; i < out->n; i++) out->off[out->pairs[i].a + 1]++, out->off[out->pairs[i].b + 1]++;
    (void)cd_offsets(out->off, n);
    memcpy(next, out->off, ((size_t)n + 1) * sizeof *next);
    for (uint32_t i = 0; i < out->n; i++) out->of[next[out->pairs[i].a]++] = out->of[next[out->pairs[i].b]++] = i;
done:
    cd_free(next);
    return st;
}

cd_status cd_crews_make(const cd_look *look, bool dismissed, cd_crews *out, cd_err *err)
{
    cd_status st = CD_OK;
    naming_counts c = {.look = look, .out = out, .n_roles = look->scene->roles.n + 1};
    *out = (cd_crews){0};
    CD_TRY(namings_take(&c, dismissed, err));
    CD_TRY(cells_make(&c, err));
    CD_TRY(blocks_make(&c, err));
    CD_TRY(pairs_make(&c, err));
    CD_TRY(validate(out, look->policy->number[CD_POLICY_LINK_LEVEL], err));
    CD_TRY(index_make(out, look->scene->officers.n, err));
done:
    cd_free(c.pairs);
    cd_free(c.single);
    cd_free(c.cell_off);
    cd_free(c.cells);
    cd_free(c.blocks);
    cd_free(c.in_block);
    cd_free(c.squares);
    if (st != CD_OK) cd_crews_release(out);
    return st;
}

void cd_crews_release(cd_crews *c)
{
    cd_free(c->named);
    cd_free(c->pairs);
    cd_free(c->off);
    cd_free(c->of);
    *c = (cd_crews){0};
}
