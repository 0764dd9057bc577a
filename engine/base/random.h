/* SPDX-License-Identifier: GPL-3.0-or-later
 * random.h: counter-based random numbers: a pure function of (seed, purpose, id, draw).
 *
 * No state is shared, so the numbers do not depend on threads or on the order of the work. The generator is two rounds
 * of the SplitMix64 finaliser over a mixed key: it passes as a stream of 2^40 draws per key for simulation and for
 * resampling; it is not for secrets. */
#ifndef CD_BASE_RANDOM_H
#define CD_BASE_RANDOM_H

#include <stdint.h>

/* One stream. Copy it freely; two streams of other (seed, purpose, id) are independent. */
typedef struct {
    uint64_t key, draw;
} cd_random;

static inline uint64_t cd_mix64(uint64_t x)
{
    x ^= x >> 30, x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27, x *= 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static inline cd_random cd_random_of(uint64_t seed, uint64_t purpose, uint64_t id)
{
    uint64_t k = cd_mix64(seed + 0x9e3779b97f4a7c15u);
    k = cd_mix64(k ^ cd_mix64(purpose + 0xd1b54a32d192ed03u));
    return (cd_random){.key = cd_mix64(k ^ cd_mix64(id + 0x8cb92ba72f3d8dd7u)), .draw = 0};
}

static inline uint64_t cd_random_u64(cd_random *r)
{
    return cd_mix64(cd_mix64(r->key + ++r->draw * 0x9e3779b97f4a7c15u) ^ r->key);
}

/* Uniform in [0, 1), 53 bits. */
static inline double cd_random_unit(cd_random *r) { return (double)(cd_random_u64(r) >> 11) * 0x1p-53; }

/* Uniform in [0, n), n >= 1: Lemire's multiply, whose bias is below n / 2^64. */
static inline uint64_t cd_random_below(cd_random *r, uint64_t n)
{
    return (uint64_t)((unsigned __int128)cd_random_u64(r) * n >> 64);
}

#endif
