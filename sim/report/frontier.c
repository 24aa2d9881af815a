/* The frontier of points of which each is better or worse in two figures (Pareto's): what lies on
 * its far side is beaten in both by a point on it.
 */
#include "base/sort.h"
#include "report/plot_user.h"

static bool beats(struct sim_corner a, struct sim_corner b, int x_end, int y_end)
{
    double x = x_end * (a.x - b.x), y = y_end * (a.y - b.y);
    return x >= 0.0 && y >= 0.0 && (x > 0.0 || y > 0.0);
}

static int compare_x(const void *a, const void *b, void *data)
{
    const struct sim_corner *p = a, *q = b;
    (void)data;
    return (p->x > q->x) - (p->x < q->x);
}

static uint32_t collect_best(const struct sim_corner *points, uint32_t count, int x_end, int y_end,
                             struct sim_corner *ret_best)
{
    uint32_t best = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool is_best = true;
        for (uint32_t j = 0; j < count && is_best; j++) {
            is_best = !beats(points[j], points[i], x_end, y_end);
        }
        if (is_best) {
            ret_best[best++] = points[i];
        }
    }
    return best;
}

uint32_t sim_frontier(const struct sim_corner *points, uint32_t count, int x_end, int y_end,
                      struct sim_corner worst, struct sim_corner *ret_line)
{
    g_autofree struct sim_corner *best = g_new(struct sim_corner, count + 1);
    uint32_t best_count = collect_best(points, count, x_end, y_end, best);
    uint32_t filled = 0;
    if (best_count == 0) {
        return 0;
    }
    sim_sort(best, best_count, sizeof(*best), compare_x, NULL);
    struct sim_corner first = best[0], last = best[best_count - 1];
    bool is_less = x_end < 0;
    ret_line[filled++] =
        (struct sim_corner){is_less ? first.x : worst.x, is_less ? worst.y : first.y};
    for (uint32_t i = 0; i < best_count; i++) {
        ret_line[filled++] = best[i];
        if (i + 1 < best_count) { /* the corner that is no better than either */
            ret_line[filled++] = (struct sim_corner){is_less ? best[i + 1].x : best[i].x,
                                                     is_less ? best[i].y : best[i + 1].y};
        }
    }
    ret_line[filled++] =
        (struct sim_corner){is_less ? worst.x : last.x, is_less ? last.y : worst.y};
    return filled;
}
