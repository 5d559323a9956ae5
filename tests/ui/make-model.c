/* A model file for journeys: random weights of a preset, always the same. Usage: make-model PRESET SEED FILE [MIB]
 * What tests see of it does not depend on the model that comes with the program. With MIB the file is that much longer: a
 * tensor that no layer uses, a hole on the disk, which takes as long to read as any other. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "engine/model-file.h"

/* The file's bytes; *header: how long its safetensors header is. Free them. */
static char *read_model(const char *path, gsize *length, guint64 *header, GError **error)
{
  char *content = NULL;
  if (!g_file_get_contents(path, &content, length, error))
    return NULL;
  memcpy(header, content, 8);
  *header = GUINT64_FROM_LE(*header);
  return content;
}

/* Declares the hole in the safetensors header, whose length it keeps in a multiple of 8 as the writer does. */
static gboolean add_hole(const char *path, guint64 bytes, GError **error)
{
  gsize length;
  guint64 header;
  g_autofree char *content = read_model(path, &length, &header, error);
  if (!content)
    return FALSE;
  guint64 data = length - 8 - header;
  g_autoptr(GString) out = g_string_new_len(content + 8, (gssize) header);
  g_string_truncate(out, (gsize) (strrchr(out->str, '}') - out->str));
  g_string_append_printf(out, ",\"hole\":{\"dtype\":\"U8\",\"shape\":[%" G_GUINT64_FORMAT "],\"data_offsets\":[%" G_GUINT64_FORMAT
                         ",%" G_GUINT64_FORMAT "]}}", bytes, data, data + bytes);
  while (out->len % 8)
    g_string_append_c(out, ' ');
  guint64 new_header = GUINT64_TO_LE((guint64) out->len);
  g_string_prepend_len(out, (const char *) &new_header, 8);
  g_string_append_len(out, content + 8 + header, (gssize) data);
  return g_file_set_contents(path, out->str, (gssize) out->len, error) &&
         truncate(path, (off_t) (out->len + bytes)) == 0;
}

/* A fresh model's grain has no weight, and no choice of grain would be seen: its weights become 0.2. */
static gboolean add_grain(const char *path, GError **error)
{
  gsize length;
  guint64 header;
  g_autofree char *content = read_model(path, &length, &header, error);
  if (!content)
    return FALSE;
  char *data = content + 8 + header;
  for (char *at = content + 8; (at = g_strstr_len(at, data - at, ".noise.weight\"")); at++) {
    const char *offsets = g_strstr_len(at, data - at, "\"data_offsets\":[");
    const float weight = 0.2f;
    g_assert(offsets);
    memcpy(data + g_ascii_strtoull(offsets + strlen("\"data_offsets\":["), NULL, 10), &weight, sizeof weight);
  }
  return g_file_set_contents(path, content, (gssize) length, error);
}

int main(int argc, char **argv)
{
  g_autoptr(GError) error = NULL;
  SsgArchitecture arch;
  if (argc < 4 || !ssg_architecture_preset(argv[1], &arch)) {
    g_printerr("usage: make-model PRESET SEED FILE [MIB]\n");
    return 2;
  }
  SsgContext *ctx = ssg_context_new("cpu", 1, &error);
  SsgModel *model = ctx ? ssg_model_new_random(ctx, &arch, g_ascii_strtoull(argv[2], NULL, 10), &error) : NULL;
  gboolean ok = model && ssg_model_save(model, argv[3], SSG_F32, &error) && add_grain(argv[3], &error);
  if (ok && argc > 4)
    ok = add_hole(argv[3], g_ascii_strtoull(argv[4], NULL, 10) << 20, &error);
  if (!ok)
    g_printerr("make-model: %s\n", error ? error->message : "the file cannot be made longer");
  g_clear_pointer(&model, ssg_model_unref);
  g_clear_pointer(&ctx, ssg_context_free);
  return ok ? 0 : 1;
}
