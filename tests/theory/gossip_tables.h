/* The two published tables, for a short and a long test. */
#ifndef TESTS_THEORY_GOSSIP_TABLES_H
#define TESTS_THEORY_GOSSIP_TABLES_H

#include "gossip.h"
#include "table.h"

/* `data`: how many worlds of 40 rumours each. The reference figures are samples themselves: that of
 * blind coin, k = 4, is 2.8 % above what a plain loop over 100,000 runs gives (0.02000). */
static void test_rumors(gconstpointer data)
{
    struct table table;
    if (!table_read(&table, "demers_rumor_mongering_n1000.csv")) {
        return;
    }
    for (size_t row = 1; row < table.row_count; row++) {
        const char *variant = table_text(&table, row, "variant");
        int k = (int)table_number(&table, row, "k");
        bool is_blind = strstr(variant, "blind") != NULL;
        g_autofree char *params =
            g_strdup_printf("way = 'rumor', k = %d, feedback = %s", k, is_blind ? "false" : "true");
        g_autofree char *who = g_strdup_printf("%s, k = %d", variant, k);
        struct gossip_study study = {.params = params, .members = 1000, .keys = 40, .cycles = 120};
        for (uint64_t seed = 1; seed <= GPOINTER_TO_UINT(data); seed++) {
            gossip_play(&study, 100 * row + seed);
        }
        gossip_check(who, "residue", &study.residue,
                     table_number(&table, row, "recomputed_residue"), 0.03);
        gossip_check(who, "traffic", &study.traffic,
                     table_number(&table, row, "recomputed_traffic"), 0.02);
    }
    table_clear(&table);
}

/* `data`: members at most. */
static void test_rounds(gconstpointer data)
{
    struct table table;
    if (!table_read(&table, "gossip_rounds.csv")) {
        return;
    }
    for (size_t row = 1; row < table.row_count; row++) {
        const char *mode = table_text(&table, row, "mode");
        uint32_t members = (uint32_t)table_number(&table, row, "n");
        int fanout = (int)table_number(&table, row, "fanout");
        if (members > GPOINTER_TO_UINT(data)) {
            continue;
        }
        g_autofree char *way = g_strdelimit(g_strdup(mode), "-", '_');
        g_autofree char *params = g_strdup_printf("way = '%s', fanout = %d", way, fanout);
        g_autofree char *who = g_strdup_printf("%s, %u members, fanout %d", mode, members, fanout);
        struct gossip_study study = {.params = params, .members = members, .keys = 8, .cycles = 50};
        for (uint64_t seed = 1; seed <= (members > 1000 ? 100 : 300); seed++) {
            gossip_play(&study, 100 * row + seed);
        }
        gossip_check(who, "rounds", &study.last, table_number(&table, row, "mean_rounds"), 0.01);
    }
    table_clear(&table);
}

#endif
