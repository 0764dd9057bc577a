/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_sweep.c: `candour sweep`, `sweeps`, `policy`, `reasons`: running the detectors, and what a sweep stands on. */
#include <inttypes.h>
#include <sys/stat.h>

#include "engine/base/civil.h"
#include "queries/arguments.h"
#include "queries/commands.h"
#include "queries/print.h"
#include "queries/sweep_out.h"
#include "queries/terminal.h"

enum { MOST_NAMES = 32 };

static cd_status read_sweep_options(cli_run *run, candour_sweep_options *o, const char **only, cd_err *err)
{
    cd_status st = CD_OK;
    const char *names = cli_value(run, "only");
    CD_TRY(cli_time(run, "as-of", &o->as_of, err));
    CD_TRY(cli_time(run, "since", &o->since, err));
    CD_TRY(cli_threads(run, &o->threads, err));
    CD_TRY(cli_bytes(run, "memory", &o->memory_bytes, err));
    o->again = cli_given(run, "again");
    o->only = only;
    while (names && *names) {
        size_t n = strcspn(names, ",");
        if (o->n_only == MOST_NAMES) CD_TRY(cd_fail(err, CD_EUSAGE, "--only takes at most %d names", MOST_NAMES));
        only[o->n_only] = cd_arena_copy(&run->arena, names, n, err);
        if (!only[o->n_only++]) CD_TRY(CD_EMEMORY);
        names += n + (names[n] == ',');
    }
    if (o->as_of != CANDOUR_UNKNOWN && o->since != CANDOUR_UNKNOWN && o->since >= o->as_of)
        CD_TRY(cd_fail(err, CD_EUSAGE, "--since comes after --as-of: nothing is between them"));
done:
    return st;
}

/* Where the accesses of the sweep come from, and what is left of them. */
static cd_status say_sweep(const candour_sweep *sweep, bool known, cd_buffer *out, cd_err *err)
{
    candour_sweep_info info = candour_sweep_facts(sweep);
    char n[PRINT_TEXT], strays[PRINT_TEXT], first[PRINT_TEXT], last[PRINT_TEXT], officers[PRINT_TEXT];
    uint64_t tiers[CANDOUR_TIER_URGENT + 1] = {0};
    for (uint32_t o = 0; o < info.n_officers; o++) tiers[candour_sweep_officer(sweep, o).tier]++;
    cd_buffer_printf(out, "sweep %" PRIu64 "%s: %s officers, ", info.number,
                     known ? " (made before: the same snapshot, policy and days)" : "",
                     print_count(info.n_officers, officers));
    if (info.first > info.last)
        cd_buffer_printf(out, "no accesses\n");
    else
        cd_buffer_printf(out, "%s accesses from %s to %s, %s unexplained files\n", print_count(info.accesses, n),
                         print_day(info.first, first), print_day(info.last, last), print_count(info.strays, strays));
    for (uint32_t d = 0; d < info.n_detectors; d++) {
        candour_detector x = candour_sweep_detector(sweep, d);
        if (x.state == CANDOUR_INPUTS_MISSING)
            cd_buffer_printf(out, "%.*s was skipped: %s\n", (int)x.name.n, x.name.bytes, x.missing);
        if (x.state == CANDOUR_SWITCHED_OFF) cd_buffer_printf(out, "%.*s is off\n", (int)x.name.n, x.name.bytes);
    }
    for (int t = CANDOUR_TIER_URGENT; t > CANDOUR_TIER_NONE; t--)
        cd_buffer_printf(out, "%s: %s\n", candour_tier_name((candour_tier)t), print_count(tiers[t], n));
    return out->status == CD_OK ? CD_OK : cd_fail(err, CD_EMEMORY, "out of memory for the answer");
}

static cd_status say_sweep_json(const candour_sweep *sweep, bool known, cd_buffer *out, cd_err *err)
{
    candour_sweep_info info = candour_sweep_facts(sweep);
    json_t *detectors = json_array(), *tiers = json_object();
    uint64_t n[CANDOUR_TIER_URGENT + 1] = {0};
    for (uint32_t o = 0; o < info.n_officers; o++) n[candour_sweep_officer(sweep, o).tier]++;
    for (int t = CANDOUR_TIER_URGENT; t > CANDOUR_TIER_NONE; t--)
        json_object_set_new(tiers, candour_tier_name((candour_tier)t), json_integer((json_int_t)n[t]));
    for (uint32_t d = 0; d < info.n_detectors; d++) {
        static const char *const states[] = {"ran", "off", "skipped"};
        candour_detector x = candour_sweep_detector(sweep, d);
        json_array_append_new(detectors,
                              json_pack("{s:o, s:s, s:s}", "name", sweep_json_text(x.name), "state", states[x.state],
                                        "why", x.state == CANDOUR_INPUTS_MISSING ? x.missing : ""));
    }
    return print_json(json_pack("{s:I, s:b, s:I, s:I, s:I, s:o, s:o}", "sweep", (json_int_t)info.number, "known", known,
                                "officers", (json_int_t)info.n_officers, "accesses", (json_int_t)info.accesses,
                                "unexplained_files", (json_int_t)info.strays, "detectors", detectors, "tiers", tiers),
                      out, err);
}

cd_status cmd_sweep(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_store *store = NULL;
    candour_policy *policy = NULL;
    candour_sweep *sweep = NULL;
    const char *only[MOST_NAMES];
    candour_sweep_options o = {.as_of = CANDOUR_UNKNOWN, .since = CANDOUR_UNKNOWN, .memory_bytes = (size_t)4 << 30};
    uint64_t number;
    bool known;
    CD_TRY(read_sweep_options(run, &o, only, err));
    CD_TRY(candour_policy_open(cli_value(run, "policy"), &policy, err));
    CD_TRY(cmd_open_store(run, &store, err));
    o.progress = terminal_begin(cli_given(run, "quiet"));
    CD_TRY(candour_sweep_run(store, policy, &o, &number, &known, err));
    terminal_end();
    CD_TRY(candour_sweep_open(run->arguments[0], number, &sweep, err));
    if (cli_given(run, "json"))
        CD_TRY(say_sweep_json(sweep, known, &run->out, err));
    else if (!cli_given(run, "quiet"))
        CD_TRY(say_sweep(sweep, known, &run->out, err));
done:
    candour_sweep_close(sweep);
    candour_policy_close(policy);
    cmd_close_store(run, store);
    return st;
}

static void sweeps_row(const candour_sweep_info *info, print_table *table)
{
    char text[PRINT_TEXT];
    print_table_cell(table, "%" PRIu64, info->number);
    print_table_cell(table, "%" PRIu64, info->snapshot);
    print_table_cell(table, "%s", print_day(info->since, text));
    print_table_cell(table, "%s", print_day(info->as_of, text));
    print_table_cell(table, "%s", print_count(info->accesses, text));
    print_table_cell(table, "%s", print_count(info->strays, text));
    print_table_cell(table, "%.*s", SWEEP_POLICY_HEAD, info->policy_sha256);
}

static json_t *sweeps_json(const candour_sweep_info *info)
{
    return json_pack("{s:I, s:I, s:o, s:o, s:I, s:I, s:s}", "sweep", (json_int_t)info->number, "snapshot",
                     (json_int_t)info->snapshot, "since", print_json_time(info->since), "as_of",
                     print_json_time(info->as_of), "accesses", (json_int_t)info->accesses, "unexplained_files",
                     (json_int_t)info->strays, "policy_sha256", info->policy_sha256);
}

cd_status cmd_sweeps(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    print_table table = {0};
    json_t *list = cli_given(run, "json") ? json_array() : NULL;
    uint64_t *numbers = NULL;
    size_t n = 0;
    CD_TRY(candour_sweep_numbers(run->arguments[0], &numbers, &n, err));
    print_table_heads(&table, ">SWEEP,>SNAPSHOT,SINCE,AS OF,>ACCESSES,>UNEXPLAINED FILES,POLICY");
    for (size_t i = 0; i < n; i++) {
        candour_sweep_info info;
        CD_TRY(candour_sweep_info_of(run->arguments[0], numbers[i], &info, err));
        if (list) json_array_append_new(list, sweeps_json(&info));
        sweeps_row(&info, &table);
    }
    if (list) {
        json_t *all = list;
        list = NULL;
        CD_TRY(print_json(all, &run->out, err));
    }
done:
    cd_free(numbers);
    json_decref(list);
    cd_status ended = print_table_end(
        &table, cli_given(run, "json") || st != CD_OK ? &(cd_buffer){.status = CD_EMEMORY} : &run->out, err);
    return st == CD_OK ? ended : st;
}

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* A kept sweep's policy, to the byte: its SHA-256 is the sweep's. */
static cd_status say_policy_kept(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_sweep *sweep = NULL;
    uint64_t number = 0;
    CD_TRY(cli_whole(run, "sweep", 1, UINT64_MAX, &number, err));
    if (run->n_arguments == 0)
        CD_TRY(cd_fail(err, CD_EUSAGE, "--sweep of which store? `candour policy STORE --sweep %" PRIu64 "`", number));
    CD_TRY(candour_sweep_open(run->arguments[0], number, &sweep, err));
    cd_slice text = candour_sweep_facts(sweep).policy;
    cd_buffer_add(&run->out, text.bytes, text.n);
done:
    candour_sweep_close(sweep);
    return st;
}

cd_status cmd_policy(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_policy *policy = NULL;
    cd_slice text;
    if (cli_given(run, "sweep") || (run->n_arguments && is_folder(run->arguments[0]))) return say_policy_kept(run, err);
    CD_TRY(candour_policy_open(run->n_arguments ? run->arguments[0] : NULL, &policy, err));
    CD_TRY(candour_policy_text(policy, true, &text, err));
    cd_buffer_add(&run->out, text.bytes, text.n);
done:
    candour_policy_close(policy);
    return st;
}

cd_status cmd_reasons(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    candour_sweep *sweep = NULL;
    print_table table = {0};
    char text[PRINT_TEXT];
    uint64_t number = 0, all = 0;
    json_t *list = NULL;
    CD_TRY(cli_whole(run, "sweep", 1, UINT64_MAX, &number, err));
    CD_TRY(candour_sweep_open(run->arguments[0], number, &sweep, err));
    candour_sweep_info info = candour_sweep_facts(sweep);
    list = json_array();
    for (uint32_t i = 0; i < info.n_reasons; i++) all += candour_sweep_reason(sweep, i).rows;
    print_table_heads(&table, "REASON,>ACCESSES,>SHARE,>OF RANDOM,WHAT IT SAYS");
    for (uint32_t k = 0; k < info.n_reasons; k++) { /* in the order they are tried; what none explains comes last */
        candour_reason r = candour_sweep_reason(sweep, (k + 1) % info.n_reasons);
        double share = all ? (double)r.rows / (double)all : 0,
               random = info.random_pairs ? (double)r.random / (double)info.random_pairs : 0;
        json_array_append_new(list, json_pack("{s:s, s:I, s:f, s:f, s:s}", "reason", r.name, "accesses",
                                              (json_int_t)r.rows, "share", share, "random", random, "about", r.about));
        print_table_cell(&table, "%s", r.name);
        print_table_cell(&table, "%s", print_count(r.rows, text));
        print_table_cell(&table, "%.2f %%", 100 * share);
        print_table_cell(&table, "%.2f %%", 100 * random);
        print_table_cell(&table, "%s", r.about);
    }
    if (cli_given(run, "json")) {
        json_t *told = list;
        list = NULL;
        CD_TRY(print_json(told, &run->out, err));
    }
done:
    json_decref(list);
    cd_status ended = print_table_end(
        &table, cli_given(run, "json") || st != CD_OK ? &(cd_buffer){.status = CD_EMEMORY} : &run->out, err);
    candour_sweep_close(sweep);
    return st == CD_OK ? ended : st;
}
