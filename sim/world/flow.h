/* Flows: bulk transfers and background work that share bandwidth fairly.
 *
 * A flow moves `bytes` from this node to another (or through this machine's disk alone) at its
 * max-min fair share of every bandwidth on its way: both network cards, the link between the zones
 * or the sender's port within one, the disks. Shares are worked out anew when a flow begins or
 * ends, so a flow costs a handful of events and not one a packet. SIM_IN_FLOW_DONE follows with
 * `tag`, unless the flow is cancelled; it does not while the other end is cut off, paused, or has
 * died in silence.
 */
#ifndef BRINK_WORLD_FLOW_H
#define BRINK_WORLD_FLOW_H

#include "world/node.h"

typedef uint64_t sim_flow;

sim_flow sim_flow_send(struct sim_node *self, sim_node_id to, int64_t bytes, uint64_t tag);
sim_flow sim_flow_disk(struct sim_node *self, int64_t bytes, uint64_t tag);
/* Ends it early; what was moved is moved. */
void sim_flow_cancel(struct sim_node *self, sim_flow flow);

#endif
