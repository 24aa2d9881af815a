/* A store of any model and whoever asks it, for stories in exact time.
 *
 * The asker reaches everybody in no time, unless the test says otherwise.
 */
#ifndef BRINK_TESTS_STORE_STORY_H
#define BRINK_TESTS_STORE_STORY_H

#include "models.h"
#include "probe.h"

#define STORE_STORY_MAX 256

/* What became of one request, by its tag. */
struct store_told {
    bool is_told;
    sim_time asked, took;
    struct sim_reply reply;
};

struct store_story {
    struct fixture f;
    struct probe asker;
    uint32_t count;
    struct store_told told[STORE_STORY_MAX];
};

static inline void store_story_heard(struct sim_node *self, const struct sim_input *in,
                                     struct probe *probe)
{
    if (in->kind == SIM_IN_OUTCOME) {
        struct store_told *told = &((struct store_story *)probe->data)->told[in->tag];
        told->is_told = true;
        told->took = sim_now(self) - told->asked;
        told->reply = in->outcome->reply;
    }
}

/* Everybody in zones of their own: zone 0 is that of the asker, zone i that of replica[i]. Links
 * between replicas take `latency`, those of the asker nothing. */
static inline void store_story_begin(struct store_story *story, const struct sim_model *model,
                                     uint32_t count, sim_time latency, const char *params)
{
    static const char *const zones[] = {"z1", "z2", "z3", "z4", "z5", "z6", "z7"};
    *story = (struct store_story){.asker = {.on = store_story_heard}};
    story->asker.data = story;
    fixture_init(&story->f, s(1000));
    probe_add(&story->f, &story->asker, "asker", 1);
    fixture_add_group(&story->f, "replica", model, params, count, count);
    for (uint32_t i = 0; i < count; i++) {
        fixture_machine(&story->f, 2 + i)->zone = fixture_add_zone(&story->f, zones[i]);
    }
    const struct sim_dist *law = sim_dist_constant(&story->f.arena, (double)latency / 1e9);
    for (uint32_t i = 1; i <= count; i++) {
        for (uint32_t j = 1; j <= count; j++) {
            fixture_link(&story->f, i, j)->latency = law;
        }
    }
}

static inline void store_story_link(struct store_story *story, uint32_t a, uint32_t b,
                                    sim_time latency)
{
    const struct sim_dist *law = sim_dist_constant(&story->f.arena, (double)latency / 1e9);
    fixture_link(&story->f, a, b)->latency = fixture_link(&story->f, b, a)->latency = law;
}

static inline void store_story_start(struct store_story *story)
{
    fixture_start(&story->f);
    fixture_run_until(&story->f, 0);
}

static inline void store_story_end(struct store_story *story)
{
    fixture_clear(&story->f);
    probe_clear(&story->asker);
}

static inline uint32_t store_story_send(struct store_story *story, const char *to,
                                        const struct sim_request *request)
{
    uint32_t tag = story->count++;
    g_assert_cmpuint(tag, <, STORE_STORY_MAX);
    story->told[tag] = (struct store_told){.asked = sim_world_now(story->f.world)};
    struct sim_request copy = *request;
    copy.deadline = SIM_NEVER;
    sim_send_request(probe_node(&story->f, "asker"), fixture_id(&story->f, to), &copy, SIM_NEVER,
                     tag);
    return tag;
}

/* Asks, without waiting. */
static inline uint32_t store_story_ask(struct store_story *story, const char *to,
                                       enum sim_operation operation, uint64_t key, uint64_t value)
{
    struct sim_request request = {.key = key, .value = value, .operation = (uint16_t)operation};
    return store_story_send(story, to, &request);
}

static inline void store_story_wait(struct store_story *story, sim_time time)
{
    fixture_run_until(&story->f, sim_world_now(story->f.world) + time);
}

/* Waits for the answer, 5 s at most. */
static inline const struct store_told *store_story_get(struct store_story *story, uint32_t tag)
{
    store_story_wait(story, 0);
    for (int i = 0; i < 5000 && !story->told[tag].is_told; i++) {
        store_story_wait(story, ms(1));
    }
    g_assert_true(story->told[tag].is_told);
    return &story->told[tag];
}

static inline const struct store_told *store_story_do(struct store_story *story, const char *to,
                                                      enum sim_operation operation, uint64_t key,
                                                      uint64_t value)
{
    return store_story_get(story, store_story_ask(story, to, operation, key, value));
}

static inline const struct store_told *store_story_set(struct store_story *story, const char *to,
                                                       uint64_t key, uint64_t expected,
                                                       uint64_t value)
{
    struct sim_request request = {
        .key = key, .value = value, .expected = expected, .operation = SIM_OP_COMPARE_AND_SET};
    return store_story_get(story, store_story_send(story, to, &request));
}

/* What a member says of the key by itself. */
static inline uint64_t store_story_held(struct store_story *story, const char *to, uint64_t key)
{
    struct sim_request request = {
        .key = key, .operation = SIM_OP_READ, .consistency = SIM_CONSISTENCY_EVENTUAL};
    return store_story_get(story, store_story_send(story, to, &request))->reply.value;
}

#define store_story_expect(told, status_, value_, took_)                                           \
    do {                                                                                           \
        const struct store_told *told_ = (told);                                                   \
        g_assert_true(told_->is_told);                                                             \
        g_assert_cmpstr(sim_status_names[told_->reply.status], ==, sim_status_names[status_]);     \
        g_assert_cmpuint(told_->reply.value, ==, (value_));                                        \
        g_assert_cmpint(told_->took, ==, (took_));                                                 \
    } while (0)

#endif
