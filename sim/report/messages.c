/* Reading the messages of a window out of an event log. See messages.h.
 *
 * A message is known by its number until it has arrived or was lost; what is sent again is another
 * arrow. What a fault of several nodes does is logged for each of them behind the fault itself,
 * which then is no fault of the network.
 */
#define _POSIX_C_SOURCE 200809L
#include "report/messages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/keyed.h"
#include "base/sort.h"

#define WANTED 30u          /* messages, where the window has no end */
#define LINES_PATIENCE 1000 /* logged behind it, in which those on their way may arrive */

/* What is on its way. */
struct pending {
    sim_time sent;
    uint32_t from, to, row;
    const char *label;
};

struct line {
    sim_time time;
    const char *kind, *label;
    uint32_t node, peer;
    uint64_t id, number;
};

struct reader {
    struct sim_messages *messages;
    GHashTable *names;   /* name -> its number + 1 */
    GPtrArray *all;      /* names by number */
    GStringChunk *texts; /* kept labels and names while reading */
    GHashTable *pending; /* id -> struct pending; looked up, never walked */
    uint32_t sent;       /* messages of the window so far */
    bool is_full;        /* no more are wanted */
    uint32_t lines_left; /* then */
};

/* ---- lines ---- */

/* The text of a field that is a text, in quotes; NULL when the line has none. */
static char *field_of(const char *line, const char *name)
{
    g_autofree char *head = g_strdup_printf("\"%s\": \"", name);
    const char *at = strstr(line, head);
    if (at == NULL) {
        return NULL;
    }
    GString *text = g_string_new(NULL);
    for (at += strlen(head); *at != '"' && *at != '\0'; at++) {
        at += *at == '\\' && at[1] != '\0';
        g_string_append_c(text, *at);
    }
    return g_string_free(text, FALSE);
}

static uint64_t number_of(const char *line, const char *name)
{
    g_autofree char *text = field_of(line, name);
    return text == NULL ? 0 : g_ascii_strtoull(text, NULL, 10);
}

static const char *keep(struct reader *reader, char *text)
{
    const char *kept = g_string_chunk_insert_const(reader->texts, text == NULL ? "" : text);
    g_free(text);
    return kept;
}

static uint32_t node_of(struct reader *reader, const char *line, const char *field)
{
    const char *name = keep(reader, field_of(line, field));
    guint found = GPOINTER_TO_UINT(g_hash_table_lookup(reader->names, name));
    if (found == 0) {
        g_ptr_array_add(reader->all, (char *)name);
        found = reader->all->len;
        g_hash_table_insert(reader->names, (char *)name, GUINT_TO_POINTER(found));
    }
    return found - 1;
}

/* False when it is no line of an event log. */
static bool read_line(struct reader *reader, const char *text, struct line *line)
{
    static const char head[] = "{\"time_ns\": ";
    char *end;
    if (strncmp(text, head, strlen(head)) != 0) {
        return false;
    }
    line->time = g_ascii_strtoll(text + strlen(head), &end, 10);
    line->kind = strstr(end, "\"kind\": \"");
    if (line->kind == NULL) {
        return false;
    }
    line->kind += strlen("\"kind\": \"");
    if (line->kind[0] == 'e') { /* events say nothing about messages, and are many */
        return true;
    }
    line->node = node_of(reader, end, "node");
    line->peer = strstr(end, "\"peer\": ") != NULL ? node_of(reader, end, "peer") : 0;
    line->label = keep(reader, field_of(end, "label"));
    line->id = number_of(end, "id");
    line->number = number_of(end, "number");
    return true;
}

/* ---- the window ---- */

static bool is_within(const struct reader *reader, sim_time time)
{
    return time >= reader->messages->from && time <= reader->messages->to;
}

static uint32_t add_row(struct reader *reader, sim_time time)
{
    g_array_append_val(reader->messages->times, time);
    return reader->messages->times->len - 1;
}

static gpointer key_of(uint64_t id)
{
    return GSIZE_TO_POINTER((gsize)id);
}

/* Of a message that is in the window with one of its ends. */
static void add_arrow(struct reader *reader, const struct pending *pending, sim_time ended,
                      uint32_t row, const char *lost)
{
    struct sim_message_arrow arrow = {.sent = pending->sent,
                                      .ended = ended,
                                      .from = pending->from,
                                      .to = pending->to,
                                      .sent_row = pending->row,
                                      .row = row,
                                      .label = pending->label,
                                      .lost = lost};
    g_array_append_val(reader->messages->arrows, arrow);
}

/* It arrived or was lost; or was sent again, when it was what makes a connection. */
static void end_message(struct reader *reader, const struct line *line, const char *lost)
{
    struct pending *pending = g_hash_table_lookup(reader->pending, key_of(line->id));
    if (pending == NULL) {
        return;
    }
    bool is_shown = pending->row != SIM_NONE || (is_within(reader, line->time) && !reader->is_full);
    if (is_shown) {
        reader->sent += pending->row == SIM_NONE; /* the others were counted */
        bool is_late = line->time > reader->messages->to;
        add_arrow(reader, pending, is_late ? SIM_NEVER : line->time,
                  is_late ? SIM_NONE : add_row(reader, line->time), lost);
    }
    g_hash_table_remove(reader->pending, key_of(line->id));
}

static void begin_message(struct reader *reader, const struct line *line)
{
    end_message(reader, line, NULL);
    struct pending *pending = g_new(struct pending, 1);
    *pending = (struct pending){line->time, line->node, line->peer, SIM_NONE, line->label};
    if (is_within(reader, line->time)) {
        if (reader->is_full) {
            reader->messages->left_out += reader->messages->to != SIM_NEVER;
            g_free(pending);
            return;
        }
        pending->row = add_row(reader, line->time);
        reader->sent++;
    }
    g_hash_table_insert(reader->pending, key_of(line->id), pending);
}

static struct sim_message_mark *open_mark(struct reader *reader, const struct line *line,
                                          uint32_t node)
{
    GArray *marks = reader->messages->marks;
    for (guint i = marks->len; i > 0; i--) {
        struct sim_message_mark *mark = &g_array_index(marks, struct sim_message_mark, i - 1);
        if (mark->id == line->id && mark->node == node && mark->to == SIM_NEVER && !mark->is_note) {
            return mark;
        }
    }
    return NULL;
}

static void take_fault(struct reader *reader, const struct line *line)
{
    bool is_of_network = strcmp(reader->all->pdata[line->node], "world") == 0;
    uint32_t node = is_of_network ? SIM_NONE : line->node;
    struct sim_message_mark *mark = open_mark(reader, line, node);
    struct sim_message_mark *whole = is_of_network ? NULL : open_mark(reader, line, SIM_NONE);
    if (whole != NULL && whole->from == line->time) { /* it is of nodes */
        whole->from = whole->to = SIM_NEVER;
    }
    if (line->number == 0 && mark != NULL) {
        mark->to = line->time;
        mark->end_row = is_within(reader, line->time) ? add_row(reader, line->time) : SIM_NONE;
    } else if (line->number != 0 && line->time <= reader->messages->to && !reader->is_full) {
        struct sim_message_mark added = {.from = line->time,
                                         .to = SIM_NEVER,
                                         .node = node,
                                         .row = SIM_NONE,
                                         .end_row = SIM_NONE,
                                         .id = line->id,
                                         .label = line->label};
        added.row = is_within(reader, line->time) ? add_row(reader, line->time) : SIM_NONE;
        g_array_append_val(reader->messages->marks, added);
    }
}

static void take_note(struct reader *reader, const struct line *line)
{
    if (is_within(reader, line->time) && !reader->is_full) {
        struct sim_message_mark note = {.from = line->time,
                                        .to = line->time,
                                        .node = line->node,
                                        .row = add_row(reader, line->time),
                                        .end_row = SIM_NONE,
                                        .label = line->label,
                                        .is_note = true};
        g_array_append_val(reader->messages->marks, note);
    }
}

/* False when there is nothing more to be read. */
static bool take(struct reader *reader, const struct line *line)
{
    bool is_open_ended = reader->messages->to == SIM_NEVER;
    switch (line->kind[0]) {
    case 's':
        begin_message(reader, line);
        break;
    case 'a':
        end_message(reader, line, NULL);
        break;
    case 'd':
        end_message(reader, line, line->label);
        break;
    case 'f':
        take_fault(reader, line);
        break;
    case 'n':
        take_note(reader, line);
        break;
    default:
        break;
    }
    reader->is_full =
        reader->is_full || reader->sent >= (is_open_ended ? WANTED : SIM_MESSAGES_MAX);
    bool is_past = is_open_ended ? reader->is_full : line->time > reader->messages->to;
    return !is_past || reader->lines_left-- > 0;
}

/* ---- what was found ---- */

static gboolean add_pending(gpointer key, gpointer value, gpointer data)
{
    (void)key;
    const struct pending *pending = value;
    if (pending->row != SIM_NONE) {
        add_arrow(data, pending, SIM_NEVER, SIM_NONE, NULL);
    }
    return TRUE;
}

static int compare_arrows(const void *a, const void *b, void *data)
{
    (void)data;
    const struct sim_message_arrow *x = a, *y = b;
    if (x->sent != y->sent) {
        return x->sent < y->sent ? -1 : 1;
    }
    return x->sent_row < y->sent_row ? -1 : x->sent_row > y->sent_row ? 1 : 0;
}

/* Which part takes part: a node of an arrow; a fault or a note alone makes nobody stand there. */
struct place {
    const char *name;
    uint32_t number, first; /* where its group was named first */
    guint64 member;
};

static int compare_places(const void *a, const void *b, void *data)
{
    (void)data;
    const struct place *x = a, *y = b;
    if (x->first != y->first) {
        return x->first < y->first ? -1 : 1;
    }
    return x->member < y->member ? -1 : x->member > y->member ? 1 : 0;
}

static uint32_t group_first(const GPtrArray *all, uint32_t number)
{
    const char *name = all->pdata[number];
    size_t length = strcspn(name, "[");
    uint32_t first = 0;
    while (strcspn(all->pdata[first], "[") != length ||
           strncmp(all->pdata[first], name, length) != 0) {
        first++;
    }
    return first;
}

/* Columns for those who take part, in `ret_columns` by their number; SIM_NONE for the others. */
static void place_nodes(struct reader *reader, uint32_t *ret_columns)
{
    struct sim_messages *messages = reader->messages;
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(struct place));
    for (uint32_t n = 0; n < reader->all->len; n++) {
        bool takes_part = false;
        for (guint i = 0; i < messages->arrows->len && !takes_part; i++) {
            const struct sim_message_arrow *arrow =
                &g_array_index(messages->arrows, struct sim_message_arrow, i);
            takes_part = arrow->from == n || arrow->to == n;
        }
        const char *name = reader->all->pdata[n];
        const char *bracket = strchr(name, '[');
        struct place place = {.name = name,
                              .number = n,
                              .first = group_first(reader->all, n),
                              .member = bracket ? g_ascii_strtoull(bracket + 1, NULL, 10) : 0};
        ret_columns[n] = SIM_NONE;
        if (takes_part) {
            g_array_append_val(places, place);
        }
    }
    sim_sort(places->data, places->len, sizeof(struct place), compare_places, NULL);
    for (guint i = 0; i < places->len; i++) {
        const struct place *place = &g_array_index(places, struct place, i);
        ret_columns[place->number] = i;
        g_ptr_array_add(messages->nodes, g_strdup(place->name));
    }
}

static void finish(struct reader *reader)
{
    struct sim_messages *messages = reader->messages;
    g_hash_table_foreach_remove(reader->pending, add_pending, reader);
    sim_sort(messages->arrows->data, messages->arrows->len, sizeof(struct sim_message_arrow),
             compare_arrows, NULL);
    if (messages->to == SIM_NEVER) {
        guint rows = messages->times->len;
        messages->to =
            rows > 0 ? g_array_index(messages->times, sim_time, rows - 1) : messages->from;
    }
    g_autofree uint32_t *columns = g_new(uint32_t, reader->all->len + 1);
    place_nodes(reader, columns);
    for (guint i = 0; i < messages->arrows->len; i++) {
        struct sim_message_arrow *arrow =
            &g_array_index(messages->arrows, struct sim_message_arrow, i);
        arrow->from = columns[arrow->from];
        arrow->to = columns[arrow->to];
        arrow->label = sim_arena_strdup(&messages->arena, arrow->label);
        arrow->lost = arrow->lost ? sim_arena_strdup(&messages->arena, arrow->lost) : NULL;
    }
    for (guint i = messages->marks->len; i > 0; i--) {
        struct sim_message_mark *mark =
            &g_array_index(messages->marks, struct sim_message_mark, i - 1);
        bool is_of_network = mark->node == SIM_NONE;
        mark->node = is_of_network ? SIM_NONE : columns[mark->node];
        bool is_seen = mark->from <= messages->to && mark->to >= messages->from;
        if (!is_seen || (!is_of_network && mark->node == SIM_NONE)) {
            g_array_remove_index(messages->marks, i - 1);
        } else {
            mark->label = sim_arena_strdup(&messages->arena, mark->label);
        }
    }
}

/* ---- all ---- */

static bool read_all(struct reader *reader, FILE *in, const char *path, GError **error)
{
    char *text = NULL;
    size_t size = 0;
    uint64_t number = 0;
    bool goes_on = true, is_right = true;
    while (goes_on && is_right && getline(&text, &size, in) >= 0) {
        struct line line = {0};
        number++;
        is_right = read_line(reader, text, &line);
        goes_on = is_right && take(reader, &line);
    }
    free(text);
    if (!is_right) {
        g_set_error(error, SIM_REPORT_ERROR, 0,
                    "'%s', line %" G_GUINT64_FORMAT ": this is no event log of brink run --trace",
                    path, (guint64)number);
    }
    return is_right;
}

struct sim_messages *sim_messages_read(const char *path, sim_time from, sim_time to, GError **error)
{
    FILE *in = fopen(path, "r");
    if (in == NULL) {
        int code = errno;
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code),
                    "cannot read '%s': %s", path, g_strerror(code));
        return NULL;
    }
    struct sim_messages *messages = g_new0(struct sim_messages, 1);
    *messages = (struct sim_messages){.from = from, .to = to};
    sim_arena_init(&messages->arena);
    messages->nodes = g_ptr_array_new_with_free_func(g_free);
    messages->arrows = g_array_new(FALSE, FALSE, sizeof(struct sim_message_arrow));
    messages->marks = g_array_new(FALSE, FALSE, sizeof(struct sim_message_mark));
    messages->times = g_array_new(FALSE, FALSE, sizeof(sim_time));
    struct reader reader = {
        .messages = messages,
        .names = g_hash_table_new(sim_keyed_text, g_str_equal),
        .all = g_ptr_array_new(),
        .texts = g_string_chunk_new(4096),
        .pending = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free),
        .lines_left = LINES_PATIENCE,
    };
    bool is_read = read_all(&reader, in, path, error);
    fclose(in);
    if (is_read) {
        finish(&reader);
    }
    g_hash_table_destroy(reader.pending);
    g_hash_table_destroy(reader.names);
    g_ptr_array_free(reader.all, TRUE);
    g_string_chunk_free(reader.texts);
    if (!is_read) {
        sim_messages_free(messages);
        return NULL;
    }
    return messages;
}

void sim_messages_free(struct sim_messages *messages)
{
    g_ptr_array_free(messages->nodes, TRUE);
    g_array_free(messages->arrows, TRUE);
    g_array_free(messages->marks, TRUE);
    g_array_free(messages->times, TRUE);
    sim_arena_clear(&messages->arena);
    g_free(messages);
}
