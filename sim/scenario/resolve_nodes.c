/* Nodes: groups of equal members, their ids, their machines, and the parameters of their models. */
#include "scenario/resolve.h"

#include <string.h>

#include "base/text.h"

#define NODE_COUNT_MAX 2000000
/* Each of them has all metrics over all cells: a quarter of a megabyte. */
#define MEMBERS_APART_MAX 10000

/* A node between its two passes. */
struct node {
    const struct sim_value *value; /* `like` merged */
    const char *who;
    const struct sim_model *model; /* NULL after a complaint */
    struct sim_node_fields fields;
    GString *print;
};

static const struct sim_model *find_model(struct sim_resolve *resolve, const struct node *node)
{
    const struct sim_model *const *models = resolve->source->models;
    const struct sim_value_field *field = sim_value_field(node->value, "model");
    const char *name = node->fields.model;
    if (!name) {
        return NULL;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (size_t i = 0; models[i]; i++) {
        if (strcmp(models[i]->name, name) == 0) {
            return models[i];
        }
        g_ptr_array_add(names, (void *)(uintptr_t)models[i]->name);
    }
    g_ptr_array_add(names, NULL);
    sim_problems_add(resolve->reader.problems, node->value->file,
                     field && field->line ? field->line : node->value->line,
                     "%s: model: there is no model '%s'%s", node->who, name,
                     sim_reader_suggest(&resolve->reader, name, (const char *const *)names->pdata));
    return NULL;
}

/* Fields without those of the model, so that a model's parameter may bear the name of a common
 * field and then is meant. */
static const struct sim_value *without_model_params(struct sim_resolve *resolve,
                                                    const struct node *node)
{
    struct sim_value *rest = sim_arena_new(resolve->reader.arena, struct sim_value);
    struct sim_value_field *fields =
        sim_arena_array(resolve->reader.arena, struct sim_value_field, node->value->field_count);
    *rest = *node->value;
    rest->fields = fields;
    rest->field_count = 0;
    for (uint32_t i = 0; i < node->value->field_count; i++) {
        bool is_models = false;
        const struct sim_param *params = node->model ? node->model->params : sim_no_params;
        for (const struct sim_param *param = params; param->name; param++) {
            is_models = is_models || strcmp(param->name, node->value->fields[i].name) == 0;
        }
        if (!is_models) {
            fields[rest->field_count++] = node->value->fields[i];
        }
    }
    return rest;
}

static void read_common(struct sim_resolve *resolve, struct node *node)
{
    struct sim_reader *reader = &resolve->reader;
    struct sim_block block = {.value = node->value, .who = node->who, .print = node->print};
    const struct sim_param model_param[] = {sim_node_params[0], sim_no_params[0]};
    sim_block_read(reader, &block, model_param, 0, &node->fields);
    node->model = find_model(resolve, node);
    block.value = without_model_params(resolve, node);
    sim_block_read(reader, &block, sim_node_params + 1, 0, &node->fields);
    if (node->model) {
        const struct sim_param *tables[] = {sim_node_params, sim_place_params, sim_node_extra,
                                            node->model->params, NULL};
        block.value = node->value;
        block.model = node->model->name;
        sim_block_check_names(reader, &block, tables, 0);
    }
    if (node->fields.count_max == 0) {
        node->fields.count_max = MAX(node->fields.count, 1);
        sim_print_field(node->print, "count_max",
                        sim_reader_text(reader, "%" G_GINT64_FORMAT, node->fields.count_max));
    }
    if (node->fields.count > node->fields.count_max) {
        sim_reader_complain(reader, node->value, "%s: count is larger than count_max", node->who);
        node->fields.count_max = node->fields.count;
    }
    uint32_t most = node->model ? node->model->members_max : 0;
    if (most > 0 && node->fields.count_max > most) {
        sim_reader_complain(reader, node->value, "%s: '%s' has at most %u member%s", node->who,
                            node->model->name, most, most == 1 ? "" : "s");
    }
}

/* The machines of all members that `on` names; NULL when it names none. */
static const uint32_t *find_machines(struct sim_resolve *resolve, const struct node *node)
{
    struct sim_reader *reader = &resolve->reader;
    uint32_t count = (uint32_t)node->fields.count_max;
    uint32_t *machines = sim_arena_array(reader->arena, uint32_t, count);
    const struct sim_place *place = sim_places_find(reader, node->fields.on);
    const struct sim_value_field *field = sim_value_field(node->value, "on");
    int line = field && field->line ? field->line : node->value->line;
    if (!place || place->kind != SIM_PLACE_MACHINE || place->is_elsewhere) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        for (guint i = 0; i < reader->places->len; i++) {
            const struct sim_place *other = &g_array_index(reader->places, struct sim_place, i);
            if (other->kind == SIM_PLACE_MACHINE) {
                g_ptr_array_add(names, (void *)(uintptr_t)other->name);
            }
        }
        g_ptr_array_add(names, NULL);
        sim_problems_add(
            reader->problems, node->value->file, line, "%s: on: no machine named '%s'%s", node->who,
            node->fields.on,
            sim_reader_suggest(reader, node->fields.on, (const char *const *)names->pdata));
        return machines;
    }
    for (uint32_t i = 0; i < count; i++) {
        machines[i] = place->index + i % place->count;
    }
    return machines;
}

/* Fields of a machine of one's own make no sense beside `on`. */
static void check_on(struct sim_resolve *resolve, const struct sim_value *value,
                     const struct node *node)
{
    const struct sim_param *tables[] = {sim_place_params, sim_machine_extra, NULL};
    for (size_t t = 0; tables[t]; t++) {
        for (const struct sim_param *param = tables[t]; param->name; param++) {
            const struct sim_value_field *field = sim_value_field(value, param->name);
            if (field) {
                sim_problems_add(resolve->reader.problems, value->file,
                                 field->line ? field->line : value->line,
                                 "%s: %s: belongs to machine \"%s\", on which it lives", node->who,
                                 param->name, node->fields.on);
            }
        }
    }
}

static const uint32_t *place_members(struct sim_resolve *resolve, const struct node *node)
{
    struct sim_reader *reader = &resolve->reader;
    const struct sim_value *value = without_model_params(resolve, node);
    if (node->fields.on) {
        check_on(resolve, value, node);
        return find_machines(resolve, node);
    }
    uint32_t count = (uint32_t)node->fields.count_max;
    struct sim_block block = {.value = value, .who = node->who, .print = node->print};
    uint32_t first = sim_resolve_place(resolve, &block, value->name, count);
    uint32_t *machines = sim_arena_array(reader->arena, uint32_t, count);
    for (uint32_t i = 0; i < count; i++) {
        machines[i] = first + i < resolve->machines->len ? first + i : first;
    }
    return machines;
}

static struct sim_transport transport_of(const struct sim_node_fields *fields)
{
    struct sim_transport transport = {.kind = SIM_TRANSPORT_CONNECTION, .warm = true};
    if (fields->transport.constructor && fields->transport.fields) {
        transport = *(const struct sim_transport *)fields->transport.fields;
        transport.kind = strcmp(fields->transport.constructor->name, "datagram") == 0
                             ? SIM_TRANSPORT_DATAGRAM
                             : SIM_TRANSPORT_CONNECTION;
    }
    return transport;
}

/* First pass: everything but the model's parameters. */
static void declare_node(struct sim_resolve *resolve, struct node *node, sim_node_id *next_id)
{
    struct sim_reader *reader = &resolve->reader;
    const char *trouble = sim_name_trouble(node->value->name);
    if (trouble) {
        sim_reader_complain(reader, node->value, "%s: %s", node->who, trouble);
    }
    read_common(resolve, node);
    if (*next_id + (uint64_t)node->fields.count_max > NODE_COUNT_MAX) {
        sim_reader_complain(reader, node->value, "%s: more than %d nodes in all", node->who,
                            NODE_COUNT_MAX);
        node->fields.count = node->fields.count_max = 1;
    }
    if (node->fields.per_member && node->fields.count_max > MEMBERS_APART_MAX) {
        sim_reader_complain(reader, node->value,
                            "%s: per_member: metrics are kept of each of %d members at most",
                            node->who, MEMBERS_APART_MAX);
    }
    struct sim_group_spec group = {.name = node->value->name,
                                   .model = node->model,
                                   .count = (uint32_t)node->fields.count,
                                   .count_max = (uint32_t)node->fields.count_max,
                                   .first_id = *next_id,
                                   .transport = transport_of(&node->fields),
                                   .per_member = node->fields.per_member};
    group.machines = place_members(resolve, node);
    const struct sim_place *known = sim_places_find(reader, node->value->name);
    if (known && !known->is_elsewhere) {
        sim_reader_complain(reader, node->value, "%s: the name is taken", node->who);
    }
    struct sim_place place = {.kind = SIM_PLACE_GROUP,
                              .name = group.name,
                              .index = resolve->groups->len,
                              .count = group.count_max,
                              .first_id = group.first_id,
                              .model = group.model};
    sim_places_add(reader, &place);
    *next_id += group.count_max;
    g_array_append_val(resolve->groups, group);
}

/* Second pass: all names are known. */
static void read_model_params(struct sim_resolve *resolve, struct node *node, guint index)
{
    struct sim_reader *reader = &resolve->reader;
    const struct sim_model *model = node->model;
    if (!model) {
        return;
    }
    struct sim_block block = {
        .value = node->value, .who = node->who, .model = model->name, .print = node->print};
    void *params = sim_arena_alloc(reader->arena, model->params_size);
    bool is_right = sim_block_read(reader, &block, model->params, 0, params);
    const char *complaint = is_right && model->validate ? model->validate(params) : NULL;
    if (is_right && !complaint && model->validate_members) {
        uint32_t members = g_array_index(resolve->groups, struct sim_group_spec, index).count_max;
        complaint = model->validate_members(params, members);
    }
    if (complaint) {
        sim_reader_complain(reader, node->value, "%s: %s", node->who, complaint);
    }
    g_array_index(resolve->groups, struct sim_group_spec, index).params = params;
}

/* By bisection: ids are given in the order of groups. */
uint32_t sim_resolve_group_of(const struct sim_resolve *resolve, sim_node_id id)
{
    uint32_t low = 0, high = resolve->groups->len;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (g_array_index(resolve->groups, struct sim_group_spec, middle).first_id <= id) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* What concerns several nodes, where the parameters of all are right: others could name anything.
 */
static void check_together(struct sim_resolve *resolve, const GArray *nodes, size_t problem_count)
{
    if (resolve->reader.problems->count > problem_count) {
        return;
    }
    g_autofree const struct sim_value **values = g_new(const struct sim_value *, nodes->len + 1);
    for (guint i = 0; i < nodes->len; i++) {
        values[i] = g_array_index(nodes, struct node, i).value;
    }
    sim_resolve_circles(resolve, values);
    sim_resolve_sizing(resolve, values);
}

void sim_resolve_nodes(struct sim_resolve *resolve)
{
    size_t problem_count = resolve->reader.problems->count;
    g_autoptr(GArray) nodes = g_array_new(FALSE, TRUE, sizeof(struct node));
    sim_node_id next_id = 1;
    for (guint i = 0; i < resolve->blocks->len; i++) {
        const struct sim_value *block = resolve->blocks->pdata[i];
        if (!sim_value_is_call(block, "node")) {
            continue;
        }
        struct node node = {.value = sim_resolve_like(resolve, block),
                            .who = sim_reader_text(&resolve->reader, "node \"%s\"", block->name),
                            .print = g_string_new(NULL)};
        declare_node(resolve, &node, &next_id);
        g_array_append_val(nodes, node);
    }
    resolve->scenario->world.node_count = next_id - 1;
    for (guint i = 0; i < nodes->len; i++) {
        struct node *node = &g_array_index(nodes, struct node, i);
        read_model_params(resolve, node, i);
        sim_print_block(resolve->print, node->who, node->print);
        g_string_free(node->print, TRUE);
    }
    check_together(resolve, nodes, problem_count);
    if (nodes->len == 0 && !resolve->scenario->variant_count && !resolve->reader.misses_block) {
        sim_reader_complain(&resolve->reader, resolve->root, "scenario: has no node");
    }
}
