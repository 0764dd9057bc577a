/* SPDX-License-Identifier: GPL-3.0-or-later
 * procedures.c: names and columns of what CALL can name. */
#include "queries/language/procedures.h"

#include <stdio.h>
#include <string.h>

#include "queries/arguments.h"

/* What a sweep gives; columns as kernels have them: `name` or `name:type`. */
static const struct {
    const char *name, *gives;
} of_sweeps[] = {
    {"sweep.queue", "officer:node place:int tier decibans:real"},
    {"sweep.findings", "officer:node detector decibans:real words"},
};
static const char A_DETECTOR[] = "officer:node decibans:real words";

static known_type type_of(cd_slice type)
{
    static const struct {
        const char *word;
        known_type known;
    } words[] = {{"int", KNOWN_INTEGER}, {"real", KNOWN_REAL}, {"time", KNOWN_TEMPORAL}, {"node", KNOWN_NODE}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (cd_slice_equal(cd_slice_of(words[i].word), type)) return words[i].known;
    return KNOWN_TEXT;
}

static void read_columns(query_procedure *p, const char *gives)
{
    for (const char *at = gives; *at && p->n_columns < PROCEDURE_COLUMNS;) {
        size_t n = strcspn(at, " ");
        const char *colon = memchr(at, ':', n);
        size_t name = colon ? (size_t)(colon - at) : n;
        p->columns[p->n_columns] = (cd_slice){at, (uint32_t)name};
        p->known[p->n_columns++] = type_of(colon ? (cd_slice){colon + 1, (uint32_t)(n - name - 1)} : (cd_slice){"", 0});
        at += n;
        at += strspn(at, " ");
    }
}

static bool begins(cd_slice name, const char *with, cd_slice *rest)
{
    size_t n = strlen(with);
    if (name.n <= n || memcmp(name.bytes, with, n) != 0) return false;
    *rest = (cd_slice){name.bytes + n, name.n - (uint32_t)n};
    return true;
}

bool query_procedure_find(cd_slice name, query_procedure *out)
{
    uint32_t n;
    const candour_kernel *kernels = candour_kernels(&n);
    cd_slice rest;
    *out = (query_procedure){.name = name};
    for (size_t i = 0; i < sizeof of_sweeps / sizeof *of_sweeps; i++) {
        if (!cd_slice_equal(cd_slice_of(of_sweeps[i].name), name)) continue;
        read_columns(out, of_sweeps[i].gives);
        return true;
    }
    if (begins(name, "sweep.", &rest)) return read_columns(out, A_DETECTOR), true;
    if (!begins(name, "graph.", &rest)) return false;
    for (uint32_t i = 0; i < n; i++) {
        if (!cd_slice_equal(cd_slice_of(kernels[i].name), rest)) continue;
        out->kernel = &kernels[i], out->takes_options = true;
        read_columns(out, kernels[i].gives);
        return true;
    }
    return false;
}

const char *query_procedure_nearest(cd_slice name)
{
    static _Thread_local char best[64];
    char written[64], candidate[64];
    uint32_t n;
    const candour_kernel *kernels = candour_kernels(&n);
    snprintf(written, sizeof written, "%.*s", (int)name.n, name.bytes);
    cli_nearest nearest = cli_nearest_to(written);
    *best = '\0';
    for (uint32_t i = 0; i < n; i++) {
        const char *before = nearest.best;
        snprintf(candidate, sizeof candidate, "graph.%s", kernels[i].name);
        cli_nearest_try(&nearest, candidate);
        if (nearest.best != before) {
            memcpy(best, candidate, sizeof best);
            nearest.best = best;
        }
    }
    for (size_t i = 0; i < sizeof of_sweeps / sizeof *of_sweeps; i++) cli_nearest_try(&nearest, of_sweeps[i].name);
    return nearest.best;
}
