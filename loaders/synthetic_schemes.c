/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_schemes.c: what those who were chosen do: the accesses, ties and complaints of each scheme.
 *
 * Every planted access lies in a shift that its officer really works, and goes through the same sorting and formatting
 * as the rest. Planted rows of other files are merged among the ordinary rows of the same officer or file.
 *
 * Here and in the files beside this one, no expression draws twice: C leaves the order of arguments to the compiler,
 * and the bytes must not. */
#include <stdlib.h>

#include "loaders/synthetic_cases.h"
#include "loaders/synthetic_work.h"

enum { RING_FILES_MAX = 48, RING_MAX = 8 };

typedef struct {
    int32_t day, at;
} moment;

/* A moment of some shift of the officer within days [from, to); false: they work none of a fair sample. */
static bool moment_find(const syn_force *f, uint32_t officer, int32_t from, int32_t to, cd_random *r, moment *out)
{
    if (from < 0) from = 0;
    if (to > (int32_t)f->n_days) to = (int32_t)f->n_days;
    for (int tries = 0; from < to && tries < 64; tries++) {
        int32_t day = from + (int32_t)syn_below(r, (uint32_t)(to - from));
        syn_duty d = syn_duty_of(f, officer, day);
        if (d.state != SYN_AT_WORK) continue;
        uint32_t span = (uint32_t)(d.ends - d.starts) - 600;
        *out = (moment){day, d.starts + 120 + (int32_t)((syn_below(r, span) + syn_below(r, span)) / 2)};
        return true;
    }
    return false;
}

/* The accesses that the officer can be expected to make from that day on. */
static double work_expected(const syn_force *f, uint32_t officer, int32_t since)
{
    double worked = 0;
    for (int32_t day = since; day < (int32_t)f->n_days; day++)
        worked += syn_duty_of(f, officer, day).state == SYN_AT_WORK;
    return worked * f->officers[officer].rate / 65536 * 1.5;
}

/* A share of somebody's work as a whole number between the two. */
static uint32_t part_of(double work, double share, uint32_t least, uint32_t most)
{
    double n = work * share;
    return n < least ? least : n > most ? most : (uint32_t)n;
}

/* A file of another unit, opened before the day and as sensitive as asked, where one is found soon. */
static uint32_t file_elsewhere(const syn_force *f, uint32_t officer, int32_t day, uint8_t sensitivity, cd_random *r)
{
    const syn_officer *o = &f->officers[officer];
    uint32_t best = UINT32_MAX;
    for (int tries = 0; tries < 200; tries++) {
        uint32_t unit = syn_below(r, f->n_units), file = syn_file_of_unit(f, unit, day, cd_random_u64(r));
        if (file == UINT32_MAX || (unit == o->unit && f->n_units > 1)) continue;
        best = file;
        if (f->cases[file].sensitivity >= sensitivity) break;
    }
    return best;
}

static cd_status act_add(syn_force *f, uint32_t officer, uint32_t file, moment when, syn_action action,
                         syn_reason reason, cd_err *err)
{
    cd_status st = CD_OK;
    SYN_ADD(f->acts, (syn_act){.officer = officer, .file = file, .day = when.day, .at = when.at,
                               .action = (uint8_t)action, .reason = (uint8_t)reason});
done:
    return st;
}

/* A look at a file, and, one time in so many, more of it minutes later. */
static cd_status look(syn_force *f, uint32_t officer, uint32_t file, moment when, syn_reason reason, uint32_t one_in,
                      syn_action more, cd_random *r, cd_err *err)
{
    cd_status st = act_add(f, officer, file, when, syn_below(r, 5) == 0 ? SYN_SEARCH : SYN_VIEW, reason, err);
    if (st != CD_OK || syn_below(r, one_in) != 0) return st;
    when.at += 20 + (int32_t)syn_skewed(cd_random_u64(r), 400);
    return act_add(f, officer, file, when, more, reason, err);
}

/* A random date within some years before the period. */
static int32_t years_ago(cd_random *r, uint32_t years) { return -30 - (int32_t)syn_below(r, 365 * years); }

static cd_status link_plant(syn_force *f, uint32_t officer, uint32_t association, syn_source source,
                            uint32_t confidence, int32_t from, cd_err *err)
{
    cd_status st = CD_OK;
    SYN_ADD(f->links, (syn_link){officer, association, (uint8_t)source, (uint8_t)confidence, from, INT32_MAX});
done:
    return st;
}

/* ---- Ring: the same unrelated files, each opened by half the group, days apart ---- */

typedef struct {
    uint32_t n, member[RING_MAX], left[RING_MAX]; /* left: how many more files each may open and stay ordinary */
    int32_t since;
} ring;

static bool file_is_unrelated(const syn_force *f, const ring *g, uint32_t file)
{
    for (uint32_t m = 0; m < g->n; m++)
        if (f->officers[g->member[m]].unit == f->cases[file].unit && f->n_units > g->n) return false;
    return true;
}

/* One joint file; *made is false if fewer than two could open it. */
static cd_status ring_file(syn_force *f, ring *g, cd_random *r, bool *made, cd_err *err)
{
    cd_status st = CD_OK;
    moment when[RING_MAX];
    bool opens[RING_MAX] = {false};
    int32_t days = (int32_t)f->n_days, from = g->since + 1, day = from;
    uint32_t n = 0, begin = syn_below(r, g->n);

    if (days > from + 40) day = from + (int32_t)syn_below(r, (uint32_t)(days - from - 30));
    int32_t first = day;
    for (uint32_t k = 0; k < g->n; k++) {
        uint32_t m = (begin + k) % g->n;
        if (g->left[m] == 0 || syn_below(r, 100) >= 52 || !moment_find(f, g->member[m], day, day + 7, r, &when[m]))
            continue;
        opens[m] = true, n++;
        day = when[m].day + 2 + (int32_t)syn_below(r, 8); /* the next one, days later */
    }
    *made = n >= 2;
    if (!*made) return CD_OK;
    uint32_t file = file_elsewhere(f, g->member[0], first, 0, r);
    for (int tries = 0; tries < 20 && file != UINT32_MAX && !file_is_unrelated(f, g, file); tries++)
        file = file_elsewhere(f, g->member[0], first, 0, r);
    if (file == UINT32_MAX) return CD_OK;
    for (uint32_t m = 0; m < g->n; m++) {
        if (!opens[m]) continue;
        g->left[m]--;
        CD_TRY(look(f, g->member[m], file, when[m], syn_below(r, 4) == 0 ? SYN_INTEL : SYN_NO_REASON, 6, SYN_VIEW, r,
                    err));
        if (syn_below(r, 10) >= 3) continue;
        int32_t second = when[m].day * SYN_DAY_SECONDS + when[m].at - (int32_t)syn_below(r, 3 * SYN_DAY_SECONDS) - 600;
        if (second <= f->cases[file].opened) continue;
        /* Taken off again, at the time of day at which members of this file are, or never within the period. */
        int32_t off = when[m].day + 4 + (int32_t)syn_below(r, 40), to = INT32_MAX;
        const syn_case *c = &f->cases[file];
        if (off > c->closed && syn_closing(c, c->closed) > second) off = c->closed;
        if (off < days) to = syn_closing(c, (int16_t)off);
        SYN_ADD(f->covers, (syn_cover){g->member[m], file, second, to});
    }
done:
    return st;
}

static cd_status ring_place(syn_force *f, size_t first, cd_random *r, cd_err *err)
{
    ring g = {.since = f->plants.at[first].since};
    uint32_t least = UINT32_MAX;
    for (size_t p = first; p < f->plants.n && g.n < RING_MAX && f->plants.at[p].scheme == SYNTHETIC_RING &&
                           f->plants.at[p].group == f->plants.at[first].group; p++) {
        uint32_t officer = f->plants.at[p].officer;
        g.member[g.n] = officer;
        g.left[g.n] = part_of(work_expected(f, officer, 0), 0.032, 2, RING_FILES_MAX);
        if (g.left[g.n] < least) least = g.left[g.n];
        g.n++;
    }
    /* The quietest member can open about as many as they may. */
    uint32_t n_files = 2 * least < 3 ? 3 : 2 * least > RING_FILES_MAX ? RING_FILES_MAX : 2 * least;
    for (uint32_t made = 0, tries = 0; made < n_files && tries < 4 * n_files; tries++) {
        bool one = false;
        cd_status st = ring_file(f, &g, r, &one, err);
        if (st != CD_OK) return st;
        made += one;
    }
    return CD_OK;
}

/* ---- Alone ---- */

static cd_status snoop_place(syn_force *f, const syn_plant *p, cd_random *r, cd_err *err)
{
    uint32_t n = part_of(work_expected(f, p->officer, p->since), 0.035, 4, 18);
    for (uint32_t k = 0; k < n; k++) {
        moment when;
        if (!moment_find(f, p->officer, p->since, (int32_t)f->n_days, r, &when)) continue;
        uint32_t file = file_elsewhere(f, p->officer, when.day, 2, r);
        if (file == UINT32_MAX) continue;
        cd_status st =
            look(f, p->officer, file, when, syn_below(r, 8) == 0 ? SYN_INTEL : SYN_NO_REASON, 5, SYN_VIEW, r, err);
        if (st != CD_OK) return st;
    }
    return CD_OK;
}

/* Ties an association to some files, and says from which day all of them are open. */
static cd_status files_tie(syn_force *f, uint32_t officer, uint32_t association, syn_subject_role role, int32_t day,
                           uint32_t n, uint8_t sensitivity, uint32_t *files, uint32_t *n_files, cd_random *r,
                           cd_err *err)
{
    cd_status st = CD_OK;
    for (*n_files = 0; n > 0; n--) {
        uint32_t file = file_elsewhere(f, officer, day, sensitivity, r);
        bool known = file == UINT32_MAX;
        for (uint32_t k = 0; k < *n_files; k++) known = known || files[k] == file;
        if (known) continue;
        files[(*n_files)++] = file;
        SYN_ADD(f->subjects, (syn_subject){file, association, (uint8_t)role});
    }
done:
    return st;
}

/* Files about somebody of their own: seen, and more than once taken along. */
static cd_status leak_place(syn_force *f, const syn_plant *p, cd_random *r, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t files[8], n_files, who = syn_below(r, 3) ? f->next_person++ : f->next_company++;
    int32_t known = p->since + (int32_t)(f->n_days - (uint32_t)p->since) / 3;
    CD_TRY(files_tie(f, p->officer, who, SYN_SUSPECT, known, 4 + syn_below(r, 5), 0, files, &n_files, r, err));
    syn_source source = syn_below(r, 2) ? SYN_PHONE_RECORD : SYN_BANK_RECORD;
    uint32_t confidence = 55 + syn_below(r, 40);
    CD_TRY(link_plant(f, p->officer, who, source, confidence, years_ago(r, 4), err));
    for (uint32_t k = 0; k < n_files; k++) {
        moment when;
        if (!moment_find(f, p->officer, known, (int32_t)f->n_days, r, &when)) continue;
        CD_TRY(look(f, p->officer, files[k], when, SYN_NO_REASON, 2, syn_below(r, 2) ? SYN_PRINT : SYN_EXPORT, r, err));
    }
done:
    return st;
}

/* officer - phone or address - person (- company): whoever stands at the end is a suspect in several files. With a
 * group, the end is one for all of it. */
static cd_status tie_place(syn_force *f, const syn_plant *p, cd_random *r, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t files[9], n_files, end, last;
    bool by_phone = syn_below(r, 3) > 0, longer = syn_below(r, 2);
    uint32_t near = by_phone ? f->next_phone++ : f->next_vehicle++;
    int32_t since = years_ago(r, 5);

    CD_TRY(link_plant(f, p->officer, near, by_phone ? SYN_PHONE_RECORD : SYN_VEHICLE_REGISTER, 50 + syn_below(r, 45),
                      since, err));
    last = f->next_person++;
    SYN_ADD(f->ties, (syn_tie){last, near, by_phone ? SYN_CALLER : SYN_OWNER, (uint8_t)(50 + syn_below(r, 45)), since});
    end = last;
    if (longer) {
        end = f->next_company++;
        SYN_ADD(f->ties, (syn_tie){last, end, SYN_DIRECTOR, (uint8_t)(60 + syn_below(r, 41)), since - 200});
    }
    CD_TRY(files_tie(f, p->officer, end, SYN_SUSPECT, (int32_t)f->n_days / 3, 4 + syn_below(r, 6), 0, files, &n_files,
                     r, err));
    for (uint32_t k = 0; k < n_files && k < 2; k++) {
        moment when;
        if (!moment_find(f, p->officer, (int32_t)f->n_days / 3, (int32_t)f->n_days, r, &when)) continue;
        CD_TRY(look(f, p->officer, files[k], when, SYN_NO_REASON, 4, SYN_VIEW, r, err));
    }
done:
    return st;
}

static cd_status member_place(syn_force *f, const syn_plant *p, cd_random *r, cd_err *err)
{
    uint32_t first = f->first_of_kind[SYN_LODGES], n = f->first_of_kind[SYN_LODGES + 1] - first;
    uint32_t lodge = first + syn_skewed(cd_random_u64(r), n), confidence = 85 + syn_below(r, 16);
    return link_plant(f, p->officer, lodge, SYN_MEMBERSHIP_LIST, confidence, years_ago(r, 12), err);
}

/* One vulnerable person: their files, again and again; their complaints; a phone that calls them. */
static cd_status abuse_place(syn_force *f, const syn_plant *p, cd_random *r, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t files[4], n_files, victim = f->next_person++, n = 6 + syn_below(r, 9);
    int32_t days = (int32_t)f->n_days;
    CD_TRY(files_tie(f, p->officer, victim, SYN_VICTIM, p->since, 2 + syn_below(r, 3), 1, files, &n_files, r, err));
    for (uint32_t k = 0; k < n && n_files > 0; k++) {
        moment when;
        if (!moment_find(f, p->officer, p->since, days, r, &when)) continue;
        CD_TRY(look(f, p->officer, files[syn_below(r, n_files)], when, SYN_NO_REASON, 5, SYN_VIEW, r, err));
    }
    n = 1 + syn_below(r, 3);
    for (uint32_t k = 0; k < n; k++) {
        static const uint8_t outcomes[4] = {SYN_NOT_SUSTAINED, SYN_DISMISSED, SYN_PENDING, SYN_WITHDRAWN};
        int32_t made = (p->since + (int32_t)syn_below(r, (uint32_t)(days - p->since))) * SYN_DAY_SECONDS;
        made += 32000 + (int32_t)syn_below(r, 30000);
        SYN_ADD(f->grievances,
                (syn_grievance){p->officer, k == 2 ? UINT32_MAX : victim, made, outcomes[syn_below(r, 4)]});
    }
    uint32_t phone = f->next_phone++, confidence = 50 + syn_below(r, 30);
    CD_TRY(link_plant(f, p->officer, phone, SYN_PHONE_RECORD, confidence, years_ago(r, 1), err));
    SYN_ADD(f->ties, (syn_tie){victim, phone, SYN_CALLER, (uint8_t)(60 + syn_below(r, 35)), p->since});
done:
    return st;
}

/* Files of victims, none of their business: seldom at first, and a little more often every month. */
static cd_status drift_place(syn_force *f, const syn_plant *p, cd_random *r, cd_err *err)
{
    uint32_t n = part_of(work_expected(f, p->officer, p->since), 0.09, 5, 90), span = f->n_days - (uint32_t)p->since;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t a = syn_below(r, span), b = syn_below(r, span);
        int32_t day = p->since + (int32_t)(a > b ? a : b); /* the later of two: a density that rises in a line */
        moment when;
        if (!moment_find(f, p->officer, day - 4, day + 5, r, &when)) continue;
        uint32_t file = file_elsewhere(f, p->officer, when.day, 1, r);
        for (int tries = 0; tries < 20 && file != UINT32_MAX && f->cases[file].kind != SYN_KIND_DOMESTIC &&
                            f->cases[file].kind != SYN_KIND_CHILD; tries++)
            file = file_elsewhere(f, p->officer, when.day, 1, r);
        if (file == UINT32_MAX) continue;
        cd_status st = look(f, p->officer, file, when, SYN_NO_REASON, 6, SYN_VIEW, r, err);
        if (st != CD_OK) return st;
    }
    return CD_OK;
}

/* What everyone talked of, in the days when everyone did. */
static cd_status popular_place(syn_force *f, syn_plant *p, cd_random *r, cd_err *err)
{
    moment when;
    int32_t from = f->popular_day < 0 ? 0 : f->popular_day + 1;
    p->since = from < (int32_t)f->n_days ? from : (int32_t)f->n_days - 1;
    if (!moment_find(f, p->officer, from, from + 14, r, &when)) return CD_OK;
    return look(f, p->officer, f->popular, when, SYN_NO_REASON, 3, SYN_VIEW, r, err);
}

/* ---- All of them ---- */

static cd_status associations_number(syn_force *f, cd_err *err)
{
    uint32_t n = f->n_officers, planted = (uint32_t)f->plants.n;
    const uint32_t ordinary[SYN_ASSOCIATION_KINDS] = {
        [SYN_PEOPLE] = f->n_cases / 4 * 3 + n / 2 + 10, [SYN_COMPANIES] = n / 6 + 4, [SYN_LODGES] = n / 300 + 2,
        [SYN_GYMS] = n / 900 + 1, [SYN_UNIONS] = 2, [SYN_BARRACKS] = n / 5000 + 2, [SYN_ADDRESSES] = n + 4,
        [SYN_PHONES] = n + 4, [SYN_VEHICLES] = n / 4 + 2, [SYN_ACCOUNTS] = n / 8 + 2};
    uint32_t next = 0;
    for (int k = 0; k < SYN_ASSOCIATION_KINDS; k++) {
        bool extra = k == SYN_PEOPLE || k == SYN_COMPANIES || k == SYN_PHONES || k == SYN_VEHICLES;
        f->first_of_kind[k] = next, f->n_ordinary[k] = ordinary[k];
        next += ordinary[k] + (extra ? planted : 0);
    }
    f->first_of_kind[SYN_ASSOCIATION_KINDS] = f->n_associations = next;
    f->next_person = f->first_of_kind[SYN_PEOPLE] + ordinary[SYN_PEOPLE];
    f->next_company = f->first_of_kind[SYN_COMPANIES] + ordinary[SYN_COMPANIES];
    f->next_phone = f->first_of_kind[SYN_PHONES] + ordinary[SYN_PHONES];
    f->next_vehicle = f->first_of_kind[SYN_VEHICLES] + ordinary[SYN_VEHICLES];
    return syn_ids_new(f, 3, f->n_associations, &f->association_id, &f->association_of_id, err);
}

static int act_compare(const void *a, const void *b)
{
    const syn_act *x = a, *y = b;
    if (x->day != y->day) return x->day < y->day ? -1 : 1;
    if (x->officer != y->officer) return x->officer < y->officer ? -1 : 1;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return (x->file > y->file) - (x->file < y->file);
}

static int subject_compare(const void *a, const void *b)
{
    const syn_subject *x = a, *y = b;
    if (x->file != y->file) return x->file < y->file ? -1 : 1;
    return (x->association > y->association) - (x->association < y->association);
}

static int link_compare(const void *a, const void *b)
{
    const syn_link *x = a, *y = b;
    if (x->officer != y->officer) return x->officer < y->officer ? -1 : 1;
    return (x->association > y->association) - (x->association < y->association);
}

static int cover_compare(const void *a, const void *b)
{
    const syn_cover *x = a, *y = b;
    if (x->file != y->file) return x->file < y->file ? -1 : 1;
    return (x->officer > y->officer) - (x->officer < y->officer);
}

/* In the order in which the writers meet them. qsort takes no NULL. */
static cd_status lists_sort(syn_force *f, cd_err *err)
{
    cd_status st = CD_OK;
    if (f->acts.n) qsort(f->acts.at, f->acts.n, sizeof *f->acts.at, act_compare);
    if (f->subjects.n) qsort(f->subjects.at, f->subjects.n, sizeof *f->subjects.at, subject_compare);
    if (f->links.n) qsort(f->links.at, f->links.n, sizeof *f->links.at, link_compare);
    if (f->covers.n) qsort(f->covers.at, f->covers.n, sizeof *f->covers.at, cover_compare);
    CD_NEW(f->first_act, (size_t)f->n_days + 1);
    for (size_t a = 0; a < f->acts.n; a++) f->first_act[f->acts.at[a].day + 1]++;
    for (uint32_t day = 0; day < f->n_days; day++) f->first_act[day + 1] += f->first_act[day];
done:
    return st;
}

cd_status syn_plants_place(syn_force *f, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(associations_number(f, err));
    for (size_t i = 0; i < f->plants.n; i++) {
        syn_plant *p = &f->plants.at[i];
        cd_random r = syn_stream(f, SYN_FOR_ACTS, i);
        switch (p->scheme) {
        case SYNTHETIC_RING:
            if (i == 0 || f->plants.at[i - 1].group != p->group) CD_TRY(ring_place(f, i, &r, err));
            break;
        case SYNTHETIC_SNOOP: CD_TRY(snoop_place(f, p, &r, err)); break;
        case SYNTHETIC_LEAK: CD_TRY(leak_place(f, p, &r, err)); break;
        case SYNTHETIC_HIDDEN_TIE: CD_TRY(tie_place(f, p, &r, err)); break;
        case SYNTHETIC_HIDDEN_MEMBER: CD_TRY(member_place(f, p, &r, err)); break;
        case SYNTHETIC_ABUSE: CD_TRY(abuse_place(f, p, &r, err)); break;
        case SYNTHETIC_GROOMING_DRIFT: CD_TRY(drift_place(f, p, &r, err)); break;
        case SYNTHETIC_POPULAR_CASE: CD_TRY(popular_place(f, p, &r, err)); break;
        default: break; /* they are in their duty, their role or their move */
        }
    }
    CD_TRY(lists_sort(f, err));
done:
    return st;
}
