/* EDN maps: :process, :type, :f, :value, and :key where there are several.
 *
 * Of registers (Knossos): they begin as 0; an operation that failed did not happen; a read of nil
 * says nothing. Of texts under keys: :put, :append, :get of what is there, which is empty at first.
 * Maps whose process is a keyword (a nemesis) are no operations.
 */
#include <stdlib.h>
#include <string.h>

#include "check/edn.h"
#include "check/operations.h"

static void event_clear(struct check_edn_event *event)
{
    check_value_clear(&event->process);
    check_value_clear(&event->type);
    check_value_clear(&event->function);
    check_value_clear(&event->key);
    check_value_clear(&event->value);
    check_value_clear(&event->time);
    check_value_clear(&event->error);
    check_value_clear(&event->result);
}

/* ---- events ---- */

static struct check_value *field_of(struct check_edn_event *event, const struct check_value *name)
{
    static const char *const names[] = {":process", ":type", ":f",     ":key",
                                        ":value",   ":time", ":error", ":result"};
    struct check_value *const fields[] = {&event->process, &event->type,  &event->function,
                                          &event->key,     &event->value, &event->time,
                                          &event->error,   &event->result};
    for (size_t i = 0; name->kind == CHECK_VALUE_WORD && i < G_N_ELEMENTS(names); i++) {
        if (strcmp(name->text, names[i]) == 0) {
            return fields[i];
        }
    }
    return NULL;
}

static bool read_map(struct check_scan *scan, struct check_edn_event *event)
{
    scan->at++;
    for (check_scan_blanks(scan); check_scan_peek(scan) != '}'; check_scan_blanks(scan)) {
        struct check_value name = {0}, value = {0};
        bool is_read = scan->at < scan->end && check_scan_value(scan, 1, &name) &&
                       check_scan_value(scan, 1, &value);
        struct check_value *field = is_read ? field_of(event, &name) : NULL;
        check_value_clear(&name);
        if (field != NULL) {
            check_value_clear(field);
            *field = value;
        } else {
            check_value_clear(&value);
        }
        if (!is_read) {
            return check_reader_fail(scan->reader, "expected '}'");
        }
    }
    scan->at++;
    return true;
}

/* ---- what may stand together ---- */

/* Objects of which a history can be; some operations fit several. */
#define OF_VALUES 1u /* registers, counters, texts */
#define OF_SETS 2u
#define OF_QUEUES 4u
#define OF_LOCKS 8u

static const struct function {
    const char *name;
    enum sim_history_function function;
    enum sim_check_model model;
    uint32_t objects;
} functions[] = {
    {":read", SIM_HISTORY_READ, SIM_CHECK_REGISTER, OF_VALUES | OF_SETS},
    {":write", SIM_HISTORY_WRITE, SIM_CHECK_REGISTER, OF_VALUES},
    {":cas", SIM_HISTORY_COMPARE_AND_SET, SIM_CHECK_REGISTER, OF_VALUES},
    {":get", SIM_HISTORY_READ, SIM_CHECK_APPEND, OF_VALUES},
    {":put", SIM_HISTORY_WRITE, SIM_CHECK_APPEND, OF_VALUES},
    {":append", SIM_HISTORY_APPEND, SIM_CHECK_APPEND, OF_VALUES},
    {":add", SIM_HISTORY_INCREMENT, SIM_CHECK_COUNTER, OF_VALUES | OF_SETS},
    {":inc", SIM_HISTORY_INCREMENT, SIM_CHECK_COUNTER, OF_VALUES},
    {":remove", SIM_HISTORY_REMOVE, SIM_CHECK_SET, OF_SETS},
    {":enqueue", SIM_HISTORY_ENQUEUE, SIM_CHECK_QUEUE, OF_QUEUES},
    {":dequeue", SIM_HISTORY_DEQUEUE, SIM_CHECK_QUEUE, OF_QUEUES},
    {":acquire", SIM_HISTORY_ACQUIRE, SIM_CHECK_MUTEX, OF_LOCKS},
    {":release", SIM_HISTORY_RELEASE, SIM_CHECK_MUTEX, OF_LOCKS},
};

static const struct function *function_of(const struct check_edn_event *event)
{
    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
        if (check_value_is(&event->function, functions[i].name)) {
            return &functions[i];
        }
    }
    return NULL;
}

/* What a run did is of stores that serve all that values and locks do, and nothing else. */
static bool narrow(struct check_reader *reader, uint32_t objects, const char *what)
{
    bool is_lock = (objects & OF_LOCKS) != 0;
    reader->objects &= reader->is_own && is_lock ? OF_VALUES : objects;
    return reader->objects != 0 ||
           check_reader_fail(reader, "%s is of another object than what stands before it", what);
}

/* Texts are numbered: beside numbers they would be taken for these. */
static bool take_kind(struct check_reader *reader, const struct check_value *value)
{
    reader->value_kind = reader->value_kind == CHECK_VALUE_NIL ? value->kind : reader->value_kind;
    return value->kind == reader->value_kind ||
           check_reader_fail(reader, "numbers and texts as values of one history");
}

bool check_edn_read_key(struct check_reader *reader, const struct check_value *key,
                        uint64_t *ret_key)
{
    *ret_key = key->text != NULL ? sim_check_text(reader->input, key->text) : key->number;
    uint32_t kind = key->kind == CHECK_VALUE_WORD ? CHECK_VALUE_TEXT : key->kind;
    reader->key_kind = reader->has_keys ? reader->key_kind : kind;
    reader->has_keys = true;
    if (kind == CHECK_VALUE_PAIR || kind == CHECK_VALUE_OTHER) {
        return check_reader_fail(reader, "expected :key to be a number, a text or a keyword");
    }
    return kind == reader->key_kind ||
           check_reader_fail(reader, "numbers, texts and nothing as keys of one history");
}

static uint64_t value_of(struct check_reader *reader, const struct check_value *value)
{
    bool is_text = value->kind == CHECK_VALUE_TEXT;
    reader->input->has_text_values = reader->input->has_text_values || is_text;
    return is_text ? sim_check_text(reader->input, value->text) : value->number;
}

/* A number or a text that was asked for or told. */
static bool take_number_or_text(struct check_reader *reader, const struct check_value *value,
                                uint64_t *ret_number)
{
    bool may_be_text = value->kind == CHECK_VALUE_TEXT && !reader->is_own;
    if (value->kind != CHECK_VALUE_NUMBER && !may_be_text) {
        return check_reader_fail(reader, "expected :value to be a number or a text");
    }
    *ret_number = value_of(reader, value);
    return take_kind(reader, value);
}

static bool take_value(struct check_reader *reader, struct sim_history_entry *entry,
                       const struct check_value *value)
{
    struct check_value number = {.kind = CHECK_VALUE_NUMBER};
    switch ((enum sim_history_function)entry->function) {
    case SIM_HISTORY_COMPARE_AND_SET:
        entry->expected = value->number;
        entry->argument = value->second;
        return value->kind == CHECK_VALUE_PAIR
                   ? take_kind(reader, &number)
                   : check_reader_fail(reader, "cas: expected :value [old new]");
    case SIM_HISTORY_APPEND:
        if (!reader->is_own && value->kind != CHECK_VALUE_TEXT) {
            return check_reader_fail(reader, "append: expected :value to be a text");
        }
        return take_number_or_text(reader, value, &entry->argument);
    case SIM_HISTORY_INCREMENT:
    case SIM_HISTORY_ADD:
    case SIM_HISTORY_REMOVE:
        if (value->kind != CHECK_VALUE_NUMBER) {
            return check_reader_fail(reader, "expected :value to be a number");
        }
        return take_number_or_text(reader, value, &entry->argument);
    case SIM_HISTORY_WRITE:
    case SIM_HISTORY_ENQUEUE:
        return take_number_or_text(reader, value, &entry->argument);
    case SIM_HISTORY_READ:
    case SIM_HISTORY_DEQUEUE:
    case SIM_HISTORY_DELETE:
    case SIM_HISTORY_ACQUIRE:
    case SIM_HISTORY_RELEASE:
    case SIM_HISTORY_FUNCTION_COUNT:
        break;
    }
    return true;
}

static bool begin(struct check_reader *reader, uint32_t process,
                  const struct check_edn_event *event)
{
    const struct function *function = function_of(event);
    if (function == NULL) {
        return check_reader_fail(
            reader,
            "cannot judge :f %s: it is no operation of a register, counter, text, set, "
            "queue or mutex, and no transaction",
            event->function.text != NULL ? event->function.text : "nil");
    }
    bool is_set_too = reader->input->model == SIM_CHECK_SET && function->model == SIM_CHECK_COUNTER;
    if (function->model != SIM_CHECK_REGISTER && !is_set_too) {
        reader->input->model = function->model;
    }
    uint64_t key;
    bool is_right = narrow(reader, function->objects, function->name) &&
                    check_edn_read_key(reader, &event->key, &key);
    struct sim_history_entry *entry = is_right ? check_reader_invoke(reader, process) : NULL;
    if (entry == NULL) {
        return false;
    }
    if (reader->is_own && process >= SIM_HISTORY_ALONE_FROM) {
        entry->process = SIM_HISTORY_NO_PROCESS;
    }
    reader->input->has_text_keys = event->key.text != NULL;
    entry->key = key;
    entry->function = (uint8_t)function->function;
    return take_value(reader, entry, &event->value);
}

/* Of a set all that is in it is read at once: #{1 4 7}, or [1 4 7]. */
static bool read_set(const struct check_scan *of, const struct check_value *value,
                     struct sim_history_entry *entry)
{
    uint32_t line = of->reader->line;
    struct check_scan scan = {of->reader, value->at + 1, of->end};
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    bool is_right = true;
    for (check_scan_blanks(&scan); is_right && strchr("])}", check_scan_peek(&scan)) == NULL;
         check_scan_blanks(&scan)) {
        struct check_value number = {0};
        is_right = check_scan_value(&scan, 2, &number) &&
                   (number.kind == CHECK_VALUE_NUMBER ||
                    check_reader_fail(of->reader, "expected numbers in a set that was read"));
        g_array_append_val(numbers, number.number);
        check_value_clear(&number);
    }
    of->reader->line = line; /* it had been passed already */
    of->reader->input->model = SIM_CHECK_SET;
    is_right = is_right && narrow(of->reader, OF_SETS, "a read of a set");
    entry->result = check_set_state(of->reader->input, numbers);
    entry->is_result_known = true;
    g_array_free(numbers, TRUE);
    return is_right;
}

/* What adds to a counter adds to a set where sets were read. */
static void begin_empty(struct sim_check_input *input)
{
    for (uint64_t i = 0; input->model == SIM_CHECK_SET && i < input->history.count; i++) {
        struct sim_history_entry *entry = &input->history.entries[i];
        entry->function =
            entry->function == SIM_HISTORY_INCREMENT ? (uint8_t)SIM_HISTORY_ADD : entry->function;
    }
    if (input->has_text_values || input->model == SIM_CHECK_SET ||
        input->model == SIM_CHECK_QUEUE) {
        input->initial = sim_check_text(input, "");
    }
}

/* Whether the event says that it ends what its process had begun. */
static bool ends(struct check_reader *reader, const struct sim_history_entry *entry,
                 uint32_t process, const struct check_edn_event *event)
{
    const struct function *function = function_of(event);
    uint64_t key = entry->key;
    bool has_key = event->key.kind != CHECK_VALUE_NIL;
    if (event->function.kind != CHECK_VALUE_NIL &&
        (function == NULL || function->function != (enum sim_history_function)entry->function)) {
        return check_reader_fail(reader, "process %u returns from what it has not begun: %s",
                                 process, event->function.text != NULL ? event->function.text : "");
    }
    return (!has_key || check_edn_read_key(reader, &event->key, &key)) &&
           (key == entry->key ||
            check_reader_fail(reader, "process %u returns with another key than it had asked for",
                              process));
}

/* What a read or a dequeue was told. */
static bool take_told(const struct check_scan *scan, const struct check_edn_event *event,
                      struct sim_history_entry *entry)
{
    struct check_reader *reader = scan->reader;
    const struct check_value *value = &event->value;
    bool is_nil = value->kind == CHECK_VALUE_NIL;
    if (entry->function == SIM_HISTORY_DEQUEUE) {
        entry->is_missing = is_nil;
        entry->is_result_known = true;
        return is_nil || take_number_or_text(reader, value, &entry->result);
    }
    if (value->at != NULL) {
        return read_set(scan, value, entry);
    }
    entry->is_result_known = !is_nil;
    return is_nil || (narrow(reader, OF_VALUES, "a read of a value") &&
                      take_number_or_text(reader, value, &entry->result));
}

static bool end(const struct check_scan *scan, uint32_t process,
                const struct check_edn_event *event)
{
    struct check_reader *reader = scan->reader;
    struct sim_history_entry *entry = check_reader_return(reader, process);
    if (entry == NULL) {
        return check_reader_fail(reader, "process %u returns from nothing", process);
    }
    if (!ends(reader, entry, process, event)) {
        return false;
    }
    if (check_value_is(&event->type, ":info")) {
        return true; /* for ever open */
    }
    bool is_ok = check_value_is(&event->type, ":ok");
    if (!is_ok && !check_value_is(&event->type, ":fail")) {
        return check_reader_fail(reader, "unknown :type: invoke, ok, fail or info");
    }
    entry->completed = reader->event;
    entry->outcome = (uint8_t)(is_ok ? SIM_HISTORY_OK : SIM_HISTORY_FAIL);
    bool tells = entry->function == SIM_HISTORY_READ || entry->function == SIM_HISTORY_DEQUEUE;
    if (is_ok && tells && !take_told(scan, event, entry)) {
        return false;
    }
    if (reader->is_own && entry->function == SIM_HISTORY_COMPARE_AND_SET &&
        check_value_is(&event->error, ":mismatch")) {
        entry->outcome = SIM_HISTORY_MISMATCH;
    }
    if (reader->is_own && event->result.kind == CHECK_VALUE_NUMBER) {
        entry->result = event->result.number;
        entry->is_result_known = true;
    }
    return true;
}

/* Times of our own files stand in place of the numbers of events. */
static bool take_time(struct check_reader *reader, const struct check_edn_event *event)
{
    sim_time time = (sim_time)event->time.number;
    if (event->time.kind != CHECK_VALUE_NUMBER || time < reader->event) {
        return check_reader_fail(reader, "expected a :time that does not go back");
    }
    reader->event = time;
    return true;
}

static bool take_event(const struct check_scan *scan, const struct check_edn_event *event)
{
    struct check_reader *reader = scan->reader;
    if (event->process.kind == CHECK_VALUE_NUMBER &&
        event->process.number >= SIM_HISTORY_NO_PROCESS) {
        return check_reader_fail(reader, "the number of a process is too large");
    }
    if (check_edn_is_transaction(event) && event->process.kind != CHECK_VALUE_WORD) {
        return check_edn_take_transaction(scan, event);
    }
    if (event->process.kind != CHECK_VALUE_NUMBER) {
        bool is_keyword = event->process.kind == CHECK_VALUE_WORD && event->process.text[0] == ':';
        return is_keyword || check_reader_fail(reader, "a map without a :process that is a number");
    }
    if (reader->input->transactions != NULL) {
        return check_reader_fail(reader, "other operations among transactions");
    }
    if (!reader->is_own) {
        reader->event++;
    } else if (!take_time(reader, event)) {
        return false;
    }
    uint32_t process = (uint32_t)event->process.number;
    return check_value_is(&event->type, ":invoke") ? begin(reader, process, event)
                                                   : end(scan, process, event);
}

static void begin_own(struct check_reader *reader)
{
    reader->is_own = true;
    reader->objects = OF_VALUES;
    reader->input->has_times = true;
    reader->input->value_bits = SIM_HISTORY_VALUE_BITS;
    reader->input->process_bits = SIM_HISTORY_PROCESS_BITS;
}

bool check_read_edn(struct check_reader *reader, const char *text, size_t size)
{
    struct check_scan scan = {reader, text, text + size};
    size_t length = strlen(SIM_CHECK_OWN_HEADER);
    reader->line = 1;
    reader->objects = OF_VALUES | OF_SETS | OF_QUEUES | OF_LOCKS;
    if (size >= length && memcmp(text, SIM_CHECK_OWN_HEADER, length) == 0) {
        begin_own(reader);
    }
    int depth = 0;
    bool is_right = true;
    for (check_scan_blanks(&scan); is_right && scan.at < scan.end; check_scan_blanks(&scan)) {
        char c = check_scan_peek(&scan);
        if (c == '{') {
            struct check_edn_event event = {0};
            is_right = read_map(&scan, &event) && take_event(&scan, &event);
            event_clear(&event);
        } else if (c == '[' || c == '(') {
            is_right = ++depth <= 1 || check_reader_fail(reader, "expected a map");
            scan.at++;
        } else if (c == ']' || c == ')') {
            is_right = --depth >= 0 || check_reader_fail(reader, "unexpected '%c'", c);
            scan.at++;
        } else {
            is_right = check_reader_fail(reader, "expected a map");
        }
    }
    if (is_right && depth != 0) {
        is_right = check_reader_fail(reader, "the list has no end");
    }
    reader->input->has_initial = true;
    if (is_right && !reader->is_own) {
        begin_empty(reader->input);
    }
    return is_right;
}
