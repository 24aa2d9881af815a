/* Logs: what of a node's state survives a crash.
 *
 * A log has two images. The volatile one is what the node sees. The durable one is what the disk
 * holds. An fsync takes a copy of how the images differ when it is asked for, and when it completes
 * the copy goes into the durable image, and with it those of all fsyncs asked for before it: an
 * fsync covers the file, not the call. A crash makes the durable image the volatile one.
 */
#include "world/internal.h"

#include <glib.h>

struct image {
    GArray *records; /* struct sim_log_record; [0] is record `begin` */
    uint64_t begin;
};

struct node_log {
    struct image seen, durable;
    uint64_t captured; /* records below are in the durable image as they are, or in a sync's copy */
    uint64_t survives; /* records below would be seen again after a crash now */
    struct sync *first, *last; /* under way, in the order of asking */
    struct sync *spare;        /* done: they are used again, since a log may sync all the time */
};

struct sync {
    struct sim_node *node;
    struct sync *next;
    uint32_t log;
    uint64_t begin;     /* of the volatile image when it was asked for */
    uint64_t from;      /* records from here on are the copied ones */
    uint64_t valid_end; /* records below have not been truncated since */
    GArray *records;
};

static struct node_log *log_at(const struct sim_node *node, int log)
{
    sim_assert(log >= 0 && (uint32_t)log < node->log_count);
    return &node->logs[log];
}

/* The log of that number, made on first use. */
static struct node_log *log_of(struct sim_node *node, int log)
{
    sim_assert(log >= 0 && log < 64);
    while (node->log_count <= (uint32_t)log) {
        node->logs = g_renew(struct node_log, node->logs, node->log_count + 1);
        node->logs[node->log_count++] = (struct node_log){
            .seen.records = g_array_new(FALSE, FALSE, sizeof(struct sim_log_record)),
            .durable.records = g_array_new(FALSE, FALSE, sizeof(struct sim_log_record))};
    }
    return &node->logs[log];
}

/* ---- images ---- */

static uint64_t image_end(const struct image *image)
{
    return image->begin + image->records->len;
}

static void image_cut(struct image *image, uint64_t end)
{
    if (end < image_end(image)) {
        g_array_set_size(image->records, end > image->begin ? (guint)(end - image->begin) : 0);
    }
}

static void image_forget(struct image *image, uint64_t begin)
{
    if (begin <= image->begin) {
        return;
    }
    uint64_t count = begin - image->begin;
    if (count >= image->records->len) {
        g_array_set_size(image->records, 0);
    } else {
        g_array_remove_range(image->records, 0, (guint)count);
    }
    image->begin = begin;
}

/* ---- what a model does ---- */

uint64_t sim_log_append(struct sim_node *self, int number, const struct sim_log_record *record)
{
    struct node_log *log = log_of(self, number);
    uint64_t index = image_end(&log->seen);
    g_array_append_val(log->seen.records, *record);
    return index;
}

uint64_t sim_log_begin(const struct sim_node *self, int number)
{
    return (uint32_t)number < self->log_count ? log_at(self, number)->seen.begin : 0;
}

uint64_t sim_log_end(const struct sim_node *self, int number)
{
    return (uint32_t)number < self->log_count ? image_end(&log_at(self, number)->seen) : 0;
}

uint64_t sim_log_durable(const struct sim_node *self, int number)
{
    return (uint32_t)number < self->log_count ? log_at(self, number)->survives : 0;
}

const struct sim_log_record *sim_log_at(const struct sim_node *self, int number, uint64_t index)
{
    const struct node_log *log = log_at(self, number);
    sim_assert(index >= log->seen.begin && index < image_end(&log->seen));
    return &g_array_index(log->seen.records, struct sim_log_record, index - log->seen.begin);
}

void sim_log_truncate(struct sim_node *self, int number, uint64_t index)
{
    struct node_log *log = log_of(self, number);
    image_cut(&log->seen, index);
    log->captured = index < log->captured ? index : log->captured;
    log->survives = index < log->survives ? index : log->survives;
    for (struct sync *sync = log->first; sync != NULL; sync = sync->next) {
        sync->valid_end = index < sync->valid_end ? index : sync->valid_end;
    }
}

void sim_log_forget(struct sim_node *self, int number, uint64_t index)
{
    struct node_log *log = log_of(self, number);
    sim_assert(index <= image_end(&log->seen));
    image_forget(&log->seen, index);
}

static struct sync *sync_new(struct sim_node *node, struct node_log *log, int number)
{
    struct sync *sync = log->spare;
    if (sync == NULL) {
        sync = g_new0(struct sync, 1);
        sync->records = g_array_new(FALSE, FALSE, sizeof(struct sim_log_record));
    } else {
        log->spare = sync->next;
        g_array_set_size(sync->records, 0);
    }
    sync->node = node;
    sync->log = (uint32_t)number;
    sync->next = NULL;
    return sync;
}

void sim_log_sync(struct sim_node *self, int number, const struct sim_dist *law, sim_span span,
                  uint64_t tag)
{
    struct node_log *log = log_of(self, number);
    struct sync *sync = sync_new(self, log, number);
    sync->begin = log->seen.begin;
    sync->from = log->captured > log->seen.begin ? log->captured : log->seen.begin;
    guint skipped = (guint)(sync->from - log->seen.begin);
    guint count = log->seen.records->len - skipped;
    int64_t bytes = 0;
    for (guint i = 0; i < count; i++) {
        bytes += g_array_index(log->seen.records, struct sim_log_record, skipped + i).bytes;
    }
    if (count > 0) {
        g_array_append_vals(sync->records,
                            &g_array_index(log->seen.records, struct sim_log_record, skipped),
                            count);
    }
    log->captured = sync->from + count;
    sync->valid_end = log->captured;
    if (log->last != NULL) {
        log->last->next = sync;
    } else {
        log->first = sync;
    }
    log->last = sync;
    disk_submit(self, DISK_SYNC, law, bytes, span, tag, sync);
}

/* ---- completion ---- */

static void apply(struct node_log *log, const struct sync *sync)
{
    struct image *durable = &log->durable;
    if (sync->from > image_end(durable)) { /* everything before was forgotten first */
        g_array_set_size(durable->records, 0);
        durable->begin = sync->from;
    }
    image_cut(durable, sync->from);
    g_array_append_vals(durable->records, sync->records->data, sync->records->len);
    image_forget(durable, sync->begin);
    log->survives = sync->valid_end;
}

/* What held many records once is not kept. */
#define SPARE_RECORDS 1024u

void sync_free(struct sync *sync)
{
    if (sync == NULL) {
        return;
    }
    struct node_log *log = &sync->node->logs[sync->log];
    if (sync->records->len > SPARE_RECORDS) {
        g_array_free(sync->records, TRUE);
        g_free(sync);
        return;
    }
    sync->next = log->spare;
    log->spare = sync;
}

/* A sync that is covered by a later one stays on the disk's queue; its copy is already in. */
void log_synced(struct sync *sync)
{
    struct node_log *log = &sync->node->logs[sync->log];
    bool is_listed = false;
    for (struct sync *s = log->first; s != NULL; s = s->next) {
        is_listed = is_listed || s == sync;
    }
    while (is_listed && log->first != NULL) {
        struct sync *covered = log->first;
        log->first = covered->next;
        if (log->first == NULL) {
            log->last = NULL;
        }
        covered->next = NULL;
        apply(log, covered);
        if (covered == sync) {
            break;
        }
    }
    sync_free(sync);
}

/* ---- the end of a life ---- */

void logs_crash(struct sim_node *node, bool is_torn)
{
    for (uint32_t i = 0; i < node->log_count; i++) {
        struct node_log *log = &node->logs[i];
        uint64_t end = image_end(&log->durable);
        struct sim_log_record torn = {.is_torn = true};
        bool has_torn = is_torn && end >= log->seen.begin && end < image_end(&log->seen);
        if (has_torn) {
            torn = *sim_log_at(node, (int)i, end);
            torn.is_torn = true;
        }
        g_array_set_size(log->seen.records, 0);
        g_array_append_vals(log->seen.records, log->durable.records->data,
                            log->durable.records->len);
        log->seen.begin = log->durable.begin;
        log->captured = log->survives = end;
        log->first = log->last = NULL; /* the disk frees those under way */
        if (has_torn) {
            g_array_append_val(log->seen.records, torn);
        }
    }
}

void logs_clear(struct sim_node *node)
{
    for (uint32_t i = 0; i < node->log_count; i++) {
        for (struct sync *sync = node->logs[i].spare, *next; sync != NULL; sync = next) {
            next = sync->next;
            g_array_free(sync->records, TRUE);
            g_free(sync);
        }
        g_array_free(node->logs[i].seen.records, TRUE);
        g_array_free(node->logs[i].durable.records, TRUE);
    }
    g_free(node->logs);
}
