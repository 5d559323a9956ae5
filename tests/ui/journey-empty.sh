#!/bin/sh
# No model anywhere: a friendly page. A damaged one: a message, and the editor lives on. No display: a sentence and code 3.
. "$(dirname "$0")/lib.sh"

export SSGAN_DATA_DIR=$WORK
echo nonsense >"$WORK/broken.safetensors"
start "$WORK/broken.safetensors"
await page welcome
tries=0
while [ -z "$(state message)" ]; do
  tries=$((tries + 1))
  [ $tries -gt 100 ] && fail "no message about the damaged model"
  sleep 0.1
done
case $(state message) in
*broken.safetensors*) ;;
*) fail "the message does not name the file: $(state message)" ;;
esac
kill $PID
wait $PID 2>/dev/null
PID=
DISPLAY= "$EDITOR" >"$WORK/out" 2>&1
same $? 3 "exit code without a display"
grep -q display "$WORK/out" || fail "no word about the display: $(cat "$WORK/out")"
echo "ok"
