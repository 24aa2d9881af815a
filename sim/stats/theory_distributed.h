/* Closed forms of distributed protocols, for the envelope and for tests. */
#ifndef BRINK_STATS_THEORY_DISTRIBUTED_H
#define BRINK_STATS_THEORY_DISTRIBUTED_H

#include <stdint.h>

/* Retries */

/* Attempts that fail independently with probability p, at most `retries` after the first one: mean
 * attempts 1 + p + ... + p^retries, and the chance p^(retries + 1) that all fail. */
double sim_theory_retry_attempts(double p, unsigned retries);
double sim_theory_retry_failure(double p, unsigned retries);
/* Most attempts that reach the last of `layers`, each of which makes up to `attempts`. */
double sim_theory_retry_depth(double attempts, unsigned layers);
/* A server of `capacity` (1/s) that does not cancel, offered load (1/s) with `retries` retries each
 * after `timeout`, an outage whose attempts are all delivered at its end: seconds from there until
 * the last failed request, sum_{k=0}^{retries} (outage - k timeout) x load attempts being worked
 * off down to one timeout's worth; infinity when retries alone keep it overloaded, load (1 +
 * retries) >= capacity (Bronson and others, "Metastable failures", HotOS 2021). */
double sim_theory_metastable_recovery(double load, double capacity, double timeout,
                                      unsigned retries, double outage);

/* Quorums */

/* P(a read quorum misses the last write) = C(n - w, r) / C(n, r), no repair and no propagation
 * beyond the write quorum (Bailis and others 2012, sec. 3.1), and P(the read returns one of the
 * last k versions) = 1 - p^k. */
double sim_theory_quorum_miss(unsigned n, unsigned r, unsigned w);
double sim_theory_quorum_within(unsigned n, unsigned r, unsigned w, unsigned k);

/* Raft: P(the first timeout of an election splits the vote) = P(Binomial(alive, l) >= alive -
 * floor(n / 2)), l = one-way latency / width of the timeout range (Ongaro 2014, sec. 9.3). */
double sim_theory_raft_split(unsigned n, unsigned alive, double latency);
/* The least of s uniform timeouts, in units of their range: its mean, and P(it is <= x). */
double sim_theory_raft_first_timeout(unsigned s);
double sim_theory_raft_first_timeout_cdf(unsigned s, double x);

/* Epidemics */

/* SWIM: mean periods until some of n - 1 members, each probing one of the n - 1 others at random,
 * probes the dead one: 1 / (1 - (1 - 1/(n-1))^(n-1)); n = 0 is the limit e / (e - 1) (Das, Gupta
 * and Motivala 2002). */
double sim_theory_swim_periods(unsigned n);
/* Share that never hears a rumour, feedback and coin k: s = exp(-(k + 1)(1 - s)), the root below 1
 * (Demers and others 1987, sec. 1.4). */
double sim_theory_rumor_residue(double k);
/* Rounds of push gossip until all n know, log2 n + ln n + O(1) (Pittel 1987). */
double sim_theory_push_rounds(double n);

/* Hashing */

/* The share of one of n nodes with v points each on a ring: coefficient of variation
 * sqrt((n-1)/(n v + 1)); for one point each, the greatest share's mean is H_n / n and the least
 * one's 1 / n^2; share over mean at quantile p for many nodes, a gamma law of shape v. */
double sim_theory_ring_deviation(unsigned n, unsigned v);
double sim_theory_ring_share_max(unsigned n);
double sim_theory_ring_share_min(unsigned n);
double sim_theory_ring_share_quantile(unsigned v, double p);
/* Share of keys that move when `before` nodes become `after`: at least |after - before| / max for
 * consistent, jump and rendezvous hashing; 1 - min / lcm for a remainder. */
double sim_theory_remap_consistent(uint64_t before, uint64_t after);
double sim_theory_remap_modulo(uint64_t before, uint64_t after);

/* Transport */

/* Round trips of data under slow start from a window of `initial` segments, no loss: the least k
 * with initial (2^k - 1) >= segments. */
unsigned sim_theory_slow_start_rounds(double bytes, double segment, unsigned initial);
/* Throughput of a long TCP flow under loss p, in bytes/s: segment / rtt x sqrt(3/2) / sqrt(p)
 * (Mathis, Semke, Mahdavi and Ott 1997). */
double sim_theory_mathis(double segment, double rtt, double p);

#endif
