/* Parameters of a model from one line of text, for tests that build worlds by hand.
 *
 * Reads "servers = 10, service = exponential(ms(10)), retry = retry { max = 3 }" by a model's own
 * parameter table, defaults included. It knows the few words that tests and defaults use, and it
 * ends the test on anything else. It is no second reader of scenarios: those check, explain and
 * suggest; this one only keeps tests of world and models independent of them.
 */
#ifndef BRINK_TESTS_PARAMETERS_H
#define BRINK_TESTS_PARAMETERS_H

#include "base/arena.h"
#include "world/model.h"

/* Where the names in "db" or "web[1..2] spare" are looked up. Ends the test when there is none. */
struct parameter_names {
    void (*find)(const char *name, sim_node_id *ret_first, uint32_t *ret_count, void *data);
    const struct sim_trace *(*find_trace)(const char *name, void *data);
    void *data;
};

/* Fills `out`, params_size zeroed bytes, from `text` (NULL = nothing given) and the defaults. */
void parameters_read(struct sim_arena *arena, const char *who, const struct sim_param *params,
                     const char *text, const struct parameter_names *names, void *out);
/* Node ids that the text names. */
struct sim_target parameters_target(struct sim_arena *arena, const char *text,
                                    const struct parameter_names *names);
/* A law of seconds or bytes: "exponential(ms(2))", "ms(5)". */
const struct sim_dist *parameters_law(struct sim_arena *arena, const char *text);
/* A shape of a family: "zipf { n = 100 }". */
struct sim_shape parameters_shape(struct sim_arena *arena, const struct sim_family *family,
                                  const char *text);

#endif
