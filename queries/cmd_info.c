/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_info.c: `candour info`: what a store holds, from what it keeps about itself; no row is read. */
#include <inttypes.h>

#include "engine/base/hash.h"
#include "queries/arguments.h"
#include "queries/commands.h"
#include "queries/print.h"

enum { LAST_LOADS = 10 };

static const char *presence_of(const candour_info *info) { return info->keeps_all_presence ? "all" : "duty"; }

static uint64_t first_load(const cli_run *run, const candour_info *info)
{
    return cli_given(run, "all") || info->n_loads <= LAST_LOADS ? 0 : info->n_loads - LAST_LOADS;
}

static void say_store(const cli_run *run, const candour_info *info, cd_buffer *out)
{
    char files[PRINT_TEXT], size[PRINT_TEXT];
    print_plain(out, run->arguments[0]);
    cd_buffer_printf(out, ": format %" PRIu32 ", snapshot %" PRIu64 ", %s file%s, %s\n", info->version, info->snapshot,
                     print_count(info->n_files, files), info->n_files == 1 ? "" : "s", print_size(info->bytes, size));
    cd_buffer_printf(out, info->keeps_all_presence ? "presence: all that was loaded, on duty or not\n"
                                                   : "presence: within rostered duty alone\n");
}

static cd_status say_kinds(const candour_ontology *o, const candour_info *info, cd_buffer *out, cd_err *err)
{
    print_table table = {0};
    char count[PRINT_TEXT];
    print_table_heads(&table, "KIND,>COUNT");
    for (uint32_t k = 0; k < o->n_kinds; k++) {
        print_table_cell(&table, "%s", o->kinds[k].name);
        print_table_cell(&table, "%s", print_count(info->ids[k], count));
    }
    cd_buffer_printf(out, "\n");
    return print_table_end(&table, out, err);
}

static cd_status say_tables(const candour_ontology *o, const candour_info *info, cd_buffer *out, cd_err *err)
{
    print_table table = {0};
    char text[PRINT_TEXT];
    print_table_heads(&table, "TABLE,>ROWS,FROM,TO,>SIZE,A ROW IS");
    for (uint32_t t = 0; t < o->n_tables; t++) {
        const candour_table_info *i = &info->tables[t];
        if (i->rows == 0) continue;
        print_table_cell(&table, "%s", o->tables[t].name);
        print_table_cell(&table, "%s", print_count(i->rows, text));
        print_table_cell(&table, "%s", print_day(i->first, text));
        print_table_cell(&table, "%s", print_day(i->last, text));
        print_table_cell(&table, "%s", print_size(i->bytes, text));
        print_table_cell(&table, "%s", o->tables[t].about);
    }
    cd_buffer_printf(out, "\n");
    return print_table_end(&table, out, err);
}

static cd_status say_loads(const cli_run *run, candour_store *store, const candour_info *info, cd_buffer *out, cd_err *err)
{
    cd_status st = CD_OK;
    print_table table = {0};
    char text[PRINT_TEXT];
    uint64_t from = first_load(run, info);
    print_table_heads(&table, ">LOAD,COMMITTED,>ROWS TAKEN,>SOURCES");
    for (uint64_t i = from; i < info->n_loads; i++) {
        candour_load_info load;
        CD_TRY(candour_store_load(store, i, &load, err));
        print_table_cell(&table, "%" PRIu64, load.number);
        print_table_cell(&table, "%s", print_time(load.at, text));
        print_table_cell(&table, "%s", print_count(load.rows_taken, text));
        print_table_cell(&table, "%" PRIu32, load.n_sources);
    }
    cd_buffer_printf(out, "\n");
    if (from) cd_buffer_printf(out, "the last %d of %s loads; --all lists every one\n", LAST_LOADS, print_count(info->n_loads, text));
done:
    if (st == CD_OK) return print_table_end(&table, out, err);
    (void)!print_table_end(&table, &(cd_buffer){.status = CD_EMEMORY}, err);
    return st;
}

static cd_status say_sources(const candour_ontology *o, candour_store *store, const candour_info *info, cd_buffer *out,
                             cd_err *err)
{
    cd_status st = CD_OK;
    print_table table = {0};
    char text[PRINT_TEXT], sha[CD_SHA256_TEXT];
    print_table_heads(&table, ">LOAD,TABLE,>ROWS READ,>REJECTED,>SIZE,SHA-256,SOURCE");
    for (uint64_t i = 0; i < info->n_sources; i++) {
        candour_source_info s;
        CD_TRY(candour_store_source(store, i, &s, err));
        cd_hex_write(s.sha256, sizeof s.sha256, sha);
        print_table_cell(&table, "%" PRIu64, s.load);
        print_table_cell(&table, "%s", o->tables[s.table].name);
        print_table_cell(&table, "%s", print_count(s.rows_read, text));
        print_table_cell(&table, "%s", print_count(s.rows_rejected, text));
        print_table_cell(&table, "%s", print_size(s.bytes, text));
        print_table_cell(&table, "%s", sha);
        print_table_cell(&table, "%s", s.name);
    }
    cd_buffer_printf(out, "\n");
done:
    if (st == CD_OK) return print_table_end(&table, out, err);
    (void)!print_table_end(&table, &(cd_buffer){.status = CD_EMEMORY}, err);
    return st;
}

static json_t *json_tables(const candour_ontology *o, const candour_info *info)
{
    json_t *list = json_array();
    for (uint32_t t = 0; t < o->n_tables; t++) {
        const candour_table_info *i = &info->tables[t];
        json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:o, s:o}", "name", o->tables[t].name, "rows", (json_int_t)i->rows,
                                              "bytes", (json_int_t)i->bytes, "first", print_json_time(i->first), "last",
                                              print_json_time(i->last)));
    }
    return list;
}

static cd_status json_info(const cli_run *run, candour_store *store, const candour_info *info, json_t **out, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_ontology *o = candour_store_ontology(store);
    json_t *kinds = json_object(), *loads = json_array(), *sources = NULL;
    for (uint32_t k = 0; k < o->n_kinds; k++)
        json_object_set_new(kinds, o->kinds[k].name, json_integer((json_int_t)info->ids[k]));
    for (uint64_t i = first_load(run, info); i < info->n_loads; i++) {
        candour_load_info load;
        CD_TRY(candour_store_load(store, i, &load, err));
        json_array_append_new(loads, json_pack("{s:I, s:o, s:I, s:i}", "load", (json_int_t)load.number, "committed",
                                               print_json_time(load.at), "rows_taken", (json_int_t)load.rows_taken,
                                               "sources", (int)load.n_sources));
    }
    if (cli_given(run, "sources")) sources = json_array();
    for (uint64_t i = 0; sources && i < info->n_sources; i++) {
        candour_source_info s;
        char sha[CD_SHA256_TEXT];
        CD_TRY(candour_store_source(store, i, &s, err));
        cd_hex_write(s.sha256, sizeof s.sha256, sha);
        json_array_append_new(sources,
                              json_pack("{s:o, s:s, s:I, s:I, s:I, s:I, s:s}", "name", print_json_text(s.name), "table",
                                        o->tables[s.table].name, "load", (json_int_t)s.load, "bytes", (json_int_t)s.bytes,
                                        "rows_read", (json_int_t)s.rows_read, "rows_rejected",
                                        (json_int_t)s.rows_rejected, "sha256", sha));
    }
    *out = json_pack("{s:o, s:i, s:I, s:i, s:I, s:s, s:O, s:o, s:I, s:O, s:I}", "store", print_json_text(run->arguments[0]),
                     "format", (int)info->version, "snapshot", (json_int_t)info->snapshot, "files", (int)info->n_files,
                     "bytes", (json_int_t)info->bytes, "presence", presence_of(info), "kinds", kinds, "tables",
                     json_tables(o, info), "n_loads", (json_int_t)info->n_loads, "loads", loads, "n_sources",
                     (json_int_t)info->n_sources);
    if (sources) json_object_set(*out, "sources", sources);
done:
    json_decref(kinds);
    json_decref(loads);
    json_decref(sources);
    return st;
}

cd_status cmd_info(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_store *store = NULL;
    const candour_info *info;
    CD_TRY(cmd_open_store(run, &store, err));
    CD_TRY(candour_store_info(store, &info, err));
    if (cli_given(run, "json")) {
        json_t *json = NULL;
        CD_TRY(json_info(run, store, info, &json, err));
        CD_TRY(print_json(json, &run->out, err));
    } else {
        const candour_ontology *o = candour_store_ontology(store);
        say_store(run, info, &run->out);
        CD_TRY(say_kinds(o, info, &run->out, err));
        CD_TRY(say_tables(o, info, &run->out, err));
        CD_TRY(say_loads(run, store, info, &run->out, err));
        if (cli_given(run, "sources")) CD_TRY(say_sources(o, store, info, &run->out, err));
    }
done:
    cmd_close_store(run, store);
    return st;
}
