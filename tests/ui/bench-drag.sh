#!/bin/sh
# A slider of the hair is dragged to and fro for ten seconds by a real pointer. Prints what it took, as a table:
# milliseconds from a request to its first and to its complete picture, and what the main loop computed between two waits.
# Usage: bench-drag.sh EDITOR BUILD_ROOT [MODEL]; without MODEL: random weights of medium-256.
. "$(dirname "$0")/lib.sh"

if [ -n "$3" ]; then start "$3"; else start --random-model medium-256; fi
await page editor
await position 0
click strip.hair
await_place part.direction-0
sleep 2
set -- $(place part.direction-0)
xdotool mousemove "$1" "$2" sleep 0.2 mousedown 1
report
end=$(($(date +%s) + 10))
i=0
while [ "$(date +%s)" -lt $end ]; do
  i=$((i + 1))
  d=$((i % 120))
  [ $d -gt 60 ] && d=$((120 - d))
  xdotool mousemove $(($1 + d)) "$2" sleep 0.012
done
xdotool mouseup 1 sleep 1
report
printf '%-28s %6s %8s %8s %8s\n' '' n p50 p95 p99
awk '$1 == "state" && $2 == "first" { printf "%-28s %6d %8.1f %8.1f\n", "first picture, ms", $4, $6, $8 }
  $1 == "state" && $2 == "full" { printf "%-28s %6d %8.1f %8.1f\n", "complete picture, ms", $4, $6, $8 }
  $1 == "state" && $2 == "loop" { printf "%-28s %6d %8.2f %8.2f %8.2f  (longest %s)\n", "main loop, ms of CPU", $4, $6, $8, $10, $12 }' "$WORK/report"
awk '/VmRSS/ { printf "%-28s %6d\n", "resident memory, MiB", $2 / 1024 }' /proc/$PID/status
