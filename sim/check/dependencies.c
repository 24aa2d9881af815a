/* Dependencies between transactions, from what they read.
 *
 * Adya, "Weak consistency", MIT thesis 1999, section 3; Kingsbury and Alvaro, "Elle: inferring
 * isolation anomalies from experimental observations", PVLDB 14(3), 2020. A value is written once.
 * Of lists to which values are appended, the longest that was read is the order of their versions;
 * what was appended for certain and is not in it comes behind all of it. Of registers it is known
 * that nothing was there before all else, and that what a transaction read of a key came before
 * what it then wrote there.
 *
 * A transaction that is unknown counts when somebody read what it left, and otherwise did not
 * happen. What one that failed left must not be read (G1a), nor what somebody left for less than
 * the whole of a transaction (G1b).
 */
#include "check/versions.h"

#define INTERNAL "internal: what %s reads does not fit with what it did itself"

/* ---- reads ---- */

/* Whether the value is somebody's who may leave something; says what is wrong otherwise. */
static bool is_left(struct check_building *building, uint32_t reader, uint64_t key, uint64_t value)
{
    const struct check_version *version = check_version_of(building, key, value);
    bool is_undone =
        version != NULL &&
        check_transaction_at(building->from, version->writer)->outcome == SIM_HISTORY_FAIL;
    if (version == NULL) {
        check_add_mistake(building, "nobody had written what %s reads", reader,
                          CHECK_NO_TRANSACTION, SIM_CHECK_READ_UNCOMMITTED);
    } else if (is_undone) {
        check_add_mistake(building, "G1a, an aborted read: what the first of %s left was undone",
                          reader, version->writer, SIM_CHECK_READ_COMMITTED);
    }
    return version != NULL && !is_undone;
}

/* What a transaction read of a key that it had written itself: `own` appends end the list, and what
 * it appended later is not there yet. What of others stands before these comes before it by the
 * order of versions. */
static void read_own(struct check_building *building, uint32_t reader,
                     const struct check_deed *deed, uint32_t own)
{
    bool is_value = deed->count == 0 && !deed->is_missing;
    if (is_value) {
        is_left(building, reader, deed->key, deed->value);
    }
    for (uint32_t i = 0; i < deed->count; i++) {
        uint64_t value = check_value_at(building, deed->first + i);
        if (is_left(building, reader, deed->key, value) && i + own < deed->count &&
            check_version_of(building, deed->key, value)->writer == reader) {
            check_add_mistake(building, INTERNAL, reader, CHECK_NO_TRANSACTION,
                              SIM_CHECK_REPEATABLE_READ);
        }
    }
}

/* What a transaction read of the value that was last, when that was not its own doing. */
static void read_value(struct check_building *building, uint32_t reader, uint64_t key,
                       uint64_t value)
{
    const struct check_version *version = check_version_of(building, key, value);
    if (version != NULL && version->writer == reader) { /* and had not, when it read that */
        check_add_mistake(building, INTERNAL, reader, CHECK_NO_TRANSACTION,
                          SIM_CHECK_REPEATABLE_READ);
        return;
    }
    bool stays = is_left(building, reader, key, value);
    if (version != NULL && stays && !version->is_last) {
        check_add_mistake(
            building,
            "G1b, an intermediate read: what was read of the first of %s was not its last", reader,
            version->writer, SIM_CHECK_READ_COMMITTED);
    }
    if (version != NULL) {
        check_add_edge(building, version->writer, reader, CHECK_WR, key);
    }
}

/* A list, with all that stands in it. */
static void read_list(struct check_building *building, uint32_t reader,
                      const struct check_deed *deed)
{
    for (uint32_t i = 0; i + 1 < deed->count; i++) {
        uint64_t value = check_value_at(building, deed->first + i);
        const struct check_version *version = check_version_of(building, deed->key, value);
        if (version != NULL && version->writer == reader) {
            read_value(building, reader, deed->key, value);
        } else {
            is_left(building, reader, deed->key, value);
        }
    }
    if (deed->count > 0) {
        read_value(building, reader, deed->key,
                   check_value_at(building, deed->first + deed->count - 1));
    }
}

/* Whether a read fits with what its transaction had done before with that key. */
static bool fits_inside(const struct check_building *building, const struct check_transaction *of,
                        uint32_t index)
{
    const struct check_deed *read = check_deed_at(building->from, of->first + index);
    uint32_t appended = 0; /* of its own, that the end of the list must be, from the end */
    for (uint32_t d = index; d-- > 0;) {
        const struct check_deed *deed = check_deed_at(building->from, of->first + d);
        if (deed->key != read->key || (deed->kind == CHECK_DEED_READ && !deed->is_known)) {
            continue;
        }
        if (deed->kind == CHECK_DEED_WRITE) {
            return !read->is_missing && read->value == deed->value;
        }
        if (deed->kind == CHECK_DEED_READ) {
            bool is_same = read->count == deed->count + appended &&
                           (deed->count > 0 || appended > 0 ||
                            (read->is_missing == deed->is_missing &&
                             (read->is_missing || read->value == deed->value)));
            for (uint32_t i = 0; i < deed->count && is_same; i++) {
                is_same = check_value_at(building, read->first + i) ==
                          check_value_at(building, deed->first + i);
            }
            return is_same;
        }
        appended++;
        if (appended > read->count ||
            check_value_at(building, read->first + read->count - appended) != deed->value) {
            return false;
        }
    }
    return true;
}

/* ---- versions in order ---- */

static void follow_list(struct check_building *building, uint32_t reader,
                        const struct check_deed *deed)
{
    const struct check_longest *longest = g_hash_table_lookup(building->longest, &deed->key);
    if (longest != NULL && deed->count < longest->count) {
        const struct check_version *next = check_version_of(
            building, deed->key, check_value_at(building, longest->first + deed->count));
        check_add_edge(building, reader, next != NULL ? next->writer : CHECK_NO_TRANSACTION,
                       CHECK_RW, deed->key);
    }
}

/* What was undone has no place in the order. */
static void order_longest(struct check_building *building, const struct check_longest *longest)
{
    uint32_t before = CHECK_NO_TRANSACTION;
    for (uint32_t i = 0; i < longest->count; i++) {
        struct check_version *version =
            check_version_of(building, longest->key, check_value_at(building, longest->first + i));
        uint32_t writer = version != NULL ? version->writer : CHECK_NO_TRANSACTION;
        if (version != NULL) {
            version->is_listed = true;
        }
        bool is_undone = writer != CHECK_NO_TRANSACTION &&
                         check_transaction_at(building->from, writer)->outcome == SIM_HISTORY_FAIL;
        if (!is_undone) {
            check_add_edge(building, before, writer, CHECK_WW, longest->key);
            before = writer;
        }
    }
}

/* A write comes behind a version, or behind nothing: all that read that come before it. */
static void order_readers(struct check_building *building, uint32_t writer, uint64_t key,
                          uint64_t value)
{
    struct check_readers wanted = {key, value, NULL, 0};
    const struct check_readers *readers = g_hash_table_lookup(building->readers, &wanted);
    for (guint i = 0; readers != NULL && i < readers->transactions->len && !building->to->is_short;
         i++) {
        check_add_edge(building, g_array_index(readers->transactions, uint32_t, i), writer,
                       CHECK_RW, key);
    }
}

/* Who left the last that stands in a list and was not undone. */
static uint32_t last_writer(const struct check_building *building,
                            const struct check_longest *longest)
{
    uint32_t writer = CHECK_NO_TRANSACTION;
    for (uint32_t i = longest->count; i-- > 0 && writer == CHECK_NO_TRANSACTION;) {
        const struct check_version *version =
            check_version_of(building, longest->key, check_value_at(building, longest->first + i));
        bool is_kept =
            version != NULL &&
            check_transaction_at(building->from, version->writer)->outcome != SIM_HISTORY_FAIL;
        writer = is_kept ? version->writer : writer;
    }
    return writer;
}

/* What was certainly appended and is not in the longest list comes behind all of it. */
static void order_unseen(struct check_building *building, uint32_t writer,
                         const struct check_deed *deed)
{
    const struct check_longest *longest = g_hash_table_lookup(building->longest, &deed->key);
    bool is_empty = longest == NULL || longest->count == 0;
    if (check_version_of(building, deed->key, deed->value)->is_listed) {
        return;
    }
    gpointer other = g_hash_table_lookup(building->written, &deed->key);
    bool is_other = other != NULL && GPOINTER_TO_UINT(other) != writer + 1;
    building->to->has_unseen = building->to->has_unseen || is_other;
    g_hash_table_insert(building->written, (gpointer)&deed->key, GUINT_TO_POINTER(writer + 1));
    if (!is_empty) {
        check_add_edge(building, last_writer(building, longest), writer, CHECK_WW, deed->key);
    }
    order_readers(building, writer, deed->key,
                  is_empty ? CHECK_NO_VALUE
                           : check_value_at(building, longest->first + longest->count - 1));
}

/* Two that read one and the same version and both wrote the key: whichever is later replaced what
 * it had not seen (P4 of Berenson and others, "A critique of ANSI SQL isolation levels", SIGMOD
 * 1995). */
static void replace_version(struct check_building *building, uint32_t writer,
                            const struct check_deed *read)
{
    struct check_readers wanted = {read->key, check_seen_by(building, read), NULL, 0};
    struct check_readers *readers = g_hash_table_lookup(building->readers, &wanted);
    if (readers->replacer != CHECK_NO_TRANSACTION && readers->replacer != writer) {
        check_add_mistake(building, "a lost update: %s replace the version that both read", writer,
                          readers->replacer, SIM_CHECK_REPEATABLE_READ);
    }
    readers->replacer = writer;
}

/* Of a register: behind nothing, and behind what the transaction had read of it; that it comes
 * behind who left that follows of the read, where reads count. */
static void order_write(struct check_building *building, uint32_t t, uint32_t index)
{
    const struct check_transaction *of = check_transaction_at(building->from, t);
    const struct check_deed *deed = check_deed_at(building->from, of->first + index);
    if (deed->kind == CHECK_DEED_APPEND) {
        order_unseen(building, t, deed);
    } else {
        order_readers(building, t, deed->key, CHECK_NO_VALUE);
    }
    for (uint32_t d = 0; d < index && of->outcome == SIM_HISTORY_OK; d++) {
        const struct check_deed *read = check_deed_at(building->from, of->first + d);
        if (read->key != deed->key || read->kind != CHECK_DEED_READ || !read->is_known ||
            check_is_own(building, of, d)) {
            continue;
        }
        replace_version(building, t, read);
        if (deed->kind == CHECK_DEED_WRITE && !read->is_missing) {
            order_readers(building, t, deed->key, read->value);
        }
    }
}

static void take_read(struct check_building *building, uint32_t t, uint32_t index)
{
    const struct check_transaction *of = check_transaction_at(building->from, t);
    const struct check_deed *deed = check_deed_at(building->from, of->first + index);
    if (!deed->is_known || of->outcome != SIM_HISTORY_OK) {
        return;
    }
    uint32_t own = 0;
    for (uint32_t d = 0; d < index; d++) {
        const struct check_deed *before = check_deed_at(building->from, of->first + d);
        own += before->key == deed->key && before->kind != CHECK_DEED_READ;
    }
    if (own > 0) {
        read_own(building, t, deed, own);
    } else if (deed->count > 0) {
        read_list(building, t, deed);
    } else if (!deed->is_missing) {
        read_value(building, t, deed->key, deed->value);
    }
    if (own == 0 && check_is_list_read(deed)) {
        follow_list(building, t, deed);
    }
    if (!fits_inside(building, of, index)) {
        check_add_mistake(building, INTERNAL, t, CHECK_NO_TRANSACTION, SIM_CHECK_REPEATABLE_READ);
    }
}

/* ---- all ---- */

void check_dependencies_init(struct check_dependencies *dependencies,
                             const struct sim_check_input *input, size_t bytes_max)
{
    const struct sim_check_transactions *transactions = input->transactions;
    uint32_t count = transactions->all->len;
    *dependencies = (struct check_dependencies){
        .input = input,
        .count = count,
        .node_count = count,
        .has_happened = g_new0(bool, count + 1),
        .edges = g_array_new(FALSE, FALSE, sizeof(struct check_dependency)),
        .mistakes = g_array_new(FALSE, FALSE, sizeof(struct check_mistake)),
        .edges_max = (uint32_t)(bytes_max / (2 * sizeof(struct check_dependency))),
    };
    struct check_building building;
    check_versions_init(&building, dependencies);
    for (guint i = 0; i < building.lists->len; i++) {
        order_longest(&building, g_ptr_array_index(building.lists, i));
    }
    for (uint32_t t = 0; t < count; t++) {
        const struct check_transaction *transaction = check_transaction_at(transactions, t);
        for (uint32_t d = 0; d < transaction->count && dependencies->has_happened[t]; d++) {
            if (check_deed_at(transactions, transaction->first + d)->kind == CHECK_DEED_READ) {
                take_read(&building, t, d);
            } else {
                order_write(&building, t, d);
            }
        }
    }
    check_dependencies_add_times(dependencies);
    check_versions_clear(&building);
}

void check_dependencies_clear(struct check_dependencies *dependencies)
{
    g_free(dependencies->has_happened);
    g_array_free(dependencies->edges, TRUE);
    g_array_free(dependencies->mistakes, TRUE);
    *dependencies = (struct check_dependencies){0};
}
