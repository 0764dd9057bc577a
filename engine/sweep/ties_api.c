/* SPDX-License-Identifier: GPL-3.0-or-later
 * ties_api.c: pairs of officers who are tied, straight from the store: what candour.h says of them. */
#include <omp.h>
#include <stdlib.h>

#include "engine/detect/tied_pairs.h"
#include "engine/sweep/cite.h"
#include "engine/sweep/combine.h"
#include "engine/sweep/sweep_inside.h"

typedef struct {
    double log_p;
    uint32_t pair;
    bool explained;
} place;

struct candour_ties {
    cd_scene *scene;
    cd_reach reach;
    cd_tied_pairs pairs;
    place *order;
    /* Of the pair that was asked for last. */
    cd_buffer words;
    cd_text_pool pool;
    cd_image rows;
};

static int place_compare(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->explained != y->explained) return x->explained - y->explained;
    if (x->log_p != y->log_p) return x->log_p < y->log_p ? -1 : 1;
    return (x->pair > y->pair) - (x->pair < y->pair);
}

cd_status candour_ties_open(candour_store *store, const candour_policy *policy, const candour_sweep_options *options,
                            candour_ties **out, cd_err *err)
{
    cd_status st = CD_OK;
    candour_ties *t = NULL;
    const cd_policy *p = cd_policy_of(policy);
    const cd_scene_options day = {.as_of = options->as_of == CANDOUR_UNKNOWN ? INT64_MAX : options->as_of,
                                  .needs = CD_NEEDS_LINKS | CD_NEEDS_TIES | CD_NEEDS_DECLARATIONS};
    const cd_run run = {.threads = options->threads ? options->threads : (uint32_t)omp_get_num_procs(),
                        .memory_bytes = options->memory_bytes,
                        .progress = options->progress};
    CD_NEW(t, 1);
    CD_TRY(cd_scene_open(store, &day, &run, &t->scene, err));
    CD_TRY(cd_reach_make(t->scene, p, &run, false, &t->reach, err));
    CD_TRY(cd_tied_pairs_make(t->scene, &t->reach, p, &run, &t->pairs, err));
    CD_NEW(t->order, t->pairs.n);
    for (size_t i = 0; i < t->pairs.n; i++)
        t->order[i] = (place){t->pairs.list[i].log_p, (uint32_t)i, t->pairs.list[i].reason != CD_PAIR_HIDDEN};
    if (t->pairs.n > 1) qsort(t->order, t->pairs.n, sizeof *t->order, place_compare);
    CD_TRY(cd_snapshot_judge(cd_store_snapshot(store), CD_OK, err));
    *out = t, t = NULL;
done:
    candour_ties_close(t);
    return cd_snapshot_judge(cd_store_snapshot(store), st, err);
}

void candour_ties_close(candour_ties *t)
{
    if (!t) return;
    cd_image_release(&t->rows);
    cd_text_pool_release(&t->pool);
    cd_buffer_release(&t->words);
    cd_free(t->order);
    cd_tied_pairs_release(&t->pairs);
    cd_reach_release(&t->reach);
    cd_scene_close(t->scene);
    cd_free(t);
}

uint64_t candour_ties_count(const candour_ties *t) { return t->pairs.n; }

bool candour_ties_has(const candour_ties *t, cd_slice officer)
{
    for (cd_id o = 0; o < t->scene->officers.n; o++)
        if (cd_slice_equal(cd_scene_officer(t->scene, o), officer)) return true;
    return false;
}

candour_tied candour_ties_pair(const candour_ties *t, uint64_t i)
{
    const cd_tied_pair *p = &t->pairs.list[t->order[i].pair];
    return (candour_tied){.a = cd_scene_officer(t->scene, p->a),
                          .b = cd_scene_officer(t->scene, p->b),
                          .reason = p->reason == CD_PAIR_HIDDEN ? "" : cd_pair_reason_about(p->reason),
                          .validated = p->validated,
                          .paths = p->paths,
                          .officers = p->officers,
                          .expected = p->expected,
                          .since = p->from};
}

static cd_status rows_take(candour_ties *t, const cd_tied_pair *p, cd_err *err)
{
    cd_status st = CD_OK;
    cd_citer *citer = NULL;
    cd_cited *cited = NULL;
    uint32_t n_a = cd_reach_rows(t->scene, &t->reach, p->a, p->path_a, 0, NULL),
             n = n_a + cd_reach_rows(t->scene, &t->reach, p->b, p->path_b, 0, NULL);
    cd_image *m = &t->rows;
    cd_image_release(m);
    cd_text_pool_release(&t->pool);
    CD_NEW(cited, n);
    (void)cd_reach_rows(t->scene, &t->reach, p->a, p->path_a, 0, cited);
    (void)cd_reach_rows(t->scene, &t->reach, p->b, p->path_b, 0, cited + n_a);
    CD_NEW(m->cited_table, n);
    CD_NEW(m->cited_of, n);
    CD_NEW(m->cited_other, n);
    CD_NEW(m->cited_says, n);
    CD_NEW(m->cited_source, n);
    CD_NEW(m->cited_line, n);
    CD_NEW(m->cited_at, n);
    CD_NEW(m->cited_counts, n);
    CD_TRY(cd_citer_new(t->scene, &t->pool, &citer, err));
    for (uint32_t i = 0; i < n; i++) CD_TRY(cd_cite_take(citer, &cited[i], m, i, err));
    m->n_cited_at = n;
done:
    cd_citer_free(citer);
    cd_free(cited);
    return st;
}

cd_status candour_ties_evidence(candour_ties *t, uint64_t i, cd_slice *words, uint32_t *n_rows, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_tied_pair *p = &t->pairs.list[t->order[i].pair];
    CD_TRY(rows_take(t, p, err));
    t->words.n = 0;
    cd_tied_pair_words(t->scene, &t->reach, p, &t->words);
    if (t->words.status != CD_OK) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory for the words of a tie"));
    *words = (cd_slice){t->words.bytes, (uint32_t)t->words.n}, *n_rows = (uint32_t)t->rows.n_cited_at;
done:
    return st;
}

static cd_slice text_of(const candour_ties *t, uint32_t i)
{
    if (i >= t->pool.n) return (cd_slice){NULL, 0};
    uint64_t lo = i ? t->pool.ends[i - 1] : 0;
    return (cd_slice){t->pool.bytes.bytes + lo, (uint32_t)(t->pool.ends[i] - lo)};
}

candour_row candour_ties_row(const candour_ties *t, uint32_t k)
{
    const cd_image *m = &t->rows;
    return (candour_row){.table = text_of(t, m->cited_table[k]),
                         .source = text_of(t, m->cited_source[k]),
                         .of = text_of(t, m->cited_of[k]),
                         .other = text_of(t, m->cited_other[k]),
                         .says = text_of(t, m->cited_says[k]),
                         .line = m->cited_line[k],
                         .at = m->cited_at[k]};
}

static candour_tie_step step_of(const candour_ties *t, const cd_reach_step *s)
{
    return (candour_tie_step){.id = cd_scene_association(t->scene, s->association),
                              .kind = t->scene->ties.kinds.text[t->scene->ties.kind[s->association]],
                              .officers = t->reach.officers[s->association]};
}

/* There by the steps of one, back by those of the other: what leads to a step on the way back is the row of the step
 * before it. */
uint32_t candour_ties_path(const candour_ties *t, uint64_t i, candour_tie_step out[CANDOUR_TIE_STEPS])
{
    _Static_assert((int)CANDOUR_TIE_STEPS >= 2 * (int)CD_REACH_STEPS, "both ways and both ends");
    const cd_tied_pair *p = &t->pairs.list[t->order[i].pair];
    cd_reach_step step[CD_REACH_STEPS];
    uint32_t n = 1, steps = cd_reach_steps(t->scene, &t->reach, p->a, p->path_a, step);
    out[0] = (candour_tie_step){.id = cd_scene_officer(t->scene, p->a), .from = CANDOUR_UNKNOWN};
    for (uint32_t k = 0; k < steps; k++, n++) {
        out[n] = step_of(t, &step[k]);
        out[n].says = step[k].says, out[n].from = step[k].from;
    }
    steps = cd_reach_steps(t->scene, &t->reach, p->b, p->path_b, step);
    for (uint32_t k = steps; k-- > 0; n++) {
        out[n] = k ? step_of(t, &step[k - 1]) : (candour_tie_step){.id = cd_scene_officer(t->scene, p->b)};
        out[n].says = step[k].says, out[n].from = step[k].from;
    }
    return n;
}
