/* Transactions in EDN: as Elle has them, :value [[:append 9 2] [:r 8 [1 4]] [:w 7 1]], and as
 * Knossos' registers have them, with :read and :write: they are 0 at first, and a read of nil says
 * nothing. What was read stands in the completion. */
#include "base/keyed.h"
#include "check/edn.h"

bool check_edn_is_transaction(const struct check_edn_event *event)
{
    return check_value_is(&event->function, ":txn") ||
           (event->function.kind == CHECK_VALUE_NIL && event->value.at != NULL);
}

static bool read_list(struct check_scan *scan, struct check_deed *deed)
{
    GArray *values = scan->reader->input->transactions->values;
    bool is_right = true;
    scan->at++;
    deed->first = values->len;
    deed->is_known = true;
    for (check_scan_blanks(scan);
         is_right && check_scan_peek(scan) != ']' && check_scan_peek(scan) != ')';
         check_scan_blanks(scan)) {
        struct check_value value = {0};
        is_right = scan->at < scan->end && check_scan_value(scan, 2, &value) &&
                   (value.kind == CHECK_VALUE_NUMBER ||
                    check_reader_fail(scan->reader, "expected numbers in a list that was read"));
        g_array_append_val(values, value.number);
        check_value_clear(&value);
    }
    scan->at++;
    deed->count = values->len - deed->first;
    deed->is_missing = deed->count == 0;
    return is_right;
}

/* A key is a list or a register, and not now this, now that. */
static bool is_of_kind(struct check_reader *reader, uint64_t key, bool is_list)
{
    if (reader->deed_kinds == NULL) {
        reader->deed_kinds = g_hash_table_new_full(sim_keyed_number, g_int64_equal, g_free, NULL);
    }
    guint kind = GPOINTER_TO_UINT(g_hash_table_lookup(reader->deed_kinds, &key));
    if (kind == 0) {
        kind = 1u + is_list;
        g_hash_table_insert(reader->deed_kinds, g_memdup2(&key, sizeof key),
                            GUINT_TO_POINTER(kind));
    }
    return kind == 1u + is_list || check_reader_fail(reader, "a list and a register under one key");
}

static bool take_deed(struct check_scan *scan, const struct check_value *name,
                      const struct check_value *key, struct check_deed *deed)
{
    struct check_value value = {0};
    bool is_write = check_value_is(name, ":w") || check_value_is(name, ":write");
    bool is_read = check_value_is(name, ":r") || check_value_is(name, ":read");
    check_scan_blanks(scan);
    if (!is_write && !is_read && !check_value_is(name, ":append")) {
        return check_reader_fail(scan->reader, "expected :r, :w or :append in a transaction");
    }
    deed->kind = is_read ? CHECK_DEED_READ : is_write ? CHECK_DEED_WRITE : CHECK_DEED_APPEND;
    struct sim_check_transactions *transactions = scan->reader->input->transactions;
    transactions->has_lists = transactions->has_lists || deed->kind == CHECK_DEED_APPEND;
    transactions->begins_as_zero = transactions->begins_as_zero || check_value_is(name, ":read") ||
                                   check_value_is(name, ":write");
    scan->reader->input->has_text_keys = key->text != NULL;
    if (!check_edn_read_key(scan->reader, key, &deed->key)) {
        return false;
    }
    if (is_read && (check_scan_peek(scan) == '[' || check_scan_peek(scan) == '(')) {
        return is_of_kind(scan->reader, deed->key, true) && read_list(scan, deed);
    }
    bool is_right = check_scan_value(scan, 2, &value) &&
                    ((is_read && value.kind == CHECK_VALUE_NIL) ||
                     is_of_kind(scan->reader, deed->key, deed->kind == CHECK_DEED_APPEND));
    deed->value = value.number;
    deed->is_known = !transactions->begins_as_zero || value.kind != CHECK_VALUE_NIL;
    deed->is_missing = value.kind == CHECK_VALUE_NIL ||
                       (is_read && transactions->begins_as_zero && deed->value == 0);
    is_right = is_right &&
               (value.kind == CHECK_VALUE_NUMBER || (is_read && value.kind == CHECK_VALUE_NIL) ||
                check_reader_fail(scan->reader, "expected a number or a list"));
    check_value_clear(&value);
    return is_right;
}

/* [:append 9 2], [:r 8 nil], [:w 7 1] */
static bool read_deed(struct check_scan *scan)
{
    struct check_deed deed = {0};
    struct check_value name = {0}, key = {0};
    if (check_scan_peek(scan) != '[' && check_scan_peek(scan) != '(') {
        return check_reader_fail(scan->reader, "expected [:append key value] or the like");
    }
    scan->at++;
    bool is_right = check_scan_value(scan, 2, &name) && check_scan_value(scan, 2, &key) &&
                    take_deed(scan, &name, &key, &deed);
    check_value_clear(&name);
    check_value_clear(&key);
    check_scan_blanks(scan);
    is_right = is_right && (check_scan_peek(scan) == ']' || check_scan_peek(scan) == ')' ||
                            check_reader_fail(scan->reader, "expected ']' behind key and value"));
    scan->at++;
    if (is_right) {
        g_array_append_val(scan->reader->input->transactions->deeds, deed);
    }
    return is_right;
}

/* The deeds of a transaction, which become the last ones. */
static bool read_deeds(const struct check_scan *of, const struct check_value *value,
                       struct check_transaction *transaction)
{
    struct check_reader *reader = of->reader;
    uint32_t line = reader->line;
    struct check_scan scan = {reader, value->at, of->end};
    bool is_right = value->at != NULL ||
                    check_reader_fail(reader, "expected a list of reads and writes as :value");
    transaction->first = reader->input->transactions->deeds->len;
    if (is_right) {
        scan.at++;
        for (check_scan_blanks(&scan);
             is_right && check_scan_peek(&scan) != ']' && check_scan_peek(&scan) != ')';
             check_scan_blanks(&scan)) {
            is_right = read_deed(&scan);
        }
    }
    reader->line = line; /* it had been passed already */
    transaction->count = reader->input->transactions->deeds->len - transaction->first;
    return is_right;
}

/* An entry of the history stands for the transaction while it is open. */
static bool begin_transaction(const struct check_scan *scan, uint32_t process,
                              const struct check_edn_event *event)
{
    struct sim_check_input *input = scan->reader->input;
    struct sim_history_entry *entry = check_reader_invoke(scan->reader, process);
    struct check_transaction transaction = {.process = process,
                                            .invoked = scan->reader->event,
                                            .completed = SIM_NEVER,
                                            .outcome = SIM_HISTORY_UNKNOWN};
    if (entry == NULL) {
        return false;
    }
    if (input->transactions == NULL) {
        input->transactions = check_transactions_new();
        input->model = SIM_CHECK_TRANSACTIONS;
    }
    entry->argument = input->transactions->all->len;
    bool is_right = read_deeds(scan, &event->value, &transaction);
    g_array_append_val(input->transactions->all, transaction);
    return is_right;
}

static bool end_transaction(const struct check_scan *scan, uint32_t process,
                            const struct check_edn_event *event)
{
    struct check_reader *reader = scan->reader;
    const struct sim_history_entry *entry = check_reader_return(reader, process);
    if (entry == NULL || reader->input->transactions == NULL) {
        return check_reader_fail(reader, "process %u returns from nothing", process);
    }
    if (check_value_is(&event->type, ":info")) {
        return true;
    }
    bool is_ok = check_value_is(&event->type, ":ok");
    if (!is_ok && !check_value_is(&event->type, ":fail")) {
        return check_reader_fail(reader, "unknown :type: invoke, ok, fail or info");
    }
    struct check_transaction *transaction =
        check_transaction_at(reader->input->transactions, (uint32_t)entry->argument);
    transaction->outcome = (uint8_t)(is_ok ? SIM_HISTORY_OK : SIM_HISTORY_FAIL);
    transaction->completed = reader->event;
    return !is_ok || read_deeds(scan, &event->value, transaction);
}

bool check_edn_take_transaction(const struct check_scan *scan, const struct check_edn_event *event)
{
    struct check_reader *reader = scan->reader;
    bool is_first = reader->input->history.count == 0;
    uint32_t process =
        event->process.kind == CHECK_VALUE_NUMBER ? (uint32_t)event->process.number : 0;
    reader->event++;
    if (reader->input->transactions == NULL && !is_first) {
        return check_reader_fail(reader, "transactions among other operations");
    }
    return check_value_is(&event->type, ":invoke") ? begin_transaction(scan, process, event)
                                                   : end_transaction(scan, process, event);
}
