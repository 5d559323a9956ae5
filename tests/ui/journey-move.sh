#!/bin/sh
# The move tool: the foreground is dragged, then scaled by a handle and by the wheel; then one part alone; then by keys.
. "$(dirname "$0")/lib.sh"

start "$(model 1)"
await page editor
await position 0
settle

# number FIELD EXPRESSION of a part's transform (scale, x, y), by awk
transform() { state transform.$1 | cut -d' ' -f$2; }
holds() { awk "BEGIN { exit !($1) }" || fail "$2: $1"; }

report
set -- $(awk '$1 == "part" && $2 != "background" { print $2 }' "$WORK/report" | head -2)
[ $# = 2 ] || fail "fewer than two parts in the picture"
part=$1 rest=$2
first=$(state picture)
click win.tool\(move\)
await tool move

# The middle of the picture, and its edge on the screen: the picture is square and centred in the canvas.
report
set -- $(awk '$1 == "widget" && $2 == "canvas" { print int($3 + $5 / 2), int($4 + $6 / 2) }' "$WORK/report")
x=$1 y=$2
zoom=$(state zoom) size=$(state size)
edge=$(awk "BEGIN { print int($zoom * $size) }")

# Dragged by a tenth of the picture to the right and half of that down: shifts are negative then, in [-1, 1] coordinates.
drag_points $x $y $((x + edge / 10)) $((y + edge / 20))
await position 1
settle
dx=$(transform $part 2) dy=$(transform $part 3) scale=$(transform $part 1)
holds "$dx < -0.15 && $dx > -0.25" "shift to the right by a tenth"
holds "$dy < -0.07 && $dy > -0.13" "shift down by a twentieth"
holds "$scale == 1" "scale after a drag"
same "$(state transform.$rest)" "$(state transform.$part)" "the other parts' transform"
same "$(transform background 2)" 0.0000 "the background's shift"
same "$(state step)" "Foreground moved" "what the history calls a drag"
moved=$(state picture)
other "$moved" "$first" "picture after the move"

# The handles are the corners of the foreground's box: one drawn away from the middle enlarges, and nothing else moves the box's
# middle. The corner is found by where the handle takes the pointer.
report
set -- $(awk '$1 == "widget" && $2 == "handle.2" { print int($3 + $5 / 2), int($4 + $6 / 2) }' "$WORK/report")
[ $# = 2 ] || fail "the move tool shows no handles"
drag_points $1 $2 $(($1 + (x - $1) / 3)) $(($2 + (y - $2) / 3))
await position 2
settle
small=$(transform $part 1)
same "$(state step)" "Foreground scaled" "what the history calls drawing a handle"
holds "$small > 1.1" "scale after the corner was drawn in (larger numbers: a smaller part)"
same "$(transform background 1)" 1.0000 "the background's scale"
other "$(state picture)" "$moved" "picture after the handle"

# The wheel is one step until it pauses.
xdotool mousemove $x $y sleep 0.1 click 4 sleep 0.05 click 4 sleep 0.05 click 4
await position 3
sleep 0.5
same "$(state position)" 3 "three notches of the wheel are one step"
holds "$(transform $part 1) < $small" "scale after the wheel"
settle

# One part alone.
xdotool key s
await tool select
click strip.$part
await selected $part
xdotool key m
await tool move
click win.move-target\(part\)
others=$(state transform.$rest) mine=$(transform $part 2)
drag_points $x $y $((x - edge / 10)) $y
await position 4
settle
same "$(state transform.$rest)" "$others" "the others' transform after one part was moved"
holds "$(transform $part 2) > $mine + 0.1" "the part's own shift to the left"

# Keys: to the right, larger; each run of the same is one step.
mine=$(transform $part 2) scale=$(transform $part 1)
xdotool key alt+Right
await position 5
holds "$(transform $part 2) < $mine" "shift after Alt+Right"
xdotool key alt+plus
sleep 0.3
holds "$(transform $part 1) < $scale" "scale after Alt+plus"
same "$(state transform.$rest)" "$others" "the others' transform after the keys"

# All of it undone: the first picture, to the bit.
settle
i=$(state position)
while [ "$i" -gt 0 ]; do
  i=$((i - 1))
  xdotool key ctrl+z
  await position $i
done
await picture "$first"
same "$(state transform.$part)" "1.0000 0.0000 0.0000" "transform after undoing all"
echo ok
