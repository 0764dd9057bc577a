#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh: runs cases of the program and compares what they said, to the byte.
#
#   sh tests/cli/run.sh PROGRAM [--rewrite] [CASE...]
#
# A case is a folder here: `cmd` is run by sh in an empty folder where `candour` is the program and $CASE is the case's
# own folder; `stdout` and `stderr` hold what it must print (no file: nothing), `exit` its status (no file: 0).
# --rewrite writes them anew from what the program does, for review with git diff.
# In `cmd`, `steady` is a filter that puts N for what differs between two runs (speeds, times, clocks).
set -u

here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
shift
rewrite=
[ "${1:-}" != --rewrite ] || { rewrite=1; shift; }
[ $# -gt 0 ] || set -- $(cd "$here" && for c in */cmd; do echo "${c%/cmd}"; done)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$program" "$work/bin/candour"
cp "$here/steady" "$work/bin/steady"

# Puts the file the program wrote in the place of the expected one, or takes that away where it is empty.
keep() {
    if [ -s "$1" ]; then cp "$1" "$2"; else rm -f "$2"; fi
}

failed=0
for name in "$@"; do
    case=$here/$name
    [ -f "$case/cmd" ] || { echo "no case '$name'" >&2; exit 2; }
    mkdir "$work/$name"
    (cd "$work/$name" && CASE=$case SOURCE=${here%/tests/cli} PATH="$work/bin:$PATH" LC_ALL=C COLUMNS=100 \
        sh "$case/cmd" </dev/null >"$work/stdout" 2>"$work/stderr")
    status=$?
    [ "$status" -eq 0 ] && : >"$work/exit" || echo "$status" >"$work/exit"
    if [ -n "$rewrite" ]; then
        for part in stdout stderr exit; do keep "$work/$part" "$case/$part"; done
    else
        for part in stdout stderr exit; do
            expected=$case/$part
            [ -f "$expected" ] || expected=/dev/null
            diff -u --label "expected $part of $name" --label "$part" "$expected" "$work/$part" || failed=1
        done
    fi
    chmod -R u+w "$work/$name"
    rm -rf "${work:?}/$name"
done
exit $failed
