/* SPDX-License-Identifier: GPL-3.0-or-later
 * byte_source.c: plain, gzip and zstd input of every shape: members and frames in a row, cut, damaged; and its SHA-256. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "loaders/byte_source.h"
#include "tests/support/plain_csv.h"

enum { TEXT_BYTES = 300000 };

/* Text that neither shrinks to nothing nor stays as it is. */
static void make_text(cd_buffer *b, uint64_t seed, size_t n)
{
    cd_random random = cd_random_of(seed, 1, 0);
    for (size_t i = 0; i < n; i++) {
        char c = (char)('a' + (int)cd_random_below(&random, 6));
        cd_buffer_add(b, &c, 1);
    }
}

static void gzip_add(cd_buffer *out, const char *text, size_t n)
{
    z_stream z = {0};
    Bytef *bytes = malloc(n + 1000);
    assert_non_null(bytes);
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)text, z.avail_in = (uInt)n;
    z.next_out = bytes, z.avail_out = (uInt)(n + 1000);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    cd_buffer_add(out, bytes, z.total_out);
    deflateEnd(&z);
    free(bytes);
}

static void zstd_add(cd_buffer *out, const char *text, size_t n)
{
    size_t cap = ZSTD_compressBound(n);
    char *bytes = malloc(cap);
    assert_non_null(bytes);
    size_t got = ZSTD_compress(bytes, cap, text, n, 1);
    assert_false(ZSTD_isError(got));
    cd_buffer_add(out, bytes, got);
    free(bytes);
}

/* Reads it all in pieces of `piece` bytes; *got is to be released. */
static cd_status read_all(const cd_buffer *packed, size_t piece, cd_buffer *got, uint8_t sha256[CD_SHA256_BYTES], cd_err *err)
{
    cd_status st = CD_OK;
    char path[64], *bytes = malloc(piece);
    int fd;
    size_t n;
    byte_source *source = NULL;
    memory_file(packed->bytes, packed->n, path, &fd);
    CD_TRY(byte_source_open(path, &source, err));
    assert_int_equal(byte_source_size(source), packed->n);
    do {
        CD_TRY(byte_source_read(source, bytes, piece, &n, err));
        byte_source_hash(source, bytes, n);
        cd_buffer_add(got, bytes, n);
    } while (n == piece);
    CD_TRY(byte_source_read(source, bytes, piece, &n, err));
    assert_int_equal(n, 0); /* the end stays the end */
    assert_int_equal(byte_source_taken(source), packed->n);
    byte_source_sha256(source, sha256);
done:
    byte_source_close(source);
    free(bytes);
    close(fd);
    return st;
}

/* What comes out is `text`, and the hash is that of the bytes as they lie there. */
static void must_give(const cd_buffer *packed, const cd_buffer *text)
{
    static const size_t pieces[] = {1 << 20, 65536, 1000, 7};
    uint8_t want[CD_SHA256_BYTES], got_hash[CD_SHA256_BYTES];
    cd_err err = {0};
    cd_sha256 *sha = cd_sha256_new(&err);
    cd_sha256_add(sha, packed->bytes, packed->n);
    cd_sha256_end(sha, want);
    cd_sha256_free(sha);
    for (size_t i = 0; i < 4; i++) {
        cd_buffer got = {0};
        if (read_all(packed, pieces[i], &got, got_hash, &err) != CD_OK) fail_msg("%s", err.text);
        assert_int_equal(got.n, text->n);
        if (text->n) assert_memory_equal(got.bytes, text->bytes, text->n);
        assert_memory_equal(got_hash, want, CD_SHA256_BYTES);
        cd_buffer_release(&got);
    }
}

typedef void (*packer)(cd_buffer *, const char *, size_t);
static void plain_add(cd_buffer *out, const char *text, size_t n) { cd_buffer_add(out, text, n); }

static void comes_out_whole(void **state)
{
    static const packer packers[] = {plain_add, gzip_add, zstd_add};
    (void)state;
    for (size_t p = 0; p < 3; p++)
        for (size_t n = 0; n <= TEXT_BYTES; n = n < 5 ? n + 1 : n * 9) {
            cd_buffer text = {0}, packed = {0};
            make_text(&text, 1, n);
            packers[p](&packed, text.bytes ? text.bytes : "", text.n);
            must_give(&packed, &text);
            cd_buffer_release(&text);
            cd_buffer_release(&packed);
        }
}

static void members_in_a_row(void **state)
{
    static const packer packers[] = {gzip_add, zstd_add};
    (void)state;
    for (size_t p = 0; p < 2; p++) {
        cd_buffer text = {0}, packed = {0};
        make_text(&text, 2, TEXT_BYTES);
        packers[p](&packed, text.bytes, 100000);
        packers[p](&packed, "", 0);
        packers[p](&packed, text.bytes + 100000, 1);
        packers[p](&packed, text.bytes + 100001, TEXT_BYTES - 100001);
        must_give(&packed, &text);
        cd_buffer_release(&text);
        cd_buffer_release(&packed);
    }
}

/* Cut anywhere, it says so; no cut passes for the whole. */
static void cut_short(void **state)
{
    static const packer packers[] = {gzip_add, zstd_add};
    (void)state;
    for (size_t p = 0; p < 2; p++) {
        cd_buffer text = {0}, packed = {0};
        make_text(&text, 3, 3000);
        packers[p](&packed, text.bytes, text.n);
        for (size_t n = 5; n < packed.n; n++) {
            cd_buffer cut = {.bytes = packed.bytes, .n = n}, got = {0};
            uint8_t sha256[CD_SHA256_BYTES];
            cd_err err = {0};
            assert_int_equal(read_all(&cut, 500, &got, sha256, &err), CD_EINPUT);
            assert_non_null(strstr(err.text, "cut short"));
            cd_buffer_release(&got);
        }
        cd_buffer_release(&text);
        cd_buffer_release(&packed);
    }
}

/* A byte changed: refused, or (where the format has no check) other bytes; never a crash. */
static void damaged(void **state)
{
    static const packer packers[] = {gzip_add, zstd_add};
    (void)state;
    for (size_t p = 0; p < 2; p++) {
        cd_buffer text = {0}, packed = {0};
        size_t n_refused = 0;
        make_text(&text, 4, 2000);
        packers[p](&packed, text.bytes, text.n);
        for (size_t at = 4; at < packed.n; at++) {
            cd_buffer got = {0};
            uint8_t sha256[CD_SHA256_BYTES];
            cd_err err = {0};
            packed.bytes[at] = (char)(packed.bytes[at] ^ 0x41);
            cd_status st = read_all(&packed, 4096, &got, sha256, &err);
            packed.bytes[at] = (char)(packed.bytes[at] ^ 0x41);
            assert_true(st == CD_OK || st == CD_EINPUT);
            n_refused += st != CD_OK;
            cd_buffer_release(&got);
        }
        assert_true(n_refused > 0);
        cd_buffer_release(&text);
        cd_buffer_release(&packed);
    }
}

static void something_after_the_end(void **state)
{
    (void)state;
    cd_buffer packed = {0}, got = {0};
    uint8_t sha256[CD_SHA256_BYTES];
    cd_err err = {0};
    gzip_add(&packed, "text", 4);
    cd_buffer_add(&packed, "not gzip", 8);
    assert_int_equal(read_all(&packed, 100, &got, sha256, &err), CD_EINPUT);
    assert_non_null(strstr(err.text, "is damaged"));
    cd_buffer_release(&packed);
    cd_buffer_release(&got);
}

/* As gzip itself has it: zeros after the last member mean nothing, and anything behind them is no file of ours. */
static void zeros_after_the_end(void **state)
{
    (void)state;
    static char zeros[600000];
    static const size_t paddings[] = {1, 7, 512, 262144, sizeof zeros};
    for (size_t i = 0; i < 5; i++) {
        cd_buffer packed = {0}, text = {0}, got = {0};
        uint8_t sha256[CD_SHA256_BYTES];
        cd_err err = {0};
        cd_buffer_add(&text, "some text", 9);
        gzip_add(&packed, "some", 4);
        gzip_add(&packed, " text", 5);
        cd_buffer_add(&packed, zeros, paddings[i]);
        must_give(&packed, &text);
        gzip_add(&packed, " and more", 9);
        assert_int_equal(read_all(&packed, 100, &got, sha256, &err), CD_EINPUT);
        assert_non_null(strstr(err.text, "more than zeros follows the end of its gzip data"));
        cd_buffer_release(&packed), cd_buffer_release(&text), cd_buffer_release(&got);
    }
}

static void cannot_be_opened(void **state)
{
    (void)state;
    byte_source *source = NULL;
    cd_err err = {0};
    assert_int_equal(byte_source_open("/nowhere/x.csv", &source, &err), CD_ESYSTEM);
    assert_non_null(strstr(err.text, "cannot open '/nowhere/x.csv'"));
    cd_err_clear(&err);
    assert_int_equal(byte_source_open("/", &source, &err), CD_EINPUT);
    assert_non_null(strstr(err.text, "is a folder"));
    assert_null(source);
}

static void gives_memory_back(void **state)
{
    static const packer packers[] = {plain_add, gzip_add, zstd_add};
    (void)state;
    for (size_t p = 0; p < 3; p++) {
        cd_buffer text = {0}, packed = {0};
        make_text(&text, 5, 1000);
        packers[p](&packed, text.bytes, text.n);
        for (int64_t k = 0;; k++) {
            char path[64], bytes[1024];
            int fd;
            size_t n;
            byte_source *source = NULL;
            cd_err err = {0};
            memory_file(packed.bytes, packed.n, path, &fd);
            size_t before = cd_memory_now();
            cd_memory_fail_at(k);
            cd_status st = byte_source_open(path, &source, &err);
            if (st == CD_OK) st = byte_source_read(source, bytes, sizeof bytes, &n, &err);
            cd_memory_fail_at(-1);
            assert_true(st == CD_OK || st == CD_EMEMORY);
            byte_source_close(source);
            close(fd);
            assert_int_equal(cd_memory_now(), before);
            if (st == CD_OK) break;
        }
        cd_buffer_release(&text);
        cd_buffer_release(&packed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_out_whole), cmocka_unit_test(members_in_a_row), cmocka_unit_test(cut_short),
        cmocka_unit_test(damaged), cmocka_unit_test(something_after_the_end), cmocka_unit_test(zeros_after_the_end),
        cmocka_unit_test(cannot_be_opened), cmocka_unit_test(gives_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
