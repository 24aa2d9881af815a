/* Sources: a file that was run with certain settings, of which each variant is made without running
 * it again. Inside of the scenario layer. */
#ifndef BRINK_SCENARIO_SOURCE_H
#define BRINK_SCENARIO_SOURCE_H

#include <glib.h>

#include "scenario/chunk.h"
#include "scenario/reader.h"
#include "scenario/scenario.h"

struct sim_source {
    struct sim_arena arena; /* owns the tree, and lives as long as any scenario made of it */
    uint32_t references;
    const char *path, *data_folder;
    const struct sim_model *const *models;
    struct sim_chunk_words words;
    struct sim_chunk *chunk; /* NULL once no further scenario is made of it */
    const char *description;
    const struct sim_value *root; /* the scenario call; NULL when the chunk did not end well */
    GPtrArray *blocks;            /* const struct sim_value *, in file order, without variants */
    GPtrArray *variants;
    GHashTable *variant_by_name; /* name -> variant; looked up, never walked */
    const char *const *variant_names;
    bool misses_block; /* see struct sim_reader */
    bool is_flawed;    /* had problems: no scenario comes of it */
};

/* flatten.c: fills blocks and variants from the root. */
void sim_source_collect(struct sim_source *source, struct sim_problems *problems);
/* A reader of its values that puts what it makes into `arena`. */
struct sim_reader sim_source_reader(const struct sim_source *source, struct sim_arena *arena,
                                    struct sim_problems *problems);
struct sim_source *sim_source_ref(struct sim_source *source);
void sim_source_unref(struct sim_source *source);

#endif
