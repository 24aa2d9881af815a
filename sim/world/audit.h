/* What the audit asks of the files that keep what is pending. */
#ifndef BRINK_WORLD_AUDIT_H
#define BRINK_WORLD_AUDIT_H

#include "world/world.h"

/* Who waits for something that is pending, and under which tag. */
typedef void (*tag_visitor)(void *data, sim_node_id node, uint64_t tag);
void disks_each(const struct sim_world *world, tag_visitor visit, void *data);
void flows_each(const struct sim_world *world, tag_visitor visit, void *data);
/* Openers of streams that are open at their end. */
void streams_each(const struct sim_world *world, tag_visitor visit, void *data);

/* False, with complaints, when some model has forgotten what it owes or holds: see leaks.c. */
bool leaks_audit(const struct sim_world *world, FILE *out);
/* The same, when connections in use are not those that calls and streams have. */
bool connections_audit(const struct sim_world *world, FILE *out);

#endif
