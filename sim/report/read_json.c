/* Getters of JSON. See read_json.h. */
#include "report/read_json.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

JsonNode *sim_json_member(JsonObject *object, const char *name)
{
    return object ? json_object_get_member(object, name) : NULL;
}

bool sim_json_holds(JsonNode *node, GType type)
{
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type;
}

const char *sim_json_get_text(struct sim_json_reader *reader, JsonObject *object, const char *name)
{
    JsonNode *node = sim_json_member(object, name);
    if (!sim_json_holds(node, G_TYPE_STRING)) {
        return NULL;
    }
    char *text = sim_arena_strdup(reader->arena, json_node_get_string(node));
    sim_text_tame(text, true); /* files of results may come from anybody */
    return text;
}

const char *sim_json_get_text_or(struct sim_json_reader *reader, JsonObject *object,
                                 const char *name, const char *fallback)
{
    const char *text = sim_json_get_text(reader, object, name);
    return text ? text : fallback;
}

double sim_json_node_number(JsonNode *node)
{
    if (sim_json_holds(node, G_TYPE_INT64)) {
        return (double)json_node_get_int(node);
    }
    if (sim_json_holds(node, G_TYPE_DOUBLE)) {
        return json_node_get_double(node);
    }
    if (sim_json_holds(node, G_TYPE_STRING)) {
        const char *text = json_node_get_string(node);
        return strcmp(text, "inf") == 0 ? INFINITY : strcmp(text, "-inf") == 0 ? -INFINITY : NAN;
    }
    return NAN;
}

double sim_json_get_number(JsonObject *object, const char *name)
{
    return sim_json_node_number(sim_json_member(object, name));
}

bool sim_json_get_boolean(JsonObject *object, const char *name)
{
    JsonNode *node = sim_json_member(object, name);
    return sim_json_holds(node, G_TYPE_BOOLEAN) && json_node_get_boolean(node);
}

uint32_t sim_json_get_index(JsonObject *object, const char *name, double most)
{
    double number = sim_json_get_number(object, name);
    return number >= 0.0 && number <= most ? (uint32_t)number : 0;
}

uint64_t sim_json_get_u64(JsonObject *object, const char *name, unsigned base)
{
    JsonNode *node = sim_json_member(object, name);
    return sim_json_holds(node, G_TYPE_STRING)
               ? g_ascii_strtoull(json_node_get_string(node), NULL, base)
               : 0;
}

sim_time sim_json_get_time(JsonObject *object, const char *name)
{
    return sim_time_from_seconds(sim_json_get_number(object, name));
}

int sim_json_get_choice(JsonObject *object, const char *name, const char *const *names, int count,
                        int fallback)
{
    JsonNode *node = sim_json_member(object, name);
    for (int i = 0; sim_json_holds(node, G_TYPE_STRING) && i < count; i++) {
        if (strcmp(json_node_get_string(node), names[i]) == 0) {
            return i;
        }
    }
    return fallback;
}

uint32_t sim_json_get_array(JsonObject *object, const char *name, JsonArray **ret_array)
{
    JsonNode *node = sim_json_member(object, name);
    *ret_array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    return *ret_array ? json_array_get_length(*ret_array) : 0;
}

JsonObject *sim_json_get_element(JsonArray *array, uint32_t index)
{
    JsonNode *node = json_array_get_element(array, index);
    return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

JsonObject *sim_json_get_object(JsonObject *object, const char *name)
{
    JsonNode *node = sim_json_member(object, name);
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

void sim_json_get_unit(JsonObject *object, enum sim_metric_unit *ret_unit, bool *ret_is_rate)
{
    static const struct {
        const char *name;
        enum sim_metric_unit unit;
        bool is_rate;
    } units[] = {
        {"count", SIM_METRIC_EVENTS, false},         {"per_second", SIM_METRIC_EVENTS, true},
        {"items", SIM_METRIC_ITEMS, false},          {"ratio", SIM_METRIC_RATIO, false},
        {"seconds", SIM_METRIC_SECONDS, false},      {"bytes", SIM_METRIC_BYTES, false},
        {"bytes_per_second", SIM_METRIC_BYTES, true}};
    JsonNode *node = sim_json_member(object, "unit");
    for (size_t i = 0; sim_json_holds(node, G_TYPE_STRING) && i < G_N_ELEMENTS(units); i++) {
        if (strcmp(json_node_get_string(node), units[i].name) == 0) {
            *ret_unit = units[i].unit;
            *ret_is_rate = units[i].is_rate;
        }
    }
}

struct sim_estimate sim_json_get_estimate(JsonObject *object)
{
    struct sim_estimate estimate = {
        .value = sim_json_get_number(object, "value"),
        .low = sim_json_get_number(object, "low"),
        .high = sim_json_get_number(object, "high"),
        .confidence = sim_json_get_number(object, "confidence"),
        .count = sim_json_get_index(object, "count", 1e9),
        .is_exact = sim_json_get_boolean(object, "exact"),
    };
    estimate.has_interval = !isnan(estimate.low) && !isnan(estimate.high);
    return estimate;
}

uint32_t sim_json_find_tier(const struct sim_json_reader *reader, JsonObject *object,
                            const char *name)
{
    JsonNode *node = sim_json_member(object, name);
    const struct sim_section *section = reader->section;
    for (uint32_t i = 0; sim_json_holds(node, G_TYPE_STRING) && i < section->tier_count; i++) {
        if (strcmp(section->tiers[i].name, json_node_get_string(node)) == 0) {
            return i;
        }
    }
    return SIM_NONE;
}
