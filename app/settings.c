#include "app/settings.h"

#include "engine/error.h"
#include "ssgan-config.h"

static GSettings *shared; /* main thread; NULL until somebody asks, and again after the last one let go */

/* The schema of the build tree, for programs that were not installed. */
static GSettingsSchema *look_up_schema(void)
{
  GSettingsSchemaSource *usual = g_settings_schema_source_get_default();
  GSettingsSchema *schema = usual ? g_settings_schema_source_lookup(usual, SSG_APPLICATION_ID, TRUE) : NULL;
  if (schema)
    return schema;
  g_autoptr(GSettingsSchemaSource) built =
      g_settings_schema_source_new_from_directory(SSG_BUILD_DIR "/data", usual, TRUE, NULL);
  return built ? g_settings_schema_source_lookup(built, SSG_APPLICATION_ID, TRUE) : NULL;
}

GSettings *ssg_settings_get(GError **error)
{
  if (shared)
    return g_object_ref(shared);
  g_autoptr(GSettingsSchema) schema = look_up_schema();
  if (!schema) {
    g_set_error_literal(error, SSG_ERROR, SSG_ERROR_FILE,
                        "the settings schema " SSG_APPLICATION_ID
                        " is not installed; run glib-compile-schemas on the folder that holds it, or set "
                        "GSETTINGS_SCHEMA_DIR");
    return NULL;
  }
  GSettings *settings = g_settings_new_full(schema, NULL, NULL);
  g_set_weak_pointer(&shared, settings);
  return settings;
}

/* share/ssgan of the tree that the program was installed into, wherever that tree is now; may be NULL. */
static char *data_beside_program(void)
{
  g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
  g_autofree char *folder = program ? g_path_get_dirname(program) : NULL;
  g_autofree char *prefix = folder ? g_path_get_dirname(folder) : NULL;
  return prefix ? g_build_filename(prefix, "share", "ssgan", NULL) : NULL;
}

char *ssg_settings_default_model(GSettings *settings)
{
  g_autofree char *chosen = g_settings_get_string(settings, "model-path");
  if (*chosen && g_file_test(chosen, G_FILE_TEST_IS_REGULAR))
    return g_steal_pointer(&chosen);
  g_autofree char *beside = data_beside_program();
  const char *folders[] = {g_getenv("SSGAN_DATA_DIR"), beside, SSG_DATA_DIR, SSG_SOURCE_DATA_DIR};
  for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
    g_autofree char *path = folders[i] ? g_build_filename(folders[i], "models", "default.safetensors", NULL) : NULL;
    if (path && g_file_test(path, G_FILE_TEST_IS_REGULAR))
      return g_steal_pointer(&path);
  }
  return NULL;
}
