/* SPDX-License-Identifier: GPL-3.0-or-later
 * touch_own.c: files opened without a reason that are about the officer's own associations, about what those are tied
 * to, or about people who complained about the officer.
 *
 * What is to be expected goes by everything but the match: the officer opened so many files of each unit without a
 * reason, and so many files of that unit, opened so often by others without one, are about what the officer is tied to.
 * So a wide circle, a much read file, the quarter one lives in and a taste for other units' files all raise what is
 * expected, and nothing of it says that the officer's own files were chosen. That is why this stands in another family
 * than the detectors of unusual access: which files are sensitive, printed or come back to, and how many there are, is
 * taken as it is, and what is weighed is only whose they are. */
#include <stdlib.h>

#include "engine/base/sort.h"
#include "engine/detect/peer_counts.h"
#include "engine/detect/touched.h"

enum { TESTS = 4, COMPLAINED = 3 };
static const struct {
    double weight;
    const char *what, *one;
} tests[TESTS] = {
    {3, "files about own associations", "file about own associations"},
    {2, "files about what an own association is tied to", "file about what an own association is tied to"},
    {1, "files about what is tied to own associations through others",
     "file about what is tied to own associations through others"},
    {2, "files about people who complained about them", "file about somebody who complained about them"}};

typedef struct {
    const cd_look *look;
    cd_touched touched;
} touching;

static uint32_t test_of(uint32_t way)
{
    if (way == CD_TOUCH_COMPLAINED) return COMPLAINED;
    return way < COMPLAINED ? way : COMPLAINED - 1;
}

static uint32_t test_of_touch(const touching *x, const cd_touch *t)
{
    return test_of(cd_touch_way(&x->touched.reach.list[t->path]));
}

/* The shortest path to the file met most often, in words. */
static void words(void *context, cd_id o, cd_buffer *out)
{
    const touching *x = context;
    const cd_scene *s = x->look->scene;
    const cd_touch *best = NULL;
    for (cd_off i = x->touched.off[o]; i < x->touched.off[o + 1]; i++) {
        const cd_touch *t = &x->touched.list[i];
        if (!best || x->touched.reach.list[t->path].hops < x->touched.reach.list[best->path].hops) best = t;
    }
    if (!best) return;
    cd_slice who = cd_scene_officer(s, o), file = cd_scene_file(s, best->file);
    cd_buffer_printf(out, ": %.*s - ", (int)who.n, who.bytes);
    cd_reach_words(s, &x->touched.reach, o, best->path, out);
    cd_buffer_printf(out, " - file %.*s", (int)file.n, file.bytes);
}

static uint32_t rows(void *context, cd_id o, const uint32_t *bit, cd_cited *out)
{
    const touching *x = context;
    uint32_t n = 0;
    for (cd_off i = x->touched.off[o]; i < x->touched.off[o + 1]; i++) {
        const cd_touch *t = &x->touched.list[i];
        n += cd_touch_rows(x->look, o, t, bit[test_of_touch(x, t)], out ? out + n : NULL);
    }
    for (cd_off i = x->touched.off[o]; i < x->touched.off[o + 1]; i++) { /* each path once */
        bool told = false;
        for (cd_off k = x->touched.off[o]; k < i && !told; k++)
            told = x->touched.list[k].path == x->touched.list[i].path;
        if (!told) n += cd_touch_path_rows(x->look, &x->touched, o, &x->touched.list[i], out ? out + n : NULL);
    }
    return n;
}

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    touching x = {.look = look};
    cd_peer_counts counts = {0};
    cd_peer_count *test[TESTS];
    bool *part = NULL;
    cd_id n = look->scene->officers.n;
    CD_TRY(cd_touched_make(look, true, &x.touched, err));
    CD_NEW(part, n);
    for (cd_id o = 0; o < n; o++)
        part[o] = look->residue->works[o] && x.touched.reach.off[o + 1] > x.touched.reach.off[o];
    CD_TRY(cd_peer_counts_init(&counts, look, part, err));
    counts.lifted = true;
    for (uint32_t k = 0; k < TESTS; k++) {
        CD_TRY(cd_peer_counts_add(&counts, tests[k].weight, tests[k].what, tests[k].one, &test[k], err));
        test[k]->most = 2; /* files about one person come together: who opened many says no more of the others */
    }
    for (cd_id o = 0; o < n; o++) {
        for (uint32_t h = 0; part[o] && h < CD_TOUCH_HOPS; h++)
            test[test_of(h)]->exposure[o] += cd_touch_expected(&x.touched, o, h);
        for (cd_off i = x.touched.off[o]; i < x.touched.off[o + 1]; i++)
            test[test_of_touch(&x, &x.touched.list[i])]->seen[o]++;
    }
    CD_TRY(cd_peer_counts_run(&counts, number, &(cd_peer_teller){&x, words, rows}, out, err));
done:
    cd_peer_counts_release(&counts);
    cd_touched_release(&x.touched);
    cd_free(part);
    return st;
}

const cd_detector cd_detector_touch_own = {
    .name = "touch_own",
    .family = "tie",
    .lane = CD_LANE_CONDUCT,
    .needs = CD_NEEDS_ACCESSES | CD_NEEDS_ASSIGNMENTS | CD_NEEDS_SUBJECTS | CD_NEEDS_LINKS,
    .uses = CD_NEEDS_TIES | CD_NEEDS_COMPLAINTS,
    .about =
        "unexplained files about the officer's own associations, what those are tied to, or who complained about them",
    .weight = 4,
    .run = run,
};
