/* The local generators of a session as two ops instead of a dozen for every layer of every part: for devices where asking
 * costs more than computing (GPUs). Results do not depend, to the bit, on which parts are computed together. Private to
 * engine/; a context's thread. */
#pragma once

#include "engine/generator.h"

typedef struct _SsgLocalChain SsgLocalChain;

/* NULL on the CPU, where a session computes part by part, and where the device's ops do not fit the architecture. Keeps
 * copies of g's local parameters as they are now. */
SsgLocalChain *ssg_local_chain_new(SsgGenerator *g);
void ssg_local_chain_free(SsgLocalChain *local); /* NULL is allowed */

/* Codes that run() takes for each part: one for every shape layer, or one for all texture layers. */
int ssg_local_chain_codes(const SsgLocalChain *local, gboolean texture);
/* The shape layers or the texture layers of parts [first, first + count): codes [count * codes(), S] on the host, x [count
 * or 1, P, C]; written into out [count, P, C]. */
void ssg_local_chain_run(SsgLocalChain *local, gboolean texture, int first, int count, const float *codes, SsgTensor *x,
                         SsgTensor *out);
/* to_depth: maps after the shape layers [count, P, C] -> [count, 1, P, 1]; zeros for the background. */
SsgTensor *ssg_local_chain_depth(SsgLocalChain *local, int first, int count, SsgTensor *maps);
