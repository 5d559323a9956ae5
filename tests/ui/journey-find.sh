#!/bin/sh
# A project whose model is no longer where it was: the editor says so, shows the faces' history all the same, and goes on
# with the model once it is shown where; a model that does not fit is refused. The project is among the recent ones.
. "$(dirname "$0")/lib.sh"

model=$(model 1) wrong=$WORK/wrong.safetensors
"$TOOLS/make-model" medium-256 3 "$wrong" || fail "no second model"
start "$model"
edit_hair
face=$(state face) picture=$(state picture)
mkdir "$WORK/projects" "$WORK/far away"
xdotool key ctrl+s
await dialog "Save As"
type_path "$WORK/projects/study_one.ssgan"
await title study_one
await modified 0
xdotool mousemove 640 20 key ctrl+q
wait_for "the end" eval '! kill -0 $PID'
wait $PID

mv "$model" "$WORK/far away/renamed.safetensors"
start "$WORK/projects/study_one.ssgan"
await title study_one
await_change message ""
case $(state message) in
*"not found"*) ;;
*) fail "no word about the model: $(state message)" ;;
esac
same "$(state position)" 1 "position without a model"
same "$(place menu.Zoom)" "" "a zoom of no picture"
same "$(state face)" "$face" "face without a model"
same "$(state modified)" 0 "modified without a model"

# One that does not fit: told, and nothing is lost.
click_until message-button dialog "Open Model"
type_path "$wrong"
wait_for "a word about what does not fit" eval 'state message | grep -q "does not fit"'
await dialog ""
same "$(state face)" "$face" "face after a model that does not fit"

# The right one, under another name.
click_until message-button dialog "Open Model"
type_path "$WORK/far away/renamed.safetensors"
await service ready
await message ""
await picture "$picture"
same "$(state face)" "$face" "face with the model that was found"

# Recent projects: from a new window, by the menu.
xdotool mousemove 640 20 key ctrl+shift+n
wait_for "a second window" eval '[ "$(windows)" = 2 ]'
wait_for "its face" eval '[ "$(state_of 0 position)" = 0 ]'
xdotool sleep 0.5 mousemove $(place menu.Recent_Projects) sleep 0.2 click 1
await_place item.study_one.ssgan
sleep 0.4
click item.study_one.ssgan
wait_for "the project" eval '[ "$(state_of 0 title)" = study_one ]'
wait_for "its face" eval '[ "$(state_of 0 face)" = "$face" ]'
echo ok
