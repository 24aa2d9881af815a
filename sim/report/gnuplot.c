/* Runs gnuplot: found on PATH, started without a shell, given a minute.
 *
 * A picture that cannot be drawn is no reason for a run to fail; the caller says so and goes on.
 */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>

#include "report/plot.h"

#define TIMEOUT_MS 60000
#define POLL_US 5000

bool sim_plot_is_missing(const GError *error)
{
    return g_error_matches(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
}

/* Waits for the child; kills it when its time is up. */
static int wait_for(GPid pid, bool *ret_is_late)
{
    int status = 0;
    *ret_is_late = false;
    for (int waited_us = 0; waitpid(pid, &status, WNOHANG) == 0; waited_us += POLL_US) {
        if (waited_us / 1000 >= TIMEOUT_MS) {
            *ret_is_late = true;
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            break;
        }
        g_usleep(POLL_US);
    }
    return status;
}

bool sim_plot_draw(const char *folder, const char *name, GError **error)
{
    g_autofree char *script = g_strdup_printf("%s.gp", name);
    char *arguments[] = {"gnuplot", script, NULL};
    GPid pid;
    GSpawnFlags flags = G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                        G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL;
    if (!g_spawn_async(folder, arguments, NULL, flags, NULL, NULL, &pid, error)) {
        return false;
    }
    bool is_late;
    int status = wait_for(pid, &is_late);
    g_spawn_close_pid(pid);
    if (is_late) {
        g_set_error(error, SIM_REPORT_ERROR, 0, "gnuplot took longer than a minute on %s", script);
        return false;
    }
    g_autoptr(GError) problem = NULL;
    if (!g_spawn_check_wait_status(status, &problem)) {
        g_set_error(error, SIM_REPORT_ERROR, 0, "gnuplot could not draw %s: %s", script,
                    problem->message);
        return false;
    }
    return true;
}
