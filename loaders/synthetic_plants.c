/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_plants.c: which schemes there are, how many of each, and who.
 *
 * An officer has at most one scheme. Who is chosen has served all along, does work in which the scheme can hide, and is
 * drawn from the whole force. */
#include <stdlib.h>

#include "loaders/synthetic_force.h"

typedef struct {
    const char *name;
    uint32_t per_45000; /* officers; of a ring, groups */
    uint8_t since_from, since_to; /* per cent of the period */
} scheme_facts;

/* Per 45,000: see "How many" in SYNTHETIC.md for how these add up to the published 3, 12, 98, 500 and 42. */
static const scheme_facts schemes[SYNTHETIC_SCHEMES] = {
    [SYNTHETIC_RING] = {"ring", 2, 0, 20},
    [SYNTHETIC_SNOOP] = {"snoop", 60, 0, 30},
    [SYNTHETIC_LEAK] = {"leak", 7, 0, 30},
    [SYNTHETIC_HIDDEN_TIE] = {"hidden_tie", 8, 0, 20},
    [SYNTHETIC_HIDDEN_MEMBER] = {"hidden_member", 42, 0, 1},
    [SYNTHETIC_OVERTIME] = {"overtime", 438, 0, 25},
    [SYNTHETIC_ABSENTEE] = {"absentee", 42, 0, 1},
    [SYNTHETIC_ABUSE] = {"abuse", 6, 10, 40},
    [SYNTHETIC_GROOMING_DRIFT] = {"grooming_drift", 40, 15, 40},
    [SYNTHETIC_ANALYST] = {"analyst", 150, 0, 1},
    [SYNTHETIC_SECONDEE] = {"secondee", 170, 10, 60},
    [SYNTHETIC_REVIEWER] = {"reviewer", 120, 0, 1},
    [SYNTHETIC_CARER] = {"carer", 150, 10, 70},
    [SYNTHETIC_POPULAR_CASE] = {"popular_case", 150, 0, 1},
};

const char *synthetic_scheme_name(synthetic_scheme scheme) { return schemes[scheme].name; }

void synthetic_options_init(synthetic_options *options)
{
    *options = (synthetic_options){.seed = 1, .start_seconds = INT64_MIN};
    for (int s = 0; s < SYNTHETIC_SCHEMES; s++) options->plant[s] = SYNTHETIC_BY_DEFAULT;
}

static cd_status unknown_scheme(const char *name, size_t n, cd_err *err)
{
    char known[256] = "";
    for (int s = 0; s < SYNTHETIC_SCHEMES; s++) {
        if (s > 0) strcat(known, ", ");
        strcat(known, schemes[s].name);
    }
    return cd_fail(err, CD_EUSAGE, "no scheme is called '%.*s'; the schemes are %s, and all", (int)(n < 40 ? n : 40),
                   name, known);
}

/* One `scheme=count` of n bytes. */
static cd_status plant_read(const char *text, size_t n, synthetic_options *options, cd_err *err)
{
    const char *equals = memchr(text, '=', n);
    size_t n_name = equals ? (size_t)(equals - text) : n;
    uint32_t count = 0;
    int found = -1;
    for (int s = 0; s < SYNTHETIC_SCHEMES; s++)
        if (strlen(schemes[s].name) == n_name && memcmp(schemes[s].name, text, n_name) == 0) found = s;
    bool all = n_name == 3 && memcmp(text, "all", 3) == 0;
    if (found < 0 && !all) return unknown_scheme(text, n_name, err);
    size_t n_count = equals ? n - n_name - 1 : 0;
    bool good = n_count > 0 && n_count <= 6;
    for (size_t i = 0; good && i < n_count; i++) {
        good = equals[1 + i] >= '0' && equals[1 + i] <= '9';
        count = count * 10 + (uint32_t)(equals[1 + i] - '0');
    }
    if (!good)
        return cd_fail(err, CD_EUSAGE,
                       "'%.*s' does not say how many to plant; write %.*s=3, with a whole number up to 999999",
                       (int)(n < 60 ? n : 60), text, (int)n_name, text);
    for (int s = 0; s < SYNTHETIC_SCHEMES; s++)
        if (all || s == found) options->plant[s] = (int32_t)count;
    return CD_OK;
}

cd_status synthetic_plants_read(const char *text, synthetic_options *options, cd_err *err)
{
    synthetic_options read = *options;
    for (const char *p = text;;) {
        size_t n = strcspn(p, ",");
        cd_status st = plant_read(p, n, &read, err);
        if (st != CD_OK) return st;
        if (p[n] == '\0') break;
        p += n + 1;
    }
    *options = read;
    return CD_OK;
}

/* ---- Choosing ---- */

static uint32_t wanted(const syn_force *f, int s)
{
    bool innocent = s >= SYNTHETIC_ANALYST;
    if (f->options.plant[s] >= 0) return (uint32_t)f->options.plant[s];
    if (f->options.null_force && !innocent) return 0;
    uint32_t n = (uint32_t)(((uint64_t)f->n_officers * schemes[s].per_45000 + 22500) / 45000);
    return n == 0 && f->n_officers >= 500 ? 1 : n;
}

/* Work among files of one's own, in which a few others do not show. */
static bool works_cases(const syn_officer *o) { return o->role_mix <= SYN_TRAFFIC; }

/* How well an officer fits a scheme: 2 gladly, 1 if there is nobody better, 0 not at all. */
static int fits(const syn_force *f, const syn_officer *o, int s)
{
    bool senior = syn_is_senior(o->rank);
    if (o->scheme != SYNTHETIC_SCHEMES || o->joined >= 0 || o->left != INT16_MAX) return 0;
    switch (s) {
    case SYNTHETIC_ABSENTEE: return senior ? 2 : 0;
    case SYNTHETIC_RING:
    case SYNTHETIC_SNOOP:
    case SYNTHETIC_GROOMING_DRIFT: return senior ? 0 : works_cases(o) && o->activity >= 230 ? 2 : 1;
    case SYNTHETIC_LEAK:
    case SYNTHETIC_ABUSE: return senior ? 0 : works_cases(o) && o->activity >= 120 ? 2 : 1;
    case SYNTHETIC_OVERTIME: return senior || syn_roles[o->role_mix].pattern == SYN_OFFICE_HOURS ? 0 : 2;
    case SYNTHETIC_ANALYST: return senior ? 0 : o->role_mix == SYN_INTELLIGENCE ? 2 : 1;
    case SYNTHETIC_REVIEWER: return senior ? 0 : o->role_mix == SYN_STANDARDS ? 2 : 1;
    case SYNTHETIC_SECONDEE: return senior || f->n_units < 2 || f->n_days < 30 ? 0 : 2;
    default: return senior ? 1 : 2;
    }
}

/* Somebody for the scheme out of officers [from, from + n): at random, then by looking through all; UINT32_MAX. */
static uint32_t somebody_for(const syn_force *f, int s, uint32_t from, uint32_t n, cd_random *r)
{
    for (int tries = 0; tries < 256 && n > 0; tries++) {
        uint32_t o = from + syn_below(r, n);
        if (fits(f, &f->officers[o], s) == 2) return o;
    }
    uint32_t begin = n > 0 ? syn_below(r, n) : 0;
    for (int least = 2; least > 0; least--)
        for (uint32_t k = 0; k < n; k++) {
            uint32_t o = from + (begin + k) % n;
            if (fits(f, &f->officers[o], s) >= least) return o;
        }
    return UINT32_MAX;
}

static void officer_adapt(syn_officer *o, int s, cd_random *r)
{
    if (s == SYNTHETIC_ANALYST) {
        o->role_mix = SYN_INTELLIGENCE;
        o->activity = 700 + syn_below(r, 900);
    }
    if (s == SYNTHETIC_REVIEWER) {
        o->role_mix = SYN_STANDARDS;
        o->activity = o->activity < 300 ? 300 : o->activity;
    }
    if (s == SYNTHETIC_ABSENTEE) o->office = (uint32_t)(4294967296.0 * 0.738) + syn_below(r, 171000000);
}

static cd_status plant_add(syn_force *f, uint32_t officer, int s, uint32_t group, int32_t since, cd_random *r,
                           cd_err *err)
{
    cd_status st = CD_OK;
    syn_officer *o = &f->officers[officer];
    SYN_ADD(f->plants, (syn_plant){.officer = officer, .group = group, .since = since, .scheme = (uint8_t)s});
    o->scheme = (uint8_t)s, o->plant = (uint32_t)f->plants.n - 1;
    officer_adapt(o, s, r);
    f->n_planted[s]++;
done:
    return st;
}

static int32_t since_pick(const syn_force *f, int s, cd_random *r)
{
    uint32_t lo = f->n_days * schemes[s].since_from / 100, hi = f->n_days * schemes[s].since_to / 100;
    return (int32_t)(lo + syn_below(r, hi > lo ? hi - lo : 1));
}

static cd_status too_few(const syn_force *f, int s, uint32_t n, uint32_t got, cd_err *err)
{
    if (f->options.plant[s] < 0) return CD_OK; /* by default: as many as there are */
    return cd_fail(err, CD_EUSAGE,
                   "cannot plant %s=%u: %u officers over %u days have room for %u; plant fewer, or make the "
                   "force larger or the period longer",
                   schemes[s].name, n, f->n_officers, f->n_days, got);
}

/* Five to eight of several units; now and then two who work together. */
static cd_status ring_choose(syn_force *f, cd_random *r, bool *made, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t size = 5 + syn_below(r, 4), members[8], n = 0, group = f->n_groups + 1;
    int32_t since = since_pick(f, SYNTHETIC_RING, r);
    for (; n < size; n++) {
        uint32_t o = UINT32_MAX;
        if (n == 1) {
            const syn_unit *u = &f->units[f->officers[members[0]].unit];
            o = somebody_for(f, SYNTHETIC_RING, u->first, u->n, r);
        }
        if (o == UINT32_MAX) o = somebody_for(f, SYNTHETIC_RING, 0, f->n_officers, r);
        if (o == UINT32_MAX) break;
        members[n] = o;
        CD_TRY(plant_add(f, o, SYNTHETIC_RING, group, since, r, err));
    }
    *made = n >= 4;
    if (*made) f->n_groups++, f->n_rings++;
    for (; !*made && n > 0; n--) { /* too few for a ring: as if nobody had been asked */
        f->officers[members[n - 1]].scheme = SYNTHETIC_SCHEMES;
        f->plants.n--, f->n_planted[SYNTHETIC_RING]--;
    }
done:
    return st;
}

/* Up to n who claim together: one alone as often as two to four of a squad, who then claim on the same days. */
static cd_status claimers_choose(syn_force *f, uint32_t n, cd_random *r, uint32_t *chosen, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t first = somebody_for(f, SYNTHETIC_OVERTIME, 0, f->n_officers, r), size = 1;
    if (first == UINT32_MAX) return CD_OK;
    if (syn_below(r, 3) == 0) size = 2 + syn_below(r, 3);
    if (size > n) size = n;
    uint32_t group = size > 1 ? ++f->n_groups : 0;
    int32_t since = since_pick(f, SYNTHETIC_OVERTIME, r);
    const syn_unit *u = &f->units[f->officers[first].unit];
    uint32_t from = first - u->first > 3 ? first - 4 : u->first, to = from + 9;
    if (to > u->first + u->n) to = u->first + u->n;
    CD_TRY(plant_add(f, first, SYNTHETIC_OVERTIME, group, since, r, err));
    for (*chosen = 1; *chosen < size; (*chosen)++) {
        uint32_t o = somebody_for(f, SYNTHETIC_OVERTIME, from, to - from, r);
        if (o == UINT32_MAX) break;
        CD_TRY(plant_add(f, o, SYNTHETIC_OVERTIME, group, since, r, err));
        f->officers[o].phase = f->officers[first].phase, f->officers[o].squad = f->officers[first].squad;
    }
done:
    return st;
}

static cd_status scheme_choose(syn_force *f, int s, cd_err *err)
{
    cd_status st = CD_OK;
    cd_random r = syn_stream(f, SYN_FOR_PLANTS, (uint64_t)s);
    uint32_t n = wanted(f, s), got = 0;
    for (bool more = true; more && got < n;) {
        uint32_t chosen = 0;
        if (s == SYNTHETIC_RING) {
            CD_TRY(ring_choose(f, &r, &more, err));
            chosen = more;
        } else if (s == SYNTHETIC_OVERTIME) {
            CD_TRY(claimers_choose(f, n - got, &r, &chosen, err));
        } else {
            uint32_t o = somebody_for(f, s, 0, f->n_officers, &r);
            if (o != UINT32_MAX) CD_TRY(plant_add(f, o, s, 0, since_pick(f, s, &r), &r, err));
            chosen = o != UINT32_MAX;
        }
        more = chosen > 0, got += chosen;
    }
    if (got < n) CD_TRY(too_few(f, s, n, got, err));
done:
    return st;
}

cd_status syn_plants_choose(syn_force *f, cd_err *err)
{
    for (int s = 0; s < SYNTHETIC_SCHEMES; s++) {
        if (f->options.null_force && s < SYNTHETIC_ANALYST && f->options.plant[s] > 0)
            return cd_fail(err, CD_EUSAGE,
                           "a null force plants no misconduct, and %s=%d was asked for; leave out one of the two",
                           schemes[s].name, f->options.plant[s]);
        cd_status st = scheme_choose(f, s, err);
        if (st != CD_OK) return st;
    }
    return CD_OK;
}
