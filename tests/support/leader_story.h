/* A store with one leader in stories of exact time: three members, 1 ms between them, heartbeats
 * every second, no time for work, unless a test says otherwise. */
#ifndef BRINK_TESTS_LEADER_STORY_H
#define BRINK_TESTS_LEADER_STORY_H

#include "store_story.h"

static inline void leader_story_begin(struct store_story *story, uint32_t count, const char *params)
{
    bool has_replay = strstr(params, "replay =") != NULL;
    bool has_service = strstr(params, "service =") != NULL;
    store_story_begin(story, &sim_model_store_leader, count, ms(1), NULL);
    g_autofree char *text = g_strconcat("heartbeat = s(1), detect = s(3), election = ms(500), ",
                                        has_replay ? "" : "replay = ms(0), ",
                                        has_service ? "" : "service = ms(0), ", params, NULL);
    story->f.texts[1] = sim_arena_strdup(&story->f.arena, text);
    fixture_group(&story->f, "replica")->per_member = true;
}

/* Followers have joined. */
static inline void leader_story_start(struct store_story *story)
{
    store_story_start(story);
    store_story_wait(story, ms(100));
}

/* Asks for a guarantee. */
static inline const struct store_told *leader_story_read(struct store_story *story, const char *to,
                                                         enum sim_consistency consistency,
                                                         uint64_t key, uint64_t token)
{
    struct sim_request request = {.key = key,
                                  .operation = SIM_OP_READ,
                                  .consistency = (uint16_t)consistency,
                                  .session = 1,
                                  .session_token = token};
    return store_story_get(story, store_story_send(story, to, &request));
}

/* One member cut off from all others, or back again. */
static inline void leader_story_isolate(struct store_story *story, const char *member, bool is_cut)
{
    for (uint32_t i = 0; i < story->f.groups[1].count; i++) {
        char other[32];
        g_snprintf(other, sizeof other, "replica[%u]", i + 1);
        if (strcmp(other, member) != 0) {
            fixture_cut(&story->f, member, other, is_cut);
            fixture_cut(&story->f, other, member, is_cut);
        }
    }
}

#endif
