/* SPDX-License-Identifier: GPL-3.0-or-later
 * policy_file.c: policy.yaml: `detectors:` with a map of names to on or off, `senior_ranks:` and `duties:` with lists,
 * and the entries of the table, each by its name:
 *
 *     detectors:
 *       drift: off
 *     sensitive_from: 3
 *     peers_by: role_and_rank
 *     urgent_queue: 10
 *     senior_ranks: [Chief Inspector, Superintendent]
 *     duties: [A0000001 2025-01-01]
 *
 * What is not there keeps its value. */
#include <stdio.h>
#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/yaml.h"
#include "engine/detect/policy.h"

enum { MOST_BYTES = 1 << 20 };

typedef struct {
    int *on[CD_POLICY_DETECTORS];
} yaml_detectors;

/* libcyaml's own booleans take every other word for true. */
static const cyaml_strval_t on_words[] = {{"on", 1}, {"yes", 1}, {"true", 1}, {"off", 0}, {"no", 0}, {"false", 0}};

typedef struct {
    double *number[CD_POLICY_NUMBERS]; /* of those that are no words */
    char *word[CD_POLICY_NUMBERS];     /* of those that are */
    yaml_detectors *detectors;
    char **ranks;
    unsigned n_ranks;
    char **duties;
    unsigned n_duties;
} yaml_policy;

static const cyaml_schema_value_t duty_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, CD_POLICY_ID_BYTES + CD_TIME_TEXT)};
static const cyaml_schema_value_t rank_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, CD_POLICY_RANK_BYTES - 1)};

typedef struct {
    cyaml_schema_field_t detector[CD_POLICY_DETECTORS + 1], field[CD_POLICY_NUMBERS + 4];
    cyaml_schema_value_t all;
} schema;

static cyaml_schema_field_t entry_field(uint32_t i)
{
    const cd_policy_entry *e = &cd_policy_entries()[i];
    const cyaml_flag_e flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL;
    if (cd_policy_words(i))
        return (cyaml_schema_field_t){
            .key = e->name,
            .data_offset = (uint32_t)(offsetof(yaml_policy, word) + i * sizeof(char *)),
            .value = {
                .type = CYAML_STRING, .flags = flags, .data_size = sizeof(char), .string = {.min = 0, .max = 64}}};
    return (cyaml_schema_field_t){.key = e->name,
                                  .data_offset = (uint32_t)(offsetof(yaml_policy, number) + i * sizeof(double *)),
                                  .value = {.type = CYAML_FLOAT, .flags = flags, .data_size = sizeof(double)}};
}

static void schema_make(schema *s, const char *const *names, uint32_t n_names)
{
    *s = (schema){0};
    for (uint32_t i = 0; i < n_names; i++)
        s->detector[i] = (cyaml_schema_field_t){
            .key = names[i],
            .data_offset = (uint32_t)(offsetof(yaml_detectors, on) + i * sizeof(int *)),
            .value = {.type = CYAML_ENUM,
                      .flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT,
                      .data_size = sizeof(int),
                      .enumeration = {.strings = on_words, .count = sizeof on_words / sizeof *on_words}}};
    for (uint32_t i = 0; i < CD_POLICY_NUMBERS; i++) s->field[i] = entry_field(i);
    s->field[CD_POLICY_NUMBERS] = (cyaml_schema_field_t){.key = "detectors",
                                                         .data_offset = offsetof(yaml_policy, detectors),
                                                         .value = {.type = CYAML_MAPPING,
                                                                   .flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                                                                   .data_size = sizeof(yaml_detectors),
                                                                   .mapping = {.fields = s->detector}}};
    s->field[CD_POLICY_NUMBERS + 1] =
        (cyaml_schema_field_t)CYAML_FIELD_SEQUENCE_COUNT("senior_ranks", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                                                         yaml_policy, ranks, n_ranks, &rank_schema, 0, CD_POLICY_RANKS);
    s->field[CD_POLICY_NUMBERS + 2] = (cyaml_schema_field_t)CYAML_FIELD_SEQUENCE_COUNT(
        "duties", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, yaml_policy, duties, n_duties, &duty_schema, 0,
        CD_POLICY_DUTIES);
    s->all = (cyaml_schema_value_t){.type = CYAML_MAPPING,
                                    .flags = CYAML_FLAG_POINTER,
                                    .data_size = sizeof(yaml_policy),
                                    .mapping = {.fields = s->field}};
}

/* The line, from 1, on which a key of the document stands; what is quoted or behind a # is not looked for, as no key of
 * ours needs it. 0: not found. */
static uint32_t line_of(cd_slice text, const char *key)
{
    uint32_t line = 1, n = (uint32_t)strlen(key);
    bool comment = false, inside = false; /* inside: of a word */
    for (uint32_t i = 0; i < text.n; i++) {
        char c = text.bytes[i];
        if (c == '\n') {
            line++, comment = inside = false;
            continue;
        }
        if (c == '#' && !inside) comment = true;
        if (!comment && !inside && i + n < text.n && memcmp(text.bytes + i, key, n) == 0) {
            uint32_t after = i + n;
            while (after < text.n && strchr(" \t\"'", text.bytes[after])) after++;
            if (after < text.n && text.bytes[after] == ':') return line;
        }
        inside = !strchr(" \t\"'{,", c);
    }
    return 0;
}

static cd_status take_word(cd_policy *p, uint32_t i, const char *word, uint32_t line, const char *path, cd_err *err)
{
    const cd_policy_entry *e = &cd_policy_entries()[i];
    const char *const *all = cd_policy_words(i);
    cd_buffer words = {0};
    for (uint32_t k = 0; k <= (uint32_t)e->hi; k++) {
        if (strcmp(all[k], word) == 0) {
            p->number[i] = k;
            cd_buffer_release(&words);
            return CD_OK;
        }
        cd_buffer_printf(&words, "%s%s", k ? ", " : "", all[k]);
    }
    cd_status st = cd_fail(err, CD_EINPUT, "'%s' line %u: %s is to be one of %s, not '%s'", path, line, e->name,
                           words.status == CD_OK ? words.bytes : "its words", word);
    cd_buffer_release(&words);
    return st;
}

/* Whether YAML takes it as it stands between double quotes: no control characters, no line breaks of any kind (U+0085,
 * U+2028 and U+2029 are some), no mark of byte order. The text is UTF-8. */
static bool is_one_line(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c < ' ' || *c == 0x7f || (c[0] == 0xc2 && c[1] < 0xa0)) return false;
        if (c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9)) return false;
        if (c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf) return false;
    }
    return true;
}

/* "A0000001 2025-01-01": an id, a space, a time; without a zone it is UTC. */
static cd_status take_duty(cd_duty *out, const char *text, uint32_t line, const char *path, cd_err *err)
{
    const char *space = strrchr(text, ' ');
    bool zone;
    size_t n = space ? (size_t)(space - text) : 0;
    if (n == 0 || n >= CD_POLICY_ID_BYTES ||
        cd_time_read(space + 1, strlen(space + 1), &out->since, &zone) != CD_TIME_OK)
        return cd_fail(err, CD_EINPUT,
                       "'%s' line %u: a duty is an organisation's id and a day, as in 'A0000001 2025-01-01', not '%s'",
                       path, line, text);
    if (!is_one_line(text))
        return cd_fail(err, CD_EINPUT, "'%s' line %u: an id of duties has a control character in it", path, line);
    memcpy(out->organisation, text, n);
    out->organisation[n] = '\0';
    return CD_OK;
}

static cd_status take(cd_policy *p, const yaml_policy *y, cd_slice text, const char *path, uint32_t n_names,
                      cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; i < CD_POLICY_NUMBERS; i++) {
        const cd_policy_entry *e = &cd_policy_entries()[i];
        if (y->word[i]) CD_TRY(take_word(p, i, y->word[i], line_of(text, e->name), path, err));
        if (!y->number[i]) continue;
        double v = *y->number[i];
        if (!(v >= e->lo && v <= e->hi) || (e->whole && v != (double)(int64_t)v))
            CD_TRY(cd_fail(err, CD_EINPUT, "'%s' line %u: %s is to be %s from %.10g to %.10g, not %.10g", path,
                           line_of(text, e->name), e->name, e->whole ? "a whole number" : "a number", e->lo, e->hi, v));
        p->number[i] = v;
    }
    for (uint32_t i = 0; y->detectors && i < n_names; i++)
        if (y->detectors->on[i]) p->off[i] = !*y->detectors->on[i];
    for (uint32_t i = 0; i < y->n_ranks; i++) {
        if (!is_one_line(y->ranks[i]))
            CD_TRY(cd_fail(err, CD_EINPUT, "'%s' line %u: a rank of senior_ranks has a control character in it", path,
                           line_of(text, "senior_ranks")));
        snprintf(p->senior_rank[i], CD_POLICY_RANK_BYTES, "%s", y->ranks[i]);
    }
    if (y->ranks || line_of(text, "senior_ranks")) p->n_senior_ranks = y->n_ranks; /* [] is read as nothing at all */
    for (uint32_t i = 0; i < y->n_duties; i++)
        CD_TRY(take_duty(&p->duty[i], y->duties[i], line_of(text, "duties"), path, err));
    if (y->duties || line_of(text, "duties")) p->n_duties = y->n_duties;
done:
    return st;
}

static cd_status file_read(const char *path, cd_buffer *out, cd_err *err)
{
    cd_status st = CD_OK;
    char part[4096];
    FILE *f = fopen(path, "rb");
    if (!f) return cd_fail(err, CD_ESYSTEM, "cannot read the policy '%s': is there such a file?", path);
    for (size_t n; st == CD_OK && (n = fread(part, 1, sizeof part, f)) > 0;) {
        cd_buffer_add(out, part, n);
        if (out->n > MOST_BYTES) st = cd_fail(err, CD_EINPUT, "the policy '%s' is larger than 1 MiB", path);
    }
    if (st == CD_OK && ferror(f)) st = cd_fail(err, CD_ESYSTEM, "cannot read the policy '%s': is it a file?", path);
    if (st == CD_OK && out->status != CD_OK) st = cd_fail(err, CD_EMEMORY, "out of memory reading '%s'", path);
    fclose(f);
    return st;
}

cd_status cd_policy_read(cd_policy *p, const char *path, const char *const *names, uint32_t n_names, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer text = {0};
    yaml_policy *read = NULL;
    cd_yaml_said said = {0};
    schema s;
    const cyaml_config_t config = {.log_fn = cd_yaml_listen,
                                   .log_ctx = &said,
                                   .mem_fn = cd_yaml_memory,
                                   .log_level = CYAML_LOG_ERROR,
                                   .flags = CYAML_CFG_NO_ALIAS};
    schema_make(&s, names, n_names);
    CD_TRY(file_read(path, &text, err));
    if (text.n == 0) goto done; /* an empty file changes nothing; libcyaml would not have it */
    cyaml_err_t got =
        cyaml_load_data((const uint8_t *)text.bytes, text.n, &config, &s.all, (cyaml_data_t **)&read, NULL);
    if (got == CYAML_ERR_OOM) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory reading '%s'", path));
    if (got != CYAML_OK)
        CD_TRY(cd_fail(err, CD_EINPUT, "'%s' is no policy: %s%s%s%s; see `candour policy`", path,
                       said.what[0] ? said.what : cyaml_strerror(got), said.where[0] ? " (" : "", said.where,
                       said.where[0] ? ")" : ""));
    if (read) CD_TRY(take(p, read, (cd_slice){text.bytes, (uint32_t)text.n}, path, n_names, err));
done:
    cyaml_free(&config, &s.all, read, 0);
    cd_buffer_release(&text);
    return st;
}
