/* SPDX-License-Identifier: GPL-3.0-or-later
 * execute_batch_join.c: from batches to the steps behind them. Rows that are alike in all that is read of them become
 * one, so many times: of some thousands that wait in a table. Where few are alike they pass as they come. */
#include <string.h>

#include "queries/language/execute_batch.h"

enum { PLACES = 4096, MOST_WAITING = BATCH_ROWS, TRIED = 4 * BATCH_ROWS };

static row_key key_read(const batching *b, slot_read read)
{
    row_key key = {.kind = KEY_WHOLE, .slot = read.slot};
    if (read.column < 0) return key;
    key.table = batch_table(b, read.slot), key.column = (uint32_t)read.column;
    const candour_table *shape = &candour_reader_ontology(b->r->x->e.reader)->tables[key.table];
    candour_type type = shape->columns[read.column].type;
    key.kind = shape->class_of != CANDOUR_RELATION ? KEY_NODE
               : type == CANDOUR_REAL              ? KEY_REAL
               : type == CANDOUR_TEXT              ? KEY_TEXT
                                                   : KEY_NUMBER;
    return key;
}

cd_status batch_join_begin(batching *b, cd_err *err)
{
    cd_status st = CD_OK;
    row_joiner *j = &b->joiner;
    uint32_t n_keys = b->plan->n_keys;
    const batch_step *last = &b->plan->steps[b->plan->n_steps - 1];
    /* A pair that is a group of its own is alike no other. */
    j->idle = b->plan->sort > 0;
    CD_TRY(batch_columns(b, last->live, last->n_live, &j->rows, err));
    j->keys = batch_room(b, (size_t)MOST_WAITING * n_keys, sizeof *j->keys, err);
    j->places = batch_room(b, PLACES, sizeof *j->places, err);
    j->sorts = batch_room(b, n_keys, sizeof *j->sorts, err);
    j->values = batch_room(b, n_keys, sizeof *j->values, err);
    j->by = batch_room(b, n_keys, sizeof *j->by, err);
    if (!j->keys || !j->places || !j->sorts || !j->values || !j->by) return CD_EMEMORY;
    for (uint32_t k = 0; k < n_keys; k++) {
        j->by[k] = key_read(b, b->plan->keys[k]);
        if (j->by[k].kind == KEY_NODE) CD_TRY(batch_sorts_init(b, &j->sorts[k], &j->values[k], j->by[k].slot, err));
    }
done:
    return st;
}

void batch_join_release(batching *b)
{
    for (uint32_t i = 0; b->joiner.values && i < b->plan->n_keys; i++) row_set_release(&b->joiner.values[i]);
}

uint64_t batch_least(const batching *b)
{
    if (!b->plan->sort) return 0;
    const step_state *sort = &b->r->states[b->plan->sort];
    if (!sort->passed || sort->limit == 0) return 0;
    value least = sort->rows[sort->limit - 1][b->r->p->steps[b->plan->sort].projection->n_items];
    return least.type == VALUE_INTEGER && least.as.integer > 0 ? (uint64_t)least.as.integer : 0;
}

static cd_status hand_row(batching *b, const row_batch *rows, uint32_t i, cd_err *err)
{
    cd_status st = execution_tick(b->r->x, err);
    if (st != CD_OK) return st;
    batch_fill(b, rows, i);
    return hand_on(b->r, b->plan->n_steps, rows->times[i], err);
}

cd_status batch_join_end(batching *b, cd_err *err)
{
    cd_status st = CD_OK;
    row_joiner *j = &b->joiner;
    for (uint32_t i = 0; i < j->rows.n; i++) CD_TRY(hand_row(b, &j->rows, i, err));
    if (j->rows.n) memset(j->places, 0, PLACES * sizeof *j->places);
    j->let += j->rows.n, j->rows.n = 0;
    if (j->taken >= TRIED) {
        j->idle = j->let > j->taken / 2;
        j->taken = j->let = 0;
    }
done:
    return st;
}

/* What is read of a row, as one number: alike only where it is the same. */
static cd_status key_of(batching *b, uint32_t k, const row_batch *in, uint32_t i, uint64_t *out, cd_err *err)
{
    cd_status st = CD_OK;
    const row_key *key = &b->joiner.by[k];
    const candour_reader *reader = b->r->x->e.reader;
    uint64_t of = in->columns[key->slot][i];
    double real;
    uint32_t number;
    switch (key->kind) {
    case KEY_WHOLE: *out = of; break;
    case KEY_NODE:
        CD_TRY(batch_sort_of(b, &b->joiner.sorts[k], NULL, b->plan->keys[k], of, &number, err));
        *out = number;
        break;
    case KEY_REAL:
        real = candour_reader_real(reader, key->table, key->column, of);
        memcpy(out, &real, sizeof *out);
        break;
    default:
        *out = (uint64_t)candour_reader_integer(reader, key->table, key->column, of);
        /* A text's code holds within its part alone. */
        if (key->kind == KEY_TEXT && *out != (uint64_t)CANDOUR_UNKNOWN) *out = *out << 24 | candour_row_part(of);
    }
done:
    return st;
}

static bool alike(const uint64_t *a, const uint64_t *b, uint32_t n)
{
    uint64_t differ = 0;
    for (uint32_t i = 0; i < n; i++) differ |= a[i] ^ b[i];
    return differ == 0;
}

static cd_status take_row(batching *b, const row_batch *in, uint32_t i, cd_err *err)
{
    cd_status st = CD_OK;
    row_joiner *j = &b->joiner;
    uint32_t n_keys = b->plan->n_keys;
    const batch_step *last = &b->plan->steps[b->plan->n_steps - 1];
    if (j->rows.n == MOST_WAITING) CD_TRY(batch_join_end(b, err));
    uint64_t *key = &j->keys[(size_t)j->rows.n * n_keys], hash = 0;
    for (uint32_t k = 0; k < n_keys; k++) {
        CD_TRY(key_of(b, k, in, i, &key[k], err));
        hash = (hash ^ key[k]) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    j->taken++;
    uint32_t place = (uint32_t)hash % PLACES;
    for (; j->places[place]; place = (place + 1) % PLACES) {
        uint32_t row = j->places[place] - 1;
        if (!alike(&j->keys[(size_t)row * n_keys], key, n_keys)) continue;
        j->rows.times[row] += in->times[i];
        return CD_OK;
    }
    for (uint32_t c = 0; c < last->n_live; c++)
        j->rows.columns[last->live[c]][j->rows.n] = in->columns[last->live[c]][i];
    j->rows.times[j->rows.n] = in->times[i];
    j->places[place] = ++j->rows.n;
done:
    return st;
}

cd_status batch_join(batching *b, const row_batch *in, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; i < in->n; i++) CD_TRY(b->joiner.idle ? hand_row(b, in, i, err) : take_row(b, in, i, err));
done:
    return st;
}
