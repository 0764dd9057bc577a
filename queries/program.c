/* SPDX-License-Identifier: GPL-3.0-or-later
 * program.c: main. Finds the command, runs it, writes its answer to standard output at once and its failure, in one
 * line, to standard error; and keeps the promises about exit statuses. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/candour.h"
#include "queries/answer.h"
#include "queries/arguments.h"
#include "queries/help.h"
#include "queries/print.h"
#include "queries/terminal.h"

/* A file that is opened while standard output is closed would take its number, and answers would be written into it. */
static void hold_standard_files(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF) (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

static int exit_status_of(cd_status st)
{
    switch (st) {
    case CD_OK: return EXIT_DONE;
    case CD_EUSAGE: return EXIT_USAGE;
    case CD_ESTORE: return EXIT_DAMAGED;
    case CD_EBUSY: return EXIT_BUSY;
    case CD_ESTOPPED: return terminal_stopped_by() ? 128 + terminal_stopped_by() : EXIT_INTERRUPTED;
    case CD_EINPUT:
    case CD_ESYSTEM:
    case CD_EMEMORY: break;
    }
    return EXIT_FAILED;
}

/* One line, whatever the layer below said: `candour: cannot load: why; what to do`. */
static void tell(const cli_command *command, const cd_err *err)
{
    bool whole = strncmp(err->text, "cannot ", 7) == 0 || !command;
    if (whole) fprintf(stderr, "candour: %s\n", err->text);
    else fprintf(stderr, "candour: cannot %s: %s\n", command->doing ? command->doing : command->name, err->text);
}

static cd_status unknown_command(const char *name, cd_err *err)
{
    cli_nearest nearest = cli_nearest_to(name);
    for (size_t i = 0; i < cli_n_commands(); i++)
        if (!cli_command_at(i)->hidden) cli_nearest_try(&nearest, cli_command_at(i)->name);
    if (nearest.best) return cd_fail(err, CD_EUSAGE, "no command '%s'; did you mean '%s'?", name, nearest.best);
    return cd_fail(err, CD_EUSAGE, "no command '%s'; see `candour --help`", name);
}

static bool asks_for_help(int n_words, char **words)
{
    for (int i = 0; i < n_words && strcmp(words[i], "--") != 0; i++)
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0) return true;
    return false;
}

static cd_status run_command(cli_run *run, int n_words, char **words, cd_err *err)
{
    cd_status st = CD_OK;
    if (asks_for_help(n_words, words)) help_command(run->command, &run->out);
    else {
        CD_TRY(cli_parse(run, n_words, words, err));
        CD_TRY(cli_command_run(run, err));
    }
done:
    if (cli_given(run, "quiet") && !cli_given(run, "json")) run->out.n = 0;
    return st;
}

int main(int argc, char **argv)
{
    cd_status st = CD_OK, wrote;
    cd_err err = {0}, write_err = {0};
    cli_run run = {0};
    const char *name = argc > 1 ? argv[1] : "";

    hold_standard_files();
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away must not end a load; see answer_write */
    print_json_init();
    if (strcmp(name, "help") == 0 && argc > 2) name = argv[2], argv[2] = "--help";
    if (strcmp(name, "--version") == 0) name = "version";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) help_list(&run.out);
    else if (argc < 2) st = cd_fail(&err, CD_EUSAGE, "a command is missing; see `candour --help`");
    else if (!(run.command = cli_command_find(name))) st = unknown_command(name, &err);
    else st = run_command(&run, argc - 2, argv + 2, &err);

    terminal_end();
    wrote = answer_write(&run.out, "the answer", &write_err);
    if (st != CD_OK) tell(run.command, &err);
    else if (wrote != CD_OK) tell(NULL, &write_err), st = wrote;
    int status = st == CD_OK ? run.exit_status : exit_status_of(st);
    cd_arena_release(&run.arena);
    cd_buffer_release(&run.out);
    return status;
}
