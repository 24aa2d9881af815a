/* A million clients of a feed that each keep a stream open: memory of each, with all that clients
 * and server remember, while nothing happens and after an update was on its way to all of them at
 * once; and items a second. What streams alone cost: bench_streams.c.
 */
#include <inttypes.h>

#include "bench.h"
#include "fixture.h"
#include "models.h"

#define CLIENT_COUNT 1000000u

int main(void)
{
    struct fixture f;
    fixture_init(&f, s(20));
    fixture_add_node(&f, "source", &sim_model_feed_publisher,
                     "to = 'feed', updates = regular { rate = rate(1), phase = s(15) }");
    fixture_add_node(&f, "feed", &sim_model_feed_server, NULL);
    fixture_add_node(&f, "clients", &sim_model_client_streaming,
                     "to = 'feed', count = 1000000, ramp_up = s(10)");
    fixture_link_latency(&f, ms(1));
    fixture_start(&f);
    double before = bench_resident_bytes();
    fixture_run_until(&f, s(14));
    double opened = (bench_resident_bytes() - before) / CLIENT_COUNT;
    double start = bench_seconds();
    fixture_run_until(&f, s(19.5));
    double taken = bench_seconds() - start;
    double pushed = (bench_resident_bytes() - before) / CLIENT_COUNT;
    uint64_t items = fixture_total(&f, "clients", "delivered");
    if (items != 5ull * CLIENT_COUNT) {
        fprintf(stderr, "bench_clients: %" PRIu64 " items arrived\n", items);
        return 1;
    }
    bench_row("clients.million.memory", opened, "bytes each", opened / 64, "times 64 bytes");
    bench_row("clients.million.pushed", pushed, "bytes each", pushed / 64, "times 64 bytes");
    bench_row("clients.million.items", (double)items / taken / 1e6, "million items/s", taken,
              "seconds in all");
    fixture_clear(&f);
    return 0;
}
