/* Messages as a picture: a line down for each node, an arrow for each message, in the order of what
 * happened. Every event has a row of its own, so that what happens at one instant can be told
 * apart; where time passes between two events there is more room, by its logarithm.
 *
 * Faults of a node are a broad line on its own, those of the network a shade across; what was lost
 * ends half way, with a cross and the reason.
 */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/chart.h"
#include "report/messages.h"

#define HEAD_PIXELS 120.0
#define FOOT_PIXELS 24.0
#define ROW_PIXELS 15.0 /* at one instant */
#define GAP_PIXELS 5.0  /* more for each decade beyond a microsecond */
#define LABELS_MAX SIM_CHART_LINES
#define NAME_MOST 16
#define LABEL_MOST 48
#define LETTER_PIXELS 6.6 /* of a label, on the wide side; and how high it is */
#define LABEL_PIXELS 14.0
#define WIDTH 960.0
#define LEFT 0.115 /* shares of the width */
#define RIGHT 0.965

/* What a label covers, in pixels. */
struct box {
    double left, right, top, bottom;
};

struct drawing {
    const struct sim_messages *messages;
    GString *script;
    double *y; /* by row, pixels down; [rows] = the foot */
    uint32_t row_count;
    const char *labels[LABELS_MAX]; /* colours in the order of first use */
    uint32_t label_count;
    uint32_t tag;  /* of the next label */
    GArray *boxes; /* of struct box: labels that stand */
};

/* ---- layout ---- */

static void lay_out(struct drawing *drawing)
{
    const GArray *times = drawing->messages->times;
    double y = ROW_PIXELS;
    drawing->row_count = times->len;
    drawing->y = g_new(double, times->len + 1);
    for (guint i = 0; i < times->len; i++) {
        sim_time gap =
            i == 0 ? 0 : g_array_index(times, sim_time, i) - g_array_index(times, sim_time, i - 1);
        for (sim_time decade = SIM_MICROSECOND; i > 0 && gap >= decade; decade *= 10) {
            y += GAP_PIXELS;
        }
        drawing->y[i] = y;
        y += ROW_PIXELS;
    }
    drawing->y[times->len] = y;
}

static double height_of(const struct drawing *drawing)
{
    return HEAD_PIXELS + drawing->y[drawing->row_count] + FOOT_PIXELS;
}

static double y_of(const struct drawing *drawing, uint32_t row, bool is_end)
{
    return row != SIM_NONE ? drawing->y[row] : is_end ? drawing->y[drawing->row_count] : 0.0;
}

static uint32_t colour_of(struct drawing *drawing, const char *label)
{
    for (uint32_t i = 0; i < drawing->label_count; i++) {
        if (strcmp(drawing->labels[i], label) == 0) {
            return i;
        }
    }
    if (drawing->label_count == LABELS_MAX) {
        return LABELS_MAX - 1;
    }
    drawing->labels[drawing->label_count] = label;
    return drawing->label_count++;
}

/* With `side` of 0 in the middle of x, of 1 to the right of it, of -1 to the left. */
static struct box box_of(const struct drawing *drawing, const char *text, double x, double y,
                         double side)
{
    double columns = (double)drawing->messages->nodes->len - 0.1;
    double half = 0.5 * LETTER_PIXELS * (double)g_utf8_strlen(text, -1);
    double middle = x * (RIGHT - LEFT) * WIDTH / columns + side * half;
    return (struct box){middle - half, middle + half, y - 0.5 * LABEL_PIXELS,
                        y + 0.5 * LABEL_PIXELS};
}

/* A label stands there: others keep off. */
static void occupy(struct drawing *drawing, const char *text, double x, double y, double side)
{
    struct box box = box_of(drawing, text, x, y, side);
    g_array_append_val(drawing->boxes, box);
}

/* ---- the script ---- */

static void append_text(struct drawing *drawing, const char *text, double x, double y,
                        const char *how)
{
    g_string_append_printf(drawing->script, "set label %u ", drawing->tag++);
    sim_script_quote(drawing->script, text, LABEL_MOST);
    g_string_append_printf(drawing->script, " at %.4f,%.1f %s front\n", x, -y, how);
}

static void append_frame(struct drawing *drawing)
{
    const struct sim_messages *messages = drawing->messages;
    double height = height_of(drawing), foot = drawing->y[drawing->row_count];
    g_string_append_printf(drawing->script,
                           "unset grid\nset border 0\nunset key\nunset xtics\n"
                           "set style textbox opaque noborder fillcolor '#ffffff' margins 0.3,0.3\n"
                           "set xrange [-0.45:%.2f]\nset yrange [%.1f:0]\n"
                           "set lmargin at screen %g\nset rmargin at screen %g\n"
                           "set tmargin at screen %.4f\nset bmargin at screen %.4f\n",
                           (double)messages->nodes->len - 0.55, -foot, LEFT, RIGHT,
                           1.0 - HEAD_PIXELS / height, FOOT_PIXELS / height);
    for (guint n = 0; n < messages->nodes->len; n++) {
        g_string_append_printf(drawing->script, "set label %u ", drawing->tag++);
        sim_script_quote(drawing->script, g_ptr_array_index(messages->nodes, n), NAME_MOST);
        g_string_append_printf(drawing->script,
                               " at %u,0 center offset 0,0.9 font 'DejaVu Sans,13' textcolor "
                               "'#111111'\n",
                               n);
    }
}

/* The time of each row at which it is another one than before, where there is room. */
static void append_times(struct drawing *drawing)
{
    const struct sim_messages *messages = drawing->messages;
    double length = sim_time_seconds(messages->to - messages->from);
    double factor = length < 2e-3 ? 1e6 : length < 2.0 ? 1e3 : 1.0;
    const char *unit = length < 2e-3 ? "µs" : length < 2.0 ? "ms" : "s";
    sim_time before = -1;
    g_string_append(drawing->script, "set ytics (");
    bool is_first = true;
    for (uint32_t i = 0; i < drawing->row_count; i++) {
        sim_time time = g_array_index(messages->times, sim_time, i);
        if (time != before) {
            g_string_append_printf(drawing->script, "%s'%.3f' %.1f", is_first ? "" : ", ",
                                   sim_time_seconds(time - messages->from) * factor,
                                   -drawing->y[i]);
            is_first = false;
        }
        before = time;
    }
    g_string_append(drawing->script, ") scale 0 font 'DejaVu Sans,10' textcolor '#606060'\n");
    g_string_append_printf(drawing->script,
                           "set label %u '%s' at graph 0,graph 1 right offset -1,0.9 textcolor "
                           "'#606060' font 'DejaVu Sans,11'\n",
                           drawing->tag++, unit);
}

static void append_marks(struct drawing *drawing)
{
    const GArray *marks = drawing->messages->marks;
    for (guint i = 0; i < marks->len; i++) {
        const struct sim_message_mark *mark = &g_array_index(marks, struct sim_message_mark, i);
        double from = y_of(drawing, mark->row, false), to = y_of(drawing, mark->end_row, true);
        if (mark->is_note) {
            append_text(drawing, mark->label, mark->node + 0.03, from,
                        "left textcolor '#6A3D9A' font 'DejaVu Sans,10' boxed");
            occupy(drawing, mark->label, mark->node + 0.03, from, 1.0);
        } else if (mark->node == SIM_NONE) {
            g_string_append_printf(drawing->script,
                                   "set object %u rectangle from graph 0,first %.1f to graph "
                                   "1,first %.1f behind fillcolor rgb '#d08030' fillstyle "
                                   "transparent solid 0.18 noborder\n",
                                   i + 1, -from, -to);
            append_text(drawing, mark->label, (double)drawing->messages->nodes->len - 0.55,
                        from + 8.0, "right textcolor '#8a4513' font 'DejaVu Sans,11' boxed");
        } else {
            g_string_append_printf(drawing->script,
                                   "set arrow from %u,%.1f to %u,%.1f nohead back linewidth 9 "
                                   "linecolor rgb '#e3a878'\n",
                                   mark->node, -from, mark->node, -to);
            append_text(drawing, mark->label, mark->node + 0.04, from + 8.0,
                        "left textcolor '#8a4513' font 'DejaVu Sans,11' boxed");
            occupy(drawing, mark->label, mark->node + 0.04, from + 8.0, 1.0);
        }
    }
}

/* ---- labels of arrows ---- */

static bool is_free(const struct drawing *drawing, const struct box *box)
{
    for (guint i = 0; i < drawing->boxes->len; i++) {
        const struct box *other = &g_array_index(drawing->boxes, struct box, i);
        if (box->left < other->right && other->left < box->right && box->top < other->bottom &&
            other->top < box->bottom) {
            return false;
        }
    }
    return true;
}

/* Where on its way an arrow says what it is: in the last gap between two lines that it crosses, or
 * where else no label stands yet. */
static double label_share(const struct drawing *drawing, const struct sim_message_arrow *arrow,
                          double y, double to_y)
{
    static const double places[] = {0.36, 0.64, 0.25, 0.5, 0.75, 0.18, 0.86};
    double x = arrow->from, to_x = arrow->to, columns = fabs(to_x - x);
    for (double gap = 0.0; gap < columns; gap += 1.0) {
        for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
            double share = 1.0 - (gap + places[i]) / columns;
            struct box box =
                box_of(drawing, arrow->label, x + share * (to_x - x), y + share * (to_y - y), 0.0);
            if (is_free(drawing, &box)) {
                return share;
            }
        }
    }
    return 1.0 - places[0] / columns;
}

static void append_label(struct drawing *drawing, const struct sim_message_arrow *arrow)
{
    if (arrow->from == arrow->to || arrow->lost != NULL) {
        return;
    }
    double x = arrow->from, y = y_of(drawing, arrow->sent_row, false);
    double to_x = arrow->to, to_y = y_of(drawing, arrow->row, true);
    double at = label_share(drawing, arrow, y, to_y);
    occupy(drawing, arrow->label, x + at * (to_x - x), y + at * (to_y - y), 0.0);
    g_autofree char *how = g_strdup_printf("center textcolor '%s' font 'DejaVu Sans,10' boxed",
                                           sim_script_colour(colour_of(drawing, arrow->label)));
    append_text(drawing, arrow->label, x + at * (to_x - x), y + at * (to_y - y), how);
}

/* What did not arrive, and why; to whom, where that is not the next line. */
static char *lost_text(const struct drawing *drawing, const struct sim_message_arrow *arrow)
{
    bool is_next = arrow->from + 1 == arrow->to || arrow->to + 1 == arrow->from;
    const char *name = g_ptr_array_index(drawing->messages->nodes, arrow->to);
    return is_next ? g_strdup_printf("× %s, %s", arrow->label, arrow->lost)
                   : g_strdup_printf("× %s to %s, %s", arrow->label, name, arrow->lost);
}

static void append_arrow(struct drawing *drawing, const struct sim_message_arrow *arrow)
{
    double x = arrow->from, y = y_of(drawing, arrow->sent_row, false);
    double to_x = arrow->to, to_y = y_of(drawing, arrow->row, true);
    double share = arrow->lost != NULL ? 0.5 : 1.0;
    const char *colour = sim_script_colour(colour_of(drawing, arrow->label));
    bool arrives = arrow->lost == NULL && arrow->ended != SIM_NEVER;
    if (arrow->from == arrow->to) {
        return; /* to itself: no way to go */
    }
    double end_x = x + share * (to_x - x), end_y = y + share * (to_y - y);
    if (arrow->lost != NULL) { /* to a point beside its line, however long it took to be known */
        end_x = x + 0.16 * (to_x > x ? 1.0 : -1.0);
        end_y = y + 7.0;
    }
    g_string_append_printf(drawing->script,
                           "set arrow from %.3f,%.1f to %.3f,%.1f %s linewidth 1.4 linecolor rgb "
                           "'%s'\n",
                           x, -y, end_x, -end_y,
                           arrives ? "head filled size screen 0.008,18" : "nohead dashtype (8,4)",
                           colour);
    if (arrow->lost != NULL) {
        g_autofree char *text = lost_text(drawing, arrow);
        append_text(drawing, text, end_x, end_y,
                    to_x > x ? "left textcolor '#b3261e' font 'DejaVu Sans,10' boxed"
                             : "right textcolor '#b3261e' font 'DejaVu Sans,10' boxed");
        occupy(drawing, text, end_x, end_y, to_x > x ? 1.0 : -1.0);
    }
}

static void append_data(GString *data, const struct drawing *drawing)
{
    g_string_append(data, "# node, pixels down: the line of each node\n");
    for (guint n = 0; n < drawing->messages->nodes->len; n++) {
        g_string_append_printf(data, "%u 0\n%u %.1f\n\n", n, n, -drawing->y[drawing->row_count]);
    }
}

struct sim_picture *sim_plot_messages(const struct sim_messages *messages, const char *name)
{
    struct sim_picture *picture = g_new0(struct sim_picture, 1);
    struct drawing drawing = {.messages = messages, .tag = 20};
    char from[SIM_TEXT_MAX];
    drawing.boxes = g_array_new(FALSE, FALSE, sizeof(struct box));
    lay_out(&drawing);
    picture->name = g_strdup("messages");
    picture->title = g_strdup("Messages");
    picture->script = drawing.script = g_string_new(NULL);
    picture->data = g_string_new(NULL);
    sim_text_duration(from, sim_time_seconds(messages->from));
    g_autofree char *rest = messages->left_out > 0
                                ? g_strdup_printf(", %u more left out", messages->left_out)
                                : g_strdup("");
    g_autofree char *subtitle =
        g_strdup_printf("%s · run 1, %u messages after %s%s; what happens at one instant is drawn "
                        "apart",
                        name, messages->arrows->len, from, rest);
    sim_script_begin(drawing.script, "messages", picture->title, subtitle,
                     (int)height_of(&drawing));
    append_frame(&drawing);
    append_times(&drawing);
    append_marks(&drawing);
    for (guint i = 0; i < messages->arrows->len; i++) {
        append_arrow(&drawing, &g_array_index(messages->arrows, struct sim_message_arrow, i));
    }
    for (guint i = 0; i < messages->arrows->len; i++) { /* around what says what was lost */
        append_label(&drawing, &g_array_index(messages->arrows, struct sim_message_arrow, i));
    }
    g_string_append(drawing.script, "plot 'messages.dat' using 1:2 with lines linewidth 1.2 "
                                    "linecolor rgb '#a0a0a0' notitle\n}\n");
    append_data(picture->data, &drawing);
    g_array_free(drawing.boxes, TRUE);
    g_free(drawing.y);
    return picture;
}
