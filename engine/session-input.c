#include "engine/session-input.h"

#include "engine/tensor-private.h"

static void bound(const SsgArchitecture *arch, double *grid, float *outside)
{
  int h = arch->coarse_size;
  double edge = 1 + (h > 1 ? 1.0 / (h - 1) : 0);

  for (int i = 0; i < h * h; i++) {
    double *x = grid + 2 * i, *y = x + 1;
    outside[i] = *x < -edge || *x > edge || *y < -edge;
    *x = CLAMP(*x, -1, 1);
    *y = CLAMP(*y, -1, SSG_BOUNDS_BELOW);
  }
}

SsgTensor *ssg_session_input(SsgGenerator *g, SsgTransform transform, SsgTensor **outside)
{
  const SsgArchitecture *a = &g->arch;
  SsgContext *ctx = ssg_parameters_context(g->parameters);
  int p = a->coarse_size * a->coarse_size, fourier = ssg_architecture_fourier_channels(a);
  g_autofree double *grid = g_new(double, 2 * p);
  g_autofree float *features = g_new(float, p * fourier);

  ssg_generator_grid(a, transform, grid);
  if (outside) {
    bound(a, grid, features);
    *outside = ssg_tensor_ref(ssg_tensor_new_f32(ctx, SSG_SHAPE(1, 1, p, 1), features));
  }
  ssg_generator_fourier(a, p, grid, features);
  return ssg_generator_embed(g, ssg_tensor_new_f32(ctx, SSG_SHAPE(1, p, fourier), features));
}

void ssg_session_leave_out(SsgTensor *depth, SsgTensor *outside)
{
  SsgContext *ctx = ssg_tensor_context(depth);
  ssg_scope_begin(ctx);
  SsgTensor *inside = ssg_tensor_mul(depth, ssg_tensor_affine(outside, -1, 1));
  /* 0 outside, so that this is the smallest of 0 and the depths inside. */
  SsgTensor *low = ssg_tensor_affine(ssg_tensor_max_axis(ssg_tensor_affine(inside, -1, 0), 2), -1, -SSG_BOUNDS_BELOW_ALL);
  ssg_tensor_copy_into(depth, ssg_tensor_add(inside, ssg_tensor_mul(outside, low)));
  ssg_scope_end(ctx);
}
