/* SPDX-License-Identifier: GPL-3.0-or-later
 * made_csv.c: reads a CSV without quotes into cells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/civil.h"
#include "tests/support/made_csv.h"

static size_t count(const char *text, size_t n, char c)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) found += text[i] == c;
    return found;
}

made_csv made_csv_read(const char *folder, const char *name)
{
    char path[512];
    made_csv t = {0};
    snprintf(path, sizeof path, "%s/%s.csv", folder, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    t.bytes = (size_t)ftell(f);
    rewind(f);
    t.text = calloc(t.bytes + 1, 1);
    assert_int_equal(fread(t.text, 1, t.bytes, f), t.bytes);
    fclose(f);
    assert_null(memchr(t.text, '"', t.bytes));
    assert_null(memchr(t.text, '\0', t.bytes));
    assert_int_equal(t.text[t.bytes - 1], '\n');
    size_t n_lines = count(t.text, t.bytes, '\n'), n_head = (size_t)(strchr(t.text, '\n') - t.text);
    t.n_rows = n_lines - 1, t.n_columns = count(t.text, n_head, ',') + 1;
    t.head = calloc(n_lines * t.n_columns, sizeof *t.head);
    t.cells = t.head + t.n_columns;
    size_t cell = 0, row = 0;
    char *begin = t.text;
    for (char *p = t.text; p < t.text + t.bytes; p++) {
        if (*p != ',' && *p != '\n') continue;
        if (cell >= n_lines * t.n_columns) fail_msg("%s: too many cells", path);
        t.head[cell++] = begin;
        if (*p == '\n' && cell != ++row * t.n_columns) fail_msg("%s line %zu: not %zu cells", path, row, t.n_columns);
        *p = '\0';
        begin = p + 1;
    }
    return t;
}

void made_csv_release(made_csv *t)
{
    free(t->text);
    free(t->head);
    *t = (made_csv){0};
}

size_t made_csv_column(const made_csv *t, const char *name)
{
    for (size_t c = 0; c < t->n_columns; c++)
        if (strcmp(t->head[c], name) == 0) return c;
    fail_msg("no column '%s'", name);
    return 0;
}

uint32_t made_csv_number(const made_csv *t, size_t row, size_t column)
{
    const char *cell = made_csv_at(t, row, column);
    return *cell ? (uint32_t)strtoul(cell + 1, NULL, 10) : 0;
}

int64_t made_csv_time(const made_csv *t, size_t row, size_t column)
{
    const char *cell = made_csv_at(t, row, column);
    int64_t seconds;
    bool zone;
    if (!*cell) return INT64_MIN;
    if (cd_time_read(cell, strlen(cell), &seconds, &zone) != CD_TIME_OK) fail_msg("'%s' is no time", cell);
    return seconds;
}

void made_folder_new(char out[64])
{
    const char *base = getenv("TMPDIR");
    snprintf(out, 64, "%.40s/candour-XXXXXX", base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(out));
}

void made_folder_remove(const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir) return;
    for (struct dirent *e; (e = readdir(dir));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) unlinkat(dirfd(dir), e->d_name, 0);
    closedir(dir);
    rmdir(folder);
}
