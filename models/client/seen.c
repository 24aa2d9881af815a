/* Seen: open addressing with linear probing. See seen.h. */
#include "client/seen.h"

#include <stdlib.h>

#define ENTRIES_FIRST 64u

/* The entry of the session and key, or the empty one where it would go. */
static struct seen_entry *entry_of(const struct seen *seen, uint64_t session, uint64_t key)
{
    uint64_t at = sim_hash_pair(session, key);
    for (;; at++) {
        struct seen_entry *entry = &seen->entries[at & seen->mask];
        if (!entry->is_used || (entry->session == session && entry->key == key)) {
            return entry;
        }
    }
}

static void grow(struct seen *seen)
{
    struct seen old = *seen;
    uint64_t size = old.entries == NULL ? ENTRIES_FIRST : 2 * (old.mask + 1);
    seen->entries = calloc(size, sizeof *seen->entries);
    sim_assert(seen->entries != NULL); /* out of memory ends the process */
    seen->mask = size - 1;
    for (uint64_t i = 0; old.entries != NULL && i <= old.mask; i++) {
        if (old.entries[i].is_used) {
            *entry_of(seen, old.entries[i].session, old.entries[i].key) = old.entries[i];
        }
    }
    free(old.entries);
}

uint64_t seen_value(const struct seen *seen, uint64_t session, uint64_t key)
{
    return seen->entries == NULL ? 0 : entry_of(seen, session, key)->value;
}

void seen_put(struct seen *seen, uint64_t session, uint64_t key, uint64_t value)
{
    if (seen->entries == NULL || 2 * (seen->count + 1) > seen->mask) {
        grow(seen);
    }
    struct seen_entry *entry = entry_of(seen, session, key);
    seen->count += !entry->is_used;
    *entry = (struct seen_entry){.session = session, .key = key, .value = value, .is_used = true};
}

void seen_clear(struct seen *seen)
{
    free(seen->entries);
    *seen = (struct seen){0};
}
