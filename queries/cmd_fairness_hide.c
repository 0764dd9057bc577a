/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_fairness_hide.c: which groups are left unsaid, so that no small one can be worked out.
 *
 * What is unsaid is a graph: rows and columns are its vertices, each unsaid group an edge between its row and its
 * column. A row or column whose total is known is one equation. Rows and columns without a known total are no
 * equations: together they are one vertex, outside. A group follows from the rest exactly where its edge lies on no
 * circle: what can be added to one edge of a circle and taken from the next changes no total. */
#include "queries/cmd_fairness.h"

typedef struct {
    const uint32_t *people;
    uint32_t rows, cols;
    bool *hidden;
    uint32_t *vertex; /* per row, then per column: its vertex; 0 is the outside */
    uint32_t *stack;
    bool *reached;
} hiding;

static size_t cell(const hiding *h, uint32_t row, uint32_t col) { return (size_t)row * h->cols + col; }

/* Hides the smallest group of a row (or of a column) that is still shown; false: there is none. */
static bool hide_one(hiding *h, bool is_row, uint32_t line)
{
    uint32_t n = is_row ? h->cols : h->rows, best = 0;
    size_t at = SIZE_MAX;
    for (uint32_t k = 0; k < n; k++) {
        size_t c = is_row ? cell(h, line, k) : cell(h, k, line);
        if (h->hidden[c] || h->people[c] == 0 || (at != SIZE_MAX && h->people[c] >= best)) continue;
        at = c, best = h->people[c];
    }
    if (at != SIZE_MAX) h->hidden[at] = true;
    return at != SIZE_MAX;
}

/* Where some of a line is unsaid, at least two groups of FAIR_LEAST people together are. */
static bool line_filled(hiding *h, bool is_row, uint32_t line)
{
    uint32_t n = is_row ? h->cols : h->rows, groups = 0;
    uint64_t people = 0;
    for (uint32_t k = 0; k < n; k++) {
        size_t c = is_row ? cell(h, line, k) : cell(h, k, line);
        if (h->hidden[c]) groups++, people += h->people[c];
    }
    if (groups == 0 || (groups > 1 && people >= FAIR_LEAST)) return false;
    return hide_one(h, is_row, line);
}

/* Whether the group at (row, col) follows from the others: no other way of unsaid groups from its row to its column. */
static bool follows(hiding *h, uint32_t row, uint32_t col)
{
    uint32_t n = h->rows + h->cols, from = h->vertex[row], to = h->vertex[h->rows + col], top = 0;
    for (uint32_t v = 0; v <= n; v++) h->reached[v] = false;
    h->stack[top++] = from, h->reached[from] = true;
    while (top > 0) {
        uint32_t v = h->stack[--top];
        for (uint32_t r = 0; r < h->rows; r++)
            for (uint32_t c = 0; c < h->cols; c++) {
                uint32_t a = h->vertex[r], b = h->vertex[h->rows + c];
                if (!h->hidden[cell(h, r, c)] || (r == row && c == col) || (a != v && b != v)) continue;
                uint32_t other = a == v ? b : a;
                if (!h->reached[other]) h->reached[other] = true, h->stack[top++] = other;
            }
    }
    return h->reached[to] == false;
}

/* Hides one more group where a small one follows from the rest. */
static bool circle_made(hiding *h)
{
    for (uint32_t r = 0; r < h->rows; r++)
        for (uint32_t c = 0; c < h->cols; c++) {
            size_t at = cell(h, r, c);
            if (!h->hidden[at] || h->people[at] >= FAIR_LEAST || !follows(h, r, c)) continue;
            if (hide_one(h, true, r) || (h->rows > 1 && hide_one(h, false, c))) return true;
        }
    return false;
}

cd_status fair_hide(const uint32_t *people, uint32_t rows, uint32_t cols, const bool *row_unsaid,
                    const bool *col_unsaid, bool *hidden, cd_err *err)
{
    cd_status st = CD_OK;
    hiding h = {.people = people, .rows = rows, .cols = cols, .hidden = hidden};
    bool more = true;
    CD_NEW(h.vertex, (size_t)rows + cols);
    CD_NEW(h.stack, (size_t)rows + cols + 1);
    CD_NEW(h.reached, (size_t)rows + cols + 1);
    for (uint32_t r = 0; r < rows; r++) h.vertex[r] = row_unsaid && row_unsaid[r] ? 0 : r + 1;
    for (uint32_t c = 0; c < cols; c++)
        h.vertex[rows + c] = rows == 1 || (col_unsaid && col_unsaid[c]) ? 0 : rows + c + 1;
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < cols; c++) {
            size_t at = cell(&h, r, c);
            bool unsaid = (row_unsaid && row_unsaid[r]) || (col_unsaid && col_unsaid[c]);
            hidden[at] = people[at] > 0 && (people[at] < FAIR_LEAST || unsaid);
        }
    while (more) {
        more = false;
        for (uint32_t r = 0; r < rows && !more; r++) more = line_filled(&h, true, r);
        for (uint32_t c = 0; c < cols && rows > 1 && !more; c++) more = line_filled(&h, false, c);
        if (!more) more = circle_made(&h);
    }
done:
    cd_free(h.vertex);
    cd_free(h.stack);
    cd_free(h.reached);
    return st;
}
