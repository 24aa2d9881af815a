/* Contents: whether the members of a replicated store hold the same.
 *
 * All that they say is sorted by key and member, and looked at key by key. What is in the place of
 * somebody else (at a member that is not one of the key's own) is not what that member holds.
 */
#include "world/internal.h"

#include <glib.h>

#include "base/sort.h"

struct listener {
    GArray *said; /* struct sim_held */
    sim_node_id node;
};

static void hear(void *data, uint64_t key, uint64_t version, uint64_t value, bool is_deleted)
{
    const struct listener *listener = data;
    struct sim_held held = {.key = key,
                            .version = version,
                            .value = value,
                            .node = listener->node,
                            .is_said = true,
                            .is_deleted = is_deleted};
    g_array_append_val(listener->said, held);
}

static int compare_held(const void *a, const void *b, void *data)
{
    const struct sim_held *left = a, *right = b;
    (void)data;
    if (left->key != right->key) {
        return left->key < right->key ? -1 : 1;
    }
    return left->node < right->node ? -1 : left->node > right->node ? 1 : 0;
}

static bool is_member(const struct sim_node *node)
{
    uint8_t state = node->group->member_state[node->member];
    return state == MEMBER_UP || state == MEMBER_DRAINING || state == MEMBER_STARTING;
}

static bool is_holder(const struct sim_node *node, uint64_t key)
{
    return node->is_up && (node->model->is_holder == NULL || node->model->is_holder(node, key));
}

static bool is_same(const struct sim_held *a, const struct sim_held *b)
{
    return a->is_said == b->is_said && a->version == b->version && a->value == b->value &&
           a->is_deleted == b->is_deleted;
}

/* What all who are to hold a key have of it: `said` are the `count` entries about it. */
static uint32_t fill_held(const struct sim_world *world, const struct group *group,
                          const struct sim_held *said, guint count, struct sim_held *ret_held)
{
    uint32_t holders = 0;
    guint at = 0;
    for (uint32_t member = 0; member < group->spec->count_max; member++) {
        const struct sim_node *node = &world->nodes[group->spec->first_id + member];
        while (at < count && said[at].node < node->id) {
            at++;
        }
        if (is_holder(node, said->key)) {
            bool is_said = at < count && said[at].node == node->id;
            ret_held[holders++] =
                is_said ? said[at] : (struct sim_held){.key = said->key, .node = node->id};
        }
    }
    return holders;
}

static void compare_key(const struct sim_world *world, const struct group *group,
                        const struct sim_held *said, guint count, struct sim_held *held,
                        struct sim_convergence *convergence)
{
    uint32_t holders = fill_held(world, group, said, count, held);
    bool is_apart = false;
    for (uint32_t i = 1; i < holders; i++) {
        is_apart = is_apart || !is_same(&held[0], &held[i]);
    }
    convergence->keys++;
    convergence->keys_apart += is_apart;
    if (is_apart && convergence->held == NULL) {
        convergence->key = said->key;
        convergence->holder_count = holders;
        convergence->held = g_memdup2(held, holders * sizeof *held);
    }
}

void sim_world_compare(const struct sim_world *world, uint32_t group_index,
                       struct sim_convergence *ret_convergence)
{
    const struct group *group = &world->groups[group_index];
    *ret_convergence = (struct sim_convergence){0};
    g_autoptr(GArray) said = g_array_new(FALSE, FALSE, sizeof(struct sim_held));
    sim_assert(group->spec->model->contents != NULL);
    for (uint32_t member = 0; member < group->spec->count_max; member++) {
        const struct sim_node *node = &world->nodes[group->spec->first_id + member];
        struct listener listener = {.said = said, .node = node->id};
        if (node->is_up) {
            ret_convergence->compared++;
            node->model->contents(node, hear, &listener);
        } else {
            ret_convergence->down += is_member(node);
        }
    }
    sim_sort(said->data, said->len, sizeof(struct sim_held), compare_held, NULL);
    g_autofree struct sim_held *held = g_new(struct sim_held, group->spec->count_max);
    const struct sim_held *all = (const struct sim_held *)(const void *)said->data;
    for (guint from = 0, to = 0; from < said->len; from = to) {
        while (to < said->len && all[to].key == all[from].key) {
            sim_assert(to == from || all[to].node != all[to - 1].node); /* each key once */
            to++;
        }
        compare_key(world, group, &all[from], to - from, held, ret_convergence);
    }
}

void sim_convergence_clear(struct sim_convergence *convergence)
{
    g_free(convergence->held);
    *convergence = (struct sim_convergence){0};
}
