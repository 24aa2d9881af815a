/* Keyed hashing: see keyed.h. */
#include "base/keyed.h"

#include <string.h>
#include <sys/auxv.h>

#include "base/random.h"

/* Random bytes that the kernel gives to each process. */
static uint64_t process_key(void)
{
    const void *bytes = (const void *)(uintptr_t)getauxval(AT_RANDOM);
    uint64_t key = 0;
    if (bytes != NULL) {
        memcpy(&key, bytes, sizeof key);
    }
    return key;
}

guint sim_keyed_pair(uint64_t a, uint64_t b)
{
    return (guint)sim_hash_pair(sim_hash_pair(process_key(), a), b);
}

guint sim_keyed_number(gconstpointer number)
{
    return (guint)sim_hash_pair(process_key(), *(const uint64_t *)number);
}

guint sim_keyed_direct(gconstpointer number)
{
    return (guint)sim_hash_pair(process_key(), (uint64_t)(uintptr_t)number);
}

/* Not the key with sim_hash_text: texts that share that hash would share this one under any key. */
guint sim_keyed_text(gconstpointer text)
{
    const char *at = text;
    size_t length = strlen(at);
    uint64_t hash = sim_hash_pair(process_key(), length);
    while (length > 0) {
        uint64_t word = 0;
        size_t taken = length < sizeof word ? length : sizeof word;
        memcpy(&word, at, taken);
        hash = sim_hash_pair(hash, word);
        at += taken;
        length -= taken;
    }
    return (guint)hash;
}
