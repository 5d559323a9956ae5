/* Pictures (and label maps) from wherever they are into a dataset: squared, scaled, encoded on all cores, written in
 * order. The commands `data folders`, `data celebamask` and `data images` differ only in where they find an item. */
#pragma once

#include "engine/image.h"
#include "trainer/dataset-writer.h"

#define SSG_DATA_MAX_SIZE 4096 /* of --size */

typedef struct {
  const char *out;                /* folder of the dataset to be */
  int size;                       /* edge in pixels */
  int n_classes;                  /* label values allowed are 0 to n_classes - 1; 0: images alone */
  const char *const *class_names; /* n_classes + NULL; may be NULL */
  const char *source;             /* sentence for the dataset's info; may be NULL */
  int quality;                    /* of the JPEGs, 1 to 100 */
  int jobs;
  gboolean quiet;
} SsgImportOptions;

/* Where an item comes from. */
typedef struct {
  /* The picture of item `index`, any size; *path, which is for messages, is to be freed. */
  SsgImage *(*image)(gpointer data, int index, char **path, GError **error);
  /* Its label map (one channel) in any size of the same proportions; NULL for images alone. */
  SsgImage *(*label)(gpointer data, int index, char **path, GError **error);
  gpointer data; /* read by several threads at a time */
} SsgImportSource;

/* Writes `count` items. FALSE leaves nothing behind. Checks label values (the error names file, value and place) and
 * that picture and label map have the same proportions. */
gboolean ssg_data_import(const SsgImportOptions *options, const SsgImportSource *source, int count, GError **error);

/* FALSE and SSG_ERROR_ARGUMENT unless --limit is a number from 1 on. */
gboolean ssg_data_check_limit(int limit, GError **error);

/* Parses --classes: a number ("13") or names ("background,face,eye"). Returns the number, and the names in *names (free
 * with g_strfreev; NULL for a number); 0 with error set for anything else. */
int ssg_data_parse_classes(const char *text, char ***names, GError **error);

/* Files of a folder that are named like pictures (.png, .jpg, .jpeg, in any case), sorted by name with numbers in their
 * order (2 before 10); paths relative to folder. Never empty: nothing found is an error. recursive goes into
 * subfolders; hidden files are left out. */
GPtrArray *ssg_data_list_images(const char *folder, gboolean recursive, GError **error);
