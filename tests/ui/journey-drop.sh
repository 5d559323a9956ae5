#!/bin/sh
# Files from another program, dragged into the window and pasted: latents, a picture, a project, a model.
SCREEN=1400x800
. "$(dirname "$0")/lib.sh"

first=$(model 1) second=$(model 2)
"$TRAINER" generate "$first" --out "$WORK/out" --seeds 3,4 --only faces --save-latents --quiet || fail "no latents"

start "$first"
await page editor
await position 0
same "$(state model)" "$first" "model"
settle

# Latents go to the shelf, whether dropped or pasted; the first of them is the face of its seed.
offer "$WORK/out/latents.npy"
set -- $(place canvas)
drop_files "$1" "$2"
await kept 2
xdotool mousemove 600 20 key ctrl+v
await kept 4
same "$(state position)" 0 "position after latents"

# A picture has no latents: it says so, and nothing else happens.
face=$(state face)
offer "$WORK/out/faces/3.png"
drop_files "$1" "$2"
await_change message ""
case $(state message) in
*picture*) ;;
*) fail "the message does not speak of pictures: $(state message)" ;;
esac
same "$(state face)" "$face" "face after a picture was dropped"
same "$(state kept)" 4 "kept faces after a picture was dropped"

# A project: saved here, changed further, dropped from outside. It gets a window of its own; nothing of this one is lost.
click strip.hair
await selected hair
xdotool key ctrl+r
await position 1
settle
saved=$(state face)
xdotool key ctrl+s
await dialog "Save As"
type_path "$WORK/study.ssgan"
await title study
await modified 0
xdotool key ctrl+d
await kept 5
xdotool key ctrl+r
await position 2
await modified 1
settle
changed=$(state face)
offer "$WORK/study.ssgan"
drop_files "$1" "$2"
wait_for "a second window" eval '[ "$(windows)" = 2 ]'
same "$(state_of 0 title)" study "title of the new window"
same "$(state_of 0 position)" 1 "position in the new window"
same "$(state_of 0 face)" "$saved" "face in the new window"
same "$(state_of 1 face)" "$changed" "face in the old window"
await service ready
xdotool mousemove 600 20 key ctrl+w
wait_for "the second window to close" eval '[ "$(windows)" = 1 ]'
same "$(state face)" "$changed" "face after the other window was closed"

# Another model takes the place of this one.
offer "$second"
drop_files "$1" "$2"
await model "$second"
await service ready
echo ok
