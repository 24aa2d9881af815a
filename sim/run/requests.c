/* See requests.h. */
#define _POSIX_C_SOURCE 200809L /* fstat, fileno */
#include "run/requests.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/csv.h"
#include "base/math.h"
#include "base/random.h"
#include "base/text.h"

#define BUFFER_SIZE ((size_t)1 << 20)
#define LINE_MAX_BYTES ((size_t)1 << 16)
#define SIZE_MAX_BYTES UINT64_C(1000000000000000)
#define WRONG_ROWS_SHOWN 10
#define COLUMN_NONE UINT32_MAX

struct zipf_rows {
    uint64_t object_count, count, done;
    uint64_t seed, state;
    double *cumulative; /* C[0 .. object_count] */
    uint32_t *guide;    /* where to begin, by u's share of the objects */
};

struct csv_rows {
    FILE *file;
    char *path; /* as messages say it */
    char *buffer;
    size_t at, filled; /* what of the buffer has not been read yet */
    bool is_at_end;    /* nothing comes after what is in the buffer */
    uint64_t line;
    uint32_t key, bytes;
    char *key_name, *bytes_name;
    struct sim_csv_line fields;
};

struct sim_requests {
    bool is_zipf;
    struct zipf_rows zipf;
    struct csv_rows csv;
};

/* ---- a file, line by line ---- */

static bool malformed(const struct csv_rows *csv, GError **error, const char *what)
{
    g_set_error(error, SIM_REQUESTS_ERROR, SIM_REQUESTS_MALFORMED, "%s:%" G_GUINT64_FORMAT ": %s",
                csv->path, csv->line, what);
    return false;
}

static bool unreadable(const struct csv_rows *csv, GError **error, int code)
{
    g_set_error(error, SIM_REQUESTS_ERROR, SIM_REQUESTS_UNREADABLE, "cannot read '%s': %s",
                csv->path, g_strerror(code));
    return false;
}

/* Moves what is left to the front and reads more behind it. */
static bool refill(struct csv_rows *csv, GError **error)
{
    memmove(csv->buffer, csv->buffer + csv->at, csv->filled - csv->at);
    csv->filled -= csv->at;
    csv->at = 0;
    errno = 0;
    size_t got = fread(csv->buffer + csv->filled, 1, BUFFER_SIZE - csv->filled, csv->file);
    csv->filled += got;
    csv->is_at_end = got == 0;
    return !ferror(csv->file) || unreadable(csv, error, errno != 0 ? errno : EIO);
}

/* The next line that is not empty is split; false at the end, and with an error. */
static bool next_line(struct csv_rows *csv, GError **error)
{
    for (;;) {
        const char *start = csv->buffer + csv->at;
        size_t left = csv->filled - csv->at;
        size_t within = left < LINE_MAX_BYTES ? left : LINE_MAX_BYTES;
        const char *newline = within > 0 ? memchr(start, '\n', within) : NULL;
        if (newline == NULL && left >= LINE_MAX_BYTES) {
            csv->line++;
            return malformed(csv, error, "the line is longer than 64 KiB");
        }
        if (newline == NULL && !csv->is_at_end) {
            if (!refill(csv, error)) {
                return false;
            }
            continue;
        }
        if (left == 0) {
            return false;
        }
        size_t length = newline != NULL ? (size_t)(newline - start) : left;
        csv->at += newline != NULL ? length + 1 : left;
        csv->line++;
        if (sim_csv_split(&csv->fields, start, length)) {
            return true;
        }
    }
}

/* ---- columns ---- */

static uint32_t find_column(const struct sim_csv_line *line, const char *name)
{
    for (uint32_t i = 0; i < line->field_count; i++) {
        if (line->fields[i].length == strlen(name) &&
            memcmp(line->fields[i].start, name, line->fields[i].length) == 0) {
            return i;
        }
    }
    return COLUMN_NONE;
}

/* A name as it may stand in a message, whatever bytes it has. Caller frees. */
static char *printable(const struct sim_csv_field *field)
{
    g_autofree char *raw = g_strndup(field->start, field->length < 40 ? field->length : 40);
    char *text = g_utf8_make_valid(raw, -1);
    for (char *c = text; *c != '\0'; c++) {
        *c = g_ascii_iscntrl(*c) ? '?' : *c;
    }
    return text;
}

static bool complain_of_column(const struct csv_rows *csv, const char *what, const char *name,
                               GError **error)
{
    g_autoptr(GString) all = g_string_new(NULL);
    const char *names[SIM_CSV_FIELDS_MAX + 1] = {NULL};
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    for (uint32_t i = 0; i < csv->fields.field_count; i++) {
        char *text = printable(&csv->fields.fields[i]);
        g_ptr_array_add(texts, text);
        names[i] = text;
        g_string_append_printf(all, "%s%s", i > 0 ? ", " : "", text);
    }
    const char *nearest = name != NULL ? sim_text_nearest(name, names) : NULL;
    g_autofree char *message =
        name != NULL
            ? g_strdup_printf("no column '%s' for the %s; there are: %.300s%s%s%s", name, what,
                              all->str, nearest != NULL ? " (did you mean '" : "",
                              nearest != NULL ? nearest : "", nearest != NULL ? "'?)" : "")
            : g_strdup_printf("no column key, object, object_id, obj_id or id; say which it is "
                              "with --key; there are: %.300s",
                              all->str);
    return malformed(csv, error, message);
}

static bool find_key(struct csv_rows *csv, GError **error)
{
    static const char *const usual[] = {"key", "object", "object_id", "obj_id", "id"};
    if (csv->key_name != NULL) {
        csv->key = find_column(&csv->fields, csv->key_name);
    }
    for (size_t i = 0; csv->key_name == NULL && i < G_N_ELEMENTS(usual); i++) {
        csv->key = find_column(&csv->fields, usual[i]);
        if (csv->key != COLUMN_NONE) {
            break;
        }
    }
    return csv->key != COLUMN_NONE || complain_of_column(csv, "key", csv->key_name, error);
}

static bool read_heads(struct csv_rows *csv, GError **error)
{
    static const char mark[] = "\xef\xbb\xbf"; /* some editors begin UTF-8 with it */
    csv->line = 0;
    csv->bytes = COLUMN_NONE;
    GError *problem = NULL;
    if (!next_line(csv, &problem)) {
        if (problem != NULL) {
            g_propagate_error(error, problem);
            return false;
        }
        csv->line = 1;
        return malformed(csv, error, "the file is empty; a trace begins with a line of names");
    }
    struct sim_csv_field *first = &csv->fields.fields[0];
    if (first->length >= 3 && memcmp(first->start, mark, 3) == 0) {
        first->start += 3;
        first->length -= 3;
    }
    if (!find_key(csv, error)) {
        return false;
    }
    if (csv->bytes_name != NULL) {
        csv->bytes = find_column(&csv->fields, csv->bytes_name);
        return csv->bytes != COLUMN_NONE || complain_of_column(csv, "size", csv->bytes_name, error);
    }
    return true;
}

static bool read_row(const struct csv_rows *csv, uint64_t *ret_key, uint64_t *ret_size,
                     GError **error)
{
    if (csv->key >= csv->fields.field_count || csv->fields.fields[csv->key].length == 0) {
        return malformed(csv, error, "the key is missing");
    }
    *ret_key = sim_csv_key(&csv->fields.fields[csv->key]);
    if (csv->bytes == COLUMN_NONE) {
        return true;
    }
    if (csv->bytes >= csv->fields.field_count ||
        !sim_csv_integer(&csv->fields.fields[csv->bytes], ret_size) || *ret_size > SIZE_MAX_BYTES) {
        return malformed(csv, error, "expected a size in bytes, a whole number up to 10^15");
    }
    return true;
}

/* After a first wrong row: adds what is wrong with those that follow, as far as they are shown. */
static void collect_wrong_rows(struct csv_rows *csv, GError **problem)
{
    uint64_t key, size;
    for (int shown = 1; shown < WRONG_ROWS_SHOWN; shown++) {
        g_autoptr(GError) another = NULL;
        while (another == NULL && next_line(csv, &another)) {
            read_row(csv, &key, &size, &another);
        }
        if (another == NULL) {
            return;
        }
        g_autofree char *before = g_strdup((*problem)->message);
        g_clear_error(problem);
        g_set_error(problem, SIM_REQUESTS_ERROR, SIM_REQUESTS_MALFORMED, "%s\nbrink: %s", before,
                    another->message);
    }
}

static int64_t next_rows(struct csv_rows *csv, uint64_t *keys, uint64_t *sizes, size_t most,
                         GError **error)
{
    int64_t count = 0;
    GError *problem = NULL;
    while ((size_t)count < most && next_line(csv, &problem)) {
        uint64_t size = 1;
        if (!read_row(csv, &keys[count], &size, &problem)) {
            collect_wrong_rows(csv, &problem);
            break;
        }
        if (sizes != NULL) {
            sizes[count] = size;
        }
        count++;
    }
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return -1;
    }
    return count;
}

struct sim_requests *sim_requests_open(const char *path, const char *key, const char *bytes,
                                       GError **error)
{
    bool is_input = strcmp(path, "-") == 0;
    struct sim_requests *requests = g_new0(struct sim_requests, 1);
    struct csv_rows *csv = &requests->csv;
    csv->path = g_strdup(is_input ? "standard input" : path);
    csv->key_name = g_strdup(key);
    csv->bytes_name = g_strdup(bytes);
    csv->buffer = g_malloc(BUFFER_SIZE);
    csv->file = is_input ? stdin : fopen(path, "rb");
    struct stat status;
    bool is_right = csv->file != NULL || unreadable(csv, error, errno);
    if (is_right && fstat(fileno(csv->file), &status) == 0 && S_ISDIR(status.st_mode)) {
        is_right = unreadable(csv, error, EISDIR);
    }
    if (!is_right || !read_heads(csv, error)) {
        sim_requests_free(requests);
        return NULL;
    }
    return requests;
}

/* ---- Zipf's law ---- */

/* guide[b] is an object that no target in [b, b + 1) / n of the total lies before. */
static void fill_guide(struct zipf_rows *zipf)
{
    uint64_t n = zipf->object_count;
    uint64_t k = 1;
    for (uint64_t b = 0; b < n; b++) {
        double target = (double)b / (double)n * zipf->cumulative[n];
        while (k < n && zipf->cumulative[k] <= target) {
            k++;
        }
        zipf->guide[b] = (uint32_t)(k > 1 ? k - 1 : k);
    }
}

struct sim_requests *sim_requests_zipf(uint64_t object_count, double exponent, uint64_t count,
                                       uint64_t seed)
{
    struct sim_requests *requests = g_new0(struct sim_requests, 1);
    struct zipf_rows *zipf = &requests->zipf;
    requests->is_zipf = true;
    *zipf = (struct zipf_rows){
        .object_count = object_count, .count = count, .seed = seed, .state = seed};
    zipf->cumulative = g_new(double, object_count + 1);
    zipf->guide = g_new(uint32_t, object_count);
    zipf->cumulative[0] = 0.0;
    for (uint64_t k = 1; k <= object_count; k++) {
        zipf->cumulative[k] = zipf->cumulative[k - 1] + sim_pow((double)k, -exponent);
    }
    fill_guide(zipf);
    return requests;
}

static int64_t next_draws(struct zipf_rows *zipf, uint64_t *keys, size_t most)
{
    uint64_t left = zipf->count - zipf->done;
    size_t count = left < most ? (size_t)left : most;
    uint64_t n = zipf->object_count;
    for (size_t i = 0; i < count; i++) {
        double u = (double)(sim_splitmix64(&zipf->state) >> 11) * 0x1p-53;
        double target = u * zipf->cumulative[n];
        uint64_t k = zipf->guide[(uint64_t)(u * (double)n)];
        while (k < n && zipf->cumulative[k] <= target) {
            k++;
        }
        keys[i] = k;
    }
    zipf->done += count;
    return (int64_t)count;
}

/* ---- both ---- */

void sim_requests_free(struct sim_requests *requests)
{
    if (requests == NULL) {
        return;
    }
    struct csv_rows *csv = &requests->csv;
    if (csv->file != NULL && csv->file != stdin) {
        fclose(csv->file);
    }
    g_free(csv->path);
    g_free(csv->key_name);
    g_free(csv->bytes_name);
    g_free(csv->buffer);
    g_free(requests->zipf.cumulative);
    g_free(requests->zipf.guide);
    g_free(requests);
}

bool sim_requests_have_sizes(const struct sim_requests *requests)
{
    return !requests->is_zipf && requests->csv.bytes != COLUMN_NONE;
}

bool sim_requests_can_rewind(const struct sim_requests *requests)
{
    return requests->is_zipf ||
           (requests->csv.file != stdin && fseek(requests->csv.file, 0, SEEK_CUR) == 0);
}

bool sim_requests_rewind(struct sim_requests *requests, GError **error)
{
    if (requests->is_zipf) {
        requests->zipf.state = requests->zipf.seed;
        requests->zipf.done = 0;
        return true;
    }
    struct csv_rows *csv = &requests->csv;
    if (fseek(csv->file, 0, SEEK_SET) != 0) {
        return unreadable(csv, error, errno);
    }
    csv->at = csv->filled = 0;
    csv->is_at_end = false;
    return read_heads(csv, error);
}

int64_t sim_requests_next(struct sim_requests *requests, uint64_t *keys, uint64_t *sizes,
                          size_t most, GError **error)
{
    return requests->is_zipf ? next_draws(&requests->zipf, keys, most)
                             : next_rows(&requests->csv, keys, sizes, most, error);
}
