/* Unquantised results of many faces in one safetensors file, written face by face: rgb [N, 3, R, R], seg [N, K, R, R],
 * coarse, depth, weights [N, K, h, h] and latent [N, B + 2K, S], all float32, N, C, H, W as in MODEL.md. */
#pragma once

#include "engine/session.h"

typedef struct SsgRawFile SsgRawFile;

/* FALSE and SSG_ERROR_FILE when the disk cannot hold the file of n faces (n <= 2^40); its folder may still be missing. Better found out
 * before hours of rendering than after them. */
gboolean ssg_raw_file_has_room(const char *path, const SsgModelInfo *info, gint64 n, GError **error);
/* n faces will be added. metadata "model" and "faces" say what they are. */
SsgRawFile *ssg_raw_file_open(const char *path, const SsgModelInfo *info, const char *faces, gint64 n, GError **error);
/* The next face; the render must have been made with raw. */
gboolean ssg_raw_file_add(SsgRawFile *file, const SsgFace *face, const SsgRender *render, GError **error);
/* After the n-th face: the file appears. */
gboolean ssg_raw_file_commit(SsgRawFile *file, GError **error);
/* Throws away what was not committed. NULL is allowed. */
void ssg_raw_file_free(SsgRawFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgRawFile, ssg_raw_file_free)
