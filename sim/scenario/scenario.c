/* Loading: text to tree (chunk.h), tree to scenario (resolve.h), scenario to print and hash. */
#include "scenario/scenario.h"

#include <string.h>

#include "base/keyed.h"
#include "base/random.h"
#include "base/text.h"
#include "scenario/resolve.h"

/* Every metric of every group has a number for each, and so has every series in the files. */
#define CELLS_MAX 100000

static void resolve_fields(struct sim_resolve *resolve)
{
    struct sim_scenario *scenario = resolve->scenario;
    struct sim_scenario_fields fields = {.warmup = SIM_NEVER};
    const struct sim_param *tables[] = {sim_scenario_params, NULL};
    g_autoptr(GString) print = g_string_new(NULL);
    struct sim_block block = {.value = resolve->root, .who = "scenario", .print = print};
    sim_block_check_names(&resolve->reader, &block, tables, (int)resolve->root->item_count);
    sim_block_read(&resolve->reader, &block, sim_scenario_params, 0, &fields);
    if (!fields.name) {
        g_autofree char *base = g_path_get_basename(resolve->reader.path);
        char *extension = g_str_has_suffix(base, ".lua") ? strrchr(base, '.') : NULL;
        if (extension) {
            *extension = '\0';
        }
        fields.name = sim_arena_strdup(resolve->reader.arena, base);
        g_autoptr(GString) name = g_string_new(NULL); /* where a given one stands: it is the same */
        sim_print_field(name, "name", sim_text_quote(resolve->reader.arena, fields.name));
        g_string_prepend(print, name->str);
    }
    g_string_replace(print, "\n", "\n  ", 0);
    g_string_truncate(print, print->len >= 2 ? print->len - 2 : 0);
    g_string_append_printf(resolve->print, "return scenario {\n  %s", print->str);
    scenario->name = fields.name;
    scenario->seed = (uint64_t)fields.seed;
    scenario->runs = (uint32_t)fields.runs;
    scenario->warmup = fields.warmup;
    scenario->cell = fields.cell;
    scenario->precision = fields.precision;
    scenario->world.duration = fields.duration;
    scenario->world.drain = fields.drain;
    scenario->world.limits =
        (struct sim_limits){(uint64_t)fields.events_max, (uint64_t)fields.pending_max,
                            (uint64_t)fields.open_requests_max, (uint64_t)fields.memory_max};
    if (fields.name[0] == '\0' || fields.name[0] == '.' || strchr(fields.name, '/') ||
        strlen(fields.name) > 100 || !sim_text_is_tame(fields.name, false)) {
        sim_reader_complain(
            &resolve->reader, resolve->root,
            "scenario: name: it names a folder, so it is short, has no '/' or control character "
            "and does not begin with '.'");
    }
    if (fields.cell > 0 && (fields.duration - 1) / fields.cell >= CELLS_MAX) {
        sim_reader_complain(&resolve->reader, resolve->root,
                            "scenario: cell: cuts the duration into more than %d cells", CELLS_MAX);
    }
    if (fields.warmup != SIM_NEVER && fields.duration > 0 && fields.warmup >= fields.duration) {
        sim_reader_complain(&resolve->reader, resolve->root,
                            "scenario: warmup must be shorter than the duration");
    }
}

/* The comment at the head of the file is printed as one, since a reader wants to see it there. */
static void print_description(struct sim_resolve *resolve)
{
    const char *text = resolve->scenario->description;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; text[0] && lines[i]; i++) {
        g_string_append_printf(resolve->print, "--%s%s\n", lines[i][0] ? " " : "", lines[i]);
    }
}

static void move_arrays(struct sim_resolve *resolve)
{
    struct sim_world_spec *world = &resolve->scenario->world;
    world->machine_count = resolve->machines->len;
    world->machines = (const struct sim_machine_spec *)(void *)resolve->machines->data;
    world->group_count = resolve->groups->len;
    world->groups = (const struct sim_group_spec *)(void *)resolve->groups->data;
    resolve->reader.world = world;
}

/* Arrays that grew on the heap move into the arena once they are complete. */
static void settle_arrays(struct sim_resolve *resolve)
{
    struct sim_world_spec *world = &resolve->scenario->world;
    struct sim_arena *arena = resolve->reader.arena;
    struct sim_machine_spec *machines =
        sim_arena_array(arena, struct sim_machine_spec, world->machine_count);
    struct sim_group_spec *groups =
        sim_arena_array(arena, struct sim_group_spec, world->group_count);
    if (world->machine_count > 0) {
        memcpy(machines, world->machines, world->machine_count * sizeof(*machines));
    }
    if (world->group_count > 0) {
        memcpy(groups, world->groups, world->group_count * sizeof(*groups));
    }
    world->machines = machines;
    world->groups = groups;
}

static void resolve_all(struct sim_resolve *resolve)
{
    print_description(resolve);
    resolve_fields(resolve);
    sim_resolve_blocks(resolve);
    sim_resolve_zones(resolve);
    sim_resolve_machines(resolve);
    sim_resolve_nodes(resolve);
    move_arrays(resolve);
    sim_resolve_network(resolve);
    sim_resolve_faults(resolve);
    sim_resolve_expectations(resolve);
    sim_resolve_outputs(resolve);
    settle_arrays(resolve);
    g_string_append(resolve->print, "}\n");
}

/* Resolves the source's tree with the variant into `scenario`. */
static void resolve_variant(struct sim_scenario *scenario, struct sim_source *source,
                            const char *variant, struct sim_problems *problems)
{
    struct sim_resolve resolve = {
        .reader = sim_source_reader(source, &scenario->arena, problems),
        .source = source,
        .variant = variant,
        .scenario = scenario,
        .root = source->root,
        .blocks = g_ptr_array_new(),
        .block_index = g_hash_table_new(sim_keyed_text, g_str_equal),
        .print = g_string_new(NULL),
        .zones = g_ptr_array_new(),
        .machines = g_array_new(FALSE, TRUE, sizeof(struct sim_machine_spec)),
        .groups = g_array_new(FALSE, TRUE, sizeof(struct sim_group_spec))};
    resolve.reader.places = g_array_new(FALSE, TRUE, sizeof(struct sim_place));
    resolve.reader.by_name = g_hash_table_new(sim_keyed_text, g_str_equal);
    scenario->path = source->path;
    scenario->description = source->description;
    scenario->params = sim_chunk_params(source->chunk, &scenario->param_count);
    resolve_all(&resolve);
    scenario->needs_variant = resolve.reader.misses_variant;
    scenario->print = sim_arena_strdup(&scenario->arena, resolve.print->str);
    scenario->hash = sim_hash_text(scenario->print);
    g_array_unref(resolve.reader.places);
    g_hash_table_unref(resolve.reader.by_name);
    g_ptr_array_unref(resolve.blocks);
    g_hash_table_unref(resolve.block_index);
    g_string_free(resolve.print, TRUE);
    g_ptr_array_unref(resolve.zones);
    g_array_unref(resolve.machines);
    g_array_unref(resolve.groups);
}

struct sim_scenario *sim_scenario_of(struct sim_source *source, const char *variant,
                                     struct sim_problems *problems)
{
    size_t problems_before = problems->count;
    struct sim_scenario *scenario = NULL;
    if (source->root) {
        scenario = g_new0(struct sim_scenario, 1);
        sim_arena_init(&scenario->arena);
        scenario->source = sim_source_ref(source);
        resolve_variant(scenario, source, variant, problems);
    }
    sim_problems_sort(problems);
    if (source->is_flawed || problems->count > problems_before) {
        sim_scenario_free(scenario);
        return NULL;
    }
    return scenario;
}

/* The source, which is freed, with the variant of the options. */
static struct sim_scenario *load(struct sim_source *source, const struct sim_load_options *options,
                                 struct sim_problems *problems)
{
    struct sim_scenario *scenario =
        source ? sim_scenario_of(source, options->variant, problems) : NULL;
    sim_source_free(source);
    return scenario;
}

struct sim_scenario *sim_scenario_load_text(const char *text, size_t size, const char *path,
                                            const struct sim_load_options *options,
                                            struct sim_problems *problems)
{
    return load(sim_source_new_text(text, size, path, options, problems), options, problems);
}

struct sim_scenario *sim_scenario_load(const char *path, const struct sim_load_options *options,
                                       struct sim_problems *problems)
{
    return load(sim_source_new(path, options, problems), options, problems);
}

void sim_scenario_free(struct sim_scenario *scenario)
{
    if (scenario) {
        sim_arena_clear(&scenario->arena);
        sim_source_unref(scenario->source);
        g_free(scenario);
    }
}

char *sim_scenario_print(const struct sim_scenario *scenario)
{
    return g_strdup(scenario->print);
}

bool sim_scenario_find_group(const struct sim_scenario *scenario, const char *name,
                             uint32_t *ret_group, uint32_t *ret_member)
{
    size_t length = strcspn(name, "[");
    for (uint32_t i = 0; i < scenario->world.group_count; i++) {
        const struct sim_group_spec *group = &scenario->world.groups[i];
        if (strlen(group->name) != length || strncmp(group->name, name, length) != 0) {
            continue;
        }
        char *end = NULL;
        guint64 member = name[length] == '[' ? g_ascii_strtoull(name + length + 1, &end, 10) : 0;
        bool is_member = end && strcmp(end, "]") == 0 && member >= 1 && member <= group->count_max;
        if (name[length] == '[' && !is_member) {
            return false;
        }
        *ret_group = i;
        *ret_member = is_member ? (uint32_t)member - 1 : SIM_NONE;
        return true;
    }
    return false;
}
