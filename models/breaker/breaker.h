/* What the files of the breaker share: its parameters, its state, and what each of them does. */
#ifndef BRINK_MODELS_BREAKER_BREAKER_H
#define BRINK_MODELS_BREAKER_BREAKER_H

#include "breaker/window.h"
#include "members.h"

/* What one circuit stands for. */
enum breaker_scope { SCOPE_TARGET, SCOPE_MEMBER };

struct breaker_params {
    struct sim_target to;
    int32_t scope; /* enum breaker_scope */
    sim_time timeout;
    double failures;
    int64_t minimum;
    sim_time window;
    int64_t window_calls;
    sim_time slower_than;
    sim_time open_for;
    int64_t probes;
    struct sim_target shared;
    sim_time poll;
    sim_time store_timeout;
    int64_t store_bytes;
};

enum breaker_position { CLOSED, OPEN, HALF_OPEN };

struct circuit {
    enum breaker_position position;
    uint64_t era; /* changes with every change of position */
    sim_time open_until;
    sim_timer reopening;
    struct breaker_window window;   /* while closed */
    int64_t probing;                /* half open: probes sent */
    int64_t probed, probe_failures; /* of these, ended */
    uint64_t key;                   /* of the position in the store */
    uint64_t cached;                /* what the store said last */
};

struct breaker_state {
    struct circuit *circuits; /* one; or of each that the target names, in its order */
    uint32_t circuit_count;
    struct members members, store;
    bool *is_up;   /* by circuit, where each member has one */
    uint64_t seen; /* the members' version that is_up is of */
    uint32_t turn; /* index of the circuit whose turn it is */
};

enum passage_kind { KIND_CALL, KIND_POLL, KIND_TELL };

/* The frame of a request that is passed on, or of a question to the store. */
struct passage {
    enum passage_kind kind;
    uint32_t circuit;
    sim_ticket ticket; /* CALL */
    uint64_t era;      /* CALL: when it began */
    uint64_t value;    /* TELL */
};

enum breaker_metric { METRIC_SHED, METRIC_OPENED, METRIC_TRIPPED };
enum breaker_timer { TIMER_HALF_OPEN, TIMER_POLL };
enum breaker_draw { DRAW_POLL };

/* circuit.c */
void circuits_start(struct sim_node *self);
/* Whether a request may pass now; it is a probe where the circuit is half open. */
bool circuit_admits(const struct circuit *circuit, const struct breaker_params *params);
/* A call that began in the circuit's present era has ended. */
void circuit_judge(struct sim_node *self, uint32_t index, const struct sim_outcome *outcome);
void circuit_open(struct sim_node *self, uint32_t index, sim_time until);
void circuit_half_open(struct sim_node *self, uint32_t index);
void circuit_close(struct sim_node *self, uint32_t index);

/* shared.c: what members of the breaker tell each other through a store of numbers */
void shared_start(struct sim_node *self);
/* Tells the others until when, by the clock on the wall, to stay open; 0 = closed. */
void shared_tell(struct sim_node *self, uint32_t index, uint64_t until);
void shared_poll(struct sim_node *self);
/* The store has answered, or not. */
void shared_conclude(struct sim_node *self, sim_frame frame, const struct sim_reply *reply);

#endif
