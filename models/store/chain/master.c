/* store.chain_master: who notices failures and reconfigures a chain.
 *
 * Members send heartbeats; each that is answered gives a lease (configure.c). A member that was not
 * heard from until its lease has certainly run out is left out of the next configuration, and so is
 * one that has restarted, which has lost what was not on disk, and its leases (van Renesse,
 * Schneider, OSDI 2004, section 3.2: failures of the head, the tail, others). One that is heard
 * from and not in the chain joins it: the tail is told to send it what it has, and when that is
 * done it becomes the tail ("Extending a chain"). A configuration is on disk before anyone is told.
 *
 * A configuration always has a member of the one before that has all its data. Where there is none
 * the master waits; for one that has its data on disk, too, if nobody else is left. Only if all
 * have restarted and none has anything does the chain begin anew, with nothing.
 *
 * The paper assumes a master that does not fail and says how to make one (section 3.2: replicas
 * that agree by Paxos; CRAQ, section 5: ZooKeeper). This one is a single node. While it is down, or
 * cannot be reached, nobody's lease is renewed, and the store stops within a lease.
 */
#include "models.h"
#include "store/chain/chain.h"

#define THE_LOG 0

struct master_params {
    struct sim_target members;
    sim_time lease;
    double drift;
    bool fencing;
    const struct sim_dist *fsync;
};

/* What it knows of a member. */
struct master_member {
    uint64_t life;        /* when last heard from; 0 = not in this life of the master */
    bool is_whole;        /* it has all data */
    uint64_t joined;      /* the epoch from which on its word for that counts */
    bool has_lease;       /* or may have */
    bool is_checking;     /* the timer runs */
    sim_time heard;       /* by the master's clock, as all here */
    sim_time lease_until; /* it certainly has none after this */
};

struct master_chain {
    uint64_t epoch;
    uint32_t length;
    uint32_t order[CHAIN_MEMBERS_MAX];
    uint64_t lives[CHAIN_MEMBERS_MAX];
};

struct master_state {
    struct master_chain chain, next; /* in force; on its way to the disk */
    bool is_changing;
    struct master_member members[CHAIN_MEMBERS_MAX];
    uint32_t joiner; /* whom the tail is to send its data, or the number of members: nobody */
};

enum master_metric { MASTER_CHANGES, MASTER_REMOVED, MASTER_JOINED, MASTER_LOSSES };
static const struct sim_metric_spec master_metrics[] = {
    {"changes", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "configurations that were made", NULL},
    {"removed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "members that were left out", NULL},
    {"joined", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "members that became the tail", NULL},
    {"losses", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "chains that began anew, since no member had its data", NULL},
    {0},
};

static const char *const master_timers[] = {"check", NULL};

static const struct sim_param master_params[] = {
    {"members", SIM_PARAM_TARGET, offsetof(struct master_params, members), NULL, SIM_UNBOUNDED,
     "the chain, from head to tail, as it is at the start", NULL, NULL},
    {"lease", SIM_PARAM_DURATION, offsetof(struct master_params, lease), "s(4)", 1e-6, 1e9,
     "how long a member may act without being heard from "
     "[ZooKeeper: a session has at least two ticks of 2 s]",
     NULL, NULL},
    {"drift", SIM_PARAM_RATIO, offsetof(struct master_params, drift), "percent(0.05)", 0, 0.5,
     "by how much clocks run fast or slow at most [ntpd: 500 ppm]", NULL, NULL},
    {"fencing", SIM_PARAM_BOOLEAN, offsetof(struct master_params, fencing), "true", SIM_UNBOUNDED,
     "members keep to their leases; false = they are trusted to be fail-stop [OSDI 2004, 2]", NULL,
     NULL},
    {"fsync", SIM_PARAM_DURATION_LAW, offsetof(struct master_params, fsync), "ms(2)",
     SIM_NOT_NEGATIVE,
     "a new configuration waits for the disk, which takes this [assumed: as of the other stores]",
     NULL, NULL},
    {0},
};

static uint32_t place_of(const struct master_chain *chain, uint32_t member)
{
    uint32_t place = 0;
    while (place < chain->length && chain->order[place] != member) {
        place++;
    }
    return place;
}

static bool is_in(const struct master_chain *chain, uint32_t member, uint64_t life)
{
    uint32_t place = place_of(chain, member);
    return place < chain->length && chain->lives[place] == life;
}

/* ---- telling ---- */

/* `echo`: the heartbeat that is answered; NULL = it was not asked. */
static void tell(struct sim_node *self, uint32_t member, const uint64_t *echo, sim_time lease)
{
    const struct master_params *params = sim_params(self);
    const struct master_state *state = sim_state(self);
    const struct master_chain *chain = &state->chain;
    uint64_t body[2 * CHAIN_MEMBERS_MAX];
    for (uint32_t i = 0; i < chain->length; i++) {
        body[(size_t)2 * i] = chain->order[i];
        body[(size_t)2 * i + 1] = chain->lives[i];
    }
    bool has_joiner = state->joiner < params->members.count;
    const uint64_t words[SIM_MESSAGE_WORDS] = {chain->epoch,
                                               echo == NULL ? 0 : echo[0],
                                               echo == NULL ? 0 : echo[3],
                                               (uint64_t)lease,
                                               has_joiner ? state->joiner + 1 : 0,
                                               has_joiner ? state->members[state->joiner].life : 0,
                                               params->fencing ? 1 : 0};
    sim_send_message_with(self, params->members.ids[member], CHAIN_CONFIGURATION, words, body,
                          2 * chain->length, CHAIN_HEADER_BYTES + 8 * chain->length);
}

/* ---- changes ---- */

static void write_down(struct sim_node *self, const struct master_chain *chain)
{
    const struct master_params *params = sim_params(self);
    uint64_t begin = sim_log_end(self, THE_LOG);
    for (uint32_t i = 0; i < chain->length; i++) {
        struct sim_log_record record = {.words = {chain->epoch, (uint64_t)chain->length << 32 | i,
                                                  chain->order[i], chain->lives[i]},
                                        .bytes = CHAIN_HEADER_BYTES};
        sim_log_append(self, THE_LOG, &record);
    }
    sim_log_sync(self, THE_LOG, params->fsync, 0, begin);
}

static void change(struct sim_node *self)
{
    struct master_state *state = sim_state(self);
    state->is_changing = true;
    state->next.epoch = state->chain.epoch + 1;
    write_down(self, &state->next);
}

/* Of the chain, those with data who may act. */
static uint32_t count_alive(const struct master_state *state)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < state->chain.length; i++) {
        const struct master_member *member = &state->members[state->chain.order[i]];
        count += member->life == state->chain.lives[i] && member->is_whole && member->has_lease;
    }
    return count;
}

/* Nobody of the chain with data is left but those that have restarted: one that has it on disk will
 * do, and where nobody has any, anyone. */
static void begin_from_disk(struct sim_node *self)
{
    struct master_state *state = sim_state(self);
    const struct master_chain *chain = &state->chain;
    uint32_t gone = 0, chosen = chain->length;
    if (chain->length == 1 && state->members[chain->order[0]].life == chain->lives[0]) {
        return; /* alone, it goes on with what it has as soon as it hears so */
    }
    for (uint32_t i = 0; i < chain->length; i++) {
        const struct master_member *member = &state->members[chain->order[i]];
        bool is_back = member->life != 0 && member->life != chain->lives[i];
        bool has_nothing = member->life != 0 && !member->is_whole;
        gone += is_back || has_nothing;
        if (is_back && member->is_whole && chosen == chain->length) {
            chosen = i;
        }
        if (!is_back && !has_nothing && member->has_lease) {
            return; /* it may act until then */
        }
    }
    if (chosen == chain->length && gone == chain->length) {
        chosen = 0;
        sim_count(self, MASTER_LOSSES, 1);
    }
    if (chosen < chain->length) {
        uint32_t member = chain->order[chosen];
        state->next = (struct master_chain){
            .length = 1, .order = {member}, .lives = {state->members[member].life}};
        sim_count(self, MASTER_REMOVED, chain->length - 1);
        change(self);
    }
}

/* Leaves out whom it must, as long as somebody with data is left. */
static void look(struct sim_node *self)
{
    struct master_state *state = sim_state(self);
    if (state->is_changing) {
        return;
    }
    if (count_alive(state) == 0) {
        begin_from_disk(self);
        return;
    }
    struct master_chain *next = &state->next;
    next->length = 0;
    for (uint32_t i = 0; i < state->chain.length; i++) {
        const struct master_member *member = &state->members[state->chain.order[i]];
        bool has_restarted = member->life != 0 && member->life != state->chain.lives[i];
        if (member->has_lease && !has_restarted) {
            next->order[next->length] = state->chain.order[i];
            next->lives[next->length++] = state->chain.lives[i];
        }
    }
    if (next->length < state->chain.length) {
        sim_count(self, MASTER_REMOVED, state->chain.length - next->length);
        change(self);
    }
}

/* Somebody who is there and not in the chain: the one who is joining already, if he still is. */
static void choose_joiner(struct sim_node *self)
{
    const struct master_params *params = sim_params(self);
    struct master_state *state = sim_state(self);
    uint32_t chosen = params->members.count;
    for (uint32_t i = 0; i < params->members.count; i++) {
        const struct master_member *member = &state->members[i];
        bool is_there = member->life != 0 && sim_local_clock(self) - member->heard < params->lease;
        bool is_out = place_of(&state->chain, i) == state->chain.length;
        if (is_there && is_out && (chosen == params->members.count || i == state->joiner)) {
            chosen = i;
        }
    }
    state->joiner = chosen;
}

static void join(struct sim_node *self, uint32_t tail, const struct sim_input *in)
{
    struct master_state *state = sim_state(self);
    uint32_t member = (uint32_t)in->words[4] - 1;
    const struct master_chain *chain = &state->chain;
    if (state->is_changing || in->words[1] != chain->epoch || member != state->joiner ||
        state->members[member].life != in->words[5] || chain->order[chain->length - 1] != tail ||
        chain->lives[chain->length - 1] != in->words[0]) {
        return;
    }
    state->next = *chain;
    state->next.order[chain->length] = member;
    state->next.lives[state->next.length++] = in->words[5];
    state->members[member].is_whole = false;
    state->members[member].joined = chain->epoch + 1;
    sim_count(self, MASTER_JOINED, 1);
    change(self);
}

/* ---- inputs ---- */

static void check_later(struct sim_node *self, uint32_t member)
{
    struct master_state *state = sim_state(self);
    struct master_member *of = &state->members[member];
    if (!of->is_checking) {
        sim_time left = of->lease_until - sim_local_clock(self);
        of->is_checking = true;
        sim_after(self, left > 0 ? left : 1, 0, member);
    }
}

/* It has a lease now, or is waited for as long as if it had. */
static void give_lease(struct sim_node *self, uint32_t member)
{
    const struct master_params *params = sim_params(self);
    struct master_state *state = sim_state(self);
    struct master_member *of = &state->members[member];
    double certain = (double)params->lease * (1 + params->drift) / (1 - params->drift);
    of->has_lease = true;
    of->lease_until = sim_local_clock(self) + (sim_time)certain + 1;
    check_later(self, member);
}

static void on_heartbeat(struct sim_node *self, const struct sim_input *in)
{
    const struct master_params *params = sim_params(self);
    struct master_state *state = sim_state(self);
    uint32_t member = 0;
    while (member < params->members.count && params->members.ids[member] != in->from) {
        member++;
    }
    if (member == params->members.count || in->words[0] < state->members[member].life) {
        return; /* a stranger, or a message of a life that is over */
    }
    struct master_member *of = &state->members[member];
    of->life = in->words[0];
    bool has_joined = is_in(&state->chain, member, of->life) ||
                      (state->is_changing && is_in(&state->next, member, of->life));
    of->is_whole = in->words[2] != 0 && (!has_joined || in->words[1] >= of->joined);
    of->heard = sim_local_clock(self);
    bool is_member = is_in(&state->chain, member, of->life) &&
                     (!state->is_changing || is_in(&state->next, member, of->life));
    if (is_member) {
        give_lease(self, member);
    }
    if (in->words[4] != 0) {
        join(self, member, in);
    }
    look(self);
    choose_joiner(self);
    tell(self, member, in->words, is_member ? params->lease : 0);
}

/* Whether the lease has run out, by the master's clock. */
static void on_check(struct sim_node *self, uint32_t member)
{
    struct master_state *state = sim_state(self);
    struct master_member *of = &state->members[member];
    of->is_checking = false;
    if (sim_local_clock(self) < of->lease_until) {
        check_later(self, member);
        return;
    }
    of->has_lease = false;
    look(self);
}

static void on_synced(struct sim_node *self, uint64_t begin)
{
    const struct master_params *params = sim_params(self);
    struct master_state *state = sim_state(self);
    sim_log_forget(self, THE_LOG, begin);
    struct master_chain before = state->chain;
    state->chain = state->next;
    state->is_changing = false;
    sim_count(self, MASTER_CHANGES, 1);
    choose_joiner(self);
    for (uint32_t i = 0; i < state->chain.length; i++) {
        if (!is_in(&before, state->chain.order[i], state->chain.lives[i])) {
            give_lease(self, state->chain.order[i]); /* it has joined: it will be heard from */
        }
    }
    for (uint32_t i = 0; i < params->members.count; i++) {
        tell(self, i, NULL, 0);
    }
    look(self);
}

/* The latest configuration that is complete. */
static void recover(struct sim_node *self)
{
    struct master_state *state = sim_state(self);
    struct master_chain found = {0};
    for (uint64_t i = sim_log_begin(self, THE_LOG); i < sim_log_end(self, THE_LOG); i++) {
        const struct sim_log_record *record = sim_log_at(self, THE_LOG, i);
        if (record->is_torn) {
            break;
        }
        uint32_t place = (uint32_t)record->words[1];
        found.epoch = record->words[0];
        found.length = (uint32_t)(record->words[1] >> 32);
        found.order[place] = (uint32_t)record->words[2];
        found.lives[place] = record->words[3];
        if (place + 1 == found.length) {
            state->chain = found;
        }
    }
}

static void start(struct sim_node *self, bool is_restart)
{
    const struct master_params *params = sim_params(self);
    struct master_state *state = sim_state(self);
    state->joiner = params->members.count;
    state->chain.epoch = 1;
    state->chain.length = params->members.count;
    for (uint32_t i = 0; i < params->members.count; i++) {
        state->chain.order[i] = i;
        state->chain.lives[i] = 1;
    }
    if (is_restart) {
        recover(self);
    }
    for (uint32_t i = 0; i < state->chain.length; i++) {
        state->members[state->chain.order[i]].joined = is_restart ? state->chain.epoch : 0;
        give_lease(self, state->chain.order[i]); /* it may have been given one in a former life */
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_MESSAGE && in->message == CHAIN_HEARTBEAT) {
        on_heartbeat(self, in);
    } else if (in->kind == SIM_IN_TIMER) {
        on_check(self, (uint32_t)in->tag);
    } else if (in->kind == SIM_IN_SYNCED) {
        on_synced(self, in->tag);
    } else if (in->kind == SIM_IN_START) {
        start(self, in->is_restart);
    } else if (in->kind == SIM_IN_REQUEST) {
        sim_answer_status(self, in->ticket, SIM_STATUS_ERROR); /* it has no data */
    }
}

static const char *validate(const void *fields)
{
    const struct master_params *params = fields;
    return params->members.count > 0 && params->members.count <= CHAIN_MEMBERS_MAX
               ? NULL
               : "members: a chain has 1 to 64";
}

const struct sim_model sim_model_store_chain_master = {
    .abi = SIM_MODEL_ABI,
    .name = "store.chain_master",
    .summary = "notices failures of the members of a chain and reconfigures it",
    .params_size = sizeof(struct master_params),
    .params = master_params,
    .validate = validate,
    .state_size = sizeof(struct master_state),
    .handle = handle,
    .metrics = master_metrics,
    .timers = master_timers,
    .messages = chain_messages,
};
