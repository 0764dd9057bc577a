/* SPDX-License-Identifier: GPL-3.0-or-later
 * ontology_out.h: what a force added to the built-in ontology, back as an ontology.yaml. */
#ifndef QUERIES_ONTOLOGY_OUT_H
#define QUERIES_ONTOLOGY_OUT_H

#include "engine/base/memory.h"
#include "engine/candour.h"

/* Whether anything was added. */
bool ontology_has_additions(const candour_ontology *ontology);
/* Look at the buffer's status at the end. */
void ontology_write(const candour_ontology *ontology, cd_buffer *out);

#endif
