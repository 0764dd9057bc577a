/* SPDX-License-Identifier: GPL-3.0-or-later
 * commands_questions.c: the named questions' entries of the command table. */
#include "queries/commands.h"
#include "queries/question.h"

#define STORE {.name = "STORE", .about = "the store's folder"}
#define NAMED(argument) {.name = argument, .about = ABOUT_ID}

const cli_command cli_questions[] = {
    {
        .name = "who",
        .doing = "say who",
        .summary = "list who opened a file: when, how, the reason they typed, and what on record explains it",
        .example = "candour who met.candour C00001088",
        .arguments = {STORE, NAMED("FILE")},
        .options = {QUESTION_ROWS, QUESTION_RELATIONS("accesses"), QUESTION_FORMS, CLI_GRAPH_FORMS},
        .about = "UNIT THEN is the unit of who opened it, at that time. ON RECORD is what the same two have on record "
                 "besides: assigned (at that time; until or from a day: before or after it), own unit. It reads what "
                 "rows say; `candour explain` knows more reasons. With --relations it lists who has rows with any "
                 "other thing: links of an association, a shift's roster.\n\n" ABOUT_CSV,
        .run = cmd_who,
    },
    {
        .name = "touched",
        .doing = "say what was touched",
        .summary = "list what an officer opened: when, how, the reason they typed, and what on record explains it",
        .example = "candour touched met.candour P000252 --limit 8",
        .arguments = {STORE, NAMED("OFFICER")},
        .options = {QUESTION_ROWS, QUESTION_RELATIONS("accesses"), QUESTION_FORMS, CLI_GRAPH_FORMS},
        .about = "As `candour who`, from the other end: UNIT THEN is the unit of what was opened. With --relations "
                 "also links, assignments, shifts, or tables of a force's own.\n\n" ABOUT_CSV,
        .run = cmd_touched,
    },
    {
        .name = "common",
        .doing = "say what is common",
        .summary = "list what several ids have in common: files, shifts, associations, complaints, whatever ties them",
        .example = "candour common met.candour P000252 P000289",
        .arguments = {STORE, {.name = "ID", .about = "two or more: " ABOUT_ID, .many = true}},
        .options = {QUESTION_ROWS, QUESTION_RELATIONS("every relation"), QUESTION_FORMS, CLI_GRAPH_FORMS},
        .about = "A line is a thing that all of them are tied to by some row; BY says by how many rows of which "
                 "tables. With --why a line is a row.\n\n" ABOUT_CSV,
        .run = cmd_common,
    },
    {
        .name = "between",
        .doing = "say what is between them",
        .summary = "list every row that joins two ids: rows that tie them, and rows of what both are tied to",
        .example = "candour between met.candour P000252 P000289 --from 2025-01-20 --to 2025-01-23",
        .arguments = {STORE, NAMED("ID"), {.name = "OTHER", .about = "another"}},
        .options = {QUESTION_ROWS, QUESTION_RELATIONS("every relation"), QUESTION_FORMS, CLI_GRAPH_FORMS},
        .about = "What holds for a span is in where the span meets the days that are asked for. What both are tied to "
                 "counts where both are so within those days.\n\n" ABOUT_CSV,
        .run = cmd_between,
    },
    {
        .name = "ego",
        .doing = "look around",
        .summary = "list what stands around an id, step by step, and through what",
        .example = "candour ego met.candour P000252 --relations links,ties --hops 2",
        .arguments = {STORE, NAMED("ID")},
        .options = {{.name = "hops", .argument = "N", .fallback = "1", .about = "how many steps"},
                    {.name = "avoid-hubs",
                     .argument = "ROWS",
                     .fallback = "any",
                     .about = "do not go on from what has more rows than that"},
                    QUESTION_ROWS,
                    QUESTION_RELATIONS("every relation"),
                    QUESTION_FORMS,
                    CLI_GRAPH_FORMS},
        .about = "A graph has every row among what is listed, but for those that tie the outermost to each other.\n\n" ABOUT_CSV,
        .run = cmd_ego,
    },
    {
        .name = "path",
        .doing = "find a path",
        .summary = "show how two ids are joined, step by step, and by which rows",
        .example = "candour path met.candour P000252 P000017",
        .arguments = {STORE, NAMED("ID"), {.name = "OTHER", .about = "another"}},
        .options = {{.name = "all", .about = "list all shortest paths"},
                    {.name = "k", .argument = "N", .about = "list the N shortest paths that meet nothing twice"},
                    {.name = "avoid-hubs", .about = "the path that says most: going through what ties many costs more"},
                    {.name = "in-time",
                     .about = "the path that arrives first, each row no earlier than the one before it"},
                    QUESTION_ROWS,
                    QUESTION_RELATIONS("every relation"),
                    QUESTION_FORMS,
                    CLI_GRAPH_FORMS},
        .about = "Without one of the first four options it is a shortest path: of several, the first by its ids. BY "
                 "says how many rows of which tables tie a step to the one before.\n\n" ABOUT_CSV,
        .run = cmd_path,
    },
    {
        .name = "timeline",
        .doing = "tell the time line",
        .summary = "list all that is on record about an id in the order of time, with a picture of it",
        .example = "candour timeline met.candour P000252 --from 2025-01-20 --to 2025-01-23",
        .arguments = {STORE, NAMED("ID")},
        .options = {QUESTION_ROWS, QUESTION_RELATIONS("every table"), QUESTION_FORMS, CLI_GRAPH_FORMS},
        .about = "A line of the picture is a table, a column a day, a month or longer: as high as there are many rows "
                 "then; a span stands in every column that it meets. Behind it stands how many rows there are.\n\n" ABOUT_CSV,
        .run = cmd_timeline,
    },
    {
        .name = "duty",
        .doing = "tell the day",
        .summary = "show an officer's day: the shift, what was claimed, where machines saw them, and what they opened",
        .example = "candour duty met.candour P000252 2025-01-20",
        .arguments = {STORE,
                      NAMED("OFFICER"),
                      {.name = "DATE", .about = "a day, as in 2025-01-20; in UTC, as all times"}},
        .options = {QUESTION_LIMIT, QUESTION_WHY, QUESTION_RELATIONS("roster, presence, pay and accesses"),
                    QUESTION_FORMS, CLI_GRAPH_FORMS},
        .about = "Days of sickness are known by month alone.\n\n" ABOUT_CSV,
        .run = cmd_duty,
    },
    {
        .name = "similar",
        .doing = "find who is alike",
        .summary = "list who shares most files with an officer, rare ones counting more",
        .example = "candour similar met.candour P000252 --limit 5",
        .arguments = {STORE, NAMED("OFFICER")},
        .options = {QUESTION_DAYS, QUESTION_LIMIT, QUESTION_RELATIONS("accesses"), QUESTION_FORMS, CLI_GRAPH_FORMS},
        .about = "SHARED is how many files both opened, HAS how many the other did, JACCARD the first over all that "
                 "either did. RARITY sums 1 / ln(1 + n) over the shared files, n being how many opened each: the order "
                 "of the list. A graph has the first ten.\n\n" ABOUT_CSV,
        .run = cmd_similar,
    },
    {
        .name = "around",
        .doing = "say who was around",
        .summary = "list who was in a file just before and after others were",
        .example = "candour around met.candour C00001088 --window 30m",
        .arguments = {STORE, NAMED("FILE")},
        .options = {{.name = "window",
                     .argument = "TIME",
                     .fallback = "30m",
                     .about = "how long after another still counts: 90s, 30m, 2h, 1d"},
                    QUESTION_ROWS,
                    QUESTION_RELATIONS("accesses"),
                    QUESTION_FORMS},
        .about = "A line is two openings by different people, the earlier first.\n\n" ABOUT_CSV,
        .run = cmd_around,
    },
    {
        .name = "facets",
        .doing = "count",
        .summary = "count the values of an attribute over chosen rows, with bars",
        .example = "candour facets met.candour accesses action",
        .arguments = {STORE,
                      {.name = "TABLE", .about = "of which rows"},
                      {.name = "ATTRIBUTE", .about = "a column; or what an id is now, as in case_id.unit"}},
        .options =
            {{.name = "where",
              .argument = "WHAT",
              .about = "only rows that say so, as in action=print or case_id.sensitivity=3; may be given several times",
              .many = true},
             {.name = "of", .argument = "ID", .about = "only rows of this id"},
             {.name = "by",
              .argument = "UNIT",
              .fallback = "month",
              .about = "of times: what is counted by",
              .values = "hour weekday day month year"},
             QUESTION_DAYS,
             QUESTION_LIMIT,
             QUESTION_FORMS},
        .about = "Texts and ids come by how often they are. Numbers come in their order, in twenty parts where more "
                 "than 24 differ. Of entities the row that describes each now is counted.\n\n" ABOUT_CSV,
        .run = cmd_facets,
    },
};
const size_t cli_n_questions = sizeof cli_questions / sizeof *cli_questions;
