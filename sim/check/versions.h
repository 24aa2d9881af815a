/* Versions of keys: who wrote and who read each, while dependencies are built. */
#ifndef BRINK_CHECK_VERSIONS_H
#define BRINK_CHECK_VERSIONS_H

#include "check/transactions.h"

#define CHECK_NO_TRANSACTION UINT32_MAX
#define CHECK_NO_VALUE (UINT64_C(1) << 63) /* no value: numbers that are read are greater */

/* A version of a key. */
struct check_version {
    uint64_t key, value;
    uint32_t writer;
    uint32_t number; /* of its writer's of that key, from 0 */
    bool is_last;    /* of its writer's, of that key */
    bool is_listed;  /* in the longest list of its key */
};

/* Those that read a version, or nothing. */
struct check_readers {
    uint64_t key, value; /* CHECK_NO_VALUE: nothing */
    GArray *transactions;
    uint32_t replacer; /* one of them that then wrote the key */
};

/* The longest list that was read of a key. */
struct check_longest {
    uint64_t key;
    uint32_t first, count;
    uint32_t reader;
};

struct check_building {
    struct check_dependencies *to;
    const struct sim_check_transactions *from;
    GHashTable *versions; /* struct check_version -> itself */
    GHashTable *longest;  /* struct check_longest -> itself, by key */
    GPtrArray *lists;     /* the same, in the order in which they were met */
    GHashTable *readers;  /* struct check_readers -> itself */
    GHashTable *written;  /* key of a register -> who writes it, + 1; or of a list, unseen */
};

/* Finds versions, lists, who happened, and readers. */
void check_versions_init(struct check_building *building, struct check_dependencies *to);
void check_versions_clear(struct check_building *building);

/* Who wrote that; NULL: nobody. */
struct check_version *check_version_of(const struct check_building *building, uint64_t key,
                                       uint64_t value);
/* Of the values of lists. */
uint64_t check_value_at(const struct check_building *building, uint32_t index);
bool check_is_list_read(const struct check_deed *deed);
/* The version that a read saw last. */
uint64_t check_seen_by(const struct check_building *building, const struct check_deed *read);
/* Whether the transaction had written the key before that deed. */
bool check_is_own(const struct check_building *building, const struct check_transaction *of,
                  uint32_t index);

/* Nothing for the transaction itself, or for none. */
void check_add_edge(struct check_building *building, uint32_t from, uint32_t to,
                    enum check_dependency_kind kind, uint64_t key);
void check_add_mistake(struct check_building *building, const char *what, uint32_t reader,
                       uint32_t writer, enum sim_check_level level);

#endif
