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

static const struct sim_value *on_line(struct sim_resolve *resolve, const struct sim_value *value,
                                       const struct sim_value *parent)
{
    if (value->line > 0) {
        return value;
    }
    struct sim_value *moved = sim_arena_new(resolve->reader.arena, struct sim_value);
    *moved = *value;
    moved->line = parent->line;
    moved->file = parent->file;
    return moved;
}

/* Appends the blocks among `parent`'s items. Lists nest at most SIM_VALUE_DEPTH_MAX deep. */
static void flatten(struct sim_resolve *resolve, const struct sim_value *parent, GPtrArray *blocks)
{
    for (uint32_t i = 0; i < parent->item_count; i++) {
        const struct sim_value *item = parent->items[i];
        if (item->kind == SIM_VALUE_BAD) {
            resolve->reader.misses_block = true;
            continue;
        }
        if (item->kind == SIM_VALUE_TABLE && item->field_count == 0) {
            flatten(resolve, item, blocks);
        } else if (item->kind == SIM_VALUE_CALL && g_strcmp0(item->text, "link") == 0) {
            sim_reader_complain(&resolve->reader, on_line(resolve, item, parent),
                                "a link stands inside network { ... }");
        } else if (!is_block(item)) {
            sim_reader_complain(&resolve->reader, on_line(resolve, item, parent),
                                "expected a block such as node \"a\" { ... }, got %s",
                                sim_value_describe(resolve->reader.arena, item));
        } else if (is_named_kind(item->text) && !item->name) {
            sim_reader_complain(&resolve->reader, item, "%s: needs a name, as in %s \"a\" { ... }",
                                item->text, item->text);
        } else {
            g_ptr_array_add(blocks, (void *)(uintptr_t)item);
        }
    }
}

static bool replaces(const struct sim_value *fresh, const struct sim_value *old)
{
    if (strcmp(fresh->text, old->text) != 0) {
        return false;
    }
    if (strcmp(fresh->text, "network") == 0) {
        return true;
    }
    return is_named_kind(fresh->text) && fresh->name && old->name &&
           strcmp(fresh->name, old->name) == 0;
}

static void apply_block(struct sim_resolve *resolve, const struct sim_value *block)
{
    for (guint i = 0; i < resolve->blocks->len; i++) {
        if (replaces(block, resolve->blocks->pdata[i])) {
            resolve->blocks->pdata[i] = (void *)(uintptr_t)block;
            return;
        }
    }
    g_ptr_array_add(resolve->blocks, (void *)(uintptr_t)block);
}

static void apply_variant(struct sim_resolve *resolve, const struct sim_value *variant)
{
    g_autoptr(GPtrArray) blocks = g_ptr_array_new();
    flatten(resolve, variant, blocks);
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
    for (guint i = 0; i < resolve->variants->len && !resolve->options->variant; i++) {
        g_autoptr(GPtrArray) blocks = g_ptr_array_new();
        flatten(resolve, resolve->variants->pdata[i], blocks);
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

static const struct sim_value *find_variant(const struct sim_resolve *resolve, const char *name)
{
    for (guint i = 0; i < resolve->variants->len; i++) {
        const struct sim_value *variant = resolve->variants->pdata[i];
        if (strcmp(variant->name, name) == 0) {
            return variant;
        }
    }
    return NULL;
}

bool sim_resolve_variant_exists(struct sim_resolve *resolve, const struct sim_value *at,
                                const char *where, const char *name)
{
    if (find_variant(resolve, name)) {
        return true;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < resolve->variants->len; i++) {
        const struct sim_value *variant = resolve->variants->pdata[i];
        g_ptr_array_add(names, (void *)(uintptr_t)variant->name);
    }
    g_ptr_array_add(names, NULL);
    sim_reader_complain(
        &resolve->reader, at, "%s: there is no variant '%s'%s", where, name,
        sim_reader_suggest(&resolve->reader, name, (const char *const *)names->pdata));
    return false;
}

static void check_variant(struct sim_resolve *resolve, const struct sim_value *variant)
{
    if (variant->field_count > 0) {
        sim_problems_add(resolve->reader.problems, variant->file, variant->fields[0].line,
                         "variant \"%s\": holds blocks, and no fields such as '%s'", variant->name,
                         variant->fields[0].name);
    }
}

void sim_resolve_blocks(struct sim_resolve *resolve)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    flatten(resolve, resolve->root, all);
    for (guint i = 0; i < all->len; i++) {
        const struct sim_value *block = all->pdata[i];
        if (!sim_value_is_call(block, "variant")) {
            g_ptr_array_add(resolve->blocks, (void *)(uintptr_t)block);
        } else if (find_variant(resolve, block->name)) {
            sim_reader_complain(&resolve->reader, block,
                                "variant \"%s\": there are two of that name", block->name);
        } else {
            check_variant(resolve, block);
            g_ptr_array_add(resolve->variants, (void *)(uintptr_t)block);
        }
    }
    const char *name = resolve->options->variant;
    if (name && sim_resolve_variant_exists(resolve, resolve->root, "scenario", name)) {
        apply_variant(resolve, find_variant(resolve, name));
        resolve->scenario->variant = sim_arena_strdup(resolve->reader.arena, name);
    }
    const char **names =
        sim_arena_array(resolve->reader.arena, const char *, resolve->variants->len);
    for (guint i = 0; i < resolve->variants->len; i++) {
        names[i] = ((const struct sim_value *)resolve->variants->pdata[i])->name;
    }
    resolve->scenario->variants = names;
    resolve->scenario->variant_count = resolve->variants->len;
    add_names_elsewhere(resolve);
}

/* --- like --- */

static const struct sim_value *find_node(const struct sim_resolve *resolve, const char *name)
{
    for (guint i = 0; i < resolve->blocks->len; i++) {
        const struct sim_value *block = resolve->blocks->pdata[i];
        if (sim_value_is_call(block, "node") && strcmp(block->name, name) == 0) {
            return block;
        }
    }
    return NULL;
}

static void complain_like(struct sim_resolve *resolve, const struct sim_value *block,
                          const struct sim_value_field *like)
{
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
