/* Incremental rendering. What is kept between renders: each part's hidden maps after layer D-1 and after layer L-1, its depth,
 * and the codes and transform they were computed from. A part is computed again from the first layer whose input changed. */
#include "engine/session.h"

#include <math.h>
#include <string.h>

#include "engine/error.h"
#include "engine/model-private.h"
#include "engine/session-input.h"
#include "engine/session-local.h"
#include "engine/tensor-private.h"

typedef struct {
  gboolean shape_valid, texture_valid;
  SsgTransform transform;
  float *codes; /* [B + 2, S]: base, shape, texture as last computed */
  SsgTensor *input; /* embedded Fourier features under transform, [1, P, C]; NULL: identity */
  SsgTensor *outside; /* [1, 1, P, 1], 1 where the part draws nothing (session-input.h); NULL: nowhere */
} PartCache;

/* Fusion and render net as recorded ops (ssg_device_graph_* in kernels/device.h), for renders that ask for the same; where the
 * device can record. Reads the session's maps and, with hidden parts, its inputs `kept`. */
typedef struct {
  int size;
  SsgNoise noise;
  gboolean all_shown;
  gboolean rendered; /* once without recording: what is made at a first use exists */
  void *graph;       /* NULL: not recorded yet */
  SsgTensor *head, *weight, *coarse; /* results: [1, s, s, 3 + K], [K, 1, P, 1], [K, 1, P, 1] */
} Recording;

#define N_RECORDINGS 3 /* the picture with and without hidden parts, and a small one */

struct _SsgSession {
  SsgModel *model;
  SsgContext *ctx;
  SsgGenerator *g;
  /* Weights with modulation and scale worked in, computed once; constant, so that the device may repack them. */
  SsgTensor *render_weight[2 * SSG_MAX_LEVELS];
  SsgTensor *head_weight[SSG_MAX_LEVELS], *head_bias[SSG_MAX_LEVELS];
  SsgTensor *feature_matrix; /* [F, K * C] */
  SsgTensor *identity_input; /* [1, P, C] */
  SsgLocalChain *local; /* NULL: layer by layer */
  gboolean prepared, bounded;
  Recording recordings[N_RECORDINGS]; /* size 0: free */
  int next_recording;                 /* to be given up when all are taken */
  gboolean cannot_record;
  SsgTensor *kept;                    /* [K, 1, 1, 1], 1 for shown parts and 0 for hidden; uploaded for every render */
  PartCache parts[SSG_MAX_PARTS];
  SsgTensor *shape_maps;  /* [K, P, C] after layer D-1 */
  SsgTensor *hidden_maps; /* [K, P, C] after layer L-1 */
  SsgTensor *depth;       /* [K, 1, P, 1] */
  SsgStageTimes times;
};

/* One render under way. */
typedef struct {
  SsgSession *session;
  const SsgFace *face;
  const SsgRenderOptions *options;
  GCancellable *cancellable;
  gint64 start;
  guint64 parts_computed;
  gint64 stage_start, macs, bytes;   /* when the stage that runs began, and what had been computed by then */
  int n_stages;                      /* that ended */
  SsgStage *stages[SSG_DEVICE_MARKS]; /* timed, on a device that has a clock: those that ended */
  SsgTensor *hidden; /* [1, 1, 1, K]: far below everything for hidden parts, which no pixel may belong to; NULL: all are shown */
} Request;

/* --- renders --- */

SsgRender *ssg_render_ref(SsgRender *render)
{
  g_atomic_ref_count_inc(&render->refs);
  return render;
}

void ssg_render_unref(SsgRender *render)
{
  if (!render || !g_atomic_ref_count_dec(&render->refs))
    return;
  g_free(render->rgb);
  g_free(render->mask);
  g_free(render->depth);
  g_free(render->weight);
  g_free(render->coarse);
  g_free(render->raw_rgb);
  g_free(render->raw_seg);
  g_free(render);
}

/* --- preparation --- */

static SsgTensor *keep_constant(SsgTensor *t)
{
  ssg_tensor_set_constant(t);
  return ssg_tensor_ref(t);
}

/* Made level by level while the first face is rendered, and given up where the device repacks them: a third of what a model
 * would otherwise take. */
static SsgTensor *make_render_weight(gpointer generator, int i)
{
  return ssg_generator_render_weight(generator, i);
}

static void prepare(SsgSession *session)
{
  SsgGenerator *g = session->g;
  const SsgArchitecture *a = &g->arch;
  gint64 k = a->n_parts, p = a->coarse_size * a->coarse_size, c = a->local_channels;
  SsgDtype dtype = ssg_context_map_dtype(session->ctx);

  if (session->prepared)
    return;
  for (int i = 0; i < a->n_levels; i++) {
    ssg_scope_begin(session->ctx);
    for (int j = 2 * i; j < 2 * i + 2; j++)
      session->render_weight[j] =
          dtype == SSG_F32 ? ssg_tensor_ref(ssg_tensor_new_made(session->ctx, ssg_generator_render_weight_shape(g, j),
                                                                make_render_weight, g, j))
                           : keep_constant(ssg_tensor_cast(ssg_generator_render_weight(g, j), dtype));
    session->head_weight[i] = keep_constant(ssg_tensor_cast(ssg_generator_head_weight(g, i), dtype));
    session->head_bias[i] = keep_constant(ssg_generator_head_bias(g, i));
    ssg_scope_end(session->ctx);
  }
  ssg_scope_begin(session->ctx);
  session->feature_matrix = keep_constant(ssg_generator_feature_matrix(g, 0, g->arch.n_parts));
  session->local = ssg_local_chain_new(g);
  session->identity_input = ssg_tensor_ref(ssg_session_input(g, (SsgTransform){1, 0, 0}, NULL));
  session->shape_maps = ssg_tensor_ref(ssg_tensor_empty(session->ctx, SSG_F32, SSG_SHAPE(k, p, c)));
  session->hidden_maps = ssg_tensor_ref(ssg_tensor_empty(session->ctx, SSG_F32, SSG_SHAPE(k, p, c)));
  session->depth = ssg_tensor_ref(ssg_tensor_empty(session->ctx, SSG_F32, SSG_SHAPE(k, 1, p, 1)));
  ssg_scope_end(session->ctx);
  session->prepared = TRUE;
}

static void forget_parts(SsgSession *session)
{
  for (int k = 0; k < session->g->arch.n_parts; k++) {
    session->parts[k].shape_valid = session->parts[k].texture_valid = FALSE;
    ssg_tensor_clear(&session->parts[k].input);
    ssg_tensor_clear(&session->parts[k].outside);
  }
}

static void forget_recording(SsgSession *session, Recording *recording)
{
  ssg_device_graph_free(ssg_context_device(session->ctx), recording->graph);
  ssg_tensor_clear(&recording->head);
  ssg_tensor_clear(&recording->weight);
  ssg_tensor_clear(&recording->coarse);
  *recording = (Recording){0};
}

static void unprepare(SsgSession *session)
{
  for (int i = 0; i < N_RECORDINGS; i++)
    forget_recording(session, &session->recordings[i]);
  ssg_tensor_clear(&session->kept);
  for (int i = 0; i < session->g->arch.n_levels; i++) {
    ssg_tensor_clear(&session->render_weight[2 * i]);
    ssg_tensor_clear(&session->render_weight[2 * i + 1]);
    ssg_tensor_clear(&session->head_weight[i]);
    ssg_tensor_clear(&session->head_bias[i]);
  }
  ssg_tensor_clear(&session->feature_matrix);
  ssg_tensor_clear(&session->identity_input);
  g_clear_pointer(&session->local, ssg_local_chain_free);
  ssg_tensor_clear(&session->shape_maps);
  ssg_tensor_clear(&session->hidden_maps);
  ssg_tensor_clear(&session->depth);
  forget_parts(session);
  session->prepared = FALSE;
}

SsgSession *ssg_session_new(SsgModel *model)
{
  SsgSession *session = g_new0(SsgSession, 1);
  session->model = ssg_model_ref(model);
  session->ctx = ssg_model_context(model);
  session->g = ssg_model_generator(model);
  const SsgArchitecture *a = &session->g->arch;
  for (int k = 0; k < a->n_parts; k++)
    session->parts[k].codes = g_new0(float, (a->n_base + 2) * a->style_dim);
  return session;
}

void ssg_session_free(SsgSession *session)
{
  if (!session)
    return;
  unprepare(session);
  for (int k = 0; k < session->g->arch.n_parts; k++)
    g_free(session->parts[k].codes);
  ssg_model_unref(session->model);
  g_free(session);
}

void ssg_session_set_bounded(SsgSession *session, gboolean bounded)
{
  if (session->bounded == bounded)
    return;
  session->bounded = bounded;
  forget_parts(session);
}

SsgModel *ssg_session_model(SsgSession *session)
{
  return session->model;
}

void ssg_session_trim(SsgSession *session)
{
  unprepare(session);
  ssg_device_trim(ssg_context_device(session->ctx));
}

SsgStageTimes ssg_session_stage_times(SsgSession *session)
{
  return session->times;
}

/* --- the parts --- */

static gboolean cancelled(Request *request, GError **error)
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
static void update_part(Request *request, int k)
{
  PartCache *part = &request->session->parts[k];
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
static const float *layer_code(const SsgArchitecture *a, const PartCache *part, int k, int l)
{
  int row = l >= a->n_depth ? a->n_base + 1 : l >= a->n_base || k == 0 ? a->n_base : l;
  return part->codes + row * a->style_dim;
}

/* The same with all layers in one op: cancelled before or not at all. */
static gboolean compute_chain(Request *request, gboolean texture, int first, int count, SsgTensor *x, SsgTensor *maps,
                              GError **error)
{
  SsgSession *session = request->session;
  const SsgArchitecture *a = &session->g->arch;
  gint64 p = a->coarse_size * a->coarse_size, c = a->local_channels;
  int n_codes = ssg_local_chain_codes(session->local, texture);
  g_autofree float *codes = g_new(float, count * n_codes * a->style_dim);
  float *to = codes;

  if (cancelled(request, error))
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
static gboolean compute_layers(Request *request, int first_layer, int end_layer, int first, int count, SsgTensor *x,
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
    if (cancelled(request, error)) {
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

static gboolean compute_shapes(Request *request, int first, int count, GError **error)
{
  SsgSession *session = request->session;
  const SsgArchitecture *a = &session->g->arch;
  gint64 p = a->coarse_size * a->coarse_size, c = a->local_channels;
  PartCache *part = &session->parts[first];

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

static gboolean compute_textures(Request *request, int first, int count, GError **error)
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
  const PartCache *parts = session->parts;
  int end = k + 1;
  if (session->local)
    while (end < session->g->arch.n_parts && !(texture ? parts[end].texture_valid : parts[end].shape_valid) &&
           (texture || same_transform(parts[end].transform, parts[k].transform)))
      end++;
  return end - k;
}

/* Without a chain, one part at a time, though a product over several at once would save a few calls: what a part's maps are must not depend on which
 * others were computed beside it (libraries round products of different sizes differently), or a document would show other pixels
 * after it was reopened. */
static gboolean compute_parts(Request *request, GError **error)
{
  PartCache *parts = request->session->parts;
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

/* --- the picture --- */

static double ms_since(gint64 start)
{
  return (g_get_monotonic_time() - start) / 1000.0;
}

/* The coarse maps, shared by every picture of one render. They are fetched for the first of them: earlier, a GPU would stand
 * still while they are copied. */
typedef struct {
  SsgTensor *weight_map, *coarse_map;
  float *depth, *weight, *coarse; /* host copies, or NULL */
} CoarseMaps;

static float *download_f32(SsgTensor *t)
{
  float *values = g_new0(float, ssg_tensor_elements(t));
  ssg_tensor_download(t, values);
  return values;
}

static gboolean is_timed(const Request *request)
{
  return request->options && request->options->timed;
}

static void begin_stage(Request *request)
{
  SsgContext *ctx = request->session->ctx;
  request->stage_start = g_get_monotonic_time();
  request->macs = ssg_context_macs(ctx);
  request->bytes = ssg_context_bytes(ctx);
}

/* The next one begins. */
static void end_stage(Request *request, SsgStage *stage)
{
  SsgContext *ctx = request->session->ctx;
  if (is_timed(request) && request->n_stages + 1 < SSG_DEVICE_MARKS &&
      ssg_device_mark(ssg_context_device(ctx), request->n_stages + 1) == SSG_OK)
    request->stages[request->n_stages++] = stage;
  *stage = (SsgStage){ms_since(request->stage_start), ssg_context_macs(ctx) - request->macs, ssg_context_bytes(ctx) - request->bytes};
  begin_stage(request);
}

/* Replaces what asking took by what the device took. */
static void read_clock(Request *request)
{
  for (int i = 0; i < request->n_stages; i++) {
    double ms;
    if (ssg_device_elapsed(ssg_context_device(request->session->ctx), i, i + 1, &ms) == SSG_OK)
      request->stages[i]->ms = ms;
  }
}

static void fetch_maps(Request *request, CoarseMaps *maps)
{
  if (maps->depth)
    return;
  maps->depth = download_f32(request->session->depth);
  maps->weight = download_f32(maps->weight_map);
  maps->coarse = download_f32(maps->coarse_map);
}

#define MAX_MEAN 1e6f /* of a picture's numbers, which are about 1: what is beyond shows one colour */

/* Codes far out of range, and weights that are damaged but finite, draw nothing that can be shown: numbers that are not finite, or
 * absurd. One of the former makes the mean so. A failure of the device is left to the context. */
static gboolean is_picture(SsgTensor *head, GError **error)
{
  float mean = 0;
  SsgContext *ctx = ssg_tensor_context(head);
  ssg_scope_begin(ctx);
  gint64 n = ssg_tensor_elements(head);
  ssg_tensor_download(ssg_tensor_mean_axis(ssg_tensor_reshape(head, SSG_SHAPE(1, n)), 1), &mean);
  ssg_scope_end(ctx);
  if (ssg_context_has_failed(ctx) || fabsf(mean) <= MAX_MEAN)
    return TRUE;
  g_set_error_literal(error, SSG_ERROR, SSG_ERROR_ARGUMENT,
                      "the face's picture is not finite: its codes are far out of the model's range, or the model is damaged");
  return FALSE;
}

/* NULL with an error when what was drawn is no picture. */
static SsgRender *make_render(Request *request, SsgTensor *head, CoarseMaps *maps, gboolean complete, GError **error)
{
  if (!is_picture(head, error))
    return NULL;
  SsgSession *session = request->session;
  const SsgArchitecture *a = &session->g->arch;
  gsize size = ssg_tensor_dim(head, 1), pixels = size * size, coarse = (gsize) a->n_parts * a->coarse_size * a->coarse_size;
  SsgRender *render = g_new0(SsgRender, 1);

  g_atomic_ref_count_init(&render->refs);
  render->size = size;
  render->complete = complete;
  render->n_parts = a->n_parts;
  render->coarse_size = a->coarse_size;
  render->parts_computed = request->parts_computed;
  ssg_scope_begin(session->ctx);
  SsgTensor *rgb = ssg_tensor_slice(head, 3, 0, 3), *seg = ssg_tensor_slice(head, 3, 3, a->n_parts);
  g_autofree guint8 *rgb8 = g_malloc(pixels * 3);
  render->rgb = g_malloc(pixels * 4);
  render->mask = g_malloc(pixels);
  ssg_tensor_download(ssg_tensor_cast(ssg_tensor_affine(rgb, 127.5f, 127.5f), SSG_U8), rgb8);
  ssg_tensor_download(ssg_tensor_argmax(request->hidden ? ssg_tensor_add(seg, request->hidden) : seg), render->mask);
  for (gsize i = 0; i < pixels; i++) {
    memcpy(render->rgb + 4 * i, rgb8 + 3 * i, 3);
    render->rgb[4 * i + 3] = 255;
  }
  if (request->options && request->options->raw) {
    render->raw_rgb = download_f32(rgb);
    render->raw_seg = download_f32(seg);
  }
  ssg_scope_end(session->ctx);
  fetch_maps(request, maps);
  render->depth = g_memdup2(maps->depth, coarse * sizeof(float));
  render->weight = g_memdup2(maps->weight, coarse * sizeof(float));
  render->coarse = g_memdup2(maps->coarse, coarse * sizeof(float));
  render->ms = ms_since(request->start);
  return render;
}

/* What enters the render net, and what is shown of it. */
typedef struct {
  SsgTensor *weights, *coarse_map;  /* of the current scope: [K, 1, P, 1], 2m - 1 likewise */
  SsgTensor *coarse;                /* the same as a picture */
  SsgTensor *features, *x, *head;   /* owned; features and x go when they are of no more use */
  SsgTensor *noise[2 * SSG_MAX_LEVELS];
} Drawing;

static void begin_drawing(Request *request, SsgTensor *kept, Drawing *d)
{
  SsgSession *session = request->session;
  SsgGenerator *g = session->g;
  const guint64 stream = 0;
  SsgTensor *mask = ssg_generator_soft_mask(g, session->depth, kept);
  *d = (Drawing){.weights = ssg_generator_feature_weights(g, mask), .coarse_map = ssg_tensor_affine(mask, 2, -1)};
  d->coarse = ssg_generator_coarse_mask(g, mask);
  ssg_scope_begin(session->ctx);
  SsgTensor *features = ssg_generator_fuse(g, session->feature_matrix, session->hidden_maps, d->weights);
  d->features = ssg_tensor_ref(ssg_tensor_cast(features, ssg_context_map_dtype(session->ctx)));
  ssg_scope_end(session->ctx);
  ssg_generator_noise(g, ssg_face_noise(request->face), 1, ssg_face_noise_seed(request->face), &stream, d->noise);
  d->x = ssg_tensor_ref(ssg_generator_render_input(g, d->features));
}

static void draw_level(SsgSession *session, int level, Drawing *d)
{
  SsgContext *ctx = session->ctx;
  SsgGenerator *g = session->g;
  ssg_scope_begin(ctx);
  /* The largest maps of all are these: none stays longer than it is needed. */
  ssg_scope_begin(ctx);
  SsgTensor *grown = ssg_tensor_ref(ssg_generator_grow(g, level, d->x, d->features, session->render_weight[2 * level]));
  ssg_scope_end(ctx);
  if (ssg_tensor_dim(d->x, 1) == g->arch.coarse_size)
    ssg_tensor_clear(&d->features);
  ssg_tensor_clear(&d->x);
  SsgTensor *next = ssg_generator_render_level(g, level, grown, session->render_weight[2 * level + 1], d->noise[2 * level],
                                               d->noise[2 * level + 1]);
  SsgTensor *picture =
      ssg_generator_head(g, level, next, session->head_weight[level], session->head_bias[level], d->head, d->coarse);
  ssg_tensor_ref(next);
  ssg_tensor_ref(picture);
  ssg_scope_end(ctx);
  ssg_tensor_clear(&d->head);
  d->x = next;
  d->head = picture;
}

static void end_drawing(Drawing *d)
{
  ssg_tensor_clear(&d->x);
  ssg_tensor_clear(&d->features);
  ssg_tensor_clear(&d->head);
}

/* --- recorded pictures --- */

static int picture_size(const Request *request)
{
  const SsgArchitecture *a = &request->session->g->arch;
  int size = a->render_size * 2, most = request->options ? request->options->max_size : 0;
  while (size < a->size && !(most && size >= most))
    size *= 2;
  return size;
}

/* The recording for what is asked, made ready if need be. NULL: draw without, this time or always. */
static Recording *find_recording(Request *request, gboolean all_shown)
{
  SsgSession *session = request->session;
  const Recording wanted = {.size = picture_size(request), .noise = ssg_face_noise(request->face), .all_shown = all_shown};
  /* Noise of a seed is another op for every seed. */
  if (session->cannot_record || wanted.noise == SSG_NOISE_SEEDED || (request->options && request->options->timed))
    return NULL;
  for (int i = 0; i < N_RECORDINGS; i++) {
    Recording *r = &session->recordings[i];
    if (r->size == wanted.size && r->noise == wanted.noise && r->all_shown == wanted.all_shown)
      return r;
  }
  Recording *r = &session->recordings[session->next_recording];
  session->next_recording = (session->next_recording + 1) % N_RECORDINGS;
  forget_recording(session, r);
  *r = wanted;
  return r;
}

static void draw_into(Request *request, Recording *r)
{
  SsgSession *session = request->session;
  Drawing d;
  ssg_scope_begin(session->ctx);
  begin_drawing(request, r->all_shown ? NULL : session->kept, &d);
  for (int level = 0; !d.head || ssg_tensor_dim(d.head, 1) < r->size; level++)
    draw_level(session, level, &d);
  ssg_tensor_copy_into(r->head, d.head);
  ssg_tensor_copy_into(r->weight, d.weights);
  ssg_tensor_copy_into(r->coarse, d.coarse_map);
  end_drawing(&d);
  ssg_scope_end(session->ctx);
}

/* FALSE: the device could not; nothing has changed but that it is not asked again. */
static gboolean record(Request *request, Recording *r)
{
  SsgSession *session = request->session;
  SsgDevice *device = ssg_context_device(session->ctx);
  const SsgArchitecture *a = &session->g->arch;
  gint64 p = a->coarse_size * a->coarse_size;
  g_autoptr(GError) why = NULL;

  ssg_scope_begin(session->ctx);
  r->head = ssg_tensor_ref(ssg_tensor_empty(session->ctx, SSG_F32, SSG_SHAPE(1, r->size, r->size, 3 + a->n_parts)));
  r->weight = ssg_tensor_ref(ssg_tensor_empty(session->ctx, SSG_F32, SSG_SHAPE(a->n_parts, 1, p, 1)));
  r->coarse = ssg_tensor_ref(ssg_tensor_empty(session->ctx, SSG_F32, SSG_SHAPE(a->n_parts, 1, p, 1)));
  ssg_scope_end(session->ctx);
  SsgStatus status = ssg_device_graph_begin(device);
  if (status == SSG_OK) {
    draw_into(request, r);
    status = ssg_device_graph_end(device, &r->graph);
  }
  if (ssg_context_check(session->ctx, &why) && status == SSG_OK)
    return TRUE;
  forget_recording(session, r);
  session->cannot_record = TRUE;
  return FALSE;
}

static SsgRender *replay(Request *request, Recording *r, GError **error)
{
  SsgSession *session = request->session;
  CoarseMaps maps = {.weight_map = r->weight, .coarse_map = r->coarse};
  SsgRender *result = NULL;
  SsgStatus status = ssg_device_graph_launch(ssg_context_device(session->ctx), r->graph);
  if (status == SSG_OK)
    result = make_render(request, r->head, &maps, TRUE, error);
  else
    ssg_context_fail(session->ctx, status, NULL);
  g_free(maps.depth);
  g_free(maps.weight);
  g_free(maps.coarse);
  return result;
}

/* Fusion and render net. NULL and error when cancelled; device failures are left to the context. */
static SsgRender *compute_picture(Request *request, SsgRenderFunc early, gpointer data, GError **error)
{
  SsgSession *session = request->session;
  SsgContext *ctx = session->ctx;
  const SsgArchitecture *a = &session->g->arch;
  const SsgRenderOptions *options = request->options;
  gint64 k = a->n_parts;
  float keep[SSG_MAX_PARTS];
  gboolean all_shown = TRUE;
  SsgRender *result = NULL;
  Drawing d;

  if (cancelled(request, error))
    return NULL;
  for (int i = 0; i < k; i++) {
    keep[i] = ssg_face_shown(request->face, i);
    all_shown &= keep[i] == 1;
  }
  request->hidden = NULL;
  if (!all_shown) {
    if (!session->kept)
      session->kept = ssg_tensor_ref(ssg_tensor_empty(ctx, SSG_F32, SSG_SHAPE(k, 1, 1, 1)));
    ssg_tensor_upload(session->kept, keep);
    request->hidden = ssg_tensor_affine(ssg_tensor_new_f32(ctx, SSG_SHAPE(1, 1, 1, k), keep), 1e6f, -1e6f);
  }
  Recording *recording = ssg_context_has_failed(ctx) ? NULL : find_recording(request, all_shown);
  if (recording && (recording->graph || (recording->rendered && record(request, recording)))) {
    result = replay(request, recording, error);
    end_stage(request, &session->times.output); /* all of it */
    return result;
  }

  begin_drawing(request, all_shown ? NULL : session->kept, &d);
  CoarseMaps maps = {.weight_map = d.weights, .coarse_map = d.coarse_map};
  end_stage(request, &session->times.fuse);
  for (int level = 0; level < a->n_levels && !result; level++) {
    if (cancelled(request, error))
      break;
    draw_level(session, level, &d);
    end_stage(request, &session->times.levels[level]);
    int size = ssg_tensor_dim(d.head, 1);
    if (size == picture_size(request)) {
      result = make_render(request, d.head, &maps, TRUE, error);
      end_stage(request, &session->times.output);
    } else if (early && options && options->early_size && size >= options->early_size) {
      g_autoptr(SsgRender) picture_now = make_render(request, d.head, &maps, FALSE, error);
      if (!picture_now)
        break;
      early(picture_now, data);
      begin_stage(request);
    }
  }
  end_drawing(&d);
  if (recording && !session->cannot_record)
    recording->rendered = result != NULL;
  g_free(maps.depth);
  g_free(maps.weight);
  g_free(maps.coarse);
  return result;
}

static gboolean face_fits(SsgSession *session, const SsgFace *face, GError **error)
{
  const SsgArchitecture *a = &session->g->arch;
  if (ssg_face_n_parts(face) == a->n_parts && ssg_face_n_base(face) == a->n_base && ssg_face_style_dim(face) == a->style_dim)
    return TRUE;
  g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE,
              "the face has %d parts, %d base codes and codes of %d numbers; the model has %d, %d and %d",
              ssg_face_n_parts(face), ssg_face_n_base(face), ssg_face_style_dim(face), a->n_parts, a->n_base, a->style_dim);
  return FALSE;
}

SsgRender *ssg_session_render(SsgSession *session, const SsgFace *face, const SsgRenderOptions *options, SsgRenderFunc early,
                              gpointer data, GCancellable *cancellable, GError **error)
{
  Request request = {.session = session, .face = face, .options = options, .cancellable = cancellable};
  g_autoptr(SsgRender) render = NULL;

  if (!face_fits(session, face, error))
    return NULL;
  request.start = g_get_monotonic_time();
  ssg_scope_begin(session->ctx);
  prepare(session);
  if (options && options->no_cache)
    forget_parts(session);
  if (is_timed(&request))
    ssg_device_mark(ssg_context_device(session->ctx), 0);
  begin_stage(&request);
  gboolean done = compute_parts(&request, error);
  end_stage(&request, &session->times.local);
  if (done)
    render = compute_picture(&request, early, data, error);
  ssg_scope_end(session->ctx);
  session->times.total = ms_since(request.start);
  read_clock(&request);
  if (options && options->no_cache)
    forget_parts(session);
  GError *device_error = NULL;
  if (!ssg_context_check(session->ctx, &device_error)) {
    /* Whatever was computed around the failure cannot be trusted. */
    unprepare(session);
    if (error && *error)
      g_clear_error(error);
    g_propagate_error(error, device_error);
    return NULL;
  }
  return g_steal_pointer(&render);
}
