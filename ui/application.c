#include "ui/application.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include "app/autosave.h"
#include "app/i18n.h"
#include "app/settings.h"
#include "ui/report.h"

struct _SsgApplication {
  AdwApplication parent_instance;
  SsgWorker *worker;
  GSettings *settings;
  char *random_model;
  guint64 random_seed;
  guint report_source;
};

G_DEFINE_FINAL_TYPE(SsgApplication, ssg_application, ADW_TYPE_APPLICATION)

static void load_default(SsgApplication *self, SsgWindow *window)
{
  SsgArchitecture arch;
  if (self->random_model) {
    if (ssg_architecture_preset(self->random_model, &arch))
      ssg_window_load_random(window, &arch, self->random_seed);
    return;
  }
  g_autofree char *path = ssg_settings_default_model(self->settings);
  if (path)
    ssg_window_load_model(window, path);
}

SsgWindow *ssg_application_new_window(SsgApplication *self, SsgWindow *like)
{
  SsgWindow *window = ssg_window_new(GTK_APPLICATION(self), self->worker, self->settings);
  const char *path = like ? ssg_render_service_model_path(ssg_window_get_service(like)) : NULL;
  if (path)
    ssg_window_load_model(window, path);
  else
    load_default(self, window);
  gtk_window_present(GTK_WINDOW(window));
  return window;
}

static SsgWindow *active_window(SsgApplication *self)
{
  GtkWindow *window = gtk_application_get_active_window(GTK_APPLICATION(self));
  return SSG_IS_WINDOW(window) ? SSG_WINDOW(window) : NULL;
}

static void new_window(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ssg_application_new_window(data, active_window(data));
}

static void preferences(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgApplication *self = data;
  gtk_window_present(ssg_preferences_new(gtk_application_get_active_window(data), self->settings));
}

static void about(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ssg_about_show(gtk_application_get_active_window(data));
}

/* Each window asks about its own changes. */
static void quit(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  GList *windows = g_list_copy(gtk_application_get_windows(data));
  for (GList *l = windows; l; l = l->next)
    gtk_window_close(l->data);
  g_list_free(windows);
}

static void apply_style(SsgApplication *self)
{
  g_autofree char *scheme = g_settings_get_string(self->settings, "color-scheme");
  AdwStyleManager *manager = adw_style_manager_get_default();
  adw_style_manager_set_color_scheme(manager, g_str_equal(scheme, "light")  ? ADW_COLOR_SCHEME_FORCE_LIGHT
                                              : g_str_equal(scheme, "dark") ? ADW_COLOR_SCHEME_FORCE_DARK
                                                                            : ADW_COLOR_SCHEME_DEFAULT);
}

static void set_accels(GtkApplication *app)
{
  static const struct {
    const char *action, *keys[3];
  } accels[] = {
    { "app.quit", { "<Control>q" } },
    { "app.new-window", { "<Control><Shift>n" } },
    { "app.preferences", { "<Control>comma" } },
    { "win.new", { "<Control>n" } },
    { "win.open", { "<Control>o" } },
    { "win.open-model", { "<Control><Shift>o" } },
    { "win.next-model", { "<Control>m" } },
    { "win.save", { "<Control>s" } },
    { "win.save-as", { "<Control><Shift>s" } },
    { "win.export", { "<Control>e" } },
    { "win.close", { "<Control>w" } },
    { "win.undo", { "<Control>z" } },
    { "win.redo", { "<Control><Shift>z", "<Control>y" } },
    { "win.copy", { "<Control>c" } },
    { "win.copy-latent", { "<Control><Shift>c" } },
    { "win.paste", { "<Control>v" } },
    { "win.keep", { "<Control>d" } },
    { "win.show-shelf", { "F9" } },
    { "win.show-inspector", { "<Shift>F9" } },
    { "win.fullscreen", { "F11" } },
    { "win.zoom-in", { "<Control>plus", "<Control>equal" } },
    { "win.zoom-out", { "<Control>minus" } },
    { "win.zoom-fit", { "<Control>0" } },
    { "win.zoom-100", { "<Control>1" } },
    { "win.nudge::left", { "<Alt>Left" } },
    { "win.nudge::right", { "<Alt>Right" } },
    { "win.nudge::up", { "<Alt>Up" } },
    { "win.nudge::down", { "<Alt>Down" } },
    { "win.grow(1.03)", { "<Alt>plus", "<Alt>equal" } },
    { "win.grow(0.97)", { "<Alt>minus" } },
    { "win.compose-next", { "<Alt>Page_Down" } },
    { "win.compose-back", { "<Alt>Page_Up" } },
    { "win.resample::both", { "<Control>r" } },
    { "win.reset-part", { "<Control>BackSpace" } },
    { "win.show-help-overlay", { "<Control>question" } },
  };
  for (gsize i = 0; i < G_N_ELEMENTS(accels); i++)
    gtk_application_set_accels_for_action(app, accels[i].action, (const char *const *) accels[i].keys);
}

static void startup(GApplication *application)
{
  SsgApplication *self = SSG_APPLICATION(application);
  static const GActionEntry entries[] = {
    { "new-window", new_window },
    { "preferences", preferences },
    { "about", about },
    { "quit", quit },
  };
  G_APPLICATION_CLASS(ssg_application_parent_class)->startup(application);
  g_action_map_add_action_entries(G_ACTION_MAP(self), entries, G_N_ELEMENTS(entries), self);
  set_accels(GTK_APPLICATION(self));
  self->worker = ssg_worker_new();
  gtk_window_set_default_icon_name(SSG_APPLICATION_ID);
  apply_style(self);
  g_signal_connect_swapped(self->settings, "changed::color-scheme", G_CALLBACK(apply_style), self);
  self->report_source = ssg_report_start();
}

static void activate(GApplication *application)
{
  SsgApplication *self = SSG_APPLICATION(application);
  SsgWindow *window = active_window(self);
  if (window) {
    gtk_window_present(GTK_WINDOW(window));
    return;
  }
  window = ssg_application_new_window(self, NULL);
  ssg_recovery_offer(self, window);
}

static void open_files(GApplication *application, GFile **files, int n, const char *hint)
{
  SsgApplication *self = SSG_APPLICATION(application);
  gboolean first = !active_window(self);
  SsgWindow *window = ssg_window_new(GTK_APPLICATION(self), self->worker, self->settings);
  gtk_window_present(GTK_WINDOW(window));
  /* Latents alone need a model to be seen with. */
  gboolean latents = TRUE;
  for (int i = 0; i < n && latents; i++) {
    g_autofree char *name = g_file_get_basename(files[i]);
    latents = name && g_str_has_suffix(name, ".npy");
  }
  if (latents || self->random_model)
    load_default(self, window);
  for (int i = 0; i < n; i++)
    ssg_window_open_file(window, files[i]);
  if (first)
    ssg_recovery_offer(self, window);
}

static int handle_local_options(GApplication *application, GVariantDict *options)
{
  SsgApplication *self = SSG_APPLICATION(application);
  SsgArchitecture arch;
  if (g_variant_dict_contains(options, "version")) {
    g_print("ssgan-editor %s\n", SSG_VERSION);
    return 0;
  }
  if (g_variant_dict_lookup(options, "random-model", "s", &self->random_model) &&
      !ssg_architecture_preset(self->random_model, &arch)) {
    g_autofree char *names = g_strjoinv(", ", (char **) ssg_architecture_presets());
    g_printerr(_("There is no architecture “%s”. There are: %s\n"), self->random_model, names);
    return 2;
  }
  return -1;
}

SsgApplication *ssg_application_new(void)
{
  return g_object_new(SSG_TYPE_APPLICATION, "application-id", SSG_APPLICATION_ID, "flags", G_APPLICATION_HANDLES_OPEN,
                      "resource-base-path", "/io/github/ssgan/Editor", NULL);
}

static void dispose(GObject *object)
{
  SsgApplication *self = SSG_APPLICATION(object);
  g_clear_handle_id(&self->report_source, g_source_remove);
  g_clear_pointer(&self->worker, ssg_worker_unref);
  g_clear_object(&self->settings);
  g_clear_pointer(&self->random_model, g_free);
  G_OBJECT_CLASS(ssg_application_parent_class)->dispose(object);
}

static void ssg_application_class_init(SsgApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS(klass);
  G_OBJECT_CLASS(klass)->dispose = dispose;
  application_class->startup = startup;
  application_class->activate = activate;
  application_class->open = open_files;
  application_class->handle_local_options = handle_local_options;
}

static void ssg_application_init(SsgApplication *self)
{
  g_autoptr(GError) error = NULL;
  const GOptionEntry options[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Print the version and exit"), NULL },
    { "random-model", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, NULL,
      N_("Start with random weights of an architecture (for tests)"), "ARCH" },
    { NULL },
  };
  g_application_add_main_option_entries(G_APPLICATION(self), options);
  g_application_set_option_context_parameter_string(G_APPLICATION(self), _("[PROJECT|MODEL|LATENTS…]"));
  self->random_seed = 1;
  self->settings = ssg_settings_get(&error);
  if (!self->settings)
    g_printerr("ssgan-editor: %s\n", error->message);
}
