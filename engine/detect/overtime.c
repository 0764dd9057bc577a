/* SPDX-License-Identifier: GPL-3.0-or-later
 * overtime.c: claimed hours at which no machine saw the person, by how many there are: one is a missed swipe, many are
 * not. Held against how often ordinary hours go unseen there (claims.h), and against the peers' own claims; and by who
 * else's went unseen on the same days, or by turns (covers.h), which has a share of its own in what is said. */
#include <math.h>

#include "engine/detect/covers.h"
#include "engine/detect/evidence.h"
#include "engine/detect/peer_counts.h"

static const double OF_COVERS = 0.25; /* the weight of the days unseen together */
static const double FEWEST = 4;       /* claims that everybody is taken to have made: one out of one says little */

typedef struct {
    const cd_claimed *claimed;
    const cd_covers *covers;
    cd_table_of roster;
} telling;

/* Who covers whom by turns. */
static void turns(const telling *t, cd_id officer, cd_buffer *out)
{
    const cd_turns *x = &t->covers->turns[officer];
    for (uint32_t k = 1; k < x->n; k++) {
        cd_slice id = cd_scene_officer(t->claimed->look->scene, x->who[k]);
        cd_buffer_printf(out, "%s%.*s", k == 1 ? "; by turns with " : ", ", (int)id.n, id.bytes);
    }
    for (uint32_t k = 0; k < x->n; k++)
        cd_buffer_printf(out, "%s%u",
                         k == 0         ? ", each unseen while the next stayed: "
                         : k + 1 < x->n ? ", "
                                        : " and ",
                         x->days[k]);
    if (x->n) cd_buffer_printf(out, " days");
}

/* With whom. */
static void words(void *context, cd_id officer, cd_buffer *out)
{
    const telling *t = context;
    const cd_id *with = t->covers->with + (size_t)officer * CD_COVERS;
    const uint32_t *days = t->covers->days + (size_t)officer * CD_COVERS;
    for (uint32_t k = 0; k < CD_COVERS && with[k] != CD_NONE; k++) {
        cd_slice id = cd_scene_officer(t->claimed->look->scene, with[k]);
        cd_buffer_printf(out, "%s%.*s on %u days", k ? ", " : "; unseen on the same days: ", (int)id.n, id.bytes,
                         days[k]);
    }
    turns(t, officer, out);
}

/* The rows of the counted claims. */
static uint32_t rows(void *context, cd_id officer, const uint32_t *bit, cd_cited *out)
{
    const telling *t = context;
    uint32_t n = 0;
    for (cd_off i = t->claimed->off[officer]; i < t->claimed->off[officer + 1]; i++) {
        const cd_judged *x = &t->claimed->list[i];
        if (!x->unseen || !bit[x->kind]) continue;
        if (out) out[n] = cd_cite_row(&t->roster, x->row, bit[x->kind]);
        n++;
    }
    return n;
}

static cd_status counts_add(cd_peer_counts *counts, const cd_claimed *c, cd_err *err)
{
    static const struct {
        double weight;
        const char *what, *one;
    } told[CD_CLAIMS] = {{4, "stretches of claimed overtime unseen", "stretch of claimed overtime unseen"},
                         {1, "claimed rest-day shifts unseen", "claimed rest-day shift unseen"}};
    enum { MOST = 4 };
    cd_status st = CD_OK;
    cd_id n = c->look->scene->officers.n;
    for (int k = 0; k < CD_CLAIMS; k++) {
        cd_peer_count *x;
        CD_TRY(cd_peer_counts_add(counts, told[k].weight, told[k].what, told[k].one, &x, err));
        x->most = MOST;
        memcpy(x->seen, c->seen[k], n * sizeof *x->seen);
        for (cd_id o = 0; o < n; o++) x->exposure[o] = c->judged[k][o] ? fmax(c->exposure[k][o], FEWEST) : 0;
    }
done:
    return st;
}

static int32_t shared(int32_t centibans, double times)
{
    return cd_evidence_centibans((1 - OF_COVERS) * cd_evidence_factor(centibans) + OF_COVERS * times);
}

/* Takes the days unseen together into what the counts say. */
static void covers_take(const cd_covers *covers, cd_finding *f)
{
    double times = covers->times[f->officer];
    f->gain_centibans = shared(f->gain_centibans, times);
    for (uint32_t draw = 0; draw < CD_REDRAWS; draw++) f->redrawn[draw] = shared(f->redrawn[draw], times);
    f->base = (1 - OF_COVERS) * f->base + OF_COVERS * times;
    for (uint32_t k = 0; k < f->n_counted; k++) f->counted[k].weight *= 1 - OF_COVERS;
}

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = look->scene->officers.n;
    cd_claimed c = {0};
    cd_covers covers = {0};
    cd_peer_counts counts = {0};
    bool *part = NULL;
    telling t = {.claimed = &c, .covers = &covers, .roster = look->scene->rosters.roster};
    CD_TRY(cd_claimed_make(look, &c, err));
    CD_TRY(cd_covers_make(&c, &covers, err));
    CD_NEW(part, n);
    for (cd_id o = 0; o < n; o++)
        for (int k = 0; k < CD_CLAIMS; k++) part[o] = part[o] || c.judged[k][o] > 0;
    CD_TRY(cd_peer_counts_init(&counts, look, part, err));
    counts.least = 2; /* one alone is a missed swipe */
    CD_TRY(counts_add(&counts, &c, err));
    CD_TRY(cd_peer_counts_run(&counts, number, &(cd_peer_teller){&t, words, rows}, out, err));
    for (size_t i = 0; i < out->n; i++) covers_take(&covers, &out->list[i]);
done:
    cd_peer_counts_release(&counts);
    cd_covers_release(&covers);
    cd_claimed_release(&c);
    cd_free(part);
    return st;
}

const cd_detector cd_detector_overtime = {
    .name = "overtime",
    .family = "roster",
    .lane = CD_LANE_CONDUCT,
    .needs = CD_NEEDS_ROSTER | CD_NEEDS_PRESENCE,
    .about = "claimed hours at which no machine saw them, against how often ordinary hours go unseen there",
    .weight = 4,
    .run = run,
};
