/* SPDX-License-Identifier: GPL-3.0-or-later
 * snapshot_grow.c: see snapshot_grow.h. */
#include "engine/store/snapshot_grow.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/base/write.h"
#include "engine/store/folder.h"
#include "engine/store/ontology.h"

static void count(cd_snapshot *s, const cd_segment *segment)
{
    s->n_sources += segment->n_sources, s->n_loads += segment->n_loads;
    for (uint32_t k = 0; k < s->ontology->n_kinds; k++) s->n_ids[k] += segment->kinds[k].ids.n;
}

cd_status cd_snapshot_append(cd_snapshot *s, const cd_manifest_file *file, cd_err *err)
{
    cd_status st = CD_OK;
    size_t n = (size_t)s->n_segments + 1;
    cd_manifest_file *files = cd_realloc(s->manifest.files, n, sizeof *files, err);
    if (!files) CD_TRY(CD_EMEMORY);
    s->manifest.files = files;
    cd_segment *segments = cd_realloc(s->segments, n, sizeof *segments, err);
    if (!segments) CD_TRY(CD_EMEMORY);
    s->segments = segments;
    if (n > CD_MAX_FILES)
        CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' has %zu files, the most there may be; compact it first", s->path, n));
    segments[n - 1] = (cd_segment){0};
    CD_TRY(cd_segment_open(s->path, file, s->ontology, s->n_ids, &segments[n - 1], err));
    files[n - 1] = *file;
    s->n_segments = s->manifest.n_files = (uint32_t)n;
    count(s, &segments[n - 1]);
done:
    return st;
}

static cd_status write_whole(const char *path, const cd_buffer *text, cd_err *err)
{
    cd_status st = CD_OK;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return cd_fail_errno(err, errno, "cannot write '%s'", path);
    int failed = cd_write_all(fd, text->bytes, text->n);
    if (failed) CD_TRY(cd_fail_errno(err, failed, "cannot write '%s'", path));
    if (fsync(fd) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot sync '%s'", path));
done:
    close(fd);
    return st;
}

/* The files again, with the tables of the new ontology. */
static cd_status reopen(cd_snapshot *s, const candour_ontology *before, const candour_ontology *now, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t *n_ids = NULL;
    uint32_t n = s->n_segments;
    CD_NEW(n_ids, now->n_kinds);
    cd_free(s->n_ids);
    s->n_ids = n_ids;
    for (uint32_t i = 0; i < n; i++) cd_segment_close(&s->segments[i], before);
    s->ontology = now, s->n_segments = 0, s->n_sources = s->n_loads = 0;
    for (uint32_t i = 0; i < n; i++) {
        s->segments[i] = (cd_segment){0};
        CD_TRY(cd_segment_open(s->path, &s->manifest.files[i], now, s->n_ids, &s->segments[i], err));
        s->n_segments++;
        count(s, &s->segments[i]);
    }
done:
    return st;
}

cd_status cd_snapshot_extend(cd_snapshot *s, const char *yaml_path, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer text = {0};
    char *copy = NULL, what[CD_ERR_TEXT];
    const candour_ontology *now = NULL;
    cd_manifest *m = &s->manifest;
    bool found;
    CD_TRY(cd_file_read(yaml_path, CD_MAX_ONTOLOGY_FILE, &text, &found, err));
    if (!found) CD_TRY(cd_fail(err, CD_EINPUT, "there is no ontology file '%s'; name another", yaml_path));
    uint64_t hash = cd_hash64(text.bytes, text.n);
    if (m->ontology[0] && m->ontology_hash == hash && m->ontology_bytes == text.n) goto done;
    CD_TRY(cd_ontology_add_text((cd_slice){text.bytes, (uint32_t)text.n}, yaml_path, &s->arena, &now, err));
    if (!cd_ontology_keeps(now, s->ontology, what))
        CD_TRY(cd_fail(err, CD_EUSAGE,
                       "'%s' differs from what '%s' was loaded with (%s): %s; add to that, or load into a new store",
                       yaml_path, s->path, m->ontology, what));
    snprintf(m->ontology, sizeof m->ontology, "ontology-%016" PRIx64 ".yaml", hash);
    m->ontology_bytes = text.n, m->ontology_hash = hash;
    copy = cd_store_path(s->path, NULL, m->ontology, err);
    if (!copy) CD_TRY(CD_EMEMORY);
    CD_TRY(write_whole(copy, &text, err));
    CD_TRY(cd_folder_sync(s->path, err)); /* its name is to be on disk before a manifest says it */
    CD_TRY(reopen(s, s->ontology, now, err));
done:
    cd_buffer_release(&text);
    cd_free(copy);
    return st;
}
