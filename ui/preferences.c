#include "ui/application.h"

#include "app/colormap.h"
#include "app/i18n.h"
#include "kernels/device.h"
#include "ui/accessible.h"
#include "ui/combo-row.h"

typedef struct {
  const char *value, *title;
} Choice;

static gboolean to_index(GValue *value, GVariant *variant, gpointer data)
{
  const Choice *choices = data;
  for (guint i = 0; choices[i].value; i++)
    if (g_str_equal(choices[i].value, g_variant_get_string(variant, NULL))) {
      g_value_set_uint(value, i);
      return TRUE;
    }
  g_value_set_uint(value, 0);
  return TRUE;
}

static GVariant *from_index(const GValue *value, const GVariantType *type, gpointer data)
{
  const Choice *choices = data;
  return g_variant_new_string(choices[g_value_get_uint(value)].value);
}

static void add_choice(AdwPreferencesGroup *group, GSettings *settings, const char *key, const char *title,
                       const char *subtitle, const Choice *choices)
{
  GtkWidget *row = adw_combo_row_new();
  GtkStringList *list = gtk_string_list_new(NULL);
  for (int i = 0; choices[i].value; i++)
    gtk_string_list_append(list, _(choices[i].title));
  adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
  if (subtitle)
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), subtitle);
  ssg_combo_row_show_whole(ADW_COMBO_ROW(row));
  adw_combo_row_set_model(ADW_COMBO_ROW(row), G_LIST_MODEL(list));
  g_object_unref(list);
  g_settings_bind_with_mapping(settings, key, row, "selected", G_SETTINGS_BIND_DEFAULT, to_index, from_index,
                               (gpointer) choices, NULL);
  adw_preferences_group_add(group, row);
}

static const Choice schemes[] = {
  { "system", N_("As the system") }, { "light", N_("Light") }, { "dark", N_("Dark") }, { NULL },
};
static const Choice devices[] = {
  { "auto", N_("The fastest there is") }, { "cpu", N_("CPU") }, { "cuda", N_("NVIDIA GPU (CUDA)") }, { NULL },
};
static const Choice precisions[] = {
  { "f32", N_("Full (f32)") }, { "tf32", N_("Fast products (TF32)") }, { "f16", N_("Half (f16)") }, { "bf16", N_("Half, wide range (bf16)") },
  { NULL },
};
static const Choice maps[] = {
  { "ember", N_("Ember") }, { "lagoon", N_("Lagoon") }, { "grey", N_("Grey") }, { "tide", N_("Tide") }, { NULL },
};
static const Choice scales[] = { { "linear", N_("Linear") }, { "log", N_("Logarithmic") }, { NULL } };

static void note_gpu(const char *name, const char *description, bool usable, void *data)
{
  *(gboolean *) data |= usable && g_str_has_prefix(name, "cuda");
}

/* Only where there is a choice: a CPU computes in full precision. */
static gboolean has_gpu(void)
{
  gboolean found = FALSE;
  ssg_device_list(note_gpu, &found);
  return found;
}

static void model_chosen(GtkNativeDialog *dialog, int response, GSettings *settings)
{
  g_autoptr(GFile) file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog)) : NULL;
  g_autofree char *path = file ? g_file_get_path(file) : NULL;
  if (path)
    g_settings_set_string(settings, "model-path", path);
  g_object_unref(dialog);
}

static void choose_model(GtkButton *button, GSettings *settings)
{
  GtkFileChooserNative *chooser = gtk_file_chooser_native_new(_("Default Model"),
                                                              GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(button))),
                                                              GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"), _("_Cancel"));
  g_signal_connect(chooser, "response", G_CALLBACK(model_chosen), settings);
  gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(chooser), TRUE);
  gtk_native_dialog_show(GTK_NATIVE_DIALOG(chooser));
}

static void forget_model(GtkButton *button, GSettings *settings)
{
  g_settings_reset(settings, "model-path");
}

static gboolean model_subtitle(GValue *value, GVariant *variant, gpointer data)
{
  const char *path = g_variant_get_string(variant, NULL);
  g_value_set_string(value, *path ? path : _("The one that comes with the editor"));
  return TRUE;
}

static void add_model_row(AdwPreferencesGroup *group, GSettings *settings)
{
  GtkWidget *row = adw_action_row_new();
  GtkWidget *choose = gtk_button_new_from_icon_name("document-open-symbolic");
  GtkWidget *forget = gtk_button_new_from_icon_name("edit-clear-symbolic");
  adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), _("Model at start"));
  gtk_widget_set_tooltip_text(choose, _("Choose a Model"));
  gtk_widget_set_tooltip_text(forget, _("Back to the One That Comes with the Editor"));
  gtk_widget_set_valign(choose, GTK_ALIGN_CENTER);
  gtk_widget_set_valign(forget, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class(choose, "flat");
  gtk_widget_add_css_class(forget, "flat");
  adw_action_row_add_suffix(ADW_ACTION_ROW(row), choose);
  adw_action_row_add_suffix(ADW_ACTION_ROW(row), forget);
  ssg_accessible_name_controls(row);
  g_signal_connect(choose, "clicked", G_CALLBACK(choose_model), settings);
  g_signal_connect(forget, "clicked", G_CALLBACK(forget_model), settings);
  g_settings_bind_with_mapping(settings, "model-path", row, "subtitle", G_SETTINGS_BIND_GET, model_subtitle, NULL, NULL,
                               NULL);
  adw_preferences_group_add(group, row);
}

GtkWindow *ssg_preferences_new(GtkWindow *parent, GSettings *settings)
{
  GtkWidget *window = adw_preferences_window_new();
  AdwPreferencesPage *page = ADW_PREFERENCES_PAGE(adw_preferences_page_new());
  AdwPreferencesGroup *look = ADW_PREFERENCES_GROUP(adw_preferences_group_new());
  AdwPreferencesGroup *engine = ADW_PREFERENCES_GROUP(adw_preferences_group_new());
  AdwPreferencesGroup *depth = ADW_PREFERENCES_GROUP(adw_preferences_group_new());
  adw_preferences_group_set_title(look, _("Appearance"));
  adw_preferences_group_set_title(engine, _("Model and Device"));
  adw_preferences_group_set_description(engine, _("Used by windows that are opened from now on."));
  adw_preferences_group_set_title(depth, _("Depth Maps"));
  add_choice(look, settings, "color-scheme", _("Style"), NULL, schemes);
  add_model_row(engine, settings);
  add_choice(engine, settings, "device", _("Compute on"), NULL, devices);
  if (has_gpu())
    add_choice(engine, settings, "precision", _("Precision of the GPU"), _("Less is faster, and hardly to be seen"), precisions);
  add_choice(depth, settings, "colormap", _("Colours"), NULL, maps);
  add_choice(depth, settings, "depth-scale", _("Scale"), NULL, scales);
  adw_preferences_page_add(page, look);
  adw_preferences_page_add(page, engine);
  adw_preferences_page_add(page, depth);
  adw_preferences_window_add(ADW_PREFERENCES_WINDOW(window), page);
  gtk_window_set_transient_for(GTK_WINDOW(window), parent);
  gtk_window_set_modal(GTK_WINDOW(window), TRUE);
  adw_preferences_window_set_search_enabled(ADW_PREFERENCES_WINDOW(window), FALSE);
  return GTK_WINDOW(window);
}
