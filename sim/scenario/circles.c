/* Circles: requests that go on from node to node and come back to where they were. Where all of
 * them do, none is ever answered, and a run would end at its memory.
 *
 * Left out: circles of which some requests find a way out, as those that are drawn by a share.
 */
#include "scenario/resolve.h"

#include <string.h>

/* The one group that all requests of this one go on to; -1 where some do not. */
static gint64 next_of(const struct sim_resolve *resolve, guint index)
{
    const struct sim_group_spec *group =
        &g_array_index(resolve->groups, struct sim_group_spec, index);
    if (!group->params || (group->model->traits & SIM_MODEL_PASSES) == 0) {
        return -1;
    }
    for (const struct sim_param *param = group->model->params; param->name; param++) {
        const struct sim_target *target =
            (const struct sim_target *)(const void *)((const char *)group->params + param->offset);
        if (param->type != SIM_PARAM_TARGET ||
            (strcmp(param->name, "to") != 0 && strcmp(param->name, "miss_to") != 0)) {
            continue;
        }
        gint64 next = -1;
        double share = 0.0;
        for (uint32_t i = 0; i < target->count; i++) {
            gint64 at = sim_resolve_group_of(resolve, target->ids[i]);
            if (next >= 0 && at != next) {
                return -1;
            }
            next = at;
            share += target->shares ? target->shares[i] : 1.0;
        }
        return share > 1.0 - 1e-9 ? next : -1;
    }
    return -1;
}

static const char *name_of(const struct sim_resolve *resolve, guint index)
{
    return g_array_index(resolve->groups, struct sim_group_spec, index).name;
}

/* Each group is walked over once: `seen` has from where. */
void sim_resolve_circles(struct sim_resolve *resolve, const struct sim_value *const *values)
{
    guint count = resolve->groups->len;
    guint *seen = sim_arena_array(resolve->reader.arena, guint, count + 1);
    for (guint start = 0; start < count; start++) {
        gint64 at = start;
        while (at >= 0 && seen[at] == 0) {
            seen[at] = start + 1;
            at = next_of(resolve, (guint)at);
        }
        if (at >= 0 && seen[at] == start + 1) {
            gint64 next = next_of(resolve, (guint)at);
            sim_reader_complain(&resolve->reader, values[at],
                                "node \"%s\": requests go round in a circle through '%s': none "
                                "would ever be answered",
                                name_of(resolve, (guint)at), name_of(resolve, (guint)next));
        }
    }
}
