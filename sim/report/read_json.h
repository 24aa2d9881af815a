/* Getters of members of JSON objects, as summary.json holds them: what is missing, or of another
 * kind, is empty. Inside of the report layer. */
#ifndef BRINK_REPORT_READ_JSON_H
#define BRINK_REPORT_READ_JSON_H

#include <json-glib/json-glib.h>

#include "report/report.h"

struct sim_json_reader {
    struct sim_arena *arena;
    struct sim_section *section;
};

/* NULL when there is none, or no object. */
JsonNode *sim_json_member(JsonObject *object, const char *name);
bool sim_json_holds(JsonNode *node, GType type);
double sim_json_node_number(JsonNode *node);
const char *sim_json_get_text(struct sim_json_reader *reader, JsonObject *object, const char *name);
const char *sim_json_get_text_or(struct sim_json_reader *reader, JsonObject *object,
                                 const char *name, const char *fallback);
double sim_json_get_number(JsonObject *object, const char *name);
bool sim_json_get_boolean(JsonObject *object, const char *name);
/* A whole number from 0 to `most`, 0 for anything else. */
uint32_t sim_json_get_index(JsonObject *object, const char *name, double most);
uint64_t sim_json_get_u64(JsonObject *object, const char *name, unsigned base);
sim_time sim_json_get_time(JsonObject *object, const char *name);
/* The index of the text in a table of names; `fallback` when it is none of them. */
int sim_json_get_choice(JsonObject *object, const char *name, const char *const *names, int count,
                        int fallback);
uint32_t sim_json_get_array(JsonObject *object, const char *name, JsonArray **ret_array);
/* NULL when the element is no object: every getter takes that for an empty one. */
JsonObject *sim_json_get_element(JsonArray *array, uint32_t index);
JsonObject *sim_json_get_object(JsonObject *object, const char *name);
void sim_json_get_unit(JsonObject *object, enum sim_metric_unit *ret_unit, bool *ret_is_rate);
struct sim_estimate sim_json_get_estimate(JsonObject *object);
uint32_t sim_json_find_tier(const struct sim_json_reader *reader, JsonObject *object,
                            const char *name);

#endif
