/* junit.xml for continuous integration: a suite a result, a case an expectation.
 *
 * What is inconclusive is neither a pass nor a failure: it is skipped, and says why. No times are
 * given: a second run writes the same bytes.
 */
#include <string.h>

#include "report/number.h"
#include "report/render.h"

/* Markup, and what XML 1.0 cannot hold, taken out. Caller frees. */
static char *escaped(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    for (char *c = valid; *c; c++) {
        if (g_ascii_iscntrl(*c)) {
            *c = ' ';
        }
    }
    return g_markup_escape_text(valid, -1);
}

static uint32_t count_verdicts(const struct sim_section *section, enum sim_verdict verdict)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < section->expectation_count; i++) {
        count += section->expectations[i].verdict == verdict;
    }
    return count;
}

static void append_case(GString *out, const struct sim_report *report,
                        const struct sim_section *section,
                        const struct sim_report_expectation *expectation)
{
    char value[SIM_NUMBER_MAX], interval[SIM_NUMBER_MAX];
    sim_number_value(value, &expectation->estimate, expectation->unit, expectation->is_rate);
    sim_number_interval(interval, &expectation->estimate, expectation->unit, expectation->is_rate);
    g_autofree char *message = g_strdup_printf(
        "measured %s%s%s%s%s%s", value, interval[0] ? " (" : "", interval, interval[0] ? ")" : "",
        expectation->reason ? ", " : "", expectation->reason ? expectation->reason : "");
    g_autofree char *safe_message = escaped(message);
    g_autofree char *safe_name = escaped(expectation->text);
    g_autofree char *file = g_path_get_basename(report->path);
    g_autofree char *safe_file = escaped(file);
    g_autofree char *class_name = escaped(section->label[0] ? section->label : report->name);
    g_string_append_printf(out,
                           "    <testcase name=\"%s\" classname=\"%s\" file=\"%s\" line=\"%d\"",
                           safe_name, class_name, safe_file, expectation->line);
    switch (expectation->verdict) {
    case SIM_PASS:
        g_string_append(out, "/>\n");
        break;
    case SIM_FAIL:
        g_string_append_printf(out, ">\n      <failure message=\"%s\"/>\n    </testcase>\n",
                               safe_message);
        break;
    case SIM_INCONCLUSIVE:
        g_string_append_printf(
            out, ">\n      <skipped message=\"inconclusive: %s\"/>\n    </testcase>\n",
            safe_message);
        break;
    }
}

GString *sim_render_junit(const struct sim_report *report)
{
    GString *out = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_section *section = &report->sections[s];
        g_autofree char *joined =
            g_strdup_printf("%s%s%s", report->name, section->label[0] ? ": " : "", section->label);
        g_autofree char *name = escaped(joined);
        g_string_append_printf(out,
                               "  <testsuite name=\"%s\" tests=\"%u\" failures=\"%u\" errors=\"0\" "
                               "skipped=\"%u\">\n",
                               name, section->expectation_count, count_verdicts(section, SIM_FAIL),
                               count_verdicts(section, SIM_INCONCLUSIVE));
        for (uint32_t i = 0; i < section->expectation_count; i++) {
            append_case(out, report, section, &section->expectations[i]);
        }
        g_string_append(out, "  </testsuite>\n");
    }
    g_string_append(out, "</testsuites>\n");
    return out;
}
