/* Safetensors files: 8 bytes of header length, a JSON header (dtype, shape and byte range of every tensor, a string to
 * string `__metadata__`), then the tensors' bytes. Supported dtypes: F32, F16, BF16, I64, U8; a file with any other is
 * refused by the tensor's name.
 *
 * Reading is strict: header of at most SSG_SAFETENSORS_MAX_HEADER bytes, valid UTF-8 and JSON of exactly the expected
 * kind (no nesting beyond it, so that no file can exhaust the stack), no name twice, byte ranges of exactly the size of
 * dtype and shape, inside the file, neither overlapping nor leaving holes. Nothing is allocated on a header's word.
 */
#pragma once

#include <glib.h>

#include "engine/host-tensor.h"

#define SSG_SAFETENSORS_MAX_HEADER (32u << 20)

typedef struct {
  SsgHostTensors *tensors; /* in the order of their bytes in the file; mapped, not copied */
  GHashTable *metadata;    /* char * -> char *, both UTF-8; empty when the file has none */
} SsgSafetensors;

/* Maps and checks a file. The tensors stay valid after ssg_safetensors_free() as long as they are referenced. */
SsgSafetensors *ssg_safetensors_open(const char *path, GError **error);
/* The same from memory; name is for messages. */
SsgSafetensors *ssg_safetensors_parse(GBytes *bytes, const char *name, GError **error);
void ssg_safetensors_free(SsgSafetensors *file); /* NULL is allowed */
/* Borrowed; NULL when there is no such key. */
const char *ssg_safetensors_metadata(const SsgSafetensors *file, const char *key);

/* For files of ours, whose metadata has a `version`, a whole number: refuses one above `newest` as written by a newer program. A file
 * without counts as version 1. SSG_ERROR_FORMAT. */
gboolean ssg_safetensors_check_version(const SsgSafetensors *file, const char *path, int newest, GError **error);

/* Writing, streamed: open, declare metadata and tensors, then write each tensor's bytes, whole or in pieces, in any order;
 * then commit. The bytes of a file depend on nothing but what was declared and written: metadata is sorted by key,
 * tensors lie in the order declared, but for larger elements first, so that every tensor is aligned. The file appears
 * under its name only by commit (see atomic-file.h). */
typedef struct SsgSafetensorsWriter SsgSafetensorsWriter;

SsgSafetensorsWriter *ssg_safetensors_writer_open(const char *path, GError **error);
/* Key and value are UTF-8. A key set again is replaced. Before the first write only. */
void ssg_safetensors_writer_set_metadata(SsgSafetensorsWriter *writer, const char *key, const char *value);
/* Returns the tensor's index (0, 1, ...) for write, -1 with an error when the shape is not valid or the name was declared
 * before or is "__metadata__". Before the first write only. */
int ssg_safetensors_writer_declare(SsgSafetensorsWriter *writer, const char *name, SsgDtype dtype, const SsgShape *shape,
                                   GError **error);
/* The next n_bytes of tensor index, little-endian, row-major. More than the tensor holds is an error
 * (SSG_ERROR_ARGUMENT). */
gboolean ssg_safetensors_writer_write(SsgSafetensorsWriter *writer, int index, const void *data, gsize n_bytes,
                                      GError **error);
/* SSG_ERROR_ARGUMENT when a tensor has not been written to its end. The writer must still be freed. */
gboolean ssg_safetensors_writer_commit(SsgSafetensorsWriter *writer, GError **error);
/* Throws away what was not committed. NULL is allowed. */
void ssg_safetensors_writer_free(SsgSafetensorsWriter *writer);

/* All of the above: tensors in their order; metadata (char * -> char *) may be NULL. */
gboolean ssg_safetensors_save(const char *path, const SsgHostTensors *tensors, GHashTable *metadata, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgSafetensors, ssg_safetensors_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgSafetensorsWriter, ssg_safetensors_writer_free)
