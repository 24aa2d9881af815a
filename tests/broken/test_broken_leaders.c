/* Broken twins of store.multi_leader (tests/broken/build.sh): what each lacks is found by the swarm
 * (leaders_swarm.h), and nothing is found in the model itself. If this failed, a merge that loses
 * or doubles something would pass for a right one.
 */
#include "leaders_swarm.h"
#include "store_story.h"

static bool is_twin(const char *twin)
{
    return strcmp(BROKEN_TWIN, twin) == 0;
}

#define DURABLE LEADERS_STORE LEADERS_DURABLE LEADERS_TIERS

static void test_all(void)
{
    static const struct {
        const char *twin, *params;
        enum leaders_kind kind;
        unsigned faults;
    } cases[] = {
        {"leaders_adding", DURABLE, LEADERS_G_COUNTER, SWARM_ALL_FAULTS},
        {"leaders_adding", DURABLE, LEADERS_PN_COUNTER, SWARM_ALL_FAULTS},
        {"leaders_tags", DURABLE, LEADERS_OR_SET, SWARM_ALL_FAULTS},
        {"leaders_siblings", DURABLE, LEADERS_SIBLINGS, SWARM_ALL_FAULTS},
        {"leaders_siblings", DURABLE, LEADERS_G_SET, SWARM_ALL_FAULTS},
        {"leaders_latest", DURABLE, LEADERS_LAST_WRITE, SWARM_ALL_FAULTS},
        {"leaders_repeated", DURABLE, LEADERS_HANDOFF_COUNTER, SWARM_ALL_FAULTS},
        {"leaders_clock", DURABLE, LEADERS_HANDOFF_COUNTER, SWARM_ALL_FAULTS},
        {"leaders_dropped", DURABLE, LEADERS_HANDOFF_COUNTER, SWARM_ALL_FAULTS},
        {"leaders_peers", DURABLE, LEADERS_HANDOFF_COUNTER, SWARM_ALL_FAULTS},
        {"leaders_fsync", DURABLE, LEADERS_G_COUNTER, SWARM_ALL_FAULTS},
        {"leaders_fsync", DURABLE, LEADERS_HANDOFF_COUNTER, SWARM_ALL_FAULTS},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        bool is_it = is_twin(cases[i].twin);
        if (!is_it && !is_twin("none")) {
            continue;
        }
        struct leaders_play *play = leaders_play_new(cases[i].kind, cases[i].params,
                                                     cases[i].faults, 1, is_it ? 200 : 20, is_it);
        g_assert_true((leaders_wrong(play) > 0) == is_it);
        leaders_play_free(play);
    }
}

/* Without fsync a member crashes that others have heard, and counts again before it hears them. */
static void test_names(void)
{
    if (!is_twin("leaders_names") && !is_twin("none")) {
        return;
    }
    struct store_story story;
    store_story_begin(&story, &sim_model_store_multi_leader, 3, ms(10),
                      "kind = 'g_counter', service = ms(0), sync_period = none");
    store_story_start(&story);
    store_story_do(&story, "replica[1]", SIM_OP_INCREMENT, 7, 5);
    store_story_wait(&story, ms(10));
    fixture_crash(&story.f, "replica[1]");
    fixture_restart(&story.f, "replica[1]");
    store_story_do(&story, "replica[1]", SIM_OP_INCREMENT, 7, 1);
    store_story_wait(&story, s(60));
    bool is_right = true;
    for (uint32_t i = 1; i <= 3; i++) {
        g_autofree char *name = g_strdup_printf("replica[%u]", i);
        is_right &= store_story_held(&story, name, 7) == 6;
    }
    g_assert_true(is_right != is_twin("leaders_names"));
    store_story_end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/broken/leaders/swarm", test_all);
    g_test_add_func("/broken/leaders/names", test_names);
    return g_test_run();
}
