/* SPDX-License-Identifier: GPL-3.0-or-later
 * fields.c: takes fields off a text one by one, and never looks past its end. */
#include "engine/store/fields.h"

static bool separator(cd_fields *f, char after)
{
    if (f->at == f->end || *f->at != after) return false;
    f->at++;
    return true;
}

bool cd_field_is(cd_fields *f, const char *word, char after)
{
    size_t n = strlen(word);
    if ((size_t)(f->end - f->at) <= n || memcmp(f->at, word, n) != 0 || f->at[n] != after) return false;
    f->at += n + 1;
    return true;
}

bool cd_field_name(cd_fields *f, char after, cd_slice *out)
{
    const char *p = f->at;
    while (p < f->end && (unsigned char)*p > ' ') p++;
    if (p == f->at || p - f->at > UINT32_MAX) return false;
    *out = (cd_slice){f->at, (uint32_t)(p - f->at)};
    f->at = p;
    return separator(f, after);
}

bool cd_field_u64(cd_fields *f, char after, uint64_t *out)
{
    const char *p = f->at;
    uint64_t v = 0;
    for (; p < f->end && (unsigned)(*p - '0') <= 9; p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (p - f->at >= 19 && (v > UINT64_MAX / 10 || (v == UINT64_MAX / 10 && digit > UINT64_MAX % 10))) return false;
        v = v * 10 + digit;
    }
    if (p == f->at || (*f->at == '0' && p - f->at > 1)) return false;
    f->at = p;
    *out = v;
    return separator(f, after);
}

bool cd_field_i64(cd_fields *f, char after, int64_t *out)
{
    bool negative = f->at < f->end && *f->at == '-';
    uint64_t v;
    if (negative) f->at++;
    if (!cd_field_u64(f, after, &v)) return false;
    if (v > (uint64_t)INT64_MAX + negative || (negative && v == 0)) return false;
    *out = (int64_t)(negative ? 0 - v : v);
    return true;
}

bool cd_field_hex(cd_fields *f, char after, uint64_t *out)
{
    uint64_t v = 0;
    if (f->end - f->at < 16) return false;
    for (int i = 0; i < 16; i++) {
        char c = f->at[i];
        uint64_t digit;
        if (c >= '0' && c <= '9') digit = (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f') digit = (uint64_t)(c - 'a' + 10);
        else return false;
        v = v << 4 | digit;
    }
    f->at += 16;
    *out = v;
    return separator(f, after);
}
