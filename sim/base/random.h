/* Random streams: one per (seed, node, purpose), independent of the order of creation.
 *
 * The generator is xoshiro256++ (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", ACM TOMS 47(4), 2021), seeded through splitmix64 from a hash of the names. Adding a
 * node, a metric or a retry changes nobody else's draws, so variants of a scenario share random
 * numbers.
 */
#ifndef BRINK_BASE_RANDOM_H
#define BRINK_BASE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_random {
    uint64_t state[4];
};

/* The stream of `purpose` at `name` in the run with `seed`. */
void sim_random_init(struct sim_random *random, uint64_t seed, const char *name,
                     const char *purpose);

/* A 64-bit hash of a text, of bytes and of a pair, of good quality, the same on every machine.
 * Bytes hash as the text that they are. */
uint64_t sim_hash_text(const char *text);
uint64_t sim_hash_bytes(const char *bytes, size_t length);
uint64_t sim_hash_pair(uint64_t a, uint64_t b);

/* Advances `state` by the golden-ratio step, then mixes it (Steele, Lea, Flood 2014). */
uint64_t sim_splitmix64(uint64_t *state);

static inline uint64_t sim_random_rotate(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

static inline uint64_t sim_random_u64(struct sim_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = sim_random_rotate(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = sim_random_rotate(s[3], 45);
    return result;
}

/* Uniform on the open interval (0, 1): never 0, never 1, so that logarithms are safe. */
static inline double sim_random_unit(struct sim_random *random)
{
    return ((double)(sim_random_u64(random) >> 12) + 0.5) * 0x1p-52;
}

/* Uniform on 0 .. n-1 without bias (Lemire 2019); n > 0. */
uint64_t sim_random_below(struct sim_random *random, uint64_t n);

/* True with probability p. Draws exactly one number whatever p is. */
static inline bool sim_random_chance(struct sim_random *random, double p)
{
    return sim_random_unit(random) < p;
}

#endif
