/* Closed forms of caches, for the envelope and for tests.
 *
 * Independent references: each request asks for object i of `count` with probability p[i], which
 * sum to 1, whatever came before; objects have one size and the cache holds `capacity` of them.
 * Each function returns the hit ratio over all requests; `ret_hits`, where there is one, takes the
 * `count` hit ratios by object, or is NULL. A cache that holds everything always hits.
 */
#ifndef BRINK_STATS_THEORY_CACHES_H
#define BRINK_STATS_THEORY_CACHES_H

#include <stddef.h>

/* p[k] proportional to (k + 1)^-exponent. Writes `count` of them, most popular first. */
void sim_theory_zipf(size_t count, double exponent, double *ret_p);

/* LRU, exact: object i is there when fewer than `capacity` others were asked for since it was:
 * int p_i exp(-p_i t) P(S_i(t) < capacity) dt, S_i a sum of independent indicators with P = 1 -
 * exp(-p_j t) over j != i (Flajolet, Gardy and Thimonier 1992), by quadrature, good to about 1e-9.
 * Takes count x capacity x log(count) steps a node, 32 nodes for each tenth to doubling of t. */
double sim_theory_lru(const double *p, size_t count, size_t capacity, double *ret_hits);
/* FIFO, and RANDOM alike, exact: sets of objects are cached with probability proportional to the
 * product of their p (King 1971; Gelenbe 1973). */
double sim_theory_fifo(const double *p, size_t count, size_t capacity, double *ret_hits);

/* Che's approximation of LRU (Che, Tung and Wang 2002): hit_i = 1 - exp(-p_i T) where the hits of
 * all objects sum to the capacity; T is in requests. */
double sim_theory_lru_che_time(const double *p, size_t count, size_t capacity);
double sim_theory_lru_che(const double *p, size_t count, size_t capacity, double *ret_hits);
/* The like for FIFO and RANDOM: hit_i = p_i T / (1 + p_i T) (Fricker, Robert and Roberts 2012). */
double sim_theory_fifo_che(const double *p, size_t count, size_t capacity, double *ret_hits);
/* The best that a fixed set can do: the `capacity` most popular; p falls or stays. */
double sim_theory_static_top(const double *p, size_t count, size_t capacity);

/* One object asked for by a Poisson stream, kept for ttl: x = lambda ttl; x / (1 + x) when the ttl
 * runs from the miss, 1 - exp(-x) when every hit renews it (Jung, Berger and Balakrishnan 2003). */
double sim_theory_ttl_hit(double lambda, double ttl);
double sim_theory_ttl_renewed_hit(double lambda, double ttl);

/* Bloom filter with k hash functions: (1 - exp(-k / bits_per_key))^k in the limit of many keys, and
 * (1 - (1 - 1/m)^(k n))^k for n keys in m bits (Bloom 1970), which takes the share of bits that are
 * set for its mean. That share varies from filter to filter, and the mean of its k-th power is
 * more: E[(X / m)^k], X being how many of m bins k n balls leave not empty (Bose and others,
 * Information Processing Letters 108(4), 2008; Christensen, Roginsky and Jimeno, the same 110(21),
 * 2010). Takes O(k n m) steps. */
double sim_theory_bloom(double bits_per_key, unsigned k);
double sim_theory_bloom_finite(double bits, double keys, unsigned k);
double sim_theory_bloom_exact(unsigned bits, unsigned keys, unsigned k);

#endif
