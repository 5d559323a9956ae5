#!/bin/sh
# Faces without end: the shelf is walked by keys, scrolled by the wheel, in windows of any height, hidden and shown. It grows on
# the way; GtkGridView aborts when its list grows while it lays itself out.
. "$(dirname "$0")/lib.sh"

# walk TIMES KEY...
walk() {
  n=$1
  shift
  while [ "$n" -gt 0 ]; do
    n=$((n - 1))
    xdotool key "$@" sleep 0.03
  done
}
# the number of the face that is the donor
seed() { state donor | sed 's/[^0-9]//g'; }

start --random-model small-64
await page editor
await position 0
settle
click tile.1
await donor "face 2"
walk 40 Down
reached=$(seed)
[ "$reached" -ge 60 ] || fail "forty steps down lead to face $reached only"
# A small window: a row is nearly as high as what can be seen of the list.
xdotool windowsize "$WINDOW" 760 520
walk 12 Down
for size in "760 700" "1280 520" "900 800" "1280 800"; do
  xdotool windowsize "$WINDOW" $size
  walk 4 End Down Page_Down
done
further=$(seed)
[ "$further" -gt $((reached + 20)) ] || fail "walking on from face $reached leads to $further"
walk 10 Home End
xdotool mousemove $(place shelf)
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
  xdotool click --repeat 6 --delay 5 5 sleep 0.02
done
# A face that is kept comes first, and is seen.
xdotool mousemove 640 20 key ctrl+d
await kept 1
wait_for "the kept face to be seen" eval 'seen=$(place tile.0) && [ -n "$seen" ] && [ "${seen#* }" -gt 60 ]'
xdotool mousemove $(place shelf)
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
  xdotool click --repeat 6 --delay 5 5 sleep 0.02
done
# Hidden while it has the keys, and shown again.
for i in 1 2 3 4; do
  xdotool key F9 sleep 0.1 key Down key F9 sleep 0.1 key Down
done
await page editor
echo "ok: as far as face $further"
