/* The words of the language that depend on the models: constructors of all their families. */
#ifndef BRINK_SCENARIO_WORDS_H
#define BRINK_SCENARIO_WORDS_H

#include <glib.h>

#include "scenario/chunk.h"

/* All families that models' parameters use, each once, in the order in which they are met. */
GPtrArray *sim_words_families(const struct sim_model *const *models);

/* Words for a chunk: blocks, laws, constructors. sim_words_clear frees the arrays. */
void sim_words_collect(struct sim_chunk_words *words, const struct sim_model *const *models);
void sim_words_clear(struct sim_chunk_words *words);

#endif
