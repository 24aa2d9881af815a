/* Objects found by key and linked into queues: what caches hold, what limiters and stores count.
 *
 * Two arrays: compact object records addressed by a 32-bit index, and an open-addressing table of
 * 32-bit slots. A slot holds an index and, in the bits that the index leaves, part of the key's
 * hash, so that a look-up reads one line of slots and as a rule no other record than the right one.
 * Linear probing with backward-shift deletion (Knuth, TAOCP 3, section 6.4, algorithm R): no
 * tombstones, so the table never needs cleaning. The table is at most an eighth full: the time goes
 * into the mispredicted branch of every probe after the first, not into reading the slots.
 *
 * Index 0 is no object: it means "none" in every link. Indices are a function of the order of calls
 * alone. The hash is fixed; nothing here or above ever walks the slots, so no result can depend on
 * it.
 */
#ifndef BRINK_MODELS_OBJECT_TABLE_H
#define BRINK_MODELS_OBJECT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim.h"

enum sim_object_state {
    SIM_OBJECT_FREE,
    SIM_OBJECT_ARRIVING, /* being inserted: in the table, in no queue */
    SIM_OBJECT_CACHED,
    SIM_OBJECT_GHOST /* evicted, but a policy still remembers its key */
};

/* One record; the owner's payload follows it directly. */
struct sim_object {
    uint64_t key;
    uint64_t size;    /* bytes, whatever the capacity is counted in */
    uint32_t younger; /* links of the queue it is in, 0 = none; a policy without queues may use
                         both as it likes while the object is its own */
    uint32_t older;
    uint32_t tag; /* the policy's: which queue, how often hit, ...; 0 on arrival */
    uint32_t state;
};

struct sim_object_table {
    unsigned char *records;  /* record 0 is the "none" that links may be written through */
    uint32_t *slots;         /* part of the hash, index; 0 = empty; 2^slot_bits of them */
    struct sim_arena *arena; /* where the arrays come from; NULL = the heap */
    void *records_block;     /* what the heap gave for the two arrays */
    void *slots_block;
    uint32_t stride; /* bytes from record to record, a multiple of 32 */
    uint32_t slot_bits;
    uint32_t first_free;      /* 0 = none: take a fresh one; linked by `younger` */
    uint32_t fresh;           /* lowest index never used */
    uint32_t live_count;      /* records in use: cached, arriving and ghosts */
    uint32_t record_capacity; /* records allocated, with record 0 */
    bool is_by_count;         /* every object fills 1 of a capacity, not its size */
};

/* The table is at most 1 / 2^SIM_OBJECT_SPARE_BITS full. */
#define SIM_OBJECT_SPARE_BITS 3u
#define SIM_OBJECT_COUNT_MAX (1u << (31 - SIM_OBJECT_SPARE_BITS))

/* Room for `count_hint` objects at once; it grows by itself. Keeps `arena`, which may be NULL. */
void sim_object_table_init(struct sim_object_table *table, struct sim_arena *arena,
                           size_t payload_size, uint32_t count_hint);
/* Frees; not needed where the arena will. */
void sim_object_table_clear(struct sim_object_table *table);
/* Forgets every object, keeps the memory. */
void sim_object_table_empty(struct sim_object_table *table);
/* Memory of both arrays. */
size_t sim_object_table_bytes(const struct sim_object_table *table);

/* Adds a key that is not there: state SIM_OBJECT_ARRIVING, links and tag 0, any payload. May
 * move every record, so that pointers taken before no longer hold; indices do. */
uint32_t sim_object_table_add(struct sim_object_table *table, uint64_t key);
/* Forgets an object, which must be in no queue. Moves no record. */
void sim_object_table_drop(struct sim_object_table *table, uint32_t index);

static inline struct sim_object *sim_object_at(const struct sim_object_table *table, uint32_t index)
{
    return (struct sim_object *)(void *)(table->records + (size_t)index * table->stride);
}

static inline uint32_t sim_object_index(const struct sim_object_table *table,
                                        const struct sim_object *object)
{
    return (uint32_t)((size_t)((const unsigned char *)object - table->records) / table->stride);
}

static inline void *sim_object_payload(struct sim_object *object)
{
    return object + 1;
}

/* What an object of `size` bytes takes of a capacity. */
static inline uint64_t sim_object_weight(const struct sim_object_table *table, uint64_t size)
{
    return table->is_by_count ? 1 : size;
}

/* The two halves of a 128-bit product folded: every bit of the key reaches every bit of the result,
 * in three operations (the mixing step of wyhash, Wang Yi 2019). */
static inline uint32_t sim_object_hash(uint64_t key)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)(key ^ UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xd6e8feb86659fd93);
    uint64_t folded = (uint64_t)(product >> 64) ^ (uint64_t)product;
    return (uint32_t)(folded >> 32) ^ (uint32_t)folded;
}

static inline uint32_t sim_object_home(const struct sim_object_table *table, uint32_t hash)
{
    return hash >> (32 - table->slot_bits);
}

/* Bits of a slot that hold the index: enough for every index that a table of this size can meet. */
static inline uint32_t sim_object_index_bits(const struct sim_object_table *table)
{
    return table->slot_bits - SIM_OBJECT_SPARE_BITS + 1;
}

static inline uint32_t sim_object_slot_index(const struct sim_object_table *table, uint32_t slot)
{
    return slot & ((1u << sim_object_index_bits(table)) - 1);
}

/* The object with this key, whatever its state, or 0. `hash` is sim_object_hash(key). */
static inline uint32_t sim_object_table_find(const struct sim_object_table *table, uint64_t key,
                                             uint32_t hash)
{
    uint32_t mask = (1u << table->slot_bits) - 1;
    uint32_t index_bits = sim_object_index_bits(table);
    uint32_t wanted = hash << index_bits;
    for (uint32_t at = sim_object_home(table, hash);; at = (at + 1) & mask) {
        uint32_t slot = table->slots[at];
        if (slot == 0) {
            return 0;
        }
        uint32_t index = slot ^ wanted; /* where the hash bits agree */
        if (index >> index_bits == 0 && sim_object_at(table, index)->key == key) {
            return index;
        }
    }
}

/* Requests for memory ahead of its use, where the compiler offers them: no effect on results. */
static inline void sim_object_prefetch(const void *address)
{
#if defined(__GNUC__)
    __builtin_prefetch(address, 1);
#else
    (void)address;
#endif
}

#endif
