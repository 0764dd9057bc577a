/* SPDX-License-Identifier: GPL-3.0-or-later
 * token.c: the lexer. It goes once over the text, keeps a stack of open brackets, and leaves to the parser only what is
 * a matter of order. */
#include "queries/language/token.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

enum { SHOWN = 40 }; /* bytes of a text that a message repeats */

typedef struct {
    cd_slice text;
    uint32_t at;
    cd_arena *arena;
    query_fault *fault;
    cd_err *err;
    token *tokens;
    size_t n, cap;
    uint32_t
        open; /* the innermost bracket not closed yet, each knowing the one around it by `pair`; UINT32_MAX: none */
} lexer;

#define QUERY_WORD_TEXT(word) #word,
static const char *const words[] = {"", QUERY_WORDS(QUERY_WORD_TEXT) "", QUERY_RESERVED_WORDS(QUERY_WORD_TEXT)};

const char *query_word_at(uint32_t i)
{
    uint32_t n = 0;
    for (uint32_t w = 1; w < WORD_END_OF_LIST; w++)
        if (w != WORD_LAST_FREE && n++ == i) return words[w];
    return NULL;
}

static uint8_t word_of(cd_slice name)
{
    for (uint8_t w = 1; w < WORD_END_OF_LIST; w++)
        if (strlen(words[w]) == name.n && strncasecmp(words[w], name.bytes, name.n) == 0) return w;
    return WORD_NONE_OF_THESE;
}

/* ---- Characters ---- */

/* The character at i and its bytes; 0 bytes where the text is not UTF-8. */
static uint32_t character_at(cd_slice text, uint32_t i, uint32_t *bytes)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char c = (unsigned char)text.bytes[i];
    *bytes = c < 0x80 ? 1 : c >= 0xf0 && c < 0xf8 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc0 && c < 0xe0 ? 2 : 0;
    if (*bytes == 1) return c;
    if (*bytes > text.n - i) *bytes = 0;
    if (*bytes == 0) return 0;
    uint32_t code = c & (0x7fu >> *bytes);
    for (uint32_t k = 1; k < *bytes; k++) {
        unsigned char next = (unsigned char)text.bytes[i + k];
        if ((next & 0xc0) != 0x80) *bytes = 0;
        if (*bytes == 0) return 0;
        code = code << 6 | (next & 0x3f);
    }
    if (code < least[*bytes] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) *bytes = 0;
    return code;
}

/* Among them those that word processors put in the place of a plain space. */
static bool is_space(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f) || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000 ||
           c == 0xfeff;
}

/* openCypher takes these for `-`, `<` and `>`. */
static bool is_dash(uint32_t c)
{
    return c == 0xad || (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xfe58 || c == 0xfe63 || c == 0xff0d;
}
static bool is_left(uint32_t c) { return c == 0x27e8 || c == 0x3008 || c == 0xfe64 || c == 0xff1c; }
static bool is_right(uint32_t c) { return c == 0x27e9 || c == 0x3009 || c == 0xfe65 || c == 0xff1e; }
static bool is_curly_quote(uint32_t c) { return (c >= 0x2018 && c <= 0x201f) || c == 0xab || c == 0xbb; }

static bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }
static bool begins_name(uint32_t c)
{
    if (c >= 0x80) return !is_space(c) && !is_dash(c) && !is_left(c) && !is_right(c) && !is_curly_quote(c);
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool goes_on_name(uint32_t c) { return begins_name(c) || (c < 0x80 && is_digit((unsigned char)c)); }

/* Where the name that begins at i ends. */
static uint32_t name_end(cd_slice text, uint32_t i)
{
    while (i < text.n) {
        uint32_t bytes, c = character_at(text, i, &bytes);
        if (!bytes || !goes_on_name(c)) break;
        i += bytes;
    }
    return i;
}

bool query_name_needs_quotes(cd_slice name)
{
    uint32_t bytes;
    if (name.n == 0 || !begins_name(character_at(name, 0, &bytes)) || name_end(name, 0) != name.n) return true;
    return word_of(name) > WORD_LAST_FREE;
}

bool query_name_is_special(cd_slice name)
{
    uint8_t word = word_of(name);
    return word != WORD_NONE_OF_THESE && word < WORD_LAST_FREE;
}

/* ---- Tokens ---- */

static unsigned char peek(const lexer *l, uint32_t ahead)
{
    return l->at + ahead < l->text.n ? (unsigned char)l->text.bytes[l->at + ahead] : '\0';
}

static cd_status wrong(lexer *l, uint32_t at, const char *detail, const char *what)
{
    return query_fail(l->fault, at, "SyntaxError", detail, l->err, "%s", what);
}

/* A token of n bytes from here on, and past it. */
static cd_status add(lexer *l, uint8_t kind, uint32_t n, token **out)
{
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 64;
        token *grown = cd_arena_alloc(l->arena, cap, sizeof *grown, l->err);
        if (!grown) return CD_EMEMORY;
        if (l->n) memcpy(grown, l->tokens, l->n * sizeof *grown);
        l->tokens = grown;
        l->cap = cap;
    }
    l->tokens[l->n] = (token){.kind = kind, .at = l->at, .n = n, .pair = UINT32_MAX};
    *out = &l->tokens[l->n++];
    l->at += n;
    return CD_OK;
}

static cd_status add_sign(lexer *l, uint8_t kind, uint32_t n)
{
    token *t;
    return add(l, kind, n, &t);
}

static cd_status open_bracket(lexer *l, char bracket)
{
    token *t;
    cd_status st = add(l, (uint8_t)bracket, 1, &t);
    if (st != CD_OK) return st;
    t->pair = l->open;
    l->open = (uint32_t)l->n - 1;
    return CD_OK;
}

static cd_status close_bracket(lexer *l, char bracket, char partner)
{
    if (l->open == UINT32_MAX)
        return query_fail(l->fault, l->at, "SyntaxError", "UnexpectedSyntax", l->err,
                          "'%c' closes nothing: no '%c' is open", bracket, partner);
    token *opening = &l->tokens[l->open];
    if (opening->kind != (uint8_t)partner) {
        char missing = opening->kind == '(' ? ')' : opening->kind == '[' ? ']' : '}';
        return query_fail(l->fault, l->at, "SyntaxError", "UnexpectedSyntax", l->err,
                          "found '%c' where '%c' was expected, to close the '%c' before it", bracket, missing,
                          opening->kind);
    }
    uint32_t opened = l->open;
    token *t;
    l->open = opening->pair;
    cd_status st = add(l, (uint8_t)bracket, 1, &t);
    if (st != CD_OK) return st;
    t->pair = opened;
    l->tokens[opened].pair = (uint32_t)l->n - 1;
    return CD_OK;
}

/* Spaces and comments. */
static cd_status skip(lexer *l)
{
    while (l->at < l->text.n) {
        uint32_t bytes, c = character_at(l->text, l->at, &bytes);
        if (!bytes) break;
        if (is_space(c)) {
            l->at += bytes;
        } else if (c == '/' && peek(l, 1) == '/') {
            while (l->at < l->text.n && l->text.bytes[l->at] != '\n') l->at++;
        } else if (c == '/' && peek(l, 1) == '*') {
            const char *from = l->text.bytes + l->at + 2;
            const char *end = l->text.n - l->at < 4 ? NULL : memmem(from, l->text.n - l->at - 2, "*/", 2);
            if (!end) return wrong(l, l->at, "UnexpectedSyntax", "this comment is never closed: '*/' was expected");
            l->at = (uint32_t)(end + 2 - l->text.bytes);
        } else {
            break;
        }
    }
    return CD_OK;
}

/* A text that says nothing but UTF-8: it is held against that once, at the beginning. */
static cd_status check_utf8(lexer *l)
{
    for (uint32_t i = 0, bytes; i < l->text.n; i += bytes) {
        character_at(l->text, i, &bytes);
        if (!bytes) return wrong(l, i, "UnexpectedSyntax", "the query is not UTF-8 here; save it as UTF-8");
    }
    return CD_OK;
}

/* ---- Texts ---- */

static bool hexadecimal(const lexer *l, uint32_t at, uint32_t n, uint32_t *code)
{
    *code = 0;
    if (at + n > l->text.n) return false;
    for (uint32_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)l->text.bytes[at + i];
        uint32_t digit = 16;
        if (is_digit(c))
            digit = c - (uint32_t)'0';
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            digit = (c | 0x20) - (uint32_t)'a' + 10;
        if (digit == 16) return false;
        *code = *code << 4 | digit;
    }
    return true;
}

static uint32_t put_character(char *out, uint32_t code)
{
    if (code < 0x80) return out[0] = (char)code, 1;
    uint32_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (uint32_t i = n - 1; i > 0; i--, code >>= 6) out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)((0xf00u >> n & 0xff) | code);
    return n;
}

/* \uXXXX or \UXXXXXXXX at i; two halves of a surrogate pair are one character. */
static cd_status unicode_escape(lexer *l, uint32_t *i, uint32_t *code)
{
    uint32_t at = *i, digits = l->text.bytes[at + 1] == 'u' ? 4 : 8, low;
    if (!hexadecimal(l, at + 2, digits, code))
        return wrong(l, at, "InvalidUnicodeLiteral",
                     digits == 4 ? "'\\u' wants four hexadecimal digits after it"
                                 : "'\\U' wants eight hexadecimal digits after it");
    *i += 2 + digits;
    if (*code >= 0xd800 && *code < 0xdc00 && digits == 4 && *i + 6 <= l->text.n && l->text.bytes[*i] == '\\' &&
        l->text.bytes[*i + 1] == 'u' && hexadecimal(l, *i + 2, 4, &low) && low >= 0xdc00 && low < 0xe000) {
        *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
        *i += 6;
    }
    if (*code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
        return wrong(l, at, "InvalidUnicodeLiteral", "this escape names no character of Unicode");
    return CD_OK;
}

static cd_status escape(lexer *l, uint32_t *i, char *out, uint32_t *n)
{
    static const char letters[] = "\\'\"`/bfnrt", meant[] = "\\'\"`/\b\f\n\r\t";
    char c = l->text.bytes[*i + 1];
    if (c == 'u' || c == 'U') {
        uint32_t code;
        cd_status st = unicode_escape(l, i, &code);
        if (st == CD_OK) *n += put_character(out + *n, code);
        return st;
    }
    const char *letter = c ? strchr(letters, c) : NULL;
    if (!letter)
        return wrong(l, *i, "UnexpectedSyntax",
                     "an unknown escape; known are \\\\ \\' \\\" \\b \\f \\n \\r \\t \\uXXXX and \\UXXXXXXXX, and a "
                     "backslash itself is \\\\");
    out[(*n)++] = meant[letter - letters];
    *i += 2;
    return CD_OK;
}

/* 'text', "text" or `name`; in the last there are no escapes, and `` is one `. */
static cd_status quoted(lexer *l, char quote)
{
    uint32_t n = 0, i = l->at + 1, end = i;
    bool escapes = false;
    while (end < l->text.n &&
           (l->text.bytes[end] != quote || (quote == '`' && end + 1 < l->text.n && l->text.bytes[end + 1] == '`'))) {
        bool pair = l->text.bytes[end] == quote || (quote != '`' && l->text.bytes[end] == '\\');
        escapes |= pair;
        end += pair ? 2 : 1;
    }
    if (end >= l->text.n)
        return query_fail(l->fault, l->at, "SyntaxError", "UnexpectedSyntax", l->err,
                          "this %s is never closed: %c was expected", quote == '`' ? "name" : "text", quote);
    cd_slice said = {l->text.bytes + i, end - i};
    if (escapes) { /* never longer than it was written: \u00e9 is six bytes, é two */
        char *out = cd_arena_alloc(l->arena, end - i + 1, 1, l->err);
        if (!out) return CD_EMEMORY;
        while (i < end) {
            cd_status st = CD_OK;
            if (quote != '`' && l->text.bytes[i] == '\\')
                st = escape(l, &i, out, &n);
            else
                out[n++] = l->text.bytes[i], i += l->text.bytes[i] == quote ? 2 : 1;
            if (st != CD_OK) return st;
        }
        said = (cd_slice){out, n};
    }
    token *t;
    cd_status st = add(l, quote == '`' ? TOKEN_QUOTED : TOKEN_TEXT, end + 1 - l->at, &t);
    if (st == CD_OK) t->text = said;
    return st;
}

/* ---- Numbers ---- */

static cd_status no_number(lexer *l, uint32_t end)
{
    cd_slice shown = cd_slice_cut((cd_slice){l->text.bytes + l->at, end - l->at}, SHOWN);
    return query_fail(
        l->fault, l->at, "SyntaxError", "InvalidNumberLiteral", l->err, "'%.*s' is no number%s", (int)shown.n,
        shown.bytes, is_digit(peek(l, 1)) && peek(l, 0) == '0' ? ", as it begins with 0; a text stands in quotes" : "");
}

static cd_status whole(lexer *l, uint32_t end, uint32_t from, uint32_t base)
{
    uint64_t value = 0;
    bool overflow = false;
    for (uint32_t i = from; i < end; i++) {
        uint32_t digit;
        if (!hexadecimal(l, i, 1, &digit) || digit >= base) return no_number(l, end);
        overflow |= value > ((uint64_t)1 << 63) / base;
        value = overflow ? value : value * base + digit;
        overflow |= value > (uint64_t)1 << 63;
    }
    if (overflow)
        return wrong(l, l->at, "IntegerOverflow", "this number is too large: whole numbers end at 9223372036854775807");
    token *t;
    cd_status st = add(l, TOKEN_INTEGER, end - l->at, &t);
    if (st == CD_OK) t->integer = value;
    return st;
}

static cd_status real_number(lexer *l, uint32_t end)
{
    char *digits = cd_arena_copy(l->arena, l->text.bytes + l->at, end - l->at, l->err);
    if (!digits) return CD_EMEMORY;
    double value = strtod(digits, NULL);
    if (isinf(value))
        return wrong(l, l->at, "FloatingPointOverflow", "this number is too large: numbers end near 1.8e308");
    token *t;
    cd_status st = add(l, TOKEN_REAL, end - l->at, &t);
    if (st == CD_OK) t->real = value;
    return st;
}

/* 12, 0x1f, 0o17, 1.5, .5, 1e9, and nothing else: letters and digits behind make it none. */
static cd_status number(lexer *l)
{
    const char *text = l->text.bytes;
    uint32_t i = l->at, n = l->text.n;
    bool real = false;
    if (peek(l, 0) == '0' && strchr("xXoO", peek(l, 1)) && peek(l, 1)) {
        uint32_t end = name_end(l->text, l->at);
        if (end == l->at + 2) return no_number(l, end);
        return whole(l, end, l->at + 2, (peek(l, 1) | 0x20) == 'x' ? 16 : 8);
    }
    while (i < n && is_digit((unsigned char)text[i])) i++;
    uint32_t whole_end = i;
    if (i + 1 < n && text[i] == '.' && is_digit((unsigned char)text[i + 1])) {
        real = true, i++;
        while (i < n && is_digit((unsigned char)text[i])) i++;
    }
    if (i < n && (text[i] == 'e' || text[i] == 'E')) {
        uint32_t e = i + 1;
        if (e < n && (text[e] == '+' || text[e] == '-')) e++;
        if (e < n && is_digit((unsigned char)text[e])) {
            real = true, i = e;
            while (i < n && is_digit((unsigned char)text[i])) i++;
        }
    }
    uint32_t end = name_end(l->text, i);
    if (end != i || (whole_end > l->at + 1 && text[l->at] == '0')) return no_number(l, end);
    return real ? real_number(l, i) : whole(l, i, l->at, 10);
}

/* ---- Everything else ---- */

static cd_status name(lexer *l)
{
    uint32_t end = name_end(l->text, l->at);
    cd_slice said = {l->text.bytes + l->at, end - l->at};
    token *t;
    cd_status st = add(l, TOKEN_WORD, said.n, &t);
    if (st != CD_OK) return st;
    t->text = said;
    t->word = word_of(said);
    return CD_OK;
}

static cd_status parameter(lexer *l)
{
    uint32_t from = l->at;
    if (peek(l, 1) == '`') {
        l->at++;
        cd_status st = quoted(l, '`');
        if (st != CD_OK) return st;
        token *t = &l->tokens[l->n - 1];
        t->kind = TOKEN_PARAMETER;
        t->at = from, t->n++;
        return CD_OK;
    }
    uint32_t end = name_end(l->text, l->at + 1);
    if (end == from + 1)
        return wrong(l, from, "UnexpectedSyntax", "'$' stands before the name of a parameter, as in $officer");
    token *t;
    cd_status st = add(l, TOKEN_PARAMETER, end - from, &t);
    if (st == CD_OK) t->text = (cd_slice){l->text.bytes + from + 1, end - from - 1};
    return st;
}

static cd_status unknown_sign(lexer *l, uint32_t c, uint32_t bytes)
{
    if (is_curly_quote(c))
        return wrong(l, l->at, "UnexpectedSyntax",
                     "this quote is a typographer's; text stands between two ' or two \"");
    if (c == '!') return wrong(l, l->at, "UnexpectedSyntax", "'!' is unknown; NOT is written NOT, and unequal '<>'");
    if (c == '&') return wrong(l, l->at, "UnexpectedSyntax", "'&' is unknown; write AND");
    if (c < ' ')
        return query_fail(l->fault, l->at, "SyntaxError", "UnexpectedSyntax", l->err,
                          "the byte 0x%02x has no meaning here", c);
    return query_fail(l->fault, l->at, "SyntaxError", "UnexpectedSyntax", l->err, "'%.*s' has no meaning in a query",
                      (int)bytes, l->text.bytes + l->at);
}

static cd_status sign(lexer *l, uint32_t c, uint32_t bytes)
{
    unsigned char next = peek(l, 1);
    if (c == '.' && next == '.') return add_sign(l, TOKEN_DOTS, 2);
    if (c == '<' && next == '>') return add_sign(l, TOKEN_UNEQUAL, 2);
    if (c == '<' && next == '=') return add_sign(l, TOKEN_AT_MOST, 2);
    if (c == '>' && next == '=') return add_sign(l, TOKEN_AT_LEAST, 2);
    if (c == '=' && next == '~') return add_sign(l, TOKEN_MATCHES, 2);
    if (c == '=' && next == '=') return wrong(l, l->at, "UnexpectedSyntax", "'==' is unknown; equality is written '='");
    if (c == '|' && next == '|')
        return wrong(l, l->at, "UnexpectedSyntax", "'||' is unknown; write OR, or '+' to join texts");
    if (c < 0x80 && c && strchr(",:;.|+-*/%^=<>", (int)c)) return add_sign(l, (uint8_t)c, 1);
    if (is_dash(c)) return add_sign(l, '-', bytes);
    if (is_left(c)) return add_sign(l, '<', bytes);
    if (is_right(c)) return add_sign(l, '>', bytes);
    return unknown_sign(l, c, bytes);
}

static cd_status next_token(lexer *l)
{
    uint32_t bytes, c = character_at(l->text, l->at, &bytes);
    switch (c) {
    case '(':
    case '[':
    case '{': return open_bracket(l, (char)c);
    case ')': return close_bracket(l, ')', '(');
    case ']': return close_bracket(l, ']', '[');
    case '}': return close_bracket(l, '}', '{');
    case '\'':
    case '"':
    case '`': return quoted(l, (char)c);
    case '$': return parameter(l);
    default: break;
    }
    if (begins_name(c)) return name(l);
    if ((c < 0x80 && is_digit((unsigned char)c)) || (c == '.' && is_digit(peek(l, 1)))) return number(l);
    return sign(l, c, bytes);
}

cd_status query_tokens(cd_slice text, cd_arena *arena, token **out, uint32_t *n, query_fault *fault, cd_err *err)
{
    lexer l = {.text = text, .arena = arena, .fault = fault, .err = err, .open = UINT32_MAX};
    cd_status st = check_utf8(&l);
    while (st == CD_OK && (st = skip(&l)) == CD_OK && l.at < text.n) st = next_token(&l);
    if (st == CD_OK && l.open != UINT32_MAX)
        st = query_fail(fault, l.tokens[l.open].at, "SyntaxError", "UnexpectedSyntax", err, "this '%c' is never closed",
                        l.tokens[l.open].kind);
    if (st == CD_OK) st = add_sign(&l, TOKEN_END, 0);
    *out = l.tokens;
    *n = (uint32_t)l.n;
    return st;
}
