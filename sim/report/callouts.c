/* Labels beside points, one after the other: each takes the nearest of the places around its point
 * that is free. After Imhof, "Positioning names on maps", The American Cartographer 2(2), 1975: to
 * the right before the left, above before below. No label is moved again.
 */
#include <math.h>

#include "report/plot_user.h"

#define DIRECTIONS 12
#define RINGS 14
#define NEAREST 7.0    /* pixels from a point to its label */
#define RING_STEP 11.0 /* from one ring of places to the next */
#define APART 20.0     /* from here on a line leads to the label */

static double overlap(const struct sim_box *a, const struct sim_box *b)
{
    double width = fmin(a->right, b->right) - fmax(a->left, b->left);
    double height = fmin(a->bottom, b->bottom) - fmax(a->top, b->top);
    return width > 0.0 && height > 0.0 ? width * height : 0.0;
}

/* The area that a label would cover there, and what of it would stand outside. */
static double covered(const struct sim_box *box, const struct sim_box *room, uint32_t count,
                      double width, double height)
{
    struct sim_box panel = {0.0, 0.0, width, height};
    double area = (box->right - box->left) * (box->bottom - box->top);
    double sum = 4.0 * (area - overlap(box, &panel)); /* cut off is worse than covered */
    for (uint32_t i = 0; i < count; i++) {
        sum += overlap(box, &room[i]);
    }
    return sum;
}

/* The place at `distance` in that direction: the label's nearest side or corner lies there. */
static struct sim_box place_at(const struct sim_callout *callout, uint32_t direction,
                               double distance)
{
    /* Right, right above, right below, left, ..., above, below: what reads best first. */
    static const double ways[DIRECTIONS][2] = {
        {1.0, 0.0},  {0.87, -0.5}, {0.87, 0.5},  {-1.0, 0.0}, {-0.87, -0.5}, {-0.87, 0.5},
        {0.0, -1.0}, {0.0, 1.0},   {0.5, -0.87}, {0.5, 0.87}, {-0.5, -0.87}, {-0.5, 0.87}};
    double x = callout->x + ways[direction][0] * distance;
    double y = callout->y + ways[direction][1] * distance;
    double left = x - (ways[direction][0] > 0.1    ? 0.0
                       : ways[direction][0] < -0.1 ? callout->width
                                                   : 0.5 * callout->width);
    double top = y - (ways[direction][1] > 0.6    ? 0.0
                      : ways[direction][1] < -0.6 ? callout->height
                                                  : 0.5 * callout->height);
    return (struct sim_box){left, top, left + callout->width, top + callout->height};
}

static void place(struct sim_callout *callout, const struct sim_box *room, uint32_t count,
                  double width, double height)
{
    double least = INFINITY;
    for (uint32_t ring = 0; ring < RINGS && least > 0.0; ring++) {
        double distance = NEAREST + RING_STEP * ring;
        for (uint32_t direction = 0; direction < DIRECTIONS && least > 0.0; direction++) {
            struct sim_box box = place_at(callout, direction, distance);
            double area = covered(&box, room, count, width, height);
            if (area < least) {
                least = area;
                callout->box = box;
                callout->is_apart = distance > APART;
            }
        }
    }
}

void sim_callouts_place(struct sim_callout *callouts, uint32_t count, struct sim_box *room,
                        uint32_t obstacle_count, double width, double height)
{
    for (uint32_t i = 0; i < count; i++) {
        place(&callouts[i], room, obstacle_count + i, width, height);
        room[obstacle_count + i] = callouts[i].box;
    }
}
