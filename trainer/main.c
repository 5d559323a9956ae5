/* ssgan-trainer: the table of its commands. */
#include <locale.h>
#include <signal.h>
#include "engine/wait-policy.h"
#include "trainer/command.h"
#include "trainer/command-data.h"
#include "trainer/command-metrics.h"
#include "trainer/command-train.h"
#include "trainer/command-model.h"
#include "trainer/interrupt.h"

static const SsgCommand *const data_commands[] = {
    &ssg_command_data_folders,
    &ssg_command_data_celebamask,
    &ssg_command_data_images,
    &ssg_command_data_portraits,
    &ssg_command_data_check,
    &ssg_command_data_stats,
    NULL,
};
static const SsgCommand data = {"data", "Build, check and describe datasets", NULL, data_commands};

/* One line each, in the order of --help. */
static const SsgCommand *const commands[] = {
    &ssg_command_info,
    &ssg_command_convert,
    &ssg_command_generate,
    &ssg_command_components,
    &ssg_command_mix,
    &ssg_command_interpolate,
    &ssg_command_transform,
    &ssg_command_bench,
    &data,
    &ssg_command_train,
    &ssg_command_finetune,
    &ssg_command_metrics,
    NULL,
};

int main(int argc, char **argv)
{
  ssg_wait_passively(argv);
  setlocale(LC_ALL, "");
  setlocale(LC_NUMERIC, "C"); /* JSON, logs and tables are read by programs: a point is a point everywhere */
  ssg_interrupt_install();
  signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk */
  return ssg_command_dispatch("ssgan-trainer",
                              "Prepares data, trains SemanticStyleGAN models and works with them, without a desktop.",
                              commands, argc, argv);
}
