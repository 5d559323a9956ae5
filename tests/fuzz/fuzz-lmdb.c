#include "tests/fuzz/fuzz.h"
#include "trainer/lmdb-file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgLmdbFile) file = ssg_lmdb_file_parse(data, size, "fuzz", &error);
  g_assert((file == NULL) == (error != NULL));
  for (gsize i = 0; file && i < ssg_lmdb_file_count(file); i++) {
    const SsgLmdbEntry *entry = ssg_lmdb_file_entry(file, i);
    fuzz_use(entry->key, entry->key_size);
    if (entry->size < 4096) /* values may overlap in a hostile file: all of all of them would take too long */
      fuzz_use(entry->data, entry->size);
    else {
      fuzz_use(entry->data, 16);
      fuzz_use(entry->data + entry->size - 16, 16);
    }
  }
  return 0;
}
