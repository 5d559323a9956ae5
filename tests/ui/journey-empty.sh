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
*"cannot be opened"*"choose another"*) ;;
*) fail "the message does not say what to do: $(state message)" ;;
esac
case $(state detail) in
*broken.safetensors*) ;;
*) fail "the detail does not name the file: $(state detail)" ;;
esac
kill $PID
wait $PID 2>/dev/null
PID=
# In the person's language, but for the detail.
export LANGUAGE=de SSGAN_LOCALE_DIR=$2/po
start "$WORK/broken.safetensors"
await page welcome
await_change message ""
case $(state message) in
*"lässt sich nicht öffnen"*"beschädigt"*) ;;
*) fail "the message is not German: $(state message)" ;;
esac
case $(state message)$(state detail) in
*safetensors*Einzelheiten:* | *Einzelheiten:*Einzelheiten:*) fail "the detail is in the message: $(state message)" ;;
*Einzelheiten:*broken.safetensors*) ;;
*) fail "the detail does not name the file: $(state detail)" ;;
esac
kill $PID
wait $PID 2>/dev/null
PID=
unset LANGUAGE
DISPLAY= "$EDITOR" >"$WORK/out" 2>&1
same $? 3 "exit code without a display"
grep -q display "$WORK/out" || fail "no word about the display: $(cat "$WORK/out")"
echo "ok"
