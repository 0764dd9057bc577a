/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_generate.c: `candour generate`: the options of a synthetic force, and what was made. */
#include <inttypes.h>
#include <string.h>

#include "engine/base/civil.h"
#include "loaders/synthetic.h"
#include "queries/arguments.h"
#include "queries/commands.h"
#include "queries/print.h"
#include "queries/terminal.h"

static cd_status read_options(const cli_run *run, synthetic_options *o, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t officers = 1000, days = 90;
    bool zone;
    const char *start = cli_value(run, "start");

    synthetic_options_init(o);
    o->seed = 1;
    o->out = cli_value(run, "out");
    if (!o->out) CD_TRY(cd_fail(err, CD_EUSAGE, "no folder to write to; give one with --out FOLDER"));
    CD_TRY(cli_whole(run, "officers", 1, SYNTHETIC_OFFICERS_MAX, &officers, err));
    CD_TRY(cli_whole(run, "days", 1, SYNTHETIC_DAYS_MAX, &days, err));
    CD_TRY(cli_whole(run, "seed", 0, UINT64_MAX, &o->seed, err));
    CD_TRY(cli_real(run, "accesses", 0, 50, &o->accesses_per_officer_day, err));
    CD_TRY(cli_threads(run, &o->threads, err));
    o->n_officers = (uint32_t)officers;
    o->n_days = (uint32_t)days;
    o->null_force = cli_given(run, "null");
    if (start && (strlen(start) != 10 || cd_time_read(start, 10, &o->start_seconds, &zone) != CD_TIME_OK))
        CD_TRY(cd_fail(err, CD_EUSAGE, "--start takes a day, as in 2025-01-01, not '%s'", start));
    if (cli_given(run, "plant")) CD_TRY(synthetic_plants_read(cli_value(run, "plant"), o, err));
done:
    return st;
}

static json_t *json_of(const synthetic_report *r)
{
    json_t *files = json_array(), *planted = json_object();
    for (uint32_t f = 0; f < SYNTHETIC_FILES; f++)
        json_array_append_new(files, json_pack("{s:s, s:I, s:I, s:f}", "name", r->files[f].name, "rows",
                                               (json_int_t)r->files[f].rows, "bytes", (json_int_t)r->files[f].bytes,
                                               "seconds", r->files[f].seconds));
    for (uint32_t s = 0; s < SYNTHETIC_SCHEMES; s++)
        json_object_set_new(planted, synthetic_scheme_name((synthetic_scheme)s), json_integer(r->n_planted[s]));
    return json_pack("{s:o, s:o, s:I, s:I, s:I, s:f}", "files", files, "planted", planted, "rings", (json_int_t)r->n_rings,
                     "rows", (json_int_t)r->rows, "bytes", (json_int_t)r->bytes, "seconds", r->seconds);
}

static cd_status say(const synthetic_report *r, cd_buffer *out, cd_err *err)
{
    cd_status st;
    print_table table = {0};
    char text[PRINT_TEXT], rate[PRINT_TEXT];
    double seconds = r->seconds > 0 ? r->seconds : 1e-9;
    print_table_heads(&table, "FILE,>ROWS,>SIZE");
    for (uint32_t f = 0; f < SYNTHETIC_FILES; f++) {
        print_table_cell(&table, "%s", r->files[f].name);
        print_table_cell(&table, "%s", print_count(r->files[f].rows, text));
        print_table_cell(&table, "%s", print_size(r->files[f].bytes, text));
    }
    st = print_table_end(&table, out, err);
    cd_buffer_printf(out, "\nplanted officers:");
    for (uint32_t s = 0; s < SYNTHETIC_SCHEMES; s++) {
        if (s == SYNTHETIC_ANALYST) cd_buffer_printf(out, "\ninnocent look-alikes:");
        if (r->n_planted[s])
            cd_buffer_printf(out, " %s %s", synthetic_scheme_name((synthetic_scheme)s), print_count(r->n_planted[s], text));
    }
    cd_buffer_printf(out, "\n%s rows, ", print_count(r->rows, text));
    cd_buffer_printf(out, "%s in ", print_size(r->bytes, text));
    cd_buffer_printf(out, "%s: %s/s\n", print_duration(r->seconds, text), print_size((uint64_t)((double)r->bytes / seconds), rate));
    return st;
}

cd_status cmd_generate(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    synthetic_options options;
    synthetic_report report = {0};
    CD_TRY(read_options(run, &options, err));
    options.progress = terminal_begin(cli_given(run, "quiet"));
    CD_TRY(synthetic_generate(&options, &report, err));
    if (cli_given(run, "json")) CD_TRY(print_json(json_of(&report), &run->out, err));
    else CD_TRY(say(&report, &run->out, err));
done:
    return st;
}
