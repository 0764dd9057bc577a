/* SPDX-License-Identifier: GPL-3.0-or-later
 * csv_out.c: reals read back as what they were, in the fewest digits; text is quoted where it must be; a file is there
 * whole or not at all. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "queries/csv_out.h"

/* The digits that say something: none before the first or after the last that is not 0. */
static size_t digits_of(const char *text)
{
    size_t n = 0, last = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (n == 0 && *text == '0')) continue;
        n++;
        if (*text != '0') last = n;
    }
    return last;
}

static void check_real(double value)
{
    char text[CSV_REAL_TEXT + 1] = "", shortest[40];
    size_t n = csv_real_write(value, text);
    assert_true(n < CSV_REAL_TEXT);
    text[n] = '\0';
    double back = strtod(text, NULL);
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(shortest, sizeof shortest, "%.*e", digits - 1, value);
        if (strtod(shortest, NULL) == value) break;
    }
    if (memcmp(&back, &value, sizeof value) != 0) fail_msg("%.17g became '%s'", value, text);
    if (isnormal(value) && digits_of(text) != digits_of(shortest)) fail_msg("%.17g became '%s', not '%s'", value, text, shortest);
}

static void reals(void **state)
{
    (void)state;
    static const double known[] = {0, -0.0, 1, -1, 0.1, 0.3, 0.1 + 0.2, 1e15, 1e16, 1e22, 1e300, 5e-324, 1.7976931348623157e308,
                                   123.456, 1234.5, -0.001, 0.0005, 9007199254740991, 9007199254740992, 2.5e-7, 1.0 / 3};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) check_real(known[i]);
    cd_random r = cd_random_of(1, 0, 0);
    for (int i = 0; i < 30000; i++) {
        uint64_t bits = cd_random_u64(&r);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) check_real(value);
        check_real((double)(int64_t)cd_random_below(&r, 2000000000) / 1000 - 1000000);
    }
    char text[CSV_REAL_TEXT];
    assert_int_equal(csv_real_write(1234.5, text), 6);
    assert_memory_equal(text, "1234.5", 6);
    assert_int_equal(csv_real_write(-0.007, text), 6);
    assert_memory_equal(text, "-0.007", 6);
    assert_int_equal(csv_real_write(0.1, text), 3);
}

static const candour_column columns[] = {
    {.name = "an_id", .type = CANDOUR_ID, .required = true},
    {.name = "text", .type = CANDOUR_TEXT},
    {.name = "number", .type = CANDOUR_INTEGER},
    {.name = "real", .type = CANDOUR_REAL},
    {.name = "yes", .type = CANDOUR_BOOLEAN},
    {.name = "at", .type = CANDOUR_TIME},
    {.name = "month", .type = CANDOUR_MONTH},
};
static const candour_table table = {.name = "things", .n_columns = 7, .columns = columns, .time_column = 5};

static char folder[] = "/tmp/candour-csv-out-XXXXXX";

static void path_in(char *path, const char *name) { sprintf(path, "%s/%s", folder, name); }

static void rows(void **state)
{
    (void)state;
    static const char *const texts[] = {NULL, "plain", "a,b", "say \"hi\"", "two\nlines", "cr\rhere", " kept ", "\"", "x;y z"};
    enum { N = 9 };
    cd_slice ids[N], text[N];
    int64_t integer[N];
    double real[N];
    for (int i = 0; i < N; i++) {
        ids[i] = cd_slice_of("P1");
        text[i] = cd_slice_of(texts[i]);
        integer[i] = i == 0 ? CANDOUR_UNKNOWN : i == 1 ? INT64_MAX : i == 2 ? INT64_MIN + 1 : 1 - i;
        real[i] = i == 0 ? NAN : i * 0.5;
    }
    int64_t times[N] = {CANDOUR_UNKNOWN}, yes[N] = {CANDOUR_UNKNOWN, 1};
    candour_values values[7] = {{.text = ids}, {.text = text}, {.integer = integer}, {.real = real}, {.integer = yes},
                                {.integer = times}, {0}};
    candour_block block = {.n = N, .values = values};
    char path[256], part[256], got[1024] = "";
    csv_out *out;
    cd_err err = {0};
    path_in(path, "things.csv");
    path_in(part, "things.csv.part");
    assert_int_equal(csv_out_begin(path, &table, &out, &err), CD_OK);
    assert_int_equal(csv_out_rows(out, &block, &err), CD_OK);
    assert_int_equal(access(path, F_OK), -1); /* not there before it is whole */
    uint64_t bytes = csv_out_bytes(out);
    assert_int_equal(csv_out_end(&out, &err), CD_OK);
    assert_null(out);
    assert_int_equal(access(part, F_OK), -1);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(got, 1, sizeof got - 1, file), bytes);
    fclose(file);
    assert_string_equal(got, "an_id,text,number,real,yes,at,month\n"
                             "P1,,,,,,\n"
                             "P1,plain,9223372036854775807,0.5,1,1970-01-01T00:00:00Z,\n"
                             "P1,\"a,b\",-9223372036854775807,1,0,1970-01-01T00:00:00Z,\n"
                             "P1,\"say \"\"hi\"\"\",-2,1.5,0,1970-01-01T00:00:00Z,\n"
                             "P1,\"two\nlines\",-3,2,0,1970-01-01T00:00:00Z,\n"
                             "P1,\"cr\rhere\",-4,2.5,0,1970-01-01T00:00:00Z,\n"
                             "P1,\" kept \",-5,3,0,1970-01-01T00:00:00Z,\n"
                             "P1,\"\"\"\",-6,3.5,0,1970-01-01T00:00:00Z,\n"
                             "P1,x;y z,-7,4,0,1970-01-01T00:00:00Z,\n");
}

/* A text longer than the buffer, then giving the file up. */
static void long_text_and_drop(void **state)
{
    (void)state;
    size_t n = 3 << 20;
    char *wide = malloc(n), path[256], part[256];
    memset(wide, '"', n);
    cd_slice id = cd_slice_of("P1"), text = {wide, (uint32_t)n};
    candour_values values[7] = {{.text = &id}, {.text = &text}};
    candour_block block = {.n = 1, .values = values};
    csv_out *out;
    cd_err err = {0};
    path_in(path, "long.csv");
    path_in(part, "long.csv.part");
    assert_int_equal(csv_out_begin(path, &table, &out, &err), CD_OK);
    uint64_t head = csv_out_bytes(out);
    assert_int_equal(csv_out_rows(out, &block, &err), CD_OK);
    assert_int_equal(csv_out_bytes(out) - head, 3 + 2 * n + 2 + 6);
    csv_out_drop(out);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(access(part, F_OK), -1);
    free(wide);
}

static void a_full_disk(void **state)
{
    (void)state;
    cd_err err = {0};
    csv_out *out;
    char path[256], part[256];
    path_in(path, "full.csv");
    path_in(part, "full.csv.part");
    assert_int_equal(symlink("/dev/full", part), 0);
    assert_int_equal(csv_out_begin(path, &table, &out, &err), CD_OK);
    assert_int_equal(csv_out_end(&out, &err), CD_ESYSTEM);
    assert_non_null(strstr(err.text, "full.csv': No space left on device"));
    csv_out_drop(out);
    assert_int_equal(access(part, F_OK), -1);
}

static void without_memory(void **state)
{
    (void)state;
    char path[256];
    path_in(path, "memory.csv");
    for (int64_t k = 0;; k++) {
        csv_out *out = NULL;
        cd_err err = {0};
        size_t before = cd_memory_now();
        cd_memory_fail_at(k);
        cd_status st = csv_out_begin(path, &table, &out, &err);
        cd_memory_fail_at(-1);
        csv_out_drop(out);
        assert_int_equal(cd_memory_now(), before);
        if (st == CD_OK) break;
        assert_int_equal(st, CD_EMEMORY);
    }
}

static int make_folder(void **state) { return (void)state, mkdtemp(folder) ? 0 : -1; }

static int drop_folder(void **state)
{
    char path[256];
    (void)state;
    path_in(path, "things.csv");
    unlink(path);
    return rmdir(folder); /* what was given up left nothing behind */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reals),       cmocka_unit_test(rows),           cmocka_unit_test(long_text_and_drop),
        cmocka_unit_test(a_full_disk), cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
