/* SPDX-License-Identifier: GPL-3.0-or-later
 * complaints.c: more complaints than others draw, whatever became of them; what each outcome weighs is learnt
 * (complaint_rates.h). None in many years speaks for an officer, none in few says little: so that everybody has a
 * finding, of which those that speak for them are below even. */
#include <math.h>
#include <stdio.h>

#include "engine/detect/complaint_rates.h"
#include "engine/detect/evidence.h"

enum { WORDS = 300 };

/* log10 of how many times likelier, to a thousandth; -300 of who does not take part. */
static void logs_take(const double *times, uint32_t n, double *out)
{
    for (uint32_t o = 0; o < n; o++) out[o] = times[o] > 0 ? rint(1000 * log10(times[o])) / 1000 : -300;
}

/* The power that the peers' own spread leaves of what is said. */
static cd_status temper_of(const cd_tally *t, const double *logs, double *power, cd_err *err)
{
    cd_status st = CD_OK;
    double *list = NULL;
    size_t n = 0;
    CD_NEW(list, t->n);
    for (cd_id o = 0; o < t->n; o++)
        if (t->part[o]) list[n++] = logs[o];
    CD_TRY(cd_evidence_temper_times(list, NULL, n, (double)n, power, err));
done:
    cd_free(list);
    return st;
}

static int32_t gain_of(double log_times, double temper)
{
    return log_times <= -300 ? -30 * CD_CENTIBANS : cd_evidence_centibans(pow(10, temper * log_times));
}

static const char *words_of(const cd_tally *t, cd_id o, double *expected[CD_TALLY_NULLS], cd_arena *arena, cd_err *err)
{
    char words[WORDS], dismissed[64] = "", sustained[48] = "", events[80] = "";
    uint32_t n = (uint32_t)(t->off[o + 1] - t->off[o]), of[CD_OUTCOMES] = {0};
    for (cd_off i = t->off[o]; i < t->off[o + 1]; i++) of[t->list[i].outcome]++;
    if (of[CD_SUSTAINED]) snprintf(sustained, sizeof sustained, ", %u sustained", of[CD_SUSTAINED]);
    if (of[CD_DISMISSED])
        snprintf(dismissed, sizeof dismissed, ", %u dismissed and weighed by %.2f", of[CD_DISMISSED],
                 t->weight[CD_DISMISSED]);
    char number[16] = "no";
    if (n) snprintf(number, sizeof number, "%u", n);
    const cd_off *duty = t->look->scene->duty_off;
    if (t->slope_events > 0)
        snprintf(events, sizeof events, ", %llu events of the kind that foretells them",
                 (unsigned long long)(duty[o + 1] - duty[o]));
    int k = snprintf(words, sizeof words, "%s complaint%s in %.1f years (%.2g expected by years, %.2g by place)%s%s%s",
                     number, n == 1 ? "" : "s", t->years[o], expected[CD_TALLY_BY_YEARS][o],
                     expected[CD_TALLY_BY_PLACE][o], sustained, dismissed, events);
    return cd_arena_copy(arena, words, k < 0 ? 0 : (size_t)k < sizeof words ? (size_t)k : sizeof words - 1, err);
}

static cd_status finding_of(const cd_tally *t, cd_id o, uint32_t detector, double *expected[CD_TALLY_NULLS],
                            cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_complaints *x = &t->look->scene->complaints;
    cd_table_of table = cd_table_named(t->look->scene->snapshot, "allegations");
    cd_finding *f = NULL;
    CD_TRY(cd_finding_add(out, 0, (uint32_t)(x->off[o + 1] - x->off[o]), &f, err));
    f->officer = o, f->detector = detector, f->peers = t->peers.size[t->peers.group[o]];
    f->words = words_of(t, o, expected, &out->arena, err);
    if (!f->words) CD_TRY(CD_EMEMORY);
    for (uint32_t i = 0; i < f->n_cited; i++) f->cited[i] = cd_cite_row(&table, x->list[x->off[o] + i].row, 0);
done:
    return st;
}

/* The same, were the peers drawn again. */
static cd_status redraw(const cd_tally *t, double temper, cd_findings *f, double *times, double *logs, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *drawn = NULL;
    CD_NEW(drawn, t->n);
    for (uint32_t draw = 0; draw < CD_REDRAWS; draw++) {
        for (cd_id o = 0; o < t->n; o++)
            drawn[o] = cd_peers_drawn((uint64_t)t->look->policy->number[CD_POLICY_SEED], draw, o);
        CD_TRY(cd_tally_times(t, t->weight, drawn, times, NULL, err));
        logs_take(times, t->n, logs);
        for (size_t i = 0; i < f->n; i++) f->list[i].redrawn[draw] = gain_of(logs[f->list[i].officer], temper);
    }
done:
    cd_free(drawn);
    return st;
}

static size_t run_bytes(const cd_scene *s)
{
    return (size_t)s->complaints.off[s->officers.n] * (sizeof(cd_tallied) + sizeof(cd_cited)) +
           (size_t)s->officers.n *
               (CD_TALLY_NULLS * CD_TALLY_PARTS * sizeof(double) + 120 + sizeof(cd_finding) + WORDS);
}

static cd_status run(const cd_look *look, uint32_t number, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = look->scene->officers.n;
    cd_tally t = {0};
    double *times = NULL, *logs = NULL, *without = NULL, *expected[CD_TALLY_NULLS] = {NULL};
    CD_TRY(cd_run_fits(look->run, "complaints", run_bytes(look->scene), err));
    CD_TRY(cd_tally_make(look, &t, err));
    CD_TRY(cd_tally_learn(&t, err));
    CD_TRY(cd_tally_events(&t, err));
    CD_TRY(cd_tally_fit(&t, err));
    CD_NEW(times, n);
    CD_NEW(logs, n);
    CD_NEW(without, n);
    for (uint32_t v = 0; v < CD_TALLY_NULLS; v++) CD_NEW(expected[v], n);
    double undismissed[CD_OUTCOMES];
    memcpy(undismissed, t.weight, sizeof undismissed);
    undismissed[CD_DISMISSED] = 0;
    CD_TRY(cd_tally_times(&t, undismissed, NULL, times, NULL, err));
    logs_take(times, n, without);
    CD_TRY(cd_tally_times(&t, t.weight, NULL, times, expected, err));
    logs_take(times, n, logs);
    double temper;
    CD_TRY(temper_of(&t, logs, &temper, err));
    temper *= look->policy->number[CD_POLICY_COMPLAINTS_POWER];
    for (cd_id o = 0; o < n; o++) {
        if (logs[o] <= -300) continue;
        CD_TRY(finding_of(&t, o, number, expected, out, err));
        cd_finding *f = &out->list[out->n - 1];
        f->gain_centibans = gain_of(logs[o], temper);
        f->dismissed_centibans = f->gain_centibans - gain_of(without[o], temper);
        f->base = cd_evidence_factor(f->gain_centibans);
    }
    CD_TRY(redraw(&t, temper, out, times, logs, err));
done:
    cd_tally_release(&t);
    cd_free(times);
    cd_free(logs);
    cd_free(without);
    for (uint32_t v = 0; v < CD_TALLY_NULLS; v++) cd_free(expected[v]);
    return st;
}

const cd_detector cd_detector_complaints = {
    .name = "complaints",
    .family = "complaints",
    .lane = CD_LANE_CONDUCT,
    .needs = CD_NEEDS_COMPLAINTS,
    .about = "how many, and what became of them, against others as long in the force and of the same place",
    .run = run,
};
