/* Words: collected from the tables of blocks, laws and models. */
#include "scenario/words.h"

#include <string.h>

#include "scenario/blocks.h"
#include "scenario/reader.h"

/* Families whose fields have families of their own are few and shallow. */
static void add_families(GPtrArray *families, const struct sim_param *params)
{
    for (; params->name; params++) {
        bool is_shape = params->type == SIM_PARAM_SHAPE || params->type == SIM_PARAM_SHAPES;
        const struct sim_family *family = is_shape ? params->family : NULL;
        if (!family || g_ptr_array_find(families, family, NULL)) {
            continue;
        }
        g_ptr_array_add(families, (void *)(uintptr_t)family);
        for (size_t i = 0; family->constructors[i]; i++) {
            add_families(families, family->constructors[i]->params);
        }
    }
}

GPtrArray *sim_words_families(const struct sim_model *const *models)
{
    GPtrArray *families = g_ptr_array_new();
    add_families(families, sim_place_params);
    add_families(families, sim_node_params);
    for (size_t i = 0; models[i]; i++) {
        add_families(families, models[i]->params);
    }
    return families;
}

static void add_fields(GArray *fields, const char *owner, const struct sim_param *params)
{
    for (; params->name; params++) {
        struct sim_field_word field = {params->name, owner};
        g_array_append_val(fields, field);
    }
}

/* Of constructors first, since blocks are easier to find in the reference. */
static const struct sim_field_word *collect_fields(const GPtrArray *families,
                                                   const struct sim_model *const *models)
{
    GArray *fields = g_array_new(TRUE, FALSE, sizeof(struct sim_field_word));
    for (guint i = 0; i < families->len; i++) {
        const struct sim_family *family = families->pdata[i];
        for (size_t j = 0; family->constructors[j]; j++) {
            add_fields(fields, family->constructors[j]->name, family->constructors[j]->params);
        }
    }
    for (size_t i = 0; models[i]; i++) {
        add_fields(fields, "node", models[i]->params);
    }
    add_fields(fields, "node", sim_node_params);
    return (const struct sim_field_word *)(void *)g_array_free(fields, FALSE);
}

static void add_word(GPtrArray *words, const char *word)
{
    for (guint i = 0; i < words->len; i++) {
        if (strcmp(words->pdata[i], word) == 0) {
            return;
        }
    }
    g_ptr_array_add(words, (void *)(uintptr_t)word);
}

void sim_words_collect(struct sim_chunk_words *words, const struct sim_model *const *models)
{
    GPtrArray *calls = g_ptr_array_new();
    GPtrArray *named = g_ptr_array_new();
    for (const struct sim_block_kind *kind = sim_block_kinds; kind->word; kind++) {
        add_word(kind->is_named ? named : calls, kind->word);
    }
    for (const struct sim_law_kind *kind = sim_law_kinds; kind->name; kind++) {
        add_word(calls, kind->name);
    }
    add_word(calls, "trace");
    g_autoptr(GPtrArray) families = sim_words_families(models);
    for (guint i = 0; i < families->len; i++) {
        const struct sim_family *family = families->pdata[i];
        for (size_t j = 0; family->constructors[j]; j++) {
            add_word(calls, family->constructors[j]->name);
        }
    }
    words->fields = collect_fields(families, models);
    g_ptr_array_add(calls, NULL);
    g_ptr_array_add(named, NULL);
    words->calls = (const char *const *)g_ptr_array_free(calls, FALSE);
    words->named = (const char *const *)g_ptr_array_free(named, FALSE);
}

void sim_words_clear(struct sim_chunk_words *words)
{
    g_free((void *)(uintptr_t)words->calls);
    g_free((void *)(uintptr_t)words->named);
    g_free((void *)(uintptr_t)words->fields);
}
