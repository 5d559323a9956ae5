/* The parts of a face: maps and depths, kept between renders and computed again from the first layer whose input changed. */
#include "engine/session-private.h"

#include <string.h>

#include "engine/error.h"
#include "engine/session-input.h"

gboolean ssg_session_cancelled(SsgRenderRequest *request, GError **error)
{
  if (!g_cancellable_is_cancelled(request->cancellable))
    return FALSE;
  g_set_error_literal(error, SSG_ERROR, SSG_ERROR_CANCELLED, "rendering was cancelled");
  return TRUE;
}

static gboolean same_transform(SsgTransform a, SsgTransform b)
{
  return a.scale == b.scale && a.shift_x == b.shift_x && a.shift_y == b.shift_y;
}

static gboolean is_identity(SsgTransform t)
{
  return same_transform(t, (SsgTransform){1, 0, 0});
}

/* Compares a part with its cache; takes over what changed and says which halves are to be computed. */
static void update_part(SsgRenderRequest *request, int k)
{
  SsgPartCache *part = &request->session->parts[k];
  const SsgArchitecture *a = &request->session->g->arch;
  gsize code = a->style_dim * sizeof(float);
  float *shape = part->codes + a->n_base * a->style_dim, *texture = shape + a->style_dim;
  SsgTransform transform = ssg_face_transform(request->face, k);

  for (int b = 0; b < a->n_base && k > 0; b++) {
    float *base = part->codes + b * a->style_dim;
    if (memcmp(base, ssg_face_base(request->face, b), code) != 0) {
      memcpy(base, ssg_face_base(request->face, b), code);
      part->shape_valid = FALSE;
    }
  }
  if (memcmp(shape, ssg_face_code(request->face, k, SSG_CODE_SHAPE), code) != 0) {
    memcpy(shape, ssg_face_code(request->face, k, SSG_CODE_SHAPE), code);
    part->shape_valid = FALSE;
  }
  if (memcmp(texture, ssg_face_code(request->face, k, SSG_CODE_TEXTURE), code) != 0) {
    memcpy(texture, ssg_face_code(request->face, k, SSG_CODE_TEXTURE), code);
    part->texture_valid = FALSE;
  }
  if (!same_transform(transform, part->transform)) {
    part->transform = transform;
    ssg_tensor_clear(&part->input);
    ssg_tensor_clear(&part->outside);
    part->shape_valid = FALSE;
  }
  if (!part->shape_valid)
    part->texture_valid = FALSE;
}

/* Code of layer l of part k out of its cache. */
static const float *layer_code(const SsgArchitecture *a, const SsgPartCache *part, int k, int l)
{
  int row = l >= a->n_depth ? a->n_base + 1 : l >= a->n_base || k == 0 ? a->n_base : l;
  return part->codes + row * a->style_dim;
}

/* The same with all layers in one op: cancelled before or not at all. */
static gboolean compute_chain(SsgRenderRequest *request, gboolean texture, int first, int count, SsgTensor *x, SsgTensor *maps,
                              GError **error)
{
  SsgSession *session = request->session;
  const SsgArchitecture *a = &session->g->arch;
  gint64 p = a->coarse_size * a->coarse_size, c = a->local_channels;
  int n_codes = ssg_local_chain_codes(session->local, texture);
  g_autofree float *codes = g_new(float, count * n_codes * a->style_dim);
  float *to = codes;

  if (ssg_session_cancelled(request, error))
    return FALSE;
  for (int k = first; k < first + count; k++)
    for (int i = 0; i < n_codes; i++, to += a->style_dim)
      memcpy(to, layer_code(a, &session->parts[k], k, texture ? a->n_depth : i), a->style_dim * sizeof(float));
  ssg_scope_begin(session->ctx);
  ssg_local_chain_run(session->local, texture, first, count, codes, x,
                      ssg_tensor_view(maps, first * p * c, SSG_SHAPE(count, p, c)));
  ssg_scope_end(session->ctx);
  return TRUE;
}

/* Layers [first_layer, end_layer) of parts [first, first + count), all with the same transform. The result is copied to its
 * place in `maps`. FALSE when cancelled. */
static gboolean compute_layers(SsgRenderRequest *request, int first_layer, int end_layer, int first, int count, SsgTensor *x,
                               SsgTensor *maps, GError **error)
{
  SsgSession *session = request->session;
  const SsgArchitecture *a = &session->g->arch;
  gint64 p = a->coarse_size * a->coarse_size, c = a->local_channels;
  g_autofree float *codes = g_new(float, count * a->style_dim);

  if (session->local)
    return compute_chain(request, first_layer > 0, first, count, x, maps, error);
  x = ssg_tensor_ref(x);
  for (int l = first_layer; l < end_layer; l++) {
    if (ssg_session_cancelled(request, error)) {
      ssg_tensor_unref(x);
      return FALSE;
    }
    for (int k = 0; k < count; k++)
      memcpy(codes + k * a->style_dim, layer_code(a, &session->parts[first + k], first + k, l), a->style_dim * sizeof(float));
    ssg_scope_begin(session->ctx);
    SsgTensor *code = ssg_tensor_new_f32(session->ctx, SSG_SHAPE(1, count, 1, a->style_dim), codes);
    SsgTensor *next = ssg_tensor_ref(ssg_generator_local_layers(session->g, l, l + 1, first, count, code, x));
    ssg_scope_end(session->ctx);
    ssg_tensor_unref(x);
    x = next;
  }
  ssg_scope_begin(session->ctx);
  ssg_tensor_copy_into(ssg_tensor_view(maps, first * p * c, SSG_SHAPE(count, p, c)), x);
  ssg_scope_end(session->ctx);
  ssg_tensor_unref(x);
  return TRUE;
}

static gboolean compute_shapes(SsgRenderRequest *request, int first, int count, GError **error)
{
  SsgSession *session = request->session;
  const SsgArchitecture *a = &session->g->arch;
  gint64 p = a->coarse_size * a->coarse_size, c = a->local_channels;
  SsgPartCache *part = &session->parts[first];

  ssg_scope_begin(session->ctx);
  if (!is_identity(part->transform) && !part->input)
    part->input = ssg_tensor_ref(ssg_session_input(session->g, part->transform, session->bounded ? &part->outside : NULL));
  gboolean done = compute_layers(request, 0, a->n_depth, first, count, part->input ? part->input : session->identity_input,
                                 session->shape_maps, error);
  if (done) {
    SsgTensor *maps = ssg_tensor_view(session->shape_maps, first * p * c, SSG_SHAPE(count, p, c));
    ssg_tensor_copy_into(ssg_tensor_view(session->depth, first * p, SSG_SHAPE(count, 1, p, 1)),
                         session->local ? ssg_local_chain_depth(session->local, first, count, maps)
                                        : ssg_generator_depth(session->g, first, count, maps));
    int moved = MAX(first, 1); /* but the background is everywhere */
    if (part->outside && moved < first + count)
      ssg_session_leave_out(ssg_tensor_view(session->depth, moved * p, SSG_SHAPE(first + count - moved, 1, p, 1)), part->outside);
    for (int k = first; k < first + count; k++)
      session->parts[k].shape_valid = TRUE;
  }
  ssg_scope_end(session->ctx);
  return done;
}

static gboolean compute_textures(SsgRenderRequest *request, int first, int count, GError **error)
{
  SsgSession *session = request->session;
  const SsgArchitecture *a = &session->g->arch;
  gint64 p = a->coarse_size * a->coarse_size, c = a->local_channels;

  ssg_scope_begin(session->ctx);
  SsgTensor *x = ssg_tensor_view(session->shape_maps, first * p * c, SSG_SHAPE(count, p, c));
  gboolean done = compute_layers(request, a->n_depth, a->n_layers, first, count, x, session->hidden_maps, error);
  for (int k = first; k < first + count && done; k++)
    session->parts[k].texture_valid = TRUE;
  ssg_scope_end(session->ctx);
  return done;
}

/* How many parts from k on are computed together: those that wait for the same half, under the same transform. */
static int run_length(const SsgSession *session, int k, gboolean texture)
{
  const SsgPartCache *parts = session->parts;
  int end = k + 1;
  if (session->local)
    while (end < session->g->arch.n_parts && !(texture ? parts[end].texture_valid : parts[end].shape_valid) &&
           (texture || same_transform(parts[end].transform, parts[k].transform)))
      end++;
  return end - k;
}

/* Without a chain, one part at a time, though a product over several at once would save a few calls: what a part's maps are must
 * not depend on which others were computed beside it (libraries round products of different sizes differently), or a document would
 * show other pixels after it was reopened. */
gboolean ssg_session_compute_parts(SsgRenderRequest *request, GError **error)
{
  SsgPartCache *parts = request->session->parts;
  int n = request->session->g->arch.n_parts;

  for (int k = 0; k < n; k++) {
    update_part(request, k);
    if (!parts[k].texture_valid)
      request->parts_computed |= G_GUINT64_CONSTANT(1) << k;
  }
  for (int k = 0; k < n; k++)
    if (!parts[k].shape_valid && !compute_shapes(request, k, run_length(request->session, k, FALSE), error))
      return FALSE;
  for (int k = 0; k < n; k++)
    if (!parts[k].texture_valid && !compute_textures(request, k, run_length(request->session, k, TRUE), error))
      return FALSE;
  return TRUE;
}
