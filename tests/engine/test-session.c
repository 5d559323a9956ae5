/* Sessions: what an edit computes, incremental renders against renders from scratch, early pictures, cancelling between
 * layers, threads, and memory. Models with random weights whose noise strengths and depths are moved off their initial
 * zeros. */
#include <math.h>
#include <string.h>

#include "engine/error.h"
#include "engine/model-private.h"
#include "engine/session-input.h"
#include "engine/session.h"
#include "tests/worst.h"

/* Seven parts of which two are transparent, four levels, uneven channel counts. */
static const SsgArchitecture arch = {.n_parts = 7,
                                     .style_dim = 24,
                                     .n_mapping = 3,
                                     .n_layers = 6,
                                     .n_base = 2,
                                     .n_depth = 4,
                                     .local_channels = 12,
                                     .feature_channels = 20,
                                     .coarse_size = 16,
                                     .render_size = 4,
                                     .size = 64,
                                     .n_levels = 4,
                                     .render_channels = {24, 20, 12, 9},
                                     .residual_refine = TRUE,
                                     .antialias_masks = TRUE, /* without: the goldens */
                                     .transparent = 1 << 3 | 1 << 6};

typedef struct {
  SsgContext *ctx;
  SsgModel *model;
  SsgSession *session;
} Fixture;

/* Strengths start at 0, and noise that does nothing would hide mistakes in it. */
static void strengthen_noise(SsgModel *model)
{
  SsgGenerator *g = ssg_model_generator(model);
  for (int i = 0; i < 2 * arch.n_levels; i++) {
    float strength = 0.3f;
    ssg_tensor_upload(g->conv_noise[i], &strength);
  }
}

static Fixture *fixture_new(int threads)
{
  Fixture *f = g_new0(Fixture, 1);
  g_autoptr(GError) error = NULL;
  const char *device = g_getenv("SSGAN_TEST_DEVICE");
  f->ctx = ssg_context_new(device ? device : "cpu", threads, &error);
  g_assert_no_error(error);
  f->model = ssg_model_new_random(f->ctx, &arch, 3, &error);
  g_assert_no_error(error);
  strengthen_noise(f->model);
  f->session = ssg_session_new(f->model);
  return f;
}

static void fixture_free(Fixture *f)
{
  ssg_session_free(f->session);
  ssg_model_unref(f->model);
  ssg_context_free(f->ctx);
  g_free(f);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fixture, fixture_free)

static SsgFace *sample(Fixture *f, guint64 seed)
{
  g_autoptr(GError) error = NULL;
  SsgFace *face = ssg_model_sample(f->model, seed, 1, &error);
  g_assert_no_error(error);
  return face;
}

static SsgRender *render(Fixture *f, const SsgFace *face, gboolean no_cache)
{
  const SsgRenderOptions options = {.raw = TRUE, .no_cache = no_cache};
  g_autoptr(GError) error = NULL;
  SsgRender *result = ssg_session_render(f->session, face, &options, NULL, NULL, NULL, &error);
  g_assert_no_error(error);
  g_assert_true(result->complete);
  return result;
}

static double difference(const float *a, const float *b, gsize n)
{
  double worst = 0;
  for (gsize i = 0; i < n; i++)
    worst = worst_of(worst, fabs((double) a[i] - b[i]));
  return worst;
}

static double largest(const float *a, gsize n)
{
  double most = 0;
  for (gsize i = 0; i < n; i++)
    most = MAX(most, fabs((double) a[i]));
  return most;
}

#define COARSE ((gsize) arch.n_parts * arch.coarse_size * arch.coarse_size)
#define PIXELS ((gsize) arch.size * arch.size)

/* bound relative to the tensor's largest magnitude; 0: the same bits. */
static void compare(const SsgRender *a, const SsgRender *b, double bound)
{
  const struct {
    const char *what;
    const float *a, *b;
    gsize n;
  } outputs[] = {{"rgb", a->raw_rgb, b->raw_rgb, 3 * PIXELS},
                 {"seg", a->raw_seg, b->raw_seg, (gsize) arch.n_parts * PIXELS},
                 {"depth", a->depth, b->depth, COARSE},
                 {"weight", a->weight, b->weight, COARSE},
                 {"coarse", a->coarse, b->coarse, COARSE}};
  for (gsize i = 0; i < G_N_ELEMENTS(outputs); i++) {
    double found = difference(outputs[i].a, outputs[i].b, outputs[i].n), most = largest(outputs[i].b, outputs[i].n);
    if (!(found <= bound * most))
      g_error("%s differs by %g, largest magnitude %g, bound %g of that", outputs[i].what, found, most, bound);
  }
}

static gboolean same_depth(const SsgRender *a, const SsgRender *b, int part)
{
  gsize n = (gsize) arch.coarse_size * arch.coarse_size;
  return memcmp(a->depth + (gsize) part * n, b->depth + (gsize) part * n, n * sizeof(float)) == 0;
}

/* Another context, model and session: nothing of what the one under test kept can help it. */
static Fixture *other;

/* --- edits --- */

#define BIT(k) (G_GUINT64_CONSTANT(1) << (k))

/* An edit of one part computes that part only and leaves the depths of all others as they are, to the bit. */
static void check_edit(Fixture *f, const SsgRender *before, const SsgFace *edited, guint64 computed, guint64 moved)
{
  g_autoptr(SsgRender) after = render(f, edited, FALSE);
  g_assert_cmpuint(after->parts_computed, ==, computed);
  for (int k = 1; k < arch.n_parts; k++)
    g_assert_cmpint(same_depth(before, after, k), ==, !((moved >> k) & 1));
  g_autoptr(SsgRender) scratch = render(other, edited, TRUE);
  g_assert_cmpuint(scratch->parts_computed, ==, BIT(arch.n_parts) - 1);
  compare(after, scratch, 0); /* to the bit */
}

static void test_edit_of_one_part(void)
{
  for (int k = 0; k < arch.n_parts; k++) {
    g_autoptr(Fixture) f = fixture_new(1);
    g_autoptr(SsgFace) face = sample(f, 1), donor = sample(f, 2);
    g_autoptr(SsgRender) before = render(f, face, FALSE);
    g_assert_cmpuint(before->parts_computed, ==, BIT(arch.n_parts) - 1);
    g_autoptr(SsgFace) texture = ssg_face_swap_part(face, donor, k, SSG_CODE_TEXTURE);
    check_edit(f, before, texture, BIT(k), 0);
    g_autoptr(SsgFace) both = ssg_face_swap_part(face, donor, k, SSG_CODE_BOTH);
    check_edit(f, before, both, BIT(k), BIT(k));
    g_autoptr(SsgFace) moved = ssg_face_set_transform(face, k, (SsgTransform){1.3f, -0.2f, 0.1f});
    check_edit(f, before, moved, BIT(k), BIT(k)); /* k has its own codes back, the transform is new */
  }
}

static void test_edits_that_compute_nothing(void)
{
  g_autoptr(Fixture) f = fixture_new(2);
  g_autoptr(SsgFace) face = sample(f, 1);
  g_autoptr(SsgRender) before = render(f, face, FALSE);
  g_autoptr(SsgFace) hidden = ssg_face_set_shown(face, 2, FALSE);
  check_edit(f, before, hidden, 0, 0);
  g_autoptr(SsgFace) noisy = ssg_face_set_noise(face, SSG_NOISE_SEEDED, 9);
  check_edit(f, before, noisy, 0, 0);
  g_autoptr(SsgRender) noise = render(f, noisy, FALSE);
  g_assert_cmpfloat(difference(before->raw_rgb, noise->raw_rgb, 3 * PIXELS), >, 1e-3);
  g_autoptr(SsgRender) again = render(f, face, FALSE);
  g_assert_cmpuint(again->parts_computed, ==, 0);
  compare(again, before, 0);
}

static void test_edit_of_everything(void)
{
  g_autoptr(Fixture) f = fixture_new(2);
  g_autoptr(SsgFace) face = sample(f, 1), donor = sample(f, 2);
  g_autoptr(SsgRender) before = render(f, face, FALSE);
  guint64 all = BIT(arch.n_parts) - 1;
  g_autoptr(SsgFace) base = ssg_face_blend_base(face, donor, 0.5f);
  check_edit(f, before, base, all & ~BIT(0), all); /* the background has no base code */
  g_autoptr(SsgRender) back = render(f, face, FALSE);
  compare(back, before, 0);
  g_autoptr(SsgFace) moved = ssg_face_set_foreground_transform(face, (SsgTransform){0.8f, 0.1f, 0});
  check_edit(f, before, moved, all & ~BIT(0), all);
}

/* Moved parts in a bounded session: nothing of them above and beside the square that training saw, the same as ever inside it and a
 * little below, then the last row again. */
static void test_bounded(void)
{
  g_autoptr(Fixture) f = fixture_new(2);
  g_autoptr(SsgFace) face = sample(f, 1), donor = sample(f, 2);
  const SsgTransform twice = {2, 0, 0};
  g_autoptr(SsgFace) foreground = ssg_face_set_foreground_transform(face, twice);
  g_autoptr(SsgFace) moved = ssg_face_set_transform(foreground, 0, twice); /* the background is everywhere all the same */
  g_autoptr(SsgRender) still = render(f, face, FALSE), exact = render(f, moved, FALSE);
  int h = arch.coarse_size, absent = 0, repeated = 0;

  ssg_session_set_bounded(f->session, TRUE);
  g_autoptr(SsgRender) bounded = render(f, moved, FALSE);
  double smallest[SSG_MAX_PARTS] = {0}; /* of the background's 0 and of the part's depths where it draws */
  for (int i = 0; i < arch.n_parts * h * h; i++)
    if (bounded->depth[i] > -SSG_BOUNDS_BELOW_ALL / 2)
      smallest[i / (h * h)] = fmin(smallest[i / (h * h)], bounded->depth[i]);
  for (int k = 0; k < arch.n_parts; k++)
    for (int y = 0; y < h; y++)
      for (int x = 0; x < h; x++) {
        double u = twice.scale * (-1 + 2.0 * x / (h - 1)), v = twice.scale * (-1 + 2.0 * y / (h - 1));
        int at = (k * h + y) * h + x;
        if (fabs(u) > 1.1 || v < -1.1) {
          g_assert_cmpfloat(fabs(bounded->depth[at] - (k ? smallest[k] - SSG_BOUNDS_BELOW_ALL : 0)), <, 1e-4);
          g_assert_cmpfloat(fabs(bounded->weight[at] - (k == 0)), <, 1e-6); /* rims are antialiased */
          absent++;
        } else if (v <= SSG_BOUNDS_BELOW) {
          g_assert_cmpfloat(fabs(bounded->depth[at] - exact->depth[at]), <=, 1e-5 * fabs(exact->depth[at]));
        } else if (v - twice.scale * 2.0 / (h - 1) > SSG_BOUNDS_BELOW) {
          g_assert_cmpfloat(fabs(bounded->depth[at] - bounded->depth[at - h]), <=, 1e-5 * fabs(bounded->depth[at]));
          repeated++;
        }
      }
  g_assert_cmpint(absent, >, arch.n_parts * h * h / 2);
  g_assert_cmpint(repeated, >, arch.n_parts);

  /* Edits on top reuse where the part is sampled; what is not moved, or less than half a step, knows no bounds. */
  g_autoptr(SsgFace) shape = ssg_face_swap_part(moved, donor, 2, SSG_CODE_SHAPE);
  g_autoptr(SsgRender) edited = render(f, shape, FALSE), scratch = render(f, shape, TRUE);
  g_assert_cmpuint(edited->parts_computed, ==, BIT(2));
  compare(edited, scratch, 0);
  g_autoptr(SsgRender) again = render(f, face, FALSE);
  compare(again, still, 0);
  g_autoptr(SsgFace) nudged = ssg_face_set_foreground_transform(face, (SsgTransform){1, 0.9f / (h - 1), -0.9f / (h - 1)});
  g_autoptr(SsgRender) whole = render(f, nudged, FALSE);
  for (int i = 0; i < arch.n_parts * h * h; i++)
    g_assert_cmpfloat(whole->depth[i], >, -SSG_BOUNDS_BELOW_ALL / 2);
  /* Turned off, nothing of it stays. */
  g_autoptr(SsgRender) before = render(f, moved, FALSE);
  compare(before, bounded, 0);
  ssg_session_set_bounded(f->session, FALSE);
  g_autoptr(SsgRender) back = render(f, moved, FALSE);
  compare(back, exact, 0);
}

/* A long walk of random edits, each held against a session without caches. */
static void test_random_walk(void)
{
  g_autoptr(Fixture) f = fixture_new(2);
  g_autoptr(SsgFace) face = sample(f, 0);
  g_autoptr(GRand) rand = g_rand_new_with_seed(7);
  for (int step = 0; step < 30; step++) {
    g_autoptr(SsgFace) donor = sample(f, (guint64) g_rand_int_range(rand, 0, 5));
    int part = g_rand_int_range(rand, 0, arch.n_parts);
    float amount = (float) g_rand_double_range(rand, -0.5, 1.5);
    SsgTransform transform = {(float) g_rand_double_range(rand, 0.5, 2), amount / 4, -amount / 3};
    SsgFace *next = NULL;
    switch (g_rand_int_range(rand, 0, 6)) {
    case 0:
      next = ssg_face_swap_part(face, donor, part, 1 + (SsgCode) g_rand_int_range(rand, 0, 3));
      break;
    case 1:
      next = ssg_face_blend_part(face, donor, part, amount, 1 - amount);
      break;
    case 2:
      next = ssg_face_set_shown(face, part, !ssg_face_shown(face, part));
      break;
    case 3:
      next = ssg_face_set_transform(face, part, step % 3 ? transform : (SsgTransform){1, 0, 0});
      break;
    case 4:
      next = ssg_face_set_foreground_transform(face, transform);
      break;
    default:
      next = ssg_face_blend(face, donor, amount);
    }
    ssg_face_unref(face);
    face = next;
    g_autoptr(SsgRender) incremental = render(f, face, FALSE), scratch = render(other, face, TRUE);
    compare(incremental, scratch, 0);
  }
}

static void test_hidden_part(void)
{
  g_autoptr(Fixture) f = fixture_new(2);
  g_autoptr(SsgFace) face = sample(f, 1), donor = sample(f, 2);
  gsize n = (gsize) arch.coarse_size * arch.coarse_size;
  for (int k = 0; k < arch.n_parts; k++) {
    g_autoptr(SsgFace) without = ssg_face_set_shown(face, k, FALSE);
    g_autoptr(SsgFace) changed = ssg_face_swap_part(without, donor, k, SSG_CODE_TEXTURE);
    g_autoptr(SsgRender) a = render(f, without, FALSE), b = render(f, changed, FALSE);
    for (gsize i = 0; i < n; i++) {
      g_assert_cmpfloat(a->weight[(gsize) k * n + i], ==, 0);
      g_assert_cmpfloat(a->coarse[(gsize) k * n + i], ==, -1);
    }
    /* Really absent: what it looks like makes no difference. */
    g_assert_cmpmem(a->raw_rgb, 3 * PIXELS * sizeof(float), b->raw_rgb, 3 * PIXELS * sizeof(float));
    g_assert_cmpmem(a->mask, PIXELS, b->mask, PIXELS);
    g_assert_null(memchr(a->mask, k, PIXELS)); /* whatever the render net would paint there */
  }
}

/* With hidden parts, too, a device draws what the CPU draws, also where the hidden part lay so far in front that nothing else had any
 * weight there: then the weights of the rest are shares of numbers about as small as the 1e-8 beside them (MODEL.md, step 6). */
static void test_hidden_across_devices(void)
{
  g_autoptr(Fixture) f = fixture_new(2);
  if (ssg_device_is_host(ssg_context_device(f->ctx))) {
    g_test_skip("this is the CPU");
    return;
  }
  g_autofree char *device = g_strdup(g_getenv("SSGAN_TEST_DEVICE"));
  g_unsetenv("SSGAN_TEST_DEVICE");
  g_autoptr(Fixture) cpu = fixture_new(2);
  g_setenv("SSGAN_TEST_DEVICE", device, TRUE);
  static const float gaps[] = {0, 15, 19, 60};
  for (gsize i = 0; i < G_N_ELEMENTS(gaps); i++) {
    const int hair = 2; /* a part like any other */
    float bias[16] = {0};
    bias[hair - 1] = gaps[i];
    ssg_tensor_upload(ssg_model_generator(f->model)->depth_bias, bias);
    ssg_tensor_upload(ssg_model_generator(cpu->model)->depth_bias, bias);
    ssg_session_trim(f->session);
    ssg_session_trim(cpu->session);
    g_autoptr(SsgFace) whole = sample(f, 1), face = ssg_face_set_shown(whole, hair, FALSE);
    g_autoptr(SsgRender) expected = render(cpu, face, FALSE);
    for (int again = 0; again < 3; again++) { /* drawn, recorded, replayed */
      g_autoptr(SsgRender) before = render(f, whole, FALSE), got = render(f, face, FALSE);
      compare(got, expected, 1e-4);
      g_assert_cmpmem(got->mask, PIXELS, expected->mask, PIXELS);
    }
  }
}

/* --- early pictures and cancelling --- */

typedef struct {
  int n, sizes[8];
  GCancellable *cancel;
  int cancel_at; /* picture after which to cancel; 0: never */
  SsgRender *kept;
} Early;

static void note_early(SsgRender *picture, gpointer data)
{
  Early *early = data;
  g_assert_false(picture->complete);
  early->sizes[early->n++] = picture->size;
  g_clear_pointer(&early->kept, ssg_render_unref);
  early->kept = ssg_render_ref(picture);
  if (early->n == early->cancel_at)
    g_cancellable_cancel(early->cancel);
}

static void test_early_pictures(void)
{
  g_autoptr(Fixture) f = fixture_new(2);
  g_autoptr(SsgFace) face = sample(f, 1);
  const SsgRenderOptions options = {.early_size = 16, .raw = TRUE}, small = {.max_size = 32, .raw = TRUE};
  Early early = {0}, none = {0};
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgRender) whole = ssg_session_render(f->session, face, &options, note_early, &early, NULL, &error);
  g_assert_no_error(error);
  g_assert_cmpint(early.n, ==, 2);
  g_assert_cmpint(early.sizes[0], ==, 16);
  g_assert_cmpint(early.sizes[1], ==, 32);
  g_assert_cmpint(whole->size, ==, 64);
  g_assert_cmpfloat(early.kept->ms, >, 0);
  g_assert_cmpfloat(early.kept->ms, <=, whole->ms);
  /* A small picture alone is the same as the early one, and is complete. */
  g_autoptr(SsgRender) alone = ssg_session_render(f->session, face, &small, note_early, &none, NULL, &error);
  g_assert_no_error(error);
  g_assert_cmpint(none.n, ==, 0);
  g_assert_true(alone->complete);
  g_assert_cmpint(alone->size, ==, 32);
  g_assert_cmpmem(alone->raw_rgb, 3 * 32 * 32 * sizeof(float), early.kept->raw_rgb, 3 * 32 * 32 * sizeof(float));
  g_assert_cmpmem(alone->mask, 32 * 32, early.kept->mask, 32 * 32);
  ssg_render_unref(early.kept);
}

static void test_cancelled_between_levels(void)
{
  g_autoptr(Fixture) f = fixture_new(2);
  g_autoptr(SsgFace) face = sample(f, 1), donor = sample(f, 2);
  g_autoptr(SsgRender) before = render(f, face, FALSE);
  g_autoptr(SsgFace) edited = ssg_face_swap_part(face, donor, 4, SSG_CODE_BOTH);
  g_autoptr(GCancellable) cancel = g_cancellable_new();
  const SsgRenderOptions options = {.early_size = 8};
  Early early = {.cancel = cancel, .cancel_at = 2};
  g_autoptr(GError) error = NULL;
  g_assert_null(ssg_session_render(f->session, edited, &options, note_early, &early, cancel, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_CANCELLED);
  g_assert_cmpint(early.n, ==, 2);
  ssg_render_unref(early.kept);
  /* What was computed before stays of use, and is right. */
  g_autoptr(SsgRender) after = render(f, edited, FALSE), scratch = render(other, edited, TRUE);
  g_assert_cmpuint(after->parts_computed, ==, 0);
  compare(after, scratch, 0); /* to the bit */
}

typedef struct {
  GCancellable *cancel;
  gint64 delay; /* us, from the moment when the render may begin */
  int waiting;  /* atomic */
} Plan;

static gpointer cancel_soon(gpointer data)
{
  Plan *plan = data;
  g_atomic_int_set(&plan->waiting, 1);
  for (gint64 end = g_get_monotonic_time() + plan->delay; g_get_monotonic_time() < end;)
    g_thread_yield();
  g_cancellable_cancel(plan->cancel);
  return NULL;
}

/* At any time, from another thread: whatever was reached, the next render is right. Goes on until some came in time: on a busy machine
 * the other thread may be late. */
static void test_cancelled_any_time(void)
{
  g_autoptr(Fixture) f = fixture_new(2);
  int cancelled = 0;
  for (int i = 0; i < 30 || cancelled < 5; i++) {
    g_assert_cmpint(i, <, 3000);
    g_autoptr(SsgFace) face = sample(f, (guint64) i);
    g_autoptr(SsgFace) moved = ssg_face_set_transform(face, 1 + i % 6, (SsgTransform){1.5f, 0, 0});
    g_autoptr(SsgRender) whole = render(f, face, FALSE);
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    Plan plan = {.cancel = cancel, .delay = (gint64) (whole->ms * 1000) * (i % 15) / 15};
    g_autoptr(GError) error = NULL;
    GThread *thread = g_thread_new("cancel", cancel_soon, &plan);
    while (!g_atomic_int_get(&plan.waiting))
      g_thread_yield();
    SsgRender *broken = ssg_session_render(f->session, moved, NULL, NULL, NULL, cancel, &error);
    g_thread_join(thread);
    if (!broken) {
      g_assert_error(error, SSG_ERROR, SSG_ERROR_CANCELLED);
      cancelled++;
    }
    ssg_render_unref(broken);
    const SsgFace *next = i % 2 ? moved : face;
    g_autoptr(SsgRender) after = render(f, next, FALSE), scratch = render(other, next, TRUE);
    compare(after, scratch, 0); /* to the bit */
  }
  g_test_message("%d renders were cancelled", cancelled);
}

static void test_cancelled_before(void)
{
  g_autoptr(Fixture) f = fixture_new(1);
  g_autoptr(SsgFace) face = sample(f, 1);
  g_autoptr(GCancellable) cancel = g_cancellable_new();
  g_autoptr(GError) error = NULL;
  g_cancellable_cancel(cancel);
  g_assert_null(ssg_session_render(f->session, face, NULL, NULL, NULL, cancel, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_CANCELLED);
}

/* Codes so large that the picture is not finite: an error, neither a black picture nor a broken session. */
static void test_absurd_codes(void)
{
  static const float sizes[] = {1e38f, -3e38f};
  static const SsgCode kinds[] = {SSG_CODE_SHAPE, SSG_CODE_TEXTURE};
  g_autoptr(Fixture) f = fixture_new(1);
  g_autoptr(SsgFace) face = sample(f, 1);
  g_autoptr(SsgRender) before = render(f, face, FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS(sizes) * G_N_ELEMENTS(kinds); i++) {
    float codes[24];
    for (int j = 0; j < 24; j++)
      codes[j] = sizes[i % 2];
    g_autoptr(GError) error = NULL;
    g_autoptr(SsgFace) huge = ssg_face_new(&arch, 1, codes, &error);
    g_autoptr(SsgFace) edited = ssg_face_swap_part(face, huge, 2, kinds[i / 2]);
    const SsgRenderOptions options = {.early_size = i % 2 ? 8 : 0};
    Early early = {0};
    g_assert_null(ssg_session_render(f->session, edited, &options, note_early, &early, NULL, &error));
    g_assert_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT);
    g_assert_cmpint(early.n, ==, 0);
    g_autoptr(SsgRender) after = render(f, face, FALSE);
    compare(after, before, 0);
  }
}

static void test_face_of_another_model(void)
{
  g_autoptr(Fixture) f = fixture_new(1);
  SsgArchitecture five = arch;
  g_autoptr(GError) error = NULL;
  five.n_parts = 5;
  float codes[24] = {0};
  g_autoptr(SsgFace) face = ssg_face_new(&five, 1, codes, NULL);
  g_assert_null(ssg_session_render(f->session, face, NULL, NULL, NULL, NULL, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_SHAPE);
}

/* --- machines --- */

static void test_threads(void)
{
  g_autoptr(Fixture) one = fixture_new(1);
  g_autoptr(SsgFace) face = sample(one, 5), face_one = ssg_face_set_noise(face, SSG_NOISE_SEEDED, 11);
  g_autoptr(SsgRender) reference = render(one, face_one, FALSE);
  static const int threads[] = {2, 3, 4, 5, 8, 12, 32, 64};
  for (gsize t = 0; t < G_N_ELEMENTS(threads); t++) {
    g_autoptr(Fixture) many = fixture_new(threads[t]);
    g_autoptr(SsgFace) again = sample(many, 5), seeded = ssg_face_set_noise(again, SSG_NOISE_SEEDED, 11);
    g_assert_true(ssg_face_equal(face_one, seeded));
    g_autoptr(SsgRender) result = render(many, seeded, FALSE);
    compare(result, reference, 0);
    g_assert_cmpmem(result->rgb, 4 * PIXELS, reference->rgb, 4 * PIXELS);
    g_assert_cmpmem(result->mask, PIXELS, reference->mask, PIXELS);
  }
}

static SsgDeviceMemory memory_of(Fixture *f)
{
  SsgDeviceMemory memory;
  ssg_device_memory(ssg_context_device(f->ctx), &memory);
  return memory;
}

static void test_memory(void)
{
  g_autoptr(Fixture) f = fixture_new(2);
  g_autoptr(SsgFace) face = sample(f, 1), donor = sample(f, 2);
  ssg_device_trim(ssg_context_device(f->ctx));
  gsize bare = memory_of(f).in_use;
  g_autoptr(SsgRender) first = render(f, face, FALSE);
  gsize once = memory_of(f).in_use;
  gsize positions = arch.coarse_size * arch.coarse_size, maps = sizeof(float) * positions *
                    ((2 * arch.n_parts + 1) * arch.local_channels + arch.n_parts), weights = 0;
  for (int i = 0; i < 2 * arch.n_levels; i++)
    weights += ssg_tensor_elements(ssg_model_generator(f->model)->conv_weight[i]) * sizeof(float);
  g_assert_cmpuint(once, <, bare + maps + weights); /* what the device has repacked is not held twice */
  for (int i = 0; i < 20; i++) { /* nothing piles up */
    g_autoptr(SsgFace) edited = ssg_face_blend(face, donor, (float) i / 20);
    ssg_render_unref(render(f, edited, i % 3 == 0));
  }
  g_assert_cmpuint(memory_of(f).in_use, ==, once);
  ssg_session_trim(f->session);
  g_assert_cmpuint(memory_of(f).in_use, ==, bare);
  g_assert_cmpuint(memory_of(f).pooled, ==, 0);
  g_assert_cmpuint(memory_of(f).cached, ==, 0);
  g_autoptr(SsgRender) again = render(f, face, FALSE);
  g_assert_cmpuint(again->parts_computed, ==, BIT(arch.n_parts) - 1);
  compare(again, first, 0);
}

/* What makes a weight, and how often it was asked to. */
typedef struct {
  SsgContext *ctx;
  int calls;
} Maker;

static SsgTensor *make_weight(gpointer data, int index)
{
  Maker *maker = data;
  maker->calls++;
  return ssg_tensor_normal(maker->ctx, SSG_SHAPE(32, 3, 3, 32), 9, index);
}

static void check_made(SsgContext *ctx, SsgTensor *made, gint64 size)
{
  ssg_scope_begin(ctx);
  gint64 n = size * size * 32;
  g_autofree float *got = g_new(float, n), *expected = g_new(float, n);
  SsgTensor *x = ssg_tensor_normal(ctx, SSG_SHAPE(1, size, size, 32), 1, 2);
  SsgTensor *plain = ssg_tensor_normal(ctx, SSG_SHAPE(32, 3, 3, 32), 9, 4);
  ssg_tensor_set_constant(plain); /* or another algorithm would be chosen */
  ssg_tensor_download(ssg_tensor_conv(x, made, 1, 1, 1, NULL, FALSE), got);
  ssg_tensor_download(ssg_tensor_conv(x, plain, 1, 1, 1, NULL, FALSE), expected);
  g_assert_cmpmem(got, n * sizeof(float), expected, n * sizeof(float));
  ssg_scope_end(ctx);
}

/* A made tensor is made when it is used, given up while the device keeps what it made of it, and made again for another use. */
static void test_made_tensor(void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgContext) ctx = ssg_context_new("cpu", 2, &error);
  g_assert_no_error(error);
  Maker maker = {.ctx = ctx};
  const gsize bytes = 32 * 32 * 9 * sizeof(float);
  SsgDeviceMemory memory;
  ssg_scope_begin(ctx);
  SsgTensor *made = ssg_tensor_ref(ssg_tensor_new_made(ctx, SSG_SHAPE(32, 3, 3, 32), make_weight, &maker, 4));
  ssg_scope_end(ctx);
  g_assert_cmpint(maker.calls, ==, 0);
  for (int i = 0; i < 3; i++) {
    check_made(ctx, made, 32);
    g_assert_cmpint(maker.calls, ==, 1);
    ssg_device_memory(ssg_context_device(ctx), &memory);
    g_assert_cmpuint(memory.in_use, ==, 0);
    g_assert_cmpuint(memory.cached, >=, 4 * bytes);
  }
  for (int i = 0; i < 3; i++) { /* from now on it stays */
    check_made(ctx, made, 8);
    check_made(ctx, made, 32);
    g_assert_cmpint(maker.calls, ==, 2);
    ssg_device_memory(ssg_context_device(ctx), &memory);
    g_assert_cmpuint(memory.in_use, ==, bytes);
  }
  g_assert_true(ssg_context_check(ctx, &error));
  ssg_tensor_unref(made);
  ssg_device_memory(ssg_context_device(ctx), &memory);
  g_assert_cmpuint(memory.in_use, ==, 0);
  g_assert_cmpuint(memory.cached, ==, 0);
}

static void check_stages(const SsgStageTimes *times)
{
  double sum = times->local.ms + times->fuse.ms + times->output.ms;
  for (int i = 0; i < arch.n_levels; i++) {
    gint64 side = arch.render_size << (i + 1), channels = arch.render_channels[i];
    g_assert_cmpfloat(times->levels[i].ms, >, 0);
    g_assert_cmpint(times->levels[i].macs, >=, side * side * channels * channels * 9); /* of the second convolution */
    g_assert_cmpint(times->levels[i].bytes, >=, side * side * channels * 8);
    sum += times->levels[i].ms;
  }
  g_assert_cmpfloat(times->local.ms, >, 0);
  g_assert_cmpint(times->local.macs, >=, (gint64) arch.n_parts * arch.coarse_size * arch.coarse_size * arch.local_channels *
                                             arch.local_channels * arch.n_layers);
  g_assert_cmpfloat(times->fuse.ms, >, 0);
  g_assert_cmpint(times->fuse.bytes, >, 0);
  g_assert_cmpfloat(times->output.ms, >, 0);
  g_assert_cmpfloat(sum, <=, times->total * 1.001);
}

/* On a device with a clock of its own, by that. */
static void test_stage_times(void)
{
  g_autoptr(Fixture) f = fixture_new(2);
  g_autoptr(SsgFace) face = sample(f, 1);
  g_autoptr(SsgRender) first = render(f, face, FALSE);
  SsgStageTimes times = ssg_session_stage_times(f->session);
  check_stages(&times);
  g_assert_cmpfloat(first->ms, <=, times.total * 1.001);

  const SsgRenderOptions options = {.raw = TRUE, .no_cache = TRUE, .timed = TRUE};
  g_autoptr(SsgRender) timed = ssg_session_render(f->session, face, &options, NULL, NULL, NULL, NULL);
  g_assert_nonnull(timed);
  times = ssg_session_stage_times(f->session);
  check_stages(&times);
  SsgDevice *device = ssg_context_device(f->ctx);
  double ms = -1;
  SsgStatus expected = ssg_device_is_host(device) ? SSG_UNSUPPORTED : SSG_OK;
  g_assert_cmpint(ssg_device_mark(device, 0), ==, expected);
  g_assert_cmpint(ssg_device_mark(device, 1), ==, expected);
  g_assert_cmpint(ssg_device_elapsed(device, 0, 1, &ms), ==, expected);
  g_assert_cmpfloat(ms, >=, 0);
  compare(timed, first, 0);
}

#define N_RENDER_LAUNCHES 80 /* of fusion and render net, while they are recorded */

/* On devices that launch: a face from nothing cached, and the edit of one part. */
static void test_launches(void)
{
  g_autoptr(Fixture) f = fixture_new(2);
  SsgDevice *device = ssg_context_device(f->ctx);
  g_autoptr(SsgFace) face = sample(f, 1), donor = sample(f, 2), edited = ssg_face_swap_part(face, donor, 3, SSG_CODE_BOTH);
  guint64 before = ssg_device_launches(device);
  g_autoptr(SsgRender) first = render(f, face, FALSE);
  guint64 start = ssg_device_launches(device);
  if (start == 0) {
    g_test_skip("this device does not launch");
    return;
  }
  g_autoptr(SsgRender) edit = render(f, edited, FALSE);
  guint64 between = ssg_device_launches(device);
  g_autoptr(SsgRender) whole = render(f, face, TRUE);
  guint64 end = ssg_device_launches(device);
  g_test_message("launches: %" G_GUINT64_FORMAT " for the first face, %" G_GUINT64_FORMAT " for the edit of a part, %" G_GUINT64_FORMAT
                 " for a face", start - before, between - start, end - between);
  g_assert_cmpuint(end - between, <, 20); /* fusion and render net are recorded and replayed as one launch */
  g_assert_cmpuint(between - start, <=, 20 + N_RENDER_LAUNCHES);
}

/* Recorded pictures against drawn ones: shown and hidden parts, sizes, and noise come and go; what is recorded is kept for a few
 * kinds, and given up with the session's caches. */
static void test_recordings(void)
{
  g_autoptr(Fixture) f = fixture_new(2);
  SsgDevice *device = ssg_context_device(f->ctx);
  g_autoptr(SsgFace) face = sample(f, 1), donor = sample(f, 2), hidden = ssg_face_set_shown(face, 2, FALSE);
  g_autoptr(SsgFace) hidden_too = ssg_face_set_shown(donor, 5, FALSE), silent = ssg_face_set_noise(face, SSG_NOISE_NONE, 0);
  g_autoptr(SsgFace) seeded = ssg_face_set_noise(face, SSG_NOISE_SEEDED, 7), reseeded = ssg_face_set_noise(face, SSG_NOISE_SEEDED, 8);
  SsgFace *faces[] = {face, face, donor, hidden, hidden, hidden_too, silent, silent, seeded, reseeded, face, face};
  void *graph;

  if (ssg_device_graph_begin(device) != SSG_OK) {
    g_test_skip("this device does not record");
    return;
  }
  g_assert_cmpint(ssg_device_graph_end(device, &graph), ==, SSG_OK);
  ssg_device_graph_free(device, graph);
  for (gsize i = 0; i < G_N_ELEMENTS(faces); i++) {
    const SsgRenderOptions drawn = {.raw = TRUE, .no_cache = TRUE, .timed = TRUE}; /* timed: never recorded */
    g_autoptr(SsgRender) a = render(f, faces[i], FALSE);
    g_autoptr(SsgRender) b = ssg_session_render(other->session, faces[i], &drawn, NULL, NULL, NULL, NULL);
    compare(a, b, 0);
    if (i == 7)
      ssg_session_trim(f->session);
  }
}

/* The render net in f16 and bf16 against f32: nearly the same picture, and not the very same. */
static void test_narrow_maps(void)
{
  static const struct {
    SsgDtype dtype;
    double bound; /* of the largest magnitude */
  } narrow[] = {{SSG_F16, 1e-2}, {SSG_BF16, 5e-2}};
  g_autoptr(Fixture) whole = fixture_new(2);
  g_autoptr(SsgFace) face = sample(whole, 1);
  g_autoptr(SsgRender) expected = render(whole, face, FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS(narrow); i++) {
    g_autoptr(Fixture) f = fixture_new(2);
    if (!ssg_context_set_map_dtype(f->ctx, narrow[i].dtype)) {
      g_assert_cmpint(ssg_context_map_dtype(f->ctx), ==, SSG_F32);
      g_test_skip("this device has no such convolutions");
      return;
    }
    for (int again = 0; again < 2; again++) { /* drawn, and recorded where that can be */
      g_autoptr(SsgRender) got = render(f, face, FALSE);
      compare(got, expected, narrow[i].bound);
      g_assert_true(memcmp(got->raw_rgb, expected->raw_rgb, (gsize) got->size * got->size * 3 * sizeof(float)) != 0);
    }
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/engine/session/edit/one-part", test_edit_of_one_part);
  g_test_add_func("/engine/session/edit/nothing", test_edits_that_compute_nothing);
  g_test_add_func("/engine/session/edit/everything", test_edit_of_everything);
  g_test_add_func("/engine/session/bounded", test_bounded);
  g_test_add_func("/engine/session/edit/random-walk", test_random_walk);
  g_test_add_func("/engine/session/hidden-part", test_hidden_part);
  g_test_add_func("/engine/session/hidden-part/across-devices", test_hidden_across_devices);
  g_test_add_func("/engine/session/early", test_early_pictures);
  g_test_add_func("/engine/session/cancel/between-levels", test_cancelled_between_levels);
  g_test_add_func("/engine/session/cancel/any-time", test_cancelled_any_time);
  g_test_add_func("/engine/session/cancel/before", test_cancelled_before);
  g_test_add_func("/engine/session/absurd-codes", test_absurd_codes);
  g_test_add_func("/engine/session/other-model", test_face_of_another_model);
  g_test_add_func("/engine/session/threads", test_threads);
  g_test_add_func("/engine/session/memory", test_memory);
  g_test_add_func("/engine/session/made-tensor", test_made_tensor);
  g_test_add_func("/engine/session/stage-times", test_stage_times);
  g_test_add_func("/engine/session/launches", test_launches);
  g_test_add_func("/engine/session/recordings", test_recordings);
  g_test_add_func("/engine/session/narrow-maps", test_narrow_maps);
  other = fixture_new(2);
  int status = g_test_run();
  fixture_free(other);
  return status;
}
