/* ssgan-trainer: the table of its commands. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
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

/* A file that is opened while one of the three is closed would take its place, and what is said would go into it. */
static void open_standard_files(void)
{
  int file;
  do
    file = open("/dev/null", O_RDWR);
  while (file >= 0 && file <= STDERR_FILENO);
  if (file >= 0)
    close(file);
}

/* What was printed and did not arrive, on a full disk say, is no success. */
static int check_output(int code)
{
  if (fflush(stdout) == 0 && !ferror(stdout))
    return code;
  fprintf(stderr, "ssgan-trainer: what was printed could not be written: %s\n", strerror(errno));
  return code ? code : SSG_EXIT_FAILED;
}

int main(int argc, char **argv)
{
  open_standard_files();
  ssg_wait_passively(argv);
  setlocale(LC_ALL, "");
  setlocale(LC_NUMERIC, "C"); /* JSON, logs and tables are read by programs: a point is a point everywhere */
  ssg_interrupt_install();
  signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk */
  return check_output(ssg_command_dispatch(
      "ssgan-trainer", "Prepares data, trains SemanticStyleGAN models and works with them, without a desktop.", commands,
      argc, argv));
}
