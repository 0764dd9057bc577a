/* SPDX-License-Identifier: GPL-3.0-or-later
 * directory.c: any text is refused, or prints back the same. */
#include <stdlib.h>

#include "engine/store/directory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cd_directory d = {0};
    cd_buffer again = {0};
    cd_err err = {0};
    if (cd_directory_parse((cd_slice){(const char *)data, (uint32_t)size}, "f", &d, &err) == CD_OK) {
        cd_directory_print(&d, &again);
        if (again.n != size || memcmp(again.bytes, data, size) != 0) abort();
    } else if (!err.text[0]) abort();
    cd_directory_release(&d);
    cd_buffer_release(&again);
    return 0;
}
