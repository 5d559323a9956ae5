/* Zip archives as PyTorch makes them: every entry stored, none compressed; zip64 where sizes ask for it. Entries are used
 * where they are mapped, so an archive cannot grow in memory.
 */
#pragma once

#include <glib.h>

typedef struct SsgZip SsgZip;

/* Reads the directory at the archive's end. name is for messages. SSG_ERROR_FORMAT when it is damaged, contradicts the
 * entries' own headers, names one twice, or has an entry that is compressed or encrypted. */
SsgZip *ssg_zip_open(GBytes *bytes, const char *name, GError **error);
void ssg_zip_free(SsgZip *zip); /* NULL is allowed; the entries' bytes stay valid */
guint ssg_zip_count(const SsgZip *zip);
/* Borrowed, in the directory's order; i < count. */
const char *ssg_zip_name(const SsgZip *zip, guint i);
gboolean ssg_zip_has(const SsgZip *zip, const char *entry);
/* An entry's bytes, a view of the archive's; the checksum is verified (a pass over the bytes). NULL with SSG_ERROR_FORMAT
 * when there is no such entry or it is damaged. */
GBytes *ssg_zip_read(const SsgZip *zip, const char *entry, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgZip, ssg_zip_free)

/* Writing: entries one after another, stored, each entry's data at a multiple of 64 bytes of the file, without times. The
 * file appears whole or not at all (atomic-file.h). */
typedef struct SsgZipWriter SsgZipWriter;

/* limit: sizes and offsets from here on are written as zip64; 0 for the format's own limit, 0xffffffff. (A smaller one makes
 * it possible to test zip64 without files of 4 GiB.) */
SsgZipWriter *ssg_zip_writer_open(const char *path, guint32 limit, GError **error);
/* entry: ASCII, not written before. */
gboolean ssg_zip_writer_add(SsgZipWriter *writer, const char *entry, const void *data, gsize size, GError **error);
/* Writes the directory and commits. The writer must still be freed. */
gboolean ssg_zip_writer_commit(SsgZipWriter *writer, GError **error);
void ssg_zip_writer_free(SsgZipWriter *writer); /* NULL is allowed */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgZipWriter, ssg_zip_writer_free)
