/* Reading histories that were recorded elsewhere.
 *
 * Formats, told apart by how a file begins:
 *
 *     INFO  jepsen.util - 3 <tab> :invoke <tab> :cas <tab> [1 4]      logs of Jepsen
 *     {:process 0, :type :invoke, :f :append, :key "0", :value "x"}   EDN maps: one a line, or in
 * one vector or list C 4 2 1 7     and later     R 4 0 0 1 0                         calls and
 * returns by number
 *
 * What brink wrote itself begins with SIM_CHECK_OWN_HEADER: EDN maps with times, and with what
 * comparisons, counters and lists returned.
 *
 * A file may be hostile: what is nested deeply, too long, or not understood is an error with its
 * line.
 */
#ifndef BRINK_CHECK_READ_H
#define BRINK_CHECK_READ_H

#include "check/check.h"

#define SIM_CHECK_OWN_HEADER "; brink history"

/* NULL, or what is wrong with the text ("line 3: ..."); the caller frees that, and clears the input
 * where there is none. */
char *sim_check_read(const char *text, size_t size, struct sim_check_input *ret_input);

/* Takes the operations for those of `model`: of what was read what it leaves open (`:add` may be of
 * a counter or of a set) is taken so. NULL, or why they cannot be; the caller frees that, and
 * clears the input in either case. */
char *sim_check_read_as(struct sim_check_input *input, enum sim_check_model model);

#endif
