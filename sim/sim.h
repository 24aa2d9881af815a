/* brink, as the author of a model sees it: this header and nothing else.
 *
 * Time is int64_t nanoseconds. Events happen in the order (time, sequence): earlier first, and
 * among events of one instant in the order in which they were scheduled. There is no other order.
 *
 * Begin with models/template.c.
 */
#ifndef BRINK_SIM_H
#define BRINK_SIM_H

#include "base/assert.h"
#include "base/dist.h"
#include "base/math.h"
#include "base/pages.h"
#include "base/random.h"
#include "base/sort.h"
#include "base/time.h"
#include "world/disk.h"
#include "world/flow.h"
#include "world/hedge.h"
#include "world/load.h"
#include "world/log.h"
#include "world/model.h"
#include "world/node.h"
#include "world/replay.h"
#include "world/retry.h"
#include "world/station.h"
#include "world/stream.h"

#endif
