/* SPDX-License-Identifier: GPL-3.0-or-later
 * background.c: a thread for each piece of work: pieces are long beside the making of a thread. */
#include "engine/base/background.h"

#include <omp.h>

static void *run(void *of)
{
    cd_background *b = of;
    omp_set_num_threads(1);
    b->st = b->work(b->context, &b->err);
    return NULL;
}

void cd_background_begin(cd_background *b, cd_background_work *work, void *context)
{
    *b = (cd_background){.work = work, .context = context};
    b->running = omp_get_max_threads() > 1 && pthread_create(&b->thread, NULL, run, b) == 0;
    if (!b->running) b->st = work(context, &b->err);
}

cd_status cd_background_wait(cd_background *b, cd_err *err)
{
    if (b->running) pthread_join(b->thread, NULL);
    b->running = false;
    cd_status st = b->st;
    b->st = CD_OK;
    return st == CD_OK ? CD_OK : cd_fail(err, st, "%s", b->err.text);
}
