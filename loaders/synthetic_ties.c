/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_ties.c: associations and what is tied to them: links, declarations, ties.
 *
 * Most ties mean nothing: a gym of hundreds, a union of half the force, a barracks, a shared address. Every membership
 * of a lodge and every directorship of an ordinary officer is declared, some of them late. */
#include <stdlib.h>

#include "loaders/synthetic_tables.h"

enum { LINKS_MAX = 24 };

/* ---- Associations ---- */

static const char *const kind_names[SYN_ASSOCIATION_KINDS] = {
    "person", "company", "organisation", "organisation", "organisation", "organisation", "address", "phone", "vehicle",
    "account"};

static syn_association_kind kind_of(const syn_force *f, uint32_t association)
{
    int kind = 0;
    while (association >= f->first_of_kind[kind + 1]) kind++;
    return (syn_association_kind)kind;
}

static char *name_put(const syn_force *f, char *p, uint32_t association)
{
    static const char *const starts[16] = {"Ash", "Brad", "Carl", "Dun", "El", "Fair", "Green", "Hol",
                                           "Kirk", "Lang", "Mar", "Nor", "Pres", "Rad", "Stan", "Whit"};
    static const char *const ends[16] = {"bury", "by", "combe", "don", "field", "ford", "ham", "ley",
                                         "low", "more", "stock", "ston", "ton", "wick", "wood", "worth"};
    static const char *const trades[8] = {"Haulage",  "Holdings", "Lettings", "Motors",
                                          "Security", "Trading",  "Travel",   "Works"};
    cd_random r = syn_stream(f, SYN_FOR_NAMES, association);
    uint64_t bits = cd_random_u64(&r);
    const char *start = starts[bits & 15], *end = ends[bits >> 4 & 15];
    uint32_t number = (uint32_t)(bits >> 32);
    switch (kind_of(f, association)) {
    case SYN_PEOPLE:
        p = syn_put_text(syn_put_char(p, (char)('A' + number % 26)), ". ");
        return syn_put_text(syn_put_text(p, start), end);
    case SYN_COMPANIES:
        p = syn_put_char(syn_put_text(syn_put_text(p, start), end), ' ');
        return syn_put_text(syn_put_text(p, trades[bits >> 8 & 7]), " Ltd");
    case SYN_LODGES:
        return syn_put_number(syn_put_text(syn_put_text(syn_put_text(p, start), end), " Lodge No "),
                              100 + number % 9000);
    case SYN_GYMS: return syn_put_text(syn_put_text(syn_put_text(p, start), end), " Gym");
    case SYN_UNIONS:
        return syn_put_text(p, association == f->first_of_kind[SYN_UNIONS] ? "Officers' Federation" : "Staff Union");
    case SYN_BARRACKS: return syn_put_text(syn_put_text(syn_put_text(p, start), end), " Barracks");
    case SYN_ADDRESSES:
        p = syn_put_char(syn_put_number(p, 1 + number % 240), ' ');
        return syn_put_text(syn_put_text(syn_put_text(p, start), end), bits >> 8 & 1 ? " Road" : " Lane");
    case SYN_PHONES: return syn_put8(syn_put_text(p, "079"), number % 100000000);
    case SYN_VEHICLES:
        p = syn_put_char(syn_put_char(p, (char)('A' + number % 26)), (char)('A' + number / 26 % 26));
        p = syn_put_char(syn_put2(p, number / 676 % 75), ' ');
        for (uint32_t k = 0; k < 3; k++) p = syn_put_char(p, (char)('A' + (bits >> (8 + 5 * k) & 31) % 26));
        return p;
    default: return syn_put8(syn_put_text(p, "acct-"), number % 100000000);
    }
}

static cd_status associations_block(void *context, uint32_t lane, uint64_t block, syn_text *texts, cd_err *err)
{
    const syn_force *f = context;
    (void)lane;
    cd_status st = syn_text_room(&texts[0], (size_t)SYN_BLOCK * SYN_ROW_MAX, err);
    if (st != CD_OK) return st;
    for (uint32_t id = (uint32_t)block * SYN_BLOCK + 1; id < syn_block_end(block, f->n_associations); id++) {
        uint32_t a = f->association_of_id[id];
        char *p = syn_put_char(syn_put8(syn_put_char(texts[0].end, 'A'), id), ',');
        p = syn_put_char(syn_put_text(p, kind_names[kind_of(f, a)]), ',');
        texts[0].end = syn_put_char(name_put(f, p, a), '\n');
        texts[0].rows++;
    }
    return CD_OK;
}

/* ---- Links and declarations of an officer ---- */

typedef struct {
    const syn_force *f;
    uint32_t officer, n_links, n_declared;
    cd_random r;
    syn_link links[LINKS_MAX];
    syn_declaration declared[LINKS_MAX];
} officer_ties;

/* A link of some years' standing, as sure as that or surer; false: they have it already. */
static bool link_add(officer_ties *t, uint32_t association, syn_source source, uint32_t least_sure, uint32_t years)
{
    int32_t from = -30 - (int32_t)syn_below(&t->r, 365 * years), to = INT32_MAX;
    bool guessed = least_sure < 60 && (source == SYN_PHONE_RECORD || source == SYN_BANK_RECORD);
    uint32_t most_sure = guessed ? 95 : 100;
    uint32_t confidence = least_sure + syn_below(&t->r, most_sure - least_sure + 1);
    if (source != SYN_ELECTORAL_ROLL && syn_below(&t->r, 25) == 0) to = from + 60 + (int32_t)syn_below(&t->r, 365 * 3);
    for (uint32_t k = 0; k < t->n_links; k++)
        if (t->links[k].association == association) return false;
    t->links[t->n_links++] = (syn_link){t->officer, association, (uint8_t)source, (uint8_t)confidence, from, to};
    return true;
}

/* Declares the last link: mostly within weeks of it, one time in eight some months late. */
static void declare(officer_ties *t)
{
    const syn_link *l = &t->links[t->n_links - 1];
    int32_t after = syn_below(&t->r, 8) ? (int32_t)syn_below(&t->r, 80) - 55 : 26 + (int32_t)syn_below(&t->r, 120);
    t->declared[t->n_declared++] = (syn_declaration){t->officer, l->association, l->from + after};
}

static uint32_t any_of(officer_ties *t, syn_association_kind kind)
{
    return t->f->first_of_kind[kind] + syn_below(&t->r, t->f->n_ordinary[kind]);
}

/* One of a kind, the first ones likelier. */
static uint32_t one_of(officer_ties *t, syn_association_kind kind)
{
    return t->f->first_of_kind[kind] + syn_skewed(cd_random_u64(&t->r), t->f->n_ordinary[kind]);
}

static void ties_of(const syn_force *f, uint32_t officer, officer_ties *t)
{
    const syn_officer *o = &f->officers[officer];
    const uint32_t *first = f->first_of_kind;
    uint32_t own = o->id - 1;
    t->f = f, t->officer = officer, t->n_links = t->n_declared = 0;
    t->r = syn_stream(f, SYN_FOR_LINKS, officer);
    if (syn_chance(&t->r, 700)) { /* one home in thirty is a colleague's */
        uint32_t home = syn_chance(&t->r, 33) ? syn_below(&t->r, f->n_officers) : own;
        link_add(t, first[SYN_ADDRESSES] + home, SYN_ELECTORAL_ROLL, 80, 9);
    }
    if (syn_chance(&t->r, 600)) link_add(t, first[SYN_PHONES] + own, SYN_PHONE_RECORD, 90, 6);
    for (uint32_t k = 0; k < 3; k++) /* phones they call: colleagues', and those of nobody in particular */
        if (syn_chance(&t->r, 110)) link_add(t, any_of(t, SYN_PHONES), SYN_PHONE_RECORD, 50, 4);
    if (syn_chance(&t->r, 250)) link_add(t, first[SYN_VEHICLES] + own / 4, SYN_VEHICLE_REGISTER, 50, 5);
    if (syn_chance(&t->r, 580))
        link_add(t, first[SYN_UNIONS] + (o->rank == SYN_STAFF), SYN_MEMBERSHIP_LIST, 100, 20);
    if (syn_chance(&t->r, 220)) link_add(t, one_of(t, SYN_GYMS), SYN_MEMBERSHIP_LIST, 85, 5);
    if (syn_chance(&t->r, 90)) link_add(t, one_of(t, SYN_BARRACKS), SYN_SERVICE_RECORD, 100, 20);
    if (syn_chance(&t->r, 80)) link_add(t, one_of(t, SYN_ACCOUNTS), SYN_BANK_RECORD, 55, 4);
    if (syn_chance(&t->r, 55) && link_add(t, one_of(t, SYN_LODGES), SYN_MEMBERSHIP_LIST, 85, 12)) declare(t);
    if (syn_chance(&t->r, 30) && link_add(t, one_of(t, SYN_COMPANIES), SYN_COMPANY_REGISTER, 95, 8)) declare(t);
    if (syn_chance(&t->r, 350) && link_add(t, any_of(t, SYN_PEOPLE), SYN_NEXT_OF_KIN, 100, 15) &&
        syn_chance(&t->r, 200))
        declare(t);
}

/* A hidden member has declared nothing: what they would have declared of that lodge goes. */
static void planted_add(const syn_force *f, officer_ties *t)
{
    size_t lo = 0, hi = f->links.n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (f->links.at[mid].officer < t->officer) lo = mid + 1;
        else hi = mid;
    }
    for (; lo < f->links.n && f->links.at[lo].officer == t->officer; lo++) {
        const syn_link *l = &f->links.at[lo];
        uint32_t k = 0;
        while (k < t->n_links && t->links[k].association != l->association) k++;
        if (k == LINKS_MAX) k--;
        if (k == t->n_links) t->n_links++;
        t->links[k] = *l;
        for (uint32_t d = 0; d < t->n_declared; d++)
            if (t->declared[d].association == l->association) t->declared[d--] = t->declared[--t->n_declared];
    }
}

/* By id, so that the place of a row says nothing of where it came from. */
static void links_sort(const syn_force *f, officer_ties *t)
{
    for (uint32_t i = 1; i < t->n_links; i++)
        for (uint32_t k = i;
             k > 0 && f->association_id[t->links[k].association] < f->association_id[t->links[k - 1].association];
             k--) {
            syn_link swap = t->links[k];
            t->links[k] = t->links[k - 1], t->links[k - 1] = swap;
        }
}

static char *confidence_put(char *p, uint32_t per_cent)
{
    return syn_put2(syn_put_char(syn_put_char(p, (char)('0' + per_cent / 100)), '.'), per_cent % 100);
}

static void link_write(const syn_force *f, const syn_link *l, syn_text *t)
{
    static const char *const sources[SYN_SOURCES] = {"electoral_roll",  "phone_record",     "vehicle_register",
                                                     "membership_list", "company_register", "next_of_kin",
                                                     "service_record",  "bank_record"};
    char *p = t->end;
    memcpy(p, f->officer_text[l->officer], 8);
    p = syn_put_char(syn_put8(syn_put_char(p + 8, 'A'), f->association_id[l->association]), ',');
    p = syn_put_char(syn_put_text(p, sources[l->source]), ',');
    p = syn_put_char(syn_put_date(f, p, l->from), ',');
    if (l->to != INT32_MAX) p = syn_put_date(f, p, l->to);
    t->end = syn_put_char(confidence_put(syn_put_char(p, ','), l->confidence), '\n');
    t->rows++;
}

static cd_status links_block(void *context, uint32_t lane, uint64_t block, syn_text *texts, cd_err *err)
{
    const syn_force *f = context;
    cd_status st = CD_OK;
    officer_ties ties;
    (void)lane;
    CD_TRY(syn_text_room(&texts[0], (size_t)SYN_BLOCK * LINKS_MAX * 80, err));
    CD_TRY(syn_text_room(&texts[1], (size_t)SYN_BLOCK * 4 * 80, err));
    for (uint32_t id = (uint32_t)block * SYN_BLOCK + 1; id < syn_block_end(block, f->n_officers); id++) {
        ties_of(f, f->officer_of_id[id], &ties);
        planted_add(f, &ties);
        links_sort(f, &ties);
        for (uint32_t k = 0; k < ties.n_links; k++) link_write(f, &ties.links[k], &texts[0]);
        for (uint32_t k = 0; k < ties.n_declared; k++) {
            char *p = texts[1].end;
            memcpy(p, f->officer_text[ties.officer], 8);
            p = syn_put_char(syn_put8(syn_put_char(p + 8, 'A'), f->association_id[ties.declared[k].association]), ',');
            texts[1].end = syn_put_text(syn_put_date(f, p, ties.declared[k].declared), ",\n");
            texts[1].rows++;
        }
    }
done:
    return st;
}

/* ---- Ties ---- */

static syn_tie tie_of(const syn_force *f, uint32_t index)
{
    static const struct {
        syn_association_kind from, to;
        syn_tie_kind kind;
    } shapes[16] = {
        {SYN_PEOPLE, SYN_COMPANIES, SYN_DIRECTOR}, {SYN_PEOPLE, SYN_PHONES, SYN_CALLER},
        {SYN_PEOPLE, SYN_PHONES, SYN_CALLER},      {SYN_PEOPLE, SYN_PHONES, SYN_CALLER},
        {SYN_PEOPLE, SYN_ADDRESSES, SYN_RESIDENT}, {SYN_PEOPLE, SYN_ADDRESSES, SYN_RESIDENT},
        {SYN_PEOPLE, SYN_ADDRESSES, SYN_RESIDENT}, {SYN_PEOPLE, SYN_VEHICLES, SYN_OWNER},
        {SYN_PEOPLE, SYN_VEHICLES, SYN_OWNER},     {SYN_PEOPLE, SYN_PEOPLE, SYN_RELATIVE},
        {SYN_PEOPLE, SYN_PEOPLE, SYN_RELATIVE},    {SYN_PEOPLE, SYN_ACCOUNTS, SYN_OWNER},
        {SYN_COMPANIES, SYN_COMPANIES, SYN_OWNER}, {SYN_PEOPLE, SYN_LODGES, SYN_MEMBER},
        {SYN_PEOPLE, SYN_GYMS, SYN_MEMBER},        {SYN_PEOPLE, SYN_COMPANIES, SYN_DIRECTOR}};
    cd_random r = syn_stream(f, SYN_FOR_TIES, index);
    uint32_t s = syn_below(&r, 16), from = syn_below(&r, f->n_ordinary[shapes[s].from]);
    uint32_t n = f->n_ordinary[shapes[s].to],
             to = syn_below(&r, 4) ? syn_below(&r, n) : syn_skewed(cd_random_u64(&r), n);
    if (shapes[s].from == shapes[s].to && from == to) to = (to + 1) % n;
    uint32_t confidence = 50 + syn_below(&r, 51);
    return (syn_tie){f->first_of_kind[shapes[s].from] + from, f->first_of_kind[shapes[s].to] + to,
                     (uint8_t)shapes[s].kind, (uint8_t)confidence, -30 - (int32_t)syn_below(&r, 365 * 6)};
}

/* By id, then by everything else. */
static int tie_compare(const void *a, const void *b)
{
    const syn_tie *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    if (x->to != y->to) return x->to < y->to ? -1 : 1;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    if (x->since != y->since) return x->since < y->since ? -1 : 1;
    return (x->confidence > y->confidence) - (x->confidence < y->confidence);
}

typedef struct {
    const syn_force *f;
    const syn_tie *ties; /* from and to as ids */
    uint32_t n;
} all_ties;

static cd_status ties_block(void *context, uint32_t lane, uint64_t block, syn_text *texts, cd_err *err)
{
    static const char *const kinds[SYN_TIE_KINDS] = {",director,", ",member,", ",owner,",
                                                     ",resident,", ",caller,", ",relative,"};
    const all_ties *all = context;
    (void)lane;
    cd_status st = syn_text_room(&texts[0], (size_t)SYN_BLOCK * SYN_ROW_MAX, err);
    if (st != CD_OK) return st;
    for (uint32_t i = (uint32_t)block * SYN_BLOCK; i < all->n && i < (block + 1) * SYN_BLOCK; i++) {
        const syn_tie *tie = &all->ties[i];
        char *p = syn_put_text(syn_put8(syn_put_char(texts[0].end, 'A'), tie->from), ",A");
        p = syn_put_text(syn_put8(p, tie->to), kinds[tie->kind]);
        p = syn_put_text(syn_put_date(all->f, p, tie->since), ",,");
        texts[0].end = syn_put_char(confidence_put(p, tie->confidence), '\n');
        texts[0].rows++;
    }
    return CD_OK;
}

cd_status syn_ties_write(syn_force *f, syn_out *out, cd_err *err)
{
    static const syn_file entities[] = {SYN_ASSOCIATIONS}, links[] = {SYN_LINKS, SYN_DECLARATIONS}, ties[] = {SYN_TIES};
    cd_status st = CD_OK;
    syn_tie *all = NULL;
    uint32_t n_ordinary = f->n_officers + f->n_officers / 2 + 4, n = n_ordinary + (uint32_t)f->ties.n;

    CD_TRY(syn_out_pass(out, 1, entities, syn_blocks(f->n_associations), associations_block, NULL, f, err));
    CD_TRY(syn_out_pass(out, 2, links, syn_blocks(f->n_officers), links_block, NULL, f, err));
    CD_NEW(all, n);
    for (uint32_t i = 0; i < n; i++) {
        all[i] = i < n_ordinary ? tie_of(f, i) : f->ties.at[i - n_ordinary];
        all[i].from = f->association_id[all[i].from], all[i].to = f->association_id[all[i].to];
    }
    qsort(all, n, sizeof *all, tie_compare);
    CD_TRY(syn_out_pass(out, 1, ties, syn_blocks(n), ties_block, NULL, &(all_ties){f, all, n}, err));
done:
    cd_free(all);
    return st;
}
