/* SPDX-License-Identifier: GPL-3.0-or-later
 * yaml.h: libcyaml as all of candour uses it: its memory is ours, and of what it says one line is kept. */
#ifndef CD_BASE_YAML_H
#define CD_BASE_YAML_H

#include <cyaml/cyaml.h>

/* What is wrong with a document, and where: "line: 3, column: 5". Zero-initialise. */
typedef struct {
    char what[160], where[48];
} cd_yaml_said;

/* For cyaml_config_t: log_fn with a cd_yaml_said as its context, and mem_fn. */
void cd_yaml_listen(cyaml_log_t level, void *context, const char *format, va_list args);
void *cd_yaml_memory(void *context, void *p, size_t n);

#endif
