/* Carrying out a plan for a request: calls in series and side by side, retries, hedges.
 *
 * Each part of a plan that is under way is a leg, a frame of the service. The root is the frame of
 * the request itself, so that a plain call needs no other. Where parts run side by side each has a
 * branch of the request's span, and only the one that was waited for last is joined.
 */
#ifndef BRINK_MODELS_SERVICE_CALLS_H
#define BRINK_MODELS_SERVICE_CALLS_H

#include "attempts.h"
#include "service/plan.h"

/* The frame. */
struct leg {
    sim_ticket ticket;               /* of the request; the root's, and copied to all legs below */
    sim_frame parent;                /* 0 = the root */
    sim_frame first, next, previous; /* children, siblings */
    struct plan *plan;
    uint32_t part;             /* SERIES: the one under way */
    uint32_t answered, failed; /* of the parts side by side */
    sim_span span;             /* where its time goes */
    sim_node_id to;            /* a CALL that has its member; 0 = in turn */
    sim_node_id asked;         /* by the latest attempt */
    uint32_t attempt;          /* 0 = first */
    sim_time pause;            /* before the latest retry */
    sim_timer retry;
    struct attempts attempts;
    /* The root: */
    sim_time arrived, patience; /* in the queue before a gate */
    bool holds_slot;
    bool has_acted;      /* a part was answered OK by one that may keep values */
    bool may_have_acted; /* an attempt that failed, or that was not waited for, and nobody knows */
};

struct calls;
/* The plan is carried out; the root's frame still exists. */
typedef void (*calls_ended)(struct sim_node *self, sim_frame root, const struct sim_reply *reply);

/* Indices into the model's tables of timers and draws. */
struct calls_names {
    int retry_timer, hedge_timer;
    int retry_draw, route_draw, chance_draw;
};

struct calls {
    struct plan plan;
    struct calls_names names;
    calls_ended ended;
};

/* Begins the plan for the request of `root`, whose ticket is set. May end at once. */
void calls_begin(struct sim_node *self, struct calls *calls, sim_frame root);
void calls_on_outcome(struct sim_node *self, struct calls *calls, const struct sim_input *in);
void calls_on_timer(struct sim_node *self, struct calls *calls, const struct sim_input *in);

#endif
