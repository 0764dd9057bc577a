/* SPDX-License-Identifier: GPL-3.0-or-later
 * candour_sweep.h: the part of candour.h on sweeps and ties. candour.h includes it; include that. */
#ifndef CANDOUR_SWEEP_H
#define CANDOUR_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/progress.h"
#include "engine/base/slice.h"
#include "engine/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct candour_store candour_store;

/* ---- Sweeps: what the detectors say of everyone, and who is to be looked at first ---- */

/* What a force decides for itself (engine/detect/policy.h): a policy.yaml over the built-in values; path NULL: those alone. */
typedef struct candour_policy candour_policy;
CD_CHECKED cd_status candour_policy_open(const char *path, candour_policy **out, cd_err *err);
/* Its text; `explained`: with a line on what each value is. Borrowed from the policy. */
CD_CHECKED cd_status candour_policy_text(candour_policy *policy, bool explained, cd_slice *out, cd_err *err);
void candour_policy_close(candour_policy *policy);

typedef struct {
    int64_t as_of; /* rows dated then or later are invisible; CANDOUR_UNKNOWN: none */
    int64_t since; /* accesses before it are learnt from, and count for nothing else; CANDOUR_UNKNOWN: none */
    const char *const *only; /* names of detectors; n_only 0: all that the policy has on */
    uint32_t n_only;
    uint32_t threads;    /* 0: as many as there are processors */
    size_t memory_bytes; /* 0: any */
    bool again;          /* sweep even where the same was swept before */
    const cd_progress *progress; /* or NULL */
} candour_sweep_options;

/* Runs the detectors and keeps what they say in STORE/sweeps. *number is the sweep's; *known says that it was there
 * already: the same snapshot, policy and options. Stopped or killed, it leaves the detectors that ended for the next call. */
CD_CHECKED cd_status candour_sweep_run(candour_store *store, const candour_policy *policy, const candour_sweep_options *options,
                                       uint64_t *number, bool *known, cd_err *err);

typedef struct candour_sweep candour_sweep;

/* number 0: the latest. Needs the folder alone: a sweep can be read when its store has moved on. */
CD_CHECKED cd_status candour_sweep_open(const char *store, uint64_t number, candour_sweep **out, cd_err *err);
void candour_sweep_close(candour_sweep *sweep);

typedef enum { CANDOUR_CONDUCT, CANDOUR_COMPLIANCE, CANDOUR_DECLARATION, CANDOUR_WELFARE } candour_lane;
typedef enum { CANDOUR_TIER_NONE, CANDOUR_TIER_PREVENT, CANDOUR_TIER_ASSESS, CANDOUR_TIER_URGENT } candour_tier;
const char *candour_tier_name(candour_tier tier);
const char *candour_lane_name(candour_lane lane);

typedef struct {
    uint64_t number, snapshot, look; /* look: the how manieth sweep of this store it is */
    int64_t as_of, since;            /* CANDOUR_UNKNOWN: open */
    int64_t first, last;             /* of the accesses it saw; first > last: none */
    uint64_t accesses, strays;       /* strays: distinct pairs of an officer and a file that nothing explains */
    uint32_t n_officers, n_families, n_detectors, n_reasons;
    uint64_t n_findings;
    cd_slice policy;           /* its text, a policy.yaml; nothing in what candour_sweep_info_of gives */
    char policy_sha256[65];    /* of that text */
    uint64_t random_pairs; /* that reasons were tried on */
} candour_sweep_info;
candour_sweep_info candour_sweep_facts(const candour_sweep *sweep);

/* The numbers of a store's sweeps, rising: n of them; for cd_free. */
CD_CHECKED cd_status candour_sweep_numbers(const char *store, uint64_t **out, size_t *n, cd_err *err);
/* What is known of a sweep without reading its arrays: its number, snapshot, days, counts of accesses, and policy_sha256. */
CD_CHECKED cd_status candour_sweep_info_of(const char *store, uint64_t number, candour_sweep_info *out, cd_err *err);

/* The share of clean officers that the sweep's policy allows in a tier and those above it together; 0: none are listed. */
double candour_sweep_level(const candour_sweep *sweep, candour_tier tier);

typedef struct {
    cd_slice name, about;
    uint32_t family;
    enum { CANDOUR_RAN, CANDOUR_SWITCHED_OFF, CANDOUR_INPUTS_MISSING } state;
    const char *missing; /* words */
    double share;        /* within its family */
} candour_detector;
candour_detector candour_sweep_detector(const candour_sweep *sweep, uint32_t i);
cd_slice candour_sweep_family(const candour_sweep *sweep, uint32_t i, candour_lane *lane);

typedef struct {
    const char *name, *about;
    uint64_t rows;     /* accesses that it explains */
    uint64_t random;   /* of info.random_pairs random pairs of an officer and a file */
} candour_reason;
candour_reason candour_sweep_reason(const candour_sweep *sweep, uint32_t i);

typedef struct {
    uint32_t officer; /* 0 .. n_officers - 1, in the order of their ids */
    uint32_t place;   /* in the queue, from 1 */
    uint32_t highest, lowest; /* place, were the peers drawn again with replacement, sixteen times */
    cd_slice id, unit, role, rank;
    candour_tier tier;
    bool works;            /* opened any file */
    int64_t score;         /* centibans, of the conduct lane */
    int64_t look;          /* centibans of the mean of its families' factors: what tiers go by */
    double standing;       /* over all sweeps so far, valid at any look */
    uint32_t n_findings;
    const int64_t *family; /* centibans of each */
    const uint32_t *reasons; /* accesses by reason */
} candour_ranked;
/* By number, by place in the queue (from 1), by id (false: there is none). */
candour_ranked candour_sweep_officer(const candour_sweep *sweep, uint32_t officer);
uint32_t candour_sweep_queued(const candour_sweep *sweep, uint32_t place);
bool candour_sweep_find(const candour_sweep *sweep, cd_slice id, uint32_t *officer);
/* The score, had dismissed complaints not been made. */
int64_t candour_sweep_without_dismissed(const candour_sweep *sweep, uint32_t officer);
/* How many of n listed officers are expected to be clean, at most, by the evidence of a lane. They were picked by evidence out of
 * `among` officers: all of the sweep, or as many as it has of one unit. Those whose evidence sets no bound count in full. */
CD_CHECKED cd_status candour_sweep_clean(const candour_sweep *sweep, candour_lane lane, const uint32_t *officers, uint32_t n,
                                         uint32_t among, double *out, cd_err *err);

typedef struct {
    uint32_t detector, cluster, peers; /* cluster 0: none */
    int64_t gain; /* centibans, of the detector alone */
    int64_t adds; /* to the score: the score with it less the score without it */
    int64_t dismissed; /* of the gain: what dismissed complaints make of it */
    cd_slice words;
    uint32_t n_counted, n_cited;
    uint64_t at; /* for candour_sweep_counted and _cited */
} candour_found;
candour_found candour_sweep_finding(const candour_sweep *sweep, uint32_t officer, uint32_t i);
/* The ledger of an officer's family: where it begins, and what several findings say alike. */
void candour_sweep_ledger(const candour_sweep *sweep, uint32_t officer, uint32_t family, int64_t *begins, int64_t *alike);

typedef struct {
    cd_slice what;
    uint32_t seen;
    double expected, shape, weight, temper;
} candour_count;
candour_count candour_sweep_counted(const candour_sweep *sweep, const candour_found *f, uint32_t i);

/* A row that a finding rests on, of any table. */
typedef struct {
    cd_slice table, source; /* `links`; the name of the file it came from */
    cd_slice of, other;     /* whose row it is; the other id of it, or the day of a row that has none */
    cd_slice says;          /* its first word: `view`, `membership list`; of NULL where it says nothing */
    uint32_t line, counts;  /* counts: bit i for candour_sweep_counted i */
    int64_t at;             /* CANDOUR_UNKNOWN: always, or not known */
} candour_row;
candour_row candour_sweep_cited(const candour_sweep *sweep, const candour_found *f, uint32_t i);
enum { CANDOUR_SMALLEST = 64 };
typedef struct {
    uint32_t n;       /* files, and other things that rows are about, that must be explained */
    bool possible;    /* false: explaining all of them is not enough */
    bool all_tried;   /* every smaller set was tried; else one after the other, and fewer may do */
    bool held_whole;  /* some finding is no sum of counts (a drift, a group): it was held whole until all its files are in the
                         set, and fewer may do */
    bool exact;       /* all_tried, and none held whole: no fewer do */
    int64_t left;     /* the score then, centibans; where some are held whole, at most that */
    cd_slice file[CANDOUR_SMALLEST];
} candour_smallest;
/* A smallest set of cited files (of rows of other tables: of their other ids) whose explanation takes the officer's score below a
 * limit, expectations standing as they are; or a set that is enough, and so a bound. */
CD_CHECKED cd_status candour_sweep_smallest(const candour_sweep *sweep, uint32_t officer, int64_t limit, candour_smallest *out,
                                            cd_err *err);
/* The score below which an officer leaves their tier: that of the first of a lower tier; without a tier, even odds. */
int64_t candour_sweep_tier_edge(const candour_sweep *sweep, uint32_t officer);

/* A cluster: officers who opened the same files without a reason. Nodes: its members, by id, then the files that two or more of
 * them opened. Borrowed from the cluster; texts from the sweep. */
typedef struct {
    cd_slice id;
    uint32_t officer;    /* of a member; UINT32_MAX of a file */
    int64_t centibans;   /* of a member: its share of what the group weighs */
    uint32_t openings;   /* rows */
    int64_t first, last;
} candour_cluster_node;
typedef struct {
    uint32_t member, file; /* nodes */
    uint32_t openings;
    int64_t first, last;
} candour_cluster_edge;
typedef struct {
    uint32_t number, n_members, n_nodes, n_edges;
    int64_t centibans; /* of the group as a whole: the sum of its members' shares */
    int64_t first, last;
    const candour_cluster_node *nodes;
    const candour_cluster_edge *edges;
} candour_cluster;
uint32_t candour_sweep_clusters(const candour_sweep *sweep); /* how many: 1 .. */
/* *out is for candour_cluster_free. */
CD_CHECKED cd_status candour_cluster_new(const candour_sweep *sweep, uint32_t number, candour_cluster **out, cd_err *err);
void candour_cluster_free(candour_cluster *cluster);

/* ---- Ties: officers who reach the same association by links and ties, straight from the store ---- */

typedef struct candour_ties candour_ties;
/* Of the options as_of, threads, memory_bytes and progress are looked at. */
CD_CHECKED cd_status candour_ties_open(candour_store *store, const candour_policy *policy, const candour_sweep_options *options,
                                       candour_ties **out, cd_err *err);
void candour_ties_close(candour_ties *ties);
bool candour_ties_has(const candour_ties *ties, cd_slice officer);

typedef struct {
    cd_slice a, b;
    const char *reason; /* what on record explains the pair; "": nothing */
    bool validated;     /* nothing does, and chance would not have it, by the policy's link_level over all pairs */
    uint32_t paths;     /* with no beginning in common */
    uint32_t officers;  /* who reach where they meet */
    double expected;    /* associations in common */
    int64_t since;      /* CANDOUR_UNKNOWN: always */
} candour_tied;
/* All pairs that are tied: those that nothing explains first, the rarest first. */
uint64_t candour_ties_count(const candour_ties *ties);
candour_tied candour_ties_pair(const candour_ties *ties, uint64_t i);
/* The best path of a pair in words, and how many rows it rests on; good until the next call. */
CD_CHECKED cd_status candour_ties_evidence(candour_ties *ties, uint64_t i, cd_slice *words, uint32_t *n_rows, cd_err *err);
candour_row candour_ties_row(const candour_ties *ties, uint32_t k);

/* The same path, step by step from a to b. */
typedef struct {
    cd_slice id;
    cd_slice kind;     /* of an association: `phone`; of an officer no text */
    cd_slice says;     /* the row that ties it to the step before: `phone_record`, `director` */
    int64_t from;      /* since when that row holds; CANDOUR_UNKNOWN: always */
    uint32_t officers; /* who reach it, of an association */
} candour_tie_step;
enum { CANDOUR_TIE_STEPS = 16 };
uint32_t candour_ties_path(const candour_ties *ties, uint64_t i, candour_tie_step out[CANDOUR_TIE_STEPS]);

#ifdef __cplusplus
}
#endif
#endif
