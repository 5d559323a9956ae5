/* Commands on models; one file each. */
#pragma once

#include "trainer/command.h"

extern const SsgCommand ssg_command_info, ssg_command_convert, ssg_command_generate, ssg_command_components,
    ssg_command_mix, ssg_command_interpolate, ssg_command_transform, ssg_command_bench;
