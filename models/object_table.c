/* The slots and records of object_table.h: allocation, growth, insertion and deletion. */
#include "object_table.h"

#include <stdlib.h>
#include <string.h>

#define SLOT_BITS_MIN 5u
#define LINE_BYTES 64u /* records and slots start on a line, so that none straddles two */

/* `size` zeroed bytes at the start of a line. `ret_block` is what to free, NULL for the arena. */
static void *take_lines(struct sim_arena *arena, size_t size, void **ret_block)
{
    unsigned char *block;
    if (arena != NULL) {
        block = sim_arena_alloc(arena, size + LINE_BYTES);
        *ret_block = NULL;
    } else {
        block = calloc(1, size + LINE_BYTES);
        sim_pages_large(block, size + LINE_BYTES);
        sim_assert(block != NULL); /* out of memory ends the process */
        *ret_block = block;
    }
    return block + (LINE_BYTES - (uintptr_t)block % LINE_BYTES) % LINE_BYTES;
}

static size_t slots_size(const struct sim_object_table *table)
{
    return ((size_t)1 << table->slot_bits) * sizeof(uint32_t);
}

static size_t records_size(const struct sim_object_table *table)
{
    return (size_t)table->record_capacity * table->stride;
}

/* Objects that the slots are enough for. */
static uint32_t count_max(const struct sim_object_table *table)
{
    return 1u << (table->slot_bits - SIM_OBJECT_SPARE_BITS);
}

static void take_slots(struct sim_object_table *table)
{
    table->slots = take_lines(table->arena, slots_size(table), &table->slots_block);
}

static void take_records(struct sim_object_table *table)
{
    table->records = take_lines(table->arena, records_size(table), &table->records_block);
}

void sim_object_table_init(struct sim_object_table *table, struct sim_arena *arena,
                           size_t payload_size, uint32_t count_hint)
{
    sim_assert(payload_size <= UINT32_MAX / 2 && count_hint <= SIM_OBJECT_COUNT_MAX);
    *table = (struct sim_object_table){
        .arena = arena,
        .stride = (uint32_t)((sizeof(struct sim_object) + payload_size + 31) & ~(size_t)31),
        .slot_bits = SLOT_BITS_MIN,
        .fresh = 1,
        .record_capacity = count_hint + 1 < 16 ? 16 : count_hint + 1,
    };
    while (count_max(table) < count_hint) {
        table->slot_bits++;
    }
    take_slots(table);
    take_records(table);
}

void sim_object_table_clear(struct sim_object_table *table)
{
    free(table->records_block);
    free(table->slots_block);
    *table = (struct sim_object_table){0};
}

void sim_object_table_empty(struct sim_object_table *table)
{
    memset(table->slots, 0, slots_size(table));
    table->first_free = 0;
    table->fresh = 1;
    table->live_count = 0;
}

size_t sim_object_table_bytes(const struct sim_object_table *table)
{
    return slots_size(table) + records_size(table);
}

/* Enters an object into the slots: the first free one from its home on. */
static void place(struct sim_object_table *table, uint32_t index)
{
    uint32_t mask = (1u << table->slot_bits) - 1;
    uint32_t hash = sim_object_hash(sim_object_at(table, index)->key);
    uint32_t at = sim_object_home(table, hash);
    while (table->slots[at] != 0) {
        at = (at + 1) & mask;
    }
    table->slots[at] = hash << sim_object_index_bits(table) | index;
}

static void grow_slots(struct sim_object_table *table)
{
    sim_assert(table->live_count < SIM_OBJECT_COUNT_MAX);
    void *old_block = table->slots_block;
    table->slot_bits++;
    take_slots(table);
    free(old_block);
    sim_assert(table->live_count == table->fresh - 1); /* full for the first time: none is free */
    for (uint32_t index = 1; index < table->fresh; index++) {
        place(table, index);
    }
}

static void grow_records(struct sim_object_table *table)
{
    const unsigned char *old = table->records;
    void *old_block = table->records_block;
    size_t old_size = records_size(table);
    table->record_capacity *= 2;
    take_records(table);
    memcpy(table->records, old, old_size);
    free(old_block);
}

static uint32_t take_record(struct sim_object_table *table)
{
    uint32_t index = table->first_free;
    if (index != 0) {
        table->first_free = sim_object_at(table, index)->younger;
        return index;
    }
    if (table->fresh == table->record_capacity) {
        grow_records(table);
    }
    return table->fresh++;
}

uint32_t sim_object_table_add(struct sim_object_table *table, uint64_t key)
{
    if (table->live_count == count_max(table)) {
        grow_slots(table);
    }
    uint32_t index = take_record(table);
    struct sim_object *object = sim_object_at(table, index);
    *object = (struct sim_object){.key = key, .state = SIM_OBJECT_ARRIVING};
    place(table, index);
    table->live_count++;
    return index;
}

/* Closes the gap at `hole`: each follower whose probe sequence passes over the hole moves into it,
 * and leaves a hole of its own. */
static void close_gap(struct sim_object_table *table, uint32_t hole)
{
    uint32_t mask = (1u << table->slot_bits) - 1;
    for (uint32_t at = (hole + 1) & mask; table->slots[at] != 0; at = (at + 1) & mask) {
        uint32_t index = sim_object_slot_index(table, table->slots[at]);
        uint32_t home = sim_object_home(table, sim_object_hash(sim_object_at(table, index)->key));
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole] = 0;
}

void sim_object_table_drop(struct sim_object_table *table, uint32_t index)
{
    struct sim_object *object = sim_object_at(table, index);
    uint32_t hash = sim_object_hash(object->key);
    uint32_t slot = hash << sim_object_index_bits(table) | index;
    uint32_t mask = (1u << table->slot_bits) - 1;
    uint32_t at = sim_object_home(table, hash);
    while (table->slots[at] != slot) {
        sim_assert(table->slots[at] != 0);
        at = (at + 1) & mask;
    }
    close_gap(table, at);
    object->state = SIM_OBJECT_FREE;
    object->younger = table->first_free;
    table->first_free = index;
    table->live_count--;
}
