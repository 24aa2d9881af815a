/* The ring of points, shared by what walks along it. */
#ifndef BRINK_MODELS_HASHING_RING_H
#define BRINK_MODELS_HASHING_RING_H

#include "hashing/placement.h"

struct ring_point {
    uint64_t at; /* on the ring of 2^64 positions */
    uint32_t member;
};

struct ring {
    uint32_t all_count;        /* points of all members, sorted: at, then id */
    uint32_t count;            /* points of those present, in the same order */
    struct ring_point *all;    /* behind this struct */
    struct ring_point *points; /* likewise */
};

/* The four functions of an algorithm that begins with a ring. */
size_t ring_size(const struct placement_setup *setup);
void ring_prepare(struct placement *placement);
void ring_build(struct placement *placement);
/* Index of the first point at or after the position, going round. */
uint32_t ring_first(const struct ring *ring, uint64_t position);

#endif
