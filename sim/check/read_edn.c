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

static const struct function {
    const char *name;
    enum sim_history_function function;
    enum sim_check_model model;
} functions[] = {
    {":read", SIM_HISTORY_READ, SIM_CHECK_REGISTER},
    {":write", SIM_HISTORY_WRITE, SIM_CHECK_REGISTER},
    {":cas", SIM_HISTORY_COMPARE_AND_SET, SIM_CHECK_REGISTER},
    {":get", SIM_HISTORY_READ, SIM_CHECK_APPEND},
    {":put", SIM_HISTORY_WRITE, SIM_CHECK_APPEND},
    {":append", SIM_HISTORY_APPEND, SIM_CHECK_APPEND},
    {":add", SIM_HISTORY_INCREMENT, SIM_CHECK_COUNTER},
    {":inc", SIM_HISTORY_INCREMENT, SIM_CHECK_COUNTER},
    {":remove", SIM_HISTORY_REMOVE, SIM_CHECK_SET},
    {":enqueue", SIM_HISTORY_ENQUEUE, SIM_CHECK_QUEUE},
    {":dequeue", SIM_HISTORY_DEQUEUE, SIM_CHECK_QUEUE},
    {":acquire", SIM_HISTORY_ACQUIRE, SIM_CHECK_MUTEX},
    {":release", SIM_HISTORY_RELEASE, SIM_CHECK_MUTEX},
};

static uint64_t number_of(struct check_reader *reader, const struct check_value *value)
{
    return value->kind == CHECK_VALUE_TEXT ? sim_check_text(reader->input, value->text)
                                           : value->number;
}

static uint64_t value_of(struct check_reader *reader, const struct check_value *value)
{
    reader->input->has_text_values =
        reader->input->has_text_values || value->kind == CHECK_VALUE_TEXT;
    return number_of(reader, value);
}

static bool take_value(struct check_reader *reader, struct sim_history_entry *entry,
                       const struct check_value *value)
{
    switch ((enum sim_history_function)entry->function) {
    case SIM_HISTORY_COMPARE_AND_SET:
        entry->expected = value->number;
        entry->argument = value->second;
        return value->kind == CHECK_VALUE_PAIR ||
               check_reader_fail(reader, "cas: expected :value [old new]");
    case SIM_HISTORY_WRITE:
    case SIM_HISTORY_APPEND:
    case SIM_HISTORY_INCREMENT:
    case SIM_HISTORY_ADD:
    case SIM_HISTORY_REMOVE:
    case SIM_HISTORY_ENQUEUE:
        entry->argument = value_of(reader, value);
        return value->kind == CHECK_VALUE_NUMBER || value->kind == CHECK_VALUE_TEXT ||
               check_reader_fail(reader, "expected :value to be a number or a text");
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
    const struct function *function = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
        if (check_value_is(&event->function, functions[i].name)) {
            function = &functions[i];
        }
    }
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
    uint64_t key = number_of(reader, &event->key);
    struct sim_history_entry *entry = check_reader_invoke(reader, process);
    if (entry == NULL) {
        return false;
    }
    if (reader->is_own && process >= SIM_HISTORY_ALONE_FROM) {
        entry->process = SIM_HISTORY_NO_PROCESS;
    }
    reader->input->has_text_keys = event->key.kind == CHECK_VALUE_TEXT;
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

static bool end(const struct check_scan *scan, uint32_t process,
                const struct check_edn_event *event)
{
    struct check_reader *reader = scan->reader;
    struct sim_history_entry *entry = check_reader_return(reader, process);
    if (entry == NULL) {
        return check_reader_fail(reader, "process %u returns from nothing", process);
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
    if (is_ok && entry->function == SIM_HISTORY_DEQUEUE) {
        entry->is_missing = event->value.kind == CHECK_VALUE_NIL;
        entry->result = entry->is_missing ? 0 : value_of(reader, &event->value);
        entry->is_result_known = true;
    }
    if (is_ok && entry->function == SIM_HISTORY_READ && event->value.at != NULL) {
        return read_set(scan, &event->value, entry);
    }
    if (is_ok && entry->function == SIM_HISTORY_READ && event->value.kind != CHECK_VALUE_NIL) {
        entry->result = value_of(reader, &event->value);
        entry->is_result_known = true;
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
    reader->input->has_times = true;
    reader->input->value_bits = SIM_HISTORY_VALUE_BITS;
    reader->input->process_bits = SIM_HISTORY_PROCESS_BITS;
}

bool check_read_edn(struct check_reader *reader, const char *text, size_t size)
{
    struct check_scan scan = {reader, text, text + size};
    size_t length = strlen(SIM_CHECK_OWN_HEADER);
    reader->line = 1;
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
