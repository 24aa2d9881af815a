/* What the readers of all formats share: from events to entries. */
#ifndef BRINK_CHECK_READER_H
#define BRINK_CHECK_READER_H

#include "check/read.h"

struct check_reader {
    struct sim_check_input *input;
    GHashTable *open; /* process -> index of its open entry + 1 */
    sim_time event;   /* number of the event that is read, from 1; of our own files: its time */
    bool is_own;      /* brink wrote it */
    /* EDN: kinds of objects that all operations so far may be of, and what keys and values are, as
     * the first of them: enum check_value_kind. */
    uint32_t objects, key_kind, value_kind;
    bool has_keys;          /* some operation has begun */
    GHashTable *deed_kinds; /* of transactions: key -> whether it is a list, + 1 */
    uint32_t line;
    char *error; /* the first; NULL = none */
};

#define CHECK_ENTRIES_MAX 20000000u

/* Complains about the present line, once. Returns false. */
bool check_reader_fail(struct check_reader *reader, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* An operation begins: its entry, zeroed but for process and time; NULL when there are too many. */
struct sim_history_entry *check_reader_invoke(struct check_reader *reader, uint32_t process);
/* The open entry of a process, which ends now; NULL when it has none. */
struct sim_history_entry *check_reader_return(struct check_reader *reader, uint32_t process);

/* read_edn.c: the number of a key, of which all of a history are of one kind; false on error. */
struct check_value;
bool check_edn_read_key(struct check_reader *reader, const struct check_value *key,
                        uint64_t *ret_key);

/* Reads the whole text; false on error. */
bool check_read_edn(struct check_reader *reader, const char *text, size_t size);

#endif
