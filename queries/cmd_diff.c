/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_diff.c: `candour diff`: two sweeps compared: who rose, who fell, and which findings made the difference. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "queries/arguments.h"
#include "queries/commands.h"
#include "queries/sweep_out.h"

enum { FIRST_ROWS = 20 };

typedef struct {
    uint32_t before, now; /* officers; UINT32_MAX: not in that sweep */
    int64_t change;       /* centibans */
} moved;

/* The size of the change, of equals the earlier officer. */
static int moved_compare(const void *a, const void *b)
{
    const moved *x = a, *y = b;
    uint64_t p = x->change < 0 ? (uint64_t)-x->change : (uint64_t)x->change;
    uint64_t q = y->change < 0 ? (uint64_t)-y->change : (uint64_t)y->change;
    if (p != q) return p > q ? -1 : 1;
    if (x->now != y->now) return x->now < y->now ? -1 : 1;
    return (x->before > y->before) - (x->before < y->before);
}

/* Everyone whose score is not the same; officers of both sweeps stand in the order of their ids. */
static cd_status compare(const candour_sweep *a, const candour_sweep *b, moved **out, size_t *n, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n_a = candour_sweep_facts(a).n_officers, n_b = candour_sweep_facts(b).n_officers;
    *n = 0;
    CD_NEW(*out, (size_t)n_a + n_b);
    for (uint32_t i = 0, k = 0; i < n_a || k < n_b;) {
        int order = i == n_a   ? 1
                    : k == n_b ? -1
                               : cd_slice_compare(candour_sweep_officer(a, i).id, candour_sweep_officer(b, k).id);
        moved m = {.before = order <= 0 ? i : UINT32_MAX, .now = order >= 0 ? k : UINT32_MAX};
        int64_t before = order <= 0 ? candour_sweep_officer(a, i).score : 0,
                now = order >= 0 ? candour_sweep_officer(b, k).score : 0;
        m.change = now - before;
        if (m.change != 0 && (order == 0 || (order > 0 ? now : before) > 0)) (*out)[(*n)++] = m;
        i += order <= 0, k += order >= 0;
    }
    if (*n > 1) qsort(*out, *n, sizeof **out, moved_compare);
done:
    return st;
}

/* What a detector adds to an officer's score in a sweep. */
static int64_t added(const candour_sweep *s, uint32_t officer, cd_slice detector, cd_slice *words)
{
    candour_ranked o = candour_sweep_officer(s, officer);
    for (uint32_t i = 0; i < o.n_findings; i++) {
        candour_found f = candour_sweep_finding(s, officer, i);
        if (!cd_slice_equal(candour_sweep_detector(s, f.detector).name, detector)) continue;
        *words = f.words;
        return f.gain;
    }
    *words = (cd_slice){NULL, 0};
    return 0;
}

/* The detector whose finding changed most, and what it said before and says now. */
static const char *why(const candour_sweep *a, const candour_sweep *b, const moved *m, cd_arena *arena)
{
    uint32_t n = candour_sweep_facts(b).n_detectors;
    int64_t most = 0;
    char best[1200] = "what the peers do changed";
    for (uint32_t d = 0; d < n; d++) {
        cd_slice name = candour_sweep_detector(b, d).name, was, is;
        if (sweep_lane(b, d) != CANDOUR_CONDUCT) continue;
        int64_t before = m->before == UINT32_MAX ? 0 : added(a, m->before, name, &was);
        int64_t now = m->now == UINT32_MAX ? 0 : added(b, m->now, name, &is);
        if (m->before == UINT32_MAX) was = (cd_slice){NULL, 0};
        if (m->now == UINT32_MAX) is = (cd_slice){NULL, 0};
        int64_t size = now > before ? now - before : before - now;
        if (size <= most) continue;
        most = size;
        snprintf(best, sizeof best, "%.*s: %s, was: %s", (int)name.n, name.bytes,
                 is.bytes ? sweep_plain(is, arena) : "nothing", was.bytes ? sweep_plain(was, arena) : "nothing");
    }
    const char *out = cd_arena_copy(arena, best, strlen(best), NULL);
    return out ? out : "?";
}

static cd_status say(cli_run *run, const candour_sweep *a, const candour_sweep *b, const moved *list, size_t n,
                     cd_err *err)
{
    cd_status st = CD_OK;
    bool json = cli_given(run, "json");
    json_t *all = json ? json_array() : NULL;
    print_table table = {0};
    char before[PRINT_TEXT], now[PRINT_TEXT], change[PRINT_TEXT];
    uint64_t top = json ? UINT32_MAX : FIRST_ROWS;
    CD_TRY(cli_whole(run, "top", 1, UINT32_MAX, &top, err));
    print_table_heads(&table, "OFFICER,>CHANGE,>BEFORE,>NOW,TIER BEFORE,TIER NOW,WHY");
    for (size_t i = 0; i < n && i < top; i++) {
        const moved *m = &list[i];
        candour_ranked x = {.tier = CANDOUR_TIER_NONE}, y = x;
        if (m->before != UINT32_MAX) x = candour_sweep_officer(a, m->before);
        if (m->now != UINT32_MAX) y = candour_sweep_officer(b, m->now);
        const char *reason = why(a, b, m, &run->arena);
        cd_slice id = m->now != UINT32_MAX ? y.id : x.id;
        if (json) {
            json_array_append_new(all, json_pack("{s:o, s:o, s:o, s:o, s:s, s:s, s:o}", "officer", sweep_json_text(id),
                                                 "change", sweep_json_decibans(m->change), "before",
                                                 sweep_json_decibans(x.score), "now", sweep_json_decibans(y.score),
                                                 "tier_before", candour_tier_name(x.tier), "tier_now",
                                                 candour_tier_name(y.tier), "why", print_json_text(reason)));
            continue;
        }
        print_table_cell(&table, "%s", sweep_plain(id, &run->arena));
        print_table_cell(&table, "%s%s", m->change > 0 ? "+" : "", sweep_decibans(m->change, change));
        print_table_cell(&table, "%s", sweep_decibans(x.score, before));
        print_table_cell(&table, "%s", sweep_decibans(y.score, now));
        print_table_cell(&table, "%s", candour_tier_name(x.tier));
        print_table_cell(&table, "%s", candour_tier_name(y.tier));
        print_table_cell(&table, "%s", reason);
    }
    if (json)
        CD_TRY(print_json(all, &run->out, err));
    else if (n == 0)
        cd_buffer_printf(&run->out, "nobody's score changed\n");
done:;
    cd_status ended = print_table_end(&table, json || n == 0 ? &(cd_buffer){.status = CD_EMEMORY} : &run->out, err);
    return st == CD_OK ? ended : st;
}

/* Where *before is 0: the number of the sweep before, or 0 where there is none. */
static cd_status sweep_before(const char *store, uint64_t now, uint64_t *before, cd_err *err)
{
    uint64_t *numbers = NULL;
    size_t n = 0;
    if (*before) return CD_OK;
    cd_status st = candour_sweep_numbers(store, &numbers, &n, err);
    for (size_t i = 0; i < n && numbers[i] < now; i++) *before = numbers[i];
    cd_free(numbers);
    return st;
}

cd_status cmd_diff(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_sweep *a = NULL, *b = NULL;
    moved *list = NULL;
    size_t n = 0;
    uint64_t before = 0, now = 0;
    CD_TRY(cli_whole(run, "before", 1, UINT64_MAX, &before, err));
    CD_TRY(cli_whole(run, "now", 1, UINT64_MAX, &now, err));
    CD_TRY(candour_sweep_open(run->arguments[0], now, &b, err));
    CD_TRY(sweep_before(run->arguments[0], candour_sweep_facts(b).number, &before, err));
    if (before == 0)
        CD_TRY(cd_fail(err, CD_EUSAGE, "there is no sweep before it to compare with; see `candour sweeps`"));
    CD_TRY(candour_sweep_open(run->arguments[0], before, &a, err));
    CD_TRY(compare(a, b, &list, &n, err));
    CD_TRY(say(run, a, b, list, n, err));
done:
    cd_free(list);
    candour_sweep_close(a);
    candour_sweep_close(b);
    return st;
}
