/* Event logs of one replication: JSON lines, or the trace format that Perfetto and Chrome open. */
#ifndef BRINK_REPORT_TRACE_H
#define BRINK_REPORT_TRACE_H

#include <glib.h>

#include "scenario/scenario.h"
#include "world/world.h"

struct sim_trace_file;

/* Opens `path` for writing; a name that ends in ".perfetto.json" asks for the trace format. NULL
 * with an error when it cannot. */
struct sim_trace_file *sim_trace_open(const char *path, GError **error);
/* Names the nodes; to be called before the first event. */
void sim_trace_start(const struct sim_scenario *scenario, void *file);
/* A sim_trace_sink. */
void sim_trace_write(const struct sim_trace_event *event, void *file);
/* False with an error when not all of it could be written. Frees. */
bool sim_trace_close(struct sim_trace_file *file, GError **error);

#endif
