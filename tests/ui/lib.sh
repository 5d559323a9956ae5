# What the journeys share. Sourced; needs $1 = the editor, $2 = the build root. Opens a display of its own (Xvfb).
# The editor tells where its controls are: see ui/report.h.
EDITOR=$1 TOOLS=$2/tests/ui TRAINER=$2/trainer/ssgan-trainer
for tool in Xvfb xdotool timeout; do
  command -v $tool >/dev/null 2>&1 || { echo "SKIP: $tool is not installed"; exit 77; }
done
WORK=$(mktemp -d)
export HOME=$WORK XDG_CONFIG_HOME=$WORK/config XDG_DATA_HOME=$WORK/data XDG_CACHE_HOME=$WORK/cache
export XDG_STATE_HOME=$WORK/state XDG_RUNTIME_DIR=$WORK/run SSGAN_UI_REPORT=$WORK/report
export GDK_BACKEND=x11 GSK_RENDERER=cairo GDK_DEBUG=gl-disable GSETTINGS_BACKEND=memory LC_ALL=C.UTF-8
export GTK_A11Y=${GTK_A11Y:-none} G_DEBUG=fatal-criticals GIO_USE_VFS=local GTK_USE_PORTAL=0
export LSAN_OPTIONS=suppressions=$(dirname "$0")/leaks.supp:print_suppressions=0 # only a sanitized editor looks at it
export GSETTINGS_SCHEMA_DIR=$2/data
unset WAYLAND_DISPLAY
[ "$GTK_A11Y" = none ] && unset DBUS_SESSION_BUS_ADDRESS
mkdir -p "$WORK/run" && chmod 700 "$WORK/run"
PID= XVFB= HELPER=
finish() {
  for process in $PID $HELPER $XVFB; do
    kill -9 $process 2>/dev/null
  done
  rm -rf "$WORK"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

# A display of our own: the server picks a free number itself, so that tests may run side by side.
Xvfb -displayfd 3 -screen 0 ${SCREEN:-1280x800}x24 -fbdir "$WORK" -nolisten tcp -noreset 3>"$WORK/display" >/dev/null 2>&1 &
XVFB=$!
until [ -s "$WORK/display" ]; do
  kill -0 $XVFB 2>/dev/null || { echo "FAIL: Xvfb does not start"; exit 1; }
  sleep 0.05
done
DISPLAY=:$(cat "$WORK/display")
export DISPLAY
tries=0
until timeout 5 xdotool getdisplaygeometry >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ $tries -gt 50 ] && { echo "FAIL: nobody can connect to Xvfb"; exit 1; }
  sleep 0.1
done

fail() {
  [ -f "$WORK/report" ] && grep -vE "^widget|^state (shape|texture|shown)" "$WORK/report" >&2
  cat "$WORK/log" >&2 2>/dev/null
  echo "FAIL: $*" >&2 # last, where a summary that shows only the end still has it
  exit 1
}

# start ARGUMENTS: the editor in a window at 0,0 that fills the screen
start() {
  "$EDITOR" "$@" >>"$WORK/log" 2>&1 &
  PID=$!
  tries=0
  until WINDOW=$(xdotool search --onlyvisible --class ssgan-editor 2>/dev/null | head -1) && [ -n "$WINDOW" ]; do
    tries=$((tries + 1))
    [ $tries -gt 200 ] && fail "no window"
    kill -0 $PID 2>/dev/null || fail "the editor ended"
    sleep 0.1
  done
  xdotool windowmove "$WINDOW" 0 0 windowsize "$WINDOW" ${SCREEN_WIDTH:-1280} ${SCREEN_HEIGHT:-800}
}

report() {
  rm -f "$WORK/report"
  kill -USR1 $PID 2>/dev/null || fail "the editor ended"
  tries=0
  until [ -f "$WORK/report" ]; do
    tries=$((tries + 1))
    [ $tries -gt 400 ] && fail "no report: the main loop is blocked"
    sleep 0.025
  done
}

# state NAME: first value of that name
state() {
  report
  sed -n "s/^state $1 //p" "$WORK/report" | head -1
}

# state_of N NAME: the same of the Nth window, the newest being 0
state_of() {
  report
  awk -v n="$1" -v name="$2" '$1 == "window" { at = $2 }
    $1 == "state" && $2 == name && at == n { sub(/^state [^ ]* ?/, ""); print; exit }' "$WORK/report"
}

# How many windows are on the screen, dialogs included
windows() {
  report
  grep -c '^window' "$WORK/report"
}

# place NAME: middle of a control, or a point in a part
place() {
  report
  awk -v n="$1" '$1 == "part" && "part:" $2 == n { print $3, $4; exit }
    $1 == "widget" && $2 == n { print int($3 + $5 / 2), int($4 + $6 / 2); exit }' "$WORK/report"
}

# await NAME VALUE: until the state has that value
await() {
  tries=0
  until [ "$(state "$1")" = "$2" ]; do
    tries=$((tries + 1))
    [ $tries -gt 150 ] && fail "$1 should become '$2', is '$(state "$1")'"
    sleep 0.1
  done
}

# await_change NAME VALUE: until it is something else
await_change() {
  tries=0
  while [ "$(state "$1")" = "$2" ]; do
    tries=$((tries + 1))
    [ $tries -gt 150 ] && fail "$1 should change, is still '$2'"
    sleep 0.1
  done
}

await_place() {
  tries=0
  until [ -n "$(place "$1")" ]; do
    tries=$((tries + 1))
    [ $tries -gt 150 ] && fail "there is no $1"
    sleep 0.1
  done
}

# wait_for WHAT COMMAND...: until the command succeeds
wait_for() {
  what=$1
  shift
  tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -gt 150 ] && fail "waited in vain for $what"
    sleep 0.1
  done
}

# await_toast TEXT: until a notice that has the text in it is on the screen
await_toast() {
  tries=0
  until state toast | grep -q "$1"; do
    tries=$((tries + 1))
    [ $tries -gt 60 ] && fail "no notice of '$1', but '$(state toast)'"
    sleep 0.1
  done
}

settle() { await busy 0; }

# steady_place NAME: its place once it stands still: a banner that slides in is not where it will be
steady_place() {
  await_place "$1"
  steady= before= tries=0
  until [ -n "$steady" ] && [ "$steady" = "$before" ]; do
    tries=$((tries + 1))
    [ $tries -gt 60 ] && fail "$1 does not come to rest"
    before=$steady steady=$(place "$1")
    xdotool sleep 0.05
  done
  echo "$steady"
}

# click NAME [BUTTON]: the pointer comes there by more than one step, as a hand's does: after a menu has closed, GTK takes the
# first motion for the pointer's coming into the window, and would miss a press right after it
click() {
  set -- "$1" "${2:-1}" $(steady_place "$1")
  [ -n "$3" ] || exit 1
  xdotool mousemove $(($3 - 2)) "$4" sleep 0.02 mousemove "$3" "$4" sleep 0.05 click "$2" sleep 0.1
}

# click_until NAME STATE VALUE: the same, once more where nothing came of it for two seconds: the window was still on its way
# under the pointer
click_until() {
  tries=0
  until [ "$(state "$2")" = "$3" ]; do
    [ $tries -gt 160 ] && fail "$2 should become '$3' by a click on $1, is '$(state "$2")'"
    [ $((tries % 20)) = 0 ] && [ -n "$(place "$1")" ] && xdotool mousemove $(place "$1") sleep 0.05 click 1
    tries=$((tries + 1))
    xdotool sleep 0.1
  done
}

# drag FROM TO [KEY]: with a modifier held
drag() {
  from=$(place "$1") to=$(place "$2")
  [ -n "$from" ] && [ -n "$to" ] || fail "no $1 or no $2"
  drag_points "${from% *}" "${from#* }" "${to% *}" "${to#* }" "$3"
}

# A first step of the history: another hair, at the first position of a new document.
edit_hair() {
  await page editor
  await position 0
  settle
  click strip.hair
  await selected hair
  xdotool key ctrl+r
  await position 1
  settle
}

# The dialog for exports, with its list of kinds open.
export_kinds() {
  xdotool mousemove 640 20 key ctrl+e
  await dialog Export
  await_place row.What
  sleep 0.3
  click row.What
  await_place item.Picture
  sleep 0.3
}

# hold FROM-X FROM-Y X Y: the same without letting go
hold() {
  xdotool mousemove $(($1 - 2)) "$2" sleep 0.02 mousemove "$1" "$2" sleep 0.1 mousedown 1 sleep 0.05 # as click comes there
  [ -n "$5" ] && xdotool keydown "$5"
  for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    xdotool mousemove $(($1 + ($3 - $1) * i / 12)) $(($2 + ($4 - $2) * i / 12)) sleep 0.02
  done
}

drag_points() {
  hold "$@"
  xdotool sleep 0.1 mouseup 1
  [ -n "$5" ] && xdotool keyup "$5"
  xdotool sleep 0.1
}

# brightness X Y WIDTH HEIGHT: mean red, green and blue (0 to 255) of what is on the screen there. Xvfb keeps its pixels in a
# file (XWD: header, colours, rows of blue, green, red, nothing).
brightness() {
  screen=$WORK/Xvfb_screen0
  set -- $(($1)) $(($2)) $(($3)) $(($4)) $(od -An -v -tu1 -N100 "$screen" | awk '{ for (i = 1; i <= NF; i++) b[n++] = $i }
    function word(k) { return ((b[4 * k] * 256 + b[4 * k + 1]) * 256 + b[4 * k + 2]) * 256 + b[4 * k + 3] }
    END { print word(0) + 12 * word(19), word(12) }')
  y=$2
  while [ $y -lt $(($2 + $4)) ]; do
    od -An -v -tu1 -w4 -j$(($5 + y * $6 + 4 * $1)) -N$((4 * $3)) "$screen"
    y=$((y + 1))
  done | awk '{ b += $1; g += $2; r += $3 } END { printf "%.1f %.1f %.1f\n", r / NR, g / NR, b / NR }'
}

# shift_of BEFORE AFTER: the largest change of red, green or blue between two of these
shift_of() {
  echo "$1 $2" | awk '{ for (i = 1; i <= 3; i++) { d = $i - $(i + 3); if (d < 0) d = -d; if (d > m) m = d } print int(m) }'
}

# on_screen: how many surfaces of all programs are visible: windows, menus, tooltips, what is dragged
on_screen() { xdotool search --maxdepth 1 --onlyvisible --name "" 2>/dev/null | wc -l; }

# box NAME: left, top, width, height of a control
box() {
  report
  awk -v n="$1" '$1 == "widget" && $2 == n { print int($3), int($4), int($5), int($6); exit }' "$WORK/report"
}

# slide NAME FROM TO: drags a slider's handle, which stands at FROM percent of its length, to TO percent; ends lie at -10 and 110
slide() {
  await_place "$1"
  set -- "$2" "$3" $(box "$1")
  drag_points $(($3 + 10 + ($5 - 20) * $1 / 100)) $(($4 + $6 - 11)) $(($3 + 10 + ($5 - 20) * $2 / 100)) $(($4 + $6 - 11))
}

same() { [ "$1" = "$2" ] || fail "$3: '$1' and '$2' differ"; }
other() { [ "$1" != "$2" ] || fail "$3: both are '$1'"; }

# model SEED [MIB]: path of a model with random weights, always the same for one seed; MIB longer than it need be
model() {
  [ -f "$WORK/model-$1.safetensors" ] || "$TOOLS/make-model" small-64 "$1" "$WORK/model-$1.safetensors" $2 || fail "no model"
  echo "$WORK/model-$1.safetensors"
}

# offer FILE...: another program has these files on the clipboard, and in a window beside the editor's to be dragged
offer() {
  [ -n "$HELPER" ] && kill "$HELPER" && wait "$HELPER" 2>/dev/null
  "$TOOLS/offer-files" offered-files "$@" >"$WORK/offer" 2>>"$WORK/log" &
  HELPER=$!
  wait_for "the program that offers files" grep ready "$WORK/offer"
  wait_for "its window" eval 'offered=$(xdotool search --onlyvisible --name offered-files | head -1) && [ -n "$offered" ]'
  xdotool windowmove "$offered" ${SCREEN_WIDTH:-1280} 0
  xdotool windowfocus "$WINDOW" # without a window manager the newest window keeps the keys
}

# drop_files X Y: drags what is offered there; the screen must be wider than the editor
drop_files() { drag_points $((${SCREEN_WIDTH:-1280} + 50)) 50 "$1" "$2"; }

# sum_of picture|mask FILE: what `state picture` or `state mask` is while the canvas shows it
sum_of() { "$TOOLS/sum-picture" "$1" "$2" || fail "$2 cannot be read"; }

# type_path PATH: into the name field of a file dialog that has just opened, and accepts it
type_path() {
  sleep 1
  xdotool key ctrl+a type --delay 15 "$1"
  xdotool sleep 0.5 key Return
}
