/* What a model is: a constant descriptor and one handler.
 *
 * A node (component) is an instance of a model. The world hands it inputs one at a time, in order
 * of (time, sequence); the handler acts through the functions of world/node.h alone. It prints
 * nothing, opens nothing, reads no clock and keeps no global. Volatile state is zeroed before every
 * life and lost in a crash; what must survive goes through the log (world/log.h).
 */
#ifndef BRINK_WORLD_MODEL_H
#define BRINK_WORLD_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/metric.h"
#include "world/param.h"
#include "world/request.h"

#define SIM_MODEL_ABI 1u

struct sim_node; /* the context of every action */

enum sim_input_kind {
    SIM_IN_START,         /* a life begins; `is_restart` after a crash */
    SIM_IN_REQUEST,       /* ticket, request */
    SIM_IN_WITHDRAWN,     /* ticket: nobody waits for its answer any more; it is answered all the
                             same, at once or when the work is done, and nothing is sent */
    SIM_IN_OUTCOME,       /* of a call: tag, outcome */
    SIM_IN_TIMER,         /* timer (index into the descriptor's table), tag */
    SIM_IN_DONE,          /* a job at a station finished its work: tag */
    SIM_IN_GRANTED,       /* a slot that was waited for is held now: tag */
    SIM_IN_MESSAGE,       /* message (index into the descriptor's table), from, words */
    SIM_IN_SYNCED,        /* an fsync completed: tag */
    SIM_IN_STREAM_OPENED, /* at the far end: stream, tag = what the opener sent */
    SIM_IN_STREAM_ITEM,   /* stream, item, from: the far end */
    SIM_IN_STREAM_CREDIT, /* at the sender: stream may send `credit` more */
    SIM_IN_STREAM_CLOSED, /* stream, status */
    SIM_IN_FLOW_DONE,     /* a bulk transfer or background work ended: tag, status */
    SIM_IN_MEMBERS,       /* the members of a group changed: group */
    SIM_IN_LOAD           /* sources: the surge factor changed: load_factor */
};

/* What comes in. Beside `kind` only the fields of that kind mean anything. */
struct sim_input {
    enum sim_input_kind kind;
    sim_node_id from; /* MESSAGE, REQUEST, STREAM_OPENED, STREAM_ITEM */
    uint64_t tag;
    uint16_t timer;         /* TIMER. Not beside `kind`: both would be read as one word, for which a
                               processor waits that has just written two */
    uint16_t message;       /* MESSAGE */
    enum sim_status status; /* STREAM_CLOSED, FLOW_DONE */
    union {
        struct { /* REQUEST; WITHDRAWN: ticket */
            sim_ticket ticket;
            const struct sim_request *request; /* valid until the ticket is answered */
        };
        const struct sim_outcome *outcome; /* OUTCOME; valid during the call of the handler */
        struct {                           /* MESSAGE */
            const uint64_t *words;         /* SIM_MESSAGE_WORDS of them */
            const uint64_t *body;          /* what came with them; valid during the call */
            uint32_t body_count;           /* words of it, 0 = none */
        };
        struct { /* STREAM_... */
            sim_stream stream;
            union {
                struct sim_item item; /* ITEM */
                uint64_t credit;      /* OPENED, CREDIT */
            };
        };
        struct { /* START, LOAD; MEMBERS: group */
            double load_factor;
            uint32_t group;
            bool is_restart; /* START */
        };
    };
};

struct sim_metric_spec {
    const char *name; /* NULL ends a table */
    enum sim_metric_kind kind;
    enum sim_metric_unit unit;
    const char *help;
    const char *of; /* COUNT: name of the COUNT that it is a part of, its own or one that every node
                       has: "hits" of "lookups" gives `edge.hits ratio`; NULL = of none */
};

/* What a model is for, where the world or the reports treat it apart. */
enum sim_model_trait {
    SIM_MODEL_SOURCE = 1, /* issues operations: its ledger is that of operations */
    SIM_MODEL_STORE = 2,  /* commits versions: reads are then looked at for staleness */
    SIM_MODEL_PASSES = 4 /* what it answers it has first asked `to` or `miss_to` for, where given */
};

/* One key that a member of a store holds: its value, or that it was deleted. `version`: the same at
 * two members when they hold the same; 0 where versions mean nothing between members. */
typedef void sim_contents_say(void *data, uint64_t key, uint64_t version, uint64_t value,
                              bool is_deleted);

/* The groups whose size a node sets. Two nodes that do so with one group undo one another's work,
 * unless one does it through the other. */
#define SIM_SIZED_MAX 2
struct sim_sizing {
    const struct sim_target *groups[SIM_SIZED_MAX]; /* each names whole groups; NULL = none */
    const struct sim_target *through; /* node that is told of the size and brings it about; none =
                                         it does so itself */
    bool is_lasting; /* all along; false: once, so that several may follow one another */
};

struct sim_model {
    uint32_t abi; /* SIM_MODEL_ABI */
    const char *name;
    const char *summary; /* one line for `brink models` */
    unsigned traits;

    size_t params_size;
    const struct sim_param *params;
    /* Complains about parameters that do not fit together: a text for the user, or NULL. */
    const char *(*validate)(const void *params);
    /* The same where it takes to know how many members there can be; NULL = nothing does. */
    const char *(*validate_members)(const void *params, uint32_t members);
    uint32_t members_max; /* of a group; 0 = any number */
    /* Whose size a node sets; NULL = nobody's. `ret_sizing` comes as zeros. */
    void (*sizes)(const void *params, struct sim_sizing *ret_sizing);

    size_t state_size; /* zeroed before every life */
    size_t frame_size; /* of what it remembers of one operation; 0 = it uses no frames */
    void (*handle)(struct sim_node *self, const struct sim_input *in);
    /* A request was sent to the node, which is up: it may fetch what that will read, for speed, and
     * must not change anything. NULL = nothing to fetch. */
    void (*expect)(struct sim_node *self, const struct sim_request *request);
    /* Frees what a life holds on the heap; at a crash and at the end. NULL = nothing. */
    void (*release)(struct sim_node *self);
    /* Replicated stores: says all that the node holds, each key once, in any order, so that members
     * can be compared at the end of a run. NULL = it is no such store. */
    void (*contents)(const struct sim_node *self, sim_contents_say *say, void *data);
    /* Whether the node is one of those that are to hold the key. NULL = all members hold all. */
    bool (*is_holder)(const struct sim_node *self, uint64_t key);

    const struct sim_metric_spec *metrics; /* beside those that every node has */
    const char *const *timers;             /* names, NULL at the end; likewise below */
    const char *const *messages;
    const char *const *draws; /* random streams: one purpose each */
};

#endif
