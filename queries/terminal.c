/* SPDX-License-Identifier: GPL-3.0-or-later
 * terminal.c: one bar, redrawn in place. A part of the work is known by its words (progress->what); speed and the time
 * left are those of the part. Off a terminal a part is told in one line when it ends, and only if it took a while: a log
 * should not scroll. */
#include "queries/terminal.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "queries/print.h"

static const double WORTH_A_LINE_SECONDS = 1;

static struct {
    cd_progress progress;
    bool quiet, on_terminal, drawn, active;
    char what[128];
    cd_progress_state last;
    double began;
} self;

static volatile sig_atomic_t stopped_by;

static void on_signal(int number) { stopped_by = number; }

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static unsigned columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 80;
}

void terminal_bar(const cd_progress_state *s, double seconds, unsigned width, char *out, size_t cap)
{
    char number[PRINT_TEXT], rows[PRINT_TEXT + 8] = "", speed[PRINT_TEXT + 8] = "", left[PRINT_TEXT] = "", facts[160];
    double share = s->bytes_all ? (double)s->bytes / (double)s->bytes_all : -1;
    if (share > 1) share = 1;
    if (s->rows) snprintf(rows, sizeof rows, "%s rows  ", print_count(s->rows, number));
    if (s->bytes && seconds > 0.2)
        snprintf(speed, sizeof speed, "%s/s  ", print_size((uint64_t)((double)s->bytes / seconds), number));
    if (share > 0.01 && seconds > 0.5) {
        double rest = seconds / share * (1 - share);
        if (rest < 1e6) snprintf(left, sizeof left, "%u:%02u left", (unsigned)rest / 60, (unsigned)rest % 60);
    }
    if (share >= 0) snprintf(facts, sizeof facts, "%3.0f %%  %s%s%s", share * 100, rows, speed, left);
    else snprintf(facts, sizeof facts, "%s%s", rows, speed);

    char bar[64] = "";
    size_t taken = strlen(s->what) + strlen(facts) + 7; /* the brackets, the gaps, and the last column */
    if (share >= 0 && width > taken + 10) {
        size_t room = width - taken, full;
        if (room > 40) room = 40;
        full = (size_t)(share * (double)room);
        bar[0] = '[';
        memset(bar + 1, '#', full);
        memset(bar + 1 + full, '.', room - full);
        memcpy(bar + 1 + room, "]  ", 4);
    }
    int n = snprintf(out, cap, "%s  %s%s", s->what, bar, facts);
    size_t length = n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1;
    if (length >= width) length = width - 1; /* the last column stays free: some terminals wrap there */
    while (length > 0 && out[length - 1] == ' ') length--;
    out[length] = '\0';
}

static void wipe(void)
{
    if (self.drawn) fputs("\r\033[K", stderr);
    self.drawn = false;
}

/* Off a terminal: the part that is over, in one line. */
static void tell_part(void)
{
    char rows[PRINT_TEXT], size[PRINT_TEXT], duration[PRINT_TEXT];
    double seconds = now() - self.began;
    if (self.on_terminal || self.quiet || !self.what[0] || seconds < WORTH_A_LINE_SECONDS) return;
    fprintf(stderr, "%s: ", self.what);
    if (self.last.rows) fprintf(stderr, "%s rows, ", print_count(self.last.rows, rows));
    if (self.last.bytes) fprintf(stderr, "%s, ", print_size(self.last.bytes, size));
    fprintf(stderr, "%s\n", print_duration(seconds, duration));
}

static bool step(void *context, const cd_progress_state *state)
{
    (void)context;
    if (stopped_by) return false;
    if (self.quiet) return true;
    char what[sizeof self.what];
    snprintf(what, sizeof what, "%s", state->what);
    for (char *c = what; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?'; /* a file's name must not steer the terminal */
    if (strcmp(self.what, what) != 0) {
        tell_part();
        memcpy(self.what, what, sizeof what);
        self.began = now();
    }
    self.last = *state;
    self.last.what = self.what;
    if (self.on_terminal) {
        char line[512];
        terminal_bar(&self.last, now() - self.began, columns(), line, sizeof line);
        fprintf(stderr, "\r%s\033[K", line);
        fflush(stderr);
        self.drawn = true;
    }
    return true;
}

enum { N_STOPPING = 3 };
static const int asks_to_stop[N_STOPPING] = {SIGINT, SIGTERM, SIGHUP};
static struct sigaction before_part[N_STOPPING];

static void listen_for_stop(int flags)
{
    for (size_t i = 0; i < N_STOPPING; i++) {
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
        sigemptyset(&action.sa_mask);
        if (sigaction(asks_to_stop[i], NULL, &before_part[i]) == 0 && before_part[i].sa_handler == SIG_IGN) continue; /* nohup */
        sigaction(asks_to_stop[i], &action, NULL);
    }
}

static const cd_progress *begin(bool quiet, int flags)
{
    const char *kind = getenv("TERM");
    self.quiet = quiet;
    self.on_terminal = isatty(STDERR_FILENO) && kind && *kind && strcmp(kind, "dumb") != 0;
    self.what[0] = '\0';
    self.active = true;
    self.progress = (cd_progress){.step = step};
    listen_for_stop(flags);
    return &self.progress;
}

const cd_progress *terminal_begin(bool quiet) { return begin(quiet, (int)SA_RESETHAND | SA_RESTART); }

const cd_progress *terminal_begin_part(void)
{
    stopped_by = 0;
    return begin(false, SA_RESTART);
}

void terminal_end(void)
{
    if (!self.active) return;
    wipe();
    tell_part();
    self.what[0] = '\0';
    self.active = false;
}

void terminal_end_part(void)
{
    terminal_end();
    for (size_t i = 0; i < N_STOPPING; i++) sigaction(asks_to_stop[i], &before_part[i], NULL);
}

int terminal_stopped_by(void) { return stopped_by; }

void terminal_say(const char *format, ...)
{
    if (self.quiet) return;
    wipe();
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}
