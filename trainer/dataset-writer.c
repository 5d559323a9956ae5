#include "trainer/dataset-writer.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <lmdb.h>
#include <string.h>
#include <unistd.h>
#include "engine/error.h"
#include "trainer/error.h"

/* A transaction keeps its changed pages in memory: commit before they get many. */
#define COMMIT_BYTES (32u << 20)
#define MAX_VALUE (256u << 20)
#define MAX_KEY 511

struct SsgDatasetWriter {
  char *path, *folder; /* target, temporary */
  SsgDatasetKind kind;
  int size, count;
  GArray *added; /* guint8 for each index */
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi dbi;
  gsize pending; /* bytes in this transaction, rounded up to pages */
  gsize page_size;
  char **class_names;
  guint32 *class_colors;
  char *source;
};

static gboolean lmdb_failed(SsgDatasetWriter *writer, int code, const char *what, GError **error)
{
  int domain_code = code == ENOSPC ? G_FILE_ERROR_NOSPC : G_FILE_ERROR_FAILED;
  g_set_error(error, G_FILE_ERROR, domain_code, "cannot %s dataset %s: %s", what, writer->path, mdb_strerror(code));
  return FALSE;
}

static gboolean commit(SsgDatasetWriter *writer, GError **error)
{
  if (!writer->txn)
    return TRUE;
  int code = mdb_txn_commit(g_steal_pointer(&writer->txn));
  return code == 0 || lmdb_failed(writer, code, "write", error);
}

/* A transaction with room for `bytes` more. The map grows between transactions only: liblmdb has it so. */
static gboolean make_room(SsgDatasetWriter *writer, gsize bytes, GError **error)
{
  int code;
  MDB_envinfo info;
  if (writer->txn && writer->pending + bytes <= COMMIT_BYTES) {
    writer->pending += bytes;
    return TRUE;
  }
  if (!commit(writer, error))
    return FALSE;
  mdb_env_info(writer->env, &info);
  /* Twice what the transaction holds at most, for pages that are copied on write, beside what is there. */
  gsize needed = (info.me_last_pgno + 1) * writer->page_size + 2 * (COMMIT_BYTES + bytes) + (1u << 20);
  if (needed > info.me_mapsize && (code = mdb_env_set_mapsize(writer->env, needed + needed / 2)) != 0)
    return lmdb_failed(writer, code, "enlarge", error);
  if ((code = mdb_txn_begin(writer->env, NULL, 0, &writer->txn)) != 0 ||
      (code = mdb_dbi_open(writer->txn, NULL, 0, &writer->dbi)) != 0)
    return lmdb_failed(writer, code, "write", error);
  writer->pending = bytes;
  return TRUE;
}

static gboolean put(SsgDatasetWriter *writer, const char *key, const void *data, gsize size, GError **error)
{
  MDB_val k = {strlen(key), (void *) key}, v = {size, (void *) data};
  if (k.mv_size < 1 || k.mv_size > MAX_KEY || size > MAX_VALUE) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "dataset %s: '%.40s' with %" G_GSIZE_FORMAT " bytes is too large",
                writer->path, key, size);
    return FALSE;
  }
  if (!make_room(writer, (size / writer->page_size + 3) * writer->page_size, error))
    return FALSE;
  int code = mdb_put(writer->txn, writer->dbi, &k, &v, MDB_NOOVERWRITE);
  if (code == MDB_KEYEXIST) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "dataset %s: the key '%s' is there already", writer->path, key);
    return FALSE;
  }
  return code == 0 || lmdb_failed(writer, code, "write", error);
}

/* Names the temporary folder so that a killed run's leftovers are recognised. */
static char *temporary_folder(const char *path, GError **error)
{
  g_autofree char *template = g_strconcat(path, ".unfinished-XXXXXX", NULL);
  if (!g_mkdtemp_full(template, 0755)) {
    ssg_trainer_error_set_errno(error, errno, "make a folder beside", path);
    return NULL;
  }
  return g_steal_pointer(&template);
}

static gboolean target_is_free(const char *path, GError **error)
{
  g_autoptr(GDir) dir = NULL;
  if (!g_file_test(path, G_FILE_TEST_EXISTS))
    return TRUE;
  dir = g_dir_open(path, 0, NULL);
  if (dir && !g_dir_read_name(dir))
    return TRUE;
  g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "%s exists already; remove it or choose another name", path);
  return FALSE;
}

SsgDatasetWriter *ssg_dataset_writer_new(const char *path, SsgDatasetKind kind, int size, GError **error)
{
  if (!target_is_free(path, error))
    return NULL;
  g_autoptr(SsgDatasetWriter) writer = g_new0(SsgDatasetWriter, 1);
  writer->path = g_strdup(path);
  while (strlen(writer->path) > 1 && g_str_has_suffix(writer->path, "/"))
    writer->path[strlen(writer->path) - 1] = '\0';
  writer->kind = kind;
  writer->size = size;
  writer->added = g_array_new(FALSE, TRUE, 1);
  writer->folder = temporary_folder(writer->path, error);
  if (!writer->folder)
    return NULL;
  int code = mdb_env_create(&writer->env);
  if (code == 0)
    code = mdb_env_open(writer->env, writer->folder, MDB_NOLOCK | MDB_NOSYNC, 0644);
  if (code != 0) {
    lmdb_failed(writer, code, "create", error);
    return NULL;
  }
  MDB_stat stat;
  mdb_env_stat(writer->env, &stat);
  writer->page_size = stat.ms_psize;
  return g_steal_pointer(&writer);
}

static void close_env(SsgDatasetWriter *writer)
{
  if (writer->txn)
    mdb_txn_abort(g_steal_pointer(&writer->txn));
  if (writer->env)
    mdb_env_close(g_steal_pointer(&writer->env));
}

void ssg_dataset_writer_free(SsgDatasetWriter *writer)
{
  if (!writer)
    return;
  close_env(writer);
  if (writer->folder) {
    g_autofree char *data = g_build_filename(writer->folder, "data.mdb", NULL);
    g_unlink(data);
    g_rmdir(writer->folder);
  }
  g_array_unref(writer->added);
  g_strfreev(writer->class_names);
  g_free(writer->class_colors);
  g_free(writer->source);
  g_free(writer->folder);
  g_free(writer->path);
  g_free(writer);
}

gboolean ssg_dataset_writer_add(SsgDatasetWriter *writer, int index, const guint8 *image, gsize image_size,
                                const guint8 *label, gsize label_size, GError **error)
{
  g_return_val_if_fail(index >= 0 && (label != NULL) == (writer->kind == SSG_DATASET_MASKS), FALSE);
  g_autofree char *image_key = writer->kind == SSG_DATASET_MASKS ? g_strdup_printf("image-%07d", index)
                                                                 : g_strdup_printf("%d-%05d", writer->size, index);
  if (!put(writer, image_key, image, image_size, error))
    return FALSE;
  if (label) {
    g_autofree char *label_key = g_strdup_printf("label-%07d", index);
    if (!put(writer, label_key, label, label_size, error))
      return FALSE;
  }
  if ((guint) index >= writer->added->len)
    g_array_set_size(writer->added, index + 1);
  g_array_index(writer->added, guint8, index) = 1;
  writer->count++;
  return TRUE;
}

gboolean ssg_dataset_writer_add_extra(SsgDatasetWriter *writer, const char *key, const void *data, gsize size,
                                      GError **error)
{
  return put(writer, key, data, size, error);
}

void ssg_dataset_writer_set_classes(SsgDatasetWriter *writer, const char *const *names, const guint32 *colors)
{
  g_strfreev(writer->class_names);
  g_clear_pointer(&writer->class_colors, g_free);
  writer->class_names = g_strdupv((char **) names);
  if (names && colors)
    writer->class_colors = g_memdup2(colors, sizeof(guint32) * g_strv_length(writer->class_names));
}

void ssg_dataset_writer_set_source(SsgDatasetWriter *writer, const char *sentence)
{
  g_free(writer->source);
  writer->source = g_strdup(sentence);
}

static char *info_text(const SsgDatasetWriter *writer)
{
  g_autoptr(JsonBuilder) builder = json_builder_new();
  json_builder_begin_object(builder);
  json_builder_set_member_name(builder, "kind");
  json_builder_add_string_value(builder, writer->kind == SSG_DATASET_MASKS ? "masks" : "images");
  json_builder_set_member_name(builder, "size");
  json_builder_add_int_value(builder, writer->size);
  if (writer->class_names) {
    json_builder_set_member_name(builder, "classes");
    json_builder_begin_array(builder);
    for (char **name = writer->class_names; *name; name++)
      json_builder_add_string_value(builder, *name);
    json_builder_end_array(builder);
  }
  if (writer->class_colors) {
    json_builder_set_member_name(builder, "colors");
    json_builder_begin_array(builder);
    for (guint i = 0; writer->class_names[i]; i++) {
      g_autofree char *color = g_strdup_printf("#%06x", writer->class_colors[i] & 0xffffff);
      json_builder_add_string_value(builder, color);
    }
    json_builder_end_array(builder);
  }
  if (writer->source) {
    json_builder_set_member_name(builder, "source");
    json_builder_add_string_value(builder, writer->source);
  }
  json_builder_end_object(builder);
  g_autoptr(JsonNode) root = json_builder_get_root(builder);
  return json_to_string(root, FALSE);
}

static gboolean write_lengths(SsgDatasetWriter *writer, GError **error)
{
  g_autofree char *count = g_strdup_printf("%d", writer->count);
  if (writer->kind == SSG_DATASET_IMAGES)
    return put(writer, "length", count, strlen(count), error);
  return put(writer, "image-length", count, strlen(count), error) &&
         put(writer, "label-length", count, strlen(count), error);
}

/* The rename itself must survive a power cut: the folder that holds the name is flushed too. */
static void sync_parent(const char *path)
{
  g_autofree char *parent = g_path_get_dirname(path);
  int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    fsync(fd);
    close(fd);
  }
}

gboolean ssg_dataset_writer_finish(SsgDatasetWriter *writer, GError **error)
{
  g_autofree char *info = info_text(writer);
  for (guint i = 0; i < writer->added->len; i++)
    if (!g_array_index(writer->added, guint8, i)) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "dataset %s: image %u was never added", writer->path, i);
      return FALSE;
    }
  if (writer->count == 0) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "dataset %s: there is no image to put in", writer->path);
    return FALSE;
  }
  if (!write_lengths(writer, error) || !put(writer, SSG_DATASET_INFO_KEY, info, strlen(info), error) ||
      !commit(writer, error))
    return FALSE;
  int code = mdb_env_sync(writer->env, 1);
  if (code != 0)
    return lmdb_failed(writer, code, "flush", error);
  close_env(writer);
  if (g_rename(writer->folder, writer->path) < 0) {
    ssg_trainer_error_set_errno(error, errno, "rename the finished dataset to", writer->path);
    return FALSE;
  }
  g_clear_pointer(&writer->folder, g_free);
  sync_parent(writer->path);
  return TRUE;
}
