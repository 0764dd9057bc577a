/* SPDX-License-Identifier: GPL-3.0-or-later
 * stray_tests.c: counting, comparing, telling. */
#include "engine/detect/stray_tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/sort.h"
#include "engine/detect/chance.h"
#include "engine/detect/counted.h"
#include "engine/detect/corners.h"
#include "engine/detect/evidence.h"

/* Who stands out in no count by this much gets no finding; so little is left out of the e-value, which only lowers it.
 */
static const double WORTH_TELLING = -1.5;
enum { WORDS = 320, TOLD = 2 };

void cd_stray_tests_init(cd_stray_tests *t, const cd_look *look) { *t = (cd_stray_tests){.look = look}; }

void cd_stray_tests_release(cd_stray_tests *t)
{
    for (uint32_t i = 0; i < t->n; i++) {
        cd_free(t->test[i].seen);
        cd_free(t->test[i].exposure);
        cd_free(t->test[i].got);
        cd_free(t->test[i].soft);
        cd_free(t->test[i].temper);
    }
    cd_free(t->about_person);
    *t = (cd_stray_tests){0};
}

cd_stray_test *cd_stray_tests_add(cd_stray_tests *t, double weight, const char *what)
{
    cd_stray_test *test = &t->test[t->n++];
    *test = (cd_stray_test){.weight = weight};
    snprintf(test->what, sizeof test->what, "%s", what);
    return test;
}

/* ---- Files about one person ---- */

typedef struct {
    cd_id about;
    uint32_t stray; /* within the officer's */
} mention;

static int mention_compare(const void *a, const void *b)
{
    const mention *x = a, *y = b;
    if (x->about != y->about) return x->about < y->about ? -1 : 1;
    return (x->stray > y->stray) - (x->stray < y->stray);
}

/* Marks the strays of an officer that share a person with another. A file counts for one person alone, so that one
 * about many does not count often. Persons are counted, not days: who works on a file comes back to it often, and that
 * is one event. */
static void persons_of(const cd_look *look, cd_id o, mention *mentions, uint8_t *marked, uint32_t *files,
                       uint32_t *pursued)
{
    const cd_scene *s = look->scene;
    const cd_stray *strays = look->residue->strays + look->residue->off[o];
    uint32_t n_strays = (uint32_t)(look->residue->off[o + 1] - look->residue->off[o]);
    size_t n = 0;
    for (uint32_t i = 0; i < n_strays; i++)
        for (cd_off a = s->subject_off[strays[i].file]; a < s->subject_off[strays[i].file + 1]; a++)
            mentions[n++] = (mention){s->subjects[a], i};
    if (n > 1) qsort(mentions, n, sizeof *mentions, mention_compare);
    for (size_t i = 0, j; i < n; i = j) {
        uint32_t days = 0, new = 0;
        for (j = i; j < n && mentions[j].about == mentions[i].about; j++) days += strays[mentions[j].stray].days;
        if (j - i < 2) continue;
        bool is_pursued = days >= CD_PURSUED_DAYS && days >= (uint32_t)(j - i) + 2;
        for (size_t k = i; k < j; k++) {
            uint8_t *mark = &marked[mentions[k].stray];
            new += *mark == 0;
            *mark |= (uint8_t)(1 << CD_PERSON_FILES | is_pursued << CD_PERSON_PURSUED);
        }
        *files += new > 0 ? new - 1 : 0;
        *pursued += is_pursued && new > 0;
    }
}

static cd_status persons_count(cd_stray_tests *t, cd_stray_person what, uint32_t *seen, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_look *look = t->look;
    const cd_scene *s = look->scene;
    mention *mentions = NULL;
    size_t cap = 0;
    cd_free(t->about_person);
    CD_NEW(t->about_person, look->residue->off[s->officers.n]);
    for (cd_id o = 0; o < s->officers.n; o++) {
        size_t n = 0;
        for (cd_off i = look->residue->off[o]; i < look->residue->off[o + 1]; i++) {
            cd_id file = look->residue->strays[i].file;
            n += s->subject_off[file + 1] - s->subject_off[file];
        }
        CD_TRY(cd_grow(&mentions, &cap, n + 1, sizeof *mentions, err));
        uint32_t files = 0, pursued = 0;
        persons_of(look, o, mentions, t->about_person + look->residue->off[o], &files, &pursued);
        seen[o] = what == CD_PERSON_FILES ? files : pursued;
    }
done:
    cd_free(mentions);
    return st;
}

/* ---- Counting ---- */

static bool counts(const cd_stray_tests *t, const cd_stray_test *test, cd_off stray)
{
    const cd_stray *x = &t->look->residue->strays[stray];
    if (test->mark) return x->marks & test->mark;
    if (test->level) return t->look->scene->sensitivity[x->file] == test->level - 1;
    return test->person && t->about_person[stray] >> test->person & 1;
}

/* Holds the counts against another exposure, known as it is; for each officer what says that more is expected holds. */
static cd_status compare_with(cd_stray_tests *t, cd_stray_test *test, const double *exposure, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = t->look->scene->officers.n;
    cd_compared *other = NULL;
    CD_NEW(other, n);
    CD_TRY(
        cd_peers_compare(t->look->peers, test->seen, exposure, CD_EXPOSURE_FIXED, t->look->run->threads, other, err));
    for (cd_id o = 0; o < n; o++)
        if (other[o].log_p > test->got[o].log_p) test->got[o] = other[o];
done:
    cd_free(other);
    return st;
}

/* Files that share a person by chance are as many as there are pairs of files; those that share one for some honest
 * reason, as many as there are files. */
static cd_status compare_persons(cd_stray_tests *t, cd_stray_test *test, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = t->look->scene->officers.n;
    double *files = NULL;
    CD_NEW(files, n);
    for (cd_id o = 0; o < n; o++) {
        double strays = test->exposure[o];
        files[o] = strays > 1 ? strays - 1 : 0;
        test->exposure[o] = strays * files[o] / 2;
    }
    CD_TRY(cd_peers_compare(t->look->peers, test->seen, test->exposure, CD_EXPOSURE_FIXED, t->look->run->threads,
                            test->got, err));
    CD_TRY(compare_with(t, test, files, err));
done:
    cd_free(files);
    return st;
}

/* What of one officer's count is a steady stream, month after month: more than SELDOM in half of the months that they
 * worked, of four at least. Who does one thing all year does it as work, or cannot be told from those who do. months[]:
 * n_months. */
static double steady_of(const cd_look *look, cd_id o, const uint8_t *counted, uint32_t *months)
{
    enum { LEAST_MONTHS = 4, SELDOM = 4 };
    const cd_residue *r = look->residue;
    const cd_scene *s = look->scene;
    if (r->off[o] == r->off[o + 1]) return 0;
    int32_t first = cd_month_of(s->accesses[s->access_off[o]].at) - r->first_month;
    int32_t last = cd_month_of(s->accesses[s->access_off[o + 1] - 1].at) - r->first_month;
    uint32_t begin = first > 0 ? (uint32_t)first : 0, n = (uint32_t)last - begin + 1;
    if (n < LEAST_MONTHS) return 0;
    memset(months, 0, r->n_months * sizeof *months);
    for (cd_off i = r->off[o]; i < r->off[o + 1]; i++)
        months[r->strays[i].month] += counted[i] && !cd_is_set_apart(look->reasons, r->strays[i].file);
    qsort(months + begin, n, sizeof *months, cd_compare_u32);
    uint32_t median = months[begin + n / 2];
    return median > SELDOM ? (double)(median - SELDOM) * n : 0;
}

/* Holds the counts against what is expected already and the officer's own steady stream, which varies as work does. */
static cd_status compare_steady(cd_stray_tests *t, cd_stray_test *test, const uint8_t *counted, cd_err *err)
{
    static const double AS_WORK_VARIES = 4;
    cd_status st = CD_OK;
    cd_id n = t->look->scene->officers.n;
    uint32_t *months = NULL;
    double *expected = NULL, *steady = NULL;
    cd_compared *other = NULL;
    CD_NEW(months, t->look->residue->n_months);
    CD_NEW(expected, n);
    CD_NEW(steady, n);
    CD_NEW(other, n);
    for (cd_id o = 0; o < n; o++) {
        steady[o] = steady_of(t->look, o, counted, months);
        expected[o] = test->got[o].expected + steady[o];
    }
    CD_TRY(
        cd_peers_compare(t->look->peers, test->seen, expected, CD_EXPOSURE_FIXED, t->look->run->threads, other, err));
    for (cd_id o = 0; o < n; o++) {
        cd_compared *x = &other[o];
        if (!(steady[o] > 0) || !t->look->peers->part[o]) continue;
        x->shape = fmin(x->shape, AS_WORK_VARIES);
        x->log_p = cd_chance_spread(test->seen[o], x->expected, x->shape);
        if (x->log_p > test->got[o].log_p) test->got[o] = *x;
    }
done:
    cd_free(months);
    cd_free(expected);
    cd_free(steady);
    cd_free(other);
    return st;
}

/* Of counts of how sensitive files are: from which grade to which. */
typedef struct {
    int8_t lo, hi; /* lo above hi: of something else */
} grades;

static grades grades_of(const cd_stray_tests *t, const cd_stray_test *test)
{
    enum { RESTRICTED = 3 };
    if (test->level) return (grades){(int8_t)(test->level - 1), (int8_t)(test->level - 1)};
    if (test->mark == CD_STRAY_SENSITIVE) return (grades){t->look->reasons->sensitive_from, RESTRICTED};
    return (grades){1, 0};
}

/* Some of the innocent have a desk for files of one kind that no record and no routine tells of, so that what they open
 * is as sensitive as that kind is: whoever opens one kind may be one of them. Where it is their routine, they are. */
static cd_status compare_kinds(cd_stray_tests *t, cd_stray_test *test, grades g, const uint8_t *counted,
                               const uint8_t *left_out, cd_err *err)
{
    static const double HAVE_A_DESK = 0.01;
    cd_status st = CD_OK;
    cd_id n = t->look->scene->officers.n;
    const uint32_t *routine = t->look->reasons->routine_off;
    double *exposure = NULL;
    cd_compared *other = NULL;
    CD_NEW(exposure, n);
    CD_NEW(other, n);
    CD_NEW(test->soft, n);
    CD_TRY(cd_corner_graded(t->look, CD_FILES_OF_KIND, g.lo, g.hi, counted, left_out, exposure, err));
    CD_TRY(
        cd_peers_compare(t->look->peers, test->seen, exposure, CD_EXPOSURE_FIXED, t->look->run->threads, other, err));
    for (cd_id o = 0; o < n; o++) {
        double log_p = test->got[o].log_p;
        test->soft[o] = 1;
        if (other[o].log_p <= log_p) continue;
        if (routine[o] < routine[o + 1])
            test->got[o] = other[o];
        else
            test->soft[o] = fmax(log_p, other[o].log_p + log10(HAVE_A_DESK)) / log_p;
    }
done:
    cd_free(exposure);
    cd_free(other);
    return st;
}

/* By whose files they are: as others' strays to the same owners are, or as the owners' files are, whichever is more. */
static cd_status compare_owners(cd_stray_tests *t, cd_stray_test *test, grades g, const uint8_t *counted,
                                const uint8_t *left_out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = t->look->scene->officers.n;
    double *expected = NULL, *by_files = NULL;
    CD_NEW(expected, n);
    CD_NEW(by_files, n);
    CD_TRY(cd_corner_exposure(t->look, counted, left_out, CD_CORNER_OWNER, expected, err));
    if (g.lo <= g.hi)
        CD_TRY(cd_corner_graded(t->look, CD_FILES_OF_OWNER, g.lo, g.hi, counted, left_out, by_files, err));
    for (cd_id o = 0; o < n; o++) expected[o] = fmax(expected[o], by_files[o]);
    CD_TRY(compare_with(t, test, expected, err));
done:
    cd_free(expected);
    cd_free(by_files);
    return st;
}

/* By the officer's other strays; by whose files they are; by what colleagues of the same unit do; by what they do month
 * after month; and by what files there are. */
static cd_status compare_marks(cd_stray_tests *t, cd_stray_test *test, const uint8_t *counted, const uint8_t *left_out,
                               cd_err *err)
{
    cd_status st = CD_OK;
    cd_id n = t->look->scene->officers.n;
    grades g = grades_of(t, test);
    double *expected = NULL;
    CD_NEW(expected, n);
    for (cd_id o = 0; o < n; o++) test->exposure[o] -= test->seen[o];
    CD_TRY(cd_peers_compare(t->look->peers, test->seen, test->exposure, CD_EXPOSURE_COUNT, t->look->run->threads,
                            test->got, err));
    CD_TRY(compare_owners(t, test, g, counted, left_out, err));
    CD_TRY(cd_corner_exposure(t->look, counted, left_out, CD_CORNER_UNIT, expected, err));
    CD_TRY(compare_with(t, test, expected, err));
    if (test->mark != CD_STRAY_OFFSHIFT) /* that is nobody's work */
        CD_TRY(compare_steady(t, test, counted, err));
    if (g.lo <= g.hi) CD_TRY(compare_kinds(t, test, g, counted, left_out, err));
done:
    cd_free(expected);
    return st;
}

/* Sensitive files that a count does not count are not in its exposure: nobody makes room for one count by raising
 * another. */
static cd_status compare(cd_stray_tests *t, cd_stray_test *test, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_residue *r = t->look->residue;
    cd_id n = t->look->scene->officers.n;
    uint8_t *counted = NULL, *left_out = NULL; /* per stray */
    CD_NEW(test->seen, n);
    CD_NEW(test->exposure, n);
    CD_NEW(test->got, n);
    CD_NEW(counted, r->off[n]);
    CD_NEW(left_out, r->off[n]);
    if (test->person) CD_TRY(persons_count(t, test->person, test->seen, err));
    for (cd_id o = 0; o < n; o++)
        for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) {
            counted[i] = counts(t, test, i);
            left_out[i] = !counted[i] && test->mark != CD_STRAY_SENSITIVE && r->strays[i].marks & CD_STRAY_SENSITIVE;
            if (!test->person) test->seen[o] += counted[i];
            test->exposure[o] += !left_out[i];
        }
    if (test->person)
        CD_TRY(compare_persons(t, test, err));
    else
        CD_TRY(compare_marks(t, test, counted, left_out, err));
    /* To a thousandth: last bits of logarithms differ between processors, and decide nothing. */
    for (cd_id o = 0; o < n; o++) test->got[o].log_p = rint(1000 * test->got[o].log_p) / 1000;
done:
    cd_free(counted);
    cd_free(left_out);
    return st;
}

/* ---- The peers' own spread ---- */

static cd_status temper(cd_stray_tests *t, cd_stray_test *test, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_look *look = t->look;
    const cd_residue *r = look->residue;
    cd_id n = look->scene->officers.n;
    const cd_grouping by[] = {
        {r->rank, look->scene->ranks.n + 1}, {r->role, look->scene->roles.n + 1}, {r->unit, look->scene->units.n + 1}};
    double *log_p = NULL;
    CD_NEW(log_p, n);
    CD_NEW(test->temper, n);
    for (cd_id o = 0; o < n; o++) log_p[o] = test->got[o].log_p * (test->soft ? test->soft[o] : 1);
    CD_TRY(cd_evidence_temper(log_p, look->peers->part, n, by, sizeof by / sizeof *by,
                              (uint32_t)look->policy->number[CD_POLICY_PEERS_LEAST], test->temper, err));
    for (cd_id o = 0; test->soft && o < n; o++) test->temper[o] = floor(1000 * test->temper[o] * test->soft[o]) / 1000;
done:
    cd_free(log_p);
    return st;
}

/* ---- Telling ---- */

/* The counts of an officer that stand out, the rarest first: at most TOLD. */
static uint32_t rarest(const cd_stray_tests *t, cd_id o, uint32_t order[TOLD])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        int32_t rare = (int32_t)(1000 * t->test[i].got[o].log_p * t->test[i].temper[o]);
        if (rare > (int32_t)(1000 * WORTH_TELLING)) continue;
        uint32_t at = n < TOLD ? n++ : TOLD;
        while (at > 0 &&
               rare < (int32_t)(1000 * t->test[order[at - 1]].got[o].log_p * t->test[order[at - 1]].temper[o])) {
            if (at < TOLD) order[at] = order[at - 1];
            at--;
        }
        if (at < TOLD) order[at] = i;
    }
    return n;
}

/* "files printed" of one is "file printed". */
static const char *counted_as(const char *what, uint32_t n, char out[64])
{
    const char *files = strstr(what, "files"), *persons = strstr(what, "persons");
    const char *noun = persons && (!files || persons < files) ? persons : files;
    snprintf(out, 64, "%s", what);
    if (n != 1 || !noun) return out;
    size_t plural = (size_t)(noun - what) + (noun == persons ? 6 : 4);
    memmove(out + plural, out + plural + 1, strlen(out + plural));
    return out;
}

static const char *tell(const cd_stray_tests *t, cd_id o, const uint32_t *order, uint32_t n, cd_arena *arena,
                        cd_err *err)
{
    char words[WORDS], what[64];
    size_t at = 0;
    for (uint32_t i = 0; i < n && at < sizeof words; i++) {
        const cd_stray_test *test = &t->test[order[i]];
        int k = snprintf(words + at, sizeof words - at, "%s%u %s (%.2g expected)", i ? ", " : "", test->seen[o],
                         counted_as(test->what, test->seen[o], what), test->got[o].expected);
        at += k > 0 ? (size_t)k : 0;
    }
    if (at >= sizeof words) at = sizeof words - 1;
    return cd_arena_copy(arena, words, at, err);
}

/* The rows of a finding: of every unexplained file that some count counts, by time. */
static uint32_t rows_counted(const cd_stray_tests *t, cd_id o, const uint32_t *listed, uint32_t n_listed, cd_cited *out)
{
    const cd_scene *s = t->look->scene;
    const cd_residue *r = t->look->residue;
    uint32_t n = 0;
    for (cd_off i = r->off[o]; i < r->off[o + 1]; i++) {
        uint32_t bits = 0;
        for (uint32_t k = 0; k < n_listed; k++) bits |= (uint32_t)counts(t, &t->test[listed[k]], i) << k;
        if (bits == 0) continue;
        uint32_t left = r->strays[i].rows;
        for (cd_off a = r->strays[i].first; left > 0; a++) {
            if (s->accesses[a].file != r->strays[i].file || s->accesses[a].reason != CD_REASON_NONE) continue;
            if (out) out[n] = cd_cite(s, a, bits);
            n++, left--;
        }
    }
    return n;
}

static cd_status finding_of(const cd_stray_tests *t, cd_id o, uint32_t detector, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    uint32_t order[TOLD], n = rarest(t, o, order), listed[CD_STRAY_TESTS];
    cd_officer_counts counts = {0};
    cd_finding *f = NULL;
    if (n == 0) return CD_OK;
    for (uint32_t i = 0; i < t->n; i++) {
        const cd_stray_test *test = &t->test[i];
        uint32_t at = cd_officer_counts_add(
            &counts, (cd_officer_count){test->what, test->weight, test->seen[o], &test->got[o], test->temper[o]});
        if (at < CD_OFFICER_COUNTS) listed[at] = i;
    }
    CD_TRY(cd_finding_add(out, counts.n_listed, rows_counted(t, o, listed, counts.n_listed, NULL), &f, err));
    f->officer = o, f->detector = detector;
    f->peers = t->look->peers->size[t->look->peers->group[o]];
    f->words = tell(t, o, order, n, &out->arena, err);
    if (!f->words) CD_TRY(CD_EMEMORY);
    cd_officer_counts_tell(&counts, f);
    (void)rows_counted(t, o, listed, counts.n_listed, f->cited);
done:
    return st;
}

/* ---- How much hangs on who the peers are ---- */

/* Of the officers with findings, one count's factors in one draw of the peers, added to times[]. */
static cd_status redraw_test(const cd_stray_tests *t, const cd_stray_test *test, uint32_t draw, const uint32_t *people,
                             uint32_t n, double *times, cd_err *err)
{
    cd_status st = CD_OK;
    cd_compared *got = NULL;
    uint64_t seed = (uint64_t)t->look->policy->number[CD_POLICY_SEED];
    CD_NEW(got, n);
    /* Files of one person have two expectations; which of them held is not asked again. */
    if (!test->person)
        CD_TRY(cd_peers_redraw(t->look->peers, test->seen, test->exposure, CD_EXPOSURE_COUNT, seed, draw, test->got,
                               people, n, got, err));
    for (uint32_t k = 0; k < n; k++)
        times[k] += test->weight * cd_evidence_times(test->person ? test->got[people[k]].log_p : got[k].log_p,
                                                     test->temper[people[k]]);
done:
    cd_free(got);
    return st;
}

static cd_status redraw(const cd_stray_tests *t, cd_finding *list, size_t n, cd_err *err)
{
    cd_status st = CD_OK;
    cd_lowest failed = {0};
    uint32_t *people = NULL;
    double *times = NULL;
    CD_NEW(people, n);
    CD_NEW(times, n * CD_REDRAWS);
    for (size_t k = 0; k < n; k++) people[k] = list[k].officer;
#pragma omp parallel for schedule(dynamic, 1) num_threads(t->look->run->threads)
    for (uint32_t draw = 0; draw < CD_REDRAWS; draw++) {
        cd_err why = {0};
        cd_status got = CD_OK;
        for (uint32_t i = 0; i < t->n && got == CD_OK; i++)
            got = redraw_test(t, &t->test[i], draw, people, (uint32_t)n, times + draw * n, &why);
        if (got != CD_OK) cd_lowest_note(&failed, draw, got, &why);
    }
    CD_TRY(cd_lowest_status(&failed, err));
    for (size_t k = 0; k < n; k++)
        for (uint32_t draw = 0; draw < CD_REDRAWS; draw++)
            list[k].redrawn[draw] = cd_evidence_centibans(times[draw * n + k]);
done:
    cd_free(people);
    cd_free(times);
    return st;
}

cd_status cd_stray_tests_run(cd_stray_tests *t, uint32_t detector, cd_findings *out, cd_err *err)
{
    cd_status st = CD_OK;
    double all = 0;
    for (uint32_t i = 0; i < t->n; i++) all += t->test[i].weight;
    for (uint32_t i = 0; i < t->n; i++) {
        t->test[i].weight = all > 0 ? t->test[i].weight / all : 0;
        CD_TRY(cd_run_step(t->look->run, cd_detectors[detector]->name, 0, err));
        CD_TRY(compare(t, &t->test[i], err));
        CD_TRY(temper(t, &t->test[i], err));
    }
    for (cd_id o = 0; o < t->look->scene->officers.n; o++)
        if (t->look->peers->part[o]) CD_TRY(finding_of(t, o, detector, out, err));
    CD_TRY(redraw(t, out->list, out->n, err));
done:
    return st;
}
