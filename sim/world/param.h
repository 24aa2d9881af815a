/* Parameters as data: one table drives parsing, defaults, range checks, "did you mean",
 * `brink models NAME`, the reference manual, editor annotations and shell completion.
 *
 * A parameter names a field of a plain C struct by its offset. Its default is written in the
 * scenario language ("ms(10)", "exponential(ms(2))", "\"lru\"") and goes through the same reader as
 * the user's text, so a default can be anything that a user could have written.
 */
#ifndef BRINK_WORLD_PARAM_H
#define BRINK_WORLD_PARAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/dist.h"
#include "base/time.h"
#include "engine/engine.h"

enum sim_param_type {
    SIM_PARAM_BOOLEAN,       /* bool */
    SIM_PARAM_INTEGER,       /* int64_t */
    SIM_PARAM_NUMBER,        /* double */
    SIM_PARAM_RATIO,         /* double; percent(10) = 0.1 */
    SIM_PARAM_DURATION,      /* sim_time; `none` gives SIM_NEVER */
    SIM_PARAM_MOMENT,        /* the same, from the start of the run to something that happens then:
                                if not at once, nothing is cut off as warm-up */
    SIM_PARAM_RATE,          /* double, per second */
    SIM_PARAM_BYTES,         /* int64_t */
    SIM_PARAM_BANDWIDTH,     /* double, bytes per second */
    SIM_PARAM_TEXT,          /* const char * */
    SIM_PARAM_CHOICE,        /* int32_t: index into `choices` */
    SIM_PARAM_DURATION_LAW,  /* const struct sim_dist *, of seconds */
    SIM_PARAM_DURATION_LAWS, /* struct sim_operation_laws: one law, or a table by operation */
    SIM_PARAM_BYTES_LAW,     /* const struct sim_dist *, of bytes */
    SIM_PARAM_MIX,           /* struct sim_mix: { read = 0.9, write = 0.1 } */
    SIM_PARAM_TARGET,        /* struct sim_target: "db", "replica[1..3] spare" */
    SIM_PARAM_SHAPE,         /* struct sim_shape: one constructor of a family */
    SIM_PARAM_SHAPES,        /* struct sim_shapes: a list of them; as the first of a constructor's
                                parameters also all that it is given without a name */
    SIM_PARAM_TRACE          /* const struct sim_trace *: a CSV file beside the scenario */
};

/* What a client can ask for. The meaning is the store's; others only carry it. */
enum sim_operation {
    SIM_OP_CALL, /* anything: what a plain service serves */
    SIM_OP_READ,
    SIM_OP_WRITE,
    SIM_OP_COMPARE_AND_SET,
    SIM_OP_INCREMENT,
    SIM_OP_APPEND,
    SIM_OP_DELETE,
    SIM_OP_SCAN,
    SIM_OP_COUNT
};

extern const char *const sim_operation_names[SIM_OP_COUNT + 1]; /* NULL at the end */

struct sim_operation_laws {
    const struct sim_dist *law[SIM_OP_COUNT]; /* NULL only where the parameter was left out */
};

struct sim_mix {
    uint32_t count;
    uint16_t operation[SIM_OP_COUNT];
    double cumulative[SIM_OP_COUNT]; /* rising to exactly 1 */
};

/* Node ids in the order in which the text names them; no duplicates. As a table it states shares:
 * { posts = percent(50), ads = percent(30) } sends half of all to "posts", 30 % to "ads", and the
 * rest nowhere; the members of a group divide its share evenly. */
struct sim_target {
    uint32_t count;
    const sim_node_id *ids;
    const double *shares; /* of each id, summing up to at most 1; NULL where none are stated */
    const char *text;
};

/* One way to make a value of a family: poisson(rate(4000)), zipf { n = 1e5, exponent = 0.99 }. */
struct sim_constructor {
    const char *name;
    const char *help;
    size_t size;                    /* of the fields struct */
    const struct sim_param *params; /* name == NULL at the end */
    int positional;                 /* how many leading params may be given without a name */
    /* Complains about fields that do not fit together: a text for the user, or NULL. */
    const char *(*validate)(const void *fields);
};

struct sim_family {
    const char *name; /* "arrivals": used in "expected arrivals such as poisson(rate(100))" */
    const char *example;
    const struct sim_constructor *const *constructors; /* NULL at the end */
    /* What a bare text or a table of names means: this constructor with it as its first field; or
     * NULL. */
    const struct sim_constructor *bare;
    bool is_needed; /* `none` is no choice */
};

struct sim_shape {
    const struct sim_constructor *constructor; /* NULL where the parameter was left out or `none` */
    const void *fields;
};

struct sim_shapes {
    uint32_t count; /* at least 1 */
    const struct sim_shape *shapes;
};

/* A recorded workload. Times count from the first row; rows keep the order of the file. */
struct sim_trace_row {
    sim_time time;
    uint64_t key;
    int64_t bytes;
    uint16_t operation;
};

struct sim_trace {
    const char *path; /* as the scenario names it */
    uint64_t content_hash;
    size_t count;
    const struct sim_trace_row *rows;
};

struct sim_param {
    const char *name; /* NULL ends a table */
    enum sim_param_type type;
    size_t offset;
    const char *fallback; /* default, in the scenario language; NULL = must be given; "nil" = may be
                             left out, the field stays zero */
    double min, max;      /* inclusive, in base units (seconds, bytes, 1/s, 1); laws: of the mean */
    const char *help;     /* one line; ends with its source in brackets where it has one */
    const struct sim_family *family; /* SHAPE, SHAPES */
    const char *const *choices;      /* CHOICE: names, NULL at the end; TARGET: models that may be
                                        named, NULL = any */
};

#define SIM_UNBOUNDED (-1e300), 1e300
#define SIM_POSITIVE 1e-300, 1e300
#define SIM_NOT_NEGATIVE 0.0, 1e300

#endif
