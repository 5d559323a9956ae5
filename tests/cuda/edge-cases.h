/* Cases beside those of tests/kernels/op-cases.h, at the edges of our kernels: one element less and more than a block,
 * a pack, a tile and a pass; every word size that layout ops move. */
#pragma once

#include "tests/kernels/op-cases.h"

/* Like op_cases_each(). */
void edge_cases_each(void (*each)(const OpCase *op_case, void *data), void *data);
