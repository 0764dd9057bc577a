/* SPDX-License-Identifier: GPL-3.0-or-later
 * policy.c: any policy.yaml is refused in words, or what it says prints, reads back and prints the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/detect/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NAMES = 4 };
static const char *const names[NAMES] = {"unexplained", "offshift", "drift", "coaccess"};
static char path[64];

static void path_remove(void) { unlink(path); }

static void put(const void *bytes, size_t n)
{
    if (!path[0]) {
        snprintf(path, sizeof path, "%s/candour-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        int fd = mkstemp(path);
        if (fd < 0 || close(fd) != 0) abort();
        atexit(path_remove);
    }
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static cd_policy p, back;
    cd_buffer text = {0}, again = {0};
    cd_err err = {0};
    size_t before = cd_memory_now();
    cd_policy_init(&p);
    cd_policy_init(&back);
    put(data, size);
    if (cd_policy_read(&p, path, names, NAMES, &err) == CD_OK) {
        for (uint32_t i = 0; i < CD_POLICY_NUMBERS; i++)
            if (!(p.number[i] >= cd_policy_entries()[i].lo && p.number[i] <= cd_policy_entries()[i].hi)) abort();
        cd_policy_print(&p, names, NAMES, size % 2, &text);
        put(text.bytes, text.n);
        if (cd_policy_read(&back, path, names, NAMES, &err) != CD_OK) abort();
        cd_policy_print(&back, names, NAMES, size % 2, &again);
        if (again.n != text.n || memcmp(again.bytes, text.bytes, text.n) != 0) abort();
    } else if (!err.text[0]) {
        abort();
    }
    cd_buffer_release(&text);
    cd_buffer_release(&again);
    if (cd_memory_now() != before) abort();
    return 0;
}
