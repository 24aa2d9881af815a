/* The piece of a history that is wrong by itself, as a picture: a line for each process, a bar for
 * each operation from its begin to its end, what it did above it, faults shaded behind.
 *
 * Of what nobody knows the outcome a thin bar goes on to the edge: it may have happened at any time
 * since, or never.
 */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "check/check.h"
#include "report/number.h"
#include "report/plots.h"

#define OPERATIONS_MAX 24u
#define ROW_PIXELS 54
#define FRAME_PIXELS 166 /* title above, axis below */
#define NAME_MOST 18
#define FAULTS_MAX 8u
#define CHARACTER_SHARE 0.0116 /* of the width of the panel */
#define LABEL_FIRST 20
#define OBJECT_FIRST 20

struct evidence {
    const struct sim_section *section;
    const struct sim_kept_history *kept;
    uint32_t count; /* of operations that are drawn */
    uint32_t row_count;
    uint32_t rows[OPERATIONS_MAX]; /* of each operation */
    sim_time from, to;             /* what is shown */
    double per_second;             /* of the axis */
    const char *unit;
};

/* ---- layout ---- */

static bool is_open(const struct sim_history_entry *entry)
{
    return entry->outcome == SIM_HISTORY_UNKNOWN || entry->completed == SIM_NEVER;
}

/* That of its process; what is a process by itself has its own. */
static uint32_t row_of(const struct evidence *evidence, uint32_t operation)
{
    const struct sim_history_entry *piece = evidence->kept->piece;
    for (uint32_t i = 0; i < operation; i++) {
        if (piece[i].process == piece[operation].process &&
            piece[i].process != SIM_HISTORY_NO_PROCESS) {
            return evidence->rows[i];
        }
    }
    return evidence->row_count;
}

static void set_unit(struct evidence *evidence)
{
    double seconds = sim_time_seconds(evidence->to - evidence->from);
    bool is_small = seconds < 2e-3, is_middle = seconds < 2.0;
    evidence->per_second = is_small ? 1e6 : is_middle ? 1e3 : 1.0;
    evidence->unit = is_small ? "µs" : is_middle ? "ms" : "s";
}

static struct evidence evidence_of(const struct sim_section *section)
{
    const struct sim_kept_history *kept = section->result->history;
    struct evidence evidence = {.section = section, .kept = kept, .from = SIM_NEVER};
    evidence.count = MIN(kept->piece_count, OPERATIONS_MAX);
    for (uint32_t i = 0; i < evidence.count; i++) {
        const struct sim_history_entry *entry = &kept->piece[i];
        evidence.rows[i] = row_of(&evidence, i);
        evidence.row_count += evidence.rows[i] == evidence.row_count;
        evidence.from = MIN(evidence.from, entry->invoked);
        evidence.to = MAX(evidence.to, is_open(entry) ? entry->invoked : entry->completed);
    }
    sim_time length = MAX(evidence.to - evidence.from, SIM_MICROSECOND);
    evidence.to = evidence.from + length + length / 6;
    set_unit(&evidence);
    return evidence;
}

static double x_of(const struct evidence *evidence, sim_time time)
{
    return sim_time_seconds(time - evidence->from) * evidence->per_second;
}

static double width_of(const struct evidence *evidence)
{
    return x_of(evidence, evidence->to);
}

/* A moment can still be seen. */
static double least_width(const struct evidence *evidence)
{
    return 0.004 * width_of(evidence);
}

/* Rows go down. */
static double y_of(const struct evidence *evidence, uint32_t operation)
{
    return -(double)evidence->rows[operation];
}

/* ---- the script ---- */

static void append_faults(GString *script, const struct evidence *evidence)
{
    const struct sim_kept_history *kept = evidence->kept;
    uint32_t shown = 0;
    for (uint32_t f = 0; f < kept->fault_count && shown < FAULTS_MAX; f++) {
        const struct sim_fault_span *fault = &kept->faults[f];
        if (fault->from >= evidence->to || fault->to <= evidence->from) {
            continue;
        }
        double from = fmax(x_of(evidence, fault->from), 0.0);
        double to = fault->to >= evidence->to ? width_of(evidence) : x_of(evidence, fault->to);
        g_string_append_printf(script, "set object %u rectangle from ", OBJECT_FIRST + shown);
        sim_script_number(script, from);
        g_string_append(script, ", graph 0 to ");
        sim_script_number(script, to);
        g_string_append(script, ", graph 1 behind fillcolor rgb '#d08030' fillstyle transparent "
                                "solid 0.22 noborder\n");
        g_string_append_printf(script, "set label %u ", LABEL_FIRST + OPERATIONS_MAX + shown);
        sim_script_quote(script, fault->label, 24);
        g_string_append(script, " at ");
        sim_script_number(script, from);
        g_string_append_printf(script,
                               ", graph 1 left offset 0.4,%g textcolor '#8a4513' font 'DejaVu "
                               "Sans,11' front\n",
                               0.6 + 0.9 * (shown % 2));
        shown++;
    }
}

/* What it did, over its bar; under it where the label before on its line reaches so far. */
static void append_deeds(GString *script, const struct evidence *evidence)
{
    struct sim_check_input words = {.value_bits = SIM_HISTORY_VALUE_BITS};
    double over[OPERATIONS_MAX] = {0}, under[OPERATIONS_MAX] = {0}; /* reached so far, by row */
    for (uint32_t i = 0; i < evidence->count; i++) {
        const struct sim_history_entry *entry = &evidence->kept->piece[i];
        g_autofree char *deed = sim_check_deed(&words, entry);
        g_autofree char *text = g_strconcat(deed, is_open(entry) ? ", perhaps" : "", NULL);
        double x = x_of(evidence, entry->invoked);
        double length = (double)g_utf8_strlen(text, -1) * CHARACTER_SHARE * width_of(evidence);
        bool is_right = x + length > width_of(evidence);
        double begins = is_right ? width_of(evidence) - length : x;
        bool is_under = over[evidence->rows[i]] > begins && under[evidence->rows[i]] <= begins;
        (is_under ? under : over)[evidence->rows[i]] = begins + length;
        g_string_append_printf(script, "set label %u ", LABEL_FIRST + i);
        sim_script_quote(script, text, 60);
        g_string_append(script, " at ");
        sim_script_number(script, is_right ? width_of(evidence) : x);
        g_string_append_printf(script, ",%g %s textcolor '#202020' font 'DejaVu Sans,12' front\n",
                               y_of(evidence, i) + (is_under ? -0.34 : 0.34),
                               is_right ? "right" : "left");
    }
}

static void append_name(GString *script, const struct evidence *evidence, uint32_t operation)
{
    const struct sim_history_entry *entry = &evidence->kept->piece[operation];
    const char *tier = evidence->section->tiers[entry->group].name;
    g_autofree char *cut = g_utf8_substring(tier, 0, MIN(g_utf8_strlen(tier, -1), NAME_MOST));
    if (entry->process == SIM_HISTORY_NO_PROCESS) {
        sim_script_quote_tic(script, cut, NAME_MOST);
        return;
    }
    g_autofree char *name =
        g_strdup_printf("%s %u.%u", cut, entry->process >> SIM_HISTORY_PROCESS_BITS,
                        entry->process & ((1u << SIM_HISTORY_PROCESS_BITS) - 1));
    sim_script_quote_tic(script, name, NAME_MOST + 12);
}

static void append_frame(GString *script, const struct evidence *evidence, int height)
{
    char from[SIM_TEXT_MAX];
    uint32_t named = 0;
    g_string_append(script, "set ytics (");
    for (uint32_t i = 0; i < evidence->count; i++) {
        if (evidence->rows[i] == named) {
            g_string_append(script, named > 0 ? ", " : "");
            append_name(script, evidence, i);
            g_string_append_printf(script, " %d", -(int)named);
            named++;
        }
    }
    g_string_append(script, ") scale 0\nunset grid\nset grid ytics linecolor '#d8d8d8' linetype 1\n"
                            "set border 1\nunset key\nset xrange [0:");
    sim_script_number(script, width_of(evidence));
    sim_text_duration(from, sim_time_seconds(evidence->from));
    g_string_append_printf(script,
                           "]\nset yrange [%g:0.7]\n"
                           "set xlabel '%s after %s' offset 0,0.3 textcolor '#404040'\n"
                           "set lmargin at screen 0.19\nset rmargin at screen 0.97\n"
                           "set bmargin at screen %.4f\nset tmargin at screen %.4f\n",
                           -(double)evidence->row_count + 0.4, evidence->unit, from, 68.0 / height,
                           1.0 - 98.0 / height);
}

enum look { LOOK_OPEN, LOOK_CHANGE, LOOK_READ, LOOK_COUNT }; /* the later over the earlier */

static enum look look_of(const struct sim_history_entry *entry)
{
    return is_open(entry)                        ? LOOK_OPEN
           : entry->function == SIM_HISTORY_READ ? LOOK_READ
                                                 : LOOK_CHANGE;
}

/* Bars of operations without an end run on under one another: a mark says where each begins. */
static void append_bars(GString *script, const struct evidence *evidence, const char *name)
{
    static const char *const fills[LOOK_COUNT] = {"#D55E00", "#D55E00", "#0072B2"};
    static const char *const solids[LOOK_COUNT] = {"solid 0.55", "solid 1.0", "solid 1.0"};
    static const double halves[LOOK_COUNT] = {0.05, 0.12, 0.12};
    g_string_append(script, "plot ");
    for (int look = 0; look < LOOK_COUNT; look++) {
        g_string_append_printf(script,
                               "%s'%s.dat' index %d using 1:3:1:2:($3-%g):($3+%g) with boxxyerror "
                               "fillcolor rgb '%s' fillstyle %s noborder notitle",
                               look > 0 ? ", \\\n     " : "", name, look, halves[look],
                               halves[look], fills[look], solids[look]);
    }
    g_string_append_printf(script, ", \\\n     '%s.dat' index %d using 1:3:1:($1+", name,
                           LOOK_OPEN);
    sim_script_number(script, least_width(evidence));
    g_string_append_printf(script,
                           "):($3-%g):($3+%g) with boxxyerror fillcolor rgb '%s' fillstyle %s "
                           "noborder notitle\n}\n",
                           halves[LOOK_CHANGE], halves[LOOK_CHANGE], fills[LOOK_CHANGE],
                           solids[LOOK_CHANGE]);
}

/* A block is never empty: gnuplot would not count it. */
static void append_data(GString *data, const struct evidence *evidence)
{
    g_string_append_printf(data, "# begin and end in %s, line\n", evidence->unit);
    for (int look = 0; look < LOOK_COUNT; look++) {
        g_string_append(data, "NaN NaN NaN\n");
        for (uint32_t i = 0; i < evidence->count; i++) {
            const struct sim_history_entry *entry = &evidence->kept->piece[i];
            if ((int)look_of(entry) != look) {
                continue;
            }
            double from = x_of(evidence, entry->invoked);
            double to = is_open(entry) ? width_of(evidence) : x_of(evidence, entry->completed);
            sim_script_number(data, from);
            g_string_append_c(data, ' ');
            sim_script_number(data, fmax(to, from + least_width(evidence)));
            g_string_append_printf(data, " %g\n", y_of(evidence, i));
        }
        g_string_append(data, "\n\n");
    }
}

static char *subtitle_of(const struct sim_report *report, const struct evidence *evidence)
{
    const struct sim_section *section = evidence->section;
    g_autofree char *part = evidence->count < evidence->kept->piece_count
                                ? g_strdup_printf(", the first %u of %u operations",
                                                  evidence->count, evidence->kept->piece_count)
                                : g_strdup("");
    return g_strdup_printf("%s%s%s · run %u, key %" G_GUINT64_FORMAT "%s", report->name,
                           section->label[0] ? " · " : "", section->label, evidence->kept->run + 1,
                           evidence->kept->piece[0].key, part);
}

void sim_plots_evidence(GPtrArray *pictures, const struct sim_report *report,
                        const struct sim_section *section)
{
    const struct sim_kept_history *kept = section->result->history;
    if (kept == NULL || kept->piece_count == 0) {
        return;
    }
    struct evidence evidence = evidence_of(section);
    int height = FRAME_PIXELS + ROW_PIXELS * (int)evidence.row_count;
    struct sim_picture *picture = g_new0(struct sim_picture, 1);
    g_autofree char *subtitle = subtitle_of(report, &evidence);
    picture->name = sim_picture_name("evidence", section);
    picture->title = g_strdup("Operations that contradict each other");
    picture->script = g_string_new(NULL);
    picture->data = g_string_new(NULL);
    sim_script_begin(picture->script, picture->name, picture->title, subtitle, height);
    append_frame(picture->script, &evidence, height);
    append_faults(picture->script, &evidence);
    append_deeds(picture->script, &evidence);
    append_bars(picture->script, &evidence, picture->name);
    append_data(picture->data, &evidence);
    g_ptr_array_add(pictures, picture);
}
