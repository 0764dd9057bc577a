#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# install.sh: installs into an empty folder, then builds a small program of somebody else's against what is there alone,
# with the shared library and with the static one; and looks at the papers.
set -eu
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
cmake --install "$BUILD" --prefix "$root" >/dev/null

export PKG_CONFIG_PATH="$(dirname "$(find "$root" -name candour.pc)")"
lib=$(dirname "$PKG_CONFIG_PATH")
flags="$(pkg-config --define-variable=prefix="$root" --cflags candour)"
cp "$SOURCE/tests/install/tiny.c" "$root"
cd "$root"

cc -std=c17 -Wall -Werror $flags tiny.c -o shared $(pkg-config --define-variable=prefix="$root" --libs candour)
cc -std=c17 -Wall -Werror $flags tiny.c -o static \
    $(pkg-config --define-variable=prefix="$root" --static --libs candour | sed 's/-lcandour/-l:libcandour.a/')
LD_LIBRARY_PATH=$lib ./shared >said-shared
./static >said-static
cmp said-shared said-static
grep -q "^cannot .*'nothing-here'\|'nothing-here'" said-shared
grep -q '17 tables, 0' said-shared
ldd static | grep -q libcandour && { echo "the static one wants the shared library"; exit 1; }

# The shared library shows its public functions and nothing else.
shown=$(nm -D --defined-only "$lib/libcandour.so" | awk '$2 ~ /[A-Z]/ && $3 !~ /^candour_/ { print $3 }')
[ -z "$shown" ] || { echo "libcandour.so shows $shown"; exit 1; }

# Every header that is installed stands on its own, for C and for C++ readers of C17.
for header in $(cd "$root/include/candour" && find . -name '*.h'); do
    echo "#include <$header>" | cc -std=c17 $flags -fsyntax-only -xc -
done

# One page a command, each clean under troff; and the completion knows every command.
[ -x bin/candour ]
# To load an HTTP client takes longer than most answers do: the program has none of it.
ldd bin/candour | grep -q libcurl && { echo "the program loads libcurl"; exit 1; }
commands=$(bin/candour --help | awk '/^commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }')
for command in $commands; do
    page=share/man/man1/candour-$command.1
    warnings=$(groff -man -Tutf8 -ww -z "$page" 2>&1)
    [ -z "$warnings" ] || { echo "$page: $warnings"; exit 1; }
    grep -q 'EXIT STATUS' "$page"
    grep -q " $command)" share/bash-completion/completions/candour
done
groff -man -Tutf8 -ww share/man/man1/candour.1 | grep -q 'another load or compaction holds the store'

# The completion, asked as bash asks it.
complete() {
    bash -c '. share/bash-completion/completions/candour; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _candour
             echo "${COMPREPLY[*]}"' complete "$@"
}
[ "$(complete candour ver)" = 'verify version' ]
[ "$(complete candour info --so)" = --sources ]
[ "$(complete candour export s --table acc)" = accesses ]
