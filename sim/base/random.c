/* Seeding of streams, hashes of names, and integers without bias. */
#include "base/random.h"

#include <string.h>

#include "base/assert.h"

__extension__ typedef unsigned __int128 wide;

#define GOLDEN_STEP UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio, odd */

/* The finaliser of splitmix64: a bijection in which every input bit moves every output bit. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void sim_random_init(struct sim_random *random, uint64_t seed, const char *name,
                     const char *purpose)
{
    uint64_t state =
        sim_hash_pair(sim_hash_pair(seed, sim_hash_text(name)), sim_hash_text(purpose));
    /* splitmix64 takes four different values here, so not all of the state can be zero. */
    for (int i = 0; i < 4; i++) {
        random->state[i] = sim_splitmix64(&state);
    }
}

uint64_t sim_hash_bytes(const char *bytes, size_t length)
{
    /* FNV-1a spreads the bytes, the finaliser makes every bit good. */
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    }
    return mix(hash + GOLDEN_STEP);
}

uint64_t sim_hash_text(const char *text)
{
    return sim_hash_bytes(text, strlen(text));
}

uint64_t sim_hash_pair(uint64_t a, uint64_t b)
{
    /* A bijection in either argument, and not symmetric. */
    return mix(mix(a + GOLDEN_STEP) ^ (b + (GOLDEN_STEP << 1)));
}

uint64_t sim_splitmix64(uint64_t *state)
{
    *state += GOLDEN_STEP;
    return mix(*state);
}

uint64_t sim_random_below(struct sim_random *random, uint64_t n)
{
    sim_assert(n > 0);
    wide product = (wide)sim_random_u64(random) * n;
    if ((uint64_t)product < n) {
        uint64_t threshold = (0 - n) % n; /* 2^64 mod n: this many low halves are one too many */
        while ((uint64_t)product < threshold) {
            product = (wide)sim_random_u64(random) * n;
        }
    }
    return (uint64_t)(product >> 64);
}
