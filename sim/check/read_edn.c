/* EDN maps: :process, :type, :f, :value, and :key where there are several.
 *
 * Of registers (Knossos): they begin as 0; an operation that failed did not happen; a read of nil
 * says nothing. Of texts under keys: :put, :append, :get of what is there, which is empty at first.
 * Maps whose process is a keyword (a nemesis) are no operations.
 */
#include <stdlib.h>
#include <string.h>

#include "check/reader.h"

#define DEPTH_MAX 64

struct scan {
    struct check_reader *reader;
    const char *at, *end;
};

enum value_kind { VALUE_NIL, VALUE_NUMBER, VALUE_TEXT, VALUE_WORD, VALUE_PAIR, VALUE_OTHER };

struct value {
    enum value_kind kind;
    uint64_t number, second; /* NUMBER; both of a PAIR of numbers */
    char *text;              /* TEXT, WORD: freed by value_clear */
};

struct event {
    struct value process, type, function, key, value;
    struct value time, error, result; /* of our own files */
};

static void value_clear(struct value *value)
{
    g_free(value->text);
    *value = (struct value){0};
}

static void event_clear(struct event *event)
{
    value_clear(&event->process);
    value_clear(&event->type);
    value_clear(&event->function);
    value_clear(&event->key);
    value_clear(&event->value);
    value_clear(&event->time);
    value_clear(&event->error);
    value_clear(&event->result);
}

/* ---- tokens ---- */

static void skip_blanks(struct scan *scan)
{
    while (scan->at < scan->end) {
        char c = *scan->at;
        if (c == ';') {
            while (scan->at < scan->end && *scan->at != '\n') {
                scan->at++;
            }
        } else if (c == ' ' || c == ',' || c == '\t' || c == '\r' || c == '\n') {
            scan->reader->line += c == '\n';
            scan->at++;
        } else {
            return;
        }
    }
}

static char peek(const struct scan *scan)
{
    return scan->at < scan->end ? *scan->at : '\0';
}

static char closing(char opening)
{
    return opening == '(' ? ')' : opening == '[' ? ']' : '}';
}

static bool read_text(struct scan *scan, struct value *value)
{
    GString *text = g_string_new(NULL);
    for (scan->at++; scan->at < scan->end && *scan->at != '"'; scan->at++) {
        if (*scan->at == '\\' && scan->at + 1 < scan->end) {
            scan->at++;
        }
        scan->reader->line += *scan->at == '\n';
        g_string_append_c(text, *scan->at);
    }
    *value = (struct value){.kind = VALUE_TEXT, .text = g_string_free(text, FALSE)};
    if (scan->at == scan->end) {
        return check_reader_fail(scan->reader, "a text without end");
    }
    scan->at++;
    return true;
}

static bool read_word(struct scan *scan, struct value *value)
{
    const char *from = scan->at;
    while (scan->at < scan->end && strchr(" ,\t\r\n()[]{}\";", *scan->at) == NULL) {
        scan->at++;
    }
    char *word = g_strndup(from, (gsize)(scan->at - from));
    gint64 number;
    if (scan->at == from) {
        g_free(word);
        return check_reader_fail(scan->reader, "expected a value");
    }
    if (strcmp(word, "nil") == 0) {
        *value = (struct value){.kind = VALUE_NIL};
        g_free(word);
    } else if (g_ascii_string_to_signed(word, 10, INT64_MIN + 1, INT64_MAX, &number, NULL)) {
        *value = (struct value){.kind = VALUE_NUMBER, .number = (uint64_t)number};
        g_free(word);
    } else {
        *value = (struct value){.kind = VALUE_WORD, .text = word};
    }
    return true;
}

static bool read_value(struct scan *scan, int depth, struct value *value);

/* A vector, list, set or map that is a value: all that matters is whether it is two numbers. */
static bool read_group(struct scan *scan, int depth, struct value *value)
{
    char close = closing(peek(scan));
    uint64_t numbers[2] = {0};
    uint32_t count = 0, number_count = 0;
    scan->at++;
    for (skip_blanks(scan); peek(scan) != close; skip_blanks(scan)) {
        struct value inner = {0};
        bool is_read = scan->at < scan->end && read_value(scan, depth + 1, &inner);
        if (is_read && inner.kind == VALUE_NUMBER && number_count < 2) {
            numbers[number_count++] = inner.number;
        }
        count++;
        value_clear(&inner);
        if (!is_read) {
            return check_reader_fail(scan->reader, "expected '%c'", close);
        }
    }
    scan->at++;
    bool is_pair = count == 2 && number_count == 2;
    *value = (struct value){
        .kind = is_pair ? VALUE_PAIR : VALUE_OTHER, .number = numbers[0], .second = numbers[1]};
    return true;
}

static bool read_value(struct scan *scan, int depth, struct value *value)
{
    skip_blanks(scan);
    if (depth > DEPTH_MAX) {
        return check_reader_fail(scan->reader, "nested more than %d deep", DEPTH_MAX);
    }
    if (peek(scan) == '#') {
        scan->at++; /* a set, or a tagged value, by what follows */
    }
    if (peek(scan) == '"') {
        return read_text(scan, value);
    }
    return strchr("([{", peek(scan)) != NULL && peek(scan) != '\0' ? read_group(scan, depth, value)
                                                                   : read_word(scan, value);
}

/* ---- events ---- */

static struct value *field_of(struct event *event, const struct value *name)
{
    static const char *const names[] = {":process", ":type", ":f",     ":key",
                                        ":value",   ":time", ":error", ":result"};
    struct value *const fields[] = {&event->process, &event->type,  &event->function,
                                    &event->key,     &event->value, &event->time,
                                    &event->error,   &event->result};
    for (size_t i = 0; name->kind == VALUE_WORD && i < G_N_ELEMENTS(names); i++) {
        if (strcmp(name->text, names[i]) == 0) {
            return fields[i];
        }
    }
    return NULL;
}

static bool read_map(struct scan *scan, struct event *event)
{
    scan->at++;
    for (skip_blanks(scan); peek(scan) != '}'; skip_blanks(scan)) {
        struct value name = {0}, value = {0};
        bool is_read =
            scan->at < scan->end && read_value(scan, 1, &name) && read_value(scan, 1, &value);
        struct value *field = is_read ? field_of(event, &name) : NULL;
        value_clear(&name);
        if (field != NULL) {
            value_clear(field);
            *field = value;
        } else {
            value_clear(&value);
        }
        if (!is_read) {
            return check_reader_fail(scan->reader, "expected '}'");
        }
    }
    scan->at++;
    return true;
}

static bool is_word(const struct value *value, const char *word)
{
    return value->kind == VALUE_WORD && strcmp(value->text, word) == 0;
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
    {":acquire", SIM_HISTORY_ACQUIRE, SIM_CHECK_MUTEX},
    {":release", SIM_HISTORY_RELEASE, SIM_CHECK_MUTEX},
};

static uint64_t number_of(struct check_reader *reader, const struct value *value)
{
    return value->kind == VALUE_TEXT ? sim_check_text(reader->input, value->text) : value->number;
}

static uint64_t value_of(struct check_reader *reader, const struct value *value)
{
    reader->input->has_text_values = reader->input->has_text_values || value->kind == VALUE_TEXT;
    return number_of(reader, value);
}

static bool take_value(struct check_reader *reader, struct sim_history_entry *entry,
                       const struct value *value)
{
    switch ((enum sim_history_function)entry->function) {
    case SIM_HISTORY_COMPARE_AND_SET:
        entry->expected = value->number;
        entry->argument = value->second;
        return value->kind == VALUE_PAIR ||
               check_reader_fail(reader, "cas: expected :value [old new]");
    case SIM_HISTORY_WRITE:
    case SIM_HISTORY_APPEND:
    case SIM_HISTORY_INCREMENT:
        entry->argument = value_of(reader, value);
        return value->kind == VALUE_NUMBER || value->kind == VALUE_TEXT ||
               check_reader_fail(reader, "expected :value to be a number or a text");
    case SIM_HISTORY_READ:
    case SIM_HISTORY_DELETE:
    case SIM_HISTORY_ACQUIRE:
    case SIM_HISTORY_RELEASE:
    case SIM_HISTORY_FUNCTION_COUNT:
        break;
    }
    return true;
}

static bool begin(struct check_reader *reader, uint32_t process, const struct event *event)
{
    const struct function *function = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
        if (is_word(&event->function, functions[i].name)) {
            function = &functions[i];
        }
    }
    if (function == NULL) {
        return check_reader_fail(reader,
                                 "cannot judge :f %s: it is no operation of a register, "
                                 "counter, text or mutex",
                                 event->function.text != NULL ? event->function.text : "nil");
    }
    if (function->model != SIM_CHECK_REGISTER) {
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
    reader->input->has_text_keys = event->key.kind == VALUE_TEXT;
    entry->key = key;
    entry->function = (uint8_t)function->function;
    return take_value(reader, entry, &event->value);
}

static bool end(struct check_reader *reader, uint32_t process, const struct event *event)
{
    struct sim_history_entry *entry = check_reader_return(reader, process);
    if (entry == NULL) {
        return check_reader_fail(reader, "process %u returns from nothing", process);
    }
    if (is_word(&event->type, ":info")) {
        return true; /* for ever open */
    }
    bool is_ok = is_word(&event->type, ":ok");
    if (!is_ok && !is_word(&event->type, ":fail")) {
        return check_reader_fail(reader, "unknown :type: invoke, ok, fail or info");
    }
    entry->completed = reader->event;
    entry->outcome = (uint8_t)(is_ok ? SIM_HISTORY_OK : SIM_HISTORY_FAIL);
    if (is_ok && entry->function == SIM_HISTORY_READ && event->value.kind != VALUE_NIL) {
        entry->result = value_of(reader, &event->value);
        entry->is_result_known = true;
    }
    if (reader->is_own && entry->function == SIM_HISTORY_COMPARE_AND_SET &&
        is_word(&event->error, ":mismatch")) {
        entry->outcome = SIM_HISTORY_MISMATCH;
    }
    if (reader->is_own && event->result.kind == VALUE_NUMBER) {
        entry->result = event->result.number;
        entry->is_result_known = true;
    }
    return true;
}

/* Times of our own files stand in place of the numbers of events. */
static bool take_time(struct check_reader *reader, const struct event *event)
{
    sim_time time = (sim_time)event->time.number;
    if (event->time.kind != VALUE_NUMBER || time < reader->event) {
        return check_reader_fail(reader, "expected a :time that does not go back");
    }
    reader->event = time;
    return true;
}

static bool take_event(struct check_reader *reader, const struct event *event)
{
    if (event->process.kind != VALUE_NUMBER) {
        return event->process.kind == VALUE_WORD ||
               check_reader_fail(reader, "a map without a :process that is a number");
    }
    if (event->process.number >= SIM_HISTORY_NO_PROCESS) {
        return check_reader_fail(reader, "the number of a process is too large");
    }
    if (!reader->is_own) {
        reader->event++;
    } else if (!take_time(reader, event)) {
        return false;
    }
    uint32_t process = (uint32_t)event->process.number;
    return is_word(&event->type, ":invoke") ? begin(reader, process, event)
                                            : end(reader, process, event);
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
    struct scan scan = {reader, text, text + size};
    size_t length = strlen(SIM_CHECK_OWN_HEADER);
    reader->line = 1;
    if (size >= length && memcmp(text, SIM_CHECK_OWN_HEADER, length) == 0) {
        begin_own(reader);
    }
    int depth = 0;
    bool is_right = true;
    for (skip_blanks(&scan); is_right && scan.at < scan.end; skip_blanks(&scan)) {
        char c = peek(&scan);
        if (c == '{') {
            struct event event = {0};
            is_right = read_map(&scan, &event) && take_event(reader, &event);
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
    if (is_right && reader->input->has_text_values && !reader->is_own) {
        reader->input->initial = sim_check_text(reader->input, "");
    }
    return is_right;
}
