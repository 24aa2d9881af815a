/* What a parameter is, in words: for `brink models` and the reference. */
#ifndef BRINK_SCENARIO_PARAM_TEXT_H
#define BRINK_SCENARIO_PARAM_TEXT_H

#include <glib.h>

#include "world/param.h"

/* "law of durations". */
const char *sim_param_type_name(enum sim_param_type type);
bool sim_param_has_range(enum sim_param_type type);
/* A shape, or a list of them, of a family that is known. */
bool sim_param_has_family(const struct sim_param *param);
/* The name of the type, or the name of the family. Caller frees. */
char *sim_param_type_text(const struct sim_param *param);
/* "must be given", "-" for left out, or the default as it is written. */
const char *sim_param_fallback_text(const struct sim_param *param);
/* Its help with choices, an example and the range. Caller frees. */
char *sim_param_help_text(const struct sim_param *param);

#endif
