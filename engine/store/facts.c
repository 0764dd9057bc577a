/* SPDX-License-Identifier: GPL-3.0-or-later
 * facts.c: how this library was built: what a report of a fault should begin with. */
#include <cyaml/cyaml.h>
#include <pthread.h>
#include <stdio.h>

#include "engine/store/h5_check.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#if defined __clang__
#define COMPILER "clang " TEXT(__clang_major__) "." TEXT(__clang_minor__)
#else
#define COMPILER "gcc " TEXT(__GNUC__) "." TEXT(__GNUC_MINOR__)
#endif
#if defined __x86_64__
#define MACHINE "x86-64"
#elif defined __aarch64__
#define MACHINE "arm64"
#else
#define MACHINE "another processor"
#endif
#if defined NDEBUG
#define ASSERTIONS "off"
#else
#define ASSERTIONS "on"
#endif

static char facts[256];

static void gather(void)
{
    snprintf(facts, sizeof facts, "%s, %s, HDF5 %s, libcyaml %s, OpenMP %s, store format %d, assertions %s", COMPILER,
             MACHINE, cd_h5_version(), cyaml_version_str, TEXT(_OPENMP), CD_STORE_VERSION, ASSERTIONS);
}

const char *candour_build_facts(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, gather);
    return facts;
}
