/* The size of a group, as an autoscaler tells it to a deploy that replaces the group's members. */
#ifndef BRINK_MODELS_FLEET_SIZE_H
#define BRINK_MODELS_FLEET_SIZE_H

#define SIZE_MESSAGE "size" /* its first word: how many members there are to be */
#define SIZE_BYTES 400      /* a small document over HTTP [assumed] */

#endif
