/* Disk: operations of a machine's disk, shared by all nodes on it.
 *
 * Each operation takes a draw of its law plus bytes / bandwidth and waits for one of the disk's
 * queue_depth places. Disk faults stretch or stall it. SIM_IN_DONE follows with `tag`.
 */
#ifndef BRINK_WORLD_DISK_H
#define BRINK_WORLD_DISK_H

#include "world/node.h"

void sim_disk_read(struct sim_node *self, int64_t bytes, sim_span span, uint64_t tag);
void sim_disk_write(struct sim_node *self, int64_t bytes, sim_span span, uint64_t tag);

#endif
