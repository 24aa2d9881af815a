/* A Raft group for stories in exact time: who leads, and who is cut off. See store_story.h. */
#ifndef BRINK_TESTS_RAFT_STORY_H
#define BRINK_TESTS_RAFT_STORY_H

#include "store_story.h"

#define RAFT_STORY_TIMES "election_timeout = ms(100), heartbeat = ms(20)"

/* "replica[member]" of a member, from 1. */
static inline const char *raft_story_name(uint32_t member)
{
    static const char *const names[] = {"replica[1]", "replica[2]", "replica[3]", "replica[4]",
                                        "replica[5]"};
    return names[(member - 1) % 5];
}

/* The number of the member that leads, 0 = none. */
static inline uint32_t raft_story_leader(const struct store_story *story)
{
    uint32_t count = fixture_group((struct fixture *)&story->f, "replica")->count_max;
    for (uint32_t i = 1; i <= count; i++) {
        if (fixture_level(&story->f, raft_story_name(i), "leaders") == 1) {
            return i;
        }
    }
    return 0;
}

/* Members 1 ms apart, `count` of at most `count_max`, and 1 s for them to elect the leader that is
 * returned. */
static inline uint32_t raft_story_begin_some(struct store_story *story, uint32_t count,
                                             uint32_t count_max, const char *params)
{
    store_story_begin(story, &sim_model_store_raft, count_max, ms(1), params);
    fixture_group(&story->f, "replica")->count = count;
    fixture_group(&story->f, "replica")->per_member = true;
    store_story_start(story);
    store_story_wait(story, s(1));
    uint32_t leader = raft_story_leader(story);
    g_assert_cmpuint(leader, >, 0);
    return leader;
}

static inline uint32_t raft_story_begin(struct store_story *story, uint32_t count,
                                        const char *params)
{
    return raft_story_begin_some(story, count, count, params);
}

static inline void raft_story_cut(struct store_story *story, uint32_t a, uint32_t b, bool is_cut)
{
    fixture_cut(&story->f, raft_story_name(a), raft_story_name(b), is_cut);
    fixture_cut(&story->f, raft_story_name(b), raft_story_name(a), is_cut);
}

/* Cut from or joined with the first `count` others, both ways. */
static inline void raft_story_isolate(struct store_story *story, uint32_t member, uint32_t count,
                                      bool is_cut)
{
    for (uint32_t i = 1; i <= count; i++) {
        if (i != member) {
            raft_story_cut(story, member, i, is_cut);
        }
    }
}

/* From now on the group is to have `count` members; who leaves goes after `notice`. */
static inline void raft_story_resize(struct store_story *story, uint32_t count, sim_time notice)
{
    sim_members_scale(probe_node(&story->f, "asker"), fixture_id(&story->f, "replica[1]"), count, 0,
                      notice);
}

#endif
