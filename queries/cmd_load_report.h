/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_load_report.h: how a load went, and how one would read its files, as text and as JSON. */
#ifndef QUERIES_CMD_LOAD_REPORT_H
#define QUERIES_CMD_LOAD_REPORT_H

#include <jansson.h>

#include "loaders/loading.h"

CD_CHECKED cd_status load_text(const load_result *result, bool strict, cd_buffer *out, cd_err *err);
json_t *load_json(const load_result *result);

CD_CHECKED cd_status explanation_text(const load_explanation *explanation, cd_buffer *out, cd_err *err);
json_t *explanation_json(const load_explanation *explanation);

#endif
