/* Messages of a window of a run, from the event log that `brink run --trace` wrote. */
#ifndef BRINK_REPORT_MESSAGES_H
#define BRINK_REPORT_MESSAGES_H

#include "report/plot.h"

/* One message, or what became of a part of it that is in the window. */
struct sim_message_arrow {
    sim_time sent, ended;     /* SIM_NEVER: still on its way, as far as the log goes */
    uint32_t from, to;        /* nodes */
    uint32_t sent_row, row;   /* places among the events; SIM_NONE = before, or after the window */
    const char *label, *lost; /* what it is; why it was lost, NULL = it was not */
};

/* A fault of a node, or of the network (node == SIM_NONE), or a note of a model. */
struct sim_message_mark {
    sim_time from, to;
    uint32_t node;
    uint32_t row, end_row; /* SIM_NONE = began before, ends after the window */
    uint64_t id;
    const char *label;
    bool is_note;
};

struct sim_messages {
    struct sim_arena arena;
    sim_time from, to;
    GPtrArray *nodes;  /* names of those that take part, those of a group together */
    GArray *arrows;    /* struct sim_message_arrow, in order of sending */
    GArray *marks;     /* struct sim_message_mark */
    GArray *times;     /* sim_time, of each row */
    uint32_t left_out; /* messages of the window beyond SIM_MESSAGES_MAX */
};
#define SIM_MESSAGES_MAX 60u

/* Reads the log from `from` up to `to`; with `to` SIM_NEVER the first 30 messages since. NULL with
 * an error when it cannot be read, or is no such log. */
struct sim_messages *sim_messages_read(const char *path, sim_time from, sim_time to,
                                       GError **error);
void sim_messages_free(struct sim_messages *messages);

/* plots/messages: nodes as lines, time going down, an arrow for each message. */
struct sim_picture *sim_plot_messages(const struct sim_messages *messages, const char *name);

#endif
