/* Parameters of a model from one line of text; see parameters.h. */
#include "parameters.h"

#include <glib.h>
#include <string.h>

/* ---- text to tree ---- */

enum value_kind { VALUE_NUMBER, VALUE_TEXT, VALUE_WORD, VALUE_LIST };

struct value;
struct item {
    const char *key; /* NULL = by position */
    struct value *value;
};

/* A WORD is a name with or without arguments; a LIST is a table. */
struct value {
    enum value_kind kind;
    double number;
    const char *text;
    uint32_t count;
    struct item *items;
};

#define IDS_MAX 4096

struct cursor {
    struct sim_arena *arena;
    const char *all;
    const char *at;
};

static struct value *parse_value(struct cursor *cursor);

static void skip_blanks(struct cursor *cursor)
{
    cursor->at += strspn(cursor->at, " \n\t");
}

static bool take(struct cursor *cursor, char c)
{
    skip_blanks(cursor);
    if (*cursor->at != c) {
        return false;
    }
    cursor->at++;
    return true;
}

static const char *copy(struct cursor *cursor, const char *from, size_t length)
{
    char *text = sim_arena_alloc(cursor->arena, length + 1);
    memcpy(text, from, length);
    return text;
}

static const char *take_word(struct cursor *cursor)
{
    skip_blanks(cursor);
    size_t length = strspn(cursor->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
                                       "0123456789");
    if (length == 0 || g_ascii_isdigit(*cursor->at)) {
        g_error("parameters: a name is due at \"%s\" in \"%s\"", cursor->at, cursor->all);
    }
    const char *word = copy(cursor, cursor->at, length);
    cursor->at += length;
    return word;
}

/* Whether "name =" follows. */
static bool is_field(struct cursor *cursor)
{
    skip_blanks(cursor);
    size_t length = strspn(cursor->at, "abcdefghijklmnopqrstuvwxyz_0123456789");
    const char *after = cursor->at + length;
    return length > 0 && *(after + strspn(after, " ")) == '=';
}

/* Items up to `close`, which is taken. */
static void parse_items(struct cursor *cursor, struct value *value, char close)
{
    uint32_t room = 0;
    while (!take(cursor, close)) {
        if (value->count == room) {
            struct item *items = sim_arena_array(cursor->arena, struct item, 2 * room + 8);
            for (uint32_t i = 0; i < room; i++) {
                items[i] = value->items[i];
            }
            value->items = items;
            room = 2 * room + 8;
        }
        struct item *item = &value->items[value->count++];
        if (is_field(cursor)) {
            item->key = take_word(cursor);
            take(cursor, '=');
        }
        item->value = parse_value(cursor);
        take(cursor, ',');
    }
}

static struct value *parse_value(struct cursor *cursor)
{
    struct value *value = sim_arena_new(cursor->arena, struct value);
    skip_blanks(cursor);
    if (*cursor->at == '"' || *cursor->at == '\'') {
        char quote = *cursor->at++;
        const char *end = strchr(cursor->at, quote);
        g_assert_nonnull(end);
        value->kind = VALUE_TEXT;
        value->text = copy(cursor, cursor->at, (size_t)(end - cursor->at));
        cursor->at = end + 1;
    } else if (*cursor->at == '{') {
        cursor->at++;
        value->kind = VALUE_LIST;
        parse_items(cursor, value, '}');
    } else if (g_ascii_isalpha(*cursor->at)) {
        value->kind = VALUE_WORD;
        value->text = take_word(cursor);
        if (take(cursor, '(')) {
            parse_items(cursor, value, ')');
        } else if (take(cursor, '{')) {
            parse_items(cursor, value, '}');
        }
    } else {
        char *end;
        value->kind = VALUE_NUMBER;
        value->number = g_ascii_strtod(cursor->at, &end);
        if (end == cursor->at) {
            g_error("parameters: a value is due at \"%s\" in \"%s\"", cursor->at, cursor->all);
        }
        cursor->at = end;
    }
    return value;
}

/* ---- measures and laws ---- */

static bool is_word(const struct value *value, const char *word)
{
    return value->kind == VALUE_WORD && strcmp(value->text, word) == 0;
}

/* A number, or a unit word around one. False when it is something else. */
static bool measure(const struct value *value, double *ret_number)
{
    static const struct {
        const char *name;
        double size;
        double parts;
    } units[] = {
        {"ns", 1, 1e9},      {"us", 1, 1e6},     {"ms", 1, 1e3},     {"s", 1, 1},
        {"minutes", 60, 1},  {"hours", 3600, 1}, {"days", 86400, 1}, {"rate", 1, 1},
        {"percent", 1, 100}, {"bytes", 1, 1},    {"KiB", 1024, 1},   {"MiB", 1048576, 1},
        {"MB", 1e6, 1},
    };
    if (value->kind == VALUE_NUMBER) {
        *ret_number = value->number;
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (is_word(value, units[i].name) && value->count == 1) {
            g_assert_true(value->items[0].value->kind == VALUE_NUMBER);
            *ret_number = value->items[0].value->number * units[i].size / units[i].parts;
            return true;
        }
    }
    return false;
}

static double measure_of(const struct value *value)
{
    double number;
    if (!measure(value, &number)) {
        g_error("parameters: no number: %s", value->text != NULL ? value->text : "a table");
    }
    return number;
}

/* Argument `index` of a law, or the one called `key`. */
static double argument(const struct value *value, uint32_t index, const char *key)
{
    for (uint32_t i = 0; i < value->count; i++) {
        const char *name = value->items[i].key;
        if (name == NULL ? i == index : strcmp(name, key) == 0) {
            return measure_of(value->items[i].value);
        }
    }
    g_error("parameters: %s lacks %s", value->text, key);
}

static const struct sim_dist *law_of(struct sim_arena *arena, const struct value *value)
{
    const char *error = NULL;
    const struct sim_dist *law = NULL;
    double number;
    if (measure(value, &number)) {
        law = sim_dist_constant(arena, number);
    } else if (is_word(value, "constant")) {
        law = sim_dist_constant(arena, argument(value, 0, "value"));
    } else if (is_word(value, "exponential")) {
        law = sim_dist_exponential(arena, argument(value, 0, "mean"), &error);
    } else if (is_word(value, "uniform")) {
        law =
            sim_dist_uniform(arena, argument(value, 0, "low"), argument(value, 1, "high"), &error);
    } else if (is_word(value, "erlang")) {
        law = sim_dist_erlang(arena, (int)argument(value, 0, "stages"), argument(value, 1, "mean"),
                              &error);
    } else if (is_word(value, "gamma")) {
        law =
            sim_dist_gamma(arena, argument(value, 0, "shape"), argument(value, 1, "mean"), &error);
    } else if (is_word(value, "lognormal")) {
        law = sim_dist_lognormal_median(arena, argument(value, 0, "median"), 0.99,
                                        argument(value, 1, "p99"), &error);
    }
    if (law == NULL) {
        g_error("parameters: no law: %s %s", value->text, error != NULL ? error : "");
    }
    return law;
}

/* ---- tree to struct ---- */

struct reading {
    struct sim_arena *arena;
    const char *who;
    const struct parameter_names *names;
};

static void read_table(const struct reading *reading, const struct sim_param *params,
                       const struct value *table, int positional, void *out);

static uint16_t operation_of(const char *name)
{
    for (int i = 0; i < SIM_OP_COUNT; i++) {
        if (strcmp(sim_operation_names[i], name) == 0) {
            return (uint16_t)i;
        }
    }
    g_error("parameters: no operation: %s", name);
}

static void read_laws(const struct reading *reading, const struct value *value,
                      struct sim_operation_laws *laws)
{
    if (value->kind == VALUE_LIST) {
        for (uint32_t i = 0; i < value->count; i++) {
            laws->law[operation_of(value->items[i].key)] =
                law_of(reading->arena, value->items[i].value);
        }
        return;
    }
    for (int i = 0; i < SIM_OP_COUNT; i++) {
        laws->law[i] = law_of(reading->arena, value);
    }
}

static void read_mix(const struct value *value, struct sim_mix *mix)
{
    double sum = 0;
    for (uint32_t i = 0; i < value->count; i++) {
        mix->operation[i] = operation_of(value->items[i].key);
        sum += measure_of(value->items[i].value);
        mix->cumulative[i] = sum;
    }
    mix->count = value->count;
    for (uint32_t i = 0; i < value->count; i++) {
        mix->cumulative[i] /= sum;
    }
}

static struct sim_shape read_shape(const struct reading *reading, const struct sim_family *family,
                                   const struct value *value)
{
    for (int i = 0; family->constructors[i] != NULL; i++) {
        const struct sim_constructor *constructor = family->constructors[i];
        if (is_word(value, constructor->name)) {
            void *fields = sim_arena_alloc(reading->arena, constructor->size);
            read_table(reading, constructor->params, value, constructor->positional, fields);
            const char *wrong =
                constructor->validate != NULL ? constructor->validate(fields) : NULL;
            if (wrong != NULL) {
                g_error("parameters: %s: %s", constructor->name, wrong);
            }
            return (struct sim_shape){constructor, fields};
        }
    }
    if (family->bare != NULL && (value->kind == VALUE_TEXT || value->kind == VALUE_LIST)) {
        struct item item = {.value = (struct value *)(uintptr_t)value};
        struct value call = {
            .kind = VALUE_WORD, .text = family->bare->name, .items = &item, .count = 1};
        return read_shape(reading, family, &call);
    }
    g_error("parameters: no such %s: %s", family->name, value->text);
}

static struct sim_shapes read_shapes(const struct reading *reading, const struct sim_family *family,
                                     const struct value *value)
{
    struct sim_shape *shapes = sim_arena_array(reading->arena, struct sim_shape, value->count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < value->count; i++) {
        if (value->items[i].key == NULL) {
            shapes[count++] = read_shape(reading, family, value->items[i].value);
        }
    }
    return (struct sim_shapes){count, shapes};
}

static int32_t choice_of(const struct sim_param *param, const struct value *value)
{
    for (int32_t i = 0; param->choices[i] != NULL; i++) {
        if (strcmp(param->choices[i], value->text) == 0) {
            return i;
        }
    }
    g_error("parameters: %s: no choice: %s", param->name, value->text);
}

/* { posts = percent(50), ads = percent(30) }: members of a group divide its share. */
static struct sim_target read_shares(const struct reading *reading, const struct value *value)
{
    sim_node_id *ids = sim_arena_array(reading->arena, sim_node_id, IDS_MAX);
    double *shares = sim_arena_array(reading->arena, double, IDS_MAX);
    uint32_t count = 0;
    for (uint32_t i = 0; i < value->count; i++) {
        struct sim_target part =
            parameters_target(reading->arena, value->items[i].key, reading->names);
        for (uint32_t m = 0; m < part.count; m++, count++) {
            g_assert_cmpuint(count, <, IDS_MAX);
            ids[count] = part.ids[m];
            shares[count] = measure_of(value->items[i].value) / part.count;
        }
    }
    return (struct sim_target){.count = count, .ids = ids, .shares = shares, .text = "shares"};
}

static void read_param(const struct reading *reading, const struct sim_param *param,
                       const struct value *value, void *field)
{
    struct sim_arena *arena = reading->arena;
    switch (param->type) {
    case SIM_PARAM_BOOLEAN:
        *(bool *)field = is_word(value, "true");
        break;
    case SIM_PARAM_INTEGER:
    case SIM_PARAM_BYTES:
        *(int64_t *)field = (int64_t)measure_of(value);
        break;
    case SIM_PARAM_NUMBER:
    case SIM_PARAM_RATIO:
    case SIM_PARAM_RATE:
    case SIM_PARAM_BANDWIDTH:
        *(double *)field = measure_of(value);
        break;
    case SIM_PARAM_DURATION:
    case SIM_PARAM_MOMENT:
        *(sim_time *)field =
            is_word(value, "none") ? SIM_NEVER : sim_time_from_seconds(measure_of(value));
        break;
    case SIM_PARAM_TEXT:
        *(const char **)field = value->text;
        break;
    case SIM_PARAM_CHOICE:
        *(int32_t *)field = choice_of(param, value);
        break;
    case SIM_PARAM_DURATION_LAW:
    case SIM_PARAM_BYTES_LAW:
        *(const struct sim_dist **)field = law_of(arena, value);
        break;
    case SIM_PARAM_DURATION_LAWS:
        read_laws(reading, value, field);
        break;
    case SIM_PARAM_MIX:
        read_mix(value, field);
        break;
    case SIM_PARAM_TARGET:
        *(struct sim_target *)field = value->kind == VALUE_LIST
                                          ? read_shares(reading, value)
                                          : parameters_target(arena, value->text, reading->names);
        break;
    case SIM_PARAM_SHAPE:
        if (!is_word(value, "none")) {
            *(struct sim_shape *)field = read_shape(reading, param->family, value);
        }
        break;
    case SIM_PARAM_SHAPES:
        *(struct sim_shapes *)field = read_shapes(reading, param->family, value);
        break;
    case SIM_PARAM_TRACE:
        g_assert_nonnull(reading->names);
        *(const struct sim_trace **)field =
            reading->names->find_trace(value->text, reading->names->data);
        break;
    }
}

static const struct value *given(const struct sim_param *param, int index,
                                 const struct value *table, int positional)
{
    int position = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        const char *key = table->items[i].key;
        if (key != NULL ? strcmp(key, param->name) == 0
                        : position++ == index && index < positional) {
            return table->items[i].value;
        }
    }
    return param->type == SIM_PARAM_SHAPES && index == 0 ? table : NULL; /* all without a name */
}

static void check_names(const struct reading *reading, const struct sim_param *params,
                        const struct value *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        bool is_known = table->items[i].key == NULL;
        for (const struct sim_param *param = params; param->name != NULL && !is_known; param++) {
            is_known = strcmp(param->name, table->items[i].key) == 0;
        }
        if (!is_known) {
            g_error("parameters: %s has no '%s'", reading->who, table->items[i].key);
        }
    }
}

static void read_table(const struct reading *reading, const struct sim_param *params,
                       const struct value *table, int positional, void *out)
{
    check_names(reading, params, table);
    for (int i = 0; params[i].name != NULL; i++) {
        const struct sim_param *param = &params[i];
        const struct value *value = given(param, i, table, positional);
        if (value == NULL) {
            if (param->fallback == NULL) {
                g_error("parameters: %s needs %s", reading->who, param->name);
            }
            struct cursor cursor = {reading->arena, param->fallback, param->fallback};
            value = parse_value(&cursor);
        }
        if (!is_word(value, "nil")) {
            read_param(reading, param, value, (unsigned char *)out + param->offset);
        }
    }
}

void parameters_read(struct sim_arena *arena, const char *who, const struct sim_param *params,
                     const char *text, const struct parameter_names *names, void *out)
{
    struct reading reading = {arena, who, names};
    struct value table = {.kind = VALUE_LIST};
    const char *all = text != NULL ? text : "";
    struct cursor cursor = {arena, all, all};
    parse_items(&cursor, &table, '\0');
    read_table(&reading, params, &table, 0, out);
}

struct sim_target parameters_target(struct sim_arena *arena, const char *text,
                                    const struct parameter_names *names)
{
    g_assert_nonnull(names);
    gchar **words = g_strsplit_set(text, " ", -1);
    sim_node_id *ids = sim_arena_array(arena, sim_node_id, IDS_MAX);
    uint32_t count = 0;
    for (gchar **word = words; *word != NULL; word++) {
        char *bracket = strchr(*word, '[');
        sim_node_id first;
        uint32_t members, from = 1, to;
        if (bracket != NULL) {
            *bracket = '\0';
        }
        names->find(*word, &first, &members, names->data);
        to = members;
        if (bracket != NULL) {
            char *end;
            from = (uint32_t)g_ascii_strtoull(bracket + 1, &end, 10);
            to = *end == '.' ? (uint32_t)g_ascii_strtoull(end + 2, NULL, 10) : from;
        }
        for (uint32_t i = from; i <= to; i++) {
            g_assert_cmpuint(count, <, IDS_MAX);
            ids[count++] = first + i - 1;
        }
    }
    g_strfreev(words);
    return (struct sim_target){.count = count, .ids = ids, .text = text};
}

const struct sim_dist *parameters_law(struct sim_arena *arena, const char *text)
{
    struct cursor cursor = {arena, text, text};
    return law_of(arena, parse_value(&cursor));
}

struct sim_shape parameters_shape(struct sim_arena *arena, const struct sim_family *family,
                                  const char *text)
{
    struct reading reading = {arena, family->name, NULL};
    struct cursor cursor = {arena, text, text};
    return read_shape(&reading, family, parse_value(&cursor));
}
