/* Parameters of store.sharded, and which of them go together.
 */
#include "store/shard/shard.h"

static const char *const gather_names[] = {"shards", "keys", NULL};
static const char *const copy_reads_names[] = {"strong", "default", NULL};

#define AT(member) offsetof(struct shard_params, member)
const struct sim_param shard_params_table[] = {
    {"shards", SIM_PARAM_SHAPES, AT(shards), NULL, SIM_UNBOUNDED,
     "the stores that have a part of the keys each: { \"db[1]\", \"db[2]\" }", &shard_family, NULL},
    {"config", SIM_PARAM_TARGET, AT(config), "nil", SIM_UNBOUNDED,
     "the store that the map of shards is in, of which routers keep copies; the shards are then "
     "store.shard; left out = the first router tells the others [MongoDB: config servers]",
     NULL, NULL},
    {"by", SIM_PARAM_CHOICE, AT(by), "\"ring\"", SIM_UNBOUNDED,
     "how keys are divided: ranges of keys, or a placement of their hashes", NULL, shard_by_names},
    {"keys", SIM_PARAM_INTEGER, AT(keys), "1000000", 1, 1e8,
     "the keys that there can be: those below it; a request for another one is an error [as many "
     "as a client draws from]",
     NULL, NULL},
    {"points", SIM_PARAM_INTEGER, AT(points), "256", 1, 1e5,
     "ring: virtual nodes of a shard of weight 1 [Cassandra 3: num_tokens 256]", NULL, NULL},
    {"table_entries", SIM_PARAM_INTEGER, AT(table_entries), "65537", 2, 1e8,
     "maglev: entries of its table, a prime [Maglev: 65537]", NULL, NULL},
    {"service", SIM_PARAM_DURATION_LAWS, AT(service), "us(0)", SIM_NOT_NEGATIVE,
     "work of a request at a router: one law, or one an operation", NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, AT(servers), "8", 1, 1e9,
     "requests that a router works on at once [a core each]", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, AT(queue_limit), "-1", -1, 1e12,
     "requests that may wait; more are rejected; -1 = any number", NULL, NULL},
    {"timeout", SIM_PARAM_DURATION, AT(timeout), "s(1)", 1e-9, 1e300,
     "how long it waits for a shard, and for a key that is on the move [assumed]", NULL, NULL},
    {"gather", SIM_PARAM_CHOICE, AT(gather), "\"shards\"", SIM_UNBOUNDED,
     "what a scan is divided into: a scan for each shard that may have keys of it, or a read for "
     "each key",
     NULL, gather_names},
    {"gather_wait", SIM_PARAM_RATIO, AT(gather_wait), "percent(100)", 0, 1,
     "of these, how many answers are enough [MongoDB: allowPartialResults]", NULL, NULL},
    {"batch", SIM_PARAM_INTEGER, AT(batch), "16", 1, 4096,
     "keys that are on the move, and held, at once [assumed]", NULL, NULL},
    {"parallel", SIM_PARAM_INTEGER, AT(parallel), "16", 1, 4096,
     "of these, how many are copied at once [assumed]", NULL, NULL},
    {"copy_reads", SIM_PARAM_CHOICE, AT(copy_reads), "\"strong\"", SIM_UNBOUNDED,
     "what a copy asks of the old shard; default: of a store that cannot promise the latest", NULL,
     copy_reads_names},
    {"rate", SIM_PARAM_BANDWIDTH, AT(rate), "nil", 1, 1e300,
     "bytes of values that are moved a second at most; left out = as fast as it goes "
     "[Elasticsearch: 40 MB/s]",
     NULL, NULL},
    {"retry", SIM_PARAM_DURATION, AT(retry), "ms(100)", 1e-6, 1e9,
     "pause before a copy that failed, or a message between routers that was not answered, is "
     "tried again [assumed]",
     NULL, NULL},
    {"fsync", SIM_PARAM_DURATION_LAW, AT(fsync), "nil", SIM_NOT_NEGATIVE,
     "how long it takes to note on disk how far a move is; left out = as the disk says", NULL,
     NULL},
    {"measure", SIM_PARAM_DURATION, AT(measure), "s(1)", 1e-3, 1e300,
     "how often the load of shards is compared [assumed]", NULL, NULL},
    {"split_above", SIM_PARAM_NUMBER, AT(split_above), "nil", 1, 1e6,
     "range: the hottest range of a shard with more than so many times the mean load is split; "
     "left out = never",
     NULL, NULL},
    {"value_bytes", SIM_PARAM_BYTES, AT(value_bytes), "KiB(1)", 0, 1e12,
     "size of a value that is written, where the request does not say [YCSB: 1 kB]", NULL, NULL},
    {"partition_max", SIM_PARAM_BYTES, AT(partition_max), "nil", 1, 1e18,
     "bytes above which a shard is oversized; left out = sizes are not kept", NULL, NULL},
    {"split_oversized", SIM_PARAM_BOOLEAN, AT(split_oversized), "false", SIM_UNBOUNDED,
     "range: the biggest range of an oversized shard is split, and the smallest shard has half "
     "[MongoDB; CockroachDB: range_max_bytes]",
     NULL, NULL},
    {0},
};

/* ---- parameters that go together ---- */

static const char *validate_ranges(const struct shard_params *params)
{
    int64_t begin = 0;
    uint32_t present = 0, stated = 0;
    for (uint32_t i = 0; i < params->shards.count; i++) {
        const struct shard_fields *fields = shard_fields_at(params, i);
        if (fields->from > 0 && fields->below > 0) {
            return "below: a shard that joins takes half of the widest range";
        }
        present += fields->from == 0;
        if (fields->below > 0) {
            if (fields->below <= begin || fields->below > params->keys) {
                return "below: more than that of the shard before, and at most keys";
            }
            begin = fields->below;
            stated++;
        }
    }
    if (stated > 0 && (stated != present || begin != params->keys)) {
        return "below: of every shard that is there from the start or of none, the last one's is "
               "keys";
    }
    return present > params->keys ? "keys: fewer keys than shards" : NULL;
}

static const char *validate_placement(const struct shard_params *params)
{
    for (uint32_t i = 0; i < params->shards.count; i++) {
        const struct shard_fields *fields = shard_fields_at(params, i);
        if (fields->below > 0) {
            return "below: only with by = \"range\"";
        }
        if (fields->weight != 1 && !shard_algorithm(params)->takes_weights) {
            return "weight: with by = \"ring\", \"rendezvous\" or \"maglev\"";
        }
    }
    if (params->split_above > 0) {
        return "split_above: only with by = \"range\"";
    }
    if (params->split_oversized) {
        return "split_oversized: only with by = \"range\"";
    }
    bool is_maglev = shard_algorithm(params) == &placement_maglev;
    if (is_maglev && (!placement_is_prime((uint64_t)params->table_entries) ||
                      params->table_entries <= (int64_t)params->shards.count)) {
        return "table_entries: a prime, more than shards";
    }
    return NULL;
}

uint32_t shard_planned(const struct shard_params *params)
{
    uint32_t planned = 0;
    for (uint32_t i = 0; i < params->shards.count; i++) {
        const struct shard_fields *fields = shard_fields_at(params, i);
        planned += (fields->from > 0 ? 1u : 0u) + (fields->to != SIM_NEVER ? 1u : 0u);
    }
    return planned;
}

const char *shard_validate(const void *fields)
{
    const struct shard_params *params = fields;
    bool has_first = false;
    if (params->shards.count > SHARD_SHARDS_MAX) {
        return "shards: at most 1024";
    }
    if (shard_planned(params) > SHARD_CHANGES_MAX) {
        return "shards: at most 1024 that join (from) or leave (to), one that does both counts as "
               "two";
    }
    for (uint32_t i = 0; i < params->shards.count; i++) {
        has_first = has_first || shard_is_wanted(params, i, 0);
    }
    if (!has_first) {
        return "shards: one at least is there from the start";
    }
    if (params->config.shares != NULL) {
        return "config: its members take turns; no shares here";
    }
    if (params->split_oversized && params->partition_max == 0) {
        return "split_oversized: only with partition_max";
    }
    return shard_algorithm(params) == NULL ? validate_ranges(params) : validate_placement(params);
}
