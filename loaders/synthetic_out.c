/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_out.c: the folder of a synthetic force: created, filled in ordered blocks, named when whole.
 *
 * Only the offset of a block is handed from thread to thread, in the order of the blocks; the writing itself goes on at
 * that offset beside the making of the next. Files carry a `.part` name until the last one is closed without complaint
 * (some file systems tell of a full disk only then), so that a force cut short cannot be taken for a whole one. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <omp.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "engine/base/write.h"
#include "loaders/synthetic_out.h"

static const struct {
    const char *name, *part, *header;
} files_of[SYN_FILES] = {
#define FILE_OF(name, header) {name ".csv", name ".csv.part", header "\n"}
    [SYN_OFFICERS] = FILE_OF("officers", "officer_id,rank,unit,role,site,manager,joined,left,as_of"),
    [SYN_CASES] = FILE_OF("cases", "case_id,unit,kind,sensitivity,opened,closed,as_of"),
    [SYN_SHIFTS] = FILE_OF("shifts", "shift_id,unit,site,starts,ends"),
    [SYN_ASSOCIATIONS] = FILE_OF("associations", "association_id,kind,name"),
    [SYN_COMPLAINTS] = FILE_OF("complaints", "complaint_id,made_at,kind,source,complainant"),
    [SYN_ACCESSES] = FILE_OF("accesses", "officer_id,case_id,at,action,terminal,reason"),
    [SYN_ASSIGNMENTS] = FILE_OF("assignments", "officer_id,case_id,role,from,to"),
    [SYN_ROSTER] = FILE_OF("roster", "officer_id,shift_id,mode,claimed_from,claimed_to,overtime_hours"),
    [SYN_SUBJECTS] = FILE_OF("subjects", "case_id,association_id,role"),
    [SYN_LINKS] = FILE_OF("links", "officer_id,association_id,source,from,to,confidence"),
    [SYN_DECLARATIONS] = FILE_OF("declarations", "officer_id,association_id,declared_at,ended"),
    [SYN_ALLEGATIONS] = FILE_OF("allegations", "officer_id,complaint_id,kind,outcome"),
    [SYN_PRESENCE] = FILE_OF("presence", "officer_id,site,from,to,source"),
    [SYN_PAY] = FILE_OF("pay", "officer_id,month,basic,overtime_hours,overtime_pay,expenses,sickness_days"),
    [SYN_FINANCE] = FILE_OF("finance", "officer_id,at,kind,amount"),
    [SYN_FINDINGS] = FILE_OF("findings", "officer_id,at,category,kind"),
    [SYN_TIES] = FILE_OF("ties", "from_id,to_id,kind,from,to,confidence"),
    [SYN_PROTECTED] = FILE_OF("protected", "officer_id,sex,ethnicity,age_band,disability"),
    [SYN_TRUTH] = FILE_OF("truth", "officer_id,scheme,group,since"),
#undef FILE_OF
};
_Static_assert((int)SYN_FILES == (int)SYNTHETIC_FILES, "the report has a place for every file");

struct syn_out {
    const char *folder;
    int folder_fd;
    int fd[SYN_FILES];
    bool made[SYN_FILES], made_folder, committed;
    uint64_t rows[SYN_FILES], bytes[SYN_FILES];
    double seconds[SYN_FILES];
    uint32_t threads;
    const cd_progress *progress;
};

cd_status syn_text_room(syn_text *t, size_t n, cd_err *err)
{
    size_t used = (size_t)(t->end - t->bytes), need = used + n + SYN_SLACK;
    if (need <= t->cap) return CD_OK;
    cd_status st = cd_grow(&t->bytes, &t->cap, need, 1, err);
    if (st == CD_OK) t->end = t->bytes + used;
    return st;
}

static cd_status folder_must_be_empty(const syn_out *o, cd_err *err)
{
    int fd = openat(o->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        int number = errno;
        if (fd >= 0) close(fd);
        return cd_fail_errno(err, number, "cannot look into folder '%s'", o->folder);
    }
    cd_status st = CD_OK;
    for (struct dirent *entry; st == CD_OK && (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        st = cd_fail(err, CD_EUSAGE, "cannot generate into '%s': it holds '%s' already; name a new or an empty folder",
                     o->folder, entry->d_name);
    }
    closedir(dir);
    return st;
}

cd_status syn_out_open(const char *folder, uint32_t threads, const cd_progress *progress, syn_out **out, cd_err *err)
{
    cd_status st = CD_OK;
    syn_out *o = NULL;

    CD_NEW(o, 1);
    o->folder = folder, o->folder_fd = -1, o->threads = threads, o->progress = progress;
    for (int f = 0; f < SYN_FILES; f++) o->fd[f] = -1;
    o->made_folder = mkdir(folder, 0777) == 0;
    if (!o->made_folder && errno != EEXIST) CD_TRY(cd_fail_errno(err, errno, "cannot make folder '%s'", folder));
    o->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (o->folder_fd < 0) CD_TRY(cd_fail_errno(err, errno, "cannot generate into '%s'", folder));
    CD_TRY(folder_must_be_empty(o, err));
    *out = o, o = NULL;
done:
    syn_out_close(o);
    return st;
}

cd_status syn_out_commit(syn_out *o, cd_err *err)
{
    for (int f = 0; f < SYN_FILES; f++)
        if (o->made[f] && renameat(o->folder_fd, files_of[f].part, o->folder_fd, files_of[f].name) != 0)
            return cd_fail_errno(err, errno, "cannot name '%s/%s'", o->folder, files_of[f].name);
    o->committed = true;
    return CD_OK;
}

void syn_out_close(syn_out *o)
{
    if (!o) return;
    for (int f = 0; f < SYN_FILES; f++) {
        if (o->fd[f] >= 0) close(o->fd[f]);
        if (!o->made[f] || o->committed) continue;
        unlinkat(o->folder_fd, files_of[f].part, 0);
        unlinkat(o->folder_fd, files_of[f].name, 0);
    }
    if (o->folder_fd >= 0) close(o->folder_fd);
    if (o->made_folder && !o->committed) rmdir(o->folder);
    cd_free(o);
}

static cd_status write_at(const syn_out *o, syn_file f, const char *bytes, size_t n, uint64_t at, cd_err *err)
{
    int failed = cd_write_all_at(o->fd[f], bytes, n, at);
    return failed ? cd_fail_errno(err, failed, "cannot write '%s/%s'", o->folder, files_of[f].name) : CD_OK;
}

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct {
    syn_out *o;
    uint32_t n_files;
    const syn_file *files;
    syn_block block;
    syn_more more;
    void *context;
    syn_text *texts; /* SYN_PASS_FILES a lane */
    bool failed;     /* read and written atomically: no block begins after a failure */
    uint64_t failed_block;
    cd_status failure;
    cd_err err; /* of the lowest block that failed */
    pthread_mutex_t lock; /* over turn, and what pass_place changes */
    pthread_cond_t turned;
    uint64_t turn; /* the block that is placed next */
} pass;

static void pass_fail(pass *p, uint64_t block, cd_status st, const cd_err *err)
{
    #pragma omp critical(syn_pass_failure)
    if (p->failure == CD_OK || block < p->failed_block)
        p->failure = st, p->failed_block = block, p->err = *err;
    #pragma omp atomic write
    p->failed = true;
}

/* Takes the block's places in its files: called in the order of the blocks, by one thread at a time. */
static cd_status pass_place(pass *p, const syn_text *texts, uint64_t *at, cd_err *err)
{
    syn_out *o = p->o;
    cd_progress_state state = {.what = files_of[p->files[0]].name};
    for (uint32_t i = 0; i < p->n_files; i++) {
        syn_file f = p->files[i];
        at[i] = o->bytes[f];
        o->bytes[f] += (uint64_t)(texts[i].end - texts[i].bytes) + texts[i].promised;
        o->rows[f] += texts[i].rows;
    }
    for (int f = 0; f < SYN_FILES; f++) state.rows += o->rows[f], state.bytes += o->bytes[f];
    if (!cd_progress_step(o->progress, &state))
        return cd_fail(err, CD_ESTOPPED, "generating into '%s' was stopped; nothing was kept", o->folder);
    return CD_OK;
}

/* Writes what was made of a block, and then, part by part, what was promised. */
static cd_status pass_write(pass *p, uint32_t lane, uint64_t block, syn_text *texts, const uint64_t *at, cd_err *err)
{
    cd_status st = CD_OK;
    for (uint32_t i = 0; i < p->n_files; i++)
        CD_TRY(write_at(p->o, p->files[i], texts[i].bytes, (size_t)(texts[i].end - texts[i].bytes), at[i], err));
    for (uint64_t to = at[0], end = at[0] + texts[0].promised; to < end;) {
        texts[0].end = texts[0].bytes;
        CD_TRY(p->more(p->context, lane, block, &texts[0], err));
        size_t n = (size_t)(texts[0].end - texts[0].bytes);
        assert(n > 0 && n <= end - to);
        CD_TRY(write_at(p->o, p->files[0], texts[0].bytes, n, to, err));
        to += n;
    }
done:
    return st;
}

/* Makes one block and writes it at its place. Every block has its turn, whatever became of it, so nobody waits for one
 * that never comes. */
static void block_run(pass *p, uint32_t lane, uint64_t block)
{
    syn_text *texts = p->texts + (size_t)lane * SYN_PASS_FILES;
    uint64_t at[SYN_PASS_FILES] = {0};
    bool failed;
    cd_status st = CD_OK;
    cd_err err = {0};
    #pragma omp atomic read
    failed = p->failed;
    for (uint32_t i = 0; i < p->n_files; i++) texts[i].end = texts[i].bytes, texts[i].rows = texts[i].promised = 0;
    if (!failed) st = p->block(p->context, lane, block, texts, &err);
    pthread_mutex_lock(&p->lock);
    while (p->turn != block) pthread_cond_wait(&p->turned, &p->lock);
    if (!failed && st == CD_OK) st = pass_place(p, texts, at, &err);
    p->turn++;
    pthread_cond_broadcast(&p->turned);
    pthread_mutex_unlock(&p->lock);
    if (!failed && st == CD_OK) st = pass_write(p, lane, block, texts, at, &err);
    if (st != CD_OK) pass_fail(p, block, st, &err);
}

/* Blocks are begun in their order, so the one whose turn it is has always been begun. Those who wait sleep: the `ordered`
 * of OpenMP spins, and on a busy machine takes the time from the very thread it waits for (six times slower at a load of
 * ten on two processors). */
static void pass_run(pass *p, uint64_t n_blocks)
{
    uint64_t next = 0;
    #pragma omp parallel num_threads(p->o->threads)
    for (uint64_t block;;) {
        #pragma omp atomic capture
        block = next++;
        if (block >= n_blocks) break;
        block_run(p, (uint32_t)omp_get_thread_num(), block);
    }
}

static cd_status files_begin(syn_out *o, uint32_t n_files, const syn_file *files, cd_err *err)
{
    for (uint32_t i = 0; i < n_files; i++) {
        syn_file f = files[i];
        o->fd[f] = openat(o->folder_fd, files_of[f].part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (o->fd[f] < 0) return cd_fail_errno(err, errno, "cannot make '%s/%s'", o->folder, files_of[f].name);
        o->made[f] = true;
        o->bytes[f] = strlen(files_of[f].header);
        cd_status st = write_at(o, f, files_of[f].header, o->bytes[f], 0, err);
        if (st != CD_OK) return st;
    }
    return CD_OK;
}

static cd_status files_end(syn_out *o, uint32_t n_files, const syn_file *files, double seconds, cd_err *err)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < n_files; i++) all += o->bytes[files[i]];
    for (uint32_t i = 0; i < n_files; i++) {
        syn_file f = files[i];
        int fd = o->fd[f];
        o->fd[f] = -1;
        o->seconds[f] = seconds * (double)o->bytes[f] / (double)all;
        if (close(fd) != 0)
            return cd_fail_errno(err, errno, "cannot finish writing '%s/%s'", o->folder, files_of[f].name);
    }
    return CD_OK;
}

cd_status syn_out_pass(syn_out *o, uint32_t n_files, const syn_file *files, uint64_t n_blocks, syn_block block,
                       syn_more more, void *context, cd_err *err)
{
    cd_status st = CD_OK;
    double began = now_seconds();
    size_t n_texts = (size_t)o->threads * SYN_PASS_FILES;
    pass p = {.o = o, .n_files = n_files, .files = files, .block = block, .more = more,
              .context = context, .lock = PTHREAD_MUTEX_INITIALIZER, .turned = PTHREAD_COND_INITIALIZER};

    CD_NEW(p.texts, n_texts);
    for (size_t t = 0; t < n_texts; t++) {
        CD_NEW(p.texts[t].bytes, SYN_SLACK);
        p.texts[t].end = p.texts[t].bytes, p.texts[t].cap = SYN_SLACK;
    }
    CD_TRY(files_begin(o, n_files, files, err));
    pass_run(&p, n_blocks);
    if (p.failure != CD_OK) CD_TRY(cd_fail(err, p.failure, "%s", p.err.text));
    CD_TRY(files_end(o, n_files, files, now_seconds() - began, err));
done:
    for (size_t t = 0; p.texts && t < n_texts; t++) cd_free(p.texts[t].bytes);
    cd_free(p.texts);
    pthread_cond_destroy(&p.turned);
    pthread_mutex_destroy(&p.lock);
    return st;
}

void syn_out_report(const syn_out *o, synthetic_report *report)
{
    for (int f = 0; f < SYN_FILES; f++) {
        report->files[f] = (synthetic_file){files_of[f].name, o->rows[f], o->bytes[f], o->seconds[f]};
        report->rows += o->rows[f], report->bytes += o->bytes[f];
    }
    report->threads = o->threads;
}
