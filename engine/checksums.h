/* Checksums that a safetensors file carries of itself, so that a damaged one is told from a good one: tensor "checksums", i64
 * [1 + tensors], holds the CRC-32 of the metadata (every key and value in the order of the keys, each with its terminating 0), then of
 * every other tensor in the order of their bytes: of its name with the terminating 0, and of its bytes. */
#pragma once

#include "engine/safetensors.h"

#define SSG_CHECKSUMS "checksums"

guint32 ssg_checksum_metadata(GHashTable *metadata);
guint32 ssg_checksum_tensor(const char *name, const void *data, gsize n_bytes);
/* FALSE and SSG_ERROR_FORMAT, naming path and tensor, for what is not as it was written. Reads the whole file. A file without
 * checksums passes. */
gboolean ssg_checksums_verify(const SsgSafetensors *file, const char *path, GError **error);
