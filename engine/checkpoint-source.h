/* Where a checkpoint's tensors lie: the storages of a `.pt` file of either form, and tensors made of them. Used by
 * checkpoint.c alone.
 */
#pragma once

#include "engine/host-tensor.h"
#include "engine/pickle.h"

typedef struct SsgCheckpointSource SsgCheckpointSource;

/* Finds out the form, reads the pickle and, in the stream form, where each storage begins. name is for messages. */
SsgCheckpointSource *ssg_checkpoint_source_open(GBytes *bytes, const char *name, GError **error);
void ssg_checkpoint_source_free(SsgCheckpointSource *source); /* NULL is allowed; tensors stay valid */
/* The unpickled object; lives as long as the source. */
const SsgPickleValue *ssg_checkpoint_source_root(const SsgCheckpointSource *source);
const char *ssg_checkpoint_source_name(const SsgCheckpointSource *source);
/* The tensor of a TENSOR value; tensor_name is its name and stands in messages. Contiguous ones of a dtype of ours are views
 * of the file; copies are counted, and refused when they exceed a small multiple of the file's size. */
SsgHostTensor *ssg_checkpoint_source_tensor(SsgCheckpointSource *source, const SsgPickleValue *value,
                                            const char *tensor_name, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgCheckpointSource, ssg_checkpoint_source_free)
