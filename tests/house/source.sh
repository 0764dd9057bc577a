#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# source.sh: what holds for every source file: which way the includes point, that names are unique, that a file says its
# licence and what it owns, and that a reader can hold it.
set -eu
cd "$SOURCE"
faults=$(mktemp)
trap 'rm -f "$faults"' EXIT

rooms=$(for r in engine loaders queries tests benchmarks; do [ ! -d $r ] || echo $r; done)
files=$(find $rooms -name "*.c" -o -name "*.h" | sort)

# Every #include "..." of our own, held against the table of who may see whom.
awk '
function room(path,   parts, n) {
    n = split(path, parts, "/")
    return parts[1] == "engine" && n > 2 ? parts[1] "/" parts[2] : parts[1]
}
function allowed(from, path, to,   base) {
    base = "engine/base"
    if (from == to || from == "tests" || from == "benchmarks" || to == base) return from != base || to == base
    if (path == "engine/candour.h") return from != base
    if (from == base) return 0
    if (from == "engine/store") return 0
    if (from == "engine/graph") return path == "engine/store/snapshot.h"
    if (from == "engine/detect") return to == "engine/graph"
    if (from == "engine/rank") return path == "engine/detect/finding.h"
    if (from == "engine/sweep") return to ~ /^engine\//
    if (from == "queries") return FILENAME ~ /^queries\/(cmd_[a-z_]+|commands)\.[ch]$/ && to == "loaders"
    return 0
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, quoted, "\"")
    path = quoted[2]
    if (path ~ /\.\./ || path !~ /\//)
        print FILENAME ":" FNR ": name \"" path "\" from the top of the tree"
    else if (!allowed(room(FILENAME), path, room(path)))
        print FILENAME ":" FNR ": " room(FILENAME) " may not see " path
}
/^[ \t]*#[ \t]*include[ \t]*<(hdf5|H5)/ && FILENAME !~ /^(engine\/store\/h5|tests\/|benchmarks\/)/ {
    print FILENAME ":" FNR ": only engine/store/h5.c may see HDF5"
}
/^[ \t]*#[ \t]*include[ \t]*<igraph/ && FILENAME !~ /^(engine\/graph\/igraph_bridge\.c|tests\/|benchmarks\/)/ {
    print FILENAME ":" FNR ": only engine/graph/igraph_bridge.c may see igraph"
}
FNR == 1 && !/SPDX-License-Identifier: GPL-3.0-or-later/ { print FILENAME ": opens without its SPDX line" }
FNR == 601 { print FILENAME ": longer than 600 lines: look for the second noun inside" }
/[^a-z_](malloc|calloc|realloc|strdup|asprintf|alloca)\(/ && FILENAME ~ /^(engine|loaders|queries)\// &&
    FILENAME != "engine/base/memory.c" { print FILENAME ":" FNR ": allocates past engine/base/memory.h" }
' $files >"$faults"

# Of what engine, loaders and queries call their files, each name is there once (a .c and its .h are one).
find $(echo "$rooms" | grep -v -e tests -e benchmarks) -name '*.c' -o -name '*.h' | sed 's/\.[ch]$//' | sort -u | sed 's|.*/||' | sort | uniq -d |
    sed 's/$/: two source files of this name/' >>"$faults"

# Who is what (protected.csv) is read by one file, for one command; what detectors see comes from the store alone.
grep -n '"protected' $(find engine -name '*.[ch]') | grep -v '^engine/store/ontology_file\.c:.*strcmp' |
    sed 's/$/: the engine knows nothing of protected attributes/' >>"$faults"
grep -ln 'fair_protected_read(' $(find queries loaders -name '*.[ch]') | grep -v '^queries/cmd_fairness' |
    sed 's/$/: reads protected attributes/' >>"$faults"
grep -n '[^a-z_]f*open\(at\|dir\)*(' $(find engine/detect engine/rank -name '*.[ch]') | grep -v '^engine/detect/policy_file\.c:' |
    sed 's/$/: a detector opens no file/' >>"$faults"

# Scripts and build files say their licence too.
for file in CMakeLists.txt tests/CMakeLists.txt .ci/run $(find $rooms -name '*.sh' -o -name '*.py'); do
    head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' ||
        echo "$file: opens without its SPDX line" >>"$faults"
done

cat "$faults"
[ ! -s "$faults" ]
