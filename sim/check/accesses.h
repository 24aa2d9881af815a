/* A history as the levels below linearizability see it: who read whose write, and what each session
 * did before what.
 *
 * A session is a process. One of its operations comes before another when it had returned by the
 * time the other was invoked; what never returned comes before nothing. Of a register whose written
 * values differ, the value that somebody read says which write that was (its source). Where it does
 * not, `trouble` says why.
 */
#ifndef BRINK_CHECK_ACCESSES_H
#define BRINK_CHECK_ACCESSES_H

#include "check/operations.h"

#define CHECK_NOBODY UINT32_MAX      /* source: nobody has written that */
#define CHECK_START (UINT32_MAX - 1) /* source: what was there at first */
#define CHECK_UNRETURNED UINT32_MAX

struct check_access {
    uint32_t entry; /* in the history */
    uint32_t session, key;
    uint32_t before; /* how many of its session's operations ended before it began */
    uint32_t rank;   /* its place among those, by ends; CHECK_UNRETURNED: it never returned */
    uint32_t source; /* of what it read: an access, CHECK_START or CHECK_NOBODY */
    bool reads, writes;
    bool is_pure;          /* changes nothing, though it may say nothing either (a mismatch) */
    uint64_t sees, leaves; /* values, or CHECK_NOTHING */
    sim_time call, end;    /* end: SIM_NEVER when it never returned */
};

struct check_accesses {
    struct sim_check_input *input;
    struct check_access *all; /* in order of invocation */
    uint32_t count, session_count, key_count;
    uint32_t *ended;       /* of one session after the other, in order of ends */
    uint32_t *ended_first; /* where those of a session begin; one more than sessions */
    bool is_register;      /* all of them read, write, delete, or compare and set */
    char *trouble;         /* sources are not known, and why */
};

/* Of a whole history. What failed is left out, and unknown ones that nobody saw. */
void check_accesses_init(struct check_accesses *accesses, struct sim_check_input *input);
void check_accesses_clear(struct check_accesses *accesses);

/* Those that are kept, less those that read of one which is not, and then less those that may not
 * have happened and were not seen by others. Where sources are not known, `keeps` must hold for all
 * that change something. */
void check_accesses_some(const struct check_accesses *accesses, const bool *keeps,
                         struct check_accesses *ret_some);

/* All of them, where what changes something and what does not are sessions of their own. */
void check_accesses_split(const struct check_accesses *accesses, struct check_accesses *ret_split);

/* A level as a question about accesses. Takes what it needs from *steps. */
typedef enum sim_check_verdict check_decide_accesses(const struct check_accesses *accesses,
                                                     const struct sim_check_limits *limits,
                                                     uint64_t *steps);

/* sessions.c */
check_decide_accesses check_monotonic_reads, check_read_my_writes, check_monotonic_writes,
    check_writes_follow_reads, check_causal;

/* sequential.c; and what is quick and often says no already */
check_decide_accesses check_sequential, check_consistent_prefix;
check_decide_accesses check_not_sequential, check_no_prefix;

/* reduce.c: what is left of accesses that a level denies when all is left out that can be. True
 * when nothing more could be. */
bool check_reduce(const struct check_accesses *accesses, check_decide_accesses *decide,
                  const struct sim_check_limits *limits, struct check_accesses *ret_piece);

#endif
