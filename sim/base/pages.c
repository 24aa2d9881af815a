/* Pages: an advice to the kernel. */
#define _DEFAULT_SOURCE /* madvise */

#include "base/pages.h"

#include <stdint.h>
#include <sys/mman.h>

#define LARGE_PAGE ((uintptr_t)1 << 21)

void sim_pages_large(void *block, size_t size)
{
#ifdef MADV_HUGEPAGE
    uintptr_t from = ((uintptr_t)block + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
    uintptr_t to = ((uintptr_t)block + size) & ~(LARGE_PAGE - 1);
    if (to > from) {
        madvise((void *)from, to - from, MADV_HUGEPAGE); /* refused: as before */
    }
#else
    (void)block;
    (void)size;
#endif
}
