/* The commands below `data`; one file each. */
#pragma once

#include "trainer/command.h"
#include "trainer/dataset.h"

extern const SsgCommand ssg_command_data_celebamask;
extern const SsgCommand ssg_command_data_check;
extern const SsgCommand ssg_command_data_folders;
extern const SsgCommand ssg_command_data_images;
extern const SsgCommand ssg_command_data_portraits;
extern const SsgCommand ssg_command_data_stats;

/* ssg_dataset_open() for what --size says: an error where that is no number of pixels, or where there is nothing to choose. */
SsgDataset *ssg_data_open_sized(const char *path, int size, GError **error);
