/* Seeds a minute of the swarms: a store of five replicas and six clients under 10 s of faults and
 * 60 s of calm, its history judged, its replicas compared; the tests themselves without their
 * claims. */
#include <stdio.h>

#include "bench.h"
#include "quorum_swarm.h"

#define SEEDS 20

static void measure(const char *name, const struct sim_model *model, const char *params)
{
    struct swarm *swarm = g_new0(struct swarm, 1);
    swarm->of = (struct swarm_case){name, model, params, SWARM_ALL_FAULTS, false};
    double start = bench_seconds();
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        swarm_play(swarm, seed);
    }
    double seconds = bench_seconds() - start;
    g_assert_cmpuint(swarm->violations + swarm->diverged + swarm->stuck, ==, 0);
    bench_row(name, 60 * SEEDS / seconds, "seeds/minute", (double)swarm->succeeded / SEEDS,
              "operations a seed");
    g_free(swarm);
}

int main(void)
{
    measure("swarm.quorum", &sim_model_store_quorum, SWARM_DURABLE ", protocol = 'abd'");
    measure("swarm.raft", &sim_model_store_raft,
            "election_timeout = ms(400), heartbeat = ms(100), timeout = s(1), "
            "fsync = exponential(ms(1))");
    return 0;
}
