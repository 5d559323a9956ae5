#!/bin/sh
# The picture, its mask and an animation between two steps of the history, through the dialog: what was written is what was seen.
. "$(dirname "$0")/lib.sh"

start "$(model 1)"
await page editor
await position 0
settle
first=$(state picture)
edit_hair

picture=$(state picture)
other "$picture" "$first" "picture after an edit"

# choose KEY...: the dialog, and in it the kind by these keys from its list
choose() {
  export_kinds
  xdotool key "$@" sleep 0.2 key Return sleep 0.3
}
# written FILE: the dialog's name is typed, and the file is there when the dialog has gone
written() {
  click button.Export…
  type_path "$1"
  wait_for "$1" test -s "${2:-$1}"
  await dialog ""
}
# begin_long KIND-KEYS: two thousand pictures, so that there is time to stop them
begin_long() {
  choose "$@"
  await_place row.Pictures
  sleep 0.3
  click row.Pictures
  xdotool key ctrl+a type 2000
  xdotool key Tab sleep 0.2
  click button.Export…
  type_path "$WORK/half/long"
  wait_for "something on its way" eval '[ -n "$(ls -A "$WORK/half")" ]'
}

choose Home
written "$WORK/picture.png"
same "$(sum_of picture "$WORK/picture.png")" "$picture" "the exported picture and the one on the screen"
grep -aq trainedAlgorithmicMedia "$WORK/picture.png" || fail "the picture does not say that it is synthetic"

# From the first step of the history to this one.
choose End
await_place row.And_back_again
click row.And_back_again
written "$WORK/walk.png"
frames=$(grep -ao fcTL "$WORK/walk.png" | wc -l)
[ "$frames" -gt 10 ] || fail "the animation has $frames frames"
grep -aq trainedAlgorithmicMedia "$WORK/walk.png" || fail "the animation does not say that it is synthetic"
grep -aq acTL "$WORK/walk.png" || fail "not an animated PNG"
same "$(sum_of picture "$WORK/walk.png")" "$first" "the animation's first picture and that of the first step"

# A mask; the suffix is added where it was not typed.
choose Home Down
written "$WORK/mask" "$WORK/mask.png"
same "$(sum_of mask "$WORK/mask.png")" "$(state mask)" "the exported mask and that of the picture"

# Cancelled half way: the dialog says so, and nothing stays, nor of the folder they were to be in.
mkdir "$WORK/half"
for kind in "End" "End Up"; do
  begin_long $kind
  click button.Cancel
  await problem "Cancelled; nothing was written."
  [ -z "$(ls -A "$WORK/half")" ] || fail "left by a cancelled export ($kind): $(ls -AR "$WORK/half")"
  click button.Cancel
  await dialog ""
done
# Closing the dialog ends what it began.
begin_long End
xdotool key Escape
await dialog ""
wait_for "nothing to be left" eval '[ -z "$(ls -A "$WORK/half")" ]'
ls "$WORK" | grep -q '\.tmp\|~$' && fail "something half written was left: $(ls "$WORK")"
same "$(state position)" 1 "position after exporting"
echo ok
