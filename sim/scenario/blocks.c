/* The tables of all blocks: names, types, defaults, ranges and help. */
#include "scenario/blocks.h"

#include <string.h>

#include "scenario/presets.h"

#define AT(type, field) offsetof(struct type, field)
#define END                                                                                        \
    {                                                                                              \
        NULL, SIM_PARAM_TEXT, 0, NULL, 0, 0, NULL, NULL, NULL                                      \
    }

const struct sim_param sim_no_params[] = {END};

#define S(field) AT(sim_scenario_fields, field)
const struct sim_param sim_scenario_params[] = {
    {"name", SIM_PARAM_TEXT, S(name), "nil", 0, 0,
     "names the folder of the results; default: the file's name", NULL, NULL},
    {"duration", SIM_PARAM_DURATION, S(duration), NULL, 1e-9, 3e9, "how long operations are issued",
     NULL, NULL},
    {"warmup", SIM_PARAM_DURATION, S(warmup), "none", SIM_NOT_NEGATIVE,
     "what is issued before is not measured; none = cut by rule", NULL, NULL},
    {"runs", SIM_PARAM_INTEGER, S(runs), "10", 1, 1e6,
     "replications, each with its own derived seed", NULL, NULL},
    {"seed", SIM_PARAM_INTEGER, S(seed), "1", 0, 9.3e18, "of the first run", NULL, NULL},
    {"drain", SIM_PARAM_DURATION, S(drain), "s(60)", SIM_NOT_NEGATIVE,
     "at most so much longer, until measured operations are resolved", NULL, NULL},
    {"precision", SIM_PARAM_RATIO, S(precision), "percent(0)", 0, 1,
     "run on until figures are that sure; 0 = the fixed number of runs", NULL, NULL},
    {"cell", SIM_PARAM_DURATION, S(cell), "nil", 1e-9, 3e9,
     "length of a cell of the series over time; default: chosen to fit", NULL, NULL},
    {"events_max", SIM_PARAM_INTEGER, S(events_max), "10000000000", 1, 9e18,
     "limit on events of a run", NULL, NULL},
    {"pending_max", SIM_PARAM_INTEGER, S(pending_max), "100000000", 1, 9e18,
     "limit on events at once", NULL, NULL},
    {"open_requests_max", SIM_PARAM_INTEGER, S(open_requests_max), "20000000", 1, 9e18,
     "limit on requests at once", NULL, NULL},
    {"memory_max", SIM_PARAM_BYTES, S(memory_max), "GB(8)", 1, 9e18, "limit on memory of a run",
     NULL, NULL},
    END};

#define P(field) AT(sim_place_fields, field)
const struct sim_param sim_place_params[] = {
    {"cores", SIM_PARAM_INTEGER, P(cores), "0", 0, 1e6,
     "shared by all that runs on the machine; 0 = never short", NULL, NULL},
    {"bandwidth", SIM_PARAM_BANDWIDTH, P(bandwidth), "none", SIM_NOT_NEGATIVE,
     "of the network card, each way", NULL, NULL},
    {"clock_offset", SIM_PARAM_DURATION, P(clock_offset), "s(0)", SIM_UNBOUNDED,
     "what its clock shows more than true time at the start", NULL, NULL},
    {"clock_drift", SIM_PARAM_NUMBER, P(clock_drift), "0", -0.5, 0.5,
     "seconds that its clock gains a second", NULL, NULL},
    {"disk", SIM_PARAM_SHAPE, P(disk), "none", 0, 0, "its disk; none = operations take no time",
     &sim_disk_family, NULL},
    END};

#define N(field) AT(sim_node_fields, field)
const struct sim_param sim_node_params[] = {
    {"model", SIM_PARAM_TEXT, N(model), NULL, 0, 0, "what it is: see brink models", NULL, NULL},
    {"count", SIM_PARAM_INTEGER, N(count), "1", 0, 1e6, "members up at the start", NULL, NULL},
    {"on", SIM_PARAM_TEXT, N(on), "nil", 0, 0,
     "the machine that it lives on; default: one of its own for each member", NULL, NULL},
    {"transport", SIM_PARAM_SHAPE, N(transport), "connection()", 0, 0,
     "how it reaches those that it calls", &sim_transport_family, NULL},
    {"per_member", SIM_PARAM_BOOLEAN, N(per_member), "false", 0, 0, "metrics of each member too",
     NULL, NULL},
    {"count_max", SIM_PARAM_INTEGER, N(count_max), "nil", 1, 1e6,
     "members that can ever be; default: count", NULL, NULL},
    END};
const struct sim_param sim_node_extra[] = {
    {"like", SIM_PARAM_TEXT, 0, "nil", 0, 0,
     "a node whose fields this one has, but for those given here", NULL, NULL},
    {"zone", SIM_PARAM_TEXT, 0, "nil", 0, 0,
     "where its machines stand: a zone, or a list that members take in turn", NULL, NULL},
    END};

const struct sim_param sim_machine_params[] = {{"count", SIM_PARAM_INTEGER,
                                                AT(sim_machine_fields, count), "1", 1, 1e6,
                                                "machines of this name", NULL, NULL},
                                               END};
const struct sim_param sim_machine_extra[] = {
    {"zone", SIM_PARAM_TEXT, 0, "nil", 0, 0,
     "where it stands: a zone, or a list that machines take in turn", NULL, NULL},
    END};

#define W(field) AT(sim_network_fields, field)
const struct sim_param sim_network_params[] = {
    {"preset", SIM_PARAM_CHOICE, W(preset), "nil", 0, 0, "published round trips between regions",
     NULL, sim_network_preset_names},
    {"source", SIM_PARAM_TEXT, W(source), "nil", 0, 0, "where the figures come from", NULL, NULL},
    END};
const struct sim_param sim_network_extra[] = {
    {"zones", SIM_PARAM_TEXT, 0, "nil", 0, 0,
     "list of places; default: those of the preset, or those that nodes name", NULL, NULL},
    END};

#define L(field) AT(sim_link_law, field)
const struct sim_param sim_link_params[] = {
    {"latency", SIM_PARAM_DURATION_LAW, L(latency), "nil", SIM_NOT_NEGATIVE,
     "of one message, one way; default: none", NULL, NULL},
    {"bandwidth", SIM_PARAM_BANDWIDTH, L(bandwidth), "none", SIM_NOT_NEGATIVE,
     "between two zones of all that crosses, each way; within one of what each machine sends", NULL,
     NULL},
    {"loss", SIM_PARAM_RATIO, L(loss), "percent(0)", 0, 1, "of messages", NULL, NULL},
    {"duplicate", SIM_PARAM_RATIO, L(duplicate), "percent(0)", 0, 1, "of messages", NULL, NULL},
    {"reorder", SIM_PARAM_RATIO, L(reorder), "percent(0)", 0, 1, "of messages, which are delayed",
     NULL, NULL},
    {"reorder_delay", SIM_PARAM_DURATION_LAW, L(reorder_delay), "nil", SIM_NOT_NEGATIVE,
     "of such a message; default: one latency more", NULL, NULL},
    END};
const struct sim_param sim_link_extra[] = {{"one_way", SIM_PARAM_BOOLEAN, 0, "false", 0, 0,
                                            "only from the first zone to the second", NULL, NULL},
                                           END};

#define X(field) AT(sim_expect_fields, field)
const struct sim_param sim_expect_params[] = {
    {"from", SIM_PARAM_DURATION, X(from), "nil", SIM_NOT_NEGATIVE,
     "of operations issued from then; default: the end of warm-up", NULL, NULL},
    {"to", SIM_PARAM_DURATION, X(to), "nil", SIM_NOT_NEGATIVE,
     "and before then; default: the duration", NULL, NULL},
    {"variant", SIM_PARAM_TEXT, X(variant), "nil", 0, 0, "only of that variant", NULL, NULL},
    END};

const struct sim_param sim_figure_params[] = {
    {"from", SIM_PARAM_DURATION, X(from), "nil", SIM_NOT_NEGATIVE,
     "of operations issued from then; default: the end of warm-up", NULL, NULL},
    {"to", SIM_PARAM_DURATION, X(to), "nil", SIM_NOT_NEGATIVE,
     "and before then; default: the duration", NULL, NULL},
    END};

#define G(field) AT(sim_plot_fields, field)
const struct sim_param sim_plot_params[] = {
    {"against", SIM_PARAM_TEXT, G(against), "\"time\"", 0, 0,
     "time, a param that a sweep varies, or a figure: a point for each result", NULL, NULL},
    {"per", SIM_PARAM_TEXT, G(per), "nil", 0, 0,
     "a curve, or a colour of points, for each variant or each value of a param", NULL, NULL},
    {"title", SIM_PARAM_TEXT, G(title), "nil", 0, 0, "over the picture", NULL, NULL},
    END};

#define M(field) AT(sim_swarm_fields, field)
const struct sim_param sim_swarm_params[] = {
    {"from", SIM_PARAM_DURATION, M(from), "s(0)", SIM_NOT_NEGATIVE, "no fault begins before", NULL,
     NULL},
    {"to", SIM_PARAM_DURATION, M(to), "none", SIM_NOT_NEGATIVE, "nor after; none = the duration",
     NULL, NULL},
    {"faults", SIM_PARAM_NUMBER, M(faults), "5", SIM_POSITIVE,
     "mean number in a run, over all targets and those kinds that are on in it", NULL, NULL},
    {"lasts", SIM_PARAM_DURATION_LAW, M(lasts), "exponential(s(2))", SIM_POSITIVE,
     "how long each lasts", NULL, NULL},
    END};
const struct sim_param sim_swarm_extra[] = {
    {"kinds", SIM_PARAM_TEXT, 0, "nil", 0, 0,
     "list of crash, pause, slow, partition, disk_stall, clock, of which each run has some; "
     "default: the first four",
     NULL, NULL},
    END};

/* --- faults --- */

#define F(field) AT(sim_fault_spec, field)
const struct sim_param sim_fault_params[] = {
    {"from", SIM_PARAM_DURATION, F(from), "s(0)", SIM_NOT_NEGATIVE,
     "when it begins; drawn faults: not before", NULL, NULL},
    {"to", SIM_PARAM_DURATION, F(to), "none", SIM_NOT_NEGATIVE, "when it ends; none = never", NULL,
     NULL},
    {"mttf", SIM_PARAM_DURATION_LAW, F(mttf), "nil", SIM_POSITIVE,
     "drawn: time until each target fails", NULL, NULL},
    {"mttr", SIM_PARAM_DURATION_LAW, F(mttr), "nil", SIM_NOT_NEGATIVE,
     "drawn: time until it is mended; left out, it never is", NULL, NULL},
    {"label", SIM_PARAM_TEXT, F(label), "nil", 0, 0, "what pictures call it", NULL, NULL},
    END};

static const struct sim_param partition_params[] = {
    {"one_way", SIM_PARAM_BOOLEAN, F(one_way), "false", 0, 0,
     "only what the first side sends is lost", NULL, NULL},
    END};
static const struct sim_param crash_params[] = {
    {"silent", SIM_PARAM_BOOLEAN, F(silent), "false", 0, 0,
     "the machine is gone too: nobody refuses connections", NULL, NULL},
    {"torn", SIM_PARAM_BOOLEAN, F(torn), "false", 0, 0,
     "leaves the log record after the last fsync torn", NULL, NULL},
    END};
static const struct sim_param slow_params[] = {{"factor", SIM_PARAM_NUMBER, F(factor), NULL,
                                                SIM_POSITIVE, "work takes so many times as long",
                                                NULL, NULL},
                                               END};
static const struct sim_param degrade_params[] = {
    {"factor", SIM_PARAM_NUMBER, F(factor), "1", SIM_POSITIVE, "latency is so many times as long",
     NULL, NULL},
    {"extra", SIM_PARAM_DURATION, F(extra), "s(0)", SIM_NOT_NEGATIVE, "added latency", NULL, NULL},
    {"loss", SIM_PARAM_RATIO, F(loss), "percent(0)", 0, 1, "added loss", NULL, NULL},
    {"one_way", SIM_PARAM_BOOLEAN, F(one_way), "false", 0, 0,
     "only from the first side to the second", NULL, NULL},
    END};
static const struct sim_param clock_params[] = {
    {"shift", SIM_PARAM_DURATION, F(shift), "s(0)", SIM_UNBOUNDED, "the clock jumps by so much",
     NULL, NULL},
    {"drift", SIM_PARAM_NUMBER, F(drift), "0", -0.5, 0.5, "seconds gained a second while it lasts",
     NULL, NULL},
    END};
static const struct sim_param disk_slow_params[] = {
    {"factor", SIM_PARAM_NUMBER, F(factor), NULL, SIM_POSITIVE,
     "disk operations take so many times as long", NULL, NULL},
    END};
static const struct sim_param surge_params[] = {{"factor", SIM_PARAM_NUMBER, F(factor), NULL,
                                                 SIM_NOT_NEGATIVE,
                                                 "sources issue so many times as much", NULL, NULL},
                                                END};
static const struct sim_param scale_params[] = {
    {"count", SIM_PARAM_INTEGER, AT(sim_scale_fields, count), NULL, 0, 1e6,
     "members from then on, at most count_max", NULL, NULL},
    {"boot", SIM_PARAM_DURATION, AT(sim_scale_fields, boot), "s(0)", 0, 1e9,
     "until a new member serves", NULL, NULL},
    {"notice", SIM_PARAM_DURATION, AT(sim_scale_fields, notice), "s(0)", 0, 1e9,
     "until the others know; members that leave serve until then", NULL, NULL},
    END};

const struct sim_fault_word sim_fault_words[] = {
    {"partition", SIM_FAULT_PARTITION, partition_params},
    {"crash", SIM_FAULT_CRASH, crash_params},
    {"pause", SIM_FAULT_PAUSE, sim_no_params},
    {"slow", SIM_FAULT_SLOW, slow_params},
    {"degrade", SIM_FAULT_LINK, degrade_params},
    {"clock", SIM_FAULT_CLOCK, clock_params},
    {"disk_slow", SIM_FAULT_DISK, disk_slow_params},
    {"disk_stall", SIM_FAULT_DISK, sim_no_params},
    {"surge", SIM_FAULT_SURGE, surge_params},
    {"scale", SIM_FAULT_MEMBERS, scale_params},
    {NULL, SIM_FAULT_PARTITION, NULL},
};

const struct sim_fault_word *sim_fault_word_find(const char *word)
{
    for (const struct sim_fault_word *row = sim_fault_words; row->word; row++) {
        if (strcmp(row->word, word) == 0) {
            return row;
        }
    }
    return NULL;
}

static const struct sim_param partition_extra[] = {{"sides", SIM_PARAM_TEXT, 0, NULL, 0, 0,
                                                    "list of targets that cannot reach one another",
                                                    NULL, NULL},
                                                   END};

const struct sim_param sim_estimate_extra[] = {
    {"simulated", SIM_PARAM_TEXT, 0, "nil", 0, 0,
     "the figure of the run that stands beside it: \"web.busy mean\"", NULL, NULL},
    END};

const struct sim_block_kind sim_block_kinds[] = {
    {"scenario", false, sim_scenario_params, sim_no_params, "blocks",
     "the whole: what a file returns"},
    {"node", true, sim_node_params, sim_node_extra, NULL, "a component, or a group of equal ones"},
    {"machine", true, sim_machine_params, sim_machine_extra, NULL,
     "what nodes with on = \"name\" share"},
    {"network", false, sim_network_params, sim_network_extra, "links",
     "places and the links between them"},
    {"link", false, sim_link_params, sim_link_extra, "two zones",
     "inside network: between two zones"},
    {"partition", false, partition_params, partition_extra, NULL,
     "fault: sides that cannot reach one another"},
    {"crash", false, crash_params, sim_no_params, "targets",
     "fault: down, and up again with its durable state alone"},
    {"pause", false, sim_no_params, sim_no_params, "targets",
     "fault: stands still and keeps everything"},
    {"slow", false, slow_params, sim_no_params, "targets", "fault: work takes longer"},
    {"degrade", false, degrade_params, sim_no_params, "two targets",
     "fault: links between two sides are slow or lossy"},
    {"clock", false, clock_params, sim_no_params, "targets", "fault: the clock jumps or drifts"},
    {"disk_slow", false, disk_slow_params, sim_no_params, "targets", "fault: the disk is slow"},
    {"disk_stall", false, sim_no_params, sim_no_params, "targets", "fault: the disk stands still"},
    {"surge", false, surge_params, sim_no_params, "targets", "fault: sources issue more"},
    {"scale", false, scale_params, sim_no_params, "a node", "members come or go"},
    {"swarm", false, sim_swarm_params, sim_swarm_extra, "targets",
     "faults drawn at random; in each run about half of the kinds are off"},
    {"expect", false, sim_expect_params, sim_no_params, "a text", "what must hold"},
    {"plot", false, sim_plot_params, sim_no_params, "figures", "what to draw"},
    {"sweep", false, sim_no_params, sim_no_params, NULL,
     "values of params to run with: name = { ... }"},
    {"variant", true, sim_no_params, sim_no_params, "blocks",
     "replaces blocks of the same kind and name"},
    {"estimate", true, sim_no_params, sim_estimate_extra, "a value",
     "back-of-the-envelope arithmetic with units"},
    {NULL, false, NULL, NULL, NULL, NULL},
};

/* --- disk and transport --- */

#define D(field) AT(sim_disk_spec, field)
static const struct sim_param disk_params[] = {
    {"read", SIM_PARAM_DURATION_LAW, D(read), "nil", SIM_NOT_NEGATIVE,
     "time of a read; default: none", NULL, NULL},
    {"write", SIM_PARAM_DURATION_LAW, D(write), "nil", SIM_NOT_NEGATIVE,
     "time of a write; default: none", NULL, NULL},
    {"fsync", SIM_PARAM_DURATION_LAW, D(fsync), "nil", SIM_NOT_NEGATIVE,
     "time of an fsync; default: none", NULL, NULL},
    {"bandwidth", SIM_PARAM_BANDWIDTH, D(bandwidth), "none", SIM_NOT_NEGATIVE,
     "of all transfers together", NULL, NULL},
    {"queue_depth", SIM_PARAM_INTEGER, D(queue_depth), "1", 1, 1e6, "operations at once", NULL,
     NULL},
    END};
static const struct sim_constructor disk_constructor = {
    "disk",
    "a disk: laws of its operations, bandwidth, operations at once",
    sizeof(struct sim_disk_spec),
    disk_params,
    0,
    NULL};
static const struct sim_constructor *const disk_constructors[] = {&disk_constructor, NULL};
const struct sim_family sim_disk_family = {
    .name = "a disk", .example = "disk { fsync = ms(2) }", .constructors = disk_constructors};

#define T(field) AT(sim_transport, field)
#define HANDSHAKE_TCP 1 /* round trips, by default */
static const struct sim_param connection_params[] = {
    {"warm", SIM_PARAM_BOOLEAN, T(warm), "true", 0, 0, "connections exist at the start and stay",
     NULL, NULL},
    {"handshake", SIM_PARAM_INTEGER, T(handshake), "1", 0, 100,
     "round trips before the first request, not warm: TCP 1, with TLS 1.3 2 [RFC 9293, RFC 8446]",
     NULL, NULL},
    {"idle", SIM_PARAM_DURATION, T(idle), "none", SIM_NOT_NEGATIVE,
     "an unused connection that is not warm closes after this; 0 = one connection for each request",
     NULL, NULL},
    {"connections_max", SIM_PARAM_INTEGER, T(connections_max), "0", 0, 1e9,
     "to one peer, streams too; further ones wait; 0 = no limit", NULL, NULL},
    {"multiplex", SIM_PARAM_BOOLEAN, T(multiplex), "false", 0, 0,
     "all requests to a peer share one ordered connection", NULL, NULL},
    {"retransmit", SIM_PARAM_DURATION, T(retransmit), "ms(200)", SIM_POSITIVE,
     "wait before a lost segment is sent again, doubling [RFC 6298; 200 ms as in Linux]", NULL,
     NULL},
    {"window", SIM_PARAM_BYTES, T(window_bytes), "bytes(14600)", SIM_NOT_NEGATIVE,
     "initial window of slow start [RFC 6928]; 0 = large bodies at once", NULL, NULL},
    END};
static const char *connection_validate(const void *fields)
{
    const struct sim_transport *transport = fields;
    bool is_said = transport->idle != SIM_NEVER || transport->handshake != HANDSHAKE_TCP;
    return transport->warm && is_said
               ? "idle and handshake are of connections that come and go: write warm = false, too"
               : NULL;
}
static const struct sim_constructor connection_constructor = {"connection",
                                                              "an ordered connection, as TCP",
                                                              sizeof(struct sim_transport),
                                                              connection_params,
                                                              0,
                                                              connection_validate};
static const struct sim_constructor datagram_constructor = {
    "datagram",
    "single messages, which may be lost, as UDP; nobody refuses: give a timeout",
    sizeof(struct sim_transport),
    sim_no_params,
    0,
    NULL};
static const struct sim_constructor *const transport_constructors[] = {&connection_constructor,
                                                                       &datagram_constructor, NULL};
const struct sim_family sim_transport_family = {.name = "a transport",
                                                .example = "connection { warm = false }",
                                                .constructors = transport_constructors};
