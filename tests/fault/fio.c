/* A failing disk, as a library that is loaded before libc.
 *
 *   cc -shared -fPIC -O1 -Wall -o fio.so fio.c -ldl
 *   LD_PRELOAD=./fio.so FIO_CALL=fdatasync FIO_NUMBER=3 FIO_MATCH=/ledger/ PROGRAM ...
 *
 * FIO_CALL     which call fails: write, pwrite, pread, fsync, fdatasync, ftruncate, fallocate, create
 * FIO_NUMBER   the how-manyth such call on a matching path fails, from 1
 * FIO_ERROR    errno it fails with (default 5, EIO; 28 is ENOSPC)
 * FIO_MATCH    part of the file's path (default: every file)
 * FIO_SHORT    if set, a write goes through by half instead of failing
 * FIO_STICKY   if set, every later call fails as well
 *
 * Each failure is reported on stderr as `[fio] CALL PATH #NUMBER`. Does nothing to a static program, nor to
 * system calls that bypass libc.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *failing_call;
static const char *path_part;
static long failing_number = -1;
static int error_number = EIO;
static int is_short;
static int is_sticky;
static atomic_long calls_seen;

__attribute__((constructor)) static void read_settings(void) {
    const char *number = getenv("FIO_NUMBER");
    const char *error = getenv("FIO_ERROR");
    failing_call = getenv("FIO_CALL");
    path_part = getenv("FIO_MATCH");
    if (number) failing_number = atol(number);
    if (error) error_number = atoi(error);
    is_short = getenv("FIO_SHORT") != NULL;
    is_sticky = getenv("FIO_STICKY") != NULL;
}

/* Counts a call on a path and says whether it is to fail. */
static int fails_on(const char *call, const char *path) {
    if (!failing_call || strcmp(failing_call, call) != 0) return 0;
    if (path_part && !strstr(path, path_part)) return 0;
    long number = atomic_fetch_add(&calls_seen, 1) + 1;
    int fails = is_sticky ? number >= failing_number : number == failing_number;
    if (fails && failing_number > 0) {
        dprintf(2, "[fio] %s %s #%ld\n", call, path, number);
        return 1;
    }
    return 0;
}

static int fails(const char *call, int fd) {
    char link[64], path[4096];
    if (!failing_call || strcmp(failing_call, call) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = 0;
    return fails_on(call, path);
}

#define NEXT(name) \
    static __typeof__(&name) next; \
    if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define FAIL do { errno = error_number; return -1; } while (0)

ssize_t write(int fd, const void *bytes, size_t size) {
    NEXT(write);
    if (fd > 2 && fails("write", fd)) {
        if (is_short && size > 1) return next(fd, bytes, size / 2);
        FAIL;
    }
    return next(fd, bytes, size);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
    NEXT(pwrite64);
    if (fails("pwrite", fd)) {
        if (is_short && size > 1) return next(fd, bytes, size / 2, at);
        FAIL;
    }
    return next(fd, bytes, size, at);
}

ssize_t pread64(int fd, void *bytes, size_t size, off64_t at) {
    NEXT(pread64);
    if (fails("pread", fd)) FAIL;
    return next(fd, bytes, size, at);
}

int fsync(int fd) {
    NEXT(fsync);
    if (fails("fsync", fd)) FAIL;
    return next(fd);
}

int fdatasync(int fd) {
    NEXT(fdatasync);
    if (fails("fdatasync", fd)) FAIL;
    return next(fd);
}

int ftruncate64(int fd, off64_t size) {
    NEXT(ftruncate64);
    if (fails("ftruncate", fd)) FAIL;
    return next(fd, size);
}

int fallocate64(int fd, int mode, off64_t at, off64_t size) {
    NEXT(fallocate64);
    if (fails("fallocate", fd)) FAIL;
    return next(fd, mode, at, size);
}

int open64(const char *path, int flags, ...) {
    NEXT(open64);
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list rest;
        va_start(rest, flags);
        mode = va_arg(rest, mode_t);
        va_end(rest);
        if (access(path, F_OK) != 0 && fails_on("create", path)) FAIL;
    }
    return next(path, flags, mode);
}
