#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# threads.sh: a force comes out the same whatever the number of threads: made, loaded, read back, merged; at once or in
# pieces, in another order, some of them twice. Under the thread sanitizer it is the journey that is watched.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
candour() { "$CANDOUR" "$@" --quiet; }

candour generate --officers 400 --days 20 --seed 3 --out force --threads 4
candour load force --into once --threads 1
digest=$("$CANDOUR" digest once --threads 1)
same() {
    now=$("$CANDOUR" digest "$1" --threads "$2")
    [ "$now" = "$digest" ] || { echo "$1 with $2 threads: $now, not $digest"; exit 1; }
    candour verify "$1" --threads "$2"
}

for n in 2 3 8; do
    candour load force --into "with$n" --threads "$n"
    same "with$n" "$n"
done

# Pieces: the roster first, as presence needs it, then everything else backwards and accesses cut in twenty, out of order
# and overlapping.
candour load force/roster.csv --as roster --into pieces --threads 2
candour load force/shifts.csv --as shifts --into pieces --threads 3
for table in ties findings finance pay presence allegations declarations links subjects assignments complaints \
    associations cases officers; do
    candour load "force/$table.csv" --as "$table" --into pieces --threads 2
done
awk 'NR == 1 { head = $0; next }
     { for (k = 0; k < 20; k++) if (NR % 20 == k || NR % 20 == k + 3) {
           f = "piece" (k * 7 % 20) ".csv"; if (!(f in begun)) print head >f; begun[f] = 1; print >f } }' force/accesses.csv
for k in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do
    candour load "piece$k.csv" --as accesses --into pieces --threads 2
done
same pieces 2
candour compact pieces --threads 4
same pieces 3

candour export pieces --out back
candour load back --into again --threads 4
same again 2

# And so does a sweep: the same bytes at any number of threads; the same queue however the store came to be.
for n in 1 2 3 8; do
    cp -r once "swept$n"
    candour sweep "swept$n" --threads "$n"
    cmp "swept$n/sweeps/000001.h5" swept1/sweeps/000001.h5
done
candour sweep pieces --threads 3
"$CANDOUR" rank pieces --json >pieces.json
"$CANDOUR" rank swept1 --json | cmp - pieces.json
