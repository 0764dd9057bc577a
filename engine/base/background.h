/* SPDX-License-Identifier: GPL-3.0-or-later
 * background.h: one piece of work that goes on beside its owner: what is made is written while the next is being made.
 */
#ifndef CD_BASE_BACKGROUND_H
#define CD_BASE_BACKGROUND_H

#include <pthread.h>

#include "engine/base/status.h"

typedef cd_status cd_background_work(void *context, cd_err *err);

/* Zero-initialise. Whatever was begun must be waited for before what it works on goes away. */
typedef struct {
    pthread_t thread;
    bool running;
    cd_background_work *work;
    void *context;
    cd_status st;
    cd_err err;
} cd_background;

/* Begins; nothing else may be under way. The work has one thread; where its owner has no more than that, or no other
 * can be had, it is done before this returns. */
void cd_background_begin(cd_background *b, cd_background_work *work, void *context);
/* Waits for it, if it was begun, and says how it ended. */
CD_CHECKED cd_status cd_background_wait(cd_background *b, cd_err *err);

#endif
