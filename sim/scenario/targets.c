/* Targets: texts such as "db", "replica[1..3] spare" and their nodes.
 *
 *     target = member { blank member }     member = name [ "[" number [ ".." number ] "]" ]
 *
 * Numbers count from 1. In faults a machine or a zone stands for all nodes that are on it. A table
 * { posts = percent(50), ads = percent(30) } states shares, which the members of each name divide.
 */
#include "scenario/reader.h"

#include <string.h>

#define TARGET_IDS_MAX 20000000u /* in all targets of a scenario */
#define TARGET_TEXT_MAX 4000
#define NAME_BYTES_MAX 60

const char *sim_name_trouble(const char *name)
{
    if (!g_ascii_isalpha(name[0]) && name[0] != '_') {
        return "a name begins with a letter";
    }
    for (const char *c = name; *c; c++) {
        if (!g_ascii_isalnum(*c) && *c != '_' && *c != '-') {
            return "a name is made of letters, digits, '-' and '_'";
        }
    }
    return strlen(name) > NAME_BYTES_MAX ? "the name is too long" : NULL;
}

void sim_places_add(struct sim_reader *reader, const struct sim_place *place)
{
    g_array_append_val(reader->places, *place);
    g_hash_table_insert(reader->by_name, (void *)(uintptr_t)place->name,
                        GUINT_TO_POINTER(reader->places->len));
}

const struct sim_place *sim_places_find(const struct sim_reader *reader, const char *name)
{
    guint index = GPOINTER_TO_UINT(g_hash_table_lookup(reader->by_name, name));
    return index == 0 ? NULL : &g_array_index(reader->places, struct sim_place, index - 1);
}

struct member {
    char *name;
    bool has_range;
    uint64_t first, last; /* from 1 */
};

/* Reads one member at *at and moves past it. NULL, or what is wrong with it. */
static const char *parse_member(const char **at, struct member *member)
{
    const char *start = *at;
    size_t length = strcspn(start, " \t\n[");
    member->name = g_strndup(start, length);
    member->has_range = start[length] == '[';
    *at = start + length;
    if (!member->has_range) {
        return NULL;
    }
    char *end = NULL;
    const char *number = *at + 1;
    member->first = g_ascii_isdigit(*number) ? g_ascii_strtoull(number, &end, 10) : 0;
    if (!end) {
        return "a member is written as in replica[2] or replica[1..3]";
    }
    member->last = member->first;
    if (strncmp(end, "..", 2) == 0 && g_ascii_isdigit(end[2])) {
        member->last = g_ascii_strtoull(end + 2, &end, 10);
    }
    if (*end != ']' || (end[1] != '\0' && !strchr(" \t\n", end[1]))) {
        return "a member is written as in replica[2] or replica[1..3]";
    }
    *at = end + 1;
    if (member->first == 0) {
        return "members count from 1";
    }
    return member->last < member->first ? "a range of members rises" : NULL;
}

static bool is_allowed(enum sim_place_kind kind, bool takes_places)
{
    return kind == SIM_PLACE_GROUP || takes_places;
}

static void complain_unknown(struct sim_reader *reader, const char *where,
                             const struct sim_value *value, const char *name, bool takes_places)
{
    if (reader->misses_block || sim_problems_is_full(reader->problems)) {
        return;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < reader->places->len; i++) {
        const struct sim_place *place = &g_array_index(reader->places, struct sim_place, i);
        if (is_allowed(place->kind, takes_places)) {
            g_ptr_array_add(names, (void *)(uintptr_t)place->name);
        }
    }
    g_ptr_array_add(names, NULL);
    sim_reader_complain(reader, value, "%s: no node named '%s'%s", where, name,
                        sim_reader_suggest(reader, name, (const char *const *)names->pdata));
}

static void add_id(GArray *ids, sim_node_id id)
{
    g_array_append_val(ids, id);
}

/* All nodes on machines [first, last] (from 0). */
static void add_machines(const struct sim_reader *reader, uint32_t first, uint32_t last,
                         GArray *ids)
{
    const struct sim_world_spec *world = reader->world;
    for (uint32_t g = 0; g < world->group_count; g++) {
        const struct sim_group_spec *group = &world->groups[g];
        for (uint32_t i = 0; i < group->count_max; i++) {
            if (group->machines[i] >= first && group->machines[i] <= last) {
                add_id(ids, group->first_id + i);
            }
        }
    }
}

static void add_zone(const struct sim_reader *reader, uint32_t zone, GArray *ids)
{
    const struct sim_world_spec *world = reader->world;
    for (uint32_t g = 0; g < world->group_count; g++) {
        const struct sim_group_spec *group = &world->groups[g];
        for (uint32_t i = 0; i < group->count_max; i++) {
            if (world->machines[group->machines[i]].zone == zone) {
                add_id(ids, group->first_id + i);
            }
        }
    }
}

/* Adds the nodes of one member. False after a complaint, or when a variant must provide it. */
static bool add_member(struct sim_reader *reader, const char *where, const struct sim_value *value,
                       const struct member *member, bool takes_places, GArray *ids)
{
    const struct sim_place *place = sim_places_find(reader, member->name);
    if (!place || !is_allowed(place->kind, takes_places)) {
        if (place) {
            sim_reader_complain(reader, value, "%s: '%s' is a %s, and a node is due", where,
                                member->name, place->kind == SIM_PLACE_ZONE ? "zone" : "machine");
        } else {
            complain_unknown(reader, where, value, member->name, takes_places);
        }
        return false;
    }
    if (place->is_elsewhere) {
        reader->misses_variant = true;
        return false;
    }
    bool is_source = place->model != NULL && (place->model->traits & SIM_MODEL_SOURCE) != 0;
    if (is_source && !takes_places) {
        sim_reader_complain(reader, value, "%s: '%s' asks others and serves nobody", where,
                            member->name);
        return false;
    }
    uint64_t first = member->has_range ? member->first - 1 : 0;
    uint64_t last = member->has_range ? member->last - 1 : place->count - 1;
    if (member->has_range && (place->kind == SIM_PLACE_ZONE || last >= place->count)) {
        sim_reader_complain(reader, value, "%s: '%s' has %u member%s, not %" G_GUINT64_FORMAT,
                            where, member->name, place->count, place->count == 1 ? "" : "s",
                            last + 1);
        return false;
    }
    switch (place->kind) {
    case SIM_PLACE_GROUP:
        for (uint64_t i = first; i <= last; i++) {
            add_id(ids, place->first_id + (sim_node_id)i);
        }
        break;
    case SIM_PLACE_MACHINE:
        add_machines(reader, place->index + (uint32_t)first, place->index + (uint32_t)last, ids);
        break;
    case SIM_PLACE_ZONE:
        add_zone(reader, place->index, ids);
        break;
    }
    return true;
}

/* The members of one text. False after a complaint. */
static bool add_text(struct sim_reader *reader, const char *where, const struct sim_value *value,
                     bool takes_places, GArray *ids, uint32_t *member_count)
{
    const char *at = value->text;
    bool is_right = true;
    if (reader->target_ids > TARGET_IDS_MAX) { /* has been said, and costs time each time */
        return false;
    }
    if (strlen(at) > TARGET_TEXT_MAX) {
        sim_reader_complain(reader, value, "%s: is too long", where);
        return false;
    }
    while (*(at += strspn(at, " \t\n")) != '\0') {
        struct member member = {0};
        const char *trouble = parse_member(&at, &member);
        ++*member_count;
        if (trouble) {
            sim_reader_complain(reader, value, "%s: \"%s\": %s", where, value->text, trouble);
            g_free(member.name);
            return false;
        }
        is_right = add_member(reader, where, value, &member, takes_places, ids) && is_right;
        g_free(member.name);
        if (reader->target_ids + ids->len > TARGET_IDS_MAX) {
            reader->target_ids = TARGET_IDS_MAX + 1;
            sim_reader_complain(reader, value, "%s: the scenario's targets name too many nodes",
                                where);
            return false;
        }
    }
    return is_right;
}

/* Ids without those that came before, in their order. A single member has none. */
static void drop_duplicates(GArray *ids, uint32_t member_count)
{
    if (member_count < 2) {
        return;
    }
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    guint kept = 0;
    for (guint i = 0; i < ids->len; i++) {
        sim_node_id id = g_array_index(ids, sim_node_id, i);
        if (g_hash_table_add(seen, GUINT_TO_POINTER(id))) {
            g_array_index(ids, sim_node_id, kept++) = id;
        }
    }
    g_array_set_size(ids, kept);
}

/* Copies the ids into the arena, and counts them. */
static void keep_ids(struct sim_reader *reader, const GArray *ids, struct sim_target *target)
{
    reader->target_ids += ids->len;
    sim_node_id *kept = sim_arena_array(reader->arena, sim_node_id, ids->len);
    if (ids->len > 0) {
        memcpy(kept, ids->data, ids->len * sizeof(*kept));
    }
    target->count = ids->len;
    target->ids = kept;
}

/* { posts = percent(50), ads = percent(30) }: each name's share is divided among its members. */
static bool read_shares(struct sim_reader *reader, const char *where, const struct sim_value *value,
                        struct sim_target *target, const char **ret_text)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(sim_node_id));
    g_autoptr(GArray) shares = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GString) text = g_string_new(NULL);
    double sum = 0;
    uint32_t member_count = 0;
    bool is_right = true;
    for (uint32_t i = 0; i < value->field_count; i++) {
        const struct sim_value_field *field = &value->fields[i];
        struct sim_value name = {
            .kind = SIM_VALUE_TEXT, .text = field->name, .file = value->file, .line = field->line};
        double share = 0;
        guint before = ids->len;
        if (!sim_measure_read(field->value, 0, 0, &share) || !(share >= 0 && share <= 1)) {
            sim_reader_complain(reader, &name,
                                "%s: %s: expected a share such as percent(50), got %s", where,
                                field->name, sim_value_describe(reader->arena, field->value));
            is_right = false;
        }
        is_right = add_text(reader, where, &name, false, ids, &member_count) && is_right;
        for (guint j = before; j < ids->len; j++) {
            double its_share = share / (ids->len - before);
            g_array_append_val(shares, its_share);
        }
        sum += share;
        struct sim_quantity quantity = {.value = share, .is_percent = true};
        g_string_append_printf(text, "%s[%s] = %s", i > 0 ? ", " : "",
                               sim_text_quote(reader->arena, field->name),
                               sim_quantity_lua(reader->arena, &quantity));
    }
    if (is_right && sum > 1 + 1e-9) {
        sim_reader_complain(reader, value, "%s: the shares add up to more than 1", where);
        is_right = false;
    }
    guint count = ids->len;
    drop_duplicates(ids, member_count);
    if (is_right && ids->len < count) {
        sim_reader_complain(reader, value, "%s: a node has two shares", where);
        is_right = false;
    }
    if (!is_right) {
        return false;
    }
    keep_ids(reader, ids, target);
    double *kept = sim_arena_array(reader->arena, double, count);
    memcpy(kept, shares->data, count * sizeof(*kept));
    target->shares = kept;
    target->text = sim_arena_strdup(reader->arena, text->str);
    *ret_text = sim_reader_text(reader, "{ %s }", text->str);
    return true;
}

bool sim_target_read(struct sim_reader *reader, const char *where, const struct sim_value *value,
                     bool takes_places, struct sim_target *ret_target, const char **ret_text)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(sim_node_id));
    g_autoptr(GString) text = g_string_new(NULL);
    struct sim_target target = {0};
    const struct sim_value *const *items = &value;
    uint32_t count = 1;
    uint32_t member_count = 0;
    bool is_right = true;
    if (value->kind == SIM_VALUE_TABLE && value->field_count > 0 && value->item_count == 0 &&
        !takes_places) {
        return read_shares(reader, where, value, ret_target, ret_text);
    }
    if (value->kind == SIM_VALUE_TABLE && value->field_count == 0 && value->item_count > 0) {
        items = value->items;
        count = value->item_count;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (items[i]->kind == SIM_VALUE_BAD) {
            return false;
        }
        if (items[i]->kind != SIM_VALUE_TEXT) {
            sim_reader_complain(reader, value, "%s: expected the name of a node, got %s", where,
                                sim_value_describe(reader->arena, items[i]));
            return false;
        }
        struct sim_value item = *items[i];
        item.line = item.line ? item.line : value->line;
        is_right = add_text(reader, where, &item, takes_places, ids, &member_count) && is_right;
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", items[i]->text);
    }
    bool is_empty = text->str[strspn(text->str, " \t\n")] == '\0';
    if (is_empty) {
        sim_reader_complain(reader, value, "%s: expected the name of a node, got text \"\"", where);
    }
    if (!is_right || is_empty) {
        return false;
    }
    drop_duplicates(ids, member_count);
    keep_ids(reader, ids, &target);
    target.text = sim_arena_strdup(reader->arena, text->str);
    *ret_target = target;
    *ret_text = sim_text_quote(reader->arena, text->str);
    return true;
}

static const struct sim_place *group_of(const struct sim_reader *reader, sim_node_id id)
{
    for (guint i = 0; i < reader->places->len; i++) {
        const struct sim_place *place = &g_array_index(reader->places, struct sim_place, i);
        if (place->kind == SIM_PLACE_GROUP && !place->is_elsewhere && id >= place->first_id &&
            id - place->first_id < place->count) {
            return place;
        }
    }
    return NULL;
}

bool sim_target_check_models(struct sim_reader *reader, const char *where,
                             const struct sim_param *param, const struct sim_value *value,
                             const struct sim_target *target)
{
    const struct sim_place *last = NULL;
    for (uint32_t i = 0; param->choices && i < target->count; i++) {
        if (last && target->ids[i] - last->first_id < last->count) {
            continue;
        }
        const struct sim_place *place = last = group_of(reader, target->ids[i]);
        if (place && place->model && !g_strv_contains(param->choices, place->model->name)) {
            g_autofree char *due = g_strjoinv(" or ", (char **)(uintptr_t)param->choices);
            sim_reader_complain(reader, value, "%s: expected a %s, and '%s' is a %s", where, due,
                                place->name, place->model->name);
            return false;
        }
    }
    return true;
}

bool sim_member_read(struct sim_reader *reader, const struct sim_value *at, const char *where,
                     const char *text, uint32_t *ret_group, uint32_t *ret_member)
{
    struct member member = {0};
    const char *end = text;
    const char *trouble = parse_member(&end, &member);
    g_autofree char *name = member.name;
    if (trouble || *end != '\0' || member.first != member.last) {
        sim_reader_complain(reader, at,
                            "%s: \"%s\": expected a node or one member of it, as in web[2]", where,
                            text);
        return false;
    }
    const struct sim_place *place = sim_places_find(reader, name);
    if (!place || place->kind != SIM_PLACE_GROUP) {
        complain_unknown(reader, where, at, name, false);
        return false;
    }
    if (place->is_elsewhere) {
        reader->misses_variant = true;
        return false;
    }
    if (member.has_range && member.first > place->count) {
        sim_reader_complain(reader, at, "%s: '%s' has %u member%s, not %" G_GUINT64_FORMAT, where,
                            name, place->count, place->count == 1 ? "" : "s", member.first);
        return false;
    }
    *ret_group = place->index;
    *ret_member = member.has_range ? (uint32_t)member.first - 1 : SIM_NONE;
    return true;
}
