/* Pages: large blocks on large pages, where the system has them. */
#ifndef BRINK_BASE_PAGES_H
#define BRINK_BASE_PAGES_H

#include <stddef.h>

/* Asks that a block which was just allocated and not touched yet lie on large pages: what is read
 * here and there in many megabytes otherwise waits for its address more than for itself. Changes
 * nothing but speed, and nothing at all for small blocks. */
void sim_pages_large(void *block, size_t size);

#endif
