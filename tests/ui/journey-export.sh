#!/bin/sh
# An animation between two steps of the history, and a mask, through the dialog. What was written is looked at.
. "$(dirname "$0")/lib.sh"

start "$(model 1)"
await page editor
await position 0
settle
click strip.hair
await selected hair
xdotool key ctrl+r
await position 1
settle

# choose KEY...: the kind is chosen from its list by these keys
choose() {
  await_place row.What
  sleep 0.3
  click row.What
  await_place item.Picture
  sleep 0.3
  xdotool key "$@" sleep 0.2 key Return sleep 0.3
}
xdotool mousemove 640 20 key ctrl+e
await dialog Export
choose End
await_place row.And_back_again
click row.And_back_again
click button.Export…
type_path "$WORK/walk.png"
wait_for "the animation" test -s "$WORK/walk.png"
await dialog ""
same "$(head -c 8 "$WORK/walk.png" | od -An -tx1 | tr -d ' ')" 89504e470d0a1a0a "signature of the animation"
frames=$(grep -ao fcTL "$WORK/walk.png" | wc -l)
[ "$frames" -gt 10 ] || fail "the animation has $frames frames"
grep -aq trainedAlgorithmicMedia "$WORK/walk.png" || fail "the animation does not say that it is synthetic"
grep -aq acTL "$WORK/walk.png" || fail "not an animated PNG"

# A mask; the suffix is added where it was not typed.
xdotool mousemove 640 20 key ctrl+e
await dialog Export
choose Home Down
click button.Export…
type_path "$WORK/mask"
wait_for "the mask" test -s "$WORK/mask.png"
await dialog ""
size=$(state size)
same "$(dd if="$WORK/mask.png" bs=1 skip=16 count=8 2>/dev/null | od -An -tu1 | awk '{ print $3 * 256 + $4, $7 * 256 + $8 }')" \
  "$size $size" "size of the mask"

# Cancelled half way: the dialog says so, and nothing stays of two thousand pictures, nor of the folder they were to be in.
mkdir "$WORK/half"
for kind in "End" "End Up"; do
  xdotool mousemove 640 20 key ctrl+e
  await dialog Export
  choose $kind
  await_place row.Pictures
  sleep 0.3
  click row.Pictures
  xdotool key ctrl+a type 2000
  xdotool key Tab sleep 0.2
  click button.Export…
  type_path "$WORK/half/long"
  wait_for "something on its way" eval '[ -n "$(ls -A "$WORK/half")" ]'
  click button.Cancel
  await problem "Cancelled; nothing was written."
  [ -z "$(ls -A "$WORK/half")" ] || fail "left by a cancelled export ($kind): $(ls -AR "$WORK/half")"
  click button.Cancel
  await dialog ""
done
# Closing the dialog ends what it began.
xdotool mousemove 640 20 key ctrl+e
await dialog Export
choose End
await_place row.Pictures
sleep 0.3
click row.Pictures
xdotool key ctrl+a type 2000
xdotool key Tab sleep 0.2
click button.Export…
type_path "$WORK/half/long"
wait_for "something on its way" eval '[ -n "$(ls -A "$WORK/half")" ]'
xdotool key Escape
await dialog ""
wait_for "nothing to be left" eval '[ -z "$(ls -A "$WORK/half")" ]'
ls "$WORK" | grep -q '\.tmp\|~$' && fail "something half written was left: $(ls "$WORK")"
same "$(state position)" 1 "position after exporting"
echo ok
