/* Translated text: _() and ngettext for files of app/ (domain "ssgan"). */
#pragma once

#include "ssgan-config.h"
#define GETTEXT_PACKAGE "ssgan"
#include <glib/gi18n-lib.h>
