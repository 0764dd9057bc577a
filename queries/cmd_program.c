/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_program.c: what the program says of itself: `candour version`, and for the build `candour pages`. */
#include <errno.h>
#include <stdio.h>

#include "queries/arguments.h"
#include "queries/commands.h"
#include "queries/help.h"
#include "queries/print.h"

cd_status cmd_version(cli_run *run, cd_err *err)
{
    if (cli_given(run, "json"))
        return print_json(json_pack("{s:s, s:s}", "version", CANDOUR_VERSION, "build", candour_build_facts()), &run->out, err);
    cd_buffer_printf(&run->out, "candour %s\n%s\n", CANDOUR_VERSION, candour_build_facts());
    return CD_OK;
}

/* Writes the page and empties the buffer for the next. */
static cd_status write_page(const char *folder, const char *name, cd_buffer *page, cd_err *err)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file) return cd_fail_errno(err, errno, "cannot write '%s'", path);
    bool wrote = page->status == CD_OK && fwrite(page->bytes, 1, page->n, file) == page->n;
    if (fclose(file) != 0 || !wrote) return cd_fail_errno(err, errno, "cannot write '%s'", path);
    page->n = 0;
    return CD_OK;
}

cd_status cmd_pages(cli_run *run, cd_err *err)
{
    cd_status st = CD_OK;
    cd_buffer page = {0};
    const char *folder = run->arguments[0];
    manual_program(&page);
    CD_TRY(write_page(folder, "candour.1", &page, err));
    for (size_t i = 0; i < cli_n_commands(); i++) {
        char name[64];
        if (cli_command_at(i)->hidden) continue;
        snprintf(name, sizeof name, "candour-%s.1", cli_command_at(i)->name);
        manual_command(cli_command_at(i), &page);
        CD_TRY(write_page(folder, name, &page, err));
    }
    completion_bash(&page);
    CD_TRY(write_page(folder, "candour.bash", &page, err));
done:
    cd_buffer_release(&page);
    return st;
}
