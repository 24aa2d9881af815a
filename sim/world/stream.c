/* Streams: ordered items from the far end to the opener, paced by credit.
 *
 * A stream is one record in a pool, and a note is what travels on it: open, item, credit, close.
 * Notes pass cards and links as messages do (network.c); those of one direction arrive in the order
 * in which they were sent. One that cannot be transmitted (lost, cut off) is repeated as network.c
 * does it, and those behind it wait. When a node dies its peers hear of it after a latency, unless
 * it is silent or cut off: then the stream hangs until they close it, or until what they send
 * reaches a machine that answers. Where the opener's transport limits connections, a stream
 * occupies one of them from its opening, which waits for one, until the opener is done with it;
 * that connection is closed with it. Not modelled: slow start, and handshakes where there is no
 * limit.
 */
#include "world/audit.h"
#include "world/stream_note.h"

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
    note_arrive(world, stream, index,
                network_fly(world, note->from, note->to, note->bytes, world_now(world)));
}

/* ---- ending ---- */

static void forget(struct sim_world *world, struct stream *stream, sim_stream handle)
{
    sim_assert(stream->connection == 0);
    notes_give(world, &stream->ways[TO_OPENER]);
    notes_give(world, &stream->ways[TO_FAR]);
    sim_pool_give(&world->streams->pool, sim_pool_index(handle));
}

static void end_side(struct sim_world *world, sim_stream handle, bool is_opener)
{
    struct stream *stream = stream_find(world, handle);
    uint32_t connection = is_opener ? stream->connection : 0;
    stream->is_closed[is_opener ? TO_OPENER : TO_FAR] = true;
    stream->connection -= connection;
    if (stream->is_closed[TO_OPENER] && stream->is_closed[TO_FAR]) {
        forget(world, stream, handle);
    }
    if (connection != 0) {
        connection_give(world, connection, false);
    }
}

/* Its opening has not left: nobody but the opener knows of it. */
static bool is_unopened(struct sim_world *world, const struct stream *stream)
{
    uint32_t first = stream->ways[TO_FAR].first;
    return first != 0 && note_at(world, first)->kind == NOTE_OPEN;
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
    note_arrive(world, stream, index, world_now(world));
}

/* Nothing gets through in `direction`: each end is told by its own machine. */
static void break_off(struct sim_world *world, sim_stream handle, enum direction direction)
{
    struct stream *stream = stream_find(world, handle);
    enum direction back = direction == TO_FAR ? TO_OPENER : TO_FAR;
    notes_give(world, &stream->ways[direction]);
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
    if (stream_find(world, event->payload) == NULL) {
        return;
    }
    if (!notes_go_on(world, event->payload, direction)) {
        break_off(world, event->payload, direction);
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
        forget(world, stream, note->stream);
        return;
    }
    const struct sim_node *node = &world->nodes[note->to];
    if (!stream->is_told[back] && stream->ways[back].first == 0 &&
        (node->is_up || !node->is_silent)) {
        reset(world, note->stream, back);
    }
}

void stream_on_event(struct sim_world *world, const struct sim_event *event)
{
    uint32_t index = (uint32_t)event->payload;
    if (note_delays_at_card(world, index)) {
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
    if (connection_is_limited(self->transport)) {
        note_hold_open(world, handle);
        stream->is_waiting = true;
        connection_take_for_stream(world, self->id, to, handle);
    } else {
        note_send(world, handle, NOTE_OPEN, TO_FAR, (struct sim_item){0}, 0);
    }
    return handle;
}

bool stream_is_known(const struct sim_world *world, sim_stream handle)
{
    return stream_find(world, handle) != NULL;
}

void stream_begin(struct sim_world *world, sim_stream handle, uint32_t connection, bool is_cold)
{
    struct stream *stream = stream_find(world, handle);
    stream->connection = connection;
    stream->is_waiting = false;
    stream->is_cold = is_cold && !world->nodes[stream->opener].transport->warm;
    bool has_begun = notes_go_on(world, handle, TO_FAR);
    sim_assert(has_begun);
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
    note_send(self->world, handle, NOTE_ITEM, TO_OPENER, item, bytes);
    return true;
}

void sim_stream_grant(struct sim_node *self, sim_stream handle, uint64_t credit)
{
    struct stream *stream = usable(self, handle);
    if (stream == NULL) {
        return;
    }
    sim_assert(stream->opener == self->id);
    if (is_unopened(self->world, stream)) {
        stream->credit += credit; /* the opening states it */
    } else {
        note_send(self->world, handle, NOTE_CREDIT, TO_FAR, (struct sim_item){.key = credit}, 0);
    }
}

void sim_stream_close(struct sim_node *self, sim_stream handle, enum sim_status status)
{
    struct stream *stream = usable(self, handle);
    if (stream == NULL) {
        return;
    }
    bool is_opener = stream->opener == self->id;
    if (is_opener && is_unopened(self->world, stream)) {
        stream->is_closed[TO_FAR] = true;
    } else {
        note_send(self->world, handle, NOTE_CLOSE, is_opener ? TO_FAR : TO_OPENER,
                  (struct sim_item){.key = status}, 0);
    }
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

void streams_count_connections(const struct sim_world *world, uint64_t *counts)
{
    const struct sim_pool *pool = &world->streams->pool;
    for (uint32_t index = 1; index < pool->fresh; index++) {
        const struct stream *stream = sim_pool_at(pool, index);
        if (pool_is_used(pool, index) && stream->connection != 0) {
            counts[stream->connection]++;
        }
    }
}

/* ---- the end of a life ---- */

void streams_drop(struct sim_node *node, bool is_silent)
{
    struct sim_world *world = node->world;
    struct streams *streams = world->streams;
    if (streams->pool.live_count == 0) {
        return;
    }
    notes_drop(node);
    for (uint32_t index = 1; index < streams->pool.fresh; index++) {
        if (!pool_is_used(&streams->pool, index)) {
            continue;
        }
        struct stream *stream = sim_pool_at(&streams->pool, index);
        if (stream->opener != node->id && stream->far != node->id) {
            continue;
        }
        bool is_opener = stream->opener == node->id;
        if (is_opener) {
            stream->is_closed[TO_FAR] |= is_unopened(world, stream);
            stream->connection = 0; /* connections_drop() */
        } else if (stream->is_waiting) {
            continue;
        }
        enum direction outward = is_opener ? TO_FAR : TO_OPENER;
        sim_stream handle = sim_pool_handle(&streams->pool, index);
        notes_give(world, &stream->ways[outward]);
        stream->ways[outward].failures = 0;
        bool peer_is_done = stream->is_closed[outward];
        end_side(world, handle, is_opener);
        if (!is_silent && !peer_is_done && stream_find(world, handle) != NULL) {
            reset(world, handle, outward);
        }
    }
}
