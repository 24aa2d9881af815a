/* A server that answers by a script, for a probe's `on`. */
#ifndef BRINK_TESTS_SCRIPT_H
#define BRINK_TESTS_SCRIPT_H

#include "probe.h"

struct script {
    struct sim_reply replies[4]; /* the last one for all that follow */
    int count;
    struct sim_request seen[4];
};

static inline void play_script(struct sim_node *self, const struct sim_input *in,
                               struct probe *probe)
{
    struct script *script = probe->data;
    if (in->kind == SIM_IN_REQUEST) {
        int at = script->count < 3 ? script->count : 3;
        script->seen[at] = *in->request;
        script->count++;
        sim_answer(self, in->ticket, &script->replies[at]);
    }
}

#endif
