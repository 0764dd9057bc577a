/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_facets.c: `candour facets`: how often each value of an attribute is, over the rows that were chosen. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/hash.h"
#include "queries/commands.h"
#include "queries/id_rows.h"

enum { FEW = 24, BUCKETS = 20, CONDITIONS = 16, DAY = 86400 };

/* A column of the table or, of an id, a column of what it is now: `action`, `case_id.unit`. */
typedef struct {
    uint32_t column, entity_table, entity_column;
    bool of_entity;
    candour_type type;
    const char *name;
} attribute;

typedef struct {
    attribute what;
    cd_slice value;
} condition;

/* A value and how many rows have it; texts by their bytes, all else by its number. */
typedef struct {
    cd_slice text;
    int64_t order;
    uint64_t rows;
} facet;

typedef struct {
    question q;
    uint32_t table;
    attribute what;
    condition where[CONDITIONS];
    uint32_t n_where;
    bool one_id; /* of the rows of this id alone */
    found_id of;
    facet *list;
    size_t n, cap;
    uint32_t *places; /* a table of hashes: 1 + a facet */
    size_t cap_places;
    uint64_t rows, unknown;
    double lo, width; /* of buckets; width 0: by value */
    const char *by;   /* of times */
} facets;

/* ---- What is asked ---- */

static cd_status no_column(const candour_table *t, const char *name, cd_err *err)
{
    cli_nearest nearest = cli_nearest_to(name);
    for (uint32_t c = 0; c < t->n_columns; c++) cli_nearest_try(&nearest, t->columns[c].name);
    if (nearest.best)
        return cd_fail(err, CD_EUSAGE, "'%s' has no column '%s'; did you mean '%s'?", t->name, name, nearest.best);
    return cd_fail(err, CD_EUSAGE, "'%s' has no column '%s'; its columns stand in `candour load --explain-mapping`",
                   t->name, name);
}

static cd_status read_attribute(facets *f, const char *name, attribute *out, cd_err *err)
{
    cd_status st = CD_OK;
    const candour_table *t = &f->q.ontology->tables[f->table];
    const char *dot = strchr(name, '.');
    const char *own = dot ? cd_arena_copy(&f->q.run->arena, name, (size_t)(dot - name), err) : name;
    if (!own) return CD_EMEMORY;
    int32_t c = candour_column_find(t, cd_slice_of(own));
    if (c < 0) CD_TRY(no_column(t, own, err));
    *out = (attribute){.column = (uint32_t)c, .type = t->columns[c].type, .name = name};
    if (!dot) goto done;
    if (out->type != CANDOUR_ID) CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' is no id, so that it has no '%s'", own, dot + 1));
    out->entity_table = f->q.ontology->kinds[t->columns[c].kind].table;
    const candour_table *entity = &f->q.ontology->tables[out->entity_table];
    int32_t e = candour_column_find(entity, cd_slice_of(dot + 1));
    if (e < 0) CD_TRY(no_column(entity, dot + 1, err));
    out->of_entity = true, out->entity_column = (uint32_t)e, out->type = entity->columns[e].type;
done:
    return st;
}

static cd_status read_conditions(facets *f, cd_err *err)
{
    cd_status st = CD_OK;
    const char *text = cli_value(f->q.run, "where");
    while (text && *text) {
        size_t n = strcspn(text, ",");
        const char *one = cd_arena_copy(&f->q.run->arena, text, n, err);
        if (!one) return CD_EMEMORY;
        const char *equals = strchr(one, '=');
        if (!equals) CD_TRY(cd_fail(err, CD_EUSAGE, "--where takes COLUMN=VALUE, not '%s'", one));
        if (f->n_where == CONDITIONS)
            CD_TRY(cd_fail(err, CD_EUSAGE, "--where takes at most %d conditions", CONDITIONS));
        const char *name = cd_arena_copy(&f->q.run->arena, one, (size_t)(equals - one), err);
        if (!name) return CD_EMEMORY;
        CD_TRY(read_attribute(f, name, &f->where[f->n_where].what, err));
        f->where[f->n_where++].value = cd_slice_of(equals + 1);
        text += n + (text[n] == ',');
    }
done:
    return st;
}

/* ---- Rows ---- */

/* Where the value of an attribute stands: a table, a column, a row. False: it is not known. */
static bool place_of(const facets *f, const attribute *a, uint64_t row, uint32_t *table, uint32_t *column, uint64_t *at)
{
    *table = f->table, *column = a->column, *at = row;
    if (!a->of_entity) return true;
    const candour_table *t = &f->q.ontology->tables[f->table];
    int64_t id = a->column == 0 ? candour_reader_left(f->q.reader, f->table, row)
                 : a->column == 1 && t->class_of == CANDOUR_RELATION
                     ? candour_reader_right(f->q.reader, f->table, row)
                     : candour_reader_integer(f->q.reader, f->table, a->column, row);
    if (id < 0 || id >= candour_reader_ids(f->q.reader, t->columns[a->column].kind)) return false;
    *table = a->entity_table, *column = a->entity_column;
    *at = candour_reader_entity(f->q.reader, a->entity_table, (uint32_t)id);
    return *at != CANDOUR_NO_ROW;
}

/* A cell by its letters; the first two ids of a row are not in its cells. */
static void cell_text(const facets *f, uint32_t table, uint32_t column, uint64_t row, cd_buffer *out)
{
    const candour_table *t = &f->q.ontology->tables[table];
    bool right = column == 1 && t->class_of == CANDOUR_RELATION;
    if (column != 0 && !right) {
        id_rows_value(&f->q, table, column, row, out);
        return;
    }
    uint32_t id = right ? candour_reader_right(f->q.reader, table, row) : candour_reader_left(f->q.reader, table, row);
    cd_slice text = id == CANDOUR_NO_ID ? (cd_slice){0} : candour_reader_id(f->q.reader, t->columns[column].kind, id);
    cd_buffer_add(out, text.bytes, text.n);
}

static bool holds(const facets *f, const condition *c, uint64_t row, cd_buffer *scratch)
{
    uint32_t table, column;
    uint64_t at;
    scratch->n = 0;
    if (place_of(f, &c->what, row, &table, &column, &at)) cell_text(f, table, column, at, scratch);
    return cd_slice_equal((cd_slice){scratch->bytes, (uint32_t)scratch->n}, c->value);
}

/* Of an entity the row that describes it now alone. */
static bool is_chosen(facets *f, const candour_rows *rows, uint64_t i, cd_buffer *scratch)
{
    const candour_table *t = &f->q.ontology->tables[f->table];
    uint64_t row = candour_row_at(rows, i);
    int32_t end = id_rows_end_column(t);
    if (t->class_of == CANDOUR_ENTITY) {
        uint32_t id = candour_reader_left(f->q.reader, f->table, row);
        if (id == CANDOUR_NO_ID || candour_reader_entity(f->q.reader, f->table, id) != row) return false;
    }
    if (t->time_column >= 0 && (f->q.from != CANDOUR_UNKNOWN || f->q.to != CANDOUR_UNKNOWN)) {
        int64_t from = candour_reader_integer(f->q.reader, f->table, (uint32_t)t->time_column, row);
        int64_t to = end < 0 ? from : candour_reader_integer(f->q.reader, f->table, (uint32_t)end, row);
        if (!id_rows_within(&f->q, from, to)) return false;
    }
    for (uint32_t c = 0; c < f->n_where; c++)
        if (!holds(f, &f->where[c], row, scratch)) return false;
    return true;
}

/* Calls take for each chosen row. */
typedef cd_status take_row(facets *f, uint64_t row, cd_buffer *scratch, cd_err *err);
static cd_status for_rows(facets *f, take_row *take, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer scratch = {0};
    const candour_table *t = &f->q.ontology->tables[f->table];
    for (uint32_t part = 0; part < candour_reader_parts(f->q.reader); part++) {
        candour_rows rows = !f->one_id ? candour_reader_all(f->q.reader, f->table, part)
                            : t->columns[0].kind == f->of.kind
                                ? candour_reader_of_left(f->q.reader, f->table, f->of.number, part)
                                : candour_reader_of_right(f->q.reader, f->table, f->of.number, part);
        for (uint64_t i = 0; i < rows.n; i++)
            if (is_chosen(f, &rows, i, &scratch)) CD_TRY(take(f, candour_row_at(&rows, i), &scratch, err));
    }
    if (scratch.status != CD_OK) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory while counting"));
done:
    cd_buffer_release(&scratch);
    return st;
}

/* ---- Facets ---- */

static uint32_t *facet_place(facets *f, cd_slice text, int64_t order)
{
    size_t mask = f->cap_places - 1;
    for (size_t i = (size_t)(cd_hash64(text.bytes, text.n) ^ (uint64_t)order * 0x9e3779b97f4a7c15u) & mask;;
         i = (i + 1) & mask) {
        const facet *at = f->places[i] ? &f->list[f->places[i] - 1] : NULL;
        if (!at || (at->order == order && cd_slice_equal(at->text, text))) return &f->places[i];
    }
}

static cd_status facet_add(facets *f, cd_slice text, int64_t order, cd_err *err)
{
    cd_status st = CD_OK;
    if (2 * (f->n + 1) > f->cap_places) {
        cd_free(f->places);
        f->cap_places = f->cap_places ? 2 * f->cap_places : 256;
        CD_NEW(f->places, f->cap_places);
        for (size_t i = 0; i < f->n; i++) *facet_place(f, f->list[i].text, f->list[i].order) = (uint32_t)i + 1;
    }
    uint32_t *at = facet_place(f, text, order);
    if (!*at) {
        CD_TRY(cd_grow(&f->list, &f->cap, f->n + 1, sizeof *f->list, err));
        const char *copy = text.n ? cd_arena_copy(&f->q.run->arena, text.bytes, text.n, err) : "";
        if (!copy) CD_TRY(CD_EMEMORY);
        f->list[f->n++] = (facet){.text = {copy, text.n}, .order = order};
        *at = (uint32_t)f->n;
    }
    f->list[*at - 1].rows++;
done:
    return st;
}

static cd_status take_text(facets *f, uint64_t row, cd_buffer *scratch, cd_err *err)
{
    uint32_t table, column;
    uint64_t at;
    scratch->n = 0;
    f->rows++;
    if (place_of(f, &f->what, row, &table, &column, &at)) cell_text(f, table, column, at, scratch);
    if (scratch->n) return facet_add(f, (cd_slice){scratch->bytes, (uint32_t)scratch->n}, 0, err);
    f->unknown++;
    return CD_OK;
}

static bool number_of(const facets *f, uint64_t row, double *out)
{
    uint32_t table, column;
    uint64_t at;
    if (!place_of(f, &f->what, row, &table, &column, &at)) return false;
    if (f->what.type == CANDOUR_REAL) {
        *out = candour_reader_real(f->q.reader, table, column, at);
        return !isnan(*out);
    }
    int64_t whole = candour_reader_integer(f->q.reader, table, column, at);
    *out = (double)whole;
    return whole != CANDOUR_UNKNOWN;
}

static int64_t thousandths_of(double value) { return llround(fmin(fmax(value, -1e15), 1e15) * 1000); }

/* Which bucket a value is in; of a time its day, month and so on, as a number that orders it. */
static int64_t bucket_of(const facets *f, double value)
{
    if (f->what.type != CANDOUR_TIME && f->what.type != CANDOUR_MONTH)
        return f->width > 0 ? (int64_t)fmin(floor((value - f->lo) / f->width), BUCKETS - 1) : thousandths_of(value);
    int64_t at = (int64_t)fmin(fmax(value, -1e11), 1e12);
    cd_civil c = cd_civil_of(at);
    int64_t day = cd_days_of(c.year, c.month, c.day);
    if (f->by[0] == 'h') return c.hour;
    if (f->by[0] == 'w') return (day % 7 + 10) % 7; /* 1970-01-01 was a Thursday; Monday is 0 */
    if (f->by[0] == 'd') return day;
    return f->by[0] == 'y' ? c.year : c.year * 12 + c.month - 1;
}

static cd_status take_number(facets *f, uint64_t row, cd_buffer *scratch, cd_err *err)
{
    double value;
    (void)scratch;
    f->rows++;
    if (number_of(f, row, &value)) return facet_add(f, (cd_slice){"", 0}, bucket_of(f, value), err);
    f->unknown++;
    return CD_OK;
}

/* The least and the most, and whether there are few different ones. */
static cd_status take_range(facets *f, uint64_t row, cd_buffer *scratch, cd_err *err)
{
    double value;
    (void)scratch;
    if (!number_of(f, row, &value)) return CD_OK;
    f->lo = fmin(f->lo, value), f->width = fmax(f->width, value);
    return f->n > FEW ? CD_OK : facet_add(f, (cd_slice){"", 0}, thousandths_of(value), err);
}

/* A width of 1, 2 or 5 times a power of ten, of which BUCKETS hold all. */
static double round_width(double span)
{
    double unit = 1e-3;
    static const double steps[] = {1, 2, 5};
    for (;; unit *= 10)
        for (int i = 0; i < 3; i++)
            if (unit * steps[i] * BUCKETS > span) return unit * steps[i];
}

static cd_status count_numbers(facets *f, cd_err *err)
{
    cd_status st = CD_OK;
    f->lo = HUGE_VAL, f->width = -HUGE_VAL;
    CD_TRY(for_rows(f, take_range, err));
    double most = f->width;
    f->width = f->n > FEW && most < 1e300 ? round_width(most - f->lo) : 0;
    if (f->width > 0) f->lo = floor(f->lo / f->width) * f->width;
    if (f->width > 0) f->width = round_width(most - f->lo);
    f->n = 0;
    cd_free(f->places);
    f->places = NULL, f->cap_places = 0;
    CD_TRY(for_rows(f, take_number, err));
done:
    return st;
}

/* ---- The answer ---- */

static int most_first(const void *a, const void *b)
{
    const facet *x = a, *y = b;
    if (x->rows != y->rows) return x->rows > y->rows ? -1 : 1;
    return cd_slice_compare(x->text, y->text);
}

static int in_order(const void *a, const void *b)
{
    const facet *x = a, *y = b;
    return (x->order > y->order) - (x->order < y->order);
}

static void time_words(const facets *f, int64_t bucket, cd_buffer *out)
{
    static const char *const days[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
    char text[PRINT_TEXT];
    if (f->by[0] == 'h')
        cd_buffer_printf(out, "%02" PRId64 ":00", bucket);
    else if (f->by[0] == 'w')
        cd_buffer_printf(out, "%s", days[bucket]);
    else if (f->by[0] == 'd')
        cd_buffer_printf(out, "%s", print_day(bucket * DAY, text));
    else if (f->by[0] == 'y')
        cd_buffer_printf(out, "%04" PRId64, bucket);
    else
        cd_buffer_printf(out, "%04" PRId64 "-%02" PRId64, bucket / 12, bucket % 12 + 1);
}

static void value_cell_of(facets *f, const facet *x)
{
    cd_buffer text = {0};
    bool is_time = f->what.type == CANDOUR_TIME || f->what.type == CANDOUR_MONTH;
    if (x->text.n)
        cd_buffer_add(&text, x->text.bytes, x->text.n);
    else if (is_time)
        time_words(f, x->order, &text);
    else if (f->width > 0)
        cd_buffer_printf(&text, "%.10g to %.10g", f->lo + (double)x->order * f->width,
                         f->lo + (double)(x->order + 1) * f->width);
    else
        cd_buffer_printf(&text, "%.10g", (double)x->order / 1000);
    answer_buffer(&f->q.answer, &text);
}

static void bar_cell(facets *f, uint64_t rows, uint64_t most)
{
    enum { LONGEST = 40 };
    cd_buffer bar = {0};
    for (uint64_t i = 0; i < (rows * LONGEST + most - 1) / most; i++) cd_buffer_printf(&bar, "█");
    answer_buffer(&f->q.answer, &bar);
}

static void lines(facets *f, size_t n)
{
    answer_table *t = &f->q.answer;
    bool to_people = !cli_given(f->q.run, "csv") && !cli_given(f->q.run, "json");
    uint64_t most = 1;
    for (size_t i = 0; i < f->n; i++)
        if (f->list[i].rows > most) most = f->list[i].rows;
    (void)answer_column(t, f->what.name, CANDOUR_TEXT);
    (void)answer_column(t, "rows", CANDOUR_INTEGER);
    (void)answer_column(t, "percent", CANDOUR_REAL);
    if (to_people) (void)answer_column(t, "", CANDOUR_TEXT);
    for (size_t i = 0; i < n; i++) {
        value_cell_of(f, &f->list[i]);
        answer_whole(t, (int64_t)f->list[i].rows);
        answer_real(t, round(10000.0 * (double)f->list[i].rows / (double)f->rows) / 100);
        if (to_people) bar_cell(f, f->list[i].rows, most);
    }
}

static cd_status read_by(facets *f, cd_err *err)
{
    static const char *const words[] = {"hour", "weekday", "day", "month", "year"};
    const char *by = cli_value(f->q.run, "by");
    bool is_time = f->what.type == CANDOUR_TIME || f->what.type == CANDOUR_MONTH;
    f->by = by ? NULL : "month";
    for (size_t i = 0; by && i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], by) == 0) f->by = words[i];
    if (!f->by) return cd_fail(err, CD_EUSAGE, "--by takes hour, weekday, day, month or year, not '%s'", by);
    if (by && !is_time) return cd_fail(err, CD_EUSAGE, "--by is for times, and '%s' is none", f->what.name);
    return CD_OK;
}

static cd_status read_question(facets *f, cd_err *err)
{
    cd_status st = CD_OK;
    cli_run *run = f->q.run;
    const char *of = cli_value(run, "of");
    const bool *kinds;
    int32_t table = candour_table_find(f->q.ontology, cd_slice_of(run->arguments[1]));
    cli_nearest nearest = cli_nearest_to(run->arguments[1]);
    for (uint32_t t = 0; t < f->q.ontology->n_tables; t++) cli_nearest_try(&nearest, f->q.ontology->tables[t].name);
    if (table < 0 && nearest.best)
        CD_TRY(cd_fail(err, CD_EUSAGE, "no table '%s'; did you mean '%s'?", run->arguments[1], nearest.best));
    if (table < 0)
        CD_TRY(cd_fail(err, CD_EUSAGE, "no table '%s'; `candour info` lists what there is", run->arguments[1]));
    f->table = (uint32_t)table;
    for (uint32_t t = 0; t < f->q.ontology->n_tables; t++) f->q.tables[t] = t == f->table;
    CD_TRY(read_attribute(f, run->arguments[2], &f->what, err));
    CD_TRY(read_conditions(f, err));
    CD_TRY(read_by(f, err));
    f->one_id = of != NULL;
    CD_TRY(question_kinds(&f->q, LEFT | RIGHT, &kinds, err));
    if (of) CD_TRY(find_id(f->q.reader, kinds, of, &f->of, err));
done:
    return st;
}

cd_status cmd_facets(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    facets f = {0};
    char n[PRINT_TEXT], rows[PRINT_TEXT];
    CD_TRY(question_open(&f.q, run, QUESTION_ENTITY | QUESTION_RELATION | QUESTION_RECORD, NULL, err));
    CD_TRY(read_question(&f, err));
    bool texts = f.what.type == CANDOUR_TEXT || f.what.type == CANDOUR_ID;
    bool times = f.what.type == CANDOUR_TIME || f.what.type == CANDOUR_MONTH;
    CD_TRY(texts ? for_rows(&f, take_text, err) : times ? for_rows(&f, take_number, err) : count_numbers(&f, err));
    if (f.n > 1) qsort(f.list, f.n, sizeof *f.list, texts ? most_first : in_order);
    lines(&f, question_listed(&f.q, f.n));
    cd_buffer_printf(&f.q.words, "%s of %s: %s different in %s rows", f.what.name, run->arguments[1],
                     print_count(f.n, n), print_count(f.rows, rows));
    if (f.unknown) cd_buffer_printf(&f.q.words, "; %s say nothing", print_count(f.unknown, n));
    cd_buffer_printf(&f.q.words, "\n");
    question_fact(&f.q, "counted", (int64_t)f.rows);
    question_fact(&f.q, "unknown", (int64_t)f.unknown);
    snprintf(f.q.title, sizeof f.q.title, "%s of %s", f.what.name, run->arguments[1]);
    CD_TRY(question_answer(&f.q, f.n, err));
done:
    cd_free(f.list);
    cd_free(f.places);
    question_close(&f.q);
    return st;
}
