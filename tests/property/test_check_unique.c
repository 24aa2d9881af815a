/* Sets that only grow, and queues into which nothing is put twice: what is decided fast beside the
 * search, on many small histories. Most come of an order, and in some of these somebody was told
 * something else. If this failed, a large history of either could be judged wrongly.
 */
#include <glib.h>

#include "base/random.h"
#include "check/operations.h"

#define HISTORIES 100000
#define OPERATIONS_MAX 9

static void draw_times(struct sim_random *random, struct sim_history_entry *entry)
{
    entry->invoked = (sim_time)sim_random_below(random, 24);
    entry->completed = entry->invoked + 1 + (sim_time)sim_random_below(random, 6);
}

/* What the operation is told, `at` some instant while it runs. */
struct turn {
    sim_time at;
    uint32_t entry;
};

static int by_time(gconstpointer a, gconstpointer b)
{
    const struct turn *x = a, *y = b;
    return x->at != y->at ? (x->at > y->at) - (x->at < y->at)
                          : (x->entry > y->entry) - (x->entry < y->entry);
}

/* Numbers that are held, in the order of their coming. */
static void play(struct sim_random *random, struct sim_check_input *input, GArray *held,
                 struct sim_history_entry *entry)
{
    bool is_lie = sim_random_below(random, 4) == 0;
    if (entry->function == SIM_HISTORY_ADD || entry->function == SIM_HISTORY_ENQUEUE) {
        if (entry->outcome != SIM_HISTORY_UNKNOWN || sim_random_below(random, 2) == 0) {
            g_array_append_val(held, entry->argument);
        }
        return;
    }
    if (entry->function == SIM_HISTORY_READ) {
        g_autoptr(GArray) numbers = g_array_copy(held);
        if (is_lie && numbers->len > 0) {
            g_array_remove_index(numbers, (guint)sim_random_below(random, numbers->len));
        }
        entry->result = check_set_state(input, numbers);
        return;
    }
    guint place = is_lie && held->len > 1 ? 1 : 0;
    bool is_missing = held->len == 0 || (is_lie && place == 0);
    bool happens = entry->outcome != SIM_HISTORY_UNKNOWN || sim_random_below(random, 2) == 0;
    entry->is_missing = is_missing;
    entry->result = is_missing ? 0 : g_array_index(held, uint64_t, place);
    if (!is_missing && happens) {
        g_array_remove_index(held, place);
    }
}

static void draw(struct sim_random *random, struct sim_check_input *input, bool is_queue)
{
    uint32_t count = 2 + (uint32_t)sim_random_below(random, OPERATIONS_MAX - 1);
    struct turn turns[OPERATIONS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        struct sim_history_entry *entry = sim_history_add(&input->history);
        bool puts = sim_random_below(random, 2) == 0;
        draw_times(random, entry);
        entry->function = (uint8_t)(is_queue ? puts ? SIM_HISTORY_ENQUEUE : SIM_HISTORY_DEQUEUE
                                    : puts   ? SIM_HISTORY_ADD
                                             : SIM_HISTORY_READ);
        entry->argument = is_queue ? i : sim_random_below(random, 4); /* added more than once */
        entry->is_result_known = true;
        turns[i] = (struct turn){entry->invoked +
                                     (sim_time)sim_random_below(
                                         random, (uint64_t)(entry->completed - entry->invoked + 1)),
                                 i};
        if (entry->function != SIM_HISTORY_READ && sim_random_below(random, 5) == 0) {
            entry->outcome = SIM_HISTORY_UNKNOWN;
            entry->completed = SIM_NEVER;
            entry->is_result_known = false;
        }
    }
    qsort(turns, count, sizeof turns[0], by_time);
    g_autoptr(GArray) held = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (uint32_t i = 0; i < count; i++) {
        play(random, input, held, &input->history.entries[turns[i].entry]);
    }
}

/* As check.c does: entries in order of invocation. */
static void make_part(struct check_part *part, struct sim_check_input *input)
{
    uint32_t order[OPERATIONS_MAX], count = 0;
    for (sim_time time = 0; time < 24; time++) {
        for (uint32_t i = 0; i < input->history.count; i++) {
            if (input->history.entries[i].invoked == time) {
                order[count++] = i;
            }
        }
    }
    check_part_init(part, input, order, count);
}

static void test_twins(const void *data)
{
    bool is_queue = data != NULL;
    struct sim_random random;
    uint32_t wrong = 0;
    sim_random_init(&random, 1, "unique", is_queue ? "queue" : "set");
    for (int i = 0; i < HISTORIES; i++) {
        struct sim_check_input input = {.model = is_queue ? SIM_CHECK_QUEUE : SIM_CHECK_SET,
                                        .has_initial = true};
        sim_history_init(&input.history, OPERATIONS_MAX);
        input.initial = sim_check_text(&input, "");
        draw(&random, &input, is_queue);
        struct check_part part;
        uint64_t steps = 1000000;
        uint32_t stuck;
        make_part(&part, &input);
        g_assert_true(is_queue ? check_queue_applies(&part) : check_growing_applies(&part));
        enum sim_check_verdict fast =
            is_queue ? check_queue(&part, NULL) : check_growing(&part, &stuck, NULL);
        g_assert_cmpint(fast, ==, check_search(&part, 1 << 24, &steps, &stuck));
        wrong += fast == SIM_CHECK_NO;
        check_part_clear(&part);
        sim_check_input_clear(&input);
    }
    g_test_message("%u wrong of %d", wrong, HISTORIES);
    g_assert_cmpuint(wrong, >, HISTORIES / 20);
    g_assert_cmpuint(wrong, <, HISTORIES - HISTORIES / 10);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/unique/set", NULL, test_twins);
    g_test_add_data_func("/unique/queue", "queue", test_twins);
    return g_test_run();
}
