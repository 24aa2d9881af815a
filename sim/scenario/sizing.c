/* Sizing: who sets the size of a group. Two nodes that do so with one group undo one another's
 * work: a deploy sends old members away, and an autoscaler brings them back. One of them has to do
 * it through the other. Several that do it once each may follow one another.
 *
 * Left out: `scale` blocks, which are what an operator does by hand.
 */
#include "scenario/resolve.h"

static const struct sim_group_spec *group_at(const struct sim_resolve *resolve, uint32_t group)
{
    return &g_array_index(resolve->groups, struct sim_group_spec, group);
}

static struct sim_sizing sizing_of(const struct sim_resolve *resolve, uint32_t node)
{
    struct sim_sizing sizing = {.is_lasting = false};
    const struct sim_group_spec *spec = group_at(resolve, node);
    if (spec->params && spec->model->sizes) {
        spec->model->sizes(spec->params, &sizing);
    }
    return sizing;
}

/* The groups that it sizes, each once where the targets name whole groups; how many. More than
 * there may be are counted and not written. */
static uint32_t groups_of(const struct sim_resolve *resolve, const struct sim_sizing *sizing,
                          uint32_t ret_groups[SIM_SIZED_MAX], bool *ret_are_whole)
{
    uint32_t count = 0;
    *ret_are_whole = true;
    for (uint32_t t = 0; t < SIM_SIZED_MAX && sizing->groups[t]; t++) {
        const struct sim_target *target = sizing->groups[t];
        for (uint32_t i = 0; i < target->count;) {
            uint32_t group = sim_resolve_group_of(resolve, target->ids[i]);
            uint32_t room = group_at(resolve, group)->count_max;
            bool is_whole = room <= target->count - i &&
                            target->ids[i] == group_at(resolve, group)->first_id &&
                            target->ids[i + room - 1] == target->ids[i] + room - 1;
            *ret_are_whole = *ret_are_whole && is_whole;
            if (count < SIM_SIZED_MAX) {
                ret_groups[count] = group;
            }
            count++;
            i += is_whole ? room : 1;
        }
    }
    return count;
}

/* What is done through another node is done with the groups of that one. */
static bool is_through_right(struct sim_resolve *resolve, const struct sim_value *value,
                             uint32_t node, const struct sim_sizing *sizing)
{
    uint32_t other = sim_resolve_group_of(resolve, sizing->through->ids[0]);
    struct sim_sizing its = sizing_of(resolve, other);
    uint32_t own_groups[SIM_SIZED_MAX] = {0}, its_groups[SIM_SIZED_MAX] = {0};
    bool own_whole, its_whole;
    uint32_t own_count = groups_of(resolve, sizing, own_groups, &own_whole);
    uint32_t its_count = groups_of(resolve, &its, its_groups, &its_whole);
    bool is_right = own_whole && its_whole && own_count == its_count;
    for (uint32_t i = 0; is_right && i < own_count; i++) {
        bool is_there = false;
        for (uint32_t j = 0; j < its_count; j++) {
            is_there = is_there || own_groups[i] == its_groups[j];
        }
        is_right = is_there;
    }
    if (!is_right) {
        GString *names = g_string_new(NULL);
        for (uint32_t j = 0; j < its_count && j < SIM_SIZED_MAX; j++) {
            g_string_append_printf(names, "%s%s", j > 0 ? " " : "",
                                   group_at(resolve, its_groups[j])->name);
        }
        sim_reader_complain(
            &resolve->reader, value,
            "node \"%s\": through \"%s\" it sets the size of \"%s\", and is to name "
            "both groups",
            group_at(resolve, node)->name, group_at(resolve, other)->name, names->str);
        g_string_free(names, TRUE);
    }
    return is_right;
}

static void complain(struct sim_resolve *resolve, const struct sim_value *value, uint32_t node,
                     uint32_t other, uint32_t group)
{
    sim_reader_complain(&resolve->reader, value,
                        "node \"%s\": sets the size of \"%s\", and so does \"%s\": each would undo "
                        "what the other does, unless an autoscaler does it `through` a deploy",
                        group_at(resolve, node)->name, group_at(resolve, group)->name,
                        group_at(resolve, other)->name);
}

/* Notes the groups of those that set sizes all along: by group, that node + 1. */
static void note_lasting(struct sim_resolve *resolve, const struct sim_value *value, uint32_t node,
                         uint32_t *lasting)
{
    struct sim_sizing sizing = sizing_of(resolve, node);
    uint32_t groups[SIM_SIZED_MAX];
    bool are_whole;
    if (!sizing.is_lasting || (sizing.through && sizing.through->count > 0 &&
                               !is_through_right(resolve, value, node, &sizing))) {
        return;
    }
    uint32_t count = groups_of(resolve, &sizing, groups, &are_whole);
    for (uint32_t i = 0; i < count && i < SIM_SIZED_MAX; i++) {
        if (lasting[groups[i]] != 0) {
            complain(resolve, value, node, lasting[groups[i]] - 1, groups[i]);
            return;
        }
        lasting[groups[i]] = node + 1;
    }
}

/* Those that do it once, beside those that do it all along. */
static void check_once(struct sim_resolve *resolve, const struct sim_value *value, uint32_t node,
                       const uint32_t *lasting)
{
    struct sim_sizing sizing = sizing_of(resolve, node);
    uint32_t groups[SIM_SIZED_MAX];
    bool are_whole;
    uint32_t count = sizing.is_lasting ? 0 : groups_of(resolve, &sizing, groups, &are_whole);
    for (uint32_t i = 0; i < count && i < SIM_SIZED_MAX; i++) {
        uint32_t other = lasting[groups[i]];
        if (other == 0) {
            continue;
        }
        struct sim_sizing its = sizing_of(resolve, other - 1);
        bool is_through = its.through && its.through->count > 0 &&
                          sim_resolve_group_of(resolve, its.through->ids[0]) == node;
        if (!is_through) {
            complain(resolve, value, node, other - 1, groups[i]);
            return;
        }
    }
}

void sim_resolve_sizing(struct sim_resolve *resolve, const struct sim_value *const *values)
{
    g_autofree uint32_t *lasting = g_new0(uint32_t, resolve->groups->len + 1);
    for (uint32_t node = 0; node < resolve->groups->len; node++) {
        note_lasting(resolve, values[node], node, lasting);
    }
    for (uint32_t node = 0; node < resolve->groups->len; node++) {
        check_once(resolve, values[node], node, lasting);
    }
}
