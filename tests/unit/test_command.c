/* The commands with models of the test's own: if this failed, an error in a model (or in brink)
 * would pass for a result, or the exit codes that scripts rely on would not be what they are. What
 * a user can meet with the models that there are is in tests/cli. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "models.h"
#include "study.h"

/* Answers all requests but every hundredth, which it forgets. */
struct leaky_state {
    uint64_t count;
};

static void leaky_handle(struct sim_node *self, const struct sim_input *in)
{
    struct leaky_state *state = sim_state(self);
    if (in->kind == SIM_IN_REQUEST && ++state->count % 100 != 0) {
        sim_answer_status(self, in->ticket, SIM_STATUS_OK);
    }
}

struct leaky_params {
    bool unused;
};

static const struct sim_param leaky_params[] = {{.name = NULL}};

static const struct sim_model leaky = {
    .abi = SIM_MODEL_ABI,
    .name = "leaky",
    .summary = "forgets some requests",
    .params_size = sizeof(struct leaky_params),
    .params = leaky_params,
    .state_size = sizeof(struct leaky_state),
    .handle = leaky_handle,
};

static const struct sim_model *const models[] = {&sim_model_client_open, &leaky, NULL};

static volatile bool stop;

static void catch_nothing(void)
{
}

/* In a subprocess, which fails unless the command ends with 0; any other end must be `expected`. */
static void run_command(int argc, char **argv, int expected)
{
    struct sim_program program = {.models = models,
                                  .caches = &sim_replay_policies,
                                  .stop = &stop,
                                  .catch_interrupt = catch_nothing};
    int code = sim_command_main(argc, argv, &program);
    g_assert_cmpint(code, ==, expected);
    exit(code);
}

static void test_leak_is_an_internal_error(void)
{
    static char place_variable[] = "BRINK_TEST_PLACE";
    if (g_test_subprocess()) {
        char *folder = (char *)g_getenv(place_variable);
        char *path = g_build_filename(folder, "test.lua", NULL);
        char *out = g_build_filename(folder, "out", NULL);
        char *argv[] = {"brink", "run", path, "--out", out, NULL};
        run_command(5, argv, SIM_EXIT_INTERNAL);
    }
    struct study_place place = study_place_new(
        "return scenario { name = \"leak\", duration = s(20), warmup = s(0), runs = 1,\n"
        "  node \"users\" { model = \"client.open\", arrivals = poisson(rate(50)), to = \"web\" "
        "},\n"
        "  node \"web\" { model = \"leaky\" } }\n");
    g_setenv(place_variable, place.folder, TRUE);
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed(); /* 70, which the subprocess has seen to */
    g_test_trap_assert_stderr("*internal error: the books of run 1 do not balance*leaks*"
                              "To see it again: brink run*");
    g_test_trap_assert_stdout("*Latency*");
    g_test_trap_assert_stderr_unmatched("*assertion failed*");
    study_place_free(&place);
}

static void test_models_are_described(void)
{
    if (g_test_subprocess()) {
        char *argv[] = {"brink", "models", "leaky", NULL};
        run_command(3, argv, SIM_EXIT_GOOD);
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stdout("leaky - forgets some requests*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/command/leak", test_leak_is_an_internal_error);
    g_test_add_func("/command/models", test_models_are_described);
    return g_test_run();
}
