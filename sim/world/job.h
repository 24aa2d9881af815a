/* Jobs, stations and executors, as the files of this folder see them. */
#ifndef BRINK_WORLD_JOB_H
#define BRINK_WORLD_JOB_H

#include "engine/engine.h"
#include "metrics/metric.h"
#include "world/station.h"

struct sim_world;

enum job_state { JOB_WAITING, JOB_RUNNING, JOB_GRANTED };

struct job {
    struct sim_station *station;
    uint64_t tag;
    sim_time arrived;   /* at the station */
    sim_time resumed;   /* the present stretch of service, or of waiting, began */
    sim_time work;      /* left at full speed, as of `resumed` */
    sim_time finish_at; /* dedicated service: an event that comes at another time is stale */
    double rate;        /* speed of its node while it runs */
    double finish;      /* on the virtual clock of an executor */
    uint64_t key;       /* least first, then by `order`, in ordered queues; in an executor among
                           those with one finish */
    uint64_t order;     /* of arrival at the station */
    struct job *previous, *next; /* in the queue or among the running */
    uint32_t heap_position;      /* in an executor; 0 = in none */
    sim_span span;
    uint16_t priority;
    uint8_t state;  /* enum job_state */
    bool has_begun; /* was in service before (preempted) */
};

/* Jobs that share servers equally: a processor-sharing station, or what else runs on the cores of a
 * machine. A virtual clock advances at the rate that each job gets; the job with the least finish
 * is next. Executors that share cores are a chain, which begins with that of the cores. */
struct executor {
    uint32_t *heap; /* job indices from [1], least finish first */
    uint32_t count, capacity;
    uint32_t root;  /* index of the first of its chain, its own where that is itself */
    uint32_t next;  /* index + 1 of the next in the chain, 0 = none */
    double clock;   /* attained service per job since it was last idle, ns */
    sim_time since; /* clock is as of then */
    double servers; /* of its own jobs; of the root: of the whole chain. 0 = not in use */
    double supply;  /* each job gets supply / demand of a server, at most one */
    double demand;
    bool is_held; /* while shares are worked out: by its own servers */
    sim_timer timer;
    uint64_t order;
};

/* executor.c. `cores`: index + 1 of the executor whose servers its jobs share too; 0 = none. */
uint32_t executor_new(struct sim_world *world, double servers, uint32_t cores);
void executor_release(struct sim_world *world, uint32_t executor);
void executors_clear(struct sim_world *world);
void executor_add(struct sim_world *world, uint32_t executor, uint32_t job_index);
/* Takes a job out before it is finished; its `work` is what is left. */
void executor_remove(struct sim_world *world, uint32_t executor, uint32_t job_index);
/* Work that is left now of a job in the executor, ns. */
double executor_remaining(struct sim_world *world, uint32_t executor, const struct job *job);
void executor_set_servers(struct sim_world *world, uint32_t executor, double servers);
void executor_on_share(struct sim_world *world, const struct sim_event *event);

/* A doubly linked list of jobs. */
struct job_list {
    struct job *first, *last;
};

struct sim_station {
    struct sim_node *node;
    struct sim_station_options options;
    struct sim_station *next; /* of the node */
    uint32_t executor;        /* index + 1 of what runs its jobs; 0 = dedicated servers */
    bool is_sharing;          /* processor sharing: nobody waits */
    struct job_list waiting;  /* FIFO and LIFO */
    struct job_list running;
    struct job **ordered; /* heap of waiting jobs from [1], for the other disciplines */
    uint32_t ordered_capacity;
    uint64_t order;
    int64_t servers;
    int64_t queued, busy;             /* busy: in service or held */
    int64_t shown_queued, shown_busy; /* as the metrics have them */
    sim_time worked_since;            /* shown_busy holds from then on */
    sim_wide worked;                  /* shown_busy x ns, up to then */
    /* The books: number present integrated over the measured window, and sojourns clipped to it.
     * Both modulo 2^64: they are compared, and 584 years do not hide in a difference. */
    sim_time since; /* clipped to the window */
    uint64_t present_integral;
    uint64_t sojourn_sum;
    uint64_t arrived, left;
};

#endif
