/* SPDX-License-Identifier: GPL-3.0-or-later
 * push_inside.h: one walker's rounds, for one source (push.c) and for many, each by one thread (push_each.c). */
#ifndef CD_GRAPH_PUSH_INSIDE_H
#define CD_GRAPH_PUSH_INSIDE_H

#include "engine/graph/push.h"

/* All arrays have n entries. Beside `touched` everything is 0. */
typedef struct {
    const cd_csr *g;
    double damping, tolerance;
    double *near, *debt, *paid; /* paid: what a vertex hands each neighbour in this round */
    cd_id *queues;              /* three lists: */
    cd_id *work, *next;         /* who owes too much now, and after this round */
    cd_id *touched, n_touched;
    bool *waits; /* is in next */
} cd_pushing;

/* Checks the options, and takes all arrays but near. For cd_pushing_release, also after a failure. */
CD_CHECKED cd_status cd_pushing_init(cd_pushing *p, const cd_csr *g, const cd_push_options *options, double *near,
                                     cd_err *err);
void cd_pushing_release(cd_pushing *p);
/* The source owes all there is; nobody else was touched. Returns how many are in work: 1. */
cd_id cd_pushing_begin(cd_pushing *p, cd_id source);
/* Everyone in work keeps his share and hands on the rest; returns how many owe too much then. */
cd_id cd_pushing_round(cd_pushing *p, cd_id n_work);
double cd_pushing_owed(const cd_pushing *p);
/* Ready for the next source. */
void cd_pushing_clear(cd_pushing *p);

#endif
