/* SPDX-License-Identifier: GPL-3.0-or-later
 * sweep_out.c: decibans, words and the bound at the head of each list. */
#include "queries/sweep_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *sweep_decibans(int64_t centibans, char out[PRINT_TEXT])
{
    uint64_t size = centibans < 0 ? (uint64_t)-centibans : (uint64_t)centibans;
    snprintf(out, PRINT_TEXT, "%s%" PRIu64 ".%02" PRIu64, centibans < 0 ? "-" : "", size / 100, size % 100);
    return out;
}

json_t *sweep_json_decibans(int64_t centibans) { return json_real((double)centibans / 100); }

json_t *sweep_json_text(cd_slice text)
{
    char copy[4096];
    if (!text.bytes) return json_null();
    size_t n = text.n < sizeof copy - 1 ? text.n : sizeof copy - 1;
    memcpy(copy, text.bytes, n);
    copy[n] = '\0';
    return print_json_text(copy);
}

const char *sweep_plain(cd_slice text, cd_arena *arena)
{
    cd_buffer plain = {0};
    if (!text.bytes || text.n == 0) return "-";
    char *copy = cd_arena_copy(arena, text.bytes, text.n, NULL);
    if (!copy) return "?";
    print_plain(&plain, copy);
    const char *out = plain.status == CD_OK ? cd_arena_copy(arena, plain.bytes, plain.n, NULL) : NULL;
    cd_buffer_release(&plain);
    return out ? out : "?";
}

candour_lane sweep_lane(const candour_sweep *sweep, uint32_t detector)
{
    candour_lane lane;
    (void)candour_sweep_family(sweep, candour_sweep_detector(sweep, detector).family, &lane);
    return lane;
}

const char *sweep_words(const candour_sweep *sweep, const candour_ranked *officer, candour_lane lane, cd_arena *arena)
{
    uint32_t best = 0, n = 0;
    char more[32];
    int64_t most = INT64_MIN;
    for (uint32_t i = 0; i < officer->n_findings; i++) {
        candour_found f = candour_sweep_finding(sweep, officer->officer, i);
        if (sweep_lane(sweep, f.detector) != lane) continue;
        if (lane == CANDOUR_CONDUCT && f.gain <= 0) continue; /* it speaks for the officer */
        if (f.gain > most) most = f.gain, best = i;
        n++;
    }
    if (n == 0) return "nothing unusual";
    const char *words = sweep_plain(candour_sweep_finding(sweep, officer->officer, best).words, arena);
    if (n == 1) return words;
    snprintf(more, sizeof more, "; and %" PRIu32 " more", n - 1);
    char *both = cd_arena_alloc(arena, strlen(words) + strlen(more) + 1, 1, NULL);
    if (!both) return words;
    strcpy(both, words);
    strcat(both, more);
    return both;
}

void sweep_say_clean(double clean, uint32_t n, report *r)
{
    double shown = ceil(10 * clean - 1e-9) / 10; /* a bound is rounded up */
    const char *who = n == 1 ? "officer" : "officers";
    if (n == 0)
        report_say(r, "nobody is listed");
    else if (shown >= n)
        report_say(r, "of %s %" PRIu32 " %s any number may be clean: their evidence sets no bound",
                   n == 1 ? "this" : "these", n, who);
    else
        report_say(r, "of %s %" PRIu32 " %s at most %.1f are expected to be clean", n == 1 ? "this" : "these", n, who,
                   shown);
}
