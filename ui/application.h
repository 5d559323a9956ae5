/* The editor as a program: windows, command line, styles, preferences, recovery. Main thread. */
#pragma once

#include "ui/window.h"

#define SSG_TYPE_APPLICATION (ssg_application_get_type())
G_DECLARE_FINAL_TYPE(SsgApplication, ssg_application, SSG, APPLICATION, AdwApplication)

SsgApplication *ssg_application_new(void);
/* Another window with the model of `like` (may be NULL: the default model) and a new face. */
SsgWindow *ssg_application_new_window(SsgApplication *self, SsgWindow *like);

/* The dialogs; transient for parent. */
GtkWindow *ssg_preferences_new(GtkWindow *parent, GSettings *settings);
void ssg_about_show(GtkWindow *parent);
/* Offers what a crash left behind, if anything; opened documents get windows of the application. */
void ssg_recovery_offer(SsgApplication *self, SsgWindow *window);
