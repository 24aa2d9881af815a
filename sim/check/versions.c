/* Versions: found by key and value. See versions.h. */
#include "check/versions.h"

#include "base/keyed.h"

static guint version_hash(gconstpointer data)
{
    const struct check_version *version = data;
    return sim_keyed_pair(version->key, version->value);
}

static gboolean version_equal(gconstpointer a, gconstpointer b)
{
    const struct check_version *x = a, *y = b;
    return x->key == y->key && x->value == y->value;
}

static guint readers_hash(gconstpointer data)
{
    const struct check_readers *readers = data;
    return sim_keyed_pair(readers->key, readers->value);
}

static gboolean readers_equal(gconstpointer a, gconstpointer b)
{
    const struct check_readers *x = a, *y = b;
    return x->key == y->key && x->value == y->value;
}

static void readers_free(gpointer data)
{
    struct check_readers *readers = data;
    g_array_free(readers->transactions, TRUE);
    g_free(readers);
}

struct check_version *check_version_of(const struct check_building *building, uint64_t key,
                                       uint64_t value)
{
    struct check_version wanted = {.key = key, .value = value};
    return g_hash_table_lookup(building->versions, &wanted);
}

void check_add_edge(struct check_building *building, uint32_t from, uint32_t to,
                    enum check_dependency_kind kind, uint64_t key)
{
    struct check_dependency edge = {from, to, kind, key};
    struct check_dependencies *dependencies = building->to;
    if (from == to || from == CHECK_NO_TRANSACTION || to == CHECK_NO_TRANSACTION) {
        return;
    }
    dependencies->is_short =
        dependencies->is_short || dependencies->edges->len >= dependencies->edges_max;
    if (!dependencies->is_short) {
        g_array_append_val(dependencies->edges, edge);
    }
}

void check_add_mistake(struct check_building *building, const char *what, uint32_t reader,
                       uint32_t writer, enum sim_check_level level)
{
    struct check_mistake mistake = {what, reader, writer, (int)level};
    g_array_append_val(building->to->mistakes, mistake);
}

/* ---- versions ---- */

/* Of a register that one transaction writes the order of versions is known. */
static void note_register(struct check_building *building, const struct check_deed *deed,
                          uint32_t writer)
{
    if (deed->kind != CHECK_DEED_WRITE) {
        return;
    }
    gpointer first = g_hash_table_lookup(building->written, &deed->key);
    building->to->has_registers =
        building->to->has_registers || (first != NULL && GPOINTER_TO_UINT(first) != writer + 1);
    g_hash_table_insert(building->written, (gpointer)&deed->key, GUINT_TO_POINTER(writer + 1));
}

static void collect_versions(struct check_building *building)
{
    for (uint32_t t = 0; t < building->to->count; t++) {
        const struct check_transaction *transaction = check_transaction_at(building->from, t);
        for (uint32_t d = 0; d < transaction->count; d++) {
            const struct check_deed *deed = check_deed_at(building->from, transaction->first + d);
            if (deed->kind == CHECK_DEED_READ) {
                continue;
            }
            struct check_version version = {
                .key = deed->key, .value = deed->value, .writer = t, .is_last = true};
            for (uint32_t i = 0; i < transaction->count; i++) {
                const struct check_deed *other =
                    check_deed_at(building->from, transaction->first + i);
                bool is_alike = other->kind != CHECK_DEED_READ && other->key == deed->key;
                version.number += i < d && is_alike;
                version.is_last = version.is_last && (i <= d || !is_alike);
            }
            note_register(building, deed, t);
            bool is_start = building->from->begins_as_zero && deed->value == 0;
            building->to->has_twice = building->to->has_twice || is_start ||
                                      check_version_of(building, deed->key, deed->value) != NULL;
            struct check_version *kept = g_memdup2(&version, sizeof version);
            g_hash_table_replace(building->versions, kept, kept);
        }
    }
}

uint64_t check_value_at(const struct check_building *building, uint32_t index)
{
    return g_array_index(building->from->values, uint64_t, index);
}

static bool begins_alike(const struct check_building *building, const struct check_longest *longest,
                         const struct check_deed *deed)
{
    uint32_t count = deed->count < longest->count ? deed->count : longest->count;
    for (uint32_t i = 0; i < count; i++) {
        if (check_value_at(building, longest->first + i) !=
            check_value_at(building, deed->first + i)) {
            return false;
        }
    }
    return true;
}

bool check_is_list_read(const struct check_deed *deed)
{
    return deed->kind == CHECK_DEED_READ && deed->is_known && (deed->count > 0 || deed->is_missing);
}

/* Lists that were read, and whether all of a key begin alike. */
static void collect_lists(struct check_building *building)
{
    for (uint32_t t = 0; t < building->to->count; t++) {
        const struct check_transaction *transaction = check_transaction_at(building->from, t);
        for (uint32_t d = 0; d < transaction->count && transaction->outcome == SIM_HISTORY_OK;
             d++) {
            const struct check_deed *deed = check_deed_at(building->from, transaction->first + d);
            struct check_longest *longest = g_hash_table_lookup(building->longest, &deed->key);
            if (!check_is_list_read(deed)) {
                continue;
            }
            if (longest == NULL) {
                longest = g_new0(struct check_longest, 1);
                longest->key = deed->key;
                g_hash_table_insert(building->longest, &longest->key, longest);
                g_ptr_array_add(building->lists, longest);
            }
            if (!begins_alike(building, longest, deed)) {
                check_add_mistake(building,
                                  "incompatible order: lists of one key begin differently in %s", t,
                                  CHECK_NO_TRANSACTION, SIM_CHECK_READ_UNCOMMITTED);
            }
            if (deed->count > longest->count) {
                longest->first = deed->first;
                longest->count = deed->count;
                longest->reader = t;
            }
        }
    }
}

/* What was appended once stands once in a list: what does not was made up by somebody. */
static void find_duplicates(struct check_building *building, const struct check_longest *longest)
{
    g_autoptr(GHashTable) values = g_hash_table_new(sim_keyed_number, g_int64_equal);
    for (uint32_t i = 0; i < longest->count; i++) {
        uint64_t *value = &g_array_index(building->from->values, uint64_t, longest->first + i);
        if (!g_hash_table_add(values, value)) {
            check_add_mistake(building, "duplicate elements: %s reads twice what was appended once",
                              longest->reader, CHECK_NO_TRANSACTION, SIM_CHECK_READ_UNCOMMITTED);
            return;
        }
    }
}

/* What one transaction appends to a list stands there in the order in which it did, and nothing of
 * it is missing before what is there. */
static void find_misplaced(struct check_building *building, const struct check_longest *longest)
{
    g_autoptr(GHashTable) counts = g_hash_table_new(sim_keyed_direct, g_direct_equal);
    for (uint32_t i = 0; i < longest->count; i++) {
        const struct check_version *version =
            check_version_of(building, longest->key, check_value_at(building, longest->first + i));
        bool counts_here =
            version != NULL &&
            check_transaction_at(building->from, version->writer)->outcome != SIM_HISTORY_FAIL;
        if (!counts_here) {
            continue;
        }
        gpointer writer = GUINT_TO_POINTER(version->writer);
        guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, writer));
        if (version->number != count) {
            bool is_other = version->writer != longest->reader;
            check_add_mistake(building,
                              "incompatible order: what is appended in %s was read in another "
                              "order, or a part of it",
                              longest->reader, is_other ? version->writer : CHECK_NO_TRANSACTION,
                              SIM_CHECK_READ_UNCOMMITTED);
            return;
        }
        g_hash_table_insert(counts, writer, GUINT_TO_POINTER(count + 1));
    }
}

/* ---- who happened ---- */

static void see(struct check_building *building, uint64_t key, uint64_t value)
{
    const struct check_version *version = check_version_of(building, key, value);
    if (version != NULL &&
        check_transaction_at(building->from, version->writer)->outcome == SIM_HISTORY_UNKNOWN) {
        building->to->has_happened[version->writer] = true;
    }
}

static void mark_happened(struct check_building *building)
{
    for (uint32_t t = 0; t < building->to->count; t++) {
        const struct check_transaction *transaction = check_transaction_at(building->from, t);
        if (transaction->outcome != SIM_HISTORY_OK) {
            continue;
        }
        building->to->has_happened[t] = true;
        for (uint32_t d = 0; d < transaction->count; d++) {
            const struct check_deed *deed = check_deed_at(building->from, transaction->first + d);
            bool is_read = deed->kind == CHECK_DEED_READ && deed->is_known;
            for (uint32_t i = 0; is_read && i < deed->count; i++) {
                see(building, deed->key, check_value_at(building, deed->first + i));
            }
            if (is_read && deed->count == 0 && !deed->is_missing) {
                see(building, deed->key, deed->value);
            }
        }
    }
}

/* Whether the transaction had written the key before. */
bool check_is_own(const struct check_building *building, const struct check_transaction *of,
                  uint32_t index)
{
    const struct check_deed *read = check_deed_at(building->from, of->first + index);
    bool is_own = false;
    for (uint32_t d = 0; d < index; d++) {
        const struct check_deed *deed = check_deed_at(building->from, of->first + d);
        is_own = is_own || (deed->key == read->key && deed->kind != CHECK_DEED_READ);
    }
    return is_own;
}

/* The version that a read saw last. */
uint64_t check_seen_by(const struct check_building *building, const struct check_deed *read)
{
    return read->is_missing  ? CHECK_NO_VALUE
           : read->count > 0 ? check_value_at(building, read->first + read->count - 1)
                             : read->value;
}

static void collect_readers(struct check_building *building)
{
    for (uint32_t t = 0; t < building->to->count; t++) {
        const struct check_transaction *transaction = check_transaction_at(building->from, t);
        for (uint32_t d = 0; d < transaction->count && transaction->outcome == SIM_HISTORY_OK;
             d++) {
            const struct check_deed *deed = check_deed_at(building->from, transaction->first + d);
            if (deed->kind != CHECK_DEED_READ || !deed->is_known ||
                check_is_own(building, transaction, d)) {
                continue;
            }
            struct check_readers wanted = {deed->key, check_seen_by(building, deed), NULL,
                                           CHECK_NO_TRANSACTION};
            struct check_readers *readers = g_hash_table_lookup(building->readers, &wanted);
            if (readers == NULL) {
                wanted.transactions = g_array_new(FALSE, FALSE, sizeof t);
                readers = g_memdup2(&wanted, sizeof wanted);
                g_hash_table_insert(building->readers, readers, readers);
            }
            g_array_append_val(readers->transactions, t);
        }
    }
}

/* ---- all ---- */

void check_versions_init(struct check_building *building, struct check_dependencies *to)
{
    *building = (struct check_building){
        .to = to,
        .from = to->input->transactions,
        .versions = g_hash_table_new_full(version_hash, version_equal, g_free, NULL),
        .longest = g_hash_table_new_full(sim_keyed_number, g_int64_equal, NULL, g_free),
        .lists = g_ptr_array_new(),
        .written = g_hash_table_new(sim_keyed_number, g_int64_equal),
        .readers = g_hash_table_new_full(readers_hash, readers_equal, readers_free, NULL),
    };
    collect_versions(building);
    collect_lists(building);
    for (guint i = 0; i < building->lists->len; i++) {
        find_duplicates(building, g_ptr_array_index(building->lists, i));
        find_misplaced(building, g_ptr_array_index(building->lists, i));
    }
    mark_happened(building);
    collect_readers(building);
}

void check_versions_clear(struct check_building *building)
{
    g_hash_table_destroy(building->versions);
    g_hash_table_destroy(building->longest);
    g_hash_table_destroy(building->written);
    g_hash_table_destroy(building->readers);
    g_ptr_array_free(building->lists, TRUE);
}
