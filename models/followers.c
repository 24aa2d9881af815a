/* A growing list of streams; see followers.h. */
#include "followers.h"

#include <stdlib.h>

#define FEWEST 64
#define CHANGE_BYTES 64 /* of a change on the wire: key, version, place in the stream */

void followers_add(struct followers *followers, sim_stream stream)
{
    if (followers->count == followers->capacity) {
        followers->capacity = followers->capacity == 0 ? FEWEST : 2 * followers->capacity;
        followers->each = realloc(followers->each, followers->capacity * sizeof *followers->each);
        sim_assert(followers->each != NULL); /* out of memory ends the process */
    }
    followers->each[followers->count++] = stream;
}

void followers_drop(struct followers *followers, sim_stream stream)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < followers->count; i++) {
        if (followers->each[i] != stream) {
            followers->each[kept++] = followers->each[i];
        }
    }
    followers->count = kept;
}

void followers_drop_closed(struct sim_node *self, struct followers *followers)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < followers->count; i++) {
        if (sim_stream_is_open(self, followers->each[i])) {
            followers->each[kept++] = followers->each[i];
        }
    }
    followers->count = kept;
}

void followers_tell(struct sim_node *self, const struct followers *followers,
                    struct sim_item change, int unsent)
{
    for (uint32_t i = 0; i < followers->count; i++) {
        if (!sim_stream_send(self, followers->each[i], change, CHANGE_BYTES)) {
            sim_count(self, unsent, 1);
        }
    }
}

void followers_clear(struct followers *followers)
{
    free(followers->each);
    *followers = (struct followers){0};
}
