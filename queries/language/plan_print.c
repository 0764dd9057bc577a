/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_print.c: a plan in words. */
#include "queries/language/plan_print.h"

#include <inttypes.h>
#include <math.h>

#include "queries/language/parse.h"
#include "queries/language/plan_batch.h"
#include "queries/language/plan_bound.h"

typedef struct {
    const query_plan *plan;
    const candour_ontology *ontology;
    candour_reader *reader;
    const query_stats *stats;
    cd_buffer *out;
} printing;

enum { WORDS_WIDE = 72 };

static void print_tables(printing *p, table_set tables)
{
    bool all = true, first = true;
    for (uint32_t t = 0; t < p->ontology->n_tables; t++)
        all &= p->ontology->tables[t].class_of == CANDOUR_RELATION || (tables & table_bit(t));
    if (all) return;
    for (uint32_t t = 0; t < p->ontology->n_tables; t++) {
        if (!(tables & table_bit(t))) continue;
        cd_buffer_printf(p->out, "%s%s", first ? ":" : "|", p->ontology->tables[t].label);
        first = false;
    }
    if (first) cd_buffer_printf(p->out, ", of which there are none");
}

static void print_edges(printing *p, const plan_step *s)
{
    bool forth = false, back = false;
    for (uint32_t i = 0; i < s->n_ways; i++) forth |= !s->ways[i].backwards, back |= s->ways[i].backwards;
    cd_buffer_printf(p->out, " %s[", back && !forth ? "<-" : "-");
    for (uint32_t i = 0; i < s->n_ways; i++) {
        bool again = false;
        for (uint32_t k = 0; k < i; k++) again |= s->ways[k].table == s->ways[i].table;
        const candour_table *t = &p->ontology->tables[s->ways[i].table];
        if (again) continue;
        cd_buffer_printf(p->out, "%s", i ? "|" : ":");
        if (s->ways[i].has) cd_buffer_printf(p->out, "HAS %s", t->label);
        else cd_buffer_printf(p->out, "%s", t->label);
    }
    if (s->kind == STEP_WANDER || s->kind == STEP_SHORTEST) {
        cd_buffer_printf(p->out, " *%" PRIu32 "..", s->least);
        if (s->most != NO_LIMIT) cd_buffer_printf(p->out, "%" PRIu32, s->most);
    }
    cd_buffer_printf(p->out, "]%s", forth && !back ? "->" : "-");
}

static void print_items(printing *p, const projection *r)
{
    for (uint32_t i = 0; i < r->n_items; i++) {
        cd_slice name = r->items[i].alias.bytes ? r->items[i].alias : r->items[i].name;
        cd_buffer_printf(p->out, "%s%.*s", i ? ", " : " ", (int)name.n, name.bytes);
    }
}

static void print_keys(printing *p, const projection *r)
{
    for (uint32_t i = 0; i < r->n_keys; i++) {
        cd_buffer_printf(p->out, "%s", i ? ", " : " by ");
        expression_print(r->keys[i].by, p->out);
        if (r->keys[i].falling) cd_buffer_printf(p->out, " falling");
    }
}

static void print_words(printing *p, const plan_step *s)
{
    static const char *const names[] = {
        [STEP_NODES] = "every node ",  [STEP_FIND] = "node by id ",     [STEP_CHECK] = "check the node ", [STEP_EXPAND] = "follow",
        [STEP_ENDS] = "ends of the edge", [STEP_WANDER] = "walk",       [STEP_SHORTEST] = "shortest path", [STEP_FILTER] = "where ",
        [STEP_PATH] = "name the path",  [STEP_OPTIONAL] = "optionally", [STEP_UNWIND] = "each of ",       [STEP_CALL] = "call ",
        [STEP_PROJECT] = "make",        [STEP_GROUP] = "group",         [STEP_DISTINCT] = "leave out rows alike", [STEP_SORT] = "sort",
        [STEP_SKIP] = "skip ",          [STEP_LIMIT] = "at most ",      [STEP_ANSWER] = "answer"};
    cd_buffer_printf(p->out, "%s", names[s->kind]);
    switch (s->kind) {
    case STEP_NODES:
    case STEP_CHECK:
    case STEP_FIND:
        cd_buffer_printf(p->out, "(");
        print_tables(p, s->tables);
        cd_buffer_printf(p->out, ")");
        if (s->kind == STEP_FIND) cd_buffer_printf(p->out, s->among ? " in " : " = "), expression_print(s->what, p->out);
        break;
    case STEP_EXPAND:
    case STEP_WANDER:
    case STEP_SHORTEST:
        print_edges(p, s);
        cd_buffer_printf(p->out, "(");
        print_tables(p, s->tables);
        cd_buffer_printf(p->out, ")%s", s->known && s->kind != STEP_SHORTEST ? ", a node that is known" : s->counted ? ", only counted" : "");
        if (s->n_apart) cd_buffer_printf(p->out, ", another node");
        break;
    case STEP_CALL: cd_buffer_printf(p->out, "%.*s", (int)s->clause->name.n, s->clause->name.bytes); break;
    case STEP_PROJECT:
    case STEP_GROUP: print_items(p, s->projection); break;
    case STEP_SORT: print_keys(p, s->projection); break;
    default:
        if (s->what) expression_print(s->what, p->out);
    }
}

static void print_pipeline(printing *p, const pipeline *pipe, uint32_t depth);

/* Patterns that stand within an expression. */
static void print_within(printing *p, const expression *x, uint32_t depth)
{
    if (!x) return;
    if (x->plan) {
        cd_buffer_printf(p->out, "%*s  for each: ", (int)(2 * depth), "");
        expression_print(x, p->out);
        cd_buffer_printf(p->out, "\n");
        print_pipeline(p, x->plan, depth + 2);
    }
    for (uint32_t i = 0; i < x->n_of; i++) print_within(p, x->of[i], depth);
}

/* Rows and time of a step that was run; and what it kept, if anything. */
static void print_done(printing *p, const step_profile *done)
{
    cd_buffer_printf(p->out, "  %12" PRIu64 " rows  %10.3f ms", done->rows, 1e3 * done->seconds);
    if (done->bytes) cd_buffer_printf(p->out, "  %10.1f KB", (double)done->bytes / 1024);
    cd_buffer_printf(p->out, "\n");
}

static void print_expected(printing *p, const plan_step *s, double most)
{
    if (s->rows > 0) cd_buffer_printf(p->out, "  about %.3g rows%s", s->rows, isfinite(most) ? "," : "");
    if (isfinite(most)) cd_buffer_printf(p->out, "%sat most %.3g", s->rows > 0 ? " " : "  ", most);
    cd_buffer_printf(p->out, "\n");
}

static void print_pipeline(printing *p, const pipeline *pipe, uint32_t depth)
{
    double most = 1; /* rows that can have come so far */
    for (uint32_t i = 0; i < pipe->n_steps; i++) {
        const plan_step *s = &pipe->steps[i];
        cd_buffer words = {0}, *out = p->out;
        p->out = &words;
        print_words(p, s);
        if (pipe->batches && i < pipe->batches->n_steps && pipe->batches->steps[i].joined) cd_buffer_printf(&words, ", each once");
        p->out = out;
        if (!p->stats) most = plan_bound(p->reader, s, most);
        int wide = p->stats || s->rows > 0 || isfinite(most) ? (int)WORDS_WIDE - 2 * (int)depth : 0;
        cd_buffer_printf(out, "%*s%-*.*s", (int)(2 * depth), "", wide > 0 ? wide : 0, (int)words.n, words.bytes ? words.bytes : "");
        if (words.status != CD_OK) out->status = words.status;
        cd_buffer_release(&words);
        if (p->stats) print_done(p, &p->stats->profile[p->stats->offsets[pipe->number] + i]);
        else print_expected(p, s, most);
        print_within(p, s->kind == STEP_OPTIONAL ? NULL : s->what, depth);
        for (uint32_t k = 0; s->projection && (s->kind == STEP_PROJECT || s->kind == STEP_GROUP) && k < s->projection->n_items; k++)
            print_within(p, s->projection->items[k].what, depth);
        if (s->inner) print_pipeline(p, s->inner, depth + 1);
    }
}

void query_plan_print(const query_plan *plan, candour_reader *reader, const query_stats *stats, cd_buffer *out)
{
    printing p = {.plan = plan, .ontology = candour_reader_ontology(reader), .reader = reader, .stats = stats, .out = out};
    for (uint32_t i = 0; i < plan->query->n_parts; i++) {
        if (i) cd_buffer_printf(out, "UNION%s\n", plan->query->all[i - 1] ? " ALL" : "");
        print_pipeline(&p, &plan->parts[i], 0);
    }
}
