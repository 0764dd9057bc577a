/* SPDX-License-Identifier: GPL-3.0-or-later
 * sweep_file.h: sweeps on disk: STORE/sweeps/NUMBER.h5 holds the arrays of an image (image.h), each a dataset of its
 * name, and NUMBER.sweep beside it says in one small text what the sweep stands on, where each array is, and their
 * checksums. The text is written last, under its name at once: a sweep without it is not there. Neither is ever
 * changed. */
#ifndef CD_SWEEP_SWEEP_FILE_H
#define CD_SWEEP_SWEEP_FILE_H

#include "engine/sweep/image.h"

/* One process at a time makes sweeps of a store: CD_EBUSY while another does. Makes the folder. The lock dies with its
 * process. */
CD_CHECKED cd_status cd_sweeps_lock(const char *store, int *fd, cd_err *err);
void cd_sweeps_unlock(int fd);

/* The SHA-256 of the image's policy. */
CD_CHECKED cd_status cd_image_policy_hash(const cd_image *m, char out[CD_SHA256_TEXT], cd_err *err);

/* Writes the image as a new sweep; image->number says which. CD_EBUSY where that number is taken. */
CD_CHECKED cd_status cd_sweep_write(const char *store, const cd_image *image, cd_err *err);

/* A sweep that is read: the image's arrays are mapped, checked against their checksums and against one another. */
typedef struct {
    cd_image image;
    void *map;
    size_t map_bytes;
} cd_sweep_map;
CD_CHECKED cd_status cd_sweep_map_open(const char *store, uint64_t number, cd_sweep_map *out, cd_err *err);
void cd_sweep_map_close(cd_sweep_map *m);

/* The numbers of all sweeps, rising; for cd_free. */
CD_CHECKED cd_status cd_sweep_numbers(const char *store, uint64_t **out, size_t *n, cd_err *err);
/* What the text alone says: no arrays. CD_ESTORE where it is damaged. */
CD_CHECKED cd_status cd_sweep_facts_read(const char *store, uint64_t number, cd_image *out, cd_err *err);

#endif
