/* The smallest piece of accesses that a level denies.
 *
 * Leaving out a read, or a write that nobody who is left has read, never makes a history wrong that
 * was right: every order that explained it explains the rest. A write goes together with whoever
 * read it. So what is still denied after that is denied by itself. First a beginning of the history
 * that is enough is looked for, which is short where things go wrong often; then ever smaller
 * groups are left out (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input",
 * IEEE TSE 28(2), 2002).
 */
#include <string.h>

#include "check/accesses.h"

#define BEGINNING 64u /* operations that are tried first */

struct reduction {
    check_decide_accesses *decide;
    const struct sim_check_limits *limits;
    uint64_t steps;
    struct check_accesses piece;
};

/* Makes those that are kept the piece when they are denied too. */
static bool try_some(struct reduction *reduction, const struct check_accesses *of, bool *keeps)
{
    struct check_accesses some;
    for (uint32_t i = 0; i < of->count; i++) { /* which of these can be gone nobody knows */
        keeps[i] = keeps[i] || (of->trouble != NULL && !of->all[i].is_pure);
    }
    check_accesses_some(of, keeps, &some);
    uint64_t cost = (uint64_t)of->count + some.count;
    reduction->steps = reduction->steps > cost ? reduction->steps - cost : 0;
    bool is_smaller =
        some.count < of->count && reduction->steps > 0 &&
        reduction->decide(&some, reduction->limits, &reduction->steps) == SIM_CHECK_NO;
    if (!is_smaller) {
        check_accesses_clear(&some);
        return false;
    }
    check_accesses_clear(&reduction->piece);
    reduction->piece = some;
    return true;
}

static void find_beginning(struct reduction *reduction, const struct check_accesses *all)
{
    bool *keeps = g_new(bool, all->count + 1);
    bool is_found = false;
    for (uint64_t size = BEGINNING; size < all->count && !is_found; size *= 2) {
        for (uint32_t i = 0; i < all->count; i++) {
            keeps[i] = i < size;
        }
        is_found = try_some(reduction, all, keeps);
    }
    g_free(keeps);
}

/* Leaves out groups of that size, from the end. True when one could be. */
static bool pass(struct reduction *reduction, uint32_t size)
{
    bool is_changed = false;
    for (uint32_t to = reduction->piece.count; to > 0 && reduction->steps > 0;) {
        uint32_t from = to > size ? to - size : 0;
        bool *keeps = g_new(bool, reduction->piece.count + 1);
        for (uint32_t i = 0; i < reduction->piece.count; i++) {
            keeps[i] = i < from || i >= to;
        }
        is_changed = try_some(reduction, &reduction->piece, keeps) || is_changed;
        g_free(keeps);
        to = from < reduction->piece.count ? from : reduction->piece.count;
    }
    return is_changed;
}

bool check_reduce(const struct check_accesses *accesses, check_decide_accesses *decide,
                  const struct sim_check_limits *limits, struct check_accesses *ret_piece)
{
    struct reduction reduction = {
        .decide = decide, .limits = limits, .steps = limits->cut_steps_max};
    bool *keeps = g_new(bool, accesses->count + 1);
    memset(keeps, true, accesses->count * sizeof *keeps);
    check_accesses_some(accesses, keeps, &reduction.piece);
    g_free(keeps);
    find_beginning(&reduction, accesses);
    for (uint32_t size = reduction.piece.count / 2; size > 1 && reduction.steps > 0; size /= 2) {
        pass(&reduction, size);
    }
    while (reduction.steps > 0 && pass(&reduction, 1)) {
    }
    *ret_piece = reduction.piece;
    return reduction.steps > 0;
}
