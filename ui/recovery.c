#include "ui/application.h"

#include "app/autosave.h"
#include "app/i18n.h"
#include "ui/window-private.h"

typedef struct {
  SsgApplication *application;
  SsgWindow *window;
  GPtrArray *found;
} Offer;

static void offer_free(gpointer data, GClosure *closure)
{
  Offer *offer = data;
  g_object_unref(offer->application);
  g_object_unref(offer->window);
  g_ptr_array_unref(offer->found);
  g_free(offer);
}

static void recover(Offer *offer)
{
  for (guint i = 0; i < offer->found->len; i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SsgDocument) document = ssg_recovery_open(offer->found->pdata[i], &error);
    if (!document) {
      const SsgRecovery *recovery = offer->found->pdata[i];
      g_autofree char *text = g_strdup_printf(_("“%s” was not recovered."), recovery->title);
      ssg_window_message_error(offer->window, text, error, NULL, NULL);
      continue;
    }
    /* The first goes where nothing is yet, others get windows of their own. */
    SsgWindow *window = i == 0 && ssg_window_is_untouched(offer->window)
                          ? offer->window
                          : ssg_application_new_window(offer->application, offer->window);
    ssg_window_set_document(window, document);
  }
}

static void answered(AdwMessageDialog *dialog, const char *response, Offer *offer)
{
  if (g_str_equal(response, "recover"))
    recover(offer);
  else if (g_str_equal(response, "discard"))
    for (guint i = 0; i < offer->found->len; i++) {
      g_autoptr(GError) error = NULL;
      if (!ssg_recovery_discard(offer->found->pdata[i], &error))
        ssg_window_message_error(offer->window, _("The saved changes were not discarded."), error, NULL, NULL);
    }
}

void ssg_recovery_offer(SsgApplication *self, SsgWindow *window)
{
  g_autoptr(GPtrArray) found = ssg_recovery_list(g_getenv("SSGAN_AUTOSAVE_DIR"));
  if (!found || found->len == 0)
    return;
  GString *body = g_string_new(_("The editor did not close properly. These portraits have changes that were not saved:"));
  for (guint i = 0; i < found->len && i < 8; i++) {
    const SsgRecovery *recovery = found->pdata[i];
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(recovery->time / G_USEC_PER_SEC);
    g_autofree char *when = time ? g_date_time_format(time, "%x %H:%M") : g_strdup("");
    g_string_append_printf(body, "\n• %s (%s)", recovery->title, when);
  }
  GtkWidget *dialog = adw_message_dialog_new(GTK_WINDOW(window), _("Recover Your Work?"), body->str);
  g_string_free(body, TRUE);
  adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "later", _("_Not Now"), "discard", _("_Discard"), "recover",
                                   _("_Recover"), NULL);
  adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "discard", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "recover", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "recover");
  adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "later");
  Offer *offer = g_new0(Offer, 1);
  offer->application = g_object_ref(self);
  offer->window = g_object_ref(window);
  offer->found = g_ptr_array_ref(found);
  g_signal_connect_data(dialog, "response", G_CALLBACK(answered), offer, offer_free, 0);
  gtk_window_present(GTK_WINDOW(dialog));
}
