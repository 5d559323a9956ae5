#include <glib.h>
#include "tests/fuzz/fuzz.h"
#include "trainer/train-config.h"

/* What was read can be written and read again, and is the same. */
static void go_round(const SsgTrainConfig *config)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = ssg_train_config_to_json(config);
  g_auto(SsgTrainConfig) again = {0};
  g_assert_true(ssg_train_config_parse(&again, text, "again", &error));
  g_autofree char *second = ssg_train_config_to_json(&again);
  g_assert_cmpstr(text, ==, second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup((const char *) data, size);
  g_auto(SsgTrainConfig) config = {0};
  g_autoptr(GError) error = NULL;
  if (!ssg_train_config_preset(&config, "small-32", NULL))
    g_assert_not_reached();
  gboolean read = ssg_train_config_parse(&config, text, "fuzz", &error);
  g_assert_true(read == (error == NULL));
  if (read) {
    go_round(&config);
    ssg_train_config_check(&config, 2, NULL);
  }
  return 0;
}
