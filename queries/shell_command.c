/* SPDX-License-Identifier: GPL-3.0-or-later
 * shell_command.c: the commands of a shell, each a line that begins with `\`; one table, for running, help and
 * completion. */
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "queries/arguments.h"
#include "queries/command.h"
#include "queries/print.h"
#include "queries/saved.h"
#include "queries/shell.h"

typedef struct {
    const char *name, *arguments, *about;
    cd_status (*run)(shell *s, cd_slice rest, cd_err *err);
} command;

static const command commands[];

/* ---- Words ---- */

static cd_slice trimmed(cd_slice s)
{
    while (s.n && isspace((unsigned char)s.bytes[0])) s.bytes++, s.n--;
    while (s.n && isspace((unsigned char)s.bytes[s.n - 1])) s.n--;
    return s;
}

/* The first word, and in *rest what stands behind it. */
static cd_slice first_word(cd_slice s, cd_slice *rest)
{
    uint32_t n = 0;
    s = trimmed(s);
    while (n < s.n && !isspace((unsigned char)s.bytes[n])) n++;
    *rest = trimmed((cd_slice){s.bytes + n, s.n - n});
    return (cd_slice){s.bytes, n};
}

static cd_status one_name(const char *name, cd_slice rest, cd_slice *out, cd_err *err)
{
    cd_slice behind;
    *out = first_word(rest, &behind);
    if (out->n && !behind.n) return CD_OK;
    return cd_fail(err, CD_EUSAGE, "\\%s wants one name, as in \\%s night-shift", name, name);
}

/* ---- Switches ---- */

static cd_status toggle(shell *s, bool *what, const char *name, cd_slice rest, cd_err *err)
{
    bool on = cd_slice_equal(rest, cd_slice_of("on"));
    if (rest.n && !on && !cd_slice_equal(rest, cd_slice_of("off")))
        return cd_fail(err, CD_EUSAGE, "\\%s is `on` or `off`", name);
    *what = rest.n ? on : !*what;
    cd_buffer_printf(s->out, "\\%s is %s\n", name, *what ? "on" : "off");
    return CD_OK;
}

static cd_status timing(shell *s, cd_slice rest, cd_err *err) { return toggle(s, &s->timing, "timing", rest, err); }
static cd_status plan(shell *s, cd_slice rest, cd_err *err) { return toggle(s, &s->plan, "plan", rest, err); }

static cd_status quit(shell *s, cd_slice rest, cd_err *err)
{
    (void)rest, (void)err;
    s->done = true;
    return CD_OK;
}

/* ---- The schema ---- */

static const char *type_word(const candour_column *c)
{
    static const char *const words[] = {
        [CANDOUR_ID] = "an id",     [CANDOUR_INTEGER] = "a whole number", [CANDOUR_REAL] = "a number",
        [CANDOUR_TEXT] = "a text",  [CANDOUR_BOOLEAN] = "true or false",  [CANDOUR_TIME] = "a time",
        [CANDOUR_MONTH] = "a month"};
    return words[c->type];
}

static uint32_t n_ends(const candour_table *t) { return t->class_of == CANDOUR_RELATION ? 2 : 1; }

/* `(Officer)-[:ACCESSED]->(Case)`; of an entity its label alone. */
static void put_shape(const candour_ontology *o, const candour_table *t, cd_buffer *out)
{
    const char *left = o->kinds[t->columns[0].kind].label;
    if (t->class_of == CANDOUR_ENTITY) cd_buffer_printf(out, "(%s)", t->label);
    if (t->class_of == CANDOUR_RECORD) cd_buffer_printf(out, "(%s)-[:HAS]->(%s)", left, t->label);
    if (t->class_of == CANDOUR_RELATION)
        cd_buffer_printf(out, "(%s)-[:%s]->(%s)", left, t->label, o->kinds[t->columns[1].kind].label);
    cd_buffer_add(out, "", 1);
}

static void put_properties(const candour_table *t, cd_buffer *out)
{
    if (t->class_of == CANDOUR_ENTITY) cd_buffer_printf(out, "id");
    for (uint32_t c = n_ends(t); c < t->n_columns; c++)
        cd_buffer_printf(out, "%s%s", out->n ? ", " : "", t->columns[c].name);
    cd_buffer_add(out, "", 1);
}

static bool has_label(const candour_table *t) { return t->label && *t->label; }

static cd_status whole_schema(shell *s, const candour_ontology *o, cd_err *err)
{
    cd_status st = CD_OK;
    static const candour_class order[] = {CANDOUR_ENTITY, CANDOUR_RECORD, CANDOUR_RELATION};
    cd_buffer shape = {0}, properties = {0};
    print_table table = {0};
    char count[PRINT_TEXT];
    print_table_heads(&table, "pattern,>rows,properties");
    for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
        for (uint32_t i = 0; i < o->n_tables; i++) {
            const candour_table *t = &o->tables[i];
            if (t->class_of != order[k] || !has_label(t)) continue;
            shape.n = properties.n = 0;
            put_shape(o, t, &shape);
            put_properties(t, &properties);
            if (shape.status != CD_OK || properties.status != CD_OK) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory"));
            print_table_cell(&table, "%s", shape.bytes);
            print_table_cell(&table, "%s", print_count(candour_reader_count(s->reader, i), count));
            print_table_cell(&table, "%s", properties.bytes);
        }
    }
    CD_TRY(print_table_end(&table, s->out, err));
    cd_buffer_printf(s->out, "\\schema LABEL says more of one, as in \\schema %s\n", o->kinds[0].label);
done:
    cd_buffer_release(&shape);
    cd_buffer_release(&properties);
    return st;
}

/* What it means, and the values that the contract names, which stand between spaces. */
static void put_about(print_table *table, const candour_column *c)
{
    cd_buffer text = {0};
    if (c->about) cd_buffer_printf(&text, "%s", c->about);
    for (const char *from = c->values; from && *from;) {
        const char *begin = from + strspn(from, " ");
        size_t n = strcspn(begin, " ");
        if (n) cd_buffer_printf(&text, "%s%.*s", from == c->values ? ": " : ", ", (int)n, begin);
        from = begin + n;
    }
    print_table_cell(table, "%s", text.bytes ? text.bytes : "");
    cd_buffer_release(&text);
}

static cd_status schema_of(shell *s, const candour_ontology *o, const candour_table *t, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer shape = {0};
    print_table table = {0};
    put_shape(o, t, &shape);
    if (shape.status != CD_OK) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory"));
    cd_buffer_printf(s->out, "%s: %s\n", shape.bytes, t->about ? t->about : "");
    print_table_heads(&table, "property,is,about");
    for (uint32_t c = t->class_of == CANDOUR_ENTITY ? 0 : n_ends(t); c < t->n_columns; c++) {
        const candour_column *column = &t->columns[c];
        print_table_cell(&table, "%s", c == 0 ? "id" : column->name);
        print_table_cell(&table, "%s", type_word(column));
        put_about(&table, column);
    }
    CD_TRY(print_table_end(&table, s->out, err));
done:
    cd_buffer_release(&shape);
    return st;
}

static cd_status schema(shell *s, cd_slice rest, cd_err *err)
{
    const candour_ontology *o = candour_store_ontology(s->store);
    char written[64];
    bool any = false;
    if (!rest.n) return whole_schema(s, o, err);
    if (rest.bytes[0] == ':') rest.bytes++, rest.n--;
    snprintf(written, sizeof written, "%.*s", (int)rest.n, rest.bytes);
    cli_nearest nearest = cli_nearest_to(written);
    for (uint32_t i = 0; i < o->n_tables; i++) {
        const candour_table *t = &o->tables[i];
        if (!has_label(t)) continue;
        cli_nearest_try(&nearest, t->label);
        if (strcasecmp(t->label, written) != 0) continue;
        cd_status st = schema_of(s, o, t, err);
        if (st != CD_OK) return st;
        any = true;
    }
    if (any) return CD_OK;
    if (nearest.best)
        return cd_fail(err, CD_EUSAGE, "there is no label or type '%s'; did you mean '%s'?", written, nearest.best);
    return cd_fail(err, CD_EUSAGE, "there is no label or type '%s'; see \\schema", written);
}

/* ---- Parameters ---- */

static cd_status param(shell *s, cd_slice rest, cd_err *err)
{
    cd_status st = CD_OK;
    ask_parameters tried = {0};
    if (!rest.n) {
        for (size_t i = 0; i < s->parameters.n; i++)
            cd_buffer_add(s->out, s->parameters.bytes[i] == CLI_APART ? "\n" : s->parameters.bytes + i, 1);
        if (!s->parameters.n) cd_buffer_printf(s->out, "no parameter is set; set one with \\param name=VALUE\n");
        return CD_OK;
    }
    if (rest.bytes[0] == '$') rest.bytes++, rest.n--;
    CD_TRY(ask_parameter_add(&tried, rest, err));
    cd_buffer_add(&s->parameters, rest.bytes, rest.n);
    cd_buffer_add(&s->parameters, (char[]){CLI_APART}, 1);
    if (s->parameters.status != CD_OK) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory"));
done:
    ask_parameters_release(&tried);
    return st;
}

/* ---- Saved queries ---- */

static cd_status save(shell *s, cd_slice rest, cd_err *err)
{
    cd_status st = CD_OK;
    cd_slice name, text = trimmed((cd_slice){s->last.bytes, (uint32_t)s->last.n});
    cd_buffer lines = {0};
    CD_TRY(one_name("save", rest, &name, err));
    CD_TRY(saved_check_name(name, err));
    if (!text.n) CD_TRY(cd_fail(err, CD_EUSAGE, "no query was asked yet; ask one, then save it"));
    cd_buffer_add(&lines, text.bytes, text.n);
    cd_buffer_add(&lines, "\n", 1);
    if (lines.status != CD_OK) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory"));
    CD_TRY(saved_write(s->path, name, (cd_slice){lines.bytes, (uint32_t)lines.n}, err));
    cd_buffer_printf(s->out, "saved as %.*s\n", (int)name.n, name.bytes);
done:
    cd_buffer_release(&lines);
    return st;
}

static cd_status run(shell *s, cd_slice rest, cd_err *err)
{
    cd_status st = CD_OK;
    cd_slice more, name = first_word(rest, &more);
    cd_buffer text = {0};
    if (!name.n) CD_TRY(cd_fail(err, CD_EUSAGE, "\\run wants the name of a saved query; see \\saved"));
    CD_TRY(saved_read(s->path, name, &text, err));
    CD_TRY(shell_ask(s, (cd_slice){text.bytes ? text.bytes : "", (uint32_t)text.n}, more, err));
done:
    cd_buffer_release(&text);
    return st;
}

static cd_status saved(shell *s, cd_slice rest, cd_err *err)
{
    enum { SHOWN = 100 };
    cd_status st = CD_OK;
    cd_arena arena = {0};
    const char **names;
    size_t n;
    print_table table = {0};
    (void)rest;
    CD_TRY(saved_list(s->path, &arena, &names, &n, err));
    if (!n) cd_buffer_printf(s->out, "no query is saved yet; ask one, then \\save NAME\n");
    if (n) print_table_heads(&table, "name,query");
    for (size_t i = 0; i < n; i++) {
        cd_buffer text = {0}, line = {0};
        st = saved_read(s->path, cd_slice_of(names[i]), &text, err);
        shell_flatten((cd_slice){text.bytes, (uint32_t)text.n}, &line);
        cd_slice shown = cd_slice_cut((cd_slice){line.bytes, (uint32_t)line.n}, SHOWN);
        print_table_cell(&table, "%s", names[i]);
        print_table_cell(&table, "%.*s%s", (int)shown.n, shown.bytes ? shown.bytes : "", shown.n < line.n ? "..." : "");
        cd_buffer_release(&text);
        cd_buffer_release(&line);
        if (st != CD_OK) break;
    }
    cd_status ended = n ? print_table_end(&table, s->out, st == CD_OK ? err : NULL) : CD_OK;
    if (st == CD_OK) st = ended;
done:
    cd_arena_release(&arena);
    return st;
}

/* ---- Help ---- */

static cd_status help(shell *s, cd_slice rest, cd_err *err)
{
    (void)rest, (void)err;
    cd_buffer_printf(s->out, "A query ends with `;` or an empty line, as in\n\n"
                             "  MATCH (o:Officer)-[a:ACCESSED]->(c:Case) RETURN o.id, count(*) AS openings ORDER BY "
                             "openings DESC LIMIT 5;\n\n"
                             "and a command with its line:\n\n");
    for (const command *c = commands; c->name; c++) {
        char usage[48];
        snprintf(usage, sizeof usage, "\\%s%s%s", c->name, *c->arguments ? " " : "", c->arguments);
        cd_buffer_printf(s->out, "  %-28s %s\n", usage, c->about);
    }
    cd_buffer_printf(s->out,
                     "\n`candour query --help` says what the language has. Ctrl-C stops a query, and Ctrl-D leaves.\n");
    return CD_OK;
}

/* ---- The table ---- */

static const command commands[] = {
    {"help", "", "this", help},
    {"schema", "[LABEL]", "the labels, relations and properties that can be asked for", schema},
    {"param", "[NAME=VALUE]", "what $NAME stands for from now on; alone: all that is set", param},
    {"timing", "[on|off]", "say how long each query took", timing},
    {"plan", "[on|off]", "show each query's plan before its answer", plan},
    {"save", "NAME", "keep the last query with the store, under a name", save},
    {"saved", "", "the queries that are saved", saved},
    {"run", "NAME [$param=VALUE]...", "ask a saved query", run},
    {"quit", "", "leave", quit},
    {0},
};

const char *shell_command_name(uint32_t i) { return commands[i].name; }

static const command *find(cd_slice name, const char **nearest_name)
{
    char written[32];
    const command *begun = NULL;
    uint32_t n_begun = 0;
    snprintf(written, sizeof written, "%.*s", (int)name.n, name.bytes);
    cli_nearest nearest = cli_nearest_to(written);
    for (const command *c = commands; c->name; c++) {
        if (cd_slice_equal(name, cd_slice_of(c->name))) return c;
        cli_nearest_try(&nearest, c->name);
        if (name.n && strncmp(c->name, name.bytes, name.n) == 0 && name.n < strlen(c->name)) begun = c, n_begun++;
    }
    *nearest_name = nearest.best;
    return n_begun == 1 ? begun : NULL; /* \q is \quit */
}

cd_status shell_command(shell *s, cd_slice line, cd_err *err)
{
    cd_slice rest, name = first_word((cd_slice){line.bytes + 1, line.n - 1}, &rest);
    const char *nearest = NULL;
    cd_err failure = {0};
    while (rest.n && rest.bytes[rest.n - 1] == ';') rest = trimmed((cd_slice){rest.bytes, rest.n - 1});
    const command *c = find(name, &nearest);
    cd_status st;
    if (c)
        st = c->run(s, rest, &failure);
    else if (nearest)
        st =
            cd_fail(&failure, CD_EUSAGE, "no command '\\%.*s'; did you mean '\\%s'?", (int)name.n, name.bytes, nearest);
    else
        st = cd_fail(&failure, CD_EUSAGE, "no command '\\%.*s'; see \\help", (int)name.n, name.bytes);
    if (st == CD_ESTOPPED) {
        *err = failure;
        return st;
    }
    if (st != CD_OK) return shell_complain(s, &failure, err);
    return shell_write(s, err);
}
