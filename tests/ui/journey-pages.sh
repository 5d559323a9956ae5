#!/bin/sh
# The inspector's pages, control by control: truncation, pose and position of the whole face; truncation, size, reset and lock of
# a part; the composition step by step; numbers under the pointer; colours of the depth maps; grain, preferences, panels, full screen.
. "$(dirname "$0")/lib.sh"

start "$(model 1)"
await page editor
await position 0
settle
first=$(state face) first_picture=$(state picture)

# changed SHAPE TEXTURE TRANSFORM: how many parts have other ones than when it was remembered
remember() {
  report
  grep -E '^state (shape|texture|transform)\.' "$WORK/report" >"$WORK/before"
}
changed() {
  report
  counts=$(grep -E '^state (shape|texture|transform)\.' "$WORK/report" | diff "$WORK/before" - |
    awk '/^> state/ { split($3, name, "."); n[name[1]]++ } END { print n["shape"] + 0, n["texture"] + 0, n["transform"] + 0 }')
  same "$counts" "$1 $2 $3" "parts with another shape, texture, transform"
}
back() {
  xdotool mousemove 640 20 key ctrl+z
  await position $1
  await face "$first"
  settle
}
parts=$(state probe >/dev/null; grep -c '^widget strip\.' "$WORK/report")

# The whole face: truncation changes every code, and typical faces are alike.
click tab.Face
await inspector face
await_place face.direction-0
xdotool sleep 0.3
remember
slide face.truncation 67 -10
await position 1
settle
await at.face.truncation 0.00
changed $parts $parts 0
back 0
await at.face.truncation 1.00

# Pose: nothing without a donor; with one, and along its own directions, no part's own codes.
same "$(state movable.face.pose)" 0 "the slider towards a donor's pose without a donor"
same "$(state movable.face.blend)" 0 "the slider towards a donor without a donor"
click tile.2
await_change donor none
await movable.face.pose 1
slide face.pose 0 60
await position 1
changed 0 0 0
other "$(state face)" "$first" "face with another pose"
settle
other "$(state picture)" "$first_picture" "picture with another pose"
back 0
await_place face.direction-0
xdotool sleep 0.3
slide face.direction-0 50 80
await position 1
changed 0 0 0
other "$(state face)" "$first" "face along a direction of the pose"
back 0

# The foreground's place: every part but the background.
slide face.x 50 70
await position 1
changed 0 0 $((parts - 1))
same "$(state transform.background)" "1.0000 0.0000 0.0000" "the background's transform"

# Another face by chance spares what is locked; reset goes back to the face before it all.
click strip.hair
await selected hair
xdotool key l
click tab.Face
xdotool sleep 0.3
settle
remember
click win.resample-face
await position 2
changed $((parts - 1)) $((parts - 1)) $((parts - 2))
xdotool key l
settle
anew=$(state face)
xdotool mousemove $(place inspector) click --repeat 30 --delay 10 5 sleep 0.5 # the page is longer than the window
slide face.size 27 60
await position 3
other "$(state face)" "$anew" "face of another size"
settle
xdotool mousemove $(place inspector) click --repeat 30 --delay 10 4 sleep 0.5
click win.reset-face
await position 4
same "$(state face)" "$anew" "face after going back: the one that came by chance"
settle
for i in 3 2 1 0; do
  xdotool mousemove 640 20 key ctrl+z
  await position $i
done
await face "$first"
await picture "$first_picture"

# One part: truncation and size are its own; Ctrl+Backspace takes both back; locked, nothing of it can be moved.
click tab.Part
await inspector part
await_place part.truncation
xdotool sleep 0.3
same "$(state movable.part.shape)" 1 "the slider towards the donor's shape"
remember
slide part.truncation 67 20
await position 1
changed 1 1 0
settle
xdotool mousemove $(place inspector) click --repeat 30 --delay 10 5 sleep 0.5
slide part.size 27 60
await position 2
changed 1 1 1
settle
xdotool mousemove 640 20 key ctrl+BackSpace
await position 3
await face "$first"
xdotool mousemove $(place inspector) click --repeat 30 --delay 10 4 sleep 0.5
await at.part.truncation 1.00
settle
xdotool key l
await movable.part.truncation 0
await movable.part.shape 0
xdotool key ctrl+r
sleep 0.5
same "$(state position)" 3 "position after resampling a locked part"
xdotool key l
await movable.part.truncation 1

# Step by step: part after part goes, and comes back.
hidden() {
  report
  grep -c '^state shown\..* 0$' "$WORK/report"
}
xdotool key alt+Page_Up sleep 0.1 key alt+Page_Up sleep 0.1 key alt+Page_Up
await position 4
same "$(hidden)" 3 "parts hidden after three steps back"
xdotool sleep 1.2 key alt+Page_Down sleep 0.1 key alt+Page_Down sleep 0.1 key alt+Page_Down
await position 5
same "$(hidden)" 0 "parts hidden after three steps on"
await picture "$first_picture"
click menu.Main_Menu
await_place item.Composition
click item.Composition
await_place item.Background_Only
sleep 0.4
click item.Background_Only
await position 6
same "$(hidden)" $((parts - 1)) "parts hidden beside the background"
wait_for "the menu to close" eval '[ -z "$(place item.Background_Only)" ]'
settle
xdotool mousemove 640 20 key ctrl+z
await position 5

# Numbers under the pointer, and none beside the picture.
xdotool key p
await_change probe ""
xdotool mousemove $(place part:hair) sleep 0.3
case $(state probe) in
"("*" Hair "*) ;;
*) fail "the numbers do not say Hair: '$(state probe)'" ;;
esac
xdotool key p
await probe ""

# Other colours for the depth maps are seen in the strip at once.
set -- $(box strip.hair)
small="$(($1 + $3 / 2 - 12)) $(($2 + $4 / 2 - 12)) 24 24"
xdotool mousemove 640 20 key 5 sleep 0.3
await view depths
before=$(brightness $small)
click menu.Colours_of_the_Depth_Maps
await_place item.Grey
sleep 0.4
click item.Grey
wait_for "grey depths in the strip" eval '[ "$(brightness $small)" != "$before" ]'
brightness $small | awk '{ exit !($1 == $2 && $2 == $3) }' || fail "not grey: $(brightness $small)"
xdotool mousemove 640 20 key 1
await view face

# Grain: none is smoother, by chance is another picture each time; the codes stay.
steps=$(state position) picture=$(state picture) stored=$(state face)
click tab.Face
await inspector face
xdotool mousemove $(place inspector) click --repeat 60 --delay 10 5 sleep 0.5
grain() {
  click id.noise
  await_place entry.$1
  sleep 0.4
  click entry.$1
  wait_for "the list to close" eval '[ -z "$(place entry.$1)" ]'
}
grain 2
await position $((steps + 1))
await_change picture "$picture"
settle
smooth=$(state picture)
grain 1
await position $((steps + 2))
await_change picture "$smooth"
settle
chance=$(state picture)
other "$chance" "$picture" "picture with grain by chance"
click id.reroll
await position $((steps + 3))
await_change picture "$chance"
settle
grain 0
await position $((steps + 4))
await picture "$picture"
same "$(state face)" "$stored" "codes after other grain"

# Preferences: another style is seen at once, behind the dialog too.
set -- $(box inspector)
edge="$(($1 + 4)) $(($2 + $4 - 12)) 8 8"
xdotool mousemove 640 20 key ctrl+comma
await dialog Preferences
await_place row.Style
light=$(brightness $edge)
id=$(for w in $(xdotool search --onlyvisible --class ssgan-editor); do [ $w = $WINDOW ] || echo $w; done | head -1)
xdotool windowmove "$id" 0 0
style() {
  click row.Style
  await_place item.$1
  sleep 0.4
  click item.$1
  wait_for "the list to close" eval '[ -z "$(place item.$1)" ]'
}
style Dark
wait_for "a dark window" eval '[ $(shift_of "$light" "$(brightness $edge)") -gt 100 ]'
style Light
wait_for "a light window" eval '[ $(shift_of "$light" "$(brightness $edge)") -lt 3 ]'
xdotool key Escape
await dialog ""

# Panels go and come back, and the picture has their room.
wide=$(box canvas | awk '{ print $3 }')
xdotool mousemove 640 20 key F9
wait_for "the shelf to go" eval '[ -z "$(place shelf)" ]'
[ $(box canvas | awk '{ print $3 }') -gt $wide ] || fail "the canvas did not get the shelf's room"
xdotool key shift+F9
wait_for "the inspector to go" eval '[ -z "$(place inspector)" ]'
xdotool key F9
await_place shelf
xdotool key shift+F9
await_place inspector
same "$(box canvas | awk '{ print $3 }')" "$wide" "width of the canvas with both panels"

# Full screen, which a window manager has to grant.
"$TOOLS/hold-windows" >"$WORK/holder" 2>>"$WORK/log" &
HELPER=$!
wait_for "a window manager" grep ready "$WORK/holder"
width() { xdotool getwindowgeometry "$WINDOW" | sed -n 's/.*Geometry: //p'; }
xdotool windowsize --sync "$WINDOW" 1100 700
same "$(state fullscreen) $(width)" "0 1100x700" "window at first"
xdotool key F11
await fullscreen 1
same "$(width)" 1280x800 "window that fills the screen"
xdotool key F11
await fullscreen 0
same "$(width)" 1100x700 "window after full screen"
echo ok
