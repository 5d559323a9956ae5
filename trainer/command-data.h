/* The commands below `data`; one file each. */
#pragma once

#include "trainer/command.h"

extern const SsgCommand ssg_command_data_celebamask;
extern const SsgCommand ssg_command_data_check;
extern const SsgCommand ssg_command_data_folders;
extern const SsgCommand ssg_command_data_images;
extern const SsgCommand ssg_command_data_portraits;
extern const SsgCommand ssg_command_data_stats;
