/* SPDX-License-Identifier: GPL-3.0-or-later
 * compact.c: merges files, all into one (`compact`) or the many small last ones (what a load leaves to candour_tidy).
 * Like a load it writes a new file, and the manifest that names it takes the old one's place. */
#include <omp.h>
#include <string.h>

#include "engine/base/sort.h"
#include "engine/store/folder.h"
#include "engine/store/kind_writer.h"
#include "engine/store/merge.h"
#include "engine/store/ontology.h"

static const size_t DEFAULT_MEMORY = (size_t)1000 << 20;

/* Tidying merges eight files and more of like size, so that a row is written again once per factor of eight in size. */
enum { TIDY_AT = 8 };

typedef struct {
    cd_merge m;
    cd_snapshot *snapshot;
    cd_renumbering numbers[CD_MAX_KINDS];
    uint64_t n_ids[CD_MAX_KINDS];
    cd_slice *ids[CD_MAX_KINDS]; /* by new number, those of the merged files */
} compaction;

/* The unit that each id of a kind was last said to be of. */
static cd_status last_units(const compaction *c, uint32_t kind, cd_slice *unit, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_kind *k = &c->snapshot->ontology->kinds[kind];
    uint64_t n = c->n_ids[kind];
    for (uint32_t f = 0; k->unit_column > 0 && f < c->snapshot->n_segments; f++) {
        const cd_segment_table *t = c->snapshot->segments[f].tables[k->table];
        if (!t || t->rows == 0) continue;
        CD_TRY(cd_segment_check(&c->snapshot->segments[f], k->table, c->snapshot->ontology, c->n_ids, err));
        #pragma omp parallel for schedule(static, 4096)
        for (uint64_t id = 0; id < n; id++) {
            uint64_t lo, hi;
            cd_rows_of(&t->left, t->rows, (cd_id)id, &lo, &hi);
            if (lo == hi) continue;
            const cd_segment_column *column = &t->columns[k->unit_column];
            int64_t code = cd_codes_at(&column->codes, hi - 1);
            if (code != CANDOUR_UNKNOWN) unit[id] = cd_texts_at(&column->texts, (uint64_t)code);
        }
    }
done:
    return st;
}

/* Numbers a kind by (unit, bytes), ids of no known unit last. */
static cd_status renumber(compaction *c, uint32_t kind, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n = (uint32_t)c->n_ids[kind], *order = NULL, *rank = NULL;
    cd_slice *id = NULL, *unit = NULL;
    cd_renumbering *r = &c->numbers[kind];
    CD_NEW(id, n);
    CD_NEW(unit, n);
    CD_NEW(order, n);
    CD_NEW(rank, n);
    CD_NEW(r->now, n);
    CD_NEW(r->before, n);
    CD_NEW(c->ids[kind], n);
    for (uint32_t i = 0; i < n; i++) id[i] = cd_snapshot_id(c->snapshot, kind, i);
    CD_TRY(last_units(c, kind, unit, err));
    CD_TRY(cd_sort_texts(unit, NULL, n, order, err));
    for (uint32_t i = 0, at = 0; i < n; i++) {
        if (i > 0 && !cd_slice_equal(unit[order[i]], unit[order[i - 1]])) at++;
        rank[order[i]] = unit[order[i]].n ? at : CD_NONE;
    }
    CD_TRY(cd_sort_texts(id, rank, n, order, err));
    for (uint32_t i = 0; i < n; i++) {
        c->ids[kind][i] = id[order[i]];
        r->before[i] = order[i], r->now[order[i]] = i;
    }
done:
    cd_free(id);
    cd_free(unit);
    cd_free(order);
    cd_free(rank);
    return st;
}

/* The files' own ids, where numbers stay as they are. */
static cd_status keep_numbers(compaction *c, uint32_t kind, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t first = c->snapshot->segments[c->m.from].kinds[kind].first;
    CD_NEW(c->ids[kind], c->n_ids[kind] - first);
    for (uint64_t i = first; i < c->n_ids[kind]; i++) c->ids[kind][i - first] = cd_snapshot_id(c->snapshot, kind, i);
done:
    return st;
}

static cd_status write_texts(const compaction *c, cd_segment_writer *w, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer sources = {0}, loads = {0};
    uint64_t n_sources = 0, n_loads = 0;
    for (uint32_t f = c->m.from; f < c->m.to; f++) {
        const cd_segment *s = &c->snapshot->segments[f];
        cd_sums_whole(s->sums, s->sources.bytes);
        cd_sums_whole(s->sums, s->loads.bytes);
        CD_TRY(cd_segment_judge(s, err));
        cd_buffer_add(&sources, s->sources.bytes, s->sources.n);
        cd_buffer_add(&loads, s->loads.bytes, s->loads.n);
        n_sources += s->n_sources, n_loads += s->n_loads;
    }
    if (sources.status != CD_OK || loads.status != CD_OK)
        CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory: the lists of sources and loads could not be written"));
    if (sources.n) CD_TRY(cd_writer_whole(w, CD_U8, sources.n, sources.bytes, err, "sources"));
    if (loads.n) CD_TRY(cd_writer_whole(w, CD_U8, loads.n, loads.bytes, err, "loads"));
    cd_writer_sources(w, n_sources, n_loads);
done:
    cd_buffer_release(&sources);
    cd_buffer_release(&loads);
    return st;
}

static cd_status write_merged(compaction *c, cd_manifest_file *file, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_snapshot *s = c->snapshot;
    cd_segment_writer *w = NULL;
    CD_TRY(cd_writer_new(s->path, s->manifest.next, &w, err));
    for (uint32_t k = 0; k < s->ontology->n_kinds; k++) {
        uint64_t first = s->segments[c->m.from].kinds[k].first;
        CD_TRY(cd_kind_write(w, s->ontology->kinds[k].name, first, c->ids[k], (uint32_t)(c->n_ids[k] - first), err));
    }
    for (uint32_t t = 0; t < s->ontology->n_tables; t++) CD_TRY(cd_merge_table(&c->m, t, w, err));
    CD_TRY(write_texts(c, w, err));
    cd_segment_writer *last_part = w;
    w = NULL;
    CD_TRY(cd_writer_finish(last_part, file, err));
done:
    cd_writer_abandon(w);
    return st;
}

/* The manifest with one file where files [from, to) were. */
static cd_status commit(const compaction *c, const cd_manifest_file *file, cd_err *err)
{
    cd_status st = CD_OK;
    cd_manifest m = c->snapshot->manifest;
    char *segments = cd_store_path(c->snapshot->path, NULL, "segments", err);
    m.files = NULL;
    if (!segments) CD_TRY(CD_EMEMORY);
    CD_NEW(m.files, m.n_files);
    m.n_files = 0;
    for (uint32_t f = 0; f < c->m.from; f++) m.files[m.n_files++] = c->snapshot->manifest.files[f];
    m.files[m.n_files++] = *file;
    for (uint32_t f = c->m.to; f < c->snapshot->manifest.n_files; f++)
        m.files[m.n_files++] = c->snapshot->manifest.files[f];
    m.next++, m.snapshot++;
    CD_TRY(cd_folder_sync(segments, err));
    CD_TRY(cd_manifest_replace(c->snapshot->path, &m, err));
    cd_store_sweep_out(c->snapshot->path, &m);
done:
    cd_free(m.files);
    cd_free(segments);
    return st;
}

/* Merges files [from, to), numbering anew where they are all of them. */
static cd_status merge_files(cd_snapshot *s, uint32_t from, uint32_t to, size_t memory_bytes, cd_err *err)
{
    cd_status st = CD_OK;
    compaction c = {.snapshot = s};
    cd_manifest_file file;
    c.m = (cd_merge){
        .snapshot = s, .from = from, .to = to, .numbers = c.numbers, .n_ids = c.n_ids, .memory_bytes = memory_bytes};
    bool all = from == 0 && to == s->n_segments;
    for (uint32_t k = 0; k < s->ontology->n_kinds; k++) {
        c.n_ids[k] = to == s->n_segments ? s->n_ids[k] : s->segments[to].kinds[k].first;
        CD_TRY(cd_snapshot_check_kind(s, k, err));
    }
    for (uint32_t k = 0; k < s->ontology->n_kinds; k++) CD_TRY(all ? renumber(&c, k, err) : keep_numbers(&c, k, err));
    CD_TRY(write_merged(&c, &file, err));
    CD_TRY(cd_snapshot_judge(s, CD_OK, err));
    CD_TRY(commit(&c, &file, err));
done:
    for (uint32_t k = 0; k < s->ontology->n_kinds; k++) {
        cd_free(c.numbers[k].now);
        cd_free(c.numbers[k].before);
        cd_free(c.ids[k]);
    }
    return st;
}

/* Where the last files begin that are worth merging: at least TIDY_AT of them. Going back, a file that is larger than all after it
 * ends the run, whatever lies before: a day must never pull in the year. The last few may differ by ALIKE among themselves, as
 * days do. */
static uint32_t tidy_from(const cd_manifest *m)
{
    enum { ALIKE = 4 };
    uint64_t rest = 0;
    uint32_t from = m->n_files;
    for (uint32_t f = m->n_files; f-- > 0;) {
        bool enough = m->n_files - f >= TIDY_AT;
        if (rest && m->files[f].bytes > (enough ? rest : ALIKE * rest)) break;
        if (enough) from = f;
        rest += m->files[f].bytes;
    }
    return from;
}

bool cd_tidy_pays(const cd_manifest *m) { return tidy_from(m) < m->n_files; }

static uint64_t bytes_of(const cd_manifest *m)
{
    uint64_t bytes = 0;
    for (uint32_t f = 0; f < m->n_files; f++) bytes += m->files[f].bytes;
    return bytes;
}

static cd_status run(const char *path, const candour_load_options *options, bool tidy, candour_compact_report *report,
                     cd_err *err)
{
    cd_status st = CD_OK;
    cd_store_lock lock = {.fd = -1};
    cd_snapshot *s = NULL;
    cd_manifest after = {0};
    bool found;
    int threads_before = omp_get_max_threads();
    CD_TRY(cd_manifest_read(path, &after, &found, err));
    if (!found)
        CD_TRY(cd_fail(err, CD_EUSAGE, "there is no store '%s'; make one with `candour load FORCE_FOLDER --into %s`",
                       path, path));
    if (tidy && options && options->hold > 0) CD_TRY(cd_store_lock_adopt(path, options->hold, &lock, err));
    else CD_TRY(cd_store_lock_take(path, "compact", options ? options->progress : NULL, &lock, err));
    CD_TRY(cd_snapshot_open(path, false, &s, err));
    cd_store_sweep_out(path, &s->manifest);
    if (options && options->threads) omp_set_num_threads((int)options->threads);
    report->files_before = report->files_after = s->n_segments;
    report->bytes_before = report->bytes_after = bytes_of(&s->manifest);
    uint32_t from = tidy ? tidy_from(&s->manifest) : 0;
    if (s->n_segments < 2 || from >= s->n_segments) goto done;
    CD_TRY(merge_files(s, from, s->n_segments,
                       options && options->memory_bytes ? options->memory_bytes : DEFAULT_MEMORY, err));
    cd_manifest_release(&after);
    CD_TRY(cd_manifest_read(path, &after, &found, err));
    report->files_after = after.n_files;
    report->bytes_after = bytes_of(&after);
done:
    omp_set_num_threads(threads_before);
    cd_manifest_release(&after);
    cd_snapshot_close(s);
    cd_store_lock_release(&lock);
    return st;
}

cd_status candour_compact(const char *path, const candour_load_options *options, candour_compact_report *report,
                          cd_err *err)
{
    return run(path, options, false, report, err);
}

cd_status candour_tidy(const char *path, const candour_load_options *options, candour_compact_report *report,
                       cd_err *err)
{
    return run(path, options, true, report, err);
}
