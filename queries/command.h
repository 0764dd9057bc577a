/* SPDX-License-Identifier: GPL-3.0-or-later
 * command.h: what a command of the program is: one entry of a table from which its parsing, its --help, its manual page
 * and its completion all come, so that they cannot disagree. */
#ifndef QUERIES_COMMAND_H
#define QUERIES_COMMAND_H

#include "engine/base/memory.h"
#include "engine/base/status.h"

/* How the program ends. The manual documents these; scripts depend on them. */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,      /* the system refused, or what was handed over cannot be read */
    EXIT_USAGE = 2,       /* the command line asks for what does not exist */
    EXIT_REJECTS = 3,     /* loaded, but rows were rejected */
    EXIT_DAMAGED = 4,     /* the store is damaged, or of another version */
    EXIT_BUSY = 5,        /* another writer holds the store */
    EXIT_INTERRUPTED = 130 /* stopped by Ctrl-C; 128 + the number of another signal */
};

/* A byte that no value holds: ASCII's record separator. */
enum { CLI_APART = '\x1e' };

typedef struct {
    const char *name;     /* without its dashes */
    const char *argument; /* what it takes: FOLDER, N, BYTES, ...; NULL: it is a switch */
    const char *fallback; /* in words, for people: what holds without it; or NULL */
    const char *about;
    bool many;            /* may be given several times; the values are joined by commas */
    bool apart;           /* the same, but values may hold commas: they are joined by CLI_APART */
    const char *values;   /* for completion: the words it takes between spaces, or `tables` */
} cli_option;

typedef struct {
    const char *name;
    const char *about;
    bool optional, many;
} cli_argument;

enum { CLI_MAX_ARGUMENTS = 3, CLI_MAX_OPTIONS = 40 };

typedef struct cli_run cli_run;

typedef struct {
    const char *name;
    const char *doing;   /* for `cannot ...: why`, where it is not the name */
    const char *summary; /* one sentence, to follow the name: "take a force's files into a store, in one commit" */
    const char *example; /* a real one, kept true by a test */
    cli_argument arguments[CLI_MAX_ARGUMENTS];
    cli_option options[CLI_MAX_OPTIONS];
    const char *about;   /* paragraphs between empty lines */
    const char *file;    /* a whole file that it takes, as an example to `about`, kept true by a test; or NULL */
    bool hidden;         /* for the build, not for people */
    cd_status (*run)(cli_run *run, cd_err *err);
} cli_command;

/* One use of a command. */
struct cli_run {
    const cli_command *command;
    const char **arguments; /* n_arguments of them, as given */
    size_t n_arguments;
    const char *values[CLI_MAX_OPTIONS]; /* by the command's options: NULL where not given, "" for a switch that is */
    cd_arena arena;                      /* dies with the run */
    cd_buffer out;                       /* the answer: written to standard output when the command has ended, if not before */
    int exit_status;                     /* of a run that went well: EXIT_DONE or EXIT_REJECTS */
    cd_err damage;                       /* of a store that was read and closed: then there is no answer, and no other failure */
};

/* All there are, in the order of the help. */
size_t cli_n_commands(void);
const cli_command *cli_command_at(size_t i);

const cli_command *cli_command_find(const char *name);

/* Runs the command of a run whose words were parsed. Where what it read is damaged it has no answer. */
CD_CHECKED cd_status cli_command_run(cli_run *run, cd_err *err);

#define CLI_QUIET {.name = "quiet", .about = "print nothing but errors (and JSON where it is asked for)"}
#define CLI_JSON {.name = "json", .about = "print JSON instead of text"}
#define CLI_THREADS {.name = "threads", .argument = "N", .fallback = "one a processor", .about = "how many threads work"}
#define CLI_MEMORY                                                                                                     \
    {.name = "memory", .argument = "BYTES", .fallback = "1G", .about = "the most to hold in memory, as in 512M or 2G"}
#define CLI_UNTRUSTED                                                                                                  \
    {.name = "untrusted", .about = "the store comes from elsewhere: check every byte before the first answer"}

#endif
