/* SPDX-License-Identifier: GPL-3.0-or-later
 * tiny.c: a program of somebody else: it knows the installed header and library, and nothing of this source tree. */
#include <stdio.h>

#include <candour.h>

int main(int argc, char **argv)
{
    cd_err err = {0};
    candour_store *store = NULL;
    if (candour_store_open(argc > 1 ? argv[1] : "nothing-here", NULL, &store, &err) != CD_OK) puts(err.text);
    printf("%u tables, %s\n", candour_ontology_builtin()->n_tables, CANDOUR_VERSION);
    candour_store_close(store);
    return 0;
}
