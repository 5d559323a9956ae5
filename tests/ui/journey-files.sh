#!/bin/sh
# Files and keys: an edit is saved by Ctrl+S, opened again by name with the same face; the latent that was copied comes back
# through the clipboard; Tab and the arrows reach the parts; the last window closes without a question when all is saved.
. "$(dirname "$0")/lib.sh"

start --random-model small-64
await page editor
await position 0
settle

# Without a pointer: focus on the picture, Tab walks to a part, Enter selects it.
click canvas
xdotool key Escape
await selected none
xdotool mousemove 5 5 sleep 0.2 key Tab sleep 0.2
await_change hovered none
part=$(state hovered)
xdotool key Return
await selected "$part"
xdotool key Right Return sleep 0.2
other "$(state selected)" "$part" "selection after the arrow and Enter"

xdotool key ctrl+r
await position 1
settle
face=$(state face) picture=$(state picture)
xdotool key ctrl+d
await kept 1

# The name field of the dialog has the focus; the rest of the path is typed.
xdotool mousemove 300 20 key ctrl+s
await dialog "Save As"
sleep 1
xdotool key ctrl+a type --delay 20 "$WORK/study.ssgan"
xdotool sleep 0.5 key Return
await title study
await modified 0
[ -s "$WORK/study.ssgan" ] || fail "no project was written"

xdotool mousemove 600 400 sleep 0.2 key ctrl+shift+c
tries=0
until ls "$WORK/cache/ssgan/"*.npy >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ $tries -gt 100 ] && fail "no latent was written"
  sleep 0.1
done
sleep 1
xdotool key ctrl+v
await kept 2

xdotool key ctrl+s
await modified 0
xdotool key ctrl+q
tries=0
while kill -0 $PID 2>/dev/null; do
  tries=$((tries + 1))
  [ $tries -gt 100 ] && fail "the editor does not end"
  sleep 0.1
done
wait $PID
same $? 0 "exit code"

start --random-model small-64 "$WORK/study.ssgan"
await title study
await position 1
await picture "$picture"
same "$(state face)" "$face" "face of the project that was opened again"
same "$(state kept)" 2 "kept faces of the project"
echo "ok"
