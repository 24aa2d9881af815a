/* The failing side of sim_assert, and the hook by which a run says where it stood.
 *
 * The hook is the only state of a thread that brink keeps. It is read on the way to abort() and
 * nowhere else, so it cannot influence a result.
 */
#include "base/assert.h"

#include <stdlib.h>

static _Thread_local sim_assert_context thread_context;
static _Thread_local const void *thread_context_data;

void sim_assert_set_context(sim_assert_context context, const void *data)
{
    thread_context = context;
    thread_context_data = data;
}

_Noreturn void sim_assert_failed(const char *expression, const char *file, int line)
{
    fprintf(stderr, "brink: internal error: %s:%d: %s does not hold\n", file, line, expression);
    sim_assert_context context = thread_context;
    thread_context = NULL; /* an assertion that fails inside the hook must not come back here */
    if (context != NULL) {
        context(stderr, thread_context_data);
    }
    fflush(NULL);
    abort();
}
