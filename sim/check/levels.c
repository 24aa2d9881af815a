/* Levels of consistency: one row for each, and the sentences that claim them. See check.h. */
#include <string.h>

#include "base/assert.h"
#include "check/accesses.h"
#include "check/words.h"

static const struct level {
    const char *name;
    const char *claim, *denial; /* sentences */
    const char *because;        /* of a piece that it denies; %s: this, these */
    check_decide_accesses *decide;
} levels[SIM_CHECK_LEVEL_COUNT] = {
    [SIM_CHECK_LINEARIZABLE] = {"linearizable", "history is linearizable",
                                "history is not linearizable", NULL, NULL},
    [SIM_CHECK_CAUSAL] = {"causal", "history is causal", "history is not causal",
                          "no order that puts causes before effects explains %s", check_causal},
    [SIM_CHECK_READ_MY_WRITES] = {"read my writes", "history has read-my-writes",
                                  "history has no read-my-writes",
                                  "no order of the writes lets each process read its own in %s",
                                  check_read_my_writes},
    [SIM_CHECK_MONOTONIC_READS] = {"monotonic reads", "history has monotonic reads",
                                   "history has no monotonic reads",
                                   "no order of the writes lets reads only go forward in %s",
                                   check_monotonic_reads},
    [SIM_CHECK_MONOTONIC_WRITES] = {"monotonic writes", "history has monotonic writes",
                                    "history has no monotonic writes",
                                    "no order of the writes that keeps each process's own explains "
                                    "%s",
                                    check_monotonic_writes},
    [SIM_CHECK_WRITES_FOLLOW_READS] = {"writes follow reads", "history has writes-follow-reads",
                                       "history has no writes-follow-reads",
                                       "no order that puts writes after what had been read before "
                                       "them explains %s",
                                       check_writes_follow_reads},
};

/* ---- names ---- */

/* Blanks in place of hyphens and of many blanks. Caller frees. */
static char *plain_of(const char *text)
{
    GString *plain = g_string_new(NULL);
    for (; *text != '\0'; text++) {
        bool is_blank = strchr(" -\t\r\n", *text) != NULL;
        bool is_second = plain->len == 0 || plain->str[plain->len - 1] == ' ';
        if (!is_blank || !is_second) {
            g_string_append_c(plain, is_blank ? ' ' : *text);
        }
    }
    return g_strchomp(g_string_free(plain, FALSE));
}

static bool is_plainly(const char *text, const char *plain)
{
    g_autofree char *other = plain_of(text);
    return strcmp(other, plain) == 0;
}

bool sim_check_claim_parse(const char *name, struct sim_check_claim *ret_claim)
{
    g_autofree char *plain = plain_of(name);
    for (int i = 0; i < SIM_CHECK_LEVEL_COUNT; i++) {
        if (strcmp(levels[i].name, plain) == 0) {
            *ret_claim = (struct sim_check_claim){.level = (enum sim_check_level)i};
            return true;
        }
    }
    return false;
}

bool sim_check_sentence_parse(const char *text, struct sim_check_claim *ret_claim,
                              bool *ret_is_denied)
{
    g_autofree char *plain = plain_of(text);
    for (int i = 0; i < SIM_CHECK_LEVEL_COUNT; i++) {
        bool is_denied = is_plainly(levels[i].denial, plain);
        if (is_denied || is_plainly(levels[i].claim, plain)) {
            *ret_claim = (struct sim_check_claim){.level = (enum sim_check_level)i};
            *ret_is_denied = is_denied;
            return true;
        }
    }
    return false;
}

bool sim_check_claim_equals(const struct sim_check_claim *a, const struct sim_check_claim *b)
{
    return a->level == b->level;
}

char *sim_check_claim_name(const struct sim_check_claim *claim)
{
    return g_strdup(levels[claim->level].name);
}

char *sim_check_claim_sentence(const struct sim_check_claim *claim, bool is_denied)
{
    const struct level *level = &levels[claim->level];
    return g_strdup(is_denied ? level->denial : level->claim);
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
    char **sentences = g_new0(char *, 2 * SIM_CHECK_LEVEL_COUNT + 1);
    for (int i = 0; i < SIM_CHECK_LEVEL_COUNT; i++) {
        sentences[2 * i] = g_strdup(levels[i].claim);
        sentences[2 * i + 1] = g_strdup(levels[i].denial);
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
    result->verdict = level->decide(accesses, limits, &steps);
    result->steps = limits->steps_max - steps;
    if (result->verdict == SIM_CHECK_NO) {
        struct check_accesses piece;
        result->is_minimal = check_reduce(accesses, level->decide, limits, &piece);
        keep_piece(result, &piece);
        check_accesses_clear(&piece);
        result->because = check_because(accesses->input, level->because, result);
    } else if (result->verdict == SIM_CHECK_UNKNOWN) {
        result->because = g_strdup("the search passed its limits");
    }
}

void sim_check_judge(struct sim_check_input *input, const struct sim_check_claim *claim,
                     const struct sim_check_limits *limits, struct sim_check_result *ret_result)
{
    const struct level *level = &levels[claim->level];
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
    if (accesses.trouble != NULL) {
        result.verdict = SIM_CHECK_UNKNOWN;
        result.because = g_strdup(accesses.trouble);
    } else {
        judge_accesses(&accesses, level, limits, &result);
    }
    if (result.verdict == SIM_CHECK_YES && input->history.dropped > 0) {
        result.verdict = SIM_CHECK_UNKNOWN;
        result.because = g_strdup("more operations than are recorded");
    }
    result.keys_unknown = result.verdict == SIM_CHECK_UNKNOWN ? result.keys : 0;
    check_accesses_clear(&accesses);
    *ret_result = result;
}
