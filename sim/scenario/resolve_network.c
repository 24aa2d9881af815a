/* The network: zones, and one law for each ordered pair of them.
 *
 * A pair takes, in this order and field by field: the preset, the network's own fields, and every
 * `link` that names the two.
 */
#include "scenario/resolve.h"

#include <string.h>

#include "base/text.h"
#include "scenario/presets.h"

#define ZONE_COUNT_MAX 100

static const struct sim_value *find_network(struct sim_resolve *resolve)
{
    const struct sim_value *network = NULL;
    for (guint i = 0; i < resolve->blocks->len; i++) {
        const struct sim_value *block = resolve->blocks->pdata[i];
        if (sim_value_is_call(block, "network") && !network) {
            network = block;
        } else if (sim_value_is_call(block, "network")) {
            sim_reader_complain(&resolve->reader, block, "network: there are two of them");
        }
    }
    return network;
}

static const struct sim_preset *preset_of(const struct sim_value *network)
{
    const struct sim_value_field *field = network ? sim_value_field(network, "preset") : NULL;
    for (size_t i = 0; field && sim_network_preset_names[i]; i++) {
        if (field->value->kind == SIM_VALUE_TEXT &&
            strcmp(sim_network_preset_names[i], field->value->text) == 0) {
            return &sim_network_presets[i];
        }
    }
    return NULL;
}

static bool find_zone(const struct sim_resolve *resolve, const char *name, uint32_t *ret_zone)
{
    for (guint i = 0; i < resolve->zones->len; i++) {
        if (strcmp(resolve->zones->pdata[i], name) == 0) {
            *ret_zone = i;
            return true;
        }
    }
    return false;
}

static uint32_t add_zone(struct sim_resolve *resolve, const char *name)
{
    struct sim_place place = {
        .kind = SIM_PLACE_ZONE, .name = name, .index = resolve->zones->len, .count = 1};
    g_ptr_array_add(resolve->zones, (void *)(uintptr_t)name);
    const struct sim_place *known = sim_places_find(&resolve->reader, name);
    if (!known || known->is_elsewhere) { /* a node of that name comes first in targets */
        sim_places_add(&resolve->reader, &place);
    }
    return place.index;
}

static void complain_zone(struct sim_resolve *resolve, const char *where,
                          const struct sim_value *value)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < resolve->zones->len; i++) {
        g_ptr_array_add(names, resolve->zones->pdata[i]);
    }
    g_ptr_array_add(names, NULL);
    g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
    sim_reader_complain(
        &resolve->reader, value, "%s: there is no zone '%s'%s; there are: %s", where, value->text,
        sim_reader_suggest(&resolve->reader, value->text, (const char *const *)names->pdata), all);
}

uint32_t sim_resolve_zone(struct sim_resolve *resolve, const char *where,
                          const struct sim_value *value)
{
    uint32_t zone = 0;
    if (value->kind == SIM_VALUE_BAD) {
        return 0;
    }
    if (value->kind != SIM_VALUE_TEXT || value->text[0] == '\0') {
        sim_reader_complain(&resolve->reader, value, "%s: expected the name of a zone, got %s",
                            where, sim_value_describe(resolve->reader.arena, value));
        return 0;
    }
    if (find_zone(resolve, value->text, &zone)) {
        return zone;
    }
    if (resolve->has_zone_list) {
        complain_zone(resolve, where, value);
        return 0;
    }
    if (resolve->zones->len == ZONE_COUNT_MAX) {
        sim_reader_complain(&resolve->reader, value, "%s: more than %d zones", where,
                            ZONE_COUNT_MAX);
        return 0;
    }
    return add_zone(resolve, value->text);
}

static void add_listed_zone(struct sim_resolve *resolve, const struct sim_value *network,
                            const struct sim_preset *preset, const struct sim_value *item)
{
    uint32_t ignored;
    struct sim_value at = *item;
    at.line = item->line ? item->line : network->line;
    at.file = network->file;
    if (at.kind != SIM_VALUE_TEXT || at.text[0] == '\0' ||
        at.text[strcspn(at.text, " \t\n[].")] != '\0') {
        sim_reader_complain(&resolve->reader, &at,
                            "network: zones: expected the name of a zone, without blanks, got %s",
                            sim_value_describe(resolve->reader.arena, &at));
    } else if (find_zone(resolve, at.text, &ignored)) {
        sim_reader_complain(&resolve->reader, &at, "network: zones: '%s' stands there twice",
                            at.text);
    } else if (preset && !g_strv_contains(preset->zones, at.text)) {
        sim_reader_complain(&resolve->reader, &at, "network: zones: preset '%s' has no zone '%s'%s",
                            preset->name, at.text,
                            sim_reader_suggest(&resolve->reader, at.text, preset->zones));
    } else if (resolve->zones->len < ZONE_COUNT_MAX) {
        add_zone(resolve, at.text);
    } else {
        sim_reader_complain(&resolve->reader, &at, "network: zones: more than %d", ZONE_COUNT_MAX);
    }
}

void sim_resolve_zones(struct sim_resolve *resolve)
{
    const struct sim_value *network = find_network(resolve);
    const struct sim_preset *preset = preset_of(network);
    const struct sim_value_field *field = network ? sim_value_field(network, "zones") : NULL;
    if (field && field->value->kind != SIM_VALUE_BAD) {
        struct sim_value at = *field->value;
        at.line = field->line;
        at.file = network->file;
        if (at.kind != SIM_VALUE_TABLE || at.item_count == 0 || at.field_count > 0) {
            sim_reader_complain(&resolve->reader, &at,
                                "network: zones: expected a list of names, got %s",
                                sim_value_describe(resolve->reader.arena, &at));
        }
        for (uint32_t i = 0; i < at.item_count; i++) {
            add_listed_zone(resolve, &at, preset, at.items[i]);
        }
    } else if (preset) {
        for (size_t i = 0; preset->zones[i]; i++) {
            add_zone(resolve, preset->zones[i]);
        }
    }
    resolve->has_network = network != NULL;
    resolve->has_zone_list = resolve->zones->len > 0;
}

/* --- laws --- */

/* Puts `fresh`'s link fields over those of `base` (may be NULL). */
static const struct sim_value *overlay(struct sim_resolve *resolve, const struct sim_value *base,
                                       const struct sim_value *fresh)
{
    struct sim_value *result = sim_arena_new(resolve->reader.arena, struct sim_value);
    uint32_t room = fresh->field_count + (base ? base->field_count : 0);
    struct sim_value_field *fields =
        sim_arena_array(resolve->reader.arena, struct sim_value_field, room);
    *result = *fresh;
    result->fields = fields;
    result->field_count = 0;
    result->item_count = 0;
    for (uint32_t i = 0; base && i < base->field_count; i++) {
        if (!sim_value_field(fresh, base->fields[i].name)) {
            fields[result->field_count++] = base->fields[i];
        }
    }
    for (uint32_t i = 0; i < fresh->field_count; i++) {
        for (const struct sim_param *param = sim_link_params; param->name; param++) {
            if (strcmp(param->name, fresh->fields[i].name) == 0) {
                fields[result->field_count++] = fresh->fields[i];
            }
        }
    }
    return result;
}

/* The latency of a preset between two zones, as a value; NULL where it knows one of them not. */
static const struct sim_value *preset_value(struct sim_resolve *resolve,
                                            const struct sim_preset *preset, const char *from,
                                            const char *to)
{
    size_t index[2] = {0, 0};
    const char *names[2] = {from, to};
    for (size_t k = 0; k < 2; k++) {
        while (preset->zones[index[k]] && strcmp(preset->zones[index[k]], names[k]) != 0) {
            index[k]++;
        }
        if (!preset->zones[index[k]]) { /* has been reported with the list of zones */
            return NULL;
        }
    }
    struct sim_preset_quantile quantiles[SIM_PRESET_QUANTILES_MAX];
    double mean_ms = 0;
    char number[SIM_TEXT_MAX];
    char p[SIM_TEXT_MAX];
    size_t count = preset->round_trip(index[0], index[1], quantiles, &mean_ms);
    g_autoptr(GString) law = g_string_new(NULL);
    for (size_t i = 0; i < count; i++) {
        double percent = quantiles[i].p * 100;
        g_string_append_printf(law, "%s[\"p%s\"] = ms(%s)", i == 0 ? "from_quantiles { " : ", ",
                               sim_text_rounded(p, percent, 7),
                               sim_text_double(number, quantiles[i].ms / 2));
    }
    if (count == 0) {
        g_string_append_printf(law, "constant(ms(%s))", sim_text_double(number, mean_ms / 2));
    } else {
        g_string_append(law, " }");
    }
    const char *text = sim_reader_text(&resolve->reader, "{ latency = %s }", law->str);
    return sim_chunk_constant(resolve->reader.chunk, text);
}

struct pairs {
    uint32_t count; /* of zones */
    const struct sim_value **values;
    const char **whos;
};

static void apply_link(struct sim_resolve *resolve, struct pairs *pairs,
                       const struct sim_value *link)
{
    struct sim_reader *reader = &resolve->reader;
    const struct sim_param *tables[] = {sim_link_params, sim_link_extra, NULL};
    struct sim_block block = {.value = link, .who = "link"};
    uint32_t ends[2] = {0, 0};
    sim_block_check_names(reader, &block, tables, 2);
    if (link->item_count < 2) {
        sim_reader_complain(reader, link,
                            "link: needs two zones, as in link { \"a\", \"b\", latency = ms(5) }");
        return;
    }
    for (int k = 0; k < 2; k++) {
        struct sim_value at = *link->items[k];
        at.line = link->line;
        at.file = link->file;
        if (at.kind != SIM_VALUE_TEXT || !find_zone(resolve, at.text, &ends[k])) {
            if (at.kind == SIM_VALUE_TEXT) {
                complain_zone(resolve, "link", &at);
            } else {
                sim_reader_complain(reader, &at, "link: expected the name of a zone, got %s",
                                    sim_value_describe(reader->arena, &at));
            }
            return;
        }
    }
    const struct sim_value_field *one_way = sim_value_field(link, "one_way");
    bool is_one_way =
        one_way && one_way->value->kind == SIM_VALUE_BOOLEAN && one_way->value->boolean;
    for (int k = 0; k < (is_one_way ? 1 : 2); k++) {
        uint32_t at = ends[k] * pairs->count + ends[1 - k];
        if (!is_one_way && strcmp(pairs->whos[at], "link") == 0) { /* one way, it adds to both */
            sim_reader_complain(reader, link, "link: what lies from '%s' to '%s' has been said",
                                link->items[k]->text, link->items[1 - k]->text);
            return;
        }
        pairs->values[at] = overlay(resolve, pairs->values[at], link);
        pairs->whos[at] = "link";
        if (ends[0] == ends[1]) {
            break;
        }
    }
}

static void collect_pairs(struct sim_resolve *resolve, const struct sim_value *network,
                          struct pairs *pairs)
{
    const struct sim_preset *preset = preset_of(network);
    uint32_t n = pairs->count;
    const struct sim_value *common = overlay(resolve, NULL, network);
    for (uint32_t i = 0; i < n * n; i++) {
        pairs->whos[i] = "network";
        pairs->values[i] = common;
        if (preset) {
            const struct sim_value *law = preset_value(
                resolve, preset, resolve->zones->pdata[i / n], resolve->zones->pdata[i % n]);
            pairs->values[i] = overlay(resolve, law, common);
        }
    }
    for (uint32_t i = 0; i < network->item_count; i++) {
        const struct sim_value *item = network->items[i];
        if (sim_value_is_call(item, "link")) {
            apply_link(resolve, pairs, item);
        } else if (item->kind != SIM_VALUE_BAD) {
            sim_reader_complain(
                &resolve->reader, item->line ? item : network,
                "network: expected a link such as link { \"a\", \"b\", latency = ms(5) }, got %s",
                sim_value_describe(resolve->reader.arena, item));
        }
    }
}

static void print_links(struct sim_resolve *resolve, const struct pairs *pairs,
                        const GString *const *texts, GString *print)
{
    struct sim_reader *reader = &resolve->reader;
    uint32_t n = pairs->count;
    bool is_uniform = true;
    for (uint32_t i = 1; i < n * n; i++) {
        is_uniform = is_uniform && strcmp(texts[i]->str, texts[0]->str) == 0;
    }
    if (is_uniform) {
        g_string_append(print, texts[0]->str);
        return;
    }
    for (uint32_t i = 0; i < n * n; i++) {
        g_string_append_printf(print, "link { %s, %s, one_way = true, %s },\n",
                               sim_text_quote(reader->arena, resolve->zones->pdata[i / n]),
                               sim_text_quote(reader->arena, resolve->zones->pdata[i % n]),
                               sim_print_inline(reader, texts[i]));
    }
}

static void print_head(struct sim_resolve *resolve, const char *source, GString *print)
{
    struct sim_arena *arena = resolve->reader.arena;
    if (source) {
        sim_print_field(print, "source", sim_text_quote(arena, source));
    }
    g_string_append(print, "zones = {");
    for (guint i = 0; i < resolve->zones->len; i++) {
        g_string_append_printf(print, "%s %s", i > 0 ? "," : "",
                               sim_text_quote(arena, resolve->zones->pdata[i]));
    }
    g_string_append(print, " },\n");
}

static void print_network(struct sim_resolve *resolve, const struct pairs *pairs,
                          const char *source, const GString *const *texts)
{
    g_autoptr(GString) print = g_string_new(NULL);
    print_head(resolve, source, print);
    print_links(resolve, pairs, texts, print);
    sim_print_block(resolve->print, "network", print);
}

static void string_free(gpointer string)
{
    g_string_free(string, TRUE);
}

static void read_laws(struct sim_resolve *resolve, const struct sim_value *network,
                      struct sim_network_spec *spec)
{
    struct sim_reader *reader = &resolve->reader;
    struct sim_network_fields fields = {0};
    struct sim_block block = {.value = network, .who = "network"};
    const struct sim_param *tables[] = {sim_network_params, sim_network_extra, sim_link_params,
                                        NULL};
    sim_block_check_names(reader, &block, tables, (int)network->item_count);
    sim_block_read(reader, &block, sim_network_params, 0, &fields);
    const struct sim_preset *preset = preset_of(network);
    spec->source = fields.source ? fields.source : preset ? preset->source : NULL;
    size_t count = (size_t)spec->zone_count * spec->zone_count;
    struct pairs pairs = {.count = spec->zone_count,
                          .values = sim_arena_array(reader->arena, const struct sim_value *, count),
                          .whos = sim_arena_array(reader->arena, const char *, count)};
    struct sim_link_law *laws = sim_arena_array(reader->arena, struct sim_link_law, count);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(string_free);
    collect_pairs(resolve, network, &pairs);
    for (size_t i = 0; i < count; i++) {
        GString *print = g_string_new(NULL);
        g_ptr_array_add(texts, print);
        if (i > 0 && pairs.values[i] == pairs.values[i - 1]) {
            laws[i] = laws[i - 1];
            g_string_append(print, ((const GString *)texts->pdata[i - 1])->str);
            continue;
        }
        struct sim_block pair = {.value = pairs.values[i], .who = pairs.whos[i], .print = print};
        sim_block_read(reader, &pair, sim_link_params, 0, &laws[i]);
    }
    spec->links = laws;
    print_network(resolve, &pairs, spec->source, (const GString *const *)texts->pdata);
}

void sim_resolve_network(struct sim_resolve *resolve)
{
    struct sim_network_spec *spec = &resolve->scenario->world.network;
    struct sim_arena *arena = resolve->reader.arena;
    const struct sim_value *network = NULL;
    for (guint i = 0; i < resolve->blocks->len && !network; i++) {
        const struct sim_value *block = resolve->blocks->pdata[i];
        network = sim_value_is_call(block, "network") ? block : NULL;
    }
    if (resolve->zones->len == 0) {
        add_zone(resolve, "default");
    }
    spec->is_given = network != NULL;
    spec->zone_count = resolve->zones->len;
    const char **names = sim_arena_array(arena, const char *, resolve->zones->len);
    memcpy(names, resolve->zones->pdata, resolve->zones->len * sizeof(*names));
    spec->zone_names = names;
    spec->links =
        sim_arena_array(arena, struct sim_link_law, (size_t)spec->zone_count * spec->zone_count);
    if (network) {
        read_laws(resolve, network, spec);
    }
}
