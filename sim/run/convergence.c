/* Whether the members of stores hold the same when a run has ended, in words. See extract.h.
 *
 * At the end of a run that is under load to its last moment members seldom hold the same, since
 * those that follow hear of the last writes a little later. So where they differ the sources stop
 * asking, and the world goes on until members hold the same, for `drain` at most. They are looked
 * at after a millisecond, and again each time that half as much time has passed.
 */
#include <glib.h>
#include <inttypes.h>

#include "run/extract.h"

#define DIFFERENT_SHOWN 6u /* of one key */
#define NAMES_SHOWN 3u

/* "1.7", the operation of a node that wrote it, or a plain number. */
static void append_value(GString *out, uint64_t value)
{
    if (value >> SIM_HISTORY_VALUE_BITS == 0) {
        g_string_append_printf(out, "%" PRIu64, value);
    } else {
        g_string_append_printf(out, "%" PRIu64 ".%" PRIu64, value >> SIM_HISTORY_VALUE_BITS,
                               value & ((UINT64_C(1) << SIM_HISTORY_VALUE_BITS) - 1));
    }
}

static bool is_same(const struct sim_held *a, const struct sim_held *b)
{
    return a->is_said == b->is_said && a->version == b->version && a->value == b->value &&
           a->is_deleted == b->is_deleted;
}

static void append_held(GString *out, const struct sim_held *held)
{
    if (!held->is_said) {
        g_string_append(out, "none");
    } else if (held->is_deleted) {
        g_string_append(out, "it deleted");
    } else {
        append_value(out, held->value);
    }
    if (held->version != 0) {
        g_string_append_printf(out, ", version %" PRIu64, held->version);
    }
}

/* All who hold what the holder at `first` does, who is the first of them. */
static void append_holders(GString *out, const struct sim_world *world,
                           const struct sim_convergence *convergence, uint32_t first)
{
    const struct sim_held *held = &convergence->held[first];
    uint32_t count = 0;
    g_string_append_c(out, '\n');
    for (uint32_t i = first; i < convergence->holder_count; i++) {
        if (is_same(held, &convergence->held[i]) && ++count <= NAMES_SHOWN) {
            g_string_append_printf(out, "%s%s", count > 1 ? ", " : "",
                                   sim_world_node_name(world, convergence->held[i].node));
        }
    }
    if (count > NAMES_SHOWN) {
        g_string_append_printf(out, " and %u more", count - NAMES_SHOWN);
    }
    g_string_append_printf(out, " %s ", count > 1 ? "have" : "has");
    append_held(out, held);
}

static bool is_first(const struct sim_convergence *convergence, uint32_t index)
{
    uint32_t first = 0;
    while (!is_same(&convergence->held[first], &convergence->held[index])) {
        first++;
    }
    return first == index;
}

/* Each of the different things that are held, and by whom. */
static void append_difference(GString *out, const struct sim_world *world,
                              const struct sim_convergence *convergence)
{
    uint32_t different = 0;
    for (uint32_t i = 0; i < convergence->holder_count; i++) {
        if (is_first(convergence, i) && ++different <= DIFFERENT_SHOWN) {
            append_holders(out, world, convergence, i);
        }
    }
    if (different > DIFFERENT_SHOWN) {
        g_string_append_printf(out, "\nand %u more versions of it", different - DIFFERENT_SHOWN);
    }
}

static char *evidence_of(const struct sim_world *world, const struct sim_convergence *convergence)
{
    GString *out = g_string_new(NULL);
    if (convergence->keys_apart > 0) {
        g_string_append_printf(
            out, "%" PRIu64 " of %" PRIu64 " keys %s, the lowest is %" PRIu64 ":",
            convergence->keys_apart, convergence->keys,
            convergence->keys_apart == 1 ? "differs" : "differ", convergence->key);
        append_difference(out, world, convergence);
    } else if (convergence->compared < 2) {
        g_string_append_printf(out, "%u member was up: there is nothing to compare",
                               convergence->compared);
    }
    if (convergence->down > 0 && convergence->compared >= 2) {
        g_string_append_printf(out, "%s%u %s down and not compared", out->len > 0 ? "\n" : "",
                               convergence->down, convergence->down == 1 ? "was" : "were");
    }
    return g_string_free(out, FALSE);
}

static enum sim_check_verdict verdict_of(const struct sim_convergence *convergence)
{
    return convergence->compared < 2     ? SIM_CHECK_UNKNOWN
           : convergence->keys_apart > 0 ? SIM_CHECK_NO
                                         : SIM_CHECK_YES;
}

#define FIRST_LOOK SIM_MILLISECOND

/* What members hold when they hold the same, or at `limit`. */
static void compare(struct sim_world *world, uint32_t group, sim_time limit, bool *is_quiet,
                    struct sim_convergence *ret_convergence)
{
    sim_time from = sim_world_now(world), pause = FIRST_LOOK;
    sim_world_compare(world, group, ret_convergence);
    while (verdict_of(ret_convergence) == SIM_CHECK_NO && sim_world_now(world) < limit) {
        if (!*is_quiet) {
            sim_world_quieten(world);
            *is_quiet = true;
        }
        sim_time next = sim_time_add(from, pause);
        if (!sim_world_play_on(world, next < limit ? next : limit) || next >= limit) {
            limit = 0; /* for the last time */
        }
        pause += pause / 2;
        sim_convergence_clear(ret_convergence);
        sim_world_compare(world, group, ret_convergence);
    }
}

void sim_record_compare(struct sim_record *record, const struct sim_scenario *scenario,
                        struct sim_world *world)
{
    bool is_cut_short = record->replication.ending == SIM_ENDING_LIMIT;
    sim_time limit = is_cut_short ? 0 : sim_time_add(sim_world_now(world), scenario->world.drain);
    bool is_quiet = false;
    for (uint32_t i = 0; i < scenario->expectation_count; i++) {
        const struct sim_expectation *expectation = &scenario->expectations[i];
        if (expectation->kind != SIM_EXPECT_CONVERGED) {
            continue;
        }
        struct sim_convergence convergence;
        compare(world, expectation->figure.group, limit, &is_quiet, &convergence);
        g_autofree char *evidence = evidence_of(world, &convergence);
        record->findings[i].verdict = verdict_of(&convergence);
        record->findings[i].evidence =
            evidence[0] != '\0' ? sim_arena_strdup(&record->arena, evidence) : NULL;
        sim_convergence_clear(&convergence);
    }
}
