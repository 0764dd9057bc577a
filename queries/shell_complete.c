/* SPDX-License-Identifier: GPL-3.0-or-later
 * shell_complete.c: what a word may become: in quotes an id of the store, behind `:` a label or a type, behind `.` a
 * property, behind `\` a command or a saved query, elsewhere a word of the language, a function, or a name that the
 * query has already. */
#include <stdlib.h>
#include <strings.h>

#include "queries/language/functions.h"
#include "queries/language/token.h"
#include "queries/saved.h"
#include "queries/shell.h"

enum { MOST_IDS = 200 };

typedef struct {
    const shell *shell;
    cd_arena *arena;
    cd_slice word; /* begun */
    const char **words;
    size_t n, cap;
} finder;

static bool of_words(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* A candidate, if it begins with the word, whatever the case. */
static cd_status try_word(finder *f, cd_slice candidate, cd_err *err)
{
    if (candidate.n < f->word.n || strncasecmp(candidate.bytes, f->word.bytes, f->word.n) != 0) return CD_OK;
    cd_status st = cd_grow(&f->words, &f->cap, f->n + 1, sizeof *f->words, err);
    if (st != CD_OK) return st;
    f->words[f->n] = cd_arena_copy(f->arena, candidate.bytes, candidate.n, err);
    return f->words[f->n++] ? CD_OK : CD_EMEMORY;
}

/* ---- What there is ---- */

static cd_status commands(finder *f, cd_err *err)
{
    cd_status st = CD_OK;
    const char *name;
    for (uint32_t i = 0; st == CD_OK && (name = shell_command_name(i)); i++) st = try_word(f, cd_slice_of(name), err);
    return st;
}

static cd_status saved_queries(finder *f, cd_err *err)
{
    cd_status st;
    const char **names;
    size_t n;
    st = saved_list(f->shell->path, f->arena, &names, &n, err);
    for (size_t i = 0; st == CD_OK && i < n; i++) st = try_word(f, cd_slice_of(names[i]), err);
    return st;
}

/* of: relations have types, everything else labels. */
static cd_status labels(finder *f, bool types, bool both, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_ontology *o = candour_store_ontology(f->shell->store);
    for (uint32_t i = 0; st == CD_OK && i < o->n_tables; i++)
        if (o->tables[i].label && (both || (o->tables[i].class_of == CANDOUR_RELATION) == types))
            st = try_word(f, cd_slice_of(o->tables[i].label), err);
    return st == CD_OK && (types || both) ? try_word(f, cd_slice_of("HAS"), err) : st;
}

/* The label that the query gives a variable, as in `(o:Officer`, or none. */
static cd_slice label_of(cd_slice text, cd_slice variable)
{
    for (uint32_t i = 1; i + variable.n + 1 < text.n; i++) {
        char before = text.bytes[i - 1];
        if ((before != '(' && before != '[') || memcmp(text.bytes + i, variable.bytes, variable.n) != 0 ||
            text.bytes[i + variable.n] != ':')
            continue;
        cd_slice label = {text.bytes + i + variable.n + 1, 0};
        while (label.bytes + label.n < text.bytes + text.n && of_words(label.bytes[label.n])) label.n++;
        return label;
    }
    return (cd_slice){0};
}

static cd_status properties(finder *f, cd_slice label, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_ontology *o = candour_store_ontology(f->shell->store);
    if (!label.n) st = try_word(f, cd_slice_of("id"), err);
    for (uint32_t i = 0; i < o->n_tables; i++) {
        const candour_table *t = &o->tables[i];
        if (label.n && !(t->label && cd_slice_equal(label, cd_slice_of(t->label)))) continue;
        if (label.n && t->class_of == CANDOUR_ENTITY && st == CD_OK) st = try_word(f, cd_slice_of("id"), err);
        for (uint32_t c = t->class_of == CANDOUR_RELATION ? 2 : 1; st == CD_OK && c < t->n_columns; c++)
            st = try_word(f, cd_slice_of(t->columns[c].name), err);
    }
    return st;
}

/* Ids in order, from the first that is not before the word. */
static cd_status ids(finder *f, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_ontology *o = candour_store_ontology(f->shell->store);
    for (uint32_t kind = 0; st == CD_OK && kind < o->n_kinds; kind++) {
        const uint32_t *order;
        uint32_t n = candour_reader_ids(f->shell->reader, kind), lo = 0, hi = n;
        CD_TRY(candour_reader_order(f->shell->reader, kind, &order, err));
        while (lo < hi) {
            uint32_t middle = lo + (hi - lo) / 2;
            if (cd_slice_compare(candour_reader_id(f->shell->reader, kind, order[middle]), f->word) < 0)
                lo = middle + 1;
            else
                hi = middle;
        }
        for (uint32_t i = lo; i < n && i - lo < MOST_IDS; i++) {
            cd_slice id = candour_reader_id(f->shell->reader, kind, order[i]);
            if (id.n < f->word.n || memcmp(id.bytes, f->word.bytes, f->word.n) != 0) break;
            CD_TRY(try_word(f, id, err));
        }
    }
done:
    return st;
}

/* Words of the language in the case that the word has, functions, and names that the statement has already. */
static cd_status language(finder *f, cd_slice before, cd_err *err)
{
    cd_status st = CD_OK;
    char word[32];
    const char *capitals;
    bool lower = f->word.n && f->word.bytes[0] >= 'a' && f->word.bytes[0] <= 'z';
    for (uint32_t i = 0; st == CD_OK && (capitals = query_word_at(i)); i++) {
        size_t n = strlen(capitals);
        for (size_t k = 0; k <= n && k < sizeof word; k++)
            word[k] = (char)(lower && capitals[k] >= 'A' && capitals[k] <= 'Z' ? capitals[k] + 32 : capitals[k]);
        st = try_word(f, cd_slice_of(word), err);
    }
    uint32_t n_functions;
    const query_function *functions = query_functions(&n_functions);
    for (uint32_t i = 0; st == CD_OK && i < n_functions; i++) st = try_word(f, cd_slice_of(functions[i].name), err);
    for (uint32_t i = 0; st == CD_OK && i < before.n;) {
        uint32_t n = 0;
        while (i + n < before.n && of_words(before.bytes[i + n])) n++;
        if (n > 1 && before.bytes[i] > '9') st = try_word(f, (cd_slice){before.bytes + i, n}, err);
        i += n ? n : 1;
    }
    return st;
}

/* ---- Where the word stands ---- */

/* The quote that is open at the end of a text, and where; or 0. */
static char open_quote(cd_slice text, uint32_t *at)
{
    char quote = 0;
    for (uint32_t i = 0; i < text.n; i++) {
        char c = text.bytes[i];
        if (quote && c == '\\')
            i++;
        else if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '\'' || c == '"')
            quote = c, *at = i;
    }
    return quote;
}

/* The innermost bracket that is open at the end of a text, or 0. */
static char open_bracket(cd_slice text)
{
    uint32_t closed = 0;
    for (uint32_t i = text.n; i-- > 0;) {
        char c = text.bytes[i];
        if (c == ')' || c == ']' || c == '}')
            closed++;
        else if ((c == '(' || c == '[' || c == '{') && closed-- == 0)
            return c;
    }
    return 0;
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static void sort_once(finder *f)
{
    size_t kept = 0;
    if (f->n) qsort(f->words, f->n, sizeof *f->words, by_text);
    for (size_t i = 0; i < f->n; i++)
        if (kept == 0 || strcmp(f->words[kept - 1], f->words[i]) != 0) f->words[kept++] = f->words[i];
    f->n = kept;
}

static cd_status find(finder *f, cd_slice before, uint32_t from, cd_err *err)
{
    char last = from ? before.bytes[from - 1] : '\0';
    cd_slice behind = {before.bytes, from};
    if (before.bytes[0] == '\\') {
        bool name = from > 1 && (strncmp(before.bytes, "\\run ", 5) == 0 || strncmp(before.bytes, "\\save ", 6) == 0);
        if (name) return saved_queries(f, err);
        if (from > 1 && strncmp(before.bytes, "\\schema ", 8) == 0) return labels(f, false, true, err);
        return from == 1 ? commands(f, err) : CD_OK;
    }
    if (last == '.') {
        uint32_t end = from - 1, begin = end;
        while (begin > 0 && of_words(before.bytes[begin - 1])) begin--;
        return properties(f, label_of(behind, (cd_slice){before.bytes + begin, end - begin}), err);
    }
    if (last == ':' || last == '|') {
        char bracket = open_bracket(behind);
        if (bracket == '[') return labels(f, true, false, err);
        return bracket == '(' ? labels(f, false, false, err) : labels(f, false, true, err);
    }
    if (open_bracket(behind) == '{' && (last == '{' || last == ' ' || last == ','))
        return properties(f, (cd_slice){0}, err);
    return language(f, behind, err);
}

cd_status shell_complete(const shell *s, cd_slice before, cd_arena *arena, uint32_t *from, const char ***words,
                         size_t *n, cd_err *err)
{
    cd_status st = CD_OK;
    finder f = {.shell = s, .arena = arena};
    uint32_t quote;
    *from = before.n;
    *words = NULL, *n = 0;
    if (open_quote(before, &quote)) {
        *from = quote + 1;
        f.word = (cd_slice){before.bytes + *from, before.n - *from};
        CD_TRY(ids(&f, err));
    } else {
        while (*from > 0 &&
               (of_words(before.bytes[*from - 1]) || (before.bytes[0] == '\\' && before.bytes[*from - 1] == '-')))
            --*from;
        f.word = (cd_slice){before.bytes + *from, before.n - *from};
        if (before.n == 0) goto done;
        CD_TRY(find(&f, before, *from, err));
    }
    sort_once(&f);
    if (f.n) {
        *words = cd_arena_alloc(arena, f.n, sizeof *f.words, err);
        if (!*words) CD_TRY(CD_EMEMORY);
        memcpy(*words, f.words, f.n * sizeof *f.words);
        *n = f.n;
    }
done:
    cd_free(f.words);
    return st;
}
