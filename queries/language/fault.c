/* SPDX-License-Identifier: GPL-3.0-or-later
 * fault.c: the first thing found wrong with a query, and its place as people count it. */
#include "queries/language/fault.h"

#include <stdio.h>

cd_status query_fail(query_fault *fault, uint32_t at, const char *type, const char *detail, cd_err *err,
                     const char *format, ...)
{
    char words[CD_ERR_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    if (fault && !fault->type) {
        fault->type = type;
        fault->detail = detail;
        fault->at = at;
    }
    return cd_fail(err, CD_EUSAGE, "%s", words);
}

void query_place(cd_slice text, uint32_t at, uint32_t *line, uint32_t *column)
{
    *line = 1, *column = 1;
    for (uint32_t i = 0; i < at && i < text.n; i++) {
        if (text.bytes[i] == '\n')
            ++*line, *column = 1;
        else if (((unsigned char)text.bytes[i] & 0xc0) != 0x80)
            ++*column;
    }
}
