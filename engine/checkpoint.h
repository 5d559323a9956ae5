/* Public checkpoints: PyTorch `.pt` files, as torch.save() writes them, of a dict with `g_ema` always and `g`, `d`,
 * `g_optim`, `d_optim`, `args` as present (MODEL.md, "Files that are read"). Both forms are read: the zip archive
 * and the older stream. Checkpoints that this program writes may have one key more, `ssgan`: a dict of strings (what else is known
 * of the model) and the tensor `w_mean`. Other keys of the dict are ignored, as the authors' code ignores this one.
 *
 * Nothing in a file is ever executed: the pickle inside is read by an interpreter that knows the few opcodes and names
 * such files use (pickle.h); any other global is refused by its name. Sizes are checked before anything is allocated;
 * memory is bounded by a small multiple of the file's size. Checksums of the zip form are verified for what is read.
 *
 * Tensors keep PyTorch's layout ([out, in, kh, kw]). Contiguous ones are used where they are mapped; strided ones are
 * gathered; one that repeats its storage (stride 0) is refused. Storages of f32, f16, bf16, i64 and u8 stay as they are;
 * bool becomes u8, the other integers i64, and double f32 (rounded).
 *
 * Errors: SSG_ERROR_FILE, SSG_ERROR_FORMAT, SSG_ERROR_MEMORY, naming file and tensor.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "engine/host-tensor.h"

/* Adam's state of one parameter. */
typedef struct {
  guint index;                /* the parameter's number: its place in the model's parameters, as they come in the state
                               * dict when buffers (noises, filters) are left out */
  double step;                /* updates done, >= 0 */
  SsgHostTensor *exp_avg;     /* first moment, the parameter's shape; owned */
  SsgHostTensor *exp_avg_sq;  /* second moment, the same shape; owned */
} SsgAdamState;

typedef struct {
  double lr, beta1, beta2, eps;
  GArray *params; /* of guint: the parameters' numbers */
} SsgAdamGroup;

typedef struct {
  GPtrArray *states; /* of SsgAdamState, owned, by increasing index; parameters never updated have none */
  GPtrArray *groups; /* of SsgAdamGroup, owned */
} SsgAdam;

SsgAdam *ssg_adam_new(void);
void ssg_adam_free(SsgAdam *adam); /* NULL is allowed */
/* Appends a state; takes the references. index must be larger than the last one. */
void ssg_adam_add_state(SsgAdam *adam, guint index, double step, SsgHostTensor *exp_avg, SsgHostTensor *exp_avg_sq);
/* Appends a group of the n parameters listed. */
void ssg_adam_add_group(SsgAdam *adam, double lr, double beta1, double beta2, double eps, const guint *params, guint n);
/* Borrowed; NULL when the parameter has no state. */
const SsgAdamState *ssg_adam_state(const SsgAdam *adam, guint index);

typedef enum {
  SSG_CHECKPOINT_G_EMA = 1 << 0,
  SSG_CHECKPOINT_G = 1 << 1,
  SSG_CHECKPOINT_D = 1 << 2,
  SSG_CHECKPOINT_G_OPTIM = 1 << 3,
  SSG_CHECKPOINT_D_OPTIM = 1 << 4,
  SSG_CHECKPOINT_ARGS = 1 << 5,
  SSG_CHECKPOINT_ALL = (1 << 6) - 1
} SsgCheckpointSections;

/* A section that is absent, or was not asked for, is NULL. Everything is owned. */
typedef struct {
  SsgCheckpointSections present; /* what the file has, asked for or not */
  SsgHostTensors *g_ema, *g, *d; /* state dicts in their order */
  SsgAdam *g_optim, *d_optim;
  JsonNode *args; /* an object: numbers, strings, booleans, null, arrays (lists and tuples), objects; numbers that are
                   * not finite become null */
  /* From the key `ssgan`, read whatever sections are asked for. */
  GHashTable *about;     /* char * -> char *; NULL when there is none */
  SsgHostTensor *w_mean; /* of g_ema; NULL when there is none */
} SsgCheckpoint;

/* An empty one, to be filled and saved. */
SsgCheckpoint *ssg_checkpoint_new(void);
void ssg_checkpoint_free(SsgCheckpoint *checkpoint); /* NULL is allowed */

/* TRUE when the bytes begin as a `.pt` file of either form does. */
gboolean ssg_checkpoint_sniff(const void *data, gsize size);
/* Reads the sections asked for; a file without g_ema is refused. */
SsgCheckpoint *ssg_checkpoint_load(const char *path, SsgCheckpointSections sections, GError **error);
/* The same from memory; name is for messages. */
SsgCheckpoint *ssg_checkpoint_parse(GBytes *bytes, const char *name, SsgCheckpointSections sections, GError **error);

/* Writes the sections that are not NULL, `about` and `w_mean` in zip form, for torch.load() and the authors' code: state dicts as OrderedDict of
 * tensors, optimiser states as torch.optim.Adam.state_dict() gives them (step as a tensor), args as argparse.Namespace
 * (arrays become tuples). f32, f16, bf16, i64 and u8 tensors keep their dtype. The file appears whole or not at all, and
 * the same contents give the same bytes. present is not looked at. */
gboolean ssg_checkpoint_save_pt(const SsgCheckpoint *checkpoint, const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgAdam, ssg_adam_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgCheckpoint, ssg_checkpoint_free)
