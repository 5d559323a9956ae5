#!/bin/sh
# Two windows: each has its own face, selection and history; one worker draws for both; closing one leaves the other, and
# closing with changes asks.
SCREEN=2000x800
. "$(dirname "$0")/lib.sh"
SCREEN_WIDTH=1000

start "$(model 1)"
await page editor
await position 0
settle
xdotool mousemove 500 20 key ctrl+shift+n
wait_for "a second window" eval '[ "$(windows)" = 2 ]'
wait_for "its face" eval '[ "$(state_of 0 position)" = 0 ]'
second=$(xdotool search --onlyvisible --class ssgan-editor | grep -vx "$WINDOW" | while read -r id; do
  xdotool getwindowgeometry "$id" | grep -q "Geometry: [0-9]\{3,\}x[0-9]\{3,\}" && echo "$id"
done | head -1)
[ -n "$second" ] || fail "the second window is not on the screen"
xdotool windowmove "$second" 1000 0 windowsize "$second" 1000 800
wait_for "both windows to be laid out" eval '[ "$(state_of 0 busy)" = 0 ] && [ "$(state_of 1 busy)" = 0 ]'
same "$(state_of 0 model)" "$(state_of 1 model)" "model of both windows"
other "$(state_of 0 face)" "$(state_of 1 face)" "first face of both windows"
sleep 0.5

# place_in N NAME: the same in the Nth window, whose place on the screen is told by X11
place_in() {
  report
  left=$([ "$1" = 0 ] && echo 1000 || echo 0)
  awk -v n="$1" -v name="$2" -v left="$left" '$1 == "window" { at = $2 }
    at == n && $1 == "widget" && $2 == name { print int($3 + $5 / 2) + left, int($4 + $6 / 2); exit }' "$WORK/report"
}
old=$(state_of 1 face)
xdotool windowfocus "$second" mousemove $(place_in 0 strip.hair) sleep 0.1 click 1
wait_for "the selection" eval '[ "$(state_of 0 selected)" = hair ]'
same "$(state_of 1 selected)" none "selection of the first window"
xdotool key ctrl+r
wait_for "the edit" eval '[ "$(state_of 0 position)" = 1 ]'
same "$(state_of 1 position)" 0 "position of the first window"
same "$(state_of 1 face)" "$old" "face of the first window"

# In the first one something else, and its undo, while the second one keeps its own.
changed=$(state_of 0 face)
xdotool windowfocus "$WINDOW" mousemove $(place_in 1 strip.mouth) sleep 0.1 click 1
wait_for "the selection" eval '[ "$(state_of 1 selected)" = mouth ]'
xdotool key ctrl+r
wait_for "the edit" eval '[ "$(state_of 1 position)" = 1 ]'
xdotool key ctrl+z
wait_for "its undo" eval '[ "$(state_of 1 position)" = 0 ]'
same "$(state_of 1 face)" "$old" "face of the first window after undo"
same "$(state_of 0 face)" "$changed" "face of the second window"
same "$(state_of 0 position)" 1 "position of the second window"

# A face is dragged from the first window's shelf into the second window.
wait_for "a tile" eval '[ -n "$(place_in 1 tile.2)" ]'
set -- $(place_in 1 tile.2) $(place_in 0 strip.eye)
eye=$(state_of 0 shape.eye)
drag_points "$1" "$2" "$3" "$4"
wait_for "the drop" eval '[ "$(state_of 0 position)" = 2 ]'
other "$(state_of 0 shape.eye)" "$eye" "eyes of the second window"
same "$(state_of 1 position)" 0 "position of the first window after the drop"

# The second one has changes: it asks. Cancel keeps it, Discard closes it.
xdotool windowfocus "$second" mousemove 1500 20 key ctrl+w
await dialog "Save Changes?"
xdotool key Escape
await dialog ""
same "$(windows)" 2 "windows after Cancel"
xdotool windowfocus "$second" key ctrl+w
await dialog "Save Changes?"
click_until button.Discard dialog ""
wait_for "one window" eval '[ "$(windows)" = 1 ]'
same "$(state face)" "$old" "face of the window that stays"
settle
xdotool windowfocus "$WINDOW" mousemove 500 20 key ctrl+q
wait_for "the end" eval '! kill -0 $PID'
wait $PID
same $? 0 "exit code"
PID=
echo ok
