/* Cases in f16 and bf16, made from those in f32. */
#pragma once

#include "tests/kernels/op-cases.h"

/* The same case with in0 and out (all_inputs: every input) rounded to another dtype, bounds loosened to suit, into
 * *narrowed, whose arrays are its own. False, and nothing to free, when the case has no such form: other dtypes, or
 * results beyond the range of the dtype. */
bool narrow_case(const OpCase *op_case, SsgDtype dtype, bool all_inputs, OpCase *narrowed);
void narrow_case_free(OpCase *narrowed);
