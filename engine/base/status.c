/* SPDX-License-Identifier: GPL-3.0-or-later
 * status.c: keeps the first failure's words. */
#include "engine/base/status.h"

#include <stdio.h>
#include <string.h>

static void keep(cd_err *err, cd_status status, const char *format, va_list args)
{
    if (!err || err->status != CD_OK) return;
    err->status = status;
    vsnprintf(err->text, sizeof err->text, format, args);
    /* One failure is one line, whatever bytes a hostile name brought along. */
    for (char *c = err->text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
}

cd_status cd_fail(cd_err *err, cd_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    keep(err, status, format, args);
    va_end(args);
    return status;
}

cd_status cd_fail_errno(cd_err *err, int number, const char *format, ...)
{
    char text[CD_ERR_TEXT], reason[128] = "";
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *said = strerror_r(number, reason, sizeof reason); /* the GNU one: it returns the text */
    return cd_fail(err, CD_ESYSTEM, "%s: %s", text, said);
}

void cd_err_clear(cd_err *err)
{
    if (!err) return;
    err->status = CD_OK;
    err->text[0] = '\0';
}

void cd_lowest_note(cd_lowest *lowest, uint64_t index, cd_status status, const cd_err *err)
{
    if (status == CD_OK) return;
    #pragma omp critical(cd_lowest)
    if (lowest->err.status == CD_OK || index < lowest->index) {
        lowest->index = index;
        lowest->err = *err;
        lowest->err.status = status;
    }
}

cd_status cd_lowest_status(const cd_lowest *lowest, cd_err *err)
{
    if (lowest->err.status == CD_OK) return CD_OK;
    return cd_fail(err, lowest->err.status, "%s", lowest->err.text);
}
