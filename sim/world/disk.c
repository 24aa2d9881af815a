/* Disks: operations of all nodes of a machine, in the order in which they were asked for.
 *
 * queue_depth operations are under way at once; each takes a draw of its law plus bytes /
 * bandwidth, stretched by the disk faults in force when it starts. A stalled disk starts nothing.
 * An operation that is under way when its node dies keeps its place on the disk and tells nobody.
 * Not modelled: seeks by distance, caches of the device, read-ahead.
 */
#include "world/audit.h"
#include "world/internal.h"

struct disk_operation {
    sim_node_id node;
    uint32_t incarnation;
    enum disk_work work;
    uint32_t next; /* in the queue */
    sim_span span;
    sim_time asked;
    uint64_t tag;
    int64_t bytes;
    const struct sim_dist *law;
    struct sync *sync; /* of DISK_SYNC */
    bool is_untold;    /* done, but its node is paused and has yet to hear of it */
};

static struct disk_operation *operation_at(struct sim_world *world, uint32_t index)
{
    return sim_pool_at(&world->disk_operations, index);
}

void disks_init(struct sim_world *world)
{
    sim_pool_init(&world->disk_operations, sizeof(struct disk_operation));
    for (uint32_t i = 0; i < world->spec->machine_count; i++) {
        struct machine *machine = &world->machines[i];
        machine->disk = sim_arena_new(&world->arena, struct disk);
        machine->disk->machine = machine;
        machine->disk->factor = 1.0;
        sim_random_init(&machine->disk->random, world->options.seed, machine->spec->name, "disk");
    }
}

void disks_clear(struct sim_world *world)
{
    for (uint32_t index = 1; index < world->disk_operations.fresh; index++) {
        if (pool_is_used(&world->disk_operations, index)) {
            sync_free(operation_at(world, index)->sync);
        }
    }
    sim_pool_clear(&world->disk_operations);
}

static sim_time length_of(struct disk *disk, const struct disk_operation *operation)
{
    const struct sim_disk_spec *spec = &disk->machine->spec->disk;
    const struct sim_dist *law = operation->law;
    if (law == NULL) {
        law = operation->work == DISK_READ    ? spec->read
              : operation->work == DISK_WRITE ? spec->write
                                              : spec->fsync;
    }
    sim_time length = law == NULL ? 0 : sim_dist_draw_time(law, &disk->random);
    if (spec->bandwidth > 0.0) {
        length =
            sim_time_add(length, sim_time_from_seconds((double)operation->bytes / spec->bandwidth));
    }
    return disk->factor == 1.0 ? length : sim_time_scale(length, disk->factor);
}

static void begin_waiting(struct sim_world *world, struct disk *disk)
{
    const struct sim_disk_spec *spec = &disk->machine->spec->disk;
    int64_t depth = spec->queue_depth > 0 ? spec->queue_depth : 1;
    while (disk->first != 0 && disk->busy < depth && disk->stalls == 0) {
        uint32_t index = disk->first;
        struct disk_operation *operation = operation_at(world, index);
        disk->first = operation->next;
        if (disk->first == 0) {
            disk->last = 0;
        }
        disk->busy++;
        sim_engine_post(world->engine, sim_time_add(world_now(world), length_of(disk, operation)),
                        0, EVENT_DISK, sim_pool_handle(&world->disk_operations, index));
    }
}

void disk_submit(struct sim_node *node, enum disk_work work, const struct sim_dist *law,
                 int64_t bytes, sim_span span, uint64_t tag, struct sync *sync)
{
    struct sim_world *world = node->world;
    struct disk *disk = node->machine->disk;
    uint32_t index = sim_pool_take(&world->disk_operations);
    *operation_at(world, index) =
        (struct disk_operation){.node = node->id,
                                .incarnation = sim_engine_incarnation(world->engine, node->id),
                                .work = work,
                                .span = span,
                                .asked = world_now(world),
                                .tag = tag,
                                .bytes = bytes,
                                .law = law,
                                .sync = sync};
    if (disk->last != 0) {
        operation_at(world, disk->last)->next = index;
    } else {
        disk->first = index;
    }
    disk->last = index;
    node->open_syncs++;
    begin_waiting(world, disk);
}

void sim_disk_read(struct sim_node *self, int64_t bytes, sim_span span, uint64_t tag)
{
    disk_submit(self, DISK_READ, NULL, bytes, span, tag, NULL);
}

void sim_disk_write(struct sim_node *self, int64_t bytes, sim_span span, uint64_t tag)
{
    disk_submit(self, DISK_WRITE, NULL, bytes, span, tag, NULL);
}

/* The node hears that its operation is done; what a sync covers became durable before. */
static void deliver(struct sim_world *world, uint32_t index)
{
    struct disk_operation *operation = operation_at(world, index);
    struct sim_node *node = &world->nodes[operation->node];
    struct sim_input input = {.kind = operation->work == DISK_SYNC ? SIM_IN_SYNCED : SIM_IN_DONE,
                              .tag = operation->tag};
    if (operation->span != 0) {
        span_spend(world, operation->span, node->group_index, SIM_CAUSE_FSYNC,
                   world_now(world) - operation->asked);
    }
    node->open_syncs--;
    sim_pool_give(&world->disk_operations, index);
    world_input(node, &input);
}

void disk_on_event(struct sim_world *world, const struct sim_event *event)
{
    uint32_t index = sim_pool_index(event->payload);
    struct disk_operation *operation = operation_at(world, index);
    struct sim_node *node = &world->nodes[operation->node];
    struct disk *disk = node->machine->disk;
    disk->busy--;
    begin_waiting(world, disk);
    if (operation->incarnation != sim_engine_incarnation(world->engine, node->id)) {
        sync_free(operation->sync);
        sim_pool_give(&world->disk_operations, index);
        return;
    }
    if (operation->sync != NULL) {
        log_synced(operation->sync);
        operation->sync = NULL;
    }
    if (node->pauses > 0) {
        operation->is_untold = true;
        sim_engine_post(world->engine, world_now(world), node->id, EVENT_DISK_DONE, event->payload);
        return;
    }
    world->running = node->id;
    deliver(world, index);
}

void disk_on_done(struct sim_world *world, const struct sim_event *event)
{
    if (sim_pool_find(&world->disk_operations, event->payload) != NULL) {
        deliver(world, sim_pool_index(event->payload));
    }
}

void disks_each(const struct sim_world *world, tag_visitor visit, void *data)
{
    for (uint32_t index = 1; index < world->disk_operations.fresh; index++) {
        const struct disk_operation *operation = sim_pool_at(&world->disk_operations, index);
        bool is_awaited =
            pool_is_used(&world->disk_operations, index) &&
            operation->incarnation == sim_engine_incarnation(world->engine, operation->node);
        if (is_awaited) {
            visit(data, operation->node, operation->tag);
        }
    }
}

void disk_resume(struct sim_world *world, struct machine *machine)
{
    begin_waiting(world, machine->disk);
}

/* Operations of the dead node that have not begun are forgotten, and those it had yet to hear of.
 */
void disk_drop(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct disk *disk = node->machine->disk;
    uint32_t index = disk->first;
    disk->first = disk->last = 0;
    while (index != 0) {
        struct disk_operation *operation = operation_at(world, index);
        uint32_t next = operation->next;
        operation->next = 0;
        if (operation->node == node->id) {
            sync_free(operation->sync);
            sim_pool_give(&world->disk_operations, index);
        } else if (disk->last != 0) {
            operation_at(world, disk->last)->next = index;
            disk->last = index;
        } else {
            disk->first = disk->last = index;
        }
        index = next;
    }
    for (index = 1; node->open_syncs > 0 && index < world->disk_operations.fresh; index++) {
        struct disk_operation *operation = operation_at(world, index);
        if (pool_is_used(&world->disk_operations, index) && operation->node == node->id &&
            operation->is_untold) {
            sim_pool_give(&world->disk_operations, index);
        }
    }
    node->open_syncs = 0;
}
