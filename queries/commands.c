/* SPDX-License-Identifier: GPL-3.0-or-later
 * commands.c: the command table. Everything a person may type stands here, the named questions in commands_questions.c; see
 * command.h for what is made of it. */
#include "queries/commands.h"
#include "queries/question.h"

#include <string.h>

static const cli_command stores[] = {
    {
        .name = "generate",
        .summary = "make a synthetic force: a full folder of CSV files, with what was planted in truth.csv",
        .example = "candour generate --officers 500 --days 30 --seed 7 --out force",
        .options = {{.name = "officers", .argument = "N", .fallback = "1000", .about = "how many officers"},
                    {.name = "days", .argument = "N", .fallback = "90", .about = "how many days of records"},
                    {.name = "seed", .argument = "N", .fallback = "1", .about = "another number, another force"},
                    {.name = "out", .argument = "FOLDER", .about = "where the files go: a new or an empty folder; must be given"},
                    {.name = "null", .about = "plant innocent look-alikes only: a force in which nobody did anything"},
                    {.name = "plant",
                     .argument = "SCHEME=N",
                     .fallback = "as often as published figures have them",
                     .about = "how many of a scheme to plant, as in ring=3,snoop=12; all=0 is for every scheme",
                     .many = true},
                    {.name = "accesses",
                     .argument = "RATE",
                     .fallback = "1.22",
                     .about = "accesses an officer and day, on average"},
                    {.name = "start", .argument = "DATE", .fallback = "2025-01-01", .about = "the first day"},
                    CLI_THREADS,
                    CLI_JSON,
                    CLI_QUIET},
        .about = "The same options give the same bytes, on any machine and with any number of threads. The force is built "
                 "to be hard: people work across units, assignments come late or never, badges are not swiped, gyms and "
                 "unions tie the innocent, and those who misbehave do ordinary work most of the time.\n\n"
                 "Schemes: ring (counted in groups; the others in officers), snoop, leak, hidden_tie, hidden_member, "
                 "overtime, absentee, abuse, grooming_drift. Innocent look-alikes: analyst, secondee, reviewer, carer, "
                 "popular_case.",
        .run = cmd_generate,
    },
    {
        .name = "load",
        .summary = "take a force's files into a store, in one commit",
        .example = "candour load force --into met.candour",
        .arguments = {{.name = "FOLDER|FILE",
                       .about = "a folder of the contract's CSV files, or with --as single files; - is standard input",
                       .many = true}},
        .options = {{.name = "into", .argument = "STORE", .about = "the store's folder, made if there is none; must be given"},
                    {.name = "as",
                     .argument = "TABLE",
                     .about = "the files are rows of this table, whatever their names",
                     .values = "tables"},
                    {.name = "mapping", .argument = "FILE", .about = "a YAML file that says how a force's own names and values differ"},
                    {.name = "explain-mapping", .about = "show what would be read as what, and load nothing"},
                    {.name = "ontology",
                     .argument = "FILE",
                     .fallback = "ontology.yaml in the folder, if there",
                     .about = "kinds and tables to add to the built-in ones"},
                    {.name = "presence",
                     .argument = "duty|all",
                     .fallback = "duty",
                     .about = "keep machine sightings within rostered duty alone, or all; a store keeps to its first choice",
                     .values = "duty all"},
                    {.name = "strict", .about = "load nothing if any row has to be rejected"},
                    {.name = "again", .about = "read files that the store knows already, as after a change of the mapping"},
                    CLI_THREADS,
                    CLI_MEMORY,
                    CLI_JSON,
                    CLI_QUIET},
        .about = "All or nothing: after a crash, a full disk or Ctrl-C the store is as it was. Files may be .csv, .csv.gz or "
                 ".csv.zst. Rows are sets: what is there already is counted as a repeat and changes nothing, so that "
                 "overlapping exports are harmless and a file that is known is not even read.\n\n"
                 "A row that cannot be taken goes to rejects.csv in the store, with its file, line, column, value and "
                 "reason; the rest load, and the exit status is 3.\n\n"
                 "Kinds and tables of a force's own stand in ontology.yaml beside its files. A kind has a name, the table "
                 "that describes it and, if need be, a label and its unit, the text column that its numbers go by. A table "
                 "has a name (its file is NAME.csv), a label (what a question calls it), a class (entity, relation or "
                 "record), columns and, if need be, time (the column in whose order the rows of one id stand) and about. A "
                 "column has a name and a type (id, integer, real, text, boolean, time or month), an id its kind, and, if "
                 "need be, required: true, the values of a text, min and max of a number, and about. The first column is "
                 "the id that the rows belong to, of a relation the second one is the other id; both are required. An "
                 "entity has as_of besides. Names of kinds and tables are lower case, and new: what is built in cannot be changed. "
                 "Relations may share a label, and the label of one entity table may be '': nodes without a label. As in:",
        .file = "kinds:\n"
                "  - {name: vehicle, label: Vehicle, table: vehicles, unit: garage}\n"
                "tables:\n"
                "  - name: vehicles\n"
                "    label: Vehicle\n"
                "    class: entity\n"
                "    about: a vehicle of the force\n"
                "    columns:\n"
                "      - {name: vehicle_id, type: id, kind: vehicle}\n"
                "      - {name: garage, type: text}\n"
                "      - {name: fuel, type: text, values: [petrol, diesel, electric]}\n"
                "      - {name: seats, type: integer, min: 1, max: 60}\n"
                "  - name: trips\n"
                "    label: DROVE\n"
                "    class: relation\n"
                "    time: at\n"
                "    columns:\n"
                "      - {name: officer_id, type: id, kind: officer}\n"
                "      - {name: vehicle_id, type: id, kind: vehicle}\n"
                "      - {name: at, type: time, required: true}\n",
        .run = cmd_load,
    },
    {
        .name = "info",
        .doing = "show the store",
        .summary = "show what a store holds: kinds, tables, spans, sizes, loads",
        .example = "candour info met.candour",
        .arguments = STORE_TO_READ,
        .options = {{.name = "sources", .about = "list every file that rows came from, with its SHA-256"},
                    {.name = "all", .about = "list every load, not only the last ten"},
                    CLI_UNTRUSTED,
                    CLI_JSON},
        .about = "Takes the same few milliseconds whatever the store's size: counts, spans and sizes are kept, not "
                 "counted. Rows of an entity table that a later load replaced are counted until `candour compact`.",
        .run = cmd_info,
    },
    {
        .name = "verify",
        .summary = "recompute every checksum and every structural invariant of a store",
        .example = "candour verify met.candour",
        .arguments = STORE_TO_READ,
        .options = {CLI_THREADS, CLI_JSON, CLI_QUIET},
        .about = "Prints each fault on a line of its own (the first hundred) and ends with status 4 if there is any.",
        .run = cmd_verify,
    },
    {
        .name = "digest",
        .summary = "print one number for all that a store says",
        .example = "candour digest met.candour",
        .arguments = STORE_TO_READ,
        .options = {{.name = "tables", .about = "a digest for each table too"}, CLI_UNTRUSTED, CLI_THREADS, CLI_JSON},
        .about = "Equal for equal content: the same rows give the same digest whether they came in one load or in a "
                 "hundred, in any order, merged or not. Where rows came from is not content.",
        .run = cmd_digest,
    },
    {
        .name = "compact",
        .summary = "merge a store's files into one, numbered for speed",
        .example = "candour compact met.candour",
        .arguments = STORE_TO_READ,
        .options = {CLI_THREADS, CLI_MEMORY, CLI_JSON, CLI_QUIET},
        .about = "Answers and digests do not change. Officers and cases are numbered by unit, which makes work on the "
                 "graph several times faster. Readers keep the files they have open.",
        .run = cmd_compact,
    },
    {
        .name = "export",
        .summary = "write a store back as the contract's CSV files",
        .example = "candour export met.candour --out back",
        .arguments = STORE_TO_READ,
        .options = {{.name = "out", .argument = "FOLDER", .about = "where the files go; must be given"},
                    {.name = "table",
                     .argument = "TABLE",
                     .fallback = "every table that has rows",
                     .about = "write this table alone; may be given several times",
                     .many = true,
                     .values = "tables"},
                    {.name = "overwrite", .about = "replace files of these names that are there"},
                    CLI_UNTRUSTED,
                    CLI_JSON,
                    CLI_QUIET},
        .about = "Loading the files again gives a store of the same digest. Rows come in an order that depends on the "
                 "rows alone; times are written in UTC with a Z. Texts stand as they were "
                 "loaded, to the byte: one that begins with = is a formula to a spreadsheet.",
        .run = cmd_export,
    },
    {
        .name = "graph",
        .doing = "answer",
        .summary = "run a kernel over relations of a store: distances, components, ranks, paths, and more",
        .example = "candour graph pagerank met.candour --relations accesses --top 5",
        .arguments = {{.name = "KERNEL", .about = "which; `candour graph list` says what there is"},
                      {.name = "STORE", .about = "the store's folder", .optional = true}},
        .options = {{.name = "relations",
                     .argument = "TABLE",
                     .fallback = "accesses",
                     .about = "which relations the graph is made of; may be given several times",
                     .many = true,
                     .values = "tables"},
                    {.name = "where",
                     .argument = "WHAT",
                     .about = "only rows that say so, as in accesses.action=print; may be given several times",
                     .many = true},
                    {.name = "from", .argument = "TIME", .about = "only rows from then on"},
                    {.name = "to", .argument = "TIME", .about = "only rows before then"},
                    {.name = "start",
                     .argument = "ID",
                     .about = "the vertex to begin at: an id, or KIND:ID; for nearest several, between commas"},
                    {.name = "end", .argument = "ID", .about = "the vertex to come to"},
                    {.name = "hops", .argument = "N", .fallback = "any", .about = "how many steps at most"},
                    {.name = "paths", .argument = "N", .fallback = "10", .about = "how many paths to list"},
                    {.name = "top",
                     .argument = "N",
                     .fallback = "20 for people, all as CSV or JSON",
                     .about = "list the first N alone"},
                    {.name = "damping", .argument = "SHARE", .fallback = "0.85", .about = "the share of steps along an edge"},
                    {.name = "tolerance", .argument = "X", .fallback = "the kernel's", .about = "when an answer is good enough"},
                    {.name = "rounds", .argument = "N", .fallback = "the kernel's", .about = "at most so many rounds"},
                    {.name = "alpha", .argument = "N", .fallback = "2", .about = "neighbours that everyone on the left must have"},
                    {.name = "beta", .argument = "N", .fallback = "2", .about = "neighbours that everyone on the right must have"},
                    {.name = "side", .argument = "KIND", .fallback = "the relation's left", .about = "whose ids are compared"},
                    {.name = "weight",
                     .argument = "HOW",
                     .fallback = "count",
                     .about = "what sharing weighs: count, jaccard, cosine, adamic-adar or resource",
                     .values = "count jaccard cosine adamic-adar resource"},
                    {.name = "weights",
                     .argument = "FILE",
                     .about = "what each shared id weighs: a CSV of id,weight; those not in it weigh 1"},
                    {.name = "partners", .argument = "N", .fallback = "20", .about = "how many partners of each"},
                    {.name = "least", .argument = "N", .fallback = "2", .about = "pairs that share so many at least"},
                    {.name = "level",
                     .argument = "RATE",
                     .fallback = "0.05",
                     .about = "the false-discovery rate; of what is drawn, the chance to be further off"},
                    {.name = "strata",
                     .argument = "WHICH",
                     .about = "hold ids against those of the same unit alone, or month, or both: unit,month. With months, "
                              "what two share is what both came to in one month, first",
                     .values = "unit month unit,month"},
                    {.name = "certain",
                     .argument = "TABLE",
                     .about = "what this relation ties was bound to be, and is no chance: assignments",
                     .values = "tables"},
                    {.name = "there",
                     .about = "ids come together by chance only while both are there: from joined to left, from opened to "
                              "closed, by months"},
                    {.name = "cap", .argument = "N", .fallback = "none", .about = "leave out hubs of more neighbours"},
                    {.name = "resolution", .argument = "X", .fallback = "1", .about = "larger: smaller communities"},
                    {.name = "seed", .argument = "N", .fallback = "1", .about = "of kernels that draw at random"},
                    {.name = "estimate", .about = "say what it would take, and do nothing"},
                    {.name = "timing", .about = "say on standard error how long each part took"},
                    {.name = "csv", .about = "print CSV instead of a table"},
                    CLI_UNTRUSTED,
                    CLI_THREADS,
                    CLI_MEMORY,
                    CLI_JSON},
        .about = "The graph has a vertex for every id of the kinds that the relations tie, and an edge for every pair that "
                 "some row ties. Answers do not depend on the number of threads, nor on how the store came to be; where "
                 "nothing else orders them they are listed by kind and id.\n\n"
                 "A kernel that would need more than --memory is refused, and says how much it would need.\n\n" ABOUT_CSV,
        .run = cmd_graph,
    },
    {
        .name = "query",
        .summary = "ask a question in the query language, a read-only subset of openCypher with a few extensions",
        .example = "candour query met.candour 'MATCH (o:Officer)-[a:ACCESSED]->(:Case {id: $case}) RETURN o.id, a.at' "
                   "--param case=C00000062",
        .arguments = {{.name = "STORE", .about = "the store's folder"},
                      {.name = "QUERY", .about = "its text; without it, or as `-`, it is read from standard input", .optional = true}},
        .options = {{.name = "file", .argument = "FILE", .about = "read the query from a file"},
                    {.name = "saved", .argument = "NAME", .about = "ask a query that was saved in `candour shell`"},
                    {.name = "param", .argument = "NAME=VALUE",
                     .about = "what $NAME stands for: VALUE is JSON where it is, else text; NAME:time=2026-03-01 is a time",
                     .apart = true},
                    {.name = "csv", .about = "print CSV instead of a table"},
                    {.name = "table", .about = "print a table for people, as it does without any of these"},
                    {.name = "ndjson", .about = "print a JSON array a row instead of a table"},
                    {.name = "html", .about = "print one self-contained HTML page"},
                    CLI_GRAPH_FORMS,
                    {.name = "timeout", .argument = "SECONDS", .fallback = "none", .about = "stop when it takes longer"},
                    {.name = "max-rows", .argument = "N", .fallback = "any number", .about = "print at most so many rows, and fail where there are more"},
                    CLI_THREADS,
                    CLI_MEMORY,
                    CLI_UNTRUSTED,
                    CLI_JSON},
        .about = "Kinds are labels (Officer, Case, Shift, Association, Complaint), relations are types (ACCESSED, ASSIGNED, ROSTERED, "
                 "CONCERNS, LINKED, DECLARED, NAMED_IN, TIED), and a record is a node of its own (Presence, Pay, Finance, Finding) that its "
                 "officer HAS. Columns of the CSV files are properties, and every node has `id`.\n\n"
                 "A query reads with MATCH, OPTIONAL MATCH, WHERE, UNWIND, WITH and CALL, and ends with RETURN. Beyond openCypher there are "
                 "during(t, from, to), overlaps(a, b, c, d), where what is not known is open, and source(x), the file and line of a row. CALL "
                 "graph.KERNEL({relations: ['ACCESSED'], ...}) runs a kernel of `candour graph`; CALL sweep.queue(), sweep.findings() and "
                 "sweep.DETECTOR() read the latest sweep. EXPLAIN before a query shows its plan and the most rows that each "
                 "step can give, PROFILE what each step did.\n\n"
                 "Of nodes, relationships and paths: id, labels, type, keys, properties, startNode, endNode, nodes, relationships, length, "
                 "source. Of lists and what may be null: size, head, last, tail, reverse, range, coalesce, exists. Of texts: toLower, toUpper, "
                 "trim, ltrim, rtrim, left, right, substring, replace, split, and =~. Of numbers: abs, ceil, floor, round, sign, sqrt, exp, log, "
                 "log10, sin, cos, tan, cot, asin, acos, atan, atan2, haversin, degrees, radians, pi, e, and rand, which draws the same numbers "
                 "each time. To other types: toString, toInteger, toFloat, toBoolean. Aggregates: count, sum, avg, min, max, collect, stDev, "
                 "stDevP, percentileCont, percentileDisc.\n\n"
                 "Of times: datetime, date, duration, timestamp, datetime.truncate, date.truncate, duration.between, duration.inMonths, "
                 "duration.inDays, duration.inSeconds, during, overlaps; parts are t.year, t.week, t.dayOfWeek, t.hour, t.epochSeconds, d.days "
                 "and so on. Times are whole seconds of UTC: an offset is converted, less than a second is cut off. A date is compared with a "
                 "time as its first second.\n\n"
                 "As a graph (GraphML, GEXF, DOT, SVG) an answer has the nodes, relationships and paths that its rows hold, each once. "
                 "Without ORDER BY rows come in an order that depends on the data alone. A query never writes.",
        .run = cmd_query,
    },
};

static const cli_command sweeps_and_more[] = {
    {
        .name = "shell",
        .doing = "run the shell",
        .summary = "ask one question after another: history, completion, saved queries",
        .example = "candour shell met.candour",
        .arguments = {{.name = "STORE", .about = "the store's folder"}},
        .options = {{.name = "timeout", .argument = "SECONDS", .fallback = "none", .about = "stop a query that takes longer"},
                    CLI_THREADS,
                    CLI_MEMORY,
                    CLI_UNTRUSTED},
        .about = "A query, as `candour query` takes it, ends with `;` or an empty line, and may have any number of lines. A line that begins "
                 "with a backslash is a command: \\help lists them, \\schema says what can be asked for, \\save NAME keeps the last query "
                 "with the store, and \\run NAME $param=VALUE asks it again, as does `candour query STORE --saved NAME`. Tab completes words "
                 "of the language, labels, types, properties and, in quotes, ids. Ctrl-C stops a query and keeps the shell.\n\n"
                 "What was asked is kept in $XDG_STATE_HOME/candour/history, or in ~/.local/state, for whoever has that account alone. Answers "
                 "that do not fit the screen go through $PAGER. The store is read as it was when the shell began.\n\n"
                 "Without a terminal statements come from standard input, and nothing is paged; the shell then ends with status 2 if one failed.",
        .run = cmd_shell,
    },
    {
        .name = "sweep",
        .summary = "run every detector over a store and keep what they say",
        .example = "candour sweep met.candour",
        .arguments = STORE_TO_READ,
        .options = {{.name = "as-of", .argument = "TIME", .fallback = "all there is", .about = "rows dated then or later are invisible"},
                    {.name = "since", .argument = "TIME", .fallback = "all there is",
                     .about = "accesses before it are learnt from, and count for nothing else"},
                    {.name = "only", .argument = "DETECTOR", .about = "run this one alone; may be given several times", .many = true},
                    {.name = "policy", .argument = "FILE", .fallback = "the built-in one", .about = "a policy.yaml; see `candour policy`"},
                    {.name = "again", .about = "sweep even where the same was swept before"},
                    CLI_THREADS,
                    {.name = "memory", .argument = "BYTES", .fallback = "4G", .about = "the most to hold in memory"},
                    CLI_JSON,
                    CLI_QUIET},
        .about = "A sweep is kept in the store's folder, in sweeps/, and never changed; `rank`, `explain`, `reasons` and the like "
                 "read the latest. It depends on the records, the policy and the days alone, not on threads or on how the store "
                 "was loaded. Stopped or killed, it leaves what its detectors found for the next sweep of the same records.\n\n"
                 "It orders a queue for people to look into. It says nothing of guilt.",
        .run = cmd_sweep,
    },
    {
        .name = "sweeps",
        .doing = "list the sweeps",
        .summary = "list the sweeps of a store",
        .example = "candour sweeps met.candour",
        .arguments = STORE_TO_READ,
        .options = {CLI_JSON},
        .run = cmd_sweeps,
    },
    {
        .name = "rank",
        .summary = "list officers by evidence, the strongest first, with how many of them may be clean",
        .example = "candour rank met.candour --top 10",
        .arguments = STORE_TO_READ,
        .options = {{.name = "top", .argument = "N", .fallback = "20 for people, all as CSV or JSON", .about = "list the first N alone"},
                    {.name = "tier", .argument = "TIER", .about = "those of one tier alone", .values = "urgent assess prevent none"},
                    {.name = "unit", .argument = "UNIT", .about = "those of one unit alone"},
                    {.name = "lane", .argument = "LANE", .fallback = "conduct", .about = "the list of another lane", .values = "conduct compliance declaration welfare"},
                    {.name = "without-dismissed", .about = "say too what the place and the score would be without dismissed complaints"},
                    {.name = "sweep", .argument = "N", .fallback = "the latest", .about = "another sweep; see `candour sweeps`"},
                    {.name = "csv", .about = "print CSV instead of a table"},
                    {.name = "html", .about = "print one self-contained HTML page"},
                    CLI_JSON},
        .about = "The score is in decibans: ten times the base-ten logarithm of how many times likelier the records are under "
                 "misconduct than under ordinary work by the officer's peers. An officer without any finding stands 3.01 below "
                 "even. `candour explain` shows what a score is made of. With --without-dismissed, WITHOUT is the place that an officer would "
                 "have if nobody's dismissed complaints had been made, and CHANGE by how many decibans the score would differ.\n\n"
                 "Before the list stands how many of its officers are expected to be clean: a bound, for the list as it is asked for; of "
                 "a unit's list, a bound within that unit. CSV has the same figure in the last column of every row, so that the first "
                 "line is the heads and every line a row, whatever reads it.\n\n" ABOUT_CSV,
        .run = cmd_rank,
    },
    {
        .name = "explain",
        .summary = "show what an officer's score is made of, down to the rows of the files it came from",
        .example = "candour explain met.candour P000017",
        .arguments = {{.name = "STORE", .about = "the store's folder"}, {.name = "OFFICER", .about = "an officer's id"}},
        .options = {{.name = "all", .about = "list every row, not only the first ten of each finding"},
                    {.name = "without-dismissed", .about = "say what the score and the place would be without dismissed complaints"},
                    {.name = "sweep", .argument = "N", .fallback = "the latest", .about = "another sweep; see `candour sweeps`"},
                    {.name = "csv", .about = "print the rows as CSV"},
                    {.name = "html", .about = "print one self-contained HTML page"},
                    CLI_JSON},
        .about = "The lines of the ledger sum to the score, to the last digit. Taking a finding away changes the score by what its line "
                 "says. It also shows which files would have to be explained for the officer to leave the tier, and what counted for "
                 "nothing.\n\n" ABOUT_CSV,
        .run = cmd_explain,
    },
    {
        .name = "ties",
        .doing = "list ties",
        .summary = "list officers who are tied through what both are linked to, and what on record explains it",
        .example = "candour ties met.candour P000017",
        .arguments = {{.name = "STORE", .about = "the store's folder"},
                      {.name = "OFFICER", .about = "an officer's id; without one, all pairs that nothing explains", .optional = true}},
        .options = {{.name = "as-of", .argument = "TIME", .fallback = "all there is", .about = "rows dated then or later are invisible"},
                    {.name = "policy", .argument = "FILE", .fallback = "the values built in", .about = "what the force decided: see `candour policy`"},
                    {.name = "top", .argument = "N", .fallback = "20 of the force, all of an officer", .about = "how many pairs"},
                    {.name = "csv", .about = "print CSV instead of a table"},
                    CLI_GRAPH_FORMS,
                    CLI_THREADS,
                    CLI_JSON},
        .about = "Pairs that nothing on record explains come first, those that chance would have least before others. Not by chance: by the "
                 "policy's link_level, over all pairs of officers who are tied to anything.\n\n"
                 "--svg draws a map of these pairs: officers, and the associations that the best path of each goes through; thick is what "
                 "chance would not have.",
        .run = cmd_ties,
    },
    {
        .name = "tie",
        .doing = "show a tie",
        .summary = "show what ties two officers, row by row, and what on record explains it",
        .example = "candour tie met.candour P000017 P000042",
        .arguments = {{.name = "STORE", .about = "the store's folder"},
                      {.name = "OFFICER", .about = "an officer's id"},
                      {.name = "OTHER", .about = "another's"}},
        .options = {{.name = "as-of", .argument = "TIME", .fallback = "all there is", .about = "rows dated then or later are invisible"},
                    {.name = "policy", .argument = "FILE", .fallback = "the values built in", .about = "what the force decided: see `candour policy`"},
                    {.name = "top", .argument = "N", .fallback = "20 of the force, all of an officer", .about = "how many pairs"},
                    {.name = "csv", .about = "print CSV instead of a table"},
                    CLI_GRAPH_FORMS,
                    CLI_THREADS,
                    CLI_JSON},
        .run = cmd_ties,
    },
    {
        .name = "evaluate",
        .summary = "hold a sweep against what a synthetic force planted, beside rankings anybody can make",
        .example = "candour evaluate met.candour --truth force/truth.csv",
        .arguments = STORE_TO_READ,
        .options = {{.name = "truth", .argument = "FILE", .about = "the force's truth.csv; must be given"},
                    {.name = "sweep", .argument = "N", .fallback = "the latest", .about = "another sweep; see `candour sweeps`"},
                    CLI_THREADS,
                    CLI_JSON},
        .about = "Precision, recall by scheme, where the innocent look-alikes ended, how many of each tier are clean beside how many the "
                 "policy allows, how well rings are recovered; and the same of a random order, of volume, of the unexplained share, of a sum of z-scores and of PageRank. "
                 "No detector ever reads the truth.",
        .run = cmd_evaluate,
    },
    {
        .name = "fairness",
        .doing = "audit the sweep",
        .summary = "show on whom the lists of a sweep fall, by protected attributes that nothing else ever reads",
        .example = "candour fairness met.candour --protected force/protected.csv",
        .arguments = STORE_TO_READ,
        .options = {{.name = "protected", .argument = "FILE", .about = "a CSV of officer_id and any attributes; must be given"},
                    {.name = "truth", .argument = "FILE", .about = "a synthetic force's truth.csv: true and false positives too"},
                    {.name = "sweep", .argument = "N", .fallback = "the latest", .about = "another sweep; see `candour sweeps`"},
                    {.name = "csv", .about = "print CSV instead of tables"},
                    {.name = "html", .about = "print one self-contained HTML page"},
                    CLI_JSON},
        .about = "By each attribute and by every two: how often a group is on the list of each tier (and those above it), in the first "
                 "1, 2 and 5 % of the queue, and on the lists of other lanes; the mean of the factors that tiers are decided on; the "
                 "lowest rate over the highest (four fifths is the usual line); and the gap that chance alone gives, from shuffles of "
                 "the attribute over people. One verdict in twenty is wrong by chance.\n\n"
                 "Groups of fewer than ten people are not shown, nor others from which they would follow. With --truth the rates "
                 "of the planted and of the clean are shown too, where there are ten of them; made-up people need no more.\n\n" ABOUT_CSV,
        .run = cmd_fairness,
    },
    {
        .name = "clusters",
        .doing = "list the clusters",
        .summary = "list groups who opened the same files without a reason: who, which files, when",
        .example = "candour clusters met.candour",
        .arguments = STORE_TO_READ,
        .options = {{.name = "cluster", .argument = "N", .fallback = "all of them", .about = "this one alone"},
                    {.name = "sweep", .argument = "N", .fallback = "the latest", .about = "another sweep; see `candour sweeps`"},
                    {.name = "csv", .about = "print CSV: a line for each officer and file"},
                    {.name = "html", .about = "print one self-contained HTML page, with pictures"},
                    CLI_GRAPH_FORMS,
                    CLI_JSON},
        .about = "Only files that nothing explains are looked at: colleagues who work together share thousands with a reason. A group is "
                 "weighed once, as a whole, and what it weighs is shared equally by its members.\n\n"
                 "Before the list, and in the last column of every row of CSV, stands how many of its officers are expected to be clean, at "
                 "most.\n\n" ABOUT_CSV,
        .run = cmd_clusters,
    },
    {
        .name = "diff",
        .doing = "compare sweeps",
        .summary = "compare two sweeps: who rose, who fell, and why",
        .example = "candour diff met.candour",
        .arguments = STORE_TO_READ,
        .options = {{.name = "now", .argument = "N", .fallback = "the latest", .about = "the later sweep"},
                    {.name = "before", .argument = "N", .fallback = "the one before it", .about = "the earlier sweep"},
                    {.name = "top", .argument = "N", .fallback = "20 for people, all as JSON", .about = "list the largest N changes alone"},
                    CLI_JSON},
        .run = cmd_diff,
    },
    {
        .name = "reasons",
        .doing = "show the reasons",
        .summary = "show how many accesses each recorded reason explains, and how many random ones it would",
        .example = "candour reasons met.candour",
        .arguments = STORE_TO_READ,
        .options = {{.name = "sweep", .argument = "N", .fallback = "the latest", .about = "another sweep; see `candour sweeps`"}, CLI_JSON},
        .about = "Reasons are tried in this order; the first that holds counts. Beside each stands how often it would explain a random "
                 "officer opening a random file: a reason that explains the random explains nothing. Of a sweep with --since, "
                 "accesses from then on are counted.",
        .run = cmd_reasons,
    },
    {
        .name = "policy",
        .doing = "show the policy",
        .summary = "print every value a force may decide, with what it does; or the policy of a kept sweep",
        .example = "candour policy",
        .arguments = {{.name = "FILE", .about = "a policy.yaml to lay over the built-in values; or a store, for its sweep's", .optional = true}},
        .options = {{.name = "sweep", .argument = "N", .fallback = "the latest", .about = "of a store: another sweep; see `candour sweeps`"}},
        .about = "What it prints is itself a policy.yaml, and a file need hold only what differs. A sweep's policy is printed as it was in "
                 "force, to the byte, so that `candour sweep --policy` takes it again: sha256sum of it begins with what `sweeps` and "
                 "`explain` show.",
        .run = cmd_policy,
    },
    {
        .name = "version",
        .doing = "print the version",
        .summary = "print the version and how this program was built",
        .example = "candour --version",
        .options = {CLI_JSON},
        .run = cmd_version,
    },
    {
        .name = "tidy",
        .summary = "merge the small files that many loads leave",
        .example = "candour tidy met.candour --hold 3",
        .arguments = {{.name = "STORE", .about = "the store's folder"}},
        .options = {{.name = "hold", .argument = "N", .about = "the open file that holds the store's lock"}, CLI_THREADS, CLI_MEMORY},
        .hidden = true,
        .run = cmd_tidy,
    },
    {
        .name = "pages",
        .doing = "print the pages",
        .summary = "write the manual pages and the bash completion",
        .example = "candour pages build/pages",
        .arguments = {{.name = "FOLDER", .about = "where they go"}},
        .hidden = true,
        .run = cmd_pages,
    },
};

enum { N_STORES = sizeof stores / sizeof *stores, N_SWEEPS = sizeof sweeps_and_more / sizeof *sweeps_and_more };

size_t cli_n_commands(void) { return N_STORES + cli_n_questions + N_SWEEPS; }

const cli_command *cli_command_at(size_t i)
{
    if (i < N_STORES) return &stores[i];
    i -= N_STORES;
    return i < cli_n_questions ? &cli_questions[i] : &sweeps_and_more[i - cli_n_questions];
}

cd_status cli_command_run(cli_run *run, cd_err *err)
{
    cd_status st = run->command->run(run, err);
    if (run->damage.status == CD_OK) return st;
    run->out.n = 0;
    *err = run->damage;
    return err->status;
}

const cli_command *cli_command_find(const char *name)
{
    for (size_t i = 0; i < cli_n_commands(); i++)
        if (strcmp(cli_command_at(i)->name, name) == 0) return cli_command_at(i);
    return NULL;
}
