/* Leaks: what a model forgot is found by name, however much else is pending there. If this failed,
 * a model that loses requests would pass for one under load.
 */
#include <string.h>

#include "probe.h"

/* Keeps what comes in its state, and does nothing: the tests do. It has no messages, so that its
 * frames are known to be named here or nowhere. */
struct keeper_state {
    sim_ticket tickets[4]; /* that it knows of them is no promise to answer them */
    uint64_t count;
    sim_frame kept;   /* the state is where a model keeps what waits for something to come */
    sim_frame *table; /* of sim_alloc */
    struct sim_station *station;
};

struct keeper_frame {
    uint64_t owed;
    sim_frame next;
};

static void keeper_handle(struct sim_node *self, const struct sim_input *in)
{
    struct keeper_state *state = sim_state(self);
    if (in->kind == SIM_IN_START) {
        struct sim_station_options options = {.servers = 1,
                                              .queue_limit = -1,
                                              .busy_metric = SIM_STATION_NO_METRIC,
                                              .queued_metric = SIM_STATION_NO_METRIC,
                                              .wait_metric = SIM_STATION_NO_METRIC};
        state->station = sim_station_new(self, &options);
        state->table = sim_alloc(self, 8 * sizeof *state->table);
    } else if (in->kind == SIM_IN_REQUEST) {
        state->tickets[state->count++] = in->ticket;
    }
}

static const char *const keeper_timers[] = {"timer", NULL};

static const struct sim_model keeper = {
    .abi = SIM_MODEL_ABI,
    .name = "keeper",
    .traits = SIM_MODEL_SOURCE,
    .state_size = sizeof(struct keeper_state),
    .frame_size = sizeof(struct keeper_frame),
    .handle = keeper_handle,
    .timers = keeper_timers,
};

/* A keeper that owes one answer to a client, and has a peer that never answers. */
struct story_of_leaks {
    struct fixture f;
    struct probe client, peer;
    struct sim_node *node;
    struct keeper_state *state;
    sim_ticket ticket;
};

static void begin(struct story_of_leaks *story)
{
    *story = (struct story_of_leaks){.peer.reply = PROBE_HOLD};
    fixture_init(&story->f, s(100));
    fixture_add_node(&story->f, "keeper", &keeper, NULL);
    probe_add(&story->f, &story->client, "client", 1);
    probe_add(&story->f, &story->peer, "peer", 1);
    fixture_start(&story->f);
    fixture_run_until(&story->f, 0);
    sim_world_crash(story->f.world, 3, true);
    probe_call(&story->f, "client", "keeper", 0, 1);
    fixture_run_until(&story->f, 0);
    story->node = sim_world_node(story->f.world, 1);
    story->state = sim_state(story->node);
    story->ticket = story->state->tickets[0];
    g_assert_cmpuint(story->state->count, ==, 1);
}

/* Balanced, or `complaint` is what the audit says. */
static void end(struct story_of_leaks *story, const char *complaint)
{
    char text[1000] = "";
    FILE *out = tmpfile();
    sim_world_settle(story->f.world);
    bool is_balanced = sim_world_audit(story->f.world, out);
    rewind(out);
    text[fread(text, 1, sizeof text - 1, out)] = '\0';
    fclose(out);
    g_assert_true(is_balanced == (complaint == NULL));
    if (complaint != NULL) {
        g_autofree char *whole =
            g_strdup_printf("keeper: the model 'keeper' leaks: %s\n", complaint);
        g_assert_cmpstr(text, ==, whole);
    }
    story->f.expects_imbalance = complaint != NULL;
    fixture_clear(&story->f);
    probe_clear(&story->client);
    probe_clear(&story->peer);
}

#define NO_REQUEST "1 open requests are named by nothing pending and in no frame"
#define NO_OPERATION "1 open operations are named by nothing pending and in no frame"
#define SOME_FRAMES " frames are named by nothing pending, no other frame, and not in its memory"
#define NO_FRAME "1" SOME_FRAMES

static void call_peer(struct story_of_leaks *story, uint64_t tag)
{
    struct sim_request request = {.deadline = SIM_NEVER};
    sim_send_request(story->node, 3, &request, SIM_NEVER, tag);
}

static sim_frame frame_of(struct story_of_leaks *story, uint64_t owed)
{
    sim_frame frame = sim_frame_new(story->node);
    ((struct keeper_frame *)sim_frame_at(story->node, frame))->owed = owed;
    return frame;
}

static struct keeper_frame *frame_at(struct story_of_leaks *story, sim_frame frame)
{
    return sim_frame_at(story->node, frame);
}

/* A hundred of each kind that have nothing to do with what is owed. */
static void idle(struct story_of_leaks *story)
{
    for (uint64_t i = 0; i < 100; i++) {
        sim_after(story->node, s(1000), 0, i);
        call_peer(story, i);
        sim_station_work(story->node, story->state->station, s(1000), 0, 0, i);
        sim_disk_read(story->node, 0, 0, i);
        sim_flow_send(story->node, 3, 1000, i);
        sim_stream_open(story->node, 3, i, 1);
    }
    frame_at(story, story->state->kept = frame_of(story, 0))->next = frame_of(story, 1);
}

/* Whatever else is pending, what nothing names is lost. */
static void test_nothing_covers(void)
{
    struct story_of_leaks story;
    begin(&story);
    end(&story, NO_REQUEST);
    begin(&story);
    idle(&story);
    end(&story, NO_REQUEST);
    begin(&story);
    idle(&story);
    sim_answer_status(story.node, story.ticket, SIM_STATUS_OK);
    end(&story, NULL);
}

/* Each kind of thing that can be pending holds what it names. */
static void test_tags_hold(void)
{
    for (int kind = 0; kind < 6; kind++) {
        for (uint64_t wrong = 0; wrong < 2; wrong++) {
            struct story_of_leaks story;
            begin(&story);
            uint64_t tag = story.ticket + wrong;
            if (kind == 0) {
                sim_after(story.node, s(1), 0, tag);
            } else if (kind == 1) {
                call_peer(&story, tag);
            } else if (kind == 2) {
                sim_station_work(story.node, story.state->station, s(1), 0, 0, tag);
            } else if (kind == 3) {
                sim_disk_read(story.node, 0, 0, tag);
            } else if (kind == 4) {
                sim_flow_send(story.node, 3, 1000, tag);
            } else {
                sim_stream_open(story.node, 3, tag, 1);
            }
            end(&story, wrong ? NO_REQUEST : NULL);
        }
    }
}

/* A frame holds what it names while it is named itself: by a tag, by another frame, in the state,
 * or in memory of the life. */
static void test_frames_hold(void)
{
    for (int where = 0; where < 5; where++) {
        struct story_of_leaks story;
        begin(&story);
        sim_frame frame = frame_of(&story, story.ticket);
        if (where == 0) {
            sim_after(story.node, s(1), 0, frame);
        } else if (where == 1) {
            sim_frame first = frame_of(&story, 0);
            frame_at(&story, first)->next = frame;
            call_peer(&story, first);
        } else if (where == 2) {
            story.state->kept = frame;
        } else if (where == 3) {
            story.state->table[7] = frame;
        }
        end(&story, where < 4 ? NULL : NO_REQUEST "\nkeeper: the model 'keeper' leaks: " NO_FRAME);
    }
    /* Two that name each other, and nobody else does. */
    struct story_of_leaks story;
    begin(&story);
    sim_answer_status(story.node, story.ticket, SIM_STATUS_OK);
    sim_frame first = frame_of(&story, 0), second = frame_of(&story, 0);
    frame_at(&story, first)->next = second;
    frame_at(&story, second)->next = first;
    end(&story, "2" SOME_FRAMES);
}

/* The answer was given and the frame forgotten; a stale handle of it names nothing. */
static void test_forgotten_frame(void)
{
    struct story_of_leaks story;
    begin(&story);
    idle(&story);
    sim_frame stale = frame_of(&story, 0);
    sim_frame_end(story.node, stale);
    sim_after(story.node, s(1), 0, stale);
    frame_of(&story, story.ticket);
    sim_answer_status(story.node, story.ticket, SIM_STATUS_OK);
    end(&story, NO_FRAME);
}

/* Operations are named by their ids. */
static void test_operations(void)
{
    struct story_of_leaks story;
    for (int held = 0; held < 3; held++) {
        begin(&story);
        idle(&story);
        sim_answer_status(story.node, story.ticket, SIM_STATUS_OK);
        struct sim_operation_id id = sim_operation_begin(story.node);
        if (held == 1) {
            call_peer(&story, id.id);
        } else if (held == 2) {
            call_peer(&story, frame_of(&story, id.id));
        }
        end(&story, held == 0 ? NO_OPERATION : NULL);
    }
    /* The frame of one that has ended does not stand for one that was lost. */
    begin(&story);
    sim_answer_status(story.node, story.ticket, SIM_STATUS_OK);
    struct sim_operation_id ended = sim_operation_begin(story.node);
    call_peer(&story, frame_of(&story, ended.id));
    sim_operation_end(story.node, &ended, SIM_STATUS_OK);
    sim_operation_begin(story.node);
    end(&story, NO_OPERATION);
}

/* What a crash takes is not owed any more. */
static void test_crash_leaves_nothing(void)
{
    struct story_of_leaks story;
    begin(&story);
    sim_operation_begin(story.node);
    frame_of(&story, story.ticket);
    fixture_crash(&story.f, "keeper");
    fixture_restart(&story.f, "keeper");
    fixture_run_until(&story.f, s(1));
    end(&story, NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/leaks/nothing-covers", test_nothing_covers);
    g_test_add_func("/leaks/tags-hold", test_tags_hold);
    g_test_add_func("/leaks/frames-hold", test_frames_hold);
    g_test_add_func("/leaks/forgotten-frame", test_forgotten_frame);
    g_test_add_func("/leaks/operations", test_operations);
    g_test_add_func("/leaks/crash-leaves-nothing", test_crash_leaves_nothing);
    return g_test_run();
}
