/* SPDX-License-Identifier: GPL-3.0-or-later
 * cell_types.c: numbers, booleans and times out of text; UTF-8; quotes. */
#include "loaders/cell_types.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

const uint16_t cell_days_before[2][16] = {
    {0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365, 365, 365},
    {0, 0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366, 366, 366},
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool cell_integer(cd_slice cell, int64_t *out)
{
    uint32_t i = 0;
    int64_t value = 0;
    bool minus = cell.n > 0 && cell.bytes[0] == '-';
    if (cell.n > 0 && (cell.bytes[0] == '-' || cell.bytes[0] == '+')) i = 1;
    if (i == cell.n) return false;
    for (; i < cell.n; i++) {
        if (!is_digit(cell.bytes[i])) return false;
        int digit = cell.bytes[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, digit, &value)) return false;
    }
    /* Counted downwards, as there is one more below zero; the least of all is kept for "unknown". */
    if (value == INT64_MIN) return false;
    *out = minus ? value : -value;
    return true;
}

/* strtod in the C locale, whatever the program's is. */
static double strtod_plain(const char *text)
{
    locale_t plain = newlocale(LC_ALL_MASK, "C", NULL); /* glibc's own constant: nothing is allocated */
    double value = plain ? strtod_l(text, NULL, plain) : strtod(text, NULL);
    if (plain) freelocale(plain);
    return value;
}

bool cell_real(cd_slice cell, double *out)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    enum { EXACT_POWER = 22, EXACT_DIGITS = 15, TEXT_MAX = 1100 };
    const char *p = cell.bytes, *end = p + cell.n;
    uint64_t digits = 0;
    int32_t exponent = 0, n_digits = 0, n_significant = 0;
    bool minus = p < end && *p == '-', point = false;

    if (p < end && (*p == '-' || *p == '+')) p++;
    for (; p < end && (is_digit(*p) || (*p == '.' && !point)); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        n_digits++;
        if (n_significant > 0 || *p != '0') n_significant++;
        if (n_significant <= EXACT_DIGITS) digits = digits * 10 + (uint64_t)(*p - '0');
        exponent -= point;
    }
    if (n_digits == 0) return false;
    if (p < end && (*p == 'e' || *p == 'E')) {
        int32_t e = 0;
        bool less = ++p < end && *p == '-';
        if (p < end && (*p == '-' || *p == '+')) p++;
        if (p == end) return false;
        for (; p < end && is_digit(*p); p++)
            if (e < 100000) e = e * 10 + (*p - '0');
        exponent += less ? -e : e;
    }
    if (p != end) return false;

    double value;
    if (n_significant <= EXACT_DIGITS && exponent >= -EXACT_POWER && exponent <= EXACT_POWER) {
        /* Digits and power are exact doubles, so that one operation rounds correctly (Clinger 1990). */
        value = exponent < 0 ? (double)digits / power[-exponent] : (double)digits * power[exponent];
    } else {
        char text[TEXT_MAX];
        if (cell.n >= sizeof text) return false; /* 767 significant digits decide every double */
        memcpy(text, cell.bytes, cell.n);
        text[cell.n] = '\0';
        value = fabs(strtod_plain(text));
        if (isinf(value)) return false;
    }
    *out = minus && value != 0 ? -value : value;
    return true;
}

bool cell_boolean(cd_slice cell, int64_t *out)
{
    static const struct {
        const char *word;
        int64_t value;
    } words[] = {{"true", 1}, {"false", 0}, {"1", 1}, {"0", 0}, {"yes", 1}, {"no", 0},
                 {"y", 1},    {"n", 0},     {"t", 1}, {"f", 0}};
    char lower[8];
    if (cell.n == 0 || cell.n >= sizeof lower) return false;
    for (uint32_t i = 0; i < cell.n; i++)
        lower[i] = (char)(cell.bytes[i] >= 'A' && cell.bytes[i] <= 'Z' ? cell.bytes[i] + 32 : cell.bytes[i]);
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        if (cd_slice_equal(cd_slice_of(words[w].word), (cd_slice){lower, cell.n})) return *out = words[w].value, true;
    return false;
}

cd_time_fault cell_time(cd_slice cell, const time_zone *zone, time_zone_step *step, int64_t *out)
{
    bool has_zone;
    cd_time_fault fault = cd_time_read(cell.bytes, cell.n, out, &has_zone);
    if (fault == CD_TIME_OK && !has_zone) *out = time_zone_to_utc(zone, step, *out);
    return fault;
}

uint32_t cell_utf8_length(const char *p, const char *end)
{
    const uint8_t *u = (const uint8_t *)p;
    size_t n = (size_t)(end - p);
    if (n == 0) return 0;
    if (u[0] < 0x80) return 1;
    uint32_t length = u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
    if (u[0] < 0xc2 || u[0] > 0xf4 || n < length) return 0;
    for (uint32_t i = 1; i < length; i++)
        if ((u[i] & 0xc0) != 0x80) return 0;
    if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) || (u[0] == 0xf0 && u[1] < 0x90) ||
        (u[0] == 0xf4 && u[1] > 0x8f))
        return 0;
    return length;
}

bool cell_is_utf8(cd_slice cell)
{
    const char *p = cell.bytes, *end = p + cell.n;
    while (p < end) {
        if (end - p >= 8 && !(cell_load8(p) & 0x8080808080808080u)) {
            p += 8;
            continue;
        }
        uint32_t n = cell_utf8_length(p, end);
        if (n == 0) return false;
        p += n;
    }
    return true;
}

bool cell_unquote(char *bytes, uint32_t n, cd_slice *out)
{
    char *end = bytes + n, *p = bytes + 1, *first_doubled = NULL;
    *out = (cd_slice){bytes, n};
    for (;;) {
        char *quote = p < end ? memchr(p, '"', (size_t)(end - p)) : NULL;
        if (!quote) return false;
        if (quote + 1 == end) break;
        if (quote[1] != '"') return false;
        if (!first_doubled) first_doubled = quote;
        p = quote + 2;
    }
    char *w = end - 1;
    if (first_doubled) {
        w = first_doubled;
        for (p = first_doubled; p < end - 1; p++) {
            *w++ = *p;
            p += *p == '"';
        }
    }
    *out = (cd_slice){bytes + 1, (uint32_t)(w - bytes - 1)};
    return true;
}
