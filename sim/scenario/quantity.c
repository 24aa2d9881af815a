/* Quantities: the table of unit words, the algebra of dimensions, and both ways of printing. */
#include "scenario/quantity.h"

#include <glib.h>
#include <string.h>

#include "base/math.h"

const struct sim_unit_word sim_unit_words[] = {
    {"ns", 1, 1e9, 1, 0, false, "nanoseconds"},
    {"us", 1, 1e6, 1, 0, false, "microseconds"},
    {"ms", 1, 1e3, 1, 0, false, "milliseconds"},
    {"s", 1, 1, 1, 0, false, "seconds"},
    {"seconds", 1, 1, 1, 0, false, "seconds"},
    {"minutes", 60, 1, 1, 0, false, "minutes"},
    {"hours", 3600, 1, 1, 0, false, "hours"},
    {"days", 86400, 1, 1, 0, false, "days of 86,400 s"},
    {"rate", 1, 1, -1, 0, false, "events per second"},
    {"per_second", 1, 1, -1, 0, false, "events per second"},
    {"per_minute", 1, 60, -1, 0, false, "events per minute"},
    {"per_hour", 1, 3600, -1, 0, false, "events per hour"},
    {"per_day", 1, 86400, -1, 0, false, "events per day of 86,400 s"},
    {"percent", 1, 100, 0, 0, true, "hundredths"},
    {"bytes", 1, 1, 0, 1, false, "bytes"},
    {"B", 1, 1, 0, 1, false, "bytes"},
    {"kB", 1e3, 1, 0, 1, false, "1,000 bytes"},
    {"KB", 1e3, 1, 0, 1, false, "1,000 bytes"},
    {"MB", 1e6, 1, 0, 1, false, "10^6 bytes"},
    {"GB", 1e9, 1, 0, 1, false, "10^9 bytes"},
    {"TB", 1e12, 1, 0, 1, false, "10^12 bytes"},
    {"PB", 1e15, 1, 0, 1, false, "10^15 bytes"},
    {"KiB", 1024, 1, 0, 1, false, "1,024 bytes"},
    {"MiB", 1048576, 1, 0, 1, false, "2^20 bytes"},
    {"GiB", 1073741824, 1, 0, 1, false, "2^30 bytes"},
    {"TiB", 1099511627776, 1, 0, 1, false, "2^40 bytes"},
    {"bit_s", 1, 8, -1, 1, false, "bits per second"},
    {"kbit_s", 1e3, 8, -1, 1, false, "1,000 bits per second"},
    {"Mbit_s", 1e6, 8, -1, 1, false, "10^6 bits per second"},
    {"Gbit_s", 1e9, 8, -1, 1, false, "10^9 bits per second"},
    {"B_s", 1, 1, -1, 1, false, "bytes per second"},
    {"kB_s", 1e3, 1, -1, 1, false, "1,000 bytes per second"},
    {"MB_s", 1e6, 1, -1, 1, false, "10^6 bytes per second"},
    {"GB_s", 1e9, 1, -1, 1, false, "10^9 bytes per second"},
    {"KiB_s", 1024, 1, -1, 1, false, "1,024 bytes per second"},
    {"MiB_s", 1048576, 1, -1, 1, false, "2^20 bytes per second"},
    {"GiB_s", 1073741824, 1, -1, 1, false, "2^30 bytes per second"},
    {NULL, 0, 0, 0, 0, false, NULL},
};

const struct sim_noun sim_nouns[] = {
    {"block", "blocks"},
    {"call", "calls"},
    {"click", "clicks"},
    {"client", "clients"},
    {"comment", "comments"},
    {"connection", "connections"},
    {"copy", "copies"},
    {"core", "cores"},
    {"device", "devices"},
    {"document", "documents"},
    {"download", "downloads"},
    {"entry", "entries"},
    {"event", "events"},
    {"file", "files"},
    {"follower", "followers"},
    {"frame", "frames"},
    {"group", "groups"},
    {"image", "images"},
    {"item", "items"},
    {"key", "keys"},
    {"like", "likes"},
    {"machine", "machines"},
    {"member", "members"},
    {"message", "messages"},
    {"object", "objects"},
    {"order", "orders"},
    {"page", "pages"},
    {"part", "parts"},
    {"photo", "photos"},
    {"post", "posts"},
    {"product", "products"},
    {"query", "queries"},
    {"read", "reads"},
    {"record", "records"},
    {"redirect", "redirects"},
    {"replica", "replicas"},
    {"request", "requests"},
    {"row", "rows"},
    {"server", "servers"},
    {"session", "sessions"},
    {"shard", "shards"},
    {"subscriber", "subscribers"},
    {"timeline", "timelines"},
    {"transaction", "transactions"},
    {"update", "updates"},
    {"upload", "uploads"},
    {"url", "urls"},
    {"user", "users"},
    {"video", "videos"},
    {"view", "views"},
    {"visit", "visits"},
    {"visitor", "visitors"},
    {"word", "words"},
    {"write", "writes"},
    {NULL, NULL},
};

const struct sim_unit_word *sim_unit_word_find(const char *name)
{
    for (const struct sim_unit_word *word = sim_unit_words; word->name; word++) {
        if (strcmp(word->name, name) == 0) {
            return word;
        }
    }
    return NULL;
}

struct sim_quantity sim_quantity_of_word(const struct sim_unit_word *word, double x)
{
    return (struct sim_quantity){.value = x * word->factor / word->divisor,
                                 .dimension = {.second = word->second, .byte = word->byte},
                                 .is_percent = word->is_percent};
}

const struct sim_noun *sim_noun_find(const char *word)
{
    for (const struct sim_noun *noun = sim_nouns; noun->singular; noun++) {
        if (strcmp(noun->singular, word) == 0 || strcmp(noun->plural, word) == 0) {
            return noun;
        }
    }
    return NULL;
}

struct sim_quantity sim_quantity_number(double value)
{
    return (struct sim_quantity){.value = value};
}

struct sim_quantity sim_quantity_noun(const char *singular)
{
    return (struct sim_quantity){.value = 1,
                                 .dimension = {.noun_count = 1, .nouns = {{singular, 1}}}};
}

struct sim_quantity sim_quantity_of_unit(double value, enum sim_unit unit)
{
    struct sim_quantity quantity = sim_quantity_number(value);
    switch (unit) {
    case SIM_UNIT_NONE:
        break;
    case SIM_UNIT_SECOND:
        quantity.dimension.second = 1;
        break;
    case SIM_UNIT_RATIO:
        quantity.is_percent = true;
        break;
    case SIM_UNIT_RATE:
        quantity.dimension.second = -1;
        break;
    case SIM_UNIT_BYTE:
        quantity.dimension.byte = 1;
        break;
    case SIM_UNIT_BANDWIDTH:
        quantity.dimension.byte = 1;
        quantity.dimension.second = -1;
        break;
    }
    return quantity;
}

bool sim_dimension_is(const struct sim_dimension *dimension, int32_t second, int32_t byte)
{
    return dimension->second == second && dimension->byte == byte && dimension->noun_count == 0;
}

bool sim_dimension_is_number(const struct sim_dimension *dimension)
{
    return sim_dimension_is(dimension, 0, 0);
}

bool sim_dimension_equal(const struct sim_dimension *a, const struct sim_dimension *b)
{
    if (a->second != b->second || a->byte != b->byte || a->noun_count != b->noun_count) {
        return false;
    }
    for (uint32_t i = 0; i < a->noun_count; i++) {
        if (a->nouns[i].power != b->nouns[i].power ||
            strcmp(a->nouns[i].noun, b->nouns[i].noun) != 0) {
            return false;
        }
    }
    return true;
}

static bool is_power(int32_t power)
{
    return power >= -SIM_NOUN_POWER_MAX && power <= SIM_NOUN_POWER_MAX;
}

/* Appends noun^power unless the power is 0. False when there is no room. */
static bool dimension_append(struct sim_dimension *dimension, const char *noun, int32_t power)
{
    if (power == 0) {
        return true;
    }
    if (dimension->noun_count == SIM_NOUNS_MAX || !is_power(power)) {
        return false;
    }
    dimension->nouns[dimension->noun_count++] = (struct sim_noun_power){noun, power};
    return true;
}

bool sim_dimension_combine(const struct sim_dimension *a, const struct sim_dimension *b,
                           int32_t sign, struct sim_dimension *ret_product)
{
    struct sim_dimension product = {.second = a->second + sign * b->second,
                                    .byte = a->byte + sign * b->byte};
    if (!is_power(product.second) || !is_power(product.byte)) {
        return false;
    }
    uint32_t i = 0;
    uint32_t j = 0;
    while (i < a->noun_count || j < b->noun_count) {
        int order = 0;
        if (i == a->noun_count || j == b->noun_count) {
            order = i < a->noun_count ? -1 : 1;
        } else {
            order = strcmp(a->nouns[i].noun, b->nouns[j].noun);
        }
        int32_t power = 0;
        const char *noun = order <= 0 ? a->nouns[i].noun : b->nouns[j].noun;
        if (order <= 0) {
            power += a->nouns[i++].power;
        }
        if (order >= 0) {
            power += sign * b->nouns[j++].power;
        }
        if (!dimension_append(&product, noun, power)) {
            return false;
        }
    }
    *ret_product = product;
    return true;
}

static const char *noun_plural(const char *singular)
{
    const struct sim_noun *noun = sim_noun_find(singular);
    return noun ? noun->plural : singular;
}

static void append_factor(GString *out, const char *separator, const char *name, int32_t power)
{
    if (out->len > 0 || separator[0] == '/') {
        g_string_append(out, separator);
    }
    g_string_append(out, name);
    if (power > 1) {
        g_string_append_printf(out, "^%d", power);
    }
}

const char *sim_dimension_text(struct sim_arena *arena, const struct sim_dimension *dimension)
{
    if (sim_dimension_is(dimension, 1, 0)) {
        return "seconds";
    }
    g_autoptr(GString) out = g_string_new(NULL);
    for (uint32_t i = 0; i < dimension->noun_count; i++) {
        if (dimension->nouns[i].power > 0) {
            append_factor(out, " ", noun_plural(dimension->nouns[i].noun),
                          dimension->nouns[i].power);
        }
    }
    if (dimension->byte > 0) {
        append_factor(out, " ", "bytes", dimension->byte);
    }
    if (dimension->second > 0) {
        append_factor(out, " ", "s", dimension->second);
    }
    bool is_below =
        dimension->byte < 0 || dimension->second < 0; /* something stands below the line */
    for (uint32_t i = 0; i < dimension->noun_count; i++) {
        is_below = is_below || dimension->nouns[i].power < 0;
    }
    if (out->len == 0 && is_below) {
        g_string_append_c(out, '1');
    }
    for (uint32_t i = 0; i < dimension->noun_count; i++) {
        if (dimension->nouns[i].power < 0) {
            append_factor(out, "/", dimension->nouns[i].noun, -dimension->nouns[i].power);
        }
    }
    if (dimension->byte < 0) {
        append_factor(out, "/", "byte", -dimension->byte);
    }
    if (dimension->second < 0) {
        append_factor(out, "/", "s", -dimension->second);
    }
    return sim_arena_strdup(arena, out->str);
}

const char *sim_quantity_text(struct sim_arena *arena, const struct sim_quantity *quantity)
{
    char number[SIM_TEXT_MAX];
    const struct sim_dimension *dimension = &quantity->dimension;
    if (quantity->is_percent) {
        sim_text_percent(number, quantity->value);
    } else if (sim_dimension_is_number(dimension)) {
        sim_text_count(number, quantity->value);
    } else if (sim_dimension_is(dimension, 1, 0)) {
        sim_text_duration(number, quantity->value);
    } else if (sim_dimension_is(dimension, -1, 0)) {
        sim_text_rate(number, quantity->value);
    } else if (sim_dimension_is(dimension, 0, 1)) {
        sim_text_bytes(number, quantity->value);
    } else if (sim_dimension_is(dimension, -1, 1)) {
        sim_text_bandwidth(number, quantity->value);
    } else {
        sim_text_count(number, quantity->value);
        g_autofree char *text =
            g_strdup_printf("%s %s", number, sim_dimension_text(arena, dimension));
        return sim_arena_strdup(arena, text);
    }
    return sim_arena_strdup(arena, number);
}

/* "WORD(x)" with the first of `words` (NULL at the end) in which x >= 1 and reads back exactly. */
static const char *exact_in_words(struct sim_arena *arena, double value, const char *const *words)
{
    for (size_t i = 0; words[i]; i++) {
        const struct sim_unit_word *word = sim_unit_word_find(words[i]);
        double x = value * word->divisor / word->factor;
        bool is_last = words[i + 1] == NULL;
        bool is_fit = (x >= 1 || x <= -1) && sim_quantity_of_word(word, x).value == value;
        if (is_last || is_fit) {
            char number[SIM_TEXT_MAX];
            g_autofree char *text =
                g_strdup_printf("%s(%s)", word->name, sim_text_double(number, x));
            return sim_arena_strdup(arena, text);
        }
    }
    return NULL;
}

/* The words from large to small; the last has factor 1 and so is always exact. */
static const char *const duration_words[] = {"s", "ms", "us", "ns", "s", NULL};
static const char *const byte_words[] = {"bytes", NULL};
static const char *const rate_words[] = {"rate", NULL};
static const char *const bandwidth_words[] = {"B_s", NULL};
static const char *const percent_words[] = {"percent", NULL};

static void append_power(GString *out, const char *name, int32_t power)
{
    for (int32_t i = 0; i < power; i++) {
        g_string_append_printf(out, " * %s", name);
    }
    for (int32_t i = power; i < 0; i++) {
        g_string_append_printf(out, " / %s", name);
    }
}

const char *sim_quantity_lua(struct sim_arena *arena, const struct sim_quantity *quantity)
{
    const struct sim_dimension *dimension = &quantity->dimension;
    char number[SIM_TEXT_MAX];
    if (quantity->value - quantity->value != 0) { /* infinite or no number */
        return quantity->value > 0 ? "math.huge" : quantity->value < 0 ? "-math.huge" : "(0/0)";
    }
    if (sim_dimension_is_number(dimension)) {
        double hundred = quantity->value * 100;
        bool is_exact = quantity->is_percent && hundred / 100 == quantity->value;
        return is_exact ? exact_in_words(arena, quantity->value, percent_words)
                        : sim_arena_strdup(arena, sim_text_double(number, quantity->value));
    }
    if (sim_dimension_is(dimension, 1, 0)) {
        return exact_in_words(arena, quantity->value, duration_words);
    }
    if (sim_dimension_is(dimension, -1, 0)) {
        return exact_in_words(arena, quantity->value, rate_words);
    }
    if (sim_dimension_is(dimension, 0, 1)) {
        return exact_in_words(arena, quantity->value, byte_words);
    }
    if (sim_dimension_is(dimension, -1, 1)) {
        return exact_in_words(arena, quantity->value, bandwidth_words);
    }
    g_autoptr(GString) out = g_string_new(sim_text_double(number, quantity->value));
    append_power(out, "bytes(1)", dimension->byte);
    append_power(out, "s(1)", dimension->second);
    for (uint32_t i = 0; i < dimension->noun_count; i++) {
        g_autofree char *name = g_strdup_printf("unit \"%s\"", dimension->nouns[i].noun);
        append_power(out, name, dimension->nouns[i].power);
    }
    return sim_arena_strdup(arena, out->str);
}
