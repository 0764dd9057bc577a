#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# start.sh: from nothing to a force in a store that you can look at: installs what is missing, builds candour, makes a
# small synthetic force where no folder of a real one is given, loads it and shows it.
set -eu

usage() {
    cat <<'END'
usage: sh queries/start.sh [FORCE_FOLDER]

Installs what is missing with apt-get, builds candour, loads FORCE_FOLDER (or a small synthetic force that it makes)
into build/start/met.candour and shows what is there. A second time it takes seconds: what is built and loaded stays.
END
}

force=
case ${1:-} in
--help | -h) usage; exit 0 ;;
-*) usage >&2; exit 2 ;;
'') ;;
*)
    [ -d "$1" ] || { echo "start.sh: no folder '$1'; give a folder of the contract's CSV files, or none" >&2; exit 1; }
    force=$(cd "$1" && pwd)
    ;;
esac
[ $# -le 1 ] || { usage >&2; exit 2; }

cd "$(dirname "$0")/.."
. queries/packages.sh
need $PACKAGES_BUILD

echo "== building" >&2
[ -f build/start/build.ninja ] ||
    cmake -S . -B build/start -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF >/dev/null
cmake --build build/start >&2
candour=build/start/candour

if [ -z "$force" ]; then
    force=build/start/force
    store=build/start/met.candour
    if [ ! -f "$force/truth.csv" ]; then
        echo "== making a synthetic force: 1,000 officers, 90 days" >&2
        rm -rf "$force"
        "$candour" generate --officers 1000 --days 90 --seed 1 --out "$force"
    fi
else
    store=build/start/$(basename "$force").candour
fi

echo "== loading" >&2
loaded=0
"$candour" load "$force" --into "$store" || loaded=$?
case $loaded in
0) ;;
3) echo "some rows were rejected: the report above says where they are" >&2 ;;
*) exit "$loaded" ;;
esac

echo "== what is in $store" >&2
"$candour" info "$store"
echo "== who is to be looked at first" >&2
"$candour" sweep "$store"
"$candour" rank "$store" --top 10
cat >&2 <<END

try:  $candour explain $store OFFICER     (an id from the list above)
      $candour timeline $store OFFICER
      $candour query $store 'MATCH (o:Officer)-[a:ACCESSED]->(c:Case) RETURN c.id, count(*) AS n ORDER BY n DESC LIMIT 5'
      $candour shell $store
      $candour reasons $store
      $candour --help
END
