/* SPDX-License-Identifier: GPL-3.0-or-later
 * image.c: composes segment files and manifests by hand. Slow and plain, and sure of itself: what fails here is a fault of
 * the test and ends it. */
#include "tests/support/image.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/store/snapshot.h"

static void must(bool good, const char *what)
{
    if (good) return;
    fprintf(stderr, "image: %s\n", what);
    abort();
}

static void *copy(const void *bytes, size_t n)
{
    void *p = cd_alloc(n, 1, NULL);
    must(p != NULL, "out of memory");
    if (n) memcpy(p, bytes, n);
    return p;
}

image_array *image_get(image *im, const char *path)
{
    for (uint32_t i = 0; i < im->n_arrays; i++)
        if (strcmp(im->arrays[i].path, path) == 0) return &im->arrays[i];
    return NULL;
}

void image_put(image *im, const char *path, cd_array_type type, uint64_t n, int64_t base, const void *data)
{
    image_array *a = image_get(im, path);
    if (!a) {
        must(im->n_arrays < IMAGE_MOST, "too many arrays");
        a = &im->arrays[im->n_arrays++];
        snprintf(a->path, sizeof a->path, "%s", path);
    }
    cd_free(a->data);
    a->type = type, a->n = n, a->base = base;
    a->data = copy(data, n * cd_array_type_bytes(type));
}

void image_drop(image *im, const char *path)
{
    image_array *a = image_get(im, path);
    must(a != NULL, path);
    cd_free(a->data);
    *a = im->arrays[--im->n_arrays];
}

cd_directory_table *image_table(image *im, const char *name)
{
    for (uint32_t i = 0; i < im->n_tables; i++)
        if (cd_slice_equal(im->tables[i].name, cd_slice_of(name))) return &im->tables[i];
    must(false, name);
    return NULL;
}

void image_release(image *im)
{
    for (uint32_t i = 0; i < im->n_arrays; i++) cd_free(im->arrays[i].data);
    *im = (image){0};
}

void image_ids(image *im, const char *kind, uint64_t first, uint32_t n, const char *const *ids)
{
    char path[96];
    cd_buffer bytes = {0};
    uint32_t offsets[64] = {0}, index[96], slots = n + n / 8 + 1, stride = (uint32_t)strlen(ids[0]);
    must(n < 64, "too many ids");
    memset(index, 0xff, sizeof index);
    for (uint32_t i = 0; i < n; i++) {
        cd_buffer_add(&bytes, ids[i], strlen(ids[i]));
        offsets[i + 1] = (uint32_t)bytes.n;
        if (strlen(ids[i]) != stride) stride = 0;
        uint64_t slot = (cd_hash64(ids[i], strlen(ids[i])) >> 32) * slots >> 32;
        while (index[slot] != CD_NONE) slot = (slot + 1) % slots;
        index[slot] = i;
    }
    snprintf(path, sizeof path, "kinds/%s/bytes", kind);
    image_put(im, path, CD_U8, bytes.n, 0, bytes.bytes);
    if (stride == 0) {
        snprintf(path, sizeof path, "kinds/%s/offsets", kind);
        image_put(im, path, CD_U32, n + 1, 0, offsets);
    }
    snprintf(path, sizeof path, "kinds/%s/index", kind);
    image_put(im, path, CD_U32, slots, 0, index);
    im->kinds[im->n_kinds++] = (cd_directory_kind){cd_slice_of(kind), first, n, stride};
    cd_buffer_release(&bytes);
}

void image_texts(image *im, const char *table, const char *column, uint32_t n, const char *const *texts)
{
    char path[96];
    cd_buffer bytes = {0};
    uint32_t offsets[64] = {0};
    must(n < 64, "too many texts");
    for (uint32_t i = 0; i < n; i++) {
        cd_buffer_add(&bytes, texts[i], strlen(texts[i]));
        offsets[i + 1] = (uint32_t)bytes.n;
    }
    snprintf(path, sizeof path, "tables/%s/text/%s/offsets", table, column);
    image_put(im, path, CD_U32, n + 1, 0, offsets);
    snprintf(path, sizeof path, "tables/%s/text/%s/bytes", table, column);
    image_put(im, path, CD_U8, bytes.n, 0, bytes.bytes);
    cd_buffer_release(&bytes);
}

static void bit_put(uint64_t *words, uint64_t at, uint64_t value, uint32_t width)
{
    for (uint32_t b = 0; b < width; b++)
        if (value >> b & 1) words[(at + b) / 64] |= (uint64_t)1 << (at + b) % 64;
}

void image_lines(image *im, const char *table, uint64_t n, const uint32_t *lines)
{
    char path[96];
    uint64_t n_blocks = (n + 63) / 64, n_words = 0;
    uint32_t *base = cd_alloc(n_blocks, sizeof *base, NULL);
    uint8_t *width = cd_alloc(n_blocks, 1, NULL);
    uint64_t *start = cd_alloc((n_blocks + 63) / 64, sizeof *start, NULL);
    uint64_t *words = cd_alloc(n_blocks * 34, sizeof *words, NULL);
    for (uint64_t b = 0; b < n_blocks; b++) {
        uint64_t zigzag[64] = {0};
        uint32_t w = 0;
        for (uint64_t i = 1; i < 64 && b * 64 + i < n; i++) {
            int64_t x = (int64_t)lines[b * 64 + i] - (int64_t)lines[b * 64 + i - 1];
            zigzag[i] = x < 0 ? (uint64_t)(-x) * 2 - 1 : (uint64_t)x * 2;
            while (zigzag[i] >> w) w++;
        }
        base[b] = lines[b * 64], width[b] = (uint8_t)w;
        if (b % 64 == 0) start[b / 64] = n_words;
        for (uint64_t i = 0; i < 64; i++) bit_put(words + n_words, i * w, zigzag[i], w);
        n_words += w;
    }
    snprintf(path, sizeof path, "tables/%s/line/base", table), image_put(im, path, CD_U32, n_blocks, 0, base);
    snprintf(path, sizeof path, "tables/%s/line/width", table), image_put(im, path, CD_U8, n_blocks, 0, width);
    snprintf(path, sizeof path, "tables/%s/line/start", table);
    image_put(im, path, CD_U64, (n_blocks + 63) / 64, 0, start);
    snprintf(path, sizeof path, "tables/%s/line/words", table);
    image_put(im, path, CD_U64, n_words ? n_words : 1, 0, words);
    cd_free(base), cd_free(width), cd_free(start), cd_free(words);
}

#define PUT(path, type, base, ...)                                                                                     \
    do {                                                                                                               \
        IMAGE_##type data_[] = __VA_ARGS__;                                                                            \
        image_put(im, path, CD_##type, sizeof data_ / sizeof *data_, base, data_);                                     \
    } while (0)
#define IMAGE_U8 static const uint8_t
#define IMAGE_U16 static const uint16_t
#define IMAGE_U32 static const uint32_t
#define IMAGE_U64 static const uint64_t

static void small_accesses(image *im)
{
    static const uint32_t lines[] = {2, 3, 9, 4, 7};
    /* A: C1 at 1000, C2 at 1000, C1 at 1005; CCC: C3 at an action unknown, C1 at 1002. */
    im->tables[im->n_tables++] = (cd_directory_table){cd_slice_of("accesses"), 5, 3, 3, 1000, 1005};
    PUT("tables/accesses/offsets", U64, 0, {0, 3, 3, 5});
    PUT("tables/accesses/right", U32, 0, {0, 1, 0, 2, 0});
    PUT("tables/accesses/column/at", U8, 1000, {0, 0, 5, 1, 2});
    PUT("tables/accesses/column/action", U8, 0, {1, 0, 1, 255, 0});
    image_texts(im, "accesses", "action", 2, (const char *const[]){"print", "view"});
    PUT("tables/accesses/reverse/offsets", U64, 0, {0, 3, 4, 5});
    PUT("tables/accesses/reverse/left", U32, 0, {0, 2, 0, 0, 2});
    PUT("tables/accesses/reverse/row", U32, 0, {0, 4, 2, 1, 3});
    PUT("tables/accesses/source", U8, 0, {0, 0, 0, 0, 0});
    image_lines(im, "accesses", 5, lines);
}

static void small_officers(image *im)
{
    static const uint32_t lines[] = {2, 3, 4};
    /* A: undated, in unit X under BB; A as of 500, in unit Y; CCC: undated, nothing known. */
    im->tables[im->n_tables++] = (cd_directory_table){cd_slice_of("officers"), 3, 2, 0, 500, 500};
    PUT("tables/officers/keys", U32, 0, {0, 2});
    PUT("tables/officers/offsets", U64, 0, {0, 2, 3});
    PUT("tables/officers/column/unit", U8, 0, {0, 1, 255});
    image_texts(im, "officers", "unit", 2, (const char *const[]){"X", "Y"});
    PUT("tables/officers/column/manager", U8, 1, {0, 255, 255});
    PUT("tables/officers/column/as_of", U8, 500, {255, 0, 255});
    PUT("tables/officers/source", U8, 1, {0, 0, 0});
    image_lines(im, "officers", 3, lines);
}

void image_small(image *im)
{
    static const char sources[] =
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff 1 accesses 100 6 1 accesses.csv\n"
        "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff 1 officers 50 3 0 the%20officers.csv\n";
    static const char loads[] = "1 1700000000 8 2\n";
    *im = (image){.n_sources = 2, .n_loads = 1};
    image_ids(im, "officer", 0, 3, (const char *const[]){"A", "BB", "CCC"});
    image_ids(im, "case", 0, 3, (const char *const[]){"C1", "C2", "C3"});
    small_officers(im);
    small_accesses(im);
    image_put(im, "sources", CD_U8, sizeof sources - 1, 0, sources);
    image_put(im, "loads", CD_U8, sizeof loads - 1, 0, loads);
}

uint8_t *image_bytes(const image *im, cd_manifest_file *line)
{
    cd_array arrays[IMAGE_MOST] = {0};
    cd_directory d = {.n_sources = im->n_sources, .n_loads = im->n_loads, .n_kinds = im->n_kinds,
                      .n_tables = im->n_tables, .n_arrays = im->n_arrays,
                      .kinds = (cd_directory_kind *)(uintptr_t)im->kinds,
                      .tables = (cd_directory_table *)(uintptr_t)im->tables, .arrays = arrays};
    cd_buffer text = {0};
    uint64_t at = 64, directory_at = 64, bytes;
    /* The directory stands before the arrays, in room enough, so that a tight file can end with an array. */
    at += (uint64_t)(im->n_arrays + im->n_kinds + im->n_tables + 8) * 160;
    for (uint32_t i = 0; i < im->n_arrays; i++) {
        const image_array *a = &im->arrays[i];
        uint64_t n = a->n * cd_array_type_bytes(a->type);
        at = (at + 7) / 8 * 8;
        if (im->tight && i + 1 == im->n_arrays) at = (at + n + 4095) / 4096 * 4096 - n;
        arrays[i] = (cd_array){.path = cd_slice_of(a->path), .type = a->type, .at = at, .n = a->n, .base = a->base,
                               .checksum = a->keep_checksum ? a->checksum : cd_checksum(a->data, n)};
        at += n;
    }
    bytes = im->tight ? at : at + 11;
    uint8_t *file = cd_alloc(bytes, 1, NULL);
    must(file != NULL, "out of memory");
    memset(file, 0xa5, bytes);
    for (uint32_t i = 0; i < im->n_arrays; i++)
        memcpy(file + arrays[i].at, im->arrays[i].data, arrays[i].n * cd_array_type_bytes(arrays[i].type));
    cd_directory_print(&d, &text); /* once for its length: the hash has always 16 digits */
    d.metadata_hash = cd_metadata_hash(file, bytes, arrays, d.n_arrays, directory_at, text.n);
    size_t n_text = text.n;
    text.n = 0;
    cd_directory_print(&d, &text);
    must(text.status == CD_OK && text.n == n_text, "the directory");
    memcpy(file + directory_at, text.bytes, text.n);
    *line = (cd_manifest_file){.bytes = bytes, .directory_at = directory_at, .directory_bytes = text.n,
                               .directory_hash = cd_hash64(text.bytes, text.n)};
    cd_buffer_release(&text);
    return file;
}

#define IMAGE_NAME "/candour-image-"

char *folder_new(void)
{
    char name[64], path[80];
    snprintf(name, sizeof name, "%s" IMAGE_NAME "XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    must(mkdtemp(name) != NULL, "no folder");
    snprintf(path, sizeof path, "%s/segments", name);
    must(mkdir(path, 0777) == 0, "no segments/");
    return copy(name, strlen(name) + 1);
}

void folder_remove(char *store)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", store);
    must(strstr(store, IMAGE_NAME) && system(command) == 0, "the folder stays");
    cd_free(store);
}

void file_write(const char *store, const char *folder, const char *name, const void *bytes, size_t n)
{
    char *path = cd_store_path(store, folder, name, NULL);
    FILE *f = fopen(path, "wb");
    must(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0, path);
    cd_free(path);
}

void image_store(const char *store, image *const *images, uint32_t n)
{
    cd_manifest_file files[16];
    cd_manifest m = {
        .snapshot = n, .load = n, .next = n + 1, .presence = CD_PRESENCE_UNSET, .n_files = n, .files = files};
    cd_buffer text = {0};
    must(n <= 16, "too many files");
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *bytes = image_bytes(images[i], &files[i]);
        snprintf(files[i].name, sizeof files[i].name, "%06" PRIu32 ".h5", i + 1);
        file_write(store, "segments", files[i].name, bytes, files[i].bytes);
        cd_free(bytes);
    }
    cd_manifest_print(&m, &text);
    file_write(store, NULL, "manifest", text.bytes, text.n);
    cd_buffer_release(&text);
}
