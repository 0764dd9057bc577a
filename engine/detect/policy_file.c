/* SPDX-License-Identifier: GPL-3.0-or-later
 * policy_file.c: policy.yaml: `detectors:` with a map of names to on or off, and the numbers of the table, each by its
 * name:
 *
 *     detectors:
 *       drift: off
 *     sensitive_from: 3
 *     urgent_queue: 10
 *
 * What is not there keeps its value. */
#include <stdio.h>
#include <string.h>

#include "engine/base/yaml.h"
#include "engine/detect/policy.h"

enum { MOST_BYTES = 1 << 20 };

typedef struct {
    bool *on[CD_POLICY_DETECTORS];
} yaml_detectors;

typedef struct {
    double *number[CD_POLICY_NUMBERS];
    yaml_detectors *detectors;
} yaml_policy;

typedef struct {
    cyaml_schema_field_t detector[CD_POLICY_DETECTORS + 1], field[CD_POLICY_NUMBERS + 2];
    cyaml_schema_value_t all;
} schema;

static void schema_make(schema *s, const char *const *names, uint32_t n_names)
{
    *s = (schema){0};
    for (uint32_t i = 0; i < n_names; i++)
        s->detector[i] = (cyaml_schema_field_t){
            .key = names[i],
            .data_offset = (uint32_t)(offsetof(yaml_detectors, on) + i * sizeof(bool *)),
            .value = {
                .type = CYAML_BOOL, .flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, .data_size = sizeof(bool)}};
    for (uint32_t i = 0; i < CD_POLICY_NUMBERS; i++)
        s->field[i] = (cyaml_schema_field_t){
            .key = cd_policy_entries()[i].name,
            .data_offset = (uint32_t)(offsetof(yaml_policy, number) + i * sizeof(double *)),
            .value = {
                .type = CYAML_FLOAT, .flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, .data_size = sizeof(double)}};
    s->field[CD_POLICY_NUMBERS] = (cyaml_schema_field_t){.key = "detectors",
                                                         .data_offset = offsetof(yaml_policy, detectors),
                                                         .value = {.type = CYAML_MAPPING,
                                                                   .flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                                                                   .data_size = sizeof(yaml_detectors),
                                                                   .mapping = {.fields = s->detector}}};
    s->all = (cyaml_schema_value_t){.type = CYAML_MAPPING,
                                    .flags = CYAML_FLAG_POINTER,
                                    .data_size = sizeof(yaml_policy),
                                    .mapping = {.fields = s->field}};
}

static cd_status take(cd_policy *p, const yaml_policy *y, const char *path, uint32_t n_names, cd_err *err)
{
    for (uint32_t i = 0; i < CD_POLICY_NUMBERS; i++) {
        const cd_policy_entry *e = &cd_policy_entries()[i];
        if (!y->number[i]) continue;
        double v = *y->number[i];
        if (!(v >= e->lo && v <= e->hi) || (e->whole && v != (double)(int64_t)v))
            return cd_fail(err, CD_EINPUT, "'%s': %s is to be %s from %.10g to %.10g, not %.10g", path, e->name,
                           e->whole ? "a whole number" : "a number", e->lo, e->hi, v);
        p->number[i] = v;
    }
    for (uint32_t i = 0; y->detectors && i < n_names; i++)
        if (y->detectors->on[i]) p->off[i] = !*y->detectors->on[i];
    return CD_OK;
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
    if (read) CD_TRY(take(p, read, path, n_names, err));
done:
    cyaml_free(&config, &s.all, read, 0);
    cd_buffer_release(&text);
    return st;
}
