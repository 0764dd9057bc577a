/* SPDX-License-Identifier: GPL-3.0-or-later
 * parallel_csv.c: the reader under test, its rows and rejects put back into the order of the file. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/plain_csv.h"

typedef struct {
    uint64_t line;
    size_t at, n; /* in text */
} noted;

typedef struct {
    const candour_table *table;
    pthread_mutex_t lock;
    noted *items;
    size_t n, cap;
    cd_buffer text;
    uint64_t last_reject;
    bool out_of_order;
} collected;

void memory_file(const void *bytes, size_t n, char path[64], int *fd)
{
    *fd = memfd_create("candour-test", MFD_CLOEXEC);
    if (*fd < 0) abort();
    for (size_t at = 0; at < n;) {
        ssize_t wrote = write(*fd, (const char *)bytes + at, n - at);
        if (wrote <= 0) abort();
        at += (size_t)wrote;
    }
    snprintf(path, 64, "/proc/self/fd/%d", *fd);
}

static void note(collected *c, uint64_t line, size_t at)
{
    if (c->n == c->cap) {
        c->cap = c->cap ? 2 * c->cap : 64;
        c->items = realloc(c->items, c->cap * sizeof *c->items);
        if (!c->items) abort();
    }
    c->items[c->n++] = (noted){line, at, c->text.n - at};
}

static cd_status take_rows(void *context, uint32_t lane, uint64_t sequence, uint32_t n, const uint32_t *line,
                           const candour_values *values, cd_err *err)
{
    collected *c = context;
    (void)lane, (void)sequence, (void)err;
    pthread_mutex_lock(&c->lock);
    for (uint32_t r = 0; r < n; r++) {
        size_t at = c->text.n;
        cd_buffer_printf(&c->text, "%u", line[r]);
        for (uint32_t k = 0; k < c->table->n_columns; k++) {
            const candour_values *v = &values[k];
            if (v->text && v->text[r].bytes) {
                volatile char last = v->text[r].bytes[15]; /* the contract: 16 bytes can be read */
                (void)last;
                cd_buffer_printf(&c->text, "|%u:", v->text[r].n);
                cd_buffer_add(&c->text, v->text[r].bytes, v->text[r].n);
            } else if (v->real && v->real[r] == v->real[r]) {
                cd_buffer_printf(&c->text, "|%a", v->real[r]);
            } else if (v->integer && v->integer[r] != CANDOUR_UNKNOWN) {
                cd_buffer_printf(&c->text, "|%lld", (long long)v->integer[r]);
            } else {
                cd_buffer_printf(&c->text, "|~");
            }
        }
        cd_buffer_add(&c->text, "\n", 1);
        note(c, line[r], at);
    }
    pthread_mutex_unlock(&c->lock);
    return CD_OK;
}

static cd_status take_reject(void *context, const row_reject *r, cd_err *err)
{
    collected *c = context;
    (void)err;
    pthread_mutex_lock(&c->lock);
    size_t at = c->text.n;
    c->out_of_order |= r->line <= c->last_reject;
    c->last_reject = r->line;
    cd_buffer_printf(&c->text, "%llu rejected column %d %s %llu%s: ", (unsigned long long)r->line, (int)r->column,
                     reject_reason_word(r->reason), (unsigned long long)r->found, r->cut ? " cut" : "");
    cd_buffer_add(&c->text, r->value.bytes, r->value.n);
    cd_buffer_add(&c->text, "\n", 1);
    note(c, r->line, at);
    pthread_mutex_unlock(&c->lock);
    return CD_OK;
}

static int by_line(const void *a, const void *b)
{
    const noted *x = a, *y = b;
    return (x->line > y->line) - (x->line < y->line);
}

void parallel_csv_read(const char *text, size_t n, const candour_table *table, const read_rules *rules,
                       const table_reader_options *options, cd_buffer *out, cd_err *why)
{
    char path[64];
    int fd;
    byte_source *source = NULL;
    table_read_result result = {0};
    collected c = {.table = table, .lock = PTHREAD_MUTEX_INITIALIZER};
    const table_sink sink = {.context = &c, .rows = take_rows, .reject = take_reject};
    memory_file(text, n, path, &fd);
    cd_status st = byte_source_open(path, &source, why);
    if (st == CD_OK) st = table_read(source, "test.csv", table, rules, options, &sink, &result, why);
    if (st != CD_OK) {
        cd_buffer_printf(out, "refused\n");
    } else {
        if (c.n > 0) qsort(c.items, c.n, sizeof *c.items, by_line);
        for (size_t i = 0; i < c.n; i++) cd_buffer_add(out, c.text.bytes + c.items[i].at, c.items[i].n);
        if (c.out_of_order) cd_buffer_printf(out, "rejects came out of order\n");
        if (result.rows != c.n) cd_buffer_printf(out, "%llu rows counted, %zu came\n", (unsigned long long)result.rows, c.n);
    }
    table_read_result_release(&result);
    byte_source_close(source);
    close(fd);
    free(c.items);
    cd_buffer_release(&c.text);
}

/* At the widths [from, to) of vector. */
static void must_agree(const char *text, size_t n, const candour_table *table, const read_rules *rules,
                       const table_reader_options *how, int from, int to)
{
    cd_buffer plain = {0};
    plain_csv_read(text, n, table, rules, how->row_bytes, &plain);
    for (int level = from; level < to; level++) {
        cd_buffer parallel = {0};
        cd_err why = {0};
        table_reader_options options = *how;
        if (!csv_level_here((csv_level)level)) continue;
        options.level = (csv_level)level;
        parallel_csv_read(text, n, table, rules, &options, &parallel, &why);
        if (plain.n != parallel.n || (plain.n && memcmp(plain.bytes, parallel.bytes, plain.n) != 0)) {
            fprintf(stderr, "readers differ: table %s, level %d, %u threads, blocks of %zu bytes, rows of %zu, %zu bytes of "
                    "text\n---- plain\n%.*s\n---- parallel (%s)\n%.*s\n", table->name, level, how->threads,
                    how->block_bytes, how->row_bytes, n, (int)plain.n, plain.bytes ? plain.bytes : "", why.text,
                    (int)parallel.n, parallel.bytes ? parallel.bytes : "");
            abort();
        }
        cd_buffer_release(&parallel);
    }
    cd_buffer_release(&plain);
}

void csv_readers_must_agree(const char *text, size_t n, const candour_table *table, const read_rules *rules,
                            uint32_t threads, size_t block_bytes)
{
    table_reader_options how = {.threads = threads, .block_bytes = block_bytes, .row_bytes = CSV_ROW_BYTES_MAX};
    must_agree(text, n, table, rules, &how, CSV_PLAIN, CSV_N_LEVELS);
    /* Most headers have some thirty to a hundred bytes: now they fit, and now they do not. */
    how.row_bytes = 20 + (n * 31 + block_bytes * 7 + threads) % 60;
    int level = (int)(n % ((size_t)csv_level_best() + 1));
    must_agree(text, n, table, rules, &how, level, level + 1);
}
