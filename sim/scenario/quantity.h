/* Quantities: numbers that carry their unit, for scenarios and for back-of-the-envelope estimates.
 *
 * A dimension is a product of powers of seconds, bytes and nouns (posts, users, machines). Equal
 * dimensions add; any two multiply. A quantity is held in base units: seconds, bytes, 1/s.
 */
#ifndef BRINK_SCENARIO_QUANTITY_H
#define BRINK_SCENARIO_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

#define SIM_NOUNS_MAX 6      /* different nouns in one quantity */
#define SIM_NOUN_POWER_MAX 9 /* largest power of any unit */

struct sim_noun_power {
    const char *noun; /* singular; outlives the quantity */
    int32_t power;    /* not 0 */
};

struct sim_dimension {
    int32_t second, byte;
    uint32_t noun_count;
    struct sim_noun_power nouns[SIM_NOUNS_MAX]; /* by name */
};

struct sim_quantity {
    double value;
    struct sim_dimension dimension;
    bool is_percent; /* a pure number that was stated as percent(x), and is shown so */
};

/* A word such as ms or Mbit_s that makes a quantity: value = x * factor / divisor. */
struct sim_unit_word {
    const char *name;
    double factor, divisor;
    int32_t second, byte;
    bool is_percent;
    const char *help;
};

/* NULL name at the end. */
extern const struct sim_unit_word sim_unit_words[];
const struct sim_unit_word *sim_unit_word_find(const char *name);
struct sim_quantity sim_quantity_of_word(const struct sim_unit_word *word, double x);

/* Nouns that estimates know: singular and plural, NULL singular at the end. */
struct sim_noun {
    const char *singular, *plural;
};
extern const struct sim_noun sim_nouns[];
/* The entry whose singular or plural is `word`, or NULL. */
const struct sim_noun *sim_noun_find(const char *word);

struct sim_quantity sim_quantity_number(double value);
struct sim_quantity sim_quantity_noun(const char *singular);
/* Of what sim_text_parse read. */
struct sim_quantity sim_quantity_of_unit(double value, enum sim_unit unit);

bool sim_dimension_is_number(const struct sim_dimension *dimension);
/* Nothing but seconds to `second` and bytes to `byte`. */
bool sim_dimension_is(const struct sim_dimension *dimension, int32_t second, int32_t byte);
bool sim_dimension_equal(const struct sim_dimension *a, const struct sim_dimension *b);
/* a * b^sign, sign being 1 or -1. False when the result has too many nouns or too high a power. */
bool sim_dimension_combine(const struct sim_dimension *a, const struct sim_dimension *b,
                           int32_t sign, struct sim_dimension *ret_product);

/* "seconds", "bytes/s", "posts", "1/s"; "" for a pure number. */
const char *sim_dimension_text(struct sim_arena *arena, const struct sim_dimension *dimension);
/* For people: "3.2 TB", "1.16 reads/s", "192 machines". */
const char *sim_quantity_text(struct sim_arena *arena, const struct sim_quantity *quantity);
/* In the scenario language, reading back to the same double: "ms(5)", "rate(4000)". */
const char *sim_quantity_lua(struct sim_arena *arena, const struct sim_quantity *quantity);

#endif
