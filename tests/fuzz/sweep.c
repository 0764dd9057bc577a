/* SPDX-License-Identifier: GPL-3.0-or-later
 * sweep.c: whatever stands in the two files of a sweep, it is refused in words or read to its end; never past it.
 *
 * The input is NUMBER.sweep up to its checksum, and then NUMBER.h5. What a mutation cannot hit by chance is made right
 * first: the size, the checksums of the arrays and of the text, the hash of the policy. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/store/directory.h"
#include "engine/sweep/sweep_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64];

static void folder_remove(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) fprintf(stderr, "'%s' stays\n", folder);
}

static void folder_make(void)
{
    char sweeps[96];
    if (folder[0]) return;
    snprintf(folder, sizeof folder, "%s/candour-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder)) abort();
    snprintf(sweeps, sizeof sweeps, "%s/sweeps", folder);
    if (mkdir(sweeps, 0777) != 0) abort();
    atexit(folder_remove);
}

static void put(const char *name, const void *bytes, size_t n)
{
    char path[128];
    snprintf(path, sizeof path, "%s/sweeps/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0) abort();
}

/* One line of the text, with what is in it of the other file made right. */
static void mend_line(const char *line, size_t n, const uint8_t *h5, size_t size, cd_buffer *out)
{
    char text[256], name[64], type[8];
    unsigned long long count, at;
    snprintf(text, sizeof text, "%.*s", (int)n, line);
    if (strncmp(text, "bytes ", 6) == 0) {
        cd_buffer_printf(out, "bytes %zu\n", size);
    } else if (sscanf(text, "array %63s %7s %llu %llu", name, type, &count, &at) == 4) {
        size_t width = strcmp(type, "u8") == 0 ? 1 : strcmp(type, "u32") == 0 ? 4 : 8;
        bool fits = at <= size && count <= (size - at) / width;
        cd_buffer_printf(out, "array %s %s %llu %llu %016" PRIx64 "\n", name, type, count, at,
                         fits ? cd_hash64(h5 + at, count * width) : 0);
    } else {
        cd_buffer_add(out, line, n);
        cd_buffer_add(out, "\n", 1);
    }
}

/* The policy's hash goes by its array, whose line comes later. */
static void mend_policy(cd_buffer *text, const uint8_t *h5, size_t size)
{
    cd_image m = {0};
    char hex[CD_SHA256_TEXT], *line = NULL, *array = NULL;
    unsigned long long count, at;
    cd_buffer_add(text, "", 1);
    if (text->status != CD_OK) return;
    text->n--;
    line = strstr(text->bytes, "\npolicy "), array = strstr(text->bytes, "\narray policy u8 ");
    if (!line || !array || sscanf(array, "\narray policy u8 %llu %llu", &count, &at) != 2) return;
    if (at > size || count > size - at || strcspn(line + 8, "\n") != CD_SHA256_TEXT - 1) return;
    m.policy = (uint8_t *)(uintptr_t)h5 + at, m.n_policy = count;
    if (cd_image_policy_hash(&m, hex, NULL) == CD_OK) memcpy(line + 8, hex, CD_SHA256_TEXT - 1);
}

static void read_officer(const candour_sweep *s, uint32_t o)
{
    candour_smallest smallest;
    candour_ranked who = candour_sweep_officer(s, o);
    cd_err err = {0};
    int64_t begins, alike;
    for (uint32_t f = 0; f < candour_sweep_facts(s).n_families; f++) candour_sweep_ledger(s, o, f, &begins, &alike);
    for (uint32_t i = 0; i < who.n_findings && i < 40; i++) {
        candour_found f = candour_sweep_finding(s, o, i);
        for (uint32_t k = 0; k < f.n_counted; k++) (void)candour_sweep_counted(s, &f, k);
        for (uint32_t k = 0; k < f.n_cited; k++) (void)candour_sweep_cited(s, &f, k);
    }
    if (who.n_findings < 8 && candour_sweep_smallest(s, o, candour_sweep_tier_edge(s, o), &smallest, &err) != CD_OK &&
        !err.text[0])
        abort();
}

static void read_all(const candour_sweep *s)
{
    enum { MOST = 16 };
    candour_sweep_info info = candour_sweep_facts(s);
    uint32_t listed[MOST], n = info.n_officers < MOST ? info.n_officers : MOST, found;
    double clean;
    cd_err err = {0};
    for (uint32_t o = 0; o < n; o++) read_officer(s, o);
    for (uint32_t k = 0; k < n; k++) listed[k] = candour_sweep_queued(s, k + 1);
    for (int lane = CANDOUR_CONDUCT; lane <= CANDOUR_WELFARE; lane++)
        if (candour_sweep_clean(s, (candour_lane)lane, listed, n, info.n_officers, &clean, &err) != CD_OK) abort();
    for (uint32_t d = 0; d < info.n_detectors; d++) (void)candour_sweep_detector(s, d);
    for (uint32_t r = 0; r < info.n_reasons; r++) (void)candour_sweep_reason(s, r);
    for (int t = CANDOUR_TIER_PREVENT; t <= CANDOUR_TIER_URGENT; t++) (void)candour_sweep_level(s, (candour_tier)t);
    (void)candour_sweep_find(s, cd_slice_of("P000001"), &found);
    for (uint32_t c = 1; c <= candour_sweep_clusters(s) && c < 4; c++) {
        candour_cluster *cluster = NULL;
        cd_err_clear(&err);
        if (candour_cluster_new(s, c, &cluster, &err) != CD_OK && !err.text[0]) abort();
        candour_cluster_free(cluster);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char end_line[] = "\nchecksum ";
    candour_sweep *s = NULL;
    candour_sweep_info info;
    cd_buffer text = {0};
    cd_err err = {0};
    const uint8_t *end = memmem(data, size, end_line, sizeof end_line - 1);
    if (!end) return 0;
    const uint8_t *h5 = memchr(end + 1, '\n', size - (size_t)(end + 1 - data));
    if (!h5) return 0;
    size_t bytes = size - (size_t)(++h5 - data);
    for (const uint8_t *line = data; line <= end;) {
        const uint8_t *next = memchr(line, '\n', (size_t)(end - line) + 1);
        mend_line((const char *)line, (size_t)(next - line), h5, bytes, &text);
        line = next + 1;
    }
    mend_policy(&text, h5, bytes);
    cd_buffer_printf(&text, "checksum %016" PRIx64 "\n", cd_hash64(text.bytes, text.n));
    folder_make();
    put("000001.sweep", text.bytes, text.n);
    put("000001.h5", h5, bytes);
    if (candour_sweep_info_of(folder, 1, &info, &err) != CD_OK && !err.text[0]) abort();
    cd_err_clear(&err);
    if (candour_sweep_open(folder, 1, &s, &err) == CD_OK)
        read_all(s);
    else if (!err.text[0])
        abort();
    candour_sweep_close(s);
    cd_buffer_release(&text);
    return 0;
}
