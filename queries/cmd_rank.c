/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_rank.c: `candour rank`: the queue, or a part of it, with its bound on clean officers at the head. */
#include <inttypes.h>
#include <stdlib.h>

#include "queries/arguments.h"
#include "queries/commands.h"
#include "queries/report.h"
#include "queries/sweep_out.h"

enum { FIRST_ROWS = 20 };

typedef struct {
    const char *tier, *unit;
    candour_lane lane;
    uint64_t top;
    bool without; /* also where everybody would stand without dismissed complaints */
} wanted;

/* An officer's score and place, had nobody's dismissed complaints been made. */
typedef struct {
    int64_t score;
    uint32_t place;
} undismissed;

static cd_status read_wanted(const cli_run *run, wanted *w, cd_err *err)
{
    cd_status st = CD_OK;
    bool known = false;
    w->top = cli_given(run, "csv") || cli_given(run, "json") ? UINT32_MAX : FIRST_ROWS;
    w->tier = cli_value(run, "tier"), w->unit = cli_value(run, "unit"), w->without = cli_given(run, "without-dismissed");
    CD_TRY(cli_whole(run, "top", 1, UINT32_MAX, &w->top, err));
    const char *lane = cli_value(run, "lane");
    while (lane && strcmp(candour_lane_name(w->lane), lane) != 0 && w->lane < CANDOUR_WELFARE) w->lane++;
    if (lane && strcmp(candour_lane_name(w->lane), lane) != 0)
        CD_TRY(cd_fail(err, CD_EUSAGE, "no lane '%s'; they are conduct, compliance, declaration and welfare", lane));
    if (w->without && w->lane != CANDOUR_CONDUCT)
        CD_TRY(cd_fail(err, CD_EUSAGE, "complaints are in no list but that of conduct; leave out --lane or "
                                       "--without-dismissed"));
    for (int t = CANDOUR_TIER_NONE; w->tier && t <= CANDOUR_TIER_URGENT; t++)
        known = known || strcmp(candour_tier_name((candour_tier)t), w->tier) == 0;
    if (w->tier && !known)
        CD_TRY(cd_fail(err, CD_EUSAGE, "no tier '%s'; they are urgent, assess, prevent and none", w->tier));
done:
    return st;
}

static bool is_wanted(const wanted *w, const candour_ranked *o)
{
    if (w->tier && strcmp(candour_tier_name(o->tier), w->tier) != 0) return false;
    return !w->unit || cd_slice_equal(o->unit, cd_slice_of(w->unit));
}

/* u is NULL where it was not asked for. */
static json_t *officer_json(const candour_sweep *sweep, const candour_ranked *o, candour_lane lane, const undismissed *u)
{
    json_t *findings = json_array();
    for (uint32_t i = 0; i < o->n_findings; i++) {
        candour_found f = candour_sweep_finding(sweep, o->officer, i);
        if (sweep_lane(sweep, f.detector) != lane) continue;
        json_array_append_new(findings,
                              json_pack("{s:o, s:o, s:o}", "detector",
                                        sweep_json_text(candour_sweep_detector(sweep, f.detector).name), "decibans",
                                        sweep_json_decibans(f.adds), "words", sweep_json_text(f.words)));
    }
    json_t *out = json_pack("{s:I, s:o, s:s, s:o, s:f, s:o, s:o, s:o, s:o}", "place", (json_int_t)o->place, "officer",
                            sweep_json_text(o->id), "tier", candour_tier_name(o->tier), "decibans",
                            sweep_json_decibans(o->score), "standing", o->standing, "unit", sweep_json_text(o->unit),
                            "role", sweep_json_text(o->role), "rank", sweep_json_text(o->rank), "findings", findings);
    if (u)
        json_object_set_new(out, "without_dismissed",
                            json_pack("{s:o, s:I}", "decibans", sweep_json_decibans(u->score), "place",
                                      (json_int_t)u->place));
    return out;
}

static void officer_csv(const candour_sweep *sweep, const candour_ranked *o, candour_lane lane, const undismissed *u,
                        double clean, cd_buffer *out, cd_arena *arena)
{
    char number[PRINT_TEXT];
    cd_buffer_printf(out, "%" PRIu32 ",", o->place);
    print_csv_text(out, o->id);
    cd_buffer_printf(out, ",%s,%s,", candour_tier_name(o->tier), sweep_decibans(o->score, number));
    if (u) cd_buffer_printf(out, "%" PRIu32 ",%s,", u->place, sweep_decibans(u->score, number));
    print_csv_text(out, o->unit);
    cd_buffer_printf(out, ",");
    print_csv_text(out, o->role);
    cd_buffer_printf(out, ",");
    print_csv_text(out, cd_slice_of(sweep_words(sweep, o, lane, arena)));
    cd_buffer_printf(out, ",%.3f\n", clean);
}

static void officer_row(const candour_sweep *sweep, const candour_ranked *o, candour_lane lane, const undismissed *u,
                        print_table *table, cd_arena *arena)
{
    char number[PRINT_TEXT];
    print_table_cell(table, "%" PRIu32, o->place);
    print_table_cell(table, "%s", sweep_plain(o->id, arena));
    print_table_cell(table, "%s", candour_tier_name(o->tier));
    print_table_cell(table, "%s", sweep_decibans(o->score, number));
    if (u) {
        print_table_cell(table, "%" PRIu32, u->place);
        print_table_cell(table, "%s%s", u->score > o->score ? "+" : "", sweep_decibans(u->score - o->score, number));
    }
    print_table_cell(table, "%s", sweep_plain(o->unit, arena));
    print_table_cell(table, "%s", sweep_plain(o->role, arena));
    print_table_cell(table, "%s", sweep_words(sweep, o, lane, arena));
}

/* The officers of a lane in their order: all of them in conduct; in any other those of whom some detector of it says
 * something. */
typedef struct {
    candour_ranked *list; /* score and place are the lane's */
    uint32_t n;
    double clean;         /* of them, as far as they are listed, at most */
    undismissed *without; /* per officer, where it was asked for */
} lane_queue;

static int ranked_compare(const void *a, const void *b)
{
    const candour_ranked *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return (x->officer > y->officer) - (x->officer < y->officer);
}

static cd_status queue_make(const candour_sweep *sweep, candour_lane lane, lane_queue *q, cd_err *err)
{
    cd_status st = CD_OK;
    candour_sweep_info info = candour_sweep_facts(sweep);
    CD_NEW(q->list, info.n_officers);
    for (uint32_t k = 1; k <= info.n_officers; k++) {
        candour_ranked o = candour_sweep_officer(sweep, candour_sweep_queued(sweep, k));
        bool found = lane == CANDOUR_CONDUCT;
        if (lane != CANDOUR_CONDUCT) o.score = 0, o.tier = CANDOUR_TIER_NONE;
        for (uint32_t i = 0; lane != CANDOUR_CONDUCT && i < o.n_findings; i++)
            if (sweep_lane(sweep, candour_sweep_finding(sweep, o.officer, i).detector) == lane) found = true;
        for (uint32_t f = 0; lane != CANDOUR_CONDUCT && f < info.n_families; f++) {
            candour_lane of;
            (void)candour_sweep_family(sweep, f, &of);
            if (of == lane) o.score += o.family[f];
        }
        if (found) q->list[q->n++] = o;
    }
    if (lane == CANDOUR_CONDUCT) return CD_OK;
    if (q->n > 1) qsort(q->list, q->n, sizeof *q->list, ranked_compare);
    for (uint32_t i = 0; i < q->n; i++) q->list[i].place = i + 1;
done:
    return st;
}

static const undismissed *undismissed_of(const lane_queue *q, const candour_ranked *o)
{
    return q->without ? &q->without[o->officer] : NULL;
}

static cd_status without_make(const candour_sweep *sweep, lane_queue *q, cd_err *err)
{
    cd_status st = CD_OK;
    candour_ranked *list = NULL;
    CD_NEW(list, q->n);
    CD_NEW(q->without, q->n);
    for (uint32_t i = 0; i < q->n; i++) {
        list[i].officer = q->list[i].officer;
        list[i].score = candour_sweep_without_dismissed(sweep, list[i].officer);
    }
    if (q->n > 1) qsort(list, q->n, sizeof *list, ranked_compare);
    for (uint32_t i = 0; i < q->n; i++) q->without[list[i].officer] = (undismissed){list[i].score, i + 1};
done:
    cd_free(list);
    return st;
}

/* Leaves those who are asked for, and says how many of them are expected to be clean. They are picked by their evidence
 * out of everybody, or out of the unit that is asked for. */
static cd_status queue_narrow(const candour_sweep *sweep, const wanted *w, lane_queue *q, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *officers = NULL, n = 0, all = candour_sweep_facts(sweep).n_officers, among = 0;
    CD_NEW(officers, q->n);
    for (uint32_t o = 0; o < all; o++)
        among += !w->unit || cd_slice_equal(candour_sweep_officer(sweep, o).unit, cd_slice_of(w->unit));
    for (uint32_t i = 0; i < q->n && n < w->top; i++) {
        if (!is_wanted(w, &q->list[i])) continue;
        officers[n] = q->list[i].officer;
        q->list[n++] = q->list[i];
    }
    q->n = n;
    CD_TRY(candour_sweep_clean(sweep, w->lane, officers, n, among, &q->clean, err));
done:
    cd_free(officers);
    return st;
}

static cd_status list_queue(cli_run *run, const candour_sweep *sweep, const lane_queue *q, const wanted *w, cd_err *err)
{
    cd_status st = CD_OK;
    bool json = cli_given(run, "json"), csv = cli_given(run, "csv");
    print_table table = {0};
    report page;
    json_t *list = json ? json_array() : NULL;
    if (csv)
        cd_buffer_printf(&run->out, "place,officer,tier,decibans,%sunit,role,finding," SWEEP_CLEAN_COLUMN "\n",
                         w->without ? "place_without_dismissed,decibans_without_dismissed," : "");
    else if (!json) {
        report_begin(&page, &run->out, cli_given(run, "html"), "The queue");
        if (w->lane != CANDOUR_CONDUCT && q->n == 0)
            report_say(&page, "no detector of the lane %s says anything of anybody", candour_lane_name(w->lane));
        else
            sweep_say_clean(q->clean, q->n, &page);
        print_table_heads(&table, w->without ? ">PLACE,OFFICER,TIER,>DECIBANS,>WITHOUT,>CHANGE,UNIT,ROLE,STRONGEST FINDING"
                                             : ">PLACE,OFFICER,TIER,>DECIBANS,UNIT,ROLE,STRONGEST FINDING");
    }
    for (uint32_t i = 0; i < q->n; i++) {
        const candour_ranked *o = &q->list[i];
        const undismissed *u = undismissed_of(q, o);
        if (json)
            json_array_append_new(list, officer_json(sweep, o, w->lane, u));
        else if (csv)
            officer_csv(sweep, o, w->lane, u, q->clean, &run->out, &run->arena);
        else
            officer_row(sweep, o, w->lane, u, &table, &run->arena);
    }
    if (json)
        return print_json(json_pack("{s:I, s:I, s:f, s:o}", "sweep", (json_int_t)candour_sweep_facts(sweep).number,
                                    "listed", (json_int_t)q->n, SWEEP_CLEAN_COLUMN, q->clean, "officers", list),
                          &run->out, err);
    if (csv) return st;
    st = report_table(&page, &table, err);
    return st == CD_OK ? report_end(&page, err) : st;
}

cd_status cmd_rank(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_sweep *sweep = NULL;
    uint64_t number = 0;
    wanted w = {0};
    lane_queue q = {0};
    CD_TRY(read_wanted(run, &w, err));
    CD_TRY(cli_whole(run, "sweep", 1, UINT64_MAX, &number, err));
    CD_TRY(candour_sweep_open(run->arguments[0], number, &sweep, err));
    CD_TRY(queue_make(sweep, w.lane, &q, err));
    if (w.without) CD_TRY(without_make(sweep, &q, err));
    bool known = !w.unit;
    for (uint32_t i = 0; i < q.n && !known; i++) known = cd_slice_equal(q.list[i].unit, cd_slice_of(w.unit));
    if (!known)
        CD_TRY(cd_fail(err, CD_EUSAGE, "nobody in the sweep is of unit '%s'; `candour rank --csv` shows the units",
                       w.unit));
    CD_TRY(queue_narrow(sweep, &w, &q, err));
    CD_TRY(list_queue(run, sweep, &q, &w, err));
done:
    cd_free(q.list);
    cd_free(q.without);
    candour_sweep_close(sweep);
    return st;
}
