/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_people.c: units and the officers in them: sizes, roles, ranks, squads, moves, managers, how busy each is.
 */
#include "loaders/synthetic_duty.h"

enum { OFFICERS_A_UNIT = 60, UNITS_A_SITE = 3 };

static const double LOG2_E = 1.4426950408889634;
static const double ACTIVITY_SPREAD = 0.8; /* sigma of the lognormal */

/* Roles are dealt out so that every prefix of the units has them in proportion: a small force has the common ones. */
static void roles_deal(syn_force *f)
{
    uint32_t count[SYN_ROLES] = {0};
    for (uint32_t u = 0; u < f->n_units; u++) {
        int32_t best = 0, most = INT32_MIN;
        for (int32_t k = 0; k < SYN_ROLES; k++) {
            int32_t lack = (int32_t)syn_roles[k].per_mille * (int32_t)(u + 1) - 1000 * (int32_t)count[k];
            if (lack > most) most = lack, best = k;
        }
        count[best]++;
        f->units[u].role = (uint8_t)best;
    }
}

/* The unit of that role nearest to u, going up and round; u itself where there is none. */
static uint32_t unit_near(const syn_force *f, uint32_t u, syn_role role, uint32_t from)
{
    for (uint32_t k = 0; k < f->n_units; k++) {
        uint32_t v = (u + from + k) % f->n_units;
        if (f->units[v].role == role && v != u) return v;
    }
    return u;
}

static cd_status units_build(syn_force *f, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *number = NULL, *of = NULL;
    uint64_t all = 0, sum = 0;
    cd_random r = syn_stream(f, SYN_FOR_UNITS, 0);

    f->n_units = f->n_officers / OFFICERS_A_UNIT + (f->n_officers < OFFICERS_A_UNIT);
    CD_NEW(f->units, f->n_units);
    CD_TRY(syn_ids_new(f, 1, f->n_units, &number, &of, err));
    for (uint32_t u = 0; u < f->n_units; u++) {
        f->units[u].n = 32 + syn_below(&r, 65);
        f->units[u].offset = (int16_t)(900 * syn_below(&r, 3));
        f->units[u].number = (uint16_t)number[u];
        all += f->units[u].n;
    }
    for (uint32_t u = 0; u < f->n_units; u++) { /* sizes from 1 to 3, scaled to the force */
        f->units[u].first = (uint32_t)(sum * f->n_officers / all);
        sum += f->units[u].n;
        f->units[u].n = (uint32_t)(sum * f->n_officers / all) - f->units[u].first;
        f->units[u].site = (uint16_t)(number[u / UNITS_A_SITE] % (f->n_units / UNITS_A_SITE + 1) + 1);
    }
    roles_deal(f);
    for (uint32_t u = 0; u < f->n_units; u++) {
        for (uint32_t k = 0; k < 4; k++)
            f->units[u].related[k] = unit_near(f, u, syn_roles[f->units[u].role].chain[k], 1 + syn_below(&r, 4));
        for (uint32_t k = 4; k < SYN_RELATED; k++) f->units[u].related[k] = syn_below(&r, f->n_units);
    }
done:
    cd_free(number);
    cd_free(of);
    return st;
}

/* One sergeant in seven, one inspector in 26, a chief inspector in every unit of thirty; a command unit is half
 * seniors. */
static uint8_t rank_of(const syn_unit *u, uint32_t local, cd_random *r)
{
    static const uint8_t commanders[8] = {SYN_COMMANDER, SYN_CHIEF_SUPERINTENDENT, SYN_SUPERINTENDENT,
                                          SYN_CHIEF_INSPECTOR, SYN_SUPERINTENDENT, SYN_CHIEF_SUPERINTENDENT,
                                          SYN_CHIEF_INSPECTOR, SYN_CHIEF_INSPECTOR};
    if (u->role == SYN_COMMAND && local % 2 == 0) return commanders[local / 2 % 8];
    if (local == 15) return SYN_CHIEF_INSPECTOR;
    if (local % 26 == 12) return SYN_INSPECTOR;
    if (local % 7 == 3) return SYN_SERGEANT;
    return syn_below(r, 100) < syn_roles[u->role].staff ? SYN_STAFF : SYN_PC;
}

static void officer_make(syn_force *f, uint32_t unit, uint32_t local)
{
    const syn_unit *u = &f->units[unit];
    syn_officer *o = &f->officers[u->first + local];
    cd_random r = syn_stream(f, SYN_FOR_OFFICERS, u->first + local);
    int32_t days = (int32_t)f->n_days;

    o->unit = o->unit_after = unit;
    o->rank = rank_of(u, local, &r);
    o->squad = (uint8_t)(local * SYN_SQUADS / u->n);
    o->role_mix = u->role;
    o->joined = -30 - (int32_t)syn_below(&r, 9000) - (o->rank > SYN_PC ? 1500 : 0);
    o->left = o->moved = o->promoted = o->move_seen = INT16_MAX;
    if (days >= 30 && o->rank <= SYN_PC && syn_below(&r, 365 * 20) < (uint32_t)days)
        o->joined = (int32_t)syn_below(&r, f->n_days);
    else if (days >= 30 && syn_below(&r, 365 * 25) < (uint32_t)days) o->left = (int16_t)(1 + syn_below(&r, f->n_days));
    o->scheme = SYNTHETIC_SCHEMES;
    o->overtime = (uint8_t)(5 + syn_skewed(cd_random_u64(&r), 64));
    o->phase = (uint32_t)cd_random_u64(&r);
    o->office = (uint32_t)(4294967296.0 * 0.87) + syn_below(&r, 450000000);
    double z = syn_normal(&r) * ACTIVITY_SPREAD - ACTIVITY_SPREAD * ACTIVITY_SPREAD / 2;
    double activity = 256 * syn_exp2(z * LOG2_E);
    o->activity = activity < 12 ? 12 : activity > 3072 ? 3072 : (uint32_t)activity;
}

cd_status syn_people_build(syn_force *f, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t *id = NULL;

    CD_TRY(units_build(f, err));
    CD_NEW(f->officers, f->n_officers);
    CD_NEW(f->officer_text, f->n_officers);
    CD_TRY(syn_ids_new(f, 0, f->n_officers, &id, &f->officer_of_id, err));
    for (uint32_t u = 0; u < f->n_units; u++)
        for (uint32_t k = 0; k < f->units[u].n; k++) officer_make(f, u, k);
    for (uint32_t o = 0; o < f->n_officers; o++) {
        f->officers[o].id = id[o];
        syn_put_char(syn_put6(syn_put_char(f->officer_text[o], 'P'), id[o]), ',');
    }
done:
    cd_free(id);
    return st;
}

/* ---- Careers: after it is known who was planted as what ---- */

static void moves_make(syn_force *f)
{
    for (uint32_t i = 0; i < f->n_officers; i++) {
        syn_officer *o = &f->officers[i];
        cd_random r = syn_stream(f, SYN_FOR_CAREERS, i);
        bool secondee = o->scheme == SYNTHETIC_SECONDEE;
        if (f->n_days >= 30 && o->rank <= SYN_SERGEANT && o->joined < 0 && syn_below(&r, 365 * 33) < f->n_days)
            o->promoted = (int16_t)(1 + syn_below(&r, f->n_days - 1));
        if (!secondee &&
            (f->n_days < 30 || f->n_units < 2 || o->scheme != SYNTHETIC_SCHEMES || syn_is_senior(o->rank) ||
             o->joined >= 0 || o->left != INT16_MAX || syn_below(&r, 365 * 16) >= f->n_days))
            continue;
        o->moved = (int16_t)(secondee ? f->plants.at[o->plant].since : (int32_t)(1 + syn_below(&r, f->n_days - 1)));
        o->unit_after = f->units[o->unit].related[syn_below(&r, SYN_RELATED)];
        if (o->unit_after == o->unit) o->unit_after = (o->unit + 1) % f->n_units;
        o->move_seen = (int16_t)(o->moved + (int32_t)(secondee ? 25 + syn_below(&r, 40) : syn_below(&r, 3)));
    }
}

static cd_status comers_list(syn_force *f, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->n_officers; i++)
        if (f->officers[i].moved != INT16_MAX) f->units[f->officers[i].unit_after].n_comers++, n++;
    CD_NEW(f->comers, n);
    for (uint32_t u = 0, first = 0; u < f->n_units; u++) {
        f->units[u].first_comer = first;
        first += f->units[u].n_comers, f->units[u].n_comers = 0;
    }
    for (uint32_t i = 0; i < f->n_officers; i++) {
        if (f->officers[i].moved == INT16_MAX) continue;
        syn_unit *u = &f->units[f->officers[i].unit_after];
        f->comers[u->first_comer + u->n_comers++] = i;
    }
done:
    return st;
}

/* Who leads an officer of this rank in that unit: the next rank up that the unit has, nearest in its order (and so in
 * the same squad where it can be); else the unit of command; UINT32_MAX: nobody. */
static uint32_t manager_in(const syn_force *f, uint32_t unit, uint32_t officer, uint8_t rank)
{
    const syn_unit *u = &f->units[unit];
    uint32_t local = officer >= u->first && officer < u->first + u->n ? officer - u->first : 0, best = UINT32_MAX;
    uint8_t lowest = rank < SYN_SERGEANT ? SYN_SERGEANT : (uint8_t)(rank + 1), best_rank = SYN_RANKS;
    for (uint32_t k = 1; k < u->n; k++) {
        uint32_t other = u->first + (local + k) % u->n;
        uint8_t r = f->officers[other].rank;
        if (other != officer && r >= lowest && r < best_rank) best = other, best_rank = r;
    }
    if (best != UINT32_MAX || u->role == SYN_COMMAND) return best;
    uint32_t command = unit_near(f, unit, SYN_COMMAND, 1);
    return command == unit ? UINT32_MAX : manager_in(f, command, officer, rank);
}

/* The share of days at work, by role and for seniors (the last entry), in 1/65536: counted, over a sample of people. */
static void work_shares(const syn_force *f, uint32_t share[SYN_ROLES + 1])
{
    uint64_t worked[SYN_ROLES + 1] = {0}, days[SYN_ROLES + 1] = {0};
    uint32_t span = f->n_days < 140 ? f->n_days : 140, step = f->n_officers / 4096 + 1;
    for (uint32_t i = 0; i < f->n_officers; i += step) {
        const syn_officer *o = &f->officers[i];
        uint32_t k = syn_is_senior(o->rank) ? SYN_ROLES : f->units[o->unit].role;
        for (uint32_t day = 0; day < span; day++) {
            if (!syn_serves(o, (int32_t)day)) continue;
            worked[k] += syn_duty_of(f, i, (int32_t)day).state == SYN_AT_WORK, days[k]++;
        }
    }
    for (uint32_t k = 0; k <= SYN_ROLES; k++)
        share[k] = worked[k] ? (uint32_t)(worked[k] * 65536 / days[k]) : 39322; /* 60 % where nobody was seen */
}

static double served_share(const syn_force *f, const syn_officer *o)
{
    int32_t from = o->joined > 0 ? o->joined : 0, to = o->left < (int32_t)f->n_days ? o->left : (int32_t)f->n_days;
    return (double)(to > from ? to - from : 0) / (double)f->n_days;
}

/* How many sessions each begins in a shift, such that the whole force makes the accesses that were asked for. */
static void rates_set(syn_force *f)
{
    static const double ROWS_A_SESSION = 1.5; /* see sessions in synthetic_work.c */
    uint32_t share[SYN_ROLES + 1];
    double all = 0;
    work_shares(f, share);
    for (uint32_t i = 0; i < f->n_officers; i++) {
        const syn_officer *o = &f->officers[i];
        uint32_t k = syn_is_senior(o->rank) ? SYN_ROLES : f->units[o->unit].role;
        all += (double)o->activity * syn_roles[o->role_mix].activity * share[k] * served_share(f, o);
    }
    double scale = f->options.accesses_per_officer_day * f->n_officers / ROWS_A_SESSION * 65536 * 65536 / all;
    for (uint32_t i = 0; i < f->n_officers; i++) {
        syn_officer *o = &f->officers[i];
        double rate = scale * (double)o->activity * syn_roles[o->role_mix].activity;
        o->rate = rate > 100 * 65536.0 ? 100 * 65536 : (uint32_t)rate;
    }
}

cd_status syn_careers_build(syn_force *f, cd_err *err)
{
    moves_make(f);
    cd_status st = comers_list(f, err);
    if (st != CD_OK) return st;
    for (uint32_t i = 0; i < f->n_officers; i++) {
        syn_officer *o = &f->officers[i];
        o->manager = manager_in(f, o->unit, i, o->rank);
        o->manager_after = o->moved == INT16_MAX ? o->manager : manager_in(f, o->unit_after, i, o->rank);
    }
    rates_set(f);
    return CD_OK;
}
