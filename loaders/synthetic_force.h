/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_force.h: the force that is being made up: its people, units, files and teams, and what was planted.
 *
 * Everything about a day is a pure function of the force and the day, so days can be written by any thread. Officers,
 * cases and associations have an inner number, in unit order where there is one, and an id, a random permutation of
 * it: ids carry no unit.
 *
 * Days count from the first one. A working day runs from SYN_DAY_BREAKS to the same time on the next, so that a night
 * belongs to the day it began on. Seconds named `at` count from midnight of their working day; seconds named `from`,
 * `to`, `opened` count from midnight of day 0, and may be negative. */
#ifndef LOADERS_SYNTHETIC_FORCE_H
#define LOADERS_SYNTHETIC_FORCE_H

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "loaders/synthetic.h"
#include "loaders/synthetic_text.h"

enum {
    SYN_DAY_SECONDS = 86400,
    SYN_DAY_BREAKS = 6 * 3600 + 300, /* all shifts but overtime after a night lie between two of these */
    SYN_DATES_BEFORE = 1100,         /* days before day 0 whose text is kept ready */
    SYN_DATES_AFTER = 40,
    SYN_RELATED = 6,
    SYN_BRIEF_BITS = 30,
    SYN_SQUADS = 5,
    SYN_SEASON_DAYS = 61, /* each officer has one stretch of leave a season, and perhaps one of sickness */
    SYN_ROW_MAX = 160     /* bytes that one row of any file takes at most */
};

/* What a random number is for. Streams of other purposes are independent. */
typedef enum {
    SYN_FOR_UNITS, SYN_FOR_OFFICERS, SYN_FOR_CAREERS, SYN_FOR_CASES, SYN_FOR_IDS, SYN_FOR_TEAMS, SYN_FOR_SEASONS,
    SYN_FOR_DUTY, SYN_FOR_SIGHT, SYN_FOR_WORK, SYN_FOR_PLANTS, SYN_FOR_SUBJECTS, SYN_FOR_NAMES, SYN_FOR_LINKS,
    SYN_FOR_TIES, SYN_FOR_COMPLAINTS, SYN_FOR_PAY, SYN_FOR_MONEY, SYN_FOR_PAST, SYN_FOR_PROTECTED, SYN_FOR_ACTS
} syn_purpose;

typedef enum {
    SYN_RESPONSE, SYN_NEIGHBOURHOOD, SYN_DETECTIVE, SYN_SAFEGUARDING, SYN_CUSTODY, SYN_TRAFFIC, SYN_INTELLIGENCE,
    SYN_CONTROL, SYN_DISCLOSURE, SYN_STANDARDS, SYN_COMMAND, SYN_ROLES
} syn_role;

typedef enum { SYN_AROUND_THE_CLOCK, SYN_TWO_TURNS, SYN_OFFICE_HOURS } syn_pattern;

/* Where an officer's next file comes from. */
typedef enum { SYN_OWN_TEAM, SYN_OWN_UNIT, SYN_RELATED_UNIT, SYN_HUB, SYN_STRAY, SYN_AUDIT, SYN_WAYS } syn_way;

typedef struct {
    const char *name;
    uint16_t per_mille;     /* of the units */
    syn_pattern pattern;
    uint8_t mix[SYN_WAYS];  /* per cent; sums to 100 */
    uint8_t caseload;       /* files opened by its units, against 10 of a response unit */
    uint8_t activity;       /* accesses by its people, against 10 */
    uint8_t field;          /* per cent of days worked out of the office */
    uint8_t remote;         /* and from home */
    uint8_t staff;          /* per cent of its people who are no constables */
    syn_role chain[4];      /* the units that its files come from and go to, most of them first */
} syn_role_facts;
extern const syn_role_facts syn_roles[SYN_ROLES];

typedef enum {
    SYN_STAFF, SYN_PC, SYN_SERGEANT, SYN_INSPECTOR, SYN_CHIEF_INSPECTOR, SYN_SUPERINTENDENT,
    SYN_CHIEF_SUPERINTENDENT, SYN_COMMANDER, SYN_RANKS
} syn_rank;

typedef struct {
    uint32_t first, n;             /* officers, by inner number, as the period begins */
    uint32_t first_case, n_cases;  /* in the order of opening */
    uint32_t first_comer, n_comers; /* into comers[]: those who move here during the period */
    uint16_t number, site;         /* as written: U0001, S001 */
    uint32_t related[SYN_RELATED]; /* units, most of the traffic first */
    uint8_t role;
    int16_t offset; /* seconds that its shifts begin before the usual time */
} syn_unit;

typedef struct {
    uint32_t id;       /* as written: P000001 */
    uint32_t unit, unit_after, manager, manager_after;
    int32_t joined;    /* day */
    int16_t left;      /* day; INT16_MAX: stays */
    int16_t moved;     /* day; INT16_MAX: never */
    int16_t move_seen; /* the day from which the records show it */
    int16_t promoted;  /* day; INT16_MAX: not */
    uint8_t rank, squad, role_mix;
    uint8_t overtime;  /* chance of overtime on a shift, of 256 */
    uint8_t scheme;    /* SYNTHETIC_SCHEMES: none */
    uint32_t plant;    /* index into plants, where there is a scheme */
    uint32_t office;   /* share of days in the office, of 2^32, for senior ranks */
    uint32_t phase;
    uint32_t activity; /* against the mean of the role, in 1/256 */
    uint32_t rate;     /* sessions a shift, in 1/65536 */
} syn_officer;

typedef struct {
    uint32_t id; /* as written: C00000001 */
    uint32_t unit;
    int32_t opened; /* second */
    int16_t closed, reopened, closed_again; /* days; INT16_MAX: not */
    uint8_t kind, sensitivity, burst, reserved;
} syn_case;

/* One officer's part in one file, while it is worked on. */
typedef struct {
    uint32_t id;            /* of the file, as written */
    int32_t from, recorded; /* seconds; recorded INT32_MAX: never */
    int16_t until;          /* the day the file closes, or INT16_MAX */
    uint8_t burst, part;    /* part: 0 lead, 1 member, 2 supervisor */
} syn_task;

typedef struct {
    uint32_t officer, group; /* group: 0 is none */
    int32_t since;           /* day */
    uint8_t scheme;
} syn_plant;

/* A planted access, merged into the officer's own shift. */
typedef struct {
    uint32_t officer, file;
    int32_t day, at;
    uint8_t action, reason;
} syn_act;

typedef struct {
    uint32_t file, association;
    uint8_t role;
} syn_subject;

typedef struct {
    uint32_t officer, association;
    uint8_t source, confidence; /* confidence: per cent */
    int32_t from, to;           /* days; to INT32_MAX: holds still */
} syn_link;

typedef struct {
    uint32_t officer, association;
    int32_t declared; /* day */
} syn_declaration;

typedef struct {
    uint32_t from, to;
    uint8_t kind, confidence;
    int32_t since; /* day */
} syn_tie;

typedef struct {
    uint32_t officer, file;
    int32_t from, to; /* seconds */
} syn_cover;

typedef struct {
    uint32_t officer, complainant;
    int32_t made; /* second */
    uint8_t outcome;
} syn_grievance;

#define SYN_LIST(type)                                                                                                 \
    struct {                                                                                                           \
        type *at;                                                                                                      \
        size_t n, cap;                                                                                                 \
    }

/* Where a link was seen. */
typedef enum {
    SYN_ELECTORAL_ROLL, SYN_PHONE_RECORD, SYN_VEHICLE_REGISTER, SYN_MEMBERSHIP_LIST, SYN_COMPANY_REGISTER,
    SYN_NEXT_OF_KIN, SYN_SERVICE_RECORD, SYN_BANK_RECORD, SYN_SOURCES
} syn_source;
typedef enum {
    SYN_DIRECTOR,
    SYN_MEMBER,
    SYN_OWNER,
    SYN_RESIDENT,
    SYN_CALLER,
    SYN_RELATIVE,
    SYN_TIE_KINDS
} syn_tie_kind;
typedef enum { SYN_VICTIM, SYN_WITNESS, SYN_SUSPECT, SYN_SUBJECT, SYN_SUBJECT_ROLES } syn_subject_role;
typedef enum {
    SYN_SUSTAINED, SYN_NOT_SUSTAINED, SYN_DISMISSED, SYN_WITHDRAWN, SYN_PENDING, SYN_OUTCOMES
} syn_outcome;

/* Kinds of association, in the order of their inner numbers. */
typedef enum {
    SYN_PEOPLE, SYN_COMPANIES, SYN_LODGES, SYN_GYMS, SYN_UNIONS, SYN_BARRACKS, SYN_ADDRESSES, SYN_PHONES, SYN_VEHICLES,
    SYN_ACCOUNTS, SYN_ASSOCIATION_KINDS
} syn_association_kind;

typedef struct {
    synthetic_options options;
    uint64_t seed;
    uint32_t n_officers, n_days, n_units, n_cases, n_hubs, n_months, n_seasons;
    int64_t start; /* seconds */
    syn_unit *units;
    syn_officer *officers;
    uint32_t *officer_of_id; /* [id] */
    char (*officer_text)[8]; /* "P000001," by inner number */
    uint32_t *comers;
    syn_case *cases;
    uint32_t *case_of_id;    /* [id] */
    uint32_t *case_brief;    /* id + sensitivity << 30: what a session needs of a file, four bytes to miss on */
    uint32_t *opened_before; /* [day * n_units + unit]: of the unit's files, n_days + 1 days */
    uint32_t *hubs;
    uint32_t popular;        /* the case everyone talked of, and the day it was opened */
    int32_t popular_day;
    uint64_t *first_task;    /* [officer], n_officers + 1 of them */
    uint64_t n_tasks;
    syn_task *tasks;         /* of one officer, in the order of from */
    cd_random *duty, *sight, *work, *seasons; /* a stream a day (a season): draw number = officer */
    char (*dates)[16];       /* "2025-01-01T", from day -SYN_DATES_BEFORE */
    uint16_t *month_of_day;
    int64_t *months;         /* first seconds */
    uint32_t *pay;           /* [officer * n_months + month]: quarter hours of overtime + days of sickness << 16 */
    uint32_t first_of_kind[SYN_ASSOCIATION_KINDS + 1];
    uint32_t n_ordinary[SYN_ASSOCIATION_KINDS]; /* the first of each kind; those after them are for plants */
    uint32_t n_associations, next_person, next_company, next_phone, next_vehicle;
    uint32_t *association_id, *association_of_id;
    uint32_t *first_act;     /* [day], n_days + 1 of them, into acts */
    uint32_t n_groups, n_rings;
    uint32_t n_planted[SYNTHETIC_SCHEMES];
    SYN_LIST(syn_plant) plants;
    SYN_LIST(syn_act) acts;               /* by day, officer, at */
    SYN_LIST(syn_subject) subjects;       /* planted ones, by file */
    SYN_LIST(syn_link) links;             /* planted ones, by officer */
    SYN_LIST(syn_declaration) declarations;
    SYN_LIST(syn_tie) ties;               /* planted ones */
    SYN_LIST(syn_cover) covers;           /* by file */
    SYN_LIST(syn_grievance) grievances;
} syn_force;

/* list.at[list.n++] = value, or goto done. */
#define SYN_ADD(list, ...)                                                                                             \
    do {                                                                                                               \
        CD_TRY(cd_grow(&(list).at, &(list).cap, (list).n + 1, sizeof *(list).at, err));                                \
        (list).at[(list).n++] = __VA_ARGS__;                                                                           \
    } while (0)

CD_CHECKED cd_status syn_force_new(const synthetic_options *options, syn_force **out, cd_err *err);
void syn_force_free(syn_force *f);

/* The steps of syn_force_new, each in a file of its own, in this order. */
CD_CHECKED cd_status syn_people_build(syn_force *f, cd_err *err);  /* units, officers */
CD_CHECKED cd_status syn_plants_choose(syn_force *f, cd_err *err); /* who does what, from when on */
CD_CHECKED cd_status syn_careers_build(syn_force *f, cd_err *err); /* moves, managers, rates */
CD_CHECKED cd_status syn_cases_build(syn_force *f, cd_err *err);   /* files, hubs */
CD_CHECKED cd_status syn_teams_build(syn_force *f, cd_err *err);   /* tasks */
CD_CHECKED cd_status syn_plants_place(syn_force *f, cd_err *err);  /* what they do */

static inline cd_random syn_stream(const syn_force *f, syn_purpose purpose, uint64_t id)
{
    return cd_random_of(f->seed, (uint64_t)purpose, id);
}

/* Draw number `id` of a stream, without walking there: what makes a day a pure function. */
static inline uint64_t syn_draw(const cd_random *stream, uint64_t id)
{
    cd_random r = {stream->key, id};
    return cd_random_u64(&r);
}

static inline uint32_t syn_below(cd_random *r, uint32_t n) { return (uint32_t)cd_random_below(r, n); }
static inline bool syn_chance(cd_random *r, uint32_t of_1000) { return cd_random_below(r, 1000) < of_1000; }
/* n of 0, 1, 2...: small ones far likelier. */
static inline uint32_t syn_skewed(uint64_t random, uint32_t n)
{
    uint64_t u = random >> 40; /* 24 bits; its cube over 2^48 is the share of n, so that P(below r) is the cube root */
    return (uint32_t)((((u * u >> 24) * u >> 24) * n) >> 24);
}

static inline const syn_unit *syn_unit_of(const syn_force *f, const syn_officer *o, int32_t day)
{
    return &f->units[day >= o->moved ? o->unit_after : o->unit];
}

/* The job that an officer does on a day: their own until they move, then that of the unit they moved to. */
static inline syn_role syn_role_of(const syn_force *f, const syn_officer *o, int32_t day)
{
    return day >= o->moved ? f->units[o->unit_after].role : o->role_mix;
}

static inline bool syn_serves(const syn_officer *o, int32_t day) { return day >= o->joined && day < o->left; }
static inline bool syn_is_senior(uint8_t rank) { return rank >= SYN_CHIEF_INSPECTOR; }
static inline int32_t syn_day_of(int32_t second)
{
    return second >= 0 ? second / SYN_DAY_SECONDS : -((-(second + 1)) / SYN_DAY_SECONDS) - 1;
}

/* A permutation of 1..n at out[0..n), and its inverse at of_id[1..n]. */
CD_CHECKED cd_status syn_ids_new(const syn_force *f, uint64_t which, uint32_t n, uint32_t **out, uint32_t **of_id,
                                 cd_err *err);

/* "2025-01-01T07:30:00" of any second, negative ones too. */
char *syn_put_time(const syn_force *f, char *p, int64_t second);
/* "2025-01-01" */
char *syn_put_date(const syn_force *f, char *p, int32_t day);

/* 2^x, from additions and multiplications alone: the same bits on every machine, which the C library's is not. */
double syn_exp2(double x);
/* The sum of twelve uniforms less six: normal enough, and exact. */
double syn_normal(cd_random *r);

#endif
