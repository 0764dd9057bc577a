/* SPDX-License-Identifier: GPL-3.0-or-later
 * csv_header.c: what stands before the rows, and clear words when it is not what a CSV file begins with. */
#include "loaders/csv_header.h"

#include <string.h>

#include "loaders/cell_types.h"

enum { HEADER_BLOCK_BYTES = 64 << 10 };

static bool begins_with(const csv_block *b, size_t n_text, const char *bytes, size_t n)
{
    return n_text >= n && memcmp(b->bytes, bytes, n) == 0;
}

/* Shows the next rows; *n_text counts an unfinished one too. */
static cd_status peek(csv_blocks *blocks, csv_block *block, size_t *n_text, cd_err *err)
{
    cd_status st = csv_blocks_peek(blocks, block, err);
    if (st == CD_OK) *n_text = block->n + block->n_open;
    return st;
}

/* The line `sep=;`, and how many bytes it takes. */
static bool separator_line(const csv_block *b, size_t n_text, char *separator, size_t *n)
{
    if (!begins_with(b, n_text, "sep=", 4) || n_text < 6) return false;
    char c = b->bytes[4];
    if (c == '"' || c == '\r' || c == '\n') return false;
    if (b->bytes[5] != '\n' && b->bytes[5] != '\r') return false;
    *n = b->bytes[5] == '\r' && n_text > 6 && b->bytes[6] == '\n' ? 7 : 6;
    *separator = c;
    return true;
}

/* Skips what may stand before the header. */
static cd_status prologue(csv_blocks *blocks, csv_block *block, const char *name, bool separator_given, size_t *n_text,
                          cd_err *err)
{
    cd_status st = CD_OK;
    char separator;
    size_t n;
    CD_TRY(peek(blocks, block, n_text, err));
    if (begins_with(block, *n_text, "\xff\xfe", 2) || begins_with(block, *n_text, "\xfe\xff", 2))
        CD_TRY(cd_fail(err, CD_EINPUT, "'%s' is written in UTF-16; save it as CSV UTF-8, or convert it with iconv", name));
    if (begins_with(block, *n_text, "\xef\xbb\xbf", 3)) {
        csv_blocks_skip(blocks, 3, 0);
        CD_TRY(peek(blocks, block, n_text, err));
    }
    if (begins_with(block, *n_text, "PK\x03\x04", 4))
        CD_TRY(cd_fail(err, CD_EINPUT, "'%s' is a zip archive or an Excel workbook; save the sheet as CSV UTF-8", name));
    if (separator_line(block, *n_text, &separator, &n)) {
        csv_blocks_skip(blocks, n, 1);
        if (!separator_given) csv_blocks_separate_by(blocks, separator);
        CD_TRY(peek(blocks, block, n_text, err));
    }
    for (;;) {
        for (n = 0; n < block->n && (block->bytes[n] == '\n' || block->bytes[n] == '\r');) n++;
        if (n == 0) break;
        csv_blocks_skip(blocks, n, csv_count_lines(block->bytes, n));
        CD_TRY(peek(blocks, block, n_text, err));
    }
    if (*n_text == 0)
        CD_TRY(cd_fail(err, CD_EINPUT, "'%s' is empty; its first line should name its columns", name));
    if (block->n == 0)
        CD_TRY(cd_fail(err, CD_EINPUT, "'%s' line %llu: a quote that opens here, in the header, is never closed", name,
                       (unsigned long long)block->first_line));
done:
    return st;
}

/* The header's fields as slices into the arena; *bytes is where its row ends. */
static cd_status names_read(csv_block *block, const char *name, cd_arena *arena, csv_header *h, size_t *bytes,
                            cd_err *err)
{
    uint32_t n = 0, from = 0;
    while (block->bytes[block->mark[n]] != '\n' && block->bytes[block->mark[n]] != '\r') n++;
    h->n_fields = n + 1;
    *bytes = (size_t)block->mark[n] + 1;
    cd_slice *names = cd_arena_alloc(arena, h->n_fields, sizeof *names, err);
    char *copy = names ? cd_arena_copy(arena, block->bytes, *bytes, err) : NULL;
    if (!copy) return CD_EMEMORY;
    for (uint32_t f = 0; f < h->n_fields; f++) {
        uint32_t to = block->mark[f];
        if (f == n && copy[to] == '\n' && to > from && copy[to - 1] == '\r') to--;
        names[f] = (cd_slice){copy + from, to - from};
        bool sound = names[f].n == 0 || copy[from] != '"' || cell_unquote(copy + from, to - from, &names[f]);
        if (!sound || !cell_is_utf8(names[f]) || (names[f].n && memchr(names[f].bytes, '\0', names[f].n)))
            return cd_fail(err, CD_EINPUT, "'%s' line %llu: the name of column %u is %s", name,
                           (unsigned long long)block->first_line, f + 1,
                           sound ? "not UTF-8; save the file as CSV UTF-8" : "wrongly quoted");
        from = block->mark[f] + 1;
    }
    h->names = names;
    return CD_OK;
}

static const char *name_in_file(const candour_table *table, const read_rules *rules, uint32_t column)
{
    const char *renamed = column_rule_of(rules, column)->header;
    return renamed ? renamed : table->columns[column].name;
}

static cd_status match(const char *name, const candour_table *table, const read_rules *rules, cd_arena *arena,
                       csv_header *h, cd_err *err)
{
    h->field_of = cd_arena_alloc(arena, table->n_columns, sizeof *h->field_of, err);
    h->column_of = h->field_of ? cd_arena_alloc(arena, h->n_fields, sizeof *h->column_of, err) : NULL;
    if (!h->column_of) return CD_EMEMORY;
    for (uint32_t f = 0; f < h->n_fields; f++) h->column_of[f] = -1;
    for (uint32_t c = 0; c < table->n_columns; c++) {
        cd_slice wanted = cd_slice_of(name_in_file(table, rules, c));
        h->field_of[c] = -1;
        if (column_rule_of(rules, c)->constant) continue;
        for (uint32_t f = 0; f < h->n_fields; f++) {
            if (!cd_slice_equal(h->names[f], wanted)) continue;
            if (h->field_of[c] >= 0)
                return cd_fail(err, CD_EINPUT, "'%s' has two columns '%s' (%d and %u); rename one", name, wanted.bytes,
                               h->field_of[c] + 1, f + 1);
            h->field_of[c] = (int32_t)f;
            h->column_of[f] = (int32_t)c;
        }
    }
    return CD_OK;
}

static char lower(char c) { return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c); }

/* Equal but for case and blanks around. */
static bool nearly(cd_slice a, cd_slice b)
{
    while (a.n > 0 && a.bytes[0] == ' ') a.bytes++, a.n--;
    while (a.n > 0 && a.bytes[a.n - 1] == ' ') a.n--;
    if (a.n != b.n) return false;
    for (uint32_t i = 0; i < a.n; i++)
        if (lower(a.bytes[i]) != lower(b.bytes[i])) return false;
    return true;
}

/* A column that must be there and is not: says what the matter may be. */
static cd_status missing(const char *name, const candour_table *table, const read_rules *rules, const csv_header *h,
                         uint32_t column, cd_err *err)
{
    const char *wanted = name_in_file(table, rules, column);
    if (h->n_fields == 1 && !rules->separator)
        for (const char *c = ";\t|"; *c; c++)
            if (h->names[0].n && memchr(h->names[0].bytes, *c, h->names[0].n))
                return cd_fail(err, CD_EINPUT,
                               "'%s' has no column '%s': its columns seem to be separated by %s; say so in a mapping "
                               "file (separator: \"%s\")",
                               name, wanted, *c == '\t' ? "tabs" : *c == ';' ? "semicolons" : "bars",
                               *c == '\t' ? "\\t" : *c == ';' ? ";" : "|");
    for (uint32_t f = 0; f < h->n_fields; f++)
        if (nearly(h->names[f], cd_slice_of(wanted)))
            return cd_fail(err, CD_EINPUT, "'%s' has no column '%s', which %s must have, but one called '%.*s'; rename "
                           "it, in the file or in a mapping file", name, wanted, table->name, (int)h->names[f].n,
                           h->names[f].bytes);
    return cd_fail(err, CD_EINPUT, "'%s' has no column '%s', which %s must have; add it, or name in a mapping file the "
                   "column that holds it", name, wanted, table->name);
}

static cd_status check_columns(const char *name, const candour_table *table, const read_rules *rules,
                               const csv_header *h, cd_err *err)
{
    for (uint32_t c = 0; c < table->n_columns; c++) {
        const column_rule *rule = column_rule_of(rules, c);
        if (h->field_of[c] >= 0 || rule->constant) continue;
        if (table->columns[c].required) return missing(name, table, rules, h, c, err);
        if (rule->header)
            return cd_fail(err, CD_EINPUT, "'%s' has no column '%s', which the mapping reads as %s.%s; correct the "
                           "mapping", name, rule->header, table->name, table->columns[c].name);
    }
    return CD_OK;
}

cd_status csv_header_read(csv_blocks *blocks, csv_block *block, const char *name, const candour_table *table,
                          const read_rules *rules, cd_arena *arena, csv_header *out, cd_err *err)
{
    cd_status st = CD_OK;
    size_t n_text, bytes;
    *out = (csv_header){0};
    CD_TRY(prologue(blocks, block, name, rules->separator != '\0', &n_text, err));
    CD_TRY(names_read(block, name, arena, out, &bytes, err));
    CD_TRY(match(name, table, rules, arena, out, err));
    CD_TRY(check_columns(name, table, rules, out, err));
    csv_blocks_skip(blocks, bytes, csv_count_lines(block->bytes, bytes));
done:
    return st;
}

cd_status csv_header_of(byte_source *source, const char *name, const candour_table *table, const read_rules *rules,
                        cd_arena *arena, csv_header *out, cd_err *err)
{
    cd_status st = CD_OK;
    csv_blocks *blocks = NULL;
    csv_block block = {0};
    const csv_blocks_options how = {.level = csv_level_best(), .separator = rules->separator ? rules->separator : ',',
                                    .block_bytes = HEADER_BLOCK_BYTES};
    CD_TRY(csv_blocks_new(source, name, &how, &blocks, err));
    CD_TRY(csv_header_read(blocks, &block, name, table, rules, arena, out, err));
done:
    csv_block_release(&block);
    csv_blocks_free(blocks);
    return st;
}
