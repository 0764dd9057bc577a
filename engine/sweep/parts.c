/* SPDX-License-Identifier: GPL-3.0-or-later
 * parts.c: a part is a file of ours alone, STORE/sweeps/KEY-DETECTOR.part:
 *
 *     "candpart" key detector n_findings, then of each finding its fields, words, counts and rows as they are in
 * memory, then XXH3-64 of all that. Read by the machine that wrote it, or not at all: `layout` is part of the key. */
#include "engine/sweep/parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/base/write.h"
#include "engine/store/folder.h"

enum { NAME_BYTES = 64 };
static const uint64_t MOST_BYTES = (uint64_t)4 << 30;

typedef struct {
    char magic[8];
    uint64_t key, detector, n, layout;
} head;

static head head_of(uint64_t key, uint32_t detector, uint64_t n)
{
    return (head){.magic = "candpar",
                  .key = key,
                  .detector = detector,
                  .n = n,
                  .layout = sizeof(cd_finding) << 32 | sizeof(cd_counted) << 16 | sizeof(cd_cited)};
}

static char *path_of(const char *store, uint64_t key, uint32_t detector, const char *end, cd_err *err)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%016" PRIx64 "-%u.part%s", key, detector, end);
    return cd_store_path(store, "sweeps", name, err);
}

cd_status cd_part_write(const char *store, uint64_t key, uint32_t detector, const cd_findings *f, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer all = {0};
    char *path = path_of(store, key, detector, "", err), *new = path_of(store, key, detector, ".new", err);
    char *folder = cd_store_path(store, NULL, "sweeps", err);
    int fd = -1, failed;
    if (!path || !new || !folder) CD_TRY(CD_EMEMORY);
    CD_TRY(cd_folder_make(folder, err));
    head h = head_of(key, detector, f->n);
    cd_buffer_add(&all, &h, sizeof h);
    for (size_t i = 0; i < f->n; i++) {
        const cd_finding *x = &f->list[i];
        uint64_t words = strlen(x->words);
        cd_finding plain = *x;
        plain.words = NULL, plain.counted = NULL, plain.cited = NULL;
        cd_buffer_add(&all, &plain, sizeof plain);
        cd_buffer_add(&all, &words, sizeof words);
        cd_buffer_add(&all, x->words, words);
        if (x->n_counted) cd_buffer_add(&all, x->counted, x->n_counted * sizeof *x->counted);
        if (x->n_cited) cd_buffer_add(&all, x->cited, x->n_cited * sizeof *x->cited);
    }
    uint64_t hash = all.status == CD_OK ? cd_hash64(all.bytes, all.n) : 0;
    cd_buffer_add(&all, &hash, sizeof hash);
    if (all.status != CD_OK) CD_TRY(cd_fail(err, CD_EMEMORY, "out of memory for what a detector found"));
    fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) CD_TRY(cd_fail_errno(err, errno, "cannot make '%s'", new));
    failed = cd_write_all(fd, all.bytes, all.n);
    if (failed) CD_TRY(cd_fail_errno(err, failed, "cannot write '%s'; is the disk full?", new));
    if (rename(new, path) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot name '%s'", path));
done:
    if (fd >= 0) close(fd);
    if (st != CD_OK && new) unlink(new);
    cd_buffer_release(&all);
    cd_free(path);
    cd_free(new);
    cd_free(folder);
    return st;
}

/* The next n bytes of what is left, or NULL. */
static const char *next(cd_slice *rest, uint64_t n)
{
    if (n > rest->n) return NULL;
    const char *at = rest->bytes;
    rest->bytes += n, rest->n -= (uint32_t)n;
    return at;
}

static bool rows_hold(const cd_finding *f, const cd_scene *scene)
{
    const cd_snapshot *s = scene->snapshot;
    for (uint32_t k = 0; k < f->n_cited; k++) {
        const cd_cited *c = &f->cited[k];
        if (c->table >= s->ontology->n_tables || c->segment >= s->n_segments) return false;
        const cd_segment_table *t = s->segments[c->segment].tables[c->table];
        if (!t || c->row >= t->rows) return false;
    }
    return f->officer < scene->officers.n;
}

/* Everything after the head. */
static cd_status findings_read(cd_slice rest, uint64_t n, const cd_scene *scene, cd_findings *out, bool *whole,
                               cd_err *err)
{
    cd_status st = CD_OK;
    for (uint64_t i = 0; i < n; i++) {
        cd_finding plain, *f;
        uint64_t words;
        const char *at = next(&rest, sizeof plain), *text;
        if (!at) return CD_OK;
        memcpy(&plain, at, sizeof plain);
        if (!(at = next(&rest, sizeof words))) return CD_OK;
        memcpy(&words, at, sizeof words);
        if (!(text = next(&rest, words))) return CD_OK;
        const char *counted = next(&rest, (uint64_t)plain.n_counted * sizeof *plain.counted);
        const char *cited = counted ? next(&rest, (uint64_t)plain.n_cited * sizeof *plain.cited) : NULL;
        if (!cited) return CD_OK;
        CD_TRY(cd_finding_add(out, plain.n_counted, plain.n_cited, &f, err));
        plain.counted = f->counted, plain.cited = f->cited;
        *f = plain;
        memcpy(f->counted, counted, plain.n_counted * sizeof *f->counted);
        memcpy(f->cited, cited, plain.n_cited * sizeof *f->cited);
        f->words = cd_arena_copy(&out->arena, text, words, err);
        if (!f->words) CD_TRY(CD_EMEMORY);
        if (!rows_hold(f, scene)) return CD_OK;
    }
    *whole = rest.n == 0;
done:
    return st;
}

cd_status cd_part_read(const char *store, uint64_t key, uint32_t detector, const cd_scene *scene, cd_findings *out,
                       bool *found, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer all = {0};
    bool there = false;
    head h, mine = head_of(key, detector, 0);
    uint64_t hash;
    char *path = path_of(store, key, detector, "", err);
    *found = false;
    if (!path) return CD_EMEMORY;
    CD_TRY(cd_file_read(path, MOST_BYTES, &all, &there, err));
    if (!there || all.n < sizeof h + sizeof hash || all.n > UINT32_MAX) goto done;
    memcpy(&h, all.bytes, sizeof h);
    memcpy(&hash, all.bytes + all.n - sizeof hash, sizeof hash);
    mine.n = h.n;
    if (memcmp(&h, &mine, sizeof h) != 0 || hash != cd_hash64(all.bytes, all.n - sizeof hash)) goto done;
    CD_TRY(findings_read((cd_slice){all.bytes + sizeof h, (uint32_t)(all.n - sizeof h - sizeof hash)}, h.n, scene, out,
                         found, err));
    if (!*found) cd_findings_release(out);
done:
    cd_buffer_release(&all);
    cd_free(path);
    return st;
}

void cd_parts_remove(const char *store)
{
    char *folder = cd_store_path(store, NULL, "sweeps", NULL);
    DIR *d = folder ? opendir(folder) : NULL;
    for (const struct dirent *e; d && (e = readdir(d));) {
        if (!strstr(e->d_name, ".part")) continue;
        char *path = cd_store_path(store, "sweeps", e->d_name, NULL);
        if (path) unlink(path); /* what cannot be removed is made use of by the next sweep of that key, or by none */
        cd_free(path);
    }
    if (d) closedir(d);
    cd_free(folder);
}
