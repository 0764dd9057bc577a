/* SPDX-License-Identifier: GPL-3.0-or-later
 * ontology.c: the policing ontology, as one table a person can read. The store, the graph and the query language take
 * everything they know of policing from here; a force adds kinds in an ontology.yaml (see ontology_file.c). */
#include "engine/store/ontology.h"

#include <stdio.h>

enum { OFFICER, CASE, SHIFT, ASSOCIATION, COMPLAINT };
enum { OFFICERS, CASES, SHIFTS, ASSOCIATIONS, COMPLAINTS };

#define ANY .lo = 1, .hi = 0
#define ID(n, k, a) {.name = n, .type = CANDOUR_ID, .required = true, .kind = k, ANY, .about = a}
#define REF(n, k, a) {.name = n, .type = CANDOUR_ID, .kind = k, ANY, .about = a}
#define TEXT(n, a) {.name = n, .type = CANDOUR_TEXT, ANY, .about = a}
#define ONE_OF(n, v, a) {.name = n, .type = CANDOUR_TEXT, ANY, .values = " " v " ", .about = a}
#define MUST(n, t, a) {.name = n, .type = t, .required = true, ANY, .about = a}
#define TIME(n, a) {.name = n, .type = CANDOUR_TIME, ANY, .about = a}
#define WHOLE(n, l, h, a) {.name = n, .type = CANDOUR_INTEGER, .lo = l, .hi = h, .about = a}
#define REAL(n, l, h, a) {.name = n, .type = CANDOUR_REAL, .lo = l, .hi = h, .about = a}
#define ANY_REAL(n, a) {.name = n, .type = CANDOUR_REAL, ANY, .about = a}
#define SHARE(n, a) {.name = n, .type = CANDOUR_REAL, .lo = 0, .hi = 1, .lo_open = true, .about = a}
#define AS_OF TIME("as_of", "the time from which the row holds; empty: always")

static const candour_column officers[] = {
    ID("officer_id", OFFICER, "a person who is scored"),
    TEXT("rank", "the rank held"),
    TEXT("unit", "the unit served in"),
    TEXT("role", "the job done there"),
    TEXT("site", "the usual place of work"),
    REF("manager", OFFICER, "the line manager"),
    TIME("joined", "the first day of service"),
    TIME("left", "the end of service"),
    AS_OF,
};
static const candour_column cases[] = {
    ID("case_id", CASE, "a case file"),
    TEXT("unit", "the unit that owns it"),
    TEXT("kind", "what it is about"),
    WHOLE("sensitivity", 0, 3, "0 open to 3 restricted"),
    TIME("opened", "when it was opened"),
    TIME("closed", "when it was closed"),
    AS_OF,
};
static const candour_column shifts[] = {
    ID("shift_id", SHIFT, "a rostered period of work"),
    TEXT("unit", "the unit that works it"),
    TEXT("site", "where"),
    TIME("starts", "its first second"),
    TIME("ends", "the second after its last"),
    AS_OF,
};
static const candour_column associations[] = {
    ID("association_id", ASSOCIATION, "something a person can be tied to"),
    ONE_OF("kind", "person company organisation address phone vehicle account", "what it is"),
    TEXT("name", "what it is called"),
    AS_OF,
};
static const candour_column complaints[] = {
    ID("complaint_id", COMPLAINT, "a complaint, whatever became of it"),
    TIME("made_at", "when it was made"),
    TEXT("kind", "what it is about"),
    ONE_OF("source", "public internal", "who made it"),
    REF("complainant", ASSOCIATION, "a pseudonymous person"),
    AS_OF,
};
static const candour_column accesses[] = {
    ID("officer_id", OFFICER, "who opened the file"),
    ID("case_id", CASE, "the file opened"),
    MUST("at", CANDOUR_TIME, "when"),
    ONE_OF("action", "search view edit print export", "what was done with it"),
    TEXT("terminal", "the machine it was done from"),
    TEXT("reason", "the reason typed in"),
};
static const candour_column assignments[] = {
    ID("officer_id", OFFICER, "who was assigned"),
    ID("case_id", CASE, "the file assigned"),
    TEXT("role", "as what"),
    TIME("from", "since when; empty: always"),
    TIME("to", "until when; empty: still"),
};
static const candour_column roster[] = {
    ID("officer_id", OFFICER, "who worked"),
    ID("shift_id", SHIFT, "the shift worked"),
    ONE_OF("mode", "office field remote", "where from"),
    TIME("claimed_from", "the start of work, as claimed"),
    TIME("claimed_to", "the end of work, as claimed"),
    REAL("overtime_hours", 0, 1e6, "hours claimed beyond the shift"),
};
static const candour_column subjects[] = {
    ID("case_id", CASE, "the file"),
    ID("association_id", ASSOCIATION, "who or what it is about"),
    ONE_OF("role", "victim witness suspect subject", "as what"),
};
static const candour_column links[] = {
    ID("officer_id", OFFICER, "the officer tied"),
    ID("association_id", ASSOCIATION, "what to"),
    TEXT("source", "the register, list or record that says so"),
    TIME("from", "since when; empty: always"),
    TIME("to", "until when; empty: still"),
    SHARE("confidence", "how sure the source is"),
};
static const candour_column declarations[] = {
    ID("officer_id", OFFICER, "who declared"),
    ID("association_id", ASSOCIATION, "the tie declared"),
    TIME("declared_at", "when"),
    TIME("ended", "when the declaration ended"),
};
static const candour_column allegations[] = {
    ID("officer_id", OFFICER, "who is named"),
    ID("complaint_id", COMPLAINT, "in which complaint"),
    TEXT("kind", "what is alleged"),
    ONE_OF("outcome", "sustained not_sustained dismissed withdrawn pending", "what became of it"),
};
static const candour_column ties[] = {
    ID("from_id", ASSOCIATION, "an association"),
    ID("to_id", ASSOCIATION, "another, tied to it"),
    ONE_OF("kind", "director member owner resident caller relative", "how"),
    TIME("from", "since when; empty: always"),
    TIME("to", "until when; empty: still"),
    SHARE("confidence", "how sure the source is"),
};
static const candour_column presence[] = {
    ID("officer_id", OFFICER, "who was seen"),
    MUST("site", CANDOUR_TEXT, "where; REMOTE: at work, not at an office"),
    MUST("from", CANDOUR_TIME, "since when"),
    TIME("to", "until when; empty: not known"),
    ONE_OF("source", "badge login radio", "the machine that saw it"),
};
static const candour_column pay[] = {
    ID("officer_id", OFFICER, "who was paid"),
    MUST("month", CANDOUR_MONTH, "for which month"),
    ANY_REAL("basic", "basic pay"),
    REAL("overtime_hours", 0, 1e6, "overtime paid, in hours"),
    ANY_REAL("overtime_pay", "overtime paid, in money"),
    ANY_REAL("expenses", "expenses paid"),
    REAL("sickness_days", 0, 31, "days of sickness absence"),
};
static const candour_column finance[] = {
    ID("officer_id", OFFICER, "whom it concerns"),
    MUST("at", CANDOUR_TIME, "when"),
    ONE_OF("kind", "judgment default garnishment windfall loan", "what happened"),
    ANY_REAL("amount", "how much"),
};
static const candour_column findings[] = {
    ID("officer_id", OFFICER, "whom it concerns"),
    MUST("at", CANDOUR_TIME, "when it was proven"),
    ONE_OF("category", "criminal gross misconduct reflective", "how grave"),
    TEXT("kind", "what was proven"),
};

#define COLUMNS(a) .n_columns = sizeof(a) / sizeof *(a), .columns = (a)
static const candour_table tables[] = {
    /* name, label in queries, class, columns, order within one id, what a row is */
    {"officers", "Officer", CANDOUR_ENTITY, COLUMNS(officers), 8, "a person who is scored"},
    {"cases", "Case", CANDOUR_ENTITY, COLUMNS(cases), 6, "a case file"},
    {"shifts", "Shift", CANDOUR_ENTITY, COLUMNS(shifts), 5, "a rostered period of work at a unit"},
    {"associations", "Association", CANDOUR_ENTITY, COLUMNS(associations), 3, "something a person can be tied to"},
    {"complaints", "Complaint", CANDOUR_ENTITY, COLUMNS(complaints), 5, "a complaint, whatever became of it"},
    {"accesses", "ACCESSED", CANDOUR_RELATION, COLUMNS(accesses), 2, "an IT log line: who opened which case file"},
    {"assignments", "ASSIGNED", CANDOUR_RELATION, COLUMNS(assignments), 3, "a legitimate reason to open a case file"},
    {"roster", "ROSTERED", CANDOUR_RELATION, COLUMNS(roster), 3, "a shift worked, as claimed"},
    {"subjects", "CONCERNS", CANDOUR_RELATION, COLUMNS(subjects), -1, "who or what a case file is about"},
    {"links", "LINKED", CANDOUR_RELATION, COLUMNS(links), 3, "an observed tie, declared or not"},
    {"declarations", "DECLARED", CANDOUR_RELATION, COLUMNS(declarations), 2, "a tie the officer declared"},
    {"allegations", "NAMED_IN", CANDOUR_RELATION, COLUMNS(allegations), -1, "an officer named in a complaint"},
    {"ties", "TIED", CANDOUR_RELATION, COLUMNS(ties), 3, "an association tied to another"},
    {"presence", "Presence", CANDOUR_RECORD, COLUMNS(presence), 2, "was seen at a site, by a machine"},
    {"pay", "Pay", CANDOUR_RECORD, COLUMNS(pay), 1, "a month of pay and absence"},
    {"finance", "Finance", CANDOUR_RECORD, COLUMNS(finance), 1, "a financial event lawfully held"},
    {"findings", "Finding", CANDOUR_RECORD, COLUMNS(findings), 1, "past, proven misconduct"},
};
static const candour_kind kinds[] = {
    /* name, label in queries, its table, the column its numbering goes by */
    {"officer", "Officer", OFFICERS, 2},         {"case", "Case", CASES, 1},
    {"shift", "Shift", SHIFTS, 1},               {"association", "Association", ASSOCIATIONS, 1},
    {"complaint", "Complaint", COMPLAINTS, -1},
};

const candour_ontology *candour_ontology_builtin(void)
{
    static const candour_ontology builtin = {
        .n_kinds = sizeof kinds / sizeof *kinds,
        .n_tables = sizeof tables / sizeof *tables,
        .kinds = kinds,
        .tables = tables,
    };
    return &builtin;
}

int32_t candour_table_find(const candour_ontology *ontology, cd_slice name)
{
    for (uint32_t t = 0; t < ontology->n_tables; t++)
        if (cd_slice_equal(cd_slice_of(ontology->tables[t].name), name)) return (int32_t)t;
    return -1;
}

int32_t candour_column_find(const candour_table *table, cd_slice name)
{
    for (uint32_t c = 0; c < table->n_columns; c++)
        if (cd_slice_equal(cd_slice_of(table->columns[c].name), name)) return (int32_t)c;
    return -1;
}

/* ---- Growing ---- */

static bool same_column(const candour_ontology *a_in, const candour_column *a, const candour_ontology *b_in,
                        const candour_column *b)
{
    if (strcmp(a->name, b->name) != 0 || a->type != b->type || a->required != b->required) return false;
    if (a->type == CANDOUR_ID && strcmp(a_in->kinds[a->kind].name, b_in->kinds[b->kind].name) != 0) return false;
    if (!a->values != !b->values || (a->values && strcmp(a->values, b->values) != 0)) return false;
    return a->lo_open == b->lo_open && ((a->lo > a->hi && b->lo > b->hi) || (a->lo == b->lo && a->hi == b->hi));
}

static bool keeps_table(const candour_ontology *now, const candour_ontology *before, const candour_table *was,
                        char what[CD_ERR_TEXT])
{
    int32_t t = candour_table_find(now, cd_slice_of(was->name));
    const candour_table *is = &now->tables[t < 0 ? 0 : t];
    if (t < 0) snprintf(what, CD_ERR_TEXT, "there is no table `%s` any more", was->name);
    else if (strcmp(is->label, was->label) != 0 || is->class_of != was->class_of)
        snprintf(what, CD_ERR_TEXT, "table `%s` has another label or class", was->name);
    else if (is->n_columns != was->n_columns)
        snprintf(what, CD_ERR_TEXT, "table `%s` has %u columns, not %u", was->name, is->n_columns, was->n_columns);
    else if (is->time_column != was->time_column)
        snprintf(what, CD_ERR_TEXT, "table `%s` has another `time`", was->name);
    else {
        for (uint32_t c = 0; c < was->n_columns; c++) {
            if (same_column(before, &was->columns[c], now, &is->columns[c])) continue;
            snprintf(what, CD_ERR_TEXT, "table `%s`: column `%s` is not as it was", was->name, was->columns[c].name);
            return false;
        }
        return true;
    }
    return false;
}

static bool keeps_kind(const candour_ontology *now, const candour_ontology *before, const candour_kind *was,
                       char what[CD_ERR_TEXT])
{
    for (uint32_t k = 0; k < now->n_kinds; k++) {
        const candour_kind *is = &now->kinds[k];
        if (strcmp(is->name, was->name) != 0) continue;
        if (strcmp(now->tables[is->table].name, before->tables[was->table].name) == 0 &&
            is->unit_column == was->unit_column)
            return true;
        snprintf(what, CD_ERR_TEXT, "kind `%s` has another table or unit", was->name);
        return false;
    }
    snprintf(what, CD_ERR_TEXT, "there is no kind `%s` any more", was->name);
    return false;
}

bool cd_ontology_keeps(const candour_ontology *now, const candour_ontology *before, char what[CD_ERR_TEXT])
{
    for (uint32_t t = 0; t < before->n_tables; t++)
        if (!keeps_table(now, before, &before->tables[t], what)) return false;
    for (uint32_t k = 0; k < before->n_kinds; k++)
        if (!keeps_kind(now, before, &before->kinds[k], what)) return false;
    return true;
}
