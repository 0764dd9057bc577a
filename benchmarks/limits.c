/* SPDX-License-Identifier: GPL-3.0-or-later
 * limits.c: loops that do nothing but pass over memory, with the widest instructions there are. */
#include "benchmarks/limits.h"

#include <sys/mman.h>

#include "benchmarks/bench.h"

#if defined(__x86_64__)
#define WIDE __attribute__((target_clones("default", "arch=haswell", "arch=skylake-avx512")))
#else
#define WIDE
#endif

enum { LANES = 256, ROUNDS = 255, BLOCK = LANES * ROUNDS };

/* In blocks of so many rounds that a byte can count them. */
WIDE static uint64_t count_block(const char *p)
{
    uint8_t counts[LANES] = {0};
    uint64_t n = 0;
    for (uint32_t r = 0; r < ROUNDS; r++, p += LANES)
        for (uint32_t j = 0; j < LANES; j++) counts[j] = (uint8_t)(counts[j] + (p[j] == '\n'));
    for (uint32_t j = 0; j < LANES; j++) n += counts[j];
    return n;
}

uint64_t limit_count_lines(const char *bytes, size_t n, uint32_t threads)
{
    uint64_t lines = 0;
    size_t n_blocks = n / BLOCK;
    #pragma omp parallel for schedule(static) reduction(+ : lines) num_threads(threads)
    for (size_t i = 0; i < n_blocks; i++) lines += count_block(bytes + i * BLOCK);
    for (size_t i = n_blocks * BLOCK; i < n; i++) lines += bytes[i] == '\n';
    return lines;
}

WIDE static uint64_t sum_block(const uint32_t *p, size_t n)
{
    uint64_t a = 0, b = 0, c = 0, d = 0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) a += p[i], b += p[i + 1], c += p[i + 2], d += p[i + 3];
    for (; i < n; i++) a += p[i];
    return a + b + c + d;
}

uint64_t limit_sum(const uint32_t *numbers, size_t n, uint32_t threads)
{
    enum { NUMBERS = 1 << 16 };
    uint64_t sum = 0;
    size_t n_blocks = (n + NUMBERS - 1) / NUMBERS;
    #pragma omp parallel for schedule(static) reduction(+ : sum) num_threads(threads)
    for (size_t i = 0; i < n_blocks; i++) {
        size_t from = i * NUMBERS;
        sum += sum_block(numbers + from, n - from < NUMBERS ? n - from : NUMBERS);
    }
    return sum;
}

double limit_new_memory(size_t n)
{
    enum { PAGE = 4096 };
    volatile char *memory = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bench_check(memory != MAP_FAILED, "out of memory");
    madvise((void *)(uintptr_t)memory, n, MADV_HUGEPAGE);
    double began = bench_now();
    for (size_t i = 0; i < n; i += PAGE) memory[i] = 1;
    double took = bench_now() - began;
    munmap((void *)(uintptr_t)memory, n);
    return took;
}
