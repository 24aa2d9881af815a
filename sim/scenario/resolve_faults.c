/* Faults: scheduled, drawn, and swarms of drawn ones. */
#include "scenario/resolve.h"

#include <string.h>

#include "base/text.h"

#define FAULT_COUNT_MAX 100000
#define SIDE_COUNT_MAX 64

/* A fault on its way into the list. */
struct fault {
    struct sim_fault_spec spec;
    const struct sim_value *value;
    const char *word;
    GString *print;
    bool is_right;
};

static void complain(struct sim_resolve *resolve, struct fault *fault, const char *text)
{
    fault->is_right = false;
    sim_reader_complain(&resolve->reader, fault->value, "%s: %s", fault->word, text);
}

/* All items as one target. */
static void read_targets(struct sim_resolve *resolve, struct fault *fault)
{
    struct sim_value list = *fault->value;
    const char *text = NULL;
    list.kind = SIM_VALUE_TABLE;
    list.field_count = 0;
    if (list.item_count == 0) {
        complain(resolve, fault,
                 sim_reader_text(&resolve->reader,
                                 "needs a target, as in %s { \"api[1]\", from = s(10) }",
                                 fault->word));
        return;
    }
    fault->is_right =
        sim_target_read(&resolve->reader, fault->word, &list, true, &fault->spec.targets, &text) &&
        fault->is_right;
    if (text) {
        g_string_append_printf(fault->print, "%s,\n", text);
    }
}

static void read_sides(struct sim_resolve *resolve, struct fault *fault,
                       const struct sim_value *const *items, uint32_t count, const char *where)
{
    struct sim_target *sides = sim_arena_array(resolve->reader.arena, struct sim_target, count);
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    for (uint32_t i = 0; i < count; i++) {
        const char *text = NULL;
        struct sim_value at = *items[i];
        at.line = at.line ? at.line : fault->value->line;
        at.file = fault->value->file;
        if (!sim_target_read(&resolve->reader, where, &at, true, &sides[i], &text)) {
            fault->is_right = false;
            continue;
        }
        g_string_append_printf(fault->print, "%s%s", i > 0 ? ", " : "", text);
        if (sides[i].count == 0) {
            sim_reader_complain(&resolve->reader, &at, "%s: no node is in \"%s\"", where,
                                sides[i].text);
            fault->is_right = false;
        }
        for (uint32_t j = 0; j < sides[i].count; j++) {
            if (!g_hash_table_add(seen, GUINT_TO_POINTER(sides[i].ids[j]))) {
                complain(resolve, fault, "a node is on two sides");
                return;
            }
        }
    }
    fault->spec.sides = sides;
    fault->spec.side_count = count;
}

static void read_partition(struct sim_resolve *resolve, struct fault *fault)
{
    const struct sim_value_field *field = sim_value_field(fault->value, "sides");
    const struct sim_value *list = field ? field->value : NULL;
    if (list && list->kind == SIM_VALUE_BAD) {
        fault->is_right = false;
        return;
    }
    if (!list || list->kind != SIM_VALUE_TABLE || list->item_count < 2 ||
        list->item_count > SIDE_COUNT_MAX) {
        complain(resolve, fault, "needs two sides or more, as in sides = { \"a b\", \"c\" }");
        return;
    }
    g_string_append(fault->print, "sides = { ");
    read_sides(resolve, fault, list->items, list->item_count, "partition: sides");
    g_string_append(fault->print, " },\n");
}

static void read_degrade(struct sim_resolve *resolve, struct fault *fault)
{
    if (fault->value->item_count != 2) {
        complain(resolve, fault, "needs two sides, as in degrade { \"web\", \"db\", factor = 10 }");
        return;
    }
    read_sides(resolve, fault, fault->value->items, 2, "degrade");
    g_string_append(fault->print, ",\n");
}

/* The group whose members come and go, and how many there will be. */
static void read_scale(struct sim_resolve *resolve, struct fault *fault)
{
    struct sim_reader *reader = &resolve->reader;
    const struct sim_value_field *field = sim_value_field(fault->value, "count");
    const struct sim_value *name = fault->value->item_count == 1 ? fault->value->items[0] : NULL;
    uint32_t member = SIM_NONE;
    double count = 0;
    if (!name || name->kind != SIM_VALUE_TEXT) {
        complain(resolve, fault, "needs a node, as in scale { \"web\", from = s(60), count = 8 }");
        return;
    }
    if (!sim_member_read(reader, fault->value, fault->word, name->text, &fault->spec.group,
                         &member)) {
        fault->is_right = false;
        return;
    }
    const struct sim_group_spec *group =
        &g_array_index(resolve->groups, struct sim_group_spec, fault->spec.group);
    if (member != SIM_NONE) {
        complain(resolve, fault, "names a node, not one member of it");
    }
    if (!field || !sim_measure_read(field->value, 0, 0, &count) || count < 0) {
        fault->is_right = false; /* the table has complained */
        return;
    }
    if (count > group->count_max) {
        complain(resolve, fault,
                 sim_reader_text(reader, "count: '%s' has room for %u: raise its count_max",
                                 group->name, group->count_max));
        return;
    }
    fault->spec.members = (uint32_t)count;
    g_string_append_printf(fault->print, "%s,\n", sim_text_quote(reader->arena, name->text));
}

static void check_times(struct sim_resolve *resolve, struct fault *fault)
{
    const struct sim_fault_spec *spec = &fault->spec;
    char text[SIM_TEXT_MAX];
    if (spec->from >= spec->to) {
        complain(resolve, fault, "from must be before to");
    }
    bool is_known = resolve->scenario->world.duration > 0; /* or it has been complained of */
    if (is_known && spec->from >= resolve->scenario->world.duration) {
        complain(resolve, fault,
                 sim_reader_text(
                     &resolve->reader, "from: is not before the end at %s",
                     sim_text_duration(text, sim_time_seconds(resolve->scenario->world.duration))));
    }
    if (spec->mttr && !spec->mttf) {
        complain(resolve, fault, "mttr needs mttf");
    }
}

static bool has_source(struct sim_resolve *resolve, const struct sim_target *target)
{
    for (guint g = 0; g < resolve->groups->len; g++) {
        const struct sim_group_spec *group =
            &g_array_index(resolve->groups, struct sim_group_spec, g);
        bool asks = !group->model || (group->model->traits & SIM_MODEL_SOURCE) != 0;
        for (uint32_t i = 0; asks && i < target->count; i++) {
            if (target->ids[i] - group->first_id < group->count_max) {
                return true;
            }
        }
    }
    return target->count == 0; /* what a variant provides, or has been complained of */
}

/* A field may say 0, as one of several values. */
static bool has_one_of(const struct fault *fault, const char *const *names)
{
    while (*names && !sim_value_field(fault->value, *names)) {
        names++;
    }
    return *names != NULL;
}

/* Faults that would do nothing, or not what was asked: whoever wrote them meant something else. */
static void check_effect(struct sim_resolve *resolve, struct fault *fault)
{
    const struct sim_fault_spec *spec = &fault->spec;
    if (spec->kind == SIM_FAULT_CLOCK &&
        !has_one_of(fault, (const char *[]){"shift", "drift", NULL})) {
        complain(resolve, fault, "changes nothing: give it a shift or a drift");
    } else if (spec->kind == SIM_FAULT_LINK &&
               !has_one_of(fault, (const char *[]){"factor", "extra", "loss", NULL})) {
        complain(resolve, fault, "changes nothing: give it a factor, extra or loss");
    } else if (spec->kind == SIM_FAULT_MEMBERS && spec->to != SIM_NEVER) {
        complain(resolve, fault, "stays until the next one: in place of to, write a second scale");
    } else if (spec->kind == SIM_FAULT_SURGE && !has_source(resolve, &spec->targets)) {
        complain(resolve, fault,
                 sim_reader_text(&resolve->reader,
                                 "'%s' only answers: name those who ask, such as a client.open",
                                 spec->targets.text));
    }
}

static void add_fault(struct sim_resolve *resolve, GArray *faults, struct fault *fault)
{
    if (faults->len == FAULT_COUNT_MAX) {
        complain(resolve, fault, "too many faults");
    } else {
        g_array_append_val(faults, fault->spec);
    }
}

/* One that belongs to a swarm is not printed: the swarm is. */
static void read_fault(struct sim_resolve *resolve, const struct sim_value *value,
                       const struct sim_fault_word *row, uint32_t swarm, GArray *faults)
{
    struct sim_reader *reader = &resolve->reader;
    struct fault fault = {.value = value, .word = row->word, .is_right = true};
    static const struct sim_param sides_param[] = {
        {"sides", SIM_PARAM_TEXT, 0, "nil", 0, 0, "", NULL, NULL},
        {NULL, SIM_PARAM_TEXT, 0, NULL, 0, 0, NULL, NULL, NULL}};
    const struct sim_param *tables[] = {
        row->params, sim_fault_params, row->kind == SIM_FAULT_PARTITION ? sides_param : NULL, NULL};
    fault.print = g_string_new(NULL);
    struct sim_block block = {.value = value, .who = row->word, .print = fault.print};
    int items = row->kind == SIM_FAULT_PARTITION ? 0 : (int)value->item_count;
    fault.spec.kind = row->kind;
    fault.spec.label = row->word;
    fault.spec.swarm = swarm;
    fault.is_right = sim_block_check_names(reader, &block, tables, items);
    switch (row->kind) {
    case SIM_FAULT_PARTITION:
        read_partition(resolve, &fault);
        break;
    case SIM_FAULT_LINK:
        read_degrade(resolve, &fault);
        break;
    case SIM_FAULT_MEMBERS:
        read_scale(resolve, &fault);
        break;
    case SIM_FAULT_CRASH:
    case SIM_FAULT_PAUSE:
    case SIM_FAULT_SLOW:
    case SIM_FAULT_CLOCK:
    case SIM_FAULT_DISK:
    case SIM_FAULT_SURGE:
        read_targets(resolve, &fault);
        break;
    }
    struct sim_scale_fields scale = {0};
    void *own = row->kind == SIM_FAULT_MEMBERS ? (void *)&scale : (void *)&fault.spec;
    fault.is_right = sim_block_read(reader, &block, row->params, 0, own) && fault.is_right;
    fault.spec.boot = scale.boot;
    fault.spec.notice = scale.notice;
    bool has_times = sim_block_read(reader, &block, sim_fault_params, 0, &fault.spec);
    fault.is_right = fault.is_right && has_times;
    if (has_times) {
        check_times(resolve, &fault);
    }
    if (fault.is_right) {
        check_effect(resolve, &fault);
    }
    if (fault.is_right) {
        add_fault(resolve, faults, &fault);
    }
    if (fault.is_right && swarm == 0) {
        sim_print_block(resolve->print, row->word, fault.print);
    }
    g_string_free(fault.print, TRUE);
}

/* --- swarms --- */

static const char *const swarm_words[] = {"crash",      "pause", "slow", "partition",
                                          "disk_stall", "clock", NULL};
#define SWARM_DEFAULT_COUNT 4

/* Which kinds of fault a swarm draws from: bits over swarm_words. 0 after a complaint. */
static unsigned swarm_kinds(struct sim_resolve *resolve, const struct sim_value *value)
{
    const struct sim_value_field *field = sim_value_field(value, "kinds");
    unsigned kinds = 0;
    if (!field) {
        return (1u << SWARM_DEFAULT_COUNT) - 1;
    }
    for (uint32_t i = 0; i < field->value->item_count; i++) {
        const struct sim_value *item = field->value->items[i];
        const char *name = item->kind == SIM_VALUE_TEXT ? item->text : "";
        size_t k = 0;
        while (swarm_words[k] && strcmp(swarm_words[k], name) != 0) {
            k++;
        }
        if (!swarm_words[k]) {
            g_autofree char *all = g_strjoinv(", ", (char **)(uintptr_t)swarm_words);
            sim_problems_add(resolve->reader.problems, value->file, field->line,
                             "swarm: kinds: expected some of %s, got %s%s", all,
                             sim_value_describe(resolve->reader.arena, item),
                             sim_reader_suggest(&resolve->reader, name, swarm_words));
            return 0;
        }
        kinds |= 1u << k;
    }
    if (kinds == 0) {
        sim_problems_add(resolve->reader.problems, value->file, field->line,
                         "swarm: kinds: expected a list such as { \"crash\", \"pause\" }");
    }
    return kinds;
}

/* One drawn fault of `word` on `targets`: by itself as text, and so through the usual reader. */
static void add_swarm_fault(struct sim_resolve *resolve, const struct sim_value *value,
                            const char *word, const char *fields, uint32_t swarm, GArray *faults)
{
    const char *text = sim_reader_text(&resolve->reader, "%s { %s }", word, fields);
    const struct sim_value *constant = sim_chunk_constant(resolve->reader.chunk, text);
    struct sim_value *block = sim_arena_new(resolve->reader.arena, struct sim_value);
    *block = *constant;
    block->line = value->line;
    block->file = value->file;
    read_fault(resolve, block, sim_fault_word_find(word), swarm, faults);
}

/* The name of a node as targets write it. */
static const char *node_name(struct sim_resolve *resolve, sim_node_id id)
{
    for (guint i = 0; i < resolve->groups->len; i++) {
        const struct sim_group_spec *group =
            &g_array_index(resolve->groups, struct sim_group_spec, i);
        if (id >= group->first_id && id < group->first_id + group->count_max) {
            return group->count_max == 1 ? group->name
                                         : sim_reader_text(&resolve->reader, "%s[%u]", group->name,
                                                           id - group->first_id + 1);
        }
    }
    return "";
}

static void add_swarm_partitions(struct sim_resolve *resolve, const struct sim_value *value,
                                 const struct sim_target *targets, const char *times,
                                 uint32_t swarm, GArray *faults)
{
    for (uint32_t i = 0; i < targets->count; i++) {
        g_autoptr(GString) others = g_string_new(NULL);
        for (uint32_t j = 0; j < targets->count; j++) {
            if (j != i) {
                g_string_append_printf(others, "%s%s", others->len > 0 ? " " : "",
                                       node_name(resolve, targets->ids[j]));
            }
        }
        const char *fields =
            sim_reader_text(&resolve->reader, "sides = { \"%s\", \"%s\" }, %s",
                            node_name(resolve, targets->ids[i]), others->str, times);
        add_swarm_fault(resolve, value, "partition", fields, swarm, faults);
    }
}

#define SWARM_PARTITION_MAX 40 /* nodes that are cut off one by one */

/* Each target of each kind fails at the rate of faults / (kinds x targets) in the window where all
 * kinds are on; a run in which some are off makes up for them. */
static double mttf_of(const struct sim_swarm_fields *fields, unsigned kinds, uint32_t target_count)
{
    double count = 0;
    for (; kinds != 0; kinds &= kinds - 1) {
        count += target_count;
    }
    return sim_time_seconds(fields->to - fields->from) * count / fields->faults;
}

static void add_swarm_kinds(struct sim_resolve *resolve, const struct sim_value *value,
                            unsigned kinds, const struct sim_target *targets, const char *times,
                            uint32_t swarm, GArray *faults)
{
    for (size_t k = 0; swarm_words[k]; k++) {
        const char *word = swarm_words[k];
        const char *extra = strcmp(word, "slow") == 0    ? ", factor = 10"
                            : strcmp(word, "clock") == 0 ? ", shift = ms(500)"
                                                         : "";
        if (strcmp(word, "partition") == 0 && kinds & 1u << k) {
            add_swarm_partitions(resolve, value, targets, times, swarm, faults);
        } else if (kinds & 1u << k) {
            const char *names = sim_text_quote(resolve->reader.arena, targets->text);
            add_swarm_fault(resolve, value, word,
                            sim_reader_text(&resolve->reader, "%s, %s%s", names, times, extra),
                            swarm, faults);
        }
    }
}

/* Targets stand before the other fields already. */
static void print_swarm(struct sim_resolve *resolve, GString *print, const char *fields,
                        unsigned kinds)
{
    g_autoptr(GString) names = g_string_new("{ ");
    for (size_t k = 0; swarm_words[k]; k++) {
        if (kinds & 1u << k) {
            g_string_append_printf(names, "\"%s\", ", swarm_words[k]);
        }
    }
    g_string_truncate(names, names->len - strlen(", "));
    g_string_append(names, " }");
    g_string_append(print, fields);
    sim_print_field(print, "kinds", names->str);
    sim_print_block(resolve->print, "swarm", print);
}

static void read_swarm(struct sim_resolve *resolve, const struct sim_value *value, uint32_t swarm,
                       GArray *faults)
{
    struct sim_reader *reader = &resolve->reader;
    struct sim_swarm_fields fields = {.to = SIM_NEVER};
    struct fault fault = {.value = value, .word = "swarm", .is_right = true};
    g_autoptr(GString) own = g_string_new(NULL);
    g_autoptr(GString) print = g_string_new(NULL);
    const struct sim_param *tables[] = {sim_swarm_params, sim_swarm_extra, NULL};
    struct sim_block block = {.value = value, .who = "swarm", .print = own};
    bool is_right = sim_block_check_names(reader, &block, tables, (int)value->item_count);
    is_right = sim_block_read(reader, &block, sim_swarm_params, 0, &fields) && is_right;
    unsigned kinds = swarm_kinds(resolve, value);
    fault.print = print;
    read_targets(resolve, &fault);
    fields.to = MIN(fields.to, resolve->scenario->world.duration);
    if (is_right && fields.from >= fields.to) {
        complain(resolve, &fault, "from must be before to, and before the end");
    }
    if (!is_right || kinds == 0 || !fault.is_right) {
        return;
    }
    print_swarm(resolve, print, own->str, kinds);
    const struct sim_target *targets = &fault.spec.targets;
    bool cuts = kinds & 1u << 3 && targets->count >= 2 && targets->count <= SWARM_PARTITION_MAX;
    kinds = cuts ? kinds : kinds & ~(1u << 3);
    const char *law = strstr(own->str, "lasts = ") + strlen("lasts = ");
    char from_text[SIM_TEXT_MAX];
    char to_text[SIM_TEXT_MAX];
    const char *times = sim_reader_text(
        reader, "from = %s, to = %s, mttf = exponential(%s), mttr = %.*s",
        sim_text_duration_lua(from_text, fields.from), sim_text_duration_lua(to_text, fields.to),
        sim_measure_lua(reader, mttf_of(&fields, kinds, targets->count), 1, 0),
        (int)(strlen(law) - 2), law);
    add_swarm_kinds(resolve, value, kinds, targets, times, swarm, faults);
}

void sim_resolve_faults(struct sim_resolve *resolve)
{
    g_autoptr(GArray) faults = g_array_new(FALSE, TRUE, sizeof(struct sim_fault_spec));
    uint32_t swarm_count = 0;
    for (guint i = 0; i < resolve->blocks->len; i++) {
        const struct sim_value *block = resolve->blocks->pdata[i];
        const struct sim_fault_word *row = sim_fault_word_find(block->text);
        if (row) {
            read_fault(resolve, block, row, 0, faults);
        } else if (sim_value_is_call(block, "swarm")) {
            read_swarm(resolve, block, ++swarm_count, faults);
        }
    }
    struct sim_fault_spec *kept =
        sim_arena_array(resolve->reader.arena, struct sim_fault_spec, faults->len);
    if (faults->len > 0) {
        memcpy(kept, faults->data, faults->len * sizeof(*kept));
    }
    resolve->scenario->world.faults = kept;
    resolve->scenario->world.fault_count = faults->len;
}
