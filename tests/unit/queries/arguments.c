/* SPDX-License-Identifier: GPL-3.0-or-later
 * arguments.c: what may be typed, what it means, and what is said of what may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "queries/arguments.h"

static const cli_command command = {
    .name = "try",
    .summary = "for the test",
    .example = "candour try x",
    .arguments = {{.name = "STORE", .about = "a store"}, {.name = "FILE", .about = "files", .optional = true, .many = true}},
    .options = {CLI_THREADS,
                CLI_MEMORY,
                CLI_JSON,
                {.name = "table", .argument = "TABLE", .about = "tables", .many = true},
                {.name = "share", .argument = "SHARE", .about = "a share"}},
};

static cd_status parse(cli_run *run, cd_err *err, const char *line)
{
    static char copy[256];
    char *words[16];
    int n = 0;
    strncpy(copy, line, sizeof copy - 1);
    for (char *w = strtok(copy, " "); w; w = strtok(NULL, " ")) words[n++] = w;
    *run = (cli_run){.command = &command};
    *err = (cd_err){0};
    return cli_parse(run, n, words, err);
}

static void in_any_order(void **state)
{
    (void)state;
    static const char *const same[] = {"s f g --threads 3 --json", "--threads=3 s --json f g", "--json --threads 3 -- s f g"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        cli_run run;
        cd_err err;
        uint32_t threads = 0;
        assert_int_equal(parse(&run, &err, same[i]), CD_OK);
        assert_int_equal(run.n_arguments, 3);
        assert_string_equal(run.arguments[2], "g");
        assert_true(cli_given(&run, "json"));
        assert_false(cli_given(&run, "memory"));
        assert_int_equal(cli_threads(&run, &threads, &err), CD_OK);
        assert_int_equal(threads, 3);
        cd_arena_release(&run.arena);
    }
}

static void odd_words(void **state)
{
    (void)state;
    cli_run run;
    cd_err err;
    assert_int_equal(parse(&run, &err, "- -- --json"), CD_OK); /* standard input, and a file with a strange name */
    assert_int_equal(run.n_arguments, 2);
    assert_string_equal(run.arguments[1], "--json");
    assert_false(cli_given(&run, "json"));
    cd_arena_release(&run.arena);
    assert_int_equal(parse(&run, &err, "s --table a --table=b,c"), CD_OK);
    assert_string_equal(cli_value(&run, "table"), "a,b,c");
    cd_arena_release(&run.arena);
    assert_int_equal(parse(&run, &err, "s --share="), CD_OK);
    assert_string_equal(cli_value(&run, "share"), "");
    cd_arena_release(&run.arena);
}

static void what_may_not_be_typed(void **state)
{
    (void)state;
    static const struct {
        const char *line, *said;
    } wrong[] = {
        {"", "its STORE is missing; see `candour try --help`"},
        {"s --thread 3", "no option '--thread'; did you mean '--threads'?"},
        {"s --treads=3", "no option '--treads'; did you mean '--threads'?"},
        {"s --hlep", "no option '--hlep'; did you mean '--help'?"},
        {"s --frobnicate", "no option '--frobnicate'; see `candour try --help`"},
        {"s --threads", "option '--threads' needs its N; see `candour try --help`"},
        {"s --json=yes", "option '--json' takes no value; leave '=yes' away"},
        {"s --threads 1 --threads 2", "option '--threads' is given twice; give it once"},
        {"s -j", "no option '-j'; options here are words, as in '--help'"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cli_run run;
        cd_err err;
        assert_int_equal(parse(&run, &err, wrong[i].line), CD_EUSAGE);
        assert_string_equal(err.text, wrong[i].said);
        cd_arena_release(&run.arena);
    }
}

static void one_word_too_many(void **state)
{
    (void)state;
    static const cli_command one = {.name = "one", .arguments = {{.name = "STORE", .about = "a store"}}};
    char a[] = "a", b[] = "b", *words[] = {a, b};
    cli_run run = {.command = &one};
    cd_err err = {0};
    assert_int_equal(cli_parse(&run, 2, words, &err), CD_EUSAGE);
    assert_string_equal(err.text, "'b' is one word too many; see `candour one --help`");
    cd_arena_release(&run.arena);
}

static void numbers(void **state)
{
    (void)state;
    static const char *const spoilt[] = {"", "x", "-1", "+1", " 1", "1x", "0", "1025", "1.5", "99999999999999999999", "0x10"};
    cd_err err = {0};
    cli_run run = {.command = &command};
    uint32_t threads;
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
        run.values[0] = spoilt[i];
        if (cli_threads(&run, &threads, &err) != CD_EUSAGE) fail_msg("'%s' was taken for a number", spoilt[i]);
        cd_err_clear(&err);
    }
    static const struct {
        const char *text;
        size_t bytes;
    } sizes[] = {{"4096", 4096}, {"512k", 512 << 10}, {"512M", (size_t)512 << 20}, {"2G", (size_t)2 << 30}, {"2GB", (size_t)2 << 30}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t bytes = 0;
        run.values[1] = sizes[i].text;
        assert_int_equal(cli_bytes(&run, "memory", &bytes, &err), CD_OK);
        assert_int_equal(bytes, sizes[i].bytes);
    }
    static const char *const no_sizes[] = {"", "0", "G", "1T", "1Gx", "1B", "-1M", "99999999999G"};
    for (size_t i = 0; i < sizeof no_sizes / sizeof *no_sizes; i++) {
        size_t bytes;
        run.values[1] = no_sizes[i];
        if (cli_bytes(&run, "memory", &bytes, &err) != CD_EUSAGE) fail_msg("'%s' was taken for a size", no_sizes[i]);
        cd_err_clear(&err);
    }
    double share = 0;
    run.values[4] = "0.5";
    assert_int_equal(cli_real(&run, "share", 0, 1, &share, &err), CD_OK);
    assert_true(share == 0.5);
    static const char *const no_shares[] = {"", "0", "1.1", "nan", "inf", "0.5x", "-1"};
    for (size_t i = 0; i < sizeof no_shares / sizeof *no_shares; i++) {
        run.values[4] = no_shares[i];
        if (cli_real(&run, "share", 0, 1, &share, &err) != CD_EUSAGE) fail_msg("'%s' was taken for a share", no_shares[i]);
        cd_err_clear(&err);
    }
}

/* The recursion in the book, slow and obvious. */
static uint32_t check_distance(const char *a, size_t n, const char *b, size_t m)
{
    if (n == 0 || m == 0) return (uint32_t)(n + m);
    uint32_t d = check_distance(a, n - 1, b, m - 1) + (a[n - 1] != b[m - 1]);
    uint32_t away = check_distance(a, n - 1, b, m) + 1, added = check_distance(a, n, b, m - 1) + 1;
    d = away < d ? away : d;
    d = added < d ? added : d;
    if (n > 1 && m > 1 && a[n - 1] == b[m - 2] && a[n - 2] == b[m - 1]) {
        uint32_t swapped = check_distance(a, n - 2, b, m - 2) + 1;
        d = swapped < d ? swapped : d;
    }
    return d;
}

static void distances(void **state)
{
    (void)state;
    /* All pairs of words of up to four letters over two. */
    char words[31][5];
    size_t n = 0;
    for (size_t length = 0; length <= 4; length++)
        for (size_t bits = 0; bits < (size_t)1 << length; bits++, n++)
            for (size_t i = 0; i <= length; i++) words[n][i] = i == length ? '\0' : bits >> i & 1 ? 'b' : 'a';
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            assert_int_equal(cli_distance(words[i], words[j], 9),
                             check_distance(words[i], strlen(words[i]), words[j], strlen(words[j])));
    assert_int_equal(cli_distance("laod", "load", 3), 1);
    assert_int_equal(cli_distance("abcdef", "uvwxyz", 3), 4); /* beyond the limit */
    char lengthy[200];
    memset(lengthy, 'a', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    assert_int_equal(cli_distance(lengthy, "a", 3), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_any_order),      cmocka_unit_test(odd_words), cmocka_unit_test(what_may_not_be_typed),
        cmocka_unit_test(one_word_too_many), cmocka_unit_test(numbers),   cmocka_unit_test(distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
