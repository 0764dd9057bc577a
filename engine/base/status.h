/* SPDX-License-Identifier: GPL-3.0-or-later
 * status.h: how every function of candour says that it failed, and why.
 *
 * A function that can fail returns a cd_status and takes a cd_err last. The lowest layer that knows what went wrong
 * writes the message with cd_fail; those above pass it on. Statuses are few: those a caller acts upon. */
#ifndef CD_BASE_STATUS_H
#define CD_BASE_STATUS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    CD_OK = 0,
    CD_EUSAGE,  /* the caller asked for something that does not exist or does not fit */
    CD_EINPUT,  /* a file that was handed over cannot be read as what it should be */
    CD_ESTORE,  /* the store is damaged, hostile, or of another version */
    CD_ESYSTEM, /* the operating system refused: no file, no permission, no space */
    CD_EMEMORY, /* memory is out, or the budget is too small */
    CD_EBUSY,   /* another writer holds the store */
    CD_ESTOPPED /* the person or the caller asked to stop */
} cd_status;

enum { CD_ERR_TEXT = 1024 };

/* The first failure, in words: what, where, why, what to do. Zero-initialise it. */
typedef struct {
    cd_status status;
    char text[CD_ERR_TEXT];
} cd_err;

#define CD_CHECKED __attribute__((warn_unused_result))
#define CD_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Keeps the first message written into err (which may be NULL) and returns status, so that it can be returned. */
CD_CHECKED cd_status cd_fail(cd_err *err, cd_status status, const char *format, ...) CD_PRINTF(3, 4);
/* As cd_fail, with the system's reason for errno value `number` after the message. */
CD_CHECKED cd_status cd_fail_errno(cd_err *err, int number, const char *format, ...) CD_PRINTF(3, 4);
/* Ready for another try: forgets the message. */
void cd_err_clear(cd_err *err);

/* What failed in a parallel loop: of all failures the one of the lowest index, whichever came first. Zero-initialise. */
typedef struct {
    uint64_t index;
    cd_err err;
} cd_lowest;

/* Notes how iteration `index` ended; from any thread. */
void cd_lowest_note(cd_lowest *lowest, uint64_t index, cd_status status, const cd_err *err);
/* After the loop: CD_OK, or that failure, in *err too. */
CD_CHECKED cd_status cd_lowest_status(const cd_lowest *lowest, cd_err *err);

/* For functions with one way out: `cd_status st = CD_OK;` at the top and a label `done:` at the end. */
#define CD_TRY(call)                                                                                                   \
    do {                                                                                                               \
        st = (call);                                                                                                   \
        if (st != CD_OK) goto done;                                                                                    \
    } while (0)

#endif
