/* The command that measures a model. */
#pragma once

#include "trainer/command.h"

extern const SsgCommand ssg_command_metrics;
