/* Networks as state dicts of the public checkpoints: the layout, the names and the order that PyTorch gives them, with the filter
 * kernels and stored noises that those files carry along. */
#pragma once

#include "engine/discriminator.h"
#include "engine/generator.h"

/* block: a host copy of the parameters' block, or of another block of that layout; NULL downloads it. NULL only when the
 * device fails. Free with ssg_host_tensors_free(). */
SsgHostTensors *ssg_generator_to_state_dict(const SsgGenerator *g, const float *block);
SsgHostTensors *ssg_discriminator_to_state_dict(const SsgDiscriminator *d, const float *block);
/* TRUE for what state dicts hold beside parameters: filter kernels and noises. Optimisers do not count those. */
gboolean ssg_state_dict_is_buffer(const char *name);
