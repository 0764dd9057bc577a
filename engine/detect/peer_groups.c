/* SPDX-License-Identifier: GPL-3.0-or-later
 * peer_groups.c: groups are numbered: the roles first, by their number, then each cell of role and rank, or role and
 * unit, that is large enough. */
#include "engine/detect/peer_groups.h"

#include <stdlib.h>

#include "engine/base/sort.h"

/* What an officer's cell is known by; 0: none, as something is not known. */
static uint64_t cell_of(const cd_scene *s, const cd_residue *r, cd_peers_by by, cd_id o)
{
    uint32_t second = by == CD_PEERS_BY_UNIT ? r->unit[o] : cd_scene_post(s, o, s->as_of).rank;
    return r->role[o] && second ? (uint64_t)r->role[o] << 32 | second : 0;
}

/* Numbers the cells of `least` who work, from n_groups on, and puts their people in. */
static cd_status cells_number(const cd_scene *s, const cd_residue *r, cd_peers_by by, uint32_t least, uint32_t *group,
                              uint32_t *n_groups, cd_err *err)
{
    cd_status st = CD_OK;
    uint64_t *cells = NULL; /* of everyone who works; then the large ones alone; rising */
    size_t n = 0, large = 0;
    CD_NEW(cells, s->officers.n);
    for (cd_id o = 0; o < s->officers.n; o++)
        if (r->works[o] && cell_of(s, r, by, o)) cells[n++] = cell_of(s, r, by, o);
    cd_sort_u64(cells, n);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && cells[end] == cells[i];) end++;
        if (end - i >= least) cells[large++] = cells[i];
    }
    for (cd_id o = 0; o < s->officers.n; o++) {
        uint64_t cell = cell_of(s, r, by, o), *at;
        at = large ? bsearch(&cell, cells, large, sizeof *cells, cd_compare_u64) : NULL;
        if (at) group[o] = *n_groups + (uint32_t)(at - cells);
    }
    *n_groups += (uint32_t)large;
done:
    cd_free(cells);
    return st;
}

cd_status cd_peer_groups_make(const cd_scene *s, const cd_residue *r, const cd_policy *policy, cd_peers *out,
                              cd_err *err)
{
    cd_status st = CD_OK;
    cd_peers_by by = (cd_peers_by)policy->number[CD_POLICY_PEERS_BY];
    uint32_t least = (uint32_t)policy->number[CD_POLICY_PEERS_LEAST], n_groups = s->roles.n + 1, *group = NULL;
    *out = (cd_peers){0};
    CD_NEW(group, s->officers.n);
    for (cd_id o = 0; o < s->officers.n; o++) group[o] = r->role[o];
    if (by != CD_PEERS_BY_ROLE) CD_TRY(cells_number(s, r, by, least, group, &n_groups, err));
    CD_TRY(cd_peers_make(group, n_groups, r->works, s->officers.n, least, out, err));
done:
    cd_free(group);
    return st;
}
