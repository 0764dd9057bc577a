/* SPDX-License-Identifier: GPL-3.0-or-later
 * functions_text.c: functions of texts. Characters are those of UTF-8; a byte that is none counts as one where it
 * begins none. */
#include "queries/language/function_list.h"
#include "queries/language/operate.h"

static cd_status must_be_text(evaluation *e, value v, const char *name, cd_err *err)
{
    if (v.type == VALUE_TEXT) return CD_OK;
    return evaluation_fault(e, "TypeError", "InvalidArgumentType", err, "%s() takes a text, not %s", name,
                            value_type_name(v));
}

cd_status function_to_string(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    char text[VALUE_NUMBER_TEXT];
    value v = arguments[0];
    (void)n;
    switch (v.type) {
    case VALUE_TEXT: *out = v; return CD_OK;
    case VALUE_LIST:
    case VALUE_MAP:
    case VALUE_NODE:
    case VALUE_EDGE:
    case VALUE_PATH:
        return evaluation_fault(e, "TypeError", "InvalidArgumentValue", err, "toString() cannot make anything of %s",
                                value_type_name(v));
    default: return value_text_copy(e->pool, text, value_number_write(v, text), out, err);
    }
}

/* ---- Upper and lower case ---- */

/* The other case of a letter of two bytes in UTF-8, which has two bytes too: Latin, Greek and Cyrillic. */
static uint32_t lower_of(uint32_t c)
{
    if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9 && c != 0x3a2) || (c >= 0x410 && c <= 0x42f))
        return c + 32;
    if (c >= 0x400 && c <= 0x40f) return c + 80;
    if (c == 0x178) return 0xff;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e)) return c + (c % 2);
    if (c >= 0x100 && c <= 0x177 && c != 0x130 && c != 0x131 && c != 0x138) return c | 1;
    return c;
}

static uint32_t upper_of(uint32_t c)
{
    if ((c >= 0xe0 && c <= 0xfe && c != 0xf7) || (c >= 0x3b1 && c <= 0x3c9 && c != 0x3c2) || (c >= 0x430 && c <= 0x44f))
        return c - 32;
    if (c >= 0x450 && c <= 0x45f) return c - 80;
    if (c == 0xff) return 0x178;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e)) return c - (c % 2 == 0);
    if (c >= 0x100 && c <= 0x177 && c != 0x130 && c != 0x131 && c != 0x138) return c & ~1u;
    return c;
}

static cd_status change_case(evaluation *e, value v, bool up, const char *name, value *out, cd_err *err)
{
    cd_status st = must_be_text(e, v, name, err);
    if (st != CD_OK) return st;
    char *to = value_pool_alloc(e->pool, v.n + 1, err);
    if (!to) return CD_EMEMORY;
    for (uint32_t i = 0; i < v.n; i++) {
        unsigned char a = (unsigned char)v.as.text[i], b = i + 1 < v.n ? (unsigned char)v.as.text[i + 1] : 0;
        to[i] = (char)a;
        if (up ? a >= 'a' && a <= 'z' : a >= 'A' && a <= 'Z')
            to[i] = (char)(a ^ 0x20);
        else if (a >= 0xc2 && a < 0xe0 && (b & 0xc0) == 0x80) {
            uint32_t c = (uint32_t)(a & 0x1f) << 6 | (b & 0x3f);
            c = up ? upper_of(c) : lower_of(c);
            to[i] = (char)(0xc0 | c >> 6), to[++i] = (char)(0x80 | (c & 0x3f));
        }
    }
    *out = value_text((cd_slice){to, v.n});
    return CD_OK;
}

cd_status function_to_lower(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)n;
    return change_case(e, arguments[0], false, "toLower", out, err);
}

cd_status function_to_upper(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)n;
    return change_case(e, arguments[0], true, "toUpper", out, err);
}

/* ---- Parts ---- */

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static cd_status trim(evaluation *e, value v, bool before, bool after, const char *name, value *out, cd_err *err)
{
    cd_status st = must_be_text(e, v, name, err);
    if (st != CD_OK) return st;
    while (before && v.n && is_space(v.as.text[0])) v.as.text++, v.n--;
    while (after && v.n && is_space(v.as.text[v.n - 1])) v.n--;
    *out = v;
    return CD_OK;
}

cd_status function_trim(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)n;
    return trim(e, arguments[0], true, true, "trim", out, err);
}

cd_status function_ltrim(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)n;
    return trim(e, arguments[0], true, false, "ltrim", out, err);
}

cd_status function_rtrim(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    (void)n;
    return trim(e, arguments[0], false, true, "rtrim", out, err);
}

static cd_status must_be_count(evaluation *e, value v, const char *name, cd_err *err)
{
    if (v.type != VALUE_INTEGER)
        return evaluation_fault(e, "TypeError", "InvalidArgumentType", err,
                                "%s() counts characters in integers, not %s", name, value_type_name(v));
    if (v.as.integer < 0)
        return evaluation_fault(e, "ArgumentError", "NumberOutOfRange", err,
                                "%s() counts characters from 0 up, not %lld", name, (long long)v.as.integer);
    return CD_OK;
}

/* The byte behind so many characters. */
static uint32_t skip(value v, int64_t characters)
{
    uint32_t i = 0;
    for (; characters > 0 && i < v.n; characters--)
        for (i++; i < v.n && ((unsigned char)v.as.text[i] & 0xc0) == 0x80; i++) {
        }
    return i;
}

cd_status function_left(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    (void)n;
    CD_TRY(must_be_text(e, arguments[0], "left", err));
    CD_TRY(must_be_count(e, arguments[1], "left", err));
    *out = value_text((cd_slice){arguments[0].as.text, skip(arguments[0], arguments[1].as.integer)});
done:
    return st;
}

cd_status function_right(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    value v = arguments[0];
    (void)n;
    CD_TRY(must_be_text(e, v, "right", err));
    CD_TRY(must_be_count(e, arguments[1], "right", err));
    uint32_t i = v.n;
    for (int64_t left = arguments[1].as.integer; left > 0 && i > 0; left--)
        for (i--; i > 0 && ((unsigned char)v.as.text[i] & 0xc0) == 0x80; i--) {
        }
    *out = value_text((cd_slice){v.as.text + i, v.n - i});
done:
    return st;
}

cd_status function_substring(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    value v = arguments[0];
    CD_TRY(must_be_text(e, v, "substring", err));
    CD_TRY(must_be_count(e, arguments[1], "substring", err));
    if (n > 2) CD_TRY(must_be_count(e, arguments[2], "substring", err));
    uint32_t from = skip(v, arguments[1].as.integer);
    v.as.text += from, v.n -= from;
    *out = value_text((cd_slice){v.as.text, n > 2 ? skip(v, arguments[2].as.integer) : v.n});
done:
    return st;
}

/* ---- Searched ---- */

/* The next place of a text that is not empty, or NULL. */
static const char *next_place(const char *from, const char *end, value what)
{
    return memmem(from, (size_t)(end - from), what.as.text, what.n);
}

cd_status function_replace(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    value v = arguments[0], what = arguments[1], by = arguments[2];
    for (uint32_t i = 0; i < n; i++) CD_TRY(must_be_text(e, arguments[i], "replace", err));
    *out = v;
    if (what.n == 0) return CD_OK;
    const char *end = v.as.text + v.n, *from = v.as.text;
    uint64_t places = 0;
    for (const char *p = from; (p = next_place(p, end, what)); p += what.n) places++;
    if (places == 0) return CD_OK;
    uint64_t bytes = v.n - places * what.n + places * by.n;
    if (bytes > UINT32_MAX) return cd_fail(err, CD_EMEMORY, "a text cannot have more than %u bytes", UINT32_MAX);
    char *made = value_pool_alloc(e->pool, bytes + 1, err), *to = made;
    if (!made) return CD_EMEMORY;
    for (const char *p; (p = next_place(from, end, what)); from = p + what.n) {
        to = mempcpy(to, from, (size_t)(p - from));
        to = mempcpy(to, by.as.text, by.n);
    }
    memcpy(to, from, (size_t)(end - from));
    *out = value_text((cd_slice){made, (uint32_t)bytes});
done:
    return st;
}

/* Where the part that begins at `from` ends; *next: where the one after it begins, NULL where it is the last. */
static const char *part_end(const char *from, const char *end, value separator, const char **next)
{
    if (separator.n) {
        const char *p = next_place(from, end, separator);
        *next = p ? p + separator.n : NULL;
        return p ? p : end;
    }
    const char *p = from < end ? from + 1 : end;
    while (p < end && ((unsigned char)*p & 0xc0) == 0x80) p++;
    *next = p < end ? p : NULL;
    return p;
}

cd_status function_split(evaluation *e, const value *arguments, uint32_t n, value *out, cd_err *err)
{
    cd_status st = CD_OK;
    value v = arguments[0];
    const char *end, *next;
    size_t parts = 0;
    for (uint32_t i = 0; i < n; i++) CD_TRY(must_be_text(e, arguments[i], "split", err));
    end = v.as.text + v.n;
    for (const char *p = v.as.text; p; p = next) parts++, (void)part_end(p, end, arguments[1], &next);
    value *items = value_list_new(e->pool, parts, out, err);
    if (!items) return CD_EMEMORY;
    for (const char *p = v.as.text; p; p = next) {
        const char *stop = part_end(p, end, arguments[1], &next);
        *items++ = value_text((cd_slice){p, (uint32_t)(stop - p)});
    }
done:
    return st;
}
