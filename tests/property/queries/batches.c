/* SPDX-License-Identifier: GPL-3.0-or-later
 * batches.c: questions made at random, answered row by row and in batches: the same rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "queries/language/bind.h"
#include "queries/language/execute.h"
#include "queries/language/parse.h"
#include "queries/language/plan_batch.h"
#include "queries/language/plan_bound.h"
#include "tests/support/image.h"
#include "tests/support/store_rows.h"

enum { MOST_NODES = 5, MOST_EDGES = 4 };

/* O officer, C case, A association, H shift, K complaint. */
static const struct {
    const char *type;
    char from, to;
} relations[] = {{"ACCESSED", 'O', 'C'}, {"ACCESSED", 'O', 'C'}, {"ASSIGNED", 'O', 'C'}, {"CONCERNS", 'C', 'A'},
                 {"LINKED", 'O', 'A'},   {"TIED", 'A', 'A'},     {"ROSTERED", 'O', 'H'}, {"NAMED_IN", 'O', 'K'}};
enum { RELATIONS = sizeof relations / sizeof *relations };

typedef struct {
    cd_random r;
    cd_buffer text;
    char kinds[MOST_NODES];
    uint32_t n_nodes, n_edges, relation[MOST_EDGES], from[MOST_EDGES], to[MOST_EDGES];
    bool optional; /* an edge `s` */
} asked;

static uint32_t up_to(asked *a, uint32_t n) { return (uint32_t)cd_random_below(&a->r, n); }

static const char *label(char kind)
{
    return kind == 'O'   ? "Officer"
           : kind == 'C' ? "Case"
           : kind == 'A' ? "Association"
           : kind == 'H' ? "Shift"
                         : "Complaint";
}

/* A node of a kind: often a new one, sometimes one that is there. */
static uint32_t node_of(asked *a, char kind)
{
    for (uint32_t i = 0; i < a->n_nodes; i++)
        if (a->kinds[i] == kind && up_to(a, 4) == 0) return i;
    if (a->n_nodes == MOST_NODES) return MOST_NODES;
    a->kinds[a->n_nodes] = kind;
    return a->n_nodes++;
}

static void make_pattern(asked *a)
{
    uint32_t edges = 1 + up_to(a, 3);
    a->n_nodes = 1, a->n_edges = 0;
    a->kinds[0] = "OOCA"[up_to(a, 4)];
    while (a->n_edges < edges) {
        uint32_t i = up_to(a, RELATIONS), at = up_to(a, a->n_nodes);
        bool forth = relations[i].from == a->kinds[at], back = relations[i].to == a->kinds[at];
        if (!forth && !back) continue;
        uint32_t other = node_of(a, forth ? relations[i].to : relations[i].from);
        if (other == MOST_NODES) continue;
        a->relation[a->n_edges] = i, a->from[a->n_edges] = forth ? at : other, a->to[a->n_edges++] = forth ? other : at;
    }
    for (uint32_t i = 0; i < a->n_edges; i++) {
        const char *type = relations[a->relation[i]].type;
        bool turned = up_to(a, 2), either = up_to(a, 5) == 0;
        uint32_t left = turned ? a->to[i] : a->from[i], right = turned ? a->from[i] : a->to[i];
        cd_buffer_printf(&a->text, "%s(v%u:%s)%s-[e%u:%s]-%s(v%u:%s)", i ? ", " : "MATCH ", left, label(a->kinds[left]),
                         turned && !either ? "<" : "", i, type, turned || either ? "" : ">", right,
                         label(a->kinds[right]));
    }
}

static void make_condition(asked *a)
{
    uint32_t v = up_to(a, a->n_nodes), w = up_to(a, a->n_nodes), e = up_to(a, a->n_edges);
    bool accessed = strcmp(relations[a->relation[e]].type, "ACCESSED") == 0,
         alike = v != w && a->kinds[v] == a->kinds[w];
    switch (up_to(a, 9)) {
    case 0: cd_buffer_printf(&a->text, alike ? "v%u <> v%u" : "v%u.id <> 'o%u'", v, w); return;
    case 1: cd_buffer_printf(&a->text, alike ? "v%u.id < v%u.id" : "size(v%u.id) > %u", v, alike ? w : 2); return;
    case 2:
        cd_buffer_printf(&a->text, alike && a->kinds[v] == 'O' ? "v%u.unit <> v%u.unit" : "v%u.id <> 'a%u'", v, w);
        return;
    case 3:
        cd_buffer_printf(&a->text, alike && a->kinds[v] == 'O' ? "v%u.unit = v%u.unit" : "v%u.id > 'c%u'", v, w);
        return;
    case 4:
        cd_buffer_printf(&a->text, accessed ? "e%u.action = 'view'" : "v%u.id IS NOT NULL", accessed ? e : v);
        return;
    case 5:
        cd_buffer_printf(&a->text, accessed ? "e%u.at >= datetime('2026-03-03T12:00:00Z')" : "v%u.id <> 'o3'",
                         accessed ? e : v);
        return;
    case 6:
        if (a->kinds[v] == 'O' && a->kinds[w] == 'C')
            cd_buffer_printf(&a->text, "%s(v%u)-[:ASSIGNED]->(v%u)", up_to(a, 2) ? "NOT " : "", v, w);
        else
            cd_buffer_printf(&a->text, "COUNT { (v%u)--() } > 3", v);
        return;
    case 7:
        if (a->kinds[v] == 'O' && a->kinds[w] == 'A')
            cd_buffer_printf(&a->text, "NOT EXISTS { (v%u)-[:LINKED]->(v%u) }", v, w);
        else
            cd_buffer_printf(&a->text, "true");
        return;
    default: cd_buffer_printf(&a->text, "NOT (v%u.id = v%u.id AND e%u IS NULL)", v, w, e); return;
    }
}

static void make_optional(asked *a)
{
    uint32_t v = up_to(a, a->n_nodes), w = up_to(a, a->n_nodes);
    a->optional = false;
    if (up_to(a, 3) || a->kinds[v] != 'O') return;
    a->optional = true;
    if (a->kinds[w] == 'C' && up_to(a, 2))
        cd_buffer_printf(&a->text, " OPTIONAL MATCH (v%u)-[s:ASSIGNED]->(v%u)", v, w);
    else
        cd_buffer_printf(&a->text, " OPTIONAL MATCH (v%u)-[s:%s]->(y)", v, up_to(a, 2) ? "LINKED" : "DECLARED");
}

static void make_key(asked *a)
{
    uint32_t v = up_to(a, a->n_nodes), e = up_to(a, a->n_edges);
    bool accessed = strcmp(relations[a->relation[e]].type, "ACCESSED") == 0;
    switch (up_to(a, 4)) {
    case 0: cd_buffer_printf(&a->text, a->kinds[v] == 'O' ? "v%u.unit" : "v%u.id", v); return;
    case 1: cd_buffer_printf(&a->text, accessed ? "e%u.action" : "v%u.id", accessed ? e : v); return;
    case 2: cd_buffer_printf(&a->text, "v%u", v); return;
    default: cd_buffer_printf(&a->text, "v%u.id", v);
    }
}

static void make_aggregate(asked *a)
{
    uint32_t v = up_to(a, a->n_nodes), e = up_to(a, a->n_edges);
    switch (up_to(a, a->optional ? 8 : 6)) {
    case 0: cd_buffer_printf(&a->text, "count(DISTINCT v%u)", v); return;
    case 1: cd_buffer_printf(&a->text, "count(e%u)", e); return;
    case 2: cd_buffer_printf(&a->text, "min(v%u.id)", v); return;
    case 3: cd_buffer_printf(&a->text, "sum(size(v%u.id))", v); return;
    case 6:
    case 7: cd_buffer_printf(&a->text, "count(s)"); return;
    default: cd_buffer_printf(&a->text, "count(*)");
    }
}

static void make_question(asked *a)
{
    uint32_t keys = up_to(a, 3), conditions = up_to(a, 4), aggregates = 1 + up_to(a, 2);
    make_pattern(a);
    for (uint32_t i = 0; i < conditions; i++) {
        cd_buffer_printf(&a->text, i ? " AND " : " WHERE ");
        make_condition(a);
    }
    make_optional(a);
    cd_buffer_printf(&a->text, " RETURN ");
    for (uint32_t i = 0; i < keys; i++) {
        make_key(a);
        cd_buffer_printf(&a->text, " AS k%u, ", i);
    }
    for (uint32_t i = 0; i < aggregates; i++) {
        cd_buffer_printf(&a->text, i ? ", " : "");
        make_aggregate(a);
        cd_buffer_printf(&a->text, " AS n%u", i);
    }
    if (up_to(a, 2)) cd_buffer_printf(&a->text, " ORDER BY n0 DESC%s LIMIT %u", keys ? ", k0" : "", 1 + up_to(a, 20));
    cd_buffer_add(&a->text, "", 1);
}

static cd_status print_row(void *context, evaluation *e, const value *row, uint32_t n, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer *out = context;
    for (uint32_t i = 0; i < n && st == CD_OK; i++) {
        st = value_json(e, row[i], out, err);
        cd_buffer_add(out, "|", 1);
    }
    cd_buffer_add(out, "\n", 1);
    return st;
}

/* No step gave more rows than were said to be the most. */
static void hold_bounds(candour_reader *reader, const query_plan *plan, const query_stats *stats, const char *text)
{
    double most = 1;
    for (uint32_t i = 0; i < plan->parts[0].n_steps; i++) {
        most = plan_bound(reader, &plan->parts[0].steps[i], most);
        uint64_t rows = stats->profile[stats->offsets[plan->parts[0].number] + i].rows;
        if ((double)rows > most)
            fail_msg("%s\nstep %u gave %llu rows, and %g were the most", text, i, (unsigned long long)rows, most);
    }
}

/* The rows, or what is wrong. *batches: steps that went in batches. */
static void answer(candour_store *store, candour_reader *reader, const char *text, bool in_batches, cd_buffer *out,
                   uint32_t *batches)
{
    cd_arena arena = {0};
    query *q;
    query_plan *plan;
    query_fault fault = {.at = QUERY_NOWHERE};
    query_stats stats;
    query_limits limits = {.threads = 1, .timeout_seconds = 10, .profile = !in_batches};
    query_sink sink = {print_row, out};
    cd_err err = {0};
    cd_slice slice = cd_slice_of(text);
    cd_status st = query_parse(slice, &arena, &q, &fault, &err);
    if (st == CD_OK) st = query_bind(q, &arena, &fault, &err);
    if (st != CD_OK) fail_msg("%s: %s", text, err.text);
    assert_int_equal(query_plan_make(q, reader, in_batches, &arena, &plan, &err), CD_OK);
    *batches = plan->parts[0].batches ? plan->parts[0].batches->n_steps : 0;
    if (query_execute(plan, store, reader, &limits, &sink, &arena, &stats, &fault, &err) != CD_OK) {
        out->n = 0;
        cd_buffer_printf(out, "%s", err.text);
    } else if (limits.profile)
        hold_bounds(reader, plan, &stats, text);
    cd_buffer_add(out, "", 1);
    cd_arena_release(&arena);
}

/* A force in so many loads. */
static char *load_in_parts(uint64_t seed, uint32_t officers, uint32_t days, uint32_t n)
{
    rows_force whole = {0}, parts[3] = {0};
    cd_err err = {0};
    char *path = folder_new();
    rows_make(&whole, seed, officers, days);
    rows_deal(&whole, seed, n, 0, parts);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(rows_load(path, &parts[i], &(rows_way){.keep_all_presence = true}, NULL, &err), CD_OK);
    for (uint32_t i = 0; i < n; i++) rows_release(&parts[i]);
    rows_release(&whole);
    return path;
}

static void hold_beside(uint64_t seed, uint32_t officers, uint32_t days, uint32_t parts, uint32_t questions)
{
    cd_err err = {0};
    candour_store *store;
    candour_reader *reader;
    uint32_t went = 0;
    char *path = load_in_parts(seed, officers, days, parts);
    assert_int_equal(candour_store_open(path, NULL, &store, &err), CD_OK);
    assert_int_equal(candour_reader_open(store, &reader, &err), CD_OK);
    for (uint32_t i = 0; i < questions; i++) {
        asked a = {.r = cd_random_of(seed, 77, i)};
        cd_buffer rows = {0}, batches = {0};
        uint32_t none, some;
        make_question(&a);
        answer(store, reader, a.text.bytes, false, &rows, &none);
        answer(store, reader, a.text.bytes, true, &batches, &some);
        assert_int_equal(none, 0);
        went += some > 1;
        if (strcmp(rows.bytes, batches.bytes) != 0)
            fail_msg("%s\nrow by row:\n%.400s\nin batches:\n%.400s", a.text.bytes, rows.bytes, batches.bytes);
        cd_buffer_release(&rows);
        cd_buffer_release(&batches);
        cd_buffer_release(&a.text);
    }
    /* Most questions have steps that can go in batches; else nothing was tried. */
    assert_true(went > questions / 2);
    candour_reader_close(reader);
    candour_store_close(store);
    folder_remove(path);
}

static void test_small(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) hold_beside(seed, 12, 2, 1 + (uint32_t)(seed % 3), 1200);
}

static void test_larger(void **state)
{
    (void)state;
    hold_beside(9, 90, 4, 2, 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_small), cmocka_unit_test(test_larger)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
