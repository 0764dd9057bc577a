/* SPDX-License-Identifier: GPL-3.0-or-later
 * write.c: all bytes arrive, though the system takes them in parts and signals come between; and what fails says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/write.h"

enum { MANY = 8 << 20 };

static volatile sig_atomic_t signals;
static void count(int number) { (void)number, signals++; }

/* The n-th byte. */
static char byte_at(size_t n) { return (char)(n * 31 + n / 4096); }

/* Reads slowly; ends with 0 where all bytes came in their order. */
static _Noreturn void reader(int fd)
{
    char part[7000];
    size_t at = 0;
    ssize_t n;
    bool good = true;
    while ((n = read(fd, part, sizeof part)) > 0) {
        for (ssize_t i = 0; i < n; i++) good = good && part[i] == byte_at(at++);
        if (at % 3 == 0) usleep(100);
    }
    _exit(good && at == MANY ? 0 : 1);
}

static void through_a_pipe_under_signals(void **state)
{
    (void)state;
    int ends[2], status;
    char *bytes = malloc(MANY);
    assert_non_null(bytes);
    for (size_t i = 0; i < MANY; i++) bytes[i] = byte_at(i);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[1]);
        reader(ends[0]);
    }
    close(ends[0]);
    struct sigaction action = {.sa_handler = count}; /* without SA_RESTART: it interrupts */
    struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    int failed = cd_write_all(ends[1], bytes, MANY);
    setitimer(ITIMER_REAL, &never, NULL);
    close(ends[1]);
    assert_int_equal(failed, 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(signals > 0);
    free(bytes);
}

static void at_a_place(void **state)
{
    (void)state;
    char got[8] = "";
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_int_equal(cd_write_all_at(fileno(f), "world", 5, 2), 0);
    assert_int_equal(cd_write_all_at(fileno(f), "he", 2, 0), 0);
    assert_int_equal(cd_write_all(fileno(f), NULL, 0), 0);
    assert_int_equal(pread(fileno(f), got, sizeof got, 0), 7);
    assert_memory_equal(got, "heworld", 7);
    fclose(f);
}

static void failures(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full >= 0) assert_int_equal(cd_write_all(full, "x", 1), ENOSPC);
    close(full);
    assert_int_equal(cd_write_all(-1, "x", 1), EBADF);
    assert_int_equal(cd_write_all_at(-1, "x", 1, 0), EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(through_a_pipe_under_signals),
        cmocka_unit_test(at_a_place),
        cmocka_unit_test(failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
