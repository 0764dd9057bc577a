/* SPDX-License-Identifier: GPL-3.0-or-later
 * hash.c: the hashes are the published ones, so that what is on disk can be checked by other programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/hash.h"

static void sha256_of(const char *text, size_t repeat, char out[CD_SHA256_TEXT])
{
    uint8_t digest[CD_SHA256_BYTES];
    cd_sha256 *s = cd_sha256_new(NULL);
    assert_non_null(s);
    for (size_t i = 0; i < repeat; i++) cd_sha256_add(s, text, strlen(text));
    cd_sha256_end(s, digest);
    cd_hex_write(digest, sizeof digest, out);
    cd_sha256_add(s, "abc", 3); /* it starts anew after its end */
    cd_sha256_end(s, digest);
    assert_int_equal(digest[0], 0xba);
    cd_sha256_free(s);
}

/* The examples of FIPS 180-4. */
static void sha256_is_sha256(void **state)
{
    (void)state;
    char hex[CD_SHA256_TEXT];
    sha256_of("abc", 1, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_of("", 1, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_of("a", 1000000, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    cd_sha256_free(NULL);
}

/* XXH3 of nothing with seed 0, as its specification prints it; and a stored format leans on the rest not moving. */
static void xxh3_is_xxh3(void **state)
{
    (void)state;
    assert_int_equal(cd_hash64("", 0), 0x2d06800538d394c2u);
    cd_hash128 h = cd_hash128_of("", 0, 0);
    assert_int_equal(h.lo, 0x6001c324468d497fu);
    assert_int_equal(h.hi, 0x99aa06d3014798d8u);
    cd_hash128 seeded = cd_hash128_of("", 0, 1);
    assert_true(seeded.lo != h.lo && seeded.hi != h.hi);
}

static void hexadecimal(void **state)
{
    (void)state;
    uint8_t bytes[256], back[256];
    char text[513];
    for (size_t i = 0; i < 256; i++) bytes[i] = (uint8_t)i;
    cd_hex_write(bytes, 256, text);
    assert_int_equal(strlen(text), 512);
    assert_true(cd_hex_read(text, 256, back));
    assert_memory_equal(bytes, back, 256);
    assert_false(cd_hex_read("0g", 1, back));
    assert_false(cd_hex_read("G0", 1, back));
    assert_false(cd_hex_read("AB", 1, back)); /* one spelling only */
    assert_false(cd_hex_read("", 1, back));
    assert_false(cd_hex_read("1", 1, back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_is_sha256),
        cmocka_unit_test(xxh3_is_xxh3),
        cmocka_unit_test(hexadecimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
