/* SPDX-License-Identifier: GPL-3.0-or-later
 * execute_batch.c: the leading steps of a pipeline for many rows at a time (plan_batch.h).
 *
 * Each step fills a batch of its own and hands it on when it is full, or when some first nodes are done. Where only the
 * first node and the one met are read behind a step, nothing is written for a row but a count by the node met: the
 * inner loop of a projection. What comes out of the last step goes to the steps behind, row by row, after rows that are
 * alike in all that is read of them have become one. Faults come in an order that depends on nothing but the data: the
 * first nodes are taken so many at a time by one thread as by several. */
#include "queries/language/execute_batch.h"

#include <string.h>

static cd_status run_step(batching *b, uint32_t k, const row_batch *in, cd_err *err);

/* ---- Room ---- */

void *batch_room(batching *b, size_t n, size_t size, cd_err *err)
{
    void *p = n > SIZE_MAX / size ? NULL : value_pool_alloc(&b->pool, n ? n * size : 1, err);
    if (p) memset(p, 0, n * size);
    return p;
}

cd_status batch_columns(batching *b, const uint32_t *live, uint32_t n_live, row_batch *out, cd_err *err)
{
    out->times = batch_room(b, BATCH_ROWS, sizeof *out->times, err);
    out->columns = batch_room(b, (size_t)b->r->x->plan->query->n_slots + 1, sizeof *out->columns, err);
    if (!out->times || !out->columns) return CD_EMEMORY;
    for (uint32_t i = 0; i < n_live; i++) {
        out->columns[live[i]] = batch_room(b, BATCH_ROWS, sizeof **out->columns, err);
        if (!out->columns[live[i]]) return CD_EMEMORY;
    }
    return CD_OK;
}

/* The step that filled a slot, or NULL. */
static const batch_step *filler(const batching *b, uint32_t slot)
{
    for (uint32_t k = 0; k < b->plan->n_steps; k++) {
        const batch_step *s = &b->plan->steps[k];
        if ((s->kind == BATCH_NODES && s->step->slot == slot) ||
            (s->kind == BATCH_FOLLOW && (s->step->slot == slot || s->step->edge == slot)))
            return s;
    }
    return NULL;
}

uint32_t batch_table(const batching *b, uint32_t slot)
{
    const batch_step *s = filler(b, slot);
    if (s->kind == BATCH_FOLLOW) return s->step->edge == slot ? s->step->ways[0].table : s->step->ways[0].end;
    uint32_t t = 0;
    while (s->step->tables != table_bit(t)) t++;
    return t;
}

static uint32_t ids_of_table(const batching *b, uint32_t table)
{
    const candour_reader *reader = b->r->x->e.reader;
    return candour_reader_ids(reader, candour_reader_ontology(reader)->tables[table].columns[0].kind);
}

uint32_t batch_nodes_of(const batching *b, uint32_t slot) { return ids_of_table(b, batch_table(b, slot)); }

void batch_fill(batching *b, const row_batch *rows, uint32_t i)
{
    value *slots = b->r->x->e.slots;
    for (uint32_t k = 0; k < b->n_fills; k++) {
        const slot_fill *f = &b->fills[k];
        const uint64_t *column = rows->columns[f->slot];
        /* What is not carried is at most asked whether it is there. */
        if (!column)
            slots[f->slot] = value_boolean(true);
        else if (f->type == VALUE_BOOLEAN)
            slots[f->slot] = column[i] ? value_boolean(true) : value_null();
        else
            slots[f->slot] = (value){.type = f->type, .n = f->table, .as.row = column[i]};
    }
}

static cd_status fills_begin(batching *b, cd_err *err)
{
    b->fills = batch_room(b, (size_t)b->r->x->plan->query->n_slots + 1, sizeof *b->fills, err);
    if (!b->fills) return CD_EMEMORY;
    for (uint32_t k = 0; k < b->plan->n_steps; k++) {
        const batch_step *s = &b->plan->steps[k];
        const plan_step *whole = &b->r->p->steps[s->at];
        bool node = s->kind == BATCH_NODES || s->kind == BATCH_FOLLOW;
        if (node) b->fills[b->n_fills++] = (slot_fill){VALUE_NODE, s->step->slot, batch_table(b, s->step->slot)};
        if (s->kind == BATCH_FOLLOW)
            b->fills[b->n_fills++] = (slot_fill){VALUE_EDGE, s->step->edge, s->step->ways[0].table};
        for (uint32_t j = 0; s->kind == BATCH_OPTIONALLY && j < whole->n_slots; j++)
            b->fills[b->n_fills++] = (slot_fill){VALUE_BOOLEAN, whole->slots[j], 0};
    }
    return CD_OK;
}

static cd_status state_begin(batching *b, uint32_t k, cd_err *err)
{
    cd_status st = CD_OK;
    const batch_step *s = &b->plan->steps[k];
    batch_state *state = &b->states[k];
    CD_TRY(batch_columns(b, s->live, s->n_live, &state->out, err));
    if (s->joined) {
        size_t n = ids_of_table(b, s->step->ways[0].end);
        state->sum = batch_room(b, n, sizeof *state->sum, err);
        state->met = batch_room(b, n, sizeof *state->met, err);
        if (!state->sum || !state->met) return CD_EMEMORY;
        if (s->once) state->seen = batch_room(b, n, sizeof *state->seen, err);
        if (s->once && !state->seen) return CD_EMEMORY;
    }
done:
    return st;
}

static cd_status batching_begin(running *r, cd_err *err)
{
    cd_status st = CD_OK;
    batching *b;
    CD_NEW(b, 1);
    *b = (batching){.r = r, .plan = r->p->batches, .pool = {.held = r->keep.held, .most = r->keep.most}};
    r->batching = b;
    b->states = batch_room(b, b->plan->n_steps, sizeof *b->states, err);
    if (!b->states) return CD_EMEMORY;
    for (uint32_t k = 0; k < b->plan->n_steps; k++) {
        size_t before = b->pool.bytes;
        CD_TRY(state_begin(b, k, err));
        query_stats *stats = r->x->stats;
        if (stats->profile)
            stats->profile[stats->offsets[r->p->number] + b->plan->steps[k].at].bytes += b->pool.bytes - before;
    }
    CD_TRY(fills_begin(b, err));
    CD_TRY(running_sharing(r, 1, err));
    if (r->sharing && !(b->shared = batch_room(b, candour_sharing_room(r->sharing), sizeof *b->shared, err)))
        return CD_EMEMORY;
    CD_TRY(batch_join_begin(b, err));
done:
    return st;
}

/* The pairs of a relation both ways; what they take counts as the query's. Without room for them the edges are
 * followed. */
cd_status running_sharing(running *r, uint32_t threads, cd_err *err)
{
    enum { BYTES_A_ROW = 16 };
    const batch_plan *plan = r->p->batches;
    if (!plan || !plan->shares || r->sharing || r->lent) return CD_OK;
    plan_way back = plan->steps[plan->shares].step->ways[0];
    size_t bytes = BYTES_A_ROW * (size_t)candour_reader_count(r->x->e.reader, back.table);
    if (bytes > r->keep.most - *r->x->held) return CD_OK;
    cd_status st = candour_sharing_open(r->x->e.store, back.table, !back.backwards, threads, r->x->limits->memory_bytes,
                                        &r->sharing, err);
    if (st == CD_OK) r->shared_bytes = bytes, __atomic_add_fetch(r->x->held, bytes, __ATOMIC_RELAXED);
    return st;
}

static void sharing_release(running *r)
{
    if (r->sharing && !r->lent) {
        candour_sharing_close(r->sharing);
        __atomic_sub_fetch(r->x->held, r->shared_bytes, __ATOMIC_RELAXED);
    }
    r->sharing = NULL;
}

void batching_release(running *r)
{
    batching *b = r->batching;
    sharing_release(r);
    if (!b) return;
    for (uint32_t k = 0; b->states && k < b->plan->n_steps; k++) {
        edge_memo_release(&b->states[k].memo);
        row_set_release(&b->states[k].values);
    }
    batch_join_release(b);
    value_pool_release(&b->pool);
    cd_free(b);
    r->batching = NULL;
}

/* ---- Handing on ---- */

static cd_status ticks(batching *b, uint64_t n, cd_err *err)
{
    /* Each tick stands for some hundred rows: they are quick. */
    cd_status st = CD_OK;
    for (uint64_t i = 0; st == CD_OK && i <= n / 128; i++) st = execution_tick(b->r->x, err);
    return st;
}

static cd_status hand_batch(batching *b, uint32_t k, cd_err *err)
{
    row_batch *out = &b->states[k].out;
    if (out->n == 0) return CD_OK;
    cd_status st = run_step(b, k + 1, out, err);
    out->n = 0;
    return st;
}

/* Copies what a step carries of a row of `in`, and returns its place. */
static inline uint32_t carry_row(const batch_step *s, row_batch *out, const row_batch *in, uint32_t i)
{
    for (uint32_t j = 0; j < s->n_live; j++) {
        uint32_t slot = s->live[j];
        if (in->columns[slot]) out->columns[slot][out->n] = in->columns[slot][i];
    }
    return out->n++;
}

/* ---- Following edges ---- */

static cd_status damaged(const batching *b, uint32_t table, cd_err *err)
{
    return cd_fail(err, CD_ESTORE, "the store is damaged: a row of '%s' names what is not there; see `candour verify`",
                   candour_reader_ontology(b->r->x->e.reader)->tables[table].name);
}

static candour_rows rows_of(const batching *b, plan_way w, uint64_t id, uint32_t part)
{
    const candour_reader *reader = b->r->x->e.reader;
    return w.backwards ? candour_reader_of_right(reader, w.table, (uint32_t)id, part)
                       : candour_reader_of_left(reader, w.table, (uint32_t)id, part);
}

static inline void meet(batch_state *state, uint32_t node, uint64_t times)
{
    if (state->sum[node] == 0) state->met[state->n_met++] = node;
    state->sum[node] += times;
}

static bool is_apart(const plan_step *s, const row_batch *in, uint32_t i, uint32_t node)
{
    for (uint32_t a = 0; a < s->n_apart; a++)
        if (in->columns[s->apart[a]][i] == node) return true;
    return false;
}

/* Counts by the node met. */
static bool sum_rows(batching *b, uint32_t at, const row_batch *in, uint32_t i, const candour_rows *rows,
                     uint32_t n_nodes, uint32_t but)
{
    const batch_step *s = &b->plan->steps[at];
    batch_state *state = &b->states[at];
    uint64_t back = s->less_first ? b->states[s->before].brought : 0;
    uint64_t first = s->less_first ? in->columns[b->plan->steps[0].step->slot][i] : 0;
    uint64_t times = in->times[i];
    bool plain = but == CANDOUR_NO_ID && s->step->n_apart == 0 && !s->less_first && !s->once && s->step->n_slots == 0;
    for (uint64_t k = 0; plain && k < rows->n; k++) {
        if (rows->other[k] >= n_nodes) return false;
        meet(state, rows->other[k], times);
    }
    for (uint64_t k = 0; !plain && k < rows->n; k++) {
        uint32_t node = rows->other[k];
        if (node >= n_nodes) return false;
        uint64_t mine = times - (node == first ? back : 0);
        if (mine == 0 || node == but || is_apart(s->step, in, i, node)) continue;
        if (s->once && state->seen[node] == state->rows) continue;
        if (s->once) state->seen[node] = state->rows, mine = 1;
        bool taken = false;
        for (uint32_t e = 0; e < s->step->n_slots && !s->less_first; e++)
            taken |= in->columns[s->step->slots[e]][i] == candour_row_at(rows, k);
        if (!taken) meet(state, node, mine);
    }
    return true;
}

static cd_status write_rows(batching *b, uint32_t k, const row_batch *in, uint32_t i, const candour_rows *rows,
                            uint32_t n_nodes, uint32_t but, cd_err *err)
{
    cd_status st = CD_OK;
    const batch_step *s = &b->plan->steps[k];
    row_batch *out = &b->states[k].out;
    uint64_t *nodes = out->columns[s->step->slot], *edges = out->columns[s->step->edge];
    uint64_t back = s->less_first ? b->states[s->before].brought : 0;
    uint64_t first = s->less_first ? in->columns[b->plan->steps[0].step->slot][i] : 0;
    for (uint64_t j = 0; j < rows->n; j++) {
        uint32_t node = rows->other[j];
        if (node >= n_nodes) return damaged(b, s->step->ways[0].table, err);
        uint64_t times = in->times[i] - (node == first ? back : 0), row = candour_row_at(rows, j);
        bool taken = times == 0 || node == but || is_apart(s->step, in, i, node);
        for (uint32_t e = 0; e < s->step->n_slots && !s->less_first; e++)
            taken |= in->columns[s->step->slots[e]][i] == row;
        if (taken) continue;
        uint32_t to = carry_row(s, out, in, i);
        if (nodes) nodes[to] = node;
        if (edges) edges[to] = row;
        out->times[to] = times;
        if (out->n == BATCH_ROWS) CD_TRY(hand_batch(b, k, err));
    }
done:
    return st;
}

/* The rows of one way from row i's node; not those to `but`. */
static cd_status follow_way(batching *b, uint32_t k, const row_batch *in, uint32_t i, plan_way w, uint32_t but,
                            cd_err *err)
{
    cd_status st = CD_OK;
    const batch_step *s = &b->plan->steps[k];
    uint32_t n_nodes = ids_of_table(b, w.end), parts = candour_reader_parts(b->r->x->e.reader);
    uint64_t met = 0;
    for (uint32_t p = 0; p < parts; p++) {
        candour_rows rows = rows_of(b, w, in->columns[s->step->from][i], p);
        met += rows.n;
        if (!s->joined)
            CD_TRY(write_rows(b, k, in, i, &rows, n_nodes, but, err));
        else if (!sum_rows(b, k, in, i, &rows, n_nodes, but))
            return damaged(b, w.table, err);
    }
    CD_TRY(ticks(b, met, err));
done:
    return st;
}

static cd_status follow(batching *b, uint32_t k, const row_batch *in, cd_err *err)
{
    cd_status st = CD_OK;
    const batch_step *s = &b->plan->steps[k];
    batch_state *state = &b->states[k];
    for (uint32_t i = 0; i < in->n; i++) {
        state->rows++, state->brought += in->times[i];
        for (uint32_t w = 0; w < s->step->n_ways; w++) {
            /* An edge back to its own beginning is one edge either way. */
            bool again = s->step->n_ways > 1 && s->step->ways[w].backwards;
            uint32_t but = again ? (uint32_t)in->columns[s->step->from][i] : CANDOUR_NO_ID;
            CD_TRY(follow_way(b, k, in, i, s->step->ways[w], but, err));
        }
    }
done:
    return st;
}

enum { BLOCK = 64 };

static uint32_t most_of_block(const uint32_t *shared)
{
    uint32_t most = 0;
    for (int i = 0; i < BLOCK; i++) most = shared[i] > most ? shared[i] : most;
    return most;
}

/* What a first node shares with every other, at once. */
static cd_status share(batching *b, uint32_t k, const row_batch *in, cd_err *err)
{
    cd_status st = CD_OK;
    const batch_step *s = &b->plan->steps[k];
    row_batch *out = &b->states[k].out;
    uint32_t first_slot = b->plan->steps[0].step->slot, n_nodes = ids_of_table(b, s->step->ways[0].end);
    uint64_t *nodes = out->columns[s->step->slot], *firsts = out->columns[first_slot], least = batch_least(b);
    if (least == 0) least = 1;
    for (uint32_t i = 0; i < in->n; i++) {
        candour_sharing_row(b->r->sharing, (uint32_t)in->columns[first_slot][i], b->shared);
        for (uint32_t node = 0; node < n_nodes; node++) {
            /* The counters end on a whole block of room: most blocks hold nothing that matters, and are passed at once.
             */
            if (node % BLOCK == 0 && most_of_block(b->shared + node) < least) {
                node += BLOCK - 1;
                continue;
            }
            if (b->shared[node] < least) continue;
            if (nodes) nodes[out->n] = node;
            if (firsts) firsts[out->n] = in->columns[first_slot][i];
            out->times[out->n++] = b->shared[node];
            if (out->n == BATCH_ROWS) CD_TRY(hand_batch(b, k, err));
        }
        CD_TRY(ticks(b, n_nodes, err));
    }
done:
    return st;
}

/* The rows that became one, of a first node that is done. */
static cd_status hand_joined(batching *b, uint32_t k, uint64_t first, cd_err *err)
{
    cd_status st = CD_OK;
    const batch_step *s = &b->plan->steps[k];
    batch_state *state = &b->states[k];
    row_batch *out = &state->out;
    uint32_t first_slot = b->plan->steps[0].step->slot;
    uint64_t *nodes = out->columns[s->step->slot], *firsts = out->columns[first_slot];
    uint64_t least = k + 1 == b->plan->n_steps || b->plan->steps[k + 1].kind == BATCH_WHERE ? batch_least(b) : 0;
    for (uint32_t i = 0; i < state->n_met; i++) {
        uint32_t node = state->met[i];
        uint64_t times = state->sum[node];
        state->sum[node] = 0;
        if (times < least) continue;
        if (nodes) nodes[out->n] = node;
        if (firsts) firsts[out->n] = first;
        out->times[out->n++] = times;
        if (out->n == BATCH_ROWS) CD_TRY(hand_batch(b, k, err));
    }
    CD_TRY(hand_batch(b, k, err));
    state->n_met = 0;
done:
    return st;
}

/* ---- Counting edges ---- */

static uint64_t degree(const batching *b, plan_way w, uint64_t id)
{
    uint64_t n = 0;
    for (uint32_t p = 0, parts = candour_reader_parts(b->r->x->e.reader); p < parts; p++) n += rows_of(b, w, id, p).n;
    return n;
}

/* How many of the edges found before would be counted again. Those to a node that is told apart are left out as such.
 */
static uint64_t edges_taken(const batching *b, uint32_t k, const row_batch *in, uint32_t i)
{
    const batch_step *s = &b->plan->steps[k];
    uint64_t n = 0, from = in->columns[s->step->from][i];
    for (uint32_t e = 0; e < s->n_taken; e++) {
        uint64_t to = in->columns[s->taken[e].to][i];
        bool same =
            in->columns[s->taken[e].from][i] == from && (!s->step->known || in->columns[s->step->slot][i] == to);
        n += same && !is_apart(s->step, in, i, (uint32_t)to);
    }
    return n;
}

static uint64_t count_edges(batching *b, uint32_t k, const row_batch *in, uint32_t i)
{
    const plan_step *s = b->plan->steps[k].step;
    edge_memo *memo = &b->states[k].memo;
    uint32_t from = (uint32_t)in->columns[s->from][i];
    if (s->known)
        return edges_by_memo(b->r, memo, s->ways[0], from, (uint32_t)in->columns[s->slot][i]) -
               edges_taken(b, k, in, i);
    uint64_t n = degree(b, s->ways[0], from) - edges_taken(b, k, in, i);
    for (uint32_t a = 0; a < s->n_apart; a++) {
        bool again = false;
        uint64_t other = in->columns[s->apart[a]][i];
        for (uint32_t c = 0; c < a; c++) again |= in->columns[s->apart[c]][i] == other;
        if (!again) n -= edges_by_memo(b->r, memo, s->ways[0], from, (uint32_t)other);
    }
    return n;
}

static cd_status count(batching *b, uint32_t k, const row_batch *in, cd_err *err)
{
    cd_status st = CD_OK;
    const batch_step *s = &b->plan->steps[k];
    const plan_step *whole = &b->r->p->steps[s->at];
    row_batch *out = &b->states[k].out;
    bool optional = s->kind == BATCH_OPTIONALLY;
    for (uint32_t i = 0; i < in->n; i++) {
        uint64_t n = count_edges(b, k, in, i);
        if (n == 0 && !optional) continue;
        uint32_t to = carry_row(s, out, in, i);
        out->times[to] = in->times[i] * (n ? n : 1);
        for (uint32_t j = 0; optional && j < whole->n_slots; j++)
            if (out->columns[whole->slots[j]]) out->columns[whole->slots[j]][to] = n > 0;
        if (out->n == BATCH_ROWS) CD_TRY(hand_batch(b, k, err));
    }
    CD_TRY(ticks(b, in->n, err));
done:
    return st;
}

/* ---- Conditions ---- */

static cd_status where(batching *b, uint32_t k, const row_batch *in, cd_err *err)
{
    cd_status st = CD_OK;
    const batch_step *s = &b->plan->steps[k];
    row_batch *out = &b->states[k].out;
    uint16_t kept[BATCH_ROWS];
    uint32_t n;
    CD_TRY(batch_where(b, k, in, kept, &n, err));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t to = carry_row(s, out, in, kept[i]);
        out->times[to] = in->times[kept[i]];
        if (out->n == BATCH_ROWS) CD_TRY(hand_batch(b, k, err));
    }
    CD_TRY(ticks(b, in->n, err));
done:
    return st;
}

/* ---- The whole ---- */

static cd_status run_step_of(batching *b, uint32_t k, const row_batch *in, cd_err *err)
{
    if (k == b->plan->n_steps) return batch_join(b, in, err);
    if (b->shared && k + 1 == b->plan->shares) return share(b, k + 1, in, err);
    switch (b->plan->steps[k].kind) {
    case BATCH_FOLLOW: return follow(b, k, in, err);
    case BATCH_WHERE: return where(b, k, in, err);
    default: return count(b, k, in, err);
    }
}

static cd_status run_step(batching *b, uint32_t k, const row_batch *in, cd_err *err)
{
    query_stats *stats = b->r->x->stats;
    if (!stats->profile) return run_step_of(b, k, in, err);
    step_profile *p = &stats->profile[stats->offsets[b->r->p->number]];
    for (uint32_t i = 0; i < in->n && k < b->plan->n_steps; i++) p[b->plan->steps[k - 1].at].rows += in->times[i];
    double before = execution_clock();
    cd_status st = run_step_of(b, k, in, err);
    if (k < b->plan->n_steps) p[b->plan->steps[k].at].seconds += execution_clock() - before;
    return st;
}

/* Nothing of what the first nodes brought waits any more. */
static cd_status drain(batching *b, uint64_t first, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t k = 0; k < b->plan->n_steps; k++) {
        if (b->plan->steps[k].joined)
            CD_TRY(hand_joined(b, k, first, err));
        else
            CD_TRY(hand_batch(b, k, err));
    }
    for (uint32_t k = 0; k < b->plan->n_steps; k++) b->states[k].brought = 0;
done:
    return st;
}

/* Some first nodes, whole. */
static cd_status run_nodes(batching *b, uint64_t first, uint64_t last, uint64_t times, cd_err *err)
{
    cd_status st = CD_OK;
    row_batch *out = &b->states[0].out;
    uint64_t *nodes = out->columns[b->plan->steps[0].step->slot];
    uint32_t ends = b->r->p->steps[0].ends;
    for (uint64_t id = first; id < last; id++) {
        if (nodes) nodes[out->n] = id;
        out->times[out->n++] = times;
        if (!b->plan->by_node) continue;
        CD_TRY(drain(b, id, err));
        if (!ends) continue;
        CD_TRY(batch_join_end(b, err));
        CD_TRY(end_groups_of_node(b->r, ends, err));
    }
    CD_TRY(drain(b, 0, err));
    CD_TRY(batch_join_end(b, err));
done:
    return st;
}

cd_status running_in_batches(running *r, uint64_t times, cd_err *err)
{
    enum { TAKEN = 64 };
    cd_status st = CD_OK;
    if (!r->batching) CD_TRY(batching_begin(r, err));
    batching *b = r->batching;
    uint64_t n = batch_nodes_of(b, b->plan->steps[0].step->slot);
    uint64_t first = r->last ? r->first : 0, last = r->last && r->last < n ? r->last : n;
    for (uint64_t at = first; at < last && !enough(r, 0); at += TAKEN)
        CD_TRY(run_nodes(b, at, at + TAKEN < last ? at + TAKEN : last, times, err));
done:
    return st;
}
