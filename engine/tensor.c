#include "engine/tensor-private.h"

#include <math.h>
#include <string.h>

static guint64 next_cache_key = 1; /* atomic: contexts of several threads share the numbers */

static SsgStorage *storage_new(SsgContext *ctx, gsize bytes)
{
  SsgStorage *storage = g_new0(SsgStorage, 1);
  storage->refs = 1;
  storage->ctx = ctx;
  storage->bytes = bytes;
  SsgStatus status = ssg_device_allocate(ssg_context_device(ctx), bytes, &storage->data);
  if (status != SSG_OK) {
    storage->data = NULL;
    ssg_context_fail(ctx, status, NULL);
  }
  return storage;
}

static void storage_unref(SsgStorage *storage)
{
  if (--storage->refs > 0)
    return;
  SsgDevice *device = ssg_context_device(storage->ctx);
  ssg_device_forget(device, storage->cache_key);
  ssg_device_release(device, storage->data, storage->bytes);
  g_free(storage);
}

static SsgArray array_of(const SsgTensor *t)
{
  SsgArray array = {.data = t->storage->data ? (char *) t->storage->data + t->offset : NULL, .shape = t->shape, .dtype = t->dtype};
  /* A view of a part of the storage is other contents than the key stands for. */
  if (t->offset == 0 && (gsize) ssg_tensor_elements(t) * ssg_dtype_size(t->dtype) == t->storage->bytes)
    array.cache_key = t->storage->cache_key;
  return array;
}

SsgTensor *ssg_tensor_allocate(SsgContext *ctx, SsgDtype dtype, const SsgShape *shape)
{
  SsgTensor *t = g_new0(SsgTensor, 1);
  t->refs = 1;
  t->ctx = ctx;
  t->shape = *shape;
  t->dtype = dtype;
  t->storage = storage_new(ctx, MAX(1, ssg_shape_elements(shape)) * ssg_dtype_size(dtype));
  return ssg_context_adopt(ctx, t);
}

SsgTensor *ssg_tensor_alias(SsgTensor *source, const SsgShape *shape, gsize offset)
{
  SsgTensor *t = g_new0(SsgTensor, 1);
  t->refs = 1;
  t->ctx = source->ctx;
  t->shape = *shape;
  t->dtype = source->dtype;
  t->storage = source->storage;
  t->storage->refs++;
  t->offset = source->offset + offset;
  return ssg_context_adopt(source->ctx, t);
}

/* Computes the elements of storage that are not there. */
static void make_elements(SsgStorage *storage)
{
  gboolean recording = ssg_context_set_recording(storage->ctx, FALSE);
  ssg_scope_begin(storage->ctx);
  SsgTensor *made = storage->make(storage->make_data, storage->make_index);
  g_assert(made->storage->bytes == storage->bytes && made->storage->refs == 1 && made->offset == 0);
  storage->data = g_steal_pointer(&made->storage->data);
  ssg_scope_end(storage->ctx);
  ssg_context_set_recording(storage->ctx, recording);
}

static gboolean kept_by_device(const SsgStorage *storage)
{
  return ssg_device_keeps(ssg_context_device(storage->ctx), storage->cache_key);
}

/* Runs a call whose inputs stand, but for those that the device has copies of. */
static SsgStatus run_with_copies(SsgOpCall *call, SsgTensor *const *in, const SsgTensor *out)
{
  SsgDevice *device = ssg_context_device(out->ctx);
  SsgStatus status = ssg_device_run(device, call);
  if (status == SSG_ABSENT) {
    for (int i = 0; i < call->n_in; i++) {
      if (!in[i] || in[i]->storage->data)
        continue;
      in[i]->storage->stays = TRUE;
      make_elements(in[i]->storage);
      if (!in[i]->storage->data)
        return SSG_NO_MEMORY; /* the context knows already */
      call->in[i] = array_of(in[i]);
    }
    status = ssg_device_run(device, call);
  }
  for (int i = 0; i < call->n_in; i++) {
    SsgStorage *storage = in[i] ? in[i]->storage : NULL;
    if (!storage || !storage->make || !storage->data || storage->stays || !kept_by_device(storage))
      continue;
    ssg_device_release(device, storage->data, storage->bytes);
    storage->data = NULL;
  }
  return status;
}

void ssg_tensor_run(SsgOpCall *call, int n_in, SsgTensor *const *in, SsgTensor *out)
{
  if (!out->storage->data)
    return;
  call->n_in = n_in;
  for (int i = 0; i < n_in; i++) {
    gboolean copied = FALSE;
    if (in[i] && in[i]->storage->make && !in[i]->storage->data) {
      copied = kept_by_device(in[i]->storage);
      if (!copied)
        make_elements(in[i]->storage);
    }
    if (in[i] && !in[i]->storage->data && !copied) {
      /* An earlier failure, already kept by the context: pass the absence on. */
      ssg_device_release(ssg_context_device(out->ctx), out->storage->data, out->storage->bytes);
      out->storage->data = NULL;
      return;
    }
    call->in[i] = in[i] ? array_of(in[i]) : (SsgArray){0};
  }
  call->out = array_of(out);
  ssg_context_count(out->ctx, call);
  SsgStatus status = run_with_copies(call, in, out);
  if (status != SSG_OK) {
    ssg_context_fail(out->ctx, status, call);
    ssg_device_release(ssg_context_device(out->ctx), out->storage->data, out->storage->bytes);
    out->storage->data = NULL;
  }
}

SsgTensor *ssg_tensor_new(SsgContext *ctx, SsgDtype dtype, SsgShape shape, const void *host)
{
  SsgTensor *t = ssg_tensor_allocate(ctx, dtype, &shape);
  ssg_tensor_upload(t, host);
  return t;
}

SsgTensor *ssg_tensor_new_f32(SsgContext *ctx, SsgShape shape, const float *host)
{
  return ssg_tensor_new(ctx, SSG_F32, shape, host);
}

SsgTensor *ssg_tensor_empty(SsgContext *ctx, SsgDtype dtype, SsgShape shape)
{
  return ssg_tensor_allocate(ctx, dtype, &shape);
}

SsgTensor *ssg_tensor_full(SsgContext *ctx, SsgShape shape, float value)
{
  SsgTensor *t = ssg_tensor_allocate(ctx, SSG_F32, &shape);
  SsgOpCall call = {.op = SSG_OP_FILL, .param.fill.value = value};
  ssg_tensor_run(&call, 0, NULL, t);
  return t;
}

SsgTensor *ssg_tensor_normal(SsgContext *ctx, SsgShape shape, guint64 seed, guint64 stream)
{
  SsgTensor *t = ssg_tensor_allocate(ctx, SSG_F32, &shape);
  SsgOpCall call = {.op = SSG_OP_RANDOM_NORMAL, .param.random = {seed, stream}};
  ssg_tensor_run(&call, 0, NULL, t);
  return t;
}

SsgTensor *ssg_tensor_normal_rows(SsgContext *ctx, SsgShape shape, guint64 seed, const guint64 *streams, guint64 offset)
{
  SsgTensor *t = ssg_tensor_allocate(ctx, SSG_F32, &shape);
  SsgShape row = shape;
  row.dim[0] = 1;
  for (int64_t i = 0; i < shape.dim[0]; i++) {
    SsgOpCall call = {.op = SSG_OP_RANDOM_NORMAL, .param.random = {seed, streams[i] + offset}};
    ssg_tensor_run(&call, 0, NULL, ssg_tensor_view(t, i * ssg_shape_elements(&row), row));
  }
  return t;
}

SsgTensor *ssg_tensor_ref(SsgTensor *t)
{
  t->refs++;
  return t;
}

void ssg_tensor_unref(SsgTensor *t)
{
  if (!t || --t->refs > 0)
    return;
  storage_unref(t->storage);
  if (t->node)
    ssg_node_unref(t->node);
  g_free(t);
}

SsgContext *ssg_tensor_context(const SsgTensor *t)
{
  return t->ctx;
}

const SsgShape *ssg_tensor_shape(const SsgTensor *t)
{
  return &t->shape;
}

int64_t ssg_tensor_dim(const SsgTensor *t, int axis)
{
  if (axis < 0)
    axis += t->shape.rank;
  g_assert(axis >= 0 && axis < t->shape.rank);
  return t->shape.dim[axis];
}

int ssg_tensor_rank(const SsgTensor *t)
{
  return t->shape.rank;
}

int64_t ssg_tensor_elements(const SsgTensor *t)
{
  return ssg_shape_elements(&t->shape);
}

SsgDtype ssg_tensor_dtype(const SsgTensor *t)
{
  return t->dtype;
}

gboolean ssg_tensor_download(const SsgTensor *t, void *host)
{
  if (!t->storage->data)
    return FALSE;
  SsgStatus status = ssg_device_download(ssg_context_device(t->ctx), host, (char *) t->storage->data + t->offset,
                                         ssg_tensor_elements(t) * ssg_dtype_size(t->dtype));
  if (status != SSG_OK)
    ssg_context_fail(t->ctx, status, NULL);
  return status == SSG_OK;
}

float ssg_tensor_item(const SsgTensor *t)
{
  float value;
  g_assert(ssg_tensor_elements(t) == 1 && t->dtype == SSG_F32);
  return ssg_tensor_download(t, &value) ? value : NAN;
}

void ssg_tensor_upload(SsgTensor *t, const void *host)
{
  if (!t->storage->data)
    return;
  SsgStatus status = ssg_device_upload(ssg_context_device(t->ctx), (char *) t->storage->data + t->offset, host,
                                       ssg_tensor_elements(t) * ssg_dtype_size(t->dtype));
  if (status != SSG_OK)
    ssg_context_fail(t->ctx, status, NULL);
}

void ssg_tensor_copy_into(SsgTensor *to, const SsgTensor *from)
{
  g_assert(ssg_tensor_elements(to) == ssg_tensor_elements(from) && to->dtype == from->dtype);
  if (!to->storage->data || !from->storage->data)
    return;
  SsgStatus status = ssg_device_copy(ssg_context_device(to->ctx), (char *) to->storage->data + to->offset,
                                     (char *) from->storage->data + from->offset,
                                     ssg_tensor_elements(to) * ssg_dtype_size(to->dtype));
  if (status != SSG_OK)
    ssg_context_fail(to->ctx, status, NULL);
}

void ssg_tensor_set_constant(SsgTensor *t)
{
  if (!t->storage->cache_key)
    t->storage->cache_key = __atomic_fetch_add(&next_cache_key, 1, __ATOMIC_RELAXED);
}

SsgTensor *ssg_tensor_new_made(SsgContext *ctx, SsgShape shape, SsgTensorMake make, gpointer data, int index)
{
  SsgTensor *t = g_new0(SsgTensor, 1);
  t->refs = 1;
  t->ctx = ctx;
  t->shape = shape;
  t->dtype = SSG_F32;
  t->storage = g_new0(SsgStorage, 1);
  t->storage->refs = 1;
  t->storage->ctx = ctx;
  t->storage->bytes = ssg_shape_elements(&shape) * sizeof(float);
  t->storage->make = make;
  t->storage->make_data = data;
  t->storage->make_index = index;
  ssg_tensor_set_constant(t);
  return ssg_context_adopt(ctx, t);
}

SsgTensor *ssg_tensor_view(SsgTensor *block, int64_t start, SsgShape shape)
{
  g_assert(start >= 0 && start + ssg_shape_elements(&shape) <= ssg_tensor_elements(block));
  return ssg_tensor_alias(block, &shape, start * ssg_dtype_size(block->dtype));
}

void ssg_tensor_group_sum(SsgTensor *block, int64_t start, int64_t count)
{
  g_assert(block->dtype == SSG_F32 && start >= 0 && count >= 0 && start + count <= ssg_tensor_elements(block));
  if (!block->storage->data)
    return;
  SsgStatus status = ssg_device_group_sum(ssg_context_device(block->ctx),
                                          (char *) block->storage->data + block->offset + start * 4, count);
  if (status != SSG_OK)
    ssg_context_fail(block->ctx, status, NULL);
}

void ssg_tensor_group_finish(SsgTensor *block)
{
  SsgStatus status = ssg_device_group_finish(ssg_context_device(block->ctx));
  if (status != SSG_OK)
    ssg_context_fail(block->ctx, status, NULL);
}
