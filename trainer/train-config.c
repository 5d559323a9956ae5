#include "trainer/train-config.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "engine/architecture-file.h"
#include "engine/error.h"
#include "engine/json-text.h"

typedef enum { INTEGER, LONG, UNSIGNED, REAL, SINGLE, SWITCH, TEXT } Kind; /* SINGLE: float; LONG: gint64 */

typedef struct {
  const char *name; /* on command lines; in JSON with '_' for '-' */
  Kind kind;
  gsize offset;
  double low, high;
  const char *argument, *help;
} Option;

#define AT(field) G_STRUCT_OFFSET(SsgTrainConfig, field)
static const Option options[] = {
    {"data", TEXT, AT(data), 0, 0, "DB", "Dataset to learn from"},
    {"out", TEXT, AT(out), 0, 0, "FOLDER", "Where numbered run folders are made (runs)"},
    {"name", TEXT, AT(name), 0, 0, "NAME", "Name of the run (the preset's, or finetune)"},
    {"init", TEXT, AT(init), 0, 0, "MODEL", "Start from the parameters of a model, or of a run's newest snapshot, as far as they fit"},
    {"depth-scale", REAL, AT(depth_scale), 1e-3, 1e3, "F", "Depth maps of the model that a run starts from, times F; below 1 parts meet in softer borders (1)"},
    {"part-from", TEXT, AT(part_from), 0, 0, "PART=OTHER", "Of the model that a run starts from, a part begins anew as a copy of another: for one that is never seen"},
    {"iterations", LONG, AT(iterations), 1, 1e12, "N", "Stop after so many iterations"},
    {"batch", INTEGER, AT(batch), 1, 65536, "N", "Images of one iteration, over all processes"},
    {"micro-batch", INTEGER, AT(micro_batch), 0, 65536, "N", "Images computed at once; gradients of the batch add up (4 on the CPU, all on a GPU)"},
    {"lr", SINGLE, AT(options.lr), 0, 10, "RATE", "Learning rate"},
    {"lr-cooldown", LONG, AT(lr_cooldown), 0, 1e12, "N", "The rate falls evenly to 0 over the last N iterations (0: it stays)"},
    {"d-lr-scale", SINGLE, AT(options.d_lr_scale), 0, 1000, "F", "The discriminator's learning rate is F times the generator's (1)"},
    {"d-warmup", LONG, AT(d_warmup), 0, 1e12, "N", "Only the discriminator learns in the first N iterations: for a fresh one beside a generator that knows much (0)"},
    {"r1-image", SINGLE, AT(options.r1_image), 0, 1e9, "W", "R1 weight on the image"},
    {"r1-mask", SINGLE, AT(options.r1_mask), 0, 1e9, "W", "R1 weight on the mask"},
    {"r1-every", INTEGER, AT(options.r1_every), 0, 1e6, "N", "R1 every so many iterations (0: never)"},
    {"path-weight", SINGLE, AT(options.path_weight), 0, 1e9, "W", "Weight of path-length regularisation"},
    {"path-every", INTEGER, AT(options.path_every), 0, 1e6, "N", "Path-length step every so many iterations (0: never)"},
    {"path-batch-shrink", INTEGER, AT(options.path_batch_shrink), 1, 64, "N", "Path-length batches are smaller by this"},
    {"mask-weight", SINGLE, AT(options.mask_weight), 0, 1e9, "W", "Weight of the mask loss"},
    {"mask-entropy", SINGLE, AT(options.mask_entropy), 0, 1e9, "W", "Weight of the coarse masks' entropy: parts keep to their places"},
    {"mask-recall", SINGLE, AT(options.mask_recall), 0, 1e9, "W", "Weight of what the fine mask shows and the coarse one lacks: brings back parts that sank"},
    {"mask-support", SINGLE, AT(options.mask_support), 0, 1e9, "W", "Weight of parts where no picture of the data has them: takes away what grows out of faces"},
    {"locality-weight", SINGLE, AT(options.locality_weight), 0, 1e9, "W",
     "Weight of the share of a part edit's energy that lies outside of the part"},
    {"locality-every", INTEGER, AT(options.locality_every), 0, 1e6, "N", "Try edits every so many iterations (0: never)"},
    {"mixing", REAL, AT(mixing), 0, 1, "P", "Probability of style mixing"},
    {"ema-half-life", SINGLE, AT(options.ema_half_life), 1, 1e12, "N", "Half-life of the moving average, in images"},
    {"fourier-cutoff", SINGLE, AT(options.fourier_cutoff), 0, 1e6, "F",
     "New models: Fourier frequencies above F start with smaller weights (0: all alike)"},
    {"narrow-resolutions", INTEGER, AT(options.narrow_resolutions), 0, 16, "N",
     "On a GPU with --precision f16 or bf16: how many of the highest resolutions are computed so (4)"},
    {"freeze-local", SWITCH, AT(options.freeze_local), 0, 1, NULL, "Local generators and Fourier weights do not learn"},
    {"flip", SWITCH, AT(flip), 0, 1, NULL, "Mirror pictures at random"},
    {"augment", REAL, AT(augment), 0, 1, "P", "Probability of shifting, scaling and rotating"},
    {"shift", REAL, AT(shift), 0, 0.5, "SHARE", "Largest shift, as a share of the edge"},
    {"scale", REAL, AT(scale), 0, 0.5, "SHARE", "Largest change of scale"},
    {"rotate", REAL, AT(rotate), 0, 180, "DEGREES", "Largest rotation"},
    {"stats-every", INTEGER, AT(stats_every), 1, 1e6, "N", "Write figures every so many iterations"},
    {"grid-every", INTEGER, AT(grid_every), 0, 1e9, "N", "Draw samples every so many iterations (0: never)"},
    {"metrics-every", INTEGER, AT(metrics_every), 0, 1e9, "N", "Measure distances to the data every so many iterations, and at the end (0: never)"},
    {"snapshot-every", INTEGER, AT(snapshot_every), 1, 1e9, "N", "Save every so many iterations"},
    {"keep", INTEGER, AT(keep), 0, 1e6, "N", "Newest snapshots to keep (0: all)"},
    {"jobs", INTEGER, AT(jobs), 1, 1024, "N", "Threads that decode pictures"},
    {"seed", UNSIGNED, AT(seed), 0, 0, "N", "Seed of all random numbers"},
};
#undef AT

struct _SsgTrainArguments {
  char *texts[G_N_ELEMENTS(options)];
  gboolean flags[G_N_ELEMENTS(options)];
  char *channel_multiplier;
};

static gpointer field(const SsgTrainConfig *config, const Option *option)
{
  return (char *) config + option->offset;
}

/* --- presets --- */

static void set_text(char **slot, const char *text)
{
  if (*slot != text) {
    g_free(*slot);
    *slot = g_strdup(text);
  }
}

gboolean ssg_train_config_preset(SsgTrainConfig *config, const char *preset, GError **error)
{
  SsgArchitecture arch;
  if (!ssg_architecture_preset(preset, &arch)) {
    g_autofree char *names = g_strjoinv(", ", (char **) ssg_architecture_presets());
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "there is no preset '%s'; there are %s", preset, names);
    return FALSE;
  }
  g_auto(SsgTrainConfig) old = *config;
  *config = (SsgTrainConfig){.arch = arch,
                             .options = ssg_training_options_published(),
                             .depth_scale = 1,
                             .batch = 32,
                             .iterations = 150000,
                             .mixing = 0.3,
                             .shift = 0.05,
                             .scale = 0.1,
                             .rotate = 10,
                             .stats_every = 50,
                             .grid_every = 500,
                             .metrics_every = 5000,
                             .snapshot_every = 2000,
                             .keep = 3,
                             .jobs = 1};
  config->preset = g_strdup(preset);
  config->data = g_strdup("");
  config->out = g_strdup("runs");
  config->name = g_strdup("");
  config->init = g_strdup("");
  config->part_from = g_strdup("");
  if (!g_str_has_prefix(preset, "public-")) {
    /* Small models of few images: data/models/README.md says what was tried. The regularisers grow with the edge towards what is
     * published for large sizes; masks are held together, and apart, once they have formed: at 32 pixels, where such a model begins. */
    double factor = MAX(1, arch.size / 128.0);
    config->options.r1_image = 0.1 * factor;
    config->options.r1_mask = 10 * factor;
    config->options.mask_weight = arch.size < 64 ? 20 : 60;
    config->options.mask_entropy = arch.size < 64 ? 0 : 1;
    config->options.fourier_cutoff = 4;
    config->options.ema_half_life = 5000;
    config->mixing = 0.9;
    config->options.path_every = 8;
    config->batch = 16;
    config->iterations = 20000;
    config->stats_every = 20;
    config->grid_every = 250;
    config->metrics_every = 1000;
    config->snapshot_every = 500;
  }
  return TRUE;
}

void ssg_train_config_clear(SsgTrainConfig *config)
{
  g_clear_pointer(&config->preset, g_free);
  g_clear_pointer(&config->data, g_free);
  g_clear_pointer(&config->out, g_free);
  g_clear_pointer(&config->name, g_free);
  g_clear_pointer(&config->init, g_free);
  g_clear_pointer(&config->part_from, g_free);
}

/* --- texts into values --- */

/* name: as whoever wrote it knows it. */
static gboolean refuse_value(const Option *option, const char *source, const char *name, const char *text, GError **error)
{
  g_autofree char *expected = NULL;
  switch (option->kind) {
  case TEXT:
    expected = g_strdup("a text");
    break;
  case SWITCH:
    expected = g_strdup("true or false");
    break;
  case UNSIGNED:
    expected = g_strdup("a whole number from 0 to 18446744073709551615");
    break;
  case INTEGER:
  case LONG:
    expected = g_strdup_printf("a whole number from %.15g to %.15g", option->low, option->high);
    break;
  case REAL:
  case SINGLE:
    expected = g_strdup_printf("a number from %.15g to %.15g", option->low, option->high);
    break;
  }
  g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "%s%s: '%s' is not %s", source, name, text, expected);
  return FALSE;
}

static gboolean set_option(SsgTrainConfig *config, const Option *option, const char *source, const char *name, const char *text,
                           GError **error)
{
  gpointer slot = field(config, option);
  gint64 number;
  char *end;

  switch (option->kind) {
  case TEXT:
    set_text(slot, text);
    return TRUE;
  case SWITCH:
    if (!g_str_equal(text, "true") && !g_str_equal(text, "false"))
      return refuse_value(option, source, name, text, error);
    *(gboolean *) slot = g_str_equal(text, "true");
    return TRUE;
  case UNSIGNED:
    return g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, slot, NULL) || refuse_value(option, source, name, text, error);
  case INTEGER:
  case LONG:
    if (!g_ascii_string_to_signed(text, 10, option->low, option->high, &number, NULL))
      return refuse_value(option, source, name, text, error);
    if (option->kind == INTEGER)
      *(int *) slot = number;
    else
      *(gint64 *) slot = number;
    return TRUE;
  case REAL:
  case SINGLE: {
    double value = g_ascii_strtod(text, &end);
    if (end == text || *end || !isfinite(value) || value < option->low || value > option->high)
      return refuse_value(option, source, name, text, error);
    if (option->kind == REAL)
      *(double *) slot = value;
    else
      *(float *) slot = value;
    return TRUE;
  }
  }
  g_assert_not_reached();
}

/* --- command lines --- */

SsgTrainArguments *ssg_train_arguments_new(void)
{
  return g_new0(SsgTrainArguments, 1);
}

void ssg_train_arguments_free(SsgTrainArguments *arguments)
{
  for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
    g_free(arguments->texts[i]);
  g_free(arguments->channel_multiplier);
  g_free(arguments);
}

void ssg_train_arguments_entries(SsgTrainArguments *arguments, GArray *entries, const char *const *except)
{
  for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
    const Option *o = &options[i];
    if (except && g_strv_contains(except, o->name))
      continue;
    GOptionEntry entry = {.long_name = o->name, .description = o->help, .arg_description = o->argument};
    entry.arg = o->kind == SWITCH ? G_OPTION_ARG_NONE : G_OPTION_ARG_STRING;
    entry.arg_data = o->kind == SWITCH ? (gpointer) &arguments->flags[i] : (gpointer) &arguments->texts[i];
    g_array_append_val(entries, entry);
  }
  GOptionEntry multiplier = {.long_name = "channel-multiplier",
                             .arg = G_OPTION_ARG_STRING,
                             .arg_data = &arguments->channel_multiplier,
                             .description = "Channels of render net and discriminator times X",
                             .arg_description = "X"};
  g_array_append_val(entries, multiplier);
}

gboolean ssg_train_arguments_given(const SsgTrainArguments *arguments, const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
    if (g_str_equal(options[i].name, name))
      return arguments->flags[i] || arguments->texts[i];
  g_assert(g_str_equal(name, "channel-multiplier"));
  return arguments->channel_multiplier != NULL;
}

static gboolean multiply_channels(SsgTrainConfig *config, const char *text, GError **error)
{
  char *end;
  double factor = g_ascii_strtod(text, &end);
  if (end == text || *end || !(factor >= 1.0 / 16 && factor <= 16)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "--channel-multiplier: '%s' is not between 0.0625 and 16", text);
    return FALSE;
  }
  SsgArchitecture *a = &config->arch;
  for (int i = 0; i < a->n_levels; i++)
    a->render_channels[i] = MAX(1, (int) lround(a->render_channels[i] * factor));
  for (int i = 0; i <= a->n_disc_levels; i++)
    a->disc_channels[i] = MAX(1, (int) lround(a->disc_channels[i] * factor));
  return TRUE;
}

/* What was asked for on the command line and would change nothing is a mistake. (Configuration files are whole: there it stands.) */
static gboolean check_effect(const SsgTrainArguments *arguments, const SsgTrainConfig *config, GError **error)
{
  static const char *const of_augmentation[] = {"shift", "scale", "rotate"};

  if (ssg_train_arguments_given(arguments, "r1-mask") && config->options.r1_mask > 0 && !config->arch.disc_masks) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "--r1-mask: this discriminator sees no masks, there is nothing to regularise");
    return FALSE;
  }
  if (ssg_train_arguments_given(arguments, "locality-every") && !(config->options.locality_weight > 0)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "--locality-every goes with --locality-weight, which is 0");
    return FALSE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS(of_augmentation); i++)
    if (ssg_train_arguments_given(arguments, of_augmentation[i]) && !(config->augment > 0)) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "--%s goes with --augment, the probability of it, which is 0", of_augmentation[i]);
      return FALSE;
    }
  return TRUE;
}

gboolean ssg_train_arguments_check(const SsgTrainArguments *arguments, const SsgCommonOptions *common, GError **error)
{
  gboolean narrow = common->precision && (g_str_equal(common->precision, "f16") || g_str_equal(common->precision, "bf16")) &&
                    common->device && g_str_has_prefix(common->device, "cuda");
  if (narrow || !ssg_train_arguments_given(arguments, "narrow-resolutions"))
    return TRUE;
  g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "--narrow-resolutions goes with --precision f16 or bf16 on a GPU");
  return FALSE;
}

gboolean ssg_train_arguments_apply(const SsgTrainArguments *arguments, SsgTrainConfig *config, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
    const char *text = options[i].kind == SWITCH ? (arguments->flags[i] ? "true" : NULL) : arguments->texts[i];
    if (text && !set_option(config, &options[i], "--", options[i].name, text, error))
      return FALSE;
  }
  return (!arguments->channel_multiplier || multiply_channels(config, arguments->channel_multiplier, error)) &&
         check_effect(arguments, config, error);
}

/* --- JSON --- */

static char *json_name(const Option *option)
{
  char *name = g_strdup(option->name);
  return g_strdelimit(name, "-", '_');
}

static const Option *find_option(const char *json)
{
  for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
    g_autofree char *name = json_name(&options[i]);
    if (g_str_equal(name, json))
      return &options[i];
  }
  return NULL;
}

/* A JSON value as the text that a command line would give; NULL when it is of another kind than the option takes. */
static char *text_of(const Option *option, JsonNode *node)
{
  GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];
  double number;

  switch (option->kind) {
  case TEXT:
    return type == G_TYPE_STRING ? g_strdup(json_node_get_string(node)) : NULL;
  case SWITCH:
    return type == G_TYPE_BOOLEAN ? g_strdup(json_node_get_boolean(node) ? "true" : "false") : NULL;
  case UNSIGNED: /* as text: JSON readers have no unsigned 64-bit numbers */
    if (type == G_TYPE_STRING)
      return g_strdup(json_node_get_string(node));
    return type == G_TYPE_INT64 ? g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node)) : NULL;
  case INTEGER:
  case LONG:
    if (type == G_TYPE_INT64)
      return g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node));
    number = type == G_TYPE_DOUBLE ? json_node_get_double(node) : NAN; /* 1e5 is whole, too */
    return number == floor(number) && fabs(number) < 1e15 ? g_strdup_printf("%.0f", number) : NULL;
  case REAL:
  case SINGLE:
    return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE ? g_strdup(g_ascii_dtostr(buffer, sizeof buffer, json_node_get_double(node)))
                                                         : NULL;
  }
  g_assert_not_reached();
}

static gboolean set_member(SsgTrainConfig *config, const char *name, JsonNode *node, const char *source, GError **error)
{
  const Option *option = find_option(name);
  if (!option) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: '%s' is no option of a training run", source, name);
    return FALSE;
  }
  g_autofree char *value = text_of(option, node), *prefix = g_strconcat(source, ": ", NULL);
  if (value)
    return set_option(config, option, prefix, name, value, error);
  g_autofree char *text = json_to_string(node, FALSE), *shown = g_strdup_printf("%.60s", text);
  return refuse_value(option, prefix, name, shown, error);
}

gboolean ssg_train_config_parse(SsgTrainConfig *config, const char *text, const char *source, GError **error)
{
  g_autoptr(JsonNode) root = ssg_json_parse(text, source, error);
  if (!root)
    return FALSE;
  if (!JSON_NODE_HOLDS_OBJECT(root)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: not a JSON object", source);
    return FALSE;
  }
  JsonObject *object = json_node_get_object(root);
  JsonNode *preset_node = json_object_get_member(object, "preset");
  const char *preset = preset_node && JSON_NODE_HOLDS_VALUE(preset_node) && json_node_get_value_type(preset_node) == G_TYPE_STRING
                           ? json_node_get_string(preset_node)
                           : NULL;
  if (preset_node && !preset) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: 'preset' is not a name", source);
    return FALSE;
  }
  if (preset && *preset && !ssg_train_config_preset(config, preset, error)) {
    g_prefix_error(error, "%s: ", source);
    return FALSE;
  }
  if (json_object_has_member(object, "architecture") &&
      !ssg_architecture_merge_json(json_object_get_member(object, "architecture"), source, &config->arch, error))
    return FALSE;

  JsonObjectIter iter;
  const char *name;
  JsonNode *member;
  json_object_iter_init(&iter, object);
  while (json_object_iter_next(&iter, &name, &member))
    if (!g_str_equal(name, "preset") && !g_str_equal(name, "architecture") && !set_member(config, name, member, source, error))
      return FALSE;
  return TRUE;
}

gboolean ssg_train_config_read(SsgTrainConfig *config, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  return g_file_get_contents(path, &text, NULL, error) && ssg_train_config_parse(config, text, path, error);
}

static void add_member(JsonObject *object, const SsgTrainConfig *config, const Option *option)
{
  g_autofree char *name = json_name(option);
  gconstpointer slot = field(config, option);
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  switch (option->kind) {
  case TEXT:
    json_object_set_string_member(object, name, *(char *const *) slot);
    break;
  case SWITCH:
    json_object_set_boolean_member(object, name, *(const gboolean *) slot);
    break;
  case INTEGER:
    json_object_set_int_member(object, name, *(const int *) slot);
    break;
  case LONG:
    json_object_set_int_member(object, name, *(const gint64 *) slot);
    break;
  case UNSIGNED: { /* as text: JSON readers have no unsigned 64-bit numbers */
    g_autofree char *digits = g_strdup_printf("%" G_GUINT64_FORMAT, *(const guint64 *) slot);
    json_object_set_string_member(object, name, digits);
    break;
  }
  case REAL:
    json_object_set_double_member(object, name, *(const double *) slot);
    break;
  case SINGLE: /* 0.002, not 0.0020000000949949026; nine digits are enough to give the same float */
    json_object_set_double_member(object, name,
                                  g_ascii_strtod(g_ascii_formatd(buffer, sizeof buffer, "%.9g", *(const float *) slot), NULL));
    break;
  }
}

static JsonObject *to_object(const SsgTrainConfig *config)
{
  JsonObject *object = json_object_new();
  json_object_set_string_member(object, "preset", config->preset ? config->preset : "");
  json_object_set_member(object, "architecture", ssg_architecture_to_json(&config->arch));
  for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
    add_member(object, config, &options[i]);
  return object;
}

char *ssg_train_config_to_json(const SsgTrainConfig *config)
{
  g_autoptr(JsonObject) object = to_object(config);
  g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);
  return json_to_string(node, TRUE);
}

char *ssg_train_config_differences(const SsgTrainConfig *a, const SsgTrainConfig *b)
{
  g_autoptr(JsonObject) of_a = to_object(a), of_b = to_object(b);
  g_autoptr(GList) names = json_object_get_members(of_a);
  GString *different = g_string_new(NULL);
  for (GList *i = names; i; i = i->next)
    if (!json_node_equal(json_object_get_member(of_a, i->data), json_object_get_member(of_b, i->data)))
      g_string_append_printf(different, "%s%s", different->len ? ", " : "", (char *) i->data);
  return g_string_free(different, FALSE);
}

/* --- agreement --- */

#define PIECE 4 /* a set of the minibatch standard deviation */

int ssg_train_config_piece(const SsgTrainConfig *config, int share, gboolean on_host)
{
  int most = config->micro_batch ? config->micro_batch : on_host ? PIECE : share;
  return MIN(most, share);
}

char *ssg_train_config_warning(const SsgTrainConfig *config, int share, gboolean on_host)
{
  int piece = ssg_train_config_piece(config, share, on_host), set = MIN(PIECE, config->batch);
  if (piece >= set)
    return NULL;
  return g_strdup_printf("warning: pieces of %d: the minibatch standard deviation compares %d image%s at a time, not %d, so the discriminator is "
                         "not the one that pieces of %d would give", piece, piece, piece == 1 ? "" : "s", set, set);
}

gboolean ssg_train_config_check(const SsgTrainConfig *config, int n_ranks, GError **error)
{
  int share = config->batch / n_ranks, micro = config->micro_batch ? config->micro_batch : share;

  if (config->batch % n_ranks != 0)
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "%d processes cannot share a batch of %d evenly: --batch %d would do, or another number of "
                "processes", n_ranks, config->batch, PIECE * n_ranks * MAX(1, (config->batch + PIECE * n_ranks / 2) / (PIECE * n_ranks)));
  else if (share % micro != 0)
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "--micro-batch %d does not divide the %d images of a batch%s", micro, share,
                n_ranks > 1 ? " that each process has" : "");
  else if (!ssg_discriminator_batch_fits(micro))
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT,
                "pieces of %d images do not make whole sets of 4 for the minibatch standard deviation; use a multiple of 4, or "
                "less than 4", micro);
  else if (config->options.mask_support > 0 && !config->arch.disc_masks)
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "--mask-support: a discriminator without masks learns from pictures alone, which do not say "
                "where parts are; use --mask-support 0");
  else if (config->lr_cooldown > config->iterations)
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "--lr-cooldown %" G_GINT64_FORMAT " is longer than the run of %" G_GINT64_FORMAT
                " iterations; --lr-cooldown 0 switches it off", config->lr_cooldown, config->iterations);
  else if (config->arch.n_disc_levels == 0)
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "the architecture has no discriminator (disc_channels)");
  else
    return ssg_architecture_check(&config->arch, error);
  return FALSE;
}
