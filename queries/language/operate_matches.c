/* SPDX-License-Identifier: GPL-3.0-or-later
 * operate_matches.c: `=~`, by the C library's regular expressions.
 *
 * What is asked for is bounded before it is compiled: the C library lays repetitions out, so nested ones of some
 * hundreds would take all memory. Matching has no time limit of its own; back references, which can take for ever, are
 * refused. */
#include <regex.h>

#include "queries/language/operate.h"

enum { MOST_BYTES = 1000, MOST_COPIES = 1000 };

/* The class that a letter after a backslash stands for, or NULL. */
static const char *class_of(char letter)
{
    switch (letter) {
    case 'd': return "[0-9]";
    case 'D': return "[^0-9]";
    case 'w': return "[[:alnum:]_]";
    case 'W': return "[^[:alnum:]_]";
    case 's': return "[[:space:]]";
    case 'S': return "[^[:space:]]";
    default: return NULL;
    }
}

/* The expression as POSIX has it, with a NUL, into `out` of 16 bytes for each of its own. What is wrong with it, or
 * NULL. */
static const char *rewrite(cd_slice text, char *out)
{
    uint64_t copies = 1;
    for (uint32_t i = 0; i < text.n; i++) {
        char c = text.bytes[i];
        if (c == '\0') return "it has a NUL in it";
        if (c == '{') {
            uint64_t most = 0, now = 0;
            for (uint32_t j = i + 1; j < text.n && text.bytes[j] != '}'; j++) {
                now = text.bytes[j] >= '0' && text.bytes[j] <= '9' ? now * 10 + (uint64_t)(text.bytes[j] - '0') : 0;
                if (now > most) most = now;
                if (most > MOST_COPIES) break;
            }
            copies *= most ? most : 1;
            if (copies > MOST_COPIES) return "its repetitions multiply to more than 1,000";
        }
        if (c == '\\' && i + 1 < text.n) {
            char next = text.bytes[++i];
            const char *class = class_of(next);
            if (next >= '1' && next <= '9') return "it refers back to a group";
            if (class)
                out = stpcpy(out, class);
            else
                *out++ = '\\', *out++ = next;
        } else
            *out++ = c;
    }
    *out = '\0';
    return NULL;
}

static cd_status bad_expression(evaluation *e, cd_slice of, const char *why, cd_err *err)
{
    cd_slice shown = cd_slice_cut(of, 60);
    return evaluation_fault(e, "ArgumentError", "InvalidArgumentValue", err,
                            "`%.*s` is no regular expression that can be used: %s", (int)shown.n, shown.bytes, why);
}

cd_status operate_matches(evaluation *e, value text, value pattern_text, value *out, cd_err *err)
{
    char reason[128];
    regex_t compiled;
    int flags = REG_EXTENDED;
    *out = value_null();
    if (text.type != VALUE_TEXT || pattern_text.type != VALUE_TEXT) return CD_OK;
    cd_slice of = value_slice(pattern_text);
    if (of.n > MOST_BYTES) return bad_expression(e, of, "it has more than 1,000 bytes", err);
    char *posix = value_pool_alloc(e->pool, (size_t)of.n * 16 + 1, err);
    if (!posix) return CD_EMEMORY;
    if (of.n >= 4 && memcmp(of.bytes, "(?i)", 4) == 0) flags |= REG_ICASE, of = (cd_slice){of.bytes + 4, of.n - 4};
    const char *wrong = rewrite(of, posix);
    if (wrong) return bad_expression(e, value_slice(pattern_text), wrong, err);
    int failed = regcomp(&compiled, posix, flags);
    if (failed) {
        regerror(failed, &compiled, reason, sizeof reason);
        return bad_expression(e, value_slice(pattern_text), reason, err);
    }
    /* The longest match at the earliest place: if the whole text matches, that is it. */
    regmatch_t match = {.rm_so = 0, .rm_eo = (regoff_t)text.n};
    failed = regexec(&compiled, text.as.text, 1, &match, REG_STARTEND);
    regfree(&compiled);
    *out = value_boolean(!failed && match.rm_so == 0 && match.rm_eo == (regoff_t)text.n);
    return CD_OK;
}
