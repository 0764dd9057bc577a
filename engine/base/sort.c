/* SPDX-License-Identifier: GPL-3.0-or-later
 * sort.c: short lists by rank, longer ones by quicksort that falls back to heapsort; texts by a radix sort of the eight
 * bytes after their common beginning, which for ids is nearly always the whole answer. */
#include "engine/base/sort.h"

#include <stdlib.h>
#include <string.h>

enum { BY_INSERTION = 4, BY_RANK = 48, LANES = 8 };

static void insertion(uint64_t *a, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t x = a[i];
        size_t j = i;
        for (; j > 0 && a[j - 1] > x; j--) a[j] = a[j - 1];
        a[j] = x;
    }
}

/* Where a number stands is how many are less: n * n comparisons side by side, and no branch that can be guessed wrong.
 * Equal numbers would want one place: then by insertion. */
static void by_rank(uint64_t *a, size_t n)
{
    uint64_t in[BY_RANK], out[BY_RANK], taken = 0;
    size_t whole = (n + LANES - 1) / LANES * LANES;
    for (size_t i = 0; i < whole; i++) in[i] = i < n ? a[i] : UINT64_MAX;
    for (size_t i = 0; i < n; i++) {
        uint64_t x = in[i], rank = 0;
        for (size_t j = 0; j < whole; j += LANES)
            for (size_t k = 0; k < LANES; k++) rank += in[j + k] < x;
        out[rank] = x;
        taken |= (uint64_t)1 << rank;
    }
    if (taken + 1 == (uint64_t)1 << n) memcpy(a, out, n * sizeof *a);
    else insertion(a, n);
}

static void sift(uint64_t *a, size_t root, size_t n)
{
    uint64_t x = a[root];
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && a[child + 1] > a[child]) child++;
        if (a[child] <= x) break;
        a[root] = a[child];
    }
    a[root] = x;
}

static void heapsort_u64(uint64_t *a, size_t n)
{
    for (size_t i = n / 2; i-- > 0;) sift(a, i, n);
    for (size_t end = n; end-- > 1;) {
        uint64_t x = a[0];
        a[0] = a[end], a[end] = x;
        sift(a, 0, end);
    }
}

static uint64_t median(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t lo = a < b ? a : b, hi = a < b ? b : a;
    return c < lo ? lo : c > hi ? hi : c;
}

static void quick(uint64_t *a, size_t n, uint32_t depth)
{
    while (n > BY_RANK) {
        if (depth-- == 0) {
            heapsort_u64(a, n);
            return;
        }
        uint64_t pivot = median(a[0], a[n / 2], a[n - 1]);
        size_t i = 0, j = n - 1;
        for (;; i++, j--) { /* Hoare: the pivot's value stands at both ends as a sentinel */
            while (a[i] < pivot) i++;
            while (a[j] > pivot) j--;
            if (i >= j) break;
            uint64_t x = a[i];
            a[i] = a[j], a[j] = x;
        }
        size_t left = i > 0 ? i : 1;
        if (left > n - left) {
            quick(a + left, n - left, depth);
            n = left;
        } else {
            quick(a, left, depth);
            a += left, n -= left;
        }
    }
    if (n > BY_INSERTION) by_rank(a, n);
    else insertion(a, n);
}

void cd_sort_u64(uint64_t *a, size_t n)
{
    size_t i = 1;
    while (i < n && a[i - 1] <= a[i]) i++;
    if (i >= n) return;
    uint32_t depth = 4;
    for (size_t m = n; m; m >>= 1) depth += 2;
    quick(a, n, depth);
}

typedef struct {
    uint64_t key;
    uint32_t group, index;
} text_key;

static uint32_t common_beginning(const cd_slice *texts, uint32_t n)
{
    uint32_t common = texts[0].n;
    for (uint32_t i = 1; i < n && common > 0; i++) {
        uint32_t m = common < texts[i].n ? common : texts[i].n, k = 0;
        while (k < m && texts[i].bytes[k] == texts[0].bytes[k]) k++;
        common = k;
    }
    return common;
}

/* Eight bytes from `from`, first byte highest, zero bytes past the end. */
static uint64_t key_of(cd_slice s, uint32_t from)
{
    uint8_t part[8] = {0};
    uint64_t key = 0;
    uint32_t n = s.n > from ? s.n - from : 0;
    if (n) memcpy(part, s.bytes + from, n < 8 ? n : 8);
    for (int i = 0; i < 8; i++) key = key << 8 | part[i];
    return key;
}

/* One stable pass by byte `byte` of the key (0 to 7) or of the group (8 to 11). False where all are equal there. */
static bool radix_pass(const text_key *in, text_key *out, uint32_t n, uint32_t byte)
{
    uint32_t count[257] = {0};
    for (uint32_t i = 0; i < n; i++)
        count[1 + (byte < 8 ? in[i].key >> 8 * byte & 255 : in[i].group >> 8 * (byte - 8) & 255)]++;
    for (uint32_t b = 0; b < 256; b++) {
        if (count[b + 1] == n) return false;
        count[b + 1] += count[b];
    }
    for (uint32_t i = 0; i < n; i++)
        out[count[byte < 8 ? in[i].key >> 8 * byte & 255 : in[i].group >> 8 * (byte - 8) & 255]++] = in[i];
    return true;
}

static int by_text_then_index(const void *a, const void *b, void *texts)
{
    const text_key *x = a, *y = b;
    const cd_slice *t = texts;
    int c = cd_slice_compare(t[x->index], t[y->index]);
    return c ? c : (x->index > y->index) - (x->index < y->index);
}

cd_status cd_sort_texts(const cd_slice *texts, const uint32_t *group, uint32_t n, uint32_t *order, cd_err *err)
{
    cd_status st = CD_OK;
    text_key *a = NULL, *b = NULL;
    if (n == 0) return CD_OK;
    a = cd_pages_new(n, sizeof *a, err);
    b = cd_pages_new(n, sizeof *b, err);
    if (!a || !b) CD_TRY(CD_EMEMORY);
    uint32_t from = common_beginning(texts, n);
    for (uint32_t i = 0; i < n; i++) a[i] = (text_key){key_of(texts[i], from), group ? group[i] : 0, i};
    for (uint32_t byte = 0; byte < 12; byte++)
        if (radix_pass(a, b, n, byte)) {
            text_key *swap = a;
            a = b, b = swap;
        }
    for (uint32_t i = 0, j; i < n; i = j) { /* what the eight bytes could not tell apart */
        for (j = i + 1; j < n && a[j].key == a[i].key && a[j].group == a[i].group; j++) {}
        if (j - i > 1) qsort_r(a + i, j - i, sizeof *a, by_text_then_index, (void *)(uintptr_t)texts);
    }
    for (uint32_t i = 0; i < n; i++) order[i] = a[i].index;
done:
    cd_pages_free(a, n, sizeof *a);
    cd_pages_free(b, n, sizeof *b);
    return st;
}

int cd_compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int cd_compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

typedef struct {
    double value;
    uint32_t index;
} valued;

static int by_value_then_index(const void *a, const void *b)
{
    const valued *x = a, *y = b;
    if (x->value != y->value) return x->value > y->value ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

cd_status cd_order_falling(const double *value, uint32_t n, uint32_t *order, cd_err *err)
{
    cd_status st = CD_OK;
    valued *list = NULL;
    CD_NEW(list, n);
    for (uint32_t i = 0; i < n; i++) list[i] = (valued){value[i], i};
    if (n > 1) qsort(list, n, sizeof *list, by_value_then_index);
    for (uint32_t i = 0; i < n; i++) order[i] = list[i].index;
done:
    cd_free(list);
    return st;
}
