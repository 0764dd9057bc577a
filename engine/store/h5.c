/* SPDX-License-Identifier: GPL-3.0-or-later
 * h5.c: every call that makes an HDF5 file. See STYLE: ids are closed once, whatever comes, and never at exit. */
#include "engine/store/h5.h"

#include <hdf5.h>
#include <string.h>

enum { ALIGN_FROM = 1, ALIGN_TO = 64, METADATA_BLOCK = 64 * 1024, PATH_BYTES = 256 };

struct cd_h5 {
    hid_t file, group_plist, array_plist;
    char *path;
};

static void drop(hid_t *id)
{
    if (*id > 0) H5Idec_ref(*id);
    *id = H5I_INVALID_HID;
}
#define H5_AUTO __attribute__((cleanup(drop)))

void cd_h5_prepare(void)
{
    static bool done;
    if (done) return;
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    done = true;
}

/* The innermost reason up to its first colon: what follows has line breaks and a clock in it. */
static herr_t innermost(unsigned n, const H5E_error2_t *e, void *reason)
{
    if (n == 0 && e->desc) {
        size_t length = strcspn(e->desc, ":\n");
        if (length > 120) length = 120;
        memcpy(reason, e->desc, length);
        ((char *)reason)[length] = '\0';
    }
    return 0;
}

static cd_status h5_fail(cd_err *err, const char *what, const char *path)
{
    char reason[128] = "no reason given";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, reason);
    return cd_fail(err, CD_ESYSTEM, "cannot %s '%s': HDF5 says: %s; is the disk full or the folder read-only?", what,
                   path, reason);
}

cd_status cd_h5_create(const char *path, cd_h5 **out, cd_err *err)
{
    cd_status st = CD_OK;
    cd_h5 *h = NULL;
    H5_AUTO hid_t access = H5I_INVALID_HID, create = H5I_INVALID_HID;
    cd_h5_prepare();
    CD_NEW(h, 1);
    h->file = h->group_plist = h->array_plist = H5I_INVALID_HID;
    CD_NEW(h->path, strlen(path) + 1);
    memcpy(h->path, path, strlen(path));
    access = H5Pcreate(H5P_FILE_ACCESS);
    create = H5Pcreate(H5P_FILE_CREATE);
    h->group_plist = H5Pcreate(H5P_GROUP_CREATE);
    h->array_plist = H5Pcreate(H5P_DATASET_CREATE);
    if (access < 0 || create < 0 || h->group_plist < 0 || h->array_plist < 0 ||
        H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST) < 0 ||
        H5Pset_alignment(access, ALIGN_FROM, ALIGN_TO) < 0 || H5Pset_meta_block_size(access, METADATA_BLOCK) < 0 ||
        H5Pset_small_data_block_size(access, 0) < 0 ||
        H5Pset_layout(h->array_plist, H5D_CONTIGUOUS) < 0 ||
        H5Pset_alloc_time(h->array_plist, H5D_ALLOC_TIME_EARLY) < 0 ||
        H5Pset_fill_time(h->array_plist, H5D_FILL_TIME_NEVER) < 0 || H5Pset_obj_track_times(create, false) < 0 ||
        H5Pset_obj_track_times(h->group_plist, false) < 0 || H5Pset_obj_track_times(h->array_plist, false) < 0)
        CD_TRY(h5_fail(err, "prepare", path));
    h->file = H5Fcreate(path, H5F_ACC_EXCL, create, access);
    if (h->file < 0) CD_TRY(h5_fail(err, "create", path));
    *out = h, h = NULL;
done:
    cd_h5_abandon(h);
    return st;
}

/* The groups on the way to an array. Those that HDF5 would make by itself have the time of day in them. */
static cd_status make_groups(const cd_h5 *h, const char *path, cd_err *err)
{
    char group_path[PATH_BYTES];
    for (const char *end = strchr(path, '/'); end; end = strchr(end + 1, '/')) {
        size_t n = (size_t)(end - path);
        if (n >= sizeof group_path) return cd_fail(err, CD_EUSAGE, "the name of an array is too long: '%s'", path);
        memcpy(group_path, path, n);
        group_path[n] = '\0';
        htri_t there = H5Lexists(h->file, group_path, H5P_DEFAULT);
        if (there > 0) continue;
        H5_AUTO hid_t group =
            there < 0 ? H5I_INVALID_HID : H5Gcreate2(h->file, group_path, H5P_DEFAULT, h->group_plist, H5P_DEFAULT);
        if (group < 0) return h5_fail(err, "lay out an array in", h->path);
    }
    return CD_OK;
}

cd_status cd_h5_array(cd_h5 *h, const char *path, cd_array_type type, uint64_t n, const int64_t *base, uint64_t *at,
                      cd_err *err)
{
    const hid_t types[] = {H5T_STD_U8LE, H5T_STD_U16LE, H5T_STD_U32LE, H5T_STD_U64LE, H5T_IEEE_F64LE};
    hsize_t extent = n;
    cd_status st = make_groups(h, path, err);
    if (st != CD_OK) return st;
    H5_AUTO hid_t space = H5Screate_simple(1, &extent, NULL);
    if (space < 0) return h5_fail(err, "lay out an array in", h->path);
    H5_AUTO hid_t array = H5Dcreate2(h->file, path, types[type], space, H5P_DEFAULT, h->array_plist, H5P_DEFAULT);
    if (array < 0) return h5_fail(err, "lay out an array in", h->path);
    if (base) {
        H5_AUTO hid_t scalar = H5Screate(H5S_SCALAR);
        H5_AUTO hid_t attribute =
            scalar < 0 ? H5I_INVALID_HID : H5Acreate2(array, "base", H5T_STD_I64LE, scalar, H5P_DEFAULT, H5P_DEFAULT);
        if (attribute < 0 || H5Awrite(attribute, H5T_NATIVE_INT64, base) < 0)
            return h5_fail(err, "write an attribute of", h->path);
    }
    haddr_t place = H5Dget_offset(array);
    if (place == HADDR_UNDEF) return h5_fail(err, "find the place of an array in", h->path);
    *at = place;
    return CD_OK;
}

cd_status cd_h5_remove(cd_h5 *h, const char *path, cd_err *err)
{
    return H5Ldelete(h->file, path, H5P_DEFAULT) < 0 ? h5_fail(err, "take an array out of", h->path) : CD_OK;
}

cd_status cd_h5_finish(cd_h5 *h, cd_err *err)
{
    cd_status st = CD_OK;
    hid_t file = h->file;
    h->file = H5I_INVALID_HID; /* whatever comes, never close it twice */
    if (H5Idec_ref(file) < 0) st = h5_fail(err, "finish writing", h->path);
    cd_h5_abandon(h);
    return st;
}

void cd_h5_abandon(cd_h5 *h)
{
    if (!h) return;
    drop(&h->group_plist);
    drop(&h->array_plist);
    drop(&h->file);
    cd_free(h->path);
    cd_free(h);
}
