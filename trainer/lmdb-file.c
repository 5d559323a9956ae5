#include "trainer/lmdb-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "engine/error.h"
#include "trainer/error.h"

/* The format: pages of psize bytes; pages 0 and 1 are metas, of which the one with the larger transaction id counts.
 * Page header (16 bytes): number u64, pad u16, flags u16, lower u16, upper u16 (overflow pages: their count u32
 * instead). Then u16 offsets of nodes. Node (8 bytes): low u16, high u16, flags u16, key size u16; the key; in leaves
 * then the value or, with NODE_BIG, the u64 number of its first overflow page. */
#define PAGE_HEADER 16
#define NODE_HEADER 8
#define PAGE_BRANCH 0x01
#define PAGE_LEAF 0x02
#define PAGE_OVERFLOW 0x04
#define PAGE_META 0x08
#define NODE_BIG 0x01
#define META_MAGIC 0xBEEFC0DEu
#define META_VERSION 1
#define META_SIZE 136
#define META_FREE_DB                                                                                                   \
  24 /* offsets inside the meta; a database record is 48 bytes: pad u32, flags u16, depth u16, 4 counts u64, root u64  \
      */
#define META_MAIN_DB 72
#define META_LAST_PAGE 120
#define META_TXNID 128
#define DB_FLAGS 4
#define DB_DEPTH 6
#define DB_ENTRIES 32
#define DB_ROOT 40
#define NO_PAGE G_MAXUINT64
#define MAX_DEPTH 32 /* liblmdb's own limit */

struct SsgLmdbFile {
  char *name;
  void *mapped; /* what munmap() takes; NULL when parsed from memory */
  const guint8 *bytes;
  gsize size, page_size;
  guint64 n_pages; /* whole pages in the file */
  GArray *entries; /* SsgLmdbEntry */
  guint64 budget;  /* pages that may still be visited: a tree visits none twice, a damaged one might */
};

static guint16 get_u16(const guint8 *at)
{
  return (guint16) (at[0] | at[1] << 8);
}

static guint32 get_u32(const guint8 *at)
{
  return get_u16(at) | (guint32) get_u16(at + 2) << 16;
}

static guint64 get_u64(const guint8 *at)
{
  return get_u32(at) | (guint64) get_u32(at + 4) << 32;
}

static void set_error(const SsgLmdbFile *file, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void set_error(const SsgLmdbFile *file, GError **error, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *what = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: %s", file->name, what);
}

static int compare_keys(const char *a, gsize na, const char *b, gsize nb)
{
  int order = memcmp(a, b, MIN(na, nb));
  return order ? order : (na > nb) - (na < nb);
}

static gboolean read_big_value(const SsgLmdbFile *file, const guint8 *reference, guint64 size, guint64 page_number,
                               SsgLmdbEntry *entry, GError **error)
{
  guint64 first = get_u64(reference);
  if (first >= file->n_pages || size > (file->n_pages - first) * file->page_size - PAGE_HEADER) {
    set_error(file, error,
              "an entry of page %" G_GUINT64_FORMAT
              " points behind the end of the file; the file is truncated or damaged",
              page_number);
    return FALSE;
  }
  const guint8 *page = file->bytes + first * file->page_size;
  if (!(get_u16(page + 10) & PAGE_OVERFLOW)) {
    set_error(file, error, "page %" G_GUINT64_FORMAT " should hold a value but does not; the file is damaged", first);
    return FALSE;
  }
  entry->data = page + PAGE_HEADER;
  return TRUE;
}

static gboolean add_leaf_node(SsgLmdbFile *file, const guint8 *node, const guint8 *end, guint64 page_number,
                              GError **error)
{
  guint key_size = get_u16(node + 6), flags = get_u16(node + 4);
  guint64 size = get_u32(node);
  gsize room = end - node - NODE_HEADER, inside = flags & NODE_BIG ? 8 : size;
  if (key_size > room || inside > room - key_size) {
    set_error(file, error, "a node of page %" G_GUINT64_FORMAT " reaches over its page; the file is damaged",
              page_number);
    return FALSE;
  }
  if (flags & ~NODE_BIG) {
    set_error(file, error, "holds databases within the database; a dataset has one plain database");
    return FALSE;
  }
  SsgLmdbEntry entry = {(const char *) node + NODE_HEADER, key_size, node + NODE_HEADER + key_size, size};
  if ((flags & NODE_BIG) && !read_big_value(file, node + NODE_HEADER + key_size, size, page_number, &entry, error))
    return FALSE;
  if (file->entries->len) {
    const SsgLmdbEntry *last = &g_array_index(file->entries, SsgLmdbEntry, file->entries->len - 1);
    if (compare_keys(last->key, last->key_size, entry.key, entry.key_size) >= 0) {
      set_error(file, error, "keys of page %" G_GUINT64_FORMAT " are out of order; the file is damaged", page_number);
      return FALSE;
    }
  }
  g_array_append_val(file->entries, entry);
  return TRUE;
}

static gboolean walk(SsgLmdbFile *file, guint64 number, int depth, GError **error)
{
  if (number >= file->n_pages) {
    set_error(file, error,
              "page %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " is missing; the file is truncated or damaged",
              number, file->n_pages);
    return FALSE;
  }
  const guint8 *page = file->bytes + number * file->page_size;
  guint flags = get_u16(page + 10), lower = get_u16(page + 12);
  gboolean leaf = (flags & PAGE_LEAF) != 0;
  if (file->budget-- == 0 || get_u64(page) != number || leaf == ((flags & PAGE_BRANCH) != 0) || leaf != (depth == 1) ||
      (flags & ~(guint) (PAGE_BRANCH | PAGE_LEAF | 0x10)) || lower < PAGE_HEADER || lower > file->page_size ||
      lower % 2) {
    set_error(file, error, "page %" G_GUINT64_FORMAT " is no page of the tree; the file is damaged", number);
    return FALSE;
  }
  for (guint i = 0; i < (lower - PAGE_HEADER) / 2u; i++) {
    guint at = get_u16(page + PAGE_HEADER + 2 * i);
    if (at < lower || at + NODE_HEADER > file->page_size) {
      set_error(file, error, "node %u of page %" G_GUINT64_FORMAT " lies outside; the file is damaged", i, number);
      return FALSE;
    }
    const guint8 *node = page + at;
    if (leaf ? !add_leaf_node(file, node, page + file->page_size, number, error)
             : !walk(file, get_u32(node) | (guint64) get_u16(node + 4) << 32, depth - 1, error))
      return FALSE;
  }
  return TRUE;
}

/* The meta of page `number`, or NULL where it is none of ours. */
static const guint8 *find_meta(const SsgLmdbFile *file, gsize offset)
{
  if (offset > file->size || file->size - offset < PAGE_HEADER + META_SIZE)
    return NULL;
  const guint8 *page = file->bytes + offset;
  if (!(get_u16(page + 10) & PAGE_META) || get_u32(page + PAGE_HEADER) != META_MAGIC ||
      get_u32(page + PAGE_HEADER + 4) != META_VERSION)
    return NULL;
  return page + PAGE_HEADER;
}

static gboolean parse(SsgLmdbFile *file, GError **error)
{
  const guint8 *meta = find_meta(file, 0);
  if (!meta) {
    set_error(file, error, "is not an LMDB data file (version %d, 64-bit little-endian)", META_VERSION);
    return FALSE;
  }
  file->page_size = get_u32(meta + META_FREE_DB); /* the first database's pad field */
  if (file->page_size < 512 || file->page_size > 65536 || (file->page_size & (file->page_size - 1))) {
    set_error(file, error, "has pages of %" G_GSIZE_FORMAT " bytes, which cannot be; the file is damaged",
              file->page_size);
    return FALSE;
  }
  const guint8 *other = find_meta(file, file->page_size);
  if (other && get_u64(other + META_TXNID) > get_u64(meta + META_TXNID))
    meta = other;
  file->n_pages = file->size / file->page_size;
  file->budget = file->n_pages;
  guint64 last_page = get_u64(meta + META_LAST_PAGE);
  if (last_page >= file->n_pages) {
    set_error(file, error,
              "has %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
              " pages; the copy is not complete (the whole is %.1f MiB)",
              file->n_pages, last_page + 1, (last_page + 1.0) * file->page_size / 1048576);
    return FALSE;
  }
  const guint8 *db = meta + META_MAIN_DB;
  guint64 root = get_u64(db + DB_ROOT), n_entries = get_u64(db + DB_ENTRIES);
  guint depth = get_u16(db + DB_DEPTH);
  if (get_u16(db + DB_FLAGS) & 0x7fff) {
    set_error(file, error, "has special key orders or duplicate keys; a dataset has one plain database");
    return FALSE;
  }
  if (root == NO_PAGE)
    return TRUE; /* empty */
  if (depth < 1 || depth > MAX_DEPTH) {
    set_error(file, error, "has a tree of %u levels, which cannot be; the file is damaged", depth);
    return FALSE;
  }
  if (!walk(file, root, (int) depth, error))
    return FALSE;
  if (file->entries->len != n_entries) {
    set_error(file, error, "holds %u entries instead of %" G_GUINT64_FORMAT "; the file is damaged", file->entries->len,
              n_entries);
    return FALSE;
  }
  return TRUE;
}

static SsgLmdbFile *file_new(const char *name, const guint8 *bytes, gsize size)
{
  SsgLmdbFile *file = g_new0(SsgLmdbFile, 1);
  file->name = g_strdup(name);
  file->bytes = bytes;
  file->size = size;
  file->entries = g_array_new(FALSE, FALSE, sizeof(SsgLmdbEntry));
  return file;
}

SsgLmdbFile *ssg_lmdb_file_parse(const guint8 *bytes, gsize size, const char *name, GError **error)
{
  g_autoptr(SsgLmdbFile) file = file_new(name, bytes, size);
  return parse(file, error) ? g_steal_pointer(&file) : NULL;
}

SsgLmdbFile *ssg_lmdb_file_open(const char *path, GError **error)
{
  gboolean folder = g_file_test(path, G_FILE_TEST_IS_DIR);
  g_autofree char *name = folder ? g_build_filename(path, "data.mdb", NULL) : g_strdup(path);
  struct stat info;
  int fd = open(name, O_RDONLY | O_CLOEXEC);
  if (fd < 0 && folder && errno == ENOENT) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s is a folder without data.mdb: not a dataset; 'ssgan-trainer data' makes datasets of pictures", path);
    return NULL;
  }
  if (fd < 0 || fstat(fd, &info) < 0) {
    ssg_trainer_error_set_errno(error, errno, "open", name);
    if (fd >= 0)
      close(fd);
    return NULL;
  }
  if (!S_ISREG(info.st_mode) || info.st_size < PAGE_HEADER + META_SIZE) {
    close(fd);
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: is not an LMDB data file", name);
    return NULL;
  }
  void *mapped = mmap(NULL, (gsize) info.st_size, PROT_READ, MAP_SHARED, fd, 0);
  int saved_errno = errno;
  close(fd);
  if (mapped == MAP_FAILED) {
    ssg_trainer_error_set_errno(error, saved_errno, "map", name);
    return NULL;
  }
  madvise(mapped, (gsize) info.st_size, MADV_RANDOM); /* a shuffled epoch jumps about: reading ahead wastes the disk */
  g_autoptr(SsgLmdbFile) file = file_new(name, mapped, (gsize) info.st_size);
  file->mapped = mapped;
  return parse(file, error) ? g_steal_pointer(&file) : NULL;
}

void ssg_lmdb_file_free(SsgLmdbFile *file)
{
  if (!file)
    return;
  if (file->mapped)
    munmap(file->mapped, file->size);
  g_array_unref(file->entries);
  g_free(file->name);
  g_free(file);
}

gsize ssg_lmdb_file_count(const SsgLmdbFile *file)
{
  return file->entries->len;
}

const SsgLmdbEntry *ssg_lmdb_file_entry(const SsgLmdbFile *file, gsize index)
{
  g_assert(index < file->entries->len);
  return &g_array_index(file->entries, SsgLmdbEntry, index);
}

const SsgLmdbEntry *ssg_lmdb_file_find(const SsgLmdbFile *file, const char *key)
{
  gsize low = 0, high = file->entries->len, key_size = strlen(key);
  while (low < high) {
    gsize middle = low + (high - low) / 2;
    const SsgLmdbEntry *entry = &g_array_index(file->entries, SsgLmdbEntry, middle);
    int order = compare_keys(entry->key, entry->key_size, key, key_size);
    if (order == 0)
      return entry;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}
