/* Machines: those that are named, and the own one of every member that names none. */
#include "scenario/resolve.h"

#define MACHINE_COUNT_MAX 2000000

/* Zones of a block, which its machines take in turn. */
static GArray *read_zones(struct sim_resolve *resolve, const struct sim_block *block)
{
    GArray *zones = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    const struct sim_value_field *field = sim_value_field(block->value, "zone");
    const char *where = sim_reader_text(&resolve->reader, "%s: zone", block->who);
    g_autoptr(GString) print = g_string_new(NULL);
    const struct sim_value *const *items = field ? &field->value : NULL;
    uint32_t count = field ? 1 : 0;
    bool is_list = field && field->value->kind == SIM_VALUE_TABLE &&
                   field->value->field_count == 0 && field->value->item_count > 0;
    if (is_list) {
        count = field->value->item_count;
        items = field->value->items;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct sim_value at = *items[i];
        at.line = field->line;
        at.file = block->value->file;
        uint32_t zone = sim_resolve_zone(resolve, where, &at);
        g_array_append_val(zones, zone);
        g_string_append_printf(
            print, "%s%s", i > 0 ? ", " : "",
            at.kind == SIM_VALUE_TEXT ? sim_text_quote(resolve->reader.arena, at.text) : "nil");
    }
    if (!field) {
        if (resolve->has_zone_list && resolve->zones->len > 1) {
            sim_reader_complain(&resolve->reader, block->value,
                                "%s: needs the field 'zone', since the network has several",
                                block->who);
        }
        uint32_t zone = 0;
        if (!resolve->has_zone_list) {
            const struct sim_value none = {.kind = SIM_VALUE_TEXT, .text = "default"};
            zone = sim_resolve_zone(resolve, where, &none);
            if (resolve->has_network && block->print) { /* its print has a list of zones */
                sim_print_field(block->print, "zone", "\"default\"");
            }
        }
        g_array_append_val(zones, zone);
    } else if (block->print) {
        sim_print_field(block->print, "zone",
                        is_list ? sim_reader_text(&resolve->reader, "{ %s }", print->str)
                                : print->str);
    }
    return zones;
}

uint32_t sim_resolve_place(struct sim_resolve *resolve, const struct sim_block *block,
                           const char *name, uint32_t count)
{
    struct sim_place_fields fields = {0};
    g_autoptr(GArray) zones = read_zones(resolve, block);
    sim_block_read(&resolve->reader, block, sim_place_params, 0, &fields);
    struct sim_machine_spec machine = {.cores = fields.cores,
                                       .bandwidth = fields.bandwidth,
                                       .clock_offset = fields.clock_offset,
                                       .clock_drift = fields.clock_drift};
    if (fields.disk.constructor && fields.disk.fields) {
        machine.disk = *(const struct sim_disk_spec *)fields.disk.fields;
        machine.disk.is_given = true;
    }
    uint32_t first = resolve->machines->len;
    if (first + (uint64_t)count > MACHINE_COUNT_MAX) {
        sim_reader_complain(&resolve->reader, block->value, "%s: more than %d machines", block->who,
                            MACHINE_COUNT_MAX);
        count = 1;
    }
    for (uint32_t i = 0; i < count; i++) {
        machine.name = count == 1 ? name : sim_reader_text(&resolve->reader, "%s[%u]", name, i + 1);
        machine.zone = g_array_index(zones, uint32_t, i % zones->len);
        g_array_append_val(resolve->machines, machine);
    }
    return first;
}

void sim_resolve_machines(struct sim_resolve *resolve)
{
    const struct sim_param *tables[] = {sim_machine_params, sim_place_params, sim_machine_extra,
                                        NULL};
    for (guint i = 0; i < resolve->blocks->len; i++) {
        const struct sim_value *value = resolve->blocks->pdata[i];
        if (!sim_value_is_call(value, "machine")) {
            continue;
        }
        struct sim_machine_fields fields = {.count = 1};
        g_autoptr(GString) print = g_string_new(NULL);
        struct sim_block block = {
            .value = value,
            .who = sim_reader_text(&resolve->reader, "machine \"%s\"", value->name),
            .print = print};
        const char *trouble = sim_name_trouble(value->name);
        if (trouble) {
            sim_reader_complain(&resolve->reader, value, "%s: %s", block.who, trouble);
        }
        sim_block_check_names(&resolve->reader, &block, tables, 0);
        sim_block_read(&resolve->reader, &block, sim_machine_params, 0, &fields);
        uint32_t count = (uint32_t)fields.count;
        uint32_t first = sim_resolve_place(resolve, &block, value->name, count);
        sim_print_block(resolve->print, block.who, print);
        const struct sim_place *known = sim_places_find(&resolve->reader, value->name);
        if (known && !known->is_elsewhere) {
            sim_reader_complain(&resolve->reader, value, "%s: the name is taken", block.who);
            continue;
        }
        struct sim_place place = {
            .kind = SIM_PLACE_MACHINE, .name = value->name, .index = first, .count = count};
        sim_places_add(&resolve->reader, &place);
    }
}
