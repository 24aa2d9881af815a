/* Lines: the tokens of a text and a stack of open brackets.
 *
 * No grammar is checked here, the compiler does that; a text that does not compile only has to be
 * survived. Entries of a constructor are told apart by the commas whose innermost bracket it is.
 */
#include "scenario/lua/lines.h"

#include <glib.h>
#include <string.h>

#include "base/sort.h"
#include "base/text.h"
#include "scenario/lua/tokens.h"

#define FUNCTION_DEPTH_MAX 32 /* the compiler's search for names costs depth x locals */
#define LABEL_COUNT_MAX 200   /* its search for labels is quadratic */
#define OPEN_COUNT_MAX 400    /* deeper nesting than the compiler takes */
/* Entries or tables that one look-up walks past. Beyond it the line of the whole serves, so that
 * generated files do not cost their square. */
#define LOOK_COUNT_MAX 256

struct entry {
    const char *name; /* NULL: an item */
    uint32_t item;    /* its index from 0 */
    struct sim_lines_entry where;
    uint32_t next; /* of the same table */
};

struct table {
    int line; /* of the call, or of the brace */
    const char *callee, *literal;
    uint32_t first_entry, last_entry;
    uint32_t item_count;
};

struct sim_lines {
    struct table *tables; /* in order of their braces */
    uint32_t table_count;
    uint32_t *by_line; /* indices of tables, by line */
    struct entry *entries;
};

/* What is open around the scanner: a brace (with its table), another bracket or a keyword. */
struct open_bracket {
    char kind; /* '{', '(', '[', or a letter for a keyword: f(unction), d(o), i(f), r(epeat) */
    uint32_t table;
    uint32_t token; /* index of the token before it */
    bool is_entry_start;
};

struct scan {
    struct sim_arena *arena;
    const char *file;
    struct sim_problems *problems;
    bool is_clean;
    GArray *tokens, *tables, *entries;
    struct open_bracket open[OPEN_COUNT_MAX];
    uint32_t open_count;
    uint32_t function_depth, label_count;
    GArray *paren_of; /* by token: index of the '(' that a ')' closes, else UINT32_MAX */
};

/* --- brackets and entries --- */

static char *token_text(struct scan *scan, const struct sim_token *token)
{
    char *text = sim_arena_alloc(scan->arena, token->length + 1);
    memcpy(text, token->start, token->length);
    return text;
}

static const struct sim_token *token_at(const struct scan *scan, uint32_t index)
{
    return &g_array_index(scan->tokens, struct sim_token, index);
}

static bool is_sign_at(const struct scan *scan, uint32_t index, const char *sign)
{
    return index < scan->tokens->len && sim_token_is(token_at(scan, index), TOKEN_SIGN, sign);
}

/* Finds whose argument the brace at `index` opens: name {, name "text" {, name(...) {, name({. */
static void find_callee(struct scan *scan, uint32_t index, struct table *table)
{
    uint32_t i = index; /* one past the token that is looked at */
    const struct sim_token *literal = NULL;
    if (i > 0 && is_sign_at(scan, i - 1, "(")) {
        i--;
    } else if (i > 0 && token_at(scan, i - 1)->kind == TOKEN_TEXT) {
        literal = token_at(scan, i - 1);
        i--;
    } else if (i > 0 && is_sign_at(scan, i - 1, ")")) {
        uint32_t paren = g_array_index(scan->paren_of, uint32_t, i - 1);
        if (paren == UINT32_MAX) {
            return;
        }
        if (i - 1 == paren + 2 && token_at(scan, paren + 1)->kind == TOKEN_TEXT) {
            literal = token_at(scan, paren + 1);
        }
        i = paren;
    }
    if (i == 0 || token_at(scan, i - 1)->kind != TOKEN_NAME) {
        return;
    }
    table->callee = token_text(scan, token_at(scan, i - 1));
    table->literal = literal ? token_text(scan, literal) : NULL;
    table->line = token_at(scan, i - 1)->line;
}

static void add_entry(struct scan *scan, uint32_t table_index, uint32_t token)
{
    struct table *table = &g_array_index(scan->tables, struct table, table_index);
    const struct sim_token *first = token_at(scan, token);
    struct entry entry = {.where = {.line = first->line, .order = token, .table = SIM_LINES_NONE},
                          .next = SIM_LINES_NONE};
    if (first->kind == TOKEN_NAME && is_sign_at(scan, token + 1, "=")) {
        entry.name = token_text(scan, first);
    } else if (sim_token_is(first, TOKEN_SIGN, "[") && token + 1 < scan->tokens->len &&
               token_at(scan, token + 1)->kind == TOKEN_TEXT && is_sign_at(scan, token + 2, "]")) {
        entry.name = token_text(scan, token_at(scan, token + 1));
    } else {
        entry.item = table->item_count++;
    }
    uint32_t index = scan->entries->len;
    if (table->first_entry == SIM_LINES_NONE) {
        table->first_entry = index;
    } else {
        g_array_index(scan->entries, struct entry, table->last_entry).next = index;
    }
    table->last_entry = index;
    g_array_append_val(scan->entries, entry);
}

static bool push(struct scan *scan, char kind, uint32_t token)
{
    if (scan->open_count == OPEN_COUNT_MAX) {
        return false;
    }
    scan->open[scan->open_count++] =
        (struct open_bracket){.kind = kind, .table = SIM_LINES_NONE, .token = token};
    return true;
}

static void pop(struct scan *scan, const char *kinds)
{
    if (scan->open_count > 0 && strchr(kinds, scan->open[scan->open_count - 1].kind)) {
        scan->open_count--;
        scan->function_depth -= scan->open[scan->open_count].kind == 'f';
    }
}

static bool open_table(struct scan *scan, uint32_t token)
{
    struct table table = {.line = token_at(scan, token)->line,
                          .first_entry = SIM_LINES_NONE,
                          .last_entry = SIM_LINES_NONE};
    find_callee(scan, token, &table);
    uint32_t index = scan->tables->len;
    if (scan->open_count > 0) {
        const struct open_bracket *around = &scan->open[scan->open_count - 1];
        uint32_t last = around->table == SIM_LINES_NONE
                            ? SIM_LINES_NONE
                            : g_array_index(scan->tables, struct table, around->table).last_entry;
        if (last != SIM_LINES_NONE) {
            struct entry *entry = &g_array_index(scan->entries, struct entry, last);
            if (entry->where.table == SIM_LINES_NONE) {
                entry->where.table = index;
            }
        }
    }
    if (!push(scan, '{', token)) {
        return false;
    }
    g_array_append_val(scan->tables, table);
    scan->open[scan->open_count - 1].table = index;
    scan->open[scan->open_count - 1].is_entry_start = true;
    return true;
}

static void refuse(struct scan *scan, int line, const char *text)
{
    sim_problems_add(scan->problems, scan->file, line, "%s", text);
    scan->is_clean = false;
}

/* Keywords that open and close bodies, in which commas are no separators of entries. */
static bool see_keyword(struct scan *scan, uint32_t index)
{
    const struct sim_token *token = token_at(scan, index);
    if (sim_token_is(token, TOKEN_KEYWORD, "function")) {
        if (++scan->function_depth > FUNCTION_DEPTH_MAX) {
            refuse(scan, token->line, "functions are nested too deeply");
            return false;
        }
        return push(scan, 'f', index);
    }
    if (sim_token_is(token, TOKEN_KEYWORD, "do")) {
        return push(scan, 'd', index);
    }
    if (sim_token_is(token, TOKEN_KEYWORD, "if")) {
        return push(scan, 'i', index);
    }
    if (sim_token_is(token, TOKEN_KEYWORD, "repeat")) {
        return push(scan, 'r', index);
    }
    if (sim_token_is(token, TOKEN_KEYWORD, "end")) {
        pop(scan, "fdi");
    } else if (sim_token_is(token, TOKEN_KEYWORD, "until")) {
        pop(scan, "r");
    }
    return true;
}

static bool see_sign(struct scan *scan, uint32_t index)
{
    const struct sim_token *token = token_at(scan, index);
    if (sim_token_is(token, TOKEN_SIGN, "{")) {
        return open_table(scan, index);
    }
    if (sim_token_is(token, TOKEN_SIGN, "(") || sim_token_is(token, TOKEN_SIGN, "[")) {
        return push(scan, *token->start, index);
    }
    if (sim_token_is(token, TOKEN_SIGN, ")")) {
        if (scan->open_count > 0 && scan->open[scan->open_count - 1].kind == '(') {
            g_array_index(scan->paren_of, uint32_t, index) = scan->open[scan->open_count - 1].token;
        }
        pop(scan, "(");
    } else if (sim_token_is(token, TOKEN_SIGN, "]")) {
        pop(scan, "[");
    } else if (sim_token_is(token, TOKEN_SIGN, "}")) {
        pop(scan, "{");
    } else if (sim_token_is(token, TOKEN_SIGN, ",") || sim_token_is(token, TOKEN_SIGN, ";")) {
        if (scan->open_count > 0) {
            scan->open[scan->open_count - 1].is_entry_start = true;
        }
    } else if (sim_token_is(token, TOKEN_SIGN, "^")) {
        refuse(scan, token->line,
               "the operator ^ differs between machines: write math.pow(x, y) instead");
    } else if (sim_token_is(token, TOKEN_SIGN, "...")) {
        refuse(scan, token->line,
               "\"...\" is not part of the scenario language: name the arguments");
    } else if (sim_token_is(token, TOKEN_SIGN, "::") && ++scan->label_count > LABEL_COUNT_MAX) {
        refuse(scan, token->line, "too many labels");
        return false;
    }
    return true;
}

static void scan_tokens(struct scan *scan)
{
    for (uint32_t i = 0; i < scan->tokens->len; i++) {
        const struct sim_token *token = token_at(scan, i);
        struct open_bracket *around = scan->open_count ? &scan->open[scan->open_count - 1] : NULL;
        if (around && around->kind == '{' && around->is_entry_start &&
            !sim_token_is(token, TOKEN_SIGN, "}")) {
            around->is_entry_start = false;
            add_entry(scan, around->table, i);
        }
        bool goes_on = true;
        if (token->kind == TOKEN_KEYWORD) {
            goes_on = see_keyword(scan, i);
        } else if (token->kind == TOKEN_SIGN) {
            goes_on = see_sign(scan, i);
        }
        if (!goes_on) {
            if (scan->is_clean) {
                refuse(scan, token->line, "brackets are nested too deeply");
            }
            return;
        }
    }
}

static int compare_tables(const void *a, const void *b, void *data)
{
    const struct table *tables = data;
    int first = tables[*(const uint32_t *)a].line;
    int second = tables[*(const uint32_t *)b].line;
    return (first > second) - (first < second);
}

static struct sim_lines *keep(struct scan *scan)
{
    struct sim_lines *lines = sim_arena_new(scan->arena, struct sim_lines);
    lines->table_count = scan->tables->len;
    lines->tables = sim_arena_array(scan->arena, struct table, lines->table_count);
    lines->entries = sim_arena_array(scan->arena, struct entry, scan->entries->len);
    lines->by_line = sim_arena_array(scan->arena, uint32_t, lines->table_count);
    if (scan->entries->len > 0) {
        memcpy(lines->entries, scan->entries->data, scan->entries->len * sizeof(struct entry));
    }
    for (uint32_t i = 0; i < lines->table_count; i++) {
        lines->tables[i] = g_array_index(scan->tables, struct table, i);
        lines->by_line[i] = i;
    }
    sim_sort(lines->by_line, lines->table_count, sizeof(uint32_t), compare_tables, lines->tables);
    return lines;
}

const struct sim_lines *sim_lines_scan(struct sim_arena *arena, const char *file, const char *text,
                                       size_t size, struct sim_problems *problems,
                                       bool *ret_is_clean)
{
    struct scan scan = {.arena = arena,
                        .file = file,
                        .problems = problems,
                        .is_clean = true,
                        .tokens = g_array_new(FALSE, FALSE, sizeof(struct sim_token)),
                        .tables = g_array_new(FALSE, FALSE, sizeof(struct table)),
                        .entries = g_array_new(FALSE, FALSE, sizeof(struct entry)),
                        .paren_of = g_array_new(FALSE, FALSE, sizeof(uint32_t))};
    struct sim_token_reader reader;
    sim_tokens_init(&reader, text, size);
    for (;;) {
        struct sim_token token = sim_tokens_next(&reader);
        if (token.kind == TOKEN_END) {
            break;
        }
        uint32_t none = UINT32_MAX;
        g_array_append_val(scan.tokens, token);
        g_array_append_val(scan.paren_of, none);
    }
    scan_tokens(&scan);
    struct sim_lines *lines = keep(&scan);
    g_array_unref(scan.tokens);
    g_array_unref(scan.tables);
    g_array_unref(scan.entries);
    g_array_unref(scan.paren_of);
    *ret_is_clean = scan.is_clean;
    return lines;
}

/* --- look-up --- */

/* How well a table fits; 0 = not at all. */
static int fit(const struct sim_lines *lines, uint32_t index, const char *callee, const char *name,
               const char *hint)
{
    const struct table *table = &lines->tables[index];
    if (!table->callee || strcmp(table->callee, callee) != 0) {
        return 0;
    }
    if (name && table->literal && strcmp(table->literal, name) != 0) {
        return 0;
    }
    struct sim_lines_entry ignored;
    return 1 + (name && table->literal ? 2 : 0) +
           (hint && sim_lines_field(lines, index, hint, &ignored) ? 1 : 0);
}

uint32_t sim_lines_call(const struct sim_lines *lines, int line, const char *callee,
                        const char *name, const char *hint)
{
    uint32_t low = 0;
    uint32_t high = lines->table_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (lines->tables[lines->by_line[middle]].line < line) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    uint32_t best = SIM_LINES_NONE;
    int best_fit = 0;
    uint32_t last = MIN(lines->table_count, low + LOOK_COUNT_MAX);
    for (; low < last && lines->tables[lines->by_line[low]].line == line; low++) {
        int its_fit = fit(lines, lines->by_line[low], callee, name, hint);
        if (its_fit > best_fit) {
            best = lines->by_line[low];
            best_fit = its_fit;
        }
    }
    return best;
}

bool sim_lines_field(const struct sim_lines *lines, uint32_t table, const char *name,
                     struct sim_lines_entry *ret_entry)
{
    uint32_t left = LOOK_COUNT_MAX;
    for (uint32_t i = sim_lines_first(lines, table); i != SIM_LINES_NONE && left > 0;
         i = lines->entries[i].next, left--) {
        const struct entry *entry = &lines->entries[i];
        if (entry->name && strcmp(entry->name, name) == 0) {
            *ret_entry = entry->where;
            return true;
        }
    }
    return false;
}

uint32_t sim_lines_first(const struct sim_lines *lines, uint32_t table)
{
    return table == SIM_LINES_NONE ? SIM_LINES_NONE : lines->tables[table].first_entry;
}

bool sim_lines_item(const struct sim_lines *lines, uint32_t *at, uint32_t index,
                    struct sim_lines_entry *ret_entry)
{
    for (; *at != SIM_LINES_NONE; *at = lines->entries[*at].next) {
        const struct entry *entry = &lines->entries[*at];
        if (!entry->name && entry->item == index) {
            *ret_entry = entry->where;
            return true;
        }
    }
    return false;
}

const char *sim_lines_head(struct sim_arena *arena, const char *text, size_t size)
{
    const char *at = text;
    const char *end = text + size;
    g_autoptr(GString) head = g_string_new(NULL);
    while (end - at >= 2 && at[0] == '-' && at[1] == '-') {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        line_end = line_end ? line_end : end;
        at += 2;
        while (at < line_end && (*at == '-' || *at == ' ')) {
            at++;
        }
        if (head->len > 0) {
            g_string_append_c(head, '\n');
        }
        g_string_append_len(head, at, line_end - at);
        at = line_end < end ? line_end + 1 : end;
    }
    sim_text_tame(head->str, true);
    return sim_arena_strdup(arena, head->str);
}
