/* EDN as far as histories need it: values, one after another, and maps of them. */
#ifndef BRINK_CHECK_EDN_H
#define BRINK_CHECK_EDN_H

#include "check/reader.h"
#include "check/transactions.h"

struct check_scan {
    struct check_reader *reader;
    const char *at, *end;
};

enum check_value_kind {
    CHECK_VALUE_NIL,
    CHECK_VALUE_NUMBER,
    CHECK_VALUE_TEXT,
    CHECK_VALUE_WORD,
    CHECK_VALUE_PAIR,
    CHECK_VALUE_OTHER
};

struct check_value {
    enum check_value_kind kind;
    uint64_t number, second; /* NUMBER; both of a PAIR of numbers */
    char *text;              /* TEXT, WORD: freed by check_value_clear */
    const char *at;          /* of a group: where it begins */
};

struct check_edn_event {
    struct check_value process, type, function, key, value;
    struct check_value time, error, result; /* of our own files */
};

/* At the next thing that is no blank, comma or comment; what it begins with, 0 at the end. */
void check_scan_blanks(struct check_scan *scan);
char check_scan_peek(const struct check_scan *scan);
/* One value, which lies `depth` deep. */
bool check_scan_value(struct check_scan *scan, int depth, struct check_value *value);
void check_value_clear(struct check_value *value);
/* Whether it is that word. */
bool check_value_is(const struct check_value *value, const char *word);

/* read_transactions.c: whether the event is one of a transaction, and takes it. */
bool check_edn_is_transaction(const struct check_edn_event *event);
bool check_edn_take_transaction(const struct check_scan *scan, const struct check_edn_event *event);

#endif
