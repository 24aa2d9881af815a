/* Silence: how long a source is served by nobody, and how soon it is again after a fault.
 *
 * Gaps between answers count by the time of the answer that ends them, recoveries by the end of the
 * fault. Where faults end one after the other without an answer in between, the last one counts.
 */
#include "world/internal.h"

/* A source is answered: how long it was not, and how long after the end of the last fault. */
static void break_silence(struct silence *silence, struct sim_metric *metrics, sim_time now)
{
    sim_sample_add(&metrics[SIM_STANDARD_GAP].sample, now, now - silence->answered);
    silence->answered = now;
    if (silence->is_mended) {
        sim_sample_add(&metrics[SIM_STANDARD_BACK_AFTER].sample, silence->mended,
                       now - silence->mended);
        silence->is_mended = false;
    }
}

/* The run ends: the silence that goes on counts as far as it has got, what never recovered as
 * infinite. */
static void end_silence(struct silence *silence, struct sim_metric *metrics, sim_time duration)
{
    if (silence->answered < duration) {
        sim_sample_add(&metrics[SIM_STANDARD_GAP].sample, duration - 1,
                       duration - silence->answered);
    }
    if (silence->is_mended) {
        sim_sample_add(&metrics[SIM_STANDARD_BACK_AFTER].sample, silence->mended, SIM_NEVER);
    }
}

static bool is_source(const struct sim_model *model)
{
    return (model->traits & SIM_MODEL_SOURCE) != 0;
}

void silence_break(struct sim_node *source, sim_time now)
{
    break_silence(&source->group->silence, source->metrics, now);
    if (source->own_metrics != NULL) {
        break_silence(&source->silence, source->own_metrics, now);
    }
}

void silence_mended(struct sim_world *world)
{
    sim_time now = world_now(world);
    for (uint32_t g = 0; g < world->spec->group_count; g++) {
        world->groups[g].silence.mended = now;
        world->groups[g].silence.is_mended = true;
    }
    for (sim_node_id id = 1; id <= world->node_count; id++) {
        world->nodes[id].silence.mended = now;
        world->nodes[id].silence.is_mended = true;
    }
}

void silence_settle(struct sim_world *world)
{
    sim_time duration = world->spec->duration;
    for (uint32_t g = 0; g < world->spec->group_count; g++) {
        struct group *group = &world->groups[g];
        if (is_source(group->spec->model)) {
            end_silence(&group->silence, group->metrics, duration);
        }
    }
    for (sim_node_id id = 1; id <= world->node_count; id++) {
        struct sim_node *node = &world->nodes[id];
        if (node->own_metrics != NULL && is_source(node->model)) {
            end_silence(&node->silence, node->own_metrics, duration);
        }
    }
}
