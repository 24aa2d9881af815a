/* The table of models: what the loader, the manual and `brink models` take from it. And the
 * template, whose story is the one that a copy of it begins with.
 */
#include <string.h>

#include "fixture.h"
#include "models.h"

static void check_params(const char *who, const struct sim_param *params, size_t size)
{
    for (const struct sim_param *param = params; param != NULL && param->name != NULL; param++) {
        g_test_message("%s.%s", who, param->name);
        g_assert_cmpuint(param->offset, <, size);
        g_assert_nonnull(param->help);
        g_assert_cmpuint(strlen(param->help), >, 8);
        g_assert_cmpfloat(param->min, <=, param->max);
        bool is_shape = param->type == SIM_PARAM_SHAPE || param->type == SIM_PARAM_SHAPES;
        g_assert_true(is_shape == (param->family != NULL));
        bool has_choices = param->choices != NULL; /* those of a target are models */
        g_assert_true(param->type == SIM_PARAM_TARGET ||
                      (param->type == SIM_PARAM_CHOICE) == has_choices);
        for (const struct sim_param *other = params; other != param; other++) {
            g_assert_cmpstr(other->name, !=, param->name);
            g_assert_cmpuint(other->offset, !=, param->offset);
        }
        /* A list of shapes is a list of its own family, which has been entered already. */
        if (param->type == SIM_PARAM_SHAPE) {
            for (int i = 0; param->family->constructors[i] != NULL; i++) {
                const struct sim_constructor *constructor = param->family->constructors[i];
                check_params(constructor->name, constructor->params, constructor->size);
            }
        }
    }
}

static void check_names(const char *const *names)
{
    for (int i = 0; names != NULL && names[i] != NULL; i++) {
        for (int j = 0; j < i; j++) {
            g_assert_cmpstr(names[i], !=, names[j]);
        }
    }
}

static const struct sim_metric_spec *find_metric(const struct sim_model *model, const char *name)
{
    for (const struct sim_metric_spec *metric = model->metrics; metric->name != NULL; metric++) {
        if (strcmp(metric->name, name) == 0) {
            return metric;
        }
    }
    return NULL;
}

static void check_metrics(const struct sim_model *model)
{
    for (const struct sim_metric_spec *metric = model->metrics;
         metric != NULL && metric->name != NULL; metric++) {
        g_assert_nonnull(metric->help);
        g_assert_true(find_metric(model, metric->name) == metric); /* no name twice */
        g_assert_null(sim_standard_metric_find(metric->name));
        if (metric->of != NULL) {
            const struct sim_metric_spec *whole = sim_standard_metric_find(metric->of);
            whole = whole != NULL ? whole : find_metric(model, metric->of);
            g_assert_true(whole != NULL && whole->kind == SIM_METRIC_COUNT &&
                          metric->kind == SIM_METRIC_COUNT);
        }
    }
}

static void check_model(const struct sim_model *model)
{
    g_assert_cmpuint(model->abi, ==, SIM_MODEL_ABI);
    g_assert_nonnull(model->summary);
    g_assert_nonnull(model->handle);
    check_params(model->name, model->params, model->params_size);
    check_metrics(model);
    check_names(model->timers);
    check_names(model->messages);
    check_names(model->draws);
}

static void test_descriptors(void)
{
    for (int i = 0; sim_models[i] != NULL; i++) {
        check_model(sim_models[i]);
        for (int j = 0; j < i; j++) {
            g_assert_cmpstr(sim_models[i]->name, !=, sim_models[j]->name);
        }
    }
    check_model(&sim_model_template);
}

/* Every model has its page, and the index names it. */
static void test_pages(void)
{
    g_autofree char *index = NULL;
    g_assert_true(
        g_file_get_contents(BRINK_SOURCE_DIR "/docs/models/README.md", &index, NULL, NULL));
    for (int i = 0; sim_models[i] != NULL; i++) {
        g_autofree char *file = g_strdup_printf("%s.md", sim_models[i]->name);
        g_autofree char *path = g_build_filename(BRINK_SOURCE_DIR, "docs", "models", file, NULL);
        g_autofree char *page = NULL;
        g_test_message("%s", path);
        g_assert_true(g_file_get_contents(path, &page, NULL, NULL));
        g_assert_nonnull(strstr(page, "```lua scenario"));
        g_assert_nonnull(strstr(index, file));
        for (const struct sim_param *param = sim_models[i]->params; param->name != NULL; param++) {
            g_autofree char *quoted = g_strdup_printf("`%s`", param->name);
            g_test_message("%s", quoted);
            g_assert_nonnull(strstr(page, quoted));
        }
    }
}

static void test_template(void)
{
    struct fixture f;
    fixture_init(&f, s(10));
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular(rate(100)), to = 'it'");
    fixture_add_node(&f, "it", &sim_model_template, "delay = ms(25), reject = percent(20)");
    fixture_link_latency(&f, ms(1));
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(5), s(6), "it");
    fixture_start(&f);
    fixture_run_until(&f, s(5) - 1);
    g_assert_cmpint(fixture_level(&f, "it", "held"), >, 0);
    fixture_run_until(&f, s(5));
    g_assert_cmpint(fixture_level(&f, "it", "held"), ==, 0);
    fixture_run(&f);
    g_assert_cmpfloat(fixture_quantile(&f, "users", "latency", 0), ==, 0.027);
    g_assert_cmpfloat(fixture_quantile(&f, "it", "held.time", 1), ==, 0.025);
    double rejected = (double)fixture_total(&f, "users", "rejected");
    g_assert_cmpfloat(rejected, >, 900 * 0.2 - 4 * 12);
    g_assert_cmpfloat(rejected, <, 900 * 0.2 + 4 * 12);
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/models/descriptors", test_descriptors);
    g_test_add_func("/models/pages", test_pages);
    g_test_add_func("/models/template", test_template);
    return g_test_run();
}
