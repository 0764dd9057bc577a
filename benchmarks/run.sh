#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh: builds candour for release, makes the data, measures what is promised, prints one table and writes JSON.
set -eu

usage() {
    cat <<END
usage: sh benchmarks/run.sh [--quick] [--with-duckdb] [--rounds N] [--keep] [NAME...]

Measures what candour promises: all benchmarks, or those named:
$(cd "$(dirname "$0")" && for f in *.c; do grep -q '^ \* Promise: ' "$f" && echo "    ${f%.c}"; done)

    --quick         smaller data, fewer rounds: minutes instead of half an hour
    --with-duckdb   fetches DuckDB from npm into the build folder, and loads beside it
    --rounds N      repeats each measurement so many times
    --keep          leaves the data where it was made, and says where

Data lies in a folder under \${TMPDIR:-/tmp}: some 15 GB, or 3 GB with --quick. The numbers also go to
build/release/bench/NAME.json.
Measure on a machine that does nothing else.
END
}

scale= rounds= duckdb= keep= names=
while [ $# -gt 0 ]; do
    case $1 in
        --quick) scale=--quick ;;
        --with-duckdb) duckdb=wanted ;;
        --rounds) rounds="--rounds ${2:?how many rounds}"; shift ;;
        --keep) keep=yes ;;
        -h | --help) usage; exit 0 ;;
        -*) usage >&2; exit 2 ;;
        *) names="$names $1" ;;
    esac
    shift
done

source=$(cd "$(dirname "$0")/.." && pwd)
cd "$source"
build=build/release
bench=$build/bench
[ -n "$names" ] || names=$(grep -l '^ \* Promise: ' benchmarks/*.c | sed 's|benchmarks/||; s|\.c$||')
for name in $names; do
    [ -f "benchmarks/$name.c" ] || { echo "run.sh: there is no benchmark '$name'; see --help" >&2; exit 2; }
done

echo "building for release" >&2
cmake --preset release >/dev/null
cmake --build --preset release --target benchmarks >/dev/null
program=
if grep -q '^build candour: ' $build/build.ninja; then
    cmake --build --preset release --target candour >/dev/null
    program="--program $build/candour"
fi
mkdir -p "$bench"

# DuckDB is a peer for those who want it; the package lies in the build folder and nowhere else.
if [ -n "$duckdb" ] && [ ! -d "$bench/duckdb/node_modules/@duckdb/node-api" ]; then
    echo "fetching DuckDB from npm into $bench/duckdb" >&2
    mkdir -p "$bench/duckdb"
    npm install --prefix "$bench/duckdb" --no-audit --no-fund --loglevel=error @duckdb/node-api@1.5.6-r.1 >&2
fi
if [ -d "$bench/duckdb/node_modules/@duckdb/node-api" ]; then
    cp benchmarks/*.mjs "$bench/duckdb/"
    duckdb="--duckdb $bench/duckdb"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/candour-bench.XXXXXX")
if [ -n "$keep" ]; then
    echo "the data lies in $work" >&2
else
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM
fi

# The log that the published figures of other engines were taken on, where its generator is at hand; else our own.
generator=../shared/bench/gen_access.py
if [ -z "$scale" ] && [ -f "$generator" ] && /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
    echo "making M.csv" >&2
    /usr/bin/python3 "$generator" --size M --out "$work"
    rm -f "$work/M.pairs.bin"
    sync "$work/M.csv"
fi

printf '%-44s %-22s %3s %4s %10s %10s %s\n' measured size thr n min median unit
status=0
for name in $names; do
    promise=$(sed -n 's|^ \* Promise: ||p' "benchmarks/$name.c" | sed 's| \*/$||')
    printf '\n%s: %s\n' "$name" "$promise"
    # shellcheck disable=SC2086
    "$build/benchmarks/bench-$name" --work "$work" --json "$bench/$name.json" $scale $rounds $program $duckdb || status=1
done
exit $status
