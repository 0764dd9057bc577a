/* SPDX-License-Identifier: GPL-3.0-or-later
 * odd_world.c: see odd_world.h. */
#include "tests/support/odd_world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/odd_text.h"

static const int64_t FIRST_TIME = -62135596800, LAST_TIME = 253402300799;

static void must(bool good, const char *what)
{
    if (good) return;
    fprintf(stderr, "odd world: %s\n", what);
    abort();
}

/* ---- The ontology ---- */

#define COLUMN(n, t) {.name = n, .type = CANDOUR_##t, .lo = 1, .about = ""}
#define IDS(n, k) {.name = n, .type = CANDOUR_ID, .required = true, .kind = k, .lo = 1, .about = ""}

static const candour_column things[] = {
    IDS("thing_id", ODD_THING), COLUMN("unit", TEXT), COLUMN("boss", ID),     COLUMN("amount", INTEGER),
    COLUMN("share", REAL),      COLUMN("on", BOOLEAN), COLUMN("since", TIME), COLUMN("as_of", TIME),
};
static const candour_column places[] = {IDS("place_id", ODD_PLACE), COLUMN("as_of", TIME)};
static const candour_column visits[] = {
    IDS("thing_id", ODD_THING), IDS("place_id", ODD_PLACE), COLUMN("why", TEXT),  COLUMN("at", TIME),
    COLUMN("count", INTEGER),   COLUMN("weight", REAL),     COLUMN("by", ID),     COLUMN("where", TEXT),
    COLUMN("done", BOOLEAN),
};
static const candour_column bonds[] = {IDS("place_id", ODD_PLACE), IDS("thing_id", ODD_THING), COLUMN("kind", TEXT)};
static const candour_column likes[] = {IDS("from_id", ODD_THING), IDS("to_id", ODD_THING), COLUMN("from", TIME)};
static const candour_column notes[] = {
    IDS("thing_id", ODD_THING), COLUMN("month", MONTH), COLUMN("a", REAL), COLUMN("b", REAL), COLUMN("n", INTEGER),
};
#define TABLE(n, c, t) {.name = #n, .label = #n, .class_of = CANDOUR_##c, .n_columns = sizeof n / sizeof *n, .columns = n, .time_column = t, .about = ""}

const candour_ontology *odd_ontology(void)
{
    static const candour_kind kinds[] = {{"thing", "Thing", ODD_THINGS, 1}, {"place", "Place", ODD_PLACES, -1}};
    static const candour_table tables[] = {
        TABLE(things, ENTITY, 7),    TABLE(places, ENTITY, 1),  TABLE(visits, RELATION, 3),
        TABLE(bonds, RELATION, -1), TABLE(likes, RELATION, 2), TABLE(notes, RECORD, 1),
    };
    static const candour_ontology ontology = {ODD_KINDS, ODD_TABLES, kinds, tables};
    return &ontology;
}

static const candour_table *shape_of(uint32_t table) { return &odd_ontology()->tables[table]; }

/* ---- Rows ---- */

void odd_add(odd_rows *to, const odd_row *row)
{
    must(cd_grow(&to->rows, &to->cap, to->n + 1, sizeof *to->rows, NULL) == CD_OK, "out of memory");
    to->rows[to->n++] = *row;
}

void odd_rows_release(odd_rows *r)
{
    cd_free(r->rows);
    *r = (odd_rows){0};
}

static int compare_texts(cd_slice a, cd_slice b)
{
    if (a.n == 0 || b.n == 0) return (a.n > 0) - (b.n > 0);
    return cd_slice_compare(a, b);
}

static int compare_column(const candour_table *t, uint32_t c, const odd_row *a, const odd_row *b)
{
    candour_type type = t->columns[c].type;
    if (type == CANDOUR_ID || type == CANDOUR_TEXT) return compare_texts(a->text[c], b->text[c]);
    if (type != CANDOUR_REAL) return (a->integer[c] > b->integer[c]) - (a->integer[c] < b->integer[c]);
    if (isnan(a->real[c]) || isnan(b->real[c])) return isnan(b->real[c]) - isnan(a->real[c]);
    return (a->real[c] > b->real[c]) - (a->real[c] < b->real[c]);
}

int odd_compare(uint32_t table, const odd_row *a, const odd_row *b)
{
    const candour_table *t = shape_of(table);
    int order = compare_column(t, 0, a, b);
    if (order == 0 && t->time_column > 0) order = compare_column(t, (uint32_t)t->time_column, a, b);
    for (uint32_t c = 1; c < t->n_columns && order == 0; c++) order = compare_column(t, c, a, b);
    return order;
}

int odd_compare_all(uint32_t table, const odd_row *a, const odd_row *b)
{
    int order = odd_compare(table, a, b);
    if (order == 0) order = (a->source > b->source) - (a->source < b->source);
    return order ? order : (a->line > b->line) - (a->line < b->line);
}

/* ---- Shapes ---- */

odd_shape odd_shape_of(cd_random *r)
{
    static const uint32_t ids[] = {1, 2, 5, 40, 3000}, texts[] = {1, 3, 20, 300};
    static const int64_t spans[] = {0, 100, 254, 255, 65534, 65535, 3600 * 24 * 366, UINT32_MAX - 1, UINT32_MAX, 315537897599};
    static const uint64_t numbers[] = {0, 1, 0xff, 0xffff, UINT32_MAX, UINT64_MAX};
    odd_shape s = {.id_style = (uint32_t)cd_random_below(r, 3), .unknown = (uint32_t)cd_random_below(r, 9)};
    for (uint32_t k = 0; k < ODD_KINDS; k++) s.n_ids[k] = ids[cd_random_below(r, sizeof ids / sizeof *ids)];
    s.n_texts = texts[cd_random_below(r, sizeof texts / sizeof *texts)];
    s.span = spans[cd_random_below(r, sizeof spans / sizeof *spans)];
    s.at = FIRST_TIME + (int64_t)cd_random_below(r, (uint64_t)(LAST_TIME - s.span - FIRST_TIME) + 1);
    s.numbers = numbers[cd_random_below(r, sizeof numbers / sizeof *numbers)];
    s.hub = cd_random_below(r, 4) == 0;
    s.again = (uint32_t)cd_random_below(r, 4);
    return s;
}

static cd_slice id_of(const odd_shape *s, uint32_t kind, cd_random *r, cd_arena *text)
{
    uint64_t i = s->hub && cd_random_below(r, 10) ? 0 : cd_random_below(r, s->n_ids[kind]);
    if (s->id_style == 0) return odd_id(text, kind == ODD_THING ? "P" : "C00", 6, i, r);
    if (s->id_style == 1) return odd_id(text, "an id that begins like all others ", 1 + (uint32_t)i % 200, i, r);
    static const char *const prefixes[] = {"P", "", "officer of unit ", "x", "P0"};
    return odd_id(text, prefixes[i % 5], 1 + (uint32_t)i % 9, i, r);
}

static cd_slice text_of(const odd_shape *s, cd_random *r, cd_arena *text)
{
    uint64_t i = cd_random_below(r, s->n_texts);
    char as[64];
    memset(as, 'a', sizeof as);
    if (i % 4 == 0) return odd_id(text, "w", 1, i, r);
    if (i % 4 == 1) return odd_keep(text, as, 1 + (uint32_t)i % 60, r); /* each the beginning of others */
    return odd_id(text, i % 4 == 2 ? "a text of more than sixteen bytes, number " : "\xc3\xa9\xff", 1, i, r);
}

static int64_t number_of(const odd_shape *s, candour_type type, cd_random *r)
{
    uint64_t ends = cd_random_below(r, 6), x = cd_random_u64(r);
    if (type == CANDOUR_BOOLEAN) return (int64_t)(x & 1);
    if (type != CANDOUR_INTEGER)
        return s->at + (int64_t)(ends == 0 ? 0 : ends == 1 ? (uint64_t)s->span : cd_random_below(r, (uint64_t)s->span + 1));
    int64_t v = (int64_t)((ends == 0 ? 0 : ends == 1 ? UINT64_MAX : x) & s->numbers);
    if (s->numbers == UINT64_MAX && ends < 2) v = ends ? INT64_MAX : INT64_MIN + 1;
    return v == CANDOUR_UNKNOWN ? 0 : v;
}

static double real_of(const odd_shape *s, cd_random *r)
{
    static const double odd[] = {0.0, -0.0, 1.0, -1e308, 5e-324, 0.1};
    return cd_random_below(r, 2) ? odd[cd_random_below(r, sizeof odd / sizeof *odd)]
                                 : (double)cd_random_below(r, 1 + (s->numbers & 0xffff)) / 8;
}

void odd_make(odd_rows *out, uint32_t table, const odd_shape *s, size_t n, uint32_t source, uint32_t line, cd_random *r,
              cd_arena *text)
{
    const candour_table *t = shape_of(table);
    for (size_t i = 0; i < n; i++) {
        odd_row row = {.source = source, .line = line};
        line += i / 64 % 2 ? 1 : 1 + (uint32_t)cd_random_below(r, 3); /* for a while each right after the one before */
        if (i > 0 && cd_random_below(r, 8) < s->again) row = out->rows[out->n - 1], row.line = line++;
        else
            for (uint32_t c = 0; c < t->n_columns; c++) {
                const candour_column *column = &t->columns[c];
                bool known = column->required || cd_random_below(r, 8) >= s->unknown;
                row.integer[c] = CANDOUR_UNKNOWN, row.real[c] = __builtin_nan("");
                if (!known) row.text[c] = (cd_slice){cd_random_below(r, 2) ? "no text at all here" : NULL, 0};
                else if (column->type == CANDOUR_ID) row.text[c] = id_of(s, column->kind, r, text);
                else if (column->type == CANDOUR_TEXT) row.text[c] = text_of(s, r, text);
                else if (column->type == CANDOUR_REAL) row.real[c] = real_of(s, r);
                else row.integer[c] = number_of(s, column->type, r);
            }
        odd_add(out, &row);
    }
}

/* ---- The model ---- */

typedef struct {
    odd_row row;
    bool old; /* was there before */
} told;

static int by_content_then_age(const void *a, const void *b, void *table)
{
    const told *x = a, *y = b;
    int order = odd_compare(*(const uint32_t *)table, &x->row, &y->row);
    if (order == 0) order = y->old - x->old;
    return order ? order : odd_compare_all(*(const uint32_t *)table, &x->row, &y->row);
}

static bool undated(uint32_t table, const odd_row *row)
{
    const candour_table *t = shape_of(table);
    return t->class_of == CANDOUR_ENTITY && row->integer[t->time_column] == CANDOUR_UNKNOWN;
}

/* The undated rows of one entity, of which at most one is old: the last one said is in force. */
static void take_undated(odd_model *m, uint32_t table, const told *all, size_t n)
{
    const told *last = NULL, *old = NULL;
    for (size_t i = 0; i < n; i++) {
        const odd_row *row = &all[i].row;
        if (all[i].old) old = &all[i];
        else if (!last || row->source > last->row.source || (row->source == last->row.source && row->line > last->row.line))
            last = &all[i];
    }
    for (size_t i = 0; last && i < n; i++) {
        if (&all[i] == last || &all[i] == old) continue;
        if (odd_compare(table, &all[i].row, &last->row) == 0) m->repeats++;
        else m->replaced++;
    }
    if (last && old) {
        if (odd_compare(table, &old->row, &last->row) == 0) m->repeats++, last = NULL;
        else m->replaced++;
    }
    odd_add(&m->tables[table], last ? &last->row : &old->row);
}

void odd_model_take(odd_model *m, uint32_t table, const odd_rows *fresh)
{
    odd_rows *held = &m->tables[table];
    size_t n = held->n + fresh->n;
    told *all = cd_alloc(n, sizeof *all, NULL);
    must(all != NULL, "out of memory");
    for (size_t i = 0; i < held->n; i++) all[i] = (told){held->rows[i], true};
    for (size_t i = 0; i < fresh->n; i++) all[held->n + i] = (told){fresh->rows[i], false};
    if (n) qsort_r(all, n, sizeof *all, by_content_then_age, &table);
    held->n = 0, m->repeats = m->replaced = 0;
    for (size_t i = 0, j; i < n; i = j) {
        if (undated(table, &all[i].row)) {
            for (j = i + 1; j < n && undated(table, &all[j].row) && cd_slice_equal(all[j].row.text[0], all[i].row.text[0]); j++) {}
            take_undated(m, table, all + i, j - i);
            continue;
        }
        for (j = i + 1; j < n && odd_compare(table, &all[j].row, &all[i].row) == 0; j++) m->repeats++;
        odd_add(held, &all[i].row);
    }
    cd_free(all);
}

void odd_model_release(odd_model *m)
{
    for (uint32_t t = 0; t < ODD_TABLES; t++) odd_rows_release(&m->tables[t]);
}
