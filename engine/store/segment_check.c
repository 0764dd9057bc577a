/* SPDX-License-Identifier: GPL-3.0-or-later
 * segment_check.c: holds what stands in a segment's arrays against what FORMAT.md promises of them.
 *
 * A kernel that trusts an array may read wherever the array points, so nothing is handed to one before it passed here.
 * Every check first makes its own ground firm: offsets before what they bound, keys before what they name. Parallel
 * loops reduce to the least faulty place, so that the same damage gives the same words at any number of threads. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/store/directory.h"

enum { FORWARD = 1, REVERSE = 2 };
static const int64_t first_second = INT64_C(-62135596800), last_second = INT64_C(253402300799); /* years 1 to 9999 */

typedef struct {
    const cd_segment *s;
    const candour_ontology *ontology;
    const uint64_t *n_ids;
    const candour_table *shape;
    const cd_segment_table *t;
} checking;

CD_PRINTF(3, 4) static cd_status fault(const checking *c, cd_err *err, const char *format, ...)
{
    char what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return cd_fail(err, CD_ESTORE, "'%s' is damaged: table `%s`: %s; restore the store from a copy", c->s->path,
                   c->shape->name, what);
}

/* ---- Checksums ---- */

static cd_status not_as_written(const cd_segment *s, uint32_t array, cd_err *err)
{
    cd_slice path = s->arrays[array].path;
    return cd_fail(err, CD_ESTORE,
                   "'%s' is damaged: the bytes of `%.*s` do not have their checksum; restore the store from "
                   "a copy",
                   s->path, (int)(path.n < 200 ? path.n : 200), path.bytes);
}

cd_status cd_segment_check_array(const cd_segment *s, uint32_t array, cd_err *err)
{
    return cd_sums_array(s->sums, array) ? CD_OK : not_as_written(s, array, err);
}

cd_status cd_segment_judge(const cd_segment *s, cd_err *err)
{
    uint32_t array = __atomic_load_n(&s->sums->damaged, __ATOMIC_RELAXED);
    return array == s->n_arrays ? CD_OK : not_as_written(s, array, err);
}

static bool done_before(const cd_segment *s, uint32_t owner, uint8_t part)
{
    return (__atomic_load_n(&s->checked[owner], __ATOMIC_ACQUIRE) & part) != 0;
}

static void mark_done(const cd_segment *s, uint32_t owner, uint8_t part)
{
    __atomic_fetch_or(&s->checked[owner], part, __ATOMIC_RELEASE);
}

/* Whether the path is GROUP/NAME/...; *rest is what follows. */
static bool belongs(cd_slice path, const char *group, const char *name, cd_slice *rest)
{
    size_t g = strlen(group), n = strlen(name);
    if (path.n <= g + n + 2 || memcmp(path.bytes, group, g) != 0 || path.bytes[g] != '/') return false;
    if (memcmp(path.bytes + g + 1, name, n) != 0 || path.bytes[g + n + 1] != '/') return false;
    *rest = (cd_slice){path.bytes + g + n + 2, path.n - (uint32_t)(g + n + 2)};
    return true;
}

bool cd_segment_owner(const cd_array *a, const candour_ontology *ontology, uint32_t *owner)
{
    cd_slice rest;
    for (uint32_t t = 0; t < ontology->n_tables; t++)
        if (belongs(a->path, "tables", ontology->tables[t].name, &rest)) {
            *owner = t;
            return true;
        }
    for (uint32_t k = 0; k < ontology->n_kinds; k++)
        if (belongs(a->path, "kinds", ontology->kinds[k].name, &rest)) {
            *owner = ontology->n_tables + k;
            return true;
        }
    return false;
}

/* The arrays of one table or kind, those under reverse/ or the others. */
static cd_status sums(const cd_segment *s, const char *group, const char *name, bool reverse, cd_err *err)
{
    for (uint32_t i = 0; i < s->n_arrays; i++) {
        cd_slice rest;
        if (!belongs(s->arrays[i].path, group, name, &rest)) continue;
        if ((rest.n > 8 && memcmp(rest.bytes, "reverse/", 8) == 0) != reverse) continue;
        cd_status st = cd_segment_check_array(s, i, err);
        if (st != CD_OK) return st;
    }
    return CD_OK;
}

/* ---- Offsets and keys ---- */

static cd_status rows_by(const checking *c, const cd_rows_by *by, uint32_t kind, const char *direction, cd_err *err)
{
    uint64_t bad_offset = UINT64_MAX, bad_key = UINT64_MAX, n = by->n_keys, n_ids = c->n_ids[kind];
    const cd_off *off = by->offsets;
    const cd_id *keys = by->keys;
    if (off[0] != 0 || off[n] != c->t->rows)
        return fault(c, err, "the %s offsets do not run from 0 to the number of rows", direction);
    #pragma omp parallel for schedule(static) reduction(min : bad_offset) if (n > 65536)
    for (uint64_t i = 0; i < n; i++)
        if (off[i] > off[i + 1] && i < bad_offset) bad_offset = i;
    if (bad_offset < n) return fault(c, err, "the %s offsets fall at key %" PRIu64, direction, bad_offset);
    if (!keys) {
        if (n > n_ids) return fault(c, err, "there are more %s keys than ids", direction);
        return CD_OK;
    }
    #pragma omp parallel for schedule(static) reduction(min : bad_key) if (n > 65536)
    for (uint64_t i = 0; i < n; i++)
        if ((keys[i] >= n_ids || (i > 0 && keys[i] <= keys[i - 1])) && i < bad_key) bad_key = i;
    if (bad_key < n)
        return fault(c, err, "the %s keys do not rise, or name no id, at key %" PRIu64, direction, bad_key);
    return CD_OK;
}

/* The least index at which ids[i] >= limit, or n. */
static uint64_t first_beyond(const cd_id *ids, uint64_t n, uint64_t limit)
{
    cd_id most = 0;
    uint64_t i = 0;
    #pragma omp parallel for schedule(static) reduction(max : most) if (n > 65536)
    for (uint64_t k = 0; k < n; k++) most = ids[k] > most ? ids[k] : most;
    if (n == 0 || most < limit) return n;
    while (ids[i] < limit) i++;
    return i;
}

/* ---- Columns ---- */

typedef struct {
    uint64_t lo, hi; /* of the codes that are known; lo > hi: none is */
    bool unknown;    /* some are not */
} span;

/* Branch free, so that the compiler can widen it. An unknown code is the type's largest: one more is 0, the least. */
#define SPAN_OF(type, most)                                                                                            \
    do {                                                                                                               \
        const type *p = codes->codes;                                                                                  \
        type lo = most, next = 0, top = 0;                                                                             \
        _Pragma("omp parallel for schedule(static) reduction(min : lo) reduction(max : next, top) if (n > 65536)")     \
        for (uint64_t i = 0; i < n; i++) {                                                                             \
            type after = (type)(p[i] + 1);                                                                             \
            lo = p[i] < lo ? p[i] : lo;                                                                                \
            next = after > next ? after : next;                                                                        \
            top = p[i] > top ? p[i] : top;                                                                             \
        }                                                                                                              \
        out.lo = lo == most ? UINT64_MAX : lo, out.hi = next ? next - 1 : 0, out.unknown = top == most;                \
    } while (0)

static span span_of(const cd_codes *codes, uint64_t n)
{
    span out = {.lo = UINT64_MAX, .hi = 0, .unknown = true};
    switch (codes->width) {
    case 1: SPAN_OF(uint8_t, UINT8_MAX); break;
    case 2: SPAN_OF(uint16_t, UINT16_MAX); break;
    case 4: SPAN_OF(uint32_t, UINT32_MAX); break;
    case 8: SPAN_OF(uint64_t, UINT64_MAX); break;
    default: break;
    }
    return out;
}

/* The least and the greatest known value; false where base and code run over, or none is known (*lo > *hi). */
static bool values_of(const cd_codes *codes, span in, int64_t *lo, int64_t *hi)
{
    *lo = 1, *hi = 0;
    if (in.lo > in.hi) return true;
    __int128 least = (__int128)codes->base + in.lo, most = (__int128)codes->base + in.hi;
    if (least <= INT64_MIN || most > INT64_MAX) return false;
    *lo = (int64_t)least, *hi = (int64_t)most;
    return true;
}

static cd_status check_texts(const checking *c, const cd_texts *t, const char *name, cd_err *err)
{
    uint64_t bad = UINT64_MAX, n = t->n;
    if (t->offsets[0] != 0 || t->offsets[n] != t->n_bytes)
        return fault(c, err, "the texts of `%s` do not begin at 0 and end with their bytes", name);
    #pragma omp parallel for schedule(static) reduction(min : bad) if (n > 65536)
    for (uint64_t i = 0; i < n; i++)
        if (t->offsets[i] >= t->offsets[i + 1] && i < bad) bad = i;
    if (bad < n) return fault(c, err, "the texts of `%s`: their offsets do not rise at %" PRIu64, name, bad);
    #pragma omp parallel for schedule(static) reduction(min : bad) if (n > 65536)
    for (uint64_t i = 1; i < n; i++)
        if (cd_slice_compare(cd_texts_at(t, i - 1), cd_texts_at(t, i)) >= 0 && i < bad) bad = i;
    if (bad < n) return fault(c, err, "the texts of `%s` are not in the order of their bytes at %" PRIu64, name, bad);
    return CD_OK;
}

static cd_status check_codes(const checking *c, uint32_t column, cd_err *err)
{
    const candour_column *shape = &c->shape->columns[column];
    const cd_segment_column *data = &c->t->columns[column];
    span codes = span_of(&data->codes, c->t->rows);
    int64_t lo, hi, least = INT64_MIN + 1, most = INT64_MAX;
    if (shape->type == CANDOUR_BOOLEAN) least = 0, most = 1;
    if (shape->type == CANDOUR_TIME || shape->type == CANDOUR_MONTH) least = first_second, most = last_second;
    if (shape->type == CANDOUR_ID) least = 0, most = (int64_t)c->n_ids[shape->kind] - 1;
    if (shape->type == CANDOUR_TEXT) least = 0, most = (int64_t)data->texts.n - 1;
    if (!values_of(&data->codes, codes, &lo, &hi) || (lo <= hi && (lo < least || hi > most)))
        return fault(c, err, "column `%s` holds a code out of range", shape->name);
    if (shape->required && codes.unknown)
        return fault(c, err, "column `%s` is required, and unknown in a row", shape->name);
    if ((int32_t)column == c->shape->time_column) {
        bool none = lo > hi;
        if (none ? c->t->first != CANDOUR_UNKNOWN : c->t->first != lo || c->t->last != hi)
            return fault(c, err, "the directory's first or last time is not that of column `%s`", shape->name);
    }
    return CD_OK;
}

static cd_status columns(const checking *c, cd_err *err)
{
    for (uint32_t i = c->shape->class_of == CANDOUR_RELATION ? 2 : 1; i < c->shape->n_columns; i++) {
        cd_status st = CD_OK;
        const char *name = c->shape->columns[i].name;
        if (c->shape->columns[i].type == CANDOUR_REAL) {
            if (c->shape->columns[i].required && !c->t->columns[i].reals)
                return fault(c, err, "column `%s` is required, and unknown in a row", name);
            continue;
        }
        if (c->t->columns[i].texts.offsets) st = check_texts(c, &c->t->columns[i].texts, name, err);
        if (st == CD_OK) st = check_codes(c, i, err);
        if (st != CD_OK) return st;
    }
    if (c->t->source.constant) return CD_OK; /* checked where it was opened */
    span source = span_of(&c->t->source, c->t->rows);
    int64_t lo, hi;
    if (source.unknown || !values_of(&c->t->source, source, &lo, &hi) || lo < 0)
        return fault(c, err, "a row has no source");
    return CD_OK;
}

/* ---- Rows in order ---- */

static bool same_value(const checking *c, uint32_t column, uint64_t a, uint64_t b)
{
    const cd_segment_column *data = &c->t->columns[column];
    if (c->shape->columns[column].type != CANDOUR_REAL)
        return cd_codes_at(&data->codes, a) == cd_codes_at(&data->codes, b);
    if (!data->reals) return true;
    double x = data->reals[a], y = data->reals[b];
    return isnan(x) ? isnan(y) : x == y;
}

/* Whether a row (not its group's first) may follow the one before it. */
static bool follows(const checking *c, uint64_t row)
{
    int32_t time = c->shape->time_column;
    if (time > 0) {
        const cd_codes *codes = &c->t->columns[time].codes;
        int64_t before = cd_codes_at(codes, row - 1), at = cd_codes_at(codes, row);
        if (at != before) return at > before; /* unknown is the least number */
        if (at == CANDOUR_UNKNOWN && c->shape->class_of == CANDOUR_ENTITY) return false;
    }
    if (c->t->right && c->t->right[row] != c->t->right[row - 1]) return c->t->right[row] > c->t->right[row - 1];
    for (uint32_t i = c->t->right ? 2 : 1; i < c->shape->n_columns; i++)
        if (!same_value(c, i, row - 1, row)) return true;
    return false;
}

/* The first row of [lo + 1, hi) that may not follow the one before it, or hi. Most rows have a later time than the one
 * before, which needs no more than a look at the codes: branch free, so that the compiler can widen it. */
static uint64_t first_unordered(const checking *c, uint64_t lo, uint64_t hi)
{
    enum { RUN = 64 };
    int32_t time = c->shape->time_column;
    const cd_codes *codes = time > 0 ? &c->t->columns[time].codes : NULL;
    const uint32_t *at = codes && codes->width == 4 ? codes->codes : NULL;
    for (uint64_t row = lo + 1, end; row < hi; row = end) {
        bool look = !at;
        end = hi - row < RUN ? hi : row + RUN;
        for (uint64_t i = row; at && i < end; i++) look |= at[i] <= at[i - 1] || at[i] == UINT32_MAX;
        for (; look && row < end; row++)
            if (!follows(c, row)) return row;
    }
    return hi;
}

static cd_status order(const checking *c, cd_err *err)
{
    uint64_t bad = UINT64_MAX, n = c->t->left.n_keys;
    const cd_off *off = c->t->left.offsets;
    #pragma omp parallel for schedule(dynamic, 256) reduction(min : bad) if (c->t->rows > 65536)
    for (uint64_t i = 0; i < n; i++) {
        uint64_t row = first_unordered(c, off[i], off[i + 1]);
        if (row < off[i + 1] && row < bad) bad = row;
    }
    if (bad != UINT64_MAX) return fault(c, err, "row %" PRIu64 " is out of order, or there twice", bad);
    return CD_OK;
}

/* ---- Lines ---- */

/* Whether every line of the block lies in [1, 2^32). Its words are there. */
static bool block_good(const cd_packed_lines *p, uint64_t block, uint64_t at, uint32_t n)
{
    uint32_t width = p->width[block];
    uint64_t mask = ((uint64_t)1 << width) - 1;
    int64_t line = p->base[block];
    bool good = line >= 1;
    for (uint32_t i = 1; i < n && width; i++) {
        uint32_t bit = i * width, shift = bit % 64;
        uint64_t v = p->words[at + bit / 64] >> shift;
        if (shift + width > 64) v |= p->words[at + bit / 64 + 1] << (64 - shift);
        v &= mask;
        line += (int64_t)((v >> 1) ^ (0 - (v & 1)));
        good &= line >= 1 && line <= UINT32_MAX;
    }
    return good;
}

static cd_status lines(const checking *c, cd_err *err)
{
    const cd_packed_lines *p = &c->t->lines;
    uint64_t n_blocks = (c->t->rows + 63) / 64, n_starts = (n_blocks + 63) / 64, bad = UINT64_MAX;
    #pragma omp parallel for schedule(static) reduction(min : bad) if (n_starts > 16)
    for (uint64_t k = 0; k < n_starts; k++) {
        uint64_t at = p->start[k], end = k + 1 < n_starts ? p->start[k + 1] : p->n_words;
        bool good = (k > 0 || at == 0) && at <= end && end <= p->n_words;
        for (uint64_t b = k * 64; b < n_blocks && b < k * 64 + 64 && good; b++) {
            uint64_t rows = c->t->rows - b * 64;
            good = p->width[b] <= 33 && p->width[b] <= end - at &&
                   block_good(p, b, at, rows < 64 ? (uint32_t)rows : 64);
            at += p->width[b];
        }
        bool spare = at == 0 && end == 1 && k + 1 == n_starts; /* no words are needed, but an array is never empty */
        if ((!good || (at != end && !spare)) && k < bad) bad = k;
    }
    if (bad != UINT64_MAX)
        return fault(c, err, "the lines of rows from %" PRIu64 " on are not well formed", bad * 4096);
    return CD_OK;
}

/* ---- The other direction ---- */

/* A sum over pairs of row and right id that is the same for the same pairs in whatever order. Each pair is made 128
 * bits by a key that is drawn for this one check: two different heaps of pairs have the same sum by a chance of about
 * 2^-128, and as nobody knows the key before, no file can be made to hit it. */
typedef struct {
    uint64_t key[4];
    uint64_t lo, hi;
} pair_sum;

static inline void pair_add(const uint64_t key[4], uint32_t row, cd_id right, uint64_t *lo, uint64_t *hi)
{
    unsigned __int128 x = (unsigned __int128)(((uint64_t)row << 32 | right) ^ key[0]) * (key[1] | 1);
    uint64_t once = (uint64_t)x ^ (uint64_t)(x >> 64);
    unsigned __int128 y = (unsigned __int128)(once ^ key[2]) * (key[3] | 1);
    *lo += (uint64_t)y, *hi += (uint64_t)(y >> 64) ^ once;
}

/* The time of a row as rows are ordered by it: unknown, which is the greatest code, first. */
static inline uint64_t time_key(const cd_codes *time, uint64_t row)
{
    switch (time->width) {
    case 1: return (uint8_t)(((const uint8_t *)time->codes)[row] + 1);
    case 2: return (uint16_t)(((const uint16_t *)time->codes)[row] + 1);
    case 4: return ((const uint32_t *)time->codes)[row] + 1;
    case 8: return ((const uint64_t *)time->codes)[row] + 1;
    default: return 0;
    }
}

/* Where to look for the time of a row. The rows of a right id lie anywhere, and a miss of the cache and of the address
 * cache each would be most of the time: so the upper 16 bits of every time stand in one small array in large pages, and
 * only where they are equal are the times themselves looked up. */
enum { COARSE_MOST = 1 << 28 }; /* rows: 512 MB; of more rows the times are looked up */
typedef struct {
    const cd_codes *time;
    uint16_t *coarse; /* or NULL */
    uint32_t shift;   /* of a time to its upper bits */
} time_table;

/* Goes through the forward direction once: the coarse times of *out, and the sum of its pairs. */
static cd_status forward_pass(const checking *c, time_table *out, pair_sum *sum, cd_err *err)
{
    const cd_segment_table *t = c->t;
    uint64_t most = t->first == CANDOUR_UNKNOWN ? 0 : (uint64_t)t->last - (uint64_t)out->time->base + 1, lo = 0, hi = 0;
    if (t->rows <= COARSE_MOST && !(out->coarse = cd_pages_new(t->rows, sizeof *out->coarse, err))) return CD_EMEMORY;
    while (most >> out->shift > UINT16_MAX) out->shift++;
    #pragma omp parallel for schedule(static) reduction(+ : lo, hi) if (t->rows > 65536)
    for (uint64_t row = 0; row < t->rows; row++) {
        if (out->coarse) out->coarse[row] = (uint16_t)(time_key(out->time, row) >> out->shift);
        pair_add(sum->key, (uint32_t)row, t->right[row], &lo, &hi);
    }
    sum->lo = lo, sum->hi = hi;
    return CD_OK;
}

/* Whether row b may follow row a in a list. */
static inline bool rises(const time_table *times, uint32_t a, uint32_t b)
{
    if (times->coarse && times->coarse[a] != times->coarse[b]) return times->coarse[a] < times->coarse[b];
    if (times->coarse && times->shift == 0) return a < b;
    uint64_t x = time_key(times->time, a), y = time_key(times->time, b);
    return x != y ? x < y : a < b;
}

static inline bool is_row_of(const cd_segment_table *t, cd_id left, uint64_t row)
{
    uint64_t from, to;
    if (!t->left.keys) return left < t->left.n_keys && t->left.offsets[left] <= row && row < t->left.offsets[left + 1];
    cd_rows_of(&t->left, t->rows, left, &from, &to);
    return from <= row && row < to;
}

/* The rows of one right id: each lies among the rows of the left id that stands beside it, and they rise by time, then
 * row. Adds its pairs to the sum. Returns the first position that is wrong, or `hi`. Rows are asked for early, so that
 * cache misses overlap. */
static uint64_t reverse_group(const cd_segment_table *t, const time_table *times, cd_id right, uint64_t lo, uint64_t hi,
                              pair_sum *sum)
{
    enum { AHEAD = 32 };
    for (uint64_t i = lo; i < hi; i++) {
        uint32_t row = t->reverse_row[i], soon = i + AHEAD < t->rows ? t->reverse_row[i + AHEAD] : 0;
        if (times->coarse && soon < t->rows) __builtin_prefetch(&times->coarse[soon]);
        if (row >= t->rows || !is_row_of(t, t->reverse_left[i], row)) return i;
        if (i > lo && !rises(times, t->reverse_row[i - 1], row)) return i;
        pair_add(sum->key, row, right, &sum->lo, &sum->hi);
    }
    return hi;
}

static inline cd_id right_at(const cd_rows_by *by, uint64_t i) { return by->keys ? by->keys[i] : (cd_id)i; }

/* The first position whose row does not name the right id that it is listed under, or UINT64_MAX. */
static uint64_t first_stranger(const cd_segment_table *t)
{
    const cd_rows_by *by = &t->by_right;
    for (uint64_t i = 0; i < by->n_keys; i++)
        for (uint64_t p = by->offsets[i]; p < by->offsets[i + 1]; p++)
            if (t->right[t->reverse_row[p]] != right_at(by, i)) return p;
    return UINT64_MAX;
}

/* Every row stands in the reverse direction once, under its right id and beside its left one, and lists rise. That the
 * pairs of row and right id are the same ones both ways is known by their sums, without going from one to the other:
 * in the forward direction each row is there once, so then it is in the reverse one. Where they differ some row is not
 * under its right id, for a row that is listed twice under its own does not rise. */
static cd_status reverse(const checking *c, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_segment_table *t = c->t;
    const cd_rows_by *by = &t->by_right;
    const cd_codes none = {0};
    time_table times = {.time = c->shape->time_column > 0 ? &t->columns[c->shape->time_column].codes : &none};
    pair_sum forward = {{0}, 0, 0};
    uint64_t bad = UINT64_MAX, lo = 0, hi = 0;
    if (getentropy(forward.key, sizeof forward.key) != 0)
        return cd_fail_errno(err, errno, "the system gives no random key");
    CD_TRY(forward_pass(c, &times, &forward, err));
    #pragma omp parallel for schedule(dynamic, 1024) reduction(min : bad) reduction(+ : lo, hi) if (t->rows > 65536)
    for (uint64_t i = 0; i < by->n_keys; i++) {
        pair_sum mine = {{forward.key[0], forward.key[1], forward.key[2], forward.key[3]}, 0, 0};
        uint64_t end = by->offsets[i + 1], at = reverse_group(t, &times, right_at(by, i), by->offsets[i], end, &mine);
        if (at < end && at < bad) bad = at;
        lo += mine.lo, hi += mine.hi;
    }
    if (bad == UINT64_MAX && (lo != forward.lo || hi != forward.hi)) bad = first_stranger(t);
    if (bad != UINT64_MAX)
        CD_TRY(fault(c, err, "the two directions disagree at place %" PRIu64 " of the reverse one", bad));
done:
    cd_pages_free(times.coarse, t->rows, sizeof *times.coarse);
    return st;
}

/* ---- Together ---- */

cd_status cd_segment_check_forward(const cd_segment *s, uint32_t table, const candour_ontology *ontology,
                                   const uint64_t *n_ids, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_table *shape = &ontology->tables[table];
    checking c = {.s = s, .ontology = ontology, .n_ids = n_ids, .shape = shape, .t = s->tables[table]};
    if (!c.t || done_before(s, table, FORWARD)) return CD_OK;
    CD_TRY(sums(s, "tables", shape->name, false, err));
    CD_TRY(rows_by(&c, &c.t->left, shape->columns[0].kind, "left", err));
    if (c.t->right) {
        uint64_t row = first_beyond(c.t->right, c.t->rows, n_ids[shape->columns[1].kind]);
        if (row < c.t->rows) CD_TRY(fault(&c, err, "a right id is out of range at row %" PRIu64, row));
    }
    CD_TRY(columns(&c, err));
    CD_TRY(order(&c, err));
    CD_TRY(lines(&c, err));
    mark_done(s, table, FORWARD);
done:
    return st;
}

cd_status cd_segment_check(const cd_segment *s, uint32_t table, const candour_ontology *ontology, const uint64_t *n_ids,
                           cd_err *err)
{
    cd_status st = CD_OK;
    const candour_table *shape = &ontology->tables[table];
    checking c = {.s = s, .ontology = ontology, .n_ids = n_ids, .shape = shape, .t = s->tables[table]};
    CD_TRY(cd_segment_check_forward(s, table, ontology, n_ids, err));
    if (!c.t || !c.t->right || done_before(s, table, REVERSE)) return CD_OK;
    CD_TRY(sums(s, "tables", shape->name, true, err));
    CD_TRY(rows_by(&c, &c.t->by_right, shape->columns[1].kind, "reverse", err));
    CD_TRY(reverse(&c, err));
    mark_done(s, table, REVERSE);
done:
    return st;
}

/* ---- Ids ---- */

/* Whether the search for the i-th id, by its hash, ends at i: then it is in the index, and no id equal to it stands
 * before it there. As this holds for every id, all are different. *steps grows by what it took. */
static bool findable(const cd_segment_kind *k, uint32_t i, uint64_t *steps)
{
    cd_slice id = cd_texts_at(&k->ids, i);
    uint64_t slot = (cd_hash64(id.bytes, id.n) >> 32) * k->n_slots >> 32;
    for (uint64_t step = 0; step < k->n_slots; step++, ++*steps) {
        uint32_t at = k->index[slot];
        if (at == i) return true;
        if (at >= k->ids.n || cd_slice_equal(cd_texts_at(&k->ids, at), id)) return false;
        slot = slot + 1 == k->n_slots ? 0 : slot + 1;
    }
    return false;
}

/* An honest search takes some three steps. An index made so that searches crawl would keep us for days: past a hundred
 * steps an id, all in all, it counts as wrong. */
static bool index_good(const cd_segment_kind *k)
{
    uint64_t n = k->ids.n, used = 0, steps = 0, wrong = 0, most = n * 100 + 1000000;
    #pragma omp parallel for schedule(static, 1024) if (n > 16384)
    for (uint64_t i = 0; i < n; i++) {
        uint64_t mine = 0, all = __atomic_load_n(&steps, __ATOMIC_RELAXED);
        if (all > most || __atomic_load_n(&wrong, __ATOMIC_RELAXED)) continue;
        if (!findable(k, (uint32_t)i, &mine)) __atomic_store_n(&wrong, 1, __ATOMIC_RELAXED);
        if (mine > 64) __atomic_fetch_add(&steps, mine, __ATOMIC_RELAXED);
    }
    #pragma omp parallel for schedule(static) reduction(+ : used) if (n > 16384)
    for (uint64_t i = 0; i < k->n_slots; i++) used += k->index[i] != CD_NONE;
    return !wrong && steps <= most && used == n;
}

cd_status cd_segment_check_kind(const cd_segment *s, uint32_t kind, const candour_ontology *ontology, cd_err *err)
{
    const cd_segment_kind *k = &s->kinds[kind];
    const char *name = ontology->kinds[kind].name;
    uint64_t n = k->ids.n, bad = UINT64_MAX;
    if (n == 0 || done_before(s, ontology->n_tables + kind, FORWARD)) return CD_OK;
    cd_status st = sums(s, "kinds", name, false, err);
    if (st != CD_OK) return st;
    if (k->ids.offsets && (k->ids.offsets[0] != 0 || k->ids.offsets[n] != k->ids.n_bytes))
        return cd_fail(err, CD_ESTORE,
                       "'%s' is damaged: the ids of kind `%s` do not begin at 0 and end with their bytes; "
                       "restore the store from a copy",
                       s->path, name);
    #pragma omp parallel for schedule(static) reduction(min : bad) if (n > 16384)
    for (uint64_t i = 0; i < n; i++) {
        cd_slice id = cd_texts_at(&k->ids, i);
        if ((!id.bytes || id.n < 1 || id.n > 255) && i < bad) bad = i;
    }
    if (bad < n)
        return cd_fail(err, CD_ESTORE, "'%s' is damaged: the id %" PRIu64 " of kind `%s` does not have 1 to 255 bytes; "
                       "restore the store from a copy", s->path, bad, name);
    if (!index_good(k))
        return cd_fail(err, CD_ESTORE,
                       "'%s' is damaged: the index of kind `%s` does not find every id once; restore the "
                       "store from a copy",
                       s->path, name);
    mark_done(s, ontology->n_tables + kind, FORWARD);
    return CD_OK;
}
