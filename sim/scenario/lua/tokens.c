/* Tokens: names, keywords, texts in quotes and long brackets, numbers, signs; comments are blank.
 */
#include "scenario/lua/tokens.h"

#include <glib.h>
#include <string.h>

/* Length of "[[", "[=[", ... at `at`, or 0. */
static size_t long_bracket(const char *at, const char *end)
{
    const char *c = at + 1;
    while (c < end && *c == '=') {
        c++;
    }
    return *at == '[' && c < end && *c == '[' ? (size_t)(c - at) + 1 : 0;
}

/* Steps over a long bracket whose opening has `width` bytes; gives its contents. */
static void skip_long(struct sim_token_reader *reader, size_t width, struct sim_token *token)
{
    reader->at += width;
    token->start = reader->at;
    while (reader->at < reader->end) {
        const char *c = reader->at;
        if (*c == ']' && (size_t)(reader->end - c) >= width && c[width - 1] == ']' &&
            (width == 2 || (c[1] == '=' && strspn(c + 1, "=") == width - 2))) {
            token->length = (size_t)(c - token->start);
            reader->at += width;
            return;
        }
        reader->line += *c == '\n';
        reader->at++;
    }
    token->length = (size_t)(reader->at - token->start);
}

static void skip_text(struct sim_token_reader *reader, struct sim_token *token)
{
    char quote = *reader->at++;
    token->start = reader->at;
    while (reader->at < reader->end && *reader->at != quote && *reader->at != '\n') {
        if (*reader->at == '\\' && reader->at + 1 < reader->end) {
            reader->at++;
            reader->line += *reader->at == '\n';
        }
        reader->at++;
    }
    token->length = (size_t)(reader->at - token->start);
    if (reader->at < reader->end && *reader->at == quote) {
        reader->at++;
    }
}

static void skip_blank(struct sim_token_reader *reader)
{
    while (reader->at < reader->end) {
        const char *c = reader->at;
        if (*c == '-' && c + 1 < reader->end && c[1] == '-') {
            reader->at += 2;
            size_t width = reader->at < reader->end ? long_bracket(reader->at, reader->end) : 0;
            struct sim_token ignored = {0};
            if (width > 0) {
                skip_long(reader, width, &ignored);
                continue;
            }
            while (reader->at < reader->end && *reader->at != '\n') {
                reader->at++;
            }
        } else if (g_ascii_isspace(*c) || *c == '\v') {
            reader->line += *c == '\n';
            reader->at++;
        } else {
            return;
        }
    }
}

static bool is_keyword(const char *start, size_t length)
{
    static const char *const keywords[] = {
        "and",      "break",  "do",   "else", "elseif", "end",   "false", "for",
        "function", "goto",   "if",   "in",   "local",  "nil",   "not",   "or",
        "repeat",   "return", "then", "true", "until",  "while", NULL};
    for (size_t i = 0; keywords[i]; i++) {
        if (strlen(keywords[i]) == length && memcmp(keywords[i], start, length) == 0) {
            return true;
        }
    }
    return false;
}

static void skip_number(struct sim_token_reader *reader)
{
    bool is_hex = reader->end - reader->at > 1 && reader->at[0] == '0' &&
                  (reader->at[1] == 'x' || reader->at[1] == 'X');
    while (reader->at < reader->end) {
        char c = *reader->at;
        bool is_exponent = is_hex ? c == 'p' || c == 'P' : c == 'e' || c == 'E';
        if (is_exponent && reader->at + 1 < reader->end &&
            (reader->at[1] == '+' || reader->at[1] == '-')) {
            reader->at++;
        } else if (!g_ascii_isalnum(c) && c != '.' && c != '_') {
            return;
        }
        reader->at++;
    }
}

static void skip_sign(struct sim_token_reader *reader)
{
    static const char *const signs[] = {
        "...", "..", "::", "==", "~=", "<=", ">=", "//", "<<", ">>", NULL};
    for (size_t i = 0; signs[i]; i++) {
        size_t length = strlen(signs[i]);
        if ((size_t)(reader->end - reader->at) >= length &&
            memcmp(reader->at, signs[i], length) == 0) {
            reader->at += length;
            return;
        }
    }
    reader->at++;
}

struct sim_token sim_tokens_next(struct sim_token_reader *reader)
{
    skip_blank(reader);
    struct sim_token token = {.kind = TOKEN_END, .line = reader->line, .start = reader->at};
    if (reader->at >= reader->end) {
        return token;
    }
    char c = *reader->at;
    size_t width = long_bracket(reader->at, reader->end);
    if (c == '"' || c == '\'') {
        token.kind = TOKEN_TEXT;
        skip_text(reader, &token);
        return token;
    }
    if (width > 0) {
        token.kind = TOKEN_TEXT;
        skip_long(reader, width, &token);
        return token;
    }
    if (g_ascii_isalpha(c) || c == '_') {
        while (reader->at < reader->end && (g_ascii_isalnum(*reader->at) || *reader->at == '_')) {
            reader->at++;
        }
        token.kind = TOKEN_NAME;
    } else if (g_ascii_isdigit(c) ||
               (c == '.' && reader->at + 1 < reader->end && g_ascii_isdigit(reader->at[1]))) {
        skip_number(reader);
        token.kind = TOKEN_NUMBER;
    } else {
        skip_sign(reader);
        token.kind = TOKEN_SIGN;
    }
    token.length = (size_t)(reader->at - token.start);
    if (token.kind == TOKEN_NAME && is_keyword(token.start, token.length)) {
        token.kind = TOKEN_KEYWORD;
    }
    return token;
}

void sim_tokens_init(struct sim_token_reader *reader, const char *text, size_t size)
{
    *reader = (struct sim_token_reader){.at = text, .end = text + size, .line = 1};
    if (size > 0 && text[0] == '#') { /* as the compiler does */
        while (reader->at < reader->end && *reader->at != '\n') {
            reader->at++;
        }
    }
}

bool sim_token_is(const struct sim_token *token, enum sim_token_kind kind, const char *text)
{
    return token->kind == kind && token->length == strlen(text) &&
           memcmp(token->start, text, token->length) == 0;
}
