/* The latency distribution: what share of the requests took longer than x, both axes logarithmic,
 * so that a tail of one in ten thousand is as easy to read as the median.
 *
 * Failed requests never end: the curve of a source that fails f of its requests levels out at f.
 */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/number.h"
#include "report/plots.h"

#define HEIGHT 560
#define CURVES_MAX SIM_CHART_LINES
#define SOURCES_PICTURED 4 /* of several results: a picture each */
#define LEAST_SHARE 1e-6
#define TITLE_MOST 40

struct curve {
    char *title;
    const struct sim_section *section;
    const struct sim_distribution *distribution;
    uint32_t tier;
};

struct frame {
    double x_low, x_high; /* seconds */
    double y_low;         /* share */
};

static double power_of_ten_below(double value)
{
    double decade = 1.0;
    while (decade > value) {
        decade /= 10.0;
    }
    while (decade * 10.0 <= value) {
        decade *= 10.0;
    }
    return decade;
}

/* Where the curve begins to fall: one request in twenty is faster. */
static double beginning_of(const struct sim_distribution *distribution)
{
    double within = 0.0;
    for (uint32_t b = 0; b < distribution->bucket_count; b++) {
        within += distribution->buckets[b].count;
        if (within >= 0.05 * distribution->total) {
            return distribution->buckets[b].low > 0.0 ? distribution->buckets[b].low
                                                      : distribution->buckets[b].high;
        }
    }
    return distribution->buckets[0].high;
}

/* Down to the last request, or to a little below the share that was never answered. */
static double least_share(const struct sim_distribution *distribution)
{
    return distribution->infinite > 0.0 ? 0.3 * distribution->infinite / distribution->total
                                        : 0.5 / distribution->total;
}

static struct frame frame_of(const struct curve *curves, uint32_t count)
{
    struct frame frame = {INFINITY, 0.0, 0.05};
    for (uint32_t c = 0; c < count; c++) {
        const struct sim_distribution *distribution = curves[c].distribution;
        if (distribution->bucket_count > 0) {
            double low = beginning_of(distribution);
            double high = distribution->buckets[distribution->bucket_count - 1].high;
            frame.x_low = low < frame.x_low ? low : frame.x_low;
            frame.x_high = high > frame.x_high ? high : frame.x_high;
        }
        double least = least_share(distribution);
        frame.y_low = least < frame.y_low ? least : frame.y_low;
    }
    if (frame.x_high <= 0.0) { /* nothing was ever answered */
        frame.x_low = 1e-3;
        frame.x_high = 10.0;
    }
    if (frame.x_high < 4.0 * frame.x_low) { /* (nearly) constant: some room around it */
        double middle = sqrt(frame.x_low * frame.x_high);
        frame.x_low = middle / 2.0;
        frame.x_high = middle * 2.0;
    } else {
        frame.x_low *= 0.9;
        frame.x_high *= 1.25;
    }
    frame.y_low = frame.y_low < LEAST_SHARE ? LEAST_SHARE : frame.y_low;
    return frame;
}

/* The share of the axis that the label of a tic takes; one that would touch the last is left out.
 */
#define LABEL_SHARE 0.085
#define LABEL_SHARE_NARROW 0.14

/* Tics at 1, 2, 5 (or at decades alone when there are many), in units that read well. */
static void append_x_tics(GString *script, const struct frame *frame, bool is_narrow)
{
    static const double steps[] = {1.0, 2.0, 5.0};
    static const double fine_steps[] = {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0};
    double spread = frame->x_high / frame->x_low;
    bool is_fine = spread < 8.0 && !is_narrow;
    const double *labelled = is_fine ? fine_steps : steps;
    size_t count = is_fine ? G_N_ELEMENTS(fine_steps) : spread < (is_narrow ? 50.0 : 1e3) ? 3 : 1;
    g_string_append(script, "set xtics (");
    bool is_first = true;
    double room = log(spread) * (is_narrow ? LABEL_SHARE_NARROW : LABEL_SHARE);
    double latest = 0.0;
    for (double decade = power_of_ten_below(frame->x_low); decade <= frame->x_high;
         decade *= 10.0) {
        for (int digit = 1; digit < 10; digit++) { /* small tics without a label */
            g_string_append_printf(script, "%s'' ", is_first ? "" : ", ");
            sim_script_number(script, digit * decade);
            g_string_append(script, " 1");
            is_first = false;
        }
        for (size_t i = 0; i < count; i++) {
            double x = labelled[i] * decade;
            char text[SIM_NUMBER_MAX];
            bool has_room = latest <= 0.0 || log(x / latest) > room;
            if (x >= frame->x_low && x <= frame->x_high && has_room) {
                latest = x;
                sim_number_plain(text, x, SIM_METRIC_SECONDS, false);
                g_string_append_printf(script, ", '%s' ", text);
                sim_script_number(script, x);
            }
        }
    }
    g_string_append(script, ")\n");
}

static void append_frame(GString *script, const struct frame *frame)
{
    g_string_append(script, "set logscale xy\nset xrange [");
    sim_script_number(script, frame->x_low);
    g_string_append_c(script, ':');
    sim_script_number(script, frame->x_high);
    g_string_append(script, "]\nset yrange [");
    sim_script_number(script, frame->y_low);
    g_string_append(script, ":1.15]\n");
    g_string_append(script, "set ytics (");
    static const char *const shares[] = {"100 %%",  "10 %%",    "1 %%",     "0.1 %%",
                                         "0.01 %%", "0.001 %%", "0.0001 %%"};
    double share = 1.0;
    for (size_t i = 0; i < G_N_ELEMENTS(shares) && share >= frame->y_low * 0.99; i++) {
        g_string_append_printf(script, "%s'%s' ", i > 0 ? ", " : "", shares[i]);
        sim_script_number(script, share);
        share /= 10.0;
    }
    g_string_append(script, ")\nset y2range [");
    sim_script_number(script, frame->y_low);
    g_string_append(script,
                    ":1.15]\nset logscale y2\nset y2tics ('p50' 0.5, 'p90' 0.1, 'p99' 0.01, "
                    "'p99.9' 0.001, 'p99.99' 0.0001, 'p99.999' 0.00001) scale 0\n"
                    "set xlabel 'latency' offset 0,0.3 textcolor '#404040'\n"
                    "set lmargin at screen 0.115\nset bmargin at screen 0.14\n");
}

/* Above the panel in at most two rows, or to its right, where the names of the percentiles go. */
static void append_key(GString *script, const struct curve *curves, uint32_t count,
                       const struct frame *frame)
{
    bool is_beside = false;
    glong longest = 0;
    for (uint32_t c = 0; c < count; c++) {
        glong length = g_utf8_strlen(curves[c].title, -1);
        longest = length > longest ? length : longest;
    }
    glong columns = 70 / ((longest < TITLE_MOST ? longest : TITLE_MOST) + 9);
    if (count == 1) {
        g_string_append(script, "unset key\nset tmargin at screen 0.84\n"
                                "set rmargin at screen 0.905\n");
    } else if (columns > 0 && ((glong)count - 1) / columns < 2) {
        g_string_append(script, "set tmargin at screen 0.785\nset rmargin at screen 0.905\n"
                                "set key at screen 0.115,0.795 left bottom horizontal Left reverse "
                                "samplen 2.6 width 1 maxrows 2 textcolor '#303030'\n");
    } else {
        double edge = sim_script_key_edge(longest, TITLE_MOST);
        is_beside = true;
        g_string_append_printf(script,
                               "set tmargin at screen 0.84\nset rmargin at screen %.4f\n"
                               "unset y2tics\n"
                               "set key at screen %.4f,0.84 left top vertical Left reverse "
                               "samplen 2.6 spacing 1.25 textcolor '#303030'\n",
                               edge, edge + 0.012);
    }
    append_x_tics(script, frame, is_beside);
}

/* The figure at a quantile, when it is known and finite. */
static bool quantile_of(const struct curve *curve, const char *aggregate, double *ret_seconds)
{
    const struct sim_figure *figure =
        sim_section_figure(curve->section, curve->tier, "latency", aggregate);
    if (!figure || !figure->is_printable || !isfinite(figure->estimate.value) ||
        figure->estimate.value <= 0.0) {
        return false;
    }
    *ret_seconds = figure->estimate.value;
    return true;
}

/* Where the curve passes a share; it is of all runs together, the figure is a mean over them. */
static double curve_at(const struct sim_distribution *distribution, double share)
{
    double beyond = distribution->total;
    for (uint32_t b = 0; b < distribution->bucket_count; b++) {
        double before = beyond;
        beyond -= distribution->buckets[b].count;
        if (beyond <= share * distribution->total) {
            const struct sim_bucket *bucket = &distribution->buckets[b];
            double part = (before - share * distribution->total) / bucket->count;
            return bucket->low + part * (bucket->high - bucket->low);
        }
    }
    return NAN;
}

static const struct {
    const char *aggregate;
    double share;
} quantile_marks[] = {{"p50", 0.5}, {"p90", 0.1}, {"p99", 0.01}, {"p99.9", 0.001}};

/* Points on the curve, with their names and values where there is one curve only. */
static void append_marks(GString *script, const struct curve *curve, const struct frame *frame)
{
    for (size_t i = 0; i < G_N_ELEMENTS(quantile_marks); i++) {
        double seconds;
        if (!quantile_of(curve, quantile_marks[i].aggregate, &seconds)) {
            continue;
        }
        char value[SIM_NUMBER_MAX];
        const struct sim_figure *figure =
            sim_section_figure(curve->section, curve->tier, "latency", quantile_marks[i].aggregate);
        sim_number_value(value, &figure->estimate, figure->unit, false);
        const char *shown = value[0] == '~' ? value + 1 : value;
        /* To the right of the point unless that is beyond the panel. */
        bool is_left = seconds > frame->x_high / pow(frame->x_high / frame->x_low, 0.2);
        g_string_append_printf(script, "set label %zu '%s  %s' at ", 30 + i,
                               quantile_marks[i].aggregate, shown);
        sim_script_number(script, curve_at(curve->distribution, quantile_marks[i].share));
        g_string_append_c(script, ',');
        sim_script_number(script, quantile_marks[i].share);
        g_string_append_printf(script, " %s offset %s,%s textcolor '#202020' front\n",
                               is_left ? "right" : "left", is_left ? "-1" : "1",
                               is_left ? "-0.7" : "0.5");
    }
}

static void append_failures(GString *script, const struct curve *curve)
{
    double failed = curve->distribution->infinite / curve->distribution->total;
    if (failed > 0.0) {
        char share[SIM_NUMBER_MAX];
        sim_number_plain(share, failed, SIM_METRIC_RATIO, false);
        g_string_append_printf(script, "set label 40 '%s never answered' at graph 1,first ", share);
        sim_script_number(script, failed);
        g_string_append(script, " right offset -0.6,-0.8 textcolor '#404040' front\n");
    }
}

static void append_curves(GString *script, const char *name, const struct curve *curves,
                          uint32_t count)
{
    g_string_append(script, "plot ");
    for (uint32_t c = 0; c < count; c++) {
        const char *colour = sim_script_colour(c);
        g_string_append_printf(
            script,
            "%s'%s.dat' index %u using 1:2 with lines linewidth %.1f dashtype %s "
            "linecolor rgb '%s' title ",
            c > 0 ? ", \\\n     " : "", name, 2 * c,
            2.0 + 0.5 * (count - 1 - c < 4 ? count - 1 - c : 4), sim_script_dash(c), colour);
        sim_script_quote(script, curves[c].title, TITLE_MOST);
        g_string_append_printf(script,
                               ", \\\n     '%s.dat' index %u using 1:2 with points pointtype %d "
                               "pointsize 0.8 linecolor rgb '%s' notitle",
                               name, 2 * c + 1, sim_script_point(c), colour);
    }
    g_string_append(script, "\n}\n");
}

/* Two blocks: the curve, then its marks. A block is never empty: gnuplot would not count it. */
static void append_data(GString *data, const struct curve *curve, const struct frame *frame)
{
    const struct sim_distribution *distribution = curve->distribution;
    g_string_append(data, "# ");
    sim_script_quote(data, curve->title, 200);
    g_string_append(data, ": latency in seconds, share of requests that took longer\n");
    double beyond = distribution->total;
    sim_script_number(data, frame->x_low);
    g_string_append(data, " 1\n");
    for (uint32_t b = 0; b < distribution->bucket_count; b++) {
        bool has_gap = b == 0 || distribution->buckets[b].low >
                                     distribution->buckets[b - 1].high * (1.0 + 1e-9);
        if (has_gap) { /* flat up to where the next request is */
            sim_script_number(data, distribution->buckets[b].low);
            g_string_append_c(data, ' ');
            sim_script_number(data, beyond / distribution->total);
            g_string_append_c(data, '\n');
        }
        beyond -= distribution->buckets[b].count;
        sim_script_number(data, distribution->buckets[b].high);
        g_string_append_c(data, ' ');
        /* Down to the edge of the picture, where nothing is beyond. */
        double share = beyond / distribution->total;
        sim_script_number(data, share > 0.5 / distribution->total ? share : frame->y_low * 0.1);
        g_string_append_c(data, '\n');
    }
    if (distribution->infinite > 0.0) {
        sim_script_number(data, frame->x_high);
        g_string_append_c(data, ' ');
        sim_script_number(data, distribution->infinite / distribution->total);
        g_string_append_c(data, '\n');
    }
    g_string_append(data, "\n\n# its quantiles\nNaN NaN\n");
    for (size_t i = 0; i < G_N_ELEMENTS(quantile_marks); i++) {
        double seconds;
        if (quantile_of(curve, quantile_marks[i].aggregate, &seconds)) {
            sim_script_number(data, curve_at(distribution, quantile_marks[i].share));
            g_string_append_c(data, ' ');
            sim_script_number(data, quantile_marks[i].share);
            g_string_append_c(data, '\n');
        }
    }
    g_string_append(data, "\n\n");
}

static struct sim_picture *picture_of(const struct sim_report *report, const struct curve *curves,
                                      uint32_t count, const char *name)
{
    struct sim_picture *picture = g_new0(struct sim_picture, 1);
    const char *tier = curves[0].section->tiers[curves[0].tier].name;
    picture->name = g_strdup(name);
    bool is_of_sources = count > 1 && curves[0].tier != curves[1].tier;
    picture->title = is_of_sources ? g_strdup("How long requests took")
                                   : g_strdup_printf("%s: how long requests took", tier);
    picture->script = g_string_new(NULL);
    picture->data = g_string_new(NULL);
    char total[SIM_TEXT_MAX];
    sim_text_count(total, curves[0].distribution->total);
    g_autofree char *of =
        is_of_sources ? g_strdup(report->name) : sim_picture_subtitle_of_first(report);
    g_autofree char *subtitle =
        count > 1 ? g_strdup_printf("%s · share of requests that took longer than x", of)
                  : g_strdup_printf("%s · share of %s requests that took longer than x",
                                    report->name, total);
    struct frame frame = frame_of(curves, count);
    sim_script_begin(picture->script, name, picture->title, subtitle, HEIGHT);
    append_frame(picture->script, &frame);
    append_key(picture->script, curves, count, &frame);
    if (count == 1) {
        append_marks(picture->script, &curves[0], &frame);
        append_failures(picture->script, &curves[0]);
    }
    append_curves(picture->script, name, curves, count);
    for (uint32_t c = 0; c < count; c++) {
        append_data(picture->data, &curves[c], &frame);
    }
    return picture;
}

static const struct sim_distribution *distribution_of(const struct sim_section *section,
                                                      uint32_t tier)
{
    for (uint32_t d = 0; d < section->result->distribution_count; d++) {
        if (section->result->distributions[d].group == tier) {
            return &section->result->distributions[d];
        }
    }
    return NULL;
}

/* The tier of that name in another section: variants may have different tiers. */
static uint32_t tier_named(const struct sim_section *section, const char *name)
{
    for (uint32_t t = 0; t < section->tier_count; t++) {
        if (strcmp(section->tiers[t].name, name) == 0) {
            return t;
        }
    }
    return SIM_NONE;
}

/* "backoff (p99 320 ms)", or how many were never answered where that leaves no p99. */
static char *curve_title(const struct sim_report *report, const struct curve *curve)
{
    const char *name =
        report->section_count > 1 ? curve->section->label : curve->section->tiers[curve->tier].name;
    double p99;
    char text[SIM_NUMBER_MAX];
    if (quantile_of(curve, "p99", &p99)) {
        sim_number_plain(text, p99, SIM_METRIC_SECONDS, false);
        return g_strdup_printf("%s (p99 %s)", name, text);
    }
    if (curve->distribution->infinite > 0.0) {
        sim_number_plain(text, curve->distribution->infinite / curve->distribution->total,
                         SIM_METRIC_RATIO, false);
        return g_strdup_printf("%s (%s never)", name, text);
    }
    return g_strdup(name);
}

struct curves {
    struct curve items[CURVES_MAX];
    uint32_t count;
};

static void add_curve(struct curves *curves, const struct sim_report *report,
                      const struct sim_section *section, uint32_t tier)
{
    if (tier == SIM_NONE || curves->count == CURVES_MAX || !distribution_of(section, tier)) {
        return;
    }
    struct curve *curve = &curves->items[curves->count++];
    *curve = (struct curve){
        .section = section, .tier = tier, .distribution = distribution_of(section, tier)};
    curve->title = curve_title(report, curve);
}

/* Whether no request of any curve took time, which a logarithmic axis cannot show. */
static bool is_instant(const struct curves *curves)
{
    for (uint32_t c = 0; c < curves->count; c++) {
        const struct sim_distribution *distribution = curves->items[c].distribution;
        uint32_t last = distribution->bucket_count;
        if (distribution->infinite > 0.0 ||
            (last > 0 && distribution->buckets[last - 1].low > 0.0)) {
            return false;
        }
    }
    return true;
}

static void finish_curves(GPtrArray *pictures, const struct sim_report *report,
                          struct curves *curves, const char *name)
{
    if (curves->count > 0 && !is_instant(curves)) {
        g_ptr_array_add(pictures, picture_of(report, curves->items, curves->count, name));
    }
    for (uint32_t c = 0; c < curves->count; c++) {
        g_free(curves->items[c].title);
    }
    curves->count = 0;
}

/* One result: a curve a source, in one picture. Several: a picture a source, a curve a result. */
void sim_plots_latency(GPtrArray *pictures, const struct sim_report *report)
{
    const struct sim_section *first = &report->sections[0];
    bool is_single = report->section_count == 1;
    struct curves curves = {.count = 0};
    uint32_t drawn = 0;
    for (uint32_t t = 0; t < first->tier_count; t++) {
        if (!sim_section_is_busy_source(first, t, is_single ? CURVES_MAX : SOURCES_PICTURED)) {
            continue;
        }
        for (uint32_t s = 0; s < report->section_count; s++) {
            const struct sim_section *section = &report->sections[s];
            add_curve(&curves, report, section, tier_named(section, first->tiers[t].name));
        }
        if (!is_single) {
            drawn++;
            g_autofree char *name =
                drawn > 1 ? g_strdup_printf("latency-%u", drawn) : g_strdup("latency");
            finish_curves(pictures, report, &curves, name);
        }
    }
    finish_curves(pictures, report, &curves, "latency");
}
