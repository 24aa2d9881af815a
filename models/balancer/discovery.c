/* Polling a registry, or watching it; see discovery.h. */
#include "balancer/discovery.h"

#include "listing.h"

#define LOOKUP_BYTES 200           /* GET /apps and a few headers */
#define CREDIT (UINT64_C(1) << 20) /* items that may be on their way */
#define OPEN_AGAIN SIM_SECOND

/* One who knows nobody when he asks does not wait long for the next time. */
static void poll(struct sim_node *self, struct discovery *discovery)
{
    const struct discovery_params *params = discovery->params;
    sim_time pause = params->poll;
    if (discovery->pool->existing_count == 0 && pause > SIM_SECOND) {
        pause = SIM_SECOND;
    }
    sim_after(self, pause, discovery->timer, 0);
    const uint64_t words[SIM_MESSAGE_WORDS] = {0};
    sim_send_message(self, params->registry.ids[0], discovery->lookup, words, LOOKUP_BYTES);
}

void discovery_ask(struct sim_node *self, struct discovery *discovery)
{
    if (discovery->params->watch) {
        sim_stream_open(self, discovery->params->registry.ids[0], 0, CREDIT);
    } else {
        poll(self, discovery);
    }
}

void discovery_start(struct sim_node *self, struct discovery *discovery)
{
    if (discovery->params->registry.count > 0) {
        discovery_ask(self, discovery);
    }
}

void discovery_on_listing(struct sim_node *self, struct discovery *discovery,
                          const struct sim_input *in)
{
    if (discovery->pool->listed != NULL) {
        pool_listed(self, discovery->pool, in->words);
    }
}

void discovery_on_item(struct sim_node *self, struct discovery *discovery,
                       const struct sim_input *in)
{
    sim_stream_grant(self, in->stream, 1);
    pool_list(self, discovery->pool, listing_item_node(in->item), listing_item_is_listed(in->item));
}

void discovery_on_closed(struct sim_node *self, struct discovery *discovery)
{
    sim_after(self, OPEN_AGAIN, discovery->timer, 0);
}
