/* SPDX-License-Identifier: GPL-3.0-or-later
 * csv.c: whatever the bytes, the parallel reader sees what the plain one sees.
 *
 *   offset  meaning
 *   0       the table, and by the top bit whether its own header goes before the text
 *   1       bytes a block (0: the default)
 *   2       threads 1 to 4; by the top bits the separator and the zone
 *   3       the text */
#include <stdlib.h>
#include <string.h>

#include "tests/support/plain_csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    enum { TEXT_MAX = 1 << 16 };
    static time_zone *london;
    const candour_ontology *o = candour_ontology_builtin();
    cd_buffer text = {0};
    if (n < 3 || n > TEXT_MAX) return 0;
    if (!london && time_zone_open("Europe/London", &london, NULL) != CD_OK) abort();
    const candour_table *table = &o->tables[(data[0] & 0x7f) % o->n_tables];
    const read_rules rules = {.separator = data[2] & 0x80 ? ';' : '\0', .zone = data[2] & 0x40 ? london : NULL};
    for (uint32_t c = 0; (data[0] & 0x80) && c < table->n_columns; c++)
        cd_buffer_printf(&text, "%s%c", table->columns[c].name,
                         c + 1 == table->n_columns ? '\n' : rules.separator ? rules.separator : ',');
    cd_buffer_add(&text, data + 3, n - 3);
    csv_readers_must_agree(text.bytes, text.n, table, &rules, 1 + data[2] % 4, data[1]);
    cd_buffer_release(&text);
    return 0;
}
