/* Fixture: a small world built in a few lines; see fixture.h. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

/* "web[2]" -> group and member; "web" -> member SIM_NONE. */
static uint32_t find_group(const struct fixture *fixture, const char *name, uint32_t *ret_member)
{
    size_t length = strcspn(name, "[");
    *ret_member = SIM_NONE;
    if (name[length] == '[') {
        *ret_member = (uint32_t)g_ascii_strtoull(name + length + 1, NULL, 10) - 1;
    }
    for (uint32_t i = 0; i < fixture->spec.group_count; i++) {
        const char *known = fixture->groups[i].name;
        if (strlen(known) == length && strncmp(known, name, length) == 0) {
            return i;
        }
    }
    g_error("fixture: no group named '%s'", name);
}

static void find_name(const char *name, sim_node_id *ret_first, uint32_t *ret_count, void *data)
{
    const struct fixture *fixture = data;
    uint32_t member;
    const struct sim_group_spec *group = &fixture->groups[find_group(fixture, name, &member)];
    *ret_first = group->first_id;
    *ret_count = group->count_max;
}

static const struct sim_trace *find_trace(const char *name, void *data)
{
    const struct fixture *fixture = data;
    const struct sim_trace *trace = g_hash_table_lookup(fixture->traces, name);
    g_assert_nonnull(trace);
    return trace;
}

void fixture_init(struct fixture *fixture, sim_time duration)
{
    memset(fixture, 0, sizeof *fixture);
    sim_arena_init(&fixture->arena);
    fixture->spec.duration = duration;
    fixture->spec.drain = 3600 * SIM_SECOND;
    fixture->spec.groups = fixture->groups;
    fixture->spec.faults = fixture->faults;
    fixture->windows[0] = (struct sim_window){0, duration};
    fixture->window_count = 1;
    fixture->cell = duration / 8 > 0 ? duration / 8 : duration;
    fixture->options.seed = 1;
    fixture->machines = g_array_new(FALSE, TRUE, sizeof(struct sim_machine_spec));
    fixture->traces = g_hash_table_new(g_str_hash, g_str_equal);
    fixture->names = (struct parameter_names){find_name, find_trace, fixture};
    fixture_add_zone(fixture, "here");
}

void fixture_clear(struct fixture *fixture)
{
    if (fixture->world != NULL) {
        sim_world_settle(fixture->world);
        bool is_balanced =
            sim_world_audit(fixture->world, fixture->expects_imbalance ? NULL : stderr);
        g_assert_true(is_balanced != fixture->expects_imbalance);
        sim_world_free(fixture->world);
    }
    g_array_free(fixture->machines, TRUE);
    g_hash_table_destroy(fixture->traces);
    sim_arena_clear(&fixture->arena);
    memset(fixture, 0, sizeof *fixture);
}

/* ---- building ---- */

static const char *member_label(struct fixture *fixture, const char *name, uint32_t member)
{
    char label[128];
    g_snprintf(label, sizeof label, "%s.%u", name, member + 1);
    return sim_arena_strdup(&fixture->arena, label);
}

uint32_t fixture_add_group(struct fixture *fixture, const char *name, const struct sim_model *model,
                           const char *text, uint32_t count, uint32_t count_max)
{
    uint32_t index = fixture->spec.group_count++;
    g_assert_cmpuint(index, <, FIXTURE_GROUPS_MAX);
    uint32_t *machines = sim_arena_array(&fixture->arena, uint32_t, count_max);
    for (uint32_t i = 0; i < count_max; i++) {
        struct sim_machine_spec machine = {.name = member_label(fixture, name, i)};
        machines[i] = fixture->machines->len;
        g_array_append_val(fixture->machines, machine);
    }
    fixture->texts[index] = text;
    fixture->groups[index] = (struct sim_group_spec){
        .name = name,
        .model = model,
        .count = count,
        .count_max = count_max,
        .first_id = fixture->spec.node_count + 1,
        .machines = machines,
        .transport = {.kind = SIM_TRANSPORT_CONNECTION,
                      .warm = true,
                      .handshake = 1,
                      .idle = SIM_NEVER,
                      .retransmit = 200 * SIM_MILLISECOND},
    };
    fixture->spec.node_count += count_max;
    return index;
}

uint32_t fixture_add_node(struct fixture *fixture, const char *name, const struct sim_model *model,
                          const char *text)
{
    return fixture_add_group(fixture, name, model, text, 1, 1);
}

void fixture_set_params(struct fixture *fixture, const char *name, const void *params)
{
    fixture_group(fixture, name)->params = params;
}

struct sim_group_spec *fixture_group(struct fixture *fixture, const char *name)
{
    uint32_t member;
    return &fixture->groups[find_group(fixture, name, &member)];
}

struct sim_machine_spec *fixture_machine(struct fixture *fixture, sim_node_id node)
{
    for (uint32_t i = 0; i < fixture->spec.group_count; i++) {
        const struct sim_group_spec *group = &fixture->groups[i];
        if (node >= group->first_id && node < group->first_id + group->count_max) {
            uint32_t machine = group->machines[node - group->first_id];
            return &g_array_index(fixture->machines, struct sim_machine_spec, machine);
        }
    }
    g_error("fixture: no node %u", node);
}

void fixture_share_machine(struct fixture *fixture, const char *name)
{
    struct sim_group_spec *group = fixture_group(fixture, name);
    uint32_t *machines = sim_arena_array(&fixture->arena, uint32_t, group->count_max);
    for (uint32_t i = 0; i < group->count_max; i++) {
        machines[i] = group->machines[0];
    }
    group->machines = machines;
}

void fixture_trace(struct fixture *fixture, const char *name, const struct sim_trace *trace)
{
    g_hash_table_insert(fixture->traces, (gpointer)name, (gpointer)trace);
}

uint32_t fixture_add_zone(struct fixture *fixture, const char *name)
{
    uint32_t zone = fixture->spec.network.zone_count++;
    g_assert_cmpuint(zone, <, FIXTURE_ZONES_MAX);
    fixture->zones[zone] = name;
    return zone;
}

struct sim_link_law *fixture_link(struct fixture *fixture, uint32_t from_zone, uint32_t to_zone)
{
    fixture->spec.network.is_given = true;
    return &fixture->links[from_zone][to_zone];
}

void fixture_link_latency(struct fixture *fixture, sim_time latency)
{
    const struct sim_dist *law = sim_dist_constant(&fixture->arena, sim_time_seconds(latency));
    for (uint32_t from = 0; from < FIXTURE_ZONES_MAX; from++) {
        for (uint32_t to = 0; to < FIXTURE_ZONES_MAX; to++) {
            fixture_link(fixture, from, to)->latency = law;
        }
    }
}

struct sim_fault_spec *fixture_add_fault(struct fixture *fixture, enum sim_fault_kind kind,
                                         sim_time from, sim_time to, const char *targets)
{
    g_assert_cmpuint(fixture->spec.fault_count, <, FIXTURE_FAULTS_MAX);
    struct sim_fault_spec *fault = &fixture->faults[fixture->spec.fault_count++];
    *fault = (struct sim_fault_spec){
        .kind = kind, .from = from, .to = to, .factor = 1, .slowness = 1, .label = "fault"};
    if (targets != NULL) {
        fault->targets = parameters_target(&fixture->arena, targets, &fixture->names);
    }
    return fault;
}

void fixture_fault_sides(struct fixture *fixture, struct sim_fault_spec *fault, const char *a,
                         const char *b)
{
    struct sim_target *sides = sim_arena_array(&fixture->arena, struct sim_target, 2);
    sides[0] = parameters_target(&fixture->arena, a, &fixture->names);
    sides[1] = parameters_target(&fixture->arena, b, &fixture->names);
    fault->sides = sides;
    fault->side_count = 2;
}

uint32_t fixture_add_window(struct fixture *fixture, sim_time from, sim_time to)
{
    g_assert_cmpuint(fixture->window_count, <, FIXTURE_WINDOWS_MAX);
    fixture->windows[fixture->window_count] = (struct sim_window){from, to};
    return fixture->window_count++;
}

const struct sim_dist *fixture_law(struct fixture *fixture, const char *text)
{
    return parameters_law(&fixture->arena, text);
}

static void read_params(struct fixture *fixture, uint32_t index)
{
    struct sim_group_spec *group = &fixture->groups[index];
    const struct sim_model *model = group->model;
    if (group->params != NULL || model->params == NULL) {
        return;
    }
    void *params = sim_arena_alloc(&fixture->arena, model->params_size);
    parameters_read(&fixture->arena, group->name, model->params, fixture->texts[index],
                    &fixture->names, params);
    const char *wrong = model->validate != NULL ? model->validate(params) : NULL;
    if (wrong != NULL) {
        g_error("fixture: %s: %s", group->name, wrong);
    }
    group->params = params;
}

static void lay_out_network(struct fixture *fixture)
{
    struct sim_network_spec *network = &fixture->spec.network;
    uint32_t count = network->zone_count;
    struct sim_link_law *links =
        sim_arena_array(&fixture->arena, struct sim_link_law, (size_t)count * count);
    for (uint32_t from = 0; from < count; from++) {
        for (uint32_t to = 0; to < count; to++) {
            links[from * count + to] = fixture->links[from][to];
        }
    }
    network->zone_names = fixture->zones;
    network->links = links;
}

void fixture_start(struct fixture *fixture)
{
    for (uint32_t i = 0; i < fixture->spec.group_count; i++) {
        read_params(fixture, i);
    }
    lay_out_network(fixture);
    fixture->spec.machine_count = fixture->machines->len;
    fixture->spec.machines = (const struct sim_machine_spec *)(void *)fixture->machines->data;
    sim_axis_init(&fixture->axis, &fixture->arena, fixture->spec.duration, fixture->cell,
                  fixture->windows, fixture->window_count);
    fixture->options.axis = &fixture->axis;
    fixture->world = sim_world_new(&fixture->spec, &fixture->options);
}

/* ---- playing ---- */

void fixture_run_until(struct fixture *fixture, sim_time time)
{
    sim_world_run_until(fixture->world, time);
}

enum sim_ending fixture_run(struct fixture *fixture)
{
    return sim_world_run(fixture->world);
}

void fixture_crash(struct fixture *fixture, const char *node)
{
    sim_world_crash(fixture->world, fixture_id(fixture, node), false);
}

void fixture_restart(struct fixture *fixture, const char *node)
{
    sim_world_restart(fixture->world, fixture_id(fixture, node));
}

void fixture_pause(struct fixture *fixture, const char *node, bool is_paused)
{
    sim_world_pause(fixture->world, fixture_id(fixture, node), is_paused);
}

void fixture_cut(struct fixture *fixture, const char *from, const char *to, bool is_cut)
{
    sim_world_cut(fixture->world, fixture_id(fixture, from), fixture_id(fixture, to), is_cut);
}

/* ---- looking ---- */

sim_node_id fixture_id(const struct fixture *fixture, const char *node)
{
    uint32_t member;
    uint32_t group = find_group(fixture, node, &member);
    return fixture->groups[group].first_id + (member == SIM_NONE ? 0 : member);
}

const struct sim_metric *fixture_metric(const struct fixture *fixture, const char *group,
                                        const char *metric)
{
    uint32_t member;
    uint32_t index = find_group(fixture, group, &member);
    uint32_t count = sim_world_metric_count(fixture->world, index);
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_metric *found = sim_world_metric(fixture->world, index, member, i);
        if (strcmp(found->name, metric) == 0) {
            return found;
        }
    }
    g_error("fixture: '%s' has no metric '%s'", group, metric);
}

static const struct sim_metric *metric_of_kind(const struct fixture *fixture, const char *group,
                                               const char *name, enum sim_metric_kind kind)
{
    const struct sim_metric *metric = fixture_metric(fixture, group, name);
    g_assert_true(metric->kind == kind);
    return metric;
}

uint64_t fixture_total(const struct fixture *fixture, const char *group, const char *metric)
{
    return sim_counter_total(&metric_of_kind(fixture, group, metric, SIM_METRIC_COUNT)->counter);
}

uint64_t fixture_window_total(const struct fixture *fixture, const char *group, const char *metric,
                              uint32_t window)
{
    return sim_counter_window(&metric_of_kind(fixture, group, metric, SIM_METRIC_COUNT)->counter,
                              window);
}

int64_t fixture_level(const struct fixture *fixture, const char *group, const char *metric)
{
    return metric_of_kind(fixture, group, metric, SIM_METRIC_LEVEL)->level.value;
}

double fixture_level_mean(const struct fixture *fixture, const char *group, const char *metric)
{
    return sim_level_mean(&metric_of_kind(fixture, group, metric, SIM_METRIC_LEVEL)->level, 0);
}

static const struct sim_histogram *sample_of(const struct fixture *fixture, const char *group,
                                             const char *metric)
{
    return sim_sample_window(&metric_of_kind(fixture, group, metric, SIM_METRIC_SAMPLE)->sample, 0);
}

static double unit_of(const struct fixture *fixture, const char *group, const char *metric)
{
    return fixture_metric(fixture, group, metric)->unit == SIM_METRIC_SECONDS ? 1e9 : 1;
}

uint64_t fixture_sample_count(const struct fixture *fixture, const char *group, const char *metric)
{
    const struct sim_histogram *sample = sample_of(fixture, group, metric);
    return sample->count + sample->infinite;
}

double fixture_mean(const struct fixture *fixture, const char *group, const char *metric)
{
    return sim_histogram_mean(sample_of(fixture, group, metric)) / unit_of(fixture, group, metric);
}

double fixture_quantile(const struct fixture *fixture, const char *group, const char *metric,
                        double p)
{
    return sim_histogram_quantile(sample_of(fixture, group, metric), p) /
           unit_of(fixture, group, metric);
}

uint64_t fixture_digest(const struct fixture *fixture)
{
    return sim_world_digest(fixture->world);
}
