/* SPDX-License-Identifier: GPL-3.0-or-later
 * sweep_out.h: how ranked officers, findings and rows are written, whatever the form. */
#ifndef QUERIES_SWEEP_OUT_H
#define QUERIES_SWEEP_OUT_H

#include <jansson.h>

#include "engine/candour.h"
#include "queries/report.h"

enum { SWEEP_POLICY_HEAD = 12 }; /* digits of a policy's SHA-256 that people are shown */

/* Centibans as decibans, to the last digit: -301 as `-3.01`. */
const char *sweep_decibans(int64_t centibans, char out[PRINT_TEXT]);
json_t *sweep_json_decibans(int64_t centibans);
/* A text of any bytes; null where there is none. */
json_t *sweep_json_text(cd_slice text);
/* A text for people: what could steer a terminal becomes `?`; `-` where there is none. Borrowed from the arena. */
const char *sweep_plain(cd_slice text, cd_arena *arena);
/* The lane of what a detector says. */
candour_lane sweep_lane(const candour_sweep *sweep, uint32_t detector);
/* The strongest finding of an officer in a lane in words, and how many more of that lane there are. */
const char *sweep_words(const candour_sweep *sweep, const candour_ranked *officer, candour_lane lane, cd_arena *arena);
/* "of these 20 officers at most 3.2 are expected to be clean", for the head of a list of n. */
void sweep_say_clean(double clean, uint32_t n, report *r);
/* The same figure as CSV has it, in every row, and what JSON calls it. */
#define SWEEP_CLEAN_COLUMN "expected_clean_at_most"

#endif
