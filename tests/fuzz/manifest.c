/* SPDX-License-Identifier: GPL-3.0-or-later
 * manifest.c: any text is refused, or prints back the same. The last line is a hash that no mutation would hit, so a right
 * one is put behind the input as well. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "engine/base/hash.h"
#include "engine/store/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const char *bytes, size_t n)
{
    cd_manifest m = {0};
    cd_buffer again = {0};
    cd_err err = {0};
    if (cd_manifest_parse((cd_slice){bytes, (uint32_t)n}, "manifest", &m, &err) == CD_OK) {
        cd_manifest_print(&m, &again);
        if (again.n != n || memcmp(again.bytes, bytes, n) != 0) abort();
    } else if (!err.text[0]) abort();
    cd_manifest_release(&m);
    cd_buffer_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cd_buffer text = {0};
    look((const char *)data, size);
    cd_buffer_add(&text, data, size);
    cd_buffer_printf(&text, "end %016" PRIx64 "\n", cd_hash64(data, size));
    look(text.bytes, text.n);
    cd_buffer_release(&text);
    return 0;
}
