/* Readers: telling formats apart; lines of logs and of numbered calls. See read.h. */
#include <stdarg.h>
#include <string.h>

#include "base/keyed.h"
#include "check/reader.h"

bool check_reader_fail(struct check_reader *reader, const char *format, ...)
{
    if (reader->error == NULL) {
        va_list arguments;
        va_start(arguments, format);
        g_autofree char *what = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        reader->error = g_strdup_printf("line %u: %s", reader->line, what);
    }
    return false;
}

struct sim_history_entry *check_reader_invoke(struct check_reader *reader, uint32_t process)
{
    struct sim_history_entry *entry = sim_history_add(&reader->input->history);
    if (entry == NULL) {
        check_reader_fail(reader, "more than %u operations", CHECK_ENTRIES_MAX);
        return NULL;
    }
    entry->process = process;
    entry->invoked = reader->event;
    entry->completed = SIM_NEVER;
    entry->outcome = SIM_HISTORY_UNKNOWN;
    g_hash_table_insert(reader->open, GUINT_TO_POINTER(process),
                        GSIZE_TO_POINTER(reader->input->history.count));
    return entry;
}

struct sim_history_entry *check_reader_return(struct check_reader *reader, uint32_t process)
{
    gpointer key = GUINT_TO_POINTER(process);
    size_t index = GPOINTER_TO_SIZE(g_hash_table_lookup(reader->open, key));
    g_hash_table_remove(reader->open, key);
    return index == 0 ? NULL : &reader->input->history.entries[index - 1];
}

/* ---- logs ---- */

/* The next field of a line, up to a tab or the end; NULL when there is none. */
static char *next_field(char **line)
{
    char *field = *line;
    if (field == NULL) {
        return NULL;
    }
    char *tab = strchr(field, '\t');
    *line = tab == NULL ? NULL : tab + 1;
    if (tab != NULL) {
        *tab = '\0';
    }
    return g_strstrip(field);
}

static bool read_number(const char *text, uint64_t *ret_number)
{
    gint64 number;
    if (text == NULL ||
        !g_ascii_string_to_signed(text, 10, INT64_MIN + 1, INT64_MAX, &number, NULL)) {
        return false;
    }
    *ret_number = (uint64_t)number;
    return true;
}

/* `count` numbers between blanks, and nothing else. */
static bool read_numbers(const char *text, uint32_t count, uint64_t *ret_numbers)
{
    static const char *const blanks = " \t\r";
    uint32_t read = 0;
    for (text += strspn(text, blanks); *text != '\0'; text += strspn(text, blanks)) {
        size_t length = strcspn(text, blanks);
        g_autofree char *word = g_strndup(text, length);
        if (read == count || !read_number(word, &ret_numbers[read])) {
            return false;
        }
        read++;
        text += length;
    }
    return read == count;
}

static bool read_pair(const char *text, uint64_t *ret_first, uint64_t *ret_second)
{
    size_t length = strlen(text);
    uint64_t numbers[2];
    if (length < 2 || text[0] != '[' || text[length - 1] != ']') {
        return false;
    }
    g_autofree char *inner = g_strndup(text + 1, length - 2);
    if (!read_numbers(inner, 2, numbers)) {
        return false;
    }
    *ret_first = numbers[0];
    *ret_second = numbers[1];
    return true;
}

/* The function of that name; SIM_HISTORY_FUNCTION_COUNT and an error when a log has none such. */
static enum sim_history_function log_function(struct check_reader *reader, const char *name)
{
    static const char *const names[] = {
        [SIM_HISTORY_READ] = ":read",
        [SIM_HISTORY_WRITE] = ":write",
        [SIM_HISTORY_COMPARE_AND_SET] = ":cas",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            return (enum sim_history_function)i;
        }
    }
    check_reader_fail(reader, "unknown function '%s': read, write or cas", name);
    return SIM_HISTORY_FUNCTION_COUNT;
}

static bool log_invoke(struct check_reader *reader, uint32_t process, const char *name,
                       const char *value)
{
    enum sim_history_function function = log_function(reader, name);
    struct sim_history_entry *entry =
        function != SIM_HISTORY_FUNCTION_COUNT ? check_reader_invoke(reader, process) : NULL;
    if (entry == NULL) {
        return false;
    }
    entry->function = (uint8_t)function;
    if (function == SIM_HISTORY_WRITE) {
        return read_number(value, &entry->argument) ||
               check_reader_fail(reader, "expected a number to write, got '%s'", value);
    }
    return function == SIM_HISTORY_READ || read_pair(value, &entry->expected, &entry->argument) ||
           check_reader_fail(reader, "expected [old new], got '%s'", value);
}

/* A read that returns nil found nothing. A compare-and-set that failed has seen another value; any
 * other operation that failed says nothing. */
static bool log_return(struct check_reader *reader, uint32_t process, const char *type,
                       const char *name, const char *value)
{
    struct sim_history_entry *entry = check_reader_return(reader, process);
    if (entry == NULL) {
        return check_reader_fail(reader, "process %u returns from nothing", process);
    }
    if (log_function(reader, name) != (enum sim_history_function)entry->function) {
        return check_reader_fail(reader, "process %u returns from what it has not begun: %s",
                                 process, name);
    }
    if (strcmp(type, ":info") == 0) {
        return true; /* for ever open */
    }
    entry->completed = reader->event;
    bool is_ok = strcmp(type, ":ok") == 0;
    if (!is_ok && strcmp(type, ":fail") != 0) {
        return check_reader_fail(reader, "unknown type '%s': invoke, ok, fail or info", type);
    }
    bool is_mismatch = !is_ok && entry->function == SIM_HISTORY_COMPARE_AND_SET;
    entry->outcome = (uint8_t)(is_ok         ? SIM_HISTORY_OK
                               : is_mismatch ? SIM_HISTORY_MISMATCH
                                             : SIM_HISTORY_FAIL);
    if (is_ok && entry->function == SIM_HISTORY_READ) {
        entry->is_missing = strcmp(value, "nil") == 0;
        entry->is_result_known = true;
        return entry->is_missing || read_number(value, &entry->result) ||
               check_reader_fail(reader, "expected the number that was read, got '%s'", value);
    }
    return true;
}

static bool log_line(struct check_reader *reader, char *line)
{
    char *dash = strstr(line, " - ");
    if (!g_str_has_prefix(line, "INFO") || dash == NULL) {
        return true; /* something else of the log */
    }
    char *rest = dash + 3;
    uint64_t process;
    const char *first = next_field(&rest);
    const char *type = next_field(&rest);
    const char *function = next_field(&rest);
    const char *value = next_field(&rest);
    if (type == NULL || type[0] != ':') {
        return true;
    }
    if (!read_number(first, &process) || process >= SIM_HISTORY_NO_PROCESS) {
        return strcmp(first, ":nemesis") == 0 ||
               check_reader_fail(reader, "expected the number of a process, got '%s'", first);
    }
    if (function == NULL || value == NULL) {
        return check_reader_fail(reader, "expected process, type, function and value");
    }
    reader->event++;
    return strcmp(type, ":invoke") == 0
               ? log_invoke(reader, (uint32_t)process, function, value)
               : log_return(reader, (uint32_t)process, type, function, value);
}

/* ---- numbered calls ---- */

static bool call_made(struct check_reader *reader, const uint64_t fields[4])
{
    static const uint8_t functions[] = {SIM_HISTORY_READ, SIM_HISTORY_WRITE,
                                        SIM_HISTORY_COMPARE_AND_SET};
    if (fields[1] >= G_N_ELEMENTS(functions)) {
        return check_reader_fail(reader, "expected 0 for a read, 1 for a write, 2 for a cas");
    }
    if (g_hash_table_contains(reader->open, GUINT_TO_POINTER((uint32_t)fields[0]))) {
        return check_reader_fail(reader, "call %" G_GUINT64_FORMAT " is made again and is open",
                                 fields[0]);
    }
    struct sim_history_entry *entry = check_reader_invoke(reader, (uint32_t)fields[0]);
    if (entry != NULL) {
        entry->function = functions[fields[1]];
        entry->argument = fields[1] == 2 ? fields[3] : fields[2];
        entry->expected = fields[2];
    }
    return entry != NULL;
}

/* number, unknown, any, ok, value */
static bool call_returned(struct check_reader *reader, const uint64_t fields[5])
{
    struct sim_history_entry *entry = check_reader_return(reader, (uint32_t)fields[0]);
    if (entry == NULL) {
        return check_reader_fail(reader, "call %" G_GUINT64_FORMAT " returns and was not made",
                                 fields[0]);
    }
    if (fields[1] != 0) {
        return true; /* nobody knows */
    }
    bool is_mismatch = entry->function == SIM_HISTORY_COMPARE_AND_SET && fields[3] == 0;
    entry->completed = reader->event;
    entry->outcome = (uint8_t)(is_mismatch ? SIM_HISTORY_MISMATCH : SIM_HISTORY_OK);
    entry->result = fields[4];
    entry->is_result_known = entry->function == SIM_HISTORY_READ && fields[2] == 0;
    return true;
}

static bool call_line(struct check_reader *reader, const char *line)
{
    uint64_t fields[5];
    reader->event++;
    bool is_call = line[0] == 'C' && read_numbers(line + 1, 4, fields);
    bool is_return = line[0] == 'R' && read_numbers(line + 1, 5, fields);
    if ((!is_call && !is_return) || fields[0] >= SIM_HISTORY_NO_PROCESS) {
        return check_reader_fail(reader, "expected C number function a b, or "
                                         "R number unknown any ok value");
    }
    return is_call ? call_made(reader, fields) : call_returned(reader, fields);
}

/* ---- all ---- */

static bool read_lines(struct check_reader *reader, const char *text, size_t size, bool is_log)
{
    const char *end = text + size;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        stop = stop == NULL ? end : stop;
        reader->line++;
        g_autofree char *line = g_strndup(text, (gsize)(stop - text));
        bool is_blank = line[strspn(line, " \t\r")] == '\0';
        if (!is_blank && !(is_log ? log_line(reader, line) : call_line(reader, line))) {
            return false;
        }
        text = stop + 1;
    }
    return true;
}

static bool read_any(struct check_reader *reader, const char *text, size_t size)
{
    size_t at = 0;
    while (at < size && strchr(" \t\r\n", text[at]) != NULL && text[at] != '\0') {
        at++;
    }
    char first = at < size ? text[at] : ';';
    if (strchr("{[(;", first) != NULL) {
        return check_read_edn(reader, text, size);
    }
    if (first == 'C') {
        reader->input->has_initial = true;
        return read_lines(reader, text, size, false);
    }
    if (first == 'I') {
        return read_lines(reader, text, size, true);
    }
    reader->line = 1;
    return check_reader_fail(reader, "this is no history: expected a log of Jepsen, EDN maps, or "
                                     "numbered calls");
}

char *sim_check_read(const char *text, size_t size, struct sim_check_input *ret_input)
{
    struct sim_check_input input = {.model = SIM_CHECK_REGISTER};
    sim_history_init(&input.history, CHECK_ENTRIES_MAX);
    struct check_reader reader = {.input = &input,
                                  .open = g_hash_table_new(sim_keyed_direct, g_direct_equal)};
    bool is_read = read_any(&reader, text, size);
    g_hash_table_destroy(reader.open);
    g_clear_pointer(&reader.deed_kinds, g_hash_table_destroy);
    if (!is_read) {
        sim_check_input_clear(&input);
        return reader.error;
    }
    *ret_input = input;
    return NULL;
}
