/* Blocks in order: nested lists flattened, the variant applied, `like` merged. */
#include "scenario/resolve.h"

#include <string.h>

#define LIKE_DEPTH_MAX 32

static bool is_block(const struct sim_value *value)
{
    for (const struct sim_block_kind *kind = sim_block_kinds; kind->word; kind++) {
        if (sim_value_is_call(value, kind->word)) {
            return strcmp(kind->word, "scenario") != 0 && strcmp(kind->word, "link") != 0;
        }
    }
    return false;
}

static bool is_named_kind(const char *word)
{
    for (const struct sim_block_kind *kind = sim_block_kinds; kind->word; kind++) {
        if (strcmp(kind->word, word) == 0) {
            return kind->is_named && strcmp(word, "estimate") != 0;
        }
    }
    return false;
}

static const struct sim_value *on_line(struct sim_reader *reader, const struct sim_value *value,
                                       const struct sim_value *parent)
{
    if (value->line > 0) {
        return value;
    }
    struct sim_value *moved = sim_arena_new(reader->arena, struct sim_value);
    *moved = *value;
    moved->line = parent->line;
    moved->file = parent->file;
    return moved;
}

/* Appends the blocks among `parent`'s items. Lists nest at most SIM_VALUE_DEPTH_MAX deep. */
static void flatten(struct sim_reader *reader, const struct sim_value *parent, GPtrArray *blocks)
{
    for (uint32_t i = 0; i < parent->item_count; i++) {
        const struct sim_value *item = parent->items[i];
        if (item->kind == SIM_VALUE_BAD) {
            reader->misses_block = true;
            continue;
        }
        if (item->kind == SIM_VALUE_TABLE && item->field_count == 0) {
            flatten(reader, item, blocks);
        } else if (item->kind == SIM_VALUE_CALL && g_strcmp0(item->text, "link") == 0) {
            sim_reader_complain(reader, on_line(reader, item, parent),
                                "a link stands inside network { ... }");
        } else if (!is_block(item)) {
            sim_reader_complain(reader, on_line(reader, item, parent),
                                "expected a block such as node \"a\" { ... }, got %s",
                                sim_value_describe(reader->arena, item));
        } else if (is_named_kind(item->text) && !item->name) {
            sim_reader_complain(reader, item, "%s: needs a name, as in %s \"a\" { ... }",
                                item->text, item->text);
        } else {
            g_ptr_array_add(blocks, (void *)(uintptr_t)item);
        }
    }
}

/* What a block of a variant replaces another by: "node web"; NULL where it replaces none. */
static const char *block_key(struct sim_reader *reader, const struct sim_value *block)
{
    if (strcmp(block->text, "network") == 0) {
        return block->text;
    }
    return is_named_kind(block->text) && block->name
               ? sim_reader_text(reader, "%s %s", block->text, block->name)
               : NULL;
}

static void add_block(struct sim_resolve *resolve, const struct sim_value *block, const char *key)
{
    g_ptr_array_add(resolve->blocks, (void *)(uintptr_t)block);
    if (key && !g_hash_table_contains(resolve->block_index, key)) {
        g_hash_table_insert(resolve->block_index, (void *)(uintptr_t)key,
                            GUINT_TO_POINTER(resolve->blocks->len));
    }
}

static void apply_block(struct sim_resolve *resolve, const struct sim_value *block)
{
    const char *key = block_key(&resolve->reader, block);
    guint known = key ? GPOINTER_TO_UINT(g_hash_table_lookup(resolve->block_index, key)) : 0;
    if (known > 0) {
        resolve->blocks->pdata[known - 1] = (void *)(uintptr_t)block;
    } else {
        add_block(resolve, block, key);
    }
}

static void apply_variant(struct sim_resolve *resolve, const struct sim_value *variant)
{
    g_autoptr(GPtrArray) blocks = g_ptr_array_new();
    flatten(&resolve->reader, variant, blocks);
    for (guint i = 0; i < blocks->len; i++) {
        const struct sim_value *block = blocks->pdata[i];
        if (strcmp(block->text, "variant") == 0) {
            sim_reader_complain(&resolve->reader, block, "variant: cannot stand inside a variant");
        } else {
            apply_block(resolve, block);
        }
    }
}

/* Names that only variants have: what refers to them waits for a variant. */
static void add_names_elsewhere(struct sim_resolve *resolve)
{
    const GPtrArray *variants = resolve->source->variants;
    for (guint i = 0; i < variants->len && !resolve->variant; i++) {
        g_autoptr(GPtrArray) blocks = g_ptr_array_new();
        flatten(&resolve->reader, variants->pdata[i], blocks);
        for (guint j = 0; j < blocks->len; j++) {
            const struct sim_value *block = blocks->pdata[j];
            bool is_place = sim_value_is_call(block, "node") || sim_value_is_call(block, "machine");
            struct sim_place place = {.name = block->name, .count = 1, .is_elsewhere = true};
            if (is_place && !sim_places_find(&resolve->reader, block->name)) {
                sim_places_add(&resolve->reader, &place);
            }
        }
    }
}

bool sim_resolve_variant_exists(struct sim_resolve *resolve, const struct sim_value *at,
                                const char *where, const char *name)
{
    if (g_hash_table_contains(resolve->source->variant_by_name, name)) {
        return true;
    }
    sim_reader_complain(&resolve->reader, at, "%s: there is no variant '%s'%s", where, name,
                        sim_reader_suggest(&resolve->reader, name, resolve->source->variant_names));
    return false;
}

void sim_resolve_blocks(struct sim_resolve *resolve)
{
    const struct sim_source *source = resolve->source;
    struct sim_scenario *scenario = resolve->scenario;
    const char *name = resolve->variant;
    for (guint i = 0; i < source->blocks->len; i++) {
        const struct sim_value *block = source->blocks->pdata[i];
        add_block(resolve, block, block_key(&resolve->reader, block));
    }
    if (name && sim_resolve_variant_exists(resolve, resolve->root, "scenario", name)) {
        apply_variant(resolve, g_hash_table_lookup(source->variant_by_name, name));
        scenario->variant = sim_arena_strdup(resolve->reader.arena, name);
    }
    scenario->variants = source->variant_names;
    scenario->variant_count = source->variants->len;
    add_names_elsewhere(resolve);
}

/* --- the source --- */

static void check_variant(struct sim_reader *reader, const struct sim_value *variant)
{
    if (variant->name[0] == '\0') {
        sim_reader_complain(reader, variant, "variant: the name is empty");
    }
    if (variant->field_count > 0) {
        sim_problems_add(reader->problems, variant->file, variant->fields[0].line,
                         "variant \"%s\": holds blocks, and no fields such as '%s'", variant->name,
                         variant->fields[0].name);
    }
}

void sim_source_collect(struct sim_source *source, struct sim_problems *problems)
{
    struct sim_reader reader = sim_source_reader(source, &source->arena, problems);
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    flatten(&reader, source->root, all);
    for (guint i = 0; i < all->len; i++) {
        const struct sim_value *block = all->pdata[i];
        if (!sim_value_is_call(block, "variant")) {
            g_ptr_array_add(source->blocks, (void *)(uintptr_t)block);
        } else if (g_hash_table_contains(source->variant_by_name, block->name)) {
            sim_reader_complain(&reader, block, "variant \"%s\": there are two of that name",
                                block->name);
        } else {
            check_variant(&reader, block);
            g_ptr_array_add(source->variants, (void *)(uintptr_t)block);
            g_hash_table_insert(source->variant_by_name, (void *)(uintptr_t)block->name,
                                (void *)(uintptr_t)block);
        }
    }
    const char **names =
        sim_arena_array(&source->arena, const char *, (size_t)source->variants->len + 1);
    for (guint i = 0; i < source->variants->len; i++) {
        names[i] = ((const struct sim_value *)source->variants->pdata[i])->name;
    }
    source->variant_names = names;
    source->misses_block = reader.misses_block;
}

/* --- like --- */

static const struct sim_value *find_node(struct sim_resolve *resolve, const char *name)
{
    const char *key = sim_reader_text(&resolve->reader, "node %s", name);
    guint known = GPOINTER_TO_UINT(g_hash_table_lookup(resolve->block_index, key));
    return known > 0 ? resolve->blocks->pdata[known - 1] : NULL;
}

static void complain_like(struct sim_resolve *resolve, const struct sim_value *block,
                          const struct sim_value_field *like)
{
    if (sim_problems_is_full(resolve->reader.problems)) {
        return;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < resolve->blocks->len; i++) {
        const struct sim_value *other = resolve->blocks->pdata[i];
        if (sim_value_is_call(other, "node")) {
            g_ptr_array_add(names, (void *)(uintptr_t)other->name);
        }
    }
    g_ptr_array_add(names, NULL);
    sim_problems_add(
        resolve->reader.problems, block->file, like->line,
        "node \"%s\": like: no node named '%s'%s", block->name, like->value->text,
        sim_reader_suggest(&resolve->reader, like->value->text, (const char *const *)names->pdata));
}

/* `block` with those of `base`'s fields that it does not have itself. */
static const struct sim_value *merged(struct sim_resolve *resolve, const struct sim_value *block,
                                      const struct sim_value *base)
{
    struct sim_value *merged = sim_arena_new(resolve->reader.arena, struct sim_value);
    struct sim_value_field *fields =
        sim_arena_array(resolve->reader.arena, struct sim_value_field,
                        (size_t)block->field_count + base->field_count);
    *merged = *block;
    merged->fields = fields;
    merged->field_count = 0;
    for (uint32_t i = 0; i < base->field_count; i++) {
        if (!sim_value_field(block, base->fields[i].name)) {
            fields[merged->field_count] = base->fields[i];
            fields[merged->field_count++].is_inherited = true;
        }
    }
    for (uint32_t i = 0; i < block->field_count; i++) {
        if (strcmp(block->fields[i].name, "like") != 0) {
            fields[merged->field_count++] = block->fields[i];
        }
    }
    return merged;
}

/* The chain of `like` from the block down, merged from its end. */
const struct sim_value *sim_resolve_like(struct sim_resolve *resolve, const struct sim_value *block)
{
    static const struct sim_value bad = {.kind = SIM_VALUE_BAD};
    static const struct sim_value_field bad_model[] = {{"model", 0, &bad, true}};
    static const struct sim_value unknown = {
        .kind = SIM_VALUE_CALL, .field_count = 1, .fields = bad_model};
    const struct sim_value *chain[LIKE_DEPTH_MAX + 1];
    size_t count = 0;
    const struct sim_value *at = block;
    for (;;) {
        const struct sim_value_field *like = sim_value_field(at, "like");
        if (count == LIKE_DEPTH_MAX) {
            sim_reader_complain(&resolve->reader, block,
                                "node \"%s\": like: goes round in a circle", block->name);
            chain[count++] = &unknown;
            break;
        }
        chain[count++] = at;
        if (!like || like->value->kind == SIM_VALUE_BAD) {
            break;
        }
        if (like->value->kind != SIM_VALUE_TEXT) {
            sim_problems_add(resolve->reader.problems, at->file, like->line,
                             "node \"%s\": like: expected the name of a node, got %s", at->name,
                             sim_value_describe(resolve->reader.arena, like->value));
            break;
        }
        at = find_node(resolve, like->value->text);
        if (!at) {
            complain_like(resolve, chain[count - 1], like);
            at = &unknown;
            chain[count++] = at;
            break;
        }
    }
    const struct sim_value *result = chain[count - 1];
    for (size_t i = count - 1; i-- > 0;) {
        result = merged(resolve, chain[i], result);
    }
    return result;
}
