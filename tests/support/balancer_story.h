/* A balancer "lb" between a caller "users" and members "web", all of them probes but the balancer:
 * the test asks by hand, and reads who was asked. Links take no time unless it says so. */
#ifndef BRINK_TESTS_BALANCER_STORY_H
#define BRINK_TESTS_BALANCER_STORY_H

#include "models.h"
#include "probe.h"

struct balancer_story {
    struct fixture f;
    struct probe users, web;
    uint64_t asked;
    sim_time hold; /* of members that answer PROBE_LATER */
};

/* Members answer at once, or after balancer_holds. Further groups may be added. */
static inline void balancer_begin(struct balancer_story *story, const char *params,
                                  uint32_t members)
{
    *story = (struct balancer_story){.web.reply = PROBE_AT_ONCE};
    fixture_init(&story->f, s(1000));
    fixture_add_node(&story->f, "lb", &sim_model_balancer, params);
    if (members > 0) {
        probe_add(&story->f, &story->web, "web", members);
    }
    probe_add(&story->f, &story->users, "users", 2);
}

/* Requests stay open at the members until long after the story. */
static inline void balancer_holds(struct balancer_story *story)
{
    story->web.reply = PROBE_LATER;
    story->hold = s(500);
}

static inline void balancer_start(struct balancer_story *story)
{
    fixture_start(&story->f);
    fixture_run_until(&story->f, 0);
}

static inline void balancer_end(struct balancer_story *story)
{
    fixture_clear(&story->f);
    probe_clear(&story->users);
    if (story->web.seen != NULL) {
        probe_clear(&story->web);
    }
}

static inline void ask_from(struct balancer_story *story, const char *user, uint64_t key,
                            uint64_t session)
{
    struct sim_node *from = probe_node(&story->f, user);
    struct sim_request request = {.key = key,
                                  .session = session,
                                  .value = (uint64_t)story->hold,
                                  .deadline = SIM_NEVER,
                                  .operation = SIM_OP_READ,
                                  .origin_zone = (uint16_t)sim_zone(from)};
    sim_send_request(from, fixture_id(&story->f, "lb"), &request, SIM_NEVER, story->asked++);
    fixture_run_until(&story->f, sim_now(from));
}

static inline void ask(struct balancer_story *story, uint64_t key)
{
    ask_from(story, "users[1]", key, 0);
}

/* Who was asked last, from 1. */
static inline uint32_t asked(const struct balancer_story *story)
{
    uint32_t count = probe_count(&story->web, SIM_IN_REQUEST);
    g_assert_cmpuint(count, >, 0);
    return probe_nth(&story->web, SIM_IN_REQUEST, count - 1)->node - fixture_id(&story->f, "web") +
           1;
}

static inline uint32_t ask_whom(struct balancer_story *story, uint64_t key)
{
    ask(story, key);
    return asked(story);
}

static inline uint32_t ask_session(struct balancer_story *story, uint64_t session)
{
    ask_from(story, "users[1]", 0, session);
    return asked(story);
}

/* `expected` names members by their numbers, in the order in which they are asked from now on. */
static inline void asks_in_turn(struct balancer_story *story, const char *expected)
{
    for (const char *c = expected; *c != '\0'; c++) {
        uint32_t whom = ask_whom(story, 0);
        if (whom != (uint32_t)(*c - '0')) {
            g_error("asked %u, expected %s", whom, c);
        }
    }
}

/* How the last operation ended for the caller. */
static inline enum sim_status ended(const struct balancer_story *story)
{
    uint32_t count = probe_count(&story->users, SIM_IN_OUTCOME);
    g_assert_cmpuint(count, >, 0);
    return probe_nth(&story->users, SIM_IN_OUTCOME, count - 1)->status;
}

/* Changes how many members there are, at once and known to all. */
static inline void plan_members(struct balancer_story *story, sim_time at, uint32_t members)
{
    struct sim_fault_spec *change =
        fixture_add_fault(&story->f, SIM_FAULT_MEMBERS, at, SIM_NEVER, NULL);
    change->group = 1;
    change->members = members;
}

#endif
