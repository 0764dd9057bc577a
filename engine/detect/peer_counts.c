/* SPDX-License-Identifier: GPL-3.0-or-later
 * peer_counts.c: expected by the officer's own exposure, times how the peers' counts go by theirs. */
#include "engine/detect/peer_counts.h"

#include <math.h>
#include <stdio.h>

#include "engine/detect/chance.h"
#include "engine/detect/counted.h"
#include "engine/detect/evidence.h"

static const double WORTH_TELLING = -1; /* a chance of one in ten */
enum { MOST_WORDS = 1000 };

cd_status cd_peer_counts_init(cd_peer_counts *c, const cd_look *look, const bool *part, cd_err *err)
{
    *c = (cd_peer_counts){.look = look, .part = part};
    return cd_peers_make(look->residue->role, look->scene->roles.n + 1, part, look->scene->officers.n,
                         (uint32_t)look->policy->number[CD_POLICY_PEERS_LEAST], &c->peers, err);
}

void cd_peer_counts_release(cd_peer_counts *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        cd_free(c->count[i].seen);
        cd_free(c->count[i].exposure);
        cd_free(c->count[i].got);
        cd_free(c->count[i].temper);
    }
    cd_peers_release(&c->peers);
    *c = (cd_peer_counts){0};
}

cd_status cd_peer_counts_add(cd_peer_counts *c, double weight, const char *what, const char *one, cd_peer_count **out,
                             cd_err *err)
{
    cd_status st = CD_OK;
    cd_peer_count *x = &c->count[c->n++];
    *x = (cd_peer_count){.weight = weight};
    snprintf(x->what, sizeof x->what, "%s", what);
    snprintf(x->one, sizeof x->one, "%s", one);
    CD_NEW(x->seen, c->look->scene->officers.n);
    CD_NEW(x->exposure, c->look->scene->officers.n);
    CD_NEW(x->got, c->look->scene->officers.n);
    CD_NEW(x->temper, c->look->scene->officers.n);
    *out = x;
done:
    return st;
}

static uint32_t capped(const cd_peer_count *x, cd_id o)
{
    return x->most && x->seen[o] > x->most ? x->most : x->seen[o];
}

/* What one officer can do to what is expected of others has a bound; their own chance goes by all that was seen. */
static cd_status compare(const cd_peer_counts *c, cd_peer_count *x, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = c->look->scene->officers.n;
    const cd_residue *r = c->look->residue;
    const cd_scene *s = c->look->scene;
    const cd_grouping by[] = {{r->rank, s->ranks.n + 1}, {r->role, s->roles.n + 1}, {r->unit, s->units.n + 1}};
    uint32_t *seen = NULL;
    double *log_p = NULL;
    CD_NEW(seen, n);
    CD_NEW(log_p, n);
    for (cd_id o = 0; o < n; o++) seen[o] = capped(x, o);
    CD_TRY(cd_peers_compare(&c->peers, seen, x->exposure, CD_EXPOSURE_FIXED, c->look->run->threads, x->got, err));
    for (cd_id o = 0; o < n; o++) {
        if (!c->part[o]) continue;
        /* To a thousandth: last bits of logarithms differ between processors, and decide nothing. */
        x->got[o].log_p = rint(1000 * cd_chance_spread(x->seen[o], x->got[o].expected, x->got[o].shape)) / 1000;
        log_p[o] = x->got[o].log_p;
    }
    CD_TRY(cd_evidence_temper(log_p, c->part, n, by, sizeof by / sizeof *by,
                              (uint32_t)c->look->policy->number[CD_POLICY_PEERS_LEAST], x->temper, err));
done:
    cd_free(seen);
    cd_free(log_p);
    return st;
}

/* ---- Telling ---- */

static bool stands_out(const cd_peer_counts *c, cd_id o)
{
    uint64_t seen = 0;
    for (uint32_t i = 0; i < c->n; i++) seen += c->count[i].seen[o];
    if (seen < c->least) return false;
    for (uint32_t i = 0; i < c->n; i++)
        if (rint(1000 * c->count[i].got[o].log_p * c->count[i].temper[o]) <= 1000 * WORTH_TELLING) return true;
    return false;
}

/* Multiplies the weights by what the factors of those who will be told of leave. */
static cd_status lift(cd_peer_counts *c, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = c->look->scene->officers.n;
    size_t told = 0;
    double *times = NULL, people = 0, times_more;
    CD_NEW(times, n);
    for (cd_id o = 0; o < n; o++) {
        people += c->look->residue->works[o];
        if (!c->part[o] || !stands_out(c, o)) continue;
        for (uint32_t i = 0; i < c->n; i++)
            times[told] += c->count[i].weight * cd_evidence_times(c->count[i].got[o].log_p, c->count[i].temper[o]);
        told++;
    }
    CD_TRY(cd_evidence_lift(times, told, people, &times_more, err));
    for (uint32_t i = 0; i < c->n; i++) c->count[i].weight *= times_more;
done:
    cd_free(times);
    return st;
}

/* The counts that say something, then whatever else the detector has to say. */
static const char *tell(const cd_peer_counts *c, cd_id o, const cd_peer_teller *teller, cd_arena *arena, cd_err *err)
{
    cd_buffer words = {0};
    for (uint32_t i = 0; i < c->n; i++) {
        const cd_peer_count *x = &c->count[i];
        if (rint(1000 * x->got[o].log_p * x->temper[o]) > 1000 * WORTH_TELLING) continue;
        cd_buffer_printf(&words, "%s%u %s (%.2g expected)", words.n ? ", " : "", x->seen[o],
                         x->seen[o] == 1 ? x->one : x->what, x->got[o].expected);
    }
    if (teller->words) teller->words(teller->context, o, &words);
    cd_slice cut = cd_slice_cut((cd_slice){words.bytes, (uint32_t)words.n}, MOST_WORDS);
    const char *out = cd_arena_copy(arena, cut.bytes, cut.n, err); /* out of memory, the words break off */
    cd_buffer_release(&words);
    return out;
}

static cd_status finding_of(const cd_peer_counts *c, cd_id o, uint32_t detector, const cd_peer_teller *teller,
                            cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_finding *f = NULL;
    uint32_t bit[CD_PEER_COUNTS] = {0};
    cd_officer_counts counts = {0};
    for (uint32_t i = 0; i < c->n; i++) {
        const cd_peer_count *x = &c->count[i];
        uint32_t at = cd_officer_counts_add(
            &counts, (cd_officer_count){x->what, x->weight, x->seen[o], &x->got[o], x->temper[o]});
        if (at < CD_OFFICER_COUNTS) bit[i] = 1u << at;
    }
    CD_TRY(cd_finding_add(out, counts.n_listed, teller->rows(teller->context, o, bit, NULL), &f, err));
    f->officer = o, f->detector = detector, f->peers = c->peers.size[c->peers.group[o]];
    f->words = tell(c, o, teller, &out->arena, err);
    if (!f->words) CD_TRY(CD_EMEMORY);
    cd_officer_counts_tell(&counts, f);
    (void)teller->rows(teller->context, o, bit, f->cited);
done:
    return st;
}

/* ---- How much hangs on who the peers are ---- */

static cd_status redraw_count(const cd_peer_counts *c, const cd_peer_count *x, uint32_t draw, const cd_finding *list,
                              size_t n, double *times, cd_err *err)
{
    cd_status st = CD_OK;
    cd_compared *got = NULL;
    uint32_t *people = NULL, *seen = NULL;
    cd_id officers = c->look->scene->officers.n;
    CD_NEW(got, n);
    CD_NEW(people, n);
    CD_NEW(seen, officers);
    for (cd_id o = 0; o < officers; o++) seen[o] = capped(x, o);
    for (size_t k = 0; k < n; k++) people[k] = list[k].officer;
    CD_TRY(cd_peers_redraw(&c->peers, seen, x->exposure, CD_EXPOSURE_FIXED,
                           (uint64_t)c->look->policy->number[CD_POLICY_SEED], draw, x->got, people, (uint32_t)n, got,
                           err));
    for (size_t k = 0; k < n; k++) {
        double log_p = cd_chance_spread(x->seen[people[k]], got[k].expected, got[k].shape);
        times[k] += x->weight * cd_evidence_times(rint(1000 * log_p) / 1000, x->temper[people[k]]);
    }
done:
    cd_free(got);
    cd_free(people);
    cd_free(seen);
    return st;
}

static cd_status redraw(const cd_peer_counts *c, cd_finding *list, size_t n, cd_err *err)
{
    cd_status st = CD_OK;
    double *times = NULL;
    CD_NEW(times, n);
    for (uint32_t draw = 0; draw < CD_REDRAWS; draw++) {
        memset(times, 0, n * sizeof *times);
        for (uint32_t i = 0; i < c->n; i++) CD_TRY(redraw_count(c, &c->count[i], draw, list, n, times, err));
        for (size_t k = 0; k < n; k++) list[k].redrawn[draw] = cd_evidence_centibans(times[k]);
    }
done:
    cd_free(times);
    return st;
}

cd_status cd_peer_counts_run(cd_peer_counts *c, uint32_t detector, const cd_peer_teller *teller, cd_findings *out,
                             cd_err *err)
{
    cd_status st = CD_OK;
    double all = 0;
    for (uint32_t i = 0; i < c->n; i++) all += c->count[i].weight;
    for (uint32_t i = 0; i < c->n; i++) {
        c->count[i].weight = all > 0 ? c->count[i].weight / all : 0;
        CD_TRY(cd_run_step(c->look->run, cd_detectors[detector]->name, 0, err));
        CD_TRY(compare(c, &c->count[i], err));
    }
    if (c->lifted) CD_TRY(lift(c, err));
    for (cd_id o = 0; o < c->look->scene->officers.n; o++)
        if (c->part[o] && stands_out(c, o)) CD_TRY(finding_of(c, o, detector, teller, out, err));
    CD_TRY(redraw(c, out->list, out->n, err));
done:
    return st;
}
