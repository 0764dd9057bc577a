/* SPDX-License-Identifier: GPL-3.0-or-later
 * ontology.c: any ontology.yaml is refused in words, or gives an ontology that holds together. */
#include <stdlib.h>

#include "engine/store/ontology.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cd_arena arena = {0};
    cd_err err = {0};
    const candour_ontology *o;
    if (cd_ontology_add_text((cd_slice){(const char *)data, (uint32_t)size}, "o", &arena, &o, &err) == CD_OK) {
        if (o->n_kinds > CD_MAX_KINDS || o->n_tables > CD_MAX_TABLES) abort();
        for (uint32_t k = 0; k < o->n_kinds; k++)
            if (o->kinds[k].table >= o->n_tables || o->tables[o->kinds[k].table].columns[0].kind != k) abort();
        for (uint32_t t = 0; t < o->n_tables; t++)
            if (o->tables[t].n_columns > CD_MAX_COLUMNS || o->tables[t].time_column >= (int32_t)o->tables[t].n_columns ||
                o->tables[t].columns[0].type != CANDOUR_ID)
                abort();
    } else if (!err.text[0]) abort();
    cd_arena_release(&arena);
    return 0;
}
