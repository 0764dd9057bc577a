/* SPDX-License-Identifier: GPL-3.0-or-later
 * rejects.c: reasons in words, and the file they are written to. */
#include "loaders/rejects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/write.h"
#include "loaders/cell_types.h"

void reject_value_text(const row_reject *reject, char out[REJECT_TEXT])
{
    const char *p = reject->value.bytes, *end = p + reject->value.n;
    char *w = out;
    while (p < end) {
        uint32_t n = *p == '\0' ? 0 : cell_utf8_length(p, end);
        /* Where the value was cut, the last character may be half a one. */
        if (n == 0 && reject->cut && end - p < 4 && (unsigned char)*p >= 0xc0) break;
        if (n == 0) {
            w += sprintf(w, "\\x%02x", (unsigned)(unsigned char)*p);
            p++;
        }
        memcpy(w, p, n);
        w += n;
        p += n;
    }
    strcpy(w, reject->cut ? "\xe2\x80\xa6" : "");
}

static void range_text(const candour_column *c, char out[REJECT_REASON_TEXT])
{
    if (c->lo_open) snprintf(out, REJECT_REASON_TEXT, "not above %g and up to %g", c->lo, c->hi);
    else snprintf(out, REJECT_REASON_TEXT, "not between %g and %g", c->lo, c->hi);
}

void reject_reason_text(const row_reject *reject, const candour_table *table, const csv_header *header,
                        char out[REJECT_REASON_TEXT])
{
    static const char *const words[REJECT_N_REASONS] = {
        [REJECT_QUOTE] = "something follows the closing quote",
        [REJECT_LONG_ROW] = "row longer than 16 MiB",
        [REJECT_NUL] = "holds a NUL byte",
        [REJECT_UTF8] = "not UTF-8",
        [REJECT_EMPTY] = "empty, and must not be",
        [REJECT_LONG_ID] = "an id of more than 255 bytes",
        [REJECT_INTEGER] = "not a whole number",
        [REJECT_REAL] = "not a number",
        [REJECT_BOOLEAN] = "not true or false",
        [REJECT_TIME] = "not a time such as 2026-03-01T07:30:00",
        [REJECT_NO_SUCH_TIME] = "no such day or hour",
        [REJECT_MONTH] = "not a month such as 2026-03",
        [REJECT_INTERVAL] = "ends before it starts",
    };
    unsigned long long found = (unsigned long long)reject->found;
    switch (reject->reason) {
    case REJECT_FIELDS:
        snprintf(out, REJECT_REASON_TEXT, "%llu field%s where the header has %u", found, found == 1 ? "" : "s",
                 header->n_fields);
        break;
    case REJECT_OPEN_QUOTE:
        snprintf(out, REJECT_REASON_TEXT, "the quote opened on line %llu is never closed: the rest of the file is one row",
                 found);
        break;
    case REJECT_RANGE: range_text(&table->columns[reject->column], out); break;
    default: snprintf(out, REJECT_REASON_TEXT, "%s", words[reject->reason]);
    }
}

struct rejects_file {
    int fd;
    cd_buffer pending;
    char path[];
};

cd_status rejects_file_open(const char *folder, rejects_file **out, cd_err *err)
{
    cd_status st = CD_OK;
    rejects_file *f = cd_alloc(1, sizeof *f + strlen(folder) + sizeof "/rejects.csv", err);
    if (!f) return CD_EMEMORY;
    sprintf(f->path, "%s/rejects.csv", folder);
    f->fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (f->fd < 0) CD_TRY(cd_fail_errno(err, errno, "cannot write '%s'", f->path));
    cd_buffer_printf(&f->pending, "file,line,column,value,reason\n");
    *out = f, f = NULL;
done:
    rejects_file_close(f);
    return st;
}

const char *rejects_file_path(const rejects_file *f) { return f->path; }

static cd_status flush(rejects_file *f, cd_err *err)
{
    if (f->pending.status != CD_OK) return cd_fail(err, CD_EMEMORY, "out of memory for rejects");
    int failed = cd_write_all(f->fd, f->pending.bytes, f->pending.n);
    if (failed) return cd_fail_errno(err, failed, "cannot write '%s'", f->path);
    f->pending.n = 0;
    return CD_OK;
}

static void add_cell(cd_buffer *b, const char *bytes, size_t n, char after)
{
    bool quoted = false;
    for (size_t i = 0; i < n && !quoted; i++) quoted = strchr(",\"\r\n", bytes[i]) != NULL;
    if (quoted) cd_buffer_add(b, "\"", 1);
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '"') cd_buffer_add(b, "\"", 1);
        cd_buffer_add(b, bytes + i, 1);
    }
    if (quoted) cd_buffer_add(b, "\"", 1);
    cd_buffer_add(b, &after, 1);
}

cd_status rejects_file_add(rejects_file *f, const char *file, uint64_t line, cd_slice column, const char *value,
                           const char *reason, cd_err *err)
{
    enum { FLUSH_BYTES = 1 << 16 };
    add_cell(&f->pending, file, strlen(file), ',');
    cd_buffer_printf(&f->pending, "%llu,", (unsigned long long)line);
    add_cell(&f->pending, column.bytes, column.n, ',');
    add_cell(&f->pending, value, strlen(value), ',');
    add_cell(&f->pending, reason, strlen(reason), '\n');
    return f->pending.n < FLUSH_BYTES && f->pending.status == CD_OK ? CD_OK : flush(f, err);
}

cd_status rejects_file_finish(rejects_file *f, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(flush(f, err));
    if (fsync(f->fd) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot write '%s'", f->path));
    int fd = f->fd;
    f->fd = -1;
    if (close(fd) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot write '%s'", f->path));
done:
    return st;
}

void rejects_file_close(rejects_file *f)
{
    if (!f) return;
    if (f->fd >= 0) close(f->fd);
    cd_buffer_release(&f->pending);
    cd_free(f);
}
