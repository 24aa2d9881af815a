/* Reports of how busy a component is; see report.h. */
#include "report.h"

#define REPORT_BYTES 400 /* a handful of samples with their labels */

void report_start(struct sim_node *self, struct report *report, const struct report_params *params,
                  int timer, int draw)
{
    report->since = sim_now(self);
    double part = 1 - sim_random_unit(sim_random_of(self, draw));
    sim_after(self, sim_time_scale(params->every, part), timer, 0);
}

void report_note(struct sim_node *self, struct report *report, const struct report_params *params,
                 sim_time arrived, enum sim_status status)
{
    report->ended++;
    if (!sim_status_is_answer(status)) {
        report->failed++;
    } else if (sim_now(self) - arrived > params->slow) {
        report->slow++;
    }
}

void report_send(struct sim_node *self, struct report *report, const struct report_params *params,
                 const struct sim_station *station, int64_t servers, int timer, int message)
{
    sim_time length = sim_now(self) - report->since;
    double worked = sim_station_worked(station);
    sim_after(self, params->every, timer, 0);
    if (length <= 0) {
        return;
    }
    double busy = (worked - report->worked) / ((double)servers * (double)length);
    uint64_t words[SIM_MESSAGE_WORDS] = {
        [REPORT_BUSY] = (uint64_t)(busy * 1e9 + 0.5),
        [REPORT_QUEUED] = (uint64_t)sim_station_queued(station),
        [REPORT_REQUESTS] = report->requests,
        [REPORT_LENGTH] = (uint64_t)length,
        [REPORT_ENDED] = report->ended,
        [REPORT_FAILED] = report->failed,
        [REPORT_SLOW] = report->slow,
    };
    for (uint32_t i = 0; i < params->to.count; i++) {
        sim_send_message(self, params->to.ids[i], message, words, REPORT_BYTES);
    }
    *report = (struct report){.since = sim_now(self), .worked = worked};
}
