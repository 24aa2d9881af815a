/* What must come before what: a graph, and whether some order agrees with all of it. */
#ifndef BRINK_CHECK_ORDER_H
#define BRINK_CHECK_ORDER_H

#include <stdbool.h>
#include <stdint.h>

struct check_order {
    uint32_t node_count;
    uint32_t *from, *to;
    uint64_t edge_count, edge_room;
};

void check_order_init(struct check_order *order, uint32_t node_count);
void check_order_clear(struct check_order *order);
uint32_t check_order_node(struct check_order *order); /* one more */
void check_order_add(struct check_order *order, uint32_t from, uint32_t to);

/* Whether there is an order: the graph has no circle. ret_places: NULL, or the nodes in such an
 * order, which the caller frees; those on circles and behind them are missing at the end. Gives how
 * many there are. */
uint32_t check_order_sort(const struct check_order *order, uint32_t **ret_places);
bool check_order_exists(const struct check_order *order);

#endif
