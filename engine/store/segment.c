/* SPDX-License-Identifier: GPL-3.0-or-later
 * segment.c: maps one file of a store and finds every array in it, by its directory alone.
 *
 * The directory's hash stands in the manifest; still it may have been made by an enemy, so what it says is held against
 * the file's size and against the ontology, and whatever is missing, doubled, unknown or of another shape is refused.
 */
#include "engine/store/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/store/directory.h"
#include "engine/store/snapshot.h"

enum { TAIL = 16, ROWS_A_BLOCK = 64, BLOCKS_A_START = 64 };

typedef struct {
    cd_segment *s;
    const candour_ontology *ontology;
    uint32_t last_table; /* arrays of a table stand together: where to look first */
} opener;

static cd_status bad(const cd_segment *s, cd_slice what, const char *why, cd_err *err)
{
    return cd_fail(err, CD_ESTORE, "'%s' is damaged: `%.*s` %s; run `candour verify`", s->path,
                   (int)(what.n < 200 ? what.n : 200), what.bytes, why);
}

/* Some code reads up to 16 bytes from where a short text begins. Where the file ends too close to the end of its last
 * page, an empty page is kept behind it. */
static cd_status map(cd_segment *s, int fd, cd_err *err)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    bool tight = s->bytes % page == 0 || s->bytes % page > page - TAIL;
    void *at = NULL;
    if (s->bytes > SIZE_MAX - TAIL) return cd_fail(err, CD_EMEMORY, "'%s' is too large to be mapped here", s->path);
    if (tight) {
        at = mmap(NULL, (size_t)s->bytes + TAIL, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at == MAP_FAILED) return cd_fail_errno(err, errno, "cannot map '%s'", s->path);
    }
    void *m = mmap(at, (size_t)s->bytes, PROT_READ, MAP_PRIVATE | (tight ? MAP_FIXED : 0), fd, 0);
    if (m == MAP_FAILED) {
        int number = errno;
        if (tight) munmap(at, (size_t)s->bytes + TAIL);
        return cd_fail_errno(err, number, "cannot map '%s'", s->path);
    }
    s->map = m;
    return CD_OK;
}

static cd_status file_map(cd_segment *s, uint64_t bytes, cd_err *err)
{
    cd_status st = CD_OK;
    struct stat about;
    int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT)
        return cd_fail(err, CD_ESTORE, "'%s' is missing, though the manifest names it; restore the store from a copy",
                       s->path);
    if (fd < 0) return cd_fail_errno(err, errno, "cannot open '%s'", s->path);
    if (fstat(fd, &about) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot look at '%s'", s->path));
    if (!S_ISREG(about.st_mode)) CD_TRY(cd_fail(err, CD_ESTORE, "'%s' is not a regular file", s->path));
    if (bytes == 0 || (uint64_t)about.st_size != bytes)
        CD_TRY(cd_fail(err, CD_ESTORE, "'%s' has %" PRId64 " bytes where the manifest says %" PRIu64 ": it was cut or "
                       "exchanged; restore the store from a copy", s->path, (int64_t)about.st_size, bytes));
    s->bytes = bytes;
    CD_TRY(map(s, fd, err));
done:
    close(fd);
    return st;
}

/* ---- What the directory says of kinds and tables ---- */

static int32_t kind_find(const candour_ontology *o, cd_slice name)
{
    for (uint32_t k = 0; k < o->n_kinds; k++)
        if (cd_slice_equal(cd_slice_of(o->kinds[k].name), name)) return (int32_t)k;
    return -1;
}

static cd_status kinds_take(opener *o, const cd_directory *d, const uint64_t *first_ids, cd_err *err)
{
    cd_segment *s = o->s;
    for (uint32_t k = 0; first_ids && k < o->ontology->n_kinds; k++) s->kinds[k].first = first_ids[k];
    for (uint32_t i = 0; i < d->n_kinds; i++) {
        const cd_directory_kind *said = &d->kinds[i];
        int32_t k = kind_find(o->ontology, said->name);
        if (k < 0) return bad(s, said->name, "is a kind that the ontology does not know", err);
        cd_segment_kind *kind = &s->kinds[k];
        if (kind->ids.n) return bad(s, said->name, "is a kind named twice", err);
        if (first_ids && first_ids[k] != said->first)
            return bad(s, said->name, "is a kind whose first number does not follow the files before", err);
        kind->first = said->first;
        kind->ids.n = (uint32_t)said->n;
        kind->ids.stride = said->stride;
        kind->n_slots = said->n + said->n / 8 + 1;
        kind->sums = kind->ids.sums = s->sums;
    }
    return CD_OK;
}

static cd_status tables_take(opener *o, const cd_directory *d, cd_err *err)
{
    cd_segment *s = o->s;
    for (uint32_t i = 0; i < d->n_tables; i++) {
        const cd_directory_table *said = &d->tables[i];
        int32_t t = candour_table_find(o->ontology, said->name);
        if (t < 0) return bad(s, said->name, "is a table that the ontology does not know", err);
        const candour_table *shape = &o->ontology->tables[t];
        if (s->tables[t]) return bad(s, said->name, "is a table named twice", err);
        if ((said->right_keys > 0) != (shape->class_of == CANDOUR_RELATION))
            return bad(s, said->name, "is a relation without a reverse direction, or none with one", err);
        if (said->first != CANDOUR_UNKNOWN && shape->time_column < 0)
            return bad(s, said->name, "is a table without times that has a first one", err);
        cd_segment_table *table = cd_alloc(1, sizeof *table + shape->n_columns * sizeof *table->columns, err);
        if (!table) return CD_EMEMORY;
        table->rows = said->rows;
        table->first = said->first, table->last = said->last;
        table->left.n_keys = (cd_id)said->left_keys;
        table->by_right.n_keys = (cd_id)said->right_keys;
        table->sums = table->left.sums = table->by_right.sums = table->lines.sums = s->sums;
        for (uint32_t c = 0; c < shape->n_columns; c++) table->columns[c].texts.sums = s->sums;
        s->tables[t] = table;
    }
    return CD_OK;
}

/* ---- Arrays to their places ---- */

/* Takes the part before the first '/' off the path. */
static bool cut(cd_slice *path, cd_slice *part)
{
    const char *slash = path->n ? memchr(path->bytes, '/', path->n) : NULL;
    if (!slash) return false;
    *part = (cd_slice){path->bytes, (uint32_t)(slash - path->bytes)};
    path->bytes = slash + 1;
    path->n -= part->n + 1;
    return true;
}

static bool is(cd_slice path, const char *word) { return cd_slice_equal(path, cd_slice_of(word)); }

/* *place = the array, if it has this type, this many elements (0: any number), no base, and came once. */
static cd_status take(opener *o, const cd_array *a, cd_array_type type, uint64_t n, const void *place_pointer,
                      cd_err *err)
{
    const void **place = (const void **)(uintptr_t)place_pointer;
    if (*place) return bad(o->s, a->path, "is there twice", err);
    if (a->type != type) return bad(o->s, a->path, "has another type than it must have", err);
    if (n && a->n != n) return bad(o->s, a->path, "has another number of elements than it must have", err);
    if (a->base != 0) return bad(o->s, a->path, "has a base, but holds no codes", err);
    *place = a->data;
    return CD_OK;
}

static cd_status take_codes(opener *o, const cd_array *a, uint64_t n, cd_codes *place, cd_err *err)
{
    if (place->width) return bad(o->s, a->path, "is there twice", err);
    if (a->type == CD_F64) return bad(o->s, a->path, "has another type than it must have", err);
    if (a->n != n) return bad(o->s, a->path, "has another number of elements than it must have", err);
    *place = (cd_codes){.codes = a->data, .width = cd_array_type_bytes(a->type), .base = a->base, .sums = o->s->sums};
    return CD_OK;
}

/* A single element stands for all rows. */
static cd_status take_source(opener *o, const cd_array *a, uint64_t n, cd_codes *place, cd_err *err)
{
    cd_codes one = {0};
    if (a->n != 1) return take_codes(o, a, n, place, err);
    if (place->constant) return bad(o->s, a->path, "is there twice", err);
    cd_status st = take_codes(o, a, 1, &one, err);
    if (st == CD_OK) st = cd_segment_check_array(o->s, (uint32_t)(a - o->s->arrays), err);
    if (st != CD_OK) return st;
    one.sums = NULL; /* its neighbours need not be looked at yet */
    *place = (cd_codes){.constant = true, .base = cd_codes_at(&one, 0)};
    return place->base < 0 ? bad(o->s, a->path, "names no source", err) : CD_OK;
}

static cd_status unknown(opener *o, const cd_array *a, cd_err *err)
{
    return bad(o->s, a->path, "is an array of no known name", err);
}

static cd_status kind_array(opener *o, const cd_array *a, cd_slice rest, cd_err *err)
{
    cd_slice name = {0};
    int32_t k = cut(&rest, &name) ? kind_find(o->ontology, name) : -1;
    if (k < 0 || o->s->kinds[k].ids.n == 0) return unknown(o, a, err);
    cd_segment_kind *kind = &o->s->kinds[k];
    cd_texts *ids = &kind->ids;
    if (is(rest, "index")) return take(o, a, CD_U32, kind->n_slots, &kind->index, err);
    if (is(rest, "offsets") && ids->stride == 0) return take(o, a, CD_U32, (uint64_t)ids->n + 1, &ids->offsets, err);
    if (!is(rest, "bytes")) return unknown(o, a, err);
    ids->n_bytes = a->n;
    return take(o, a, CD_U8, (uint64_t)ids->n * ids->stride, &ids->bytes, err);
}

static cd_status reverse_array(opener *o, const cd_array *a, cd_segment_table *t, cd_slice rest, cd_err *err)
{
    if (t->by_right.n_keys == 0) return unknown(o, a, err);
    if (is(rest, "keys")) return take(o, a, CD_U32, t->by_right.n_keys, &t->by_right.keys, err);
    if (is(rest, "offsets")) return take(o, a, CD_U64, (uint64_t)t->by_right.n_keys + 1, &t->by_right.offsets, err);
    if (is(rest, "left")) return take(o, a, CD_U32, t->rows, &t->reverse_left, err);
    if (is(rest, "row")) return take(o, a, CD_U32, t->rows, &t->reverse_row, err);
    return unknown(o, a, err);
}

static cd_status line_array(opener *o, const cd_array *a, cd_segment_table *t, cd_slice rest, cd_err *err)
{
    uint64_t blocks = (t->rows + ROWS_A_BLOCK - 1) / ROWS_A_BLOCK;
    cd_packed_lines *p = &t->lines;
    if (is(rest, "base")) return take(o, a, CD_U32, blocks, &p->base, err);
    if (is(rest, "width")) return take(o, a, CD_U8, blocks, &p->width, err);
    if (is(rest, "start")) return take(o, a, CD_U64, (blocks + BLOCKS_A_START - 1) / BLOCKS_A_START, &p->start, err);
    if (!is(rest, "words")) return unknown(o, a, err);
    p->n_words = a->n;
    return take(o, a, CD_U64, 0, &p->words, err);
}

/* The column of that name which is kept under column/ or text/, or -1. */
static int32_t kept_column(const candour_table *shape, cd_slice name)
{
    int32_t c = candour_column_find(shape, name);
    return c == 0 || (c == 1 && shape->class_of == CANDOUR_RELATION) ? -1 : c;
}

static cd_status text_array(opener *o, const cd_array *a, cd_segment_table *t, const candour_table *shape,
                            cd_slice rest, cd_err *err)
{
    cd_slice name = {0};
    int32_t c = cut(&rest, &name) ? kept_column(shape, name) : -1;
    if (c < 0 || shape->columns[c].type != CANDOUR_TEXT) return unknown(o, a, err);
    cd_texts *texts = &t->columns[c].texts;
    if (is(rest, "bytes")) {
        texts->n_bytes = a->n;
        return take(o, a, CD_U8, 0, &texts->bytes, err);
    }
    if (!is(rest, "offsets")) return unknown(o, a, err);
    if (a->n < 2 || a->n > UINT32_MAX)
        return bad(o->s, a->path, "has another number of elements than it must have", err);
    texts->n = (uint32_t)(a->n - 1);
    return take(o, a, CD_U32, 0, &texts->offsets, err);
}

static int32_t table_here(opener *o, cd_slice name)
{
    if (!is(name, o->ontology->tables[o->last_table].name)) {
        int32_t t = candour_table_find(o->ontology, name);
        if (t < 0) return -1;
        o->last_table = (uint32_t)t;
    }
    return o->s->tables[o->last_table] ? (int32_t)o->last_table : -1;
}

static cd_status table_array(opener *o, const cd_array *a, cd_slice rest, cd_err *err)
{
    cd_slice name = {0}, group = {0};
    int32_t which = cut(&rest, &name) ? table_here(o, name) : -1;
    if (which < 0) return unknown(o, a, err);
    cd_segment_table *t = o->s->tables[which];
    const candour_table *shape = &o->ontology->tables[which];
    if (!cut(&rest, &group)) {
        if (is(rest, "keys")) return take(o, a, CD_U32, t->left.n_keys, &t->left.keys, err);
        if (is(rest, "offsets")) return take(o, a, CD_U64, (uint64_t)t->left.n_keys + 1, &t->left.offsets, err);
        if (is(rest, "source")) return take_source(o, a, t->rows, &t->source, err);
        if (is(rest, "right") && shape->class_of == CANDOUR_RELATION)
            return take(o, a, CD_U32, t->rows, &t->right, err);
        return unknown(o, a, err);
    }
    if (is(group, "reverse")) return reverse_array(o, a, t, rest, err);
    if (is(group, "line")) return line_array(o, a, t, rest, err);
    if (is(group, "text")) return text_array(o, a, t, shape, rest, err);
    int32_t c = is(group, "column") ? kept_column(shape, rest) : -1;
    if (c < 0) return unknown(o, a, err);
    if (shape->columns[c].type == CANDOUR_REAL) return take(o, a, CD_F64, t->rows, &t->columns[c].reals, err);
    return take_codes(o, a, t->rows, &t->columns[c].codes, err);
}

/* Every array lies in the file; from here on it can be read, and is held against its checksum when it is. */
static cd_status arrays_find(cd_segment *s, cd_err *err)
{
    uint64_t directory_end = s->directory_at + s->directory_bytes;
    for (uint32_t i = 0; i < s->n_arrays; i++) {
        cd_array *a = &s->arrays[i];
        uint64_t end = a->at + cd_array_bytes(a); /* cd_directory_parse: no overflow */
        if (end > s->bytes) return bad(s, a->path, "ends behind the end of the file", err);
        if (a->at < directory_end && end > s->directory_at) return bad(s, a->path, "overlaps the directory", err);
        a->data = s->map + a->at;
    }
    return cd_sums_new(s->map, s->bytes, s->arrays, s->n_arrays, s->path, &s->sums, err);
}

static cd_status arrays_take(opener *o, cd_err *err)
{
    cd_segment *s = o->s;
    for (uint32_t i = 0; i < s->n_arrays; i++) {
        cd_array *a = &s->arrays[i];
        cd_slice rest = a->path, top = {0};
        cd_status st;
        if (is(rest, "sources") || is(rest, "loads")) {
            cd_slice *text = *rest.bytes == 's' ? &s->sources : &s->loads;
            if (a->n > UINT32_MAX) return bad(s, a->path, "is too long", err);
            text->n = (uint32_t)a->n;
            st = take(o, a, CD_U8, 0, &text->bytes, err);
        } else if (is(rest, "checksums")) {
            st = take(o, a, CD_U64, 0, &s->checksums, err);
        } else if (!cut(&rest, &top)) {
            st = unknown(o, a, err);
        } else {
            st = is(top, "tables")  ? table_array(o, a, rest, err)
                 : is(top, "kinds") ? kind_array(o, a, rest, err)
                                    : unknown(o, a, err);
        }
        if (st != CD_OK) return st;
    }
    return CD_OK;
}

/* ---- What must be there is there ---- */

static cd_status missing(const cd_segment *s, const char *group, const char *name, const char *what, cd_err *err)
{
    return cd_fail(err, CD_ESTORE, "'%s' is damaged: `%s/%s/%s` is not there; run `candour verify`", s->path, group,
                   name, what);
}

static cd_status table_complete(const cd_segment *s, const candour_table *shape, const cd_segment_table *t, cd_err *err)
{
    bool relation = shape->class_of == CANDOUR_RELATION;
    const struct {
        const char *name;
        bool there;
    } need[] = {{"offsets", t->left.offsets != NULL},
                {"source", t->source.width != 0 || t->source.constant},
                {"line/base", t->lines.base != NULL},
                {"line/width", t->lines.width != NULL},
                {"line/start", t->lines.start != NULL},
                {"right", !relation || t->right},
                {"reverse/offsets", !relation || t->by_right.offsets},
                {"reverse/left", !relation || t->reverse_left},
                {"reverse/row", !relation || t->reverse_row}};
    for (size_t i = 0; i < sizeof need / sizeof *need; i++)
        if (!need[i].there) return missing(s, "tables", shape->name, need[i].name, err);
    for (uint32_t c = 0; c < shape->n_columns; c++) {
        const cd_segment_column *column = &t->columns[c];
        bool codes = column->codes.width != 0;
        if (shape->columns[c].type == CANDOUR_TEXT &&
            (codes != (column->texts.bytes != NULL) || codes != (column->texts.offsets != NULL)))
            return missing(s, "tables", shape->name, "column or text of a text", err);
    }
    return CD_OK;
}

static cd_status complete(opener *o, cd_err *err)
{
    cd_segment *s = o->s;
    for (uint32_t k = 0; k < o->ontology->n_kinds; k++) {
        const cd_segment_kind *kind = &s->kinds[k];
        const char *name = o->ontology->kinds[k].name;
        if (kind->ids.n == 0) continue;
        if (!kind->ids.bytes) return missing(s, "kinds", name, "bytes", err);
        if (!kind->ids.offsets && kind->ids.stride == 0) return missing(s, "kinds", name, "offsets", err);
        if (!kind->index) return missing(s, "kinds", name, "index", err);
    }
    for (uint32_t t = 0; t < o->ontology->n_tables; t++) {
        cd_status st = s->tables[t] ? table_complete(s, &o->ontology->tables[t], s->tables[t], err) : CD_OK;
        if (st != CD_OK) return st;
    }
    if ((s->n_sources > 0) != (s->sources.n > 0)) return bad(s, cd_slice_of("sources"), "does not have its lines", err);
    if ((s->n_loads > 0) != (s->loads.n > 0)) return bad(s, cd_slice_of("loads"), "does not have its lines", err);
    return CD_OK;
}

cd_status cd_segment_open(const char *store, const cd_manifest_file *file, const candour_ontology *ontology,
                          const uint64_t *first_ids, cd_segment *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_segment s = {0};
    cd_directory d = {0};
    opener o = {.s = &s, .ontology = ontology};
    const char *text;

    s.path = cd_store_path(store, "segments", file->name, err);
    if (!s.path) CD_TRY(CD_EMEMORY);
    CD_TRY(file_map(&s, file->bytes, err));
    s.directory_at = file->directory_at, s.directory_bytes = file->directory_bytes;
    if (s.directory_bytes > CD_MAX_DIRECTORY || s.directory_at > s.bytes ||
        s.directory_bytes > s.bytes - s.directory_at)
        CD_TRY(bad(&s, cd_slice_of("directory"), "does not lie inside the file", err));
    text = (const char *)s.map + s.directory_at;
    if (cd_hash64(text, (size_t)s.directory_bytes) != file->directory_hash)
        CD_TRY(bad(&s, cd_slice_of("directory"), "does not have the hash that the manifest names", err));
    CD_TRY(cd_directory_parse((cd_slice){text, (uint32_t)s.directory_bytes}, s.path, &d, err));
    s.arrays = d.arrays, d.arrays = NULL;
    s.n_arrays = d.n_arrays;
    s.metadata_hash = d.metadata_hash;
    s.n_sources = d.n_sources, s.n_loads = d.n_loads;
    CD_NEW(s.kinds, ontology->n_kinds);
    CD_NEW(s.tables, ontology->n_tables);
    CD_NEW(s.checked, ontology->n_tables + ontology->n_kinds);
    CD_TRY(arrays_find(&s, err));
    CD_TRY(kinds_take(&o, &d, first_ids, err));
    CD_TRY(tables_take(&o, &d, err));
    CD_TRY(arrays_take(&o, err));
    CD_TRY(complete(&o, err));
    *out = s, s = (cd_segment){0};
done:
    cd_directory_release(&d);
    cd_segment_close(&s, ontology);
    return st;
}

void cd_segment_close(cd_segment *s, const candour_ontology *ontology)
{
    if (!s) return;
    for (uint32_t t = 0; s->tables && t < ontology->n_tables; t++) cd_free(s->tables[t]);
    cd_free(s->tables);
    cd_free(s->kinds);
    cd_sums_free(s->sums);
    cd_free(s->arrays);
    cd_free(s->checked);
    cd_free(s->path);
    if (s->map) munmap((void *)(uintptr_t)s->map, (size_t)s->bytes + TAIL);
    *s = (cd_segment){0};
}

/* ---- Reading ---- */

int64_t cd_texts_find(const cd_texts *t, cd_slice text)
{
    uint64_t lo = 0, hi = t->n;
    while (lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        if (cd_slice_compare(cd_texts_at(t, mid), text) < 0) lo = mid + 1;
        else hi = mid;
    }
    return lo < t->n && cd_slice_equal(cd_texts_at(t, lo), text) ? (int64_t)lo : -1;
}

void cd_rows_of(const cd_rows_by *by, uint64_t n_rows, cd_id id, uint64_t *lo, uint64_t *hi)
{
    uint64_t i = id;
    *lo = *hi = 0;
    if (!by->offsets) return;
    if (by->keys) {
        uint64_t a = 0, b = by->n_keys;
        while (a < b) {
            uint64_t middle = a + (b - a) / 2;
            cd_sums_touch(by->sums, by->keys + middle, sizeof *by->keys);
            if (by->keys[middle] < id) a = middle + 1;
            else b = middle;
        }
        if (a == by->n_keys || by->keys[a] != id) return; /* it was met on the way */
        i = a;
    }
    if (i >= by->n_keys) return;
    cd_sums_touch(by->sums, by->offsets + i, 2 * sizeof *by->offsets);
    uint64_t from = by->offsets[i], to = by->offsets[i + 1];
    if (from > to || to > n_rows) return;
    *lo = from, *hi = to;
}

/* The 64 lines of a block. It reads `width` words from `words`, which the caller found to be there. */
static void block_unpack(uint32_t base, uint32_t width, const uint64_t *words, uint32_t n, uint32_t *out)
{
    uint64_t mask = ((uint64_t)1 << width) - 1, line = base;
    if (width == 0) {
        for (uint32_t i = 0; i < n; i++) out[i] = base;
        return;
    }
    out[0] = base;
    for (uint32_t i = 1; i < n; i++) {
        uint32_t bit = i * width, shift = bit % 64;
        uint64_t v = words[bit / 64] >> shift;
        if (shift + width > 64) v |= words[bit / 64 + 1] << (64 - shift);
        v &= mask;
        line += (v >> 1) ^ (0 - (v & 1));
        out[i] = (uint32_t)line;
    }
}

/* Looks at what says where the words of blocks [lo, hi) are, lo < hi. */
static void touch_blocks(const cd_packed_lines *p, uint64_t lo, uint64_t hi)
{
    uint64_t first = lo / BLOCKS_A_START, width = lo - lo % BLOCKS_A_START;
    cd_sums_touch(p->sums, p->start + first, ((hi - 1) / BLOCKS_A_START + 1 - first) * sizeof *p->start);
    cd_sums_touch(p->sums, p->width + width, hi - width);
    cd_sums_touch(p->sums, p->base + lo, (hi - lo) * sizeof *p->base);
}

void cd_lines_read(const cd_packed_lines *p, uint64_t row, uint64_t n, uint32_t *out)
{
    uint64_t at = 0, next_block = UINT64_MAX; /* the word at which the next block begins, and which block that is */
    if (n) touch_blocks(p, row / ROWS_A_BLOCK, (row + n - 1) / ROWS_A_BLOCK + 1);
    while (n > 0) {
        uint64_t block = row / ROWS_A_BLOCK;
        uint32_t skip = (uint32_t)(row % ROWS_A_BLOCK), unpacked[ROWS_A_BLOCK];
        uint32_t here = n < ROWS_A_BLOCK - skip ? (uint32_t)n : ROWS_A_BLOCK - skip;
        if (block != next_block) {
            at = p->start[block / BLOCKS_A_START];
            for (uint64_t b = block - block % BLOCKS_A_START; b < block; b++) at += p->width[b];
        }
        uint32_t width = p->width[block];
        /* A file that was not checked may say anything: then the line is 0, which is none. */
        bool wrong = width > 33 || at > p->n_words || width > p->n_words - at;
        const uint64_t *words = wrong || !p->words ? NULL : p->words + at; /* none where every block has width 0 */
        if (words) cd_sums_touch(p->sums, words, width * sizeof *words);
        if (wrong) memset(out, 0, here * sizeof *out);
        else if (skip == 0) block_unpack(p->base[block], width, words, here, out);
        else {
            block_unpack(p->base[block], width, words, skip + here, unpacked);
            memcpy(out, unpacked + skip, here * sizeof *out);
        }
        at += width, next_block = block + 1;
        out += here, row += here, n -= here;
    }
}
