/* Figures against a figure: a point for each result with its intervals both ways, a panel a figure,
 * coloured by `per`, with the rest of its settings beside it. Where it is known which end of both
 * figures is the better one, a line joins the results that none is better than in both.
 */
#include <math.h>
#include <string.h>

#include "report/scatter.h"

#define LEFT 0.11 /* of the width: where the panels begin and end */
#define RIGHT 0.965
#define WIDTH 960.0
#define TOP 68 /* pixels above the first panel's key: title and subtitle */
#define KEY 32 /* pixels of the key above the panels, of a second row of it */
#define KEY_ROW 24
#define KEY_LETTERS 84L /* that stand in a row */
#define GAP 16          /* pixels between panels */
#define BOTTOM 74       /* pixels below the last panel: tics and title of the axis */
#define PANEL 400       /* pixels of a panel; of one that is alone more */
#define ALONE 460
#define TITLE_MOST 40
#define LABEL_MOST 40
#define LABEL_FONT 10
#define EM 13.4 /* pixels of an em of a label */
#define LABEL_HEIGHT 14.0
#define OBSTACLES 6 /* boxes a point: mark, intervals, two of the frontier, label */
#define MARK 6.0    /* pixels from the middle of a mark to its edge */

/* Where a value lies between the ends of its axis. */
static double share_of(const struct scale *scale, double value)
{
    double printed = value * scale->factor;
    return scale->is_log ? log(printed / scale->low) / log(scale->high / scale->low)
                         : (printed - scale->low) / (scale->high - scale->low);
}

/* Frontier */

/* 1 = more is better, -1 = less is, 0 = that depends. */
static int better_end(const char *metric)
{
    static const char *const more[] = {"success",    "availability", "availability.windows",
                                       "throughput", "goodput",      NULL};
    static const char *const less[] = {
        "latency", "latency.answered", "stale",       "staleness", "behind",
        "missed",  "went_back",        "missed_own",  "errors",    "failed",
        "gap",     "back_after",       "lost.writes", NULL};
    return g_strv_contains(more, metric) ? 1 : g_strv_contains(less, metric) ? -1 : 0;
}

/* Steps through the points that no other one beats. False when there is nothing to draw. */
static bool append_frontier(struct scatter *scatter, int x_end, int y_end)
{
    const struct scale *sx = &scatter->x, *sy = &scatter->y;
    struct sim_corner worst = {x_end < 0 ? sx->high : sx->low, y_end < 0 ? sy->high : sy->low};
    g_autofree struct sim_corner *points = g_new(struct sim_corner, scatter->spot_count + 1);
    for (uint32_t i = 0; i < scatter->spot_count; i++) {
        const struct spot *spot = &scatter->spots[i];
        points[i] = (struct sim_corner){spot->x->estimate.value * sx->factor,
                                        spot->y->estimate.value * sy->factor};
    }
    scatter->corner_count = x_end * y_end == 0 ? 0
                                               : sim_frontier(points, scatter->spot_count, x_end,
                                                              y_end, worst, scatter->corners);
    if (scatter->corner_count == 0) {
        return false;
    }
    g_string_append(scatter->data, "# frontier of the points above: x, y\n");
    for (uint32_t i = 0; i < scatter->corner_count; i++) {
        sim_script_number(scatter->data, scatter->corners[i].x);
        g_string_append_c(scatter->data, ' ');
        sim_script_number(scatter->data, scatter->corners[i].y);
        g_string_append_c(scatter->data, '\n');
    }
    g_string_append(scatter->data, "\n\n");
    return true;
}

/* Data */

/* The points of one colour as a block, which may be empty. */
static void append_group(struct scatter *scatter, uint32_t colour, const char *title)
{
    g_string_append(scatter->data, "# ");
    sim_script_quote(scatter->data, title, 200);
    g_string_append(scatter->data, ": x, y, ends of the intervals of x and of y, label\n");
    uint32_t count = 0;
    for (uint32_t i = 0; i < scatter->spot_count; i++) {
        const struct spot *spot = &scatter->spots[i];
        if (spot->colour != colour) {
            continue;
        }
        double values[6] = {spot->x->estimate.value,  spot->y->estimate.value,
                            sim_scatter_low(spot->x), sim_scatter_high(spot->x),
                            sim_scatter_low(spot->y), sim_scatter_high(spot->y)};
        for (int v = 0; v < 6; v++) {
            bool is_x = v == 0 || v == 2 || v == 3;
            sim_script_number(scatter->data,
                              values[v] * (is_x ? scatter->x.factor : scatter->y.factor));
            g_string_append_c(scatter->data, ' ');
        }
        g_string_append(scatter->data, "# ");
        g_string_append(scatter->data, spot->label);
        g_string_append_c(scatter->data, '\n');
        count++;
    }
    g_string_append(scatter->data, count == 0 ? "NaN NaN NaN NaN NaN NaN\n\n\n" : "\n\n");
}

/* Labels */

static struct sim_box mark_of(const struct scatter *scatter, const struct spot *spot, double around)
{
    double x = share_of(&scatter->x, spot->x->estimate.value) * scatter->width;
    double y = (1.0 - share_of(&scatter->y, spot->y->estimate.value)) * scatter->height;
    return (struct sim_box){x - around, y - around, x + around, y + around};
}

static struct sim_corner pixels_of(const struct scatter *scatter, struct sim_corner printed)
{
    return (struct sim_corner){
        share_of(&scatter->x, printed.x / scatter->x.factor) * scatter->width,
        (1.0 - share_of(&scatter->y, printed.y / scatter->y.factor)) * scatter->height};
}

/* Marks, intervals and the frontier: what labels must not cover. */
static uint32_t obstacles_of(const struct scatter *scatter, struct sim_box *boxes)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i + 1 < scatter->corner_count; i++) {
        struct sim_corner a = pixels_of(scatter, scatter->corners[i]);
        struct sim_corner b = pixels_of(scatter, scatter->corners[i + 1]);
        boxes[count++] = (struct sim_box){fmin(a.x, b.x) - 1.0, fmin(a.y, b.y) - 1.0,
                                          fmax(a.x, b.x) + 1.0, fmax(a.y, b.y) + 1.0};
    }
    for (uint32_t i = 0; i < scatter->spot_count; i++) {
        const struct spot *spot = &scatter->spots[i];
        struct sim_box mark = mark_of(scatter, spot, MARK);
        struct sim_box across = mark_of(scatter, spot, 2.0), along = across;
        across.left = share_of(&scatter->x, sim_scatter_low(spot->x)) * scatter->width;
        across.right = share_of(&scatter->x, sim_scatter_high(spot->x)) * scatter->width;
        along.top = (1.0 - share_of(&scatter->y, sim_scatter_high(spot->y))) * scatter->height;
        along.bottom = (1.0 - share_of(&scatter->y, sim_scatter_low(spot->y))) * scatter->height;
        boxes[count++] = mark;
        boxes[count++] = across;
        boxes[count++] = along;
    }
    return count;
}

/* The width of a text in DejaVu Sans, nearly; of what is cut, as it stands. */
static double width_of(const char *text)
{
    double ems = 0.0;
    glong letters = 0;
    for (const char *c = text; *c != '\0' && letters < LABEL_MOST; c = g_utf8_next_char(c)) {
        ems += strchr("ijl,. ;:'|!()[]tfrI", *c) ? 0.37 : strchr("mwMW=+<>%@", *c) ? 0.9 : 0.65;
        letters++;
    }
    return EM * ems + 2.0;
}

static void append_label(struct scatter *scatter, const struct spot *spot,
                         const struct sim_callout *callout, uint32_t number)
{
    const char *colour = sim_script_colour(spot->colour);
    double middle = 0.5 * (callout->box.top + callout->box.bottom);
    g_string_append_printf(scatter->script, "set label %u ", number);
    sim_script_quote(scatter->script, spot->label, LABEL_MOST);
    g_string_append_printf(
        scatter->script, " at graph %.5f,%.5f left font 'DejaVu Sans,%d' textcolor '%s'\n",
        callout->box.left / scatter->width, 1.0 - middle / scatter->height, LABEL_FONT, colour);
    if (callout->is_apart) {
        double x = fmin(fmax(callout->x, callout->box.left), callout->box.right);
        double y = fmin(fmax(callout->y, callout->box.top), callout->box.bottom);
        g_string_append_printf(
            scatter->script,
            "set arrow %u from graph %.5f,%.5f to graph %.5f,%.5f nohead back linewidth 0.7 "
            "linecolor rgb '#a0a0a0'\n",
            number, callout->x / scatter->width, 1.0 - callout->y / scatter->height,
            x / scatter->width, 1.0 - y / scatter->height);
    }
}

static void append_labels(struct scatter *scatter)
{
    uint32_t count = 0;
    g_autofree struct sim_callout *callouts = g_new0(struct sim_callout, scatter->spot_count + 1);
    g_autofree struct sim_box *room = g_new(struct sim_box, OBSTACLES * scatter->spot_count + 2);
    g_autofree const struct spot **labelled = g_new(const struct spot *, scatter->spot_count + 1);
    for (uint32_t i = 0; i < scatter->spot_count; i++) {
        const struct spot *spot = &scatter->spots[i];
        struct sim_box mark = mark_of(scatter, spot, 0.0);
        if (spot->label[0]) {
            labelled[count] = spot;
            callouts[count++] = (struct sim_callout){.x = mark.left,
                                                     .y = mark.top,
                                                     .width = width_of(spot->label),
                                                     .height = LABEL_HEIGHT};
        }
    }
    uint32_t obstacles = obstacles_of(scatter, room);
    sim_callouts_place(callouts, count, room, obstacles, scatter->width, scatter->height);
    for (uint32_t i = 0; i < count; i++) {
        append_label(scatter, labelled[i], &callouts[i], 100 + i);
    }
}

/* Panels */

static void append_axis(GString *script, char axis, const struct scale *scale)
{
    g_string_append_printf(script, scale->is_log ? "set logscale %c\n" : "unset logscale %c\n",
                           axis);
    g_string_append_printf(script, "set %crange [", axis);
    sim_script_number(script, scale->low);
    g_string_append_c(script, ':');
    sim_script_number(script, scale->high);
    g_string_append_printf(script, "]\nset format %c '%%.10g'\n", axis);
}

static void append_frame(struct scatter *scatter, uint32_t panel, bool is_last)
{
    GString *script = scatter->script;
    g_string_append_printf(script,
                           "set lmargin at screen %.4f\nset rmargin at screen %.4f\n"
                           "set tmargin at screen %.4f\nset bmargin at screen %.4f\n",
                           LEFT, scatter->right, scatter->top, scatter->bottom);
    append_axis(script, 'x', &scatter->x);
    append_axis(script, 'y', &scatter->y);
    g_string_append(script, "set label 3 ");
    sim_script_quote(script, scatter->y.title, 60);
    g_string_append(script, " at screen 0.018, graph 0.5 center rotate by 90 "
                            "textcolor '#404040'\n");
    if (is_last) {
        g_string_append(script, "set xlabel ");
        sim_script_quote(script, scatter->x.title, 100);
        g_string_append(script, " offset 0,0.3 textcolor '#404040'\n");
    } else {
        g_string_append(script, "unset xlabel\nset format x ''\n");
    }
    if (panel > 0) {
        g_string_append(script, "unset key\n");
    }
}

static void append_plot(struct scatter *scatter, bool has_frontier)
{
    GString *script = scatter->script;
    const char *name = scatter->user->name;
    const char *joint = "plot ";
    if (has_frontier) {
        g_string_append_printf(script,
                               "%s'%s.dat' index %u using 1:2 with lines linewidth 4 linecolor "
                               "rgb '#dddddd' title 'frontier'",
                               joint, name, scatter->index + scatter->group_count);
        joint = ", \\\n     ";
    }
    for (uint32_t g = 0; g < scatter->group_count; g++) {
        const char *colour = sim_script_colour(g);
        g_string_append_printf(script,
                               "%s'%s.dat' index %u using 1:2:3:4:5:6 with xyerrorbars pointtype "
                               "%d pointsize 0 linewidth 1.4 linecolor rgb '%s' notitle",
                               joint, name, scatter->index + g, sim_script_point(g), colour);
        g_string_append_printf(script,
                               ", \\\n     '%s.dat' index %u using 1:2 with points pointtype %d "
                               "pointsize 1.1 linecolor rgb '%s' ",
                               name, scatter->index + g, sim_script_point(g), colour);
        if (scatter->groups[g][0]) {
            g_string_append(script, "title ");
            sim_script_quote(script, scatter->groups[g], TITLE_MOST);
        } else {
            g_string_append(script, "notitle");
        }
        joint = ", \\\n     ";
    }
    g_string_append_c(script, '\n');
}

static void append_panel(struct scatter *scatter, uint32_t panel, double height, bool is_last)
{
    const struct sim_plot *plot = scatter->user->plot;
    const struct sim_figure_spec *spec = &plot->figures[panel];
    sim_scatter_collect(scatter, spec);
    if (scatter->spot_count == 0) {
        return;
    }
    double from = TOP + scatter->key + (scatter->height + GAP) * panel;
    scatter->top = 1.0 - from / height;
    scatter->bottom = 1.0 - (from + scatter->height) / height;
    scatter->x =
        sim_scatter_scale(scatter, true, sim_user_figure_text(scatter->user, plot->across), 80);
    scatter->y = sim_scatter_scale(scatter, false, sim_user_figure_text(scatter->user, spec), 44);
    append_frame(scatter, panel, is_last);
    for (uint32_t g = 0; g < scatter->group_count; g++) {
        append_group(scatter, g, scatter->groups[g]);
    }
    bool has_frontier =
        append_frontier(scatter, better_end(plot->across->metric), better_end(spec->metric));
    append_labels(scatter);
    append_plot(scatter, has_frontier);
    for (uint32_t i = 0; i < scatter->spot_count; i++) {
        g_string_append_printf(scatter->script, "unset label %u\nunset arrow %u\n", 100 + i,
                               100 + i);
    }
    g_string_append(scatter->script, "unset label 1\nunset label 2\n");
    scatter->index += scatter->group_count + has_frontier;
    g_free(scatter->x.title);
    g_free(scatter->y.title);
}

/* Above the panels where it fits on two rows, else beside them. */
static void measure_key(struct scatter *scatter)
{
    glong longest = (glong)strlen("frontier");
    for (uint32_t g = 0; g < scatter->group_count; g++) {
        longest = MAX(longest, MIN(g_utf8_strlen(scatter->groups[g], -1), TITLE_MOST));
    }
    glong letters = (longest + 9) * (scatter->group_count + 1);
    scatter->is_key_above = letters <= 2 * KEY_LETTERS;
    scatter->key = !scatter->is_key_above ? 14 : letters <= KEY_LETTERS ? KEY : KEY + KEY_ROW;
    scatter->right = scatter->is_key_above ? RIGHT : sim_script_key_edge(longest, TITLE_MOST);
}

static void append_key(struct scatter *scatter, double height)
{
    double top = 1.0 - (TOP + scatter->key) / height;
    if (scatter->is_key_above) {
        g_string_append_printf(scatter->script,
                               "set key at screen %.4f,%.4f left bottom horizontal maxrows %d Left "
                               "reverse samplen 1.6 width 1 textcolor '#303030'\n",
                               LEFT, top + 5.0 / height, scatter->key > KEY ? 2 : 1);
    } else {
        g_string_append_printf(scatter->script,
                               "set key at screen %.4f,%.4f left top vertical Left reverse "
                               "samplen 1.6 spacing 1.25 textcolor '#303030'\n",
                               scatter->right + 0.012, top);
    }
}

static void append_panels(struct scatter *scatter)
{
    struct user_plot *user = scatter->user;
    uint32_t panels = user->plot->figure_count;
    scatter->height = panels == 1 ? ALONE : PANEL;
    measure_key(scatter);
    scatter->width = (scatter->right - LEFT) * WIDTH;
    double height = TOP + scatter->key + panels * scatter->height + (panels - 1) * GAP + BOTTOM;
    g_autofree char *subtitle = g_strdup_printf(
        "%s · a point for each setting, with its intervals; on the frontier none is better in both",
        user->report->name);
    sim_script_begin(scatter->script, user->name, user->title, subtitle, (int)height);
    g_string_append(scatter->script, "set multiplot\n");
    append_key(scatter, height);
    for (uint32_t p = 0; p < panels; p++) {
        append_panel(scatter, p, height, p + 1 == panels);
    }
    g_string_append(scatter->script, "unset multiplot\n}\n");
}

struct sim_picture *sim_user_scatter(struct user_plot *user)
{
    uint32_t most = user->report->section_count;
    struct scatter scatter = {.user = user,
                              .spots = g_new0(struct spot, most + 1),
                              .corners = g_new(struct sim_corner, 2 * most + 2),
                              .script = g_string_new(NULL),
                              .data = g_string_new(NULL)};
    bool has_points = false;
    for (uint32_t p = 0; p < user->plot->figure_count; p++) { /* the colours of all, for the key */
        sim_scatter_collect(&scatter, &user->plot->figures[p]);
        has_points = has_points || scatter.spot_count > 0;
    }
    if (has_points) {
        append_panels(&scatter);
    }
    g_free(scatter.spots);
    g_free(scatter.corners);
    if (!has_points) {
        g_string_free(scatter.script, TRUE);
        g_string_free(scatter.data, TRUE);
        return NULL;
    }
    struct sim_picture *picture = g_new0(struct sim_picture, 1);
    *picture = (struct sim_picture){.name = g_strdup(user->name),
                                    .title = g_strdup(user->title),
                                    .script = scatter.script,
                                    .data = scatter.data};
    return picture;
}
