/* SPDX-License-Identifier: GPL-3.0-or-later
 * record_groups.c: rows are sets. Two rows are one where their content is equal to the byte; which of them is kept (its
 * source and line) is the first. Rows that the snapshot has already are found by binary search in the old group, and
 * only in files whose span of time the new rows touch: a new day in a store of years asks none of them.
 *
 * A load that outgrows its memory writes several files, and which rows come in which is a matter of threads. What must
 * not depend on it is the undated row in force: there, rows of this load are held against each other by their origin. */
#include "engine/store/record_groups.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/sort.h"

/* A file of the snapshot that may hold some of the new rows. */
typedef struct {
    const cd_segment_table *table;
    uint32_t segment;
    uint32_t *text[CD_MAX_COLUMNS]; /* per text column: our code -> its code, CD_NONE where it has no such text */
} old_file;

typedef struct {
    cd_group_scratch sort;
    uint64_t repeats, replaced, restated;
    int64_t first, last;
} settle_scratch;

struct cd_settling {
    cd_records *r;
    const cd_snapshot *snapshot;
    uint32_t table_index;
    old_file *old;
    uint32_t n_old;
    bool last_file;          /* of this load: no row that comes later can take the place of one */
    uint64_t most;           /* records in the largest group */
    uint32_t *kept;          /* per left id */
    settle_scratch *scratch; /* per thread */
    int n_threads;
};

/* What a group is ordered by before its content: unknown first. */
static inline uint64_t time_key(const cd_records *r, const uint8_t *record)
{
    return r->time ? (cd_record_load(record, r->time) + 1) & cd_unknown_code(r->time->width) : 0;
}

static int compare_origin(const cd_records *r, const uint8_t *a, const uint8_t *b)
{
    uint64_t x = cd_record_load(a, &r->source), y = cd_record_load(b, &r->source);
    if (x != y) return x < y ? -1 : 1;
    x = cd_record_load(a, &r->line), y = cd_record_load(b, &r->line);
    return (x > y) - (x < y);
}

static int compare_records(const void *a, const void *b, void *context)
{
    const cd_records *r = context;
    uint64_t x = time_key(r, a), y = time_key(r, b);
    if (x != y) return x < y ? -1 : 1;
    if (r->table->class_of == CANDOUR_RELATION) {
        x = cd_record_load(a, &r->field[1]), y = cd_record_load(b, &r->field[1]);
        if (x != y) return x < y ? -1 : 1;
    }
    int c = memcmp(a, b, r->content_bytes);
    return c ? c : compare_origin(r, a, b);
}

cd_status cd_group_scratch_make(cd_group_scratch *s, const cd_records *r, uint64_t most, cd_err *err)
{
    s->most = most;
    s->keys = cd_pages_new(most, sizeof *s->keys, err);
    s->records = cd_pages_new(most, r->bytes, err);
    return s->keys && s->records ? CD_OK : CD_EMEMORY;
}

void cd_group_scratch_release(cd_group_scratch *s, const cd_records *r)
{
    cd_pages_free(s->keys, s->most, sizeof *s->keys);
    cd_pages_free(s->records, s->most, r->bytes);
    *s = (cd_group_scratch){0};
}

/* Sorts by time through 8-byte keys, then each run of one time by everything. */
void cd_group_sort(const cd_records *r, uint8_t *group, uint64_t n, cd_group_scratch *scratch)
{
    size_t w = r->bytes;
    bool sorted = true;
    void *context = (void *)(uintptr_t)r;
    for (uint64_t i = 1; i < n && sorted; i++)
        sorted = compare_records(group + (i - 1) * w, group + i * w, context) <= 0;
    if (sorted) return;
    if (!r->time || r->time->width == 8) {
        qsort_r(group, n, w, compare_records, context);
        return;
    }
    for (uint64_t i = 0; i < n; i++) scratch->keys[i] = time_key(r, group + i * w) << 32 | i;
    cd_sort_u64(scratch->keys, n);
    for (uint64_t i = 0; i < n; i++) memcpy(scratch->records + i * w, group + (uint32_t)scratch->keys[i] * w, w);
    memcpy(group, scratch->records, n * w);
    for (uint64_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && scratch->keys[j] >> 32 == scratch->keys[i] >> 32; j++) {}
        if (j - i > 1) qsort_r(group + i * w, j - i, w, compare_records, context);
    }
}

/* One record and one row of an old file: the same time and right id (-1, 0, 1), unknown times first. */
static int compare_with_old(const cd_settling *s, const uint8_t *record, const cd_segment_table *old, uint64_t row)
{
    const candour_table *t = s->r->table;
    if (t->time_column > 0) {
        int64_t a = cd_record_value(record, &s->r->field[t->time_column]);
        int64_t b = cd_codes_at(&old->columns[t->time_column].codes, row);
        if (a != b) return a < b ? -1 : 1; /* unknown is the least number */
    }
    if (t->class_of != CANDOUR_RELATION) return 0;
    cd_sums_touch(old->sums, old->right + row, sizeof *old->right);
    uint64_t a = cd_record_load(record, &s->r->field[1]), b = old->right[row];
    return (a > b) - (a < b);
}

static bool equals_old(const cd_settling *s, const uint8_t *record, const old_file *old, uint64_t row)
{
    const candour_table *t = s->r->table;
    for (uint32_t c = 1; c < t->n_columns; c++) {
        const cd_field *f = &s->r->field[c];
        const cd_segment_column *column = &old->table->columns[c];
        if (c == 1 && t->class_of == CANDOUR_RELATION) {
            cd_sums_touch(old->table->sums, old->table->right + row, sizeof *old->table->right);
            if (cd_record_load(record, f) != old->table->right[row]) return false;
        } else if (t->columns[c].type == CANDOUR_REAL) {
            uint64_t unknown, a, b;
            double nan = __builtin_nan("");
            memcpy(&unknown, &nan, sizeof unknown);
            a = f->known ? cd_record_load(record, f) : unknown;
            if (column->reals) {
                cd_sums_touch(old->table->sums, column->reals + row, sizeof b);
                memcpy(&b, &column->reals[row], sizeof b);
            } else b = unknown;
            if (a != b) return false;
        } else {
            int64_t a = cd_record_value(record, f), b = cd_codes_at(&column->codes, row);
            if (old->text[c] && a != CANDOUR_UNKNOWN) a = old->text[c][a] == CD_NONE ? -1 : (int64_t)old->text[c][a];
            if (a != b) return false;
        }
    }
    return true;
}

static bool known_before(const cd_settling *s, const uint8_t *record, cd_id left)
{
    for (uint32_t i = 0; i < s->n_old; i++) {
        uint64_t lo, hi, end;
        cd_rows_of(&s->old[i].table->left, s->old[i].table->rows, left, &lo, &end);
        for (hi = end; lo < hi;) {
            uint64_t mid = lo + (hi - lo) / 2;
            if (compare_with_old(s, record, s->old[i].table, mid) > 0) lo = mid + 1;
            else hi = mid;
        }
        for (; lo < end && compare_with_old(s, record, s->old[i].table, lo) == 0; lo++)
            if (equals_old(s, record, &s->old[i], lo)) return true;
    }
    return false;
}

/* Of an entity's undated rows, which stand first, only the last one given holds: it is moved to the front. Returns how
 * many records the group has then. */
static uint64_t keep_last_undated(const cd_settling *s, uint8_t *group, uint64_t n, settle_scratch *scratch)
{
    const cd_records *r = s->r;
    size_t w = r->bytes;
    uint64_t undated = 0, winner = 0;
    if (!r->time) undated = n;
    else
        while (undated < n && time_key(r, group + undated * w) == 0) undated++;
    if (undated < 2) return n;
    for (uint64_t i = 1; i < undated; i++)
        if (compare_origin(s->r, group + i * w, group + winner * w) > 0) winner = i;
    for (uint64_t i = 0; i < undated; i++) {
        if (i == winner) continue;
        if (memcmp(group + i * w, group + winner * w, s->r->content_bytes) == 0) scratch->repeats++;
        else scratch->replaced++;
    }
    memmove(group, group + winner * w, w);
    memmove(group + w, group + undated * w, (n - undated) * w);
    return n - undated + 1;
}

/* Whether a row of an old file stands after the record: a row that this very load has brought, from further on. */
static bool origin_is_later(const cd_settling *s, const cd_segment_table *old, uint64_t row, const uint8_t *record)
{
    const cd_field *source = &s->r->source;
    int64_t mine = source->base + (int64_t)cd_record_load(record, source), other = cd_codes_at(&old->source, row);
    uint32_t line;
    if (other < (int64_t)s->snapshot->n_sources) return false;
    if (other != mine) return other > mine;
    cd_lines_read(&old->lines, row, 1, &line);
    return line > cd_record_load(record, &s->r->line);
}

/* Against the undated row now in force, if there is one: true where the new one is not to be written. One that says the
 * same is written again while more files of this load may come, so that they meet its origin. */
static bool undated_settled(const cd_settling *s, const uint8_t *record, cd_id left, settle_scratch *scratch)
{
    for (uint32_t i = s->n_old; i-- > 0;) {
        uint64_t lo, hi;
        const cd_segment_table *t = s->old[i].table;
        cd_rows_of(&t->left, t->rows, left, &lo, &hi);
        if (lo == hi || cd_codes_at(&t->columns[s->r->table->time_column].codes, lo) != CANDOUR_UNKNOWN) continue;
        bool same = equals_old(s, record, &s->old[i], lo);
        bool ours = cd_codes_at(&t->source, lo) >= (int64_t)s->snapshot->n_sources;
        scratch->repeats += same, scratch->replaced += !same;
        if (origin_is_later(s, t, lo, record) || (same && s->last_file)) return true;
        scratch->restated += same || ours;
        return false;
    }
    return false;
}

static uint64_t settle_group(const cd_settling *s, cd_id left, settle_scratch *scratch)
{
    cd_records *r = s->r;
    size_t w = r->bytes;
    uint8_t *group = r->records + (r->offsets[left] - r->origin) * w;
    uint64_t n = r->offsets[left + 1] - r->offsets[left], kept = 0;
    bool entity = r->table->class_of == CANDOUR_ENTITY;
    cd_group_sort(r, group, n, &scratch->sort);
    if (entity) n = keep_last_undated(s, group, n, scratch);
    for (uint64_t i = 0; i < n; i++) {
        const uint8_t *record = group + i * w;
        bool undated = entity && (!r->time || time_key(r, record) == 0);
        bool again = kept > 0 && memcmp(record, group + (kept - 1) * w, r->content_bytes) == 0;
        if (!again && s->n_old) {
            if (undated && undated_settled(s, record, left, scratch)) continue;
            again = !undated && known_before(s, record, left);
        }
        if (again) {
            scratch->repeats++;
            continue;
        }
        if (kept < i) memmove(group + kept * w, record, w);
        kept++;
    }
    for (uint64_t i = 0; r->time && i < kept; i++) {
        int64_t at = cd_record_value(group + i * w, r->time);
        if (at == CANDOUR_UNKNOWN) continue;
        if (scratch->first == CANDOUR_UNKNOWN || at < scratch->first) scratch->first = at;
        i = kept - 1; /* they rise: the first known one, and the last */
        at = cd_record_value(group + i * w, r->time);
        if (at > scratch->last) scratch->last = at;
    }
    return kept;
}

/* Which text of an old file a text of ours is. Its texts stand in the order of their bytes. */
static cd_status match_texts(const cd_unified *u, const cd_texts *old, uint32_t **out, cd_err *err)
{
    cd_status st = CD_OK;
    CD_NEW(*out, u->n_fresh);
    for (uint32_t i = 0; i < u->n_fresh; i++) {
        uint64_t lo = 0, hi = old->n;
        while (lo < hi) {
            uint64_t mid = lo + (hi - lo) / 2;
            if (cd_slice_compare(cd_texts_at(old, mid), u->fresh[i]) < 0) lo = mid + 1;
            else hi = mid;
        }
        (*out)[i] = lo < old->n && cd_slice_equal(cd_texts_at(old, lo), u->fresh[i]) ? (uint32_t)lo : CD_NONE;
    }
done:
    return st;
}

/* The files whose rows may equal ours: those whose span meets ours; all where times may be unknown. */
static cd_status find_old(cd_settling *s, const cd_meanings *meanings, int64_t lo, int64_t hi, bool unknowns,
                          cd_err *err)
{
    cd_status st = CD_OK;
    const cd_records *r = s->r;
    CD_NEW(s->old, s->snapshot->n_segments);
    for (uint32_t i = 0; i < s->snapshot->n_segments; i++) {
        const cd_segment_table *t = s->snapshot->segments[i].tables[s->table_index];
        if (!t || t->rows == 0) continue;
        if (!unknowns && r->time && (t->first == CANDOUR_UNKNOWN || t->last < lo || t->first > hi)) continue;
        old_file *o = &s->old[s->n_old++];
        *o = (old_file){.table = t, .segment = i};
        for (uint32_t c = 1; c < s->r->table->n_columns; c++)
            if (s->r->table->columns[c].type == CANDOUR_TEXT && s->r->field[c].known)
                CD_TRY(match_texts(meanings->of_column[c], &t->columns[c].texts, &o->text[c], err));
    }
done:
    return st;
}

static void close_gaps(const cd_settling *s, cd_id lo, cd_id hi)
{
    cd_records *r = s->r;
    uint64_t first = r->rows;
    for (cd_id left = lo; left < hi; left++) {
        uint64_t from = r->offsets[left] - r->origin, to = r->rows - first;
        if (to != from && s->kept[left])
            memmove(r->records + to * r->bytes, r->records + from * r->bytes, (size_t)s->kept[left] * r->bytes);
        r->offsets[left] = r->rows;
        r->rows += s->kept[left];
    }
    if (hi == r->n_left) r->offsets[hi] = r->rows;
}

/* The span of the time column over the batches, and whether some are unknown. */
static void time_span(const cd_records *r, cd_batch *const *batches, uint32_t n_batches, int64_t *lo, int64_t *hi,
                      bool *unknowns)
{
    *lo = INT64_MAX, *hi = INT64_MIN, *unknowns = !r->time;
    for (uint32_t i = 0; r->time && i < n_batches; i++) {
        const cd_packed *p = &batches[i]->columns[r->table->time_column];
        *unknowns = *unknowns || p->unknowns;
        *lo = p->lo <= p->hi && p->lo < *lo ? p->lo : *lo;
        *hi = p->lo <= p->hi && p->hi > *hi ? p->hi : *hi;
    }
}

cd_status cd_settling_new(cd_records *r, uint32_t table_index, cd_batch *const *batches, uint32_t n_batches,
                          const cd_meanings *meanings, const cd_snapshot *snapshot, bool last_file, cd_settling **out,
                          cd_err *err)
{
    cd_status st = CD_OK;
    cd_settling *s = NULL;
    int64_t lo, hi;
    bool unknowns;
    r->first = r->last = CANDOUR_UNKNOWN;
    CD_NEW(s, 1);
    s->r = r, s->snapshot = snapshot, s->table_index = table_index, s->last_file = last_file;
    s->n_threads = omp_get_max_threads();
    CD_NEW(s->kept, r->n_left);
    for (cd_id left = 0; left < r->n_left; left++) {
        uint64_t n = r->offsets[left + 1] - r->offsets[left];
        s->most = n > s->most ? n : s->most;
    }
    time_span(r, batches, n_batches, &lo, &hi, &unknowns);
    /* Undated rows of an entity are held against the one in force, wherever it is. */
    CD_TRY(find_old(s, meanings, lo, hi, unknowns || r->table->class_of == CANDOUR_ENTITY, err));
    CD_NEW(s->scratch, (size_t)s->n_threads);
    for (int t = 0; t < s->n_threads; t++) {
        s->scratch[t].first = s->scratch[t].last = CANDOUR_UNKNOWN;
        CD_TRY(cd_group_scratch_make(&s->scratch[t].sort, r, s->most, err));
    }
    *out = s, s = NULL;
done:
    cd_settling_free(s);
    return st;
}

void cd_settle(cd_settling *s, cd_id lo, cd_id hi)
{
    cd_records *r = s->r;
    #pragma omp parallel for schedule(dynamic, 256)
    for (cd_id left = lo; left < hi; left++)
        if (r->offsets[left] < r->offsets[left + 1])
            s->kept[left] = (uint32_t)settle_group(s, left, &s->scratch[omp_get_thread_num()]);
    close_gaps(s, lo, hi);
    for (int t = 0; t < s->n_threads; t++) {
        settle_scratch *p = &s->scratch[t];
        r->repeats += p->repeats, r->replaced += p->replaced, r->restated += p->restated;
        p->repeats = p->replaced = p->restated = 0;
        if (p->first != CANDOUR_UNKNOWN && (r->first == CANDOUR_UNKNOWN || p->first < r->first)) r->first = p->first;
        if (p->last > r->last) r->last = p->last;
    }
}

void cd_settling_free(cd_settling *s)
{
    if (!s) return;
    for (int t = 0; s->scratch && t < s->n_threads; t++) cd_group_scratch_release(&s->scratch[t].sort, s->r);
    for (uint32_t i = 0; i < s->n_old; i++)
        for (uint32_t c = 0; c < CD_MAX_COLUMNS; c++) cd_free(s->old[i].text[c]);
    cd_free(s->scratch);
    cd_free(s->old);
    cd_free(s->kept);
    cd_free(s);
}
