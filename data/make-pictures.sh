#!/bin/sh
# Makes every picture of README, docs and metainfo anew from the default model: data/make-pictures.sh [BUILD [FOLDER]]
# Into FOLDER (data/pictures) go
#   components.png                   a face composed part by part
#   editor.png                       the editor with a part selected (README)
#   editor-dark.png                  the mask over the picture, dark style
#   editor-depths.png                the depth maps of all parts
#   editor-compare.png               before and after an edit, with the history
#   looks.png                        the same latents in every model of data/models, a row each
# Needs Xvfb, xdotool and ImageMagick's import beside a build of both programs. What is clicked is found by name, not by place:
# any model will do, of any size.
set -eu
cd "$(dirname "$0")/.."
build=$(cd "${1:-build}" && pwd)
out=${2:-data/pictures}
models=$(pwd)/data/models
seed=${SEED:-11}
command -v import >/dev/null || { echo "make-pictures: ImageMagick's import is not installed" >&2; exit 2; }
mkdir -p "$out"

set -- "$build/ui/ssgan-editor" "$build"
set +eu # the helpers of the journeys are not written for these
. tests/ui/lib.sh
trainer() { "$TRAINER" "$@" --quiet >>"$WORK/log" 2>&1 || fail "ssgan-trainer $*"; }

trainer components "$models/default.safetensors" --seed "$seed" --out "$WORK"
cp "$WORK/components.png" "$out/components.png" || fail "no sheet of components"

# The same faces in every look there is: a row a model, the default first.
if [ "$(ls "$models"/*.safetensors | wc -l)" -gt 1 ]; then
  trainer generate "$models/default.safetensors" --out "$WORK/looks" --seeds 4,28,8,38,7,59 --only faces --save-latents
  rows=
  for model in "$models/default.safetensors" $(ls "$models"/*.safetensors | grep -v /default.safetensors); do
    name=$(basename "$model" .safetensors)
    trainer generate "$model" --out "$WORK/look-$name" --latents "$WORK/looks/latents.npy" --only faces
    convert "$WORK/look-$name/faces/"*.png +append "$WORK/row-$name.png" || fail "no row of $name"
    rows="$rows $WORK/row-$name.png"
  done
  convert $rows -append "$out/looks.png" || fail "no picture of the looks"
  echo "$out/looks.png"
fi

# style light|dark: for the editor that is started next
style() {
  mkdir -p "$XDG_CONFIG_HOME/glib-2.0/settings"
  printf "[io/github/ssgan/Editor]\ncolor-scheme='%s'\n" "$1" >"$XDG_CONFIG_HOME/glib-2.0/settings/keyfile"
}
# A part with some room in it, by what people would choose; else the first that is in the picture.
choose_part() {
  for part in hair face cloth; do
    [ -n "$(place part:$part)" ] && return
  done
  part=$(awk '$1 == "part" && $2 != "background" { print $2; exit }' "$WORK/report")
}
open_editor() {
  rm -rf "$XDG_STATE_HOME"
  start "$models/default.safetensors"
  await page editor
  await position 0
  settle
  choose_part
  click strip.$part
  await selected "$part"
}
# take NAME: when all that is on the screen has been drawn
take() {
  sleep 1
  await worker 0
  settle
  sleep 1
  import -window root "$out/$1.png" || fail "no picture of the screen"
  echo "$out/$1.png"
}
close_editor() {
  kill $PID
  wait $PID 2>/dev/null
  PID=
}
export GSETTINGS_BACKEND=keyfile

style light
open_editor
await_place "part:$part"
xdotool mousemove $(place "part:$part")
take editor
xdotool key 5
await view depths
take editor-depths
xdotool key 1
await view face
click strip.$part
xdotool key ctrl+r
await position 1
await_place tile.3
drag tile.3 "strip.$part"
await position 2
xdotool key c
click tab.History
await_place history.2
xdotool mousemove 640 788
take editor-compare
close_editor

style dark
open_editor
xdotool key 3
await view overlay
await_place "part:$part"
xdotool mousemove $(place "part:$part")
take editor-dark
close_editor
echo "all pictures are new; look at them"
