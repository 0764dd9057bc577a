/* SPDX-License-Identifier: GPL-3.0-or-later
 * arguments.c: parses by the command's own entry: `--option value`, `--option=value`, switches and arguments in any
 * order. There are no one-letter options but -h: a line in a script should read by itself. */
#include "queries/arguments.h"

#include "engine/base/civil.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_WORD = 64 };

uint32_t cli_distance(const char *a, const char *b, uint32_t limit)
{
    /* Three rows of the table of Damerau and Levenshtein (adjacent letters swapped once count one). */
    uint32_t rows[3][LONGEST_WORD + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST_WORD || m > LONGEST_WORD) return limit + 1;
    for (uint32_t j = 0; j <= m; j++) rows[0][j] = j;
    for (uint32_t i = 1; i <= n; i++) {
        uint32_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (uint32_t j = 1; j <= m; j++) {
            uint32_t d = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < d) d = last[j] + 1;
            if (now[j - 1] + 1 < d) d = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < d)
                d = before[j - 2] + 1;
            now[j] = d;
        }
    }
    uint32_t d = rows[n % 3][m];
    return d <= limit ? d : limit + 1;
}

cli_nearest cli_nearest_to(const char *written)
{
    size_t n = strlen(written);
    return (cli_nearest){.written = written, .distance = n < 3 ? 1 : n < 6 ? 2 : 3};
}

void cli_nearest_try(cli_nearest *nearest, const char *candidate)
{
    size_t n = strlen(nearest->written);
    uint32_t d = cli_distance(nearest->written, candidate, nearest->distance);
    if (n >= 3 && strncmp(nearest->written, candidate, n) == 0) d = 1; /* a word cut short is near, however short */
    if (d > nearest->distance || (nearest->best && d == nearest->distance)) return;
    nearest->best = candidate;
    nearest->distance = d;
}

static size_t n_options(const cli_command *c)
{
    size_t n = 0;
    while (n < CLI_MAX_OPTIONS && c->options[n].name) n++;
    return n;
}

static cd_status unknown_option(const cli_command *c, const char *word, size_t length, cd_err *err)
{
    char name[LONGEST_WORD + 1];
    if (length > LONGEST_WORD) length = LONGEST_WORD;
    memcpy(name, word, length);
    name[length] = '\0';
    cli_nearest nearest = cli_nearest_to(name);
    for (size_t i = 0; i < n_options(c); i++) cli_nearest_try(&nearest, c->options[i].name);
    cli_nearest_try(&nearest, "help");
    if (nearest.best)
        return cd_fail(err, CD_EUSAGE, "no option '--%s'; did you mean '--%s'?", name, nearest.best);
    return cd_fail(err, CD_EUSAGE, "no option '--%s'; see `candour %s --help`", name, c->name);
}

/* Puts a value to option i; where it was given before, after a comma or what stands for one. */
static cd_status keep(cli_run *run, size_t i, const char *value, cd_err *err)
{
    const cli_option *o = &run->command->options[i];
    const char *before = run->values[i];
    if (before && !o->many && !o->apart && o->argument) return cd_fail(err, CD_EUSAGE, "option '--%s' is given twice; give it once", o->name);
    if (before && o->argument) {
        size_t n = strlen(before), m = strlen(value);
        char *joined = cd_arena_alloc(&run->arena, n + m + 2, 1, err);
        if (!joined) return CD_EMEMORY;
        memcpy(joined, before, n);
        joined[n] = o->apart ? CLI_APART : ',';
        memcpy(joined + n + 1, value, m + 1);
        value = joined;
    }
    run->values[i] = value;
    return CD_OK;
}

/* One word that opens with `--`; *taken says whether the word after it was its value. */
static cd_status option(cli_run *run, const char *word, const char *next, bool *taken, cd_err *err)
{
    const cli_command *c = run->command;
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    *taken = false;
    for (size_t i = 0; i < n_options(c); i++) {
        const cli_option *o = &c->options[i];
        if (strlen(o->name) != length || memcmp(o->name, word, length) != 0) continue;
        if (!o->argument) {
            if (equals) return cd_fail(err, CD_EUSAGE, "option '--%s' takes no value; leave '%s' away", o->name, equals);
            return keep(run, i, "", err);
        }
        if (equals) return keep(run, i, equals + 1, err);
        if (!next) return cd_fail(err, CD_EUSAGE, "option '--%s' needs its %s; see `candour %s --help`", o->name, o->argument, c->name);
        *taken = true;
        return keep(run, i, next, err);
    }
    return unknown_option(c, word, length, err);
}

static cd_status check_arguments(const cli_run *run, cd_err *err)
{
    const cli_argument *a = run->command->arguments;
    size_t least = 0, most = 0;
    for (size_t i = 0; i < CLI_MAX_ARGUMENTS && a[i].name; i++) {
        if (!a[i].optional) least++;
        most = a[i].many ? SIZE_MAX : most + 1;
    }
    if (run->n_arguments < least)
        return cd_fail(err, CD_EUSAGE, "its %s is missing; see `candour %s --help`", a[run->n_arguments].name,
                       run->command->name);
    if (run->n_arguments > most)
        return cd_fail(err, CD_EUSAGE, "'%s' is one word too many; see `candour %s --help`", run->arguments[most],
                       run->command->name);
    return CD_OK;
}

cd_status cli_parse(cli_run *run, int n_words, char **words, cd_err *err)
{
    cd_status st = CD_OK;
    bool options_ended = false;
    run->arguments = cd_arena_alloc(&run->arena, (size_t)n_words + 1, sizeof *run->arguments, err);
    if (!run->arguments) return CD_EMEMORY;
    for (int i = 0; i < n_words; i++) {
        const char *word = words[i];
        bool taken = false;
        if (options_ended || word[0] != '-' || word[1] == '\0') run->arguments[run->n_arguments++] = word;
        else if (strcmp(word, "--") == 0) options_ended = true;
        else if (word[1] == '-') CD_TRY(option(run, word + 2, i + 1 < n_words ? words[i + 1] : NULL, &taken, err));
        else CD_TRY(cd_fail(err, CD_EUSAGE, "no option '%s'; options here are words, as in '--help'", word));
        i += taken;
    }
    CD_TRY(check_arguments(run, err));
done:
    return st;
}

const char *cli_value(const cli_run *run, const char *option)
{
    for (size_t i = 0; i < n_options(run->command); i++)
        if (strcmp(run->command->options[i].name, option) == 0) return run->values[i];
    return NULL;
}

/* A whole number that is the whole text. */
static bool whole(const char *text, uint64_t *out, const char **rest)
{
    char *end;
    if (*text < '0' || *text > '9') return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    *rest = end;
    return errno == 0;
}

cd_status cli_whole(const cli_run *run, const char *option, uint64_t lo, uint64_t hi, uint64_t *out, cd_err *err)
{
    const char *text = cli_value(run, option), *rest;
    uint64_t value;
    if (!text) return CD_OK;
    if (!whole(text, &value, &rest) || *rest || value < lo || value > hi)
        return cd_fail(err, CD_EUSAGE, "--%s takes a whole number from %llu to %llu, not '%s'", option,
                       (unsigned long long)lo, (unsigned long long)hi, text);
    *out = value;
    return CD_OK;
}

cd_status cli_real(const cli_run *run, const char *option, double lo, double hi, double *out, cd_err *err)
{
    const char *text = cli_value(run, option);
    char *end;
    if (!text) return CD_OK;
    double value = strtod(text, &end);
    if (end == text || *end || !(value > lo && value <= hi))
        return cd_fail(err, CD_EUSAGE, "--%s takes a number above %g and up to %g, not '%s'", option, lo, hi, text);
    *out = value;
    return CD_OK;
}

cd_status cli_bytes(const cli_run *run, const char *option, size_t *out, cd_err *err)
{
    const char *text = cli_value(run, option), *rest;
    uint64_t value;
    if (!text) return CD_OK;
    if (whole(text, &value, &rest)) {
        uint32_t shift = 0;
        if (*rest == 'k' || *rest == 'K') shift = 10, rest++;
        else if (*rest == 'm' || *rest == 'M') shift = 20, rest++;
        else if (*rest == 'g' || *rest == 'G') shift = 30, rest++;
        if (*rest == 'B' && shift) rest++;
        if (!*rest && value && value <= (SIZE_MAX >> 1) >> shift) {
            *out = (size_t)value << shift;
            return CD_OK;
        }
    }
    return cd_fail(err, CD_EUSAGE, "--%s takes bytes, as in 512M or 2G, not '%s'", option, text);
}

cd_status cli_threads(const cli_run *run, uint32_t *out, cd_err *err)
{
    uint64_t threads = 0;
    cd_status st = cli_whole(run, "threads", 1, 1024, &threads, err);
    *out = (uint32_t)threads;
    return st;
}

cd_status cli_time(const cli_run *run, const char *option, int64_t *out, cd_err *err)
{
    const char *value = cli_value(run, option);
    bool zone;
    if (!value || cd_time_read(value, strlen(value), out, &zone) == CD_TIME_OK) return CD_OK;
    return cd_fail(err, CD_EUSAGE, "--%s takes a day or a time, as in 2026-03-01 or 2026-03-01T07:30:00Z, not '%s'", option,
                   value);
}
