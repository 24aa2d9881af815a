/* The table of models: one row each. */
#include "models.h"

/* clang-format off */
const struct sim_model *const sim_models[] = {
    &sim_model_client_open,
    &sim_model_client_closed,
    &sim_model_client_trace,
    &sim_model_client_polling,
    &sim_model_client_streaming,
    &sim_model_service,
    &sim_model_balancer,
    &sim_model_router,
    &sim_model_proxy,
    &sim_model_dns,
    &sim_model_dns_client,
    &sim_model_cache,
    &sim_model_limiter,
    &sim_model_breaker,
    &sim_model_bulkhead,
    &sim_model_autoscaler,
    &sim_model_deploy,
    &sim_model_registry,
    &sim_model_store_counter,
    &sim_model_store_memory,
    &sim_model_store_single,
    &sim_model_store_leader,
    &sim_model_store_quorum,
    &sim_model_store_quorum_client,
    &sim_model_store_gossip,
    &sim_model_store_raft,
    &sim_model_feed_publisher,
    &sim_model_feed_server,
    &sim_model_feed_webhook,
    &sim_model_feed_broker,
    NULL,
};
/* clang-format on */
