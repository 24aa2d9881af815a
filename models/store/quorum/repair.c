/* Anti-entropy of a quorum store: two replicas compare hash trees and exchange what differs.
 *
 * Every `anti_entropy` a replica picks another one at random and sends the root of a Merkle tree
 * over the keys that both hold. Each answers with the hashes of the children of those nodes that
 * differ, in turn, down to the leaves; of leaves that differ both send all entries, and keep the
 * newest (DeCandia and others, "Dynamo", SOSP 2007, section 4.7). The trees are made when an
 * exchange begins (Cassandra: validation compaction) and are those of that moment: what is written
 * meanwhile may be sent for nothing, or not be seen until the next time.
 *
 * One exchange that a replica began, and one that it was drawn into, are under way at most; the
 * later one is the one that goes on.
 *
 * Left out: the time that it takes to make a tree and to read what is sent.
 */
#include <stdlib.h>

#include "store/quorum/quorum.h"

#define ENTRY_WORDS 4u
#define ENTRIES_MAX (SIM_BODY_WORDS_MAX / ENTRY_WORDS)

struct quorum_comparison {
    struct merkle tree;
    uint64_t session; /* by the number of whoever began it */
    uint32_t peer;
};

struct quorum_exchange {
    struct quorum_comparison own, other; /* that it began, that it was drawn into */
    uint64_t session;
    uint64_t body[SIM_BODY_WORDS_MAX];
    bool leaves[1u << QUORUM_MERKLE_DEPTH_MAX]; /* that are to be sent */
};

void quorum_exchange_start(struct sim_node *self, struct quorum_replica *replica)
{
    sim_time interval = replica->params->anti_entropy;
    const struct quorum_coordinator *coordinator = replica->coordinator;
    if (interval == SIM_NEVER || coordinator->member_count < 2) {
        return;
    }
    replica->exchange = calloc(1, sizeof *replica->exchange);
    sim_assert(replica->exchange != NULL); /* out of memory ends the process */
    /* One after the other. */
    double part = (double)(coordinator->own + 1) / coordinator->member_count;
    sim_after(self, sim_time_scale(interval, part), QUORUM_TIMER_ANTI_ENTROPY, 0);
}

void quorum_exchange_release(struct quorum_replica *replica)
{
    if (replica->exchange != NULL) {
        merkle_clear(&replica->exchange->own.tree);
        merkle_clear(&replica->exchange->other.tree);
        free(replica->exchange);
        replica->exchange = NULL;
    }
}

static bool is_shared(const struct quorum_replica *replica, uint64_t key, uint32_t peer)
{
    return quorum_is_owner(replica->coordinator, key, peer) &&
           quorum_is_owner(replica->coordinator, key, replica->coordinator->own);
}

static void begin(const struct quorum_replica *replica, struct quorum_comparison *comparison,
                  uint64_t session, uint32_t peer)
{
    merkle_clear(&comparison->tree);
    comparison->session = session;
    comparison->peer = peer;
    merkle_init(&comparison->tree, (uint32_t)replica->params->merkle_depth);
    for (uint32_t i = 0; i < replica->cells.count; i++) {
        const struct cell *cell = cells_at(&replica->cells, i);
        if (is_shared(replica, cell->key, peer)) {
            merkle_add(&comparison->tree, cell);
        }
    }
    merkle_sum(&comparison->tree);
}

/* ---- sending ---- */

/* Words of TREE and LEAVES. */
struct step {
    uint64_t session;
    uint32_t level;   /* of the nodes, 0 = the root */
    uint32_t sender;  /* member */
    bool is_beginner; /* the sender began the exchange */
};

static void send_hashes(struct sim_node *self, struct quorum_replica *replica, int message,
                        const struct step *step, uint32_t peer, uint32_t count)
{
    int64_t bytes = QUORUM_HEADER_BYTES + (int64_t)count * (int64_t)sizeof(uint64_t);
    const uint64_t words[SIM_MESSAGE_WORDS] = {
        step->session, step->level, replica->coordinator->own, step->is_beginner ? 1 : 0};
    sim_count(self, QUORUM_MERKLE_BYTES, (uint64_t)bytes);
    sim_send_message_with(self, replica->coordinator->members[peer].id, message, words,
                          replica->exchange->body, count, bytes);
}

static void send_entries(struct sim_node *self, struct quorum_replica *replica, uint32_t peer,
                         uint32_t count)
{
    const uint64_t words[SIM_MESSAGE_WORDS] = {0};
    int64_t size = QUORUM_HEADER_BYTES + replica->params->common.value_bytes;
    if (count > 0) {
        sim_send_message_with(self, replica->coordinator->members[peer].id, QUORUM_ENTRIES, words,
                              replica->exchange->body, count * ENTRY_WORDS,
                              QUORUM_HEADER_BYTES + count * size);
    }
}

/* All that it has in the leaves that are marked. */
static void send_leaves(struct sim_node *self, struct quorum_replica *replica, uint32_t peer)
{
    struct quorum_exchange *exchange = replica->exchange;
    uint32_t depth = (uint32_t)replica->params->merkle_depth;
    uint32_t count = 0;
    for (uint32_t i = 0; i < replica->cells.count; i++) {
        const struct cell *cell = cells_at(&replica->cells, i);
        if (!exchange->leaves[merkle_leaf(depth, cell->key)] ||
            !is_shared(replica, cell->key, peer)) {
            continue;
        }
        uint64_t *entry = &exchange->body[(size_t)count * ENTRY_WORDS];
        count++;
        entry[0] = cell->key;
        entry[1] = cell->value;
        entry[2] = cell->version;
        entry[3] = cell->is_deleted ? 1 : 0;
        if (count == ENTRIES_MAX) {
            send_entries(self, replica, peer, count);
            count = 0;
        }
    }
    send_entries(self, replica, peer, count);
}

void quorum_exchange_due(struct sim_node *self, struct quorum_replica *replica)
{
    struct quorum_coordinator *coordinator = replica->coordinator;
    struct quorum_exchange *exchange = replica->exchange;
    sim_after(self, replica->params->anti_entropy, QUORUM_TIMER_ANTI_ENTROPY, 0);
    uint32_t peer = (uint32_t)sim_random_below(sim_random_of(self, QUORUM_DRAW_PEER),
                                               coordinator->member_count - 1);
    peer += peer >= coordinator->own ? 1 : 0;
    if (coordinator->members[peer].is_suspected) {
        return;
    }
    /* Another life must not take up the answers to this one. */
    exchange->session = (uint64_t)sim_now(self);
    begin(replica, &exchange->own, exchange->session, peer);
    exchange->body[0] = 1;
    exchange->body[1] = exchange->own.tree.nodes[1];
    sim_count(self, QUORUM_EXCHANGES, 1);
    struct step step = {.session = exchange->session, .is_beginner = true};
    send_hashes(self, replica, QUORUM_TREE, &step, peer, 2);
}

/* ---- receiving ---- */

/* The comparison that a message belongs to, NULL where that is over. */
static struct quorum_comparison *comparison_of(struct quorum_exchange *exchange,
                                               const struct step *step)
{
    struct quorum_comparison *comparison = step->is_beginner ? &exchange->other : &exchange->own;
    bool is_known = comparison->tree.nodes != NULL && comparison->session == step->session &&
                    comparison->peer == step->sender;
    return is_known ? comparison : NULL;
}

/* The leaves that differ are told to the peer, and both send what is in them. */
static void exchange_leaves(struct sim_node *self, struct quorum_replica *replica,
                            const struct step *step, const uint64_t *nodes, uint32_t count)
{
    struct quorum_exchange *exchange = replica->exchange;
    uint32_t first = 1u << replica->params->merkle_depth;
    for (uint32_t i = 0; i < count; i++) {
        exchange->body[i] = nodes[i] - first;
        exchange->leaves[nodes[i] - first] = true;
    }
    struct step answer = {.session = step->session, .is_beginner = !step->is_beginner};
    sim_count(self, QUORUM_DIFFERENT, count);
    send_hashes(self, replica, QUORUM_LEAVES, &answer, step->sender, count);
    send_leaves(self, replica, step->sender);
    for (uint32_t i = 0; i < count; i++) {
        exchange->leaves[nodes[i] - first] = false;
    }
}

/* The hashes below those nodes. */
static void go_down(struct sim_node *self, struct quorum_replica *replica, const struct step *step,
                    const struct merkle *tree, const uint64_t *nodes, uint32_t count)
{
    uint64_t *body = replica->exchange->body;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t child = 0; child < 2; child++) {
            *body++ = 2 * nodes[i] + child;
            *body++ = tree->nodes[2 * nodes[i] + child];
        }
    }
    struct step answer = {
        .session = step->session, .level = step->level + 1, .is_beginner = !step->is_beginner};
    send_hashes(self, replica, QUORUM_TREE, &answer, step->sender, 4 * count);
}

static void on_hashes(struct sim_node *self, struct quorum_replica *replica,
                      const struct step *step, const struct sim_input *in)
{
    if (step->is_beginner && step->level == 0) {
        begin(replica, &replica->exchange->other, step->session, step->sender);
    }
    struct quorum_comparison *comparison = comparison_of(replica->exchange, step);
    if (comparison == NULL) {
        return;
    }
    uint64_t nodes[1u << QUORUM_MERKLE_DEPTH_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < in->body_count; i += 2) {
        if (comparison->tree.nodes[in->body[i]] != in->body[i + 1]) {
            nodes[count++] = in->body[i];
        }
    }
    if (count == 0) {
        return;
    }
    if (step->level == (uint32_t)replica->params->merkle_depth) {
        exchange_leaves(self, replica, step, nodes, count);
    } else {
        go_down(self, replica, step, &comparison->tree, nodes, count);
    }
}

static void on_leaves(struct sim_node *self, struct quorum_replica *replica,
                      const struct step *step, const struct sim_input *in)
{
    bool *leaves = replica->exchange->leaves;
    for (uint32_t i = 0; i < in->body_count; i++) {
        leaves[in->body[i]] = true;
    }
    send_leaves(self, replica, step->sender);
    for (uint32_t i = 0; i < in->body_count; i++) {
        leaves[in->body[i]] = false;
    }
}

static void on_entries(struct sim_node *self, struct quorum_replica *replica,
                       const struct sim_input *in)
{
    for (uint32_t i = 0; i + ENTRY_WORDS <= in->body_count; i += ENTRY_WORDS) {
        const uint64_t *words = &in->body[i];
        struct quorum_ask ask = {
            .member = replica->coordinator->own,
            .owner = replica->coordinator->own,
            .operation = SIM_OP_WRITE,
            .kind = QUORUM_ASK_REPAIR,
            .entry = {.key = words[0],
                      .value = words[1],
                      .version = words[2],
                      .is_deleted = words[3] != 0},
        };
        struct quorum_entry there = quorum_replica_read(replica, words[0]);
        if (quorum_is_newer(&ask.entry, &there)) {
            sim_count(self, QUORUM_SYNCED, 1);
            quorum_replica_ask(self, replica, &ask);
        }
    }
}

void quorum_exchange_message(struct sim_node *self, struct quorum_replica *replica,
                             const struct sim_input *in)
{
    struct step step = {.session = in->words[0],
                        .level = (uint32_t)in->words[1],
                        .sender = (uint32_t)in->words[2],
                        .is_beginner = in->words[3] != 0};
    if (in->message == QUORUM_TREE) {
        on_hashes(self, replica, &step, in);
    } else if (in->message == QUORUM_LEAVES) {
        on_leaves(self, replica, &step, in);
    } else if (in->message == QUORUM_ENTRIES) {
        on_entries(self, replica, in);
    }
}
