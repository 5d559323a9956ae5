"""Walks the accessibility tree of a running editor: no control without a name. Run by accessibility.sh."""
import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402

CONTROLS = {"push button", "toggle button", "slider", "check box", "combo box", "spin button", "text", "list item", "menu button",
            "switch", "radio button", "entry", "image", "list", "table cell"}


def find_application():
    for _ in range(200):
        desktop = Atspi.get_desktop(0)
        for i in range(desktop.get_child_count()):
            child = desktop.get_child_at_index(i)
            if child and "ssgan" in (child.get_name() or "") and child.get_child_count():
                return child
        time.sleep(0.1)
    sys.exit("the editor is not in the accessibility tree")


def walk(node, path, unnamed, counts):
    role = node.get_role_name()
    name = (node.get_name() or "").strip()
    if role in CONTROLS:
        counts[role] = counts.get(role, 0) + 1
        # GTK falls back to the name of the widget's class, which tells a person nothing.
        if not name or name.startswith(("Gtk", "Ssg", "Adw")):
            unnamed.append(" / ".join(path + [f"{role} '{name}'"]))
    for i in range(node.get_child_count()):
        child = node.get_child_at_index(i)
        if child:
            walk(child, path + [f"{role} '{name}'"][-1:], unnamed, counts)


def main():
    application = find_application()
    time.sleep(float(sys.argv[1]) if len(sys.argv) > 1 else 3)
    unnamed, counts = [], {}
    walk(application, [], unnamed, counts)
    print("controls:", ", ".join(f"{n} {role}" for role, n in sorted(counts.items())))
    if sum(counts.values()) < 40:
        sys.exit("too few controls: is the editor's window there?")
    for line in unnamed:
        print("without a name:", line)
    sys.exit(1 if unnamed else 0)


main()
