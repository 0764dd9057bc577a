/* SPDX-License-Identifier: GPL-3.0-or-later
 * table_reader.c: where several things go wrong in one file, by several threads, the one that lies first in it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "engine/base/memory.h"
#include "loaders/table_reader.h"
#include "tests/support/plain_csv.h"

enum { BLOCK_BYTES = 2000, FIRST_BAD = 7000 };

/* Refuses every row from FIRST_BAD on; the later it is, the sooner it says so. */
static cd_status refuse(void *context, uint32_t lane, uint64_t sequence, uint32_t n, const uint32_t *line,
                        const candour_values *values, cd_err *err)
{
    (void)context, (void)lane, (void)sequence, (void)values;
    for (uint32_t i = 0; i < n; i++) {
        if (line[i] < FIRST_BAD) continue;
        usleep(line[i] < FIRST_BAD + 100 ? 3000 : 0);
        return cd_fail(err, CD_EINPUT, "line %u", line[i]);
    }
    return CD_OK;
}

static cd_status take_reject(void *context, const row_reject *reject, cd_err *err)
{
    (void)context, (void)reject, (void)err;
    return CD_OK;
}

/* Rows that are refused, and behind them the end of a file that was cut short. */
static void the_first_failure_is_told(void **state)
{
    (void)state;
    const candour_ontology *o = candour_ontology_builtin();
    const table_sink sink = {.rows = refuse, .reject = take_reject};
    const read_rules rules = {0};
    cd_buffer text = {0};
    static Bytef packed[1 << 20];
    z_stream z = {.next_out = packed, .avail_out = sizeof packed};
    cd_buffer_printf(&text, "officer_id,case_id,at\n");
    for (uint32_t i = 0; i < FIRST_BAD + 400; i++) cd_buffer_printf(&text, "P%u,C%u,2026-03-01\n", i % 50, i);
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)text.bytes, z.avail_in = (uInt)text.n;
    assert_int_equal(deflate(&z, Z_SYNC_FLUSH), Z_OK);
    size_t n_packed = z.total_out;
    deflateEnd(&z);
    for (uint32_t round = 0; round < 100; round++) {
        const table_reader_options how = {.threads = 2 + round % 7, .block_bytes = BLOCK_BYTES, .level = csv_level_best()};
        char path[64];
        int fd;
        byte_source *source = NULL;
        table_read_result result = {0};
        cd_err err = {0};
        memory_file(packed, n_packed, path, &fd);
        assert_int_equal(byte_source_open(path, &source, &err), CD_OK);
        assert_int_equal(table_read(source, "x.csv.gz", &o->tables[candour_table_find(o, cd_slice_of("accesses"))], &rules,
                                    &how, &sink, &result, &err), CD_EINPUT);
        assert_string_equal(err.text, "line 7000");
        table_read_result_release(&result);
        byte_source_close(source);
        close(fd);
    }
    cd_buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_first_failure_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
