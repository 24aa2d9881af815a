/* Load shedding by age: what has waited too long is turned away when it leaves the queue, so that a
 * server which is behind works on requests that somebody still waits for.
 */
#ifndef BRINK_MODELS_SERVICE_SHED_H
#define BRINK_MODELS_SERVICE_SHED_H

#include "sim.h"

/* older_than(ms(500)), codel { target = ms(5), interval = ms(100) } */
extern const struct sim_family shed_family;

struct shed {
    const struct sim_shape *shape;
    sim_time empty_at; /* when the queue was last seen empty */
};

/* `shape` is kept; `none` (no constructor) sheds nothing. */
void shed_init(struct shed *shed, const struct sim_shape *shape, sim_time now);
/* The queue is empty now. */
void shed_note_empty(struct shed *shed, sim_time now);
/* How long a request that joins the queue now may wait in it. */
sim_time shed_patience(const struct shed *shed, sim_time now);

#endif
