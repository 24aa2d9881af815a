/* Disks and logs: what is durable when, what a crash leaves, and who waits for the disk. */
#include <string.h>

#include "probe.h"

struct one {
    struct fixture f;
    struct probe p;
};

static void begin(struct one *one, const char *fsync, int64_t queue_depth)
{
    *one = (struct one){0};
    fixture_init(&one->f, s(100));
    probe_add(&one->f, &one->p, "n", 1);
    struct sim_disk_spec *disk = &fixture_machine(&one->f, 1)->disk;
    disk->is_given = true;
    disk->fsync = fixture_law(&one->f, fsync);
    disk->read = fixture_law(&one->f, "ms(1)");
    disk->write = fixture_law(&one->f, "ms(2)");
    disk->queue_depth = queue_depth;
}

static void start(struct one *one)
{
    fixture_start(&one->f);
    fixture_run_until(&one->f, 0);
}

static void end(struct one *one)
{
    fixture_clear(&one->f);
    probe_clear(&one->p);
}

static struct sim_node *node(struct one *one)
{
    return sim_world_node(one->f.world, 1);
}

static void at(struct one *one, double time)
{
    fixture_run_until(&one->f, ms(time));
}

static uint64_t append(struct one *one, uint64_t value)
{
    struct sim_log_record record = {.words = {value}, .bytes = 100};
    return sim_log_append(node(one), 0, &record);
}

static void sync(struct one *one, uint64_t tag)
{
    sim_log_sync(node(one), 0, NULL, 0, tag);
}

/* The log holds these values from `begin` on, and so much of it is durable. */
static void holds(struct one *one, uint64_t begin, const char *values, uint64_t durable)
{
    g_assert_cmpuint(sim_log_begin(node(one), 0), ==, begin);
    g_assert_cmpuint(sim_log_end(node(one), 0), ==, begin + strlen(values));
    for (uint64_t i = 0; i < strlen(values); i++) {
        const struct sim_log_record *record = sim_log_at(node(one), 0, begin + i);
        g_assert_cmpuint(record->words[0], ==, (uint64_t)values[i]);
        g_assert_false(record->is_torn);
    }
    g_assert_cmpuint(sim_log_durable(node(one), 0), ==, durable);
}

static void write_values(struct one *one, const char *values)
{
    for (; *values != '\0'; values++) {
        append(one, (uint64_t)*values);
    }
}

static void crash(struct one *one)
{
    sim_world_crash(one->f.world, 1, false);
    sim_world_restart(one->f.world, 1);
    fixture_run_until(&one->f, sim_world_now(one->f.world));
}

static void test_fsync(void)
{
    struct one one;
    begin(&one, "ms(5)", 1);
    start(&one);
    g_assert_cmpuint(append(&one, 'a'), ==, 0);
    g_assert_cmpuint(append(&one, 'b'), ==, 1);
    sync(&one, 1);
    append(&one, 'c');
    holds(&one, 0, "abc", 0);
    at(&one, 4.9);
    holds(&one, 0, "abc", 0);
    at(&one, 5);
    holds(&one, 0, "abc", 2); /* what was appended before it was asked for */
    probe_at(&one.p, SIM_IN_SYNCED, 0, ms(5));
    crash(&one);
    holds(&one, 0, "ab", 2);
    g_assert_cmpuint(append(&one, 'd'), ==, 2);
    end(&one);
}

/* A crash cuts at the last fsync that completed; one under way makes nothing durable. */
static void test_crash_during_fsync(void)
{
    struct one one;
    begin(&one, "ms(5)", 1);
    start(&one);
    write_values(&one, "ab");
    sync(&one, 1);
    at(&one, 6);
    write_values(&one, "cd");
    sync(&one, 2);
    at(&one, 10);
    crash(&one);
    holds(&one, 0, "ab", 2);
    at(&one, 50);
    holds(&one, 0, "ab", 2);
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_SYNCED), ==, 1);
    end(&one);
}

static void test_torn(void)
{
    struct one one;
    begin(&one, "ms(5)", 1);
    struct sim_fault_spec *fault = fixture_add_fault(&one.f, SIM_FAULT_CRASH, ms(8), ms(9), "n");
    fault->torn = true;
    start(&one);
    write_values(&one, "ab");
    sync(&one, 1);
    at(&one, 6);
    write_values(&one, "cd");
    at(&one, 10);
    g_assert_cmpuint(sim_log_end(node(&one), 0), ==, 3);
    g_assert_cmpuint(sim_log_durable(node(&one), 0), ==, 2);
    g_assert_true(sim_log_at(node(&one), 0, 2)->is_torn);
    g_assert_cmpuint(sim_log_at(node(&one), 0, 2)->words[0], ==, 'c');
    sim_log_truncate(node(&one), 0, 2);
    write_values(&one, "e");
    sync(&one, 2);
    at(&one, 20);
    crash(&one);
    holds(&one, 0, "abe", 3);
    end(&one);
}

/* Nothing was appended after the last fsync: nothing is torn. */
static void test_nothing_to_tear(void)
{
    struct one one;
    begin(&one, "ms(5)", 1);
    struct sim_fault_spec *fault = fixture_add_fault(&one.f, SIM_FAULT_CRASH, ms(8), ms(9), "n");
    fault->torn = true;
    start(&one);
    write_values(&one, "ab");
    sync(&one, 1);
    at(&one, 10);
    holds(&one, 0, "ab", 2);
    end(&one);
}

/* Truncated and written anew while an fsync is under way: the old records reach the disk, but what
 * is durable does not count them, and a crash brings them back. */
static void test_truncate_during_fsync(void)
{
    struct one one;
    begin(&one, "ms(5)", 1);
    start(&one);
    write_values(&one, "abcd");
    sync(&one, 1);
    at(&one, 1);
    sim_log_truncate(node(&one), 0, 2);
    write_values(&one, "xyz");
    at(&one, 5);
    holds(&one, 0, "abxyz", 2);
    sync(&one, 2);
    at(&one, 7);
    crash(&one);
    holds(&one, 0, "abcd", 4);

    sim_log_truncate(node(&one), 0, 3);
    holds(&one, 0, "abc", 3);
    write_values(&one, "q");
    sync(&one, 3);
    at(&one, 15);
    holds(&one, 0, "abcq", 4);
    crash(&one);
    holds(&one, 0, "abcq", 4);
    end(&one);
}

/* A truncation becomes durable with the next completed sync, even if nothing was appended. */
static void test_truncate_alone(void)
{
    struct one one;
    begin(&one, "ms(5)", 1);
    start(&one);
    write_values(&one, "abcd");
    sync(&one, 1);
    at(&one, 5);
    sim_log_truncate(node(&one), 0, 1);
    holds(&one, 0, "a", 1);
    sync(&one, 2);
    at(&one, 10);
    crash(&one);
    holds(&one, 0, "a", 1);
    end(&one);
}

static void test_forget(void)
{
    struct one one;
    begin(&one, "ms(5)", 1);
    start(&one);
    write_values(&one, "abcd");
    sync(&one, 1);
    at(&one, 5);
    sim_log_forget(node(&one), 0, 2);
    holds(&one, 2, "cd", 4);
    crash(&one); /* was not synced: it is all back */
    holds(&one, 0, "abcd", 4);
    sim_log_forget(node(&one), 0, 3);
    append(&one, 'e');
    sync(&one, 2);
    at(&one, 10);
    crash(&one);
    holds(&one, 3, "de", 5);
    sim_log_forget(node(&one), 0, 5); /* everything */
    g_assert_cmpuint(append(&one, 'f'), ==, 5);
    sync(&one, 3);
    at(&one, 15);
    crash(&one);
    holds(&one, 5, "f", 6);
    end(&one);
}

/* The second fsync ends before the first (two places on the disk): it covers both. */
static void test_overlapping_fsyncs(void)
{
    struct one one;
    begin(&one, "ms(5)", 2);
    start(&one);
    write_values(&one, "ab");
    sim_log_sync(node(&one), 0, fixture_law(&one.f, "ms(20)"), 0, 1);
    at(&one, 1);
    write_values(&one, "cd");
    sim_log_sync(node(&one), 0, fixture_law(&one.f, "ms(3)"), 0, 2);
    at(&one, 4);
    holds(&one, 0, "abcd", 4);
    crash(&one);
    holds(&one, 0, "abcd", 4);
    append(&one, 'e');
    at(&one, 30); /* the first one's end, of a life that is over, does no harm */
    holds(&one, 0, "abcde", 4);
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_SYNCED), ==, 1);
    g_assert_cmpuint(probe_nth(&one.p, SIM_IN_SYNCED, 0)->tag, ==, 2);
    end(&one);
}

/* Durable though its node is paused; the node hears when the pause ends. */
static void test_pause(void)
{
    struct one one;
    begin(&one, "ms(5)", 1);
    start(&one);
    write_values(&one, "ab");
    sync(&one, 1);
    sim_world_pause(one.f.world, 1, true);
    at(&one, 8);
    holds(&one, 0, "ab", 2);
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_SYNCED), ==, 0);
    sim_world_pause(one.f.world, 1, false);
    probe_at(&one.p, SIM_IN_SYNCED, 0, ms(8));
    /* Dies before it hears. */
    append(&one, 'c');
    sync(&one, 2);
    sim_world_pause(one.f.world, 1, true);
    at(&one, 20);
    sim_world_crash(one.f.world, 1, false);
    sim_world_pause(one.f.world, 1, false);
    sim_world_restart(one.f.world, 1);
    at(&one, 30);
    holds(&one, 0, "abc", 3);
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_SYNCED), ==, 1);
    end(&one);
}

/* An fsync writes what no fsync before it has taken along. */
static void test_fsync_bytes(void)
{
    struct one one;
    begin(&one, "ms(5)", 1);
    fixture_machine(&one.f, 1)->disk.bandwidth = 1e5; /* 1 ms a record */
    start(&one);
    write_values(&one, "abcd");
    sync(&one, 1); /* 4 records: 9 ms */
    write_values(&one, "e");
    sync(&one, 2); /* 1 record: 6 */
    sync(&one, 3); /* none: 5 */
    at(&one, 100);
    probe_at(&one.p, SIM_IN_SYNCED, 0, ms(9));
    probe_at(&one.p, SIM_IN_SYNCED, 1, ms(15));
    probe_at(&one.p, SIM_IN_SYNCED, 2, ms(20));
    sim_log_truncate(node(&one), 0, 2);
    write_values(&one, "xyz");
    sync(&one, 4); /* 3 records: 8 */
    at(&one, 200);
    probe_at(&one.p, SIM_IN_SYNCED, 3, ms(108));
    end(&one);
}

/* ---- the disk ---- */

static void test_queue_depth(void)
{
    struct one one;
    begin(&one, "ms(5)", 2);
    fixture_machine(&one.f, 1)->disk.bandwidth = 1e6; /* 1 ms for 1 kB */
    start(&one);
    sim_disk_read(node(&one), 1000, 0, 1);  /* 2 */
    sim_disk_write(node(&one), 1000, 0, 2); /* 3 */
    sim_disk_read(node(&one), 0, 0, 3);     /* from 2 */
    sim_disk_read(node(&one), 4000, 0, 4);  /* from 3 */
    at(&one, 100);
    static const double ends[] = {2, 3, 3, 8};
    static const uint64_t tags[] = {1, 2, 3, 4};
    for (uint32_t i = 0; i < 4; i++) {
        probe_at(&one.p, SIM_IN_DONE, i, ms(ends[i]));
        g_assert_cmpuint(probe_nth(&one.p, SIM_IN_DONE, i)->tag, ==, tags[i]);
    }
    end(&one);
}

/* A stalled disk starts nothing; a slow one stretches what starts; two of them multiply. */
static void test_disk_faults(void)
{
    struct one one;
    begin(&one, "ms(5)", 1);
    struct sim_fault_spec *fault = fixture_add_fault(&one.f, SIM_FAULT_DISK, ms(1), ms(20), "n");
    fault->factor = 0;
    fault = fixture_add_fault(&one.f, SIM_FAULT_DISK, ms(30), ms(50), "n");
    fault->factor = 3;
    fault = fixture_add_fault(&one.f, SIM_FAULT_DISK, ms(40), ms(60), "n");
    fault->factor = 2;
    start(&one);
    sim_disk_write(node(&one), 0, 0, 1); /* under way: ends at 2 */
    at(&one, 1.5);
    sim_disk_write(node(&one), 0, 0, 2); /* from 20 */
    static const double later[] = {31, 41, 51, 61};
    for (uint32_t i = 0; i < 4; i++) {
        at(&one, later[i]);
        sim_disk_write(node(&one), 0, 0, 3 + i);
    }
    at(&one, 200);
    static const double ends[] = {2, 22, 37, 53, 57, 63}; /* 6 long, 12, 4 (after 53), 2 */
    for (uint32_t i = 0; i < 6; i++) {
        probe_at(&one.p, SIM_IN_DONE, i, ms(ends[i]));
    }
    end(&one);
}

/* Nodes of one machine share its disk; a disk fault that names them all strikes it once. */
static void test_shared_disk(void)
{
    struct fixture f;
    struct probe p = {0};
    fixture_init(&f, s(100));
    probe_add(&f, &p, "pair", 2);
    fixture_share_machine(&f, "pair");
    fixture_machine(&f, 1)->disk = (struct sim_disk_spec){
        .is_given = true, .write = fixture_law(&f, "ms(2)"), .queue_depth = 1};
    fixture_add_fault(&f, SIM_FAULT_DISK, ms(20), ms(40), "pair[1..2]")->factor = 3;
    fixture_start(&f);
    fixture_run_until(&f, 0);
    sim_disk_write(probe_node(&f, "pair[1]"), 0, 0, 1);
    sim_disk_write(probe_node(&f, "pair[2]"), 0, 0, 2);
    sim_disk_write(probe_node(&f, "pair[1]"), 0, 0, 3);
    sim_disk_write(probe_node(&f, "pair[2]"), 0, 0, 4);
    fixture_run_until(&f, ms(3));
    /* What waits for the dead is forgotten, what is under way keeps its place. */
    fixture_crash(&f, "pair[1]");
    fixture_run_until(&f, ms(10));
    g_assert_cmpuint(probe_count(&p, SIM_IN_DONE), ==, 3);
    probe_at(&p, SIM_IN_DONE, 0, ms(2));
    probe_at(&p, SIM_IN_DONE, 1, ms(4));
    probe_at(&p, SIM_IN_DONE, 2, ms(6));
    g_assert_cmpuint(probe_nth(&p, SIM_IN_DONE, 2)->tag, ==, 4);
    fixture_run_until(&f, ms(20));
    sim_disk_write(probe_node(&f, "pair[2]"), 0, 0, 5);
    fixture_run_until(&f, ms(22));
    fixture_run_until(&f, ms(30));
    probe_at(&p, SIM_IN_DONE, 3, ms(26));
    fixture_clear(&f);
    probe_clear(&p);
}

/* The operation under way when its node dies keeps the disk busy and tells nobody. */
static void test_death_amid_operation(void)
{
    struct one one;
    begin(&one, "ms(5)", 1);
    start(&one);
    sim_disk_write(node(&one), 0, 0, 1);
    at(&one, 1);
    crash(&one);
    sim_disk_read(node(&one), 0, 0, 2);
    at(&one, 10);
    g_assert_cmpuint(probe_count(&one.p, SIM_IN_DONE), ==, 1);
    probe_at(&one.p, SIM_IN_DONE, 0, ms(3));
    end(&one);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log/fsync", test_fsync);
    g_test_add_func("/log/crash-during-fsync", test_crash_during_fsync);
    g_test_add_func("/log/torn", test_torn);
    g_test_add_func("/log/nothing-to-tear", test_nothing_to_tear);
    g_test_add_func("/log/truncate-during-fsync", test_truncate_during_fsync);
    g_test_add_func("/log/truncate-alone", test_truncate_alone);
    g_test_add_func("/log/forget", test_forget);
    g_test_add_func("/log/overlapping-fsyncs", test_overlapping_fsyncs);
    g_test_add_func("/log/pause", test_pause);
    g_test_add_func("/log/fsync-bytes", test_fsync_bytes);
    g_test_add_func("/disk/queue-depth", test_queue_depth);
    g_test_add_func("/disk/faults", test_disk_faults);
    g_test_add_func("/disk/shared", test_shared_disk);
    g_test_add_func("/disk/death-amid-operation", test_death_amid_operation);
    return g_test_run();
}
