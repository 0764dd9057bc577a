/* SPDX-License-Identifier: GPL-3.0-or-later
 * ask.c: whatever query is asked of a small store, it is answered or refused in words, within its time and memory, and
 * gives back all that it took. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries/ask.h"
#include "tests/support/image.h"
#include "tests/support/store_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *folder;
static candour_store *store;
static candour_reader *reader;
static ask_parameters given;

static void close_all(void)
{
    ask_parameters_release(&given);
    candour_reader_close(reader);
    candour_store_close(store);
    folder_remove(folder);
}

static void must(cd_status st)
{
    if (st != CD_OK) abort();
}

static void open_once(void)
{
    rows_force whole = {0};
    cd_err err = {0};
    if (folder) return;
    folder = folder_new();
    rows_make(&whole, 5, 6, 4);
    must(rows_load(folder, &whole, &(rows_way){.keep_all_presence = true}, NULL, &err));
    rows_release(&whole);
    must(candour_store_open(folder, NULL, &store, &err));
    must(candour_reader_open(store, &reader, &err));
    must(ask_parameter_add(&given, cd_slice_of("x=[1, 2.5, \"a\", null, {\"k\": true}]"), &err));
    must(ask_parameter_add(&given, cd_slice_of("t:time=2026-03-01"), &err));
    /* What a store works out once and keeps is no leak. */
    const uint32_t *order;
    candour_source_info source;
    for (uint32_t k = 0; k < candour_store_ontology(store)->n_kinds; k++)
        must(candour_reader_order(reader, k, &order, &err));
    must(candour_store_source(store, 0, &source, &err));
    atexit(close_all);
}

/* The answer, or the words of its refusal. */
static cd_buffer answer(cd_slice text, uint32_t threads, ask_form form)
{
    cd_buffer out = {0};
    cd_err err = {0};
    ask_result result;
    ask_options options = {
        .form = form, .timeout_seconds = 2, .memory_bytes = 2 << 20, .most_rows = 300, .threads = threads, .width = 60};
    cd_status st = ask(store, reader, text, &given, &options, &out, &result, &err);
    if (st != CD_OK && (!err.text[0] || err.status != st)) abort();
    if (st == CD_EUSAGE && result.fault.type && result.fault.at != QUERY_NOWHERE && result.fault.at > text.n) abort();
    if (st != CD_OK) out.n = 0, cd_buffer_printf(&out, "%s", err.text);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    open_once();
    cd_slice text = {(const char *)data, (uint32_t)size};
    size_t before = cd_memory_now();
    for (ask_form form = ASK_TABLE; form <= ASK_NDJSON; form++) {
        cd_buffer one = answer(text, 1, form);
        cd_buffer_release(&one);
    }
    if (cd_memory_now() != before) abort();
    return 0;
}
