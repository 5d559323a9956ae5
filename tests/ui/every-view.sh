#!/bin/sh
# A picture of every view, dialog and state of the editor, to be looked at by a person; a contact sheet of each size and style.
# Usage: every-view.sh EDITOR BUILD_ROOT FOLDER [SIZES [STYLES]]
#   SIZES    of 1024x640 1280x800 2560x1440 hidpi (1280x720 at scale 2)
#   STYLES   of light dark contrast contrast-dark
# LANGUAGE=de beside it shows the window in German; SSGAN_LOCALE_DIR leads to the texts where the editor does not find them.
# Needs Xvfb, xdotool and ImageMagick. Not a test: beauty is for eyes. What is on the screen is found by its id or place in a menu,
# which are the same in every language.
editor=$1 build=$2 out=$3
sizes=${4:-1024x640 1280x800 2560x1440 hidpi} styles=${5:-light dark contrast}
command -v montage >/dev/null || { echo "every-view: ImageMagick is not installed" >&2; exit 2; }
mkdir -p "$out" || exit 2

# One size and style a process, since lib.sh opens one display.
if [ -z "$EVERY_VIEW" ]; then
  for size in $sizes; do
    for style in $styles; do
      echo "$size $style"
      EVERY_VIEW="$size $style" "$0" "$editor" "$build" "$out" || exit 1
    done
  done
  exit 0
fi
size=${EVERY_VIEW% *} style=${EVERY_VIEW#* }
out=$out/$size-$style${LANGUAGE:+-$LANGUAGE}
rm -rf "$out"
mkdir -p "$out"
case $size in
hidpi)
  SCREEN=2560x1440
  export GDK_SCALE=2
  ;;
*) SCREEN=$size ;;
esac
SCREEN_WIDTH=${SCREEN%x*} SCREEN_HEIGHT=${SCREEN#*x}
case $style in
*dark) export ADW_DEBUG_COLOR_SCHEME=prefer-dark ;;
*) export ADW_DEBUG_COLOR_SCHEME=prefer-light ;;
esac
case $style in
contrast*) export ADW_DEBUG_HIGH_CONTRAST=1 ;;
esac
scale=${GDK_SCALE:-1} left=0 top=0 # of the window that has the keys
set -- "$editor" "$build"
. "$(dirname "$0")/lib.sh"
models=$(dirname "$0")/../../data/models

n=0
# take NAME: when all that is on the screen has been drawn
take() {
  settle
  sleep "${2:-0.5}"
  n=$((n + 1))
  import -window root "$out/$(printf %02d $n)-$1.png" || fail "no picture of the screen"
}
# The report tells of the window's own pixels, of which there are `scale` to the screen's.
at() { place "$1" | awk -v s="$scale" -v x="$left" -v y="$top" '{ print $1 * s + x, $2 * s + y }'; }
press() {
  await_place "$1"
  xdotool mousemove $(at "$1") sleep 0.1 click "${2:-1}" sleep 0.2
}
away() { xdotool mousemove $((SCREEN_WIDTH / 2)) $((SCREEN_HEIGHT - 12 * scale)); }
key() { away; xdotool key "$@" sleep 0.2; }
view() {
  key "$1"
  await view "$2"
}
quit_editor() {
  kill $PID
  wait $PID 2>/dev/null
  PID=
}
# in_middle: a dialog, which without a window manager lies in a corner
in_middle() {
  sleep 0.4
  for id in $(xdotool search --onlyvisible --class ssgan-editor); do
    [ "$id" = "$WINDOW" ] && continue
    eval "$(xdotool getwindowgeometry --shell "$id" | grep -E 'WIDTH|HEIGHT')"
    left=$(((SCREEN_WIDTH - WIDTH) / 2)) top=$(((SCREEN_HEIGHT - HEIGHT) / 2))
    [ $left -lt 0 ] && left=0
    [ $top -lt 0 ] && top=0
    xdotool windowmove "$id" $left $top
  done
}
# closed: the dialog, by Escape
closed() {
  xdotool key Escape
  await dialog ""
  left=0 top=0
  sleep 0.3
}
# shown NAME KEY...: a dialog that keys open
shown() {
  name=$1
  shift
  key "$@"
  in_middle
  take "$name" 0.6
}

start "$models/default.safetensors"
await page editor
await position 0
await_place tile.3
settle
sleep 1
away
take face
xdotool mousemove $(at part:hair)
take hover
press strip.hair
await selected hair
away
take part
view 2 mask; take mask
view 3 overlay; take overlay
view 4 depth; take depth
view 5 depths; take depths
# Maps, scales and the range: entry by entry of that menu.
for entry in 5:log 1:lagoon 2:grey 3:tide 6:off; do
  press id.depth_button
  await_place entry.6
  sleep 0.3
  [ $entry = 5:log ] && take depth-menu
  press entry.${entry%:*}
  key Escape # a menu that stayed
  press strip.hair
  away
  take "depths-${entry#*:}"
done
view 4 depth; take depth-tide
view 1 face
key p
xdotool mousemove $(at part:hair)
take probe
key p
key ctrl+r
await position 1
settle
press tile.2
sleep 0.5
press part.shape
sleep 1
key c
take compare
key c m
take move
key s
press page.face
away
take page-face
press page.history
away
take page-history
press page.part
press eye.neck
press strip.face
key l
away
take hidden-locked
key l
for menu in main_button zoom_button recent_menu_button seed_button model_button; do
  press id.$menu
  away
  take menu-${menu%_button}
  xdotool key Escape sleep 0.3
done
xdotool mousemove $(at tile.1) click 3 sleep 0.3
take menu-face
xdotool key Escape sleep 0.3 mousemove $(at strip.hair) click 3 sleep 0.3
take menu-part
xdotool key Escape sleep 0.3
shown export ctrl+e
press id.kind
sleep 0.3
take export-kinds
xdotool key End Return sleep 0.3
take export-animation
closed
shown preferences ctrl+comma
closed
shown shortcuts ctrl+question
xdotool key Escape sleep 0.5
left=0 top=0
shown close ctrl+w
closed
press id.main_button
await_place entry.10
sleep 0.3
press entry.10
in_middle
take about 0.6
xdotool key Escape sleep 0.5
left=0 top=0
shown save-as ctrl+shift+s
xdotool key Escape sleep 0.5
left=0 top=0
# Empty panes
key F9 shift+F9
take picture-alone
key F9 shift+F9
for part in background face neck hair cloth eye eyebrow nose mouth ear glasses hat earring; do
  [ "$(state shown.$part)" = 1 ] && press eye.$part
done
away
take all-hidden
quit_editor
rm -rf "$XDG_STATE_HOME"

# A lost device, on the pretended GPU
export SSGAN_MODULE_PATH=$TOOLS SSGAN_FAULT_FOLDER=$WORK/fault
mkdir -p "$WORK/fault"
start "$models/default.safetensors"
await page editor
await position 0
settle
press strip.hair
await selected hair
touch "$WORK/fault/lost"
key ctrl+r
await service device-lost
take device-lost
quit_editor
rm -rf "$XDG_STATE_HOME" "$WORK/fault"
unset SSGAN_MODULE_PATH

# A damaged model, which also leaves nothing to begin with; a large one
export SSGAN_DATA_DIR=$WORK
head -c 200000 "$models/default.safetensors" >"$WORK/damaged.safetensors"
start "$WORK/damaged.safetensors"
await page welcome
await_change message ""
away
take damaged
quit_editor
start "$(model 2 2000)"
await page loading
sleep 0.4
import -window root "$out/$(printf %02d $((n + 1)))-loading.png"
n=$((n + 1))
quit_editor

montage "$out"/*.png -tile 4x3 -geometry 560x+6+6 -background gray50 -set label '%t' "$out-%d.jpg" 2>/dev/null
echo "$n pictures in $out"
