/* convert: public checkpoints to our model files and back. */
#include "trainer/command-model.h"

#include "engine/atomic-file.h"
#include "engine/error.h"
#include "engine/model-file.h"
#include "engine/training-state.h"
#include "trainer/model-run.h"
#include "trainer/snapshots.h"

static gboolean set_shelf_seeds(SsgModel *model, const char *list, GError **error)
{
  g_auto(GStrv) words = g_strsplit(list, ",", -1);
  int n = (int) g_strv_length(words);
  g_autofree guint64 *seeds = g_new0(guint64, MAX(1, n));
  for (int i = 0; i < n; i++) {
    if (!g_ascii_string_to_unsigned(g_strstrip(words[i]), 10, 0, G_MAXUINT64, &seeds[i], NULL)) {
      ssg_command_usage_error(error, "--shelf-seeds: '%s' is not a seed", words[i]);
      return FALSE;
    }
  }
  ssg_model_set_shelf_seeds(model, seeds, n);
  return TRUE;
}

static int run(int argc, char **argv)
{
  const char *command = argv[0];
  g_auto(SsgCommonOptions) common = {0};
  g_autofree char *which = NULL, *name = NULL, *licence = NULL, *origin = NULL, *shelf = NULL;
  gboolean f16 = FALSE, directions = FALSE, discriminator = FALSE;
  int exit_code;
  const GOptionEntry entries[] = {
      {"which", 0, 0, G_OPTION_ARG_STRING, &which, "Which generator of IN: g_ema, the averaged one, or g (g_ema)",
       "NAME"},
      {"f16", 0, 0, G_OPTION_ARG_NONE, &f16, "Half precision: half the size; .safetensors only", NULL},
      {"name", 0, 0, G_OPTION_ARG_STRING, &name, "Title of the model in OUT", "TEXT"},
      {"licence", 0, 0, G_OPTION_ARG_STRING, &licence, "Its licence", "TEXT"},
      {"origin", 0, 0, G_OPTION_ARG_STRING, &origin, "Where it comes from", "TEXT"},
      {"shelf-seeds", 0, 0, G_OPTION_ARG_STRING, &shelf, "Seeds that the editor shows first, as 3,14,15", "LIST"},
      {"directions", 0, 0, G_OPTION_ARG_NONE, &directions,
       "Compute the principal directions of every part's codes and store them; .safetensors only", NULL},
      {"discriminator", 0, 0, G_OPTION_ARG_NONE, &discriminator,
       "The discriminator goes along, so that training and fine-tuning go on from it; .safetensors only", NULL},
      {NULL}};
  if (!ssg_command_parse(
          &argc, &argv, "IN OUT",
          "Writes the generator in IN in the format that OUT's suffix names:\n"
          "  .safetensors  a model file of ours: mapped, checked, nothing in it can be executed\n"
          "  .pt           a public checkpoint, with g_ema and args, that the authors' code can load; what else is\n"
          "                known of the model (title, licence, parts, mean latent) goes along under a key of its own\n"
          "There and back gives the same tensors, bit for bit. Optimiser states stay behind, the discriminator without\n"
          "--discriminator, and in a .pt the principal directions, which are computed again when they are needed.\n"
          "OUT appears whole or not at all.",
          entries, SSG_COMMON_DEVICE | SSG_COMMON_THREADS | SSG_COMMON_QUIET, &common, 2, 2, &exit_code))
    return exit_code;
  GError *error = NULL;
  gboolean pt = g_str_has_suffix(argv[2], ".pt");
  if (!pt && !g_str_has_suffix(argv[2], ".safetensors"))
    ssg_command_usage_error(&error, "%s: the format is not clear; end the name with .pt or .safetensors", argv[2]);
  else if (pt && (f16 || directions || discriminator))
    ssg_command_usage_error(&error, "--f16, --directions and --discriminator are for .safetensors, not for .pt files");
  else if (ssg_check_other_file(argv[1], argv[2], &error)) /* a checkpoint holds more than the one generator that is written */
    ssg_atomic_file_can_open(argv[2], &error);
  if (error)
    return ssg_command_finish(command, error);
  g_auto(SsgModelRun) model = {0};
  g_autofree char *from = ssg_snapshots_resolve(argv[1], &error);
  if (!from || !ssg_model_run_open_for(&model, &common, from, which, SSG_MODEL_TO_CONVERT, &error))
    return ssg_command_finish(command, error);
  ssg_model_describe(model.model, name, licence, origin);
  if (shelf && !set_shelf_seeds(model.model, shelf, &error))
    return ssg_command_finish(command, error);
  if (directions)
    ssg_model_keep_directions(model.model);
  SsgDiscriminator *d = discriminator ? ssg_training_read_discriminator(ssg_model_context(model.model), from, &error) : NULL;
  ssg_model_take_discriminator(model.model, d);
  if (error)
    return ssg_command_finish(command, error);
  if (!pt)
    ssg_model_save(model.model, argv[2], f16 ? SSG_F16 : SSG_F32, &error);
  else if (ssg_model_save_pt(model.model, argv[2], &error) && ssg_model_keeps_directions(model.model) && !common.quiet)
    g_printerr("%s: the stored principal directions stay behind, a .pt has no place for them; they are computed when needed\n", argv[2]);
  return ssg_command_finish(command, error);
}

const SsgCommand ssg_command_convert = {"convert", "Public checkpoint to model file, and back", run, NULL};
