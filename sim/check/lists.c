/* Lists of writes by key and session. See lists.h. */
#include "check/lists.h"

#include "base/sort.h"

static int compare_lists(const struct check_list_item *x, const struct check_list_item *y)
{
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return (x->session > y->session) - (x->session < y->session);
}

static int by_rank(const void *a, const void *b, void *data)
{
    (void)data;
    const struct check_list_item *x = a, *y = b;
    int order = compare_lists(x, y);
    return order != 0 ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

static int by_write(const void *a, const void *b, void *data)
{
    (void)data;
    const struct check_list_item *x = a, *y = b;
    int order = compare_lists(x, y);
    return order != 0 ? order : (x->write > y->write) - (x->write < y->write);
}

/* The write that an operation made, or whose value it saw; CHECK_NOBODY for none. */
static uint32_t write_of(const struct check_accesses *accesses, uint32_t index,
                         enum check_list_kind kind)
{
    const struct check_access *access = &accesses->all[index];
    if (kind == CHECK_MADE) {
        return access->writes ? index : CHECK_NOBODY;
    }
    if (!access->reads || access->source >= accesses->count || kind == CHECK_SEEN) {
        return access->reads ? access->source : CHECK_NOBODY;
    }
    const struct check_access *source = &accesses->all[access->source];
    return source->reads ? source->source : CHECK_NOBODY;
}

/* Operations that returned, and the write that each made or saw. */
static uint32_t collect(struct check_list_item *items, const struct check_accesses *accesses,
                        enum check_list_kind kind, bool is_by_key)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < accesses->count; i++) {
        const struct check_access *access = &accesses->all[i];
        uint32_t write = write_of(accesses, i, kind);
        if (access->rank != CHECK_UNRETURNED && write < accesses->count) {
            items[count++] = (struct check_list_item){
                .key = is_by_key ? access->key : 0,
                .session = access->session,
                .rank = access->rank,
                .write = write,
            };
        }
    }
    return count;
}

/* Keeps the first item of each write in each list, and says where lists begin. */
static uint32_t divide(struct check_lists *lists, uint32_t count, uint32_t access_count)
{
    uint32_t *last_list = g_new0(uint32_t, access_count + 1); /* of a write, + 1 */
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct check_list_item item = lists->items[i];
        struct check_list *list = &lists->lists[lists->list_count];
        if (lists->list_count == 0 || list[-1].key != item.key ||
            list[-1].session != item.session) {
            *list = (struct check_list){item.key, item.session, kept, 0};
            lists->list_count++;
        }
        list = &lists->lists[lists->list_count - 1];
        if (last_list[item.write] != lists->list_count) {
            last_list[item.write] = lists->list_count;
            item.place = list->count++;
            lists->items[kept++] = item;
        }
    }
    g_free(last_list);
    return kept;
}

static void add_nodes(struct check_lists *lists, struct check_order *order)
{
    lists->node = order->node_count;
    for (uint32_t g = 0; g < lists->list_count; g++) {
        const struct check_list *list = &lists->lists[g];
        for (uint32_t i = list->first; i < list->first + list->count; i++) {
            uint32_t node = check_order_node(order);
            check_order_add(order, lists->items[i].write, node);
            if (i > list->first) {
                check_order_add(order, node - 1, node);
            }
        }
    }
}

void check_lists_init(struct check_lists *lists, const struct check_accesses *accesses,
                      enum check_list_kind kind, bool is_by_key, struct check_order *order)
{
    uint32_t key_count = is_by_key ? accesses->key_count : 1;
    *lists = (struct check_lists){0};
    lists->items = g_new0(struct check_list_item, accesses->count + 1);
    uint32_t count = collect(lists->items, accesses, kind, is_by_key);
    sim_sort(lists->items, count, sizeof *lists->items, by_rank, NULL);
    lists->lists = g_new0(struct check_list, count + 1);
    count = divide(lists, count, accesses->count);
    lists->by_write = g_memdup2(lists->items, (count + 1) * sizeof *lists->items);
    sim_sort(lists->by_write, count, sizeof *lists->by_write, by_write, NULL);
    lists->of_key = g_new0(uint32_t, key_count + 2);
    for (uint32_t g = 0; g < lists->list_count; g++) {
        lists->of_key[lists->lists[g].key + 1]++;
    }
    for (uint32_t k = 0; k < key_count; k++) {
        lists->of_key[k + 1] += lists->of_key[k];
    }
    add_nodes(lists, order);
}

void check_lists_clear(struct check_lists *lists)
{
    g_free(lists->lists);
    g_free(lists->of_key);
    g_free(lists->items);
    g_free(lists->by_write);
    *lists = (struct check_lists){0};
}

const struct check_list *check_lists_find(const struct check_lists *lists, uint32_t key,
                                          uint32_t session)
{
    uint32_t low = lists->of_key[key], end = lists->of_key[key + 1], high = end;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (lists->lists[middle].session < session) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < end && lists->lists[low].session == session ? &lists->lists[low] : NULL;
}

/* How many of a list are by operations of a rank below `rank`. */
static uint32_t count_below(const struct check_lists *lists, const struct check_list *list,
                            uint32_t rank)
{
    const struct check_list_item *items = &lists->items[list->first];
    uint32_t low = 0, high = list->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (items[middle].rank < rank) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The place of a write in a list; the length of the list when it is not there. */
static uint32_t place_of(const struct check_lists *lists, const struct check_list *list,
                         uint32_t write)
{
    const struct check_list_item *items = &lists->by_write[list->first];
    uint32_t low = 0, high = list->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (items[middle].write < write) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < list->count && items[low].write == write ? items[low].place : list->count;
}

bool check_lists_require(const struct check_lists *lists, const struct check_list *list,
                         uint32_t rank, uint32_t target, bool may_be_listed,
                         struct check_order *order)
{
    uint32_t count = list == NULL ? 0 : count_below(lists, list, rank);
    if (count == 0 || target == CHECK_START) {
        return count == 0;
    }
    uint32_t place = may_be_listed ? place_of(lists, list, target) : count;
    uint32_t below = place < count ? place : count;
    if (below > 0) {
        check_order_add(order, lists->node + list->first + below - 1, target);
    }
    for (uint32_t i = below + 1; i < count; i++) {
        check_order_add(order, lists->items[list->first + i].write, target);
    }
    return true;
}
