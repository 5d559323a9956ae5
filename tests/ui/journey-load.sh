#!/bin/sh
# A file of 2 GB takes seconds to read: progress is shown, the window stays alive, Cancel ends it at once; with a face on
# screen the old model goes on.
SCREEN=1400x800
. "$(dirname "$0")/lib.sh"

export SSGAN_DATA_DIR=$WORK
small=$(model 1) large=$(model 2 2000)

now() { echo $(($(date +%s%N) / 1000000)); }

# Without anything before it: Cancel leads to the page that offers to open another one.
start "$large"
await page loading
await_place win.cancel-load
before=$(state progress)
await_change progress "$before"
awk "BEGIN { exit !($(state progress) > $before && $(state progress) < 1) }" || fail "progress: $before, $(state progress)"
begin=$(now)
click_until win.cancel-load page welcome
took=$(($(now) - begin))
[ $took -lt 3000 ] || fail "cancelling took $took ms"
same "$(state message)" "" "message after cancelling"
same "$(state model)" none "model after cancelling"

# Then a small one.
offer "$small"
drop_files 600 400
await page editor
await position 0
settle
face=$(state face) picture=$(state picture)

# A message that is not there takes no room: views begin right below the header bar.
no_band() {
  set -- $(box win.export) $(box "win.view(face)")
  [ $# = 8 ] && [ $(($6 - $2 - $4)) -lt 30 ] || fail "a gap below the header bar: $*"
}
no_band
# With a face on screen: the large one loads behind it. The window can be used meanwhile, the message tells how far it is.
offer "$large"
drop_files 600 400
await service loading
same "$(state page)" editor "page while another model loads"
await_change message ""
case $(state message) in
*model-2.safetensors*%*) ;;
*) fail "the message does not tell what loads and how far it is: $(state message)" ;;
esac
click strip.hair
await selected hair
same "$(state service)" loading "still loading"
await_place message-button
begin=$(now)
click_until message-button service ready
took=$(($(now) - begin))
[ $took -lt 3000 ] || fail "cancelling took $took ms"
same "$(state model)" "$small" "model after cancelling"
same "$(state face)" "$face" "face after cancelling"
await message ""
xdotool sleep 0.5
no_band
xdotool key ctrl+r
await position 1
settle
other "$(state picture)" "$picture" "picture of an edit after cancelling"
echo ok
