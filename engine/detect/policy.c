/* SPDX-License-Identifier: GPL-3.0-or-later
 * policy.c: the table of what a force may decide, and its text. */
#include "engine/detect/policy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/civil.h"

static const cd_policy_entry entries[CD_POLICY_NUMBERS] = {
    [CD_POLICY_SEED] = {"seed", 1, 0, 9007199254740992.0, true, "what everything drawn at random is drawn from"},
    [CD_POLICY_GRACE_DAYS_MOST] =
        {"grace_days_most", 30, 0, 365, false,
         "an access so long before its assignment is never explained by it, whatever is learnt"},
    [CD_POLICY_GRACE_DAYS_USUAL] = {"grace_days_usual", 7, 0, 365, false,
                                    "how late assignments are taken to be recorded where too few are seen to learn it"},
    [CD_POLICY_MOVE_DAYS] = {"move_days", 90, 0, 730, false,
                             "so long before and after a recorded move the other unit counts as one's own"},
    [CD_POLICY_POSTED_FILES] = {"posted_files", 2, 1, 1e9, true,
                                "whoever is assigned to so many files of another unit at a time works with that unit"},
    [CD_POLICY_POSTED_DAYS] = {"posted_days", 45, 1, 3650, false, "at a time: within so many days before and after"},
    [CD_POLICY_WORKING_FILES] = {"working_files", 10, 2, 1e9, true,
                                 "whoever opens so many files of another unit in 30 days, and"},
    [CD_POLICY_WORKING_SHARE] = {"working_share", 0.5, 0.05, 10, false,
                                 "this share of what its own people open (their median), works there"},
    [CD_POLICY_ROUTINE_FILES] = {"routine_files", 4, 1, 1e9, true,
                                 "files of one kind, or of one unit, are somebody's routine where they open so many"},
    [CD_POLICY_ROUTINE_FILES_ALL] = {"routine_files_all", 10, 1, 1e9, true, "or of all unexplained files so many"},
    [CD_POLICY_ROUTINE_WEEKS] = {"routine_weeks", 8, 1, 1e6, true, "in each of so many weeks, and"},
    [CD_POLICY_ROUTINE_SHARE] = {"routine_share", 0.5, 0.05, 1, false, "in this share of the weeks they worked"},
    [CD_POLICY_HUB_OFFICERS] = {"hub_officers", 30, 2, 1e9, true,
                                "a force-wide file was opened by so many officers at least"},
    [CD_POLICY_HUB_UNITS_SHARE] = {"hub_units_share", 0.25, 0.01, 1, false,
                                   "and by officers of this share of all units"},
    [CD_POLICY_REFERRAL_TIMES] = {"referral_times", 3, 1, 1000, false,
                                  "a referral chain carries so many times the files that chance would"},
    [CD_POLICY_REFERRAL_OFFICERS] = {"referral_officers_share", 0.15, 0.01, 1, false,
                                     "and this share of the unit's officers use it, four at least"},
    [CD_POLICY_ROLE_SHARE] =
        {"role_share", 0.3, 0.05, 1, false,
         "a role opens files as its job where half of those who hold it have this share unexplained"},
    [CD_POLICY_SENSITIVE_FROM] = {"sensitive_from", 2, 0, 3, true,
                                  "files of this sensitivity or more are sensitive; where none is, those of the "
                                  "highest, unless more than a quarter are"},
    [CD_POLICY_LONG_CLOSED_DAYS] = {"long_closed_days", 180, 1, 36500, false,
                                    "a file is long closed after so many days"},
    [CD_POLICY_DUTY_GRACE_HOURS] = {"duty_grace_hours", 2, 0, 24, false, "an access so close to a shift is within it"},
    [CD_POLICY_PEERS_BY] = {"peers_by", CD_PEERS_BY_ROLE, 0, 2, true,
                            "who is held against whom: those of one role, or of one role and rank, or role and unit"},
    [CD_POLICY_PEERS_LEAST] = {"peers_least", 30, 2, 1e9, true,
                               "a smaller group is pooled with the rest of its role, that with the whole force"},
    [CD_POLICY_LINK_LEVEL] = {"link_level", 0.05, 1e-6, 0.5, false,
                              "the false-discovery rate of links between officers"},
    [CD_POLICY_TIE_HOPS] = {"tie_hops", 3, 0, 6, true, "an officer is tied through so many ties between associations"},
    [CD_POLICY_TIE_OFFICERS] = {"tie_officers_most", 20, 2, 1e9, true,
                                "what ties more officers than that, or is tied to more, ties nobody in particular"},
    [CD_POLICY_TIE_CONFIDENCE] = {"tie_confidence_least", 0.3, 0, 1, false,
                                  "how sure all rows of a path are together, at least"},
    [CD_POLICY_DECLARED_SHARE] =
        {"declared_share", 0.5, 0.1, 1, false,
         "a membership is to be declared where this share of the members did, three at least, or where duties says so"},
    [CD_POLICY_DECLARE_GRACE_DAYS] = {"declare_grace_days", 180, 0, 3650, false,
                                      "and so many days after it began, or the duty did"},
    [CD_POLICY_PAST_MEMBERSHIPS] = {"past_memberships", 0, 0, 1, true,
                                    "whether one that ended before the duty began is to be declared too"},
    [CD_POLICY_WEIGHT_SENSITIVE] = {"weight_sensitive", 3, 0, 100, false, "the weight of the count of sensitive files"},
    [CD_POLICY_WEIGHT_SENSITIVITY_0] =
        {"weight_sensitivity_0", 0, 0, 100, false,
         "the weight of a count of its own for files of sensitivity 0; 0: there is none"},
    [CD_POLICY_WEIGHT_SENSITIVITY_0 + 1] = {"weight_sensitivity_1", 0, 0, 100, false, "the same of sensitivity 1"},
    [CD_POLICY_WEIGHT_SENSITIVITY_0 + 2] = {"weight_sensitivity_2", 0, 0, 100, false, "the same of sensitivity 2"},
    [CD_POLICY_WEIGHT_SENSITIVITY_3] = {"weight_sensitivity_3", 3, 0, 100, false,
                                        "the same of sensitivity 3, restricted, beside what these weigh as sensitive"},
    [CD_POLICY_WEIGHT_OUTPUT] = {"weight_output", 1, 0, 100, false,
                                 "the weight of the count of files printed or exported"},
    [CD_POLICY_WEIGHT_PERSON] = {"weight_person", 2, 0, 100, false,
                                 "the weight of the count of files about one person"},
    [CD_POLICY_WEIGHT_RETURN] = {"weight_return", 1, 0, 100, false, "the weight of the count of files returned to"},
    [CD_POLICY_WEIGHT_CLOSED] = {"weight_closed", 1, 0, 100, false, "the weight of the count of long closed files"},
    [CD_POLICY_WEIGHT_COLLEAGUE] = {"weight_colleague", 1, 0, 100, false,
                                    "the weight of the count of files about people tied to a colleague"},
    [CD_POLICY_COMPLAINTS_PLACE] = {"complaints_by_place", 0.03, 0, 1, false,
                                    "of the weight of complaints: against those of the same role, unit and busyness, "
                                    "the rest against all who were as long in the force"},
    [CD_POLICY_COMPLAINTS_POWER] = {"complaints_power", 0.2, 0, 1, false,
                                    "what complaints say is taken to this power: it foretells more complaints, and "
                                    "little else"},
    [CD_POLICY_COCOMPLAINT_CAP] =
        {"cocomplaint_cap", 10, 0.01, 60, false,
         "to be named with the same others again and again may add so many decibans, no more"},
    [CD_POLICY_COCOMPLAINT_ASSOCIATES] = {"cocomplaint_associates_cap", 0.3, 0.01, 20, false,
                                          "of which the sustained complaints of those others may add so many"},
    [CD_POLICY_PRECEDENT_CAP] = {"precedent_cap", 0.3, 0.01, 20, false,
                                 "nearness to officers with earlier findings may add so many decibans, no more"},
    [CD_POLICY_PAY_CAP] = {"pay_cap", 3, 0.01, 20, false,
                           "changes of pay and of finances may add so many decibans together, no more"},
    [CD_POLICY_URGENT_LEVEL] = {"urgent_level", 0.05, 0, 1, false,
                                "the share of clean officers among `urgent`, at most"},
    [CD_POLICY_URGENT_QUEUE] = {"urgent_queue", 20, 0, 1e9, true, "how many `urgent` may hold"},
    [CD_POLICY_ASSESS_LEVEL] = {"assess_level", 0.2, 0, 1, false,
                                "the share of clean officers among `urgent` and `assess`"},
    [CD_POLICY_ASSESS_QUEUE] = {"assess_queue", 100, 0, 1e9, true, "how many `assess` may hold"},
    [CD_POLICY_PREVENT_LEVEL] = {"prevent_level", 0.5, 0, 1, false,
                                 "the share of clean officers in the first three tiers"},
    [CD_POLICY_PREVENT_QUEUE] = {"prevent_queue", 500, 0, 1e9, true, "how many `prevent` may hold"},
    [CD_POLICY_OFFICE_MANDATE] = {"office_mandate", 0.8, 0, 1, false,
                                  "detector attendance: the share of days that senior ranks are to be in the office"},
    [CD_POLICY_TRAVEL_MINUTES] = {"travel_minutes", 10, 0, 1440, false,
                                  "detector impossible: nobody gets from one site to another in less, where too few "
                                  "went for it to be learnt"},
};

/* Chief inspector and above, as forces write them. */
static const char *const senior[] = {
    "Chief Inspector",
    "Ch Insp",
    "CI",
    "Detective Chief Inspector",
    "DCI",
    "Superintendent",
    "Supt",
    "DSupt",
    "Detective Superintendent",
    "Chief Superintendent",
    "Ch Supt",
    "CSupt",
    "Detective Chief Superintendent",
    "DCSupt",
    "DCS",
    "Commander",
    "Cmdr",
    "Deputy Assistant Commissioner",
    "DAC",
    "Assistant Commissioner",
    "AC",
    "Deputy Commissioner",
    "Commissioner",
    "Assistant Chief Constable",
    "ACC",
    "Deputy Chief Constable",
    "DCC",
    "Chief Constable",
    "CC",
};
enum { SENIOR = sizeof senior / sizeof *senior };
static const char senior_about[] =
    "detector attendance: the ranks that are held to office_mandate; case, spaces and marks "
    "do not count (usual: chief inspector and above)";

const cd_policy_entry *cd_policy_entries(void) { return entries; }

const char *const *cd_policy_words(uint32_t number)
{
    static const char *const peers_by[] = {"role", "role_and_rank", "role_and_unit"};
    static const char *const no_yes[] = {"no", "yes"};
    if (number == CD_POLICY_PEERS_BY) return peers_by;
    return number == CD_POLICY_PAST_MEMBERSHIPS ? no_yes : NULL;
}

void cd_policy_init(cd_policy *p)
{
    *p = (cd_policy){0};
    for (int i = 0; i < CD_POLICY_NUMBERS; i++) p->number[i] = entries[i].usual;
    for (p->n_senior_ranks = 0; p->n_senior_ranks < SENIOR; p->n_senior_ranks++)
        snprintf(p->senior_rank[p->n_senior_ranks], CD_POLICY_RANK_BYTES, "%s", senior[p->n_senior_ranks]);
}

/* The next byte at or after *at that counts, small, or 0 at the end. What is no ASCII counts as it is. */
static unsigned char next_letter(cd_slice s, uint32_t *at)
{
    while (*at < s.n) {
        unsigned char c = (unsigned char)s.bytes[(*at)++];
        if (c >= 'A' && c <= 'Z') c = (unsigned char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80) return c;
    }
    return 0;
}

static bool same_rank(cd_slice a, cd_slice b)
{
    uint32_t i = 0, k = 0, letters = 0;
    for (;; letters++) {
        unsigned char x = next_letter(a, &i), y = next_letter(b, &k);
        if (x != y) return false;
        if (x == 0) return letters > 0;
    }
}

bool cd_policy_is_senior(const cd_policy *p, cd_slice rank)
{
    for (uint32_t i = 0; i < p->n_senior_ranks; i++)
        if (same_rank(cd_slice_of(p->senior_rank[i]), rank)) return true;
    return false;
}

/* The fewest digits that read back as the same number. */
static void number_print(double value, cd_buffer *out)
{
    char text[40];
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    if (value == (double)(int64_t)value) snprintf(text, sizeof text, "%lld", (long long)value);
    cd_buffer_printf(out, "%s", text);
}

static void entry_print(uint32_t number, double value, bool explain, cd_buffer *out)
{
    const cd_policy_entry *e = &entries[number];
    const char *const *words = cd_policy_words(number);
    if (explain && words) {
        cd_buffer_printf(out, "# %s (", e->about);
        for (int k = 0; k <= (int)e->hi; k++) cd_buffer_printf(out, "%s%s", k ? ", " : "", words[k]);
        cd_buffer_printf(out, "; usual: %s)\n", words[(int)e->usual]);
    } else if (explain) {
        cd_buffer_printf(out, "# %s (%.10g to %.10g; usual: %.10g)\n", e->about, e->lo, e->hi, e->usual);
    }
    cd_buffer_printf(out, "%s: ", e->name);
    if (words)
        cd_buffer_printf(out, "%s", words[(int)value]);
    else
        number_print(value, out);
    cd_buffer_printf(out, "\n");
}

static const char duties_about[] = "detector undeclared: organisations whose members are to declare it, each with its "
                                   "id and since when: [A0000001 2025-01-01]";

/* In double quotes, where YAML takes everything else as it is. */
static void quoted_print(const char *text, cd_buffer *out)
{
    cd_buffer_add(out, "\"", 1);
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\') cd_buffer_add(out, "\\", 1);
        cd_buffer_add(out, c, 1);
    }
    cd_buffer_add(out, "\"", 1);
}

void cd_policy_print(const cd_policy *p, const char *const *names, uint32_t n_names, bool explain, cd_buffer *out)
{
    enum { A_LINE = 5 };
    cd_buffer_printf(out, "detectors:\n");
    for (uint32_t i = 0; i < n_names; i++) cd_buffer_printf(out, "  %s: %s\n", names[i], p->off[i] ? "off" : "on");
    for (uint32_t i = 0; i < CD_POLICY_NUMBERS; i++) entry_print(i, p->number[i], explain, out);
    if (explain) cd_buffer_printf(out, "# %s\n", senior_about);
    cd_buffer_printf(out, "senior_ranks: [");
    for (uint32_t i = 0; i < p->n_senior_ranks; i++) {
        if (i) cd_buffer_printf(out, i % A_LINE ? ", " : ",\n  ");
        quoted_print(p->senior_rank[i], out);
    }
    cd_buffer_printf(out, "]\n");
    if (explain) cd_buffer_printf(out, "# %s\n", duties_about);
    cd_buffer_printf(out, "duties: [");
    for (uint32_t i = 0; i < p->n_duties; i++) {
        char duty[CD_POLICY_ID_BYTES + CD_TIME_TEXT + 1], since[CD_TIME_TEXT];
        cd_time_write(p->duty[i].since, since);
        snprintf(duty, sizeof duty, "%s %s", p->duty[i].organisation, since);
        if (i) cd_buffer_printf(out, ",\n  ");
        quoted_print(duty, out);
    }
    cd_buffer_printf(out, "]\n");
}
