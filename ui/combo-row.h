/* Choices whose texts are long in some languages. */
#pragma once

#include <adwaita.h>

/* Shows the texts of a row's string list whole, on the row and in its list, which AdwComboRow cuts after 20 letters. */
void ssg_combo_row_show_whole(AdwComboRow *row);
