/* The messages of a window, out of an event log. If this failed, the diagram would show messages
 * that were not sent, or nodes that were down as if they had answered.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/messages.h"
#include "report/trace.h"
#include "study.h"

#define LINE(time, kind, node, peer, label, id, number)                                            \
    "{\"time_ns\": " time ", \"kind\": \"" kind "\", \"node\": \"" node "\", " peer                \
    "\"label\": \"" label "\", \"id\": \"" id "\", \"number\": \"" number "\"}\n"
#define PEER(name) "\"peer\": \"" name "\", "

/* A request to one of three, of whom two are cut off and one has crashed. */
static const char *const log_text = LINE("5", "fault", "world", "", "cut", "0", "1")
    LINE("8", "send", "db[2]", PEER("db[1]"), "vote", "9",
         "0") LINE("10", "event", "users", "", "timer", "0",
                   "0") LINE("10", "send", "users", PEER("db[1]"), "request", "1",
                             "0") LINE("12", "arrive", "db[1]", PEER("users"), "request", "1", "7")
        LINE("12", "send", "db[1]", PEER("db[3]"), "ask", "2",
             "0") LINE("12", "send", "db[1]", PEER("db[2]"), "ask", "3", "0")
            LINE("12", "drop", "db[1]", PEER("db[2]"), "cut off", "3", "0")
                LINE("13", "arrive", "db[1]", PEER("db[2]"), "vote", "9", "0")
                    LINE("14", "fault", "world", "", "crash", "1", "1")
                        LINE("14", "fault", "db[3]", "", "crash", "1", "1")
                            LINE("15", "drop", "db[1]", PEER("db[3]"), "down", "2", "0")
                                LINE("16", "note", "db[1]", "", "gives up", "0", "3")
                                    LINE("17", "send", "db[1]", PEER("users"), "reply", "1", "0")
                                        LINE("18", "fault", "db[3]", "", "crash", "1", "0")
                                            LINE("20", "fault", "world", "", "cut", "0", "0")
                                                LINE("25", "arrive", "users", PEER("db[1]"),
                                                     "reply", "1", "0")
                                                    LINE("26", "send", "users", PEER("elsewhere"),
                                                         "request", "1", "0");

static char *write_log(const char *text)
{
    char *path = NULL;
    int file = g_file_open_tmp("brink-XXXXXX.jsonl", &path, NULL);
    g_assert_cmpint(file, >=, 0);
    g_close(file, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static const struct sim_message_arrow *arrow_at(const struct sim_messages *messages, uint32_t index)
{
    g_assert_cmpuint(index, <, messages->arrows->len);
    return &g_array_index(messages->arrows, struct sim_message_arrow, index);
}

static void expect_arrow(const struct sim_messages *messages, uint32_t index, const char *from,
                         const char *to, sim_time sent, sim_time ended, const char *lost)
{
    const struct sim_message_arrow *arrow = arrow_at(messages, index);
    g_assert_cmpstr(messages->nodes->pdata[arrow->from], ==, from);
    g_assert_cmpstr(messages->nodes->pdata[arrow->to], ==, to);
    g_assert_cmpint(arrow->sent, ==, sent);
    g_assert_cmpint(arrow->ended, ==, ended);
    g_assert_cmpstr(arrow->lost, ==, lost);
    for (int end = 0; end < 2; end++) { /* rows are of the time that they stand for */
        uint32_t row = end ? arrow->row : arrow->sent_row;
        sim_time time = end ? ended : sent;
        g_assert_true(row == SIM_NONE || g_array_index(messages->times, sim_time, row) == time);
    }
}

static void test_window(void)
{
    g_autofree char *path = write_log(log_text);
    struct sim_messages *messages = sim_messages_read(path, 9, 21, NULL);
    g_assert_nonnull(messages);
    static const char *const names[] = {"db[1]", "db[2]", "db[3]", "users"};
    g_assert_cmpuint(messages->nodes->len, ==, 4);
    for (size_t i = 0; i < 4; i++) {
        g_assert_cmpstr(messages->nodes->pdata[i], ==, names[i]);
    }
    g_assert_cmpuint(messages->arrows->len, ==, 5);
    expect_arrow(messages, 0, "db[2]", "db[1]", 8, 13, NULL); /* from before */
    g_assert_cmpuint(arrow_at(messages, 0)->sent_row, ==, SIM_NONE);
    expect_arrow(messages, 1, "users", "db[1]", 10, 12, NULL);
    expect_arrow(messages, 2, "db[1]", "db[3]", 12, 15, "down");
    expect_arrow(messages, 3, "db[1]", "db[2]", 12, 12, "cut off");
    expect_arrow(messages, 4, "db[1]", "users", 17, SIM_NEVER, NULL); /* still on its way */
    g_assert_cmpuint(arrow_at(messages, 4)->row, ==, SIM_NONE);
    g_assert_cmpuint(messages->marks->len, ==, 3);
    const struct sim_message_mark *marks =
        (const struct sim_message_mark *)(const void *)messages->marks->data;
    g_assert_true(marks[0].node == SIM_NONE && marks[0].from == 5 && marks[0].to == 20);
    g_assert_cmpstr(messages->nodes->pdata[marks[1].node], ==, "db[3]"); /* not the network */
    g_assert_true(marks[1].from == 14 && marks[1].to == 18);
    g_assert_true(marks[2].is_note && strcmp(marks[2].label, "gives up") == 0);
    sim_messages_free(messages);
    messages = sim_messages_read(path, 100, 200, NULL);
    g_assert_cmpuint(messages->arrows->len, ==, 0);
    sim_messages_free(messages);
    g_remove(path);
}

static void test_picture(void)
{
    g_autofree char *path = write_log(log_text);
    struct sim_messages *messages = sim_messages_read(path, 9, 21, NULL);
    struct sim_picture *picture = sim_plot_messages(messages, "votes");
    static const char *const wanted[] = {"'request' at",
                                         "'× ask, cut off' at",
                                         "'× ask to db[3], down' at",
                                         "'crash' at",
                                         "'cut' at",
                                         "'gives up' at",
                                         "'db[3]' at",
                                         "5 messages after"};
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
        g_test_message("%s", wanted[i]);
        g_assert_nonnull(strstr(picture->script->str, wanted[i]));
    }
    sim_picture_free(picture);
    sim_messages_free(messages);
    g_remove(path);
}

/* Two arrows that are as high in the middle of their way: what they are stands side by side. */
static void test_labels(void)
{
    g_autofree char *path =
        write_log(LINE("1", "send", "a", PEER("b"), "slow", "1", "0")
                      LINE("2", "send", "a", PEER("b"), "fast", "2", "0")
                          LINE("3", "arrive", "b", PEER("a"), "fast", "2", "0")
                              LINE("4", "arrive", "b", PEER("a"), "slow", "1", "0"));
    struct sim_messages *messages = sim_messages_read(path, 0, 9, NULL);
    struct sim_picture *picture = sim_plot_messages(messages, "labels");
    const char *slow = strstr(picture->script->str, "'slow' at ");
    const char *fast = strstr(picture->script->str, "'fast' at ");
    g_assert_true(slow != NULL && fast != NULL);
    double apart = fabs(g_ascii_strtod(slow + strlen("'slow' at "), NULL) -
                        g_ascii_strtod(fast + strlen("'fast' at "), NULL));
    g_assert_cmpfloat(apart, >, 0.1); /* of the distance of the nodes */
    sim_picture_free(picture);
    sim_messages_free(messages);
    g_remove(path);
}

static void test_wrong(void)
{
    static const char *const texts[] = {"hello\n", "{\"time_ns\": 5}\n", "{\"traceEvents\": [\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *path = write_log(texts[i]);
        g_autoptr(GError) error = NULL;
        g_assert_null(sim_messages_read(path, 0, SIM_NEVER, &error));
        g_assert_nonnull(strstr(error->message, "line 1: this is no event log"));
        g_remove(path);
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(sim_messages_read("/nowhere/log", 0, SIM_NEVER, &error));
    g_assert_nonnull(strstr(error->message, "cannot read '/nowhere/log'"));
}

/* ---- of a run ---- */

struct counted {
    sim_time from, to;
    uint32_t sent, dropped;
};

static void count(const struct sim_trace_event *event, void *data)
{
    struct counted *counted = data;
    bool is_within = event->time >= counted->from && event->time <= counted->to;
    counted->sent += is_within && event->kind == SIM_TRACE_SEND;
    counted->dropped += is_within && event->kind == SIM_TRACE_DROP;
}

/* Every message that the world says it sent, and no other; and a crash of several nodes at each. */
static void test_run(void)
{
    struct study_place place = study_place_new(
        "return scenario { name = \"run\", duration = s(10), runs = 1,\n"
        "  network { latency = ms(2) },\n"
        "  node \"users\" { model = \"client.open\", arrivals = poisson(rate(50)), to = "
        "\"db[1]\",\n    ops = { write = 1 }, timeout = s(1) },\n"
        "  node \"db\" { model = \"store.quorum\", count = 3, transport = connection { warm = true "
        "} },\n"
        "  crash { \"db[2..3]\", from = s(5.01), to = s(5.05) } }\n");
    g_autofree char *path = g_build_filename(place.folder, "log.jsonl", NULL);
    struct counted counted = {.from = 5 * SIM_SECOND, .to = 5100 * SIM_MILLISECOND};
    struct sim_run_options options = study_options(&place);
    struct sim_trace_file *file = sim_trace_open(path, NULL);
    options.trace_start = sim_trace_start;
    options.trace = sim_trace_write;
    options.trace_data = file;
    sim_study_free(study_run(&options));
    g_assert_true(sim_trace_close(file, NULL));
    options.trace_start = NULL;
    options.trace = count;
    options.trace_data = &counted;
    sim_study_free(study_run(&options));
    struct sim_messages *messages = sim_messages_read(path, counted.from, counted.to, NULL);
    uint32_t sent = 0, lost = 0, crashes = 0;
    for (uint32_t i = 0; i < messages->arrows->len; i++) {
        sent += arrow_at(messages, i)->sent_row != SIM_NONE;
        lost += arrow_at(messages, i)->lost != NULL;
    }
    for (guint i = 0; i < messages->marks->len; i++) {
        crashes += g_array_index(messages->marks, struct sim_message_mark, i).node != SIM_NONE;
    }
    g_test_message("%u sent, %u lost", sent, lost);
    g_assert_cmpuint(sent, ==, counted.sent);
    g_assert_cmpuint(sent, >, 10);
    g_assert_cmpuint(lost, ==, counted.dropped);
    g_assert_cmpuint(lost, >, 0);
    g_assert_cmpuint(crashes, ==, 2);
    g_assert_cmpuint(messages->marks->len, ==, 2);
    sim_messages_free(messages);
    messages = sim_messages_read(path, counted.from, SIM_NEVER, NULL);
    g_assert_cmpuint(messages->arrows->len, ==, 30);
    sim_messages_free(messages);
    study_place_free(&place);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/messages/window", test_window);
    g_test_add_func("/messages/picture", test_picture);
    g_test_add_func("/messages/labels", test_labels);
    g_test_add_func("/messages/wrong", test_wrong);
    g_test_add_func("/messages/run", test_run);
    return g_test_run();
}
