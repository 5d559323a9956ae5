#!/bin/sh
# Makes the README's pictures anew from the default model: data/make-pictures.sh [BUILD]
# Needs xvfb-run, xdotool and ImageMagick's import beside a build of both programs.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
out=data/pictures
model=data/models/default.safetensors
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$build/trainer/ssgan-trainer" components "$model" --seed 12 --out "$work" --quiet
cp "$work/components.png" "$out/components.png"

# The editor with hair selected: the click lands on the top of the head in a window of this size.
export GDK_BACKEND=x11 GSK_RENDERER=cairo XDG_STATE_HOME="$work/state" XDG_DATA_HOME="$work/data" GSETTINGS_BACKEND=memory
xvfb-run -a -s "-screen 0 1280x800x24" sh -c "
  '$build/ui/ssgan-editor' '$model' & pid=\$!
  sleep 6
  xdotool mousemove 612 250 click 1
  sleep 2
  xdotool mousemove 612 640
  sleep 1
  import -window root '$out/editor.png'
  kill \$pid"
echo "$out/editor.png and $out/components.png are new"
