/* Exports: every kind is written, reads back as what it should be, says that it is synthetic; cancelling leaves nothing. */
#include "tests/app/helpers.h"

#include <math.h>
#include "app/apng.h"
#include "app/export.h"
#include "engine/image.h"
#include "engine/npy.h"
#include "engine/safetensors.h"

static SsgWorker *worker;
static SsgRenderService *service;
static char *folder;

typedef struct {
  gboolean done;
  int n_progress;
  GError *error;
} Finish;

static void finished(SsgExportJob *job, GError *error, gpointer data)
{
  Finish *finish = data;
  g_assert_false(finish->done);
  finish->done = TRUE;
  finish->error = error ? g_error_copy(error) : NULL;
}

static void progressed(gpointer data)
{
  ((Finish *) data)->n_progress++;
}

static char *in_folder(const char *name)
{
  return g_build_filename(folder, name, NULL);
}

static SsgExportOptions options_for(SsgExportKind kind, const char *path, SsgFace *face)
{
  return (SsgExportOptions) {.kind = kind, .path = path, .part = 2, .style = {SSG_COLORMAP_EMBER, SSG_DEPTH_LINEAR, TRUE},
                             .opacity = 0.5, .from = face, .n_frames = 4, .frame_ms = 40};
}

static void export_now(const SsgExportOptions *options)
{
  Finish finish = {0};
  g_autoptr(SsgExportJob) job = ssg_export_start(service, options);
  g_signal_connect(job, "finished", G_CALLBACK(finished), &finish);
  g_signal_connect_swapped(job, "notify::progress", G_CALLBACK(progressed), &finish);
  WAIT_FOR(finish.done);
  g_assert_no_error(finish.error);
  g_assert_cmpfloat(ssg_export_job_progress(job), ==, 1);
  g_assert_cmpint(finish.n_progress, >, 0);
}

static SsgRender *render_face(SsgFace *face)
{
  g_autoptr(SsgRenderer) renderer = ssg_render_service_renderer(service);
  GError *error = NULL;
  SsgRenderOptions options = {.raw = TRUE};
  SsgRender *render = ssg_renderer_render(renderer, face, &options, NULL, &error);
  g_assert_no_error(error);
  return render;
}

static void assert_synthetic(const char *path)
{
  g_autofree char *data = NULL;
  gsize size;
  g_assert_true(g_file_get_contents(path, &data, &size, NULL));
  g_assert_nonnull(memmem(data, size, "trainedAlgorithmicMedia", 23));
}

static void test_pictures(void)
{
  g_autoptr(SsgFace) face = make_face(1);
  g_autoptr(SsgRender) render = render_face(face);
  GError *error = NULL;
  const SsgExportKind kinds[] = {SSG_EXPORT_PICTURE, SSG_EXPORT_MASK, SSG_EXPORT_OVERLAY, SSG_EXPORT_DEPTH_COLOR,
                                 SSG_EXPORT_DEPTH_GRID, SSG_EXPORT_SHEET};
  const int widths[] = {64, 64, 64, 16, 3 * 128, 3 * 64}, heights[] = {64, 64, 64, 16, 2 * 128, 64 + 3 * 64 / 5};
  for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
    g_autofree char *path = in_folder("picture.png");
    SsgExportOptions options = options_for(kinds[i], path, face);
    export_now(&options);
    assert_synthetic(path);
    gboolean mask = kinds[i] == SSG_EXPORT_MASK;
    g_autoptr(SsgImage) image = ssg_image_load(path, mask ? SSG_IMAGE_LABEL : SSG_IMAGE_RGB, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(image->width, ==, widths[i]);
    g_assert_cmpint(image->height, ==, heights[i]);
    if (mask)
      g_assert_cmpint(memcmp(image->pixels, render->mask, 64 * 64), ==, 0);
    if (kinds[i] == SSG_EXPORT_PICTURE || kinds[i] == SSG_EXPORT_SHEET)
      for (int y = 0; y < 64; y++)
        for (int x = 0; x < 64; x++)
          g_assert_cmpint(memcmp(image->pixels + 3 * (y * image->width + x), render->rgb + 4 * (y * 64 + x), 3), ==, 0);
  }
}

static void test_numbers(void)
{
  g_autoptr(SsgFace) face = make_face(1);
  g_autoptr(SsgRender) render = render_face(face);
  GError *error = NULL;
  g_autofree char *png = in_folder("depth.png");
  SsgExportOptions options = options_for(SSG_EXPORT_DEPTH_16, png, face);
  export_now(&options);
  assert_synthetic(png);
  g_autofree char *data = NULL;
  gsize size;
  g_assert_true(g_file_get_contents(png, &data, &size, NULL));
  g_assert_cmpint(data[24], ==, 16); /* bits a sample */
  g_assert_cmpint(data[25], ==, 0);  /* grey */
  g_assert_nonnull(memmem(data, size, "pseudo-depth of part 2 (", 24));

  g_autofree char *npy = in_folder("depth.npy");
  options = options_for(SSG_EXPORT_DEPTH_NPY, npy, face);
  export_now(&options);
  g_autoptr(SsgHostTensor) depth = ssg_npy_load(npy, &error);
  g_assert_no_error(error);
  g_assert_true(depth->shape.rank == 3 && depth->shape.dim[0] == K && depth->shape.dim[1] == 16);
  g_assert_cmpint(memcmp(depth->data, render->depth, depth->n_bytes), ==, 0);

  g_autofree char *weights = in_folder("weight.npy");
  options = options_for(SSG_EXPORT_WEIGHT_NPY, weights, face);
  export_now(&options);
  g_autoptr(SsgHostTensor) weight = ssg_npy_load(weights, &error);
  g_assert_cmpint(memcmp(weight->data, render->weight, weight->n_bytes), ==, 0);

  g_autofree char *latent = in_folder("latent.npy");
  options = options_for(SSG_EXPORT_LATENT_NPY, latent, face);
  export_now(&options);
  g_autoptr(SsgHostTensor) codes = ssg_npy_load(latent, &error);
  g_assert_true(codes->shape.rank == 3 && codes->shape.dim[0] == 1 && codes->shape.dim[1] == 2 + 2 * K);
  g_assert_cmpint(memcmp(codes->data, ssg_face_codes(face), codes->n_bytes), ==, 0);

  g_autofree char *raw = in_folder("raw.safetensors");
  options = options_for(SSG_EXPORT_RAW, raw, face);
  export_now(&options);
  g_autoptr(SsgSafetensors) file = ssg_safetensors_open(raw, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(ssg_host_tensors_count(file->tensors), ==, 9);
  SsgHostTensor *seg = ssg_host_tensors_get(file->tensors, "seg");
  g_assert_true(seg->shape.dim[0] == 64 && seg->shape.dim[2] == K);
  const float *scores = seg->data;
  for (int i = 0; i < 64 * 64; i++) /* the mask is the argmax of seg, also in the file */
    for (int k = 0; k < K; k++)
      g_assert_cmpfloat(scores[i * K + k], <=, scores[i * K + render->mask[i]]);
  g_assert_cmpstr(ssg_safetensors_metadata(file, "format"), ==, "ssgan-picture");
}

static guint32 be32(const char *p)
{
  return (guint32) (guint8) p[0] << 24 | (guint8) p[1] << 16 | (guint8) p[2] << 8 | (guint8) p[3];
}

static guint32 slow_crc(const char *data, gsize size)
{
  guint32 crc = 0xffffffffu;
  for (gsize i = 0; i < size; i++) {
    crc ^= (guint8) data[i];
    for (int bit = 0; bit < 8; bit++)
      crc = crc & 1 ? 0xedb88320u ^ crc >> 1 : crc >> 1;
  }
  return ~crc;
}

/* Chunk by chunk, as the specification orders them. */
static void test_animation(void)
{
  g_autoptr(SsgFace) from = make_face(1);
  g_autoptr(SsgFace) to = make_face(2);
  g_autofree char *path = in_folder("animation.png");
  SsgExportOptions options = options_for(SSG_EXPORT_ANIMATION, path, from);
  options.to = to;
  options.back = TRUE;
  export_now(&options);
  assert_synthetic(path);
  g_autofree char *data = NULL;
  gsize size;
  g_assert_true(g_file_get_contents(path, &data, &size, NULL));
  guint32 sequence = 0, frames = 0;
  gboolean idat = FALSE, control = FALSE, ended = FALSE;
  for (gsize at = 8; at < size;) {
    guint32 n = be32(data + at);
    const char *type = data + at + 4, *body = data + at + 8;
    g_assert_cmpuint(at + 12 + n, <=, size);
    g_assert_cmphex(be32(body + n), ==, slow_crc(type, n + 4));
    g_assert_false(ended);
    if (memcmp(type, "acTL", 4) == 0) {
      g_assert_false(idat);
      g_assert_cmpuint(be32(body), ==, 6); /* there 4, back 2 */
      control = TRUE;
    } else if (memcmp(type, "fcTL", 4) == 0) {
      g_assert_true(control);
      g_assert_cmpuint(be32(body), ==, sequence++);
      g_assert_cmpuint(be32(body + 4), ==, 64);
      g_assert_cmpint(body[20] << 8 | body[21], ==, 40);
      frames++;
    } else if (memcmp(type, "IDAT", 4) == 0) {
      g_assert_cmpuint(frames, ==, 1);
      idat = TRUE;
    } else if (memcmp(type, "fdAT", 4) == 0) {
      g_assert_cmpuint(frames, >, 1);
      g_assert_cmpuint(be32(body), ==, sequence++);
    }
    ended = memcmp(type, "IEND", 4) == 0;
    at += 12 + n;
  }
  g_assert_true(ended && idat);
  g_assert_cmpuint(frames, ==, 6);
  g_autoptr(SsgRender) first = render_face(from); /* any reader shows the first frame */
  GError *error = NULL;
  g_autoptr(SsgImage) image = ssg_image_load(path, SSG_IMAGE_RGB, NULL, &error);
  g_assert_no_error(error);
  for (int i = 0; i < 64 * 64; i++)
    g_assert_cmpint(memcmp(image->pixels + 3 * i, first->rgb + 4 * i, 3), ==, 0);

  /* An animation that promised more frames than it got is no file. */
  g_autofree char *short_path = in_folder("short.png");
  g_autoptr(SsgApng) apng = ssg_apng_new(short_path, 64, 64, 2, 40, 0, NULL, &error);
  g_assert_true(ssg_apng_add(apng, first->rgb, &error));
  g_assert_false(ssg_apng_commit(apng, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT);
  g_clear_error(&error);
  g_assert_false(g_file_test(short_path, G_FILE_TEST_EXISTS));
}

static void test_frames(void)
{
  g_autoptr(SsgFace) from = make_face(1);
  g_autoptr(SsgFace) whole = make_face(2);
  g_autoptr(SsgFace) to = ssg_face_set_shown(whole, 2, FALSE);
  g_autofree char *path = in_folder("frames");
  SsgExportOptions options = options_for(SSG_EXPORT_FRAMES, path, from);
  options.to = to;
  options.back = TRUE;
  export_now(&options);
  for (int i = 5; i <= 6; i++) { /* the way back: 4 frames there, then 3 and 2 again */
    g_autofree char *there = g_strdup_printf("%s/frame-%05d.png", path, 8 - i);
    g_autofree char *back = g_strdup_printf("%s/frame-%05d.png", path, i);
    g_autofree char *a = NULL, *b = NULL;
    gsize a_size, b_size;
    g_assert_true(g_file_get_contents(there, &a, &a_size, NULL) && g_file_get_contents(back, &b, &b_size, NULL));
    g_assert_cmpmem(a, a_size, b, b_size);
  }
  g_autoptr(SsgRender) first = render_face(from);
  g_autoptr(SsgRender) last = render_face(to);
  for (int i = 1; i <= 4; i++) {
    g_autofree char *name = g_strdup_printf("frame-%05d.png", i);
    g_autofree char *frame = g_build_filename(path, name, NULL);
    GError *error = NULL;
    g_autoptr(SsgImage) image = ssg_image_load(frame, SSG_IMAGE_RGB, NULL, &error);
    g_assert_no_error(error);
    for (int p = 0; p < 64 * 64 && (i == 1 || i == 4); p++)
      g_assert_cmpint(memcmp(image->pixels + 3 * p, (i == 1 ? first : last)->rgb + 4 * p, 3), ==, 0);
  }
}

/* Fewer frames into the same folder: no old ones behind them. A folder with other things in it is left as it is. */
static void test_frames_again(void)
{
  g_autoptr(SsgFace) from = make_face(1), to = make_face(2);
  g_autofree char *path = in_folder("frames-again");
  SsgExportOptions options = options_for(SSG_EXPORT_FRAMES, path, from);
  options.to = to;
  options.n_frames = 4;
  export_now(&options);
  options.n_frames = 2;
  export_now(&options);
  static const gboolean there[] = {TRUE, TRUE, FALSE, FALSE};
  for (int i = 0; i < 4; i++) {
    g_autofree char *frame = g_strdup_printf("%s/frame-%05d.png", path, i + 1);
    g_assert_true(g_file_test(frame, G_FILE_TEST_EXISTS) == there[i]);
  }
  g_autofree char *own = g_build_filename(path, "frame-notes.png", NULL), *third = g_build_filename(path, "frame-00003.png", NULL);
  g_assert_true(g_file_set_contents(own, "mine", -1, NULL));
  options.n_frames = 3;
  Finish finish = {0};
  g_autoptr(SsgExportJob) job = ssg_export_start(service, &options);
  g_signal_connect(job, "finished", G_CALLBACK(finished), &finish);
  WAIT_FOR(finish.done);
  g_assert_error(finish.error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY);
  g_assert_nonnull(strstr(finish.error->message, "frame-notes.png"));
  g_clear_error(&finish.error);
  g_assert_false(g_file_test(third, G_FILE_TEST_EXISTS));
}

static void test_cancel_and_errors(void)
{
  g_autoptr(SsgFace) from = make_face(1);
  g_autoptr(SsgFace) to = make_face(2);
  const char *names[] = {"cancelled", "cancelled.png"};
  const SsgExportKind kinds[] = {SSG_EXPORT_FRAMES, SSG_EXPORT_ANIMATION};
  for (int i = 0; i < 2; i++) {
    g_autofree char *path = in_folder(names[i]);
    SsgExportOptions options = options_for(kinds[i], path, from);
    options.to = to;
    options.n_frames = 5000;
    Finish finish = {0};
    g_autoptr(SsgExportJob) job = ssg_export_start(service, &options);
    g_signal_connect(job, "finished", G_CALLBACK(finished), &finish);
    g_signal_connect_swapped(job, "notify::progress", G_CALLBACK(progressed), &finish);
    WAIT_FOR(finish.n_progress > 1);
    ssg_export_job_cancel(job);
    WAIT_FOR(finish.done);
    g_assert_error(finish.error, SSG_ERROR, SSG_ERROR_CANCELLED);
    g_clear_error(&finish.error);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
  }
  const struct {
    SsgExportKind kind;
    const char *path;
    int part, n_frames;
    int code;
  } bad[] = {{SSG_EXPORT_PICTURE, "/nonexistent/x.png", 0, 4, SSG_ERROR_FILE},
             {SSG_EXPORT_DEPTH_16, "/tmp/x.png", K, 4, SSG_ERROR_ARGUMENT},
             {SSG_EXPORT_FRAMES, "/tmp/x", 0, 1, SSG_ERROR_ARGUMENT},
             {SSG_EXPORT_LATENT_NPY, "/nonexistent/x.npy", 0, 4, SSG_ERROR_FILE},
             {SSG_EXPORT_FRAMES, "/nonexistent/x/y", 0, 4, SSG_ERROR_FILE}};
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
    SsgExportOptions options = options_for(bad[i].kind, bad[i].path, from);
    options.part = bad[i].part;
    options.to = to;
    options.n_frames = bad[i].n_frames;
    Finish finish = {0};
    g_autoptr(SsgExportJob) job = ssg_export_start(service, &options);
    g_signal_connect(job, "finished", G_CALLBACK(finished), &finish);
    WAIT_FOR(finish.done);
    g_assert_error(finish.error, SSG_ERROR, bad[i].code);
    g_clear_error(&finish.error);
  }
  g_autoptr(SsgRenderService) empty = ssg_render_service_new(worker);
  SsgExportOptions options = options_for(SSG_EXPORT_PICTURE, "/tmp/x.png", from);
  Finish finish = {0};
  g_autoptr(SsgExportJob) job = ssg_export_start(empty, &options);
  g_signal_connect(job, "finished", G_CALLBACK(finished), &finish);
  WAIT_FOR(finish.done);
  g_assert_error(finish.error, SSG_ERROR, SSG_ERROR_ARGUMENT);
  g_clear_error(&finish.error);
}

/* A picture can carry its face: it is the same picture, and opens as that face; the model's place on this disk stays here. */
static void test_face_in_picture(void)
{
  g_autoptr(SsgFace) made = make_face(1);
  g_autoptr(SsgFace) hidden = ssg_face_set_shown(made, 2, FALSE);
  g_autoptr(SsgFace) face = ssg_face_set_transform(hidden, 1, (SsgTransform) {1.25f, 0.1f, -0.2f});
  g_autofree char *plain = in_folder("plain.png"), *path = in_folder("face.png"), *broken = in_folder("broken.png");
  const SsgExportKind kinds[] = {SSG_EXPORT_PICTURE, SSG_EXPORT_SHEET, SSG_EXPORT_MASK};
  GError *error = NULL;
  for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
    SsgExportOptions options = options_for(kinds[i], plain, face);
    export_now(&options);
    options.path = path;
    options.project = ssg_picture_snapshot_new(&tiny_info, "ab12", face, "Face of face.png", &error);
    g_assert_no_error(error);
    export_now(&options); /* the project is the job's now */
    g_assert_false(ssg_picture_sniff(plain));
    g_assert_true(ssg_picture_sniff(path) == ssg_export_keeps_face(kinds[i]));
    g_autoptr(SsgImage) with = ssg_image_load(path, kinds[i] == SSG_EXPORT_MASK ? SSG_IMAGE_LABEL : SSG_IMAGE_RGB, NULL, &error);
    g_assert_no_error(error);
    g_autoptr(SsgImage) without = ssg_image_load(plain, kinds[i] == SSG_EXPORT_MASK ? SSG_IMAGE_LABEL : SSG_IMAGE_RGB, NULL, &error);
    gsize n = (gsize) with->width * with->height * with->channels;
    g_assert_cmpmem(with->pixels, n, without->pixels, (gsize) without->width * without->height * without->channels);
    if (!ssg_export_keeps_face(kinds[i]))
      continue;
    g_autoptr(SsgDocument) document = ssg_picture_load(path, &error);
    g_assert_no_error(error);
    g_assert_true(ssg_face_equal(ssg_document_face(document), face));
    g_assert_cmpstr(ssg_document_model_hash(document), ==, "ab12");
    g_assert_null(ssg_document_model_path(document));
    g_assert_null(ssg_document_file(document));
    g_assert_false(ssg_document_modified(document));
    g_assert_cmpuint(g_list_model_get_n_items(ssg_document_history(document)), ==, 1);
  }
  g_autofree char *model = ssg_picture_text(path, "Model");
  g_assert_null(ssg_picture_text(path, "Seed"));
  g_assert_null(ssg_picture_text("/nonexistent/x.png", "Seed"));
  g_assert_cmpstr(model, ==, ssg_render_service_model_info(service)->name);

  /* Cut off anywhere, or with a bit turned over: an error that names the picture, or none there. */
  SsgExportOptions options = options_for(SSG_EXPORT_PICTURE, path, face);
  options.project = ssg_picture_snapshot_new(&tiny_info, "ab12", face, "", &error);
  export_now(&options);
  g_autofree char *data = NULL;
  gsize size;
  g_assert_true(g_file_get_contents(path, &data, &size, NULL));
  const char *chunk = memmem(data, size, "ssGN", 4);
  gsize at = chunk - data - 4, length = be32(data + at);
  g_assert_cmphex(be32(data + at + 8 + length), ==, slow_crc(data + at + 4, length + 4));
  for (gsize cut = 0; cut < at + 12 + length; cut += 1 + cut / 9) {
    g_assert_true(g_file_set_contents(broken, data, cut, NULL));
    g_assert_false(ssg_picture_sniff(broken));
    g_assert_null(ssg_picture_load(broken, &error));
    g_assert_error(error, SSG_ERROR, SSG_ERROR_FORMAT);
    g_assert_nonnull(strstr(error->message, "broken.png"));
    g_clear_error(&error);
  }
  for (gsize i = 0; i < 100; i++) {
    gsize where = at + 8 + i * 7919 % length;
    data[where] ^= 1 << i % 8;
    g_assert_true(g_file_set_contents(broken, data, size, NULL));
    g_assert_null(ssg_picture_load(broken, &error));
    g_assert_error(error, SSG_ERROR, SSG_ERROR_FORMAT);
    g_clear_error(&error);
    data[where] ^= 1 << i % 8;
  }
}

static void test_names(void)
{
  g_autofree char *picture = ssg_export_suggest_name(SSG_EXPORT_PICTURE, "Portrait study", "Hair");
  g_assert_cmpstr(picture, ==, "Portrait study.png");
  g_autofree char *depth = ssg_export_suggest_name(SSG_EXPORT_DEPTH_16, "A/B", "Hair");
  g_assert_cmpstr(depth, ==, "A-B – Depth, 16 bit, Hair.png");
  for (int kind = 0; kind < SSG_N_EXPORTS; kind++)
    g_assert_cmpstr(ssg_export_title(kind), !=, "");
  g_assert_cmpstr(ssg_export_extension(SSG_EXPORT_FRAMES), ==, "");
}

int main(int argc, char **argv)
{
  g_setenv("LANGUAGE", "C", TRUE);
  g_test_init(&argc, &argv, NULL);
  worker = ssg_worker_new();
  service = ssg_render_service_new(worker);
  folder = make_folder();
  ssg_render_service_load_random(service, &tiny, 1, "cpu");
  WAIT_FOR(ssg_render_service_state(service) == SSG_SERVICE_READY);
  g_test_add_func("/app/export/pictures", test_pictures);
  g_test_add_func("/app/export/numbers", test_numbers);
  g_test_add_func("/app/export/animation", test_animation);
  g_test_add_func("/app/export/frames", test_frames);
  g_test_add_func("/app/export/frames-again", test_frames_again);
  g_test_add_func("/app/export/cancel-and-errors", test_cancel_and_errors);
  g_test_add_func("/app/export/face-in-picture", test_face_in_picture);
  g_test_add_func("/app/export/names", test_names);
  int status = g_test_run();
  g_object_unref(service);
  ssg_worker_unref(worker);
  remove_folder(folder);
  g_free(folder);
  return status;
}
