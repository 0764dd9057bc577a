/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_tables.c: officers and what is known of each: their history, their protected attributes, the truth; their
 * pay, their finances, what was proven against them before. */
#include "engine/base/civil.h"
#include "loaders/synthetic_tables.h"

/* ---- Officers, protected, truth ---- */

static const char *rank_name(uint8_t rank, syn_role role)
{
    static const char *const uniformed[SYN_RANKS] = {"Staff", "PC", "Sgt", "Insp", "CI", "Supt", "CSupt", "Cmdr"};
    static const char *const detectives[SYN_RANKS] = {"Staff", "DC", "DS", "DI", "DCI", "DSupt", "DCSupt", "Cmdr"};
    bool detective = role == SYN_DETECTIVE || role == SYN_SAFEGUARDING || role == SYN_INTELLIGENCE;
    return detective ? detectives[rank] : uniformed[rank];
}

/* The row that holds from a day on; as_of INT32_MIN: always. `seen` is the day whose unit the records show. */
static void officer_row(const syn_force *f, uint32_t i, bool moved, bool promoted, int32_t as_of, syn_text *t)
{
    const syn_officer *o = &f->officers[i];
    const syn_unit *u = &f->units[moved ? o->unit_after : o->unit];
    syn_role role = moved ? u->role : o->role_mix;
    uint32_t manager = moved ? o->manager_after : o->manager;
    char *p = t->end;
    memcpy(p, f->officer_text[i], 8);
    p = syn_put_text(p + 8, rank_name((uint8_t)(o->rank + promoted), role));
    p = syn_put_char(syn_put4(syn_put_text(p, ",U"), u->number), ',');
    p = syn_put_text(p, syn_roles[role].name);
    p = syn_put_char(syn_put4(syn_put_text(p, ",S"), u->site), ',');
    if (manager != UINT32_MAX) memcpy(p, f->officer_text[manager], 7), p += 7;
    p = syn_put_char(syn_put_date(f, syn_put_char(p, ','), o->joined), ',');
    if (o->left != INT16_MAX) p = syn_put_date(f, p, o->left);
    p = syn_put_char(p, ',');
    if (as_of != INT32_MIN) p = syn_put_date(f, p, as_of);
    t->end = syn_put_char(p, '\n');
    t->rows++;
}

static void officer_write(const syn_force *f, uint32_t i, syn_text *t)
{
    const syn_officer *o = &f->officers[i];
    bool moves = o->moved != INT16_MAX && o->move_seen < o->left && o->move_seen < (int32_t)f->n_days;
    bool rises = o->promoted != INT16_MAX && o->promoted < o->left && o->promoted != o->move_seen;
    officer_row(f, i, false, false, moves || rises ? o->joined : INT32_MIN, t);
    if (rises && (!moves || o->promoted < o->move_seen)) officer_row(f, i, false, true, o->promoted, t);
    if (moves) officer_row(f, i, true, rises && o->promoted < o->move_seen, o->move_seen, t);
    if (rises && moves && o->promoted > o->move_seen) officer_row(f, i, true, true, o->promoted, t);
}

static void protected_write(const syn_force *f, uint32_t i, syn_text *t)
{
    static const char *const ages[8] = {"18-24", "25-34", "25-34", "35-44", "35-44", "45-54", "45-54", "55+"};
    cd_random r = syn_stream(f, SYN_FOR_PROTECTED, i);
    uint32_t ethnicity = syn_below(&r, 1000);
    char *p = t->end;
    memcpy(p, f->officer_text[i], 8);
    p = syn_put_text(p + 8, syn_chance(&r, 330) ? "female," : "male,");
    p = syn_put_text(p, ethnicity < 830 ? "white," : ethnicity < 895 ? "asian," : ethnicity < 935 ? "black,"
                        : ethnicity < 975 ? "mixed," : "other,");
    p = syn_put_char(syn_put_text(p, ages[syn_below(&r, 8)]), ',');
    t->end = syn_put_text(p, syn_chance(&r, 60) ? "yes\n" : "no\n");
    t->rows++;
}

static void truth_write(const syn_force *f, uint32_t i, syn_text *t)
{
    if (f->officers[i].scheme == SYNTHETIC_SCHEMES) return;
    const syn_plant *plant = &f->plants.at[f->officers[i].plant];
    char *p = t->end;
    memcpy(p, f->officer_text[i], 8);
    p = syn_put_char(syn_put_text(p + 8, synthetic_scheme_name((synthetic_scheme)plant->scheme)), ',');
    if (plant->group) p = syn_put6(syn_put_char(p, 'G'), plant->group);
    t->end = syn_put_char(syn_put_date(f, syn_put_char(p, ','), plant->since), '\n');
    t->rows++;
}

static cd_status officers_block(void *context, uint32_t lane, uint64_t block, syn_text *texts, cd_err *err)
{
    const syn_force *f = context;
    cd_status st = CD_OK;
    (void)lane;
    CD_TRY(syn_text_room(&texts[0], (size_t)SYN_BLOCK * 3 * SYN_ROW_MAX, err));
    CD_TRY(syn_text_room(&texts[1], (size_t)SYN_BLOCK * SYN_ROW_MAX, err));
    CD_TRY(syn_text_room(&texts[2], (size_t)SYN_BLOCK * SYN_ROW_MAX, err));
    for (uint32_t id = (uint32_t)block * SYN_BLOCK + 1; id < syn_block_end(block, f->n_officers); id++) {
        uint32_t i = f->officer_of_id[id];
        officer_write(f, i, &texts[0]);
        protected_write(f, i, &texts[1]);
        truth_write(f, i, &texts[2]);
    }
done:
    return st;
}

cd_status syn_officers_write(syn_force *f, syn_out *out, cd_err *err)
{
    static const syn_file files[] = {SYN_OFFICERS, SYN_PROTECTED, SYN_TRUTH};
    return syn_out_pass(out, 3, files, syn_blocks(f->n_officers), officers_block, NULL, f, err);
}

/* ---- Pay, finance, findings ---- */

static char *money_put(char *p, uint32_t pence)
{
    return syn_put2(syn_put_char(syn_put_number(p, pence / 100), '.'), pence % 100);
}

/* Overtime is paid at a third above the hour's pay of 2,080 hours a year, for what the roster claims. */
static void pay_write(const syn_force *f, uint32_t i, syn_text *t)
{
    static const uint32_t pounds[SYN_RANKS] = {2550, 3150, 4150, 4900, 5300, 6700, 7700, 9300}; /* a month */
    const syn_officer *o = &f->officers[i];
    cd_random r = syn_stream(f, SYN_FOR_PAY, i);
    uint32_t basic = pounds[o->rank] * 100 + syn_below(&r, pounds[o->rank] * 20);
    for (uint32_t month = 0; month < f->n_months; month++) {
        uint32_t counted = f->pay[(size_t)i * f->n_months + month], quarters = counted & 0xffff;
        uint32_t expenses = syn_chance(&r, 450) ? 400 + syn_skewed(cd_random_u64(&r), 42000) : 0;
        int64_t begins = f->months[month] - f->start, ends = begins + 28 * (int64_t)SYN_DAY_SECONDS;
        if ((int64_t)o->joined * SYN_DAY_SECONDS >= ends || (int64_t)o->left * SYN_DAY_SECONDS <= begins) continue;
        char *p = t->end, text[CD_TIME_TEXT];
        memcpy(p, f->officer_text[i], 8);
        size_t n = cd_month_write(f->months[month], text);
        memcpy(p + 8, text, n);
        p = syn_put_char(money_put(syn_put_char(p + 8 + n, ','), basic), ',');
        p = syn_put_char(money_put(p, quarters * 25), ','); /* hours, with two decimals as money has */
        p = syn_put_char(money_put(p, (uint32_t)((uint64_t)basic * 12 * quarters * 133 / (2080 * 4 * 100))), ',');
        p = syn_put_char(money_put(p, expenses), ',');
        t->end = syn_put_char(syn_put_number(p, counted >> 16), '\n');
        t->rows++;
    }
}

static bool is_misconduct(uint8_t scheme) { return scheme < SYNTHETIC_ANALYST; }

/* One officer in 80 a year; of those with a reason to be paid, one in four besides. */
static void finance_write(const syn_force *f, uint32_t i, syn_text *t)
{
    static const char *const kinds[8] = {"judgment", "default",     "loan",     "loan",
                                         "default",  "garnishment", "windfall", "loan"};
    static const char *const bought[4] = {"windfall", "windfall", "judgment", "default"};
    const syn_officer *o = &f->officers[i];
    cd_random r = syn_stream(f, SYN_FOR_MONEY, i);
    bool ordinary = syn_below(&r, 365 * 80) < f->n_days + 365;
    bool paid = (o->scheme == SYNTHETIC_LEAK || o->scheme == SYNTHETIC_RING || o->scheme == SYNTHETIC_HIDDEN_TIE) &&
                syn_chance(&r, 250);
    for (uint32_t k = 0; k < (uint32_t)ordinary + paid; k++) {
        bool ours = k == (uint32_t)ordinary;
        int32_t day = (int32_t)syn_below(&r, f->n_days + (ours ? 0 : 365)) - (ours ? 0 : 365);
        char *p = t->end;
        memcpy(p, f->officer_text[i], 8);
        p = syn_put_char(syn_put_date(f, p + 8, day), ',');
        p = syn_put_char(syn_put_text(p, ours ? bought[syn_below(&r, 4)] : kinds[syn_below(&r, 8)]), ',');
        t->end = syn_put_char(money_put(p, 30000 + syn_skewed(cd_random_u64(&r), 2500000)), '\n');
        t->rows++;
    }
}

/* In the three years before, one officer in 110; of those who are at it again, one in ten. */
static void findings_write(const syn_force *f, uint32_t i, syn_text *t)
{
    static const char *const kinds[8] = {"data_misuse", "overtime", "incivility", "neglect_of_duty",
                                         "undisclosed_association", "abuse_of_position", "discrimination", "honesty"};
    const syn_officer *o = &f->officers[i];
    cd_random r = syn_stream(f, SYN_FOR_PAST, i);
    uint32_t p1000 = is_misconduct(o->scheme) ? 100 : 9, percent;
    if (o->joined >= -200 || !syn_chance(&r, p1000)) return;
    int32_t span = -o->joined < 1095 ? -o->joined : 1095, day = -1 - (int32_t)syn_below(&r, (uint32_t)span);
    percent = syn_below(&r, 100);
    char *p = t->end;
    memcpy(p, f->officer_text[i], 8);
    p = syn_put_char(syn_put_date(f, p + 8, day), ',');
    p = syn_put_text(p, percent < 2    ? "criminal,"
                        : percent < 12 ? "gross,"
                        : percent < 62 ? "misconduct,"
                                       : "reflective,");
    t->end = syn_put_char(syn_put_text(p, kinds[syn_below(&r, 8)]), '\n');
    t->rows++;
}

static cd_status money_block(void *context, uint32_t lane, uint64_t block, syn_text *texts, cd_err *err)
{
    const syn_force *f = context;
    cd_status st = CD_OK;
    (void)lane;
    CD_TRY(syn_text_room(&texts[0], (size_t)SYN_BLOCK * f->n_months * 80, err));
    CD_TRY(syn_text_room(&texts[1], (size_t)SYN_BLOCK * 2 * SYN_ROW_MAX, err));
    CD_TRY(syn_text_room(&texts[2], (size_t)SYN_BLOCK * SYN_ROW_MAX, err));
    for (uint32_t id = (uint32_t)block * SYN_BLOCK + 1; id < syn_block_end(block, f->n_officers); id++) {
        uint32_t i = f->officer_of_id[id];
        pay_write(f, i, &texts[0]);
        finance_write(f, i, &texts[1]);
        findings_write(f, i, &texts[2]);
    }
done:
    return st;
}

cd_status syn_money_write(syn_force *f, syn_out *out, cd_err *err)
{
    static const syn_file files[] = {SYN_PAY, SYN_FINANCE, SYN_FINDINGS};
    return syn_out_pass(out, 3, files, syn_blocks(f->n_officers), money_block, NULL, f, err);
}

cd_status syn_tables_write(syn_force *f, syn_out *out, cd_err *err)
{
    cd_status st = CD_OK;
    CD_TRY(syn_officers_write(f, out, err));
    CD_TRY(syn_money_write(f, out, err));
    CD_TRY(syn_cases_write(f, out, err));
    CD_TRY(syn_ties_write(f, out, err));
    CD_TRY(syn_complaints_write(f, out, err));
done:
    return st;
}
