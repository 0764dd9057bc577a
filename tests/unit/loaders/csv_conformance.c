/* SPDX-License-Identifier: GPL-3.0-or-later
 * csv_conformance.c: what each kind of CSV becomes, as a table: the file, and its rows and rejects or why it is refused.
 * Rows are those of associations.csv: association_id, kind, name, as_of. Read with 1, 2, 3 and 8 threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/support/plain_csv.h"

typedef struct {
    const char *name, *text;
    size_t n;
    const char *want;    /* the transcript; NULL: refused */
    const char *because; /* what the refusal says */
} conformance;

#define H "association_id,kind,name\n"
#define CASE(name, text, want) {name, text, sizeof(text) - 1, want, NULL}
#define REFUSED(name, text, because) {name, text, sizeof(text) - 1, NULL, because}

static const conformance cases[] = {
    /* RFC 4180, section 2, rule by rule */
    CASE("1: each row on its own line", H "A,person,x\nB,phone,y\n", "2|1:A|6:person|1:x|~\n3|1:B|5:phone|1:y|~\n"),
    CASE("1: CR LF, as the RFC has it", "association_id,kind,name\r\nA,person,x\r\n", "2|1:A|6:person|1:x|~\n"),
    CASE("2: the last row may have no line end", H "A,person,x", "2|1:A|6:person|1:x|~\n"),
    CASE("3: the header may be in any order", "name,association_id\nx,A\n", "2|1:A|~|1:x|~\n"),
    CASE("4: spaces are part of a field", H " A , person,  \n", "2|3: A |7: person|2:  |~\n"),
    CASE("4: too few fields", H "A,person\n", "2 rejected column -1 fields 2: A,person\n"),
    CASE("4: too many fields", H "A,person,x,\n", "2 rejected column -1 fields 4: A,person,x,\n"),
    CASE("5: quoted and plain fields side by side", H "\"A\",person,\"x\"\n", "2|1:A|6:person|1:x|~\n"),
    CASE("5: a quote in a plain field is itself", H "A,person,5\" pipe\n", "2|1:A|6:person|7:5\" pipe|~\n"),
    CASE("6: separators and line ends in quotes", H "A,person,\"a,b\r\nc\nd\re\"\nB,,\n",
         "2|1:A|6:person|10:a,b\r\nc\nd\re|~\n6|1:B|~|~|~\n"),
    CASE("7: a doubled quote is one", H "A,person,\"\"\"x\"\"\"\n", "2|1:A|6:person|3:\"x\"|~\n"),
    CASE("7: a field of one quote", H "A,person,\"\"\"\"\n", "2|1:A|6:person|1:\"|~\n"),
    CASE("an empty quoted field is empty", H "A,\"\",\"\"\n", "2|1:A|~|~|~\n"),
    CASE("text after a closing quote", H "A,person,\"x\"y\nB,,\n", "2 rejected column 2 quote 0: \"x\"y\n3|1:B|~|~|~\n"),
    CASE("a blank after a closing quote", H "A,person,\"x\" \n", "2 rejected column 2 quote 0: \"x\" \n"),
    CASE("a blank before a quote", H "A,person, \"x\"\n", "2|1:A|6:person|4: \"x\"|~\n"),
    CASE("quotes in the header", "\"association_id\",\"na\"\"me\",name\nA,x,y\n", "2|1:A|~|1:y|~\n"),
    /* Line ends */
    CASE("CR alone", "association_id,name\rA,x\rB,y\r", "2|1:A|~|1:x|~\n3|1:B|~|1:y|~\n"),
    CASE("LF, CR LF and CR in one file", "association_id,name\r\nA,x\nB,y\rC,z", "2|1:A|~|1:x|~\n3|1:B|~|1:y|~\n4|1:C|~|1:z|~\n"),
    CASE("CR CR LF: a blank line between", "association_id,name\nA,x\r\r\nB,y\n", "2|1:A|~|1:x|~\n4|1:B|~|1:y|~\n"),
    CASE("blank lines count as lines", H "\n\r\nA,person,x\n\n\nB,,\n\n", "4|1:A|6:person|1:x|~\n7|1:B|~|~|~\n"),
    CASE("a line of blanks is a row", H "  \n", "2 rejected column -1 fields 1:   \n"),
    CASE("a line of separators is a row", H ",,\n", "2 rejected column 0 empty 0: \n"),
    CASE("lines in quotes count", H "A,person,\"\n\n\"\nB,,\nC,\"", "2|1:A|6:person|2:\n\n|~\n5|1:B|~|~|~\n6 rejected column -1 open quote 6: C,\"\n"),
    /* The beginning */
    CASE("a byte order mark", "\xef\xbb\xbf" H "A,person,x\n", "2|1:A|6:person|1:x|~\n"),
    CASE("a byte order mark before a quote", "\xef\xbb\xbf\"association_id\",kind\nA,person\n", "2|1:A|6:person|~|~\n"),
    CASE("blank lines before the header", "\n\r\n" H "A,person,x\n", "4|1:A|6:person|1:x|~\n"),
    CASE("a header alone", H, ""),
    CASE("a header alone, without a line end", "association_id", ""),
    CASE("a column more, of any name", "x,association_id,,\nignored,A,,\n", "2|1:A|~|~|~\n"),
    CASE("two columns more of one name", "x,x,association_id\n1,2,A\n", "2|1:A|~|~|~\n"),
    CASE("what is ignored may be anything", "x,association_id\n\xff\",A\n", "2|1:A|~|~|~\n"),
    REFUSED("an empty file", "", "is empty"),
    REFUSED("blank lines alone", "\n\n\r\n", "is empty"),
    REFUSED("a byte order mark alone", "\xef\xbb\xbf", "is empty"),
    REFUSED("two columns of a known name", "association_id,name,name\nA,x,y\n", "two columns 'name' (2 and 3)"),
    REFUSED("no required column", "id,name\nA,x\n", "no column 'association_id'"),
    REFUSED("nearly the required column", "Association_ID,name\nA,x\n", "but one called 'Association_ID'"),
    REFUSED("a header that is not UTF-8", "association_id,na\xffme\nA,x\n", "column 2 is not UTF-8"),
    REFUSED("a header with text after a quote", "association_id,\"name\"x\nA,x\n", "column 2 is wrongly quoted"),
    REFUSED("a header whose quote never closes", "association_id,\"name\nA,x\n", "line 1: a quote that opens here"),
    /* Excel and its like */
    CASE("sep=; on the first line", "sep=;\r\nassociation_id;name\r\nA;x,y\r\n", "3|1:A|~|3:x,y|~\n"),
    CASE("sep=, changes nothing", "sep=,\nassociation_id,name\nA,x\n", "3|1:A|~|1:x|~\n"),
    CASE("sep= and a tab, after a byte order mark", "\xef\xbb\xbfsep=\t\nassociation_id\tname\nA\tx\n", "3|1:A|~|1:x|~\n"),
    CASE("trailing separators, in the header too", "association_id,name,,\nA,x,,\n", "2|1:A|~|1:x|~\n"),
    REFUSED("semicolons, unannounced", "association_id;name\nA;x\n", "separated by semicolons"),
    REFUSED("tabs, unannounced", "association_id\tname\nA\tx\n", "separated by tabs"),
    REFUSED("UTF-16, little end first", "\xff\xfe" "a\0s\0\n\0", "UTF-16"),
    REFUSED("UTF-16, big end first", "\xfe\xff" "\0a\0s\0\n", "UTF-16"),
    REFUSED("a workbook", "PK\x03\x04\x14\0\x06\0", "Excel workbook"),
    /* Bytes */
    CASE("UTF-8 of two, three and four bytes", H "\xc3\xa9,person,\xe2\x82\xac\xf0\x9f\x9a\x93\n", "2|2:\xc3\xa9|6:person|7:\xe2\x82\xac\xf0\x9f\x9a\x93|~\n"),
    CASE("Latin 1 in a kept cell", H "A,person,caf\xe9\nB,,\n", "2 rejected column 2 utf-8 0: caf\xe9\n3|1:B|~|~|~\n"),
    CASE("an overlong slash", H "A,person,\xc0\xaf\n", "2 rejected column 2 utf-8 0: \xc0\xaf\n"),
    CASE("half a surrogate pair", H "A,person,\xed\xa0\x80\n", "2 rejected column 2 utf-8 0: \xed\xa0\x80\n"),
    CASE("a character cut by the end of its cell", H "A,person,\xe2\x82\n", "2 rejected column 2 utf-8 0: \xe2\x82\n"),
    CASE("control characters are text", H "A,person,\x01\t\x7f\n", "2|1:A|6:person|3:\x01\t\x7f|~\n"),
    /* Cells */
    CASE("an id that is empty", H ",person,x\n", "2 rejected column 0 empty 0: \n"),
    CASE("an id that is empty in quotes", H "\"\",person,x\n", "2 rejected column 0 empty 0: \n"),
    CASE("the first fault in the table's order counts", "as_of,association_id\nno time,\n", "2 rejected column 0 empty 0: \n"),
    CASE("31 February", "association_id,as_of\nA,2026-02-31\n", "2 rejected column 3 no such time 0: 2026-02-31\n"),
    CASE("a time in quotes", "association_id,as_of\nA,\"2026-03-01T07:30:00\"\n", "2|1:A|~|~|1772350200\n"),
    CASE("a date alone is its midnight", "association_id,as_of\nA,2026-03-01\n", "2|1:A|~|~|1772323200\n"),
    CASE("no time at all", "association_id,as_of\nA,01/03/2026\n", "2 rejected column 3 time 0: 01/03/2026\n"),
    CASE("a quote that is never closed", H "A,person,x\nB,\"phone,y\nC,,\n", "2|1:A|6:person|1:x|~\n3 rejected column -1 open quote 3: B,\"phone,y\nC,,\n\n"),
    CASE("a quote never closed after one that spans lines", H "\"A\n\",\"", "2 rejected column -1 open quote 3: \"A\n\",\"\n"),
};

static const candour_table *associations(void)
{
    const candour_ontology *o = candour_ontology_builtin();
    return &o->tables[candour_table_find(o, cd_slice_of("associations"))];
}

static const uint32_t threads[] = {1, 2, 3, 8};

static void conforms(void **state)
{
    const read_rules rules = {0};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t k = 0; k < 4; k++) {
            const conformance *c = &cases[i];
            cd_buffer got = {0};
            cd_err why = {0};
            const table_reader_options how = {.threads = threads[k], .block_bytes = k % 2 ? 7 : 0, .level = csv_level_best()};
            parallel_csv_read(c->text, c->n, associations(), &rules, &how, &got, &why);
            const char *text = got.bytes ? got.bytes : "";
            if (c->want && strcmp(text, c->want) != 0) fail_msg("%s:\n%s(%s) not\n%s", c->name, text, why.text, c->want);
            if (!c->want && strcmp(text, "refused\n") != 0) fail_msg("%s: not refused but\n%s", c->name, text);
            if (!c->want && !strstr(why.text, c->because)) fail_msg("%s: '%s'", c->name, why.text);
            cd_buffer_release(&got);
        }
}

/* A transcript with a NUL in it is compared by its length. */
static void embedded_nul(void **state)
{
    static const char text[] = H "A,person,x\0y\nB\0,,\nC,,\n",
                      want[] = "2 rejected column 2 nul byte 0: x\0y\n3 rejected column 0 nul byte 0: B\0\n4|1:C|~|~|~\n";
    const read_rules rules = {0};
    const table_reader_options how = {.threads = 2, .level = csv_level_best()};
    cd_buffer got = {0};
    cd_err why = {0};
    (void)state;
    parallel_csv_read(text, sizeof text - 1, associations(), &rules, &how, &got, &why);
    assert_int_equal(got.n, sizeof want - 1);
    assert_memory_equal(got.bytes, want, got.n);
    cd_buffer_release(&got);
}

/* ---- Large things ---- */

static void fill(cd_buffer *b, char c, size_t n)
{
    static char many[4096];
    memset(many, c, sizeof many);
    for (; n > sizeof many; n -= sizeof many) cd_buffer_add(b, many, sizeof many);
    cd_buffer_add(b, many, n);
}

static void read_large(const cd_buffer *text, uint32_t n_threads, cd_buffer *got, cd_err *why)
{
    const read_rules rules = {0};
    const table_reader_options how = {.threads = n_threads, .block_bytes = 64 << 10, .level = csv_level_best()};
    parallel_csv_read(text->bytes, text->n, associations(), &rules, &how, got, why);
}

static void field_of_ten_megabytes(void **state)
{
    (void)state;
    for (int quoted = 0; quoted < 2; quoted++) {
        cd_buffer text = {0}, got = {0};
        cd_err why = {0};
        const char *quote = quoted ? "\"" : "";
        cd_buffer_printf(&text, H "A,person,%s", quote);
        fill(&text, 'x', 10 << 20);
        cd_buffer_printf(&text, "%s\nB,,%s\n", quote, quote[0] ? "\"\"" : "");
        read_large(&text, 3, &got, &why);
        assert_int_equal(why.status, CD_OK);
        assert_memory_equal(got.bytes, "2|1:A|6:person|10485760:xxx", 27);
        assert_string_equal(got.bytes + got.n - 14, "~\n3|1:B|~|~|~\n");
        cd_buffer_release(&text);
        cd_buffer_release(&got);
    }
}

/* A row over the limit is a reject with its line, whatever its length; what follows is read, and memory stays within what
 * the limit says. Where it is a quote that is never closed, that is the reason. */
static void row_over_the_limit(void **state)
{
    (void)state;
    for (int shape = 0; shape < 3; shape++)
        for (uint32_t n_threads = 1; n_threads < 4; n_threads++) {
            cd_buffer text = {0}, got = {0}, want = {0};
            cd_err why = {0};
            cd_buffer_printf(&text, H "A,,\nB,%s", shape ? "\n\"" : "");
            fill(&text, 'x', (size_t)CSV_ROW_BYTES_MAX * 3);
            if (shape < 2) cd_buffer_printf(&text, "%s,\nC,,\n", shape ? "\r\n\"" : "");
            cd_buffer_printf(&want, "2|1:A|~|~|~\n");
            if (shape) cd_buffer_printf(&want, "3 rejected column -1 fields 2: B,\n");
            cd_buffer_printf(&want, "%d rejected column -1 %s cut: %s", shape ? 4 : 3,
                             shape < 2 ? "long row 0" : "open quote 4", shape ? "\"" : "B,");
            fill(&want, 'x', shape ? 199 : 198);
            cd_buffer_printf(&want, "\n");
            if (shape < 2) cd_buffer_printf(&want, "%d|1:C|~|~|~\n", shape ? 6 : 4);
            cd_memory_mark();
            size_t before = cd_memory_now();
            read_large(&text, n_threads, &got, &why);
            if (why.status != CD_OK) fail_msg("%s", why.text);
            assert_string_equal(got.bytes, want.bytes);
            assert_true(cd_memory_peak() - before < (size_t)n_threads * 16 * CSV_ROW_BYTES_MAX);
            cd_buffer_release(&text), cd_buffer_release(&got), cd_buffer_release(&want);
        }
}

static void header_over_the_limit(void **state)
{
    (void)state;
    cd_buffer text = {0}, got = {0};
    cd_err why = {0};
    cd_buffer_printf(&text, "association_id,\"");
    fill(&text, 'x', (size_t)CSV_ROW_BYTES_MAX);
    cd_buffer_printf(&text, "\"\nA,,\n");
    read_large(&text, 2, &got, &why);
    assert_int_equal(why.status, CD_EINPUT);
    assert_non_null(strstr(why.text, "line 1: a row of more than 16 MiB begins here; look for a quote that is never closed"));
    cd_buffer_release(&text), cd_buffer_release(&got);
}

static void row_of_the_limit(void **state)
{
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        cd_buffer text = {0}, got = {0};
        cd_err why = {0};
        cd_buffer_printf(&text, H "A,,");
        fill(&text, 'x', CSV_ROW_BYTES_MAX - 4 + over);
        cd_buffer_printf(&text, "\nB,,\n");
        read_large(&text, 2, &got, &why);
        assert_int_equal(why.status, CD_OK);
        assert_memory_equal(got.bytes, over ? "2 rejected column -1 long row 0 cut: A,,xx" : "2|1:A|~|16777212:xx", over ? 42 : 19);
        assert_string_equal(got.bytes + got.n - 12, "3|1:B|~|~|~\n");
        cd_buffer_release(&text);
        cd_buffer_release(&got);
    }
}

static void hundred_thousand_columns(void **state)
{
    enum { COLUMNS = 100000 };
    cd_buffer text = {0}, got = {0};
    cd_err why = {0};
    (void)state;
    for (int i = 0; i < COLUMNS; i++) cd_buffer_printf(&text, "c%d,", i);
    cd_buffer_printf(&text, "association_id\n");
    for (int row = 0; row < 3; row++) {
        fill(&text, ',', COLUMNS - (row == 1));
        cd_buffer_printf(&text, "A%d\n", row);
    }
    read_large(&text, 2, &got, &why);
    assert_int_equal(why.status, CD_OK);
    assert_memory_equal(got.bytes, "2|2:A0|~|~|~\n3 rejected column -1 fields 100000 cut: ,,,", 54);
    assert_string_equal(got.bytes + got.n - 13, "4|2:A2|~|~|~\n");
    cd_buffer_release(&text);
    cd_buffer_release(&got);
}

static cd_status drop_rows(void *context, uint32_t lane, uint64_t sequence, uint32_t n, const uint32_t *line,
                    const candour_values *values, cd_err *err)
{
    (void)context, (void)lane, (void)sequence, (void)n, (void)line, (void)values, (void)err;
    return CD_OK;
}

static cd_status drop_reject(void *context, const row_reject *reject, cd_err *err)
{
    (void)context, (void)reject, (void)err;
    return CD_OK;
}

/* Memory is bounded by blocks and threads, not by the file: not even when all of it is rejected. */
static void memory_does_not_grow_with_the_file(void **state)
{
    size_t peak[2];
    (void)state;
    for (int large = 0; large < 2; large++) {
        cd_buffer text = {0};
        cd_err err = {0};
        char path[64];
        int fd;
        cd_buffer_printf(&text, H);
        for (int i = 0; i < (large ? 2000000 : 200000); i++) cd_buffer_add(&text, "A,b\n", 4);
        memory_file(text.bytes, text.n, path, &fd);
        cd_buffer_release(&text);
        cd_memory_mark();
        size_t before = cd_memory_now();
        byte_source *source;
        table_read_result result;
        const read_rules rules = {0};
        const table_reader_options how = {.threads = 3, .block_bytes = 32 << 10, .level = csv_level_best()};
        const table_sink sink = {.rows = drop_rows, .reject = drop_reject};
        assert_int_equal(byte_source_open(path, &source, &err), CD_OK);
        assert_int_equal(table_read(source, "t", associations(), &rules, &how, &sink, &result, &err), CD_OK);
        assert_int_equal(result.rejected, large ? 2000000 : 200000);
        peak[large] = cd_memory_peak() - before;
        table_read_result_release(&result);
        byte_source_close(source);
        close(fd);
        assert_int_equal(cd_memory_now(), before);
    }
    /* How much waits depends on how the threads run; never on the file, whose two million rejects take over 100 MB. */
    assert_true(peak[0] < 24 << 20);
    assert_true(peak[1] < 24 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conforms),
        cmocka_unit_test(embedded_nul),
        cmocka_unit_test(field_of_ten_megabytes),
        cmocka_unit_test(row_over_the_limit), cmocka_unit_test(header_over_the_limit),
        cmocka_unit_test(row_of_the_limit),
        cmocka_unit_test(hundred_thousand_columns),
        cmocka_unit_test(memory_does_not_grow_with_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
