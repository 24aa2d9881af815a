/* Claims: expectations that no figure decides. "history is linearizable" is about what clients were
 * told, "replica has converged" about what the members of a store hold at the end of a run.
 */
#include <string.h>

#include "scenario/quantity.h"
#include "scenario/resolve.h"

#define TEXT_MAX_BYTES 500

/* The words of the text, which are of no great number. */
static GPtrArray *words_of(const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t\n", -1);
    GPtrArray *kept = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; words[i] != NULL; i++) {
        if (words[i][0] != '\0') {
            g_ptr_array_add(kept, g_strdup(words[i]));
        }
    }
    return kept;
}

static bool is_word(const GPtrArray *words, guint index, const char *word)
{
    return index < words->len && strcmp(words->pdata[index], word) == 0;
}

/* "replica has converged", "replica has not converged". */
static bool is_about_members(const GPtrArray *words)
{
    guint claim_at = is_word(words, 2, "not") ? 3 : 2;
    return (is_word(words, 1, "has") || is_word(words, 1, "have")) &&
           is_word(words, claim_at, "converged") && words->len == claim_at + 1;
}

static bool is_about_history(const GPtrArray *words)
{
    return is_word(words, 0, "history") && !is_about_members(words);
}

bool sim_text_is_claim(const char *text)
{
    g_autoptr(GPtrArray) words = words_of(text);
    return is_about_history(words) || is_about_members(words);
}

static bool read_history(struct sim_resolve *resolve, const struct sim_value *at, const char *text,
                         struct sim_expectation *expectation)
{
    if (strlen(text) > TEXT_MAX_BYTES ||
        !sim_check_sentence_parse(text, &expectation->claim, &expectation->is_denied)) {
        g_auto(GStrv) sentences = sim_check_claim_sentences();
        const char *nearest =
            sim_reader_suggest(&resolve->reader, text, (const char *const *)sentences);
        sim_reader_complain(&resolve->reader, at,
                            "expect: \"%.*s\" is nothing that can be expected of a history%s%s",
                            TEXT_MAX_BYTES, text, nearest,
                            nearest[0] ? "" : ": see docs/checking.md");
        return false;
    }
    g_autofree char *sentence =
        sim_check_claim_sentence(&expectation->claim, expectation->is_denied);
    expectation->kind = SIM_EXPECT_CLAIM;
    expectation->text = sim_reader_text(&resolve->reader, "%s", sentence);
    resolve->scenario->has_claims = true;
    return true;
}

static bool read_members(struct sim_resolve *resolve, const struct sim_value *at,
                         const GPtrArray *words, struct sim_expectation *expectation)
{
    struct sim_figure_spec *figure = &expectation->figure;
    const char *name = words->pdata[0];
    if (!sim_member_read(&resolve->reader, at, "expect", name, &figure->group, &figure->member)) {
        return false;
    }
    const struct sim_group_spec *group =
        &g_array_index(resolve->groups, struct sim_group_spec, figure->group);
    if (figure->member != SIM_NONE) {
        sim_reader_complain(&resolve->reader, at,
                            "expect: members of a group are compared with each other: name "
                            "'%s', not one of them",
                            group->name);
        return false;
    }
    if (group->model != NULL && group->model->contents == NULL) {
        sim_reader_complain(&resolve->reader, at,
                            "expect: '%s' is no replicated store: a %s does not say what it holds",
                            group->name, group->model->name);
        return false;
    }
    expectation->kind = SIM_EXPECT_CONVERGED;
    return group->model != NULL; /* an unknown model has been reported */
}

bool sim_claim_read(struct sim_resolve *resolve, const struct sim_value *at, const char *text,
                    bool has_window, struct sim_expectation *expectation)
{
    g_autoptr(GPtrArray) words = words_of(text);
    bool is_history = is_about_history(words);
    if (has_window) {
        sim_reader_complain(&resolve->reader, at,
                            is_history ? "expect: a history is judged as a whole: from and to do "
                                         "not go with it"
                                       : "expect: members are compared at the end of a run: from "
                                         "and to do not go with it");
        return false;
    }
    bool is_denied = is_word(words, 2, "not");
    g_ptr_array_add(words, NULL);
    g_autofree char *plain = g_strjoinv(" ", (char **)words->pdata);
    if (is_history) {
        return read_history(resolve, at, plain, expectation);
    }
    expectation->is_denied = is_denied;
    expectation->text = sim_reader_text(&resolve->reader, "%s", plain);
    return read_members(resolve, at, words, expectation);
}
