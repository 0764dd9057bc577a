/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic.c: generates a force: checks what is asked for, makes it up, writes its files. */
#include <omp.h>
#include <time.h>

#include "engine/base/civil.h"
#include "loaders/synthetic_days.h"
#include "loaders/synthetic_tables.h"

static cd_status options_check(synthetic_options *o, cd_err *err)
{
    if (!o->out || !*o->out) return cd_fail(err, CD_EUSAGE, "no folder was named to generate into");
    if (o->n_officers < 1 || o->n_officers > SYNTHETIC_OFFICERS_MAX)
        return cd_fail(err, CD_EUSAGE, "a force has 1 to %d officers, not %u", SYNTHETIC_OFFICERS_MAX, o->n_officers);
    if (o->n_days < 1 || o->n_days > SYNTHETIC_DAYS_MAX)
        return cd_fail(err, CD_EUSAGE, "a force is generated for 1 to %d days, not %u", SYNTHETIC_DAYS_MAX, o->n_days);
    if ((uint64_t)o->n_officers * o->n_days > SYNTHETIC_OFFICER_DAYS_MAX)
        return cd_fail(err, CD_EUSAGE,
                       "%u officers over %u days are more than %d officer-days; generate fewer or shorter",
                       o->n_officers, o->n_days, SYNTHETIC_OFFICER_DAYS_MAX);
    if (o->accesses_per_officer_day == 0) o->accesses_per_officer_day = 1.22;
    if (!(o->accesses_per_officer_day >= 0.01 && o->accesses_per_officer_day <= 50))
        return cd_fail(err, CD_EUSAGE, "an officer makes 0.01 to 50 accesses a day, not %g",
                       o->accesses_per_officer_day);
    if (o->start_seconds == CD_NO_TIME) o->start_seconds = cd_days_of(2025, 1, 1) * 86400;
    if (o->start_seconds % 86400 != 0 || o->start_seconds < cd_days_of(1970, 1, 1) * 86400 ||
        o->start_seconds > cd_days_of(2200, 1, 1) * 86400)
        return cd_fail(err, CD_EUSAGE, "a force begins at a midnight between 1970 and 2200");
    if (o->threads == 0) o->threads = (uint32_t)omp_get_num_procs();
    if (o->threads > 256) o->threads = 256;
    return CD_OK;
}

cd_status synthetic_generate(const synthetic_options *options, synthetic_report *report, cd_err *err)
{
    cd_status st = CD_OK;
    syn_force *f = NULL;
    syn_out *out = NULL;
    synthetic_options o = *options;
    synthetic_report said = {0};
    struct timespec began, ended;

    clock_gettime(CLOCK_MONOTONIC, &began);
    CD_TRY(options_check(&o, err));
    CD_TRY(syn_out_open(o.out, o.threads, o.progress, &out, err));
    CD_TRY(syn_force_new(&o, &f, err));
    CD_TRY(syn_days_write(f, out, &said, err));
    CD_TRY(syn_tables_write(f, out, err));
    CD_TRY(syn_out_commit(out, err));
    syn_out_report(out, &said);
    memcpy(said.n_planted, f->n_planted, sizeof said.n_planted);
    said.n_rings = f->n_rings;
    clock_gettime(CLOCK_MONOTONIC, &ended);
    said.seconds = (double)(ended.tv_sec - began.tv_sec) + 1e-9 * (double)(ended.tv_nsec - began.tv_nsec);
    if (report) *report = said;
done:
    syn_force_free(f);
    syn_out_close(out);
    return st;
}
