/* Orders: what nothing must come before is taken away, until nothing is left or all that is left
 * waits for one another (Kahn, "Topological sorting of large networks", CACM 5(11), 1962). */
#include "check/order.h"

#include <glib.h>

void check_order_init(struct check_order *order, uint32_t node_count)
{
    *order = (struct check_order){.node_count = node_count};
}

void check_order_clear(struct check_order *order)
{
    g_free(order->from);
    g_free(order->to);
    *order = (struct check_order){0};
}

uint32_t check_order_node(struct check_order *order)
{
    return order->node_count++;
}

void check_order_add(struct check_order *order, uint32_t from, uint32_t to)
{
    if (order->edge_count == order->edge_room) {
        order->edge_room = order->edge_room == 0 ? 64 : 2 * order->edge_room;
        order->from = g_renew(uint32_t, order->from, order->edge_room);
        order->to = g_renew(uint32_t, order->to, order->edge_room);
    }
    order->from[order->edge_count] = from;
    order->to[order->edge_count] = to;
    order->edge_count++;
}

uint32_t check_order_sort(const struct check_order *order, uint32_t **ret_places)
{
    uint32_t count = order->node_count, placed = 0, ready = 0;
    uint64_t *first = g_new0(uint64_t, count + 2); /* of a node's edges in `next` */
    uint32_t *next = g_new(uint32_t, order->edge_count + 1);
    uint32_t *waits_for = g_new0(uint32_t, count + 1);
    uint32_t *places = g_new(uint32_t, count + 1);
    for (uint64_t e = 0; e < order->edge_count; e++) {
        first[order->from[e] + 2]++;
        waits_for[order->to[e]]++;
    }
    for (uint32_t n = 0; n < count; n++) {
        first[n + 1] += first[n];
    }
    for (uint64_t e = 0; e < order->edge_count; e++) {
        next[first[order->from[e] + 1]++] = order->to[e];
    }
    for (uint32_t n = 0; n < count; n++) {
        if (waits_for[n] == 0) {
            places[ready++] = n;
        }
    }
    for (; placed < ready; placed++) {
        uint32_t node = places[placed];
        for (uint64_t e = first[node]; e < first[node + 1]; e++) {
            if (--waits_for[next[e]] == 0) {
                places[ready++] = next[e];
            }
        }
    }
    g_free(first);
    g_free(next);
    g_free(waits_for);
    if (ret_places != NULL) {
        *ret_places = places;
    } else {
        g_free(places);
    }
    return placed;
}

bool check_order_exists(const struct check_order *order)
{
    return check_order_sort(order, NULL) == order->node_count;
}
