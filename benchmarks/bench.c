/* SPDX-License-Identifier: GPL-3.0-or-later
 * bench.c: options, clock, table, processes. */
#include "benchmarks/bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "benchmarks/access_log.h"

static const char *bench_name = "benchmark";

void bench_check(bool holds, const char *format, ...)
{
    va_list args;
    if (holds) return;
    fprintf(stderr, "%s: ", bench_name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    _exit(1);
}

void bench_must(cd_status st, const cd_err *err) { bench_check(st == CD_OK, "%s", err->text); }

double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- The final sync, timed: the program's own fsync takes the place of libc's ---- */

static double seconds_syncing;

int fsync(int fd);
int fsync(int fd)
{
    double began = bench_now();
    int result = (int)syscall(SYS_fsync, fd);
    seconds_syncing += bench_now() - began;
    return result;
}

double bench_seconds_syncing(void) { return seconds_syncing; }

/* ---- Options ---- */

static void usage(const char *name)
{
    fprintf(stderr,
            "usage: %s --work FOLDER [--quick | --tiny] [--rounds N] [--threads N] [--json FILE] [--program CANDOUR] "
            "[--duckdb FOLDER]\n",
            name);
    _exit(2);
}

static void json_text(cd_buffer *out, const char *text)
{
    cd_buffer_add(out, "\"", 1);
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\') cd_buffer_add(out, "\\", 1);
        if ((unsigned char)*p >= ' ') cd_buffer_add(out, p, 1);
    }
    cd_buffer_add(out, "\"", 1);
}

/* The value of a line `name : value` of a file of the system, into out. */
static void system_fact(const char *path, const char *name, char *out, size_t size)
{
    char line[512];
    FILE *f = fopen(path, "r");
    out[0] = 0;
    while (f && fgets(line, sizeof line, f)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, name, strlen(name)) != 0 || !colon) continue;
        colon += strspn(colon, ": \t");
        colon[strcspn(colon, "\n")] = 0;
        snprintf(out, size, "%s", colon);
        break;
    }
    if (f) fclose(f);
}

static void json_begin(bench *b)
{
    static const char *const SCALES[] = {"tiny", "quick", "full"};
    char cpu[256], memory[64];
    system_fact("/proc/cpuinfo", "model name", cpu, sizeof cpu);
    system_fact("/proc/meminfo", "MemTotal", memory, sizeof memory);
    cd_buffer_printf(&b->json,
                     "{\"benchmark\": \"%s\", \"scale\": \"%s\", \"version\": \"%s\", \"processors\": %d, \"cpu\": ",
                     b->name, SCALES[b->scale], CANDOUR_VERSION, (int)sysconf(_SC_NPROCESSORS_ONLN));
    json_text(&b->json, cpu);
    cd_buffer_printf(&b->json, ", \"memory\": ");
    json_text(&b->json, memory);
    cd_buffer_printf(&b->json, ", \"rows\": [");
}

void bench_begin(bench *b, const char *name, int argc, char **argv)
{
    static const struct option LONG[] = {
        {"work", required_argument, NULL, 'w'},
        {"quick", no_argument, NULL, 'q'},
        {"tiny", no_argument, NULL, 'y'},
        {"rounds", required_argument, NULL, 'n'},
        {"threads", required_argument, NULL, 't'},
        {"json", required_argument, NULL, 'j'},
        {"program", required_argument, NULL, 'p'},
        {"duckdb", required_argument, NULL, 'd'},
        {NULL, 0, NULL, 0},
    };
    int option;
    bench_name = name;
    *b = (bench){.name = name, .scale = BENCH_FULL};
    while ((option = getopt_long(argc, argv, "", LONG, NULL)) != -1) switch (option) {
        case 'w': b->work = optarg; break;
        case 'q': b->scale = BENCH_QUICK; break;
        case 'y': b->scale = BENCH_TINY; break;
        case 'n': b->rounds = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 't': b->threads = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'j': b->json_path = optarg; break;
        case 'p': b->program = optarg; break;
        case 'd': b->duckdb = optarg; break;
        default: usage(name);
        }
    if (!b->work || optind != argc) usage(name);
    bench_check(mkdir(b->work, 0755) == 0 || errno == EEXIST, "cannot make the folder '%s'", b->work);
    if (b->threads == 0) b->threads = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
    json_begin(b);
    setvbuf(stdout, NULL, _IOLBF, 0);
}

int bench_end(bench *b)
{
    cd_buffer_printf(&b->json, "\n]}\n");
    if (b->json_path) {
        FILE *f = fopen(b->json_path, "w");
        bench_check(f && b->json.status == CD_OK && fwrite(b->json.bytes, 1, b->json.n, f) == b->json.n &&
                        fclose(f) == 0,
                    "cannot write '%s'", b->json_path);
    }
    cd_buffer_release(&b->json);
    return 0;
}

uint32_t bench_rounds(const bench *b, uint32_t full)
{
    if (b->rounds) return b->rounds;
    if (b->scale == BENCH_TINY) return 1;
    return b->scale == BENCH_QUICK && full > 3 ? 3 : full;
}

/* ---- Samples and the table ---- */

void bench_add(bench_samples *s, double value)
{
    if (s->n < BENCH_SAMPLES) s->values[s->n++] = value;
}

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_min(const bench_samples *s)
{
    double least = s->values[0];
    for (uint32_t i = 1; i < s->n; i++)
        if (s->values[i] < least) least = s->values[i];
    return least;
}

double bench_median(const bench_samples *s)
{
    bench_samples sorted = *s;
    qsort(sorted.values, sorted.n, sizeof *sorted.values, rising);
    return sorted.n % 2 ? sorted.values[sorted.n / 2]
                        : (sorted.values[sorted.n / 2 - 1] + sorted.values[sorted.n / 2]) / 2;
}

/* A figure with four digits that count. */
static const char *figure(double v, char out[32])
{
    double size = v < 0 ? -v : v;
    snprintf(out, 32, "%.*f", size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3, v);
    return out;
}

static void json_row(bench *b, const bench_row *row, double least, double median, bool kept)
{
    static const char *const PROMISES[] = {"none", "at most", "at least"};
    bool first = b->json.bytes[b->json.n - 1] == '[';
    cd_buffer_printf(&b->json, "%s\n  {\"what\": ", first ? "" : ",");
    json_text(&b->json, row->what);
    cd_buffer_printf(&b->json, ", \"size\": ");
    json_text(&b->json, row->size ? row->size : "");
    cd_buffer_printf(&b->json, ", \"threads\": %u, \"n\": %u, \"min\": %.9g, \"median\": %.9g, \"unit\": \"%s\"",
                     row->threads, row->samples->n, least, median, row->unit);
    if (row->promise != BENCH_NO_PROMISE)
        cd_buffer_printf(&b->json, ", \"promise\": \"%s\", \"bound\": %.9g, \"kept\": %s", PROMISES[row->promise],
                         row->bound, kept ? "true" : "false");
    if (row->beside > 0) {
        cd_buffer_printf(&b->json, ", \"beside\": %.9g, \"ratio\": %.9g, \"beside_what\": ", row->beside,
                         median / row->beside);
        json_text(&b->json, row->beside_what);
    }
    if (row->note) {
        cd_buffer_printf(&b->json, ", \"note\": ");
        json_text(&b->json, row->note);
    }
    cd_buffer_printf(&b->json, "}");
}

void bench_print(bench *b, const bench_row *row)
{
    char least_text[32], median_text[32], bound_text[32], ratio_text[32], threads[16] = "";
    double least = bench_min(row->samples), median = bench_median(row->samples);
    bool kept = row->promise == BENCH_AT_MOST ? median <= row->bound : median >= row->bound;
    if (row->threads) snprintf(threads, sizeof threads, "%u", row->threads);
    printf("%-44s %-22s %3s %4u %10s %10s %-6s", row->what, row->size ? row->size : "", threads, row->samples->n,
           figure(least, least_text), figure(median, median_text), row->unit);
    if (row->promise != BENCH_NO_PROMISE)
        printf(" %s %s: %s", row->promise == BENCH_AT_MOST ? "at most" : "at least", figure(row->bound, bound_text),
               kept ? "kept" : "MISSED");
    if (row->beside > 0) printf(" %sx %s", figure(median / row->beside, ratio_text), row->beside_what);
    printf("%s%s\n", row->note ? " " : "", row->note ? row->note : "");
    json_row(b, row, least, median, kept);
}

void bench_print_one(bench *b, bench_row row, double value)
{
    bench_samples *one = calloc(1, sizeof *one);
    bench_check(one, "out of memory");
    bench_add(one, value);
    row.samples = one;
    bench_print(b, &row);
    free(one);
}

/* ---- Processes ---- */

static uint64_t anonymous_bytes(pid_t child)
{
    char path[64], value[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)child);
    system_fact(path, "RssAnon", value, sizeof value);
    return strtoull(value, NULL, 10) * 1024;
}

static uint64_t watch(pid_t child)
{
    static const struct timespec PAUSE = {.tv_nsec = 2000000};
    uint64_t most = 0;
    int status;
    while (waitpid(child, &status, WNOHANG) == 0) {
        uint64_t now = anonymous_bytes(child);
        if (now > most) most = now;
        nanosleep(&PAUSE, NULL);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) _exit(1);
    return most;
}

/* OpenMP's threads do not survive a fork, so the parent keeps clear of them: whatever computes runs here. */
uint64_t bench_apart(void (*work)(const bench *b, const void *context, void *out), const bench *b, const void *context,
                     void *out, size_t out_bytes)
{
    void *shared = mmap(NULL, out_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bench_check(shared != MAP_FAILED, "out of memory");
    fflush(stdout);
    pid_t child = fork();
    bench_check(child >= 0, "cannot start a process");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing goes on for a benchmark that is gone */
        work(b, context, shared);
        _exit(0);
    }
    uint64_t most = watch(child);
    memcpy(out, shared, out_bytes);
    munmap(shared, out_bytes);
    return most;
}

bool bench_program(const char *const *arguments, char *out, size_t size)
{
    int ends[2], status;
    size_t n = 0;
    ssize_t got;
    char rest[512];
    bench_check(pipe(ends) == 0, "cannot make a pipe");
    fflush(stdout);
    pid_t child = fork();
    bench_check(child >= 0, "cannot start a process");
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    close(ends[1]);
    while ((got = read(ends[0], n + 1 < size ? out + n : rest, n + 1 < size ? size - 1 - n : sizeof rest)) > 0)
        if (n + 1 < size) n += (size_t)got;
    close(ends[0]);
    if (size > 0) out[n] = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---- Data and stores ---- */

char *bench_path(const bench *b, const char *name)
{
    size_t n = strlen(b->work) + strlen(name) + 2;
    char *path = cd_alloc(n, 1, NULL);
    bench_check(path, "out of memory");
    snprintf(path, n, "%s/%s", b->work, name);
    return path;
}

typedef struct {
    const char *path;
    access_log_options log;
} making;

static void make_log(const bench *b, const void *context, void *out)
{
    const making *m = context;
    cd_err err = {0};
    (void)b;
    /* Under another name until it is whole: one who is stopped here leaves no half of a log behind. */
    char part[4096];
    snprintf(part, sizeof part, "%s.part", m->path);
    bench_must(access_log_write(&m->log, part, &err), &err);
    bench_check(rename(part, m->path) == 0, "cannot rename '%s'", part);
    *(bool *)out = true;
}

char *bench_access_log(const bench *b, const char *size, uint32_t from_day, uint32_t to_day)
{
    char name[64];
    const access_log_size *s = access_log_size_named(size);
    bench_check(s, "there is no size '%s'", size);
    if (from_day == 0 && to_day == ACCESS_LOG_DAYS)
        snprintf(name, sizeof name, "%s.csv", size);
    else
        snprintf(name, sizeof name, "%s-%u-%u.csv", size, from_day, to_day);
    char *path = bench_path(b, name);
    if (access(path, R_OK) != 0) {
        bool made;
        making m = {.path = path, .log = {.size = *s, .seed = 1, .from_day = from_day, .to_day = to_day}};
        bench_apart(make_log, b, &m, &made, sizeof made);
    }
    return path;
}

uint64_t bench_file_bytes(const char *path)
{
    struct stat s;
    bench_check(stat(path, &s) == 0, "cannot look at '%s'", path);
    return (uint64_t)s.st_size;
}

void bench_remove(const char *path)
{
    const char *const arguments[] = {"rm", "-rf", path, NULL};
    bench_check(bench_program(arguments, NULL, 0), "cannot remove '%s'", path);
}

uint64_t bench_store_bytes(const char *store)
{
    cd_err err = {0};
    candour_store *s;
    const candour_info *info;
    bench_must(candour_store_open(store, NULL, &s, &err), &err);
    bench_must(candour_store_info(s, &info, &err), &err);
    uint64_t bytes = info->bytes;
    candour_store_close(s);
    return bytes;
}

typedef struct {
    const char *store, *path;
    uint32_t threads;
} loading;

static void load_accesses(const bench *b, const void *context, void *out)
{
    const loading *l = context;
    bench_load *load = out;
    cd_err err = {0};
    load_result result;
    struct rusage used;
    load_options options = {
        .store = l->store, .paths = &l->path, .n_paths = 1, .as_table = "accesses", .threads = l->threads};
    (void)b;
    double began = bench_now();
    bench_must(load_run(&options, &result, &err), &err);
    load->seconds = bench_now() - began;
    load->seconds_syncing = seconds_syncing;
    getrusage(RUSAGE_SELF, &used);
    load->seconds_computing = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                              (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
    int32_t table = candour_table_find(result.ontology, cd_slice_of("accesses"));
    bench_check(result.committed && result.rejected == 0, "'%s' was not loaded whole", l->path);
    load->rows = result.rows, load->bytes = result.bytes, load->taken = result.tables[table].taken;
    load_result_release(&result);
    load->store_bytes = bench_store_bytes(l->store);
}

bench_load bench_load_accesses(const bench *b, const char *store, const char *path, uint32_t threads)
{
    bench_load load;
    loading l = {.store = store, .path = path, .threads = threads};
    uint64_t peak = bench_apart(load_accesses, b, &l, &load, sizeof load);
    load.peak_anonymous_bytes = peak;
    return load;
}

void bench_digest(const char *store, uint32_t threads, char *out)
{
    cd_err err = {0};
    candour_store *s;
    candour_digest digest;
    bench_must(candour_store_open(store, NULL, &s, &err), &err);
    bench_must(candour_store_digest(s, threads, &digest, &err), &err);
    memcpy(out, digest.all, CANDOUR_DIGEST_TEXT);
    candour_store_close(s);
}
