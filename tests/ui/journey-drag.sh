#!/bin/sh
# Faces dragged from the shelf: onto parts of the picture, onto the strip, beside the picture; with Shift and Ctrl; and let
# go where nothing takes them.
. "$(dirname "$0")/lib.sh"

start "$(model 1)"
await page editor
await position 0
settle
for tile in 1 2 3 4; do
  await_place tile.$tile
done

# swapped PART SHAPE TEXTURE: whether each code of the part is new (1) or as before (0); no other part changed
remember() {
  report
  grep -E '^state (shape|texture)\.' "$WORK/report" >"$WORK/before"
}
swapped() {
  report
  grep -E '^state (shape|texture)\.' "$WORK/report" | diff "$WORK/before" - | sed -n 's/^> state \([^ ]*\) .*/\1/p' |
    sort >"$WORK/changed"
  : >"$WORK/wanted"
  [ "$2" = 1 ] && echo "shape.$1" >>"$WORK/wanted"
  [ "$3" = 1 ] && echo "texture.$1" >>"$WORK/wanted"
  cmp -s "$WORK/wanted" "$WORK/changed" || fail "changed: $(tr '\n' ' ' <"$WORK/changed"), and not just: $(tr '\n' ' ' <"$WORK/wanted")"
}

# Three parts that are in the picture; any model has more than that.
report
set -- $(awk '$1 == "part" && $2 != "background" { print $2 }' "$WORK/report" | head -3)
[ $# = 3 ] || fail "fewer than three parts in the picture"
one=$1 two=$2 three=$3

# A drop is a blend that went all the way: the sliders towards the donor stand at its end.
blends() {
  await at.part.shape $1
  await at.part.texture $2
}
# While a face is dragged the part under it lights up, and so does an item of the strip; beside the picture all of it does. No
# tooltip comes over it. Let go over the header bar, nothing is left of it.
set -- $(place part:$one)
corner="$(($1 - 10)) $(($2 - 10)) 4 4" part_x=$1 part_y=$2
set -- $(box strip.$two)
edge="$(($1 + 4)) $(($2 + 2)) 6 2" item_x=$(($1 + $3 / 2)) item_y=$(($2 + $4 / 2))
set -- $(box canvas)
xdotool mousemove 640 20 sleep 0.3
calm=$(brightness $corner) calm_edge=$(brightness $edge)
lit() {
  xdotool sleep 0.3
  now=$(brightness $2)
  [ "$(shift_of "$3" "$now")" -ge 8 ] || fail "$1 does not light up under a drag: was $3, is $now"
}
calmed() {
  xdotool sleep 0.3
  now=$(brightness $2)
  [ "$(shift_of "$3" "$now")" -le 1 ] || fail "$1 stays lit: was $3, is $now"
}
hold $(place tile.1) $part_x $part_y
lit "$one" "$corner" "$calm"
surfaces=$(on_screen)
xdotool sleep 1.5
same "$(on_screen)" "$surfaces" "surfaces on the screen while a face is held over a part"
xdotool mousemove $(($1 + 20)) $(($2 + 20)) sleep 0.05 mousemove $(($1 + 14)) $(($2 + $4 / 2))
lit "the whole picture" "$corner" "$calm"
xdotool mousemove $item_x $((item_y - 4)) sleep 0.05 mousemove $item_x $item_y
lit "$two in the strip" "$edge" "$calm_edge"
calmed "$one" "$corner" "$calm"
xdotool mousemove 640 30 sleep 0.05 mousemove 640 20 sleep 0.1 mouseup 1 sleep 0.3
calmed "$two in the strip" "$edge" "$calm_edge"
same "$(state position)" 0 "position after a drag to nowhere"

remember
drag tile.1 part:$one
await position 1
swapped $one 1 1
same "$(state selected)" $one "selection after the drop"
blends 1.00 1.00
settle
# Drawn back, there is what was there before; undone, they stand where they stood.
slide part.shape 100 -10
await position 2
blends 0.00 1.00
swapped $one 0 1
xdotool mousemove 640 20 key ctrl+z
await position 1
blends 1.00 1.00
xdotool key ctrl+z
await position 0
blends 0.00 0.00
swapped $one 0 0
xdotool key ctrl+shift+z
await position 1
blends 1.00 1.00
remember
settle
drag tile.2 part:$two shift
await position 2
await donor "face 3"
await marked "face 3" # on the shelf
swapped $two 1 0
blends 1.00 0.00
remember
settle
drag tile.2 part:$three ctrl
await position 3
swapped $three 0 1
blends 0.00 1.00
remember
settle
drag tile.3 strip.$one
await position 4
swapped $one 1 1
remember
settle
drag tile.4 strip.$two shift
await position 5
swapped $two 1 0
remember
settle
drag tile.4 strip.$two ctrl
await position 6
swapped $two 0 1

# The key let go with the button while the editor is busy: what was lit is what happens.
for onto in "part:$three" "strip.$one"; do
  remember
  settle
  from=$(place tile.5) to=$(place "$onto")
  [ -n "$from" ] && [ -n "$to" ] || fail "no tile.5 or no $onto"
  hold "${from% *}" "${from#* }" "${to% *}" "${to#* }" shift
  sleep 0.3
  kill -STOP "$PID"
  xdotool mouseup 1 keyup shift sleep 0.1
  kill -CONT "$PID"
  await position 7
  swapped "${onto#*[:.]}" 1 0
  xdotool mousemove 640 20 key ctrl+z
  await position 6
done

# A locked part takes nothing, and says so.
click strip.$one
await selected $one
settle
remember
xdotool key l
drag tile.4 strip.$one
await_toast locked
same "$(state position)" 6 "position after a drop on a locked part"
swapped $one 0 0
xdotool key l

# Where nothing takes it: over the header bar.
set -- $(place tile.3)
drag_points "$1" "$2" 640 20
sleep 0.5
same "$(state position)" 6 "position after a drop on nothing"
swapped $one 0 0

# Beside the picture, within the canvas: the whole face, which then is that of the tile.
report
set -- $(awk '$1 == "widget" && $2 == "canvas" { print $3 + 12, $4 + int($6 / 2) }' "$WORK/report") $(place tile.2)
drag_points "$3" "$4" "$1" "$2"
await position 7
settle
blends 1.00 1.00
same "$(state at.face.blend)" 1.00 "the slider of the whole face after all of it was taken"
face=$(state face) picture=$(state picture)
xdotool key ctrl+z
await position 6
settle
other "$(state picture)" "$picture" "picture after undo"

# The keyboard's way to the same: the tile is chosen, Enter takes the whole face.
click tile.2
xdotool key Return
await position 7
same "$(state face)" "$face" "face after Enter on the tile"
await picture "$picture"

# Also of a face that the worker has not made yet: the keys come at once, the face when it is there.
kill -STOP "$PID"
xdotool key Next Next Next Return
kill -CONT "$PID"
await position 8
other "$(state face)" "$face" "face after Enter on a tile far below"
xdotool mousemove 640 20 key ctrl+z
await position 7
settle
click shelf
xdotool key Home sleep 0.3
await_place tile.4

# And the menu of a tile: both codes, shape, texture for the selected part.
click strip.$three
await selected $three
settle
remember
click tile.4 3
await_place "item.Keep_on_the_Shelf"
# The tile below would have a tooltip, which must not come up over its menu.
surfaces=$(on_screen)
xdotool sleep 1.5
same "$(on_screen)" "$surfaces" "surfaces on the screen while the menu is open"
report
shape=$(sed -n 's/^widget \(item\.Swap_the_Shape[^ ]*\).*/\1/p' "$WORK/report")
click "$shape"
await position 8
swapped $three 1 0
echo ok
