/* Histories that nobody would record: a verdict within the limits, or a message. If this failed,
 * brink history would hang, fill the memory or crash on a file that somebody hands to it.
 */
#include <glib.h>
#include <string.h>

#include "base/keyed.h"
#include "check/read.h"

#define MANY 30000
#define DEEP 100000

/* `many` maps, or pairs of a call and its return where `to` is not NULL; %d is the place. */
static void add_many(GString *edn, int many, const char *function, const char *from, const char *to)
{
    for (int pass = 0; pass < (to != NULL ? 2 : 1); pass++) {
        for (int i = 0; i < many; i++) {
            g_autofree char *number = g_strdup_printf("%d", i + 1);
            g_auto(GStrv) parts = g_strsplit(pass == 0 ? from : to, "%", -1);
            g_autofree char *value = g_strjoinv(number, parts);
            g_string_append_printf(edn, "{:process %d :type :%s :f :%s :value %s :key \"k\"}\n", i,
                                   pass == 0 ? "invoke" : "ok", function, value);
        }
    }
}

static void add_one(GString *edn, const char *function, const char *from, const char *to)
{
    g_string_append_printf(edn,
                           "{:process 999999 :type :invoke :f :%s :value %s :key \"k\"}\n"
                           "{:process 999999 :type :ok :f :%s :value %s :key \"k\"}\n",
                           function, from, function, to);
}

/* Of limits a hundredth as wide as those of the command, so that this is quick. */
static void judge(const char *what, GString *edn, enum sim_check_level level,
                  enum sim_check_verdict expected)
{
    struct sim_check_limits limits = {
        .steps_max = 200000, .cut_steps_max = 50000, .bytes_max = (size_t)1 << 24};
    struct sim_check_claim claim = {.level = level};
    struct sim_check_input input;
    struct sim_check_result result;
    gint64 begin = g_get_monotonic_time();
    char *trouble = sim_check_read(edn->str, edn->len, &input);
    g_assert_cmpstr(trouble, ==, NULL);
    sim_check_judge(&input, &claim, &limits, &result);
    g_test_message("%s: %s in %" G_GINT64_FORMAT " ms, %" G_GUINT64_FORMAT " steps", what,
                   sim_check_verdict_names[result.verdict], (g_get_monotonic_time() - begin) / 1000,
                   result.steps);
    g_assert_cmpint(result.verdict, ==, expected);
    g_assert_true((result.because != NULL) == (expected != SIM_CHECK_YES));
    sim_check_result_clear(&result);
    sim_check_input_clear(&input);
    g_string_free(edn, TRUE);
}

/* Of none of so many it is known whether it happened, and somebody saw what some of them leave. */
static void test_unknown(void)
{
    static const struct {
        const char *function, *value, *reader, *first, *second;
        enum sim_check_verdict verdict;
    } cases[] = {
        {"write", "%", "read", "17", "18", SIM_CHECK_YES},
        {"cas", "[% 0]", "read", "0", "7", SIM_CHECK_NO},
        {"cas", "[0 %]", "read", "5", "7", SIM_CHECK_NO},
        {"add", "%", "read", "300", "310", SIM_CHECK_UNKNOWN},
        {"add", "%", "read", "[1 2 3]", "[1 2]", SIM_CHECK_NO},
        {"enqueue", "%", "dequeue", "3", "3", SIM_CHECK_NO},
        {"dequeue", "nil", "enqueue", "3", "4", SIM_CHECK_YES},
        {"append", "\"%\"", "get", "\"31\"", "\"13\"", SIM_CHECK_UNKNOWN},
        {"acquire", "nil", "release", "nil", "nil", SIM_CHECK_YES},
        {"txn", "[[:append 1 %]]", "txn", "[[:r 1 [7 9]]]", "[[:r 1 [7]]]", SIM_CHECK_YES},
        {"txn", "[[:w 1 7]]", "txn", "[[:r 1 7]]", "[[:r 1 9]]", SIM_CHECK_UNKNOWN},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GString *edn = g_string_new(NULL);
        bool is_of_txn = strcmp(cases[i].function, "txn") == 0;
        add_many(edn, MANY, cases[i].function, cases[i].value, NULL);
        add_one(edn, cases[i].reader, is_of_txn ? "[[:r 1 nil]]" : cases[i].first, cases[i].first);
        add_one(edn, cases[i].reader, is_of_txn ? "[[:r 1 nil]]" : cases[i].second,
                cases[i].second);
        judge(cases[i].function, edn, is_of_txn ? SIM_CHECK_SERIALIZABLE : SIM_CHECK_LINEARIZABLE,
              cases[i].verdict);
    }
}

/* All at once, and all returned; by keys together. */
static void test_concurrent(void)
{
    GString *edn = g_string_new(NULL);
    add_many(edn, MANY, "write", "7", "7");
    add_many(edn, MANY, "cas", "[7 8]", "[7 8]");
    judge("the same", edn, SIM_CHECK_LINEARIZABLE, SIM_CHECK_UNKNOWN);
    for (int level = 0; level < 2; level++) {
        edn = g_string_new(NULL);
        for (int i = 0; i < MANY; i++) {
            g_string_append_printf(edn,
                                   "{:process 1 :type :invoke :f :write :value 1 :key \"%d\"}\n"
                                   "{:process 1 :type :ok :f :write :value 1 :key \"%d\"}\n",
                                   i, i);
        }
        judge("many keys", edn, level == 0 ? SIM_CHECK_SEQUENTIAL : SIM_CHECK_CONSISTENT_PREFIX,
              SIM_CHECK_YES);
    }
}

/* What is held grows and grows. Where a search must decide each state is a text of its own. */
static void test_growing(void)
{
    static const struct {
        const char *function;
        bool is_twice, is_removed;
        enum sim_check_verdict verdict;
    } cases[] = {
        {"enqueue", false, false, SIM_CHECK_YES},    {"enqueue", true, false, SIM_CHECK_UNKNOWN},
        {"add", false, false, SIM_CHECK_NO},         {"add", false, true, SIM_CHECK_UNKNOWN},
        {"append", false, false, SIM_CHECK_UNKNOWN},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        bool is_text = strcmp(cases[i].function, "append") == 0;
        GString *edn = g_string_new(NULL);
        if (cases[i].is_removed) {
            add_one(edn, "remove", "1", "1");
        }
        for (int j = 0; j < MANY; j++) {
            g_autofree char *value =
                g_strdup_printf(is_text ? "\"%d\"" : "%d", cases[i].is_twice ? j / 2 : j);
            add_one(edn, cases[i].function, value, value);
        }
        if (strcmp(cases[i].function, "add") == 0) {
            add_one(edn, "read", "nil", "#{1}");
        }
        judge(cases[i].function, edn, SIM_CHECK_LINEARIZABLE, cases[i].verdict);
    }
}

/* One circle of all transactions; many that read what many replaced. */
static void test_transactions(void)
{
    GString *edn = g_string_new(NULL);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < MANY; i++) {
            g_string_append_printf(
                edn, "{:process %d :type :%s :f :txn :value [[:r %d nil] [:w %d %d]]}\n", i,
                pass == 0 ? "invoke" : "ok", (i + 1) % MANY, i, i + 1);
        }
    }
    judge("a circle", edn, SIM_CHECK_SERIALIZABLE, SIM_CHECK_NO);
    edn = g_string_new(NULL);
    for (int i = 0; i < MANY; i++) {
        g_autofree char *value = g_strdup_printf("[[:append 1 %d]]", i);
        add_one(edn, "txn", value, value);
        add_one(edn, "txn", "[[:r 1 nil]]", "[[:r 1 nil]]");
    }
    judge("none seen", edn, SIM_CHECK_SERIALIZABLE, SIM_CHECK_UNKNOWN);
}

/* ---- files that are no histories ---- */

static char *repeat(const char *before, const char *text, const char *after)
{
    GString *all = g_string_new(before);
    for (int i = 0; i < DEEP; i++) {
        g_string_append(all, text);
    }
    g_string_append(all, after);
    return g_string_free(all, FALSE);
}

/* Two operations, each of which returns with what was asked: "write 1". */
static char *one_after_another(const char *first, const char *second)
{
    GString *edn = g_string_new(NULL);
    for (int i = 0; i < 2; i++) {
        g_auto(GStrv) words = g_strsplit(i == 0 ? first : second, " ", 2);
        for (int is_end = 0; is_end < 2; is_end++) {
            g_string_append_printf(edn, "{:process %d :type :%s :f :%s :value %s}\n", i,
                                   is_end != 0 ? "ok" : "invoke", words[0], words[1]);
        }
    }
    return g_string_free(edn, FALSE);
}

/* None of them is the key 0. */
static void test_keywords(void)
{
    g_autofree char *edn = one_after_another("write 1 :key :a", "read 1 :key :b");
    judge("keywords as keys", g_string_new(edn), SIM_CHECK_LINEARIZABLE, SIM_CHECK_NO);
}

static void test_messages(void)
{
    const struct {
        char *text;
        const char *message;
    } cases[] = {
        {repeat("{:process 0 :type :invoke :f :write :value ", "[", ""),
         "line 1: nested more than 64 deep"},
        {repeat("{:process 0 :type :ok :f :txn :value [[:r 1 ", "[", ""),
         "line 1: nested more than 64 deep"},
        {repeat("", "{\"a\":", ""), "line 1: nested more than 64 deep"},
        {repeat("", "[", ""), "line 1: expected a map"},
        {repeat("{:process 0 :type :invoke :f :write :value ", "#", "[]}"),
         "line 1: expected a value"},
        {repeat("{:process 0 :type :invoke :f :write :value ", "9", "}"),
         "line 1: expected :value to be a number or a text"},
        {repeat("{:process ", "9", " :type :invoke :f :write :value 1}"),
         "line 1: a map without a :process that is a number"},
        {repeat("{:process 0 :type :invoke :f :write :value \"", "a", ""),
         "line 1: a text without end"},
        {repeat("C ", "1 ", ""), "line 1: expected C number function a b, or R number unknown any "
                                 "ok value"},
        {repeat("", "\xff\xfe\x80", ""),
         "line 1: this is no history: expected a log of Jepsen, EDN maps, or numbered calls"},
        {g_strdup("{:process -1 :type :invoke :f :write :value 1}"),
         "line 1: the number of a process is too large"},
        {g_strdup("{:process 0 :type :invoke :f :write :value 1}\n"
                  "{:process 0 :type :invoke :f :write :value 2}\n"
                  "{:process 0 :type :ok :f :write :value 2}\n"
                  "{:process 0 :type :ok :f :write :value 1}\n"),
         "line 4: process 0 returns from nothing"},
        {one_after_another("write 1", "enqueue 1"),
         "line 3: :enqueue is of another object than what stands before it"},
        {one_after_another("add 1", "acquire nil"),
         "line 3: :acquire is of another object than what stands before it"},
        {one_after_another("remove 1", "read 7"),
         "line 4: a read of a value is of another object than what stands before it"},
        {one_after_another("write 1", "read [1]"),
         "line 4: a read of a set is of another object than what stands before it"},
        {one_after_another("write \"a\"", "read 0"),
         "line 4: numbers and texts as values of one history"},
        {one_after_another("cas [0 1]", "put \"a\""),
         "line 3: numbers and texts as values of one history"},
        {one_after_another("append 1", "get 1"), "line 1: append: expected :value to be a text"},
        {one_after_another("add \"a\"", "read 1"), "line 1: expected :value to be a number"},
        {one_after_another("write 1 :key 0", "read 1 :key :a"),
         "line 3: numbers, texts and nothing as keys of one history"},
        {one_after_another("write 1", "read 1 :key 0"),
         "line 3: numbers, texts and nothing as keys of one history"},
        {one_after_another("write 1 :key [0 1]", "read 1 :key [0 2]"),
         "line 1: expected :key to be a number, a text or a keyword"},
        {one_after_another("txn [[:w x 1]]", "txn [[:r 0 1]]"),
         "line 3: numbers, texts and nothing as keys of one history"},
        {one_after_another("txn [[:append 0 1]]", "txn [[:r 0 1]]"),
         "line 3: a list and a register under one key"},
        {g_strdup("{:process 0 :type :invoke :f :write :value 1}\n"
                  "{:process 0 :type :ok :f :read :value 1}\n"),
         "line 2: process 0 returns from what it has not begun: :read"},
        {g_strdup("{:process 0 :type :invoke :f :read :key 1}\n"
                  "{:process 0 :type :ok :f :read :key 2 :value 1}\n"),
         "line 2: process 0 returns with another key than it had asked for"},
        {g_strdup("INFO  jepsen.util - 0\t:invoke\t:write\t1\n"
                  "INFO  jepsen.util - 0\t:ok\t:read\t1\n"),
         "line 2: process 0 returns from what it has not begun: :read"},
        {g_strdup("; brink history\n{:process 0 :time 1 :type :invoke :f :enqueue :value 1}\n"),
         "line 2: :enqueue is of another object than what stands before it"},
        {g_strdup("; brink history\n{:process 0 :time 1 :type :invoke :f :read}\n"
                  "{:process 0 :time 2 :type :ok :f :read :value [7]}\n"),
         "line 3: a read of a set is of another object than what stands before it"},
        {g_strdup("; brink history\n{:process 0 :time 1 :type :invoke :f :write :value \"a\"}\n"),
         "line 2: expected :value to be a number or a text"},
        {g_strdup("C 0 1 2 0\nC 0 0 0 0\n"), "line 2: call 0 is made again and is open"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct sim_check_input input;
        g_autofree char *message = sim_check_read(cases[i].text, strlen(cases[i].text), &input);
        g_assert_cmpstr(message, ==, cases[i].message);
        g_free(cases[i].text);
    }
}

/* ---- -1 is a number ---- */

static void test_minus_one(void)
{
    static const struct {
        const char *function, *value, *reader, *right, *wrong;
    } cases[] = {
        {"write", "-1", "read", "-1", "0"},
        {"add", "-1", "read", "-1", "1"},
        {"add", "-1", "read", "[-1]", "[]"},
        {"enqueue", "-1", "dequeue", "-1", "nil"},
        {"txn", "[[:w 1 -1]]", "txn", "[[:r 1 -1] [:w 1 2]]", "[[:r 1 -2]]"},
        {"txn", "[[:append 1 -1]]", "txn", "[[:r 1 [-1]] [:append 1 2]]", "[[:r 1 [-2]]]"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        bool is_of_txn = strcmp(cases[i].function, "txn") == 0;
        for (int is_wrong = 0; is_wrong < 2; is_wrong++) {
            const char *value = is_wrong != 0 ? cases[i].wrong : cases[i].right;
            GString *edn = g_string_new(NULL);
            add_one(edn, cases[i].function, cases[i].value, cases[i].value);
            add_one(edn, cases[i].reader, value, value);
            judge(cases[i].function, edn,
                  is_of_txn ? SIM_CHECK_STRICT_SERIALIZABLE : SIM_CHECK_LINEARIZABLE,
                  is_wrong != 0 ? SIM_CHECK_NO : SIM_CHECK_YES);
        }
    }
    GString *edn = g_string_new(NULL); /* and what is added to it */
    add_one(edn, "add", "-1", "-1");
    add_one(edn, "add", "1", "1");
    add_one(edn, "read", "nil", "0");
    judge("there and back", edn, SIM_CHECK_LINEARIZABLE, SIM_CHECK_YES);
}

/* Numbers and texts that share the hashes that GLib would give to them lie apart. If this failed, a
 * small file could take minutes. */
static void test_hashes(void)
{
    g_autoptr(GHashTable) numbers = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) pairs = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) texts = g_hash_table_new(NULL, NULL);
    for (uint64_t i = 0; i < 1024; i++) {
        uint64_t number = i << 32;
        GString *text = g_string_new(NULL);
        for (int bit = 0; bit < 10; bit++) {
            g_string_append(text, (i >> bit & 1) != 0 ? "Ez" : "FY");
        }
        g_assert_cmpuint(g_int64_hash(&number), ==, 0);
        g_assert_cmpuint(g_str_hash(text->str), ==, g_str_hash("EzEzEzEzEzEzEzEzEzEz"));
        g_hash_table_add(numbers, GUINT_TO_POINTER(sim_keyed_number(&number)));
        g_hash_table_add(pairs, GUINT_TO_POINTER(sim_keyed_pair(number, -number * 31)));
        g_hash_table_add(texts, GUINT_TO_POINTER(sim_keyed_text(text->str)));
        g_string_free(text, TRUE);
    }
    g_assert_cmpuint(g_hash_table_size(numbers), >, 1020); /* by chance two of 1,024 share theirs */
    g_assert_cmpuint(g_hash_table_size(pairs), >, 1020);   /* once in 8,000 tables */
    g_assert_cmpuint(g_hash_table_size(texts), >, 1020);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/check/hostile/unknown", test_unknown);
    g_test_add_func("/check/hostile/concurrent", test_concurrent);
    g_test_add_func("/check/hostile/growing", test_growing);
    g_test_add_func("/check/hostile/transactions", test_transactions);
    g_test_add_func("/check/hostile/messages", test_messages);
    g_test_add_func("/check/hostile/keywords", test_keywords);
    g_test_add_func("/check/hostile/minus-one", test_minus_one);
    g_test_add_func("/check/hostile/hashes", test_hashes);
    return g_test_run();
}
