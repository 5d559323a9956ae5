/* Reading an LMDB data file without liblmdb. liblmdb trusts the pages it maps: a truncated or damaged file ends the
 * process, a file made with a map of 1 TiB needs that much address space, a lock file is wanted beside it, and one
 * process may not open a file twice. Datasets are copied over networks and lie on read-only media, so the trainer walks
 * the B+ tree itself, checks every offset against the file once when opening, and has plain pointers from then on.
 * (Writing is liblmdb's: trainer/dataset-writer.h.)
 *
 * Read: version 1 files of little-endian 64-bit machines, any page size, main database with plain keys (no named
 * databases, no duplicates). Immutable after opening: any number of threads may read.
 */
#pragma once

#include <glib.h>

typedef struct SsgLmdbFile SsgLmdbFile;

typedef struct {
  const char *key; /* in the file, not terminated */
  guint key_size;
  const guint8 *data; /* in the file; may be unaligned; valid as long as the file is open */
  gsize size;
} SsgLmdbEntry;

/* path: the folder that holds data.mdb, or such a file itself. All keys are visited; values are not touched. Errors
 * (SSG_ERROR_FORMAT or G_FILE_ERROR) name the file and the page. */
SsgLmdbFile *ssg_lmdb_file_open(const char *path, GError **error);
/* NULL is allowed. */
void ssg_lmdb_file_free(SsgLmdbFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgLmdbFile, ssg_lmdb_file_free)

/* Entries in the order of their keys (bytewise). */
gsize ssg_lmdb_file_count(const SsgLmdbFile *file);
const SsgLmdbEntry *ssg_lmdb_file_entry(const SsgLmdbFile *file, gsize index);
/* NULL where there is no such key. */
const SsgLmdbEntry *ssg_lmdb_file_find(const SsgLmdbFile *file, const char *key);

/* For the fuzzer: the same from memory, which must outlive the file. name stands in for the path in messages. */
SsgLmdbFile *ssg_lmdb_file_parse(const guint8 *bytes, gsize size, const char *name, GError **error);
