/* SPDX-License-Identifier: GPL-3.0-or-later
 * reasons_learn.c: what a force does not write down, learnt from what its people do. Everything is counted in whole
 * numbers and decided on them, so that the same rows teach the same. */
#include <math.h>
#include <stdlib.h>

#include "engine/base/sort.h"
#include "engine/detect/chance.h"
#include "engine/detect/reasons_inside.h"

/* ---- How late assignments are recorded ---- */

enum { LAG_DAYS = 180, QUIET_FROM = 90, LEAST_LAGS = 50 };

/* How many files were opened so many days before their assignment, by somebody who was not assigned yet: the first
 * access of each assignment alone, so that a busy officer counts once. */
static void count_lags(const cd_scene *s, const cd_run *run, uint64_t lags[LAG_DAYS])
{
#pragma omp parallel for schedule(dynamic, 64) num_threads(run->threads) reduction(+ : lags[:LAG_DAYS])
    for (cd_id o = 0; o < s->officers.n; o++) {
        for (cd_off t = s->task_off[o]; t < s->task_off[o + 1]; t++) {
            const cd_assignment *task = &s->tasks[t];
            bool repeated = t > s->task_off[o] && s->tasks[t - 1].file == task->file;
            if (task->from == INT64_MIN || repeated) continue;
            int64_t window = task->from - (int64_t)LAG_DAYS * CD_DAY_SECONDS;
            cd_off lo = s->access_off[o], hi = s->access_off[o + 1], end = hi;
            while (lo < hi) {
                cd_off mid = lo + (hi - lo) / 2;
                if (s->accesses[mid].at < window)
                    lo = mid + 1;
                else
                    hi = mid;
            }
            while (lo < end && s->accesses[lo].at < task->from && s->accesses[lo].file != task->file) lo++;
            if (lo < end && s->accesses[lo].at < task->from)
                lags[(task->from - 1 - s->accesses[lo].at) / CD_DAY_SECONDS]++;
        }
    }
}

/* The days within which nineteen in twenty of the late ones fall, once what happens at any distance is taken away. */
cd_status cd_reasons_grace(cd_reasons *r, const cd_policy *policy, const cd_run *run, cd_err *err)
{
    uint64_t lags[LAG_DAYS] = {0}, quiet = 0, all = 0;
    double most = policy->number[CD_POLICY_GRACE_DAYS_MOST], days = policy->number[CD_POLICY_GRACE_DAYS_USUAL];
    (void)err;
    count_lags(r->scene, run, lags);
    for (int d = QUIET_FROM; d < LAG_DAYS; d++) quiet += lags[d];
    for (int d = 0; d < QUIET_FROM; d++) all += lags[d];
    /* Whole numbers: QUIET_FROM days of quiet are as many as the other half of the window has. */
    int64_t excess = (int64_t)all - (int64_t)quiet, sum = 0;
    if (excess >= LEAST_LAGS) {
        int d = 0;
        for (; d < QUIET_FROM; d++) {
            sum += (int64_t)lags[d] * QUIET_FROM - (int64_t)quiet;
            if (20 * sum >= 19 * excess * QUIET_FROM) break;
        }
        days = d + 1;
        r->grace_seen = (uint64_t)excess;
    }
    if (days > most) days = most;
    r->grace_seconds = (int64_t)(days * CD_DAY_SECONDS);
    return CD_OK;
}

/* ---- Files that the whole force opens ---- */

cd_status cd_reasons_hubs(cd_reasons *r, const cd_policy *policy, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = r->scene;
    uint32_t *openers = NULL, n_candidates = 0;
    uint64_t *units = NULL;
    uint32_t *candidate = NULL, least = (uint32_t)policy->number[CD_POLICY_HUB_OFFICERS];
    size_t words = s->units.n / 64 + 1;
    CD_NEW(openers, s->files.n);
    CD_NEW(candidate, s->files.n);
    CD_NEW(r->hub, s->files.n);
    /* In a small force half of it is the whole of it. */
    uint32_t people = 0;
    for (cd_id o = 0; o < s->officers.n; o++) people += s->access_off[o + 1] > s->access_off[o];
    if (people >= 4 && least > people / 2) least = people / 2;
/* Rows, not officers: an upper bound, so that few files need the exact count. */
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (cd_off a = 0; a < s->access_off[s->officers.n]; a++) {
#pragma omp atomic
        openers[s->accesses[a].file]++;
    }
    for (cd_id f = 0; f < s->files.n; f++) candidate[f] = openers[f] >= least ? ++n_candidates : 0;
    CD_TRY(cd_run_fits(run, "finding force-wide files", (size_t)n_candidates * 8 * (words + 1), err));
    CD_NEW(units, (size_t)n_candidates * words);
    uint32_t *seen = NULL;
    seen = cd_alloc((size_t)n_candidates + 1, sizeof *seen, err); /* the officer who was counted last, from 1 */
    if (!seen) CD_TRY(CD_EMEMORY);
    memset(openers, 0, s->files.n * sizeof *openers);
    for (cd_id o = 0; o < s->officers.n; o++)
        for (cd_off a = s->access_off[o]; a < s->access_off[o + 1]; a++) {
            uint32_t c = candidate[s->accesses[a].file];
            if (c == 0) continue;
            uint32_t unit = cd_scene_post(s, o, s->accesses[a].at).unit;
            units[(size_t)(c - 1) * words + unit / 64] |= (uint64_t)1 << unit % 64;
            if (seen[c] != o + 1) seen[c] = o + 1, openers[s->accesses[a].file]++;
        }
    cd_free(seen);
    for (cd_id f = 0; f < s->files.n; f++) {
        uint32_t c = candidate[f], n_units = 0;
        if (c == 0 || openers[f] < least) continue;
        for (size_t w = 0; w < words; w++)
            n_units += (uint32_t)__builtin_popcountll(units[(size_t)(c - 1) * words + w]);
        r->hub[f] = (double)n_units >= policy->number[CD_POLICY_HUB_UNITS_SHARE] * (double)s->units.n && n_units >= 4;
        r->n_hubs += r->hub[f];
    }
done:
    cd_free(openers);
    cd_free(candidate);
    cd_free(units);
    return st;
}

/* ---- Referral chains between units ---- */

enum { UNIT_BITS = 24, REFERRAL_ROUNDS = 3 };

/* What one officer opened of one unit's files, as far as no record explains it. */
typedef struct {
    uint64_t chain; /* own unit, owner, sensitive */
    uint32_t files;
} share;

static uint64_t chain_of(uint32_t unit, uint32_t owner, bool sensitive)
{
    return (uint64_t)unit << (UNIT_BITS + 1) | (uint64_t)owner << 1 | sensitive;
}
static uint32_t unit_of(uint64_t chain) { return (uint32_t)(chain >> (UNIT_BITS + 1)); }
static uint32_t owner_of(uint64_t chain) { return (uint32_t)(chain >> 1) & ((1u << UNIT_BITS) - 1); }

static int share_compare(const void *a, const void *b)
{
    const share *x = a, *y = b;
    return (x->chain > y->chain) - (x->chain < y->chain);
}

/* The unexplained files of every officer by whose they are: a share for each unit and sensitivity. The unit is the one
 * that the officer was of at the first of them. */
static cd_status shares_collect(const cd_reasons *r, share **out, size_t *n_out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = r->scene;
    size_t cap = 0, n = 0, cap_keys = 0; /* keys[] holds files, then (never more of them) chains */
    uint64_t *keys = NULL;
    for (cd_id o = 0; o < s->officers.n; o++) {
        size_t n_keys = 0, m = 0;
        CD_TRY(cd_grow(&keys, &cap_keys, (size_t)(s->access_off[o + 1] - s->access_off[o]), sizeof *keys, err));
        for (cd_off a = s->access_off[o]; a < s->access_off[o + 1]; a++)
            if (s->accesses[a].reason == CD_REASON_NONE && !r->hub[s->accesses[a].file])
                keys[n_keys++] = s->accesses[a].file;
        if (n_keys == 0) continue;
        if (n_keys > 1) qsort(keys, n_keys, sizeof *keys, cd_compare_u64);
        int64_t at = s->accesses[s->access_off[o]].at;
        uint32_t unit = cd_scene_post(s, o, at).unit;
        uint64_t before = UINT64_MAX;
        for (size_t i = 0; i < n_keys; i++) {
            if (keys[i] == before) continue;
            before = keys[i];
            cd_id file = (cd_id)before;
            uint32_t owner = cd_scene_holder(s, file, at);
            if (unit && owner) keys[m++] = chain_of(unit, owner, cd_is_sensitive(r, file));
        }
        if (m > 1) qsort(keys, m, sizeof *keys, cd_compare_u64);
        CD_TRY(cd_grow(out, &cap, n + m, sizeof **out, err));
        for (size_t i = 0; i < m; i++) {
            if (i && keys[i] == keys[i - 1])
                (*out)[n - 1].files++;
            else
                (*out)[n++] = (share){keys[i], 1};
        }
    }
    if (n > 1) qsort(*out, n, sizeof **out, share_compare);
    *n_out = n;
done:
    cd_free(keys);
    return st;
}

/* All of a unit's officers who open that unit's files. */
typedef struct {
    uint64_t chain, files;
    uint32_t officers;
    double expected;
    bool referral;
} chain;

static size_t chains_join(const share *shares, size_t n, chain *out)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (m == 0 || out[m - 1].chain != shares[i].chain) out[m++] = (chain){.chain = shares[i].chain};
        out[m - 1].files += shares[i].files;
        out[m - 1].officers++;
    }
    return m;
}

/* Whether a chain carries more than its two units' strays would: units and owners as they are outside referral chains.
 */
static cd_status chains_decide(chain *c, size_t n, const uint32_t *people, uint32_t n_units, const cd_policy *policy,
                               cd_err *err)
{
    cd_status st = CD_OK;
    double *by_unit = NULL, *by_owner = NULL;
    double times = policy->number[CD_POLICY_REFERRAL_TIMES], part = policy->number[CD_POLICY_REFERRAL_OFFICERS];
    CD_NEW(by_unit, 2 * ((size_t)n_units + 1));
    CD_NEW(by_owner, 2 * ((size_t)n_units + 1));
    for (int round = 0; round < REFERRAL_ROUNDS; round++) {
        double all[2] = {0, 0};
        memset(by_unit, 0, 2 * ((size_t)n_units + 1) * sizeof *by_unit);
        memset(by_owner, 0, 2 * ((size_t)n_units + 1) * sizeof *by_owner);
        for (size_t i = 0; i < n; i++) {
            size_t s = c[i].chain & 1;
            if (c[i].referral) continue;
            by_unit[2 * unit_of(c[i].chain) + s] += (double)c[i].files; /* whole numbers: exact in any order */
            by_owner[2 * owner_of(c[i].chain) + s] += (double)c[i].files;
            all[s] += (double)c[i].files;
        }
        for (size_t i = 0; i < n; i++) {
            size_t s = c[i].chain & 1;
            uint32_t unit = unit_of(c[i].chain);
            double least = part * people[unit];
            c[i].expected = all[s] > 0 ? by_unit[2 * unit + s] * by_owner[2 * owner_of(c[i].chain) + s] / all[s] : 0;
            c[i].referral = c[i].officers >= 4 && c[i].officers >= least &&
                            (double)c[i].files >= times * c[i].expected &&
                            rint(1000 * cd_chance_poisson(c[i].files, c[i].expected)) < -6000;
        }
    }
done:
    cd_free(by_unit);
    cd_free(by_owner);
    return st;
}

cd_status cd_reasons_referrals(cd_reasons *r, const cd_policy *policy, const cd_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = r->scene;
    share *shares = NULL;
    chain *chains = NULL;
    uint32_t *people = NULL; /* who opens files at all, per unit */
    size_t n_shares = 0, n, m = 0;
    (void)run;
    if (s->units.n >= 1u << UNIT_BITS)
        CD_TRY(cd_fail(err, CD_EINPUT, "'%s' has %u units, more than can be told apart; check the unit columns",
                       s->snapshot->path, s->units.n));
    CD_NEW(people, (size_t)s->units.n + 1);
    for (cd_id o = 0; o < s->officers.n; o++)
        if (s->access_off[o + 1] > s->access_off[o])
            people[cd_scene_post(s, o, s->accesses[s->access_off[o]].at).unit]++;
    CD_TRY(shares_collect(r, &shares, &n_shares, err));
    CD_NEW(chains, n_shares);
    n = chains_join(shares, n_shares, chains);
    CD_TRY(chains_decide(chains, n, people, s->units.n, policy, err));
    for (size_t i = 0; i < n; i++) r->n_referrals += chains[i].referral;
    CD_NEW(r->referrals, r->n_referrals);
    for (size_t i = 0; i < n; i++)
        if (chains[i].referral)
            r->referrals[m++] = (cd_referral){unit_of(chains[i].chain), owner_of(chains[i].chain), chains[i].chain & 1,
                                              chains[i].officers,       chains[i].files,           chains[i].expected};
done:
    cd_free(shares);
    cd_free(chains);
    cd_free(people);
    return st;
}

/* ---- Roles that open others' files as their job ---- */

/* role[i] of an officer, and whether much of what they open is unexplained. */
cd_status cd_reasons_roles(cd_reasons *r, const cd_policy *policy, const cd_run *run, cd_err *err)
{
    enum { LEAST_FILES = 20, LEAST_PEOPLE = 3 };
    cd_status st = CD_OK;
    const cd_scene *s = r->scene;
    uint32_t *many = NULL, *all = NULL;
    cd_id *files = NULL;
    size_t cap = 0;
    (void)run;
    CD_NEW(r->role_opens, (size_t)s->roles.n + 1);
    CD_NEW(many, (size_t)s->roles.n + 1);
    CD_NEW(all, (size_t)s->roles.n + 1);
    for (cd_id o = 0; o < s->officers.n; o++) {
        size_t n = 0, open = 0;
        cd_off begin = s->access_off[o], end = s->access_off[o + 1];
        if (begin == end) continue;
        CD_TRY(cd_grow(&files, &cap, (size_t)(end - begin), sizeof *files, err));
        for (int reason = 0; reason < CD_REASONS; reason++) {
            size_t k = cd_files_with_reason(s, o, (cd_reason)reason, files);
            n += k;
            if (reason == CD_REASON_NONE) open = k;
        }
        if (n < LEAST_FILES) continue;
        uint32_t role = cd_scene_post(s, o, s->accesses[begin].at).role;
        all[role]++;
        many[role] += (double)open >= policy->number[CD_POLICY_ROLE_SHARE] * (double)n;
    }
    for (uint32_t role = 1; role <= s->roles.n; role++)
        r->role_opens[role] = all[role] >= LEAST_PEOPLE && 2 * many[role] >= all[role];
done:
    cd_free(many);
    cd_free(all);
    cd_free(files);
    return st;
}
