/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_care.c: looking after a store: `candour verify`, `candour digest`, `candour compact`. */
#include <inttypes.h>
#include <time.h>

#include "queries/arguments.h"
#include "queries/commands.h"
#include "queries/print.h"
#include "queries/terminal.h"

cd_status cmd_open_store(const cli_run *run, candour_store **out, cd_err *err)
{
    candour_open_options options = {.untrusted = cli_given(run, "untrusted")};
    return candour_store_open(run->arguments[0], &options, out, err);
}

void cmd_close_store(cli_run *run, candour_store *store)
{
    if (store) (void)!candour_store_judge(store, CD_OK, &run->damage);
    candour_store_close(store);
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

typedef struct {
    cd_buffer *out; /* NULL: as JSON */
    json_t *list;
} fault_list;

static void on_fault(void *context, const char *fault)
{
    fault_list *faults = context;
    if (faults->list) json_array_append_new(faults->list, print_json_text(fault));
    else {
        print_plain(faults->out, fault);
        cd_buffer_printf(faults->out, "\n");
    }
}

cd_status cmd_verify(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t threads;
    candour_verify_report report = {0};
    bool json = cli_given(run, "json");
    fault_list faults = {.out = &run->out, .list = json ? json_array() : NULL};
    char files[PRINT_TEXT], arrays[PRINT_TEXT], size[PRINT_TEXT], duration[PRINT_TEXT];

    CD_TRY(cli_threads(run, &threads, err));
    double began = seconds_now();
    st = candour_verify(run->arguments[0], threads, on_fault, &faults, terminal_begin(cli_given(run, "quiet")), &report, err);
    if (st != CD_OK && !(st == CD_ESTORE && report.faults > 0)) goto done;
    if (json) {
        cd_status printed = print_json(json_pack("{s:b, s:I, s:I, s:I, s:I, s:O}", "whole", report.faults == 0, "files",
                                                 (json_int_t)report.files, "arrays", (json_int_t)report.arrays, "bytes",
                                                 (json_int_t)report.bytes, "n_faults", (json_int_t)report.faults, "faults",
                                                 faults.list),
                                       &run->out, err);
        if (st == CD_OK) st = printed;
    } else if (report.faults == 0)
        cd_buffer_printf(&run->out, "whole: %s file%s, %s arrays, %s, checked in %s\n", print_count(report.files, files),
                         report.files == 1 ? "" : "s", print_count(report.arrays, arrays), print_size(report.bytes, size),
                         print_duration(seconds_now() - began, duration));
    else
        cd_buffer_printf(&run->out, "damaged: %" PRIu64 " fault%s\n", report.faults, report.faults == 1 ? "" : "s");
done:
    json_decref(faults.list);
    return st;
}

cd_status cmd_digest(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_store *store = NULL;
    candour_digest digest;
    print_table table = {0};
    uint32_t threads;
    char rows[PRINT_TEXT];

    CD_TRY(cli_threads(run, &threads, err));
    CD_TRY(cmd_open_store(run, &store, err));
    CD_TRY(candour_store_digest(store, threads, &digest, err));
    const candour_ontology *o = candour_store_ontology(store);
    if (cli_given(run, "json")) {
        json_t *tables = json_object();
        for (uint32_t t = 0; t < o->n_tables; t++)
            json_object_set_new(tables, o->tables[t].name, json_pack("{s:s, s:I}", "digest", digest.tables[t], "rows",
                                                                     (json_int_t)digest.rows[t]));
        CD_TRY(print_json(json_pack("{s:s, s:o}", "digest", digest.all, "tables", tables), &run->out, err));
    } else if (cli_given(run, "tables")) {
        print_table_heads(&table, "TABLE,>ROWS,DIGEST");
        for (uint32_t t = 0; t < o->n_tables; t++) {
            print_table_cell(&table, "%s", o->tables[t].name);
            print_table_cell(&table, "%s", print_count(digest.rows[t], rows));
            print_table_cell(&table, "%s", digest.tables[t]);
        }
        print_table_cell(&table, "all");
        print_table_cell(&table, " ");
        print_table_cell(&table, "%s", digest.all);
        CD_TRY(print_table_end(&table, &run->out, err));
    } else
        cd_buffer_printf(&run->out, "%s\n", digest.all);
done:
    cmd_close_store(run, store);
    return st;
}

cd_status cmd_compact(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_load_options options = {0};
    candour_compact_report r = {0};
    char before[PRINT_TEXT], after[PRINT_TEXT], duration[PRINT_TEXT];

    CD_TRY(cli_threads(run, &options.threads, err));
    CD_TRY(cli_bytes(run, "memory", &options.memory_bytes, err));
    options.progress = terminal_begin(cli_given(run, "quiet"));
    double began = seconds_now();
    CD_TRY(candour_compact(run->arguments[0], &options, &r, err));
    if (cli_given(run, "json"))
        CD_TRY(print_json(json_pack("{s:i, s:i, s:I, s:I}", "files_before", (int)r.files_before, "files_after",
                                    (int)r.files_after, "bytes_before", (json_int_t)r.bytes_before, "bytes_after",
                                    (json_int_t)r.bytes_after),
                          &run->out, err));
    else
        cd_buffer_printf(&run->out, "%" PRIu32 " file%s of %s became %" PRIu32 " of %s in %s\n", r.files_before,
                         r.files_before == 1 ? "" : "s", print_size(r.bytes_before, before), r.files_after,
                         print_size(r.bytes_after, after), print_duration(seconds_now() - began, duration));
done:
    return st;
}
