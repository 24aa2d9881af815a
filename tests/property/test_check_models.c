/* Every kind of object beside all orders of small histories, through the reader of EDN: what each
 * operation does is written down here a second time, on plain lists. Half of the histories come of
 * an order, by time or by sessions only; in the others somebody was told something else. If this
 * failed, a verdict about a counter, a text, a set, a queue or a lock could be wrong, or what is
 * shown of a wrong history be right by itself.
 */
#include <glib.h>
#include <string.h>

#include "base/random.h"
#include "check/read.h"

#define OPS_MAX 6
#define EVENTS (2 * OPS_MAX)
#define HISTORIES 4000

/* What a key holds: numbers in order. A register and a counter hold one, a lock none or one. */
struct held {
    int64_t all[OPS_MAX + 1];
    int count;
};

struct op {
    const struct kind *kind; /* of the operation */
    int process, key, begin, end;
    bool is_unknown;
    int64_t value, expected;
    struct held told;
};

/* What it does, false where it cannot; with `*told` of what it says, or NULL where nobody knows. */
typedef bool act(const struct op *op, struct held *held, struct held *told);

struct kind {
    const char *name;
    act *act;
    bool is_pure;
    char form; /* of the value: n number, p pair, t text, - nil; told likewise: l list */
    char told;
};

struct object {
    const char *name;
    enum sim_check_model model;
    bool holds_zero;
    struct kind kinds[4]; /* chosen from alike */
};

/* ---- what operations do ---- */

static bool do_read(const struct op *op, struct held *held, struct held *told)
{
    (void)op;
    *told = *held;
    return true;
}

static bool do_write(const struct op *op, struct held *held, struct held *told)
{
    (void)told;
    *held = (struct held){{op->value}, 1};
    return true;
}

static bool do_cas(const struct op *op, struct held *held, struct held *told)
{
    return held->all[0] == op->expected && do_write(op, held, told);
}

static bool do_add(const struct op *op, struct held *held, struct held *told)
{
    (void)told;
    held->all[0] += op->value;
    return true;
}

static bool do_push(const struct op *op, struct held *held, struct held *told)
{
    (void)told;
    held->all[held->count++] = op->value;
    return true;
}

static bool do_pop(const struct op *op, struct held *held, struct held *told)
{
    (void)op;
    *told = (struct held){{held->all[0]}, held->count > 0};
    held->count -= held->count > 0;
    memmove(held->all, held->all + 1, OPS_MAX * sizeof held->all[0]);
    return true;
}

static bool do_remove(const struct op *op, struct held *held, struct held *told)
{
    (void)told;
    int kept = 0;
    for (int i = 0; i < held->count; i++) {
        if (held->all[i] != op->value) {
            held->all[kept++] = held->all[i];
        }
    }
    held->count = kept;
    return true;
}

static bool do_include(const struct op *op, struct held *held, struct held *told)
{
    do_remove(op, held, told);
    int place = held->count++;
    for (; place > 0 && held->all[place - 1] > op->value; place--) {
        held->all[place] = held->all[place - 1];
    }
    held->all[place] = op->value;
    return true;
}

static bool do_acquire(const struct op *op, struct held *held, struct held *told)
{
    return held->count == 0 && do_push(op, held, told);
}

static bool do_release(const struct op *op, struct held *held, struct held *told)
{
    return held->count == 1 && do_pop(op, held, told);
}

static const struct object objects[] = {
    {"register",
     SIM_CHECK_REGISTER,
     true,
     {{"read", do_read, true, '-', 'n'},
      {"write", do_write, false, 'n', 'n'},
      {"cas", do_cas, false, 'p', 'p'},
      {"read", do_read, true, '-', 'n'}}},
    {"counter",
     SIM_CHECK_COUNTER,
     true,
     {{"add", do_add, false, 'n', 'n'},
      {"read", do_read, true, '-', 'n'},
      {"add", do_add, false, 'n', 'n'},
      {"read", do_read, true, '-', 'n'}}},
    {"append",
     SIM_CHECK_APPEND,
     false,
     {{"append", do_push, false, 't', 't'},
      {"get", do_read, true, '-', 't'},
      {"put", do_write, false, 't', 't'},
      {"get", do_read, true, '-', 't'}}},
    {"mutex",
     SIM_CHECK_MUTEX,
     false,
     {{"acquire", do_acquire, false, '-', '-'},
      {"release", do_release, false, '-', '-'},
      {"acquire", do_acquire, false, '-', '-'},
      {"release", do_release, false, '-', '-'}}},
    {"set",
     SIM_CHECK_SET,
     false,
     {{"add", do_include, false, 'n', 'n'},
      {"remove", do_remove, false, 'n', 'n'},
      {"read", do_read, true, '-', 'l'},
      {"read", do_read, true, '-', 'l'}}},
    {"queue",
     SIM_CHECK_QUEUE,
     false,
     {{"enqueue", do_push, false, 'n', 'n'},
      {"dequeue", do_pop, false, '-', 'n'},
      {"enqueue", do_push, false, 'n', 'n'},
      {"dequeue", do_pop, false, '-', 'n'}}},
};

/* ---- all orders ---- */

static bool says(const struct op *op)
{
    return !op->is_unknown && (op->kind->is_pure || op->kind->act == do_pop);
}

static bool is_as_told(const struct op *op, const struct held *told)
{
    return !says(op) ||
           (told->count == op->told.count &&
            memcmp(told->all, op->told.all, (size_t)told->count * sizeof told->all[0]) == 0);
}

static bool is_before(const struct op *a, const struct op *b, enum sim_check_level level)
{
    bool is_over = !a->is_unknown && a->end < b->begin;
    bool is_of_session = is_over && a->process == b->process;
    return level == SIM_CHECK_LINEARIZABLE ? is_over
           : level == SIM_CHECK_SEQUENTIAL ? is_of_session
                                           : is_of_session && a->kind->is_pure == b->kind->is_pure;
}

static bool has_order(const struct op *ops, int count, enum sim_check_level level, unsigned placed,
                      const struct held held[2])
{
    bool is_done = true;
    for (int i = 0; i < count; i++) {
        bool may = (placed >> i & 1) == 0;
        is_done = is_done && (!may || ops[i].is_unknown);
        for (int j = 0; j < count; j++) {
            may = may && ((placed >> j & 1) != 0 || !is_before(&ops[j], &ops[i], level));
        }
        struct held after[2] = {held[0], held[1]}, told = {.count = 0};
        if (may && ops[i].kind->act(&ops[i], &after[ops[i].key], &told) &&
            is_as_told(&ops[i], &told) && has_order(ops, count, level, placed | 1u << i, after)) {
            return true;
        }
    }
    return is_done;
}

static bool is_right(const struct object *object, const struct op *ops, int count,
                     enum sim_check_level level)
{
    const struct held begin = {{0}, object->holds_zero};
    const struct held both[2] = {begin, begin};
    return has_order(ops, count, level, 0, both);
}

/* ---- random histories ---- */

static void draw_times(struct sim_random *random, struct op *ops, int count)
{
    int next[3] = {1, 1, 1};
    bool is_taken[8 * EVENTS] = {false};
    for (int i = 0; i < count; i++) {
        int *from = &next[ops[i].process];
        for (int *time = &ops[i].begin; time != NULL;
             time = time == &ops[i].begin ? &ops[i].end : NULL) {
            *time = *from + (int)sim_random_below(random, 4);
            while (is_taken[*time]) {
                ++*time;
            }
            is_taken[*time] = true;
            *from = *time + 1;
        }
    }
}

/* One after another, each somewhere in its time, or anywhere behind what its session did before. */
static void play(const struct object *object, struct sim_random *random, struct op *ops, int count)
{
    bool keeps_time = sim_random_below(random, 3) > 0;
    const struct held begin = {{0}, object->holds_zero};
    struct held held[2] = {begin, begin};
    unsigned placed = 0;
    for (int tries = 0; tries < 40; tries++) {
        int i = (int)sim_random_below(random, (uint64_t)count);
        bool may = (placed >> i & 1) == 0;
        for (int j = 0; j < count; j++) {
            may = may && ((placed >> j & 1) != 0 ||
                          !is_before(&ops[j], &ops[i],
                                     keeps_time ? SIM_CHECK_LINEARIZABLE : SIM_CHECK_SEQUENTIAL));
        }
        if (may) {
            struct op *op = &ops[i];
            op->expected = op->kind->act == do_cas ? held[op->key].all[0] : 0;
            op->kind->act(op, &held[op->key], &op->told);
            placed |= 1u << i;
        }
    }
}

static void spoil(struct sim_random *random, struct op *ops, int count)
{
    struct op *op = &ops[sim_random_below(random, (uint64_t)count)];
    struct op *other = &ops[sim_random_below(random, (uint64_t)count)];
    if (op->kind == other->kind || (op->kind->is_pure && other->kind->is_pure)) {
        struct held told = op->told;
        op->told = other->told;
        other->told = told;
    } else if (op->told.count > 0) {
        op->told.count = 1; /* of a set nothing twice */
        op->told.all[0] += (int64_t)sim_random_below(random, 3) - 1;
    }
    op->expected += (int64_t)sim_random_below(random, 2);
}

static int draw(const struct object *object, struct sim_random *random, struct op *ops)
{
    int count = 2 + (int)sim_random_below(random, OPS_MAX - 1);
    uint64_t keys = 1 + sim_random_below(random, 2);
    for (int i = 0; i < count; i++) {
        ops[i] = (struct op){.kind = &object->kinds[sim_random_below(random, 4)],
                             .process = (int)sim_random_below(random, 3),
                             .key = (int)sim_random_below(random, keys),
                             .value = (int64_t)sim_random_below(random, 4) - 1};
        ops[i].value = ops[i].kind->form == '-' ? 0 : ops[i].value;
        ops[i].value = object->model == SIM_CHECK_APPEND ? ops[i].value + 1 : ops[i].value;
        ops[i].is_unknown = !ops[i].kind->is_pure && sim_random_below(random, 5) == 0;
        ops[i].told.count = ops[i].kind->told == 'n' && ops[i].kind->is_pure;
    }
    draw_times(random, ops, count);
    play(object, random, ops, count);
    for (uint64_t i = sim_random_below(random, 3); i-- > 0;) {
        spoil(random, ops, count);
    }
    return count;
}

/* ---- as EDN ---- */

static void write_held(GString *edn, const struct held *held, char form)
{
    const char *const ends = form == 't' ? "\"\"" : form == 'l' ? "[]" : "  ";
    g_string_append_c(edn, ends[0]);
    for (int i = 0; i < held->count; i++) {
        if (form == 't') {
            g_string_append_c(edn, (char)('a' + held->all[i]));
        } else {
            g_string_append_printf(edn, "%" G_GINT64_FORMAT " ", held->all[i]);
        }
    }
    g_string_append(edn, form == 'n' && held->count == 0 ? "nil" : "");
    g_string_append_c(edn, ends[1]);
}

static void write_event(GString *edn, const struct op *op, bool is_end)
{
    char form = is_end && says(op) ? op->kind->told : op->kind->form;
    struct held asked = {{op->value}, 1};
    g_string_append_printf(edn, "{:process %d :type :%s :f :%s :key \"%d\" :value ", op->process,
                           !is_end          ? "invoke"
                           : op->is_unknown ? "info"
                                            : "ok",
                           op->kind->name, op->key);
    if (form == '-') {
        g_string_append(edn, "nil");
    } else if (form == 'p') {
        g_string_append_printf(edn, "[%" G_GINT64_FORMAT " %" G_GINT64_FORMAT "]", op->expected,
                               op->value);
    } else {
        write_held(edn, is_end && says(op) ? &op->told : &asked, form);
    }
    g_string_append(edn, "}\n");
}

static char *as_edn(const struct op *ops, int count)
{
    GString *edn = g_string_new(NULL);
    for (int time = 0; time < 8 * EVENTS; time++) {
        for (int i = 0; i < count; i++) {
            if (ops[i].begin == time || ops[i].end == time) {
                write_event(edn, &ops[i], ops[i].end == time);
            }
        }
    }
    return g_string_free(edn, FALSE);
}

/* ---- the piece ---- */

/* The operation that begins with that event, which are numbered from 1. */
static struct op op_of(const struct op *ops, int count, const struct sim_history_entry *entry)
{
    int event = 0;
    for (int time = 0; time < 8 * EVENTS; time++) {
        for (int i = 0; i < count; i++) {
            event += ops[i].begin == time || ops[i].end == time;
            if (ops[i].begin == time && event == entry->invoked) {
                struct op op = ops[i];
                op.is_unknown = op.is_unknown || entry->outcome == SIM_HISTORY_UNKNOWN;
                return op;
            }
        }
    }
    g_assert_not_reached();
}

/* What a read of a set is shown to have found: what does not matter is left out. */
static struct held told_in(const struct sim_check_input *input,
                           const struct sim_history_entry *entry)
{
    struct held told = {.count = 0};
    const char *text = g_ptr_array_index(input->texts, entry->result);
    for (char *end; *text != '\0'; text = *end == ' ' ? end + 1 : end) {
        told.all[told.count++] = g_ascii_strtoll(text, &end, 10);
    }
    return told;
}

/* It is wrong by itself; without any one that changes nothing it is not, nor when it is forgotten
 * of any one that it returned. */
static void check_piece(const struct object *object, const struct op *ops, int count,
                        const struct sim_check_input *input, const struct sim_check_result *result,
                        enum sim_check_level level)
{
    struct op piece[OPS_MAX], rest[OPS_MAX];
    int length = (int)result->piece->len;
    for (int i = 0; i < length; i++) {
        const struct sim_history_entry *entry =
            &g_array_index(result->piece, struct sim_history_entry, (guint)i);
        piece[i] = op_of(ops, count, entry);
        if (object->model == SIM_CHECK_SET && piece[i].kind->is_pure) {
            piece[i].told = told_in(input, entry);
        }
    }
    g_assert_false(is_right(object, piece, length, level));
    g_assert_true(result->is_minimal);
    for (int out = 0; out < length; out++) {
        memcpy(rest, piece, sizeof rest);
        if (piece[out].kind->is_pure) {
            memmove(&rest[out], &rest[out + 1], (size_t)(length - out - 1) * sizeof rest[0]);
            g_assert_true(is_right(object, rest, length - 1, level));
        } else if (level == SIM_CHECK_LINEARIZABLE && !piece[out].is_unknown) {
            rest[out].is_unknown = true;
            g_assert_true(is_right(object, rest, length, level));
        }
    }
}

/* ---- tests ---- */

static void test_object(const void *data)
{
    const struct object *object = data;
    static const enum sim_check_level levels[] = {SIM_CHECK_LINEARIZABLE, SIM_CHECK_SEQUENTIAL,
                                                  SIM_CHECK_CONSISTENT_PREFIX};
    struct sim_check_limits limits = sim_check_limits_default();
    struct sim_random random;
    int wrong[3] = {0};
    sim_random_init(&random, 1, "models", object->name);
    for (int i = 0; i < HISTORIES; i++) {
        struct op ops[OPS_MAX];
        int count = draw(object, &random, ops);
        g_autofree char *edn = as_edn(ops, count);
        for (size_t l = 0; l < G_N_ELEMENTS(levels); l++) {
            struct sim_check_input input;
            struct sim_check_result result;
            struct sim_check_claim claim = {.level = levels[l]};
            g_assert_cmpstr(sim_check_read(edn, strlen(edn), &input), ==, NULL);
            g_assert_cmpstr(sim_check_read_as(&input, object->model), ==, NULL);
            sim_check_judge(&input, &claim, &limits, &result);
            bool expected = is_right(object, ops, count, levels[l]);
            if (result.verdict != (expected ? SIM_CHECK_YES : SIM_CHECK_NO)) {
                g_test_message("level %zu: %s", l, edn);
            }
            g_assert_cmpint(result.verdict, ==, expected ? SIM_CHECK_YES : SIM_CHECK_NO);
            wrong[l] += !expected;
            if (!expected) {
                check_piece(object, ops, count, &input, &result, levels[l]);
            }
            sim_check_result_clear(&result);
            sim_check_input_clear(&input);
        }
    }
    g_test_message("%s: of %d not linearizable %d, not sequential %d, no prefix %d", object->name,
                   HISTORIES, wrong[0], wrong[1], wrong[2]);
    g_assert_cmpint(wrong[2], >, HISTORIES / 50);
    g_assert_cmpint(wrong[0], <, HISTORIES - HISTORIES / 20);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(objects); i++) {
        g_autofree char *path = g_strdup_printf("/models/%s", objects[i].name);
        g_test_add_data_func(path, &objects[i], test_object);
    }
    return g_test_run();
}
