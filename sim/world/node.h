/* What a model may do: the functions that act through its node.
 *
 * None of them fails: what can go wrong in the simulated system comes back as an input (a refusal,
 * a timeout), and what is wrong in a model is an assertion.
 */
#ifndef BRINK_WORLD_NODE_H
#define BRINK_WORLD_NODE_H

#include "base/dist.h"
#include "world/model.h"
#include "world/request.h"
#include "world/spec.h"

/* Who and where. `self` in all of these is the node whose handler is running. */
sim_node_id sim_self(const struct sim_node *self);
uint32_t sim_member(const struct sim_node *self); /* index in its group, from 0 */
/* Its group as configured: how many nodes there can be (count_max), how many of them, the first
 * ones, there are at the start, and which they are. Whether they are up is another matter:
 * sim_members. */
uint32_t sim_group_size(const struct sim_node *self);
uint32_t sim_group_begin(const struct sim_node *self);
sim_node_id sim_group_member(const struct sim_node *self, uint32_t index);
const char *sim_name(const struct sim_node *self); /* "web" or "web[2]" */
uint32_t sim_zone(const struct sim_node *self);
/* Of any node, as configured: what a configuration file says of whom one talks to. */
const char *sim_name_of(const struct sim_node *self, sim_node_id id);
uint32_t sim_zone_of(const struct sim_node *self, sim_node_id id);
/* Mean of the latency from zone to zone, without faults, in seconds: what measuring it for long
 * would give. Infinite where the law has no mean. */
double sim_latency_mean(const struct sim_node *self, uint32_t from_zone, uint32_t to_zone);
sim_time sim_now(const struct sim_node *self);
/* What the machine's own clock shows: offset, drift and jumps included. */
sim_time sim_local_clock(const struct sim_node *self);
const void *sim_params(const struct sim_node *self);
void *sim_state(struct sim_node *self);
const void *sim_state_const(const struct sim_node *self); /* where it is only looked at */
/* `size` zeroed bytes for the rest of this life. */
void *sim_alloc(struct sim_node *self, size_t size);

/* Chance. `draw` is an index into the descriptor's table of draws. */
struct sim_random *sim_random_of(struct sim_node *self, int draw);
sim_time sim_draw(struct sim_node *self, int draw, const struct sim_dist *law);

/* Time. A timer of a life that ended never fires. */
sim_timer sim_after(struct sim_node *self, sim_time delay, int timer, uint64_t tag);
bool sim_cancel(struct sim_node *self, sim_timer timer);

/* Frames: records of descriptor->frame_size bytes, zeroed; gone after a crash. The audit takes for
 * lost what is open and named by no tag of something pending and in no frame, and a frame that no
 * such tag, no other frame, and no memory of the state or of sim_alloc names (see leaks.c). */
sim_frame sim_frame_new(struct sim_node *self);
void *sim_frame_at(struct sim_node *self, sim_frame frame); /* NULL when it has ended */
void sim_frame_end(struct sim_node *self, sim_frame frame);

/* Calls. Exactly one SIM_IN_OUTCOME with `tag` follows, unless this node dies or cancels first:
 * the reply, a refusal, or a timeout after `timeout` (SIM_NEVER = wait for ever) or at the
 * request's deadline, whichever is sooner. A reply that comes after that is dropped and counted. */
sim_call sim_send_request(struct sim_node *self, sim_node_id to, const struct sim_request *request,
                          sim_time timeout, uint64_t tag);
void sim_call_cancel(struct sim_node *self, sim_call call);
/* The same, and whoever was asked is told so by a message of its own, `bytes` on the wire: if he
 * has the request by then and has not answered, he gets SIM_IN_WITHDRAWN. One that overtakes its
 * request is of no consequence. */
void sim_call_withdraw(struct sim_node *self, sim_call call, int64_t bytes);
/* Calls by this node that are open to `to` (for least-connections and the like). */
uint32_t sim_open_calls(const struct sim_node *self, sim_node_id to);

/* Requests received. A ticket is answered exactly once; the request stays readable until then. */
void sim_answer(struct sim_node *self, sim_ticket ticket, const struct sim_reply *reply);
void sim_answer_status(struct sim_node *self, sim_ticket ticket, enum sim_status status);
const struct sim_request *sim_request_of(struct sim_node *self, sim_ticket ticket);
sim_time sim_arrived(struct sim_node *self, sim_ticket ticket);

/* Messages that are a model's own: votes, gossip. Words are numbers or handles, never addresses.
 * Between nodes of two models a message goes by its name; who has none of that name ignores it. */
#define SIM_MESSAGE_WORDS 8
void sim_send_message(struct sim_node *self, sim_node_id to, int message,
                      const uint64_t words[SIM_MESSAGE_WORDS], int64_t bytes);
/* The same with a body: `count` further words, which are copied. A batch of a log, a list of keys.
 */
#define SIM_BODY_WORDS_MAX 4096u
void sim_send_message_with(struct sim_node *self, sim_node_id to, int message,
                           const uint64_t words[SIM_MESSAGE_WORDS], const uint64_t *body,
                           uint32_t count, int64_t bytes);

/* Where the time of an operation goes. */
enum sim_cause {
    SIM_CAUSE_QUEUE,   /* waited for a server or a slot */
    SIM_CAUSE_SERVICE, /* was being worked on */
    SIM_CAUSE_NETWORK, /* on the way there and back, handshakes included */
    SIM_CAUSE_RETRY,   /* attempts that failed, and pauses between attempts */
    SIM_CAUSE_LOCK,
    SIM_CAUSE_FSYNC, /* disk */
    SIM_CAUSE_OTHER, /* the rest of the latency, so that the sum is exact */
    SIM_CAUSE_COUNT
};
extern const char *const sim_cause_names[SIM_CAUSE_COUNT + 1];

/* Operations: the ledger of a source. An operation belongs to the window in which it began. */
struct sim_operation_id {
    uint64_t id;
    sim_time began;
    sim_span span;
};
struct sim_operation_id sim_operation_begin(struct sim_node *self);
void sim_operation_end(struct sim_node *self, const struct sim_operation_id *operation,
                       enum sim_status status);

/* Says where time of an operation went that no station, call or disk accounts for by itself (a
 * pause between attempts, a wait for a lock). `span` comes with the request or the operation; 0 =
 * none. */
void sim_spend(struct sim_node *self, sim_span span, enum sim_cause cause, sim_time duration);
/* Of calls made side by side only one is waited for last. Each is given a branch of the operation's
 * span, 0 where that has ended; the branch that was waited for is joined, which adds what was spent
 * there, and the others are dropped. Either ends the branch; a crash drops all. */
sim_span sim_span_branch(struct sim_node *self, sim_span span);
void sim_span_join(struct sim_node *self, sim_span span, sim_span branch);
void sim_span_drop(struct sim_node *self, sim_span branch);

/* What an operation of a source asks for. */
enum { SIM_WITNESS_ACQUIRE = 0x100, SIM_WITNESS_RELEASE }; /* of a lock, beside the operations */
struct sim_witness {
    /* enum sim_operation; a CALL is a read, a SCAN is in no history. Or one of the above. */
    uint16_t operation;
    uint64_t key, value, expected;
    uint64_t key_end; /* SCAN */
    uint64_t session; /* of this node, from 1; 0 = none */
};

/* Versions. A store of a model with SIM_MODEL_STORE says when a version of a key becomes the one
 * that reads should see; versions of a key grow, from 1, and one that does not is of no
 * consequence. A source says what an operation was answered with, before the operation ends; what
 * other components answer is seen by itself. Joined by the world into stale, staleness, behind, and
 * what sessions saw of their own. A scan is as stale as the stalest of its keys. */
void sim_commit(struct sim_node *self, uint64_t key, uint64_t version);
void sim_served(struct sim_node *self, const struct sim_operation_id *operation,
                const struct sim_witness *asked, const struct sim_reply *reply);
/* For whoever puts the answer of a scan together of answers that were given at different times: up
 * to which version of the store the answer is complete now, as far as this part of it goes, which
 * has that version of the key. That is one less than the first newer one that was committed, or the
 * latest of the store where there is none. The least over all parts is the version of the whole. It
 * is what an observer knows, for answers to be judged by, and for no other decision. */
uint64_t sim_complete_up_to(const struct sim_node *self, sim_node_id store, uint64_t key,
                            uint64_t version);
/* Whoever receives what a store commits has all of a key up to `version` now, and had it up to
 * `after` before: for each version between them that was committed since `since` (and is still
 * remembered) the time from its commit to now is recorded in `metric`. Returns how many. */
struct sim_delivery {
    sim_node_id store;
    uint64_t key;
    uint64_t after, version;
    sim_time since;
};
uint64_t sim_delivered(struct sim_node *self, int metric, const struct sim_delivery *delivery);

/* History. A source says what an operation asks of a store, and later how it ended; for those who
 * judge consistency. A no-op, and 0, where nobody does. Keys that are not there count as 0, as they
 * do for compare-and-set and increments. */
bool sim_is_witnessed(const struct sim_node *self); /* somebody does; the same for a whole run */
uint64_t sim_witness_begin(struct sim_node *self, const struct sim_witness *witness);
/* `may_have_happened`: of one that was not answered, or whose last attempt met another value than
 * it expected, whether some attempt may have taken effect, or may yet. */
void sim_witness_end(struct sim_node *self, uint64_t entry, const struct sim_reply *reply,
                     bool may_have_happened);

/* Facts. `metric` is an index into the descriptor's table of metrics. */
void sim_count(struct sim_node *self, int metric, uint64_t n);
void sim_level(struct sim_node *self, int metric, int64_t delta);
void sim_level_capacity(struct sim_node *self, int metric, int64_t delta);
void sim_record(struct sim_node *self, int metric, sim_time value);
/* A line for the event log and the message diagram; no formatting cost unless a log is written. */
void sim_note(struct sim_node *self, const char *text, uint64_t number);

/* Members. Ids of the members of `target` that are up in this observer's view, in target order. */
uint32_t sim_members(struct sim_node *self, const struct sim_target *target, sim_node_id *ids);
/* Changes with every change of any group's members; cheap to compare. */
uint64_t sim_members_version(const struct sim_node *self);
/* The control of a group's size, as an operator or an autoscaler has it: `member` is any of its
 * nodes. From now on the group is to have `count` members, at most its count_max: new ones serve
 * after `boot`, those that leave are drained, the others know after `notice`. */
void sim_members_scale(struct sim_node *self, sim_node_id member, uint32_t count, sim_time boot,
                       sim_time notice);
/* What was asked for last: those that boot count already, those that drain no more. */
uint32_t sim_members_asked(const struct sim_node *self, sim_node_id member);
/* How many nodes that group can have: its count_max. */
uint32_t sim_members_room(const struct sim_node *self, sim_node_id member);

/* Stations: servers with a queue. See world/station.h, world/disk.h, world/log.h, world/stream.h
 * and world/flow.h for resources. */

#endif
