/* SPDX-License-Identifier: GPL-3.0-or-later
 * Properties of what is planted: as many as asked, each hidden as it should be, and none in a null force. Everything is
 * measured from the CSVs alone, as a detector would have to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loaders/synthetic.h"
#include "tests/support/made_csv.h"

enum { OFFICERS = 2000, DAYS = 365, MEMBERS_MAX = 8 };

/* One force with plenty of everything, made once. */
typedef struct {
    char folder[64];
    synthetic_report report;
    made_csv truth, accesses, cases;
    int scheme[OFFICERS + 1]; /* SYNTHETIC_SCHEMES: none */
    uint32_t group[OFFICERS + 1];
    int64_t since[OFFICERS + 1];
} planted;

static const uint32_t asked[SYNTHETIC_SCHEMES] = {
    [SYNTHETIC_RING] = 4,     [SYNTHETIC_SNOOP] = 12,   [SYNTHETIC_LEAK] = 6,      [SYNTHETIC_HIDDEN_TIE] = 6,
    [SYNTHETIC_HIDDEN_MEMBER] = 9, [SYNTHETIC_OVERTIME] = 30, [SYNTHETIC_ABSENTEE] = 10, [SYNTHETIC_ABUSE] = 5,
    [SYNTHETIC_GROOMING_DRIFT] = 6, [SYNTHETIC_ANALYST] = 10, [SYNTHETIC_SECONDEE] = 12, [SYNTHETIC_REVIEWER] = 8,
    [SYNTHETIC_CARER] = 10,   [SYNTHETIC_POPULAR_CASE] = 25};

static int scheme_of(const char *name)
{
    int s = 0;
    while (s < SYNTHETIC_SCHEMES && strcmp(synthetic_scheme_name((synthetic_scheme)s), name) != 0) s++;
    return s;
}

static void truth_read(planted *p)
{
    p->truth = made_csv_read(p->folder, "truth");
    for (uint32_t o = 0; o <= OFFICERS; o++) p->scheme[o] = SYNTHETIC_SCHEMES;
    for (size_t r = 0; r < p->truth.n_rows; r++) {
        uint32_t o = made_csv_number(&p->truth, r, 0);
        p->scheme[o] = scheme_of(made_csv_at(&p->truth, r, 1));
        p->group[o] = made_csv_number(&p->truth, r, 2);
        p->since[o] = made_csv_time(&p->truth, r, 3);
        assert_true(p->scheme[o] < SYNTHETIC_SCHEMES);
    }
}

static void force_make(planted *p, bool null_force)
{
    cd_err err = {0};
    synthetic_options o;
    synthetic_options_init(&o);
    made_folder_new(p->folder);
    o.n_officers = OFFICERS, o.n_days = DAYS, o.seed = 11, o.threads = 2, o.out = p->folder, o.null_force = null_force;
    for (int s = 0; !null_force && s < SYNTHETIC_SCHEMES; s++) o.plant[s] = (int32_t)asked[s];
    if (synthetic_generate(&o, &p->report, &err) != CD_OK) fail_msg("%s", err.text);
    truth_read(p);
}

static int set_up(void **state)
{
    static planted p;
    force_make(&p, false);
    p.accesses = made_csv_read(p.folder, "accesses");
    p.cases = made_csv_read(p.folder, "cases");
    *state = &p;
    return 0;
}

static int tear_down(void **state)
{
    planted *p = *state;
    made_csv_release(&p->truth), made_csv_release(&p->accesses), made_csv_release(&p->cases);
    made_folder_remove(p->folder);
    return 0;
}

static void counts_are_as_asked(void **state)
{
    const planted *p = *state;
    uint32_t found[SYNTHETIC_SCHEMES] = {0};
    for (uint32_t o = 1; o <= OFFICERS; o++)
        if (p->scheme[o] < SYNTHETIC_SCHEMES) found[p->scheme[o]]++;
    assert_int_equal(p->report.n_rings, asked[SYNTHETIC_RING]);
    for (int s = 0; s < SYNTHETIC_SCHEMES; s++) {
        assert_int_equal(found[s], p->report.n_planted[s]);
        if (s != SYNTHETIC_RING) assert_int_equal(found[s], asked[s]);
    }
    assert_in_range(found[SYNTHETIC_RING], 4 * asked[SYNTHETIC_RING], 8 * asked[SYNTHETIC_RING]);
}

/* ---- Rings ---- */

/* The unit that each officer begins in, and that each file is of. */
static uint32_t *units_of(const planted *p, const char *table, uint32_t most)
{
    made_csv t = made_csv_read(p->folder, table);
    size_t unit = made_csv_column(&t, "unit");
    uint32_t *out = calloc((size_t)most + 1, sizeof *out);
    for (size_t r = t.n_rows; r-- > 0;) out[made_csv_number(&t, r, 0)] = made_csv_number(&t, r, unit);
    made_csv_release(&t);
    return out;
}

typedef struct {
    uint32_t n, member[MEMBERS_MAX], work[MEMBERS_MAX], joint[MEMBERS_MAX];
    uint32_t n_joint, openers; /* files that two or more opened, and by how many in all */
    int64_t closest;           /* seconds between the first openings of two members, summed over joint files */
} ring;

static ring ring_of(const planted *p, uint32_t group)
{
    ring g = {0};
    for (uint32_t o = 1; o <= OFFICERS; o++)
        if (p->scheme[o] == SYNTHETIC_RING && p->group[o] == group) g.member[g.n++] = o;
    return g;
}

/* Joint files of a group: those that several of it opened, of no member's unit, and not of the kind that everyone
 * follows. */
static void ring_measure(const planted *p, ring *g, const uint32_t *unit_of_case, const uint32_t *unit_of_officer,
                         const uint32_t *n_accesses, uint32_t n_cases)
{
    uint8_t *opened_by = calloc((size_t)n_cases + 1, 1);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t r = 0; r < p->accesses.n_rows; r++) {
            uint32_t officer = made_csv_number(&p->accesses, r, 0), file = made_csv_number(&p->accesses, r, 1), m = 0;
            while (m < g->n && g->member[m] != officer) m++;
            if (m == g->n) continue;
            if (pass == 0) opened_by[file] |= (uint8_t)(1u << m), g->work[m]++;
            else g->joint[m] += opened_by[file] == 255;
        }
        for (uint32_t file = 1; pass == 0 && file <= n_cases; file++) {
            bool related = n_accesses[file] > 150;
            for (uint32_t m = 0; m < g->n; m++)
                related = related || unit_of_officer[g->member[m]] == unit_of_case[file];
            uint32_t n = (uint32_t)__builtin_popcount(opened_by[file]);
            bool joint = n >= 2 && !related;
            if (joint) g->n_joint++, g->openers += n;
            opened_by[file] = joint ? 255 : 0;
        }
    }
    free(opened_by);
}

static void rings_are_hidden(void **state)
{
    const planted *p = *state;
    uint32_t n_cases = 0, groups = 0;
    for (size_t r = 0; r < p->cases.n_rows; r++)
        if (made_csv_number(&p->cases, r, 0) > n_cases) n_cases = made_csv_number(&p->cases, r, 0);
    uint32_t *unit_of_case = units_of(p, "cases", n_cases), *unit_of_officer = units_of(p, "officers", OFFICERS);
    uint32_t *n_accesses = calloc((size_t)n_cases + 1, sizeof *n_accesses);
    for (size_t r = 0; r < p->accesses.n_rows; r++) n_accesses[made_csv_number(&p->accesses, r, 1)]++;
    for (uint32_t group = 1; group < 200; group++) {
        ring g = ring_of(p, group);
        if (g.n == 0) continue;
        groups++;
        assert_in_range(g.n, 4, MEMBERS_MAX);
        ring_measure(p, &g, unit_of_case, unit_of_officer, n_accesses, n_cases);
        double share = (double)g.openers / g.n_joint / g.n;
        if (g.n_joint < 8) fail_msg("ring %u has %u joint files", group, g.n_joint);
        if (share < 0.3 || share > 0.7) fail_msg("ring %u: a file is opened by %.2f of the group", group, share);
        for (uint32_t m = 0; m < g.n; m++)
            if (g.joint[m] * 20 > g.work[m]) /* five per cent */
                fail_msg("ring %u: %u of %u accesses of a member are joint", group, g.joint[m], g.work[m]);
    }
    assert_int_equal(groups, asked[SYNTHETIC_RING]);
    free(unit_of_case), free(unit_of_officer), free(n_accesses);
}

/* ---- Rosters ---- */

/* A day's presence of an officer: the last second seen, and whether it was at an office. */
typedef struct {
    int64_t last;
    bool seen, open_ended, at_office;
} sight;

static int64_t first_day(void) { return 20089; } /* 2025-01-01 */

static sight *sights_read(const planted *p)
{
    made_csv t = made_csv_read(p->folder, "presence");
    sight *all = calloc((size_t)(OFFICERS + 1) * (DAYS + 2), sizeof *all);
    for (size_t r = 0; r < t.n_rows; r++) {
        int64_t from = made_csv_time(&t, r, 2), to = made_csv_time(&t, r, 3);
        /* A shift's sights begin within half an hour of it; noon is far from every change of a night's date. */
        sight *s = &all[(size_t)made_csv_number(&t, r, 0) * (DAYS + 2) + (size_t)(from / 86400 - first_day())];
        s->seen = true;
        if (to == INT64_MIN) s->open_ended = true;
        else if (to > s->last) s->last = to;
        if (strcmp(made_csv_at(&t, r, 1), "REMOTE") != 0) s->at_office = true;
    }
    made_csv_release(&t);
    return all;
}

static int64_t *shift_ends(const planted *p, size_t *n)
{
    made_csv t = made_csv_read(p->folder, "shifts");
    uint32_t most = 0;
    for (size_t r = 0; r < t.n_rows; r++)
        if (made_csv_number(&t, r, 0) > most) most = made_csv_number(&t, r, 0);
    int64_t *ends = calloc((size_t)most + 1, sizeof *ends);
    for (size_t r = 0; r < t.n_rows; r++) ends[made_csv_number(&t, r, 0)] = made_csv_time(&t, r, 4);
    *n = most;
    made_csv_release(&t);
    return ends;
}

/* One overtime claim in six of the planted is false; hardly any of the others looks like one. */
static void overtime_is_false_one_time_in_six(void **state)
{
    const planted *p = *state;
    size_t n_shifts;
    int64_t *ends = shift_ends(p, &n_shifts);
    sight *sights = sights_read(p);
    made_csv roster = made_csv_read(p->folder, "roster");
    uint32_t claims[2] = {0}, unseen[2] = {0};
    for (size_t r = 0; r < roster.n_rows; r++) {
        uint32_t o = made_csv_number(&roster, r, 0);
        int64_t from = made_csv_time(&roster, r, 3), to = made_csv_time(&roster, r, 4);
        int64_t end = ends[made_csv_number(&roster, r, 1)];
        const sight *s = &sights[(size_t)o * (DAYS + 2) + (size_t)(from / 86400 - first_day())];
        if (to - end < 1800 || !s->seen || s->open_ended) continue;
        bool planned = p->scheme[o] == SYNTHETIC_OVERTIME && from >= p->since[o];
        if (p->scheme[o] == SYNTHETIC_OVERTIME && !planned) continue;
        claims[planned]++;
        unseen[planned] += s->last < to - 1500;
    }
    double planted_share = (double)unseen[1] / claims[1], other_share = (double)unseen[0] / claims[0];
    if (planted_share < 0.13 || planted_share > 0.21)
        fail_msg("%.3f of %u planted claims are false", planted_share, claims[1]);
    if (other_share > 0.03) fail_msg("%.3f of ordinary claims look false", other_share);
    assert_true(claims[1] > 600);
    made_csv_release(&roster);
    free(ends), free(sights);
}

/* Seen at an office on 70 to 80 per cent of rostered days; every other senior on more. */
static void absentees_are_just_under_the_mandate(void **state)
{
    const planted *p = *state;
    sight *sights = sights_read(p);
    made_csv roster = made_csv_read(p->folder, "roster"), officers = made_csv_read(p->folder, "officers");
    uint32_t *days = calloc(OFFICERS + 1, sizeof *days), *there = calloc(OFFICERS + 1, sizeof *there), seniors = 0;
    for (size_t r = 0; r < roster.n_rows; r++) {
        uint32_t o = made_csv_number(&roster, r, 0);
        int64_t day = made_csv_time(&roster, r, 3) / 86400 - first_day();
        days[o]++;
        there[o] += sights[(size_t)o * (DAYS + 2) + (size_t)day].at_office;
    }
    for (size_t r = 0; r < officers.n_rows; r++) {
        static const char senior[] = " CI DCI Supt DSupt CSupt DCSupt Cmdr ";
        char rank[16];
        uint32_t o = made_csv_number(&officers, r, 0);
        snprintf(rank, sizeof rank, " %s ", made_csv_at(&officers, r, 1));
        if (!strstr(senior, rank) || days[o] < 100) continue;
        seniors++;
        double share = (double)there[o] / days[o];
        bool absent = p->scheme[o] == SYNTHETIC_ABSENTEE;
        if (absent ? share < 0.70 || share >= 0.80 : share < 0.80)
            fail_msg("P%06u: %.3f of %u days", o, share, days[o]);
    }
    assert_true(seniors > 30);
    made_csv_release(&roster), made_csv_release(&officers);
    free(days), free(there), free(sights);
}

/* ---- Ties ---- */

/* Members of organisations that others declared their membership of, who did not: exactly the hidden members. */
static void undeclared_members_are(const planted *p, int scheme)
{
    made_csv links = made_csv_read(p->folder, "links"), declared = made_csv_read(p->folder, "declarations");
    uint32_t undeclared = 0, members = 0;
    for (size_t r = 0; r < links.n_rows; r++) {
        if (strcmp(made_csv_at(&links, r, 2), "membership_list") != 0) continue;
        bool by_others = false, by_self = false;
        for (size_t d = 0; d < declared.n_rows; d++) {
            if (strcmp(made_csv_at(&declared, d, 1), made_csv_at(&links, r, 1)) != 0) continue;
            if (made_csv_number(&declared, d, 0) == made_csv_number(&links, r, 0)) by_self = true;
            else by_others = true;
        }
        members += by_others;
        if (!by_others || by_self) continue;
        undeclared++;
        if (p->scheme[made_csv_number(&links, r, 0)] != scheme) fail_msg("links row %zu: not declared, not planted", r);
    }
    assert_true(members > 10);
    if (scheme < SYNTHETIC_SCHEMES) assert_in_range(undeclared, asked[scheme] * 2 / 3, asked[scheme]);
    else assert_int_equal(undeclared, 0);
    made_csv_release(&links), made_csv_release(&declared);
}

static void hidden_members_declare_nothing(void **state) { undeclared_members_are(*state, SYNTHETIC_HIDDEN_MEMBER); }

/* Files about an association that the officer is linked to, or tied to through one or two others. */
static void leaks_and_ties_lead_to_files(void **state)
{
    const planted *p = *state;
    made_csv links = made_csv_read(p->folder, "links"), ties = made_csv_read(p->folder, "ties");
    made_csv subjects = made_csv_read(p->folder, "subjects");
    uint32_t most = 0, reached = 0;
    for (size_t r = 0; r < subjects.n_rows; r++)
        if (made_csv_number(&subjects, r, 1) > most) most = made_csv_number(&subjects, r, 1);
    uint32_t *files = calloc((size_t)most + 1, sizeof *files);
    for (size_t r = 0; r < subjects.n_rows; r++) files[made_csv_number(&subjects, r, 1)]++;
    for (size_t r = 0; r < links.n_rows; r++) {
        uint32_t o = made_csv_number(&links, r, 0), a = made_csv_number(&links, r, 1), found = 0;
        if (p->scheme[o] == SYNTHETIC_LEAK) found = a <= most && files[a] >= 3;
        if (p->scheme[o] == SYNTHETIC_HIDDEN_TIE)
            for (size_t t = 0; t < ties.n_rows; t++) {
                if (made_csv_number(&ties, t, 1) != a) continue;
                uint32_t b = made_csv_number(&ties, t, 0);
                found += b <= most && files[b] >= 3;
                for (size_t u = 0; u < ties.n_rows; u++)
                    if (made_csv_number(&ties, u, 0) == b)
                        found += made_csv_number(&ties, u, 1) <= most && files[made_csv_number(&ties, u, 1)] >= 3;
            }
        reached += found > 0;
    }
    assert_true(reached >= asked[SYNTHETIC_LEAK] + asked[SYNTHETIC_HIDDEN_TIE]);
    made_csv_release(&links), made_csv_release(&ties), made_csv_release(&subjects);
    free(files);
}

/* ---- Look-alikes, and nothing but ---- */

/* Innocents stand out in each scheme's own measure: the analyst by volume, the carer by sickness. */
static void look_alikes_stand_out(void **state)
{
    const planted *p = *state;
    uint32_t *n = calloc(OFFICERS + 1, sizeof *n), *sick = calloc(OFFICERS + 1, sizeof *sick), all = 0, ill = 0;
    made_csv pay = made_csv_read(p->folder, "pay");
    for (size_t r = 0; r < p->accesses.n_rows; r++) n[made_csv_number(&p->accesses, r, 0)]++, all++;
    for (size_t r = 0; r < pay.n_rows; r++) {
        sick[made_csv_number(&pay, r, 0)] += (uint32_t)atoi(made_csv_at(&pay, r, 6));
        ill += (uint32_t)atoi(made_csv_at(&pay, r, 6));
    }
    for (uint32_t o = 1; o <= OFFICERS; o++) {
        if (p->scheme[o] == SYNTHETIC_ANALYST && n[o] < 3 * all / OFFICERS)
            fail_msg("analyst P%06u: %u accesses", o, n[o]);
        if (p->scheme[o] == SYNTHETIC_CARER && sick[o] < 2 * ill / OFFICERS)
            fail_msg("carer P%06u: %u days", o, sick[o]);
    }
    free(n), free(sick);
    made_csv_release(&pay);
}

static void a_null_force_has_no_misconduct(void **state)
{
    (void)state;
    static planted p;
    uint32_t innocents = 0;
    force_make(&p, true);
    for (int s = 0; s < SYNTHETIC_SCHEMES; s++) {
        if (s < SYNTHETIC_ANALYST) assert_int_equal(p.report.n_planted[s], 0);
        else assert_true(p.report.n_planted[s] > 0);
    }
    for (uint32_t o = 1; o <= OFFICERS; o++) {
        assert_true(p.scheme[o] >= SYNTHETIC_ANALYST);
        innocents += p.scheme[o] < SYNTHETIC_SCHEMES;
    }
    assert_true(innocents >= 5);
    undeclared_members_are(&p, SYNTHETIC_SCHEMES);
    made_csv_release(&p.truth);
    made_folder_remove(p.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_as_asked),
        cmocka_unit_test(rings_are_hidden),
        cmocka_unit_test(overtime_is_false_one_time_in_six),
        cmocka_unit_test(absentees_are_just_under_the_mandate),
        cmocka_unit_test(hidden_members_declare_nothing),
        cmocka_unit_test(leaks_and_ties_lead_to_files),
        cmocka_unit_test(look_alikes_stand_out),
        cmocka_unit_test(a_null_force_has_no_misconduct),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
