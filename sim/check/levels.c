/* Levels of consistency: one row for each, and the sentences that claim them. See check.h. */
#include <string.h>

#include "base/assert.h"
#include "base/text.h"
#include "check/staleness.h"
#include "check/transactions.h"
#include "check/words.h"

static const struct level {
    const char *name;           /* N and T are bounds: a number of versions, a duration */
    const char *claim, *denial; /* sentences; of transactions there are none */
    const char *because;        /* of a piece that it denies; %s: this, these */
    check_decide_accesses *decide;
    check_decide_accesses *deny; /* quicker where it says no; or NULL */
    check_find *find;            /* in place of `because` and `decide` */
} levels[SIM_CHECK_LEVEL_COUNT] = {
    [SIM_CHECK_LINEARIZABLE] = {"linearizable", "history is linearizable",
                                "history is not linearizable", NULL, NULL, NULL, NULL},
    [SIM_CHECK_SEQUENTIAL] = {"sequential", "history is sequential", "history is not sequential",
                              "no order that keeps each process's own explains %s",
                              check_sequential, check_not_sequential, NULL},
    [SIM_CHECK_CAUSAL] = {"causal", "history is causal", "history is not causal",
                          "no order that puts causes before effects explains %s", check_causal,
                          NULL, NULL},
    [SIM_CHECK_CONSISTENT_PREFIX] =
        {"consistent prefix", "history has a consistent prefix", "history has no consistent prefix",
         "no order of the writes lets each process walk forward along it "
         "in %s",
         check_consistent_prefix, check_no_prefix, NULL},
    [SIM_CHECK_READ_MY_WRITES] = {"read my writes", "history has read-my-writes",
                                  "history has no read-my-writes",
                                  "no order of the writes lets each process read its own in %s",
                                  check_read_my_writes, NULL, NULL},
    [SIM_CHECK_MONOTONIC_READS] = {"monotonic reads", "history has monotonic reads",
                                   "history has no monotonic reads",
                                   "no order of the writes lets reads only go forward in %s",
                                   check_monotonic_reads, NULL, NULL},
    [SIM_CHECK_MONOTONIC_WRITES] = {"monotonic writes", "history has monotonic writes",
                                    "history has no monotonic writes",
                                    "no order of the writes that keeps each process's own explains "
                                    "%s",
                                    check_monotonic_writes, NULL, NULL},
    [SIM_CHECK_WRITES_FOLLOW_READS] = {"writes follow reads", "history has writes-follow-reads",
                                       "history has no writes-follow-reads",
                                       "no order that puts writes after what had been read before "
                                       "them explains %s",
                                       check_writes_follow_reads, NULL, NULL},
    [SIM_CHECK_VERSIONS_STALE] = {"at most N versions stale", "history is at most N versions stale",
                                  "history is more than N versions stale", NULL, NULL, NULL,
                                  check_versions_stale},
    [SIM_CHECK_TIME_STALE] = {"at most T stale", "history is at most T stale",
                              "history is more than T stale", NULL, NULL, NULL, check_time_stale},
    [SIM_CHECK_NO_LOST_UPDATES] = {"no lost updates", "history has no lost updates",
                                   "history has lost updates", NULL, NULL, NULL,
                                   check_lost_updates},
    [SIM_CHECK_NO_LOST_WRITES] = {"no lost writes", "history has no lost writes",
                                  "history has lost writes", NULL, NULL, NULL, check_lost_writes},
    [SIM_CHECK_NO_WRITES_LOST_FOR] = {"no writes lost for T", "history has no writes lost for T",
                                      "history has writes lost for T", NULL, NULL, NULL,
                                      check_lost_writes},
    [SIM_CHECK_READ_UNCOMMITTED] = {"read uncommitted", NULL, NULL, NULL, NULL, NULL, NULL},
    [SIM_CHECK_READ_COMMITTED] = {"read committed", NULL, NULL, NULL, NULL, NULL, NULL},
    [SIM_CHECK_REPEATABLE_READ] = {"repeatable read", NULL, NULL, NULL, NULL, NULL, NULL},
    [SIM_CHECK_SNAPSHOT_ISOLATION] = {"snapshot isolation", NULL, NULL, NULL, NULL, NULL, NULL},
    [SIM_CHECK_SERIALIZABLE] = {"serializable", NULL, NULL, NULL, NULL, NULL, NULL},
    [SIM_CHECK_STRICT_SERIALIZABLE] = {"strict serializable", NULL, NULL, NULL, NULL, NULL, NULL},
};

/* ---- names ---- */

/* Blanks in place of hyphens and of many blanks. Caller frees. */
static char *plain_of(const char *text)
{
    GString *plain = g_string_new(NULL);
    for (; *text != '\0'; text++) {
        bool is_second = plain->len == 0 || plain->str[plain->len - 1] == ' ';
        bool is_blank = strchr(" \t\r\n", *text) != NULL || (*text == '-' && !is_second);
        if (!is_blank || !is_second) {
            g_string_append_c(plain, is_blank ? ' ' : *text);
        }
    }
    return g_strchomp(g_string_free(plain, FALSE));
}

/* "3" for N, "100ms" for T. */
static bool read_bound(const char *kind, const char *word, uint64_t *ret_bound)
{
    double value;
    enum sim_unit unit;
    if (kind[0] == 'N') {
        return g_ascii_string_to_unsigned(word, 10, 0, UINT32_MAX, ret_bound, NULL);
    }
    if (!sim_text_parse(word, &value, &unit) || unit != SIM_UNIT_SECOND || value < 0) {
        return false;
    }
    *ret_bound = (uint64_t)sim_time_from_seconds(value);
    return true;
}

static bool is_bound(const char *word)
{
    return strcmp(word, "N") == 0 || strcmp(word, "T") == 0;
}

/* Whether a text says what the pattern does, which may have a bound in it. */
static bool matches(const char *pattern, const char *plain, uint64_t *ret_bound)
{
    g_autofree char *plain_pattern = plain_of(pattern);
    g_auto(GStrv) wanted = g_strsplit(plain_pattern, " ", -1);
    g_auto(GStrv) words = g_strsplit(plain, " ", -1);
    guint count = g_strv_length(wanted);
    bool does_match = g_strv_length(words) == count;
    uint64_t bound = 0;
    for (guint i = 0; i < count && does_match; i++) {
        bool is_one = bound == 1 && strcmp(words[i], "version") == 0;
        does_match = is_bound(wanted[i]) ? read_bound(wanted[i], words[i], &bound)
                                         : strcmp(wanted[i], words[i]) == 0 ||
                                               (is_one && strcmp(wanted[i], "versions") == 0);
    }
    *ret_bound = bound;
    return does_match;
}

bool sim_check_claim_parse(const char *name, struct sim_check_claim *ret_claim)
{
    g_autofree char *plain = plain_of(name);
    for (int i = 0; i < SIM_CHECK_LEVEL_COUNT; i++) {
        uint64_t bound;
        if (matches(levels[i].name, plain, &bound)) {
            *ret_claim = (struct sim_check_claim){(enum sim_check_level)i, bound};
            return true;
        }
    }
    return false;
}

bool sim_check_sentence_parse(const char *text, struct sim_check_claim *ret_claim,
                              bool *ret_is_denied)
{
    g_autofree char *plain = plain_of(text);
    for (int i = 0; i < SIM_CHECK_READ_UNCOMMITTED; i++) {
        uint64_t bound;
        bool is_denied = matches(levels[i].denial, plain, &bound);
        if (is_denied || matches(levels[i].claim, plain, &bound)) {
            *ret_claim = (struct sim_check_claim){(enum sim_check_level)i, bound};
            *ret_is_denied = is_denied;
            return true;
        }
    }
    return false;
}

/* The pattern with the bound in it. Caller frees. */
static char *filled(const char *pattern, uint64_t bound)
{
    static const struct {
        uint64_t ns;
        const char *unit;
    } units[] = {{SIM_SECOND, "s"}, {SIM_MILLISECOND, "ms"}, {SIM_MICROSECOND, "us"}, {1, "ns"}};
    g_auto(GStrv) words = g_strsplit(pattern, " ", -1);
    for (int i = 0; words[i] != NULL; i++) {
        size_t unit = 0;
        if (bound == 1 && strcmp(words[i], "versions") == 0) {
            words[i][strlen("version")] = '\0';
        }
        if (!is_bound(words[i])) {
            continue;
        }
        while (words[i][0] == 'T' && bound % units[unit].ns != 0) {
            unit++;
        }
        char *text = words[i][0] == 'N' ? g_strdup_printf("%" G_GUINT64_FORMAT, bound)
                                        : g_strdup_printf("%" G_GUINT64_FORMAT "%s",
                                                          bound / units[unit].ns, units[unit].unit);
        g_free(words[i]);
        words[i] = text;
    }
    return g_strjoinv(" ", words);
}

bool sim_check_claim_equals(const struct sim_check_claim *a, const struct sim_check_claim *b)
{
    return a->level == b->level && a->bound == b->bound;
}

char *sim_check_claim_name(const struct sim_check_claim *claim)
{
    return filled(levels[claim->level].name, claim->bound);
}

char *sim_check_claim_sentence(const struct sim_check_claim *claim, bool is_denied)
{
    const struct level *level = &levels[claim->level];
    return filled(is_denied ? level->denial : level->claim, claim->bound);
}

char **sim_check_claim_names(void)
{
    char **names = g_new0(char *, SIM_CHECK_LEVEL_COUNT + 1);
    for (int i = 0; i < SIM_CHECK_LEVEL_COUNT; i++) {
        names[i] = g_strdelimit(g_strdup(levels[i].name), " ", '-');
    }
    return names;
}

char **sim_check_claim_sentences(void)
{
    char **sentences = g_new0(char *, 2 * SIM_CHECK_READ_UNCOMMITTED + 1);
    for (int i = 0; i < SIM_CHECK_READ_UNCOMMITTED; i++) {
        sentences[2 * (size_t)i] = g_strdup(levels[i].claim);
        sentences[2 * (size_t)i + 1] = g_strdup(levels[i].denial);
    }
    return sentences;
}

/* ---- verdicts ---- */

static void keep_piece(struct sim_check_result *result, const struct check_accesses *piece)
{
    const struct sim_history_entry *entries = piece->input->history.entries;
    result->piece = g_array_new(FALSE, FALSE, sizeof(struct sim_history_entry));
    for (uint32_t i = 0; i < piece->count; i++) {
        g_array_append_val(result->piece, entries[piece->all[i].entry]);
    }
    result->bad_key = piece->count > 0 ? entries[piece->all[0].entry].key : 0;
    result->spans_keys = piece->key_count > 1;
}

static void judge_accesses(const struct check_accesses *accesses, const struct level *level,
                           const struct sim_check_limits *limits, struct sim_check_result *result)
{
    uint64_t steps = limits->steps_max;
    check_decide_accesses *decide = level->deny;
    result->verdict = decide != NULL ? decide(accesses, limits, &steps) : SIM_CHECK_UNKNOWN;
    if (result->verdict != SIM_CHECK_NO) {
        decide = level->decide;
        result->verdict = decide(accesses, limits, &steps);
    }
    result->steps = limits->steps_max - steps;
    if (result->verdict == SIM_CHECK_NO) {
        struct check_accesses denied, piece;
        check_reduce(accesses, decide, limits, &denied);
        result->is_minimal = check_reduce(&denied, level->decide, limits, &piece);
        keep_piece(result, &piece);
        check_accesses_clear(&denied);
        check_accesses_clear(&piece);
        result->because = check_because(accesses->input, level->because, result);
    } else if (result->verdict == SIM_CHECK_UNKNOWN) {
        result->because = g_strdup("the search passed its limits");
    }
}

static int compare_indices(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static bool has_index(const GArray *indices, uint32_t index)
{
    bool has = false;
    for (guint i = 0; i < indices->len; i++) {
        has = has || g_array_index(indices, uint32_t, i) == index;
    }
    return has;
}

/* Who saw that write, somebody who returned if there is one; CHECK_NOBODY: only those listed. */
static uint32_t witness_of(const struct check_accesses *accesses, uint32_t write,
                           const GArray *indices)
{
    uint32_t witness = CHECK_NOBODY;
    for (uint32_t i = 0; i < accesses->count; i++) {
        const struct check_access *access = &accesses->all[i];
        if (access->reads && access->source == write && !has_index(indices, i) &&
            (witness == CHECK_NOBODY || access->end != SIM_NEVER)) {
            witness = i;
        }
    }
    return witness;
}

/* Adds who saw what never returned: that says that it has happened. */
static void add_witnesses(const struct check_accesses *accesses, GArray *indices)
{
    for (guint i = 0; accesses->trouble == NULL && i < indices->len; i++) {
        uint32_t index = g_array_index(indices, uint32_t, i);
        uint32_t witness = accesses->all[index].end == SIM_NEVER
                               ? witness_of(accesses, index, indices)
                               : CHECK_NOBODY;
        if (witness != CHECK_NOBODY) {
            g_array_append_val(indices, witness);
        }
    }
    g_array_sort(indices, compare_indices);
}

static void judge_findings(const struct check_accesses *accesses,
                           const struct sim_check_claim *claim, struct sim_check_result *result)
{
    struct check_finding finding = levels[claim->level].find(accesses, claim->bound);
    result->verdict = finding.accesses->len > 0 ? SIM_CHECK_NO : SIM_CHECK_YES;
    if (result->verdict == SIM_CHECK_NO) {
        guint found = finding.accesses->len;
        add_witnesses(accesses, finding.accesses);
        struct check_accesses piece = {.input = accesses->input};
        piece.all = g_new(struct check_access, finding.accesses->len);
        for (; piece.count < finding.accesses->len; piece.count++) {
            uint32_t index = g_array_index(finding.accesses, uint32_t, piece.count);
            piece.all[piece.count] = accesses->all[index];
        }
        keep_piece(result, &piece);
        result->is_minimal = found == finding.accesses->len;
        result->because = check_because(accesses->input, finding.because, result);
        check_accesses_clear(&piece);
    }
    g_array_free(finding.accesses, TRUE);
    g_free(finding.because);
}

/* Why the level cannot be judged of these; NULL when it can. */
static const char *trouble_of(const struct check_accesses *accesses,
                              const struct sim_check_claim *claim)
{
    bool needs_clock = strstr(levels[claim->level].name, "T") != NULL && claim->bound > 0;
    if (claim->level == SIM_CHECK_SEQUENTIAL || claim->level == SIM_CHECK_CONSISTENT_PREFIX) {
        return NULL; /* by what operations do, whatever that is */
    }
    if (levels[claim->level].find == NULL || !accesses->is_register) {
        return accesses->trouble;
    }
    return needs_clock && !accesses->input->has_times
               ? "this history has numbers of events, and no clock"
               : NULL;
}

void sim_check_judge(struct sim_check_input *input, const struct sim_check_claim *claim,
                     const struct sim_check_limits *limits, struct sim_check_result *ret_result)
{
    if (input->transactions != NULL || claim->level >= SIM_CHECK_READ_UNCOMMITTED) {
        *ret_result = (struct sim_check_result){0};
        check_transactions_judge(input, claim, limits, ret_result);
        return;
    }
    if (claim->level == SIM_CHECK_LINEARIZABLE) {
        sim_check_linearizable(input, limits, ret_result);
        return;
    }
    struct check_accesses accesses;
    struct sim_check_result result = {0};
    sim_assert(input->history.count < UINT32_MAX);
    check_accesses_init(&accesses, input);
    result.operations = accesses.count;
    result.keys = accesses.key_count;
    const char *trouble = trouble_of(&accesses, claim);
    if (trouble != NULL) {
        result.verdict = SIM_CHECK_UNKNOWN;
        result.because = g_strdup(trouble);
    } else if (levels[claim->level].find != NULL) {
        judge_findings(&accesses, claim, &result);
    } else {
        judge_accesses(&accesses, &levels[claim->level], limits, &result);
    }
    if (result.verdict == SIM_CHECK_YES && input->history.dropped > 0) {
        result.verdict = SIM_CHECK_UNKNOWN;
        result.because = g_strdup("more operations than are recorded");
    }
    result.keys_unknown = result.verdict == SIM_CHECK_UNKNOWN ? result.keys : 0;
    check_accesses_clear(&accesses);
    *ret_result = result;
}
