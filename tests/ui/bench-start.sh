#!/bin/sh
# From the start of the program to a window with a face in it, nine times after one that warms the caches; prints milliseconds
# and the memory at that moment. Goal: 1.0 s with the model that comes with the editor on two cores.
# Usage: bench-start.sh EDITOR BUILD_ROOT [MODEL]; without MODEL: the one that comes with the editor
unset SSGAN_UI_REPORT
. "$(dirname "$0")/lib.sh"
unset SSGAN_UI_REPORT
model=${3:-$(dirname "$0")/../../data/models/default.safetensors}

for i in warm 1 2 3 4 5 6 7 8 9; do
  rm -rf "$XDG_STATE_HOME"
  xdotool sleep 0.5
  line=$("$TOOLS/time-start" "$WORK/Xvfb_screen0" "$EDITOR" "$model" 2>>"$WORK/log") || fail "no face"
  [ $i = warm ] || echo "$line" >>"$WORK/starts"
done
sort -n "$WORK/starts" | awk '{ ms[NR] = $1; mib[NR] = $2; if ($2 > most) most = $2 }
  END { printf "%-28s %6s %8s %8s\n%-28s %6d %8d %8d\n%-28s %6d\n", "", "n", "p50", "longest", "start to a face, ms", NR,
    ms[int((NR + 1) / 2)], ms[NR], "resident memory then, MiB", most }'
