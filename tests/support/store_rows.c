/* SPDX-License-Identifier: GPL-3.0-or-later
 * store_rows.c: see store_rows.h. Rows are made from their text, so that what a test says is what it loads. */
#include "tests/support/store_rows.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/civil.h"
#include "engine/base/hash.h"
#include "engine/base/random.h"
#include "engine/store/load.h"

static void must(bool good, const char *what)
{
    if (good) return;
    fprintf(stderr, "rows: %s\n", what);
    abort();
}

static const candour_ontology *ontology(void) { return candour_ontology_builtin(); }

uint32_t rows_table(const char *name)
{
    int32_t t = candour_table_find(ontology(), cd_slice_of(name));
    must(t >= 0, name);
    return (uint32_t)t;
}

/* ---- A row and its text ---- */

/* A copy with the 16 readable bytes that a slice of a row must have. */
static cd_slice keep(rows_force *f, const char *text, size_t n)
{
    char *p = cd_arena_alloc(&f->text, n + 17, 1, NULL);
    must(p != NULL, "out of memory");
    memset(p, 0, n + 17);
    if (n) memcpy(p, text, n);
    return (cd_slice){n ? p : NULL, (uint32_t)n};
}

static void read_cell(rows_force *f, const candour_column *column, const char *text, size_t n, rows_row *row, uint32_t c)
{
    char word[64];
    bool has_zone;
    row->integer[c] = CANDOUR_UNKNOWN, row->real[c] = NAN;
    if (column->type == CANDOUR_ID || column->type == CANDOUR_TEXT) {
        row->cell[c] = keep(f, text, n);
        return;
    }
    if (n == 0) return;
    must(n < sizeof word, "a cell is too long");
    memcpy(word, text, n), word[n] = '\0';
    if (column->type == CANDOUR_TIME) must(cd_time_read(word, n, &row->integer[c], &has_zone) == CD_TIME_OK, word);
    else if (column->type == CANDOUR_MONTH) must(cd_month_read(word, n, &row->integer[c]) == CD_TIME_OK, word);
    else if (column->type == CANDOUR_REAL) row->real[c] = strtod(word, NULL);
    else row->integer[c] = strtoll(word, NULL, 10);
}

static void print_cell(const candour_column *column, cd_slice text, int64_t integer, double real, cd_buffer *out)
{
    char word[CD_TIME_TEXT];
    bool known = integer != CANDOUR_UNKNOWN;
    switch (column->type) {
    case CANDOUR_ID:
    case CANDOUR_TEXT: cd_buffer_add(out, text.n ? text.bytes : "", text.n); break;
    case CANDOUR_REAL:
        if (!isnan(real)) cd_buffer_printf(out, "%.15g", real);
        break;
    case CANDOUR_TIME:
        if (known) cd_buffer_add(out, word, cd_time_write(integer, word));
        break;
    case CANDOUR_MONTH:
        if (known) cd_buffer_add(out, word, cd_month_write(integer, word));
        break;
    default:
        if (known) cd_buffer_printf(out, "%" PRId64, integer);
    }
}

void rows_print(const candour_table *table, const candour_values *v, uint32_t i, cd_buffer *out)
{
    for (uint32_t c = 0; c < table->n_columns; c++) {
        if (c) cd_buffer_add(out, "|", 1);
        print_cell(&table->columns[c], v[c].text ? v[c].text[i] : (cd_slice){NULL, 0},
                   v[c].integer ? v[c].integer[i] : CANDOUR_UNKNOWN, v[c].real ? v[c].real[i] : NAN, out);
    }
}

void rows_copy(rows_force *to, const rows_row *row)
{
    const candour_table *table = &ontology()->tables[row->table];
    must(cd_grow(&to->rows, &to->cap, to->n + 1, sizeof *to->rows, NULL) == CD_OK, "out of memory");
    rows_row *mine = &to->rows[to->n++];
    *mine = *row;
    mine->text = keep(to, row->text.bytes, row->text.n);
    for (uint32_t c = 0; c < table->n_columns; c++) mine->cell[c] = keep(to, row->cell[c].bytes, row->cell[c].n);
}

static void add_text(rows_force *f, uint32_t t, const char *text)
{
    const candour_table *table = &ontology()->tables[t];
    const char *p = text;
    rows_row row = {.table = t};
    cd_buffer again = {0};
    for (uint32_t c = 0; c < table->n_columns; c++) {
        size_t n = strcspn(p, "|");
        read_cell(f, &table->columns[c], p, n, &row, c);
        if (c) cd_buffer_add(&again, "|", 1);
        print_cell(&table->columns[c], row.cell[c], row.integer[c], row.real[c], &again);
        p += n;
        must((*p == '|') == (c + 1 < table->n_columns), text);
        p += *p == '|';
    }
    must(again.status == CD_OK, "out of memory");
    row.text = (cd_slice){again.bytes, (uint32_t)again.n};
    rows_copy(f, &row);
    cd_buffer_release(&again);
}

void rows_add(rows_force *f, const char *table, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    must(n > 0 && (size_t)n < sizeof text, format);
    add_text(f, rows_table(table), text);
}

void rows_release(rows_force *f)
{
    cd_free(f->rows);
    cd_arena_release(&f->text);
    *f = (rows_force){0};
}

/* ---- A force ---- */

enum { OF_ENTITIES = 1, OF_DAYS, OF_SHUFFLE, OF_DEAL };

static const char *one_of(cd_random *r, const char *const *words, uint32_t n) { return words[cd_random_below(r, n)]; }
#define ONE_OF(...) one_of(&r, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
#define UP_TO(n) ((unsigned)cd_random_below(&r, (n)))

static void make_entities(rows_force *f, uint32_t officers, uint32_t days)
{
    for (uint32_t i = 0; i < officers; i++) {
        cd_random r = cd_random_of(0, OF_ENTITIES, i); /* of the id alone: every force says the same of it */
        rows_add(f, "officers", "o%u|%s|u%u|response|site %u|o%u|2015-01-%02uT00:00:00||", i, ONE_OF("constable", "sergeant"),
                 i % 3, i % 2, i / 4, 1 + i % 28);
        if (i % 5 == 0) rows_add(f, "officers", "o%u|inspector|u%u||||||2026-03-%02u", i, (i + 1) % 3, 1 + UP_TO(28));
        rows_add(f, "cases", "case-%u|u%u|burglary|%u|2026-02-01T00:00:00||", i, i % 3, UP_TO(4));
        rows_add(f, "associations", "a%u|%s|\"name, of %u\"|", i, ONE_OF("person", "company", "address"), i);
        if (i % 3 == 0) rows_add(f, "complaints", "k%u|2026-01-05|rude|public|a%u|", i, UP_TO(officers));
    }
    for (uint32_t d = 0; d < days; d++)
        for (uint32_t u = 0; u < 3; u++)
            rows_add(f, "shifts", "s%u-%u|u%u|site %u|2026-03-%02uT08:00:00|2026-03-%02uT16:00:00|", u, d, u, u % 2, 1 + d % 28,
                     1 + d % 28);
}

static void make_day(rows_force *f, cd_random r, uint32_t officers, uint32_t i, uint32_t d)
{
    unsigned day = 1 + d % 28, late = UP_TO(120);
    rows_add(f, "roster", "o%u|s%u-%u|%s|2026-03-%02uT08:00:00|2026-03-%02uT%02u:%02u:00|%u.5", i, i % 3, d,
             ONE_OF("office", "field", "remote"), day, day, 16 + late / 60, late % 60, UP_TO(3));
    for (uint32_t k = 0; k < 3; k++)
        rows_add(f, "accesses", "o%u|case-%u|2026-03-%02uT%02u:%02u:%02u|%s|t%u|%s", i, UP_TO(officers + 4), day, UP_TO(24),
                 UP_TO(60), UP_TO(60), ONE_OF("search", "view", "edit", "print", "export", ""), UP_TO(6),
                 ONE_OF("", "", "routine", "tip-off"));
    rows_add(f, "presence", "o%u|site %u|2026-03-%02uT%02u:%02u:00|2026-03-%02uT%02u:00:00|badge", i, UP_TO(2), day, 5 + UP_TO(6),
             UP_TO(60), day, 14 + UP_TO(7));
    if (UP_TO(4) == 0) rows_add(f, "presence", "o%u|REMOTE|2026-03-%02uT%02u:00:00||login", i, day, UP_TO(24));
    if (UP_TO(3) == 0) rows_add(f, "assignments", "o%u|case-%u|lead|2026-03-%02u|", i, UP_TO(officers), day);
    if (UP_TO(5) == 0) rows_add(f, "finance", "o%u|2026-03-%02u|%s|%u.25", i, day, ONE_OF("loan", "default"), UP_TO(900));
}

void rows_make(rows_force *f, uint64_t seed, uint32_t officers, uint32_t days)
{
    make_entities(f, officers, days);
    for (uint32_t i = 0; i < officers; i++) {
        cd_random r = cd_random_of(seed, OF_ENTITIES, i);
        rows_add(f, "subjects", "case-%u|a%u|%s", i, UP_TO(officers), ONE_OF("victim", "witness", "suspect"));
        rows_add(f, "links", "o%u|a%u|register|2020-01-01||0.%u", i, UP_TO(officers), 1 + UP_TO(9));
        if (UP_TO(2)) rows_add(f, "declarations", "o%u|a%u|2025-06-%02u|", i, UP_TO(officers), 1 + UP_TO(28));
        rows_add(f, "allegations", "o%u|k%u|rude|%s", i, UP_TO(officers), ONE_OF("sustained", "dismissed", "pending"));
        rows_add(f, "ties", "a%u|a%u|director|||", i, UP_TO(officers));
        rows_add(f, "pay", "o%u|2026-0%u|3210.5|%u|||%u", i, 1 + UP_TO(9), UP_TO(30), UP_TO(3));
        if (UP_TO(6) == 0) rows_add(f, "findings", "o%u|2024-05-%02u|gross|dishonesty", i, 1 + UP_TO(28));
        for (uint32_t d = 0; d < days; d++) make_day(f, cd_random_of(seed, OF_DAYS, (uint64_t)i << 32 | d), officers, i, d);
    }
}

void rows_shuffle(rows_force *f, uint64_t seed)
{
    cd_random r = cd_random_of(seed, OF_SHUFFLE, 0);
    for (size_t i = f->n; i > 1; i--) {
        size_t k = cd_random_below(&r, i);
        rows_row kept = f->rows[k];
        f->rows[k] = f->rows[i - 1], f->rows[i - 1] = kept;
    }
}

void rows_deal(const rows_force *f, uint64_t seed, uint32_t n, uint32_t again, rows_force *parts)
{
    uint32_t roster = rows_table("roster"), shifts = rows_table("shifts"), presence = rows_table("presence");
    for (size_t i = 0; i < f->n; i++) {
        cd_random r = cd_random_of(seed, OF_DEAL, i);
        uint32_t table = f->rows[i].table, lo = 0, hi = n;
        if (table == roster || table == shifts) hi = n > 1 ? n / 2 : 1;
        if (table == presence) lo = n / 2;
        for (uint32_t k = 0; k < (again && i % again == 0 ? 2u : 1u); k++)
            rows_copy(&parts[lo + cd_random_below(&r, hi - lo)], &f->rows[i]);
    }
}

/* ---- Loading ---- */

typedef struct {
    candour_load *load;
    const rows_way *way;
    uint32_t source, table, n_columns;
    const rows_row **rows; /* of the table, in order */
    size_t n;
} sending;

static cd_status send_block(const sending *s, uint32_t lane, size_t from, uint32_t n, cd_err *err)
{
    cd_status st = CD_OK;
    cd_slice *text[ROWS_COLUMNS] = {0};
    int64_t *integer[ROWS_COLUMNS] = {0};
    double *real[ROWS_COLUMNS] = {0};
    candour_values values[ROWS_COLUMNS] = {{0}};
    uint32_t *line = calloc(n, sizeof *line);
    for (uint32_t c = 0; c < s->n_columns; c++) {
        candour_type type = ontology()->tables[s->table].columns[c].type;
        text[c] = calloc(n, sizeof *text[c]), integer[c] = calloc(n, sizeof *integer[c]), real[c] = calloc(n, sizeof *real[c]);
        if (type == CANDOUR_ID || type == CANDOUR_TEXT) values[c].text = text[c];
        else if (type == CANDOUR_REAL) values[c].real = real[c];
        else values[c].integer = integer[c];
        for (uint32_t i = 0; i < n; i++) {
            const rows_row *row = s->rows[from + i];
            text[c][i] = row->cell[c], integer[c][i] = row->integer[c], real[c][i] = row->real[c];
        }
    }
    for (uint32_t i = 0; i < n; i++) line[i] = (uint32_t)(from + i) + 2;
    st = candour_load_rows(s->load, lane, s->source, from, n, line, values, err);
    for (uint32_t c = 0; c < s->n_columns; c++) free(text[c]), free(integer[c]), free(real[c]);
    free(line);
    return st;
}

static cd_status send_table(const sending *s, cd_err *err)
{
    uint32_t most = s->way->block_rows ? s->way->block_rows : CANDOUR_BLOCK_ROWS;
    size_t n_blocks = (s->n + most - 1) / most;
    cd_status worst = CD_OK;
    #pragma omp parallel for schedule(static, 1) num_threads(candour_load_threads(s->load)) if (candour_load_threads(s->load) > 1)
    for (uint32_t lane = 0; lane < candour_load_threads(s->load); lane++)
        for (size_t b = lane; b < n_blocks; b += candour_load_threads(s->load)) {
            cd_err mine = {0};
            size_t block = s->way->backwards ? n_blocks - 1 - b : b, from = block * most;
            size_t n = s->n - from < most ? s->n - from : most;
            cd_status st = send_block(s, lane, from, (uint32_t)n, &mine);
            #pragma omp critical(rows)
            if (st != CD_OK) worst = cd_fail(err, st, "%s", mine.text);
        }
    return worst;
}

/* As if a file of these rows had been read. */
static cd_status send_source(candour_load *load, const rows_force *f, uint32_t table, const rows_way *way, cd_err *err)
{
    cd_status st = CD_OK;
    uint8_t sha256[CD_SHA256_BYTES];
    uint64_t bytes = 0;
    char name[128];
    const candour_table *t = &ontology()->tables[table];
    sending s = {.load = load, .way = way, .table = table, .n_columns = t->n_columns};
    cd_sha256 *sha = NULL;
    s.rows = calloc(f->n + 1, sizeof *s.rows);
    for (size_t i = 0; i < f->n; i++)
        if (f->rows[i].table == table) s.rows[s.n++] = &f->rows[i];
    if (s.n == 0) goto done;
    sha = cd_sha256_new(err);
    if (!sha) CD_TRY(CD_EMEMORY);
    for (size_t i = 0; i < s.n; i++) {
        cd_sha256_add(sha, s.rows[i]->text.bytes, s.rows[i]->text.n), cd_sha256_add(sha, "\n", 1);
        bytes += s.rows[i]->text.n + 1;
    }
    cd_sha256_end(sha, sha256);
    if (candour_load_knows_size(load, bytes) && candour_load_knows(load, table, sha256)) goto done;
    snprintf(name, sizeof name, "%s%s.csv", way->name ? way->name : "", t->name);
    CD_TRY(candour_load_source(load, table, name, &s.source, err));
    CD_TRY(send_table(&s, err));
    CD_TRY(candour_load_source_done(load, s.source, sha256, bytes, s.n, 0, err));
done:
    cd_sha256_free(sha);
    free(s.rows);
    return st;
}

static cd_status leave_papers(candour_load *load, cd_err *err)
{
    cd_status st = CD_OK;
    const char *folder;
    char path[4096];
    CD_TRY(candour_load_folder(load, &folder, err));
    snprintf(path, sizeof path, "%s/rejects.csv", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0 || write(fd, "line\n", 5) != 5) st = cd_fail(err, CD_ESYSTEM, "cannot write '%s'", path);
    if (fd >= 0) close(fd);
done:
    return st;
}

cd_status rows_load(const char *store, const rows_force *f, const rows_way *way, rows_report *report, cd_err *err)
{
    static const rows_way plain;
    cd_status st = CD_OK;
    candour_load *load = NULL;
    const candour_load_report *said;
    if (!way) way = &plain;
    candour_load_options options = {.threads = way->threads ? way->threads : 1,
                                    .memory_bytes = way->memory_bytes,
                                    .presence = way->keep_all_presence ? CANDOUR_PRESENCE_ALL : CANDOUR_PRESENCE_AS_BEFORE,
                                    .ontology_path = way->ontology};
    CD_TRY(candour_load_begin(store, &options, &load, err));
    if (way->squeezed_bytes) load->memory_bytes = way->squeezed_bytes;
    if (way->papers) CD_TRY(leave_papers(load, err));
    for (uint32_t t = 0; t < ROWS_TABLES; t++) CD_TRY(send_source(load, f, t, way, err));
    CD_TRY(candour_load_commit(load, &said, err));
    if (way->acknowledged) way->acknowledged();
    if (report) {
        report->load = said->load;
        memcpy(report->tables, said->tables, sizeof report->tables);
        memcpy(report->implied, said->implied, sizeof report->implied);
    }
done:
    candour_load_end(load);
    return st;
}

cd_status rows_scan(candour_store *store, uint32_t table, cd_buffer *out, cd_err *err)
{
    cd_status st = CD_OK;
    candour_scan *scan = NULL;
    candour_block block;
    CD_TRY(candour_scan_open(store, table, &scan, err));
    do {
        CD_TRY(candour_scan_next(scan, &block, err));
        for (uint32_t i = 0; i < block.n; i++) {
            rows_print(&candour_store_ontology(store)->tables[table], block.values, i, out);
            cd_buffer_add(out, "\n", 1);
        }
    } while (block.n);
    if (out->status != CD_OK) CD_TRY(cd_fail(err, out->status, "out of memory: the rows do not fit"));
done:
    candour_scan_close(scan);
    return st;
}
