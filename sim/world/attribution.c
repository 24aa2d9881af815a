/* Attribution: where the time of sampled operations went, by group and cause.
 *
 * A sampled operation carries a span, a table of nanoseconds by (group, cause). Every call gets a
 * span of its own, which is added to the caller's when the reply comes and thrown away when the
 * call fails (its whole length is then a retry's cost), so along a path of calls the parts sum up
 * to the latency; what no part accounts for is "other". Calls made side by side would all count,
 * and the "other" of a fan-out be negative, unless each is given a branch and only the one that was
 * waited for last is joined. A span is closed when its request is answered: work that outlives the
 * answer is nobody's latency. Handles notice reuse, so whoever still names a span that has ended
 * does no harm.
 *
 * Operations are sampled by a hash of their number, every one at first. When SAMPLE_MAX are held
 * the rate is halved and half of them are let go, so the sample stays uniform, whatever the length
 * of the run, and no random number is drawn.
 */
#include "world/internal.h"

#include <glib.h>

#include "base/sort.h"

#define SAMPLE_MAX 16384u

struct span {
    uint32_t holders;
    sim_node_id source; /* whose operation, or branch of one, it is; 0: the span of a call */
    bool is_closed;
    int64_t spent[]; /* group_count * SIM_CAUSE_COUNT */
};

struct sampled {
    uint64_t operation_id;
    sim_time latency;
    int64_t *spent;
};

struct samples {
    uint64_t mask; /* an operation is sampled when hash & mask == 0 */
    uint32_t count;
    struct sampled operations[SAMPLE_MAX];
};

struct spans {
    struct sim_pool pool;
    size_t cell_count; /* of a span */
    double *means[SIM_BAND_COUNT];
};

void spans_init(struct sim_world *world)
{
    struct spans *spans = sim_arena_new(&world->arena, struct spans);
    world->spans = spans;
    spans->cell_count = (size_t)world->spec->group_count * SIM_CAUSE_COUNT;
    sim_pool_init(&spans->pool, sizeof(struct span) + spans->cell_count * sizeof(int64_t));
    for (int band = 0; band < SIM_BAND_COUNT; band++) {
        spans->means[band] = sim_arena_array(&world->arena, double, spans->cell_count);
    }
}

void spans_clear(struct sim_world *world)
{
    for (uint32_t g = 0; g < world->spec->group_count; g++) {
        struct samples *samples = world->groups[g].samples;
        for (uint32_t i = 0; samples != NULL && i < samples->count; i++) {
            g_free(samples->operations[i].spent);
        }
        g_free(samples);
    }
    sim_pool_clear(&world->spans->pool);
}

size_t spans_memory(const struct sim_world *world)
{
    const struct sim_pool *pool = &world->spans->pool;
    return (size_t)pool->chunk_count * SIM_POOL_CHUNK_COUNT * pool->record_size;
}

static struct span *span_find(struct sim_world *world, sim_span span)
{
    return sim_pool_find(&world->spans->pool, span);
}

static sim_span span_new(struct sim_world *world, sim_node_id source)
{
    struct spans *spans = world->spans;
    uint32_t index = sim_pool_take(&spans->pool);
    struct span *span = sim_pool_at(&spans->pool, index);
    span->holders = 1;
    span->source = source;
    span->is_closed = false;
    memset(span->spent, 0, spans->cell_count * sizeof(int64_t));
    return sim_pool_handle(&spans->pool, index);
}

static uint64_t sampling_hash(uint64_t operation_id)
{
    return sim_hash_pair(operation_id, 0x5350414e);
}

sim_span span_begin(struct sim_node *source, uint64_t operation_id)
{
    struct samples *samples = source->group->samples;
    if (samples == NULL) {
        samples = source->group->samples = g_new0(struct samples, 1);
    }
    if ((sampling_hash(operation_id) & samples->mask) != 0) {
        return 0;
    }
    return span_new(source->world, source->id);
}

sim_span span_child(struct sim_world *world, sim_span parent)
{
    return span_find(world, parent) == NULL ? 0 : span_new(world, 0);
}

/* Who holds a span knows that it is there. */
static struct span *held(struct sim_world *world, sim_span handle)
{
    struct span *span = span_find(world, handle);
    sim_assert(span != NULL && span->holders > 0);
    return span;
}

void span_hold(struct sim_world *world, sim_span span)
{
    held(world, span)->holders++;
}

void span_release(struct sim_world *world, sim_span span)
{
    if (--held(world, span)->holders == 0) {
        sim_pool_give(&world->spans->pool, sim_pool_index(span));
    }
}

void span_close(struct sim_world *world, sim_span span)
{
    held(world, span)->is_closed = true;
}

void span_merge(struct sim_world *world, sim_span parent, sim_span child)
{
    struct span *into = span_find(world, parent);
    const struct span *from = held(world, child);
    for (size_t i = 0; into != NULL && !into->is_closed && i < world->spans->cell_count; i++) {
        into->spent[i] += from->spent[i];
    }
}

void span_spend(struct sim_world *world, sim_span handle, uint32_t group, enum sim_cause cause,
                sim_time duration)
{
    struct span *span = span_find(world, handle);
    if (span != NULL && !span->is_closed) {
        span->spent[(size_t)group * SIM_CAUSE_COUNT + cause] += duration;
    }
}

sim_span sim_span_branch(struct sim_node *self, sim_span span)
{
    return span_find(self->world, span) == NULL ? 0 : span_new(self->world, self->id);
}

void sim_span_join(struct sim_node *self, sim_span span, sim_span branch)
{
    if (branch != 0) {
        span_merge(self->world, span, branch);
        span_release(self->world, branch);
    }
}

void sim_span_drop(struct sim_node *self, sim_span branch)
{
    if (branch != 0) {
        span_release(self->world, branch);
    }
}

void spans_drop(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct sim_pool *pool = &world->spans->pool;
    for (uint32_t index = 1; pool->live_count > 0 && index < pool->fresh; index++) {
        const struct span *span = sim_pool_at(pool, index);
        if (pool_is_used(pool, index) && span->source == node->id) {
            span_release(world, sim_pool_handle(pool, index));
        }
    }
}

/* Halves the rate until there is room. */
static void thin(struct samples *samples)
{
    while (samples->count == SAMPLE_MAX) {
        samples->mask = samples->mask << 1 | 1;
        uint32_t kept = 0;
        for (uint32_t i = 0; i < samples->count; i++) {
            if ((sampling_hash(samples->operations[i].operation_id) & samples->mask) == 0) {
                samples->operations[kept++] = samples->operations[i];
            } else {
                g_free(samples->operations[i].spent);
            }
        }
        samples->count = kept;
    }
}

void span_end(struct sim_node *source, sim_span handle, uint64_t operation_id, sim_time latency,
              bool is_answered)
{
    struct sim_world *world = source->world;
    struct samples *samples = source->group->samples;
    if (is_answered) {
        thin(samples);
    }
    if (is_answered && (sampling_hash(operation_id) & samples->mask) == 0) {
        struct span *span = held(world, handle);
        int64_t other = latency;
        for (size_t i = 0; i < world->spans->cell_count; i++) {
            other -= span->spent[i];
        }
        span->spent[(size_t)source->group_index * SIM_CAUSE_COUNT + SIM_CAUSE_OTHER] += other;
        samples->operations[samples->count++] =
            (struct sampled){operation_id, latency,
                             g_memdup2(span->spent, world->spans->cell_count * sizeof(int64_t))};
    }
    span_release(world, handle);
}

/* ---- reading ---- */

static int compare_latency(const void *a, const void *b, void *data)
{
    (void)data;
    const struct sampled *x = a, *y = b;
    return (x->latency > y->latency) - (x->latency < y->latency);
}

static void average(const struct samples *samples, uint32_t first, uint32_t last, size_t cell_count,
                    double *means, struct sim_attribution *ret)
{
    memset(means, 0, cell_count * sizeof *means);
    double latency = 0.0;
    for (uint32_t i = first; i < last; i++) {
        latency += (double)samples->operations[i].latency;
        for (size_t cell = 0; cell < cell_count; cell++) {
            means[cell] += (double)samples->operations[i].spent[cell];
        }
    }
    uint32_t count = last - first;
    for (size_t cell = 0; cell < cell_count && count > 0; cell++) {
        means[cell] /= count;
    }
    ret->operations = count;
    ret->mean_ns = count > 0 ? latency / count : 0.0;
    ret->mean_by_group_cause = means;
}

void sim_world_attribution(const struct sim_world *world, uint32_t source_group,
                           struct sim_attribution ret_bands[SIM_BAND_COUNT])
{
    struct spans *spans = world->spans;
    struct samples *samples = world->groups[source_group].samples;
    static const struct samples none;
    const struct samples *sorted = samples == NULL ? &none : samples;
    if (samples != NULL) {
        sim_sort(samples->operations, samples->count, sizeof samples->operations[0],
                 compare_latency, NULL);
    }
    uint32_t count = sorted->count;
    for (int band = 0; band < SIM_BAND_COUNT; band++) {
        ret_bands[band].group_count = world->spec->group_count;
    }
    average(sorted, count - (count + 99) / 100, count, spans->cell_count,
            spans->means[SIM_BAND_SLOWEST], &ret_bands[SIM_BAND_SLOWEST]);
    average(sorted, count * 45 / 100, count * 55 / 100, spans->cell_count,
            spans->means[SIM_BAND_MEDIAN], &ret_bands[SIM_BAND_MEDIAN]);
}
