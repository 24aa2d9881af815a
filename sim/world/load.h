/* Load laws: when operations arrive, and which keys they name.
 *
 * Both are families of constructors (world/param.h), shared by every source.
 *
 * Arrivals. Every law is a sequence of gaps in operational time, which passes at the law's rate
 * times the load factor. The next arrival is where the rate, integrated from the last arrival, has
 * used up the gap. For unit exponential gaps that is exactly the Poisson process of that rate
 * (Lewis and Shedler 1979; Cinlar 1975, section 4.7), without rejected candidates: one random
 * number an arrival, whatever the rate does, so that variants stay in step. A surge takes effect at
 * once: what is left of the gap is used up at the new speed from that moment on, which for Poisson
 * arrivals is the same in law as drawing anew.
 *
 * Gaps are worked out in real numbers and the part of a nanosecond that rounding leaves is carried
 * to the next one, so that rates are kept exactly at any speed.
 */
#ifndef BRINK_WORLD_LOAD_H
#define BRINK_WORLD_LOAD_H

#include "world/node.h"

/* poisson, regular, renewal, bursty, ramp, spike, daily */
extern const struct sim_family sim_arrivals_family;
/* uniform_keys, zipf, hot_set, sequential, latest, one_key */
extern const struct sim_family sim_keys_family;

/* Where an on-off law stands: its phases come from a stream of their own, so that neither surges
 * nor the number of arrivals move them. */
struct sim_arrival_phase {
    sim_time ends;
    bool is_on;
    struct sim_random random;
};

/* The arrivals of one source. */
struct sim_arrivals {
    const struct sim_shape *shape;
    bool has_begun;
    sim_time since; /* `left` and `phase` are as of then */
    double left;    /* of the present gap, in units of the law: arrivals, or seconds of a renewal */
    double carry_ns; /* the planned arrival happens this much after its whole nanosecond */
    double factor;
    struct sim_arrival_phase phase; /* on-off only */
    struct sim_arrival_phase ahead; /* likewise, as of the planned arrival */
};

/* `shape` is kept; it is one of the family. A source that starts again after a crash starts again
 * here: laws that follow the clock (ramp, spike, daily) go by the time of the run all the same. */
void sim_arrivals_init(struct sim_arrivals *arrivals, const struct sim_shape *shape,
                       struct sim_random *random);
/* Called at the start and then at every arrival: the time of the one that follows `now`, with the
 * rate multiplied by `factor` >= 0. SIM_NEVER when there are no more. */
sim_time sim_arrivals_next(struct sim_arrivals *arrivals, sim_time now, double factor,
                           struct sim_random *random);
/* The factor changes at `now`, before the planned arrival: when that one comes instead. */
sim_time sim_arrivals_change(struct sim_arrivals *arrivals, sim_time now, double factor);
/* Mean rate over [from, to), from < to, in 1/s, for the estimate beside the simulation. */
double sim_arrivals_rate(const struct sim_shape *shape, sim_time from, sim_time to);

struct sim_keys {
    const struct sim_shape *shape;
    const struct sim_zipf *zipf; /* immutable */
    uint64_t next;               /* sequential: the next key; latest: one past the newest */
};

/* `shape` is kept; `arena` outlives the keys and holds what the law needs worked out ahead. */
void sim_keys_init(struct sim_keys *keys, const struct sim_shape *shape, struct sim_arena *arena);
/* The key of one operation (enum sim_operation, which only `latest` asks for). */
uint64_t sim_keys_next(struct sim_keys *keys, uint16_t operation, struct sim_random *random);
/* How many keys there are to begin with, for the estimate: the smallest n with all keys below n. */
uint64_t sim_keys_count(const struct sim_shape *shape);

/* The operation (enum sim_operation) of one request. Draws nothing where there is no choice. */
uint16_t sim_mix_draw(const struct sim_mix *mix, struct sim_random *random);

#endif
