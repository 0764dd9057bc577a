/* SPDX-License-Identifier: GPL-3.0-or-later
 * provenance.c: the lines of /sources and /loads, to struct and back (FORMAT.md). */
#include <inttypes.h>

#include "engine/base/hash.h"
#include "engine/store/fields.h"
#include "engine/store/snapshot.h"

static bool plain(unsigned char c) { return c > ' ' && c < 0x7f && c != '%'; }

static int digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Takes exactly what cd_source_print writes. */
static bool decode(cd_slice text, cd_buffer *out)
{
    out->n = 0;
    if (text.n == 1 && text.bytes[0] == '%') return true;
    for (uint32_t i = 0; i < text.n; i++) {
        char c = text.bytes[i];
        if (c == '%') {
            int hi = text.n - i > 2 ? digit(text.bytes[i + 1]) : -1, lo = hi < 0 ? -1 : digit(text.bytes[i + 2]);
            if (hi < 0 || lo < 0 || plain((unsigned char)(hi << 4 | lo))) return false;
            c = (char)(hi << 4 | lo);
            i += 2;
        } else if (!plain((unsigned char)c)) return false;
        if (out->n == CD_SOURCE_NAME) return false;
        cd_buffer_add(out, &c, 1);
    }
    return true;
}

cd_status cd_source_next(cd_slice *rest, cd_source_line *out, cd_buffer *name, const char *path, cd_err *err)
{
    cd_fields f = cd_fields_of(*rest);
    cd_slice sha, text;
    if (!cd_field_name(&f, ' ', &sha) || sha.n != 2 * CD_SHA256_BYTES ||
        !cd_hex_read(sha.bytes, CD_SHA256_BYTES, out->sha256) || !cd_field_u64(&f, ' ', &out->load) ||
        !cd_field_name(&f, ' ', &out->table) || !cd_field_u64(&f, ' ', &out->bytes) ||
        !cd_field_u64(&f, ' ', &out->rows_read) || !cd_field_u64(&f, ' ', &out->rows_rejected) ||
        !cd_field_name(&f, '\n', &text) || !decode(text, name))
        return cd_fail(err, CD_ESTORE,
                       "'%s' is damaged: a line of `sources` cannot be read; restore the store from a copy", path);
    if (name->status != CD_OK) return cd_fail(err, name->status, "out of memory reading the sources of '%s'", path);
    *rest = (cd_slice){f.at, (uint32_t)(f.end - f.at)};
    return CD_OK;
}

cd_status cd_load_next(cd_slice *rest, candour_load_info *out, const char *path, cd_err *err)
{
    cd_fields f = cd_fields_of(*rest);
    uint64_t n_sources;
    if (!cd_field_u64(&f, ' ', &out->number) || !cd_field_i64(&f, ' ', &out->at) ||
        !cd_field_u64(&f, ' ', &out->rows_taken) || !cd_field_u64(&f, '\n', &n_sources) || n_sources > UINT32_MAX)
        return cd_fail(err, CD_ESTORE,
                       "'%s' is damaged: a line of `loads` cannot be read; restore the store from a copy", path);
    out->n_sources = (uint32_t)n_sources;
    *rest = (cd_slice){f.at, (uint32_t)(f.end - f.at)};
    return CD_OK;
}

void cd_source_print(const cd_source_line *line, cd_slice name, cd_buffer *out)
{
    char sha[CD_SHA256_TEXT];
    cd_hex_write(line->sha256, CD_SHA256_BYTES, sha);
    cd_buffer_printf(out, "%s %" PRIu64 " %.*s %" PRIu64 " %" PRIu64 " %" PRIu64 " ", sha, line->load,
                     (int)line->table.n, line->table.bytes, line->bytes, line->rows_read, line->rows_rejected);
    for (uint32_t i = 0; i < name.n && i < CD_SOURCE_NAME; i++) {
        unsigned char c = (unsigned char)name.bytes[i];
        if (plain(c)) cd_buffer_add(out, &name.bytes[i], 1);
        else cd_buffer_printf(out, "%%%02X", c);
    }
    cd_buffer_add(out, name.n ? "\n" : "%\n", name.n ? 1 : 2);
}

void cd_load_print(const candour_load_info *line, cd_buffer *out)
{
    cd_buffer_printf(out, "%" PRIu64 " %" PRId64 " %" PRIu64 " %" PRIu32 "\n", line->number, line->at, line->rows_taken,
                     line->n_sources);
}
