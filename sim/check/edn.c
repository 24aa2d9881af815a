/* EDN: values. See edn.h. */
#include "check/edn.h"

#include <string.h>

#define DEPTH_MAX 64

void check_value_clear(struct check_value *value)
{
    g_free(value->text);
    *value = (struct check_value){0};
}

bool check_value_is(const struct check_value *value, const char *word)
{
    return value->kind == CHECK_VALUE_WORD && strcmp(value->text, word) == 0;
}

void check_scan_blanks(struct check_scan *scan)
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

char check_scan_peek(const struct check_scan *scan)
{
    return scan->at < scan->end ? *scan->at : '\0';
}

static char closing(char opening)
{
    return opening == '(' ? ')' : opening == '[' ? ']' : '}';
}

static bool read_text(struct check_scan *scan, struct check_value *value)
{
    GString *text = g_string_new(NULL);
    for (scan->at++; scan->at < scan->end && *scan->at != '"'; scan->at++) {
        if (*scan->at == '\\' && scan->at + 1 < scan->end) {
            scan->at++;
        }
        scan->reader->line += *scan->at == '\n';
        g_string_append_c(text, *scan->at);
    }
    *value = (struct check_value){.kind = CHECK_VALUE_TEXT, .text = g_string_free(text, FALSE)};
    if (scan->at == scan->end) {
        return check_reader_fail(scan->reader, "a text without end");
    }
    scan->at++;
    return true;
}

static bool read_word(struct check_scan *scan, struct check_value *value)
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
        *value = (struct check_value){.kind = CHECK_VALUE_NIL};
        g_free(word);
    } else if (g_ascii_string_to_signed(word, 10, INT64_MIN + 1, INT64_MAX, &number, NULL)) {
        *value = (struct check_value){.kind = CHECK_VALUE_NUMBER, .number = (uint64_t)number};
        g_free(word);
    } else {
        *value = (struct check_value){.kind = CHECK_VALUE_WORD, .text = word};
    }
    return true;
}

/* A vector, list, set or map that is a value: all that matters is whether it is two numbers. */
static bool read_group(struct check_scan *scan, int depth, struct check_value *value)
{
    char close = closing(check_scan_peek(scan));
    const char *at = scan->at;
    uint64_t numbers[2] = {0};
    uint32_t count = 0, number_count = 0;
    scan->at++;
    for (check_scan_blanks(scan); check_scan_peek(scan) != close; check_scan_blanks(scan)) {
        struct check_value inner = {0};
        bool is_read = scan->at < scan->end && check_scan_value(scan, depth + 1, &inner);
        if (is_read && inner.kind == CHECK_VALUE_NUMBER && number_count < 2) {
            numbers[number_count++] = inner.number;
        }
        count++;
        check_value_clear(&inner);
        if (!is_read) {
            return check_reader_fail(scan->reader, "expected '%c'", close);
        }
    }
    scan->at++;
    bool is_pair = count == 2 && number_count == 2;
    *value = (struct check_value){.kind = is_pair ? CHECK_VALUE_PAIR : CHECK_VALUE_OTHER,
                                  .number = numbers[0],
                                  .second = numbers[1],
                                  .at = at};
    return true;
}

bool check_scan_value(struct check_scan *scan, int depth, struct check_value *value)
{
    check_scan_blanks(scan);
    if (depth > DEPTH_MAX) {
        return check_reader_fail(scan->reader, "nested more than %d deep", DEPTH_MAX);
    }
    if (check_scan_peek(scan) == '#') {
        scan->at++; /* a set, or a tagged value, by what follows */
    }
    if (check_scan_peek(scan) == '"') {
        return read_text(scan, value);
    }
    return strchr("([{", check_scan_peek(scan)) != NULL && check_scan_peek(scan) != '\0'
               ? read_group(scan, depth, value)
               : read_word(scan, value);
}
