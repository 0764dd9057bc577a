/* SPDX-License-Identifier: GPL-3.0-or-later
 * pairs.c: the pairs of a view, and the graph they join to, against lists made from a scan of the same store, in one load
 * and in many, within windows of time and with columns tested. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/graph/earliest.h"
#include "engine/graph/graph.h"
#include "engine/graph/kernels.h"
#include "tests/support/odd_graph.h"
#include "tests/support/store_rows.h"

enum { OFFICERS = 40, DAYS = 7, MOST = 20000, THREADS = 4 };

typedef struct {
    cd_id left, right;
    uint32_t count;
    int64_t first, last;
} slow_pair;

typedef struct {
    slow_pair *pairs;
    uint32_t n;
} slow_pairs;

static char store_path[2][512];

static cd_id number_of(const cd_snapshot *s, uint32_t kind, cd_slice id)
{
    for (cd_id i = 0; i < s->n_ids[kind]; i++)
        if (cd_slice_equal(cd_snapshot_id(s, kind, i), id)) return i;
    fail_msg("the scan names an id that the store does not have");
    return 0;
}

/* Pairs from a scan: `column`, where it is not negative, must be `value`. */
static slow_pairs scan_pairs(candour_store *store, uint32_t table, int64_t from, int64_t to, int32_t column, cd_slice value)
{
    const cd_snapshot *s = cd_store_snapshot(store);
    const candour_table *t = &s->ontology->tables[table];
    slow_pairs out = {.pairs = calloc(MOST, sizeof *out.pairs)};
    candour_scan *scan;
    candour_block block;
    cd_err err = {0};
    assert_int_equal(candour_scan_open(store, table, &scan, &err), CD_OK);
    for (;;) {
        assert_int_equal(candour_scan_next(scan, &block, &err), CD_OK);
        if (block.n == 0) break;
        for (uint32_t i = 0; i < block.n; i++) {
            const int64_t *times = t->time_column < 0 ? NULL : block.values[t->time_column].integer;
            int64_t at = times ? times[i] : CANDOUR_UNKNOWN;
            bool open = from == CANDOUR_UNKNOWN && to == CANDOUR_UNKNOWN;
            if (!open && (at == CANDOUR_UNKNOWN || at < from || (to != CANDOUR_UNKNOWN && at >= to))) continue;
            if (column >= 0 && !cd_slice_equal(block.values[column].text ? block.values[column].text[i] : (cd_slice){0}, value)) continue;
            cd_id left = number_of(s, t->columns[0].kind, block.values[0].text[i]);
            cd_id right = number_of(s, t->columns[1].kind, block.values[1].text[i]);
            uint32_t k = 0;
            while (k < out.n && (out.pairs[k].left != left || out.pairs[k].right != right)) k++;
            slow_pair *p = &out.pairs[k];
            if (k == out.n) {
                assert_true(out.n++ < MOST);
                *p = (slow_pair){.left = left, .right = right, .first = CANDOUR_UNKNOWN, .last = CANDOUR_UNKNOWN};
            }
            p->count++;
            if (at == CANDOUR_UNKNOWN) continue;
            if (p->first == CANDOUR_UNKNOWN || at < p->first) p->first = at;
            if (at > p->last) p->last = at;
        }
    }
    candour_scan_close(scan);
    return out;
}

static void compare(const cd_pairs *pairs, const slow_pairs *slow, cd_pairs_wanted wanted)
{
    cd_err err = {0};
    assert_int_equal(cd_csr_check(&pairs->by_left, &err), CD_OK);
    assert_int_equal(cd_csr_check(&pairs->by_right, &err), CD_OK);
    assert_int_equal(cd_csr_edges(&pairs->by_left), slow->n);
    assert_int_equal(cd_csr_edges(&pairs->by_right), slow->n);
    for (uint32_t i = 0; i < slow->n; i++) {
        const slow_pair *p = &slow->pairs[i];
        cd_off e = pairs->by_left.off[p->left];
        while (e < pairs->by_left.off[p->left + 1] && pairs->by_left.adj[e] != p->right) e++;
        assert_true(e < pairs->by_left.off[p->left + 1]);
        assert_true(cd_csr_has(&pairs->by_right, p->right, p->left));
        if (wanted != CD_PAIRS_BARE) assert_int_equal(pairs->count[e], p->count);
        else assert_null(pairs->count);
        if (wanted != CD_PAIRS_TIMES) continue;
        assert_int_equal(pairs->first[e], p->first);
        assert_int_equal(pairs->last[e], p->last);
    }
}

static void pairs_are_those_of_a_scan(void **state)
{
    static const char *const tables[] = {"accesses", "links", "ties", "roster", "subjects", "allegations"};
    cd_err err = {0};
    (void)state;
    for (uint32_t i = 0; i < 2 * sizeof tables / sizeof *tables; i++) {
        candour_store *store;
        cd_view view;
        uint32_t table = rows_table(tables[i / 2]);
        assert_int_equal(candour_store_open(store_path[i % 2], NULL, &store, &err), CD_OK);
        const cd_snapshot *s = cd_store_snapshot(store);
        slow_pairs slow = scan_pairs(store, table, CANDOUR_UNKNOWN, CANDOUR_UNKNOWN, -1, (cd_slice){0});
        for (uint32_t k = 0; k < THREADS * 3; k++) {
            cd_run run = odd_run(ODD_THREADS[k % THREADS]);
            cd_pairs pairs;
            assert_int_equal(cd_view_init(s, table, CANDOUR_UNKNOWN, CANDOUR_UNKNOWN, &view, &err), CD_OK);
            assert_int_equal(cd_pairs_build(&view, k / THREADS, &run, &pairs, &err), CD_OK);
            compare(&pairs, &slow, k / THREADS);
            cd_pairs_release(&pairs);
            cd_view_release(&view);
        }
        free(slow.pairs);
        candour_store_close(store);
    }
}

/* Windows that cut the span anywhere, and a text that must be said, that nobody says, or that is not said. */
static void windows_and_words_choose_rows(void **state)
{
    static const char *const words[] = {"", "view", "print", "nobody says this", "edit"};
    cd_err err = {0};
    uint32_t table = rows_table("accesses"), chosen = 0;
    (void)state;
    for (uint32_t i = 0; i < 60; i++) {
        candour_store *store;
        const candour_info *info;
        cd_run run = odd_run(2);
        cd_pairs pairs;
        cd_view view;
        assert_int_equal(candour_store_open(store_path[i % 2], NULL, &store, &err), CD_OK);
        assert_int_equal(candour_store_info(store, &info, &err), CD_OK);
        const cd_snapshot *s = cd_store_snapshot(store);
        int32_t column = i % 6 == 5 ? -1 : candour_column_find(&s->ontology->tables[table], cd_slice_of("action"));
        int64_t first = info->tables[table].first, span = info->tables[table].last - first;
        int64_t from = i % 3 == 0 ? CANDOUR_UNKNOWN : first + span * (i % 7) / 9;
        int64_t to = i % 4 == 0 ? CANDOUR_UNKNOWN : first + span * (2 + i % 7) / 8;
        cd_slice value = i % 5 == 0 ? (cd_slice){0} : cd_slice_of(words[i % 5]);
        slow_pairs slow = scan_pairs(store, table, from, to, column, value);
        assert_int_equal(cd_view_init(s, table, from, to, &view, &err), CD_OK);
        if (column >= 0) assert_int_equal(cd_view_where(&view, cd_slice_of("action"), value, &err), CD_OK);
        assert_int_equal(cd_pairs_build(&view, CD_PAIRS_TIMES, &run, &pairs, &err), CD_OK);
        compare(&pairs, &slow, CD_PAIRS_TIMES);
        chosen += slow.n;
        cd_pairs_release(&pairs);
        cd_view_release(&view);
        free(slow.pairs);
        candour_store_close(store);
    }
    assert_true(chosen > 500);
}

/* Each edge of the joined graph is a pair of some relation, and each pair is there both ways. */
static void a_graph_joins_all_pairs(void **state)
{
    static const char *const names[] = {"accesses", "links", "ties", "subjects"};
    cd_err err = {0};
    (void)state;
    for (uint32_t i = 0; i < THREADS * 2; i++) {
        candour_store *store;
        candour_graph *g;
        candour_graph_options options = {.relations = names, .n_relations = 4, .threads = ODD_THREADS[i / 2],
                                         .from = CANDOUR_UNKNOWN, .to = CANDOUR_UNKNOWN};
        cd_off edges = 0;
        assert_int_equal(candour_store_open(store_path[i % 2], NULL, &store, &err), CD_OK);
        assert_int_equal(candour_graph_open(store, &options, &g, &err), CD_OK);
        assert_int_equal(cd_csr_check(&g->graph.csr, &err), CD_OK);
        for (uint32_t r = 0; r < 4; r++) {
            slow_pairs slow = scan_pairs(store, rows_table(names[r]), CANDOUR_UNKNOWN, CANDOUR_UNKNOWN, -1, (cd_slice){0});
            for (uint32_t k = 0; k < slow.n; k++) {
                cd_id a = cd_graph_part_find(&g->graph, g->relations[r].left_kind)->first + slow.pairs[k].left;
                cd_id b = cd_graph_part_find(&g->graph, g->relations[r].right_kind)->first + slow.pairs[k].right;
                assert_int_equal(cd_csr_has(&g->graph.csr, a, b), a != b);
                assert_int_equal(cd_csr_has(&g->graph.csr, b, a), a != b);
            }
            free(slow.pairs);
        }
        for (cd_id v = 0; v < g->graph.csr.n_left; v++)
            for (cd_off e = g->graph.csr.off[v]; e < g->graph.csr.off[v + 1]; e++, edges++) {
                bool there = false;
                cd_id a = v < g->graph.csr.adj[e] ? v : g->graph.csr.adj[e], b = v + g->graph.csr.adj[e] - a;
                for (uint32_t r = 0; r < 4; r++) {
                    const cd_pairs *p = &g->relations[r];
                    cd_id left = cd_graph_part_find(&g->graph, p->left_kind)->first;
                    cd_id right = cd_graph_part_find(&g->graph, p->right_kind)->first;
                    if (a - left < p->by_left.n_left && b - right < p->by_right.n_left)
                        there = there || cd_csr_has(&p->by_left, a - left, b - right);
                    if (b - left < p->by_left.n_left && a - right < p->by_right.n_left)
                        there = there || cd_csr_has(&p->by_left, b - left, a - right);
                }
                assert_true(there);
            }
        assert_int_equal(candour_graph_size(g).edges, edges / 2);
        candour_graph_close(g);
        candour_store_close(store);
    }
}

typedef struct {
    cd_id a, b;
    int64_t at;
} slow_event;

/* Every row with a time of the graph's relations, as an undirected event. */
static uint32_t scan_events(candour_store *store, const candour_graph *g, const char *const *names, uint32_t n_names,
                            slow_event *events)
{
    const cd_snapshot *s = cd_store_snapshot(store);
    uint32_t n = 0;
    cd_err err = {0};
    for (uint32_t r = 0; r < n_names; r++) {
        const candour_table *t = &s->ontology->tables[rows_table(names[r])];
        candour_scan *scan;
        candour_block block;
        assert_int_equal(candour_scan_open(store, rows_table(names[r]), &scan, &err), CD_OK);
        for (;;) {
            assert_int_equal(candour_scan_next(scan, &block, &err), CD_OK);
            if (block.n == 0) break;
            const int64_t *times = t->time_column < 0 ? NULL : block.values[t->time_column].integer;
            for (uint32_t i = 0; times && i < block.n; i++) {
                if (times[i] == CANDOUR_UNKNOWN) continue;
                assert_true(n < MOST);
                events[n++] = (slow_event){
                    cd_graph_part_find(&g->graph, t->columns[0].kind)->first + number_of(s, t->columns[0].kind, block.values[0].text[i]),
                    cd_graph_part_find(&g->graph, t->columns[1].kind)->first + number_of(s, t->columns[1].kind, block.values[1].text[i]),
                    times[i]};
            }
        }
        candour_scan_close(scan);
    }
    return n;
}

/* Arrivals by relaxing every event until nothing changes; a path is one if each step is an event, none earlier than the
 * step before, and it arrives when it should. */
static void earliest_paths_arrive_when_relaxing_does(void **state)
{
    static const char *const names[] = {"accesses", "links", "assignments"};
    static slow_event events[MOST];
    static int64_t reached[MOST];
    uint32_t paths = 0;
    cd_err err = {0};
    (void)state;
    for (uint32_t i = 0; i < 24; i++) {
        candour_store *store;
        candour_graph *g;
        candour_graph_options options = {.relations = names, .n_relations = 3, .threads = 2, .from = CANDOUR_UNKNOWN,
                                         .to = CANDOUR_UNKNOWN};
        assert_int_equal(candour_store_open(store_path[i % 2], NULL, &store, &err), CD_OK);
        assert_int_equal(candour_graph_open(store, &options, &g, &err), CD_OK);
        uint32_t n = scan_events(store, g, names, 3, events);
        cd_id all = g->graph.csr.n_left, from = i * 5 % OFFICERS;
        int64_t begin = i % 3 == 0 ? INT64_MIN : events[i * 37 % n].at;
        bool changed = true;
        for (cd_id v = 0; v < all; v++) reached[v] = v == from ? begin : INT64_MAX;
        while (changed) {
            changed = false;
            for (uint32_t e = 0; e < n; e++)
                for (uint32_t turn = 0; turn < 2; turn++) {
                    cd_id a = turn ? events[e].b : events[e].a, b = turn ? events[e].a : events[e].b;
                    if (reached[a] <= events[e].at && reached[a] != INT64_MAX && events[e].at < reached[b])
                        reached[b] = events[e].at, changed = true;
                }
        }
        for (cd_id to = i % 7; to < all; to += 29) {
            cd_timed_step *steps;
            uint32_t n_steps;
            cd_run run = odd_run(1);
            assert_int_equal(cd_earliest_path(g->views, 3, &g->graph, from, to, begin, NULL, NULL, &run, &steps, &n_steps, &err), CD_OK);
            assert_int_equal(n_steps > 0, reached[to] != INT64_MAX);
            if (n_steps > 0) assert_true(steps[n_steps - 1].at == reached[to] && steps[n_steps - 1].vertex == to && steps[0].vertex == from);
            for (uint32_t k = 1; k < n_steps; k++) {
                bool there = false;
                assert_true(steps[k].at >= steps[k - 1].at);
                for (uint32_t e = 0; e < n; e++)
                    there = there || (events[e].at == steps[k].at && ((events[e].a == steps[k].vertex && events[e].b == steps[k - 1].vertex) ||
                                                                      (events[e].b == steps[k].vertex && events[e].a == steps[k - 1].vertex)));
                assert_true(there);
            }
            paths += n_steps > 2;
            cd_free(steps);
        }
        candour_graph_close(g);
        candour_store_close(store);
    }
    assert_true(paths > 50);
}

static void wrong_questions_are_told(void **state)
{
    candour_store *store;
    cd_view view;
    cd_err err = {0};
    (void)state;
    assert_int_equal(candour_store_open(store_path[0], NULL, &store, &err), CD_OK);
    const cd_snapshot *s = cd_store_snapshot(store);
    assert_int_equal(cd_view_init(s, rows_table("pay"), CANDOUR_UNKNOWN, CANDOUR_UNKNOWN, &view, &err), CD_EUSAGE);
    assert_string_equal(err.text, "'pay' ties nothing to anything; a graph is made of relations");
    cd_err_clear(&err);
    assert_int_equal(cd_view_init(s, rows_table("subjects"), 5, CANDOUR_UNKNOWN, &view, &err), CD_EUSAGE);
    cd_err_clear(&err);
    assert_int_equal(cd_view_init(s, rows_table("accesses"), CANDOUR_UNKNOWN, CANDOUR_UNKNOWN, &view, &err), CD_OK);
    assert_int_equal(cd_view_where(&view, cd_slice_of("colour"), cd_slice_of("red"), &err), CD_EUSAGE);
    assert_string_equal(err.text, "'accesses' has no column 'colour'");
    cd_view_release(&view);
    candour_store_close(store);
}

/* The same rows twice: in one load, and dealt over nine. */
static int make_stores(void **state)
{
    rows_force f = {0}, parts[9] = {0};
    cd_err err = {0};
    (void)state;
    rows_make(&f, 5, OFFICERS, DAYS);
    rows_deal(&f, 3, 9, 4, parts);
    for (uint32_t i = 0; i < 2; i++) {
        snprintf(store_path[i], sizeof store_path[i], "/tmp/candour-pairs-%d-%u", (int)getpid(), i);
    }
    rows_way all = {.keep_all_presence = true};
    if (rows_load(store_path[0], &f, &all, NULL, &err) != CD_OK) return -1;
    for (uint32_t i = 0; i < 9; i++)
        if (rows_load(store_path[1], &parts[i], &all, NULL, &err) != CD_OK) return -1;
    for (uint32_t i = 0; i < 9; i++) rows_release(&parts[i]);
    rows_release(&f);
    return 0;
}

static int drop_stores(void **state)
{
    char command[1200];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s' '%s'", store_path[0], store_path[1]);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_those_of_a_scan),
        cmocka_unit_test(windows_and_words_choose_rows),
        cmocka_unit_test(a_graph_joins_all_pairs),
        cmocka_unit_test(earliest_paths_arrive_when_relaxing_does),
        cmocka_unit_test(wrong_questions_are_told),
    };
    return cmocka_run_group_tests(tests, make_stores, drop_stores);
}
