/* SPDX-License-Identifier: GPL-3.0-or-later
 * ontology_file.c: the example in its header is taken as it says; what cannot be meant is refused in its own words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/store/ontology.h"

#define TRIP_COLUMNS                                                                                                   \
    "      - {name: officer_id, type: id, kind: officer}\n      - {name: vehicle_id, type: id, kind: vehicle}\n"          \
    "      - {name: at, type: time, required: true}\n"
#define TRIPS "  - name: trips\n    label: DROVE\n    class: relation\n    time: at\n    columns:\n" TRIP_COLUMNS
#define VEHICLES_OF(unit, fuels, seats)                                                                                \
    "kinds:\n  - {name: vehicle, label: Vehicle, table: vehicles, unit: " unit "}\ntables:\n  - name: vehicles\n"         \
    "    label: Vehicle\n    class: entity\n    about: a vehicle of the force\n    columns:\n"                             \
    "      - {name: vehicle_id, type: id, kind: vehicle}\n      - {name: garage, type: text}\n"                           \
    "      - {name: fuel, type: text, values: [" fuels "]}\n      - {name: seats, type: integer, min: 1, max: " seats "}\n"
#define VEHICLES VEHICLES_OF("garage", "petrol, diesel, electric", "60")
#define TABLE(columns) "tables:\n  - name: logs\n    label: Log\n    class: record\n    columns:\n" columns
#define OFFICER "      - {name: officer_id, type: id, kind: officer}\n"

/* A kind without a label, and a relation of a type that is there. */
#define THINGS                                                                                                         \
    "kinds:\n  - {name: thing, table: things}\ntables:\n"                                                               \
    "  - {name: things, label: '', class: entity, columns: [{name: key, type: id, kind: thing}, {name: prettyName, type: text}]}\n"
#define LOOKED                                                                                                         \
    "  - {name: looked, label: ACCESSED, class: relation, columns: [{name: a, type: id, kind: officer}, {name: b, type: id, kind: thing}]}\n"

static void takes_shared_and_empty_labels(void **state)
{
    (void)state;
    cd_arena arena = {0};
    cd_err err = {0};
    const candour_ontology *o, *base = candour_ontology_builtin();
    if (cd_ontology_add_text(cd_slice_of(THINGS LOOKED), "o.yaml", &arena, &o, &err) != CD_OK) fail_msg("%s", err.text);
    assert_string_equal(o->kinds[base->n_kinds].label, "");
    assert_string_equal(o->tables[base->n_tables].columns[1].name, "prettyName");
    assert_string_equal(o->tables[base->n_tables + 1].label, "ACCESSED");
    cd_arena_release(&arena);
}

static void takes_the_example(void **state)
{
    (void)state;
    cd_arena arena = {0};
    cd_err err = {0};
    const candour_ontology *o, *base = candour_ontology_builtin();
    if (cd_ontology_add_text(cd_slice_of(VEHICLES TRIPS), "o.yaml", &arena, &o, &err) != CD_OK)
        fail_msg("%s", err.text);
    assert_int_equal(o->n_kinds, base->n_kinds + 1);
    assert_int_equal(o->n_tables, base->n_tables + 2);
    const candour_kind *vehicle = &o->kinds[base->n_kinds];
    const candour_table *vehicles = &o->tables[vehicle->table],
                        *trips = &o->tables[candour_table_find(o, cd_slice_of("trips"))];
    assert_string_equal(vehicle->label, "Vehicle");
    assert_int_equal(vehicle->unit_column, 1);
    assert_int_equal(vehicles->n_columns, 5);
    assert_string_equal(vehicles->columns[4].name, "as_of");
    assert_int_equal(vehicles->time_column, 4);
    assert_true(vehicles->columns[0].required);
    assert_string_equal(vehicles->columns[2].values, " petrol diesel electric ");
    assert_true(vehicles->columns[3].lo == 1 && vehicles->columns[3].hi == 60);
    assert_int_equal(trips->class_of, CANDOUR_RELATION);
    assert_int_equal(trips->columns[1].kind, base->n_kinds);
    assert_int_equal(trips->time_column, 2);
    /* What was there is there, at the same numbers. */
    for (uint32_t t = 0; t < base->n_tables; t++) assert_string_equal(o->tables[t].name, base->tables[t].name);
    cd_arena_release(&arena);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"kinds: [", "cannot use 'o.yaml'"},
        {"colours: [red]\n", "colours"},
        {"kinds:\n  - {name: vehicle, table: &a vehicles, unit: *a}\n", "cannot use 'o.yaml'"},
        {"kinds:\n  - {name: officer, table: x}\n", "there is a kind `officer` already"},
        {"kinds:\n  - {name: Vehicle, table: x}\n", "'Vehicle' is no name for a kind"},
        {"kinds:\n  - {name: vehicle, table: x}\n", "kind `vehicle`: there is no table `x`"},
        {"kinds:\n  - {name: vehicle, table: officers}\n", "must be an entity table whose first column is its id"},
        {TABLE("      - {name: officer_id, type: ident, kind: officer}\n"), "cannot use 'o.yaml'"},
        {TABLE("      - {name: officer_id, type: id}\n"), "column `officer_id`: an id needs a `kind`"},
        {TABLE("      - {name: officer_id, type: id, kind: orc}\n"), "there is no kind `orc`"},
        {TABLE("      - {name: note, type: text}\n"), "its column 1 must be an id"},
        {TABLE(OFFICER OFFICER), "two columns `officer_id`"},
        {TABLE(OFFICER "      - {name: a/b, type: text}\n"), "'a/b' is no name for a column"},
        {TABLE(OFFICER "      - {name: n, type: text, kind: case}\n"), "only an id has a `kind`"},
        {TABLE(OFFICER "      - {name: n, type: text, min: 1}\n"), "only a number has a `min`"},
        {TABLE(OFFICER "      - {name: n, type: real, min: 2, max: 1}\n"), "no number lies between"},
        {TABLE(OFFICER "      - {name: n, type: real, values: [a]}\n"), "only a text can have `values`"},
        {TABLE(OFFICER "      - {name: n, type: text, values: [a b]}\n"), "the value 'a b' has a space"},
        {TABLE(OFFICER "    time: when\n"), "its `time` is none of its columns"},
        {TABLE(OFFICER "      - {name: n, type: text}\n    time: n\n"), "is not of type time or month"},
        {"tables:\n  - {name: officers, label: X, class: record, columns: [{name: a, type: id, kind: officer}]}\n",
         "there is a table `officers` already"},
        {"tables:\n  - {name: logs, label: Officer, class: record, columns: [{name: a, type: id, kind: officer}]}\n",
         "there is a label `Officer` already"},
        {"tables:\n  - {name: logs, label: '', class: record, columns: [{name: a, type: id, kind: officer}]}\n", "'' is no label"},
        {"tables:\n  - {name: logs, label: ACCESSED, class: record, columns: [{name: a, type: id, kind: officer}]}\n",
         "there is a label `ACCESSED` already; only relations may share one"},
        {THINGS "  - {name: more, label: '', class: entity, columns: [{name: a, type: id, kind: thing}]}\n", "there is a label `` already"},
        {"tables:\n  - {name: logs, label: L, class: relation, columns: [{name: a, type: id, kind: officer}]}\n",
         "a relation begins with two ids"},
        {"tables:\n  - {name: logs, label: L, class: entity, columns: [{name: a, type: id, kind: officer}]}\n",
         "no kind has the entity table `logs`"},
        {"tables:\n  - {name: ../x, label: L, class: record, columns: [{name: a, type: id, kind: officer}]}\n",
         "'../x' is no name for a table"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cd_arena arena = {0};
        cd_err err = {0};
        const candour_ontology *o;
        assert_int_equal(cd_ontology_add_text(cd_slice_of(cases[i].text), "o.yaml", &arena, &o, &err), CD_EINPUT);
        if (!strstr(err.text, cases[i].said)) fail_msg("'%s' said '%s'", cases[i].text, err.text);
        cd_arena_release(&arena);
    }
}

/* What a store's ontology.yaml may become: more, in any order. */
static void grows(void **state)
{
    (void)state;
    static const char before[] = VEHICLES TRIPS;
    static const struct {
        const char *now, *said; /* NULL: nothing is lost */
    } cases[] = {
        {VEHICLES TRIPS, NULL},
        {"kinds:\n  - {name: depot, table: depots}\n  - {name: vehicle, table: vehicles, unit: garage}\ntables:\n"
         "  - {name: depots, label: Depot, class: entity, columns: [{name: depot_id, type: id, kind: depot}]}\n" TRIPS
         "  - name: vehicles\n    label: Vehicle\n    class: entity\n    columns:\n"
         "      - {name: vehicle_id, type: id, kind: vehicle}\n      - {name: garage, type: text, about: where it sleeps}\n"
         "      - {name: fuel, type: text, values: [petrol, diesel, electric]}\n"
         "      - {name: seats, type: integer, min: 1, max: 60}\n      - {name: as_of, type: time}\n", NULL},
        {"", "there is no table `vehicles` any more"},
        {VEHICLES, "there is no table `trips` any more"},
        {VEHICLES TRIPS "      - {name: km, type: real}\n", "table `trips` has 4 columns, not 3"},
        {VEHICLES "  - name: trips\n    label: DRIVES\n    class: relation\n    time: at\n    columns:\n" TRIP_COLUMNS,
         "table `trips` has another label or class"},
        {VEHICLES "  - name: trips\n    label: DROVE\n    class: relation\n    columns:\n" TRIP_COLUMNS,
         "table `trips` has another `time`"},
        {VEHICLES "  - name: trips\n    label: DROVE\n    class: relation\n    time: at\n    columns:\n"
                  "      - {name: officer_id, type: id, kind: officer}\n      - {name: vehicle_id, type: id, kind: case}\n"
                  "      - {name: at, type: time, required: true}\n",
         "table `trips`: column `vehicle_id` is not as it was"},
        {VEHICLES "  - name: trips\n    label: DROVE\n    class: relation\n    time: at\n    columns:\n"
                  "      - {name: officer_id, type: id, kind: officer}\n      - {name: vehicle_id, type: id, kind: vehicle}\n"
                  "      - {name: at, type: time}\n",
         "table `trips`: column `at` is not as it was"},
        {VEHICLES_OF("garage", "petrol, diesel", "60") TRIPS, "table `vehicles`: column `fuel` is not as it was"},
        {VEHICLES_OF("garage", "petrol, diesel, electric", "61") TRIPS, "table `vehicles`: column `seats` is not as it was"},
        {VEHICLES_OF("fuel", "petrol, diesel, electric", "60") TRIPS, "kind `vehicle` has another table or unit"},
    };
    cd_arena arena = {0};
    cd_err err = {0};
    const candour_ontology *was, *is;
    assert_int_equal(cd_ontology_add_text(cd_slice_of(before), "o.yaml", &arena, &was, &err), CD_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char what[CD_ERR_TEXT] = "";
        if (cd_ontology_add_text(cd_slice_of(cases[i].now), "o.yaml", &arena, &is, &err) != CD_OK)
            fail_msg("case %zu: %s", i, err.text);
        assert_true(cd_ontology_keeps(is, candour_ontology_builtin(), what));
        bool keeps = cd_ontology_keeps(is, was, what);
        if (keeps != !cases[i].said) fail_msg("case %zu: '%s'", i, what);
        if (!keeps) assert_string_equal(what, cases[i].said);
    }
    cd_arena_release(&arena);
}

static void counts_what_there_may_be(void **state)
{
    (void)state;
    cd_buffer text = {0};
    cd_arena arena = {0};
    cd_err err = {0};
    const candour_ontology *o;
    cd_buffer_printf(&text, "kinds:\n");
    for (int i = 0; i < CD_MAX_KINDS; i++) cd_buffer_printf(&text, "  - {name: k%d, table: t%d}\n", i, i);
    assert_int_equal(cd_ontology_add_text((cd_slice){text.bytes, (uint32_t)text.n}, "o.yaml", &arena, &o, &err),
                     CD_EINPUT);
    assert_non_null(strstr(err.text, "more than 64 kinds"));
    cd_buffer_release(&text);
    cd_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(takes_the_example), cmocka_unit_test(takes_shared_and_empty_labels),
                                       cmocka_unit_test(refuses), cmocka_unit_test(grows), cmocka_unit_test(counts_what_there_may_be)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
