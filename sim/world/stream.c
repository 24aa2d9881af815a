/* Streams: ordered items from the far end to the opener, paced by credit.
 *
 * A stream is one record in a pool, and a note is what travels on it: open, item, credit, close.
 * Notes pass cards and links as messages do (network.c); those of one direction arrive in the order
 * in which they were sent. One that cannot be transmitted (lost, cut off) is repeated as network.c
 * does it, and those behind it wait. When a node dies its peers hear of it after a latency, unless
 * it is silent or cut off: then the stream hangs until they close it, or until what they send
 * reaches a machine that answers. Not modelled: slow start.
 */
#include "world/audit.h"
#include "world/transit.h"

#define RETRY_MAX (2 * SIM_MINUTE)
#define RETRANSMISSIONS_MAX 15

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
    uint32_t first, last; /* notes that wait to be transmitted again */
    uint32_t failures;
};

struct stream {
    sim_node_id opener, far;
    uint64_t tag;
    uint64_t credit; /* of the far end, to send */
    struct way ways[DIRECTION_COUNT];
    bool is_closed[DIRECTION_COUNT]; /* that end is done with it: its node closed or heard so */
    bool is_told[DIRECTION_COUNT];   /* word that it is closed is on its way there */
};

struct streams {
    struct sim_pool pool, notes;
};

void streams_init(struct sim_world *world)
{
    world->streams = sim_arena_new(&world->arena, struct streams);
    sim_pool_init(&world->streams->pool, sizeof(struct stream));
    sim_pool_init(&world->streams->notes, sizeof(struct note));
}

size_t streams_memory(const struct sim_world *world)
{
    const struct sim_pool *pool = &world->streams->pool, *notes = &world->streams->notes;
    return SIM_POOL_CHUNK_COUNT * ((size_t)pool->chunk_count * pool->record_size +
                                   (size_t)notes->chunk_count * notes->record_size);
}

void streams_clear(struct sim_world *world)
{
    sim_pool_clear(&world->streams->pool);
    sim_pool_clear(&world->streams->notes);
}

static const struct sim_item refused = {.key = SIM_STATUS_REFUSED};

static struct stream *stream_find(const struct sim_world *world, sim_stream handle)
{
    return sim_pool_find(&world->streams->pool, handle);
}

static struct note *note_at(struct sim_world *world, uint32_t index)
{
    return sim_pool_at(&world->streams->notes, index);
}

static sim_node_id sender_of(const struct stream *stream, enum direction direction)
{
    return direction == TO_OPENER ? stream->far : stream->opener;
}

static sim_node_id receiver_of(const struct stream *stream, enum direction direction)
{
    return direction == TO_OPENER ? stream->opener : stream->far;
}

/* A note that has yet to be transmitted. */
static uint32_t note_new(struct sim_world *world, const struct stream *stream, sim_stream handle,
                         enum note_kind kind, enum direction direction, struct sim_item item,
                         int64_t bytes)
{
    uint32_t index = sim_pool_take(&world->streams->notes);
    *note_at(world, index) = (struct note){.stream = handle,
                                           .item = item,
                                           .bytes = bytes,
                                           .from = sender_of(stream, direction),
                                           .to = receiver_of(stream, direction),
                                           .kind = (uint8_t)kind,
                                           .place = NOTE_BEHIND,
                                           .direction = (uint8_t)direction};
    return index;
}

/* ---- transmission ---- */

/* The note arrives then, or when what went before on its way does. */
static void arrive(struct sim_world *world, struct stream *stream, uint32_t index, sim_time arrives)
{
    struct note *note = note_at(world, index);
    struct way *way = &stream->ways[note->direction];
    note->place = NOTE_UNDERWAY;
    way->last_arrival = arrives > way->last_arrival ? arrives : way->last_arrival;
    sim_engine_post(world->engine, way->last_arrival, note->to, EVENT_STREAM, index);
}

/* True when the note has left. */
static bool transmit(struct sim_world *world, struct stream *stream, uint32_t index)
{
    struct note *note = note_at(world, index);
    sim_time time;
    enum setting_out out = network_set_out(world, note->from, note->to, note->bytes, &time);
    if (out == OUT_LOST) {
        return false;
    }
    stream->is_told[note->direction] |= note->kind == NOTE_CLOSE;
    stream->ways[note->direction].failures = 0;
    if (out == OUT_FLYING) {
        arrive(world, stream, index, time);
    } else {
        note->place = NOTE_AT_CARD;
        sim_engine_post(world->engine, time, note->from, EVENT_STREAM_LEAVE,
                        sim_pool_handle(&world->streams->notes, index));
    }
    return true;
}

void stream_on_leave(struct sim_world *world, const struct sim_event *event)
{
    uint32_t index = sim_pool_index(event->payload);
    struct note *note = sim_pool_find(&world->streams->notes, event->payload);
    sim_assert(note != NULL && note->place == NOTE_AT_CARD);
    sim_time arrives = network_fly(world, note->from, note->to, note->bytes, world_now(world));
    struct stream *stream = stream_find(world, note->stream);
    if (stream != NULL) {
        arrive(world, stream, index, arrives);
    } else {
        sim_pool_give(&world->streams->notes, index); /* both ends are done: nobody listens */
    }
}

static void retry_later(struct sim_world *world, struct stream *stream, sim_stream handle,
                        enum direction direction)
{
    struct way *way = &stream->ways[direction];
    sim_node_id from = sender_of(stream, direction);
    sim_time pause = world->nodes[from].transport->retransmit;
    for (uint32_t i = 0; i < way->failures && pause < RETRY_MAX; i++) {
        pause *= 2;
    }
    way->failures++;
    world->network.retransmits++;
    sim_engine_post(world->engine, world_now(world) + (pause < RETRY_MAX ? pause : RETRY_MAX), from,
                    world_kind(EVENT_STREAM_RETRY, (int)direction), handle);
}

static void send_note(struct sim_world *world, sim_stream handle, enum note_kind kind,
                      enum direction direction, struct sim_item item, int64_t bytes)
{
    struct stream *stream = stream_find(world, handle);
    struct way *way = &stream->ways[direction];
    uint32_t index = note_new(world, stream, handle, kind, direction, item, bytes);
    world->network.messages++;
    world->network.bytes += (uint64_t)bytes;
    if (way->first == 0 && transmit(world, stream, index)) {
        return;
    }
    if (way->first == 0) {
        way->first = index;
        retry_later(world, stream, handle, direction);
    } else {
        note_at(world, way->last)->next = index;
    }
    way->last = index;
}

/* The machine of an end that is gone resets the stream, if the reset gets through. What that end
 * had left on its card went with it: the reset does not wait there. */
static void reset(struct sim_world *world, sim_stream handle, enum direction direction)
{
    struct stream *stream = stream_find(world, handle);
    uint32_t index = note_new(world, stream, handle, NOTE_CLOSE, direction, refused, 0);
    struct note *note = note_at(world, index);
    if (!network_try(world, note->from, note->to)) {
        sim_pool_give(&world->streams->notes, index);
        return;
    }
    stream->is_told[direction] = true;
    stream->ways[direction].failures = 0;
    arrive(world, stream, index,
           network_fly(world, note->from, note->to, note->bytes, world_now(world)));
}

/* ---- ending ---- */

static void give_notes(struct sim_world *world, struct way *way)
{
    while (way->first != 0) {
        uint32_t next = note_at(world, way->first)->next;
        sim_pool_give(&world->streams->notes, way->first);
        way->first = next;
    }
}

static void end_side(struct sim_world *world, sim_stream handle, bool is_opener)
{
    struct stream *stream = stream_find(world, handle);
    stream->is_closed[is_opener ? TO_OPENER : TO_FAR] = true;
    if (stream->is_closed[TO_OPENER] && stream->is_closed[TO_FAR]) {
        give_notes(world, &stream->ways[TO_OPENER]);
        give_notes(world, &stream->ways[TO_FAR]);
        sim_pool_give(&world->streams->pool, sim_pool_index(handle));
    }
}

static void tell_closed(struct sim_node *node, sim_stream handle, uint64_t tag,
                        enum sim_status status)
{
    struct sim_input input = {
        .kind = SIM_IN_STREAM_CLOSED, .stream = handle, .tag = tag, .status = status};
    world_input(node, &input);
}

/* The machine of the end that notes in `direction` go to says that the stream is over. */
static void announce_closed(struct sim_world *world, sim_stream handle, enum direction direction)
{
    struct stream *stream = stream_find(world, handle);
    uint32_t index = note_new(world, stream, handle, NOTE_CLOSE, direction, refused, 0);
    arrive(world, stream, index, world_now(world));
}

/* Nothing gets through in `direction`: each end is told by its own machine. */
static void break_off(struct sim_world *world, sim_stream handle, enum direction direction)
{
    struct stream *stream = stream_find(world, handle);
    enum direction back = direction == TO_FAR ? TO_OPENER : TO_FAR;
    give_notes(world, &stream->ways[direction]);
    if (!stream->is_closed[direction]) {
        announce_closed(world, handle, direction);
    }
    if (!stream->is_closed[back]) {
        sim_node_id sender = sender_of(stream, direction);
        uint64_t tag = stream->tag;
        end_side(world, handle, direction == TO_FAR);
        tell_closed(&world->nodes[sender], handle, tag, SIM_STATUS_REFUSED);
    }
}

void stream_on_retry(struct sim_world *world, const struct sim_event *event)
{
    enum direction direction = (enum direction)(event->kind >> 8);
    struct stream *stream = stream_find(world, event->payload);
    if (stream == NULL) {
        return;
    }
    struct way *way = &stream->ways[direction];
    while (way->first != 0) {
        uint32_t index = way->first;
        uint32_t next = note_at(world, index)->next;
        if (transmit(world, stream, index)) {
            way->first = next;
            continue;
        }
        if (way->failures < RETRANSMISSIONS_MAX) {
            retry_later(world, stream, event->payload, direction);
            return;
        }
        break_off(world, event->payload, direction);
        return;
    }
}

/* ---- arrival ---- */

/* A note has reached an end that is done with the stream. Its peer is told, unless word is on its
 * way or nobody is there to send it. */
static void answer_stray(struct sim_world *world, const struct note *note)
{
    enum direction back = note->direction == TO_OPENER ? TO_FAR : TO_OPENER;
    struct stream *stream = stream_find(world, note->stream);
    if (stream->is_closed[back]) {
        give_notes(world, &stream->ways[back]);
        give_notes(world, &stream->ways[note->direction]);
        sim_pool_give(&world->streams->pool, sim_pool_index(note->stream));
        return;
    }
    const struct sim_node *node = &world->nodes[note->to];
    if (!stream->is_told[back] && stream->ways[back].first == 0 &&
        (node->is_up || !node->is_silent)) {
        reset(world, note->stream, back);
    }
}

/* True when the receiver's network card comes first: the note was posted again. */
static bool is_delayed_at_card(struct sim_world *world, uint32_t index)
{
    struct note *note = note_at(world, index);
    sim_time through;
    if (note->is_through_card ||
        !network_enter_card(world, note->from, note->to, note->bytes, &through)) {
        return false;
    }
    note->is_through_card = true;
    sim_engine_post(world->engine, through, note->to, EVENT_STREAM, index);
    return true;
}

void stream_on_event(struct sim_world *world, const struct sim_event *event)
{
    uint32_t index = (uint32_t)event->payload;
    if (is_delayed_at_card(world, index)) {
        return;
    }
    struct note note = *note_at(world, index);
    sim_pool_give(&world->streams->notes, index);
    struct stream *stream = stream_find(world, note.stream);
    struct sim_node *node = &world->nodes[event->node];
    if (stream == NULL) {
        return;
    }
    if (!node->is_up) {
        stream->is_closed[note.direction] = true; /* it never got here, or died here */
    }
    if (stream->is_closed[note.direction]) {
        answer_stray(world, &note);
        return;
    }
    struct sim_input input = {.stream = note.stream, .tag = stream->tag};
    switch ((enum note_kind)note.kind) {
    case NOTE_OPEN:
        input.kind = SIM_IN_STREAM_OPENED;
        input.from = stream->opener;
        input.credit = stream->credit;
        world_input(node, &input);
        break;
    case NOTE_ITEM:
        input.kind = SIM_IN_STREAM_ITEM;
        input.from = stream->far;
        input.item = note.item;
        world_input(node, &input);
        break;
    case NOTE_CREDIT:
        stream->credit += note.item.key;
        input.kind = SIM_IN_STREAM_CREDIT;
        input.credit = stream->credit;
        world_input(node, &input);
        break;
    case NOTE_CLOSE:
        end_side(world, note.stream, note.direction == TO_OPENER);
        tell_closed(node, note.stream, input.tag, (enum sim_status)note.item.key);
        break;
    }
}

/* ---- what a model does ---- */

sim_stream sim_stream_open(struct sim_node *self, sim_node_id to, uint64_t tag, uint64_t credit)
{
    struct sim_world *world = self->world;
    uint32_t index = sim_pool_take(&world->streams->pool);
    struct stream *stream = sim_pool_at(&world->streams->pool, index);
    *stream = (struct stream){.opener = self->id, .far = to, .tag = tag, .credit = credit};
    sim_stream handle = sim_pool_handle(&world->streams->pool, index);
    send_note(world, handle, NOTE_OPEN, TO_FAR, (struct sim_item){0}, 0);
    return handle;
}

static struct stream *usable(const struct sim_node *self, sim_stream handle)
{
    struct stream *stream = stream_find(self->world, handle);
    if (stream == NULL) {
        return NULL;
    }
    bool is_opener = stream->opener == self->id;
    sim_assert(is_opener || stream->far == self->id);
    return stream->is_closed[is_opener ? TO_OPENER : TO_FAR] ? NULL : stream;
}

bool sim_stream_send(struct sim_node *self, sim_stream handle, struct sim_item item, int64_t bytes)
{
    struct stream *stream = usable(self, handle);
    if (stream == NULL || stream->credit == 0) {
        return false;
    }
    sim_assert(stream->far == self->id);
    stream->credit--;
    send_note(self->world, handle, NOTE_ITEM, TO_OPENER, item, bytes);
    return true;
}

void sim_stream_grant(struct sim_node *self, sim_stream handle, uint64_t credit)
{
    struct stream *stream = usable(self, handle);
    if (stream != NULL) {
        sim_assert(stream->opener == self->id);
        send_note(self->world, handle, NOTE_CREDIT, TO_FAR, (struct sim_item){.key = credit}, 0);
    }
}

void sim_stream_close(struct sim_node *self, sim_stream handle, enum sim_status status)
{
    struct stream *stream = usable(self, handle);
    if (stream == NULL) {
        return;
    }
    bool is_opener = stream->opener == self->id;
    send_note(self->world, handle, NOTE_CLOSE, is_opener ? TO_FAR : TO_OPENER,
              (struct sim_item){.key = status}, 0);
    end_side(self->world, handle, is_opener);
}

bool sim_stream_is_open(const struct sim_node *self, sim_stream handle)
{
    return usable(self, handle) != NULL;
}

uint64_t sim_stream_tag(const struct sim_node *self, sim_stream handle)
{
    struct stream *stream = usable(self, handle);
    return stream == NULL ? 0 : stream->tag;
}

void streams_each(const struct sim_world *world, tag_visitor visit, void *data)
{
    const struct sim_pool *pool = &world->streams->pool;
    for (uint32_t index = 1; index < pool->fresh; index++) {
        const struct stream *stream = sim_pool_at(pool, index);
        if (pool_is_used(pool, index) && !stream->is_closed[TO_OPENER]) {
            visit(data, stream->opener, stream->tag);
        }
    }
}

/* ---- the end of a life ---- */

/* Notes on their way to the dead node, or on its card, go with it; those that have yet to leave
 * living peers stay. */
static void drop_notes(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct sim_pool *notes = &world->streams->notes;
    for (uint32_t index = 1; index < notes->fresh; index++) {
        const struct note *note = note_at(world, index);
        if (pool_is_used(notes, index) &&
            ((note->place == NOTE_UNDERWAY && note->to == node->id) ||
             (note->place == NOTE_AT_CARD && note->from == node->id))) {
            sim_pool_give(notes, index);
        }
    }
}

void streams_drop(struct sim_node *node, bool is_silent)
{
    struct sim_world *world = node->world;
    struct streams *streams = world->streams;
    if (streams->pool.live_count == 0) {
        return;
    }
    drop_notes(node);
    for (uint32_t index = 1; index < streams->pool.fresh; index++) {
        if (!pool_is_used(&streams->pool, index)) {
            continue;
        }
        struct stream *stream = sim_pool_at(&streams->pool, index);
        if (stream->opener != node->id && stream->far != node->id) {
            continue;
        }
        bool is_opener = stream->opener == node->id;
        enum direction outward = is_opener ? TO_FAR : TO_OPENER;
        sim_stream handle = sim_pool_handle(&streams->pool, index);
        give_notes(world, &stream->ways[outward]);
        stream->ways[outward].failures = 0;
        bool peer_is_done = stream->is_closed[outward];
        end_side(world, handle, is_opener);
        if (!is_silent && !peer_is_done && stream_find(world, handle) != NULL) {
            reset(world, handle, outward);
        }
    }
}
