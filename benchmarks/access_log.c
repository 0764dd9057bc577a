/* SPDX-License-Identifier: GPL-3.0-or-later
 * access_log.c: a year of accesses, shaped so that neither an engine's luck nor its best case is measured:
 *   - a unit for every 60 officers, units in regions of 8, every case owned by one unit (lognormal sizes, sigma 0.4);
 *   - 85 % of accesses go to the own unit's cases (Zipf 0.8), 13 % to those of 6 related units, 2 % to a few hub cases;
 *   - an officer's activity is lognormal (sigma 0.8); times lie in a rotating shift of 8 hours with a spill of 30
 * minutes;
 *   - ids are shuffled, so that they carry no locality.
 *
 * Every access is a function of (seed, day, its number in the day), so that days can be made by any thread and in part.
 * A night shift begun on one day may end on the next: a day's rows are taken from what was begun on it and the day
 * before. */
#include "benchmarks/access_log.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"

enum { UNIT_OFFICERS = 60, REGION_UNITS = 8, RELATED = 6, RELATED_NEAR = 4, UNIT_TERMINALS = 12 };
enum { DAY_SECONDS = 86400, ROW_BYTES = 56, DATE_BYTES = 10, GUIDE_BITS = 16 };
enum { OF_UNITS = 1, OF_OFFICERS, OF_ACCESSES, OF_OFFICER_IDS, OF_CASE_IDS };

static const access_log_size SIZES[] = {
    {"tiny", 200, 4000, 40000},       {"T", 500, 10000, 100000},       {"S", 5000, 100000, 2000000},
    {"1M", 45000, 1000000, 1000000},  {"10M", 5000, 300000, 10000000}, {"M", 45000, 1000000, 20000000},
    {"L", 45000, 3000000, 100000000},
};

const access_log_size *access_log_size_named(const char *name)
{
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++)
        if (strcmp(SIZES[i].name, name) == 0) return &SIZES[i];
    return NULL;
}

/* What is drawn once for the whole log. */
typedef struct {
    access_log_size size;
    uint64_t seed;
    bool in_order;
    uint32_t n_units, n_hubs;
    uint32_t *unit_case; /* per unit and one more: its first case */
    double *unit_reach;  /* per unit: (cases + 1)^0.2 - 1, for draws by rank */
    double hub_reach;
    uint32_t *related;              /* RELATED a unit */
    uint32_t *hubs;                 /* cases */
    uint64_t *activity;             /* per officer and one more: sums of weights */
    uint32_t *guide;                /* per top bits of a draw: the first officer that it can mean */
    uint8_t *shift;                 /* per officer: of the first week */
    uint32_t *officer_id, *case_id; /* what they are called */
    uint64_t day_first[ACCESS_LOG_DAYS + 1];
} model;

/* One row in the making. */
typedef struct {
    uint32_t officer, case_file, terminal;
    uint32_t second; /* of the day */
    uint32_t action;
} access_row;

static const char *const ACTIONS[] = {"view", "search", "edit", "print", "export"};
static const uint32_t ACTION_LENGTH[] = {4, 6, 4, 5, 6};

static double normal(cd_random *r)
{
    double u = cd_random_unit(r), v = cd_random_unit(r);
    return sqrt(-2 * log(1 - u)) * cos(6.283185307179586 * v);
}

/* A weight of exp(sigma * normal), as a whole number: the last bit of exp must not reach the rows. */
static uint64_t lognormal_weight(cd_random *r, double sigma)
{
    return 1 + (uint64_t)llround(exp(sigma * normal(r)) * 1e6);
}

static cd_status permutation(uint64_t seed, uint64_t purpose, uint32_t n, uint32_t **out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_random r = cd_random_of(seed, purpose, 0);
    CD_NEW(*out, n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = (uint32_t)cd_random_below(&r, i + 1);
        (*out)[i] = (*out)[j];
        (*out)[j] = i;
    }
done:
    return st;
}

/* (n + 1)^0.2 - 1 for rank_of. */
static double reach_of(uint32_t n) { return pow((double)n + 1, 0.2) - 1; }

/* A rank in [0, n) with P(k) ~ (k + 1)^-0.8, by inverting the continuous law. */
static uint32_t rank_of(double reach, uint32_t n, double u)
{
    double x = reach * u + 1;
    uint32_t rank = (uint32_t)(x * x * x * x * x - 1);
    return rank < n ? rank : n - 1;
}

static cd_status draw_units(model *m, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t *sum = NULL;
    cd_random r = cd_random_of(m->seed, OF_UNITS, 0);
    m->n_units = m->size.officers / UNIT_OFFICERS > 4 ? m->size.officers / UNIT_OFFICERS : 4;
    m->n_hubs = m->size.cases / 10000 > 20 ? m->size.cases / 10000 : 20;
    CD_NEW(sum, m->n_units + 1);
    CD_NEW(m->unit_case, m->n_units + 1);
    CD_NEW(m->unit_reach, m->n_units);
    CD_NEW(m->related, (size_t)m->n_units * RELATED);
    CD_NEW(m->hubs, m->n_hubs);
    for (uint32_t u = 0; u < m->n_units; u++) sum[u + 1] = sum[u] + lognormal_weight(&r, 0.4);
    for (uint32_t u = 0; u <= m->n_units; u++)
        m->unit_case[u] = (uint32_t)((unsigned __int128)m->size.cases * sum[u] / sum[m->n_units]);
    for (uint32_t u = 0; u < m->n_units; u++) {
        m->unit_reach[u] = reach_of(m->unit_case[u + 1] - m->unit_case[u]);
        uint32_t region = u / REGION_UNITS * REGION_UNITS;
        uint32_t n_near = m->n_units - region < REGION_UNITS ? m->n_units - region : REGION_UNITS;
        for (uint32_t k = 0; k < RELATED; k++)
            m->related[u * RELATED + k] =
                (uint32_t)(k < RELATED_NEAR ? region + cd_random_below(&r, n_near) : cd_random_below(&r, m->n_units));
    }
    for (uint32_t i = 0; i < m->n_hubs; i++) m->hubs[i] = (uint32_t)cd_random_below(&r, m->size.cases);
    m->hub_reach = reach_of(m->n_hubs);
done:
    cd_free(sum);
    return st;
}

static cd_status draw_officers(model *m, cd_err *err)
{
    cd_status st = CD_OK;
    cd_random r = cd_random_of(m->seed, OF_OFFICERS, 0);
    uint32_t n = m->size.officers, at = 0;
    CD_NEW(m->activity, n + 1);
    CD_NEW(m->shift, n);
    CD_NEW(m->guide, (1u << GUIDE_BITS) + 1);
    for (uint32_t o = 0; o < n; o++) {
        m->activity[o + 1] = m->activity[o] + lognormal_weight(&r, 0.8);
        m->shift[o] = (uint8_t)cd_random_below(&r, 3);
    }
    for (uint32_t g = 0; g <= 1u << GUIDE_BITS; g++) {
        uint64_t least = (uint64_t)((unsigned __int128)m->activity[n] * g >> GUIDE_BITS);
        while (at + 1 < n && m->activity[at + 1] <= least) at++;
        m->guide[g] = at;
    }
    CD_TRY(permutation(m->seed, OF_OFFICER_IDS, n, &m->officer_id, err));
    CD_TRY(permutation(m->seed, OF_CASE_IDS, m->size.cases, &m->case_id, err));
    for (uint32_t i = 0; m->in_order && i < n; i++) m->officer_id[i] = i;
    for (uint32_t i = 0; m->in_order && i < m->size.cases; i++) m->case_id[i] = i;
done:
    return st;
}

static void draw_days(model *m)
{
    uint32_t sum[ACCESS_LOG_DAYS + 1] = {0};
    for (uint32_t d = 0; d < ACCESS_LOG_DAYS; d++) sum[d + 1] = sum[d] + (d % 7 < 5 ? 10 : 6);
    for (uint32_t d = 0; d <= ACCESS_LOG_DAYS; d++) m->day_first[d] = m->size.accesses * sum[d] / sum[ACCESS_LOG_DAYS];
}

static void model_release(model *m)
{
    cd_free(m->unit_case), cd_free(m->unit_reach), cd_free(m->related), cd_free(m->hubs);
    cd_free(m->activity), cd_free(m->guide), cd_free(m->shift);
    cd_free(m->officer_id), cd_free(m->case_id);
}

static uint32_t median_of_three(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t lo = a < b ? a : b, hi = a < b ? b : a;
    return c < lo ? lo : c > hi ? hi : c;
}

static uint32_t draw_officer(const model *m, uint64_t draw)
{
    uint32_t o = m->guide[draw >> (64 - GUIDE_BITS)];
    uint64_t weight = (uint64_t)((unsigned __int128)m->activity[m->size.officers] * draw >> 64);
    while (m->activity[o + 1] <= weight) o++;
    return o;
}

static uint32_t draw_case(const model *m, cd_random *r, uint32_t unit)
{
    double kind = cd_random_unit(r), u = cd_random_unit(r);
    if (kind >= 0.98) return m->hubs[rank_of(m->hub_reach, m->n_hubs, u)];
    if (kind >= 0.85) unit = m->related[unit * RELATED + cd_random_below(r, RELATED)];
    uint32_t first = m->unit_case[unit], n = m->unit_case[unit + 1] - first;
    return n == 0 ? 0 : first + rank_of(m->unit_reach[unit], n, u);
}

/* The i-th access of those begun on `begun`, where it falls on `day`. The time of day is a beta(2, 2) over the shift,
 * which is the middle one of three even draws. */
static bool draw_access(const model *m, uint64_t i, uint32_t begun, uint32_t day, access_row *out)
{
    enum { SPILL = 1800, SHIFT_SECONDS = 9 * 3600, BITS = 21 };
    cd_random r = cd_random_of(m->seed, OF_ACCESSES, i);
    uint32_t officer = draw_officer(m, cd_random_u64(&r));
    uint64_t three = cd_random_u64(&r);
    uint32_t middle = median_of_three(three & 0x1fffff, three >> BITS & 0x1fffff, three >> 2 * BITS & 0x1fffff);
    uint32_t shift = (m->shift[officer] + begun / 7) % 3;
    uint64_t second =
        begun * (uint64_t)DAY_SECONDS + (7 + 8 * shift) * 3600 + ((uint64_t)middle * SHIFT_SECONDS >> BITS) - SPILL;
    uint64_t last = (uint64_t)ACCESS_LOG_DAYS * DAY_SECONDS - 1;
    if (second > last) second = last;
    if (second / DAY_SECONDS != day) return false;
    uint32_t unit = (uint32_t)((uint64_t)officer * m->n_units / m->size.officers);
    uint32_t action = (uint32_t)cd_random_below(&r, 100);
    *out = (access_row){.officer = m->officer_id[officer],
                        .case_file = m->case_id[draw_case(m, &r, unit)],
                        .terminal = unit * UNIT_TERMINALS + (uint32_t)cd_random_below(&r, UNIT_TERMINALS),
                        .second = (uint32_t)(second % DAY_SECONDS),
                        .action = action < 70   ? 0
                                  : action < 85 ? 1
                                  : action < 95 ? 2
                                  : action < 98 ? 3
                                                : 4};
    return true;
}

/* v as w decimal digits with leading zeros. */
static char *digits(char *p, uint32_t v, uint32_t w)
{
    for (uint32_t k = w; k-- > 0; v /= 10) p[k] = (char)('0' + v % 10);
    return p + w;
}

/* 2025-01-01 and on, one year. */
static void date_of(uint32_t day, char out[DATE_BYTES])
{
    static const uint8_t DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint32_t month = 0;
    for (; day >= DAYS[month]; month++) day -= DAYS[month];
    memcpy(out, "2025-", 5);
    digits(out + 5, month + 1, 2)[0] = '-';
    digits(out + 8, day + 1, 2);
}

static char *row_print(const access_row *a, const char *date, char *p)
{
    *p++ = 'P', p = digits(p, a->officer, 6), *p++ = ',';
    *p++ = 'C', p = digits(p, a->case_file, 8), *p++ = ',';
    memcpy(p, date, DATE_BYTES), p += DATE_BYTES, *p++ = 'T';
    p = digits(p, a->second / 3600, 2), *p++ = ':';
    p = digits(p, a->second / 60 % 60, 2), *p++ = ':';
    p = digits(p, a->second % 60, 2), *p++ = ',';
    memcpy(p, ACTIONS[a->action], ACTION_LENGTH[a->action]), p += ACTION_LENGTH[a->action], *p++ = ',';
    *p++ = 'T', p = digits(p, a->terminal, 5), *p++ = '\n';
    return p;
}

/* One thread's room for a day. */
typedef struct {
    access_row *rows;
    uint32_t *order; /* rows by second */
    uint32_t *place; /* per second of the day */
    char *text;
} day_room;

static void day_room_release(day_room *room)
{
    cd_free(room->rows), cd_free(room->order), cd_free(room->place), cd_free(room->text);
}

static cd_status day_room_init(const model *m, day_room *room, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t most = 0;
    for (uint32_t d = 0; d < ACCESS_LOG_DAYS; d++) {
        uint64_t n = m->day_first[d + 1] - m->day_first[d ? d - 1 : 0];
        if (n > most) most = n;
    }
    CD_NEW(room->rows, most);
    CD_NEW(room->order, most);
    CD_NEW(room->place, DAY_SECONDS + 1);
    CD_NEW(room->text, most * ROW_BYTES);
done:
    return st;
}

static size_t day_text(const model *m, uint32_t day, day_room *room)
{
    uint32_t n = 0;
    char date[DATE_BYTES], *p = room->text;
    for (uint32_t begun = day ? day - 1 : 0; begun <= day; begun++)
        for (uint64_t i = m->day_first[begun]; i < m->day_first[begun + 1]; i++)
            n += draw_access(m, i, begun, day, &room->rows[n]);
    memset(room->place, 0, (DAY_SECONDS + 1) * sizeof *room->place);
    for (uint32_t i = 0; i < n; i++) room->place[room->rows[i].second + 1]++;
    for (uint32_t s = 0; s < DAY_SECONDS; s++) room->place[s + 1] += room->place[s];
    for (uint32_t i = 0; i < n; i++) room->order[room->place[room->rows[i].second]++] = i;
    date_of(day, date);
    for (uint32_t i = 0; i < n; i++) p = row_print(&room->rows[room->order[i]], date, p);
    return (size_t)(p - room->text);
}

static bool write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t wrote = write(fd, p, n);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return false;
        p += wrote, n -= (size_t)wrote;
    }
    return true;
}

static cd_status write_days(const model *m, const access_log_options *o, int fd, const char *path, cd_err *err)
{
    cd_status st = CD_OK;
    static const char HEADER[] = "officer_id,case_id,at,action,terminal\n";
    uint32_t threads = o->threads ? o->threads : (uint32_t)omp_get_num_procs();
    bool written = write_all(fd, HEADER, sizeof HEADER - 1);
    day_room *rooms = NULL;
    CD_NEW(rooms, threads);
    for (uint32_t t = 0; t < threads; t++) CD_TRY(day_room_init(m, &rooms[t], err));
    #pragma omp parallel for ordered schedule(static, 1) num_threads(threads)
    for (uint32_t day = o->from_day; day < o->to_day; day++) {
        day_room *room = &rooms[omp_get_thread_num()];
        size_t n = day_text(m, day, room);
        #pragma omp ordered
        written = written && write_all(fd, room->text, n);
    }
    /* Synced, or its writing back would go on beside what is measured. */
    if (!written || fsync(fd) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot write '%s'", path));
done:
    for (uint32_t t = 0; rooms && t < threads; t++) day_room_release(&rooms[t]);
    cd_free(rooms);
    return st;
}

cd_status access_log_write(const access_log_options *options, const char *path, cd_err *err)
{
    cd_status st = CD_OK;
    model m = {.size = options->size, .seed = options->seed, .in_order = options->in_order};
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0) CD_TRY(cd_fail_errno(err, errno, "cannot make '%s'", path));
    CD_TRY(draw_units(&m, err));
    CD_TRY(draw_officers(&m, err));
    draw_days(&m);
    CD_TRY(write_days(&m, options, fd, path, err));
done:
    if (fd >= 0) close(fd);
    model_release(&m);
    return st;
}
