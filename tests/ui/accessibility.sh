#!/bin/sh
# For assistive technology and for the keyboard: on every page, dialog and menu each control has a role and a name, and Tab
# reaches it. Needs the system's Python with the AT-SPI bindings.
for tool in dbus-run-session /usr/libexec/at-spi-bus-launcher; do
  command -v $tool >/dev/null 2>&1 || { echo "SKIP: $tool is not installed"; exit 77; }
done
/usr/bin/python3 -c 'import gi; gi.require_version("Atspi", "2.0")' 2>/dev/null ||
  { echo "SKIP: python3-gi and gir1.2-atspi-2.0 are not installed"; exit 77; }
if [ -z "$SSG_UI_BUS" ]; then
  # A bus of its own, also for accessibility, whose socket would else lie in the home folder, shared with others.
  folder=$(mktemp -d)
  export SSG_UI_BUS=1 GTK_A11Y=atspi XDG_RUNTIME_DIR=$folder XDG_CACHE_HOME=$folder
  dbus-run-session -- "$0" "$@"
  status=$?
  rm -rf "$folder"
  exit $status
fi
. "$(dirname "$0")/lib.sh"

bad=0
# names WHAT [MINIMUM]
names() { timeout 90 /usr/bin/python3 "$(dirname "$0")/accessibility.py" "$1" "${2:-40}" || bad=$((bad + 1)); }

# tabs WHAT: Tab leads to every control of the window that has the keys. The picture's parts come on top: Tab walks them too.
tabs() {
  : >"$WORK/reached"
  report
  grep -E '^(control|focus)' "$WORK/report" | cut -d' ' -f2- | sort -u >"$WORK/controls"
  n=$(wc -l <"$WORK/controls")
  [ "$n" -gt 0 ] || fail "$1: only $n controls"
  i=0
  while [ $i -lt $((2 * n + 30)) ]; do
    i=$((i + 1))
    xdotool key Tab
    report
    sed -n 's/^focus //p' "$WORK/report" >>"$WORK/reached"
    sort -u "$WORK/reached" | comm -23 "$WORK/controls" - >"$WORK/missing"
    [ -s "$WORK/missing" ] || break
  done
  echo "$1: Tab reaches $((n - $(wc -l <"$WORK/missing"))) of $n controls"
  if [ -s "$WORK/missing" ]; then
    sed "s/^[^ ]*/$1: not reached by Tab:/" "$WORK/missing"
    bad=$((bad + 1))
  fi
}
# Without a window manager a new window does not always get the keys.
focus_newest() {
  for id in $(xdotool search --onlyvisible --class ssgan-editor); do
    [ "$id" = "$WINDOW" ] || xdotool windowfocus "$id"
  done
  sleep 0.3
}
# A dialog opened by keys, looked at, walked, and closed by Escape.
dialog() { # HEADING MINIMUM KEY...
  heading=$1 minimum=$2
  shift 2
  xdotool mousemove 640 20 key "$@"
  await dialog "$heading"
  sleep 0.3
  focus_newest
  names "dialog $heading" "$minimum"
  tabs "dialog $heading"
  xdotool key Escape
  await dialog ""
}
menu() { # NAME MINIMUM: a button with a menu
  click "$1"
  sleep 0.4
  names "$1" "$2"
  xdotool key Escape sleep 0.2
}

start "$(model 1)"
await page editor
await position 0
await_place tile.3
names "nothing selected"
click strip.hair
await selected hair
await_place part.direction-0
xdotool key ctrl+r
await position 1
settle
names "part page"
tabs "part page"
click tab.Face
await inspector face
sleep 0.3
names "face page"
tabs "face page"
click tab.History
await inspector history
await_place history.1
names "history page"
tabs "history page"

for view in mask:2 overlay:3 depth:4 depths:5; do
  xdotool mousemove 640 20 key "${view#*:}"
  await view "${view%:*}"
  names "view ${view%:*}"
done
menu "menu.Colours_of_the_Depth_Maps" 45
xdotool key 1 p
await view face
names "probing"
xdotool key p c m
await tool move
names "comparing, moving"
xdotool key c s
menu menu.Main_Menu 45
menu menu.Zoom 45
menu menu.Recent_Projects 41
menu menu.Go_to_a_Seed 41
xdotool mousemove $(place tile.1) click 3 sleep 0.5
names "menu of a face" 41
xdotool key Escape sleep 0.2 mousemove $(place strip.hair) click 3 sleep 0.5
names "menu of a part" 41
xdotool key Escape sleep 0.2

dialog Export 45 ctrl+e
dialog Preferences 45 ctrl+comma
dialog "Keyboard Shortcuts" 60 ctrl+question
dialog "Save Changes?" 42 ctrl+w
# About has no key: by its menu. The file chooser is GTK's own, of the portal on most desktops; what of it we use (typing a path)
# is what the other journeys do.
click menu.Main_Menu
click item.About_SSGAN_Editor
await dialog About
focus_newest
names "dialog About" 40
tabs "dialog About"
xdotool key Escape
await dialog ""

# The narrow layout keeps its names.
xdotool windowsize "$WINDOW" 760 560
sleep 0.5
names "narrow" 20
xdotool windowsize "$WINDOW" 1280 800
kill $PID
wait $PID 2>/dev/null

# Nothing open, and a message.
export SSGAN_DATA_DIR=$WORK
echo nonsense >"$WORK/broken.safetensors"
start "$WORK/broken.safetensors"
await dialog "Recover Your Work?" # the one before was killed
names "dialog Recover" 8
tabs "dialog Recover"
kill $PID
wait $PID 2>/dev/null
rm -rf "$XDG_STATE_HOME"
start "$WORK/broken.safetensors"
await page welcome
await_change message ""
names "welcome page with a message" 8
tabs "welcome page"
[ $bad = 0 ] || fail "$bad of the looks above found something"
echo ok
