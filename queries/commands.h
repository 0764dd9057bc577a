/* SPDX-License-Identifier: GPL-3.0-or-later
 * commands.h: the functions behind the command table, one file each (cmd_load.c and so on). */
#ifndef QUERIES_COMMANDS_H
#define QUERIES_COMMANDS_H

#include "engine/candour.h"
#include "queries/command.h"

cd_status cmd_generate(cli_run *run, cd_err *err);
cd_status cmd_load(cli_run *run, cd_err *err);
cd_status cmd_tidy(cli_run *run, cd_err *err);
cd_status cmd_info(cli_run *run, cd_err *err);
cd_status cmd_verify(cli_run *run, cd_err *err);
cd_status cmd_digest(cli_run *run, cd_err *err);
cd_status cmd_compact(cli_run *run, cd_err *err);
cd_status cmd_export(cli_run *run, cd_err *err);
cd_status cmd_graph(cli_run *run, cd_err *err);
cd_status cmd_who(cli_run *run, cd_err *err);
cd_status cmd_touched(cli_run *run, cd_err *err);
cd_status cmd_common(cli_run *run, cd_err *err);
cd_status cmd_between(cli_run *run, cd_err *err);
cd_status cmd_ego(cli_run *run, cd_err *err);
cd_status cmd_path(cli_run *run, cd_err *err);
cd_status cmd_timeline(cli_run *run, cd_err *err);
cd_status cmd_duty(cli_run *run, cd_err *err);
cd_status cmd_similar(cli_run *run, cd_err *err);
cd_status cmd_around(cli_run *run, cd_err *err);
cd_status cmd_facets(cli_run *run, cd_err *err);
cd_status cmd_sweep(cli_run *run, cd_err *err);
cd_status cmd_sweeps(cli_run *run, cd_err *err);
cd_status cmd_rank(cli_run *run, cd_err *err);
cd_status cmd_ties(cli_run *run, cd_err *err);
cd_status cmd_explain(cli_run *run, cd_err *err);
cd_status cmd_evaluate(cli_run *run, cd_err *err);
cd_status cmd_query(cli_run *run, cd_err *err);
cd_status cmd_shell(cli_run *run, cd_err *err);
cd_status cmd_fairness(cli_run *run, cd_err *err);
cd_status cmd_clusters(cli_run *run, cd_err *err);
cd_status cmd_diff(cli_run *run, cd_err *err);
cd_status cmd_reasons(cli_run *run, cd_err *err);
cd_status cmd_policy(cli_run *run, cd_err *err);
cd_status cmd_version(cli_run *run, cd_err *err);
cd_status cmd_pages(cli_run *run, cd_err *err);

/* Of every command whose answer may be CSV. */
#define ABOUT_CSV                                                                                                      \
    "In CSV a text that a spreadsheet would take for a formula has an apostrophe before it; in JSON it is as it is."

/* Of every id that a question is about. */
#define ABOUT_ID "an id, the beginning that it alone has, or KIND:ID where several kinds have it"

#define STORE_TO_READ {{.name = "STORE", .about = "the store's folder"}}

/* The named questions' part of the table. */
extern const cli_command cli_questions[];
extern const size_t cli_n_questions;

/* Opens the store that is the command's first argument. */
CD_CHECKED cd_status cmd_open_store(const cli_run *run, candour_store **out, cd_err *err);
/* Closes a store (NULL: none) that the command has read, and notes in the run whether that was damaged. */
void cmd_close_store(cli_run *run, candour_store *store);

#endif
