/* Calls in a swarm of harm: nodes that call one another over any transport and a link that loses,
 * doubles and reorders, while they crash, pause, restart and are cut off. No call has two outcomes,
 * none goes to another caller, and in the end every book balances.
 */
#include "probe.h"

#define SWARM_NODES 6u

struct swarm {
    struct fixture f;
    struct probe probe;
    struct sim_random random;
    GArray *states;     /* of each call by tag: 0 open, 1 ended, 2 dropped with its caller */
    GArray *owners;     /* and who made it */
    GArray *operations; /* and on whose behalf: frame of the operation, 0 = none */
};

static uint64_t below(struct swarm *swarm, uint64_t n)
{
    return sim_random_below(&swarm->random, n);
}

static const char *any_node(struct swarm *swarm)
{
    static const char *const names[SWARM_NODES] = {"n[1]", "n[2]", "n[3]", "n[4]", "n[5]", "n[6]"};
    return names[below(swarm, SWARM_NODES)];
}

static void end_operation(struct swarm *swarm, struct sim_node *self, uint64_t tag,
                          enum sim_status status)
{
    sim_frame frame = g_array_index(swarm->operations, sim_frame, tag);
    if (frame != 0) {
        sim_operation_end(self, sim_frame_at(self, frame), status);
        sim_frame_end(self, frame);
    }
}

static void swarm_on(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    struct swarm *swarm = probe->data;
    if (in->kind == SIM_IN_OUTCOME) {
        uint8_t *state = &g_array_index(swarm->states, uint8_t, in->tag);
        g_assert_cmpuint(*state, ==, 0); /* exactly one */
        g_assert_cmpuint(g_array_index(swarm->owners, uint32_t, in->tag), ==, sim_self(self));
        *state = 1;
        end_operation(swarm, self, in->tag, in->outcome->reply.status);
    }
}

static void swarm_call(struct swarm *swarm)
{
    const char *from = any_node(swarm), *to = any_node(swarm);
    struct sim_node *node = probe_node(&swarm->f, from);
    const struct probe_state *state = sim_state(node);
    if (state->scratch[0] == 0) {
        return; /* dead */
    }
    uint64_t tag = swarm->states->len;
    uint8_t open = 0;
    uint32_t owner = sim_self(node);
    g_array_append_val(swarm->states, open);
    g_array_append_val(swarm->owners, owner);
    struct sim_operation_id id = {0};
    sim_frame frame = 0;
    if (below(swarm, 2) == 0) {
        id = sim_operation_begin(node);
        frame = sim_frame_new(node);
        *(struct sim_operation_id *)sim_frame_at(node, frame) = id;
    }
    g_array_append_val(swarm->operations, frame);
    struct sim_request request = {.deadline = SIM_NEVER,
                                  .value = below(swarm, (uint64_t)ms(20)),
                                  .bytes = (int64_t)below(swarm, 5000),
                                  .span = id.span};
    sim_time timeout = below(swarm, 3) == 0 ? SIM_NEVER : (sim_time)below(swarm, (uint64_t)ms(60));
    if (below(swarm, 4) == 0) {
        request.deadline = sim_now(node) + (sim_time)below(swarm, (uint64_t)ms(40));
    }
    sim_call call = sim_send_request(node, fixture_id(&swarm->f, to), &request, timeout, tag);
    if (below(swarm, 10) == 0) {
        sim_call_cancel(node, call);
        g_array_index(swarm->states, uint8_t, tag) = 2;
        end_operation(swarm, node, tag, SIM_STATUS_ERROR);
    }
}

static void swarm_started(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    if (in->kind == SIM_IN_START) {
        struct probe_state *state = sim_state(self);
        g_assert_cmpuint(state->scratch[0], ==, 0); /* zeroed before every life */
        state->scratch[0] = 1;
    }
    swarm_on(self, in, probe);
}

static void swarm_crash(struct swarm *swarm, sim_node_id id)
{
    struct sim_node *node = sim_world_node(swarm->f.world, id);
    struct probe_state *state = sim_state(node);
    bool was_up = state->scratch[0] != 0;
    sim_world_crash(swarm->f.world, id, below(swarm, 2) == 0);
    for (guint tag = 0; was_up && tag < swarm->states->len; tag++) {
        uint8_t *call = &g_array_index(swarm->states, uint8_t, tag);
        if (*call == 0 && g_array_index(swarm->owners, uint32_t, tag) == id) {
            *call = 2;
        }
    }
}

struct harm {
    bool is_crashed[SWARM_NODES + 1], is_paused[SWARM_NODES + 1];
    bool is_cut[SWARM_NODES + 1][SWARM_NODES + 1];
};

static void swarm_harm(struct swarm *swarm, struct harm *harm)
{
    sim_node_id a = (sim_node_id)below(swarm, SWARM_NODES) + 1;
    sim_node_id b = (sim_node_id)below(swarm, SWARM_NODES) + 1;
    switch (below(swarm, 3)) {
    case 0:
        if (harm->is_crashed[a]) {
            sim_world_restart(swarm->f.world, a);
        } else {
            swarm_crash(swarm, a);
        }
        harm->is_crashed[a] = !harm->is_crashed[a];
        break;
    case 1:
        harm->is_paused[a] = !harm->is_paused[a];
        sim_world_pause(swarm->f.world, a, harm->is_paused[a]);
        break;
    default:
        if (a != b) {
            harm->is_cut[a][b] = !harm->is_cut[a][b];
            sim_world_cut(swarm->f.world, a, b, harm->is_cut[a][b]);
        }
        break;
    }
}

static void swarm_heal(struct swarm *swarm, struct harm *harm)
{
    for (sim_node_id a = 1; a <= SWARM_NODES; a++) {
        if (harm->is_crashed[a]) {
            sim_world_restart(swarm->f.world, a);
        }
        if (harm->is_paused[a]) {
            sim_world_pause(swarm->f.world, a, false);
        }
        for (sim_node_id b = 1; b <= SWARM_NODES; b++) {
            if (harm->is_cut[a][b]) {
                sim_world_cut(swarm->f.world, a, b, false);
            }
        }
    }
}

static void swarm_transport(struct swarm *swarm, struct sim_transport *transport)
{
    *transport = (struct sim_transport){.kind = below(swarm, 4) == 0 ? SIM_TRANSPORT_DATAGRAM
                                                                     : SIM_TRANSPORT_CONNECTION,
                                        .warm = below(swarm, 2) == 0,
                                        .handshake = 1 + (int64_t)below(swarm, 3),
                                        .idle = below(swarm, 2) == 0 ? SIM_NEVER : ms(5),
                                        .connections_max = (int64_t)below(swarm, 3),
                                        .multiplex = below(swarm, 3) == 0,
                                        .retransmit = ms(3),
                                        .window_bytes = below(swarm, 2) == 0 ? 0 : 1000};
}

static uint64_t swarm_run(uint64_t seed, uint64_t *ret_calls)
{
    struct swarm swarm = {.probe = {.reply = PROBE_LATER, .on = swarm_started, .forgets = true}};
    struct harm harm = {0};
    sim_random_init(&swarm.random, seed, "swarm", "test");
    swarm.probe.data = &swarm;
    swarm.states = g_array_new(FALSE, FALSE, sizeof(uint8_t));
    swarm.owners = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    swarm.operations = g_array_new(FALSE, FALSE, sizeof(sim_frame));
    fixture_init(&swarm.f, s(1));
    swarm.f.options.is_attributing = below(&swarm, 2) == 0;
    swarm.f.options.seed = seed;
    probe_add(&swarm.f, &swarm.probe, "n", SWARM_NODES);
    swarm_transport(&swarm, &fixture_group(&swarm.f, "n")->transport);
    struct sim_link_law *link = fixture_link(&swarm.f, 0, 0);
    link->latency = fixture_law(&swarm.f, "exponential(ms(2))");
    link->loss = below(&swarm, 2) == 0 ? 0 : 0.1;
    link->duplicate = below(&swarm, 2) == 0 ? 0 : 0.1;
    link->reorder = below(&swarm, 2) == 0 ? 0 : 0.1;
    link->bandwidth = below(&swarm, 2) == 0 ? 0 : 1e7;
    fixture_machine(&swarm.f, 1)->bandwidth = below(&swarm, 2) == 0 ? 0 : 1e6;
    fixture_start(&swarm.f);
    fixture_run_until(&swarm.f, 0);
    for (int step = 0; step < 120; step++) {
        fixture_run_until(&swarm.f,
                          sim_world_now(swarm.f.world) + (sim_time)below(&swarm, (uint64_t)ms(4)));
        if (below(&swarm, 4) == 0) {
            swarm_harm(&swarm, &harm);
        } else {
            swarm_call(&swarm);
        }
    }
    swarm_heal(&swarm, &harm);
    fixture_run_until(&swarm.f, s(1000));
    *ret_calls += swarm.states->len;
    uint64_t digest = fixture_digest(&swarm.f);
    fixture_clear(&swarm.f); /* the audit */
    probe_clear(&swarm.probe);
    g_array_free(swarm.states, TRUE);
    g_array_free(swarm.owners, TRUE);
    g_array_free(swarm.operations, TRUE);
    return digest;
}

static void test_swarm(void)
{
    uint64_t calls = 0, again = 0;
    for (uint64_t seed = 1; seed <= 5000; seed++) {
        uint64_t digest = swarm_run(seed, &calls);
        if (seed % 100 == 0) {
            g_assert_cmpuint(swarm_run(seed, &again), ==, digest);
        }
    }
    g_assert_cmpuint(calls, >, 250000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/swarm/one-outcome-a-call", test_swarm);
    return g_test_run();
}
