/* Ledgers: what every group counts, and the audit of all books.
 *
 * An entry is counted when it is issued and again when it ends, by the time of its issue; what is
 * still open when the run ends is the difference, window by window, and is infinitely late. The
 * audit holds these sums against a count of what is really there: open requests in the pool of
 * packets, open operations at sources, open calls.
 */
#include "world/internal.h"

#include <inttypes.h>

#define COUNT_OF_ISSUED(metric_name, text)                                                         \
    {                                                                                              \
        .name = (metric_name), .kind = SIM_METRIC_COUNT, .unit = SIM_METRIC_EVENTS,                \
        .help = (text), .of = "issued"                                                             \
    }

const struct sim_metric_spec sim_standard_metrics[SIM_STANDARD_COUNT + 1] = {
    {.name = "latency",
     .kind = SIM_METRIC_SAMPLE,
     .unit = SIM_METRIC_SECONDS,
     .help = "from issue to answer; failed and unfinished entries are infinitely late"},
    {.name = "issued",
     .kind = SIM_METRIC_COUNT,
     .unit = SIM_METRIC_EVENTS,
     .help = "operations of a source, or requests that reached a component"},
    COUNT_OF_ISSUED("succeeded", "answered, by time of issue"),
    COUNT_OF_ISSUED("failed", "not answered, for any reason, by time of issue"),
    COUNT_OF_ISSUED("rejected", "turned away: queue full, limited, shed"),
    COUNT_OF_ISSUED("error", "the component failed to serve it"),
    COUNT_OF_ISSUED("unavailable", "no quorum, no leader, no backend"),
    COUNT_OF_ISSUED("refused", "connection refused or reset"),
    COUNT_OF_ISSUED("timeout", "given up by whoever waited"),
    COUNT_OF_ISSUED("expired", "its deadline had passed"),
    COUNT_OF_ISSUED("lost", "died with its node"),
    COUNT_OF_ISSUED("unfinished", "still open when the run ended"),
    {.name = "goodput",
     .kind = SIM_METRIC_COUNT,
     .unit = SIM_METRIC_EVENTS,
     .help = "answered, by time of the answer"},
    {.name = "throughput",
     .kind = SIM_METRIC_COUNT,
     .unit = SIM_METRIC_EVENTS,
     .help = "ended in any way, by time of the end"},
    {.name = "open",
     .kind = SIM_METRIC_LEVEL,
     .unit = SIM_METRIC_ITEMS,
     .help = "issued and not ended"},
    {.name = "attempts", .kind = SIM_METRIC_COUNT, .unit = SIM_METRIC_EVENTS, .help = "calls made"},
    {.name = "retries",
     .kind = SIM_METRIC_COUNT,
     .unit = SIM_METRIC_EVENTS,
     .help = "calls made that were not the first attempt",
     .of = "attempts"},
    {.name = "late_replies",
     .kind = SIM_METRIC_COUNT,
     .unit = SIM_METRIC_EVENTS,
     .help = "replies that came after their call had its outcome",
     .of = "attempts"},
    {.name = "gap",
     .kind = SIM_METRIC_SAMPLE,
     .unit = SIM_METRIC_SECONDS,
     .help = "sources: from one answer to the next; max = how long nobody was served"},
    {.name = "back_after",
     .kind = SIM_METRIC_SAMPLE,
     .unit = SIM_METRIC_SECONDS,
     .help = "sources: from the end of a fault to the next answer; infinite where none came"},
    COUNT_OF_ISSUED("versioned", "reads answered with a version"),
    {.name = "stale",
     .kind = SIM_METRIC_COUNT,
     .unit = SIM_METRIC_EVENTS,
     .help = "reads answered with a version that was old when they began",
     .of = "versioned"},
    {.name = "staleness",
     .kind = SIM_METRIC_SAMPLE,
     .unit = SIM_METRIC_SECONDS,
     .help = "how long the version of a stale read had been old when it began"},
    {.name = "behind",
     .kind = SIM_METRIC_SAMPLE,
     .unit = SIM_METRIC_ITEMS,
     .help = "newer versions that there were when a stale read began"},
    {.name = "since_commit",
     .kind = SIM_METRIC_SAMPLE,
     .unit = SIM_METRIC_SECONDS,
     .help = "sources: how long the key's latest commit was over when a read began"},
    {.name = "missed",
     .kind = SIM_METRIC_SAMPLE,
     .unit = SIM_METRIC_SECONDS,
     .help = "the same of stale reads: reads that began later than its max saw the latest commit"},
    {.name = "session_reads",
     .kind = SIM_METRIC_COUNT,
     .unit = SIM_METRIC_EVENTS,
     .help = "reads of sessions that had read or written the key before"},
    {.name = "went_back",
     .kind = SIM_METRIC_COUNT,
     .unit = SIM_METRIC_EVENTS,
     .help = "of these, with an older version than the session had read: not monotonic",
     .of = "session_reads"},
    {.name = "missed_own",
     .kind = SIM_METRIC_COUNT,
     .unit = SIM_METRIC_EVENTS,
     .help = "of these, with an older version than the session had written",
     .of = "session_reads"},
    {.name = NULL}};

bool sim_metric_is_kept(const struct sim_world_spec *spec, uint32_t metric)
{
    bool is_of_versions = metric >= SIM_STANDARD_VERSIONED && metric <= SIM_STANDARD_MISSED_OWN;
    for (uint32_t g = 0; is_of_versions && g < spec->group_count; g++) {
        const struct sim_model *model =
            spec->groups[g].model; /* NULL while mistakes are collected */
        is_of_versions = model == NULL || (model->traits & SIM_MODEL_STORE) == 0;
    }
    return !is_of_versions;
}

bool sim_metric_is_of(const struct sim_model *model, uint32_t metric)
{
    bool is_of_sources = metric == SIM_STANDARD_GAP || metric == SIM_STANDARD_BACK_AFTER ||
                         (metric >= SIM_STANDARD_SINCE_COMMIT && metric <= SIM_STANDARD_MISSED_OWN);
    return !is_of_sources || (model->traits & SIM_MODEL_SOURCE) != 0;
}

const char *const sim_ledger_ratios[] = {"errors", "success", "availability",
                                         "availability.windows", NULL};

const struct sim_metric_spec *sim_standard_metric_find(const char *name)
{
    for (const struct sim_metric_spec *spec = sim_standard_metrics; spec->name != NULL; spec++) {
        if (strcmp(spec->name, name) == 0) {
            return spec;
        }
    }
    return NULL;
}

/* ---- building ---- */

static const struct sim_metric_spec *metric_spec(const struct sim_model *model, uint32_t index)
{
    return index < SIM_STANDARD_COUNT ? &sim_standard_metrics[index]
                                      : &model->metrics[index - SIM_STANDARD_COUNT];
}

static uint32_t metric_count_of(const struct sim_model *model)
{
    uint32_t count = SIM_STANDARD_COUNT;
    while (model->metrics != NULL && model->metrics[count - SIM_STANDARD_COUNT].name != NULL) {
        count++;
    }
    return count;
}

/* Metrics of a group or of a member, and capacities of those that are ratios. */
static void metrics_new(struct sim_world *world, const struct sim_model *model,
                        struct sim_metric **ret_metrics, struct sim_metric **ret_capacities)
{
    uint32_t count = metric_count_of(model);
    *ret_metrics = sim_arena_array(&world->arena, struct sim_metric, count);
    *ret_capacities = sim_arena_array(&world->arena, struct sim_metric, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_metric_spec *spec = metric_spec(model, i);
        if (!sim_metric_is_kept(world->spec, i)) {
            (*ret_metrics)[i].name = spec->name; /* for look-ups by name; nothing is recorded */
            continue;
        }
        sim_metric_init(&(*ret_metrics)[i], spec->name, spec->kind, spec->unit, world->axis,
                        &world->arena);
        if (spec->unit == SIM_METRIC_RATIO) {
            sim_metric_init(&(*ret_capacities)[i], spec->name, SIM_METRIC_LEVEL, SIM_METRIC_ITEMS,
                            world->axis, &world->arena);
        }
    }
}

void ledger_init(struct sim_world *world)
{
    uint64_t seconds = (uint64_t)(world->spec->duration / SIM_SECOND) + 1;
    for (uint32_t g = 0; g < world->spec->group_count; g++) {
        struct group *group = &world->groups[g];
        metrics_new(world, group->spec->model, &group->metrics, &group->capacities);
        group->metric_count = metric_count_of(group->spec->model);
        group->second_count = seconds;
        group->second_pages =
            sim_arena_array(&world->arena, struct second *, (seconds - 1) / SECONDS_PER_PAGE + 1);
    }
}

void ledger_init_members(struct sim_world *world)
{
    for (sim_node_id id = 1; id <= world->node_count; id++) {
        struct sim_node *node = &world->nodes[id];
        if (node->group->spec->per_member) {
            metrics_new(world, node->model, &node->own_metrics, &node->own_capacities);
        }
    }
}

void ledger_clear(struct sim_world *world)
{
    for (uint32_t g = 0; g < world->spec->group_count; g++) {
        for (uint32_t i = 0; i < world->groups[g].metric_count; i++) {
            sim_metric_clear(&world->groups[g].metrics[i]);
        }
    }
    for (sim_node_id id = 1; id <= world->node_count; id++) {
        struct sim_node *node = &world->nodes[id];
        for (uint32_t i = 0; node->own_metrics != NULL && i < node->group->metric_count; i++) {
            sim_metric_clear(&node->own_metrics[i]);
        }
    }
}

void metric_capacity(struct sim_node *node, uint32_t metric, int64_t delta)
{
    sim_time now = world_now(node->world);
    sim_level_add(&node->group->capacities[metric].level, now, delta);
    if (node->own_capacities != NULL) {
        sim_level_add(&node->own_capacities[metric].level, now, delta);
    }
}

/* ---- entries ---- */

SIM_SELDOM static struct second *second_find(struct sim_world *world, struct group *group,
                                             sim_time issued)
{
    uint64_t index = (uint64_t)issued / (uint64_t)SIM_SECOND;
    if (index >= group->second_count) {
        return &group->second_beyond;
    }
    struct second **page = &group->second_pages[index / SECONDS_PER_PAGE];
    if (*page == NULL) {
        *page = sim_arena_array(&world->arena, struct second, SECONDS_PER_PAGE);
    }
    group->second = &(*page)[index % SECONDS_PER_PAGE];
    group->second_from = (sim_time)index * SIM_SECOND;
    return group->second;
}

static struct second *second_of(struct sim_node *node, sim_time issued)
{
    struct group *group = node->group;
    if (group->second != NULL &&
        (uint64_t)issued - (uint64_t)group->second_from < (uint64_t)SIM_SECOND) {
        return group->second;
    }
    return second_find(node->world, group, issued);
}

/* One more in a standard counter, in a segment that has been found. */
static void count(struct sim_node *node, enum sim_standard_metric metric, uint32_t segment)
{
    node->metrics[metric].counter.by_segment[segment]++;
    if (node->own_metrics != NULL) {
        node->own_metrics[metric].counter.by_segment[segment]++;
    }
}

static uint32_t segment_of_issue(struct sim_node *node, sim_time issued)
{
    return sim_segment_cache_find(&node->group->issued_in, node->world->axis, issued);
}

void ledger_issue(struct sim_node *node, sim_time issued)
{
    count(node, SIM_STANDARD_ISSUED, segment_of_issue(node, issued));
    metric_level(node, SIM_STANDARD_OPEN, issued, 1);
    second_of(node, issued)->issued++;
}

static enum sim_standard_metric metric_of_failure(enum sim_status status)
{
    switch (status) {
    case SIM_STATUS_REJECTED:
        return SIM_STANDARD_REJECTED;
    case SIM_STATUS_UNAVAILABLE:
        return SIM_STANDARD_UNAVAILABLE;
    case SIM_STATUS_REFUSED:
        return SIM_STANDARD_REFUSED;
    case SIM_STATUS_TIMEOUT:
        return SIM_STANDARD_TIMEOUT;
    case SIM_STATUS_EXPIRED:
        return SIM_STANDARD_EXPIRED;
    case SIM_STATUS_ERROR:
    case SIM_STATUS_REDIRECT:
        return SIM_STANDARD_ERROR;
    case SIM_STATUS_OK:
    case SIM_STATUS_NOT_FOUND:
    case SIM_STATUS_CONFLICT:
    case SIM_STATUS_COUNT:
        break;
    }
    sim_assert_failed("an answer is no failure", __FILE__, __LINE__);
    return SIM_STANDARD_ERROR;
}

static void fail(struct sim_node *node, sim_time issued, enum sim_standard_metric kind)
{
    uint32_t segment = segment_of_issue(node, issued);
    count(node, SIM_STANDARD_FAILED, segment);
    count(node, kind, segment);
    metric_sample(node, SIM_STANDARD_LATENCY, issued, SIM_NEVER);
}

void ledger_finish(struct sim_node *node, sim_time issued, enum sim_status status)
{
    sim_time now = world_now(node->world);
    uint32_t segment = sim_segment_cache_find(&node->group->ended_in, node->world->axis, now);
    metric_level(node, SIM_STANDARD_OPEN, now, -1);
    count(node, SIM_STANDARD_THROUGHPUT, segment);
    if (!sim_status_is_answer(status)) {
        fail(node, issued, metric_of_failure(status));
        return;
    }
    count(node, SIM_STANDARD_GOODPUT, segment);
    count(node, SIM_STANDARD_SUCCEEDED, segment_of_issue(node, issued));
    metric_sample(node, SIM_STANDARD_LATENCY, issued, now - issued);
    second_of(node, issued)->succeeded++;
    if ((node->model->traits & SIM_MODEL_SOURCE) != 0) {
        silence_break(node, now);
    }
}

void ledger_lose(struct sim_node *node, sim_time issued)
{
    metric_level(node, SIM_STANDARD_OPEN, world_now(node->world), -1);
    fail(node, issued, SIM_STANDARD_LOST);
}

/* ---- operations of sources ---- */

static bool is_measured(const struct sim_world *world, sim_time time)
{
    return time >= world->measured.from && time < world->measured.to;
}

struct sim_operation_id sim_operation_begin(struct sim_node *self)
{
    struct sim_world *world = self->world;
    sim_assert(self->model->traits & SIM_MODEL_SOURCE);
    sim_time now = world_now(world);
    /* Numbered by source, so that another source does not change the numbers of this one. */
    struct sim_operation_id operation = {
        .id = (uint64_t)self->id << SIM_OPERATION_BITS | ++self->operation_count, .began = now};
    ledger_issue(self, now);
    self->open_operations++;
    self->open_operation_sum += operation.id;
    self->open_measured += is_measured(world, now);
    world->measured_open += is_measured(world, now);
    if (world->options.is_attributing && is_measured(world, now)) {
        operation.span = span_begin(self, operation.id);
    }
    return operation;
}

void sim_operation_end(struct sim_node *self, const struct sim_operation_id *operation,
                       enum sim_status status)
{
    struct sim_world *world = self->world;
    sim_assert(self->open_operations > 0);
    ledger_finish(self, operation->began, status);
    self->open_operations--;
    self->open_operation_sum -= operation->id;
    self->open_measured -= is_measured(world, operation->began);
    world->measured_open -= is_measured(world, operation->began);
    if (operation->span != 0) {
        span_end(self, operation->span, operation->id, world_now(world) - operation->began,
                 sim_status_is_answer(status));
    }
}

void ledger_drop_operations(struct sim_node *node)
{
    /* Operations of a source that dies are not followed one by one: they will have no end, and
     * settling counts them as unfinished in the windows in which they began. Nobody waits for them
     * any more, so the level goes down. */
    metric_level(node, SIM_STANDARD_OPEN, world_now(node->world), -(int64_t)node->open_operations);
    node->lost_operations += node->open_operations;
    node->open_operations = 0;
    node->open_operation_sum = 0;
    node->world->measured_open -= node->open_measured;
    node->open_measured = 0;
}

/* ---- the end ---- */

/* What was issued in each segment and neither succeeded nor failed is unfinished. */
static void settle_unfinished(struct sim_metric *metrics, const struct sim_axis *axis)
{
    struct sim_counter *unfinished = &metrics[SIM_STANDARD_UNFINISHED].counter;
    struct sim_sample *latency = &metrics[SIM_STANDARD_LATENCY].sample;
    struct sim_counter *failed = &metrics[SIM_STANDARD_FAILED].counter;
    for (uint32_t s = 0; s <= axis->segment_count; s++) {
        uint64_t open = metrics[SIM_STANDARD_ISSUED].counter.by_segment[s] -
                        metrics[SIM_STANDARD_SUCCEEDED].counter.by_segment[s] -
                        failed->by_segment[s];
        unfinished->by_segment[s] = open;
        failed->by_segment[s] += open;
        if (s < axis->segment_count) {
            sim_sample_add_infinite(latency, s, open);
        }
    }
}

static void settle_metrics(struct sim_metric *metrics, struct sim_metric *capacities,
                           uint32_t count, const struct sim_axis *axis, sim_time now)
{
    settle_unfinished(metrics, axis);
    for (uint32_t i = 0; i < count; i++) {
        if (metrics[i].kind == SIM_METRIC_SAMPLE) {
            sim_sample_settle(&metrics[i].sample);
        } else if (metrics[i].kind == SIM_METRIC_LEVEL) {
            sim_level_settle(&metrics[i].level, now);
        }
        if (metrics[i].unit == SIM_METRIC_RATIO) {
            sim_level_settle(&capacities[i].level, now);
        }
    }
}

void ledger_settle(struct sim_world *world)
{
    sim_time now = world_now(world);
    silence_settle(world);
    for (uint32_t g = 0; g < world->spec->group_count; g++) {
        struct group *group = &world->groups[g];
        settle_metrics(group->metrics, group->capacities, group->metric_count, world->axis, now);
    }
    for (sim_node_id id = 1; id <= world->node_count; id++) {
        struct sim_node *node = &world->nodes[id];
        if (node->own_metrics != NULL) {
            settle_metrics(node->own_metrics, node->own_capacities, node->group->metric_count,
                           world->axis, now);
        }
    }
}

/* ---- reading ---- */

uint32_t sim_world_metric_count(const struct sim_world *world, uint32_t group)
{
    return world->groups[group].metric_count;
}

const struct sim_metric *sim_world_metric(const struct sim_world *world, uint32_t group,
                                          uint32_t member, uint32_t index)
{
    sim_assert(index < world->groups[group].metric_count);
    if (member == SIM_NONE) {
        return &world->groups[group].metrics[index];
    }
    const struct sim_node *node = &world->nodes[world->groups[group].spec->first_id + member];
    return node->own_metrics == NULL ? NULL : &node->own_metrics[index];
}

const struct sim_level *sim_world_capacity(const struct sim_world *world, uint32_t group,
                                           uint32_t member, uint32_t index)
{
    const struct sim_metric *metric = sim_world_metric(world, group, member, index);
    if (metric == NULL || metric->unit != SIM_METRIC_RATIO) {
        return NULL;
    }
    if (member == SIM_NONE) {
        return &world->groups[group].capacities[index].level;
    }
    return &world->nodes[world->groups[group].spec->first_id + member].own_capacities[index].level;
}

void sim_world_windows(const struct sim_world *world, uint32_t group_index, sim_time from,
                       sim_time to, uint64_t *ret_windows, uint64_t *ret_good)
{
    const struct group *group = &world->groups[group_index];
    uint64_t windows = 0, good = 0;
    /* Whole seconds inside [from, to). */
    uint64_t first = (uint64_t)(from / SIM_SECOND + (from % SIM_SECOND != 0));
    uint64_t last = (uint64_t)(to / SIM_SECOND);
    last = last < group->second_count ? last : group->second_count;
    for (uint64_t i = first; i < last; i++) {
        const struct second *page = group->second_pages[i / SECONDS_PER_PAGE];
        if (page != NULL) {
            const struct second *second = &page[i % SECONDS_PER_PAGE];
            windows += second->issued > 0;
            good += second->issued > 0 && second->succeeded == second->issued;
        }
    }
    *ret_windows = windows;
    *ret_good = good;
}
