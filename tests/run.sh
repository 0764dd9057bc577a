#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh: installs what is missing, builds candour four ways, runs every test, ends with ctest's summary.
set -eu

usage() {
    cat <<'END'
usage: sh tests/run.sh [--quick | --sanitize] [--fuzz SECONDS]

  release   every test                                       gcc, warnings are errors
  asan      every test under the address and undefined-behaviour sanitizers
  tsan      the tests that speak of threads under clang's thread sanitizer
  fuzz      every fuzz target with libFuzzer, for a minute each

  --quick          the release build alone
  --sanitize       the asan and tsan builds alone
  --fuzz SECONDS   how long each fuzz target runs; 0 leaves them out (default 60)
END
}

builds="release asan tsan"
seconds=60
while [ $# -gt 0 ]; do
    case $1 in
    --quick) builds=release seconds=0 ;;
    --sanitize) builds="asan tsan" seconds=0 ;;
    --fuzz)
        case ${2:-} in
        '' | *[!0-9]*) echo "run.sh: --fuzz takes a number of seconds" >&2; exit 2 ;;
        esac
        seconds=$2
        shift
        ;;
    --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
    shift
done
[ "$seconds" -eq 0 ] || builds="$builds fuzz"

cd "$(dirname "$0")/.."
. queries/packages.sh
need $PACKAGES_BUILD $PACKAGES_TEST

for build in $builds; do
    echo "== building $build"
    cmake --preset "$build" -DCANDOUR_WERROR=ON -DCANDOUR_FUZZ_SECONDS="$seconds" >"build-$build.log" 2>&1 ||
        { cat "build-$build.log" >&2; exit 1; }
    rm "build-$build.log"
    cmake --build --preset "$build"
done

# One list of tests over all builds, so that there is one summary and no processor idles between two of them.
{
    for build in $builds; do echo "subdirs(\"$build\")"; done
} >build/CTestTestfile.cmake
echo "== testing"
ctest --test-dir build --parallel "$(nproc)" --output-on-failure
