/* Files: a walk from folder to folder that never leaves the first one. */
#define _POSIX_C_SOURCE 200809L /* openat, O_NOFOLLOW */
#include "scenario/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *name_trouble(const char *name)
{
    if (name[0] == '\0') {
        return "the name of a file is missing";
    }
    if (name[0] == '/') {
        return "only files below the scenario's folder can be read: write a relative path";
    }
    g_auto(GStrv) parts = g_strsplit(name, "/", -1);
    for (size_t i = 0; parts[i]; i++) {
        if (strcmp(parts[i], "..") == 0) {
            return "only files below the scenario's folder can be read: \"..\" leaves it";
        }
    }
    return NULL;
}

static const char *open_trouble(int error)
{
    switch (error) {
    case ELOOP:
    case EMLINK:
        return "is a symbolic link, which is not followed";
    case ENOENT:
        return "there is no such file";
    case ENOTDIR:
        return "a folder in its path is none";
    case EACCES:
        return "may not be read";
    default:
        return "cannot be read";
    }
}

/* Opens folder/name step by step. -1 with errno when it cannot. */
static int open_below(const char *folder, const char *name)
{
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_auto(GStrv) parts = g_strsplit(name, "/", -1);
    for (size_t i = 0; parts[i] && at >= 0; i++) {
        if (parts[i][0] == '\0' || strcmp(parts[i], ".") == 0) {
            continue;
        }
        bool is_last = parts[i + 1] == NULL;
        int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (is_last ? 0 : O_DIRECTORY);
        int next = openat(at, parts[i], flags);
        int error = errno;
        close(at);
        errno = error;
        at = next;
    }
    return at;
}

static const char *read_whole(struct sim_arena *arena, int descriptor, size_t size_max,
                              struct sim_file *ret_file)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0) {
        return "cannot be read";
    }
    if (S_ISDIR(status.st_mode)) {
        return "is a folder, not a file";
    }
    if (!S_ISREG(status.st_mode)) {
        return "is not a regular file";
    }
    if ((uint64_t)status.st_size > size_max) {
        return "is too large";
    }
    size_t size = (size_t)status.st_size;
    char *text = sim_arena_alloc(arena, size + 1);
    size_t filled = 0;
    while (filled < size) {
        ssize_t count = read(descriptor, text + filled, size - filled);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return "cannot be read";
        }
        if (count == 0) {
            break;
        }
        filled += (size_t)count;
    }
    *ret_file = (struct sim_file){text, filled};
    return NULL;
}

const char *sim_file_read(struct sim_arena *arena, const char *folder, const char *name,
                          size_t size_max, struct sim_file *ret_file)
{
    const char *trouble = name_trouble(name);
    if (trouble) {
        return trouble;
    }
    int descriptor = open_below(folder, name);
    if (descriptor < 0) {
        return open_trouble(errno);
    }
    trouble = read_whole(arena, descriptor, size_max, ret_file);
    close(descriptor);
    return trouble;
}

const char *sim_file_read_path(struct sim_arena *arena, const char *path, size_t size_max,
                               struct sim_file *ret_file)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        return open_trouble(errno);
    }
    const char *trouble = read_whole(arena, descriptor, size_max, ret_file);
    close(descriptor);
    return trouble;
}
