#include "kernels/op.h"

static const char *const op_names[SSG_N_OPS] = {
    [SSG_OP_FILL] = "fill",
    [SSG_OP_COPY] = "copy",
    [SSG_OP_UNARY] = "unary",
    [SSG_OP_AFFINE] = "affine",
    [SSG_OP_BINARY] = "binary",
    [SSG_OP_REDUCE] = "reduce",
    [SSG_OP_BROADCAST] = "broadcast",
    [SSG_OP_PERMUTE] = "permute",
    [SSG_OP_SLICE] = "slice",
    [SSG_OP_UNSLICE] = "unslice",
    [SSG_OP_CONCAT] = "concat",
    [SSG_OP_MATMUL] = "matmul",
    [SSG_OP_CONV] = "conv",
    [SSG_OP_CONV_INPUT] = "conv-input",
    [SSG_OP_CONV_WEIGHT] = "conv-weight",
    [SSG_OP_UPFIRDN] = "upfirdn",
    [SSG_OP_BIAS_ACT] = "bias-act",
    [SSG_OP_ACT_GRAD] = "act-grad",
    [SSG_OP_AVG_POOL] = "avg-pool",
    [SSG_OP_SPREAD] = "spread",
    [SSG_OP_WEIGH_PARTS] = "weigh-parts",
    [SSG_OP_MODULATE] = "modulate",
    [SSG_OP_CHAIN] = "chain",
    [SSG_OP_ONE_HOT] = "one-hot",
    [SSG_OP_ARGMAX] = "argmax",
    [SSG_OP_RANDOM_NORMAL] = "random-normal",
    [SSG_OP_ADAM] = "adam",
    [SSG_OP_LERP] = "lerp",
};

const char *ssg_op_name(SsgOp op)
{
  return (unsigned) op < SSG_N_OPS ? op_names[op] : "unknown";
}

int64_t ssg_shape_elements(const SsgShape *shape)
{
  int64_t n = 1;
  for (int i = 0; i < shape->rank; i++)
    n *= shape->dim[i];
  return n;
}

int ssg_dtype_size(SsgDtype dtype)
{
  switch (dtype) {
  case SSG_F32:
    return 4;
  case SSG_F16:
  case SSG_BF16:
    return 2;
  case SSG_I64:
    return 8;
  case SSG_U8:
    return 1;
  }
  return 0;
}
