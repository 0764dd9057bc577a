/* SPDX-License-Identifier: GPL-3.0-or-later
 * commands.h: the functions behind the command table, one file each (cmd_load.c and so on). */
#ifndef QUERIES_COMMANDS_H
#define QUERIES_COMMANDS_H

#include "engine/candour.h"
#include "queries/command.h"

cd_status cmd_generate(cli_run *run, cd_err *err);
cd_status cmd_load(cli_run *run, cd_err *err);
cd_status cmd_info(cli_run *run, cd_err *err);
cd_status cmd_verify(cli_run *run, cd_err *err);
cd_status cmd_digest(cli_run *run, cd_err *err);
cd_status cmd_compact(cli_run *run, cd_err *err);
cd_status cmd_export(cli_run *run, cd_err *err);
cd_status cmd_graph(cli_run *run, cd_err *err);
cd_status cmd_sweep(cli_run *run, cd_err *err);
cd_status cmd_sweeps(cli_run *run, cd_err *err);
cd_status cmd_rank(cli_run *run, cd_err *err);
cd_status cmd_ties(cli_run *run, cd_err *err);
cd_status cmd_explain(cli_run *run, cd_err *err);
cd_status cmd_evaluate(cli_run *run, cd_err *err);
cd_status cmd_query(cli_run *run, cd_err *err);
cd_status cmd_fairness(cli_run *run, cd_err *err);
cd_status cmd_clusters(cli_run *run, cd_err *err);
cd_status cmd_diff(cli_run *run, cd_err *err);
cd_status cmd_reasons(cli_run *run, cd_err *err);
cd_status cmd_policy(cli_run *run, cd_err *err);
cd_status cmd_version(cli_run *run, cd_err *err);
cd_status cmd_pages(cli_run *run, cd_err *err);

/* Opens the store that is the command's first argument. */
CD_CHECKED cd_status cmd_open_store(const cli_run *run, candour_store **out, cd_err *err);

#endif
