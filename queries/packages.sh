# SPDX-License-Identifier: GPL-3.0-or-later
# packages.sh: what candour needs of Debian 12, and how the two scripts that promise a first mile get it. Sourced.

# To build and run the program.
PACKAGES_BUILD="gcc libc6-dev cmake ninja-build pkg-config libhdf5-dev libxxhash-dev libcyaml-dev libyaml-dev libjansson-dev
libedit-dev libzstd-dev zlib1g-dev nettle-dev libigraph-dev tzdata"
# To test it: the unit test library, the second compiler with its sanitizers, fuzzer and OpenMP, the outside reader of
# our stores, and what checks the manual pages.
PACKAGES_TEST="libcmocka-dev clang libclang-rt-14-dev libomp-dev python3 python3-numpy python3-h5py zstd gzip groff-base"

# Installs those of the named packages that are missing; says which, and by what command, before it does.
need() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    sudo=
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    echo "about to install with ${sudo:+sudo }apt-get:$missing" >&2
    command -v apt-get >/dev/null || { echo "cannot install: this is not Debian; install those by other means" >&2; return 1; }
    $sudo apt-get update -q -o=Dpkg::Use-Pty=0 >&2 &&
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
            -o=Dpkg::Use-Pty=0 $missing >&2
}
