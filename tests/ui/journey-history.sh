#!/bin/sh
# The history page: every step has a row, a click jumps there, from there on one can go back to the end; an edit after a jump
# drops what came later.
. "$(dirname "$0")/lib.sh"

start "$(model 1)"
await page editor
await position 0
settle
remember() { eval "face$1=\$(state face) picture$1=\$(state picture)"; }
remember 0
for part in hair face mouth eye; do
  click strip.$part
  await selected $part
  i=$((${i:-0} + 1))
  xdotool key ctrl+r
  await position $i
  settle
  remember $i
done

click tab.History
await inspector history
await_place history.4
# The keys go on from the current step, also where undo led to it, not from the row that was clicked.
click history.4
xdotool key ctrl+z ctrl+z
await position 2
xdotool sleep 0.3 key Up
await position 1
xdotool key Down Down Down
await position 4
jump() {
  click history.$1
  await position $1
  settle
  eval "same \"\$(state face)\" \"\$face$1\" \"face of step $1\""
  eval "await picture \"\$picture$1\""
  same "$(state n-history)" ${2:-5} "steps after the jump to $1"
}
# Steps that were undone are there to be done again, and fainter than those that were not.
row() {
  set -- $(box history.$1)
  brightness $1 $2 $3 $4
}
xdotool mousemove 640 20 sleep 0.3
done2=$(row 2) done3=$(row 3)
jump 1
xdotool mousemove 640 20 sleep 0.3
awk -v a="${done3%% *}" -v b="$(row 3)" -v c="${done2%% *}" -v d="$(row 2)" 'BEGIN { split(b, x); split(d, y)
  exit !((255 - x[1]) < 0.75 * (255 - a) && (255 - y[1]) < 0.75 * (255 - c)) }' ||
  fail "steps that were undone look like the others: rows 2 and 3 were $done2 and $done3, are $(row 2) and $(row 3)"
jump 3
xdotool mousemove 640 20 sleep 0.3
[ "$(row 2)" = "$done2" ] || fail "a step that was done again stays faint: $(row 2), was $done2"
jump 0
jump 4
same "$(state modified)" 1 "modified"

# With the keys: the row above has the focus next.
xdotool key Up
await position 3
xdotool key Up
await position 2
settle
same "$(state face)" "$face2" "face after two rows up"

# An edit here: what came later is gone.
click strip.neck
await selected neck
xdotool key ctrl+r
await position 3
await n-history 4
settle
other "$(state face)" "$face3" "face of the new step 3"
new=$(state face)
click tab.History
await_place history.3
jump 0 4
xdotool key ctrl+shift+z ctrl+shift+z ctrl+shift+z
await position 3
same "$(state face)" "$new" "face after redoing to the end"
echo ok
