/* Values: what the user's file says, as a tree without any Lua in it.
 *
 * Blocks (node, crash), laws (exponential) and shapes (poisson, zipf) all are CALLs: a
 * constructor's name, its positional items and its named fields, each with the line on which it is
 * written. The readers (fields.h) compare this tree with descriptors. Values are immutable and may
 * be shared: `weight` counts what a walk would meet, and is bounded, so that sharing cannot make a
 * walk long.
 */
#ifndef BRINK_SCENARIO_VALUE_H
#define BRINK_SCENARIO_VALUE_H

#include "scenario/quantity.h"

#define SIM_VALUE_DEPTH_MAX 48
#define SIM_VALUE_WEIGHT_MAX 200000

enum sim_value_kind {
    SIM_VALUE_BAD,  /* a problem has been reported already: readers pass over it in silence */
    SIM_VALUE_NONE, /* the word `none` */
    SIM_VALUE_BOOLEAN,
    SIM_VALUE_NUMBER,
    SIM_VALUE_QUANTITY,
    SIM_VALUE_TEXT,
    SIM_VALUE_TABLE,
    SIM_VALUE_CALL,
    SIM_VALUE_OTHER /* what no scenario can use (a function); `text` says what it is */
};

struct sim_value_field;

struct sim_value {
    enum sim_value_kind kind;
    int line; /* where it begins */
    const char *file;
    bool boolean;
    bool is_integer;              /* NUMBER: `integer` holds it exactly */
    int64_t integer;              /* NUMBER */
    struct sim_quantity quantity; /* NUMBER and QUANTITY */
    const char *text;             /* TEXT; CALL: the constructor; OTHER */
    const char *name;             /* CALL: "edge" of node "edge" {...}, or NULL */
    uint32_t item_count;          /* TABLE, CALL */
    const struct sim_value *const *items;
    uint32_t field_count;
    const struct sim_value_field *fields; /* in the order of the file where it is known */
    uint32_t weight;                      /* values in this tree */
    uint32_t depth;
};

struct sim_value_field {
    const char *name;
    int line;
    const struct sim_value *value;
    bool is_inherited; /* through `like`: what is wrong with it has been said of its owner */
};

/* The field called `name`, or NULL. */
const struct sim_value_field *sim_value_field(const struct sim_value *value, const char *name);
bool sim_value_is_call(const struct sim_value *value, const char *constructor);

/* For messages: "number 200", "text \"lru\"", "duration ms(5)", "a table", "exponential(...)". */
const char *sim_value_describe(struct sim_arena *arena, const struct sim_value *value);
/* The value in the scenario language, as it stands. */
const char *sim_value_lua(struct sim_arena *arena, const struct sim_value *value);
/* A text as a Lua literal in double quotes, on one line. */
const char *sim_text_quote(struct sim_arena *arena, const char *text);
/* Whether `name` may stand before "=" in a table without brackets and quotes. */
bool sim_text_is_name(const char *name);

#endif
