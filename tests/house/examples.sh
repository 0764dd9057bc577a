#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# examples.sh: every example that --help and README print is a case of tests/cli, so that it is run.
set -eu
cd "$SOURCE"
missing=0
check() {
    grep -qxF -e "$1" -e "$1 >report || exit" -e "$1 --quiet || exit" -e "$1 >report" -e "$1 | steady" -e "$1 || exit" \
        -e "$1 | sed -n 1p" tests/cli/*/cmd || { echo "no case runs: $1"; missing=1; }
}
for command in $("$CANDOUR" --help | awk '/^commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }'); do
    check "$("$CANDOUR" "$command" --help | sed -n '3s/^ *//p')"
done
check "$("$CANDOUR" --help | sed -n '3s/^ *//p')"
sed -n 's/^    \$ \(candour .*\)$/\1/p' README.md >"${TMPDIR:-/tmp}/examples.$$"
while read -r example; do check "$example"; done <"${TMPDIR:-/tmp}/examples.$$"
rm -f "${TMPDIR:-/tmp}/examples.$$"
exit $missing
