/* Members of store.multi_leader and whoever asks them, for stories in exact time. */
#ifndef BRINK_TESTS_MULTI_LEADER_STORY_H
#define BRINK_TESTS_MULTI_LEADER_STORY_H

#include "models.h"
#include "probe.h"
#include "store/multi_leader/multi_leader.h"

#define MEMBERS 4u

struct leaders_story {
    struct fixture f;
    struct probe asker;
    char *params; /* read when the world starts */
    struct sim_reply reply;
    bool is_split;
};

static inline void on_outcome(struct sim_node *self, const struct sim_input *in,
                              struct probe *probe)
{
    (void)self;
    if (in->kind == SIM_IN_OUTCOME) {
        *(struct sim_reply *)probe->data = in->outcome->reply;
    }
}

/* Members 10 ms apart; the asker is nowhere far. */
static inline void prepare(struct leaders_story *story, const char *params)
{
    *story = (struct leaders_story){.asker = {.on = on_outcome, .forgets = true}};
    story->asker.data = &story->reply;
    fixture_init(&story->f, s(1000));
    probe_add(&story->f, &story->asker, "asker", 1);
    story->params = g_strdup_printf("service = ms(0), %s", params);
    fixture_add_group(&story->f, "member", &sim_model_store_multi_leader, story->params, MEMBERS,
                      MEMBERS);
    uint32_t zone = fixture_add_zone(&story->f, "of the members");
    for (uint32_t i = 0; i < MEMBERS; i++) {
        fixture_machine(&story->f, 2 + i)->zone = zone;
    }
    fixture_link(&story->f, zone, zone)->latency = sim_dist_constant(&story->f.arena, 0.01);
}

static inline void begin(struct leaders_story *story, const char *params)
{
    prepare(story, params);
    fixture_start(&story->f);
    fixture_run_until(&story->f, ms(450));
}

static inline void end(struct leaders_story *story)
{
    fixture_clear(&story->f);
    probe_clear(&story->asker);
    g_free(story->params);
}

static inline void pass(struct leaders_story *story, sim_time time)
{
    fixture_run_until(&story->f, sim_world_now(story->f.world) + time);
}

static inline const struct sim_reply *ask_with(struct leaders_story *story, uint32_t member,
                                               const struct sim_request *request)
{
    char name[16];
    g_snprintf(name, sizeof name, "member[%u]", member);
    story->reply = (struct sim_reply){.status = SIM_STATUS_TIMEOUT};
    sim_send_request(probe_node(&story->f, "asker"), fixture_id(&story->f, name), request,
                     SIM_NEVER, 1);
    pass(story, 0);
    return &story->reply;
}

static inline const struct sim_reply *ask(struct leaders_story *story, uint32_t member,
                                          enum sim_operation operation, uint64_t value)
{
    struct sim_request request = {
        .key = 7, .value = value, .deadline = SIM_NEVER, .operation = (uint16_t)operation};
    return ask_with(story, member, &request);
}

static inline uint64_t read(struct leaders_story *story, uint32_t member)
{
    return ask(story, member, SIM_OP_READ, 0)->value;
}

static inline uint64_t element(uint64_t value)
{
    return sim_hash_pair(value, 0);
}

/* Members 1 and 2 on one side, 3 and 4 on the other. */
static inline void split(struct leaders_story *story, bool is_cut)
{
    if (story->is_split == is_cut) {
        return;
    }
    story->is_split = is_cut;
    static const char *const names[] = {"member[1]", "member[2]", "member[3]", "member[4]"};
    for (int a = 0; a < 2; a++) {
        for (int b = 2; b < 4; b++) {
            fixture_cut(&story->f, names[a], names[b], is_cut);
            fixture_cut(&story->f, names[b], names[a], is_cut);
        }
    }
}

#endif
