#include "engine/transfer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/error.h"

/* Of a tensor of `to`: which one of `from` it takes its values from, and how. */
typedef struct {
  char *name;      /* in `from`; NULL: none */
  gint64 columns;  /* of the last axis, that mean the same in both when their numbers differ; 0: none */
  gint64 appended; /* columns from `columns` on that `to` has from `appended_at` on, where there are as many in both */
  gint64 appended_at;
  float scale;     /* of those columns */
  gboolean zero_columns; /* columns beyond those: 0 instead of the initial value */
  gboolean fewer_rows;   /* `from` may have fewer of the first axis: rows beyond its own stay as initialised */
  gboolean rearranged;   /* columns mean other things in both, also where their numbers are the same */
  const SsgParameter *fold; /* otherwise: the factors of the old columns, whose halves add up to the last new ones; the others become 0 */
  gboolean zero;         /* all of it, where `from` has none */
} Plan;

typedef void (*PlanFunc)(const char *name, gconstpointer from, gconstpointer to, Plan *plan);

typedef struct {
  gint64 copied, all; /* trained numbers */
  int weights;        /* tensors copied whole or in part that are matrices or convolutions */
  GString *changed, *fresh;
} Report;

/* --- which from which --- */

/* How many levels the render net of b has in front of those of a. */
static int levels_in_front(const SsgArchitecture *a, const SsgArchitecture *b)
{
  int n = 0;
  while (b->render_size << n < a->render_size)
    n++;
  return n;
}

/* The name in a network whose first level is the one that here has `in_front` before it; NULL: there is none. */
static char *renumbered(const char *name, int in_front)
{
  static const struct {
    const char *before;
    int per_level;
  } numbers[] = {{"render_net.convs.", 2}, {"render_net.noises.noise_", 2}, {"render_net.to_rgbs.", 1}, {"render_net.to_segs.", 1}};
  for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
    if (!g_str_has_prefix(name, numbers[i].before))
      continue;
    char *rest;
    gint64 number = g_ascii_strtoll(name + strlen(numbers[i].before), &rest, 10) - in_front * numbers[i].per_level;
    return number < 0 ? NULL : g_strdup_printf("%s%" G_GINT64_FORMAT "%s", numbers[i].before, number, rest);
  }
  return g_strdup(name);
}

static const SsgParameter *find(const SsgParameters *p, const char *name)
{
  for (int i = 0; name && i < ssg_parameters_count(p); i++)
    if (g_str_equal(ssg_parameters_get(p, i)->name, name))
      return ssg_parameters_get(p, i);
  return NULL;
}

/* Of convolution `i` of the render net: how many channels of the picture so far it sees, before the features that a level appends. */
static int channels_before_features(const SsgArchitecture *a, int i)
{
  int level = i / 2;
  return i % 2 ? a->render_channels[level] : level == 0 ? a->feature_channels : a->render_channels[level - 1];
}

static int appended_channels(const SsgArchitecture *a, int i)
{
  return i % 2 == 0 && a->render_size << i / 2 == a->coarse_size ? a->feature_channels : 0;
}

/* The old network's first convolution sees features where this one sees a picture: only the sum of what both halves see goes on. */
static void plan_joined_features(const SsgGenerator *from, const SsgArchitecture *b, gboolean weight, Plan *plan)
{
  const SsgArchitecture *a = &from->arch;

  plan->rearranged = TRUE;
  if (a->render_size != a->coarse_size || a->coarse_size != b->coarse_size || a->feature_channels != b->feature_channels)
    return;
  if (weight) {
    plan->fold = find(from->parameters, "render_net.convs.0.modulation");
    plan->fewer_rows = TRUE;
  } else {
    g_clear_pointer(&plan->name, g_free); /* they are in the sum; 1 here */
  }
}

/* Convolution `i` takes its values from convolution `old` of `from`. More channels: the new ones are made from the first iteration on,
 * and the weights for them, which are 0, learn to hear them. Demodulation takes the run-time scale out. */
static void plan_convolution(const SsgGenerator *from, const SsgArchitecture *b, int old, int i, const char *what, Plan *plan)
{
  const SsgArchitecture *a = &from->arch;
  gboolean weight = g_str_equal(what, "weight");

  if (old / 2 >= a->n_levels)
    return;
  int have = a->render_channels[old / 2], want = b->render_channels[i / 2];
  int before = channels_before_features(a, old), now = channels_before_features(b, i);

  if (g_str_equal(what, "activate.bias")) {
    plan->columns = want > have ? have : 0;
  } else if (!weight && !g_str_equal(what, "modulation")) {
    return;
  } else if (old == 0 && i > 0) {
    plan_joined_features(from, b, weight, plan);
  } else {
    gboolean same_features = appended_channels(a, old) == appended_channels(b, i);
    plan->rearranged = before != now || !same_features;
    if (want < have || now < before || (i == 0 && a->feature_channels != b->feature_channels))
      return;
    plan->columns = before;
    plan->zero_columns = plan->fewer_rows = weight;
    plan->appended = same_features ? appended_channels(a, old) : 0;
    plan->appended_at = now;
  }
}

static void plan_head(const SsgArchitecture *a, const SsgArchitecture *b, int old, int level, const char *what, Plan *plan)
{
  gboolean weight = g_str_equal(what, "weight");
  if (old >= a->n_levels) {
    plan->zero = weight;
  } else if (b->render_channels[level] > a->render_channels[old]) {
    plan->columns = a->render_channels[old];
    plan->scale = weight ? sqrt((double) b->render_channels[level] / a->render_channels[old]) : 1;
    plan->zero_columns = weight;
  }
}

static void plan_generator(const char *name, gconstpointer from, gconstpointer to, Plan *plan)
{
  const SsgArchitecture *a = &((const SsgGenerator *) from)->arch, *b = &((const SsgGenerator *) to)->arch;
  int in_front = levels_in_front(a, b), i;
  char what[16];

  if (g_str_equal(name, "pos_embed.weights")) {
    plan->name = g_strdup(name);
    gint64 old = ssg_architecture_fourier_channels(a), new = ssg_architecture_fourier_channels(b);
    plan->columns = MIN(old, new);
    plan->scale = sqrt((double) new / old);
    plan->zero_columns = TRUE;
    return;
  }
  plan->name = renumbered(name, in_front);
  if (!plan->name)
    plan->zero = g_str_has_prefix(name, "render_net.to_") && g_str_has_suffix(name, ".conv.weight");
  else if (sscanf(name, "render_net.convs.%d.%15s", &i, what) == 2)
    plan_convolution(from, b, i - 2 * in_front, i, what, plan);
  else if (sscanf(name, "render_net.to_%*[a-z].%d.conv.%15s", &i, what) == 2)
    plan_head(a, b, i - in_front, i, what, plan);
}

static void plan_discriminator(const char *name, gconstpointer from, gconstpointer to, Plan *plan)
{
  int more = ((const SsgDiscriminator *) to)->arch.n_disc_levels - ((const SsgDiscriminator *) from)->arch.n_disc_levels;
  int block, rest = 0;

  if (sscanf(name, "convs_%*[a-z].%d%n", &block, &rest) == 1 && block > 0) {
    if (block - more > 0)
      plan->name = g_strdup_printf("%.10s%d%s", name, block - more, name + rest); /* ten letters: "convs_img." */
  } else {
    plan->name = g_strdup(name);
  }
}

/* --- copying --- */

static gboolean same_but_last_axis(const SsgShape *a, const SsgShape *b)
{
  return a->rank == b->rank && a->rank > 0 && memcmp(a->dim, b->dim, (a->rank - 1) * sizeof a->dim[0]) == 0;
}

/* But for the last axis, and rows that `to` has more. */
static gboolean same_rows(const SsgShape *a, const SsgShape *b, const Plan *plan)
{
  SsgShape cut = *b;
  if (plan->fewer_rows && a->rank == b->rank && a->dim[0] < b->dim[0])
    cut.dim[0] = a->dim[0];
  return same_but_last_axis(a, &cut);
}

/* The common columns of every row that `from` has; what `to` has beyond them becomes 0 or stays. */
static void copy_columns(const SsgParameter *old, const float *from, const SsgParameter *new, float *to, const Plan *plan)
{
  gint64 have = old->shape.dim[old->shape.rank - 1], want = new->shape.dim[new->shape.rank - 1];
  gint64 rows = ssg_shape_elements(&old->shape) / have;
  for (gint64 row = 0; row < rows; row++) {
    const float *in = from + row * have;
    float *out = to + row * want;
    if (plan->zero_columns)
      memset(out, 0, want * sizeof(float));
    for (gint64 i = 0; i < plan->columns; i++)
      out[i] = in[i] * plan->scale;
    memcpy(out + plan->appended_at, in + plan->columns, plan->appended * sizeof(float));
  }
}

/* Rows of old columns [2 F] become rows of some zeros and F sums; further ones stay. */
static void fold_columns(const SsgParameter *old, const float *from, const float *factors, const SsgParameter *new, float *to)
{
  gint64 have = old->shape.dim[old->shape.rank - 1], want = new->shape.dim[new->shape.rank - 1], half = have / 2;
  gint64 rows = ssg_shape_elements(&old->shape) / have;
  for (gint64 row = 0; row < rows; row++) {
    const float *in = from + row * have;
    float *out = to + row * want;
    memset(out, 0, (want - half) * sizeof(float));
    for (gint64 i = 0; i < half; i++)
      out[want - half + i] = in[i] * factors[i] + in[half + i] * factors[half + i];
  }
}

static void add_item(GString *list, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void add_item(GString *list, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  if (list->len)
    g_string_append(list, ", ");
  g_string_append_vprintf(list, format, args);
  va_end(args);
}

static void transfer_one(const SsgParameter *old, const float *from, const SsgParameter *new, float *to, const Plan *plan,
                         Report *report)
{
  gint64 n = ssg_shape_elements(&new->shape), copied = 0;

  to += new->start;
  if (old && plan->fold && same_rows(&old->shape, &new->shape, plan)) {
    g_autofree char *before = ssg_shape_text(&old->shape), *after = ssg_shape_text(&new->shape);
    fold_columns(old, from + old->start, from + plan->fold->start, new, to);
    copied = ssg_shape_elements(&old->shape) / 2;
    add_item(report->changed, "%s from %s to %s", new->name, before, after);
  } else if (old && !plan->rearranged && ssg_shape_equal(&old->shape, &new->shape)) {
    memcpy(to, from + old->start, n * sizeof(float));
    copied = n;
  } else if (old && plan->columns && same_rows(&old->shape, &new->shape, plan)) {
    g_autofree char *before = ssg_shape_text(&old->shape), *after = ssg_shape_text(&new->shape);
    copy_columns(old, from + old->start, new, to, plan);
    copied = ssg_shape_elements(&old->shape) / old->shape.dim[old->shape.rank - 1] * (plan->columns + plan->appended);
    add_item(report->changed, "%s from %s to %s", new->name, before, after);
  } else {
    if (plan->zero)
      memset(to, 0, n * sizeof(float));
    add_item(report->fresh, "%s%s", new->name, plan->zero ? " (0)" : "");
  }
  if (new->buffer)
    return;
  report->copied += copied;
  report->all += n;
  report->weights += copied && new->shape.rank > 1 && strstr(new->name, "weight");
}

static gboolean transfer(gconstpointer from_network, const SsgParameters *from, gconstpointer to_network, SsgParameters *to,
                         PlanFunc plan_for, Report *report, GError **error)
{
  SsgTensor *in = ssg_parameters_block(from), *out = ssg_parameters_block(to);
  g_autofree float *old = g_new(float, ssg_tensor_elements(in)), *new = g_new(float, ssg_tensor_elements(out));

  if (!ssg_tensor_download(in, old) || !ssg_tensor_download(out, new))
    return ssg_context_check(ssg_parameters_context(to), error);
  for (int i = 0; i < ssg_parameters_count(to); i++) {
    const SsgParameter *parameter = ssg_parameters_get(to, i);
    Plan plan = {.scale = 1};
    plan_for(parameter->name, from_network, to_network, &plan);
    transfer_one(find(from, plan.name), old, parameter, new, &plan, report);
    g_free(plan.name);
  }
  ssg_tensor_upload(out, new);
  return ssg_context_check(ssg_parameters_context(to), error);
}

/* --- a first block that passes the picture on --- */

static float *values_of(SsgTensor *t)
{
  float *host = g_new(float, ssg_tensor_elements(t));
  ssg_tensor_download(t, host);
  return host;
}

/* Sets the layers of `to` that `from` (a branch for half the edge, channels inputs) does not have, such that
 *   in_weight  the first channels are act(x_j + 1) = sqrt(2) (x_j + 1), linear for x in [-1, 1], the padding's 0 standing for -1,
 *   conv1      sqrt(2) times that,
 *   conv2      after the blur that halves the edge: sqrt(2) act(W x + b) with W, b of from's in_weight,
 *   skip       nothing; with the block's 1/sqrt(2) the result is what from's first layer makes of the halved picture.
 * Run-time scales 1/sqrt(fan_in) are taken out. Channels beyond the first stay as initialised and are heard once conv2 has weights for
 * them. */
static void pass_on(const SsgBranch *from, SsgBranch *to, gint64 channels)
{
  gint64 width = ssg_tensor_dim(to->in_weight, 0), out = ssg_tensor_dim(from->in_weight, 0), fan_in = 9 * width;
  SsgResidualBlock *block = &to->blocks[0];
  g_autofree float *in = values_of(to->in_weight), *in_bias = values_of(to->in_bias), *conv1 = values_of(block->conv1);
  g_autofree float *bias1 = values_of(block->bias1), *conv2 = g_new0(float, out * fan_in), *bias2 = g_new0(float, out);
  g_autofree float *skip = g_new0(float, out * width), *w = values_of(from->in_weight), *b = values_of(from->in_bias);

  for (gint64 j = 0; j < channels; j++) {
    memset(in + j * channels, 0, channels * sizeof *in);
    in[j * channels + j] = sqrt(channels);
    in_bias[j] = 1;
    memset(conv1 + j * fan_in, 0, fan_in * sizeof *conv1);
    conv1[j * fan_in + 4 * width + j] = sqrt(fan_in); /* the middle of 3 x 3 */
    bias1[j] = 0;
  }
  for (gint64 i = 0; i < out; i++) {
    bias2[i] = G_SQRT2 * b[i];
    for (gint64 j = 0; j < channels; j++) {
      double weight = G_SQRT2 * w[i * channels + j] / sqrt(channels);
      conv2[i * fan_in + 4 * width + j] = weight * sqrt(fan_in) / 2; /* conv1 gives 2 (x + 1) */
      bias2[i] -= weight;
    }
  }
  ssg_tensor_upload(to->in_weight, in);
  ssg_tensor_upload(to->in_bias, in_bias);
  ssg_tensor_upload(block->conv1, conv1);
  ssg_tensor_upload(block->bias1, bias1);
  ssg_tensor_upload(block->conv2, conv2);
  ssg_tensor_upload(block->bias2, bias2);
  ssg_tensor_upload(block->skip, skip);
}

/* Where the networks allow it; TRUE when both branches could be carried over. */
static gboolean pass_pictures_on(const SsgDiscriminator *from, SsgDiscriminator *to)
{
  const SsgArchitecture *a = &from->arch, *b = &to->arch;
  int channels = b->disc_masks ? MAX(3, b->n_parts) : 3;

  if (b->n_disc_levels != a->n_disc_levels + 1 || b->disc_channels[1] != a->disc_channels[0] || b->disc_channels[0] < channels ||
      (b->disc_masks && (!a->disc_masks || a->n_parts != b->n_parts)))
    return FALSE;
  pass_on(&from->image, &to->image, 3);
  if (b->disc_masks)
    pass_on(&from->mask, &to->mask, b->n_parts);
  return TRUE;
}

/* --- what is said of it --- */

static void report_clear(Report *report)
{
  g_string_free(report->changed, TRUE);
  g_string_free(report->fresh, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Report, report_clear)

static Report report_new(void)
{
  return (Report){.changed = g_string_new(NULL), .fresh = g_string_new(NULL)};
}

static char *report_text(const Report *report, const char *what)
{
  return g_strdup_printf("%s: %.1f%% of %" G_GINT64_FORMAT " numbers copied; cut or extended: %s; fresh: %s", what,
                         100.0 * report->copied / MAX(1, report->all), report->all, report->changed->len ? report->changed->str : "none",
                         report->fresh->len ? report->fresh->str : "none");
}

char *ssg_transfer_generator(const SsgGenerator *from, SsgGenerator *to, const char *source, GError **error)
{
  const SsgArchitecture *a = &from->arch, *b = &to->arch;
  g_auto(Report) report = report_new();

  if (a->n_parts != b->n_parts) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE, "%s has %d parts, the model that is to start from it %d: they must be the same parts",
                source, a->n_parts, b->n_parts);
    return NULL;
  }
  if (!transfer(from, from->parameters, to, to->parameters, plan_generator, &report, error))
    return NULL;
  if (report.weights == 0) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE,
                "%s: no weight has the shape that it has in the model that is to start from it (style dimension %d there, %d here; hidden "
                "channels %d and %d; coarse features %d and %d)", source, a->style_dim, b->style_dim, a->local_channels, b->local_channels,
                a->feature_channels, b->feature_channels);
    return NULL;
  }
  return report_text(&report, "generator");
}

char *ssg_transfer_discriminator(const SsgDiscriminator *from, SsgDiscriminator *to, GError **error)
{
  g_auto(Report) report = report_new();
  if (!transfer(from, from->parameters, to, to->parameters, plan_discriminator, &report, error))
    return NULL;
  gboolean passed_on = pass_pictures_on(from, to);
  g_autofree char *text = report_text(&report, "discriminator");
  return passed_on ? g_strconcat(text, "; the first block passes pictures on at half the size", NULL) : g_steal_pointer(&text);
}
