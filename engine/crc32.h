/* The checksum of zip archives (and PNG): CRC-32, polynomial 0xEDB88320 reflected, start and end inverted. */
#pragma once

#include <glib.h>

/* crc: 0, or the result for the bytes before these. Any thread. */
guint32 ssg_crc32(guint32 crc, const void *data, gsize size);
