/* SPDX-License-Identifier: GPL-3.0-or-later
 * powercut.c: see powercut.h. Slow and plain: every cut is replayed from the beginning. */
#include "tests/support/powercut.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/random.h"
#include "tests/preload/faults.h"

enum { MOST_NAMES = 256, SECTOR = 512, NO_FILE = -1, A_FOLDER = -2 };

typedef struct {
    uint8_t *bytes;
    size_t n;
} content;

/* A file of the journal or from before: known by its inode from entry `from` on. */
typedef struct {
    uint64_t inode;
    size_t from;
    content before;
} file;

typedef struct {
    faults_entry e;
    uint8_t *bytes;
    int file; /* c, w, t, s: which file; A_FOLDER of a folder's sync */
} entry;

typedef struct {
    char path[256];
    int file; /* A_FOLDER: a folder */
} name;

typedef struct {
    name names[MOST_NAMES];
    size_t n;
} tree;

struct powercut {
    char room[512];
    tree before;
    file *files;
    size_t n_files;
    entry *entries;
    size_t n;
};

static void must(bool good, const char *what)
{
    if (good) return;
    fprintf(stderr, "powercut: %s\n", what);
    abort();
}

static void *grown(void *p, size_t n, size_t size)
{
    void *q = (n & (n - 1)) == 0 ? realloc(p, (n ? 2 * n : 1) * size) : p;
    must(q != NULL, "out of memory");
    return q;
}

/* ---- Names ---- */

static size_t place_of(const tree *t, const char *path)
{
    size_t i = 0;
    while (i < t->n && strcmp(t->names[i].path, path) != 0) i++;
    return i;
}

static void name_set(tree *t, const char *path, int of)
{
    size_t i = place_of(t, path);
    must(i < MOST_NAMES, "too many names");
    if (i == t->n) t->n++;
    snprintf(t->names[i].path, sizeof t->names[i].path, "%s", path);
    t->names[i].file = of;
}

static void name_drop(tree *t, const char *path)
{
    size_t i = place_of(t, path);
    if (i < t->n) t->names[i] = t->names[--t->n];
}

/* The folder that a name is in. */
static void parent_of(const char *path, char out[256])
{
    snprintf(out, 256, "%s", path);
    char *slash = strrchr(out, '/');
    if (slash) *slash = '\0';
}

/* ---- Before, and the journal ---- */

static void read_whole(const char *path, content *out)
{
    FILE *f = fopen(path, "rb");
    must(f != NULL, path);
    fseek(f, 0, SEEK_END);
    out->n = (size_t)ftell(f);
    rewind(f);
    out->bytes = malloc(out->n + 1);
    must(out->bytes && fread(out->bytes, 1, out->n, f) == out->n, path);
    fclose(f);
}

static int new_file(powercut *p, uint64_t inode, size_t from)
{
    p->files = grown(p->files, p->n_files, sizeof *p->files);
    p->files[p->n_files] = (file){.inode = inode, .from = from};
    return (int)p->n_files++;
}

static void note_folder(powercut *p, const char *inside)
{
    char whole[1024];
    snprintf(whole, sizeof whole, "%s%s", p->room, inside);
    name_set(&p->before, inside, A_FOLDER);
    DIR *d = opendir(whole);
    must(d != NULL, whole);
    for (struct dirent *e; (e = readdir(d));) {
        char path[256];
        struct stat s;
        if (e->d_name[0] == '.') continue;
        must((size_t)snprintf(path, sizeof path, "%s/%s", inside, e->d_name) < sizeof path, "a path is too long");
        snprintf(whole, sizeof whole, "%s%s", p->room, path);
        must(stat(whole, &s) == 0, whole);
        if (S_ISDIR(s.st_mode)) note_folder(p, path);
        else {
            int f = new_file(p, s.st_ino, 0);
            read_whole(whole, &p->files[f].before);
            name_set(&p->before, path, f);
        }
    }
    closedir(d);
}

powercut *powercut_before(const char *room, const char *top)
{
    char whole[1024];
    struct stat s;
    powercut *p = calloc(1, sizeof *p);
    must(p != NULL, "out of memory");
    snprintf(p->room, sizeof p->room, "%s", room);
    snprintf(whole, sizeof whole, "%s%s", room, top);
    name_set(&p->before, "", A_FOLDER);
    if (stat(whole, &s) == 0) note_folder(p, top);
    return p;
}

static int latest(const powercut *p, uint64_t inode)
{
    for (size_t i = p->n_files; i-- > 0;)
        if (p->files[i].inode == inode) return (int)i;
    return NO_FILE;
}

void powercut_after(powercut *p, const char *journal)
{
    tree now = p->before; /* to know files from folders */
    FILE *f = fopen(journal, "rb");
    faults_entry e;
    must(f != NULL, journal);
    while (fread(&e, sizeof e, 1, f) == 1) {
        p->entries = grown(p->entries, p->n, sizeof *p->entries);
        entry *mine = &p->entries[p->n];
        *mine = (entry){.e = e, .file = NO_FILE};
        if (e.kind == 'c') mine->file = new_file(p, e.file, p->n), name_set(&now, e.path, mine->file);
        if (e.kind == 'm') name_set(&now, e.path, A_FOLDER);
        if (e.kind == 'w' || e.kind == 't') mine->file = latest(p, e.file);
        if (e.kind == 's') {
            size_t at = place_of(&now, e.path);
            mine->file = at < now.n && now.names[at].file == A_FOLDER ? A_FOLDER : latest(p, e.file);
        }
        must(mine->file != NO_FILE || !strchr("wts", e.kind), "a change of a file that nobody made");
        if (e.kind == 'w') {
            mine->bytes = malloc(e.bytes + 1);
            must(mine->bytes && fread(mine->bytes, 1, e.bytes, f) == e.bytes, "the journal is cut");
        }
        p->n++;
    }
    fclose(f);
    must(p->n > 0, "the journal is empty");
}

void powercut_free(powercut *p)
{
    for (size_t i = 0; i < p->n; i++) free(p->entries[i].bytes);
    for (size_t i = 0; i < p->n_files; i++) free(p->files[i].before.bytes);
    free(p->entries);
    free(p->files);
    free(p);
}

size_t powercut_cuts(const powercut *p) { return p->n + 1; }

bool powercut_marked(const powercut *p, size_t cut)
{
    for (size_t i = 0; i < cut; i++)
        if (p->entries[i].e.kind == '!') return true;
    return false;
}

bool powercut_synced(const powercut *p, size_t cut) { return cut == 0 || strchr("s!", p->entries[cut - 1].e.kind) != NULL; }

/* ---- What is left ---- */

/* Whether an unsynced change stays: on the strict disk none does. */
static bool stays(uint64_t coin, size_t i)
{
    cd_random r = cd_random_of(coin, 1, i);
    return coin != 0 && (cd_random_u64(&r) & 1);
}

/* The last sync before the cut of what entry i changed: of a file, or of the folder of that path. */
static bool is_synced(const powercut *p, size_t i, size_t cut, int of, const char *folder)
{
    for (size_t k = i + 1; k < cut; k++) {
        const entry *s = &p->entries[k];
        if (s->e.kind != 's') continue;
        if (folder ? s->file == A_FOLDER && strcmp(s->e.path, folder) == 0 : s->file == of) return true;
    }
    return false;
}

static void name_change(tree *t, const entry *mine)
{
    switch (mine->e.kind) {
    case 'c': name_set(t, mine->e.path, mine->file); break;
    case 'm': name_set(t, mine->e.path, A_FOLDER); break;
    case 'u': name_drop(t, mine->e.path); break;
    default: break;
    }
}

/* `live` is the tree as the processes saw it, from which a rename takes what it moves. */
static void names_left(const powercut *p, size_t cut, uint64_t coin, tree *out)
{
    tree live = p->before;
    *out = p->before;
    for (size_t i = 0; i < cut; i++) {
        const entry *mine = &p->entries[i];
        char folder[256];
        if (!strchr("cmur", mine->e.kind)) continue;
        parent_of(mine->e.path, folder);
        bool kept = is_synced(p, i, cut, NO_FILE, folder) || stays(coin, i);
        if (mine->e.kind != 'r') {
            name_change(&live, mine);
            if (kept) name_change(out, mine);
            continue;
        }
        size_t from = place_of(&live, mine->e.path);
        must(from < live.n, "a rename of what is not there");
        int moved = live.names[from].file;
        name_drop(&live, mine->e.path), name_set(&live, mine->e.to, moved);
        if (kept) name_drop(out, mine->e.path), name_set(out, mine->e.to, moved);
    }
}

static void content_write(content *c, uint64_t at, const uint8_t *bytes, size_t n)
{
    if (at + n > c->n) {
        c->bytes = realloc(c->bytes, at + n);
        must(c->bytes != NULL, "out of memory");
        memset(c->bytes + c->n, 0, at + n - c->n);
        c->n = at + n;
    }
    memcpy(c->bytes + at, bytes, n);
}

static void content_cut(content *c, uint64_t n)
{
    static const uint8_t nothing[1];
    if (n > c->n) content_write(c, n - 1, nothing, 1);
    else c->n = n;
}

/* Of an unsynced write that stays, one in four loses some of its sectors. */
static void write_left(content *c, const entry *mine, bool whole, uint64_t coin, size_t i)
{
    cd_random r = cd_random_of(coin, 2, i);
    bool torn = !whole && cd_random_below(&r, 4) == 0;
    for (size_t at = 0, n; at < mine->e.bytes; at += n) {
        size_t to_border = SECTOR - (mine->e.at + at) % SECTOR;
        n = mine->e.bytes - at < to_border ? mine->e.bytes - at : to_border;
        if (!torn || (cd_random_u64(&r) & 1)) content_write(c, mine->e.at + at, mine->bytes + at, n);
    }
}

static void bytes_left(const powercut *p, size_t cut, uint64_t coin, int of, content *out)
{
    const file *f = &p->files[of];
    *out = (content){.bytes = malloc(f->before.n + 1), .n = f->before.n};
    must(out->bytes != NULL, "out of memory");
    if (f->before.n) memcpy(out->bytes, f->before.bytes, f->before.n);
    for (size_t i = f->from; i < cut; i++) {
        const entry *mine = &p->entries[i];
        if (mine->file != of || (mine->e.kind != 'w' && mine->e.kind != 't')) continue;
        bool whole = is_synced(p, i, cut, of, NULL);
        if (!whole && !stays(coin, i)) continue;
        if (mine->e.kind == 't') content_cut(out, mine->e.at);
        else write_left(out, mine, whole, coin, i);
    }
}

/* The names of one folder, those of its folders after it: a folder that is not left has nothing in it. */
static void build(const powercut *p, const tree *t, size_t cut, uint64_t coin, const char *inside, const char *to)
{
    for (size_t i = 0; i < t->n; i++) {
        char parent[256], whole[1024];
        parent_of(t->names[i].path, parent);
        if (t->names[i].path[0] == '\0' || strcmp(parent, inside) != 0) continue;
        snprintf(whole, sizeof whole, "%s%s", to, t->names[i].path);
        if (t->names[i].file == A_FOLDER) {
            must(mkdir(whole, 0777) == 0, whole);
            build(p, t, cut, coin, t->names[i].path, to);
            continue;
        }
        content c;
        bytes_left(p, cut, coin, t->names[i].file, &c);
        FILE *f = fopen(whole, "wb");
        must(f && fwrite(c.bytes, 1, c.n, f) == c.n && fclose(f) == 0, whole);
        free(c.bytes);
    }
}

void powercut_build(const powercut *p, size_t cut, uint64_t coin, const char *to)
{
    static tree left;
    names_left(p, cut, coin, &left);
    build(p, &left, cut, coin, "", to);
}
