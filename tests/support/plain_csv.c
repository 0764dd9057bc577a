/* SPDX-License-Identifier: GPL-3.0-or-later
 * plain_csv.c: the plain reader, after the comments of csv_tokens.h, csv_header.h and table_reader.h, not after the code. */
#include "tests/support/plain_csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/civil.h"

/* ---- The grammar ---- */

typedef struct {
    const char *p, *end;
    char separator;
    uint64_t line; /* of the byte at p */
} cursor;

typedef struct {
    const char *raw; /* as it stands in the file */
    size_t n_raw;
    char *value;     /* without quotes */
    size_t n;
    bool faulty, open;
    uint64_t line;   /* where it starts */
} field;

typedef struct {
    field *fields;
    size_t n, cap;
    const char *raw;
    size_t n_raw;
    size_t n_end; /* bytes of its line end; at the end of the text one is thought to be there */
    uint64_t line;
    bool open; /* the last field's quote is never closed */
} row;

static void *must(void *p)
{
    if (!p) abort();
    return p;
}

/* The length of the line end at p: 0, 1 or 2. */
static size_t line_end(const cursor *c, const char *p)
{
    if (p == c->end) return 0;
    if (*p == '\n') return 1;
    if (*p == '\r') return p + 1 < c->end && p[1] == '\n' ? 2 : 1;
    return 0;
}

static bool at_end_of_field(const cursor *c) { return c->p == c->end || *c->p == c->separator || line_end(c, c->p) > 0; }

static void step_over(cursor *c)
{
    size_t n = line_end(c, c->p);
    c->line += n > 0;
    c->p += n > 0 ? n : 1;
}

static field read_field(cursor *c)
{
    field f = {.raw = c->p, .line = c->line};
    f.value = must(malloc((size_t)(c->end - c->p) + 1));
    if (c->p < c->end && *c->p == '"') {
        c->p++;
        for (;;) {
            if (c->p == c->end) {
                f.open = true;
                break;
            }
            if (*c->p == '"' && c->p + 1 < c->end && c->p[1] == '"') {
                f.value[f.n++] = '"';
                c->p += 2;
            } else if (*c->p == '"') {
                c->p++;
                break;
            } else {
                const char *before = c->p;
                step_over(c);
                memcpy(f.value + f.n, before, (size_t)(c->p - before));
                f.n += (size_t)(c->p - before);
            }
        }
        while (!f.open && !at_end_of_field(c)) {
            f.faulty = true;
            c->p++;
        }
    } else {
        while (!at_end_of_field(c)) f.value[f.n++] = *c->p++;
    }
    f.n_raw = (size_t)(c->p - f.raw);
    return f;
}

static void row_release(row *r)
{
    for (size_t i = 0; i < r->n; i++) free(r->fields[i].value);
    free(r->fields);
    *r = (row){0};
}

/* False at the end of the text. A blank row has one field without a byte. */
static bool read_row(cursor *c, row *r)
{
    *r = (row){.raw = c->p, .line = c->line};
    if (c->p == c->end) return false;
    for (;;) {
        if (r->n == r->cap) {
            r->cap = r->cap ? 2 * r->cap : 8;
            r->fields = must(realloc(r->fields, r->cap * sizeof *r->fields));
        }
        r->fields[r->n] = read_field(c);
        r->open = r->fields[r->n++].open;
        if (c->p < c->end && *c->p == c->separator && !r->open) {
            c->p++;
            continue;
        }
        r->n_raw = (size_t)(c->p - r->raw);
        r->n_end = c->p < c->end ? line_end(c, c->p) : 1;
        if (c->p < c->end) step_over(c);
        return true;
    }
}

static bool is_blank(const row *r) { return r->n_raw == 0; }

/* ---- Values ---- */

static bool plain_utf8(const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        unsigned c = (unsigned char)s[i];
        size_t more = c < 0x80 ? 0 : (c & 0xe0) == 0xc0 ? 1 : (c & 0xf0) == 0xe0 ? 2 : (c & 0xf8) == 0xf0 ? 3 : 9;
        if (more == 9 || i + more >= n) return false;
        unsigned point = more == 0 ? c : c & (0x3fu >> more);
        for (size_t k = 1; k <= more; k++) {
            if (((unsigned char)s[i + k] & 0xc0) != 0x80) return false;
            point = point << 6 | ((unsigned char)s[i + k] & 0x3f);
        }
        static const unsigned least[] = {0, 0x80, 0x800, 0x10000};
        if (point < least[more] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
        i += more + 1;
    }
    return true;
}

/* [+-]digits */
static bool plain_integer(const char *s, int64_t *out)
{
    const char *p = s + (*s == '+' || *s == '-');
    if (!*p || strspn(p, "0123456789") != strlen(p)) return false;
    errno = 0;
    *out = strtoll(s, NULL, 10);
    return errno == 0 && *out != INT64_MIN;
}

/* [+-]digits[.digits][e[+-]digits], a digit before or after the point */
static bool plain_real(const char *s, double *out)
{
    const char *p = s + (*s == '+' || *s == '-');
    size_t before = strspn(p, "0123456789"), after = 0;
    p += before;
    if (*p == '.') after = strspn(++p, "0123456789"), p += after;
    if (before + after == 0) return false;
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '+' || *p == '-';
        size_t n = strspn(p, "0123456789");
        if (n == 0) return false;
        p += n;
    }
    if (*p) return false;
    *out = strtod(s, NULL);
    if (*out == 0) *out = 0;
    return *out - *out == 0; /* no infinity */
}

static bool plain_boolean(const char *s, int64_t *out)
{
    static const char *const yes[] = {"true", "t", "yes", "y", "1"}, *const no[] = {"false", "f", "no", "n", "0"};
    for (int i = 0; i < 5; i++) {
        if (strcasecmp(s, yes[i]) == 0) return *out = 1, true;
        if (strcasecmp(s, no[i]) == 0) return *out = 0, true;
    }
    return false;
}

typedef struct {
    bool known;
    const char *text;
    size_t n;
    int64_t integer;
    double real;
    int reason; /* -1: none */
} value;

static value value_of(const candour_column *c, const read_rules *rules, const column_rule *rule, const char *s, size_t n)
{
    value v = {.text = s, .n = n, .reason = -1};
    bool has_zone, ok = true;
    if (n > 0 && memchr(s, '\0', n)) return v.reason = REJECT_NUL, v;
    if (!plain_utf8(s, n)) return v.reason = REJECT_UTF8, v;
    for (uint32_t i = 0; i < rule->n_values; i++)
        if (rule->values[i].from.n == n && memcmp(rule->values[i].from.bytes, s, n) == 0) {
            v.text = s = rule->values[i].to.bytes;
            v.n = n = rule->values[i].to.n;
            break;
        }
    v.known = n > 0;
    if (n == 0) return v.reason = c->required ? REJECT_EMPTY : -1, v;
    cd_time_fault fault = CD_TIME_OK;
    switch (c->type) {
    case CANDOUR_ID:
        if (n > 255) v.reason = REJECT_LONG_ID;
        return v;
    case CANDOUR_TEXT: return v;
    case CANDOUR_INTEGER:
        if (!plain_integer(s, &v.integer)) return v.reason = REJECT_INTEGER, v;
        v.real = (double)v.integer;
        break;
    case CANDOUR_REAL:
        if (!plain_real(s, &v.real)) return v.reason = REJECT_REAL, v;
        break;
    case CANDOUR_BOOLEAN:
        if (!plain_boolean(s, &v.integer)) v.reason = REJECT_BOOLEAN;
        return v;
    case CANDOUR_MONTH:
        fault = cd_month_read(s, n, &v.integer);
        if (fault != CD_TIME_OK) v.reason = fault == CD_TIME_RANGE ? REJECT_NO_SUCH_TIME : REJECT_MONTH;
        return v;
    case CANDOUR_TIME:
        fault = cd_time_read(s, n, &v.integer, &has_zone);
        if (fault == CD_TIME_OK && !has_zone) v.integer -= time_zone_step_at(rules->zone, v.integer).offset;
        if (fault != CD_TIME_OK) v.reason = fault == CD_TIME_RANGE ? REJECT_NO_SUCH_TIME : REJECT_TIME;
        return v;
    }
    if (c->lo <= c->hi) ok = v.real <= c->hi && (c->lo_open ? v.real > c->lo : v.real >= c->lo);
    if (!ok) v.reason = REJECT_RANGE;
    return v;
}

/* ---- Transcripts ---- */

static void note_reject(cd_buffer *out, const row_reject *r)
{
    size_t n = r->value.n < REJECT_VALUE_BYTES ? r->value.n : REJECT_VALUE_BYTES;
    cd_buffer_printf(out, "%llu rejected column %d %s %llu%s: ", (unsigned long long)r->line, (int)r->column,
                     reject_reason_word(r->reason), (unsigned long long)r->found, r->cut ? " cut" : "");
    cd_buffer_add(out, r->value.bytes, n);
    cd_buffer_add(out, "\n", 1);
}

static void note_value(cd_buffer *out, const candour_column *c, bool known, const char *text, size_t n, int64_t integer,
                       double real)
{
    if (!known) cd_buffer_printf(out, "|~");
    else if (c->type == CANDOUR_ID || c->type == CANDOUR_TEXT) {
        cd_buffer_printf(out, "|%zu:", n);
        cd_buffer_add(out, text, n);
    } else if (c->type == CANDOUR_REAL) cd_buffer_printf(out, "|%a", real);
    else cd_buffer_printf(out, "|%lld", (long long)integer);
}

static void plain_reject(cd_buffer *out, uint64_t line, uint32_t column, int reason, uint64_t found, const char *text,
                         size_t n)
{
    row_reject r = {.line = line, .column = column, .reason = (reject_reason)reason, .found = found};
    r.cut = n > REJECT_VALUE_BYTES;
    r.value = (cd_slice){text, (uint32_t)(r.cut ? REJECT_VALUE_BYTES : n)};
    note_reject(out, &r);
}

typedef struct {
    const candour_table *table;
    const read_rules *rules;
    long field_of[64];
    size_t n_fields;
} plain_header;

static const column_rule no_rule;
static const column_rule *rule_of(const read_rules *rules, uint32_t c) { return rules->columns ? &rules->columns[c] : &no_rule; }

static bool header_fits(plain_header *h, const row *r)
{
    h->n_fields = r->n;
    for (size_t f = 0; f < r->n; f++) {
        const field *name = &r->fields[f];
        if (name->faulty || name->open || !plain_utf8(name->value, name->n) || memchr(name->value, '\0', name->n))
            return false;
    }
    for (uint32_t c = 0; c < h->table->n_columns; c++) {
        const column_rule *rule = rule_of(h->rules, c);
        const char *wanted = rule->header ? rule->header : h->table->columns[c].name;
        h->field_of[c] = -1;
        if (rule->constant) continue;
        for (size_t f = 0; f < r->n; f++) {
            if (r->fields[f].n != strlen(wanted) || memcmp(r->fields[f].value, wanted, r->fields[f].n) != 0) continue;
            if (h->field_of[c] >= 0) return false;
            h->field_of[c] = (long)f;
        }
        if (h->field_of[c] < 0 && (h->table->columns[c].required || rule->header)) return false;
    }
    return true;
}

static void plain_row(const plain_header *h, const row *r, size_t row_bytes, cd_buffer *out)
{
    static const char *const intervals[][2] = {{"from", "to"}, {"starts", "ends"}, {"claimed_from", "claimed_to"}};
    value v[64];
    if (r->open) {
        const field *last = &r->fields[r->n - 1];
        plain_reject(out, r->line, REJECT_WHOLE_ROW, REJECT_OPEN_QUOTE, last->line, r->raw, r->n_raw);
        return;
    }
    if (r->n_raw + r->n_end > row_bytes) {
        plain_reject(out, r->line, REJECT_WHOLE_ROW, REJECT_LONG_ROW, 0, r->raw, r->n_raw);
        return;
    }
    if (r->n != h->n_fields) {
        plain_reject(out, r->line, REJECT_WHOLE_ROW, REJECT_FIELDS, r->n, r->raw, r->n_raw);
        return;
    }
    for (uint32_t c = 0; c < h->table->n_columns; c++) {
        const candour_column *column = &h->table->columns[c];
        const column_rule *rule = rule_of(h->rules, c);
        v[c] = (value){.reason = -1};
        if (rule->constant) {
            v[c] = value_of(column, h->rules, &no_rule, rule->constant, strlen(rule->constant));
            continue;
        }
        if (h->field_of[c] < 0) continue;
        field *f = &r->fields[h->field_of[c]];
        f->value[f->n] = '\0';
        if (f->faulty) {
            plain_reject(out, r->line, c, REJECT_QUOTE, 0, f->raw, f->n_raw);
            return;
        }
        v[c] = value_of(column, h->rules, rule, f->value, f->n);
        if (v[c].reason >= 0) {
            plain_reject(out, r->line, c, v[c].reason, 0, v[c].text, v[c].n);
            return;
        }
    }
    for (int i = 0; i < 3; i++) {
        int32_t from = candour_column_find(h->table, cd_slice_of(intervals[i][0]));
        int32_t to = candour_column_find(h->table, cd_slice_of(intervals[i][1]));
        if (from < 0 || to < 0 || !v[from].known || !v[to].known || v[to].integer >= v[from].integer) continue;
        plain_reject(out, r->line, (uint32_t)to, REJECT_INTERVAL, 0, v[to].text, v[to].n);
        return;
    }
    cd_buffer_printf(out, "%llu", (unsigned long long)r->line);
    for (uint32_t c = 0; c < h->table->n_columns; c++)
        note_value(out, &h->table->columns[c], v[c].known, v[c].text, v[c].n, v[c].integer, v[c].real);
    cd_buffer_add(out, "\n", 1);
}

void plain_csv_read(const char *text, size_t n, const candour_table *table, const read_rules *rules, size_t row_bytes,
                    cd_buffer *out)
{
    cursor c = {.p = text, .end = text + n, .separator = rules->separator ? rules->separator : ',', .line = 1};
    plain_header h = {.table = table, .rules = rules};
    row r = {0};
    bool mark = n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
    bool refused = n >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
    if (mark) c.p += 3;
    refused |= c.end - c.p >= 4 && memcmp(c.p, "PK\x03\x04", 4) == 0;
    if (c.end - c.p >= 6 && memcmp(c.p, "sep=", 4) == 0 && !strchr("\"\r\n", c.p[4]) && line_end(&c, c.p + 5) > 0) {
        if (!rules->separator) c.separator = c.p[4];
        c.p += 5;
        step_over(&c);
    }
    bool found = false;
    while (!refused && !found && read_row(&c, &r)) {
        found = !is_blank(&r);
        /* A byte order mark before it is a part of the first row. */
        size_t length = r.n_raw + r.n_end + (mark && r.raw == text + 3 ? 3 : 0);
        if (found) refused = r.open || length > row_bytes || !header_fits(&h, &r);
        row_release(&r);
    }
    if (refused || !found) {
        cd_buffer_printf(out, "refused\n");
        return;
    }
    while (read_row(&c, &r)) {
        if (!is_blank(&r)) plain_row(&h, &r, row_bytes, out);
        row_release(&r);
    }
}
