/* The digest: a 64-bit rolling hash over what happened, sensitive to order.
 *
 * Each fact is hashed by itself, with 64 x 64 -> 128 bit multiplications whose halves are folded
 * (the step of wyhash, Wang Yi 2019, in the form that keeps its operands, so that a zero operand
 * loses nothing), and then enters the digest by a step that is a bijection of the digest: two runs
 * that differed once stay different while they see equal facts. The hashes of facts do not wait
 * for one another, so the chain from event to event is one multiplication long.
 */
#ifndef BRINK_ENGINE_DIGEST_H
#define BRINK_ENGINE_DIGEST_H

#include <stdint.h>

/* First digits of the fractions of pi, e and the square roots of 2 and 3, made odd. */
#define SIM_DIGEST_KEY_TIME UINT64_C(0x243f6a8885a308d3)
#define SIM_DIGEST_KEY_PAYLOAD UINT64_C(0xb7e151628aed2a6b)
#define SIM_DIGEST_KEY_TARGET UINT64_C(0x6a09e667f3bcc909)
#define SIM_DIGEST_KEY_CHAIN UINT64_C(0xbb67ae8584caa73b)

__extension__ typedef unsigned __int128 sim_digest_wide;

static inline uint64_t sim_digest_mix(uint64_t a, uint64_t b)
{
    sim_digest_wide product = (sim_digest_wide)a * b;
    return a ^ (uint64_t)product ^ b ^ (uint64_t)(product >> 64);
}

static inline uint64_t sim_digest_fold(uint64_t digest, uint64_t fact)
{
    return ((digest << 23 | digest >> 41) ^ fact) * SIM_DIGEST_KEY_CHAIN;
}

/* target: who it happens to and what kind it is. */
static inline uint64_t sim_digest_event(uint64_t digest, uint64_t time, uint64_t target,
                                        uint64_t payload)
{
    uint64_t fact = sim_digest_mix(time ^ SIM_DIGEST_KEY_TIME, payload + SIM_DIGEST_KEY_PAYLOAD);
    return sim_digest_fold(digest, sim_digest_mix(fact, (target ^ SIM_DIGEST_KEY_TARGET)));
}

#endif
