/* Placements: memory, who is present, and the table of algorithms; see placement.h. */
#include "hashing/placement.h"

#include <stdalign.h>
#include <stddef.h>
#include <string.h>

#define PLACEMENT_ROW(name) &placement_##name,
const struct placement_algorithm *const placement_algorithms[] = {
    PLACEMENT_ALGORITHMS(PLACEMENT_ROW) NULL};

/* One block: the placement, then its arrays, then what is the algorithm's own. */
static size_t rounded(size_t size)
{
    return (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

static size_t list_size(const struct placement_setup *setup)
{
    return rounded(setup->member_count * sizeof(uint32_t));
}

static size_t flags_size(const struct placement_setup *setup)
{
    return rounded(setup->member_count * sizeof(bool));
}

size_t placement_size(const struct placement_setup *setup)
{
    size_t own = setup->algorithm->size != NULL ? setup->algorithm->size(setup) : 0;
    return rounded(sizeof(struct placement)) + 2 * list_size(setup) + flags_size(setup) + own;
}

static int compare_ids(const void *a, const void *b, void *data)
{
    const struct placement_member *members = data;
    uint32_t left = members[*(const uint32_t *)a].id;
    uint32_t right = members[*(const uint32_t *)b].id;
    return (left > right) - (left < right);
}

struct placement *placement_init(void *memory, const struct placement_setup *setup)
{
    struct placement *placement = memory;
    unsigned char *at = (unsigned char *)memory + rounded(sizeof *placement);
    placement->setup = *setup;
    placement->order = (uint32_t *)(void *)at;
    placement->present = (uint32_t *)(void *)(at + list_size(setup));
    placement->is_present = (bool *)(at + 2 * list_size(setup));
    placement->own = at + 2 * list_size(setup) + flags_size(setup);
    for (uint32_t i = 0; i < setup->member_count; i++) {
        sim_assert(setup->members[i].weight > 0);
        placement->order[i] = i;
    }
    sim_sort(placement->order, setup->member_count, sizeof *placement->order, compare_ids,
             (void *)(uintptr_t)setup->members);
    if (setup->algorithm->prepare != NULL) {
        setup->algorithm->prepare(placement);
    }
    return placement;
}

void placement_build(struct placement *placement, const uint32_t *present, uint32_t count)
{
    uint32_t all = placement->setup.member_count;
    memset(placement->is_present, 0, all * sizeof *placement->is_present);
    for (uint32_t i = 0; i < count; i++) {
        sim_assert(present[i] < all && !placement->is_present[present[i]]);
        placement->is_present[present[i]] = true;
    }
    placement->count = 0;
    for (uint32_t i = 0; i < all; i++) {
        if (placement->is_present[placement->order[i]]) {
            placement->present[placement->count++] = placement->order[i];
        }
    }
    if (placement->setup.algorithm->build != NULL && count > 0) {
        placement->setup.algorithm->build(placement);
    }
}

uint32_t placement_owner(const struct placement *placement, uint64_t key_hash)
{
    uint32_t member = PLACEMENT_NONE;
    placement_owners(placement, key_hash, 1, &member);
    return member;
}

uint32_t placement_owners(const struct placement *placement, uint64_t key_hash, uint32_t count,
                          uint32_t *ret_members)
{
    count = count < placement->count ? count : placement->count;
    if (count > 0) {
        placement->setup.algorithm->owners(placement, key_hash, count, ret_members);
    }
    return count;
}

bool placement_has(const uint32_t *members, uint32_t count, uint32_t member)
{
    for (uint32_t i = 0; i < count; i++) {
        if (members[i] == member) {
            return true;
        }
    }
    return false;
}

bool placement_is_prime(uint64_t number)
{
    for (uint64_t factor = 2; factor * factor <= number; factor++) {
        if (number % factor == 0) {
            return false;
        }
    }
    return number >= 2;
}
