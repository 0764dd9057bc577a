/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_files.c: the case files as a force keeps them: cases, assignments, subjects; and complaints with the
 * allegations in them. */
#include "loaders/synthetic_cases.h"
#include "loaders/synthetic_tables.h"

enum { CASE_ROWS_MAX = 4, SUBJECTS_MAX = 4, CREW_MAX = 4 };

/* ---- Cases ---- */

static char *case_id_put(const syn_force *f, char *p, uint32_t file)
{
    return syn_put_char(syn_put8(syn_put_char(p, 'C'), f->cases[file].id), ',');
}

/* The state of a file from a second on: closed at `closed`, or open (INT32_MAX). as_of INT32_MIN: always. */
static void case_row(const syn_force *f, uint32_t file, int32_t closed, int32_t as_of, syn_text *t)
{
    const syn_case *c = &f->cases[file];
    char *p = case_id_put(f, t->end, file);
    p = syn_put_char(syn_put4(syn_put_char(p, 'U'), f->units[c->unit].number), ',');
    p = syn_put_char(syn_put_text(p, syn_case_kinds[c->kind]), ',');
    p = syn_put_char(syn_put_char(p, (char)('0' + c->sensitivity)), ',');
    p = syn_put_char(syn_put_time(f, p, c->opened), ',');
    if (closed != INT32_MAX) p = syn_put_time(f, p, closed);
    p = syn_put_char(p, ',');
    if (as_of != INT32_MIN) p = syn_put_time(f, p, as_of);
    t->end = syn_put_char(p, '\n');
    t->rows++;
}

static void case_write(const syn_force *f, uint32_t file, syn_text *t)
{
    const syn_case *c = &f->cases[file];
    int32_t closed = c->closed == INT16_MAX ? INT32_MAX : syn_closing(c, c->closed);
    if (c->reopened == INT16_MAX) {
        case_row(f, file, closed, INT32_MIN, t);
        return;
    }
    case_row(f, file, INT32_MAX, c->opened, t);
    case_row(f, file, closed, closed, t);
    case_row(f, file, INT32_MAX, syn_reopening(c), t);
    if (c->closed_again == INT16_MAX) return;
    closed = syn_closing(c, c->closed_again);
    case_row(f, file, closed, closed, t);
}

/* ---- Assignments ---- */

static void assignment_row(const syn_force *f, uint32_t officer, uint32_t file, const char *role, int32_t from,
                           int32_t to, syn_text *t)
{
    char *p = t->end;
    memcpy(p, f->officer_text[officer], 8);
    p = syn_put_char(syn_put_text(case_id_put(f, p + 8, file), role), ',');
    p = syn_put_char(syn_put_time(f, p, from), ',');
    if (to != INT32_MAX) p = syn_put_time(f, p, to);
    t->end = syn_put_char(p, '\n');
    t->rows++;
}

static size_t cover_first(const syn_force *f, uint32_t file)
{
    size_t lo = 0, hi = f->covers.n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (f->covers.at[mid].file < file) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

static cd_status assignments_write(const syn_force *f, uint32_t file, syn_text *t, cd_err *err)
{
    static const char *const roles[3] = {"lead", "member", "supervisor"};
    syn_part parts[SYN_TEAM_MAX];
    uint32_t n = syn_team_of(f, file, parts);
    size_t cover = cover_first(f, file), end = cover;
    while (end < f->covers.n && f->covers.at[end].file == file) end++;
    cd_status st = syn_text_room(t, (n + end - cover) * SYN_ROW_MAX, err);
    if (st != CD_OK) return st;
    /* Covers stand before or after the team, as the file's number has it: the place of a row says nothing. */
    for (uint32_t half = 0; half < 2; half++) {
        for (size_t k = cover; k < end && (f->cases[file].id & 1) == half; k++)
            assignment_row(f, f->covers.at[k].officer, file, "member", f->covers.at[k].from, f->covers.at[k].to, t);
        for (uint32_t k = 0; k < n && half == 0; k++) {
            const syn_task *task = &parts[k].task;
            if (task->recorded == INT32_MAX) continue;
            int32_t to = task->until == INT16_MAX ? INT32_MAX : syn_closing(&f->cases[file], task->until);
            assignment_row(f, parts[k].officer, file, roles[task->part], task->recorded, to, t);
        }
    }
    return CD_OK;
}

/* ---- Subjects ---- */

static void subject_row(const syn_force *f, const syn_subject *s, syn_text *t)
{
    static const char *const roles[SYN_SUBJECT_ROLES] = {",victim\n", ",witness\n", ",suspect\n", ",subject\n"};
    char *p = syn_put_char(case_id_put(f, t->end, s->file), 'A');
    p = syn_put8(p, f->association_id[s->association]);
    t->end = syn_put_text(p, roles[s->role]);
    t->rows++;
}

/* Whom an ordinary file is about: one to three people, some of whom the force knows well; one in twelve has a company,
 * an address, a phone or a vehicle in it. */
static uint32_t subjects_of(const syn_force *f, uint32_t file, syn_subject out[SUBJECTS_MAX])
{
    static const syn_association_kind others[4] = {SYN_COMPANIES, SYN_ADDRESSES, SYN_PHONES, SYN_VEHICLES};
    static const uint8_t roles[8] = {SYN_VICTIM, SYN_SUSPECT, SYN_WITNESS, SYN_SUSPECT,
                                     SYN_VICTIM, SYN_VICTIM,  SYN_SUBJECT, SYN_SUSPECT};
    cd_random r = syn_stream(f, SYN_FOR_SUBJECTS, file);
    uint32_t n = 1u + (syn_below(&r, 100) < 45), made = 0;
    n += syn_below(&r, 100) < 20;
    bool other = syn_below(&r, 12) == 0;
    for (uint32_t k = 0; k < n + other; k++) {
        syn_association_kind kind = k < n ? SYN_PEOPLE : others[syn_below(&r, 4)];
        uint32_t all = f->n_ordinary[kind];
        uint32_t who = syn_below(&r, 10) < 7 ? syn_below(&r, all) : syn_skewed(cd_random_u64(&r), all);
        syn_subject s = {file, f->first_of_kind[kind] + who, k < n ? roles[syn_below(&r, 8)] : SYN_SUBJECT};
        bool known = false;
        for (uint32_t j = 0; j < made; j++) known = known || out[j].association == s.association;
        if (!known) out[made++] = s;
    }
    return made;
}

static cd_status subjects_write(const syn_force *f, uint32_t file, syn_text *t, cd_err *err)
{
    syn_subject ordinary[SUBJECTS_MAX];
    uint32_t n = subjects_of(f, file, ordinary);
    size_t lo = 0, hi = f->subjects.n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (f->subjects.at[mid].file < file) lo = mid + 1;
        else hi = mid;
    }
    while (hi < f->subjects.n && f->subjects.at[hi].file == file) hi++;
    cd_status st = syn_text_room(t, (n + hi - lo) * SYN_ROW_MAX, err);
    for (uint32_t half = 0; st == CD_OK && half < 2; half++) {
        for (size_t k = lo; k < hi && (f->cases[file].id & 1) == half; k++) subject_row(f, &f->subjects.at[k], t);
        for (uint32_t k = 0; k < n && half == 0; k++) subject_row(f, &ordinary[k], t);
    }
    return st;
}

static cd_status cases_block(void *context, uint32_t lane, uint64_t block, syn_text *texts, cd_err *err)
{
    const syn_force *f = context;
    cd_status st = CD_OK;
    (void)lane;
    CD_TRY(syn_text_room(&texts[0], (size_t)SYN_BLOCK * CASE_ROWS_MAX * SYN_ROW_MAX, err));
    for (uint32_t id = (uint32_t)block * SYN_BLOCK + 1; id < syn_block_end(block, f->n_cases); id++) {
        uint32_t file = f->case_of_id[id];
        case_write(f, file, &texts[0]);
        CD_TRY(assignments_write(f, file, &texts[1], err));
        CD_TRY(subjects_write(f, file, &texts[2], err));
    }
done:
    return st;
}

cd_status syn_cases_write(syn_force *f, syn_out *out, cd_err *err)
{
    static const syn_file files[] = {SYN_CASES, SYN_ASSIGNMENTS, SYN_SUBJECTS};
    return syn_out_pass(out, 3, files, syn_blocks(f->n_cases), cases_block, NULL, f, err);
}

/* ---- Complaints and allegations ---- */

typedef struct {
    const syn_force *f;
    uint32_t n, n_ordinary, *id, *of_id;
} complaints;

typedef struct {
    int32_t made; /* second */
    uint32_t complainant; /* UINT32_MAX: not known */
    uint32_t n_named, named[CREW_MAX];
    uint8_t kind, outcome[CREW_MAX];
    bool internal;
} complaint;

static const char *const complaint_kinds[8] = {"incivility", "use_of_force", "neglect_of_duty", "stop_and_search",
                                               "discrimination", "property", "data_misuse", "abuse_of_position"};

/* Settled after some months: most come to nothing, one in 25 is sustained. */
static uint8_t outcome_pick(const syn_force *f, int32_t made, cd_random *r)
{
    uint32_t percent = syn_below(r, 100);
    bool recent = made > ((int32_t)f->n_days - 120) * SYN_DAY_SECONDS;
    if (percent < (recent ? 70u : 4u)) return SYN_PENDING;
    percent = syn_below(r, 100);
    return percent < 4    ? SYN_SUSTAINED
           : percent < 52 ? SYN_NOT_SUSTAINED
           : percent < 88 ? SYN_DISMISSED
                          : SYN_WITHDRAWN;
}

/* Those beside the officer in the squad's order, who went out with them. */
static void crew_add(const syn_force *f, complaint *c, cd_random *r)
{
    uint32_t first = c->named[0], size = syn_below(r, 100) < 72 ? 1 : 2 + syn_below(r, CREW_MAX - 1);
    const syn_unit *u = &f->units[f->officers[first].unit];
    for (uint32_t k = 1; k < size && k < u->n; k++) {
        uint32_t other = u->first + (first - u->first + k) % u->n;
        if (f->officers[other].joined >= 0) continue;
        c->named[c->n_named] = other;
        c->outcome[c->n_named++] = syn_below(r, 4) ? c->outcome[0] : outcome_pick(f, c->made, r);
    }
}

static complaint complaint_of(const complaints *all, uint32_t index)
{
    const syn_force *f = all->f;
    complaint c = {.n_named = 1, .complainant = UINT32_MAX};
    cd_random r = syn_stream(f, SYN_FOR_COMPLAINTS, index);
    if (index >= all->n_ordinary) {
        const syn_grievance *g = &f->grievances.at[index - all->n_ordinary];
        c.made = g->made, c.complainant = g->complainant, c.named[0] = g->officer, c.outcome[0] = g->outcome;
        c.kind = syn_below(&r, 2) ? 7 : (uint8_t)syn_below(&r, 3);
        return c;
    }
    c.made = ((int32_t)syn_below(&r, f->n_days + 365) - 365) * SYN_DAY_SECONDS;
    c.made += 25000 + (int32_t)syn_below(&r, 50000);
    c.internal = syn_chance(&r, 190);
    c.kind = (uint8_t)(c.internal ? syn_below(&r, 8) : syn_skewed(cd_random_u64(&r), 8));
    for (int tries = 0; tries < 16; tries++) { /* those who meet the public most; some of them again and again */
        uint32_t id = syn_below(&r, 3) ? syn_below(&r, f->n_officers) : syn_skewed(cd_random_u64(&r), f->n_officers);
        const syn_officer *o = &f->officers[c.named[0] = f->officer_of_id[id + 1]];
        if (o->joined < 0 && (syn_roles[o->role_mix].field > 60 || tries > 8 || syn_below(&r, 4) == 0)) break;
    }
    uint32_t people = f->n_ordinary[SYN_PEOPLE], repeat = syn_below(&r, 100);
    if (!c.internal && repeat < 60)
        c.complainant =
            f->first_of_kind[SYN_PEOPLE] + (repeat < 6 ? syn_below(&r, people / 500 + 1) : syn_below(&r, people));
    c.outcome[0] = outcome_pick(f, c.made, &r);
    crew_add(f, &c, &r);
    return c;
}

static cd_status complaints_block(void *context, uint32_t lane, uint64_t block, syn_text *texts, cd_err *err)
{
    static const char *const outcomes[SYN_OUTCOMES] = {",sustained\n", ",not_sustained\n", ",dismissed\n",
                                                       ",withdrawn\n", ",pending\n"};
    const complaints *all = context;
    const syn_force *f = all->f;
    cd_status st = CD_OK;
    (void)lane;
    CD_TRY(syn_text_room(&texts[0], (size_t)SYN_BLOCK * SYN_ROW_MAX, err));
    CD_TRY(syn_text_room(&texts[1], (size_t)SYN_BLOCK * CREW_MAX * SYN_ROW_MAX, err));
    for (uint32_t id = (uint32_t)block * SYN_BLOCK + 1; id < syn_block_end(block, all->n); id++) {
        complaint c = complaint_of(all, all->of_id[id]);
        char *p = syn_put_char(syn_put8(syn_put_char(texts[0].end, 'K'), id), ',');
        p = syn_put_char(syn_put_time(f, p, c.made), ',');
        p = syn_put_text(syn_put_text(p, complaint_kinds[c.kind]), c.internal ? ",internal," : ",public,");
        if (c.complainant != UINT32_MAX) p = syn_put8(syn_put_char(p, 'A'), f->association_id[c.complainant]);
        texts[0].end = syn_put_char(p, '\n');
        texts[0].rows++;
        for (uint32_t k = 0; k < c.n_named; k++) {
            p = texts[1].end;
            memcpy(p, f->officer_text[c.named[k]], 8);
            p = syn_put_char(syn_put8(syn_put_char(p + 8, 'K'), id), ',');
            texts[1].end = syn_put_text(syn_put_text(p, complaint_kinds[c.kind]), outcomes[c.outcome[k]]);
            texts[1].rows++;
        }
    }
done:
    return st;
}

cd_status syn_complaints_write(syn_force *f, syn_out *out, cd_err *err)
{
    static const syn_file files[] = {SYN_COMPLAINTS, SYN_ALLEGATIONS};
    cd_status st = CD_OK;
    complaints all = {.f = f};

    /* 0.16 an officer and year, over the period and the year before it. */
    all.n_ordinary = (uint32_t)((uint64_t)f->n_officers * (f->n_days + 365) * 16 / 36500);
    all.n = all.n_ordinary + (uint32_t)f->grievances.n;
    CD_TRY(syn_ids_new(f, 4, all.n, &all.id, &all.of_id, err));
    CD_TRY(syn_out_pass(out, 2, files, syn_blocks(all.n), complaints_block, NULL, &all, err));
done:
    cd_free(all.id);
    cd_free(all.of_id);
    return st;
}
