/* Where things are on the screen and what state the editor is in, for tests that use real pointers and keys.
 *
 * With SSGAN_UI_REPORT=FILE in the environment, each SIGUSR1 makes the program write FILE (whole, by rename), lines of
 *   window N X Y W H               the Nth window, newest first; following lines are about it
 *   widget NAME X Y W H            a control, in pixels of the window
 *   part NAME X Y                  a point inside a part on the canvas
 *   state NAME VALUE               view, tool, selected, position, n-history, modified, zoom, page, title ...; face, picture and
 *                                  mask are checksums, shape.PART and texture.PART those of single codes;
 *                                  transform.PART is SCALE SHIFT_X SHIFT_Y
 *   state first|full N P50 P95     milliseconds from a request to its first and its complete picture
 *   state loop ...                 processor time of the main loop between two waits since the last report, milliseconds
 * (a dialog has "state dialog HEADING" and its controls by what is written on them, spaces as _: "widget button.LABEL ...",
 * "widget row.TITLE ..."; menus and popovers of any window have "widget item.LABEL ..." and "widget button.LABEL ...";
 * whatever the language: "widget entry.N ..." the Nth entry of the open menu or list, "widget id.ID ..." what has the id in
 * ui/templates, "widget page.NAME ..." the tab of a stack's page)
 *   control ID TYPE TEXT           what Tab should reach in the active window; "focus ..." instead for the one that has the focus
 * and a last line "end". */
#pragma once

#include <gtk/gtk.h>

/* Source id, 0 when the variable is not set. */
guint ssg_report_start(void);
