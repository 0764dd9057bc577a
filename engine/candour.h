/* SPDX-License-Identifier: GPL-3.0-or-later
 * candour.h: the library, as programs use it: open a store, ask it, load rows into it.
 *
 * A store is a folder (see engine/store/FORMAT.md). Any number of readers and one writer may use it at once; a reader
 * keeps the snapshot it opened. Handles are opaque; one handle belongs to one thread at a time unless a comment says
 * otherwise. What a function returns by pointer is borrowed from its handle and dies with it. Failures are a cd_status
 * and one line of words in cd_err. The library neither prints nor exits. */
#ifndef CANDOUR_H
#define CANDOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/progress.h"
#include "engine/base/slice.h"
#include "engine/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CANDOUR_VERSION "0.1.0"

/* ---- The ontology: which kinds of thing there are, and what a row about them holds ---- */

typedef enum {
    CANDOUR_ID,      /* names an entity of column.kind */
    CANDOUR_INTEGER, /* 64 bit */
    CANDOUR_REAL,
    CANDOUR_TEXT,
    CANDOUR_BOOLEAN, /* kept as 0 or 1 */
    CANDOUR_TIME,    /* seconds since 1970-01-01 UTC */
    CANDOUR_MONTH    /* a time that is written `2026-03`: its month's first second */
} candour_type;

/* The unknown value of an integer, boolean, time or month; of a real it is NaN, of a text or id a slice of NULL. */
#define CANDOUR_UNKNOWN INT64_MIN

typedef struct {
    const char *name; /* the header of its column in a CSV */
    candour_type type;
    bool required;      /* a row without it is rejected */
    uint32_t kind;      /* of a CANDOUR_ID: index into kinds */
    double lo, hi;      /* of a number: what it may be; lo > hi says anything */
    bool lo_open;       /* lo itself is not allowed */
    const char *values; /* of a text: the values that the contract names, between spaces; NULL: any */
    const char *about;
} candour_column;

typedef enum { CANDOUR_ENTITY, CANDOUR_RELATION, CANDOUR_RECORD } candour_class;

/* A table: rows of one shape. Column 0 is always the id that the rows belong to (its `left`); of a relation column 1
 * is the other id (its `right`). */
typedef struct {
    const char *name;  /* `accesses`: its file is accesses.csv */
    const char *label; /* `ACCESSED`: what the query language calls it */
    candour_class class_of;
    uint32_t n_columns;
    const candour_column *columns;
    int32_t time_column; /* rows of one id are kept in the order of this column, or -1; of an entity: its as_of */
    const char *about;
} candour_table;

typedef struct {
    const char *name;   /* `officer` */
    const char *label;  /* `Officer` */
    uint32_t table;     /* the entity table that describes it */
    int32_t unit_column; /* in that table: what the numbering goes by, or -1 */
} candour_kind;

typedef struct {
    uint32_t n_kinds, n_tables;
    const candour_kind *kinds;
    const candour_table *tables;
} candour_ontology;

/* The policing ontology of the data contract. */
const candour_ontology *candour_ontology_builtin(void);
/* The same with the kinds and tables of an ontology.yaml added, for whoever asks before there is a store. */
typedef struct candour_ontology_file candour_ontology_file;
CD_CHECKED cd_status candour_ontology_open(const char *path, candour_ontology_file **out, cd_err *err);
const candour_ontology *candour_ontology_of(const candour_ontology_file *file);
void candour_ontology_close(candour_ontology_file *file);
/* The index of the table or column of that name, or -1. */
int32_t candour_table_find(const candour_ontology *ontology, cd_slice name);
int32_t candour_column_find(const candour_table *table, cd_slice name);

/* ---- Loading ---- */

typedef struct candour_load candour_load;

/* Which machine sightings are kept: those within rostered duty, or all. */
typedef enum { CANDOUR_PRESENCE_AS_BEFORE, CANDOUR_PRESENCE_DUTY, CANDOUR_PRESENCE_ALL } candour_presence;

typedef struct {
    uint32_t threads;        /* 0: as many as there are processors */
    size_t memory_bytes;     /* what the load may hold at once; 0: 1 GB */
    candour_presence presence; /* a store keeps to its first choice */
    const char *ontology_path; /* an ontology.yaml to add kinds from, or NULL */
    const cd_progress *progress; /* or NULL */
    int hold; /* of candour_tidy: what candour_load_hold gave; 0: it takes the lock itself */
} candour_load_options;

/* Takes the store's writer lock (CD_EBUSY if another load holds it) and makes the store if there is none. */
CD_CHECKED cd_status candour_load_begin(const char *store, const candour_load_options *options, candour_load **out,
                                        cd_err *err);
/* Gives everything up that was not committed, and the lock. Takes NULL. */
void candour_load_end(candour_load *load);

const candour_ontology *candour_load_ontology(const candour_load *load);
uint32_t candour_load_threads(const candour_load *load);
/* This load's number, from 1, and the folder beside the data where its papers (rejects.csv) may be written. The folder
 * exists once this was called. */
uint64_t candour_load_number(const candour_load *load);
CD_CHECKED cd_status candour_load_folder(candour_load *load, const char **path, cd_err *err);
/* Whether a source of these bytes is in the store already as rows of `table`. */
bool candour_load_knows(const candour_load *load, uint32_t table, const uint8_t sha256[32]);
/* Whether some loaded source has exactly so many bytes: only then is a hash before parsing worth its time. */
bool candour_load_knows_size(const candour_load *load, uint64_t bytes);

/* A new source of rows (a file, or standard input) for a table; *source is its number within this load. */
CD_CHECKED cd_status candour_load_source(candour_load *load, uint32_t table, const char *name, uint32_t *source,
                                         cd_err *err);
/* Said of a source when its last row was handed over: what stays on record. */
CD_CHECKED cd_status candour_load_source_done(candour_load *load, uint32_t source, const uint8_t sha256[32],
                                              uint64_t bytes, uint64_t rows_read, uint64_t rows_rejected, cd_err *err);

/* One column of a block of rows; exactly the array of the column's type is set, or none: all unknown. */
typedef struct {
    const cd_slice *text;    /* id and text. 16 bytes from .bytes must be readable, whatever .n is */
    const int64_t *integer;  /* integer, boolean, time, month */
    const double *real;
} candour_values;

enum { CANDOUR_BLOCK_ROWS = 4096 }; /* the most rows in one call below */

/* Hands over `n` rows of a source. `values` has one entry a column of the source's table, in its order. Required
 * columns are known in every row, ids have 1 to 255 bytes. line[i] is the row's line in its source, from 1.
 * `sequence` rises with the position in the source; calls may come in any order, and from several threads at once, each
 * with its own `lane` in [0, threads). What the load becomes does not depend on lanes. May write a part of the load to
 * disk when the memory budget is full: then it waits for the calls of the other lanes to end. */
CD_CHECKED cd_status candour_load_rows(candour_load *load, uint32_t lane, uint32_t source, uint64_t sequence,
                                       uint32_t n, const uint32_t *line, const candour_values *values, cd_err *err);

typedef struct {
    uint64_t offered;  /* rows handed over */
    uint64_t taken;    /* new in the store */
    uint64_t repeats;  /* identical to a row that was there, or came twice */
    uint64_t replaced; /* undated entity rows that a later differing row took the place of */
    uint64_t off_duty; /* presence outside rostered duty, dropped */
    uint64_t clipped;  /* presence cut to rostered duty (counted in taken or repeats too) */
    uint64_t refused;  /* presence of a time that no roster speaks of yet: load it again after its roster */
    int64_t first, last; /* of the time column over what was taken, or CANDOUR_UNKNOWN */
} candour_table_report;

typedef struct {
    uint64_t load;                      /* 0: nothing new, so nothing was committed */
    const candour_table_report *tables; /* n_tables of them */
    const uint64_t *implied;            /* per kind: ids that this load named and no entity row describes */
    uint64_t bytes_written;
    double seconds_writing;
} candour_load_report;

/* Makes everything handed over part of the store, all or nothing; it is on disk when this returns. */
CD_CHECKED cd_status candour_load_commit(candour_load *load, const candour_load_report **report, cd_err *err);

/* After a commit that leaves candour_tidy something to do: a hold on the lock for the process that will, as the number of
 * a file which it inherits; -1: nothing to do. Loads that begin meanwhile wait until it is closed. */
int candour_load_hold(candour_load *load);

/* ---- Reading ---- */

typedef struct candour_store candour_store;

typedef struct {
    bool untrusted; /* the store comes from elsewhere: check every byte before the first answer */
} candour_open_options;

/* Opens the snapshot that is current now; options may be NULL. A store is never changed by opening it. */
CD_CHECKED cd_status candour_store_open(const char *path, const candour_open_options *options, candour_store **out,
                                        cd_err *err);
void candour_store_close(candour_store *store);
/* What became of reading it: st; or CD_ESTORE, with the words for it in the place of any in err, where something that was
 * read so far does not have its checksum: then no answer made of it is to be believed, and no other failure. Functions
 * below that return a cd_status have asked; those that return a value have not. */
CD_CHECKED cd_status candour_store_judge(const candour_store *store, cd_status st, cd_err *err);
const candour_ontology *candour_store_ontology(const candour_store *store);

typedef struct {
    uint64_t rows; /* rows kept; of an entity table the undated ones that were replaced are counted until compaction */
    uint64_t bytes;      /* on disk, both directions and provenance included */
    int64_t first, last; /* of the time column, or CANDOUR_UNKNOWN */
} candour_table_info;

typedef struct {
    const char *name; /* as it was given */
    uint8_t sha256[32];
    uint32_t table;
    uint64_t load, bytes, rows_read, rows_rejected;
} candour_source_info;

typedef struct {
    uint64_t number;
    int64_t at; /* when it was committed, by the machine's clock */
    uint64_t rows_taken;
    uint32_t n_sources;
} candour_load_info;

typedef struct {
    uint64_t snapshot; /* rises with every commit */
    uint32_t version;  /* of the format */
    uint32_t n_files;
    uint64_t bytes; /* of those files */
    bool keeps_all_presence;
    const uint64_t *ids;              /* per kind */
    const candour_table_info *tables; /* per table */
    uint64_t n_loads, n_sources;
} candour_info;

CD_CHECKED cd_status candour_store_info(candour_store *store, const candour_info **info, cd_err *err);
/* The i-th load or source in the order of loading. */
CD_CHECKED cd_status candour_store_load(candour_store *store, uint64_t i, candour_load_info *out, cd_err *err);
CD_CHECKED cd_status candour_store_source(candour_store *store, uint64_t i, candour_source_info *out, cd_err *err);

/* Walks a table's rows in an order that depends on the rows alone: by the left id's bytes, then the time column, then
 * the other columns as they are written. Every block is a contiguous run of that order. */
typedef struct candour_scan candour_scan;
typedef struct {
    uint32_t n;
    const candour_values *values; /* as in candour_load_rows */
    const uint64_t *source;       /* an index for candour_store_source, per row */
    const uint32_t *line;
} candour_block;

CD_CHECKED cd_status candour_scan_open(candour_store *store, uint32_t table, candour_scan **out, cd_err *err);
/* *block is good until the next call; its n is 0 at the end. */
CD_CHECKED cd_status candour_scan_next(candour_scan *scan, candour_block *block, cd_err *err);
void candour_scan_close(candour_scan *scan);

/* ---- Rows at random: for whoever asks questions ---- */

typedef struct candour_reader candour_reader;

#define CANDOUR_NO_ID UINT32_MAX
#define CANDOUR_NO_ROW UINT64_MAX

/* Reads rows where they lie: mapped, held against their checksums as they are met (ask candour_store_judge before an answer is
 * given) and against their bounds. An id is a number within its kind, a row a place within its table; neither outlives the store, and no answer may show them.
 * Threads may share a reader. It dies before its store. */
CD_CHECKED cd_status candour_reader_open(candour_store *store, candour_reader **out, cd_err *err);
void candour_reader_close(candour_reader *reader);
const candour_ontology *candour_reader_ontology(const candour_reader *reader);
/* How many ids a kind has: they are 0 .. that - 1. How many rows a table has, those no longer in force included. */
uint32_t candour_reader_ids(const candour_reader *reader, uint32_t kind);
uint64_t candour_reader_count(const candour_reader *reader, uint32_t table);
/* The number of an id, or CANDOUR_NO_ID; the id of a number, or no text. */
uint32_t candour_reader_find(const candour_reader *reader, uint32_t kind, cd_slice id);
cd_slice candour_reader_id(const candour_reader *reader, uint32_t kind, uint32_t number);
/* The numbers of a kind in the order of their ids' bytes: candour_reader_ids of them, borrowed. Made on the first call. */
CD_CHECKED cd_status candour_reader_order(candour_reader *reader, uint32_t kind, const uint32_t **out, cd_err *err);

/* Rows of one id in one of the store's files: parts 0 .. candour_reader_parts - 1 together are all of them, each once. Within a
 * part they stand in the order of the table's time column, unknown times first. */
typedef struct {
    uint64_t n;
    const uint32_t *other; /* of a relation: the id at the other end of each; may be out of range in a damaged store */
    const uint32_t *row;   /* of each; NULL: they follow one another */
    uint64_t base;         /* see candour_row_at */
} candour_rows;
static inline uint64_t candour_row_at(const candour_rows *rows, uint64_t i) { return rows->base + (rows->row ? rows->row[i] : i); }
uint32_t candour_reader_parts(const candour_reader *reader);
candour_rows candour_reader_of_left(const candour_reader *reader, uint32_t table, uint32_t id, uint32_t part);
candour_rows candour_reader_of_right(const candour_reader *reader, uint32_t table, uint32_t id, uint32_t part);
/* All rows of a part, by left id. */
candour_rows candour_reader_all(const candour_reader *reader, uint32_t table, uint32_t part);

/* The ids of a row; CANDOUR_NO_ID in a damaged store. The left one takes a search. */
uint32_t candour_reader_left(const candour_reader *reader, uint32_t table, uint64_t row);
uint32_t candour_reader_right(const candour_reader *reader, uint32_t table, uint64_t row);
/* The row that describes an entity now: the latest as_of, an undated one before all others; CANDOUR_NO_ROW: only its id is known. */
uint64_t candour_reader_entity(const candour_reader *reader, uint32_t table, uint32_t number);
/* Whether a row of an entity table is still said: of the undated rows of an id only the last loaded is. */
bool candour_reader_in_force(const candour_reader *reader, uint32_t table, uint64_t row);

/* A cell. Integers, booleans, times and months; numbers of ids (columns but the first two of a relation); CANDOUR_UNKNOWN. */
int64_t candour_reader_integer(const candour_reader *reader, uint32_t table, uint32_t column, uint64_t row);
double candour_reader_real(const candour_reader *reader, uint32_t table, uint32_t column, uint64_t row);
cd_slice candour_reader_text(const candour_reader *reader, uint32_t table, uint32_t column, uint64_t row);
/* Texts are coded within a part: the code of a row's text (< 0: unknown), and how a part codes a text (-1: it does not occur). */
int64_t candour_reader_code(const candour_reader *reader, uint32_t table, uint32_t column, uint64_t row);
int64_t candour_reader_code_of(const candour_reader *reader, uint32_t table, uint32_t column, uint32_t part, cd_slice text);
uint32_t candour_row_part(uint64_t row);
/* How many neighbours two ids of one side of a relation share: which officers opened the same files. backwards: which files the same
 * officers opened. Made once, asked a row at a time, by several threads if need be. */
typedef struct candour_sharing candour_sharing;
enum { CANDOUR_SHARING_IDS = 1 << 18 };
/* Of a side of at most CANDOUR_SHARING_IDS ids; CD_EMEMORY where it would take more than memory_bytes (0: any). */
CD_CHECKED cd_status candour_sharing_open(candour_store *store, uint32_t table, bool backwards, uint32_t threads, size_t memory_bytes,
                                          candour_sharing **out, cd_err *err);
void candour_sharing_close(candour_sharing *s);
/* How many counters a row has: as many as there are ids, rounded up to a multiple of 64; those beyond are 0. */
size_t candour_sharing_room(const candour_sharing *s);
/* shared[room]: how many distinct neighbours every other id shares with one. */
void candour_sharing_row(const candour_sharing *s, uint32_t id, uint32_t *shared);
/* Where a row came from: an index for candour_store_source, and the line. */
void candour_reader_source(const candour_reader *reader, uint32_t table, uint64_t row, uint64_t *source, uint32_t *line);

/* ---- Graphs: relations as one undirected graph, and kernels over it ---- */

typedef struct candour_graph candour_graph;

typedef struct {
    const char *const *relations; /* names of tables; n_relations of them, at least one */
    uint32_t n_relations;
    const char *const *where; /* `accesses.action=print`: rows of that relation that say so; empty: that say nothing */
    uint32_t n_where;
    int64_t from, to; /* of each relation's time, half open; CANDOUR_UNKNOWN is open. Those without times are in whole */
    uint32_t threads;    /* 0: as many as there are processors */
    size_t memory_bytes; /* that the graph, and then a kernel, may take; 0: any */
    uint64_t seed;       /* of kernels that draw at random */
    bool times;          /* keep how often each pair is, first and last when: for kernels that say they need it */
    const cd_progress *progress; /* or NULL */
} candour_graph_options;

/* Distinct pairs of ids, both ways. The graph keeps nothing of the options, and dies before its store. */
CD_CHECKED cd_status candour_graph_open(candour_store *store, const candour_graph_options *options, candour_graph **out,
                                        cd_err *err);
void candour_graph_close(candour_graph *graph);

typedef struct {
    uint32_t vertices;
    uint64_t edges;
    size_t bytes; /* that the graph holds in memory */
} candour_graph_info;
candour_graph_info candour_graph_size(const candour_graph *graph);

typedef struct {
    const char *id; /* or `kind:id` */
    double weight;  /* in [0, 1024] */
} candour_weight;

/* What a kernel is asked. Zero or NULL: as the kernel's own words say. */
typedef struct {
    const char *start, *end; /* a vertex each: an id, or `kind:id` where two kinds have it */
    uint32_t hops, paths, top, rounds, partners, least;
    uint32_t alpha, beta;
    double damping, tolerance, resolution, level;
    const char *side;   /* of a kernel over one relation: the kind whose ids are compared */
    const char *weight; /* of those that weigh */
    const char *strata; /* `unit`, `month` or `unit,month`: hold like against like */
    const char *certain; /* a relation: what it ties is bound to be tied, and is no chance */
    bool there; /* ids are tied only while both were there, by the times of their entity rows */
    uint32_t cap;
    const candour_weight *weights; /* n_weights ids that are shared, each named once; the others weigh 1 */
    size_t n_weights;
} candour_kernel_options;

typedef struct {
    const char *name;  /* `pagerank` */
    const char *about; /* one sentence */
    const char *takes; /* the options it looks at, between spaces: `damping tolerance rounds` */
    const char *gives; /* its columns, between spaces; `:int`, `:real`, `:time` are no texts */
    bool times;        /* needs a graph opened with `times` */
} candour_kernel;

/* All there are; *n counts them. */
const candour_kernel *candour_kernels(uint32_t *n);
/* Whether a kernel looks at an option. */
bool candour_kernel_takes(const candour_kernel *kernel, const char *option);

typedef struct {
    const char *name;
    candour_type type; /* CANDOUR_TEXT, _INTEGER, _REAL or _TIME; ids are texts */
} candour_answer_column;

/* Takes a block of an answer's rows: values has one entry a column. Called in the order of the answer, by one thread. */
typedef struct {
    cd_status (*rows)(void *context, const candour_answer_column *columns, uint32_t n_columns, uint32_t n,
                      const candour_values *values, cd_err *err);
    /* One fact about the whole answer: `modularity`, 0.8985. May be NULL. */
    cd_status (*fact)(void *context, const char *name, double value, cd_err *err);
    void *context;
} candour_sink;

typedef struct {
    double seconds; /* roughly, on two cores of 2025 */
    size_t bytes;   /* at most, beside the graph */
} candour_kernel_estimate;

CD_CHECKED cd_status candour_kernel_run(candour_graph *graph, const char *kernel, const candour_kernel_options *options,
                                        const candour_sink *sink, cd_err *err);
/* What a run would take; does nothing. */
CD_CHECKED cd_status candour_kernel_guess(candour_graph *graph, const char *kernel, const candour_kernel_options *options,
                                          candour_kernel_estimate *out, cd_err *err);

/* ---- Pictures ---- */

typedef struct {
    uint32_t a, b; /* vertices */
} candour_layout_edge;

/* Places on a plane, from 0 up, for the vertices of a graph that is small enough to be looked at (igraph): near where their
 * neighbours are, an edge about 1 long, and what is not joined side by side. Rounded to a thousandth, so that the same graph is the
 * same picture. CD_EINPUT where an edge names no vertex. */
CD_CHECKED cd_status candour_layout(uint32_t n, const candour_layout_edge *edges, uint64_t n_edges, double *x, double *y,
                                    cd_err *err);

/* ---- Looking after a store ---- */

enum { CANDOUR_DIGEST_TEXT = 33 };
typedef struct {
    char all[CANDOUR_DIGEST_TEXT];        /* of the whole content: 32 hexadecimal digits */
    char (*tables)[CANDOUR_DIGEST_TEXT];  /* per table */
    uint64_t *rows;                       /* per table: in force, without repeats and replaced rows */
} candour_digest;

/* The digest of what the store says: equal for equal content, however it was loaded, merged or numbered. Provenance is
 * not content. The arrays are borrowed from the store. */
CD_CHECKED cd_status candour_store_digest(candour_store *store, uint32_t threads, candour_digest *out, cd_err *err);

typedef struct {
    uint64_t files, arrays, bytes; /* checked */
    uint64_t faults;               /* found */
} candour_verify_report;

/* Recomputes every checksum and every structural invariant. `found` is called for each fault, at most 100 times.
 * Damage is a report with faults > 0 and CD_ESTORE; `err` then holds the first. */
CD_CHECKED cd_status candour_verify(const char *path, uint32_t threads, void (*found)(void *context, const char *fault),
                                    void *context, const cd_progress *progress, candour_verify_report *report,
                                    cd_err *err);

typedef struct {
    uint32_t files_before, files_after;
    uint64_t bytes_before, bytes_after;
} candour_compact_report;

/* Merges every file of the store into one, entities numbered in the order of their units, and removes the old ones. */
CD_CHECKED cd_status candour_compact(const char *path, const candour_load_options *options,
                                     candour_compact_report *report, cd_err *err);

/* What a load leaves for later, best to a process that nobody waits for (candour_load_hold): where there are many small
 * files, merges the last of them, without numbering anew. Each row is written again some three times in the life of a
 * store. Nothing to do is CD_OK. */
CD_CHECKED cd_status candour_tidy(const char *path, const candour_load_options *options, candour_compact_report *report,
                                  cd_err *err);

/* "gcc 12.2, HDF5 1.10.8, …": how this library was built. */
const char *candour_build_facts(void);

#ifdef __cplusplus
}
#endif

/* Sweeps and ties. */
#include "engine/candour_sweep.h"

#endif
