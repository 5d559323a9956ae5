/* Incremental rendering: fusion and render net over the parts' maps, which session-parts.c keeps up to date. */
#include "engine/session.h"

#include <math.h>
#include <string.h>

#include "engine/error.h"
#include "engine/model-private.h"
#include "engine/session-input.h"
#include "engine/session-private.h"
#include "engine/tensor-private.h"

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

static void forget_recording(SsgSession *session, SsgRecording *recording)
{
  ssg_device_graph_free(ssg_context_device(session->ctx), recording->graph);
  ssg_tensor_clear(&recording->head);
  ssg_tensor_clear(&recording->weight);
  ssg_tensor_clear(&recording->coarse);
  *recording = (SsgRecording){0};
}

static void unprepare(SsgSession *session)
{
  for (int i = 0; i < SSG_N_RECORDINGS; i++)
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

static gboolean is_timed(const SsgRenderRequest *request)
{
  return request->options && request->options->timed;
}

static void begin_stage(SsgRenderRequest *request)
{
  SsgContext *ctx = request->session->ctx;
  request->stage_start = g_get_monotonic_time();
  request->macs = ssg_context_macs(ctx);
  request->bytes = ssg_context_bytes(ctx);
}

/* The next one begins. */
static void end_stage(SsgRenderRequest *request, SsgStage *stage)
{
  SsgContext *ctx = request->session->ctx;
  if (is_timed(request) && request->n_stages + 1 < SSG_DEVICE_MARKS &&
      ssg_device_mark(ssg_context_device(ctx), request->n_stages + 1) == SSG_OK)
    request->stages[request->n_stages++] = stage;
  *stage = (SsgStage){ms_since(request->stage_start), ssg_context_macs(ctx) - request->macs, ssg_context_bytes(ctx) - request->bytes};
  begin_stage(request);
}

/* Replaces what asking took by what the device took. */
static void read_clock(SsgRenderRequest *request)
{
  for (int i = 0; i < request->n_stages; i++) {
    double ms;
    if (ssg_device_elapsed(ssg_context_device(request->session->ctx), i, i + 1, &ms) == SSG_OK)
      request->stages[i]->ms = ms;
  }
}

static void fetch_maps(SsgRenderRequest *request, CoarseMaps *maps)
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
static SsgRender *make_render(SsgRenderRequest *request, SsgTensor *head, CoarseMaps *maps, gboolean complete, GError **error)
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

static void begin_drawing(SsgRenderRequest *request, SsgTensor *kept, Drawing *d)
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

static int picture_size(const SsgRenderRequest *request)
{
  const SsgArchitecture *a = &request->session->g->arch;
  int size = a->render_size * 2, most = request->options ? request->options->max_size : 0;
  while (size < a->size && !(most && size >= most))
    size *= 2;
  return size;
}

/* The recording for what is asked, made ready if need be. NULL: draw without, this time or always. */
static SsgRecording *find_recording(SsgRenderRequest *request, gboolean all_shown)
{
  SsgSession *session = request->session;
  const SsgRecording wanted = {.size = picture_size(request), .noise = ssg_face_noise(request->face), .all_shown = all_shown};
  /* Noise of a seed is another op for every seed. */
  if (session->cannot_record || wanted.noise == SSG_NOISE_SEEDED || (request->options && request->options->timed))
    return NULL;
  for (int i = 0; i < SSG_N_RECORDINGS; i++) {
    SsgRecording *r = &session->recordings[i];
    if (r->size == wanted.size && r->noise == wanted.noise && r->all_shown == wanted.all_shown)
      return r;
  }
  SsgRecording *r = &session->recordings[session->next_recording];
  session->next_recording = (session->next_recording + 1) % SSG_N_RECORDINGS;
  forget_recording(session, r);
  *r = wanted;
  return r;
}

static void draw_into(SsgRenderRequest *request, SsgRecording *r)
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
static gboolean record(SsgRenderRequest *request, SsgRecording *r)
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

static SsgRender *replay(SsgRenderRequest *request, SsgRecording *r, GError **error)
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
static SsgRender *compute_picture(SsgRenderRequest *request, SsgRenderFunc early, gpointer data, GError **error)
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

  if (ssg_session_cancelled(request, error))
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
  SsgRecording *recording = ssg_context_has_failed(ctx) ? NULL : find_recording(request, all_shown);
  if (recording && (recording->graph || (recording->rendered && record(request, recording)))) {
    result = replay(request, recording, error);
    end_stage(request, &session->times.output); /* all of it */
    return result;
  }

  begin_drawing(request, all_shown ? NULL : session->kept, &d);
  CoarseMaps maps = {.weight_map = d.weights, .coarse_map = d.coarse_map};
  end_stage(request, &session->times.fuse);
  for (int level = 0; level < a->n_levels && !result; level++) {
    if (ssg_session_cancelled(request, error))
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
  SsgRenderRequest request = {.session = session, .face = face, .options = options, .cancellable = cancellable};
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
  gboolean done = ssg_session_compute_parts(&request, error);
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
