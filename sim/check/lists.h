/* Of each key and session, the writes that it made, or whose values it saw, in that order; and
 * "all of these, up to there, come before that one" as few edges of an order.
 *
 * Behind the first j of a list stands a node of their own, so that all of them before a write are
 * one edge. Where the write is itself among them it is left out: those behind it follow one by one.
 */
#ifndef BRINK_CHECK_LISTS_H
#define BRINK_CHECK_LISTS_H

#include "check/accesses.h"
#include "check/order.h"

enum check_list_kind {
    CHECK_MADE,
    CHECK_SEEN,
    CHECK_REPLACED /* by a compare-and-set whose value it saw */
};

struct check_list {
    uint32_t key, session;
    uint32_t first, count; /* of its items */
};

struct check_list_item {
    uint32_t key, session;
    uint32_t rank;  /* of the operation among those of its session */
    uint32_t write; /* an access */
    uint32_t place; /* in its list */
};

struct check_lists {
    struct check_list *lists; /* by key, then session */
    uint32_t list_count;
    uint32_t *of_key; /* where the lists of a key begin; one more than keys */
    struct check_list_item *items;
    struct check_list_item *by_write; /* the same, of each list by write */
    uint32_t node; /* of the first item: stands behind it and those before it in its list */
};

/* Adds nodes and edges to the order. Not by key: all are of key 0. */
void check_lists_init(struct check_lists *lists, const struct check_accesses *accesses,
                      enum check_list_kind kind, bool is_by_key, struct check_order *order);
void check_lists_clear(struct check_lists *lists);

/* The lists of a key. */
static inline const struct check_list *check_lists_of(const struct check_lists *lists, uint32_t key,
                                                      uint32_t *ret_count)
{
    *ret_count = lists->of_key[key + 1] - lists->of_key[key];
    return &lists->lists[lists->of_key[key]];
}
/* That of one session; NULL when it is empty. */
const struct check_list *check_lists_find(const struct check_lists *lists, uint32_t key,
                                          uint32_t session);

/* All items by operations of a rank below `rank` come before the write `target` (or nothing may be
 * there at all, when that is CHECK_START), which may be one of them only with may_be_listed. False
 * when that cannot be. */
bool check_lists_require(const struct check_lists *lists, const struct check_list *list,
                         uint32_t rank, uint32_t target, bool may_be_listed,
                         struct check_order *order);

#endif
