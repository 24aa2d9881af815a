/* P(consistent at t): of reads that began t after the latest commit of their key the share that saw
 * it, over the logarithm of t, with the 95 % interval. Steps with few reads are left out: they say
 * nothing.
 */
#include <math.h>

#include "report/number.h"
#include "report/plots.h"

#define HEIGHT 480
#define TITLE_MOST 40
#define READS_LEAST 20.0

struct curve {
    const struct sim_section *section;
    const struct sim_visibility *visibility;
};

struct curves {
    struct curve items[SIM_CHART_LINES];
    uint32_t count;
};

static void collect(struct curves *curves, const struct sim_report *report)
{
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_result *result = report->sections[s].result;
        for (uint32_t v = 0; v < result->visibility_count; v++) {
            if (curves->count < SIM_CHART_LINES) {
                curves->items[curves->count++] =
                    (struct curve){&report->sections[s], &result->visibilities[v]};
            }
        }
    }
}

/* Where a step stands on the axis: its geometric middle. */
static double middle_of(const struct sim_visibility_step *step)
{
    return step->low > 0.0 ? sqrt(step->low * step->high) : step->high;
}

static uint32_t append_points(GString *data, const struct curve *curve, double *least)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < curve->visibility->step_count; i++) {
        const struct sim_visibility_step *step = &curve->visibility->steps[i];
        if (step->reads >= READS_LEAST) {
            const struct sim_estimate *share = &step->consistent;
            sim_script_number(data, middle_of(step));
            g_string_append_c(data, ' ');
            sim_script_number(data, 100.0 * share->value);
            g_string_append_c(data, ' ');
            sim_script_number(data, 100.0 * (share->has_interval ? share->low : share->value));
            g_string_append_c(data, ' ');
            sim_script_number(data, 100.0 * (share->has_interval ? share->high : share->value));
            g_string_append_c(data, '\n');
            *least = fmin(*least, share->value);
            count++;
        }
    }
    g_string_append(data, count == 0 ? "NaN NaN NaN NaN\n\n\n" : "\n\n");
    return count;
}

static void append_frame(GString *script, double least)
{
    double low = least > 0.98 ? 98.0 : least > 0.9 ? 90.0 : least > 0.5 ? 50.0 : 0.0;
    g_string_append(script, "set logscale x\nset xtics (");
    double t = 1e-6;
    for (int decade = 0; decade < 12; decade++, t *= 10.0) {
        char text[SIM_NUMBER_MAX];
        sim_number_plain(text, t, SIM_METRIC_SECONDS, false);
        g_string_append_printf(script, "%s'%s' ", decade > 0 ? ", " : "", text);
        sim_script_number(script, t);
    }
    g_string_append_printf(script,
                           ")\nset yrange [%g:%g]\nset format y '%%g %%%%'\n"
                           "set xlabel 'time since the commit' offset 0,0.3 textcolor '#404040'\n"
                           "set lmargin at screen 0.095\nset bmargin at screen 0.15\n"
                           "set tmargin at screen 0.84\nset rmargin at screen 0.97\n"
                           "set key bottom right Left reverse samplen 2.6 textcolor '#303030'\n",
                           low, 100.0 + (100.0 - low) * 0.03);
}

static void append_curves(GString *script, const struct sim_report *report,
                          const struct curves *curves)
{
    g_string_append(script, "plot ");
    for (uint32_t c = 0; c < curves->count; c++) {
        const struct curve *curve = &curves->items[c];
        const char *tier = curve->section->tiers[curve->visibility->group].name;
        g_autofree char *title = report->section_count > 1
                                     ? g_strdup_printf("%s · %s", curve->section->label, tier)
                                     : g_strdup(tier);
        g_string_append_printf(
            script,
            "%s'visibility.dat' index %u using 1:2:3:4 with yerrorbars pointtype 0 "
            "linewidth 1 linecolor rgb '%s' notitle, \\\n     "
            "'visibility.dat' index %u using 1:2 with linespoints pointtype "
            "%d pointsize 0.7 linewidth 2 dashtype %s linecolor rgb '%s' title ",
            c > 0 ? ", \\\n     " : "", c, sim_script_colour(c), c, sim_script_point(c),
            sim_script_dash(c), sim_script_colour(c));
        sim_script_quote(script, title, TITLE_MOST);
    }
    g_string_append(script, "\n}\n");
}

void sim_plots_visibility(GPtrArray *pictures, const struct sim_report *report)
{
    struct curves curves = {.count = 0};
    uint32_t points = 0;
    double least = 1.0;
    collect(&curves, report);
    g_autoptr(GString) data =
        g_string_new("# seconds since the latest commit, % of reads that saw it, low, high\n");
    for (uint32_t c = 0; c < curves.count; c++) {
        points += append_points(data, &curves.items[c], &least);
    }
    if (points == 0) {
        return;
    }
    struct sim_picture *picture = g_new0(struct sim_picture, 1);
    picture->name = g_strdup("visibility");
    picture->title = g_strdup("How soon reads see what was written");
    picture->script = g_string_new(NULL);
    picture->data = g_string_new(data->str);
    g_autofree char *of = sim_picture_subtitle_of_first(report);
    g_autofree char *subtitle = g_strdup_printf(
        "%s · share of reads that saw the latest commit, by its age; bars: 95 %%", of);
    sim_script_begin(picture->script, "visibility", picture->title, subtitle, HEIGHT);
    append_frame(picture->script, least);
    append_curves(picture->script, report, &curves);
    g_ptr_array_add(pictures, picture);
}
