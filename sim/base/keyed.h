/* Hashes of what a file says, under a key that differs from process to process: nobody can write a
 * file whose numbers or texts all meet in one place of a table. (GLib's hash of a number is its
 * lower half, the same for all multiples of 2^32.)
 *
 * Tables under these hashes are only looked up and never walked, so that nothing depends on the
 * key. What is random in a run has hashes of its own: base/random.h.
 */
#ifndef BRINK_BASE_KEYED_H
#define BRINK_BASE_KEYED_H

#include <stdint.h>

#include <glib.h>

guint sim_keyed_pair(uint64_t a, uint64_t b);
/* For GHashTable: of a uint64_t (as g_int64_hash), of a text (as g_str_hash), and of a number in
 * place of a pointer (as g_direct_hash). */
guint sim_keyed_number(gconstpointer number);
guint sim_keyed_text(gconstpointer text);
guint sim_keyed_direct(gconstpointer number);

#endif
