/* The editor's settings (schema io.github.ssgan.Editor). Main thread. */
#pragma once

#include <gio/gio.h>

#define SSG_APPLICATION_ID "io.github.ssgan.Editor"

/* Finds the schema in $GSETTINGS_SCHEMA_DIR, among the installed ones, or in the build tree; NULL only when there is none
 * anywhere, with SSG_ERROR_FILE. A new reference to one shared object. */
GSettings *ssg_settings_get(GError **error);
/* The model to start with: setting `model-path` when set and readable, else the one that comes with the program, models/default.safetensors
 * in $SSGAN_DATA_DIR, share/ssgan of the tree that the program lies in, the installed or the source data folder. NULL when there is none: offer to open one. Caller frees. */
char *ssg_settings_default_model(GSettings *settings);
