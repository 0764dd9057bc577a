/* SPDX-License-Identifier: GPL-3.0-or-later
 * value_words.c: values as JSON and as a query would write them. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "queries/csv_out.h"
#include "queries/language/operate.h"
#include "queries/language/temporal.h"

static void add(cd_buffer *out, const char *text) { cd_buffer_add(out, text, strlen(text)); }

/* ---- Numbers ---- */

static size_t write_real(double r, char out[VALUE_NUMBER_TEXT])
{
    if (isnan(r)) return (size_t)(stpcpy(out, "NaN") - out);
    if (isinf(r)) return (size_t)(stpcpy(out, r < 0 ? "-Infinity" : "Infinity") - out);
    size_t n = csv_real_write(r, out);
    bool whole = true;
    for (size_t i = 0; i < n; i++) whole = whole && out[i] != '.' && out[i] != 'e';
    if (whole) memcpy(out + n, ".0", 2), n += 2;
    return n;
}

size_t value_number_write(value v, char out[VALUE_NUMBER_TEXT])
{
    switch (v.type) {
    case VALUE_BOOLEAN: return (size_t)(stpcpy(out, v.as.boolean ? "true" : "false") - out);
    case VALUE_INTEGER: return (size_t)snprintf(out, VALUE_NUMBER_TEXT, "%" PRId64, v.as.integer);
    case VALUE_REAL: return write_real(v.as.real, out);
    case VALUE_TIME:
    case VALUE_DATE:
    case VALUE_DURATION: return temporal_write(v, out);
    default: return (size_t)(stpcpy(out, "null") - out);
    }
}

/* ---- JSON ---- */

/* How many bytes from p on are one character of UTF-8; 0: none. */
static uint32_t character_at(const unsigned char *p, uint32_t n)
{
    uint32_t length = *p < 0x80                 ? 1
                      : *p >= 0xc2 && *p < 0xe0 ? 2
                      : *p >= 0xe0 && *p < 0xf0 ? 3
                      : *p >= 0xf0 && *p < 0xf5 ? 4
                                                : 0;
    if (length > n) return 0;
    for (uint32_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (length == 3 && ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f))) return 0;
    if (length == 4 && ((*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))) return 0;
    return length;
}

/* What is no UTF-8 becomes U+FFFD. */
static void json_text(cd_slice s, cd_buffer *out)
{
    add(out, "\"");
    for (uint32_t i = 0, n; i < s.n; i += n) {
        const char *p = s.bytes + i;
        n = character_at((const unsigned char *)p, s.n - i);
        if (n == 0)
            add(out, "\\ufffd"), n = 1;
        else if (*p == '"' || *p == '\\')
            cd_buffer_printf(out, "\\%c", *p);
        else if (*p == '\n')
            add(out, "\\n");
        else if ((unsigned char)*p < 0x20 || *p == 0x7f)
            cd_buffer_printf(out, "\\u%04x", (unsigned char)*p);
        else
            cd_buffer_add(out, p, n);
    }
    add(out, "\"");
}

static cd_status json_map(evaluation *e, value v, cd_buffer *out, cd_err *err)
{
    add(out, "{");
    for (uint32_t i = 0; i < v.n; i++) {
        if (i) add(out, ",");
        json_text(v.as.entries[i].key, out);
        add(out, ":");
        cd_status st = value_json(e, v.as.entries[i].value, out, err);
        if (st != CD_OK) return st;
    }
    add(out, "}");
    return CD_OK;
}

static cd_status json_entity(evaluation *e, value v, cd_buffer *out, cd_err *err)
{
    cd_status st = CD_OK;
    value properties, id;
    cd_slice label = value_label(e->reader, v);
    value_mark mark = value_pool_mark(e->pool);
    CD_TRY(value_properties(e, v, &properties, err));
    add(out, v.type == VALUE_NODE ? "{\"@n\":[" : "{\"@r\":");
    if (label.n || v.type == VALUE_EDGE) json_text(label, out);
    if (v.type == VALUE_NODE) {
        CD_TRY(value_id(e, v, &id, err));
        add(out, "],\"id\":");
        CD_TRY(value_json(e, id, out, err));
    }
    add(out, ",\"p\":");
    CD_TRY(json_map(e, properties, out, err));
    add(out, "}");
done:
    value_pool_rewind(e->pool, mark);
    return st;
}

static bool same_node(value a, value b) { return a.n == b.n && a.as.row == b.as.row; }

static cd_status json_path(evaluation *e, value v, cd_buffer *out, cd_err *err)
{
    add(out, "{\"@p\":[");
    for (uint32_t i = 0; i <= 2 * v.n; i++) {
        if (i) add(out, ",");
        if (i % 2)
            add(out, same_node(value_edge_from(e->reader, v.as.items[i]), v.as.items[i - 1]) ? "\">\"," : "\"<\",");
        cd_status st = json_entity(e, v.as.items[i], out, err);
        if (st != CD_OK) return st;
    }
    add(out, "]}");
    return CD_OK;
}

static void json_number(value v, cd_buffer *out)
{
    char text[VALUE_NUMBER_TEXT];
    size_t n = value_number_write(v, text);
    bool plain = v.type != VALUE_TIME && v.type != VALUE_DATE && v.type != VALUE_DURATION;
    if (v.type == VALUE_INTEGER) plain = v.as.integer <= (INT64_C(1) << 53) && v.as.integer >= -(INT64_C(1) << 53);
    if (v.type == VALUE_REAL) plain = isfinite(v.as.real);
    if (!plain) add(out, "\"");
    cd_buffer_add(out, text, n);
    if (!plain) add(out, "\"");
}

cd_status value_json(evaluation *e, value v, cd_buffer *out, cd_err *err)
{
    switch (v.type) {
    case VALUE_TEXT: json_text(value_slice(v), out); return CD_OK;
    case VALUE_MAP: return json_map(e, v, out, err);
    case VALUE_NODE:
    case VALUE_EDGE: return json_entity(e, v, out, err);
    case VALUE_PATH: return json_path(e, v, out, err);
    case VALUE_LIST:
        add(out, "[");
        for (uint32_t i = 0; i < v.n; i++) {
            if (i) add(out, ",");
            cd_status st = value_json(e, v.as.items[i], out, err);
            if (st != CD_OK) return st;
        }
        add(out, "]");
        return CD_OK;
    default: json_number(v, out); return CD_OK;
    }
}

/* ---- For people ---- */

static void quoted(cd_slice s, cd_buffer *out)
{
    add(out, "'");
    for (uint32_t i = 0; i < s.n; i++) {
        if (s.bytes[i] == '\'' || s.bytes[i] == '\\') add(out, "\\");
        cd_buffer_add(out, s.bytes + i, 1);
    }
    add(out, "'");
}

/* A key as a query may write it: plain where it is a name, else between backquotes. */
static void key(cd_slice s, cd_buffer *out)
{
    bool plain = s.n > 0 && !(s.bytes[0] >= '0' && s.bytes[0] <= '9');
    for (uint32_t i = 0; i < s.n; i++) {
        char c = s.bytes[i];
        plain = plain && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_');
    }
    if (!plain) add(out, "`");
    cd_buffer_add(out, s.bytes, s.n);
    if (!plain) add(out, "`");
}

static cd_status words_within(evaluation *e, value v, cd_buffer *out, cd_err *err)
{
    if (v.type != VALUE_TEXT) return value_words(e, v, out, err);
    quoted(value_slice(v), out);
    return CD_OK;
}

static cd_status words_node(evaluation *e, value v, cd_buffer *out, cd_err *err)
{
    value id;
    cd_slice label = value_label(e->reader, v);
    value_mark mark = value_pool_mark(e->pool);
    cd_status st = value_id(e, v, &id, err);
    if (st == CD_OK) {
        cd_buffer_printf(out, "(%s%.*s", label.n ? ":" : "", (int)label.n, label.bytes);
        if (id.type == VALUE_TEXT) cd_buffer_printf(out, "%s%.*s", label.n ? " " : "", (int)id.n, id.as.text);
        add(out, ")");
    }
    value_pool_rewind(e->pool, mark);
    return st;
}

static void words_edge(evaluation *e, value v, cd_buffer *out)
{
    cd_slice label = value_label(e->reader, v);
    cd_buffer_printf(out, "[:%.*s]", (int)label.n, label.bytes);
}

static cd_status words_path(evaluation *e, value v, cd_buffer *out, cd_err *err)
{
    for (uint32_t i = 0; i <= 2 * v.n; i++) {
        cd_status st = CD_OK;
        if (i % 2) {
            bool forward = same_node(value_edge_from(e->reader, v.as.items[i]), v.as.items[i - 1]);
            add(out, forward ? "-" : "<-");
            words_edge(e, v.as.items[i], out);
            add(out, forward ? "->" : "-");
        } else
            st = words_node(e, v.as.items[i], out, err);
        if (st != CD_OK) return st;
    }
    return CD_OK;
}

cd_status value_words(evaluation *e, value v, cd_buffer *out, cd_err *err)
{
    cd_status st = CD_OK;
    char text[VALUE_NUMBER_TEXT];
    switch (v.type) {
    case VALUE_TEXT: cd_buffer_add(out, v.as.text, v.n); return CD_OK;
    case VALUE_NODE: return words_node(e, v, out, err);
    case VALUE_EDGE: words_edge(e, v, out); return CD_OK;
    case VALUE_PATH: return words_path(e, v, out, err);
    case VALUE_LIST:
    case VALUE_MAP:
        add(out, v.type == VALUE_LIST ? "[" : "{");
        for (uint32_t i = 0; i < v.n; i++) {
            if (i) add(out, ", ");
            if (v.type == VALUE_MAP) key(v.as.entries[i].key, out), add(out, ": ");
            CD_TRY(words_within(e, v.type == VALUE_LIST ? v.as.items[i] : v.as.entries[i].value, out, err));
        }
        add(out, v.type == VALUE_LIST ? "]" : "}");
        return CD_OK;
    default: cd_buffer_add(out, text, value_number_write(v, text)); return CD_OK;
    }
done:
    return st;
}
