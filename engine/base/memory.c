/* SPDX-License-Identifier: GPL-3.0-or-later
 * memory.c: allocation with overflow checks, a tally, and a switch for tests that makes the k-th request fail. */
#include "engine/base/memory.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ARENA_BLOCK = 64 * 1024, ALIGN = 16 };
static const size_t HUGE_PAGE = (size_t)2 << 20;

static size_t held, held_peak;
static int64_t fail_at = -1;

static void account(size_t added)
{
    size_t now = __atomic_add_fetch(&held, added, __ATOMIC_RELAXED);
    size_t peak = __atomic_load_n(&held_peak, __ATOMIC_RELAXED);
    while (now > peak &&
           !__atomic_compare_exchange_n(&held_peak, &peak, now, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

static void unaccount(size_t removed) { __atomic_sub_fetch(&held, removed, __ATOMIC_RELAXED); }

size_t cd_memory_now(void) { return __atomic_load_n(&held, __ATOMIC_RELAXED); }
size_t cd_memory_peak(void) { return __atomic_load_n(&held_peak, __ATOMIC_RELAXED); }
void cd_memory_mark(void) { __atomic_store_n(&held_peak, cd_memory_now(), __ATOMIC_RELAXED); }
void cd_memory_fail_at(int64_t k) { __atomic_store_n(&fail_at, k, __ATOMIC_RELAXED); }
bool cd_memory_failed(void) { return __atomic_load_n(&fail_at, __ATOMIC_RELAXED) < 0; }

/* True once, at the request that a test asked to fail. */
static bool told_to_fail(void)
{
    if (__atomic_load_n(&fail_at, __ATOMIC_RELAXED) < 0) return false;
    return __atomic_fetch_sub(&fail_at, 1, __ATOMIC_RELAXED) == 0;
}

static bool product(size_t n, size_t size, size_t *bytes) { return !__builtin_mul_overflow(n, size, bytes); }

static void *no_memory(size_t n, size_t size, cd_err *err)
{
    (void)!cd_fail(err, CD_EMEMORY,
                   "out of memory: %zu x %zu bytes could not be had; free some, or give a smaller --memory", n, size);
    return NULL;
}

void *cd_alloc(size_t n, size_t size, cd_err *err)
{
    size_t bytes;
    if (!product(n, size, &bytes) || told_to_fail()) return no_memory(n, size, err);
    void *p = calloc(1, bytes ? bytes : 1);
    if (!p) return no_memory(n, size, err);
    account(malloc_usable_size(p));
    return p;
}

void *cd_realloc(void *p, size_t n, size_t size, cd_err *err)
{
    size_t bytes;
    if (!product(n, size, &bytes) || told_to_fail()) return no_memory(n, size, err);
    size_t before = p ? malloc_usable_size(p) : 0;
    void *q = realloc(p, bytes ? bytes : 1);
    if (!q) return no_memory(n, size, err);
    unaccount(before);
    account(malloc_usable_size(q));
    return q;
}

void cd_free(void *p)
{
    if (!p) return;
    unaccount(malloc_usable_size(p));
    free(p);
}

cd_status cd_grow(void *array_pointer, size_t *cap, size_t need, size_t size, cd_err *err)
{
    void *p;
    if (need <= *cap) return CD_OK;
    size_t want = *cap ? *cap : 16;
    while (want < need) {
        if (want > SIZE_MAX / 2) return no_memory(need, size, err), CD_EMEMORY;
        want *= 2;
    }
    memcpy(&p, array_pointer, sizeof p); /* a pointer to any kind of pointer */
    p = cd_realloc(p, want, size, err);
    if (!p) return CD_EMEMORY;
    memcpy(array_pointer, &p, sizeof p);
    *cap = want;
    return CD_OK;
}

static size_t whole_pages(size_t bytes)
{
    size_t page = bytes >= HUGE_PAGE ? HUGE_PAGE : 4096;
    return bytes > SIZE_MAX - page ? 0 : (bytes + page - 1) / page * page;
}

void *cd_pages_new(size_t n, size_t size, cd_err *err)
{
    size_t bytes;
    if (!product(n, size, &bytes) || told_to_fail()) return no_memory(n, size, err);
    bytes = whole_pages(bytes ? bytes : 1);
    if (!bytes) return no_memory(n, size, err);
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return no_memory(n, size, err);
    if (bytes >= HUGE_PAGE) madvise(p, bytes, MADV_HUGEPAGE);
    account(bytes);
    return p;
}

void cd_pages_free(void *p, size_t n, size_t size)
{
    if (!p) return;
    size_t bytes = whole_pages(n * size > 0 ? n * size : 1);
    munmap(p, bytes);
    unaccount(bytes);
}

struct cd_arena_block {
    cd_arena_block *before;
    size_t used, cap;
    _Alignas(ALIGN) char bytes[];
};

void *cd_arena_alloc(cd_arena *a, size_t n, size_t size, cd_err *err)
{
    size_t bytes;
    if (!product(n, size, &bytes) || bytes > SIZE_MAX - ARENA_BLOCK) return no_memory(n, size, err);
    bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    cd_arena_block *b = a->last;
    if (!b || b->cap - b->used < bytes) {
        size_t cap = bytes > ARENA_BLOCK ? bytes : ARENA_BLOCK;
        b = cd_alloc(1, sizeof *b + cap, err);
        if (!b) return NULL;
        b->cap = cap;
        b->before = a->last;
        a->last = b;
    }
    void *p = b->bytes + b->used;
    b->used += bytes;
    a->bytes += bytes;
    return p;
}

char *cd_arena_copy(cd_arena *a, const void *bytes, size_t n, cd_err *err)
{
    char *p = n == SIZE_MAX ? NULL : cd_arena_alloc(a, n + 1, 1, err);
    if (!p) return NULL;
    if (n) memcpy(p, bytes, n);
    p[n] = '\0';
    return p;
}

void cd_arena_release(cd_arena *a)
{
    for (cd_arena_block *b = a->last, *before; b; b = before) {
        before = b->before;
        cd_free(b);
    }
    *a = (cd_arena){0};
}

void cd_buffer_add(cd_buffer *b, const void *bytes, size_t n)
{
    if (b->status != CD_OK) return;
    if (n >= SIZE_MAX / 2 - b->n) {
        b->status = CD_EMEMORY;
        return;
    }
    b->status = cd_grow(&b->bytes, &b->cap, b->n + n + 1, 1, NULL);
    if (b->status != CD_OK) return;
    if (n) memcpy(b->bytes + b->n, bytes, n);
    b->n += n;
    b->bytes[b->n] = '\0';
}

void cd_buffer_printf(cd_buffer *b, const char *format, ...)
{
    char small[512];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (n < 0) b->status = CD_EMEMORY;
    else if ((size_t)n < sizeof small) cd_buffer_add(b, small, (size_t)n);
    else if (b->status == CD_OK) {
        b->status = cd_grow(&b->bytes, &b->cap, b->n + (size_t)n + 1, 1, NULL);
        if (b->status == CD_OK) {
            vsnprintf(b->bytes + b->n, (size_t)n + 1, format, again);
            b->n += (size_t)n;
        }
    }
    va_end(again);
}

void cd_buffer_release(cd_buffer *b)
{
    cd_free(b->bytes);
    *b = (cd_buffer){0};
}
