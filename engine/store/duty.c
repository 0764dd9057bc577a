/* SPDX-License-Identifier: GPL-3.0-or-later
 * duty.c: gathers the duty periods of the officers that presence rows name, from this load and from the snapshot, and
 * holds each row against them. What is duty depends on the rows alone, not on the load or the file that they came in. */
#include "engine/store/duty.h"

#include <omp.h>
#include <stdlib.h>

#include "engine/store/ontology.h"

enum { SHIFT_UNIT = 1, SHIFT_SITE = 2, SHIFT_STARTS = 3, SHIFT_ENDS = 4 };
enum { CLAIMED_FROM = 3, CLAIMED_TO = 4, PRESENT_FROM = 2, PRESENT_TO = 3 };
/* MARGIN: presence further than that from all roster may have its roster still to come; to refuse too much costs a second
 * load, to drop too much costs the data. */
enum { DAY = 86400, MARGIN = DAY, LONGEST_OPEN = DAY };

typedef struct {
    int64_t from, to;
    cd_id officer;
} period;

/* row: 0: there is none; else one more than segment << 32 | row, or than batch << 32 | row with IN_LOAD set. */
#define IN_LOAD ((uint64_t)1 << 63)
typedef struct {
    int64_t starts, ends, as_of;
    uint64_t row;
} shift_times;

typedef struct {
    const cd_snapshot *snapshot;
    const cd_pending_rows *new_shifts;
    shift_times *shifts; /* per shift id */
    bool *near;          /* per shift id: it touches the span of the presence */
    cd_id n_shifts, n_officers;
    bool *wanted;        /* per officer: has presence rows */
    int64_t lo, hi;      /* the span of the presence */
    int64_t roster_first, roster_last;
    period *periods;
    size_t n, cap;
    size_t *first;       /* n_officers + 1: into periods, once merged */
} duty;

static cd_id meant(const cd_pending_rows *p, uint32_t column, const cd_batch *b, uint32_t code)
{
    return cd_unified_of(p->meanings.of_column[column], b->lane, code);
}

static cd_slice text_of(const duty *d, const shift_times *t, uint32_t column)
{
    uint64_t at = (t->row & ~IN_LOAD) - 1;
    if (t->row & IN_LOAD) {
        const cd_batch *b = d->new_shifts->batches[at >> 32];
        int64_t code = cd_codes_at(&b->columns[column].codes, at & UINT32_MAX);
        return code == CANDOUR_UNKNOWN
                   ? (cd_slice){NULL, 0}
                   : d->new_shifts->meanings.of_column[column]->fresh[meant(d->new_shifts, column, b, (uint32_t)code)];
    }
    const cd_segment_column *c = &d->snapshot->segments[at >> 32].tables[CD_TABLE_SHIFTS]->columns[column];
    int64_t code = cd_codes_at(&c->codes, at & UINT32_MAX);
    return code == CANDOUR_UNKNOWN ? (cd_slice){NULL, 0} : cd_texts_at(&c->texts, (uint64_t)code);
}

/* The order of two rows of one shift and one as_of, as written (FORMAT.md). */
static int by_content(const duty *d, const shift_times *a, const shift_times *b)
{
    int c = cd_slice_compare(text_of(d, a, SHIFT_UNIT), text_of(d, b, SHIFT_UNIT));
    if (c == 0) c = cd_slice_compare(text_of(d, a, SHIFT_SITE), text_of(d, b, SHIFT_SITE));
    if (c == 0) c = (a->starts > b->starts) - (a->starts < b->starts);
    return c ? c : (a->ends > b->ends) - (a->ends < b->ends);
}

/* When a shift was: what its row of the latest as_of says, where undated is earliest; of the undated the last one, of
 * others the greater as written. So it does not matter in which load or file a dated row came. */
static void take_shift(duty *d, cd_id shift, shift_times t)
{
    const shift_times *before = &d->shifts[shift];
    bool tie = before->row && t.as_of == before->as_of;
    if (before->row && t.as_of < before->as_of) return;
    if (tie && t.as_of != CANDOUR_UNKNOWN && by_content(d, &t, before) < 0) return;
    d->shifts[shift] = t;
}

static void take_old_shifts(duty *d)
{
    int32_t as_of = d->snapshot->ontology->tables[CD_TABLE_SHIFTS].time_column;
    for (uint32_t i = 0; i < d->snapshot->n_segments; i++) {
        const cd_segment_table *t = d->snapshot->segments[i].tables[CD_TABLE_SHIFTS];
        uint64_t row, end;
        if (t) cd_sums_whole(t->sums, t->left.keys);
        for (cd_id k = 0; t && t->rows > 0 && k < t->left.n_keys; k++) {
            cd_id shift = t->left.keys ? t->left.keys[k] : k;
            if (shift >= d->n_shifts) continue; /* nobody has checked this file yet */
            for (cd_rows_of(&t->left, t->rows, shift, &row, &end); row < end; row++)
                take_shift(d, shift, (shift_times){cd_codes_at(&t->columns[SHIFT_STARTS].codes, row),
                                                   cd_codes_at(&t->columns[SHIFT_ENDS].codes, row),
                                                   cd_codes_at(&t->columns[as_of].codes, row),
                                                   1 + ((uint64_t)i << 32 | row)});
        }
    }
}

static void take_new_shifts(duty *d)
{
    const cd_pending_rows *shifts = d->new_shifts;
    uint32_t ids[CANDOUR_BLOCK_ROWS];
    int64_t starts[CANDOUR_BLOCK_ROWS], ends[CANDOUR_BLOCK_ROWS], as_of[CANDOUR_BLOCK_ROWS];
    for (uint32_t i = 0; i < shifts->n_batches; i++) {
        const cd_batch *b = shifts->batches[i];
        cd_unpack_ids(&b->columns[0], b->n, ids);
        cd_unpack_integers(&b->columns[SHIFT_STARTS], b->n, starts);
        cd_unpack_integers(&b->columns[SHIFT_ENDS], b->n, ends);
        cd_unpack_integers(&b->columns[d->snapshot->ontology->tables[CD_TABLE_SHIFTS].time_column], b->n, as_of);
        for (uint32_t k = 0; k < b->n; k++)
            take_shift(d, meant(shifts, 0, b, ids[k]),
                       (shift_times){starts[k], ends[k], as_of[k], IN_LOAD | (1 + ((uint64_t)i << 32 | k))});
    }
}

static bool touches_presence(const duty *d, int64_t from, int64_t to)
{
    return from < to && to + CD_DUTY_GRACE_SECONDS > d->lo && from - CD_DUTY_GRACE_SECONDS <= d->hi;
}

static void find_near_shifts(duty *d)
{
    for (cd_id s = 0; s < d->n_shifts; s++) {
        const shift_times *t = &d->shifts[s];
        bool known = t->row && t->starts != CANDOUR_UNKNOWN && t->ends != CANDOUR_UNKNOWN;
        d->near[s] = known && touches_presence(d, t->starts, t->ends);
    }
}

static cd_status add_period(duty *d, cd_id officer, int64_t from, int64_t to, cd_err *err)
{
    cd_status st = CD_OK;
    if (from == CANDOUR_UNKNOWN && to == CANDOUR_UNKNOWN) return CD_OK;
    /* A period with one end unknown is taken to be a day long: no longer duty is worked. */
    if (from == CANDOUR_UNKNOWN) from = to - LONGEST_OPEN;
    if (to == CANDOUR_UNKNOWN) to = from + LONGEST_OPEN;
    if (!touches_presence(d, from, to)) return CD_OK;
    CD_TRY(cd_grow(&d->periods, &d->cap, d->n + 1, sizeof *d->periods, err));
    d->periods[d->n++] = (period){from - CD_DUTY_GRACE_SECONDS, to + CD_DUTY_GRACE_SECONDS, officer};
done:
    return st;
}

/* One roster row: the shift, and what was claimed for it; a claim's unknown end is the shift's. */
static cd_status add_row(duty *d, cd_id officer, cd_id shift, int64_t claimed_from, int64_t claimed_to, cd_err *err)
{
    cd_status st = CD_OK;
    shift_times t = {.starts = CANDOUR_UNKNOWN, .ends = CANDOUR_UNKNOWN};
    if (shift < d->n_shifts && d->shifts[shift].row) t = d->shifts[shift];
    int64_t from = claimed_from != CANDOUR_UNKNOWN ? claimed_from : t.starts;
    int64_t to = claimed_to != CANDOUR_UNKNOWN ? claimed_to : t.ends;
    if (!d->wanted[officer]) return CD_OK;
    CD_TRY(add_period(d, officer, from, to, err));
    if (t.starts != CANDOUR_UNKNOWN && t.ends != CANDOUR_UNKNOWN) CD_TRY(add_period(d, officer, t.starts, t.ends, err));
done:
    return st;
}

static cd_status take_roster(duty *d, const cd_pending_rows *roster, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t officer[CANDOUR_BLOCK_ROWS], shift[CANDOUR_BLOCK_ROWS];
    int64_t from[CANDOUR_BLOCK_ROWS], to[CANDOUR_BLOCK_ROWS];
    for (uint32_t i = 0; i < roster->n_batches; i++) {
        const cd_batch *b = roster->batches[i];
        cd_unpack_ids(&b->columns[0], b->n, officer);
        cd_unpack_ids(&b->columns[1], b->n, shift);
        cd_unpack_integers(&b->columns[CLAIMED_FROM], b->n, from);
        cd_unpack_integers(&b->columns[CLAIMED_TO], b->n, to);
        for (uint32_t k = 0; k < b->n; k++)
            CD_TRY(add_row(d, meant(roster, 0, b, officer[k]), meant(roster, 1, b, shift[k]), from[k], to[k], err));
    }
done:
    return st;
}

/* All of the snapshot's roster rows of one officer: a shift may lie far from what was claimed for it, a claim last for
 * weeks. There may be years of them; most are told by their claim, which is read in order, and by one byte a shift. */
static cd_status take_old_rows(duty *d, const cd_segment_table *t, cd_id officer, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t row, end;
    const cd_codes *from = &t->columns[CLAIMED_FROM].codes, *to = &t->columns[CLAIMED_TO].codes;
    cd_rows_of(&t->left, t->rows, officer, &row, &end);
    for (; row < end; row++) {
        int64_t claimed_from = cd_codes_at(from, row), claimed_to = cd_codes_at(to, row);
        cd_sums_touch(t->sums, t->right + row, sizeof *t->right);
        cd_id shift = t->right[row];
        bool claim = claimed_from != CANDOUR_UNKNOWN && claimed_to != CANDOUR_UNKNOWN;
        if (claim && !touches_presence(d, claimed_from, claimed_to) && (shift >= d->n_shifts || !d->near[shift])) continue;
        CD_TRY(add_row(d, officer, shift, claimed_from, claimed_to, err));
    }
done:
    return st;
}

static cd_status take_old_roster(duty *d, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; i < d->snapshot->n_segments; i++) {
        const cd_segment_table *t = d->snapshot->segments[i].tables[CD_TABLE_ROSTER];
        if (!t || t->rows == 0) continue;
        for (cd_id officer = 0; officer < d->n_officers; officer++)
            if (d->wanted[officer]) CD_TRY(take_old_rows(d, t, officer, err));
    }
done:
    return st;
}

static int by_officer_then_from(const void *a, const void *b)
{
    const period *x = a, *y = b;
    if (x->officer != y->officer) return x->officer < y->officer ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

/* Sorts the periods, joins those that touch, and finds where each officer's begin. */
static cd_status merge(duty *d, cd_err *err)
{
    cd_status st = CD_OK;
    size_t n = 0;
    if (d->n) qsort(d->periods, d->n, sizeof *d->periods, by_officer_then_from);
    for (size_t i = 0; i < d->n; i++) {
        period *last = n ? &d->periods[n - 1] : NULL, *p = &d->periods[i];
        if (last && last->officer == p->officer && p->from <= last->to) last->to = p->to > last->to ? p->to : last->to;
        else d->periods[n++] = *p;
    }
    d->n = n;
    CD_NEW(d->first, (size_t)d->n_officers + 1);
    for (size_t i = 0; i < n; i++) d->first[d->periods[i].officer + 1]++;
    for (cd_id o = 0; o < d->n_officers; o++) d->first[o + 1] += d->first[o];
done:
    return st;
}

/* The first period of an officer that ends after `from`, and where his periods end. */
static size_t period_after(const duty *d, cd_id officer, int64_t from, size_t *end)
{
    size_t lo = d->first[officer], hi = d->first[officer + 1];
    *end = hi;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (d->periods[mid].to <= from) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

/* One thread's rows on their way out, and the batches made of them. */
typedef struct {
    uint32_t ids[CANDOUR_BLOCK_ROWS], picked[CANDOUR_BLOCK_ROWS], officer[CANDOUR_BLOCK_ROWS];
    int64_t from[CANDOUR_BLOCK_ROWS], to[CANDOUR_BLOCK_ROWS], line[CANDOUR_BLOCK_ROWS];
    uint32_t n; /* pieces of rows that wait: which row each is of, and its time */
    uint32_t row[CANDOUR_BLOCK_ROWS];
    int64_t piece_from[CANDOUR_BLOCK_ROWS], piece_to[CANDOUR_BLOCK_ROWS], piece_line[CANDOUR_BLOCK_ROWS];
    cd_batch **made;
    size_t n_made, cap_made;
    cd_pool *pool;
    uint32_t n_columns;
    cd_duty_report report;
} filter_scratch;

/* The pieces that wait as a batch. */
static cd_status emit(const cd_batch *b, filter_scratch *s, cd_err *err)
{
    cd_status st = CD_OK;
    if (s->n == 0) return CD_OK;
    CD_TRY(cd_grow(&s->made, &s->cap_made, s->n_made + 1, sizeof *s->made, err));
    cd_batch *out = cd_pool_alloc(s->pool, sizeof *out + s->n_columns * sizeof *out->columns, err);
    if (!out) CD_TRY(CD_EMEMORY);
    *out = (cd_batch){.n = s->n, .lane = b->lane, .source = b->source, .sequence = b->sequence};
    out->columns = (cd_packed *)(void *)(out + 1);
    for (uint32_t c = 0; c < s->n_columns; c++) {
        if (c == PRESENT_FROM) CD_TRY(cd_pack_integers(s->pool, s->piece_from, s->n, &out->columns[c], err));
        else if (c == PRESENT_TO) CD_TRY(cd_pack_integers(s->pool, s->piece_to, s->n, &out->columns[c], err));
        else {
            cd_unpack_ids(&b->columns[c], b->n, s->ids);
            for (uint32_t i = 0; i < s->n; i++) s->picked[i] = s->ids[s->row[i]];
            CD_TRY(cd_pack_ids(s->pool, s->picked, s->n, &out->columns[c], err));
        }
    }
    for (uint32_t i = 0; i < s->n; i++) s->piece_line[i] = s->line[s->row[i]];
    CD_TRY(cd_pack_lines(s->pool, s->piece_line, s->n, out, err));
    s->made[s->n_made++] = out;
    s->n = 0;
done:
    return st;
}

/* One row against its officer's duty: a piece for each period that it touches. An unknown end stays unknown: such a row is
 * its first second. */
static cd_status hold_row(const duty *d, cd_batch *b, uint32_t row, cd_id officer, filter_scratch *s, cd_err *err)
{
    cd_status st = CD_OK;
    int64_t from = s->from[row], to = s->to[row], until = to == CANDOUR_UNKNOWN ? from + 1 : to;
    size_t end, k = period_after(d, officer, from, &end), pieces = 0;
    bool cut = false;
    if (d->roster_first <= d->roster_last && (until <= d->roster_first - MARGIN || from > d->roster_last + MARGIN)) {
        s->report.refused++, b->refused++;
        return CD_OK;
    }
    for (; k < end && d->periods[k].from < until; k++, pieces++) {
        const period *p = &d->periods[k];
        if (s->n == CANDOUR_BLOCK_ROWS) CD_TRY(emit(b, s, err));
        s->row[s->n] = row;
        s->piece_from[s->n] = p->from > from ? p->from : from;
        s->piece_to[s->n] = to != CANDOUR_UNKNOWN && p->to < to ? p->to : to;
        cut = cut || s->piece_from[s->n] != from || s->piece_to[s->n] != to;
        s->n++;
    }
    s->report.off_duty += pieces == 0, s->report.clipped += cut;
done:
    return st;
}

static cd_status filter_batch(const duty *d, const cd_pending_rows *presence, cd_batch *b, filter_scratch *s, cd_err *err)
{
    cd_status st = CD_OK;
    cd_unpack_ids(&b->columns[0], b->n, s->officer);
    cd_unpack_integers(&b->columns[PRESENT_FROM], b->n, s->from);
    cd_unpack_integers(&b->columns[PRESENT_TO], b->n, s->to);
    cd_unpack_lines(b, s->line);
    for (uint32_t i = 0; i < b->n; i++) CD_TRY(hold_row(d, b, i, meant(presence, 0, b, s->officer[i]), s, err));
    CD_TRY(emit(b, s, err));
done:
    return st;
}

/* All threads' batches, put in the place of those that were. */
static cd_status replace_batches(cd_pending_rows *presence, const filter_scratch *scratch, uint32_t n_threads, cd_err *err)
{
    cd_status st = CD_OK;
    cd_batch **all = NULL;
    size_t n = 0;
    for (uint32_t t = 0; t < n_threads; t++) n += scratch[t].n_made;
    CD_NEW(all, n);
    n = 0;
    for (uint32_t t = 0; t < n_threads; t++)
        for (size_t i = 0; i < scratch[t].n_made; i++) all[n++] = scratch[t].made[i];
    if (n) qsort(all, n, sizeof *all, cd_batch_order);
    cd_free(presence->batches);
    presence->batches = all, presence->n_batches = (uint32_t)n;
done:
    return st;
}

static cd_status filter_all(const duty *d, cd_pending_rows *presence, uint32_t n_columns, cd_pool *pools,
                            uint32_t n_threads, cd_duty_report *report, cd_err *err)
{
    cd_status st = CD_OK;
    filter_scratch *scratch = NULL;
    cd_lowest failed = {0};
    CD_NEW(scratch, n_threads);
    for (uint32_t t = 0; t < n_threads; t++) scratch[t].pool = &pools[t], scratch[t].n_columns = n_columns;
    #pragma omp parallel for schedule(dynamic) num_threads(n_threads)
    for (uint32_t i = 0; i < presence->n_batches; i++) {
        cd_err mine = {0};
        cd_lowest_note(&failed, i, filter_batch(d, presence, presence->batches[i], &scratch[omp_get_thread_num()], &mine),
                       &mine);
    }
    CD_TRY(cd_lowest_status(&failed, err));
    for (uint32_t t = 0; t < n_threads; t++) {
        report->off_duty += scratch[t].report.off_duty, report->clipped += scratch[t].report.clipped;
        report->refused += scratch[t].report.refused;
    }
    CD_TRY(replace_batches(presence, scratch, n_threads, err));
done:
    for (uint32_t t = 0; scratch && t < n_threads; t++) cd_free(scratch[t].made);
    cd_free(scratch);
    return st;
}

/* The least and the greatest known value of a column over all batches; lo > hi where there is none. */
static void span_of(const cd_pending_rows *rows, uint32_t column, int64_t *lo, int64_t *hi)
{
    for (uint32_t i = 0; i < rows->n_batches; i++) {
        const cd_packed *p = &rows->batches[i]->columns[column];
        if (p->lo > p->hi) continue;
        *lo = p->lo < *lo ? p->lo : *lo;
        *hi = p->hi > *hi ? p->hi : *hi;
    }
}

static void presence_span(const cd_pending_rows *presence, int64_t *lo, int64_t *hi)
{
    *lo = INT64_MAX, *hi = INT64_MIN;
    span_of(presence, PRESENT_FROM, lo, hi);
    span_of(presence, PRESENT_TO, lo, hi);
}

bool cd_duty_known(const cd_snapshot *snapshot, const cd_pending_rows *roster, int64_t *first, int64_t *last)
{
    bool any = roster->n_batches > 0;
    *first = INT64_MAX, *last = INT64_MIN;
    span_of(roster, CLAIMED_FROM, first, last);
    for (uint32_t i = 0; i < snapshot->n_segments; i++) {
        const cd_segment_table *t = snapshot->segments[i].tables[CD_TABLE_ROSTER];
        if (!t || t->rows == 0) continue;
        any = true;
        if (t->first == CANDOUR_UNKNOWN) continue;
        *first = t->first < *first ? t->first : *first;
        *last = t->last > *last ? t->last : *last;
    }
    return any;
}

static void want_officers(duty *d, const cd_pending_rows *presence)
{
    uint32_t officer[CANDOUR_BLOCK_ROWS];
    for (uint32_t i = 0; i < presence->n_batches; i++) {
        const cd_batch *b = presence->batches[i];
        cd_unpack_ids(&b->columns[0], b->n, officer);
        for (uint32_t k = 0; k < b->n; k++) d->wanted[meant(presence, 0, b, officer[k])] = true;
    }
}

cd_status cd_duty_filter(const cd_snapshot *snapshot, const cd_pending_rows *roster, const cd_pending_rows *shifts,
                         cd_id n_officers, cd_id n_shifts, cd_pending_rows *presence, cd_pool *pools,
                         uint32_t n_threads, cd_duty_report *report, cd_err *err)
{
    cd_status st = CD_OK;
    duty d = {.snapshot = snapshot, .new_shifts = shifts, .n_shifts = n_shifts, .n_officers = n_officers};
    *report = (cd_duty_report){0};
    if (presence->n_batches == 0) return CD_OK;
    CD_NEW(d.wanted, n_officers);
    CD_NEW(d.near, n_shifts);
    d.shifts = cd_pages_new(n_shifts, sizeof *d.shifts, err);
    if (!d.shifts) CD_TRY(CD_EMEMORY);
    presence_span(presence, &d.lo, &d.hi);
    (void)cd_duty_known(snapshot, roster, &d.roster_first, &d.roster_last);
    want_officers(&d, presence);
    take_old_shifts(&d);
    take_new_shifts(&d);
    find_near_shifts(&d);
    CD_TRY(take_roster(&d, roster, err));
    CD_TRY(take_old_roster(&d, err));
    CD_TRY(merge(&d, err));
    CD_TRY(filter_all(&d, presence, snapshot->ontology->tables[CD_TABLE_PRESENCE].n_columns, pools, n_threads, report,
                      err));
done:
    cd_free(d.wanted);
    cd_free(d.near);
    cd_pages_free(d.shifts, n_shifts, sizeof *d.shifts);
    cd_free(d.periods);
    cd_free(d.first);
    return st;
}
