/* SPDX-License-Identifier: GPL-3.0-or-later
 * terminals.c: one pass over all officers, each of whom says of every terminal at which sites they used it. */
#include "engine/detect/terminals.h"

#include <omp.h>

#include "engine/base/sort.h"
#include "engine/detect/scene_inside.h"

enum {
    WELL = 15 * 60,      /* before and after: clocks differ */
    LONGEST = 2 * 86400, /* of a sighting */
    VOICE = 1000,        /* of one officer for one terminal */
    LEAST_VOICES = 5,    /* for a site */
    SITE_BITS = 20,
    SHARE_BITS = 12
};

uint32_t cd_seen_at_site(const cd_rosters *x, const cd_worked *w, int64_t at, size_t *from, cd_row_ref *row)
{
    uint32_t site = 0;
    bool there = false;
    while (*from < w->n_seen && w->seen[*from].from < at - LONGEST) ++*from;
    for (size_t i = *from; i < w->n_seen && w->seen[i].from < at + WELL; i++) {
        const cd_sighting *s = &w->seen[i];
        if (s->to <= at - WELL) continue;
        if (s->open || !s->site || s->site == x->remote || (site && s->site != site)) return 0;
        site = s->site;
        if (s->from <= at - WELL && s->to > at + WELL) there = true, *row = s->row;
    }
    return there ? site : 0;
}

uint32_t cd_terminal_of(const cd_terminals *t, const cd_access *a)
{
    cd_row_ref at = {a->segment, a->row};
    return cd_words_at(&t->names, 0, a->segment, cd_row_value(&t->accesses, t->column, at));
}

/* ---- What each officer says ---- */

typedef struct {
    cd_worked worked;
    uint64_t *seen; /* terminal << 32 | site, of one officer's accesses */
    uint64_t *said; /* terminal, site, share of the voice */
    size_t cap_seen, n_said, cap_said;
} worker;

static uint64_t saying(uint64_t terminal_site, uint64_t share)
{
    return terminal_site >> 32 << (SITE_BITS + SHARE_BITS) | (terminal_site & UINT32_MAX) << SHARE_BITS | share;
}

static cd_status officer_says(const cd_look *look, const cd_terminals *t, cd_id o, worker *k, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = look->scene;
    size_t n = 0, from = 0;
    CD_TRY(cd_worked_read(s, o, &k->worked, err));
    CD_TRY(cd_grow(&k->seen, &k->cap_seen, s->access_off[o + 1] - s->access_off[o], sizeof *k->seen, err));
    for (cd_off i = s->access_off[o]; i < s->access_off[o + 1]; i++) {
        cd_row_ref row;
        uint32_t site = cd_seen_at_site(&s->rosters, &k->worked, s->accesses[i].at, &from, &row);
        uint32_t terminal = site ? cd_terminal_of(t, &s->accesses[i]) : 0;
        if (terminal) k->seen[n++] = (uint64_t)terminal << 32 | site;
    }
    cd_sort_u64(k->seen, n);
    CD_TRY(cd_grow(&k->said, &k->cap_said, k->n_said + n, sizeof *k->said, err));
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && k->seen[end] >> 32 == k->seen[i] >> 32;) end++;
        for (size_t a = i, b; a < end; a = b) {
            for (b = a; b < end && k->seen[b] == k->seen[a];) b++;
            k->said[k->n_said++] = saying(k->seen[a], (b - a) * VOICE / (end - i));
        }
    }
done:
    return st;
}

/* ---- Where each stands ---- */

/* Of one terminal: the site with most voices, where the others have next to none. */
static uint32_t stands_at(const uint64_t *said, size_t n)
{
    uint64_t all = 0, best = 0, mask = (1u << SHARE_BITS) - 1;
    uint32_t site = 0;
    for (size_t i = 0, end; i < n; i = end) {
        uint64_t voices = 0;
        for (end = i; end < n && said[end] >> SHARE_BITS == said[i] >> SHARE_BITS; end++) voices += said[end] & mask;
        all += voices;
        if (voices > best) best = voices, site = (uint32_t)(said[i] >> SHARE_BITS) & ((1u << SITE_BITS) - 1);
    }
    return best >= LEAST_VOICES * VOICE && all - best <= VOICE + all / 10 ? site : 0;
}

static cd_status sayings_take(cd_terminals *t, const uint64_t *said, size_t n, cd_err *err)
{
    cd_status st = CD_OK;
    const int of_site = SITE_BITS + SHARE_BITS;
    CD_NEW(t->use, n);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && said[end] >> of_site == said[i] >> of_site;) end++;
        t->site[said[i] >> of_site] = stands_at(said + i, end - i);
        for (size_t a = i, b; a < end; a = b) {
            for (b = a; b < end && said[b] >> SHARE_BITS == said[a] >> SHARE_BITS;) b++;
            t->use[t->n++] = (cd_terminal_use){.terminal = (uint32_t)(said[a] >> of_site),
                                               .site = (uint32_t)(said[a] >> SHARE_BITS) & ((1u << SITE_BITS) - 1),
                                               .people = (uint32_t)(b - a)};
        }
    }
done:
    return st;
}

cd_status cd_terminals_learn(const cd_look *look, cd_terminals *out, cd_err *err)
{
    cd_status st = CD_OK;
    const cd_scene *s = look->scene;
    uint32_t threads = look->run->threads;
    worker *workers = NULL;
    uint64_t *said = NULL;
    size_t n = 0;
    cd_lowest failed = {0};
    *out = (cd_terminals){.accesses = cd_table_named(s->snapshot, "accesses")};
    out->column = cd_column(&out->accesses, "terminal");
    CD_TRY(cd_words_make(s->snapshot, &(cd_words_column){out->accesses.table, out->column}, 1, &out->names, err));
    CD_NEW(out->site, (size_t)out->names.n + 1);
    CD_NEW(workers, threads);
    if (out->names.n == 0 || s->rosters.sites.n >= 1u << SITE_BITS) goto done;
#pragma omp parallel for schedule(dynamic, 64) num_threads(threads)
    for (cd_id o = 0; o < s->officers.n; o++) {
        cd_err why = {0};
        cd_status got = officer_says(look, out, o, &workers[omp_get_thread_num()], &why);
        if (got != CD_OK) cd_lowest_note(&failed, o, got, &why);
    }
    CD_TRY(cd_lowest_status(&failed, err));
    for (uint32_t k = 0; k < threads; k++) n += workers[k].n_said;
    CD_NEW(said, n);
    n = 0;
    for (uint32_t k = 0; k < threads; n += workers[k++].n_said)
        if (workers[k].n_said) memcpy(said + n, workers[k].said, workers[k].n_said * sizeof *said);
    cd_sort_u64(said, n);
    CD_TRY(sayings_take(out, said, n, err));
done:
    for (uint32_t k = 0; workers && k < threads; k++) {
        cd_worked_release(&workers[k].worked);
        cd_free(workers[k].seen);
        cd_free(workers[k].said);
    }
    cd_free(workers);
    cd_free(said);
    if (st != CD_OK) cd_terminals_release(out);
    return st;
}

void cd_terminals_release(cd_terminals *t)
{
    cd_words_release(&t->names);
    cd_free(t->site);
    cd_free(t->use);
    *t = (cd_terminals){0};
}

uint32_t cd_terminal_people(const cd_terminals *t, uint32_t terminal, uint32_t site)
{
    size_t lo = 0, hi = t->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const cd_terminal_use *x = &t->use[mid];
        if (x->terminal < terminal || (x->terminal == terminal && x->site < site))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < t->n && t->use[lo].terminal == terminal && t->use[lo].site == site ? t->use[lo].people : 0;
}
