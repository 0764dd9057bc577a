/* SPDX-License-Identifier: GPL-3.0-or-later
 * find_id.c: whole, then of a named kind, then by its beginning, then what is near. */
#include "queries/find_id.h"

#include <stdio.h>
#include <string.h>

#include "queries/arguments.h"
#include "queries/print.h"

enum { NEAR = 3 };

int found_id_compare(const candour_reader *reader, found_id a, found_id b)
{
    if (a.kind != b.kind) return a.kind < b.kind ? -1 : 1;
    if (a.number == b.number) return 0;
    return cd_slice_compare(candour_reader_id(reader, a.kind, a.number), candour_reader_id(reader, b.kind, b.number));
}

typedef struct {
    const candour_reader *reader;
    const candour_ontology *ontology;
    const bool *kinds;
    cd_slice written;
} search;

static bool looked_at(const search *s, uint32_t kind) { return !s->kinds || s->kinds[kind]; }

/* The kinds that have it whole; the last of them in *out. */
static uint32_t find_whole(const search *s, found_id *out)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < s->ontology->n_kinds; k++) {
        uint32_t number = looked_at(s, k) ? candour_reader_find(s->reader, k, s->written) : CANDOUR_NO_ID;
        if (number != CANDOUR_NO_ID) *out = (found_id){k, number}, n++;
    }
    return n;
}

/* `officer:P1` asks for a kind: whether it does, and for which, and what is left to find. */
static bool names_kind(const char *written, const search *s, uint32_t *kind, const char **rest)
{
    const char *colon = strchr(written, ':');
    for (uint32_t k = 0; colon && k < s->ontology->n_kinds; k++) {
        const char *name = s->ontology->kinds[k].name;
        if (strlen(name) != (size_t)(colon - written) || memcmp(name, written, strlen(name)) != 0) continue;
        *kind = k, *rest = colon + 1;
        return true;
    }
    return false;
}

/* ---- What begins so, and what is near ---- */

/* The first few of many, by kind and bytes. */
typedef struct {
    found_id id[NEAR];
    uint32_t distance[NEAR], n;
    uint64_t all;
} few;

static void few_add(few *f, const search *s, found_id id, uint32_t distance)
{
    uint32_t at = f->n < NEAR ? f->n : NEAR;
    f->all++;
    while (at > 0 && (distance < f->distance[at - 1] ||
                      (distance == f->distance[at - 1] && found_id_compare(s->reader, id, f->id[at - 1]) < 0)))
        at--;
    if (at == NEAR) return;
    if (f->n < NEAR) f->n++;
    for (uint32_t i = f->n - 1; i > at; i--) f->id[i] = f->id[i - 1], f->distance[i] = f->distance[i - 1];
    f->id[at] = id, f->distance[at] = distance;
}

static few beginning_so(const search *s)
{
    few f = {0};
    for (uint32_t k = 0; k < s->ontology->n_kinds && s->written.n; k++) {
        uint32_t n = looked_at(s, k) ? candour_reader_ids(s->reader, k) : 0;
        for (uint32_t i = 0; i < n; i++) {
            cd_slice id = candour_reader_id(s->reader, k, i);
            if (id.n >= s->written.n && memcmp(id.bytes, s->written.bytes, s->written.n) == 0)
                few_add(&f, s, (found_id){k, i}, 0);
        }
    }
    return f;
}

static few near_it(const search *s)
{
    few f = {0};
    char written[64], id_text[64];
    uint32_t limit = s->written.n < 3 ? 1 : 2;
    if (s->written.n >= sizeof written) return f;
    snprintf(written, sizeof written, "%.*s", (int)s->written.n, s->written.bytes);
    for (uint32_t k = 0; k < s->ontology->n_kinds; k++) {
        uint32_t n = looked_at(s, k) ? candour_reader_ids(s->reader, k) : 0;
        for (uint32_t i = 0; i < n; i++) {
            cd_slice id = candour_reader_id(s->reader, k, i);
            if (id.n + limit < s->written.n || id.n > s->written.n + limit || id.n >= sizeof id_text) continue;
            snprintf(id_text, sizeof id_text, "%.*s", (int)id.n, id.bytes);
            uint32_t d = cli_distance(written, id_text, limit);
            if (d <= limit) few_add(&f, s, (found_id){k, i}, d);
        }
    }
    return f;
}

/* ---- Failures ---- */

/* `officer`, `officer or case`; `id` where any kind will do. */
static void kinds_words(const search *s, cd_buffer *out)
{
    uint32_t left = 0;
    for (uint32_t k = 0; s->kinds && k < s->ontology->n_kinds; k++) left += s->kinds[k];
    if (left == 0) cd_buffer_printf(out, "id");
    for (uint32_t k = 0; s->kinds && k < s->ontology->n_kinds; k++)
        if (s->kinds[k])
            cd_buffer_printf(out, "%s%s", s->ontology->kinds[k].name, --left > 1 ? ", " : left ? " or " : "");
}

static void few_words(const search *s, const few *f, bool with_kinds, cd_buffer *out)
{
    for (uint32_t i = 0; i < f->n; i++) {
        cd_slice id = candour_reader_id(s->reader, f->id[i].kind, f->id[i].number);
        const char *kind = s->ontology->kinds[f->id[i].kind].name;
        cd_buffer_printf(out, "%s'%s%s%.*s'", i ? ", " : "", with_kinds ? kind : "", with_kinds ? ":" : "", (int)id.n,
                         id.bytes);
    }
}

/* One line of words, free of what could steer a terminal. */
static cd_status refuse(cd_buffer *words, cd_err *err)
{
    cd_buffer plain = {0};
    cd_buffer_add(words, "", 1);
    if (words->status == CD_OK) print_plain(&plain, words->bytes);
    cd_status st = words->status == CD_OK && plain.status == CD_OK
                       ? cd_fail(err, CD_EUSAGE, "%.*s", (int)plain.n, plain.bytes)
                       : cd_fail(err, CD_EMEMORY, "out of memory while looking for an id");
    cd_buffer_release(&plain);
    cd_buffer_release(words);
    return st;
}

static cd_status refuse_choice(const search *s, cd_err *err)
{
    cd_buffer words = {0};
    few whole = {0};
    for (uint32_t k = 0; k < s->ontology->n_kinds; k++) {
        uint32_t number = looked_at(s, k) ? candour_reader_find(s->reader, k, s->written) : CANDOUR_NO_ID;
        if (number != CANDOUR_NO_ID) few_add(&whole, s, (found_id){k, number}, 0);
    }
    cd_buffer_printf(&words, "'%.*s' is of several kinds; say which: ", (int)s->written.n, s->written.bytes);
    few_words(s, &whole, true, &words);
    return refuse(&words, err);
}

static cd_status refuse_beginning(const search *s, const few *f, cd_err *err)
{
    cd_buffer words = {0};
    cd_buffer_printf(&words, "%llu ids begin with '%.*s': ", (unsigned long long)f->all, (int)s->written.n,
                     s->written.bytes);
    few_words(s, f, false, &words);
    cd_buffer_printf(&words, "%s; write more of the one you mean", f->all > f->n ? ", ..." : "");
    return refuse(&words, err);
}

static cd_status refuse_unknown(const search *s, cd_err *err)
{
    cd_buffer words = {0};
    few f = near_it(s);
    cd_buffer_printf(&words, "no ");
    kinds_words(s, &words);
    cd_buffer_printf(&words, " '%.*s'", (int)s->written.n, s->written.bytes);
    search any = *s;
    found_id elsewhere;
    any.kinds = NULL;
    if (s->kinds && find_whole(&any, &elsewhere) > 0) {
        cd_buffer_printf(&words, ": that is of kind %s", s->ontology->kinds[elsewhere.kind].name);
    } else if (f.n) {
        cd_buffer_printf(&words, "; did you mean ");
        few_words(s, &f, false, &words);
        cd_buffer_printf(&words, "?");
    }
    return refuse(&words, err);
}

cd_status find_id(const candour_reader *reader, const bool *kinds, const char *written, found_id *out, cd_err *err)
{
    cd_status st = CD_OK;
    search s = {reader, candour_reader_ontology(reader), kinds, cd_slice_of(written)};
    bool *one = NULL;
    uint32_t kind;
    const char *rest;
    uint32_t n = find_whole(&s, out);
    if (n == 0 && names_kind(written, &s, &kind, &rest)) {
        CD_NEW(one, s.ontology->n_kinds);
        one[kind] = looked_at(&s, kind);
        if (!one[kind]) CD_TRY(cd_fail(err, CD_EUSAGE, "'%s' is no id that this question is about", written));
        s.kinds = one, s.written = cd_slice_of(rest);
        n = find_whole(&s, out);
    }
    if (n == 1) goto done;
    if (n > 1) CD_TRY(refuse_choice(&s, err));
    few f = beginning_so(&s);
    if (f.all > 1) CD_TRY(refuse_beginning(&s, &f, err));
    if (f.all == 0) CD_TRY(refuse_unknown(&s, err));
    *out = f.id[0];
done:
    cd_free(one);
    return st;
}
