/* A hash table whose entries are also in a list by their last use; see affinity.h. */
#include "balancer/affinity.h"

void affinity_start(struct sim_node *self, struct affinity *affinity, uint32_t count_max,
                    sim_time idle)
{
    uint32_t buckets = 1;
    while (buckets < count_max) {
        buckets *= 2;
    }
    affinity->entries = sim_alloc(self, ((size_t)count_max + 1) * sizeof *affinity->entries);
    affinity->buckets = sim_alloc(self, buckets * sizeof *affinity->buckets);
    affinity->bucket_mask = buckets - 1;
    affinity->count_max = count_max;
    affinity->idle = idle;
}

static uint32_t *bucket_of(const struct affinity *affinity, uint64_t key)
{
    return &affinity->buckets[sim_hash_pair(0, key) & affinity->bucket_mask];
}

static void unlink_use(struct affinity *affinity, uint32_t at)
{
    struct affinity_entry *entry = &affinity->entries[at];
    affinity->entries[entry->newer].older = entry->older;
    affinity->entries[entry->older].newer = entry->newer;
}

/* entries[0].older is the newest, entries[0].newer the oldest: the list is a circle through it. */
static void link_newest(struct affinity *affinity, uint32_t at)
{
    struct affinity_entry *entry = &affinity->entries[at];
    entry->newer = 0;
    entry->older = affinity->entries[0].older;
    affinity->entries[entry->older].newer = at;
    affinity->entries[0].older = at;
}

static uint32_t find(const struct affinity *affinity, uint64_t key)
{
    uint32_t at = *bucket_of(affinity, key);
    while (at != 0 && affinity->entries[at].key != key) {
        at = affinity->entries[at].next;
    }
    return at;
}

static void release(struct affinity *affinity, uint32_t at)
{
    uint32_t *link = bucket_of(affinity, affinity->entries[at].key);
    while (*link != at) {
        link = &affinity->entries[*link].next;
    }
    *link = affinity->entries[at].next;
    unlink_use(affinity, at);
    affinity->entries[at].next = affinity->free;
    affinity->free = at;
    affinity->count--;
}

struct affinity_entry *affinity_find(struct affinity *affinity, uint64_t key, sim_time now)
{
    uint32_t at = find(affinity, key);
    if (at == 0) {
        return NULL;
    }
    struct affinity_entry *entry = &affinity->entries[at];
    if (now - entry->used > affinity->idle) {
        release(affinity, at);
        return NULL;
    }
    unlink_use(affinity, at);
    link_newest(affinity, at);
    entry->used = now;
    entry->uses++;
    return entry;
}

const struct affinity_entry *affinity_peek(const struct affinity *affinity, uint64_t key,
                                           sim_time now)
{
    uint32_t at = find(affinity, key);
    bool is_known = at != 0 && now - affinity->entries[at].used <= affinity->idle;
    return is_known ? &affinity->entries[at] : NULL;
}

/* An entry that nobody has. */
static uint32_t take(struct affinity *affinity)
{
    uint32_t at = affinity->free;
    if (at != 0) {
        affinity->free = affinity->entries[at].next;
    } else {
        at = affinity->count + 1; /* without released ones, entries 1 .. count are in use */
    }
    affinity->count++;
    return at;
}

bool affinity_assign(struct affinity *affinity, uint64_t key, uint32_t member, sim_time now)
{
    uint32_t at = find(affinity, key);
    bool is_full = at == 0 && affinity->count == affinity->count_max;
    if (at != 0) {
        unlink_use(affinity, at);
    } else {
        if (is_full) {
            release(affinity, affinity->entries[0].newer);
        }
        at = take(affinity);
        uint32_t *bucket = bucket_of(affinity, key);
        affinity->entries[at].next = *bucket;
        *bucket = at;
    }
    struct affinity_entry *entry = &affinity->entries[at];
    entry->key = key;
    entry->member = member;
    entry->uses = 1;
    entry->used = now;
    link_newest(affinity, at);
    return is_full;
}

void affinity_forget(struct affinity *affinity, uint64_t key)
{
    uint32_t at = find(affinity, key);
    if (at != 0) {
        release(affinity, at);
    }
}
