/* The data of a training run, and whether they fit the model. */
#pragma once

#include "trainer/dataset.h"
#include "trainer/train-config.h"

/* Opens config->data and looks at some of its entries, spread over the set. SSG_ERROR_ARGUMENT, naming data and model, where they do not
 * go together: no label maps though the discriminator sees masks; another number of classes than parts; a label that is none of them;
 * label maps of another shape than their pictures.
 * report (free it): lines for the log: what the data are; that pictures are scaled, when they are of another size than the model's; which
 * parts were not seen in any map. Lines that begin with "warning: " are worth a person's attention. */
SsgDataset *ssg_training_data_open(const SsgTrainConfig *config, char **report, GError **error);
