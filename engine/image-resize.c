#include "engine/image-resize.h"

#include <math.h>
#include <string.h>

#include "engine/error.h"

#define LOBES 3.0

/* The weights of one output sample: taps inputs from first on. */
typedef struct {
  int first, taps;
  gsize offset; /* into Kernel.weights */
} Span;

typedef struct {
  Span *spans;
  float *weights;
} Kernel;

static double lanczos(double x)
{
  x = fabs(x);
  if (x < 1e-9)
    return 1.0;
  if (x >= LOBES)
    return 0.0;
  double t = G_PI * x;
  return LOBES * sin(t) * sin(t / LOBES) / (t * t);
}

static Kernel kernel_new(int n_in, int n_out)
{
  double scale = (double) n_in / n_out, widen = MAX(scale, 1.0), support = LOBES * widen;
  gsize max_taps = (gsize) ceil(2 * support) + 2;
  Kernel kernel = {g_new(Span, n_out), g_new(float, max_taps *(gsize) n_out)};
  gsize used = 0;
  for (int i = 0; i < n_out; i++) {
    double centre = (i + 0.5) * scale, sum = 0;
    int first = MAX((int) floor(centre - support), 0), last = MIN((int) ceil(centre + support), n_in);
    float *weights = kernel.weights + used;
    for (int j = first; j < last; j++)
      sum += weights[j - first] = (float) lanczos((j + 0.5 - centre) / widen);
    for (int j = first; j < last; j++)
      weights[j - first] = (float) (weights[j - first] / sum);
    kernel.spans[i] = (Span){first, last - first, used};
    used += (gsize) (last - first);
  }
  return kernel;
}

static void kernel_clear(Kernel *kernel)
{
  g_free(kernel->spans);
  g_free(kernel->weights);
}

/* One row of the picture as floats, filtered along x: out [width, channels]. */
static void filter_row(const SsgImage *image, int y, const Kernel *kernel, int width, float *line, float *out)
{
  int channels = image->channels;
  const guint8 *in = image->pixels + (gsize) y * (gsize) image->width * (gsize) channels;
  for (int x = 0; x < image->width; x++) {
    float alpha = channels == 4 ? in[x * 4 + 3] / 255.0f : 1.0f;
    for (int c = 0; c < channels; c++)
      line[x * channels + c] = c == 3 ? in[x * 4 + 3] : in[x * channels + c] * alpha;
  }
  for (int x = 0; x < width; x++) {
    const Span *span = &kernel->spans[x];
    const float *weights = kernel->weights + span->offset, *from = line + (gsize) span->first * (gsize) channels;
    float sums[4] = {0};
    for (int t = 0; t < span->taps; t++) {
      for (int c = 0; c < channels; c++)
        sums[c] += weights[t] * from[t * channels + c];
    }
    memcpy(out + (gsize) x * (gsize) channels, sums, (gsize) channels * sizeof(float));
  }
}

static guint8 to_byte(float value)
{
  return (guint8) CLAMP(value + 0.5f, 0.0f, 255.0f);
}

static void store_row(const float *sums, int width, int channels, guint8 *out)
{
  for (int x = 0; x < width; x++, sums += channels, out += channels) {
    float scale = channels < 4 ? 1.0f : (sums[3] > 0.5f ? 255.0f / sums[3] : 0.0f);
    for (int c = 0; c < channels; c++)
      out[c] = to_byte(c == 3 ? sums[3] : sums[c] * scale);
  }
}

static void resize_lanczos(const SsgImage *image, SsgImage *out)
{
  Kernel across = kernel_new(image->width, out->width), down = kernel_new(image->height, out->height);
  gsize channels = (gsize) image->channels, row = (gsize) out->width * channels;
  g_autofree float *line = g_new(float, (gsize) image->width *channels), *sums = g_new(float, row);
  /* Filtered rows are kept in a ring as high as the tallest window, so that memory does not grow with the picture. */
  int ring = 1;
  for (int y = 0; y < out->height; y++)
    ring = MAX(ring, down.spans[y].taps);
  g_autofree float *rows = g_new(float, row *(gsize) ring);
  int done = 0;
  for (int y = 0; y < out->height; y++) {
    const Span *span = &down.spans[y];
    for (done = MAX(done, span->first); done < span->first + span->taps; done++)
      filter_row(image, done, &across, out->width, line, rows + (gsize) (done % ring) * row);
    memset(sums, 0, row * sizeof(float));
    for (int t = 0; t < span->taps; t++) {
      float weight = down.weights[span->offset + (gsize) t];
      const float *from = rows + (gsize) ((span->first + t) % ring) * row;
      for (gsize i = 0; i < row; i++)
        sums[i] += weight * from[i];
    }
    store_row(sums, out->width, image->channels, out->pixels + (gsize) y * row);
  }
  kernel_clear(&across);
  kernel_clear(&down);
}

static void resize_nearest(const SsgImage *image, SsgImage *out)
{
  gsize channels = (gsize) image->channels;
  for (int y = 0; y < out->height; y++) {
    gsize from_y = (gsize) (((gint64) 2 * y + 1) * image->height / (2 * out->height));
    guint8 *to = out->pixels + (gsize) y * (gsize) out->width * channels;
    for (int x = 0; x < out->width; x++, to += channels) {
      gsize from_x = (gsize) (((gint64) 2 * x + 1) * image->width / (2 * out->width));
      memcpy(to, image->pixels + (from_y * (gsize) image->width + from_x) * channels, channels);
    }
  }
}

SsgImage *ssg_image_resize(const SsgImage *image, int width, int height, SsgResample how, GError **error)
{
  if (width < 1 || height < 1 || width > SSG_IMAGE_MAX_SIDE || height > SSG_IMAGE_MAX_SIDE) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "a picture cannot be resized to %d x %d (1 to %d a side)", width,
                height, SSG_IMAGE_MAX_SIDE);
    return NULL;
  }
  SsgImage *out = ssg_image_new(width, height, image->channels, error);
  if (!out)
    return NULL;
  if (width == image->width && height == image->height)
    memcpy(out->pixels, image->pixels, (gsize) width * (gsize) height * (gsize) image->channels);
  else if (how == SSG_RESAMPLE_NEAREST)
    resize_nearest(image, out);
  else
    resize_lanczos(image, out);
  return out;
}

SsgImage *ssg_image_crop(const SsgImage *image, int x, int y, int width, int height, GError **error)
{
  if (x < 0 || y < 0 || width < 1 || height < 1 || width > image->width - x || height > image->height - y) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "a crop of %d x %d at (%d, %d) lies outside a picture of %d x %d",
                width, height, x, y, image->width, image->height);
    return NULL;
  }
  SsgImage *out = ssg_image_new(width, height, image->channels, error);
  gsize channels = (gsize) image->channels, row = (gsize) width * channels;
  for (int i = 0; out && i < height; i++)
    memcpy(out->pixels + (gsize) i * row,
           image->pixels + ((gsize) (y + i) * (gsize) image->width + (gsize) x) * channels, row);
  return out;
}

SsgImage *ssg_image_crop_centre(const SsgImage *image, GError **error)
{
  int side = MIN(image->width, image->height);
  return ssg_image_crop(image, (image->width - side) / 2, (image->height - side) / 2, side, side, error);
}
