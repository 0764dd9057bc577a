/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_export.c: `candour export`: the store's rows, table by table, as a folder that `candour load` takes. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queries/arguments.h"
#include "queries/commands.h"
#include "queries/csv_out.h"
#include "queries/ontology_out.h"
#include "queries/print.h"
#include "queries/terminal.h"

enum { PATH_BYTES = 4096, MAX_TABLES = 128 };

typedef struct {
    bool wanted;
    uint64_t rows, bytes;
} exported;

/* The tables that --table names, or all that have rows; officers.csv always, since a force without it is none. */
static cd_status choose(const cli_run *run, const candour_ontology *o, const candour_info *info, exported *tables,
                        cd_err *err)
{
    const char *names = cli_value(run, "table");
    if (!names)
        for (uint32_t t = 0; t < o->n_tables; t++) tables[t].wanted = t == 0 || info->tables[t].rows > 0;
    while (names && *names) {
        char name[128];
        size_t n = strcspn(names, ",");
        snprintf(name, sizeof name, "%.*s", (int)n, names);
        int32_t t = candour_table_find(o, cd_slice_of(name));
        if (t < 0) {
            cli_nearest nearest = cli_nearest_to(name);
            for (uint32_t i = 0; i < o->n_tables; i++) cli_nearest_try(&nearest, o->tables[i].name);
            if (nearest.best) return cd_fail(err, CD_EUSAGE, "no table '%s'; did you mean '%s'?", name, nearest.best);
            return cd_fail(err, CD_EUSAGE, "no table '%s'; see `candour info %s`", name, run->arguments[0]);
        }
        tables[t].wanted = true;
        names += n + (names[n] == ',');
    }
    return CD_OK;
}

static cd_status path_of(const char *folder, const char *table, char out[PATH_BYTES], cd_err *err)
{
    if (snprintf(out, PATH_BYTES, "%s/%s.csv", folder, table) >= PATH_BYTES)
        return cd_fail(err, CD_EUSAGE, "the path of folder '%.100s...' is too long; give a shorter one", folder);
    return CD_OK;
}

static cd_status prepare(const cli_run *run, const candour_ontology *o, const exported *tables, cd_err *err)
{
    cd_status st = CD_OK;
    const char *folder = cli_value(run, "out");
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        CD_TRY(cd_fail_errno(err, errno, "cannot make the folder '%s'", folder));
    for (uint32_t t = 0; t < o->n_tables && !cli_given(run, "overwrite"); t++) {
        char path[PATH_BYTES];
        if (!tables[t].wanted) continue;
        CD_TRY(path_of(folder, o->tables[t].name, path, err));
        if (access(path, F_OK) == 0)
            CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' is there already; give another folder, or --overwrite", path));
    }
done:
    return st;
}

static cd_status export_table(candour_store *store, uint32_t t, const char *folder, const cd_progress *progress,
                              exported *result, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_table *table = &candour_store_ontology(store)->tables[t];
    candour_scan *scan = NULL;
    csv_out *out = NULL;
    candour_block block;
    char path[PATH_BYTES], what[160];
    cd_progress_state state = {.what = what};
    uint64_t shown = 0;

    snprintf(what, sizeof what, "writing %s.csv", table->name);
    CD_TRY(path_of(folder, table->name, path, err));
    CD_TRY(csv_out_begin(path, table, &out, err));
    CD_TRY(candour_scan_open(store, t, &scan, err));
    for (;;) {
        CD_TRY(candour_scan_next(scan, &block, err));
        if (block.n == 0) break;
        CD_TRY(csv_out_rows(out, &block, err));
        state.rows += block.n;
        state.bytes = csv_out_bytes(out);
        if (state.rows - shown < 500000) continue; /* some ten times a second */
        shown = state.rows;
        if (!cd_progress_step(progress, &state))
            CD_TRY(cd_fail(err, CD_ESTOPPED, "stopped; the files written before '%s' are whole", path));
    }
    if (!cd_progress_step(progress, &state))
        CD_TRY(cd_fail(err, CD_ESTOPPED, "stopped; the files written before '%s' are whole", path));
    result->bytes = csv_out_bytes(out);
    result->rows = state.rows;
    CD_TRY(csv_out_end(&out, err));
done:
    candour_scan_close(scan);
    csv_out_drop(out);
    return st;
}

/* What this force added to the contract: without it the files of its own tables would not be understood. */
static cd_status export_ontology(const candour_ontology *o, const char *folder, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer yaml = {0};
    char path[PATH_BYTES];
    FILE *file = NULL;
    if (!ontology_has_additions(o)) return CD_OK;
    ontology_write(o, &yaml);
    if (yaml.status != CD_OK) CD_TRY(cd_fail(err, yaml.status, "out of memory while writing ontology.yaml"));
    if (snprintf(path, sizeof path, "%s/ontology.yaml", folder) >= PATH_BYTES)
        CD_TRY(cd_fail(err, CD_EUSAGE, "the path of folder '%.100s...' is too long; give a shorter one", folder));
    file = fopen(path, "w");
    if (!file) CD_TRY(cd_fail_errno(err, errno, "cannot write '%s'", path));
    if (fwrite(yaml.bytes, 1, yaml.n, file) != yaml.n) CD_TRY(cd_fail_errno(err, errno, "cannot write '%s'", path));
done:
    if (file && fclose(file) != 0 && st == CD_OK) st = cd_fail_errno(err, errno, "cannot write '%s'", path);
    cd_buffer_release(&yaml);
    return st;
}

static cd_status report(cli_run *run, const candour_ontology *o, const exported *tables, cd_err *err)
{
    if (cli_given(run, "json")) {
        json_t *list = json_array();
        for (uint32_t t = 0; t < o->n_tables; t++)
            if (tables[t].wanted)
                json_array_append_new(list,
                                      json_pack("{s:s, s:I, s:I}", "table", o->tables[t].name, "rows",
                                                (json_int_t)tables[t].rows, "bytes", (json_int_t)tables[t].bytes));
        return print_json(json_pack("{s:o, s:o}", "out", print_json_text(cli_value(run, "out")), "tables", list),
                          &run->out, err);
    }
    print_table table = {0};
    char text[PRINT_TEXT];
    print_table_heads(&table, "FILE,>ROWS,>SIZE");
    for (uint32_t t = 0; t < o->n_tables; t++) {
        if (!tables[t].wanted) continue;
        print_table_cell(&table, "%s/%s.csv", cli_value(run, "out"), o->tables[t].name);
        print_table_cell(&table, "%s", print_count(tables[t].rows, text));
        print_table_cell(&table, "%s", print_size(tables[t].bytes, text));
    }
    return print_table_end(&table, &run->out, err);
}

cd_status cmd_export(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_store *store = NULL;
    const candour_info *info;
    exported tables[MAX_TABLES] = {0};

    if (!cli_given(run, "out")) return cd_fail(err, CD_EUSAGE, "no folder to write to; give one with --out FOLDER");
    CD_TRY(cmd_open_store(run, &store, err));
    CD_TRY(candour_store_info(store, &info, err));
    const candour_ontology *o = candour_store_ontology(store);
    CD_TRY(choose(run, o, info, tables, err));
    CD_TRY(prepare(run, o, tables, err));
    const cd_progress *progress = terminal_begin(cli_given(run, "quiet"));
    for (uint32_t t = 0; t < o->n_tables; t++)
        if (tables[t].wanted) CD_TRY(export_table(store, t, cli_value(run, "out"), progress, &tables[t], err));
    CD_TRY(export_ontology(o, cli_value(run, "out"), err));
    if (info->keeps_all_presence)
        terminal_say("this store keeps presence off duty too: load with --presence all to get it all back");
    CD_TRY(report(run, o, tables, err));
done:
    cmd_close_store(run, store);
    return st;
}
