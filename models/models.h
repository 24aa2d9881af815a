/* The models that scenarios can name. */
#ifndef BRINK_MODELS_MODELS_H
#define BRINK_MODELS_MODELS_H

#include "sim.h"

extern const struct sim_model sim_model_client_open;
extern const struct sim_model sim_model_client_closed;
extern const struct sim_model sim_model_client_trace;
extern const struct sim_model sim_model_client_polling;
extern const struct sim_model sim_model_client_streaming;
extern const struct sim_model sim_model_client_locking;
extern const struct sim_model sim_model_service;
extern const struct sim_model sim_model_balancer;
extern const struct sim_model sim_model_router;
extern const struct sim_model sim_model_proxy;
extern const struct sim_model sim_model_dns;
extern const struct sim_model sim_model_dns_client;
extern const struct sim_model sim_model_cache;
extern const struct sim_model sim_model_limiter;
extern const struct sim_model sim_model_breaker;
extern const struct sim_model sim_model_bulkhead;
extern const struct sim_model sim_model_autoscaler;
extern const struct sim_model sim_model_deploy;
extern const struct sim_model sim_model_registry;
extern const struct sim_model sim_model_store_counter;
extern const struct sim_model sim_model_store_memory;
extern const struct sim_model sim_model_store_single;
extern const struct sim_model sim_model_store_leader;
extern const struct sim_model sim_model_store_quorum;
extern const struct sim_model sim_model_store_quorum_client;
extern const struct sim_model sim_model_store_gossip;
extern const struct sim_model sim_model_store_raft;
extern const struct sim_model sim_model_store_paxos;
extern const struct sim_model sim_model_store_multi_leader;
extern const struct sim_model sim_model_store_chain;
extern const struct sim_model sim_model_store_chain_master;
extern const struct sim_model sim_model_store_shard;
extern const struct sim_model sim_model_store_sharded;
extern const struct sim_model sim_model_store_view;
extern const struct sim_model sim_model_feed_publisher;
extern const struct sim_model sim_model_feed_server;
extern const struct sim_model sim_model_feed_webhook;
extern const struct sim_model sim_model_feed_broker;

/* For copying, and for the tests; not in the table. */
extern const struct sim_model sim_model_template;

/* The eviction policies of the cache, for replaying a trace. */
extern const struct sim_replay_caches sim_replay_policies;

/* All that a scenario can name, in the order in which they are listed; NULL at the end. */
extern const struct sim_model *const sim_models[];

#endif
