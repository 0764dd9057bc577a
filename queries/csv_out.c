/* SPDX-License-Identifier: GPL-3.0-or-later
 * csv_out.c: formats by hand into a buffer of a megabyte: libc's printf would take most of the time of an export. */
#include "queries/csv_out.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/civil.h"
#include "engine/base/memory.h"
#include "engine/base/write.h"

enum { BUFFER_BYTES = 1 << 20, LONGEST_PLAIN = 64 };

struct csv_out {
    const candour_table *table;
    char *path, *part; /* part: while it is not whole */
    int fd;
    size_t n; /* in the buffer */
    uint64_t written;
    char bytes[BUFFER_BYTES];
};

static cd_status flush(csv_out *o, cd_err *err)
{
    int failed = cd_write_all(o->fd, o->bytes, o->n);
    if (failed) return cd_fail_errno(err, failed, "cannot write '%s'", o->path);
    o->written += o->n;
    o->n = 0;
    return CD_OK;
}

static cd_status room(csv_out *o, size_t n, cd_err *err) { return BUFFER_BYTES - o->n >= n ? CD_OK : flush(o, err); }

/* Bytes of any number. */
static cd_status add(csv_out *o, const char *bytes, size_t n, cd_err *err)
{
    cd_status st = CD_OK;
    while (n > 0) {
        size_t fits = n < BUFFER_BYTES ? n : BUFFER_BYTES;
        CD_TRY(room(o, fits, err));
        memcpy(o->bytes + o->n, bytes, fits);
        o->n += fits, bytes += fits, n -= fits;
    }
done:
    return st;
}

/* Quoted where RFC 4180 asks for it; spaces at either end too, since many a spreadsheet eats them otherwise. */
static cd_status add_text(csv_out *o, cd_slice text, cd_err *err)
{
    cd_status st = CD_OK;
    bool quote = text.n > 0 && (text.bytes[0] == ' ' || text.bytes[text.n - 1] == ' ');
    for (uint32_t i = 0; i < text.n && !quote; i++) {
        char c = text.bytes[i];
        quote = c == ',' || c == '"' || c == '\n' || c == '\r';
    }
    if (!quote) return add(o, text.bytes, text.n, err);
    CD_TRY(add(o, "\"", 1, err));
    for (const char *p = text.bytes, *end = p + text.n; p < end;) {
        const char *stop = memchr(p, '"', (size_t)(end - p));
        size_t n = stop ? (size_t)(stop - p) + 1 : (size_t)(end - p);
        CD_TRY(add(o, p, n, err));
        if (stop) CD_TRY(add(o, "\"", 1, err));
        p += n;
    }
    CD_TRY(add(o, "\"", 1, err));
done:
    return st;
}

static size_t whole_write(uint64_t value, char *out)
{
    char digits[20];
    size_t n = 0;
    do digits[n++] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    for (size_t i = 0; i < n; i++) out[i] = digits[n - 1 - i];
    return n;
}

static size_t integer_write(int64_t value, char *out)
{
    if (value >= 0) return whole_write((uint64_t)value, out);
    *out = '-';
    return 1 + whole_write(0 - (uint64_t)value, out + 1);
}

size_t csv_real_write(double value, char out[CSV_REAL_TEXT])
{
    /* Money and hours have few decimals. A thousandth is exact in the division as it is in strtod, both being correctly
     * rounded; so where it gives the value back, its decimals are the value. */
    double thousandths = value * 1000;
    if (fabs(thousandths) < 0x1p53 && thousandths == rint(thousandths) && thousandths / 1000 == value &&
        !(value == 0 && signbit(value))) {
        uint64_t t = (uint64_t)fabs(thousandths), fraction = t % 1000;
        size_t n = 0;
        if (value < 0) out[n++] = '-';
        n += whole_write(t / 1000, out + n);
        if (fraction) out[n++] = '.';
        for (uint64_t unit = 100; fraction; unit /= 10) out[n++] = (char)('0' + fraction / unit), fraction %= unit;
        return n;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, CSV_REAL_TEXT, "%.*g", digits, value);
        if (digits == 17 || strtod(out, NULL) == value) break;
    }
    return strlen(out);
}

static cd_status add_value(csv_out *o, const candour_column *column, const candour_values *values, uint32_t row, cd_err *err)
{
    char *at;
    cd_status st = room(o, LONGEST_PLAIN, err);
    if (st != CD_OK) return st;
    at = o->bytes + o->n;
    switch (column->type) {
    case CANDOUR_ID:
    case CANDOUR_TEXT:
        if (values->text && values->text[row].n) return add_text(o, values->text[row], err);
        break;
    case CANDOUR_REAL:
        if (values->real && !isnan(values->real[row])) o->n += csv_real_write(values->real[row], at);
        break;
    case CANDOUR_TIME:
        if (values->integer && values->integer[row] != CANDOUR_UNKNOWN) o->n += cd_time_write(values->integer[row], at);
        break;
    case CANDOUR_MONTH:
        if (values->integer && values->integer[row] != CANDOUR_UNKNOWN) o->n += cd_month_write(values->integer[row], at);
        break;
    case CANDOUR_INTEGER:
    case CANDOUR_BOOLEAN:
        if (values->integer && values->integer[row] != CANDOUR_UNKNOWN) o->n += integer_write(values->integer[row], at);
        break;
    }
    return CD_OK;
}

cd_status csv_out_rows(csv_out *o, const candour_block *block, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n_columns = o->table->n_columns;
    for (uint32_t row = 0; row < block->n; row++)
        for (uint32_t c = 0; c < n_columns; c++) {
            CD_TRY(add_value(o, &o->table->columns[c], &block->values[c], row, err));
            CD_TRY(room(o, 1, err));
            o->bytes[o->n++] = c + 1 < n_columns ? ',' : '\n';
        }
done:
    return st;
}

static char *path_of(const char *path, const char *ending, cd_err *err)
{
    size_t n = strlen(path), m = strlen(ending);
    char *copy = cd_alloc(n + m + 1, 1, err);
    if (!copy) return NULL;
    memcpy(copy, path, n);
    memcpy(copy + n, ending, m);
    return copy;
}

cd_status csv_out_begin(const char *path, const candour_table *table, csv_out **out, cd_err *err)
{
    cd_status st = CD_OK;
    csv_out *o = NULL;
    char *part = NULL;
    CD_NEW(o, 1);
    o->table = table;
    o->fd = -1;
    if (!(o->path = path_of(path, "", err)) || !(part = path_of(path, ".part", err))) CD_TRY(CD_EMEMORY);
    o->fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (o->fd < 0) CD_TRY(cd_fail_errno(err, errno, "cannot write '%s'", part));
    o->part = part, part = NULL;
    for (uint32_t c = 0; c < table->n_columns; c++) {
        CD_TRY(add_text(o, cd_slice_of(table->columns[c].name), err));
        CD_TRY(add(o, c + 1 < table->n_columns ? "," : "\n", 1, err));
    }
    *out = o, o = NULL;
done:
    cd_free(part);
    csv_out_drop(o);
    return st;
}

uint64_t csv_out_bytes(const csv_out *o) { return o->written + o->n; }

cd_status csv_out_end(csv_out **out, cd_err *err)
{
    cd_status st = CD_OK;
    csv_out *o = *out;
    CD_TRY(flush(o, err));
    int fd = o->fd;
    o->fd = -1;
    if (close(fd) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot finish '%s'", o->path));
    if (rename(o->part, o->path) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot give '%s' its name", o->path));
    cd_free(o->part);
    o->part = NULL;
    csv_out_drop(o);
    *out = NULL;
done:
    return st;
}

void csv_out_drop(csv_out *o)
{
    if (!o) return;
    if (o->fd >= 0) close(o->fd);
    if (o->part) unlink(o->part);
    cd_free(o->part);
    cd_free(o->path);
    cd_free(o);
}
