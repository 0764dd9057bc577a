/* SPDX-License-Identifier: GPL-3.0-or-later
 * terminals.h: where terminals stand. No record says so: it is learnt from where machines saw those who use them.
 *
 * An officer who was seen at one site alone, well before an access and well after it, was there. Each officer is one
 * voice for a terminal, shared out over the sites at which they were when they used it, so that somebody who is always
 * elsewhere is one against all its other users. A terminal that few use, or that is used from several sites (it was
 * moved, it is carried about, it serves a custody suite and whoever dials in), stands nowhere. */
#ifndef CD_DETECT_TERMINALS_H
#define CD_DETECT_TERMINALS_H

#include "engine/detect/detector.h"

/* Officers who used a terminal while seen at a site. */
typedef struct {
    uint32_t terminal, site, people;
} cd_terminal_use;

typedef struct {
    cd_table_of accesses;
    uint32_t column;
    cd_words names;
    uint32_t *site;       /* per terminal, from 1: where it stands; 0: nowhere that is known */
    cd_terminal_use *use; /* by terminal and site */
    size_t n;
} cd_terminals;

CD_CHECKED cd_status cd_terminals_learn(const cd_look *look, cd_terminals *out, cd_err *err);
void cd_terminals_release(cd_terminals *t);

/* The terminal of an access, from 1; 0: not said. */
uint32_t cd_terminal_of(const cd_terminals *t, const cd_access *a);
/* How many officers used it while seen at that site. */
uint32_t cd_terminal_people(const cd_terminals *t, uint32_t terminal, uint32_t site);
/* The one site at which machines saw them from well before `at` until well after it, and the row of that; 0: none, or
 * more than one, or at home. Sightings before *from are known to have ended. */
uint32_t cd_seen_at_site(const cd_rosters *x, const cd_worked *w, int64_t at, size_t *from, cd_row_ref *row);

#endif
