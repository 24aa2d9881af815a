/* The requests of a replay, a batch at a time: a CSV trace, or Zipf's law.
 *
 * A trace is read in pieces, so that its length costs no memory. Its first line names the columns;
 * what a key is says base/csv.h. A file can be read again from its beginning, a pipe cannot.
 *
 * A Zipf trace is a function of its numbers alone and the same on every machine: weight of object k
 * is k^-a, C[k] = C[k-1] + k^-a, u = (splitmix64 >> 11) 2^-53 with the seed as first state, and the
 * object is the least k with C[k] > u C[n].
 */
#ifndef BRINK_RUN_REQUESTS_H
#define BRINK_RUN_REQUESTS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum sim_requests_error {
    SIM_REQUESTS_UNREADABLE, /* the file cannot be opened or read */
    SIM_REQUESTS_MALFORMED   /* what stands in it is no trace */
};
#define SIM_REQUESTS_ERROR (g_quark_from_static_string("brink-requests"))

#define SIM_ZIPF_OBJECTS_MAX UINT64_C(100000000)

struct sim_requests;

/* `path` "-" is the standard input. `key` NULL: the first column called key, object, object_id,
 * obj_id or id. `bytes` NULL: no sizes. */
struct sim_requests *sim_requests_open(const char *path, const char *key, const char *bytes,
                                       GError **error);
/* `object_count` is at most SIM_ZIPF_OBJECTS_MAX, and takes 12 bytes of memory each. */
struct sim_requests *sim_requests_zipf(uint64_t object_count, double exponent, uint64_t count,
                                       uint64_t seed);
void sim_requests_free(struct sim_requests *requests);

bool sim_requests_have_sizes(const struct sim_requests *requests);
/* Whether they can be had from the beginning again. */
bool sim_requests_can_rewind(const struct sim_requests *requests);
bool sim_requests_rewind(struct sim_requests *requests, GError **error);

/* The next `most` requests or what is left, 0 at the end; -1 with an error. `sizes` may be NULL
 * where there are none. */
int64_t sim_requests_next(struct sim_requests *requests, uint64_t *keys, uint64_t *sizes,
                          size_t most, GError **error);

#endif
