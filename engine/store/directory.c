/* SPDX-License-Identifier: GPL-3.0-or-later
 * directory.c: the directory's text to struct and back. */
#include "engine/store/directory.h"

#include <inttypes.h>

#include "engine/base/hash.h"
#include "engine/store/fields.h"

static const char *const type_names[] = {"u8", "u16", "u32", "u64", "f64"};
static const uint32_t type_bytes[] = {1, 2, 4, 8, 8};

const char *cd_array_type_name(cd_array_type type) { return type_names[type]; }
uint32_t cd_array_type_bytes(cd_array_type type) { return type_bytes[type]; }

/* One directory being read: the text, what it says so far, and room for more of it. */
typedef struct {
    cd_fields at;
    const char *begin, *path;
    cd_directory *d;
    size_t cap_kinds, cap_tables, cap_arrays;
    uint64_t end_of_last; /* of the last array */
} reader;

/* Names the line that cannot be, by number. */
static cd_status bad(const reader *r, const char *line, const char *why, cd_err *err)
{
    uint64_t number = 1;
    for (const char *p = r->begin; p < line; p++) number += *p == '\n';
    return cd_fail(err, CD_ESTORE, "'%s' is damaged: its directory, line %" PRIu64 ": %s; run `candour verify`",
                   r->path, number, why);
}

static cd_status head_read(reader *r, cd_err *err)
{
    cd_fields *f = &r->at;
    const char *line = f->at;
    uint64_t version;
    if (!cd_field_is(f, "segment", ' ') || !cd_field_u64(f, '\n', &version))
        return bad(r, line, "it does not begin with `segment` and a version", err);
    if (version != CD_SEGMENT_VERSION)
        return cd_fail(err, CD_ESTORE, "'%s' has segment version %" PRIu64 ", this candour reads %d; use a newer one",
                       r->path, version, CD_SEGMENT_VERSION);
    line = f->at;
    if (!cd_field_is(f, "metadata", ' ') || !cd_field_hex(f, '\n', &r->d->metadata_hash))
        return bad(r, line, "it is not `metadata` and 16 hexadecimal digits", err);
    return CD_OK;
}

static cd_status kinds_read(reader *r, cd_err *err)
{
    cd_fields *f = &r->at;
    cd_directory *d = r->d;
    for (const char *line = f->at; cd_field_is(f, "kind", ' '); line = f->at) {
        cd_directory_kind k = {0};
        uint64_t stride;
        if (!cd_field_name(f, ' ', &k.name) || !cd_field_u64(f, ' ', &k.first) || !cd_field_u64(f, ' ', &k.n) ||
            !cd_field_u64(f, '\n', &stride))
            return bad(r, line, "it is not `kind NAME FIRST COUNT BYTES`", err);
        if (k.n == 0 || k.n >= CD_NONE || k.first >= CD_NONE || k.first + k.n > CD_NONE || stride > 255)
            return bad(r, line, "a kind's numbers are out of range", err);
        k.stride = (uint32_t)stride;
        cd_status st = cd_grow(&d->kinds, &r->cap_kinds, d->n_kinds + 1, sizeof *d->kinds, err);
        if (st != CD_OK) return st;
        d->kinds[d->n_kinds++] = k;
    }
    return CD_OK;
}

static bool moment_read(cd_fields *f, char after, int64_t *out)
{
    if (cd_field_is(f, "-", after)) {
        *out = CANDOUR_UNKNOWN;
        return true;
    }
    return cd_field_i64(f, after, out) && *out != CANDOUR_UNKNOWN;
}

static cd_status tables_read(reader *r, cd_err *err)
{
    cd_fields *f = &r->at;
    cd_directory *d = r->d;
    for (const char *line = f->at; cd_field_is(f, "table", ' '); line = f->at) {
        cd_directory_table t = {0};
        if (!cd_field_name(f, ' ', &t.name) || !cd_field_u64(f, ' ', &t.rows) || !cd_field_u64(f, ' ', &t.left_keys) ||
            !cd_field_u64(f, ' ', &t.right_keys) || !moment_read(f, ' ', &t.first) || !moment_read(f, '\n', &t.last))
            return bad(r, line, "it is not `table NAME ROWS LEFT RIGHT FIRST LAST`", err);
        if (t.rows == 0 || t.rows >= CD_NONE || t.left_keys == 0 || t.left_keys >= CD_NONE || t.right_keys >= CD_NONE)
            return bad(r, line, "a table's counts are out of range", err);
        if ((t.first == CANDOUR_UNKNOWN) != (t.last == CANDOUR_UNKNOWN) || t.first > t.last)
            return bad(r, line, "a table's last time comes before its first", err);
        cd_status st = cd_grow(&d->tables, &r->cap_tables, d->n_tables + 1, sizeof *d->tables, err);
        if (st != CD_OK) return st;
        d->tables[d->n_tables++] = t;
    }
    return CD_OK;
}

static bool type_read(cd_fields *f, cd_array_type *out)
{
    for (uint32_t t = 0; t < sizeof type_names / sizeof *type_names; t++)
        if (cd_field_is(f, type_names[t], ' ')) {
            *out = (cd_array_type)t;
            return true;
        }
    return false;
}

static cd_status arrays_read(reader *r, cd_err *err)
{
    cd_fields *f = &r->at;
    cd_directory *d = r->d;
    for (const char *line = f->at; cd_field_is(f, "array", ' '); line = f->at) {
        cd_array a = {0};
        uint64_t bytes, end;
        if (d->n_arrays == CD_MAX_ARRAYS) return bad(r, line, "too many arrays", err);
        if (!cd_field_name(f, ' ', &a.path) || !type_read(f, &a.type) || !cd_field_u64(f, ' ', &a.at) ||
            !cd_field_u64(f, ' ', &a.n) || !cd_field_i64(f, ' ', &a.base) || !cd_field_hex(f, '\n', &a.checksum))
            return bad(r, line, "it is not `array PATH TYPE PLACE ELEMENTS BASE CHECKSUM`", err);
        if (a.n == 0) return bad(r, line, "an array has no elements", err);
        if (__builtin_mul_overflow(a.n, type_bytes[a.type], &bytes) || __builtin_add_overflow(a.at, bytes, &end))
            return bad(r, line, "an array is larger than any file", err);
        if (a.at % type_bytes[a.type] != 0) return bad(r, line, "an array is not aligned for its type", err);
        if (a.at < r->end_of_last) return bad(r, line, "an array overlaps or precedes the one before it", err);
        r->end_of_last = end;
        cd_status st = cd_grow(&d->arrays, &r->cap_arrays, d->n_arrays + 1, sizeof *d->arrays, err);
        if (st != CD_OK) return st;
        d->arrays[d->n_arrays++] = a;
    }
    return CD_OK;
}

cd_status cd_directory_parse(cd_slice text, const char *path, cd_directory *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_directory d = {0};
    reader r = {.at = cd_fields_of(text), .begin = text.bytes, .path = path, .d = &d};
    const char *line;

    CD_TRY(head_read(&r, err));
    CD_TRY(kinds_read(&r, err));
    CD_TRY(tables_read(&r, err));
    line = r.at.at;
    if (!cd_field_is(&r.at, "sources", ' ') || !cd_field_u64(&r.at, '\n', &d.n_sources))
        CD_TRY(bad(&r, line, "it is not a kind, a table, or `sources COUNT`", err));
    line = r.at.at;
    if (!cd_field_is(&r.at, "loads", ' ') || !cd_field_u64(&r.at, '\n', &d.n_loads))
        CD_TRY(bad(&r, line, "it is not `loads COUNT`", err));
    CD_TRY(arrays_read(&r, err));
    line = r.at.at;
    if (!cd_field_is(&r.at, "end", '\n')) CD_TRY(bad(&r, line, "it is not an array or `end`", err));
    if (!cd_fields_end(&r.at)) CD_TRY(bad(&r, r.at.at, "there is more after `end`", err));
    *out = d, d = (cd_directory){0};
done:
    cd_directory_release(&d);
    return st;
}

static void moment_print(int64_t at, char after, cd_buffer *out)
{
    if (at == CANDOUR_UNKNOWN) cd_buffer_printf(out, "-%c", after);
    else cd_buffer_printf(out, "%" PRId64 "%c", at, after);
}

void cd_directory_print(const cd_directory *d, cd_buffer *out)
{
    cd_buffer_printf(out, "segment %d\nmetadata %016" PRIx64 "\n", CD_SEGMENT_VERSION, d->metadata_hash);
    for (uint32_t i = 0; i < d->n_kinds; i++) {
        const cd_directory_kind *k = &d->kinds[i];
        cd_buffer_printf(out, "kind %.*s %" PRIu64 " %" PRIu64 " %" PRIu32 "\n", (int)k->name.n, k->name.bytes,
                         k->first, k->n, k->stride);
    }
    for (uint32_t i = 0; i < d->n_tables; i++) {
        const cd_directory_table *t = &d->tables[i];
        cd_buffer_printf(out, "table %.*s %" PRIu64 " %" PRIu64 " %" PRIu64 " ", (int)t->name.n, t->name.bytes, t->rows,
                         t->left_keys, t->right_keys);
        moment_print(t->first, ' ', out);
        moment_print(t->last, '\n', out);
    }
    cd_buffer_printf(out, "sources %" PRIu64 "\nloads %" PRIu64 "\n", d->n_sources, d->n_loads);
    for (uint32_t i = 0; i < d->n_arrays; i++) {
        const cd_array *a = &d->arrays[i];
        cd_buffer_add(out, "array ", 6);
        cd_buffer_add(out, a->path.bytes, a->path.n);
        cd_buffer_printf(out, " %s %" PRIu64 " %" PRIu64 " %" PRId64 " %016" PRIx64 "\n", type_names[a->type], a->at,
                         a->n, a->base, a->checksum);
    }
    cd_buffer_add(out, "end\n", 4);
}

void cd_directory_release(cd_directory *d)
{
    if (!d) return;
    cd_free(d->kinds);
    cd_free(d->tables);
    cd_free(d->arrays);
    *d = (cd_directory){0};
}

uint64_t cd_metadata_hash(const uint8_t *file, uint64_t n_bytes, const cd_array *arrays, uint32_t n_arrays,
                          uint64_t directory_at, uint64_t directory_bytes)
{
    cd_hash_stream h;
    uint64_t at = 0;
    bool directory_seen = false;
    cd_hash_stream_begin(&h);
    for (uint32_t i = 0; i < n_arrays || !directory_seen;) {
        uint64_t lo, hi;
        if (!directory_seen && (i == n_arrays || directory_at < arrays[i].at)) {
            lo = directory_at, hi = directory_at + directory_bytes;
            directory_seen = true;
        } else {
            lo = arrays[i].at, hi = lo + arrays[i].n * type_bytes[arrays[i].type];
            i++;
        }
        if (lo > at) cd_hash_stream_add(&h, file + at, lo - at);
        at = hi;
    }
    if (n_bytes > at) cd_hash_stream_add(&h, file + at, n_bytes - at);
    return cd_hash_stream_end(&h);
}
