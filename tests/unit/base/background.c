/* SPDX-License-Identifier: GPL-3.0-or-later
 * background.c: the work is done by the time it was waited for, beside its owner where there are two threads, and what
 * went wrong in it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <omp.h>

#include "engine/base/background.h"

typedef struct {
    pthread_t by;
    uint32_t done;
    bool fails;
} job;

static cd_status work(void *context, cd_err *err)
{
    job *j = context;
    j->by = pthread_self();
    j->done++;
    return j->fails ? cd_fail(err, CD_ESYSTEM, "cannot do job %u", j->done) : CD_OK;
}

static void done_when_waited_for(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        cd_background b = {0};
        job j = {0};
        omp_set_num_threads(threads);
        assert_int_equal(cd_background_wait(&b, NULL), CD_OK); /* nothing was begun */
        for (uint32_t round = 1; round < 20; round++) {
            cd_background_begin(&b, work, &j);
            assert_int_equal(cd_background_wait(&b, NULL), CD_OK);
            assert_int_equal(j.done, round);
            assert_int_equal(pthread_equal(j.by, pthread_self()) == 0, threads == 2);
        }
    }
}

static void tells_what_went_wrong(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        cd_background b = {0};
        cd_err err = {0};
        job j = {.fails = true};
        omp_set_num_threads(threads);
        cd_background_begin(&b, work, &j);
        assert_int_equal(cd_background_wait(&b, &err), CD_ESYSTEM);
        assert_string_equal(err.text, "cannot do job 1");
        assert_int_equal(cd_background_wait(&b, &err), CD_OK); /* once */
        j.fails = false;
        cd_background_begin(&b, work, &j);
        assert_int_equal(cd_background_wait(&b, &err), CD_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(done_when_waited_for),
        cmocka_unit_test(tells_what_went_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
