/* SPDX-License-Identifier: GPL-3.0-or-later
 * loading.c: one load from its options to its report: what to read is planned first, every file is read into one load of
 * the store, and all of it is committed at once. */
#include "loaders/loading.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "loaders/load_plan.h"
#include "loaders/rejects.h"
#include "loaders/table_reader.h"

enum { FIRST_REJECTS = 10 };

/* What a result or an explanation lives in: the ontology and the report belong to the load. */
struct load_result_hold {
    cd_arena arena;
    load_plan plan;
    candour_load *load;
    candour_store *store;
    candour_ontology_file *ontology;
    mapping *map;
};

typedef struct {
    const load_options *options;
    struct load_result_hold *hold;
    load_result *result;
    load_file *files;
    load_reject *first;
    rejects_file *rejects;
    /* Of the file in hand: */
    const load_item *item;
    const candour_table *table;
    uint32_t source;
    char what[300];
    uint64_t rows_before, bytes_before;
    const table_read_result *read;
} run;

static void hold_free(struct load_result_hold *h)
{
    if (!h) return;
    candour_load_end(h->load);
    mapping_close(h->map);
    load_plan_release(&h->plan);
    candour_ontology_close(h->ontology);
    candour_store_close(h->store);
    cd_arena_release(&h->arena);
    cd_free(h);
}

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const char *kept(run *r, const void *bytes, size_t n, cd_err *err)
{
    return cd_arena_copy(&r->hold->arena, bytes, n, err);
}

/* ---- The sink: rows go on to the store ---- */

static cd_status rows_on(void *context, uint32_t lane, uint64_t sequence, uint32_t n, const uint32_t *line,
                         const candour_values *values, cd_err *err)
{
    const run *r = context;
    return candour_load_rows(r->hold->load, lane, r->source, sequence, n, line, values, err);
}

static cd_status reject_on(void *context, const row_reject *reject, cd_err *err)
{
    cd_status st = CD_OK;
    run *r = context;
    char value[REJECT_TEXT], reason[REJECT_REASON_TEXT];
    const csv_header *header = &r->read->header;
    cd_slice column = {"", 0};
    if (reject->column != REJECT_WHOLE_ROW) {
        int32_t field = header->field_of[reject->column];
        column = field >= 0 ? header->names[field] : cd_slice_of(r->table->columns[reject->column].name);
    }
    reject_value_text(reject, value);
    reject_reason_text(reject, r->table, header, reason);
    if (r->result->n_first_rejects < FIRST_REJECTS) {
        load_reject *f = &r->first[r->result->n_first_rejects];
        *f = (load_reject){.file = r->item->path, .line = reject->line};
        f->column = kept(r, column.bytes, column.n, err);
        f->value = f->column ? kept(r, value, strlen(value), err) : NULL;
        f->reason = f->value ? kept(r, reason, strlen(reason), err) : NULL;
        if (!f->reason) CD_TRY(CD_EMEMORY);
        r->result->n_first_rejects++;
    }
    if (r->options->strict) return CD_OK;
    if (!r->rejects) {
        const char *folder;
        CD_TRY(candour_load_folder(r->hold->load, &folder, err));
        CD_TRY(rejects_file_open(folder, &r->rejects, err));
    }
    CD_TRY(rejects_file_add(r->rejects, r->item->path, reject->line, column, value, reason, err));
done:
    return st;
}

static bool progress_on(void *context, uint64_t rows, uint64_t bytes)
{
    const run *r = context;
    cd_progress_state state = {.what = r->what, .rows = r->rows_before + rows, .bytes = r->bytes_before + bytes,
                               .bytes_all = r->hold->plan.bytes};
    if (state.bytes > state.bytes_all) state.bytes_all = 0; /* standard input, or a file that grew */
    return cd_progress_step(r->options->progress, &state);
}

/* ---- One file ---- */

/* Whether the store has the file already; a hash before parsing is worth its time only where the size is known to it. */
static cd_status is_known(run *r, load_file *file, bool *known, cd_err *err)
{
    uint8_t sha256[CD_SHA256_BYTES];
    *known = false;
    if (r->options->again || r->item->bytes == 0 || !candour_load_knows_size(r->hold->load, r->item->bytes)) return CD_OK;
    cd_status st = byte_source_sha256_of(r->item->path, sha256, err);
    if (st != CD_OK) return st;
    *known = candour_load_knows(r->hold->load, r->item->rules.table, sha256);
    cd_hex_write(sha256, CD_SHA256_BYTES, file->sha256);
    return CD_OK;
}

/* Names for which `take` holds, as an array in the arena. */
static cd_status file_columns(run *r, const table_read_result *read, load_file *file, cd_err *err)
{
    const csv_header *h = &read->header;
    const char **ignored = cd_arena_alloc(&r->hold->arena, h->n_fields, sizeof *ignored, err);
    const char **missing = cd_arena_alloc(&r->hold->arena, r->table->n_columns, sizeof *missing, err);
    load_unnamed *unnamed = cd_arena_alloc(&r->hold->arena, r->table->n_columns, sizeof *unnamed, err);
    if (!ignored || !missing || !unnamed) return CD_EMEMORY;
    for (uint32_t f = 0; f < h->n_fields; f++)
        if (h->column_of[f] < 0) {
            ignored[file->n_ignored] = kept(r, h->names[f].bytes, h->names[f].n, err);
            if (!ignored[file->n_ignored++]) return CD_EMEMORY;
        }
    for (uint32_t c = 0; c < r->table->n_columns; c++) {
        const unnamed_values *u = &read->unnamed[c];
        if (h->field_of[c] < 0 && !column_rule_of(&r->item->rules.rules, c)->constant)
            missing[file->n_missing++] = r->table->columns[c].name;
        if (u->n == 0) continue;
        load_unnamed *said = &unnamed[file->n_unnamed++];
        *said = (load_unnamed){.column = r->table->columns[c].name, .n = u->n};
        said->example = kept(r, u->example, u->example_n, err);
        if (!said->example) return CD_EMEMORY;
    }
    file->ignored = ignored;
    file->missing = missing;
    file->unnamed = unnamed;
    return CD_OK;
}

static cd_status file_read(run *r, load_file *file, cd_err *err)
{
    cd_status st = CD_OK;
    byte_source *source = NULL;
    table_read_result read = {0};
    double began = now_seconds();
    table_sink sink = {.context = r, .rows = rows_on, .reject = reject_on,
                       .progress = r->options->progress ? progress_on : NULL};
    table_reader_options how = {.threads = candour_load_threads(r->hold->load), .level = csv_level_best()};

    r->read = &read;
    CD_TRY(byte_source_open(r->item->path, &source, err));
    CD_TRY(candour_load_source(r->hold->load, r->item->rules.table, r->item->path, &r->source, err));
    CD_TRY(table_read(source, r->item->path, r->table, &r->item->rules.rules, &how, &sink, &read, err));
    CD_TRY(candour_load_source_done(r->hold->load, r->source, read.sha256, read.bytes, read.rows, read.rejected, err));
    CD_TRY(file_columns(r, &read, file, err));
    file->bytes = read.bytes;
    file->text_bytes = read.text_bytes;
    file->rows = read.rows;
    file->rejected = read.rejected;
    memcpy(file->by_reason, read.by_reason, sizeof file->by_reason);
    file->seconds = now_seconds() - began;
    cd_hex_write(read.sha256, CD_SHA256_BYTES, file->sha256);
done:
    r->read = NULL;
    table_read_result_release(&read);
    byte_source_close(source);
    return st;
}

static cd_status item_load(run *r, const load_item *item, cd_err *err)
{
    cd_status st = CD_OK;
    load_result *result = r->result;
    load_file *file = &r->files[result->n_files++];
    bool known;
    r->item = item;
    r->table = &result->ontology->tables[item->rules.table];
    snprintf(r->what, sizeof r->what, "reading %.280s", item->name);
    *file = (load_file){.path = item->path, .table = r->table->name, .bytes = item->bytes};
    CD_TRY(is_known(r, file, &known, err));
    if (known) file->already_loaded = true;
    else CD_TRY(file_read(r, file, err));
    result->rows += file->rows;
    result->rejected += file->rejected;
    result->bytes += file->bytes;
    result->text_bytes += file->text_bytes;
    r->rows_before = result->rows;
    r->bytes_before = result->bytes;
done:
    return st;
}

/* ---- The whole load ---- */

static cd_status options_check(const load_options *o, cd_err *err)
{
    struct stat about;
    if (o->n_paths == 0) return cd_fail(err, CD_EUSAGE, "nothing to load; name a force's folder, or --as TABLE FILE...");
    if (!o->as_table && o->n_paths != 1)
        return cd_fail(err, CD_EUSAGE, "one folder is loaded at a time; to load single files say --as TABLE FILE...");
    if (!o->as_table && stat(o->paths[0], &about) == 0 && !S_ISDIR(about.st_mode))
        return cd_fail(err, CD_EUSAGE, "'%s' is a file, not a force's folder; to load it alone say --as TABLE '%s'",
                       o->paths[0], o->paths[0]);
    /* Looked at before the store is, which a wrong name must not bring into being. */
    for (uint32_t i = 0; i < o->n_paths; i++)
        if (!(o->as_table && strcmp(o->paths[i], "-") == 0) && stat(o->paths[i], &about) != 0)
            return cd_fail(err, CD_ESYSTEM, "cannot load '%s': there is no such file or folder, or it may not be read",
                           o->paths[i]);
    return CD_OK;
}

/* The ontology.yaml to use: the one named, or one beside the CSVs; *path is NULL if there is neither. */
static cd_status ontology_find(const load_options *o, cd_arena *arena, const char **path, cd_err *err)
{
    struct stat about;
    *path = o->ontology_path;
    if (o->as_table || o->ontology_path) return CD_OK;
    size_t n = strlen(o->paths[0]) + sizeof "/ontology.yaml";
    char *beside = cd_arena_alloc(arena, n, 1, err);
    if (!beside) return CD_EMEMORY;
    snprintf(beside, n, "%s/ontology.yaml", o->paths[0]);
    if (stat(beside, &about) == 0) *path = beside;
    return CD_OK;
}

static cd_status plan_make(const load_options *o, const candour_ontology *ontology, struct load_result_hold *hold,
                           cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(mapping_open(o->mapping_path, ontology, &hold->map, err));
    if (o->as_table) CD_TRY(load_plan_files(o->paths, o->n_paths, o->as_table, hold->map, ontology, &hold->plan, err));
    else CD_TRY(load_plan_folder(o->paths[0], hold->map, ontology, &hold->plan, err));
done:
    return st;
}

static cd_status refuse_strict(const load_result *result, cd_err *err)
{
    const load_reject *f = &result->first_rejects[0];
    return cd_fail(err, CD_EINPUT, "%llu row%s cannot be taken, and --strict then loads nothing; the first is '%s' line "
                   "%llu%s%s: %s", (unsigned long long)result->rejected, result->rejected == 1 ? "" : "s", f->file,
                   (unsigned long long)f->line, *f->column ? ", column " : "", f->column, f->reason);
}

static cd_status commit(run *r, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_load_report *report;
    load_result *result = r->result;
    if (r->rejects) {
        CD_TRY(rejects_file_finish(r->rejects, err));
        const char *path = rejects_file_path(r->rejects);
        result->rejects_path = kept(r, path, strlen(path), err);
        if (!result->rejects_path) CD_TRY(CD_EMEMORY);
    }
    CD_TRY(candour_load_commit(r->hold->load, &report, err));
    result->load = report->load;
    result->committed = report->load != 0;
    result->tables = report->tables;
    result->implied = report->implied;
    result->bytes_written = report->bytes_written;
    result->seconds_writing = report->seconds_writing;
    for (uint32_t t = 0; t < result->ontology->n_tables; t++) result->refused += report->tables[t].refused;
done:
    return st;
}

cd_status load_run(const load_options *options, load_result *result, cd_err *err)
{
    cd_status st = CD_OK;
    run r = {.options = options, .result = result};
    double began = now_seconds();
    candour_load_options store_options = {.threads = options->threads, .memory_bytes = options->memory_bytes,
                                          .presence = options->presence,
                                          .progress = options->progress};

    *result = (load_result){.store = options->store};
    CD_TRY(options_check(options, err));
    CD_NEW(result->hold, 1);
    r.hold = result->hold;
    CD_TRY(ontology_find(options, &r.hold->arena, &store_options.ontology_path, err));
    CD_TRY(candour_load_begin(options->store, &store_options, &r.hold->load, err));
    result->ontology = candour_load_ontology(r.hold->load);
    CD_TRY(plan_make(options, result->ontology, r.hold, err));
    const load_plan *plan = &r.hold->plan;
    result->unknown = plan->unknown, result->n_unknown = plan->n_unknown;
    result->set_aside = plan->set_aside, result->n_set_aside = plan->n_set_aside;
    result->unmatched = plan->unmatched, result->n_unmatched = plan->n_unmatched;
    r.files = cd_arena_alloc(&r.hold->arena, plan->n_items, sizeof *r.files, err);
    r.first = cd_arena_alloc(&r.hold->arena, FIRST_REJECTS, sizeof *r.first, err);
    if (!r.files || !r.first) CD_TRY(CD_EMEMORY);
    result->files = r.files;
    result->first_rejects = r.first;
    for (uint32_t i = 0; i < plan->n_items; i++) CD_TRY(item_load(&r, &plan->items[i], err));
    if (options->strict && result->rejected > 0) CD_TRY(refuse_strict(result, err));
    CD_TRY(commit(&r, err));
done:
    rejects_file_close(r.rejects);
    result->seconds = now_seconds() - began;
    return st;
}

bool load_result_is_clean(const load_result *result) { return result->rejected == 0 && result->refused == 0; }

int load_result_lock(const load_result *result) { return candour_load_hold(result->hold->load); }

void load_result_release(load_result *result)
{
    if (!result) return;
    hold_free(result->hold);
    *result = (load_result){0};
}

/* ---- What would be read ---- */

static cd_status explain_header(struct load_result_hold *h, const candour_table *table, const load_item *item,
                                const csv_header *header, load_explained_file *out, cd_err *err)
{
    const char **headers = cd_arena_alloc(&h->arena, header->n_fields, sizeof *headers, err);
    const char **columns = cd_arena_alloc(&h->arena, header->n_fields, sizeof *columns, err);
    const char **missing = cd_arena_alloc(&h->arena, table->n_columns, sizeof *missing, err);
    const char **constants = cd_arena_alloc(&h->arena, table->n_columns, sizeof *constants, err);
    if (!headers || !columns || !missing || !constants) return CD_EMEMORY;
    for (uint32_t f = 0; f < header->n_fields; f++) {
        headers[f] = cd_arena_copy(&h->arena, header->names[f].bytes, header->names[f].n, err);
        if (!headers[f]) return CD_EMEMORY;
        columns[f] = header->column_of[f] < 0 ? NULL : table->columns[header->column_of[f]].name;
    }
    out->n_fields = header->n_fields;
    for (uint32_t c = 0; c < table->n_columns; c++) {
        const char *constant = column_rule_of(&item->rules.rules, c)->constant;
        if (constant) {
            size_t n = strlen(table->columns[c].name) + strlen(constant) + sizeof " = ";
            char *text = cd_arena_alloc(&h->arena, n, 1, err);
            if (!text) return CD_EMEMORY;
            snprintf(text, n, "%s = %s", table->columns[c].name, constant);
            constants[out->n_constants++] = text;
        } else if (header->field_of[c] < 0) {
            missing[out->n_missing++] = table->columns[c].name;
        }
    }
    out->headers = headers, out->columns = columns;
    out->constants = constants, out->missing = missing;
    return CD_OK;
}

/* What is wrong with a file is part of the answer. */
static cd_status explain_file(struct load_result_hold *h, const candour_ontology *ontology, const load_item *item,
                              load_explained_file *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_err why = {0};
    byte_source *source = NULL;
    csv_header header;
    const candour_table *table = &ontology->tables[item->rules.table];

    *out = (load_explained_file){.path = item->path, .table = table->name, .time_zone = item->rules.time_zone};
    cd_status read = byte_source_open(item->path, &source, &why);
    if (read == CD_OK) read = csv_header_of(source, item->path, table, &item->rules.rules, &h->arena, &header, &why);
    if (read == CD_OK) CD_TRY(explain_header(h, table, item, &header, out, err));
    else if (!(out->problem = cd_arena_copy(&h->arena, why.text, strlen(why.text), err))) CD_TRY(CD_EMEMORY);
done:
    byte_source_close(source);
    return st;
}

cd_status load_explain(const load_options *options, load_explanation *out, cd_err *err)
{
    cd_status st = CD_OK;
    struct load_result_hold *h;
    struct stat about;
    const candour_ontology *ontology = candour_ontology_builtin();
    const char *added;

    *out = (load_explanation){0};
    CD_TRY(options_check(options, err));
    CD_NEW(out->hold, 1);
    h = out->hold;
    CD_TRY(ontology_find(options, &h->arena, &added, err));
    if (added) {
        CD_TRY(candour_ontology_open(added, &h->ontology, err));
        ontology = candour_ontology_of(h->ontology);
    } else if (options->store && stat(options->store, &about) == 0) {
        CD_TRY(candour_store_open(options->store, NULL, &h->store, err));
        ontology = candour_store_ontology(h->store);
    }
    CD_TRY(plan_make(options, ontology, h, err));
    out->unknown = h->plan.unknown, out->n_unknown = h->plan.n_unknown;
    out->set_aside = h->plan.set_aside, out->n_set_aside = h->plan.n_set_aside;
    out->unmatched = h->plan.unmatched, out->n_unmatched = h->plan.n_unmatched;
    load_explained_file *files = cd_arena_alloc(&h->arena, h->plan.n_items, sizeof *files, err);
    if (!files) CD_TRY(CD_EMEMORY);
    out->files = files;
    for (; out->n_files < h->plan.n_items; out->n_files++)
        CD_TRY(explain_file(h, ontology, &h->plan.items[out->n_files], &files[out->n_files], err));
done:
    return st;
}

void load_explanation_release(load_explanation *explanation)
{
    if (!explanation) return;
    hold_free(explanation->hold);
    *explanation = (load_explanation){0};
}
