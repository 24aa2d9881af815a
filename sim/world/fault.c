/* Faults: scheduled ones, and ones drawn from times to failure and to repair.
 *
 * A scheduled fault acts on all its targets from `from` to `to`. A drawn one follows each target
 * apart: up for a draw of `mttf`, down for a draw of `mttr`, and so on inside [from, to); what is
 * broken at `to` is mended then. Several faults may hold one node; it recovers when the last ends.
 * Partitions and degradations of links are drawn as a whole.
 *
 * Of a swarm each kind is wholly off with probability 1/2, drawn anew for every run, but never all
 * of them, so that runs differ in what can happen and not only in when (swarm testing: Groce et
 * al., ISSTA 2012, section 2; TigerBeetle's VOPR). What is on fails the faster: the expected number
 * of faults in a run is that of all kinds together.
 */
#include "world/transit.h"

#include <glib.h>

/* A fault as it acts: all targets of a scheduled one, one target of a drawn one. */
struct fault_instance {
    const struct sim_fault_spec *spec;
    sim_node_id target; /* 0 = all of the spec's */
    uint32_t span;      /* index + 1 of the present span, 0 while it does not act */
    double patience;    /* times to failure are so many times as long */
    struct sim_random random;
};

/* Kinds of fault, as bits. */
struct swarm {
    unsigned kinds, on;
};

struct fault_state {
    GArray *instances;    /* struct fault_instance */
    GArray *spans;        /* struct sim_fault_span, in order of their beginning */
    struct swarm *swarms; /* by number; [0] unused */
    uint32_t swarm_count;
};

static bool is_by_target(enum sim_fault_kind kind)
{
    return kind != SIM_FAULT_PARTITION && kind != SIM_FAULT_LINK && kind != SIM_FAULT_MEMBERS;
}

/* What operations may have to recover from. */
static bool is_outage(enum sim_fault_kind kind)
{
    return kind != SIM_FAULT_SURGE && kind != SIM_FAULT_CLOCK && kind != SIM_FAULT_MEMBERS;
}

/* Nodes that share a machine share its clock and its disk. */
static bool is_of_machine(enum sim_fault_kind kind)
{
    return kind == SIM_FAULT_CLOCK || kind == SIM_FAULT_DISK;
}

static struct fault_instance *instance_at(struct sim_world *world, uint64_t index)
{
    return &g_array_index(world->faults->instances, struct fault_instance, index);
}

static void post(struct sim_world *world, sim_time time, enum world_event event, uint64_t index)
{
    sim_engine_post(world->engine, time, 0, (uint16_t)event, index);
}

/* Draws when a drawn fault strikes next, counting from `now`. */
static void schedule_failure(struct sim_world *world, uint64_t index, sim_time now)
{
    struct fault_instance *instance = instance_at(world, index);
    sim_time wait = sim_dist_draw_time(instance->spec->mttf, &instance->random);
    if (instance->patience != 1.0) {
        wait = sim_time_scale(wait, instance->patience);
    }
    sim_time strikes = sim_time_add(now, wait);
    if (strikes < instance->spec->to) {
        post(world, strikes, EVENT_FAULT_BEGIN, index);
    }
}

/* Names the stream that a drawn fault draws from: by what it is, so that another fault in the
 * scenario does not change it; alike ones are told apart by their order. */
static void name_purpose(const struct sim_world *world, uint32_t fault_index, char *purpose,
                         size_t size)
{
    const struct sim_fault_spec *spec = &world->spec->faults[fault_index];
    uint32_t alike = 0;
    for (uint32_t i = 0; i < fault_index; i++) {
        const struct sim_fault_spec *other = &world->spec->faults[i];
        alike += other->kind == spec->kind && other->mttf != NULL &&
                 g_strcmp0(other->label, spec->label) == 0;
    }
    g_snprintf(purpose, size, "fault %d %u %s", (int)spec->kind, alike,
               spec->label == NULL ? "" : spec->label);
}

/* ---- swarms ---- */

static unsigned kind_count(unsigned kinds)
{
    unsigned count = 0;
    for (; kinds != 0; kinds &= kinds - 1) {
        count++;
    }
    return count;
}

/* One of the sets of kinds that are not empty, each as likely as any other: what tossing a coin for
 * each kind gives where not all of them fall on off. */
static void draw_kinds(const struct sim_world *world, uint32_t number, struct swarm *swarm)
{
    struct sim_random random;
    char purpose[32];
    g_snprintf(purpose, sizeof purpose, "swarm %u", number);
    sim_random_init(&random, world->options.seed, world->nodes[0].name, purpose);
    uint64_t set = 1 + sim_random_below(&random, (1ull << kind_count(swarm->kinds)) - 1);
    for (unsigned kind = 0; swarm->kinds >> kind != 0; kind++) {
        if (swarm->kinds & 1u << kind) {
            swarm->on |= (unsigned)(set & 1) << kind;
            set >>= 1;
        }
    }
}

static bool swarm_is_off(const struct sim_world *world, const struct sim_fault_spec *spec)
{
    return spec->swarm != 0 && !(world->faults->swarms[spec->swarm].on & 1u << spec->kind);
}

static double swarm_patience(const struct sim_world *world, const struct sim_fault_spec *spec)
{
    if (spec->swarm == 0) {
        return 1.0;
    }
    const struct swarm *swarm = &world->faults->swarms[spec->swarm];
    return (double)kind_count(swarm->on) / kind_count(swarm->kinds);
}

/* A note for each kind of each swarm: 1 = on, 0 = off in this run. */
static void trace_swarms(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->spec->fault_count; i++) {
        const struct sim_fault_spec *spec = &world->spec->faults[i];
        bool is_first = spec->swarm != 0;
        for (uint32_t j = 0; is_first && j < i; j++) {
            const struct sim_fault_spec *other = &world->spec->faults[j];
            is_first = other->swarm != spec->swarm || other->kind != spec->kind;
        }
        if (is_first) {
            const char *label = spec->label == NULL ? "" : spec->label;
            size_t size = strlen("swarm: ") + strlen(label) + 1;
            char *text = sim_arena_alloc(&world->arena, size);
            g_snprintf(text, size, "swarm: %s", label);
            world_trace(world, SIM_TRACE_NOTE, 0, SIM_NONE, text, spec->swarm,
                        !swarm_is_off(world, spec));
        }
    }
}

static void swarms_init(struct sim_world *world)
{
    struct fault_state *faults = world->faults;
    for (uint32_t i = 0; i < world->spec->fault_count; i++) {
        uint32_t number = world->spec->faults[i].swarm;
        faults->swarm_count = number > faults->swarm_count ? number : faults->swarm_count;
    }
    faults->swarms = sim_arena_array(&world->arena, struct swarm, faults->swarm_count + 1);
    for (uint32_t i = 0; i < world->spec->fault_count; i++) {
        const struct sim_fault_spec *spec = &world->spec->faults[i];
        faults->swarms[spec->swarm].kinds |= 1u << spec->kind;
    }
    for (uint32_t number = 1; number <= faults->swarm_count; number++) {
        draw_kinds(world, number, &faults->swarms[number]);
    }
    if (world_is_tracing(world)) {
        trace_swarms(world);
    }
}

static void instance_add(struct sim_world *world, uint32_t fault_index, sim_node_id target)
{
    const struct sim_fault_spec *spec = &world->spec->faults[fault_index];
    struct fault_instance instance = {
        .spec = spec, .target = target, .patience = swarm_patience(world, spec)};
    uint64_t index = world->faults->instances->len;
    if (spec->mttf != NULL) {
        char purpose[128];
        name_purpose(world, fault_index, purpose, sizeof purpose);
        sim_random_init(&instance.random, world->options.seed, world->nodes[target].name, purpose);
    }
    g_array_append_val(world->faults->instances, instance);
    if (spec->mttf != NULL) {
        schedule_failure(world, index, spec->from);
    } else {
        post(world, spec->from, EVENT_FAULT_BEGIN, index);
    }
}

/* Whether the fault acts on its t-th target: on a machine only once, at the first on it. */
static bool concerns(const struct sim_world *world, const struct sim_fault_spec *spec, uint32_t t)
{
    const struct sim_node *node = &world->nodes[spec->targets.ids[t]];
    for (uint32_t i = 0; is_of_machine(spec->kind) && i < t; i++) {
        if (world->nodes[spec->targets.ids[i]].machine == node->machine) {
            return false;
        }
    }
    return true;
}

void faults_init(struct sim_world *world)
{
    world->faults = sim_arena_new(&world->arena, struct fault_state);
    world->faults->instances = g_array_new(FALSE, FALSE, sizeof(struct fault_instance));
    world->faults->spans = g_array_new(FALSE, FALSE, sizeof(struct sim_fault_span));
    swarms_init(world);
    for (uint32_t i = 0; i < world->spec->fault_count; i++) {
        const struct sim_fault_spec *spec = &world->spec->faults[i];
        if (swarm_is_off(world, spec)) {
            continue;
        }
        if (spec->mttf == NULL || !is_by_target(spec->kind)) {
            instance_add(world, i, 0);
            continue;
        }
        for (uint32_t t = 0; t < spec->targets.count; t++) {
            if (concerns(world, spec, t)) {
                instance_add(world, i, spec->targets.ids[t]);
            }
        }
    }
}

void faults_clear(struct sim_world *world)
{
    g_array_free(world->faults->instances, TRUE);
    g_array_free(world->faults->spans, TRUE);
}

/* ---- what each kind does to a node ---- */

static void set_clock(struct sim_world *world, struct machine *machine, sim_time shift,
                      double drift)
{
    sim_time now = world_now(world);
    double gained = (double)(now - machine->clock_drift_since) * machine->clock_drift;
    machine->clock_shift += (sim_time)gained + shift;
    machine->clock_drift_since = now;
    machine->clock_drift = drift;
}

/* Factors of faults that overlap multiply. When the last ends the factor is exactly 1 again. */
static double change_factor(double present, double factor, uint32_t *holders, bool is_beginning)
{
    *holders = is_beginning ? *holders + 1 : *holders - 1;
    if (*holders == 0) {
        return 1.0;
    }
    return is_beginning ? present * factor : present / factor;
}

static void set_load(struct sim_node *node, double factor, bool is_beginning)
{
    if (factor > 0.0) {
        node->load_factor = change_factor(node->load_factor, factor, &node->surges, is_beginning);
    } else {
        node->standstills = is_beginning ? node->standstills + 1 : node->standstills - 1;
    }
    sim_engine_post(node->world->engine, world_now(node->world), node->id, EVENT_LOAD, 0);
}

static void set_disk(struct sim_world *world, struct machine *machine, double factor,
                     bool is_beginning)
{
    struct disk *disk = machine->disk;
    if (factor > 0.0) {
        disk->factor = change_factor(disk->factor, factor, &disk->slows, is_beginning);
        return;
    }
    disk->stalls = is_beginning ? disk->stalls + 1 : disk->stalls - 1;
    disk_resume(world, machine);
    flows_update(world);
}

static void act_on(struct sim_node *node, const struct sim_fault_spec *spec, bool is_beginning)
{
    struct sim_world *world = node->world;
    struct machine *machine = node->machine;
    switch (spec->kind) {
    case SIM_FAULT_CRASH:
        if (is_beginning) {
            node_crash(node, spec->silent, spec->torn);
        } else {
            node_restart(node);
        }
        break;
    case SIM_FAULT_PAUSE:
        node_set_paused(node, is_beginning);
        break;
    case SIM_FAULT_SLOW:
        node_set_slow(node,
                      change_factor(node->slow_factor, spec->factor, &node->slows, is_beginning));
        break;
    case SIM_FAULT_CLOCK:
        if (is_beginning) {
            set_clock(world, machine, spec->shift, machine->clock_drift + spec->drift);
        } else {
            set_clock(world, machine, 0, machine->clock_drift - spec->drift);
        }
        break;
    case SIM_FAULT_DISK:
        set_disk(world, machine, spec->factor, is_beginning);
        break;
    case SIM_FAULT_SURGE:
        set_load(node, spec->factor, is_beginning);
        break;
    case SIM_FAULT_PARTITION:
    case SIM_FAULT_LINK:
    case SIM_FAULT_MEMBERS:
        sim_assert_failed("not a fault of a node", __FILE__, __LINE__);
    }
}

/* A fault of several nodes is traced at each of them, too: the event itself is of nobody. */
static void act_on_targets(struct sim_world *world, uint64_t index, bool is_beginning)
{
    const struct sim_fault_spec *spec = instance_at(world, index)->spec;
    for (uint32_t t = 0; t < spec->targets.count; t++) {
        if (concerns(world, spec, t)) {
            if (world_is_tracing(world)) {
                world_trace(world, SIM_TRACE_FAULT, spec->targets.ids[t], SIM_NONE, spec->label,
                            index, is_beginning);
            }
            act_on(&world->nodes[spec->targets.ids[t]], spec, is_beginning);
        }
    }
}

static void act(struct sim_world *world, uint64_t index, bool is_beginning)
{
    const struct fault_instance *instance = instance_at(world, index);
    const struct sim_fault_spec *spec = instance->spec;
    if (spec->kind == SIM_FAULT_MEMBERS) {
        if (is_beginning) {
            struct members_change change = {
                .group = spec->group,
                .count = spec->members,
                .boot = spec->boot,
                .notice = spec->notice,
            };
            members_set(world, &change);
        }
    } else if (!is_by_target(spec->kind)) {
        if (is_beginning) {
            network_begin_fault(world, spec);
        } else {
            network_end_fault(world, spec);
        }
        flows_update(world);
    } else if (instance->target != 0) {
        act_on(&world->nodes[instance->target], spec, is_beginning);
    } else {
        act_on_targets(world, index, is_beginning);
    }
}

/* ---- events ---- */

void fault_on_begin(struct sim_world *world, const struct sim_event *event)
{
    struct fault_instance *instance = instance_at(world, event->payload);
    const struct sim_fault_spec *spec = instance->spec;
    sim_time now = world_now(world);
    struct sim_fault_span span = {spec->label, spec->kind, now, SIM_NEVER};
    g_array_append_val(world->faults->spans, span);
    instance->span = world->faults->spans->len;
    if (world_is_tracing(world)) {
        world_trace(world, SIM_TRACE_FAULT, instance->target, SIM_NONE, spec->label, event->payload,
                    1);
    }
    sim_time ends = spec->to;
    if (spec->mttf != NULL) {
        sim_time mended = sim_time_add(now, sim_dist_draw_time(spec->mttr, &instance->random));
        ends = mended < ends ? mended : ends;
    }
    if (ends != SIM_NEVER) {
        post(world, ends, EVENT_FAULT_END, event->payload);
    }
    act(world, event->payload, true);
}

void fault_on_end(struct sim_world *world, const struct sim_event *event)
{
    struct fault_instance *instance = instance_at(world, event->payload);
    sim_time now = world_now(world);
    g_array_index(world->faults->spans, struct sim_fault_span, instance->span - 1).to = now;
    instance->span = 0;
    if (world_is_tracing(world)) {
        world_trace(world, SIM_TRACE_FAULT, instance->target, SIM_NONE, instance->spec->label,
                    event->payload, 0);
    }
    act(world, event->payload, false);
    if (is_outage(instance->spec->kind)) {
        silence_mended(world);
    }
    if (instance->spec->mttf != NULL && now < instance->spec->to) {
        schedule_failure(world, event->payload, now);
    }
}

void faults_settle(struct sim_world *world)
{
    for (guint i = 0; i < world->faults->spans->len; i++) {
        struct sim_fault_span *span =
            &g_array_index(world->faults->spans, struct sim_fault_span, i);
        if (span->to == SIM_NEVER) {
            span->to = world_now(world);
        }
    }
}

uint32_t sim_world_fault_count(const struct sim_world *world)
{
    return world->faults->spans->len;
}

const struct sim_fault_span *sim_world_fault(const struct sim_world *world, uint32_t index)
{
    return &g_array_index(world->faults->spans, struct sim_fault_span, index);
}
