/* A stream as its two files see it, and the notes that travel on it: open, item, credit, close.
 */
#ifndef BRINK_WORLD_STREAM_NOTE_H
#define BRINK_WORLD_STREAM_NOTE_H

#include "world/transit.h"

enum direction { TO_OPENER, TO_FAR, DIRECTION_COUNT };

enum note_kind { NOTE_OPEN, NOTE_ITEM, NOTE_CREDIT, NOTE_CLOSE };

enum note_place {
    NOTE_BEHIND,  /* waits to be transmitted, or behind one that does */
    NOTE_AT_CARD, /* on its sender's card: the link comes next */
    NOTE_UNDERWAY
};

struct note {
    sim_stream stream;
    struct sim_item item; /* credit and status are its key */
    int64_t bytes;
    uint32_t next; /* behind one that could not be transmitted */
    sim_node_id from, to;
    uint8_t kind;  /* enum note_kind */
    uint8_t place; /* enum note_place */
    uint8_t direction;
    bool is_through_card; /* of the receiver */
};

struct way {
    sim_time last_arrival;
    uint32_t first, last; /* notes that wait to be transmitted, or to be transmitted again */
    uint32_t failures;
};

struct stream {
    sim_node_id opener, far;
    uint64_t tag;
    uint64_t credit; /* of the far end, to send */
    struct way ways[DIRECTION_COUNT];
    uint32_t connection;             /* of the opener's pool, which it occupies; 0 = none */
    bool is_waiting : 1;             /* for a connection: the first way begins with its opening */
    bool is_cold : 1;                /* the connection is to be made first */
    bool is_closed[DIRECTION_COUNT]; /* that end is done with it: its node closed or heard so */
    bool is_told[DIRECTION_COUNT];   /* word that it is closed is on its way there */
};

struct streams {
    struct sim_pool pool, notes;
};

static inline struct stream *stream_find(const struct sim_world *world, sim_stream handle)
{
    return sim_pool_find(&world->streams->pool, handle);
}

static inline struct note *note_at(struct sim_world *world, uint32_t index)
{
    return sim_pool_at(&world->streams->notes, index);
}

static inline sim_node_id sender_of(const struct stream *stream, enum direction direction)
{
    return direction == TO_OPENER ? stream->far : stream->opener;
}

static inline sim_node_id receiver_of(const struct stream *stream, enum direction direction)
{
    return direction == TO_OPENER ? stream->opener : stream->far;
}

/* A note that has yet to be transmitted. */
uint32_t note_new(struct sim_world *world, const struct stream *stream, sim_stream handle,
                  enum note_kind kind, enum direction direction, struct sim_item item,
                  int64_t bytes);
/* The note arrives then, or when what went before on its way does. */
void note_arrive(struct sim_world *world, struct stream *stream, uint32_t index, sim_time arrives);
void note_send(struct sim_world *world, sim_stream handle, enum note_kind kind,
               enum direction direction, struct sim_item item, int64_t bytes);
/* Keeps the opening back until notes_go_on(). */
void note_hold_open(struct sim_world *world, sim_stream handle);
/* Transmits what waits in `direction`; false when that has been tried too often. */
bool notes_go_on(struct sim_world *world, sim_stream handle, enum direction direction);
/* True when the receiver's network card comes first: the note was posted again. */
bool note_delays_at_card(struct sim_world *world, uint32_t index);
void notes_give(struct sim_world *world, struct way *way);
/* Notes on their way to the dead node, or on its card, go with it; those that have yet to leave
 * living peers stay. */
void notes_drop(struct sim_node *node);

#endif
