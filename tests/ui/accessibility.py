"""Walks the accessibility tree of a running editor: every control has a role and a name. Run by accessibility.sh.

Usage: accessibility.py WHAT MINIMUM   WHAT is on the screen; there are at least so many controls in it
"""
import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402

CONTROLS = {"push button", "toggle button", "slider", "check box", "combo box", "spin button", "text", "list item", "menu button",
            "switch", "radio button", "entry", "image", "list", "table cell", "menu item", "check menu item", "radio menu item",
            "password text", "link", "tab", "page tab", "dialog", "alert", "progress bar"}

# What rows and switchers of libadwaita are made of inside, and which it leaves without a name: the row itself has one.
# Likewise the text views of pages of the about window that have nothing to say here and are never shown.
INNER_NAMES = {"GtkTextView"}
INNER = {"list", "list item", "image", "page tab", "entry"}


def find_application():
    for _ in range(200):
        desktop = Atspi.get_desktop(0)
        for i in range(desktop.get_child_count()):
            child = desktop.get_child_at_index(i)
            if child and "ssgan" in (child.get_name() or "") and child.get_child_count():
                return child
        time.sleep(0.1)
    sys.exit("the editor is not in the accessibility tree")


def children(node):
    for i in range(node.get_child_count()):
        child = node.get_child_at_index(i)
        if child:
            yield child


def walk(node, path, unnamed, counts, dialog):
    role = node.get_role_name()
    name = (node.get_name() or "").strip()
    if role in CONTROLS:
        counts[role] = counts.get(role, 0) + 1
        # The message bar speaks when it has something to say. GTK falls back to the name of the widget's class, which tells a person nothing.
        if role != "alert" and not (dialog and (role in INNER or name in INNER_NAMES)) and (not name or name.startswith(("Gtk", "Ssg", "Adw"))):
            unnamed.append(" / ".join(path + [f"{role} '{name}'"]))
    elif role in ("unknown", "invalid", "") and node.get_state_set().contains(Atspi.StateType.FOCUSABLE):
        unnamed.append(" / ".join(path + [f"no role: '{name}'"]))
    for child in children(node):
        walk(child, (path + [f"{role} '{name}'"])[-3:], unnamed, counts, dialog)


def check(application, what, minimum):
    unnamed, counts = [], {}
    walk(application, [], unnamed, counts, what.startswith("dialog"))
    print(f"{what}:", ", ".join(f"{n} {role}" for role, n in sorted(counts.items())))
    if sum(counts.values()) < minimum:
        sys.exit(f"{what}: too few controls: is it on the screen?")
    for line in unnamed:
        print(f"{what}: without a name:", line)
    return not unnamed


def main():
    application = find_application()
    time.sleep(0.5)
    sys.exit(0 if check(application, sys.argv[1], int(sys.argv[2])) else 1)


main()
