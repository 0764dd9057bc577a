/* SPDX-License-Identifier: GPL-3.0-or-later
 * Promise: a question about one officer or file takes 100 us in the process and 5 ms as one, one of several joins over all a tenth
 * of the best peer's time.
 *
 * The force is made and loaded here. SQLite has its tables indexed both ways; DuckDB is asked where it was fetched. Every answer is
 * held against the peers' before anything is timed; the times are of the question alone, the best of several. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench.h"
#include "queries/ask.h"

enum { LONGEST_ANSWER = 1 << 16 };

typedef struct {
    const char *name, *asked, *sql;
    bool anchored;
} question;

static const question questions[] = {
    {"one file: who opened it", "MATCH (o:Officer)-[a:ACCESSED]->(c:Case {id: 'C00000062'}) RETURN o.id, count(*) AS n ORDER BY o.id",
     "select officer_id, count(*) from accesses where case_id = 'C00000062' group by 1 order by 1", true},
    {"one officer: what they opened",
     "MATCH (o:Officer {id: 'P000017'})-[a:ACCESSED]->(c:Case) RETURN c.kind AS kind, count(*) AS n ORDER BY kind",
     "select kind, count(*) from accesses join cases using (case_id) where officer_id = 'P000017' group by 1 order by 1", true},
    {"one officer: who shares a tie",
     "MATCH (o:Officer {id: 'P000017'})-[:LINKED]->(x)<-[:LINKED]-(p:Officer) RETURN p.id, x.id ORDER BY p.id, x.id",
     "select q.officer_id, q.association_id from links l join links q using (association_id) where l.officer_id = 'P000017' and q.officer_id "
     "<> 'P000017' order by 1, 2", true},
    {"chain of three, counted", "MATCH (a:Officer)-[:ACCESSED]->(c:Case)-[:CONCERNS]->(x:Association)-[:TIED]->(y:Association) RETURN count(*)",
     "select count(*) from accesses a join subjects s using (case_id) join ties t on t.from_id = s.association_id", false},
    {"star of three, counted", "MATCH (c:Case)<-[:ACCESSED]-(a:Officer), (c)<-[:ASSIGNED]-(b:Officer), (c)-[:CONCERNS]->(x) RETURN count(*)",
     "select count(*) from accesses a join assignments s using (case_id) join subjects j using (case_id)", false},
    {"triangle", "MATCH (a:Officer)-[:ACCESSED]->(c:Case)-[:CONCERNS]->(x:Association)<-[:LINKED]-(a) RETURN count(*)",
     "select count(*) from accesses a join subjects s using (case_id) join links l on l.officer_id = a.officer_id and l.association_id = "
     "s.association_id", false},
    {"square with a shift and a file",
     "MATCH (a:Officer)-[:ROSTERED]->(h:Shift)<-[:ROSTERED]-(b:Officer), (a)-[:ACCESSED]->(c:Case)<-[:ASSIGNED]-(b) RETURN count(*)",
     "select count(*) from roster r join roster q using (shift_id) join accesses a on a.officer_id = r.officer_id join assignments s on "
     "s.case_id = a.case_id and s.officer_id = q.officer_id where r.officer_id <> q.officer_id", false},
    {"two hops without a third",
     "MATCH (a:Officer)-[:ACCESSED]->(c:Case)<-[:ACCESSED]-(b:Officer) WHERE a <> b AND NOT EXISTS { (b)-[:ASSIGNED]->(c) } RETURN count(*)",
     "select count(*) from accesses x join accesses y using (case_id) where x.officer_id <> y.officer_id and not exists (select 1 from "
     "assignments s where s.officer_id = y.officer_id and s.case_id = x.case_id)", false},
    {"an optional hop", "MATCH (a:Officer)-[:ACCESSED]->(c:Case) OPTIONAL MATCH (a)-[s:ASSIGNED]->(c) RETURN count(*), count(s)",
     "select count(*), count(s.officer_id) from accesses a left join assignments s using (officer_id, case_id)", false},
    {"rows grouped", "MATCH (a:Officer)-[x:ACCESSED]->(c:Case) RETURN a.unit AS u, x.action AS w, count(*) AS n ORDER BY n DESC, u, w LIMIT 10",
     "select unit, action, count(*) n from accesses join officers using (officer_id) group by 1, 2 order by n desc, 1, 2 limit 10", false},
    {"pairs of different units by files shared",
     "MATCH (a:Officer)-[:ACCESSED]->(c:Case)<-[:ACCESSED]-(b:Officer) WHERE a.id < b.id AND a.unit <> b.unit RETURN a.id AS a, b.id AS b, "
     "count(DISTINCT c) AS n ORDER BY n DESC, a, b LIMIT 20",
     "select x.officer_id, y.officer_id, count(distinct case_id) n from accesses x join accesses y using (case_id) join officers p on "
     "p.officer_id = x.officer_id join officers q on q.officer_id = y.officer_id where x.officer_id < y.officer_id and p.unit <> q.unit group "
     "by 1, 2 order by n desc, 1, 2 limit 20", false},
};
enum { QUESTIONS = sizeof questions / sizeof *questions };

/* ---- The force, three times ---- */

typedef struct {
    char *folder, *store, *sqlite, *duckdb, *script;
    bool has_sqlite;
} places;

static const struct {
    const char *table, *left, *right;
} relations[] = {{"accesses", "officer_id", "case_id"}, {"assignments", "officer_id", "case_id"}, {"subjects", "case_id", "association_id"},
                 {"ties", "from_id", "to_id"},          {"links", "officer_id", "association_id"}, {"roster", "officer_id", "shift_id"}};
static const char *const entities[] = {"officers", "cases"}, *const entity_ids[] = {"officer_id", "case_id"};

static void make_force(const bench *b, places *p)
{
    char officers[16], days[16], out[256];
    snprintf(officers, sizeof officers, "%d", b->scale == BENCH_TINY ? 300 : b->scale == BENCH_QUICK ? 2000 : 5000);
    snprintf(days, sizeof days, "%d", b->scale == BENCH_TINY ? 10 : b->scale == BENCH_QUICK ? 60 : 365);
    p->folder = bench_path(b, "questions"), p->store = bench_path(b, "questions.candour");
    p->sqlite = bench_path(b, "questions.sqlite"), p->duckdb = bench_path(b, "questions.duckdb"), p->script = bench_path(b, "questions.sql");
    bench_remove(p->store), bench_remove(p->sqlite), bench_remove(p->duckdb), bench_remove(p->folder);
    const char *const generate[] = {b->program, "generate", "--officers", officers, "--days", days, "--seed", "3", "--out", p->folder, "--quiet", NULL};
    bench_check(bench_program(generate, out, sizeof out), "cannot make a force in '%s'", p->folder);
    const char *const load[] = {b->program, "load", p->folder, "--into", p->store, "--quiet", NULL};
    bench_check(bench_program(load, out, sizeof out), "cannot load '%s'", p->folder);
}

static void write_text(const char *path, const cd_buffer *text)
{
    FILE *f = fopen(path, "w");
    bench_check(f && fwrite(text->bytes, 1, text->n, f) == text->n && fclose(f) == 0, "cannot write '%s'", path);
}

/* Rows are sets, and the row with the latest as_of describes an entity. */
static void tables_sql(cd_buffer *sql, const places *p, bool duckdb)
{
    char from[4300];
    for (size_t i = 0; i < sizeof relations / sizeof *relations; i++) {
        if (duckdb) snprintf(from, sizeof from, "read_csv('%s/%s.csv')", p->folder, relations[i].table);
        else snprintf(from, sizeof from, "raw_%s", relations[i].table);
        cd_buffer_printf(sql, "create table %s as select distinct * from %s;\n", relations[i].table, from);
        if (duckdb) continue;
        cd_buffer_printf(sql, "create index %s_l on %s (%s, %s);\ncreate index %s_r on %s (%s, %s);\n", relations[i].table, relations[i].table,
                         relations[i].left, relations[i].right, relations[i].table, relations[i].table, relations[i].right, relations[i].left);
    }
    for (int i = 0; i < 2; i++) {
        if (duckdb) snprintf(from, sizeof from, "read_csv('%s/%s.csv')", p->folder, entities[i]);
        else snprintf(from, sizeof from, "raw_%s", entities[i]);
        cd_buffer_printf(sql, "create table %s as select * from (select *, row_number() over (partition by %s order by as_of desc nulls last) "
                              "as latest from %s) where latest = 1;\n", entities[i], entity_ids[i], from);
        if (!duckdb) cd_buffer_printf(sql, "create unique index %s_i on %s (%s);\n", entities[i], entities[i], entity_ids[i]);
    }
}

static void make_sqlite(places *p)
{
    char out[256];
    cd_buffer sql = {0};
    const char *const version[] = {"sqlite3", "--version", NULL};
    p->has_sqlite = bench_program(version, out, sizeof out);
    if (!p->has_sqlite) return;
    cd_buffer_printf(&sql, "PRAGMA journal_mode=OFF;\nPRAGMA synchronous=OFF;\n");
    for (size_t i = 0; i < sizeof relations / sizeof *relations; i++)
        cd_buffer_printf(&sql, ".import --csv '%s/%s.csv' raw_%s\n", p->folder, relations[i].table, relations[i].table);
    for (int i = 0; i < 2; i++) cd_buffer_printf(&sql, ".import --csv '%s/%s.csv' raw_%s\n", p->folder, entities[i], entities[i]);
    tables_sql(&sql, p, false);
    cd_buffer_printf(&sql, "analyze;\n");
    write_text(p->script, &sql);
    cd_buffer_release(&sql);
    char read[4300];
    snprintf(read, sizeof read, ".read '%s'", p->script);
    const char *const load[] = {"sqlite3", p->sqlite, read, NULL};
    bench_check(bench_program(load, out, sizeof out), "SQLite cannot take '%s'", p->folder);
}

static double ask_duckdb(const bench *b, const places *p, const cd_buffer *sql, const char *rounds, char *said)
{
    char script[4300];
    write_text(p->script, sql);
    snprintf(script, sizeof script, "%s/questions.mjs", b->duckdb);
    const char *const arguments[] = {"node", script, p->duckdb, rounds, p->script, NULL};
    bench_check(bench_program(arguments, said, LONGEST_ANSWER), "DuckDB has no answer to: %s", sql->bytes);
    char *at = strstr(said, "seconds: ");
    bench_check(at, "DuckDB told no time: %s", said);
    *at = '\0';
    return strtod(at + strlen("seconds: "), NULL);
}

/* The second of two runs. SQLite tells what passed in milliseconds, and what it computed in microseconds: of short ones the latter. */
static double ask_sqlite(const places *p, const char *sql, char *said)
{
    char read[4300];
    double real, user, system;
    cd_buffer script = {0};
    cd_buffer_printf(&script, ".output /dev/null\n%s;\n.output stdout\n.timer on\n%s;\n", sql, sql);
    write_text(p->script, &script);
    cd_buffer_release(&script);
    snprintf(read, sizeof read, ".read '%s'", p->script);
    const char *const arguments[] = {"sqlite3", "-csv", p->sqlite, read, NULL};
    bench_check(bench_program(arguments, said, LONGEST_ANSWER), "SQLite has no answer to: %s", sql);
    char *at = strstr(said, "Run Time: ");
    bench_check(at && sscanf(at, "Run Time: real %lf user %lf sys %lf", &real, &user, &system) == 3, "SQLite told no time: %s", said);
    *at = '\0';
    char *to = said;
    for (const char *c = said; *c; c++)
        if (*c != '\r') *to++ = *c;
    *to = '\0';
    return real < 0.01 ? user + system : real;
}

/* ---- Ours ---- */

typedef struct {
    const places *p;
    const question *q;
    uint32_t rounds;
} own_work;
typedef struct {
    char said[LONGEST_ANSWER];
    bench_samples seconds;
} own_answer;

static void ask_own(const bench *b, const void *context, void *out)
{
    const own_work *w = context;
    own_answer *answer = out;
    candour_store *store;
    candour_reader *reader;
    cd_err err = {0};
    (void)b;
    bench_must(candour_store_open(w->p->store, NULL, &store, &err), &err);
    bench_must(candour_reader_open(store, &reader, &err), &err);
    for (uint32_t i = 0; i <= w->rounds; i++) {
        cd_buffer text = {0};
        ask_result result;
        ask_options options = {.form = ASK_CSV};
        double began = bench_now();
        bench_must(ask(store, reader, cd_slice_of(w->q->asked), NULL, &options, &text, &result, &err), &err);
        if (i) bench_add(&answer->seconds, bench_now() - began); /* the first brings the pages in */
        cd_buffer_add(&text, "", 1);
        snprintf(answer->said, sizeof answer->said, "%s", strchr(text.bytes, '\n') + 1);
        cd_buffer_release(&text);
    }
    candour_reader_close(reader);
    candour_store_close(store);
}

/* The whole process, from a closed store. */
static void time_process(const bench *b, const places *p, const question *q, bench_samples *out)
{
    char said[4096];
    for (int i = 0; i < 9; i++) {
        const char *const arguments[] = {b->program, "query", p->store, q->asked, "--csv", NULL};
        double began = bench_now();
        bench_check(bench_program(arguments, said, sizeof said), "no answer to: %s", q->asked);
        bench_add(out, (bench_now() - began) * 1e3);
    }
}

static void measure(bench *b, const places *p, const question *q)
{
    static own_answer own;
    static char said[LONGEST_ANSWER];
    double sqlite = 0, duckdb = 0, best;
    uint32_t rounds = bench_rounds(b, 5);
    own = (own_answer){0};
    own_work w = {p, q, q->anchored ? 200 : rounds};
    bench_apart(ask_own, b, &w, &own, sizeof own);
    if (p->has_sqlite) {
        sqlite = ask_sqlite(p, q->sql, said);
        bench_check(strcmp(said, own.said) == 0, "SQLite says of '%s': %s\nand candour: %s", q->name, said, own.said);
    }
    if (b->duckdb) {
        cd_buffer sql = {0};
        cd_buffer_printf(&sql, "%s", q->sql);
        duckdb = ask_duckdb(b, p, &sql, "3", said);
        bench_check(strcmp(said, own.said) == 0, "DuckDB says of '%s': %s\nand candour: %s", q->name, said, own.said);
        cd_buffer_release(&sql);
    }
    best = !sqlite ? duckdb : !duckdb || sqlite < duckdb ? sqlite : duckdb;
    char note[128];
    snprintf(note, sizeof note, "SQLite %.4g, DuckDB %.4g ms; %.3g times the best", sqlite * 1e3, duckdb * 1e3,
             best / bench_median(&own.seconds));
    bench_samples shown = {.n = 0};
    double unit = q->anchored ? 1e6 : 1e3;
    for (uint32_t i = 0; i < own.seconds.n; i++) bench_add(&shown, own.seconds.values[i] * unit);
    bench_print(b, &(bench_row){.what = q->name, .size = "the whole force", .unit = q->anchored ? "us" : "ms", .threads = b->threads,
                                .samples = &shown, .promise = q->anchored || best ? BENCH_AT_MOST : BENCH_NO_PROMISE,
                                .bound = q->anchored ? 100 : best * unit / 10, .note = note});
    if (!q->anchored) return;
    bench_samples process = {.n = 0};
    time_process(b, p, q, &process);
    bench_print(b, &(bench_row){.what = "    as a process", .size = "from a closed store", .unit = "ms", .threads = b->threads,
                                .samples = &process, .promise = BENCH_AT_MOST, .bound = 5});
}

int main(int argc, char **argv)
{
    bench b;
    places p = {0};
    static char said[LONGEST_ANSWER];
    bench_begin(&b, "questions", argc, argv);
    bench_check(b.program, "questions needs the program; give --program candour");
    make_force(&b, &p);
    make_sqlite(&p);
    if (b.duckdb) {
        cd_buffer sql = {0};
        tables_sql(&sql, &p, true);
        ask_duckdb(&b, &p, &sql, "1", said);
        cd_buffer_release(&sql);
    }
    for (int i = 0; i < QUESTIONS; i++) measure(&b, &p, &questions[i]);
    bench_remove(p.store), bench_remove(p.sqlite), bench_remove(p.duckdb), bench_remove(p.folder), bench_remove(p.script);
    cd_free(p.folder), cd_free(p.store), cd_free(p.sqlite), cd_free(p.duckdb), cd_free(p.script);
    return bench_end(&b);
}
