/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene.h: a store before, something done to it, and what it must be after: the same scenes for every kind of fault. */
#ifndef CANDOUR_TESTS_SCENE_H
#define CANDOUR_TESTS_SCENE_H

#include "tests/support/crash.h"
#include "tests/support/store_rows.h"

typedef enum {
    SCENE_FIRST,    /* a load into nothing */
    SCENE_SECOND,   /* a load into a store, with papers of its own */
    SCENE_ONTOLOGY, /* a load whose ontology.yaml adds to the store's */
    SCENE_SHARED,   /* a load into a store, by two threads */
    SCENE_COMPACT,  /* three files become one */
    SCENE_TIDY,     /* the last of many become one */
    SCENES
} scene_kind;

typedef struct {
    const char *name;
    char room[512], store[600], base[600]; /* the folder of all, the store in it, and a copy of it before */
    bool none_before;                      /* there was no store */
    crash_job job;
    uint64_t calls;                        /* that the job makes when nothing goes wrong */
    char before[CANDOUR_DIGEST_TEXT], after[CANDOUR_DIGEST_TEXT];
    char next_before[CANDOUR_DIGEST_TEXT], next_after[CANDOUR_DIGEST_TEXT]; /* and with one more load on top of each */
} scene;

/* Called by every job when what it needs is made and its work begins, or NULL. */
extern void (*scene_begins)(void);

/* Makes the scene, and runs it once without faults to know what must come. */
void scene_make(scene *s, scene_kind kind);
void scene_drop(scene *s);
/* The store as it was before. */
void scene_reset(const scene *s);

/* Holds what is left against what may be left: the store before or the store after, and after where the job was
 * acknowledged; clean; and one more load is taken and leaves no file that is not named. Where `as_it_was`, only the store
 * before will do. NULL, or what is wrong. */
const char *scene_fault(const scene *s, const crash_end *end, bool as_it_was);
/* The job that loads once more. */
cd_status scene_one_more(const char *store, void *context, crash_word *word, cd_err *err);

/* Only the first half: nothing is loaded on top. */
const char *scene_fault_still(const scene *s, const crash_end *end, bool as_it_was);

#endif
