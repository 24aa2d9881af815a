/* What goes on in a cache: requests on their way through it, fetches, and writes that wait.
 *
 * A visit is what the cache remembers of one request, or of one fetch or write that it makes on its
 * own account. A flight is a key that is being fetched, with all visits that wait for it.
 */
#ifndef BRINK_MODELS_CACHE_VISITS_H
#define BRINK_MODELS_CACHE_VISITS_H

#include "cache/bloom_filter.h"
#include "cache/copies.h"
#include "hashing/placement.h"
#include "members.h"

enum visit_kind {
    VISIT_HIT,        /* answers with `reply` when its time is spent */
    VISIT_READ,       /* fetches */
    VISIT_WRITE,      /* a write on its way */
    VISIT_OTHER,      /* neither */
    VISIT_REFRESH,    /* fetches, and nobody waits */
    VISIT_PRELOAD,    /* the same; the next key is due when it ends */
    VISIT_FLUSH,      /* a write that was acknowledged before */
    VISIT_VALIDATION, /* asks whether the copy in `reply` is of the latest version */
    VISIT_QUERY,      /* waits for its parts */
    VISIT_CHANGE      /* one that a followed store told of, until it is acted upon */
};

/* The frame of a request that is not answered at once. */
struct visit {
    sim_ticket ticket; /* 0 = of the cache itself */
    uint64_t key;
    sim_time began;
    sim_span span;
    enum visit_kind kind;
    bool is_fetching;       /* counts in the flight of its key */
    bool is_result;         /* the key is that of a scan's result: the filter has none */
    sim_frame next;         /* coalesced: who waits for the same answer */
    sim_frame query;        /* 0, or the one that this is a part of */
    sim_frame part;         /* of a query the first part, of a part the next one */
    uint32_t missing;       /* parts of a query that are not there yet */
    struct sim_reply reply; /* of a hit; of a part that has ended; of a copy that is validated */
};

struct flight {
    sim_frame last;       /* the latest of those that wait in line */
    uint32_t fetch_count; /* under way */
    bool is_written;      /* the key was written meanwhile */
    uint64_t version;     /* the newest that a followed store told of meanwhile; 0 = none */
};

/* A write that has been acknowledged and not written yet. */
struct unwritten {
    uint64_t value;
    int64_t bytes;
    bool is_flushing;
    bool is_changed; /* since the flush began */
};

#define LENGTHS_MAX 16u /* of results, that may be kept at a time */

struct cache_state {
    struct copies copies;
    struct sim_object_table flights; /* payload: struct flight */
    struct sim_object_table writes;  /* payload: struct unwritten */
    struct sim_bloom_filter filter;
    struct sim_station *station; /* NULL where nothing takes time */
    struct members members;      /* of miss_to */
    struct members followed;
    uint32_t lengths[LENGTHS_MAX]; /* that results have had */
    uint32_t length_count;
    uint64_t preload_next;  /* key */
    struct placement *ring; /* of who holds what; NULL = all hold all */
    uint32_t fellows_asked; /* for all that they hold, in this life */
    bool is_synchronised;   /* one of them has answered */
};

/* visits.c */
/* A visit of the ticket, or, where that is 0, of the cache itself or a part of a query. */
sim_frame visits_new(struct sim_node *self, sim_ticket ticket, uint64_t key, enum visit_kind kind);
/* Looks the key of the visit up, and goes on from there. */
void visits_read(struct sim_node *self, sim_frame frame);
/* Answers the visit's request with its reply, after the time of a hit. */
void visits_hit(struct sim_node *self, sim_frame frame);
void visits_answer(struct sim_node *self, sim_frame frame, const struct sim_reply *reply);
void visits_arrive(struct sim_node *self, const struct sim_input *in);
/* The outcome of the call that the visit made. */
void visits_conclude(struct sim_node *self, sim_frame frame, const struct sim_reply *answered);
/* Its time is spent. */
void visits_done(struct sim_node *self, sim_frame frame);
/* One that found its key being fetched looks again. */
void visits_look(struct sim_node *self, sim_frame frame);
/* Sends the request on; a visit of its own where `request` is not that of the ticket. */
void visits_send(struct sim_node *self, sim_frame frame, const struct sim_request *request);

/* Fetches what is asked for, for the cache itself, as a visit of that kind; false when somebody
 * does already.
 */
bool visits_fetch(struct sim_node *self, const struct sim_request *cause, enum visit_kind kind);
/* Whether the key is for one reader only, and passed through: the same at every cache. */
bool visits_is_private(struct sim_node *self, uint64_t key);

/* The key was written: what is being fetched may be the old one, and the filter has to have it. */
void visits_note_written(struct sim_node *self, uint64_t key);
/* The key has that version in the store now. */
void visits_changed(struct sim_node *self, const struct sim_item *change);

/* flights.c: keys that are being fetched */
/* Whether anybody asks; where nobody does no flight begins. */
bool flights_are_known(const struct cache_params *params);
bool flights_have(struct cache_state *state, uint64_t key);
/* One more fetch of its key is under way, by the visit. */
void flights_begin(struct sim_node *self, sim_frame frame);
/* The fetch is over; the flight too when it was the last. Whether the answer, which has that
 * version, may be kept. */
bool flights_end(struct sim_node *self, const struct visit *visit, uint64_t version);
/* True when the key is being fetched and this visit waits: for that answer, or to look again. */
bool flights_wait(struct sim_node *self, sim_frame frame);
/* Something of what is being fetched under that key was written: as that version, or 0. */
void flights_note(struct sim_node *self, uint64_t key, uint64_t version);

/* queries.c: scans */
/* True when the request is a scan that does not pass: it is being answered. */
bool queries_take(struct sim_node *self, const struct sim_input *in);
/* What a read's or scan's answer is kept under. */
uint64_t queries_key(const struct sim_request *request);
/* A part of a query has its answer. */
void queries_part_ended(struct sim_node *self, sim_frame frame, const struct sim_reply *reply);
/* The key has that version now (0 = unknown): results that it is in are old. `is_told`: by a
 * followed store. */
void queries_changed(struct sim_node *self, uint64_t key, uint64_t version, bool is_told);

/* follow.c: the stream of a store's changes */
void follow_start(struct sim_node *self);
void follow_again(struct sim_node *self, sim_node_id store);
void follow_change(struct sim_node *self, const struct sim_input *in);
/* The change that waited in the frame. */
void follow_act(struct sim_node *self, sim_frame frame);
void follow_broken(struct sim_node *self, const struct sim_input *in);

/* preload.c: what is fetched when a life begins */
void preload_start(struct sim_node *self);
/* One of the fetches has ended. */
void preload_next(struct sim_node *self);

/* replicas.c: what members of a group tell each other */
void replicas_start(struct sim_node *self);
/* Nothing has come of the synchronisation yet: asks the next one. */
void replicas_ask(struct sim_node *self);
void replicas_hear(struct sim_node *self, const struct sim_input *in);
/* The copy was dropped because its key was written; replaced for that reason; or fetched. */
void replicas_dropped(struct sim_node *self, uint64_t key);
void replicas_written(struct sim_node *self, uint64_t key, const struct sim_reply *reply,
                      sim_time expires);
void replicas_fetched(struct sim_node *self, uint64_t key, const struct sim_reply *reply,
                      sim_time expires);

/* writes.c: write-behind */
/* Acknowledged at once and kept; true when the write is of a kind that can wait. */
bool writes_take(struct sim_node *self, const struct sim_request *request);
/* What is still to be written to the key is what a read must see. */
bool writes_find(struct sim_node *self, uint64_t key, struct sim_reply *ret_reply);
void writes_flush(struct sim_node *self, uint64_t key);
void writes_conclude(struct sim_node *self, sim_frame frame, const struct sim_reply *reply);
/* The life ends: what was not written is lost. */
void writes_clear(struct sim_node *self);

#endif
