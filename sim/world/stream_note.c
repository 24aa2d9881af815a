/* The notes of streams on their way: transmission, repetition, order. See stream.c. */
#include "world/stream_note.h"

#define RETRY_MAX (2 * SIM_MINUTE)
#define RETRANSMISSIONS_MAX 15

uint32_t note_new(struct sim_world *world, const struct stream *stream, sim_stream handle,
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

void note_arrive(struct sim_world *world, struct stream *stream, uint32_t index, sim_time arrives)
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
        note_arrive(world, stream, index, time);
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
        note_arrive(world, stream, index, arrives);
    } else {
        sim_pool_give(&world->streams->notes, index); /* both ends are done: nobody listens */
    }
}

static void go_on_after(struct sim_world *world, const struct stream *stream, sim_stream handle,
                        enum direction direction, sim_time pause)
{
    sim_engine_post(world->engine, sim_time_add(world_now(world), pause),
                    sender_of(stream, direction), world_kind(EVENT_STREAM_RETRY, (int)direction),
                    handle);
}

static void retry_later(struct sim_world *world, struct stream *stream, sim_stream handle,
                        enum direction direction)
{
    struct way *way = &stream->ways[direction];
    sim_time pause = world->nodes[sender_of(stream, direction)].transport->retransmit;
    for (uint32_t i = 0; i < way->failures && pause < RETRY_MAX; i++) {
        pause *= 2;
    }
    way->failures++;
    world->network.retransmits++;
    go_on_after(world, stream, handle, direction, pause < RETRY_MAX ? pause : RETRY_MAX);
}

static void put_behind(struct sim_world *world, struct way *way, uint32_t index)
{
    if (way->first == 0) {
        way->first = index;
    } else {
        note_at(world, way->last)->next = index;
    }
    way->last = index;
}

void note_send(struct sim_world *world, sim_stream handle, enum note_kind kind,
               enum direction direction, struct sim_item item, int64_t bytes)
{
    struct stream *stream = stream_find(world, handle);
    struct way *way = &stream->ways[direction];
    uint32_t index = note_new(world, stream, handle, kind, direction, item, bytes);
    world->network.messages++;
    world->network.bytes += (uint64_t)bytes;
    if (way->first == 0) {
        if (transmit(world, stream, index)) {
            return;
        }
        retry_later(world, stream, handle, direction);
    }
    put_behind(world, way, index);
}

void note_hold_open(struct sim_world *world, sim_stream handle)
{
    struct stream *stream = stream_find(world, handle);
    world->network.messages++;
    put_behind(world, &stream->ways[TO_FAR],
               note_new(world, stream, handle, NOTE_OPEN, TO_FAR, (struct sim_item){0}, 0));
}

/* The connection of a stream is made before its opening is transmitted, once something gets
 * through; where nobody is, the first packet of the handshake is as good as the opening. */
static bool is_to_be_made(const struct sim_world *world, const struct stream *stream,
                          const struct note *note)
{
    return note->kind == NOTE_OPEN && stream->is_cold && world->nodes[stream->far].is_up;
}

bool notes_go_on(struct sim_world *world, sim_stream handle, enum direction direction)
{
    struct stream *stream = stream_find(world, handle);
    struct way *way = &stream->ways[direction];
    while (way->first != 0) {
        uint32_t index = way->first;
        uint32_t next = note_at(world, index)->next;
        bool is_gone;
        if (is_to_be_made(world, stream, note_at(world, index))) {
            is_gone = false;
            if (network_try(world, stream->opener, stream->far)) {
                stream->is_cold = false;
                way->failures = 0;
                go_on_after(world, stream, handle, direction,
                            connection_make(world, stream->connection));
                return true;
            }
        } else {
            is_gone = transmit(world, stream, index);
        }
        if (is_gone) {
            way->first = next;
        } else if (way->failures < RETRANSMISSIONS_MAX) {
            retry_later(world, stream, handle, direction);
            return true;
        } else {
            return false;
        }
    }
    return true;
}

bool note_delays_at_card(struct sim_world *world, uint32_t index)
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

void notes_give(struct sim_world *world, struct way *way)
{
    while (way->first != 0) {
        uint32_t next = note_at(world, way->first)->next;
        sim_pool_give(&world->streams->notes, way->first);
        way->first = next;
    }
}

void notes_drop(struct sim_node *node)
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
