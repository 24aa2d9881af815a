/* Sets and queues: small histories that everybody can judge, and random ones beside all orders. If
 * this failed, a queue could hand out one thing twice. */
#include <glib.h>
#include <string.h>

#include "base/random.h"
#include "check/operations.h"
#include "check/read.h"

#define HISTORIES 20000
#define OPERATIONS_MAX 6

static enum sim_check_verdict judge(struct sim_check_input *input)
{
    struct sim_check_limits limits = sim_check_limits_default();
    struct sim_check_result result;
    sim_check_linearizable(input, &limits, &result);
    enum sim_check_verdict verdict = result.verdict;
    sim_check_result_clear(&result);
    return verdict;
}

/* ---- stories ---- */

static void test_stories(void)
{
    /* One after another: function, value asked, type, value told. */
    static const struct {
        const char *story;
        bool is_right;
        enum sim_check_model model;
    } cases[] = {
        {":add 1 :ok 1; :add 2 :ok 2; :read nil :ok #{2 1}", true, SIM_CHECK_SET},
        {":add 1 :ok 1; :add 2 :ok 2; :read nil :ok [1]", false, SIM_CHECK_SET},
        {":add 1 :ok 1; :read nil :ok [1 2]; :add 2 :ok 2", false, SIM_CHECK_SET},
        {":add 1 :info 1; :read nil :ok []; :read nil :ok [1]", true, SIM_CHECK_SET},
        {":add 1 :info 1; :read nil :ok [1]; :read nil :ok []", false, SIM_CHECK_SET},
        {":add 1 :ok 1; :remove 1 :ok 1; :read nil :ok #{}", true, SIM_CHECK_SET},
        {":add 1 :fail 1; :read nil :ok #{1}", false, SIM_CHECK_SET},
        {":enqueue 1 :ok 1; :enqueue 2 :ok 2; :dequeue nil :ok 1; :dequeue nil :ok 2", true,
         SIM_CHECK_QUEUE},
        {":enqueue 1 :ok 1; :enqueue 2 :ok 2; :dequeue nil :ok 2", false, SIM_CHECK_QUEUE},
        {":enqueue 1 :ok 1; :dequeue nil :ok 1; :dequeue nil :ok 1", false, SIM_CHECK_QUEUE},
        {":dequeue nil :ok nil; :enqueue 1 :ok 1", true, SIM_CHECK_QUEUE},
        {":enqueue 1 :ok 1; :dequeue nil :ok nil", false, SIM_CHECK_QUEUE},
        {":enqueue 1 :ok 1; :dequeue nil :info nil; :dequeue nil :ok nil", true, SIM_CHECK_QUEUE},
        {":add 1 :ok 1; :add 2 :ok 2; :read nil :ok 3", true, SIM_CHECK_COUNTER},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct sim_check_input input;
        GString *edn = g_string_new(NULL);
        g_auto(GStrv) operations = g_strsplit(cases[i].story, "; ", -1);
        for (int j = 0; operations[j] != NULL; j++) {
            g_auto(GStrv) words = g_strsplit(operations[j], " ", 4);
            g_string_append_printf(edn,
                                   "{:process %d, :type :invoke, :f %s, :value %s}\n"
                                   "{:process %d, :type %s, :f %s, :value %s}\n",
                                   j, words[0], words[1], j, words[2], words[0], words[3]);
        }
        g_assert_cmpstr(sim_check_read(edn->str, edn->len, &input), ==, NULL);
        g_test_message("%s", cases[i].story);
        g_assert_cmpint(input.model, ==, cases[i].model);
        g_assert_cmpint(judge(&input), ==, cases[i].is_right ? SIM_CHECK_YES : SIM_CHECK_NO);
        sim_check_input_clear(&input);
        g_string_free(edn, TRUE);
    }
}

/* ---- all orders ---- */

/* What a set or queue holds: few small numbers, in order of their coming. */
struct held {
    uint64_t numbers[OPERATIONS_MAX];
    int count;
};

static bool has(const struct held *held, uint64_t number)
{
    bool has = false;
    for (int i = 0; i < held->count; i++) {
        has = has || held->numbers[i] == number;
    }
    return has;
}

static void take_out(struct held *held, int place)
{
    for (int i = place; i + 1 < held->count; i++) {
        held->numbers[i] = held->numbers[i + 1];
    }
    held->count--;
}

/* What a set was read to hold are the bits of the number. */
static bool step(const struct sim_history_entry *entry, struct held *held)
{
    uint64_t bits = 0;
    for (int i = 0; i < held->count; i++) {
        bits |= UINT64_C(1) << held->numbers[i];
    }
    if (entry->function == SIM_HISTORY_READ) {
        return bits == entry->version;
    }
    if (entry->function == SIM_HISTORY_ADD || entry->function == SIM_HISTORY_ENQUEUE) {
        if (entry->function == SIM_HISTORY_ENQUEUE || !has(held, entry->argument)) {
            held->numbers[held->count++] = entry->argument;
        }
        return true;
    }
    if (entry->function == SIM_HISTORY_REMOVE) {
        for (int i = 0; i < held->count; i++) {
            if (held->numbers[i] == entry->argument) {
                take_out(held, i);
                break;
            }
        }
        return true;
    }
    if (entry->is_result_known && (held->count == 0) != entry->is_missing) {
        return false;
    }
    if (entry->is_result_known && held->count > 0 && held->numbers[0] != entry->result) {
        return false;
    }
    if (held->count > 0) {
        take_out(held, 0);
    }
    return true;
}

static bool has_order(const struct sim_history *history, unsigned placed, const struct held *held)
{
    bool is_done = true;
    for (uint64_t i = 0; i < history->count; i++) {
        const struct sim_history_entry *entry = &history->entries[i];
        struct held after = *held;
        bool may = (placed >> i & 1) == 0;
        is_done = is_done && (!may || entry->outcome == SIM_HISTORY_UNKNOWN);
        for (uint64_t j = 0; j < history->count; j++) {
            may =
                may && ((placed >> j & 1) != 0 || history->entries[j].completed >= entry->invoked);
        }
        if (may && step(entry, &after) && has_order(history, placed | 1u << i, &after)) {
            return true;
        }
    }
    return is_done;
}

static void draw_entry(struct sim_random *random, struct sim_check_input *input, bool is_queue)
{
    static const uint8_t of_set[] = {SIM_HISTORY_READ, SIM_HISTORY_READ, SIM_HISTORY_ADD,
                                     SIM_HISTORY_ADD, SIM_HISTORY_REMOVE};
    static const uint8_t of_queue[] = {SIM_HISTORY_ENQUEUE, SIM_HISTORY_ENQUEUE,
                                       SIM_HISTORY_DEQUEUE, SIM_HISTORY_DEQUEUE,
                                       SIM_HISTORY_DEQUEUE};
    struct sim_history_entry *entry = sim_history_add(&input->history);
    entry->function = (is_queue ? of_queue : of_set)[sim_random_below(random, 5)];
    entry->argument = sim_random_below(random, 3);
    entry->invoked = (sim_time)sim_random_below(random, 12);
    entry->completed = entry->invoked + 1 + (sim_time)sim_random_below(random, 6);
    if (entry->function == SIM_HISTORY_READ) {
        GArray *numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
        entry->version = sim_random_below(random, 4); /* bits of 0 and 1 */
        for (uint64_t number = 0; number < 2; number++) {
            if ((entry->version >> number & 1) != 0) {
                g_array_append_val(numbers, number);
            }
        }
        entry->result = check_set_state(input, numbers);
        entry->is_result_known = true;
        g_array_free(numbers, TRUE);
    } else if (sim_random_below(random, 6) == 0) {
        entry->outcome = SIM_HISTORY_UNKNOWN;
        entry->completed = SIM_NEVER;
    } else if (entry->function == SIM_HISTORY_DEQUEUE) {
        entry->is_missing = sim_random_below(random, 3) == 0;
        entry->result = entry->is_missing ? 0 : sim_random_below(random, 3);
        entry->is_result_known = true;
    }
}

static void test_orders(const void *data)
{
    bool is_queue = data != NULL;
    struct sim_random random;
    uint32_t wrong = 0;
    sim_random_init(&random, 1, "collections", is_queue ? "queue" : "set");
    for (int i = 0; i < HISTORIES; i++) {
        struct sim_check_input input = {.model = is_queue ? SIM_CHECK_QUEUE : SIM_CHECK_SET,
                                        .has_initial = true};
        uint64_t count = 2 + sim_random_below(&random, OPERATIONS_MAX - 1);
        sim_history_init(&input.history, OPERATIONS_MAX);
        input.initial = sim_check_text(&input, "");
        for (uint64_t j = 0; j < count; j++) {
            draw_entry(&random, &input, is_queue);
        }
        const struct held nothing = {.count = 0};
        bool is_right = has_order(&input.history, 0, &nothing);
        g_assert_cmpint(judge(&input), ==, is_right ? SIM_CHECK_YES : SIM_CHECK_NO);
        wrong += !is_right;
        sim_check_input_clear(&input);
    }
    g_test_message("%u wrong of %d", wrong, HISTORIES);
    g_assert_cmpuint(wrong, >, HISTORIES / 10);
    g_assert_cmpuint(wrong, <, HISTORIES - HISTORIES / 10);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collections/stories", test_stories);
    g_test_add_data_func("/collections/set", NULL, test_orders);
    g_test_add_data_func("/collections/queue", "queue", test_orders);
    return g_test_run();
}
