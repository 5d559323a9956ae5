/* The commands that train. */
#pragma once

#include "trainer/command.h"

extern const SsgCommand ssg_command_train;
extern const SsgCommand ssg_command_finetune;
