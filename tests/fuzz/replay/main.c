/* SPDX-License-Identifier: GPL-3.0-or-later
 * main.c: runs a fuzz target once over every file of its corpus, for builds without libFuzzer: each crash that was ever
 * found lies there and must stay mended. With files instead of a folder it runs those. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    struct stat s;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &s) != 0) {
        fprintf(stderr, "cannot read '%s': %s\n", path, strerror(errno));
        return 1;
    }
    size_t n = (size_t)s.st_size;
    uint8_t *data = malloc(n ? n : 1); /* exactly as long as the input, so that a sanitizer sees one byte too many */
    if (!data || fread(data, 1, n, file) != n) {
        fprintf(stderr, "cannot read '%s' whole\n", path);
        return 1;
    }
    fclose(file);
    LLVMFuzzerTestOneInput(data, n);
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0, ran = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (!folder) {
            failed |= replay(argv[i]), ran++;
            continue;
        }
        for (struct dirent *e; (e = readdir(folder)) != NULL;) {
            char path[4096];
            if (e->d_name[0] == '.') continue;
            snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
            failed |= replay(path), ran++;
        }
        closedir(folder);
    }
    printf("%d inputs\n", ran);
    return failed || ran == 0;
}
