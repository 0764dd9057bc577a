/* SPDX-License-Identifier: GPL-3.0-or-later
 * graph_out.c: a graph of ids that nobody would give, read back: by igraph from GraphML, by eye from DOT. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <igraph.h>

#include "queries/graph_out.h"

static const char *const odd_ids[] = {"plain",       "<&\"'>", "a\x01\x7f\nb", "\xff\xfe",
                                      "caf\xc3\xa9", "\xc3(",  "\xed\xa0\x80", "]]>"};
/* What XML says in their place: control characters as `?`, what is no UTF-8 as U+FFFD, a byte each. */
static const char *const told_ids[] = {"plain",
                                       "<&\"'>",
                                       "a???b",
                                       "\xef\xbf\xbd\xef\xbf\xbd",
                                       "caf\xc3\xa9",
                                       "\xef\xbf\xbd(",
                                       "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
                                       "]]>"};
enum { ODD = sizeof odd_ids / sizeof *odd_ids };

static void make(graph_out *g)
{
    *g = (graph_out){.title = "a <title> & \"more\"",
                     .of_nodes = {{"what", CANDOUR_TEXT}},
                     .of_edges = {{"times", CANDOUR_INTEGER}, {"share", CANDOUR_REAL}}};
    for (uint32_t i = 0; i < ODD; i++) {
        uint32_t v = graph_out_node(g, graph_out_kind(g, i % 2 ? "case" : "officer"), cd_slice_of(odd_ids[i]), false);
        graph_out_at(g, v)->value[0] = graph_out_copy(g, cd_slice_of(odd_ids[ODD - 1 - i]));
        graph_out_at(g, v)->strong = i == 0;
        if (i == 0) continue;
        graph_edge *e = graph_out_edge(g, v, v / 2, graph_out_type(g, i == 3 ? "x<y" : "accesses"));
        e->first = 86400 * (int64_t)i;
        e->value[0] = graph_out_text(g, "%u", i);
        e->value[1] = graph_out_text(g, "%g", i / 8.0);
    }
}

static void a_node_is_itself_again(void **state)
{
    graph_out g = {.title = ""};
    (void)state;
    uint32_t officer = graph_out_kind(&g, "officer"), file = graph_out_kind(&g, "case");
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 1000; i++) {
            cd_slice id = graph_out_text(&g, "%u", i);
            assert_int_equal(graph_out_node(&g, officer, id, false), 2 * i);
            assert_int_equal(graph_out_node(&g, file, id, false), 2 * i + 1);
        }
    assert_int_equal(g.n_nodes, 2000);
    assert_int_equal(graph_out_node(&g, officer, cd_slice_of("7"), true), 2000);
    assert_int_equal(graph_out_node(&g, officer, cd_slice_of("7"), false), 14);
    graph_out_release(&g);
}

static void graphml_is_read_back_by_igraph(void **state)
{
    graph_out g;
    cd_buffer out = {0};
    cd_err err = {0};
    igraph_t back;
    (void)state;
    make(&g);
    assert_int_equal(graph_out_write(&g, GRAPH_GRAPHML, &out, &err), CD_OK);
    FILE *f = fmemopen(out.bytes, out.n, "r");
    igraph_set_attribute_table(&igraph_cattribute_table);
    assert_int_equal(igraph_read_graph_graphml(&back, f, 0), IGRAPH_SUCCESS);
    fclose(f);
    assert_int_equal(igraph_vcount(&back), ODD);
    assert_int_equal(igraph_ecount(&back), ODD - 1);
    for (uint32_t i = 0; i < ODD; i++) {
        assert_string_equal(igraph_cattribute_VAS(&back, "id", i), told_ids[i]);
        assert_string_equal(igraph_cattribute_VAS(&back, "kind", i), i % 2 ? "case" : "officer");
        assert_string_equal(igraph_cattribute_VAS(&back, "what", i), told_ids[ODD - 1 - i]);
    }
    for (uint32_t e = 1; e < ODD; e++) {
        igraph_integer_t at;
        assert_int_equal(igraph_get_eid(&back, &at, e, e / 2, false, true), IGRAPH_SUCCESS);
        assert_string_equal(igraph_cattribute_EAS(&back, "type", at), e == 3 ? "x<y" : "accesses");
        assert_true(igraph_cattribute_EAN(&back, "times", at) == e);
        assert_true(igraph_cattribute_EAN(&back, "share", at) == e / 8.0);
    }
    igraph_destroy(&back);
    cd_buffer_release(&out);
    graph_out_release(&g);
}

static void dot_quotes(void **state)
{
    graph_out g;
    cd_buffer out = {0};
    cd_err err = {0};
    (void)state;
    make(&g);
    assert_int_equal(graph_out_write(&g, GRAPH_DOT, &out, &err), CD_OK);
    cd_buffer_add(&out, "", 1);
    assert_non_null(strstr(out.bytes, "graph \"a <title> & \\\"more\\\"\" {\n"));
    assert_non_null(strstr(out.bytes, "n1 [label=\"<&\\\"'>\", "));
    assert_non_null(strstr(out.bytes, "n2 [label=\"a???b\", "));
    assert_non_null(strstr(
        out.bytes,
        "  n3 -- n1 [type=\"x<y\", \"first\"=\"1970-01-04T00:00:00Z\", \"times\"=\"3\", \"share\"=\"0.375\"];\n"));
    cd_buffer_release(&out);
    graph_out_release(&g);
}

static void whichever_request_fails_it_is_told(void **state)
{
    cd_err err = {0};
    (void)state;
    for (int form = GRAPH_GRAPHML; form <= GRAPH_DOT; form++) {
        size_t before = cd_memory_now();
        bool reached = true;
        for (int64_t k = 0; reached; k++) {
            graph_out g;
            cd_buffer out = {0};
            cd_memory_fail_at(k);
            make(&g);
            cd_status st = graph_out_write(&g, (graph_form)form, &out, &err);
            reached = cd_memory_failed();
            cd_memory_fail_at(-1);
            assert_true(!reached || st == CD_EMEMORY || out.status == CD_EMEMORY);
            cd_buffer_release(&out);
            graph_out_release(&g);
            assert_int_equal(cd_memory_now(), before);
            cd_err_clear(&err);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_is_itself_again),
        cmocka_unit_test(graphml_is_read_back_by_igraph),
        cmocka_unit_test(dot_quotes),
        cmocka_unit_test(whichever_request_fails_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
