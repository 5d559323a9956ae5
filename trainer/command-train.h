/* The commands that train, and what they share. */
#pragma once

#include "trainer/command.h"
#include "trainer/train.h"

extern const SsgCommand ssg_command_train;
extern const SsgCommand ssg_command_finetune;

/* Architecture, parameters, estimated memory and operations of a run, for --dry-run. On stdout. */
void ssg_train_print_plan(const SsgTrainConfig *config);
