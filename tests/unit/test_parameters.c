/* What every parameter of every model, and of every law and policy that they take, must have: a
 * range that is checked, a unit that is asked for, a default that the reader accepts, a line of
 * help that says in brackets where a default comes from that is more than "nothing", "one" or
 * "all", and that it is assumed where it comes from nowhere. Each of it is tried through the
 * loader, as a user would. If these failed, a slip of the pen in a scenario would be played instead
 * of named.
 */
#include <glib.h>
#include <string.h>

#include "models.h"
#include "scenario/scenario.h"

/* A field of a node, or of a constructor that such a field takes. */
struct place {
    const struct sim_model *model;
    const struct sim_param *shape; /* NULL = a field of the node */
    const struct sim_constructor *constructor;
    const struct sim_param *param;
    uint32_t *checked;
};

static bool is_measure(enum sim_param_type type)
{
    switch (type) {
    case SIM_PARAM_INTEGER:
    case SIM_PARAM_NUMBER:
    case SIM_PARAM_RATIO:
    case SIM_PARAM_DURATION:
    case SIM_PARAM_MOMENT:
    case SIM_PARAM_RATE:
    case SIM_PARAM_BYTES:
    case SIM_PARAM_BANDWIDTH:
    case SIM_PARAM_DURATION_LAW:
    case SIM_PARAM_DURATION_LAWS:
    case SIM_PARAM_BYTES_LAW:
        return true;
    case SIM_PARAM_BOOLEAN:
    case SIM_PARAM_TEXT:
    case SIM_PARAM_CHOICE:
    case SIM_PARAM_MIX:
    case SIM_PARAM_TARGET:
    case SIM_PARAM_SHAPE:
    case SIM_PARAM_SHAPES:
    case SIM_PARAM_TRACE:
        break;
    }
    return false;
}

static bool has_unit(enum sim_param_type type)
{
    return is_measure(type) && type != SIM_PARAM_INTEGER && type != SIM_PARAM_NUMBER &&
           type != SIM_PARAM_RATIO;
}

/* The value with its unit, as it is written in a scenario. */
static char *written(enum sim_param_type type, double value)
{
    if (type == SIM_PARAM_RATIO) {
        return g_strdup_printf("percent(%.17g)", 100 * value);
    }
    if (type == SIM_PARAM_BANDWIDTH) {
        return g_strdup_printf("MB_s(%.17g)", value / 1e6);
    }
    bool is_bytes = type == SIM_PARAM_BYTES || type == SIM_PARAM_BYTES_LAW;
    const char *unit = type == SIM_PARAM_RATE ? "rate" : is_bytes ? "bytes" : "s";
    return has_unit(type) ? g_strdup_printf("%s(%.17g)", unit, value)
                          : g_strdup_printf("%.17g", value);
}

/* What the loader says to a scenario that has the field so, and where it names the field; NULL when
 * it does not complain of it. Other fields are missing, which it says as well. */
static char *complaint(const struct place *place, const char *value)
{
    const char *name = place->param->name;
    g_autofree char *own = g_strdup_printf("%s = %s", name, value);
    g_autofree char *field =
        place->shape == NULL
            ? g_strdup(own)
            : g_strdup_printf("%s = %s { %s }", place->shape->name, place->constructor->name, own);
    g_autofree char *text = g_strdup_printf("return scenario { name = \"p\", duration = s(1),\n"
                                            "node \"it\" { model = \"%s\",\n%s } }",
                                            place->model->name, field);
    struct sim_load_options options = {.models = sim_models};
    struct sim_problems problems;
    sim_problems_init(&problems);
    struct sim_scenario *scenario =
        sim_scenario_load_text(text, strlen(text), "p.lua", &options, &problems);
    char *found = NULL;
    g_autofree char *named = g_strdup_printf(": %s: ", name);
    for (size_t i = 0; i < problems.count && found == NULL; i++) {
        if (strstr(problems.items[i].text, named) != NULL) {
            found = g_strdup(problems.items[i].text);
        }
    }
    sim_problems_clear(&problems);
    sim_scenario_free(scenario);
    return found;
}

static void must_refuse(const struct place *place, const char *value, const char *why)
{
    g_autofree char *said = complaint(place, value);
    if (said == NULL) {
        g_error("%s %s %s = %s is taken: %s", place->model->name,
                place->constructor != NULL ? place->constructor->name : "", place->param->name,
                value, why);
    }
    ++*place->checked;
}

#define NO_LIMIT 1e299

static void check_range(const struct place *place)
{
    const struct sim_param *param = place->param;
    bool is_whole = param->type == SIM_PARAM_INTEGER || param->type == SIM_PARAM_BYTES;
    if (param->min <= -NO_LIMIT) {
        g_error("%s.%s: no range", place->model->name, param->name);
    }
    double below = is_whole ? param->min - 1 : param->min - (param->min > 0 ? param->min / 2 : 1);
    g_autofree char *low = written(param->type, below);
    must_refuse(place, low, "it is below the least");
    if (param->max < NO_LIMIT) {
        g_autofree char *high = written(param->type, param->max * 2 + 1);
        must_refuse(place, high, "it is above the greatest");
    }
    if (has_unit(param->type)) {
        must_refuse(place, "7", "it has no unit");
    }
    must_refuse(place, "\"seven\"", "it is a word");
}

static void check_default(const struct place *place)
{
    const char *fallback = place->param->fallback;
    if (fallback == NULL || strcmp(fallback, "nil") == 0) {
        return;
    }
    g_autofree char *said = complaint(place, fallback);
    if (said != NULL) {
        g_error("%s.%s: its default %s is refused: %s", place->model->name, place->param->name,
                fallback, said);
    }
}

static void check_help(const struct place *place)
{
    int depth = 0;
    for (const char *c = place->param->help; *c != '\0'; c++) {
        depth += (*c == '[') - (*c == ']');
        g_assert_cmpint(depth, >=, 0);
        g_assert_cmpint(depth, <=, 1);
        g_assert_false(c[0] == '[' && c[1] == ']');
    }
    g_assert_cmpint(depth, ==, 0);
}

/* Of defaults that say that something is absent, single, whole or at once nobody asks why. */
static void check_source(const struct place *place)
{
    static const char *const plain[] = {"nil", "none", "0", "1", "-1", "percent(100)", NULL};
    const char *fallback = place->param->fallback;
    if (fallback == NULL || g_strv_contains(plain, fallback) || g_str_has_suffix(fallback, "(0)")) {
        return;
    }
    if (strchr(place->param->help, '[') == NULL) {
        g_error("%s.%s: where is its default %s from?", place->model->name, place->param->name,
                fallback);
    }
}

static void check(struct place *place)
{
    for (; place->param != NULL && place->param->name != NULL; place->param++) {
        check_help(place);
        check_default(place);
        if (is_measure(place->param->type)) {
            check_range(place);
            check_source(place);
        }
    }
}

static void test_all(void)
{
    uint32_t checked = 0;
    for (int i = 0; sim_models[i] != NULL; i++) {
        struct place place = {
            .model = sim_models[i], .param = sim_models[i]->params, .checked = &checked};
        check(&place);
        for (const struct sim_param *param = sim_models[i]->params; param->name != NULL; param++) {
            if (param->type != SIM_PARAM_SHAPE) {
                continue;
            }
            for (int c = 0; param->family->constructors[c] != NULL; c++) {
                struct place inner = {.model = sim_models[i],
                                      .shape = param,
                                      .constructor = param->family->constructors[c],
                                      .param = param->family->constructors[c]->params,
                                      .checked = &checked};
                check(&inner);
            }
        }
    }
    g_assert_cmpuint(checked, >, 1000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/parameters/all", test_all);
    return g_test_run();
}
