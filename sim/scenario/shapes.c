/* Shapes: one constructor of a family with its fields; laws by operation; mixes of operations. */
#include "scenario/reader.h"

#include <limits.h>
#include <string.h>

#include "base/text.h"

static const char *no_shape(struct sim_reader *reader, const char *where,
                            const struct sim_param *param, const struct sim_value *value)
{
    const struct sim_family *family = param->family;
    const char *suggestion = "";
    if (value->kind == SIM_VALUE_CALL || value->kind == SIM_VALUE_TEXT) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        for (size_t i = 0; family->constructors[i]; i++) {
            g_ptr_array_add(names, (void *)(uintptr_t)family->constructors[i]->name);
        }
        g_ptr_array_add(names, NULL);
        suggestion = sim_reader_suggest(reader, value->text, (const char *const *)names->pdata);
    }
    sim_reader_complain(reader, value, "%s: expected %s such as %s, got %s%s", where, family->name,
                        family->example, sim_value_describe(reader->arena, value), suggestion);
    return NULL;
}

/* The fields of `constructor` as the call gives them, and the print of all of them. */
static const char *read_constructor(struct sim_reader *reader, const char *where,
                                    const struct sim_constructor *constructor,
                                    const struct sim_value *call, struct sim_shape *shape)
{
    GString *print = g_string_new(NULL);
    const struct sim_param *tables[] = {constructor->params, NULL};
    struct sim_block block = {
        .value = call, .who = sim_reader_where(reader, where, constructor->name), .print = print};
    void *fields = sim_arena_alloc(reader->arena, constructor->size);
    bool takes_items = constructor->params[0].type == SIM_PARAM_SHAPES &&
                       !sim_value_field(call, constructor->params[0].name);
    bool is_right = sim_block_check_names(reader, &block, tables,
                                          takes_items ? INT_MAX : constructor->positional);
    is_right =
        sim_block_read(reader, &block, constructor->params, constructor->positional, fields) &&
        is_right;
    const char *complaint =
        is_right && constructor->validate ? constructor->validate(fields) : NULL;
    if (complaint) {
        sim_reader_complain(reader, call, "%s: %s", block.who, complaint);
    }
    *shape = (struct sim_shape){constructor, fields};
    const char *text = print->len == 0 ? sim_reader_text(reader, "%s()", constructor->name)
                                       : sim_reader_text(reader, "%s { %s }", constructor->name,
                                                         sim_print_inline(reader, print));
    g_string_free(print, TRUE);
    return is_right && !complaint ? text : NULL;
}

/* `value` as the first item of the family's plain constructor. */
static const struct sim_value *bare_call(struct sim_reader *reader, const struct sim_family *family,
                                         const struct sim_value *value)
{
    struct sim_value *call = sim_arena_new(reader->arena, struct sim_value);
    const struct sim_value **items = sim_arena_array(reader->arena, const struct sim_value *, 1);
    items[0] = value;
    *call = (struct sim_value){.kind = SIM_VALUE_CALL,
                               .line = value->line,
                               .file = value->file,
                               .text = family->bare->name,
                               .item_count = 1,
                               .items = items,
                               .weight = value->weight + 1,
                               .depth = value->depth + 1};
    return call;
}

static const char *read_shape(struct sim_reader *reader, const char *where,
                              const struct sim_param *param, const struct sim_value *value,
                              struct sim_shape *shape)
{
    bool is_bare =
        value->kind == SIM_VALUE_TEXT || (value->kind == SIM_VALUE_TABLE && value->item_count == 0);
    if (param->family->bare && is_bare) {
        return read_constructor(reader, where, param->family->bare,
                                bare_call(reader, param->family, value), shape);
    }
    if (value->kind == SIM_VALUE_NONE && param->fallback && !param->family->is_needed) {
        *shape = (struct sim_shape){NULL, NULL};
        return "none";
    }
    for (size_t i = 0; value->kind == SIM_VALUE_CALL && param->family->constructors[i]; i++) {
        if (strcmp(param->family->constructors[i]->name, value->text) == 0) {
            return read_constructor(reader, where, param->family->constructors[i], value, shape);
        }
    }
    return no_shape(reader, where, param, value);
}

static const char *read_shapes(struct sim_reader *reader, const char *where,
                               const struct sim_param *param, const struct sim_value *value,
                               struct sim_shapes *shapes)
{
    struct sim_param one = *param; /* `none` is no item of a list */
    one.fallback = NULL;
    if (value->kind != SIM_VALUE_TABLE || value->item_count == 0 || value->field_count > 0) {
        sim_reader_complain(reader, value, "%s: expected a list such as { %s }, got %s", where,
                            param->family->example, sim_value_describe(reader->arena, value));
        return NULL;
    }
    struct sim_shape *each = sim_arena_array(reader->arena, struct sim_shape, value->item_count);
    g_autoptr(GString) print = g_string_new("{");
    bool is_right = true;
    for (uint32_t i = 0; i < value->item_count; i++) {
        struct sim_value item = *value->items[i];
        item.line = item.line ? item.line : value->line;
        bool is_bad = item.kind == SIM_VALUE_BAD;
        const char *text = is_bad ? NULL : read_shape(reader, where, &one, &item, &each[i]);
        is_right = is_right && text != NULL;
        g_string_append_printf(print, "%s %s", i > 0 ? "," : "", text ? text : "");
    }
    *shapes = (struct sim_shapes){value->item_count, each};
    return is_right ? sim_reader_text(reader, "%s }", print->str) : NULL;
}

/* --- by operation --- */

/* The operation of that name; SIM_OP_COUNT after a complaint. */
static int read_operation(struct sim_reader *reader, const char *where,
                          const struct sim_value *value, const char *name)
{
    for (int i = 0; i < SIM_OP_COUNT; i++) {
        if (strcmp(sim_operation_names[i], name) == 0) {
            return i;
        }
    }
    g_autofree char *all = g_strjoinv(", ", (char **)(uintptr_t)sim_operation_names);
    sim_reader_complain(reader, value, "%s: there is no operation '%s'%s; there are: %s", where,
                        name, sim_reader_suggest(reader, name, sim_operation_names), all);
    return SIM_OP_COUNT;
}

/* Operations that the table leaves out have the law of `other`, or else the first one stated. */
static void fill_laws(struct sim_operation_laws *laws, const struct sim_dist *other)
{
    for (int i = 0; i < SIM_OP_COUNT && !other; i++) {
        other = laws->law[i];
    }
    for (int i = 0; i < SIM_OP_COUNT; i++) {
        laws->law[i] = laws->law[i] ? laws->law[i] : other;
    }
}

static const char *read_law_table(struct sim_reader *reader, const char *where,
                                  const struct sim_param *param, const struct sim_value *value,
                                  struct sim_operation_laws *laws)
{
    const struct sim_dist *other = NULL;
    const char *texts[SIM_OP_COUNT + 1] = {NULL};
    bool is_right = value->item_count == 0 && value->field_count > 0;
    if (!is_right) {
        sim_reader_complain(reader, value, "%s: expected laws by operation, as in { read = ms(1) }",
                            where);
    }
    for (uint32_t i = 0; i < value->field_count; i++) {
        const struct sim_value_field *field = &value->fields[i];
        bool is_other = strcmp(field->name, "other") == 0;
        int operation = is_other ? SIM_OP_COUNT : read_operation(reader, where, value, field->name);
        const char *its_where = sim_reader_where(reader, where, field->name);
        const char *text = NULL;
        const struct sim_dist *law = sim_law_read(reader, its_where, field->value, 1, 0, &text);
        bool is_fine =
            law && (is_other || operation < SIM_OP_COUNT) &&
            sim_measure_check(reader, its_where, param, field->value, sim_dist_mean(law));
        if (!is_fine) {
            is_right = false;
            continue;
        }
        texts[operation] = text;
        *(is_other ? &other : &laws->law[operation]) = law;
    }
    if (!is_right) {
        return NULL;
    }
    fill_laws(laws, other);
    g_autoptr(GString) print = g_string_new("{");
    for (int i = 0; i <= SIM_OP_COUNT; i++) {
        if (texts[i]) {
            g_string_append_printf(print, "%s %s = %s", print->len > 1 ? "," : "",
                                   i < SIM_OP_COUNT ? sim_operation_names[i] : "other", texts[i]);
        }
    }
    return sim_reader_text(reader, "%s }", print->str);
}

static const char *read_laws(struct sim_reader *reader, const char *where,
                             const struct sim_param *param, const struct sim_value *value,
                             struct sim_operation_laws *laws)
{
    *laws = (struct sim_operation_laws){{NULL}};
    if (value->kind == SIM_VALUE_TABLE) {
        return read_law_table(reader, where, param, value, laws);
    }
    const char *text = NULL;
    const struct sim_dist *law = sim_law_read(reader, where, value, 1, 0, &text);
    if (!law || !sim_measure_check(reader, where, param, value, sim_dist_mean(law))) {
        return NULL;
    }
    fill_laws(laws, law);
    return text;
}

#define MIX_TOLERANCE 1e-9 /* 0.3 + 0.6 + 0.1 is not 1 in binary */

static const char *read_mix(struct sim_reader *reader, const char *where,
                            const struct sim_value *value, struct sim_mix *mix)
{
    double shares[SIM_OP_COUNT] = {0};
    double sum = 0;
    if (value->kind != SIM_VALUE_TABLE || value->item_count > 0 || value->field_count == 0) {
        sim_reader_complain(reader, value,
                            "%s: expected shares such as { read = 0.9, write = 0.1 }, got %s",
                            where, sim_value_describe(reader->arena, value));
        return NULL;
    }
    for (uint32_t i = 0; i < value->field_count; i++) {
        const struct sim_value_field *field = &value->fields[i];
        int operation = read_operation(reader, where, value, field->name);
        double share = 0;
        if (operation == SIM_OP_COUNT) {
            return NULL;
        }
        if (!sim_measure_read(field->value, 0, 0, &share) || !(share >= 0 && share <= 1)) {
            sim_reader_complain(reader, value, "%s: %s: expected a share from 0 to 1, got %s",
                                where, field->name,
                                sim_value_describe(reader->arena, field->value));
            return NULL;
        }
        shares[operation] = share;
        sum += share;
    }
    if (!(sum > 1 - MIX_TOLERANCE && sum < 1 + MIX_TOLERANCE)) {
        char number[SIM_TEXT_MAX];
        sim_reader_complain(reader, value, "%s: the shares must add up to 1, not %s", where,
                            sim_text_rounded(number, sum, 6));
        return NULL;
    }
    g_autoptr(GString) print = g_string_new("{");
    *mix = (struct sim_mix){0};
    double cumulative = 0;
    for (int i = 0; i < SIM_OP_COUNT; i++) {
        if (shares[i] > 0) {
            char number[SIM_TEXT_MAX];
            cumulative += shares[i];
            mix->operation[mix->count] = (uint16_t)i;
            mix->cumulative[mix->count++] = cumulative;
            g_string_append_printf(print, "%s %s = %s", print->len > 1 ? "," : "",
                                   sim_operation_names[i], sim_text_double(number, shares[i]));
        }
    }
    mix->cumulative[mix->count - 1] = 1;
    return sim_reader_text(reader, "%s }", print->str);
}

const char *sim_shape_read(struct sim_reader *reader, const char *where,
                           const struct sim_param *param, const struct sim_value *value,
                           void *field)
{
    if (param->type == SIM_PARAM_MIX) {
        return read_mix(reader, where, value, field);
    }
    if (param->type == SIM_PARAM_DURATION_LAWS) {
        return read_laws(reader, where, param, value, field);
    }
    if (param->type == SIM_PARAM_SHAPES) {
        return read_shapes(reader, where, param, value, field);
    }
    return read_shape(reader, where, param, value, field);
}
