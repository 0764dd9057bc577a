/* SPDX-License-Identifier: GPL-3.0-or-later
 * force_days.c: rows of four tables go by the day of one of their times, rows without one to what was before. Presence
 * past the last midnight is of the last day. */
#include "benchmarks/force_days.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/civil.h"
#include "loaders/synthetic.h"

static const struct {
    const char *file, *time;
} daily[] = {
    {"accesses.csv", "at"}, {"shifts.csv", "starts"}, {"roster.csv", "claimed_from"}, {"presence.csv", "from"}};
enum { DAILY = sizeof daily / sizeof *daily };

/* The field of that number, up to the next comma; no field before it is quoted. */
static const char *field_of(const char *line, uint32_t number)
{
    for (; number > 0 && line; number--) {
        line = strchr(line, ',');
        if (line) line++;
    }
    return line;
}

static uint32_t column_of(const char *header, const char *name)
{
    size_t n = strlen(name);
    for (uint32_t c = 0;; c++) {
        const char *field = field_of(header, c);
        bench_check(field != NULL, "no column `%s` in '%s'", name, header);
        if (strncmp(field, name, n) == 0 && strchr(",\r\n", field[n])) return c;
    }
}

static FILE *open_in(const char *folder, const char *name, const char *mode)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, mode);
    bench_check(f != NULL, "cannot open '%s'", path);
    return f;
}

/* Days since 1970 of a line's time; 0: it has none. */
static int64_t day_of(const char *field)
{
    int64_t seconds;
    bool has_zone;
    return field && cd_time_read(field, 10, &seconds, &has_zone) == CD_TIME_OK ? seconds / 86400 : 0;
}

static void cut_file(uint32_t table, const char *force, int64_t first_day, const char *before, char *const *days,
                     uint32_t n_last)
{
    enum { MOST = 64 };
    FILE *in = open_in(force, daily[table].file, "r"), *out[MOST + 1];
    char *line = NULL;
    size_t cap = 0;
    ssize_t n = getline(&line, &cap, in);
    bench_check(n > 0 && n_last <= MOST, "'%s' of '%s' is empty", daily[table].file, force);
    uint32_t column = column_of(line, daily[table].time);
    for (uint32_t k = 0; k <= n_last; k++) {
        out[k] = open_in(k ? days[k - 1] : before, daily[table].file, "w");
        fwrite(line, 1, (size_t)n, out[k]);
    }
    while ((n = getline(&line, &cap, in)) > 0) {
        int64_t part = day_of(field_of(line, column)) - first_day + 1;
        fwrite(line, 1, (size_t)n, out[part < 0 ? 0 : part > n_last ? n_last : part]);
    }
    bool written = !ferror(in);
    for (uint32_t k = 0; k <= n_last; k++) written = (fclose(out[k]) == 0) && written;
    bench_check(written, "cannot cut '%s' of '%s'", daily[table].file, force);
    fclose(in);
    free(line);
}

/* A folder must say who the officers are; nothing new is known of them. */
static void put_no_officers(const char *day)
{
    FILE *f = open_in(day, "officers.csv", "w");
    bool written = fputs("officer_id\n", f) >= 0;
    bench_check((fclose(f) == 0) && written, "cannot write officers.csv in '%s'", day);
}

/* The other files stand in both folders. */
static void link_others(const char *force, const char *before)
{
    DIR *d = opendir(force);
    bench_check(d != NULL, "cannot list '%s'", force);
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        char from[4096], to[4096];
        bool other = e->d_name[0] != '.';
        for (uint32_t t = 0; t < DAILY; t++) other = other && strcmp(e->d_name, daily[t].file) != 0;
        snprintf(from, sizeof from, "%s/%s", force, e->d_name);
        snprintf(to, sizeof to, "%s/%s", before, e->d_name);
        bench_check(!other || link(from, to) == 0, "cannot link '%s'", from);
    }
    closedir(d);
}

void force_days_make(const bench *b, uint32_t n_officers, uint32_t n_days, const char *force, const char *before,
                     char *const *days, uint32_t n_last)
{
    cd_err err = {0};
    synthetic_options options;
    synthetic_options_init(&options);
    options.out = force, options.n_officers = n_officers, options.n_days = n_days, options.seed = 1;
    options.threads = b->threads;
    bench_must(synthetic_generate(&options, NULL, &err), &err);
    for (uint32_t k = 0; k <= n_last; k++)
        bench_check(mkdir(k ? days[k - 1] : before, 0777) == 0, "cannot make '%s'", k ? days[k - 1] : before);
    link_others(force, before);
    for (uint32_t k = 0; k < n_last; k++) put_no_officers(days[k]);
    for (uint32_t t = 0; t < DAILY; t++)
        cut_file(t, force, cd_days_of(2025, 1, 1) + n_days - n_last, before, days, n_last);
    sync(); /* or its writing back would go on beside what is measured */
}
