#!/bin/sh
# Files from another program, dragged into the window and pasted: latents, a picture, a project, a model.
SCREEN=1400x800
. "$(dirname "$0")/lib.sh"

first=$(model 1) second=$(model 2)
"$TRAINER" generate "$first" --out "$WORK/out" --seeds 3,4 --truncation 0.4 --only faces --save-latents --quiet || fail "no latents"

start "$first"
await page editor
await position 0
same "$(state model)" "$first" "model"
settle

# Latents go to the shelf, whether dropped or pasted, and each tile is the face of its row: its latent, copied as a file, has the
# same bytes. latent_of TILE ROWS-FROM-THE-END
latent_of() {
  rm -rf "$XDG_CACHE_HOME/ssgan"
  click tile.$1
  xdotool key Return
  await position 1
  xdotool mousemove 600 20 key ctrl+shift+c
  wait_for "the copied latent" eval 'ls "$XDG_CACHE_HOME"/ssgan/*.npy'
  await_toast copied
  copied=$(ls "$XDG_CACHE_HOME"/ssgan/*.npy)
  one=$(($(stat -c %s "$copied") - 10 - $(od -An -tu2 -j8 -N2 "$copied")))
  tail -c $one "$copied" >"$WORK/taken"
  tail -c $(($2 * one)) "$WORK/out/latents.npy" | head -c $one >"$WORK/given"
  cmp "$WORK/taken" "$WORK/given" || fail "tile $1 is not the face that was dropped"
  xdotool key ctrl+z
  await position 0
  settle
}
# The canvas has a lit edge while files are over it.
offer "$WORK/out/latents.npy"
set -- $(box canvas)
edge="$1 $(($2 + $4 / 2)) 2 40" calm=$(brightness "$1" $(($2 + $4 / 2)) 2 40)
set -- $(place canvas)
hold $((${SCREEN_WIDTH:-1280} + 50)) 50 "$1" "$2"
xdotool sleep 0.3
lit=$(brightness $edge)
[ "$(shift_of "$calm" "$lit")" -ge 30 ] || fail "the canvas is not lit while files are held over it: $calm, $lit"
xdotool mouseup 1
await kept 2
xdotool sleep 0.3
[ "$(shift_of "$calm" "$(brightness $edge)")" -le 1 ] || fail "the canvas stays lit: was $calm, is $(brightness $edge)"
await_place tile.1
latent_of 0 2
latent_of 1 1
offer "$WORK/out/latents.npy" # the clipboard was the editor's
xdotool mousemove 600 20 key ctrl+v
await kept 4
same "$(state position)" 0 "position after latents"

# A picture from elsewhere has no face in it: it says so, and nothing else happens. The seed it names can be gone to.
face=$(state face)
offer "$WORK/out/faces/0003.png"
drop_files "$1" "$2"
await_change message ""
case $(state message) in
*picture*) ;;
*) fail "the message does not speak of pictures: $(state message)" ;;
esac
same "$(state face)" "$face" "face after a picture was dropped"
same "$(state kept)" 4 "kept faces after a picture was dropped"
click message-button
await message ""
await donor "face 3"
same "$(state face)" "$face" "face after going to a seed"
# It is the face of the picture, with the picture's own truncation.
await_place tile.5
latent_of 4 2
tail -c 3000 "$first" >"$WORK/photograph.jpg"
offer "$WORK/photograph.jpg"
drop_files "$1" "$2"
await_change message ""
case $(state message) in
*Photographs*) ;;
*) fail "the message does not speak of photographs: $(state message)" ;;
esac
same "$(state face)" "$face" "face after a photograph was dropped"

# One that was exported here has: it opens as the face that it shows.
xdotool mousemove 600 20 key ctrl+e
await dialog Export
click button.Export…
type_path "$WORK/portrait.png"
wait_for "the picture" test -s "$WORK/portrait.png"
await dialog ""
click strip.hair
await selected hair
xdotool key ctrl+r
await position 1
settle
other "$(state face)" "$face" "face after an edit"
offer "$WORK/portrait.png"
drop_files "$1" "$2"
wait_for "a window for the picture" eval '[ "$(windows)" = 2 ]'
same "$(state_of 0 face)" "$face" "face of the picture"
same "$(state_of 0 n-history)" 1 "steps of the picture's window"
await service ready
same "$(state_of 0 model)" "$first" "model of the picture's window"
xdotool mousemove 600 20 key ctrl+w
wait_for "the picture's window to close" eval '[ "$(windows)" = 1 ]'
xdotool mousemove 600 20 key ctrl+z
await position 0
await face "$face"

# The picture on the clipboard is a face too.
xdotool key ctrl+c
await_toast copied
xdotool key ctrl+v
await kept 5

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
await kept 6
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
