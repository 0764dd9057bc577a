/* SPDX-License-Identifier: GPL-3.0-or-later
 * shell_statement.c: where one statement ends and the next begins: at a `;` that is in no text, name or comment. */
#include "queries/shell.h"

/* What stands at i: how many bytes belong together, and whether they are a comment or the inside of quotes. */
typedef struct {
    uint32_t n;
    bool comment, quoted, open; /* open: its end is missing */
} piece;

static piece quoted(cd_slice text, uint32_t i)
{
    char quote = text.bytes[i];
    for (uint32_t k = i + 1; k < text.n; k++) {
        if (text.bytes[k] == '\\' && quote != '`')
            k++;
        else if (text.bytes[k] == quote)
            return (piece){.n = k + 1 - i, .quoted = true};
    }
    return (piece){.n = text.n - i, .quoted = true, .open = true};
}

static piece piece_at(cd_slice text, uint32_t i)
{
    char c = text.bytes[i], next = i + 1 < text.n ? text.bytes[i + 1] : '\0';
    if (c == '\'' || c == '"' || c == '`') return quoted(text, i);
    if (c == '/' && next == '/') {
        const char *end = memchr(text.bytes + i, '\n', text.n - i);
        return (piece){.n = end ? (uint32_t)(end - text.bytes) - i : text.n - i, .comment = true};
    }
    if (c == '/' && next == '*') {
        const char *end = text.n - i > 3 ? memmem(text.bytes + i + 2, text.n - i - 2, "*/", 2) : NULL;
        return (piece){.n = end ? (uint32_t)(end + 2 - text.bytes) - i : text.n - i, .comment = true, .open = !end};
    }
    return (piece){.n = 1};
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

uint32_t shell_statement(cd_slice text)
{
    for (uint32_t i = 0; i < text.n;) {
        piece p = piece_at(text, i);
        if (p.n == 1 && text.bytes[i] == ';') return i + 1;
        i += p.n;
    }
    return 0;
}

bool shell_is_blank(cd_slice text)
{
    for (uint32_t i = 0; i < text.n;) {
        piece p = piece_at(text, i);
        if (p.open || (!p.comment && !is_space(text.bytes[i]) && text.bytes[i] != ';')) return false;
        i += p.n;
    }
    return true;
}

void shell_flatten(cd_slice text, cd_buffer *out)
{
    bool space = false;
    for (uint32_t i = 0; i < text.n;) {
        piece p = piece_at(text, i);
        if (p.comment || (!p.quoted && is_space(text.bytes[i]))) {
            space = out->n > 0;
        } else {
            if (space) cd_buffer_add(out, " ", 1);
            space = false;
            for (uint32_t k = i; k < i + p.n; k++)
                cd_buffer_add(out, text.bytes[k] == '\n' ? "\\n" : text.bytes + k, text.bytes[k] == '\n' ? 2 : 1);
        }
        i += p.n;
    }
}
