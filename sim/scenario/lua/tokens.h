/* Tokens of Lua 5.4 (reference manual, section 3.1), with their lines. */
#ifndef BRINK_SCENARIO_LUA_TOKENS_H
#define BRINK_SCENARIO_LUA_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

enum sim_token_kind { TOKEN_END, TOKEN_NAME, TOKEN_KEYWORD, TOKEN_TEXT, TOKEN_NUMBER, TOKEN_SIGN };

struct sim_token {
    enum sim_token_kind kind;
    int line;
    const char *start; /* TEXT: of its contents, as written */
    size_t length;
};

struct sim_token_reader {
    const char *at, *end;
    int line;
};

/* At the beginning of a text; a first line that begins with '#' is stepped over. */
void sim_tokens_init(struct sim_token_reader *reader, const char *text, size_t size);
/* The next token; TOKEN_END for ever at the end. Texts that do not compile are survived. */
struct sim_token sim_tokens_next(struct sim_token_reader *reader);

bool sim_token_is(const struct sim_token *token, enum sim_token_kind kind, const char *text);

#endif
