#!/bin/sh
# The GPU stops working in the middle of an edit: a message with a way on, the document stays as it is, the work goes on on
# the CPU. The GPU is the pretended one of fault-device.c.
SCREEN=2560x1440 SCREEN_WIDTH=2560 SCREEN_HEIGHT=1440 # wide: what wraps has room
. "$(dirname "$0")/lib.sh"

export SSGAN_MODULE_PATH=$TOOLS SSGAN_FAULT_FOLDER=$WORK/fault
mkdir "$WORK/fault"
start "$(model 1)"
await page editor
await position 0
case $(state device) in
*Pretended*) ;;
*) fail "not on the pretended GPU but on $(state device)" ;;
esac
settle
first=$(state picture)
click strip.hair
await selected hair
xdotool key ctrl+r
await position 1
settle
face=$(state face)

# It is gone when the next picture is asked for.
touch "$WORK/fault/lost"
xdotool key ctrl+z
await service device-lost
await position 0
case $(state message) in
*"stopped working"*) ;;
*) fail "no word about the device: $(state message)" ;;
esac
same "$(state toast)" "" "a second message beside that about the device"
same "$(state n-history)" 2 "steps after the device was lost"
same "$(state page)" editor "page after the device was lost"

# Editing that needs no device goes on, and can be saved.
xdotool key ctrl+shift+z
await position 1
same "$(state face)" "$face" "face without a device"
xdotool key ctrl+s
await dialog "Save As"
type_path "$WORK/rescued.ssgan"
await title rescued
await modified 0

# The way on: the button of the message. The same faces, now from the CPU.
click message-button
await service ready
case $(state device) in
*Pretended*) fail "still on the pretended GPU" ;;
esac
await message ""
settle
picture=$(state picture) # devices may differ in single bits: the face is what must be the same
same "$(state face)" "$face" "face on the CPU"
xdotool key ctrl+z
await position 0
await picture "$first"
same "$(state title)" rescued "title"

# Another window does not try the broken device again, nor does a later start hang on it.
kill $PID
wait $PID 2>/dev/null
start "$WORK/rescued.ssgan"
await service ready
await position 1
same "$(state face)" "$face" "face of the project that was saved without a device"
await picture "$picture"
echo ok
