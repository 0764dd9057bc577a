/* SPDX-License-Identifier: GPL-3.0-or-later
 * byte_source.c: plain, gzip (any number of members, RFC 1952) and zstd (any number of frames) by their first bytes,
 * not by the name. */
#include "loaders/byte_source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "engine/base/memory.h"

enum { PACKED_BYTES = 256 * 1024, MAGIC_BYTES = 4 };
typedef enum { PLAIN, GZIP, ZSTD } packing;

struct byte_source {
    const char *name; /* borrowed: for messages */
    int fd;
    packing how;
    uint64_t size, taken;
    cd_sha256 *sha;
    char *packed; /* compressed bytes, or the first bytes of plain ones: [at, n) are still to be used */
    size_t at, n;
    bool begun;                  /* its first bytes were looked at */
    bool (*go_on)(void *context);
    void *context;
    bool disk_ended, mid_member; /* mid_member: a gzip member or zstd frame has begun and not ended */
    bool padding;                /* after the last gzip member: what is left are zeros */
    bool inflating;
    z_stream gz;
    ZSTD_DStream *zstd;
};

/* zlib's memory comes from where all of ours does. */
static voidpf zlib_alloc(voidpf opaque, uInt n, uInt size)
{
    (void)opaque;
    return cd_alloc(n, size, NULL);
}

static void zlib_free(voidpf opaque, voidpf p)
{
    (void)opaque;
    cd_free(p);
}

/* Waits until there is something to read, and asks again and again whether it is still wanted. */
static cd_status wait_for_more(const byte_source *s, cd_err *err)
{
    enum { EVERY_MS = 100 };
    struct pollfd more = {.fd = s->fd, .events = POLLIN};
    do {
        if (!s->go_on(s->context))
            return cd_fail(err, CD_ESTOPPED, "stopped while reading '%s'; nothing was loaded", s->name);
    } while (poll(&more, 1, EVERY_MS) == 0 || (more.revents == 0 && errno == EINTR));
    return CD_OK;
}

static cd_status disk_read(byte_source *s, char *into, size_t want, size_t *got, cd_err *err)
{
    *got = 0;
    while (*got < want && !s->disk_ended) {
        if (s->go_on) {
            cd_status st = wait_for_more(s, err);
            if (st != CD_OK) return st;
        }
        ssize_t n = read(s->fd, into + *got, want - *got);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return cd_fail_errno(err, errno, "cannot read '%s'", s->name);
        s->disk_ended = n == 0;
        *got += (size_t)n;
    }
    s->taken += *got;
    return CD_OK;
}

static cd_status refill(byte_source *s, cd_err *err)
{
    s->at = 0;
    cd_status st = disk_read(s, s->packed, PACKED_BYTES, &s->n, err);
    if (st == CD_OK) cd_sha256_add(s->sha, s->packed, s->n);
    return st;
}

static cd_status begin_gzip(byte_source *s, cd_err *err)
{
    s->gz.zalloc = zlib_alloc;
    s->gz.zfree = zlib_free;
    enum { GZIP_ONLY = 16 + MAX_WBITS };
    if (inflateInit2(&s->gz, GZIP_ONLY) != Z_OK)
        return cd_fail(err, CD_EMEMORY, "out of memory for decompressing '%s'", s->name);
    s->inflating = true;
    return CD_OK;
}

static cd_status begin_zstd(byte_source *s, cd_err *err)
{
    s->zstd = ZSTD_createDStream(); /* its stable interface has no say in whose memory it takes: at most a window */
    return s->zstd ? CD_OK : cd_fail(err, CD_EMEMORY, "out of memory for decompressing '%s'", s->name);
}

cd_status byte_source_open(const char *path, byte_source **out, cd_err *err)
{
    cd_status st = CD_OK;
    byte_source *s = NULL;
    struct stat about;

    CD_NEW(s, 1);
    s->fd = -1;
    s->name = strcmp(path, "-") == 0 ? "standard input" : path;
    s->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0) CD_TRY(cd_fail_errno(err, errno, "cannot open '%s'", s->name));
    if (fstat(s->fd, &about) != 0) CD_TRY(cd_fail_errno(err, errno, "cannot look at '%s'", s->name));
    if (S_ISDIR(about.st_mode)) CD_TRY(cd_fail(err, CD_EINPUT, "'%s' is a folder, not a file", s->name));
    s->size = S_ISREG(about.st_mode) ? (uint64_t)about.st_size : 0;
    s->sha = cd_sha256_new(err);
    s->packed = s->sha ? cd_alloc(PACKED_BYTES, 1, err) : NULL;
    if (!s->packed) CD_TRY(CD_EMEMORY);
    if (S_ISREG(about.st_mode)) (void)posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    *out = s, s = NULL;
done:
    byte_source_close(s);
    return st;
}

void byte_source_close(byte_source *s)
{
    if (!s) return;
    if (s->inflating) inflateEnd(&s->gz);
    ZSTD_freeDStream(s->zstd);
    if (s->fd >= 0) close(s->fd);
    cd_sha256_free(s->sha);
    cd_free(s->packed);
    cd_free(s);
}

uint64_t byte_source_size(const byte_source *s) { return s->size; }
uint64_t byte_source_taken(const byte_source *s) { return s->taken; }

void byte_source_ask(byte_source *s, bool (*go_on)(void *context), void *context)
{
    s->go_on = go_on, s->context = context;
}

/* Looks at the first bytes. */
static cd_status begin(byte_source *s, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(disk_read(s, s->packed, MAGIC_BYTES, &s->n, err));
    if (s->n >= 2 && memcmp(s->packed, "\x1f\x8b", 2) == 0) s->how = GZIP;
    else if (s->n == 4 && memcmp(s->packed, "\x28\xb5\x2f\xfd", 4) == 0) s->how = ZSTD;
    if (s->how != PLAIN) cd_sha256_add(s->sha, s->packed, s->n);
    if (s->how == GZIP) CD_TRY(begin_gzip(s, err));
    if (s->how == ZSTD) CD_TRY(begin_zstd(s, err));
    s->begun = true;
done:
    return st;
}

static cd_status read_plain(byte_source *s, char *into, size_t want, size_t *got, cd_err *err)
{
    size_t first = s->n - s->at < want ? s->n - s->at : want;
    memcpy(into, s->packed + s->at, first);
    s->at += first;
    cd_status st = disk_read(s, into + first, want - first, got, err);
    *got += first;
    return st;
}

static cd_status truncated(const byte_source *s, cd_err *err)
{
    return cd_fail(err, CD_EINPUT, "'%s' ends in the middle of its compressed data: it was cut short; copy it again",
                   s->name);
}

/* Zeros after the last member, as tapes and block devices leave them, are no part of the data: gzip ignores them too. */
static cd_status skip_padding(byte_source *s, cd_err *err)
{
    while (s->at < s->n && s->packed[s->at] == 0) s->at++;
    if (s->at == s->n) return CD_OK;
    return cd_fail(err, CD_EINPUT, "'%s' is damaged: more than zeros follows the end of its gzip data; copy it again",
                   s->name);
}

static cd_status read_gzip(byte_source *s, char *into, size_t want, size_t *got, cd_err *err)
{
    for (*got = 0; *got < want;) {
        if (s->at == s->n) {
            cd_status st = refill(s, err);
            if (st != CD_OK) return st;
            if (s->n == 0) return s->mid_member ? truncated(s, err) : CD_OK;
        }
        if (!s->mid_member && s->packed[s->at] == 0) s->padding = true;
        if (s->padding) {
            cd_status st = skip_padding(s, err);
            if (st != CD_OK) return st;
            continue;
        }
        size_t room = want - *got < UINT32_MAX ? want - *got : UINT32_MAX;
        s->gz.next_in = (Bytef *)s->packed + s->at;
        s->gz.avail_in = (uInt)(s->n - s->at);
        s->gz.next_out = (Bytef *)into + *got;
        s->gz.avail_out = (uInt)room;
        s->mid_member = true;
        int rc = inflate(&s->gz, Z_NO_FLUSH);
        s->at = s->n - s->gz.avail_in;
        *got += room - s->gz.avail_out;
        if (rc == Z_STREAM_END) {
            s->mid_member = false; /* another member may follow */
            rc = inflateReset(&s->gz);
        }
        if (rc == Z_MEM_ERROR) return cd_fail(err, CD_EMEMORY, "out of memory for decompressing '%s'", s->name);
        if (rc != Z_OK && rc != Z_BUF_ERROR)
            return cd_fail(err, CD_EINPUT, "'%s' is damaged: its gzip data cannot be read (%s); copy it again", s->name,
                           s->gz.msg ? s->gz.msg : "no reason given");
    }
    return CD_OK;
}

static cd_status read_zstd(byte_source *s, char *into, size_t want, size_t *got, cd_err *err)
{
    for (*got = 0; *got < want;) {
        if (s->at == s->n && !s->disk_ended) {
            cd_status st = refill(s, err);
            if (st != CD_OK) return st;
        }
        ZSTD_inBuffer in = {.src = s->packed, .size = s->n, .pos = s->at};
        ZSTD_outBuffer out = {.dst = into, .size = want, .pos = *got};
        bool dry = in.pos == in.size;
        if (dry && !s->mid_member) return CD_OK;
        size_t rc = ZSTD_decompressStream(s->zstd, &out, &in);
        if (ZSTD_isError(rc))
            return cd_fail(err, CD_EINPUT, "'%s' is damaged: its zstd data cannot be read (%s); copy it again", s->name,
                           ZSTD_getErrorName(rc));
        if (dry && out.pos == *got && s->disk_ended) return truncated(s, err);
        s->mid_member = rc != 0;
        s->at = in.pos;
        *got = out.pos;
    }
    return CD_OK;
}

cd_status byte_source_read(byte_source *s, void *into, size_t want, size_t *got, cd_err *err)
{
    *got = 0;
    cd_status st = s->begun ? CD_OK : begin(s, err);
    if (st != CD_OK) return st;
    switch (s->how) {
    case GZIP: return read_gzip(s, into, want, got, err);
    case ZSTD: return read_zstd(s, into, want, got, err);
    default: return read_plain(s, into, want, got, err);
    }
}

void byte_source_hash(byte_source *s, const void *bytes, size_t n)
{
    if (s->how == PLAIN) cd_sha256_add(s->sha, bytes, n);
}

void byte_source_sha256(byte_source *s, uint8_t sha256[CD_SHA256_BYTES]) { cd_sha256_end(s->sha, sha256); }

cd_status byte_source_sha256_of(const char *path, uint8_t sha256[CD_SHA256_BYTES], cd_err *err)
{
    cd_status st = CD_OK;
    char *bytes = NULL;
    cd_sha256 *sha = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) CD_TRY(cd_fail_errno(err, errno, "cannot open '%s'", path));
    CD_NEW(bytes, PACKED_BYTES);
    sha = cd_sha256_new(err);
    if (!sha) CD_TRY(CD_EMEMORY);
    for (;;) {
        ssize_t n = read(fd, bytes, PACKED_BYTES);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) CD_TRY(cd_fail_errno(err, errno, "cannot read '%s'", path));
        if (n == 0) break;
        cd_sha256_add(sha, bytes, (size_t)n);
    }
    cd_sha256_end(sha, sha256);
done:
    if (fd >= 0) close(fd);
    cd_sha256_free(sha);
    cd_free(bytes);
    return st;
}
