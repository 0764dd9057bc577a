/* SPDX-License-Identifier: GPL-3.0-or-later
 * report.h: an answer of headings, sentences and tables, as text for a terminal or as one self-contained HTML page: no
 * network, no script; it opens from a disk and prints well, so that it can go into a case file. */
#ifndef QUERIES_REPORT_H
#define QUERIES_REPORT_H

#include "queries/print.h"

typedef struct {
    cd_buffer *out;
    bool html;
    bool begun; /* something was said: the next heading stands off */
} report;

/* `title` is the page's; a terminal does not show it. */
void report_begin(report *r, cd_buffer *out, bool html, const char *title);
void report_heading(report *r, const char *format, ...) CD_PRINTF(2, 3);
void report_say(report *r, const char *format, ...) CD_PRINTF(2, 3);
/* Takes the table, as print_table_end does. */
CD_CHECKED cd_status report_table(report *r, print_table *table, cd_err *err);
/* Lines whose letters stand below one another. */
void report_block(report *r, cd_slice lines);
/* A picture, for pages alone: an <svg> element. */
void report_picture(report *r, cd_slice svg);
CD_CHECKED cd_status report_end(report *r, cd_err *err);

/* Text where markup is: &, <, > and quotes are escaped, control characters become `?`, and what is no UTF-8 U+FFFD: well
 * formed whatever the bytes. */
void report_escape(cd_buffer *out, cd_slice text);

#endif
