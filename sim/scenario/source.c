/* Sources: from the text of a file to the tree of its blocks. */
#include "scenario/source.h"

#include "base/keyed.h"
#include "scenario/file.h"
#include "scenario/words.h"

static struct sim_source *source_new(const char *path, const struct sim_load_options *options)
{
    struct sim_source *source = g_new0(struct sim_source, 1);
    g_autofree char *folder = g_path_get_dirname(path);
    sim_arena_init(&source->arena);
    source->references = 1;
    source->path = sim_arena_strdup(&source->arena, path);
    source->data_folder =
        sim_arena_strdup(&source->arena, options->data_folder ? options->data_folder : folder);
    source->models = options->models;
    source->blocks = g_ptr_array_new();
    source->variants = g_ptr_array_new();
    source->variant_by_name = g_hash_table_new(sim_keyed_text, g_str_equal);
    sim_words_collect(&source->words, options->models);
    return source;
}

struct sim_source *sim_source_new_text(const char *text, size_t size, const char *path,
                                       const struct sim_load_options *options,
                                       struct sim_problems *problems)
{
    struct sim_source *source = source_new(path, options);
    size_t problems_before = problems->count;
    source->chunk = sim_chunk_new(&source->arena, problems, source->path, &source->words,
                                  options->settings, options->setting_count);
    source->description = sim_chunk_head(source->chunk, text, size);
    source->root = sim_chunk_run(source->chunk, text, size);
    if (source->root) {
        sim_source_collect(source, problems);
    }
    source->is_flawed = !source->root || problems->count > problems_before;
    return source;
}

struct sim_source *sim_source_new(const char *path, const struct sim_load_options *options,
                                  struct sim_problems *problems)
{
    struct sim_arena arena;
    struct sim_file file = {0};
    struct sim_source *source = NULL;
    sim_arena_init(&arena);
    const char *trouble = sim_file_read_path(&arena, path, SIM_CHUNK_SOURCE_MAX + 1, &file);
    if (trouble) {
        sim_problems_add(problems, path, 0, "%s", trouble);
        problems->is_io = true;
    } else {
        source = sim_source_new_text(file.text, file.size, path, options, problems);
    }
    sim_arena_clear(&arena);
    return source;
}

struct sim_reader sim_source_reader(const struct sim_source *source, struct sim_arena *arena,
                                    struct sim_problems *problems)
{
    return (struct sim_reader){.arena = arena,
                               .problems = problems,
                               .chunk = source->chunk,
                               .path = source->path,
                               .data_folder = source->data_folder,
                               .misses_block = source->misses_block};
}

size_t sim_source_bytes(const struct sim_source *source)
{
    return source->arena.used_bytes;
}

uint64_t sim_source_work(const struct sim_source *source)
{
    return sim_chunk_work(source->chunk);
}

struct sim_source *sim_source_ref(struct sim_source *source)
{
    source->references++;
    return source;
}

void sim_source_unref(struct sim_source *source)
{
    if (--source->references == 0) {
        sim_arena_clear(&source->arena);
        g_free(source);
    }
}

void sim_source_free(struct sim_source *source)
{
    if (source) {
        sim_chunk_free(source->chunk);
        source->chunk = NULL;
        sim_words_clear(&source->words);
        g_ptr_array_unref(source->blocks);
        g_ptr_array_unref(source->variants);
        g_hash_table_unref(source->variant_by_name);
        sim_source_unref(source);
    }
}
