/* ssgan-editor: composes app and ui. The only file that sees both. */
#include <adwaita.h>
#include <locale.h>
#include "app/i18n.h"
#include "engine/wait-policy.h"
#include "ui/application.h"

/* Sets up translations before any text is made: those that were installed with this program, wherever that tree is now. */
static void set_up_locale(void)
{
  const char *folder = g_getenv("SSGAN_LOCALE_DIR");
  g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
  g_autofree char *bin = g_path_get_dirname(program ? program : "");
  g_autofree char *beside = g_build_filename(bin, "..", "share", "locale", NULL);
  setlocale(LC_ALL, "");
  bindtextdomain(GETTEXT_PACKAGE, folder ? folder : g_file_test(beside, G_FILE_TEST_IS_DIR) ? beside : SSG_LOCALE_DIR);
  bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
  textdomain(GETTEXT_PACKAGE);
}

/* Options that need no display. */
static gboolean wants_display(int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    if (g_str_equal(argv[i], "--version") || g_str_has_prefix(argv[i], "--help") || g_str_equal(argv[i], "-h"))
      return FALSE;
  return TRUE;
}

int main(int argc, char **argv)
{
  ssg_wait_passively(argv);
  set_up_locale();
  g_set_application_name(_("SSGAN Editor"));
  if (wants_display(argc, argv) && !gtk_init_check()) {
    g_printerr("%s\n", _("ssgan-editor: there is no display to open a window on. Start it in a graphical session, or use "
                         "ssgan-trainer generate to make pictures without one."));
    return 3;
  }
  g_autoptr(SsgApplication) application = ssg_application_new();
  return g_application_run(G_APPLICATION(application), argc, argv);
}
