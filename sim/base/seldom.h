/* How code is laid out for the processor, which holds few instructions near.
 *
 * A request runs through some twenty functions. What they do seldom (a segment that ends, a pool
 * that grows, a packet that is dropped) is kept out of the way of what they do always: SIM_SELDOM
 * at a function's declaration says that a branch to it is not taken, and puts both elsewhere.
 * SIM_APART keeps a function that is large, and entered once in many times, from being copied to
 * each place that calls it.
 */
#ifndef BRINK_BASE_SELDOM_H
#define BRINK_BASE_SELDOM_H

#define SIM_SELDOM __attribute__((cold, noinline))
#define SIM_APART __attribute__((noinline))

#endif
