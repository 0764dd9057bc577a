/* SPDX-License-Identifier: GPL-3.0-or-later
 * row_rejects.c: lists of rejects, and the window in which they are put into order. */
#include "loaders/row_rejects.h"

#include <pthread.h>
#include <stdlib.h>

const char *reject_reason_word(reject_reason reason)
{
    static const char *const words[REJECT_N_REASONS] = {
        "fields",  "quote", "open quote", "long row", "nul byte",     "utf-8", "empty", "long id",
        "integer", "real",  "boolean",    "time",     "no such time", "month", "range", "interval"};
    return words[reason];
}

void reject_list_release(reject_list *list)
{
    cd_free(list->items);
    cd_free(list->value_at);
    cd_free(list->values);
    *list = (reject_list){0};
}

cd_status reject_list_add(reject_list *list, const row_reject *reject, cd_err *err)
{
    cd_status st = CD_OK;
    row_reject kept = *reject;
    CD_TRY(cd_grow(&list->items, &list->items_cap, list->n + 1, sizeof *list->items, err));
    CD_TRY(cd_grow(&list->value_at, &list->value_at_cap, list->n + 1, sizeof *list->value_at, err));
    if (kept.value.n > REJECT_VALUE_BYTES) {
        kept.value.n = REJECT_VALUE_BYTES;
        kept.cut = true;
    }
    CD_TRY(cd_grow(&list->values, &list->values_cap, list->n_values + kept.value.n, 1, err));
    if (kept.value.n) memcpy(list->values + list->n_values, kept.value.bytes, kept.value.n);
    list->value_at[list->n] = list->n_values;
    list->n_values += kept.value.n;
    kept.value.bytes = NULL;
    list->items[list->n++] = kept;
done:
    return st;
}

static int by_line(const void *a, const void *b)
{
    const row_reject *x = a, *y = b;
    return (x->line > y->line) - (x->line < y->line);
}

/* Rows that begin a line each: sorting by line is the order of the file. */
static cd_status list_pass_on(reject_list *list, reject_function to, void *context, cd_err *err)
{
    for (size_t i = 0; i < list->n; i++)
        list->items[i].value.bytes = list->values ? list->values + list->value_at[i] : "";
    if (list->n > 1) qsort(list->items, list->n, sizeof *list->items, by_line);
    for (size_t i = 0; i < list->n; i++) {
        cd_status st = to(context, &list->items[i], err);
        if (st != CD_OK) return st;
    }
    return CD_OK;
}

struct reject_order {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    reject_function to;
    void *context;
    uint64_t next;
    uint32_t window;
    bool passing, stopped;
    reject_list *waiting; /* of block s at s % window, if `there` */
    bool *there;
};

cd_status reject_order_new(uint32_t threads, reject_function to, void *context, reject_order **out, cd_err *err)
{
    cd_status st = CD_OK;
    reject_order *o = NULL;
    CD_NEW(o, 1);
    pthread_mutex_init(&o->lock, NULL);
    pthread_cond_init(&o->moved, NULL);
    o->to = to;
    o->context = context;
    o->window = 4 * threads;
    CD_NEW(o->waiting, o->window);
    CD_NEW(o->there, o->window);
    *out = o, o = NULL;
done:
    reject_order_free(o);
    return st;
}

void reject_order_free(reject_order *o)
{
    if (!o) return;
    for (uint32_t i = 0; o->waiting && i < o->window; i++) reject_list_release(&o->waiting[i]);
    pthread_mutex_destroy(&o->lock);
    pthread_cond_destroy(&o->moved);
    cd_free(o->waiting);
    cd_free(o->there);
    cd_free(o);
}

/* Under the lock, which is let go while lists are passed on: those that are next, by one thread at a time. */
static cd_status pass_on(reject_order *o, cd_err *err)
{
    cd_status st = CD_OK;
    o->passing = true;
    while (st == CD_OK && !o->stopped && o->there[o->next % o->window]) {
        reject_list list = o->waiting[o->next % o->window];
        o->waiting[o->next % o->window] = (reject_list){0};
        o->there[o->next % o->window] = false;
        if (list.n > 0) {
            pthread_mutex_unlock(&o->lock);
            st = list_pass_on(&list, o->to, o->context, err);
            pthread_mutex_lock(&o->lock);
        }
        reject_list_release(&list);
        o->next++;
        pthread_cond_broadcast(&o->moved);
    }
    o->passing = false;
    return st;
}

cd_status reject_order_hand_in(reject_order *o, uint64_t sequence, reject_list *list, cd_err *err)
{
    cd_status st = CD_OK;
    pthread_mutex_lock(&o->lock);
    while (sequence >= o->next + o->window && !o->stopped) pthread_cond_wait(&o->moved, &o->lock);
    if (!o->stopped) {
        o->waiting[sequence % o->window] = *list;
        o->there[sequence % o->window] = true;
        *list = (reject_list){0};
        if (!o->passing) st = pass_on(o, err);
    }
    pthread_mutex_unlock(&o->lock);
    reject_list_release(list);
    return st;
}

void reject_order_stop(reject_order *o)
{
    pthread_mutex_lock(&o->lock);
    o->stopped = true;
    pthread_cond_broadcast(&o->moved);
    pthread_mutex_unlock(&o->lock);
}
