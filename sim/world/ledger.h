/* The ledger: metrics that every group has, and the books that must balance.
 *
 * For a source it is about operations (what a user asked for, retries and hedges included in one
 * entry); for any other model about deliveries (requests that reached it). Attempts, the third
 * ledger, are the calls that a node makes. In each: issued = finished by status + lost in crashes +
 * still open, exactly, at the end of every run.
 *
 * An entry belongs to the time at which it was issued. `latency` counts every entry: one that
 * failed or never came back is infinitely late. "latency.answered" is the same sample without its
 * infinite part; it is not stored apart.
 *
 * Where a store says which versions it commits, reads have a fourth book: whether what they were
 * answered with had been superseded when they began (staleness.c).
 */
#ifndef BRINK_WORLD_LEDGER_H
#define BRINK_WORLD_LEDGER_H

#include "world/model.h"
#include "world/spec.h"

enum sim_standard_metric {
    SIM_STANDARD_LATENCY,   /* SAMPLE, seconds */
    SIM_STANDARD_ISSUED,    /* COUNT */
    SIM_STANDARD_SUCCEEDED, /* COUNT, by time of issue */
    SIM_STANDARD_FAILED,    /* COUNT, by time of issue: all kinds, unfinished ones too */
    SIM_STANDARD_REJECTED,  /* COUNT, by time of issue; likewise the kinds below */
    SIM_STANDARD_ERROR,
    SIM_STANDARD_UNAVAILABLE,
    SIM_STANDARD_REFUSED,
    SIM_STANDARD_TIMEOUT,
    SIM_STANDARD_EXPIRED,
    SIM_STANDARD_LOST,          /* died with its node */
    SIM_STANDARD_UNFINISHED,    /* still open when the run ended */
    SIM_STANDARD_GOODPUT,       /* COUNT, by time of finish: succeeded */
    SIM_STANDARD_THROUGHPUT,    /* COUNT, by time of finish: any outcome */
    SIM_STANDARD_OPEN,          /* LEVEL */
    SIM_STANDARD_ATTEMPTS,      /* COUNT: calls that the group's nodes made */
    SIM_STANDARD_RETRIES,       /* COUNT: those with attempt > 0 */
    SIM_STANDARD_LATE_REPLIES,  /* COUNT: replies that came after their call had its outcome */
    SIM_STANDARD_GAP,           /* SAMPLE, seconds, sources: between two answers */
    SIM_STANDARD_BACK_AFTER,    /* SAMPLE, seconds, sources: from the end of a fault to an answer */
    SIM_STANDARD_VERSIONED,     /* COUNT, by time of issue: reads answered with a version */
    SIM_STANDARD_STALE,         /* COUNT, by time of issue: of these, of an old version */
    SIM_STANDARD_STALENESS,     /* SAMPLE, seconds: of stale reads, how long it had been old */
    SIM_STANDARD_BEHIND,        /* SAMPLE: of stale reads, by how many versions */
    SIM_STANDARD_SINCE_COMMIT,  /* SAMPLE, seconds: of reads after a commit of their key, its age */
    SIM_STANDARD_MISSED,        /* SAMPLE, seconds: the same of stale ones */
    SIM_STANDARD_SESSION_READS, /* COUNT, by time of issue: sources; sessions who knew the key */
    SIM_STANDARD_WENT_BACK,     /* COUNT: of these, older than what the session had read */
    SIM_STANDARD_MISSED_OWN,    /* COUNT: of these, older than what the session had written */
    SIM_STANDARD_COUNT
};

/* Names, kinds, units and help in the order of the enumeration; ends with name == NULL. */
extern const struct sim_metric_spec sim_standard_metrics[SIM_STANDARD_COUNT + 1];

/* The standard metric of that name, or NULL. */
const struct sim_metric_spec *sim_standard_metric_find(const char *name);

/* Whether a group keeps the metric at that index: those of versions only where the scenario has a
 * model with SIM_MODEL_STORE. */
bool sim_metric_is_kept(const struct sim_world_spec *spec, uint32_t metric);
/* Whether a group of that model can record anything in it: some are of sources alone. */
bool sim_metric_is_of(const struct sim_model *model, uint32_t metric);

/* Ratios of ledgers: "errors" = failed / issued, "success" = succeeded / issued, "availability" =
 * success of requests; "availability.windows" = one-second windows in which at least one entry was
 * issued and every one issued succeeded, of all such windows. NULL at the end. */
extern const char *const sim_ledger_ratios[];

#endif
