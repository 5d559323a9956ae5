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
jump() {
  click history.$1
  await position $1
  settle
  eval "same \"\$(state face)\" \"\$face$1\" \"face of step $1\""
  eval "await picture \"\$picture$1\""
  same "$(state n-history)" ${2:-5} "steps after the jump to $1"
}
jump 1
jump 3
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
