#!/bin/sh
# Edits with real pointer and keys: click hair, slide, drag a face onto a part, hide parts, move, undo all, redo all.
. "$(dirname "$0")/lib.sh"

start --random-model small-64
await page editor
await position 0
settle
first=$(state face) first_picture=$(state picture)

# What is nowhere in the picture is said to be so in the strip, and nothing else is. drawn: as many parts are in the picture
nowhere() { grep -cE '^(control|focus) .*, nowhere in this picture$' "$WORK/report"; }
drawn() { grep -c '^part ' "$WORK/report"; }
parts=$(grep -c '^widget strip\.' "$WORK/report")
report
same "$(nowhere)" $((parts - $(drawn))) "parts that are nowhere in the picture"
[ "$(nowhere)" -gt 0 ] || fail "every part of this face is in the picture: that shows nothing"

# Pointing at one of them in the strip names nothing in the picture; pointing at another part outlines it there.
absent=$(awk '$1 == "part" { there[$2] = 1 } $1 == "widget" && $2 ~ /^strip\./ { n[++k] = substr($2, 7) }
  END { for (i = 1; i <= k; i++) if (!there[n[i]]) { print n[i]; exit } }' "$WORK/report")
set -- $(box canvas)
top="$1 $2 $3 40" whole="$1 $2 $3 $4"
xdotool mousemove 640 20 sleep 0.3
calm=$(brightness $top) all=$(brightness $whole)
xdotool mousemove $(place strip.$absent) sleep 0.3
same "$(brightness $top)" "$calm" "upper edge of the canvas while the pointer is on $absent, which is nowhere"
xdotool mousemove $(place strip.hair) sleep 0.3
other "$(brightness $whole)" "$all" "canvas while the pointer is on the hair's item"

# A click on the hair selects it; a slider changes its codes and nothing else's.
click part:hair
await selected hair
await inspector part
await_place part.direction-0
shape=$(state shape.hair) face_shape=$(state shape.face)
set -- $(place part.direction-0)
drag_points "$1" "$2" $(($1 + 60)) "$2"
await position 1
settle
other "$(state shape.hair)" "$shape" "hair's shape after its slider"
same "$(state shape.face)" "$face_shape" "face's shape after hair's slider"
other "$(state picture)" "$first_picture" "picture after the slider"

# The arrow keys do the same, as one step of the history.
xdotool key Right Right Right sleep 0.7
await position 2
settle

# A face dragged from the shelf onto a part swaps that part; with Shift only its shape, with Ctrl only its texture.
await_place tile.1
target=mouth
[ -n "$(place part:mouth)" ] || target=face
texture=$(state texture.$target) shape=$(state shape.$target) neck=$(state shape.neck)
drag tile.1 part:$target
await position 3
settle
other "$(state shape.$target)" "$shape" "shape of $target after the drop"
other "$(state texture.$target)" "$texture" "texture of $target after the drop"
same "$(state shape.neck)" "$neck" "neck after the drop on $target"
texture=$(state texture.eye) shape=$(state shape.eye)
drag tile.2 strip.eye shift
await position 4
other "$(state shape.eye)" "$shape" "shape of the eyes after a drop with Shift"
same "$(state texture.eye)" "$texture" "texture of the eyes after a drop with Shift"
shape=$(state shape.eye)
drag tile.3 strip.eye ctrl
await position 5
same "$(state shape.eye)" "$shape" "shape of the eyes after a drop with Ctrl"
other "$(state texture.eye)" "$texture" "texture of the eyes after a drop with Ctrl"

# Parts are hidden one by one: the eye button, then H.
click eye.neck
await position 6
same "$(state shown.neck)" 0 "neck after its eye"
click strip.cloth
await selected cloth
xdotool key h
await position 7
same "$(state shown.cloth)" 0 "clothes after H"

# The foreground is moved by hand and by keys.
xdotool key m
await tool move
settle
set -- $(place canvas)
drag_points "$1" "$2" $(($1 + 40)) $(($2 + 20))
await position 8
xdotool key alt+Left sleep 0.1
await position 9
xdotool key m
await tool select

# Views by number, zoom by wheel, fit by key.
for view in mask:2 overlay:3 depth:4 depths:5 face:1; do
  xdotool key "${view#*:}"
  await view "${view%:*}"
done
zoom=$(state zoom)
xdotool mousemove $(place canvas) click 4 click 4 sleep 0.2
other "$(state zoom)" "$zoom" "zoom after the wheel"
xdotool key f
await zoom "$zoom"

# Undo all, redo all: the same face and the same picture, to the bit.
settle
last=$(state face) last_picture=$(state picture) steps=$(state position)
i=0
while [ $i -lt "$steps" ]; do
  xdotool key ctrl+z
  i=$((i + 1))
  await position $((steps - i))
done
settle
same "$(state face)" "$first" "face after undoing all"
await picture "$first_picture"
while [ $i -gt 0 ]; do
  xdotool key ctrl+shift+z
  i=$((i - 1))
  await position $((steps - i))
done
settle
same "$(state face)" "$last" "face after redoing all"
await picture "$last_picture"
echo "ok: $steps steps there and back"
