/* SPDX-License-Identifier: GPL-3.0-or-later
 * plain_csv.h: CSV read byte by byte, with nothing clever, to hold the parallel reader against.
 *
 * Both give a transcript: a line for each row taken (its line number and its values, in the table's order of columns) and
 * one for each reject, in the order of the file; or one line saying that the file was refused. */
#ifndef TESTS_SUPPORT_PLAIN_CSV_H
#define TESTS_SUPPORT_PLAIN_CSV_H

#include "loaders/table_reader.h"

/* Reads `text` as the plain reader does; rows have at most row_bytes. */
void plain_csv_read(const char *text, size_t n, const candour_table *table, const read_rules *rules, size_t row_bytes,
                    cd_buffer *out);

/* Reads it with the reader under test. *why says why it was refused, if it was. */
void parallel_csv_read(const char *text, size_t n, const candour_table *table, const read_rules *rules,
                       const table_reader_options *options, cd_buffer *out, cd_err *why);

/* Holds the one against the other at every width of vector, with these threads and blocks of these bytes, and at one
 * of them under a limit so low that some rows are too long; at a difference prints both and aborts. */
void csv_readers_must_agree(const char *text, size_t n, const candour_table *table, const read_rules *rules,
                            uint32_t threads, size_t block_bytes);

/* A path under which n bytes can be opened once; *fd is to be closed. */
void memory_file(const void *bytes, size_t n, char path[64], int *fd);

#endif
