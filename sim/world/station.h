/* Station: servers (or slots) with a queue before them.
 *
 * Two uses. Work: sim_station_work puts a job of so many nanoseconds of work into the queue; it is
 * served under the discipline and SIM_IN_DONE follows. Hold: sim_station_enter asks for a slot that
 * is held until sim_station_leave (while a call downstream is waited for); it is granted at once
 * (true) or later by SIM_IN_GRANTED.
 *
 * Work is stretched by what happens to the machine: slow faults, pauses, and a shortage of cores,
 * which all running jobs of a machine share equally; those of a processor-sharing station no more
 * than its servers give them, and what that leaves goes to the others. The books of every station
 * are audited: the time integral of the number present equals the sum of sojourns, in integers.
 */
#ifndef BRINK_WORLD_STATION_H
#define BRINK_WORLD_STATION_H

#include "world/node.h"

enum sim_discipline {
    SIM_FIFO,
    SIM_LIFO,
    SIM_PROCESSOR_SHARING,   /* all present are served, at min(1, servers / present) each at most */
    SIM_PRIORITY,            /* least `priority` first, FIFO within; never interrupts */
    SIM_PRIORITY_PREEMPTIVE, /* interrupts the less urgent, who resumes where he was */
    SIM_SHORTEST_REMAINING,  /* preemptive by remaining work (SRPT) */
    SIM_RANDOM_ORDER,
    SIM_DISCIPLINE_COUNT
};

extern const char *const sim_discipline_names[SIM_DISCIPLINE_COUNT + 1];

#define SIM_STATION_NO_METRIC (-1)

struct sim_station_options {
    int64_t servers;     /* at least 1; INT32_MAX = as many as it takes */
    int64_t queue_limit; /* jobs waiting, not counting those in service; -1 = no limit */
    enum sim_discipline discipline;
    int busy_metric;   /* LEVEL with capacity = servers, or SIM_STATION_NO_METRIC; likewise: */
    int queued_metric; /* LEVEL */
    int wait_metric;   /* SAMPLE: time from arrival to first service */
    bool is_slots;     /* held, not worked: takes no cores, machine speed does not matter */
};

struct sim_station;

/* Made in SIM_IN_START; belongs to this life of the node. */
struct sim_station *sim_station_new(struct sim_node *self,
                                    const struct sim_station_options *options);

/* False when the queue is full: the job was not taken. `span` attributes its time; 0 = none. */
bool sim_station_work(struct sim_node *self, struct sim_station *station, sim_time work,
                      uint16_t priority, sim_span span, uint64_t tag);

enum sim_entry { SIM_ENTRY_GRANTED, SIM_ENTRY_QUEUED, SIM_ENTRY_REJECTED };
enum sim_entry sim_station_enter(struct sim_node *self, struct sim_station *station,
                                 uint16_t priority, sim_span span, uint64_t tag);
void sim_station_leave(struct sim_node *self, struct sim_station *station);

/* Takes the job that waits and whose tag stands for `ticket`, as `is_of` says, out of the queue,
 * its work undone. False when it does not wait (any more). Looks through the whole queue. */
typedef bool (*sim_station_is_of)(struct sim_node *self, uint64_t tag, sim_ticket ticket);
bool sim_station_withdraw(struct sim_node *self, struct sim_station *station,
                          sim_station_is_of is_of, sim_ticket ticket, uint64_t *ret_tag);

int64_t sim_station_queued(const struct sim_station *station);
int64_t sim_station_busy(const struct sim_station *station);
/* The time that its servers were busy so far, of all of them together, ns. */
double sim_station_worked(const struct sim_station *station);
/* Servers come and go (autoscaling in place, a pool that is resized). Running jobs finish. */
void sim_station_resize(struct sim_node *self, struct sim_station *station, int64_t servers);

#endif
