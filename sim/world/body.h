/* What a message carries beyond its words: a copy that lives as long as the message does. */
#ifndef BRINK_WORLD_BODY_H
#define BRINK_WORLD_BODY_H

#include "world/internal.h"

/* A copy of `count` words, 1 to SIM_BODY_WORDS_MAX of them; never 0. */
uint32_t body_new(struct sim_world *world, const uint64_t *words, uint32_t count);
const uint64_t *body_words(const struct sim_world *world, uint32_t body, uint32_t count);
void body_end(struct sim_world *world, uint32_t body, uint32_t count);

#endif
