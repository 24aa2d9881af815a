/* The tables of a replay: text, JSON, CSV. See replay.h. */
#include "report/replay.h"

#include "base/text.h"
#include "report/json_writer.h"
#include "report/table.h"

static double ratio_of(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0.0;
}

static char *capacity_text(char out[SIM_TEXT_MAX], const struct sim_replay_result *result,
                           uint64_t capacity)
{
    return result->is_by_bytes ? sim_text_bytes(out, (double)capacity)
                               : sim_text_count(out, (double)capacity);
}

/* ---- text ---- */

enum figure { MISS_RATIO, BYTE_MISS_RATIO, MISSES };

static char *figure_text(enum figure figure, const struct sim_replay_tally *tally)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    double ratio = figure == BYTE_MISS_RATIO ? ratio_of(tally->miss_bytes, tally->request_bytes)
                                             : ratio_of(tally->misses, tally->requests);
    return figure == MISSES
               ? g_strdup_printf("%" G_GUINT64_FORMAT, tally->misses)
               : g_strdup(g_ascii_formatd(number, sizeof number, "%.2f", 100.0 * ratio));
}

/* The policy with the fewest misses, the first of equal ones. */
static const char *best_of(const struct sim_replay_result *result, uint32_t capacity,
                           enum figure figure)
{
    const struct sim_replay_row *best = sim_replay_row_at(result, 0, capacity);
    for (uint32_t p = 1; p < result->policy_count; p++) {
        const struct sim_replay_row *row = sim_replay_row_at(result, p, capacity);
        bool is_better = figure == BYTE_MISS_RATIO ? row->tally.miss_bytes < best->tally.miss_bytes
                                                   : row->tally.misses < best->tally.misses;
        best = is_better ? row : best;
    }
    return best->policy;
}

static void append_table(GString *out, const struct sim_replay_result *result, enum figure figure,
                         const char *title)
{
    struct sim_table table;
    char text[SIM_TEXT_MAX];
    bool has_best = result->policy_count > 1 && figure != MISSES;
    g_autoptr(GString) columns = g_string_new("r");
    for (uint32_t p = 0; p < result->policy_count; p++) {
        g_string_append_c(columns, 'r');
    }
    g_string_append(columns, has_best ? "l" : "");
    sim_table_init(&table, columns->str);
    sim_table_add(&table, "capacity");
    for (uint32_t p = 0; p < result->policy_count; p++) {
        sim_table_add(&table, sim_replay_row_at(result, p, 0)->policy);
    }
    if (has_best) {
        sim_table_add(&table, "fewest");
    }
    for (uint32_t c = 0; c < result->capacity_count; c++) {
        sim_table_add(&table,
                      capacity_text(text, result, sim_replay_row_at(result, 0, c)->capacity));
        for (uint32_t p = 0; p < result->policy_count; p++) {
            g_autofree char *cell = figure_text(figure, &sim_replay_row_at(result, p, c)->tally);
            sim_table_add(&table, cell);
        }
        if (has_best) {
            sim_table_add(&table, best_of(result, c, figure));
        }
    }
    g_string_append_printf(out, "\n%s\n", title);
    sim_table_print(&table, out, "  ", 0, false);
    sim_table_clear(&table);
}

/* Where a policy would not keep what it was given, the misses say little about it. */
static void append_refusals(GString *out, const struct sim_replay_result *result)
{
    char text[SIM_TEXT_MAX];
    for (uint32_t p = 0; p < result->policy_count; p++) {
        g_autoptr(GString) places = g_string_new(NULL);
        for (uint32_t c = 0; c < result->capacity_count; c++) {
            const struct sim_replay_row *row = sim_replay_row_at(result, p, c);
            if (row->tally.refusals > 0) {
                g_string_append_printf(places, "%s%s", places->len > 0 ? ", " : "",
                                       capacity_text(text, result, row->capacity));
                g_string_append_printf(
                    places, " (%s of its misses)",
                    sim_text_percent(text, ratio_of(row->tally.refusals, row->tally.misses)));
            }
        }
        if (places->len > 0) {
            g_string_append_printf(out, "%s refused objects at %s\n",
                                   sim_replay_row_at(result, p, 0)->policy, places->str);
        }
    }
}

GString *sim_replay_text(const struct sim_replay_result *result,
                         const struct sim_replay_source *source)
{
    const struct sim_replay_trace *trace = &result->trace;
    char text[SIM_TEXT_MAX];
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "%s: %s requests", source->name,
                           sim_text_count(text, (double)trace->requests));
    if (trace->is_counted) {
        g_string_append_printf(out, " of %s objects", sim_text_count(text, (double)trace->objects));
    }
    if (trace->is_counted && result->is_by_bytes) {
        g_string_append_printf(out, " that are %s together",
                               sim_text_bytes(text, (double)trace->footprint));
    }
    g_string_append(out, "\nEvery request is a look-up that inserts on a miss; no warm-up.\n");
    append_table(out, result, MISS_RATIO, "Miss ratio, %");
    if (result->is_by_bytes) {
        append_table(out, result, BYTE_MISS_RATIO, "Byte miss ratio, %");
    }
    append_table(out, result, MISSES, "Misses");
    g_autoptr(GString) refusals = g_string_new(NULL);
    append_refusals(refusals, result);
    g_string_append_printf(out, "%s%s", refusals->len > 0 ? "\n" : "", refusals->str);
    return out;
}

/* ---- files ---- */

GString *sim_replay_csv(const struct sim_replay_result *result)
{
    char text[SIM_TEXT_MAX];
    GString *out = g_string_new(NULL);
    bool is_by_bytes = result->is_by_bytes;
    g_string_append_printf(
        out, "policy,%s,requests_count,misses_count,miss_ratio,%sevictions_count,refusals_count\n",
        is_by_bytes ? "capacity_bytes" : "capacity_objects",
        is_by_bytes ? "requested_bytes,missed_bytes,byte_miss_ratio," : "");
    for (uint32_t i = 0; i < result->policy_count * result->capacity_count; i++) {
        const struct sim_replay_row *row = &result->rows[i];
        const struct sim_replay_tally *tally = &row->tally;
        g_string_append_printf(
            out, "%s,%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%s,",
            row->policy, row->capacity, tally->requests, tally->misses,
            sim_text_double(text, ratio_of(tally->misses, tally->requests)));
        if (is_by_bytes) {
            g_string_append_printf(
                out, "%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%s,", tally->request_bytes,
                tally->miss_bytes,
                sim_text_double(text, ratio_of(tally->miss_bytes, tally->request_bytes)));
        }
        g_string_append_printf(out, "%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "\n",
                               tally->evictions, tally->refusals);
    }
    return out;
}

static void write_trace(struct sim_json *json, const struct sim_replay_result *result,
                        const struct sim_replay_source *source)
{
    const struct sim_replay_trace *trace = &result->trace;
    sim_json_open(json, "trace", '{', false);
    sim_json_text(json, "name", source->name);
    sim_json_integer(json, "requests_count", (int64_t)trace->requests);
    if (trace->is_counted) {
        sim_json_integer(json, "objects_count", (int64_t)trace->objects);
    }
    if (trace->is_counted && result->is_by_bytes) {
        sim_json_integer(json, "footprint_bytes", (int64_t)trace->footprint);
    }
    if (result->is_by_bytes) {
        sim_json_text(json, "bytes_column", source->bytes_column);
    }
    sim_json_hex(json, "keys_hash", trace->keys_hash);
    sim_json_close(json, '}');
}

static void write_row(struct sim_json *json, const struct sim_replay_row *row, bool is_by_bytes)
{
    const struct sim_replay_tally *tally = &row->tally;
    sim_json_open(json, NULL, '{', true);
    sim_json_text(json, "policy", row->policy);
    sim_json_integer(json, is_by_bytes ? "capacity_bytes" : "capacity_objects",
                     (int64_t)row->capacity);
    sim_json_integer(json, "misses_count", (int64_t)tally->misses);
    sim_json_number(json, "miss_ratio", ratio_of(tally->misses, tally->requests));
    if (is_by_bytes) {
        sim_json_integer(json, "requested_bytes", (int64_t)tally->request_bytes);
        sim_json_integer(json, "missed_bytes", (int64_t)tally->miss_bytes);
        sim_json_number(json, "byte_miss_ratio", ratio_of(tally->miss_bytes, tally->request_bytes));
    }
    sim_json_integer(json, "evictions_count", (int64_t)tally->evictions);
    sim_json_integer(json, "refusals_count", (int64_t)tally->refusals);
    sim_json_close(json, '}');
}

GString *sim_replay_json(const struct sim_replay_result *result,
                         const struct sim_replay_source *source)
{
    GString *out = g_string_new(NULL);
    struct sim_json json;
    sim_json_init(&json, out);
    sim_json_open(&json, NULL, '{', false);
    sim_json_text(&json, "brink", BRINK_VERSION);
    write_trace(&json, result, source);
    sim_json_u64(&json, "seed", source->seed);
    sim_json_open(&json, "caches", '[', false);
    for (uint32_t i = 0; i < result->policy_count * result->capacity_count; i++) {
        write_row(&json, &result->rows[i], result->is_by_bytes);
    }
    sim_json_close(&json, ']');
    sim_json_close(&json, '}');
    return out;
}
