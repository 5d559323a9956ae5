#include "engine/context.h"

#include "engine/error.h"
#include "engine/tensor-private.h"

struct _SsgContext {
  SsgDevice *device;
  GPtrArray *tensors;  /* of all open scopes, innermost last */
  GArray *scopes;      /* guint: length of tensors where the scope began */
  gboolean recording;
  guint64 next_id;
  gint64 macs, bytes;
  SsgDtype map_dtype;
  const char *precision; /* its name */
  float gradient_scale;
  SsgStatus status;    /* first failure since the last check */
  char *message;
};

SsgContext *ssg_context_new(const char *device_name, int threads, GError **error)
{
  char reason[512] = "";
  SsgDevice *device;

  if (ssg_device_open(device_name, &device, reason, sizeof reason) != SSG_OK) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_DEVICE, "device %s cannot be used: %s", device_name, reason);
    return NULL;
  }
  if (threads >= 0)
    ssg_device_set_threads(device, threads);
  SsgContext *ctx = g_new0(SsgContext, 1);
  ctx->precision = "f32";
  ctx->device = device;
  ctx->gradient_scale = 1;
  ctx->tensors = g_ptr_array_new_with_free_func((GDestroyNotify) ssg_tensor_unref);
  ctx->scopes = g_array_new(FALSE, FALSE, sizeof(guint));
  return ctx;
}

void ssg_context_free(SsgContext *ctx)
{
  if (!ctx)
    return;
  g_ptr_array_unref(ctx->tensors);
  g_array_unref(ctx->scopes);
  ssg_device_close(ctx->device);
  g_free(ctx->message);
  g_free(ctx);
}

SsgDevice *ssg_context_device(SsgContext *ctx)
{
  return ctx->device;
}

gboolean ssg_context_check(SsgContext *ctx, GError **error)
{
  if (ctx->status == SSG_OK)
    return TRUE;
  g_set_error_literal(error, SSG_ERROR, ctx->status == SSG_NO_MEMORY ? SSG_ERROR_MEMORY : SSG_ERROR_DEVICE, ctx->message);
  ctx->status = SSG_OK;
  g_clear_pointer(&ctx->message, g_free);
  return FALSE;
}

gboolean ssg_context_has_failed(const SsgContext *ctx)
{
  return ctx->status != SSG_OK;
}

void ssg_context_fail(SsgContext *ctx, SsgStatus status, const SsgOpCall *call)
{
  if (ctx->status != SSG_OK)
    return;
  ctx->status = status;
  ctx->message = g_strdup_printf("%s: %s%s%s", ssg_device_name(ctx->device), call ? ssg_op_name(call->op) : "",
                                 call ? ": " : "", ssg_device_error(ctx->device));
}

gboolean ssg_context_set_map_dtype(SsgContext *ctx, SsgDtype dtype)
{
  const SsgArray map = {.shape = {4, {1, 8, 8, 8}}, .dtype = dtype}, weight = {.shape = {4, {8, 3, 3, 8}}, .dtype = dtype};
  SsgOpCall call = {.op = SSG_OP_CONV, .n_in = 2, .in = {map, weight}, .out = map};
  call.param.conv = (typeof(call.param.conv)){1, 1, 1, 1, 1, FALSE};
  if (!ssg_device_supports(ctx->device, &call))
    return FALSE;
  ctx->map_dtype = dtype;
  return TRUE;
}

SsgDtype ssg_context_map_dtype(const SsgContext *ctx)
{
  return ctx->map_dtype;
}

typedef struct {
  const char *name;
  SsgPrecision products; /* of f32 arrays */
  SsgDtype maps;
} Precision;

static const Precision *find_precision(const char *name, gboolean host)
{
  /* With narrower maps the products that stay in f32 need no more digits than TF32 has. */
  static const Precision all[] = {{"f32", SSG_PRECISION_EXACT, SSG_F32},
                                  {"tf32", SSG_PRECISION_TF32, SSG_F32},
                                  {"f16", SSG_PRECISION_TF32, SSG_F16},
                                  {"bf16", SSG_PRECISION_TF32, SSG_BF16}};
  /* Processors have units for bf16 alone: convolutions round their factors, maps stay as they are. */
  static const Precision host_bf16 = {"bf16", SSG_PRECISION_BF16, SSG_F32};
  if (host && g_str_equal(name, host_bf16.name))
    return &host_bf16;
  for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
    if (g_str_equal(name, all[i].name))
      return &all[i];
  return NULL;
}

gboolean ssg_precision_is_known(const char *name)
{
  return find_precision(name, FALSE) != NULL;
}

gboolean ssg_context_set_precision(SsgContext *ctx, const char *name, GError **error)
{
  gboolean host = ssg_device_is_host(ctx->device);
  const Precision *precision = find_precision(name, host);
  if (!precision) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "there is no precision '%s'; there are f32, tf32, f16 and bf16", name);
    return FALSE;
  }
  gboolean fast = ssg_device_set_precision(ctx->device, precision->products) == SSG_OK;
  if ((fast || precision->maps != SSG_F32) && ssg_context_set_map_dtype(ctx, precision->maps)) { /* older GPUs have f16 alone */
    ctx->precision = precision->name;
    return TRUE;
  }
  g_autofree char *why =
    g_strdup(precision->products == SSG_PRECISION_BF16 ? ssg_device_error(ctx->device) : host ? "a CPU computes in f32, some in bf16" : "");
  ssg_device_set_precision(ctx->device, find_precision(ctx->precision, host)->products);
  g_set_error(error, SSG_ERROR, SSG_ERROR_DEVICE, "device %s (%s) does not compute in %s%s%s", ssg_device_name(ctx->device),
              ssg_device_description(ctx->device), precision->name, *why ? ": " : "", why);
  return FALSE;
}

const char *ssg_context_precision(const SsgContext *ctx)
{
  return ctx->precision;
}

void ssg_context_set_gradient_scale(SsgContext *ctx, float scale)
{
  ctx->gradient_scale = scale;
}

float ssg_context_gradient_scale(const SsgContext *ctx)
{
  return ctx->gradient_scale;
}

float ssg_gradient_scale_of(const SsgContext *ctx, SsgDtype dtype)
{
  return dtype == SSG_F16 ? ctx->gradient_scale : 1;
}

/* Of one product or convolution, padding not taken off; 0 for every other op. */
static gint64 macs_of(const SsgOpCall *call)
{
  const SsgArray *out = &call->out, *a = &call->in[0], *b = &call->in[1];
  switch (call->op) {
  case SSG_OP_MATMUL:
    return ssg_shape_elements(&out->shape) * a->shape.dim[call->param.matmul.trans_a ? 1 : 2];
  case SSG_OP_CONV: /* every output pixel meets the whole filter */
    return ssg_shape_elements(&out->shape) / out->shape.dim[3] * ssg_shape_elements(&b->shape);
  case SSG_OP_CONV_INPUT:
    return ssg_shape_elements(&a->shape) / a->shape.dim[3] * ssg_shape_elements(&b->shape);
  case SSG_OP_CONV_WEIGHT:
    return ssg_shape_elements(&b->shape) / b->shape.dim[3] * ssg_shape_elements(&out->shape);
  case SSG_OP_CHAIN:
    return ssg_shape_elements(&out->shape) * b->shape.dim[1] * b->shape.dim[2];
  default:
    return 0;
  }
}

void ssg_context_count(SsgContext *ctx, const SsgOpCall *call)
{
  ctx->macs += macs_of(call);
  for (int i = 0; i <= call->n_in; i++) {
    const SsgArray *array = i < call->n_in ? &call->in[i] : &call->out;
    if (array->shape.rank)
      ctx->bytes += ssg_shape_elements(&array->shape) * ssg_dtype_size(array->dtype);
  }
}

gint64 ssg_context_bytes(const SsgContext *ctx)
{
  return ctx->bytes;
}

gint64 ssg_context_macs(const SsgContext *ctx)
{
  return ctx->macs;
}

guint64 ssg_context_next_id(SsgContext *ctx)
{
  return ++ctx->next_id;
}

SsgTensor *ssg_context_adopt(SsgContext *ctx, SsgTensor *t)
{
  g_assert(ctx->scopes->len > 0); /* without a scope the tensor would live as long as the context */
  g_ptr_array_add(ctx->tensors, t);
  return t;
}

void ssg_scope_begin(SsgContext *ctx)
{
  g_array_append_val(ctx->scopes, ctx->tensors->len);
}

void ssg_scope_end(SsgContext *ctx)
{
  g_assert(ctx->scopes->len > 0);
  guint start = g_array_index(ctx->scopes, guint, ctx->scopes->len - 1);
  g_array_set_size(ctx->scopes, ctx->scopes->len - 1);
  if (start < ctx->tensors->len)
    g_ptr_array_remove_range(ctx->tensors, start, ctx->tensors->len - start);
}

SsgTensor *ssg_scope_end_keep(SsgContext *ctx, SsgTensor *tensor)
{
  if (tensor)
    ssg_tensor_ref(tensor);
  ssg_scope_end(ctx);
  return tensor ? ssg_context_adopt(ctx, tensor) : NULL;
}

gboolean ssg_context_set_recording(SsgContext *ctx, gboolean record)
{
  gboolean former = ctx->recording;
  ctx->recording = record;
  return former;
}

gboolean ssg_context_recording(const SsgContext *ctx)
{
  return ctx->recording;
}
