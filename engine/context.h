/* A context is one device with what computing on it needs: the scopes that own temporary tensors, the recording of
 * operations for differentiation, and the first error. One thread at a time.
 *
 * Ops return tensors that belong to the innermost scope, so formulas nest without bookkeeping:
 *     ssg_scope_begin(ctx);
 *     SsgTensor *y = ssg_tensor_add(ssg_tensor_mul(a, b), c);
 *     y = ssg_scope_end_keep(ctx, y);     // a * b is freed, y moves to the outer scope
 *
 * When an op fails (memory, device), the context keeps the first error; the op and all that use its result return
 * tensors without data; ssg_context_check() reports it at the next convenient place. */
#pragma once

#include <glib.h>
#include "kernels/device.h"

typedef struct _SsgContext SsgContext;
typedef struct _SsgTensor SsgTensor;

/* device_name as for ssg_device_open(). threads 0: all. SSG_ERROR_DEVICE with the device's reason. */
SsgContext *ssg_context_new(const char *device_name, int threads, GError **error);
/* Frees the device; every tensor must have been released before (those in scopes are released here). */
void ssg_context_free(SsgContext *ctx);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgContext, ssg_context_free)

SsgDevice *ssg_context_device(SsgContext *ctx);
/* TRUE when no op failed since the last call; else FALSE, error is set and the context is ready for use again. */
gboolean ssg_context_check(SsgContext *ctx, GError **error);

/* Whether an op failed since the last check. */
gboolean ssg_context_has_failed(const SsgContext *ctx);

/* What the render net's maps and weights are stored in (sessions: all; training: see SsgTrainingOptions.narrow_resolutions): SSG_F32 in
 * a new context, or SSG_F16 or SSG_BF16, for which GPUs have faster units (sums stay f32). FALSE, and nothing changed, where the device
 * has no such convolutions. To be set before a session renders or a training is made. */
gboolean ssg_context_set_map_dtype(SsgContext *ctx, SsgDtype dtype);
SsgDtype ssg_context_map_dtype(const SsgContext *ctx);

/* By its name what is computed with how many digits: "f32" (a new context), "tf32" (products with factors of 10 bits), "f16" or "bf16"
 * (that, and the map dtype); on a CPU "bf16" where it has AMX (SSG_PRECISION_BF16; maps are f32). FALSE, and nothing changed,
 * SSG_ERROR_DEVICE, where the device has no units for it; SSG_ERROR_ARGUMENT for any other name. */
gboolean ssg_context_set_precision(SsgContext *ctx, const char *name, GError **error);
const char *ssg_context_precision(const SsgContext *ctx); /* its name */
gboolean ssg_precision_is_known(const char *name);

/* Gradients of f16 tensors are computed times this power of two, so that small ones do not vanish in a type that ends at 6e-8: applied
 * and taken off where gradients pass from f32 to f16 and back, so that f32 gradients are what they are. 1 in a new context; bf16
 * reaches as far as f32 and has none. */
void ssg_context_set_gradient_scale(SsgContext *ctx, float scale);
float ssg_context_gradient_scale(const SsgContext *ctx);

/* Multiply-adds of all matrix products and convolutions since the context was made: what benchmarks divide by. */
gint64 ssg_context_macs(const SsgContext *ctx);
/* Bytes of all inputs and results of all ops since the context was made, each once: the least that must move. */
gint64 ssg_context_bytes(const SsgContext *ctx);

void ssg_scope_begin(SsgContext *ctx);
/* Releases every tensor that ops returned since the matching begin. */
void ssg_scope_end(SsgContext *ctx);
/* The same, but tensor (may be NULL) moves to the enclosing scope; returns it. */
SsgTensor *ssg_scope_end_keep(SsgContext *ctx, SsgTensor *tensor);

/* Recording is off in a new context. Returns the former state. */
gboolean ssg_context_set_recording(SsgContext *ctx, gboolean record);
gboolean ssg_context_recording(const SsgContext *ctx);
