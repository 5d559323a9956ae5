#!/bin/sh
# Killed in the middle of work: the next start offers it, and it comes back to the bit.
. "$(dirname "$0")/lib.sh"

start --random-model small-64
await page editor
await position 0
click strip.hair
await selected hair
xdotool key ctrl+r
await position 1
click eye.neck
await position 2
face=$(state face)
tries=0
until ls "$WORK/state/ssgan/autosave/"* >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ $tries -gt 150 ] && fail "nothing was saved for recovery"
  sleep 0.1
done
sleep 3
kill -9 $PID
wait $PID 2>/dev/null
start --random-model small-64
await dialog "Recover Your Work?"
click_until button.Recover dialog ""
await position 2
same "$(state face)" "$face" "face after recovery"
same "$(state modified)" 1 "recovered work counts as unsaved"

# What was saved is gone when it is wanted: told, and the editor goes on.
sleep 3
kill -9 $PID
wait $PID 2>/dev/null
start --random-model small-64
await dialog "Recover Your Work?"
for saved in "$WORK/state/ssgan/autosave/"*; do
  echo damaged >"$saved"
done
click_until button.Recover dialog ""
await_change message ""
case $(state message) in
*"not recovered"*) ;;
*) fail "no word about what was not recovered: $(state message)" ;;
esac
same "$(state page)" editor "page after a recovery that failed"
echo "ok: recovered"
