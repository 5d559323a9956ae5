/* info: what a model file holds, without loading its tensors. */
#include "trainer/command-model.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include "engine/architecture-file.h"
#include "engine/model.h"
#include "trainer/model-run.h"
#include "trainer/snapshots.h"

static char *channels_text(const SsgArchitecture *a)
{
  GString *text = g_string_new(NULL);
  for (int i = 0; i < a->n_levels; i++)
    g_string_append_printf(text, "%s%d at %d", i ? ", " : "", a->render_channels[i], a->render_size << (i + 1));
  return g_string_free(text, FALSE);
}

/* Texts come from the file: what would break the table, or the terminal, becomes a blank. */
static void print_row(const char *name, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void print_row(const char *name, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *text = g_strdup_vprintf(format, arguments), *line = ssg_text_one_line(text);
  va_end(arguments);
  printf("%-16s%s\n", name, line);
}

static void print_table(const SsgModelInfo *info, const char *path)
{
  const SsgArchitecture *a = &info->arch;
  g_autofree char *size = g_format_size(info->file_bytes), *channels = channels_text(a);
  print_row("name", "%s", info->name);
  print_row("file", "%s (%s, %s)", path, info->format, size);
  print_row("licence", "%s", *info->licence ? info->licence : "not stated");
  print_row("origin", "%s", *info->origin ? info->origin : "not stated");
  if (info->images_seen >= 0)
    print_row("training", "%" G_GINT64_FORMAT " images seen", info->images_seen);
  print_row("pictures", "%d x %d pixels; masks, depth and features of %d x %d%s", a->size, a->size, a->coarse_size,
            a->coarse_size, a->antialias_masks ? ", masks antialiased" : "");
  print_row("codes", "%d numbers; %d base rows and two a part: [%d, %d], expanded [%d, %d]", a->style_dim, a->n_base,
            ssg_architecture_short_rows(a), a->style_dim, ssg_architecture_expanded_rows(a), a->style_dim);
  print_row("mapping", "%d layers; mean latent %s", a->n_mapping, info->has_mean ? "in the file" : "to be computed");
  print_row("local parts", "%d layers of %d channels: %d base, %d shape, %d texture; %d features", a->n_layers,
            a->local_channels, a->n_base, a->n_depth - a->n_base, a->n_layers - a->n_depth, a->feature_channels);
  print_row("render net", "from %d to %d: %s%s", a->render_size, a->size, channels,
            a->residual_refine ? "; refines the coarse mask" : "");
  print_row("parameters", "%.2f million; discriminator %s", (double) ssg_architecture_generator_parameters(a) / 1e6,
            a->n_disc_levels ? "in the file" : "not in the file");
  double millions = (double) ssg_architecture_generator_macs(a) / 1e6;
  print_row("one face", "%.1f %s multiply-adds, about %" G_GSIZE_FORMAT " MiB of memory", millions < 1000 ? millions : millions / 1000,
            millions < 1000 ? "million" : "billion", info->memory_bytes >> 20);
  printf("%d parts\n", a->n_parts);
  for (int k = 0; k < a->n_parts; k++)
    printf("  %2d  #%06x  %s%s\n", k, info->part_colors[k], info->part_names[k],
           (a->transparent >> k) & 1 ? " (transparent)" : "");
  if (info->n_shelf_seeds) {
    printf("%-16s", "shelf seeds");
    for (int i = 0; i < info->n_shelf_seeds; i++)
      printf("%s%" G_GUINT64_FORMAT, i ? " " : "", info->shelf_seeds[i]);
    putchar('\n');
  }
}

static void add_parts(JsonBuilder *b, const SsgModelInfo *info)
{
  json_builder_set_member_name(b, "parts");
  json_builder_begin_array(b);
  for (int k = 0; k < info->arch.n_parts; k++) {
    g_autofree char *color = g_strdup_printf("#%06x", info->part_colors[k]);
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "name");
    json_builder_add_string_value(b, info->part_names[k]);
    json_builder_set_member_name(b, "color");
    json_builder_add_string_value(b, color);
    json_builder_set_member_name(b, "transparent");
    json_builder_add_boolean_value(b, (info->arch.transparent >> k) & 1);
    json_builder_end_object(b);
  }
  json_builder_end_array(b);
}

static void print_json(const SsgModelInfo *info, const char *path, const GError *problem)
{
  g_autoptr(JsonBuilder) b = json_builder_new();
  g_autofree char *shown_path = g_utf8_make_valid(path, -1), *why = problem ? g_utf8_make_valid(problem->message, -1) : NULL;
  const struct {
    const char *name, *value;
  } strings[] = {{"name", info->name},
                 {"file", shown_path},
                 {"format", info->format},
                 {"licence", info->licence},
                 {"origin", info->origin},
                 {"problem", why ? why : ""}};
  const struct {
    const char *name;
    gint64 value;
  } numbers[] = {{"file_bytes", (gint64) info->file_bytes},
                 {"memory_bytes", (gint64) info->memory_bytes},
                 {"images_seen", info->images_seen},
                 {"generator_parameters", ssg_architecture_generator_parameters(&info->arch)},
                 {"multiply_adds", ssg_architecture_generator_macs(&info->arch)}};
  json_builder_begin_object(b);
  for (gsize i = 0; i < G_N_ELEMENTS(strings); i++) {
    json_builder_set_member_name(b, strings[i].name);
    json_builder_add_string_value(b, strings[i].value);
  }
  for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
    json_builder_set_member_name(b, numbers[i].name);
    json_builder_add_int_value(b, numbers[i].value);
  }
  json_builder_set_member_name(b, "has_mean");
  json_builder_add_boolean_value(b, info->has_mean);
  json_builder_set_member_name(b, "architecture");
  json_builder_add_value(b, ssg_architecture_to_json(&info->arch));
  add_parts(b, info);
  json_builder_set_member_name(b, "shelf_seeds");
  json_builder_begin_array(b);
  for (int i = 0; i < info->n_shelf_seeds; i++)
    json_builder_add_int_value(b, (gint64) info->shelf_seeds[i]);
  json_builder_end_array(b);
  json_builder_end_object(b);
  g_autoptr(JsonNode) root = json_builder_get_root(b);
  g_autofree char *text = json_to_string(root, TRUE);
  puts(text);
}

static int run(int argc, char **argv)
{
  const char *command = argv[0];
  gboolean json = FALSE;
  int exit_code;
  const GOptionEntry entries[] = {{"json", 0, 0, G_OPTION_ARG_NONE, &json, "As JSON, for programs", NULL}, {NULL}};
  if (!ssg_command_parse(
          &argc, &argv, "MODEL",
          "Says what a model file holds: architecture, parts with their colours, where it comes from, and the\n"
          "memory and arithmetic that a face takes. Reads our .safetensors models and training states (the newest\n"
          "one of a run's folder), and the public .pt checkpoints. No device is opened. Every tensor is looked at: where one is missing or damaged, so\n"
          "that the model cannot be run, it says which, and exits with 2.",
          entries, 0, NULL, 1, 1, &exit_code))
    return exit_code;
  GError *error = NULL;
  g_autofree char *path = ssg_snapshots_resolve(argv[1], &error);
  g_autoptr(SsgModelInfo) info = path ? ssg_model_info_read(path, &error) : NULL;
  if (info && !ssg_model_file_check(path, &error))
    g_prefix_error(&error, "this model cannot be run: ");
  if (info && json)
    print_json(info, path, error);
  else if (info)
    print_table(info, path);
  return ssg_command_finish(command, error);
}

const SsgCommand ssg_command_info = {"info", "Say what a model file holds and needs", run, NULL};
