#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# start.sh: the packages that the first mile names exist under these names, and its scripts are sound shell.
set -eu
cd "$SOURCE"
for script in queries/start.sh queries/packages.sh tests/run.sh tests/cli/run.sh; do sh -n "$script"; done
bash -n .ci/run
sh queries/start.sh --help | grep -q FORCE_FOLDER
sh tests/run.sh --help | grep -q -e --sanitize
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
! sh queries/start.sh nothing-here 2>"$work/said"
grep -q "start.sh: no folder 'nothing-here'" "$work/said"

# `need` names what is missing and how it will come, before it installs; and is silent where nothing is.
. queries/packages.sh
mkdir "$work/bin"
printf '#!/bin/sh\necho "apt-get $*" >>"%s/ran"\n' "$work" >"$work/bin/apt-get"
printf '#!/bin/sh\nexec "$@"\n' >"$work/bin/sudo"
chmod +x "$work/bin/apt-get" "$work/bin/sudo"
PATH=$work/bin:$PATH
need $PACKAGES_BUILD $PACKAGES_TEST >"$work/said" 2>&1
[ ! -s "$work/said" ] && [ ! -e "$work/ran" ]
need gcc no-such-package-zz >"$work/said" 2>&1
grep -q '^about to install with.*apt-get: no-such-package-zz$' "$work/said"
grep -q 'install .*no-such-package-zz' "$work/ran"
