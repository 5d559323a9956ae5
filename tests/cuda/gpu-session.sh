#!/bin/bash
# Everything worth doing on a machine with a GPU, from a bundle of make-bundle.sh. Needs no compiler, no network, no Python. A
# step that fails or hangs does not stop the next; without a usable GPU every step that needs one is skipped, with the reason.
# What is worth most comes first, and results are packed after every step, so that whoever ends the session early keeps them.
#
# Usage: ./gpu-session.sh [OUT]      OUT (results) gets summary.txt, and all logs and figures as results.tar.gz: at the end in at
#                                    most six pieces of 15 MiB where it is larger (cat results.tar.gz.* | tar xz)
#   SSGAN_SESSION_SECONDS   how long all of it may take (570)
#   SSGAN_SESSION_ONLY      regular expression: only steps whose names match, and those that look at the machine. Three sessions of
#                           ten minutes: '^[01]' is it right and how fast, '^2' what it learns, '^3' tools and profiles
#   SSGAN_MODULE_PATH       folder of the plug-in (modules)
#   SSGAN_SESSION_DEVICE    cuda, cuda:1 ... (cuda)
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/results}
mkdir -p "$out" && out=$(cd "$out" && pwd) || exit 2
started=$SECONDS
total=${SSGAN_SESSION_SECONDS:-570}
device=${SSGAN_SESSION_DEVICE:-cuda}
export SSGAN_MODULE_PATH=${SSGAN_MODULE_PATH:-$here/modules}
export SSGAN_GOLDENS=$here/goldens
bin=$here/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
results=$work/ssgan-results
mkdir "$results"
summary=$out/summary.txt
: >"$summary"
why_not= # no GPU: the reason
only=${SSGAN_SESSION_ONLY:-.}

# What there is so far, without what is too large to be packed every time.
pack() {
  tar -C "$work" -czf "$out/results.tar.gz.new" "$@" ssgan-results && mv "$out/results.tar.gz.new" "$out/results.tar.gz"
}

say() {
  echo "$*" | tee -a "$summary"
  cp "$summary" "$results/"
  pack --exclude='*.nsys-rep' --exclude='*.sqlite'
}

# step NAME LIMIT COMMAND...   runs it for at most LIMIT seconds and what is left of the whole; NAME.txt holds the output.
step() {
  local name=$1 limit=$2 left=$((total - (SECONDS - started)))
  shift 2
  echo "$name" | grep -Eq "^00|$only" || return
  [ "$left" -lt "$limit" ] && limit=$left
  if [ "$limit" -lt 3 ]; then
    say "$(printf '%-24s not run: no time left' "$name")"
    return
  fi
  if [ ! -x "$1" ] && ! command -v "$1" >/dev/null; then
    say "$(printf '%-24s skipped: this bundle has no %s' "$name" "$(basename "$1")")"
    return
  fi
  local from=$SECONDS status
  timeout -k 5 "$limit" "$@" >"$out/running.txt" 2>&1 </dev/null # in OUT, should the session end here
  status=$?
  mv "$out/running.txt" "$results/$name.txt"
  local word="failed ($status)"
  [ $status -eq 0 ] && word=passed
  [ $status -eq 77 ] && word=skipped
  [ $status -ge 124 ] && [ $status -le 137 ] && [ $((SECONDS - from)) -ge "$limit" ] && word="stopped after $limit s"
  for run in "$work"/runs/*; do # logs, figures and sheets, not the weights
    [ -d "$run" ] && mkdir -p "$results/runs" && cp -r "$run" "$results/runs/" && rm -f "$results"/runs/*/*.safetensors
  done
  say "$(printf '%-24s %-20s %4d s   %s' "$name" "$word" $((SECONDS - from)) "$(tail -n 1 "$results/$name.txt" | cut -c1-100)")"
}

# The same for what needs a GPU.
gpu_step() {
  if [ -n "$why_not" ] && echo "$1" | grep -Eq "$only"; then
    say "$(printf '%-24s skipped: %s' "$1" "$why_not")"
  elif [ -z "$why_not" ]; then
    step "$@"
  fi
}

# tool_step TOOL NAME LIMIT COMMAND...   for what also needs a tool
tool_step() {
  local tool=$1
  shift
  if [ -z "$why_not" ] && ! command -v "$tool" >/dev/null && echo "$1" | grep -Eq "$only"; then
    say "$(printf '%-24s skipped: this machine has no %s' "$1" "$tool")"
  else
    gpu_step "$@"
  fi
}

# ---- libraries: the system's own where it has them, the bundle's where not ----
used=$work/lib
mkdir -p "$used"
known=$(ldconfig -p 2>/dev/null)
for library in "$here"/lib/*; do
  [ -e "$library" ] || continue
  name=$(basename "$library")
  echo "$known" | grep -q "^[[:space:]]*$name " || ln -s "$library" "$used/$name"
done
search() {
  timeout 20 find / \( -path /proc -o -path /sys \) -prune -o -name "$1" -print 2>/dev/null | head -n 1
}
# CUDA's libraries: known to the loader, in toolkits, or inside Python packages.
cuda_path=
for name in $(sed -n 's/^needs: //p' "$here/INFO"); do
  [ -e "$used/$name" ] && continue
  echo "$known" | grep -q "^[[:space:]]*$name " && continue
  found=$(ls -d /usr/local/cuda*/lib64/"$name" /usr/local/cuda*/targets/*/lib/"$name" /opt/cuda*/lib64/"$name" \
    /usr/lib/*-linux-gnu/"$name" 2>/dev/null | tail -n 1)
  [ -n "$found" ] || found=$(search "$name")
  if [ -n "$found" ]; then
    cuda_path=$cuda_path:$(dirname "$found")
  else
    say "missing here: $name"
  fi
done
# NCCL is asked for only by trainings on several GPUs; one process alone tries it too (03-ops).
if [ -z "${SSGAN_NCCL:-}" ] && ! echo "$known" | grep -q 'libnccl.so.2 '; then
  SSGAN_NCCL=$(search libnccl.so.2)
  [ -n "$SSGAN_NCCL" ] && export SSGAN_NCCL || unset SSGAN_NCCL
fi
export LD_LIBRARY_PATH=$used$cuda_path${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

machine() {
  date
  cat "$here/INFO"
  uname -a
  ldd --version 2>&1 | head -n 1
  nproc
  free -g 2>/dev/null
  echo "LD_LIBRARY_PATH=$LD_LIBRARY_PATH"
  ldd "$here/bin/test-gpu" "$SSGAN_MODULE_PATH/ssgan-cuda.so"
  nvidia-smi || echo 'no nvidia-smi'
  for tool in compute-sanitizer nsys ncu nvcc; do command -v $tool || echo "no $tool"; done
  local have need
  have=$(ldd --version 2>&1 | head -n 1 | grep -o '[0-9]*\.[0-9]*$')
  need=$(sed -n 's/^glibc: //p' "$here/INFO")
  if [ "$(printf '%s\n%s\n' "$have" "$need" | sort -V | head -n 1)" != "$need" ]; then
    echo "this machine's C library is $have, the programs need $need: build the bundle on an older system"
    return 1
  fi
  ldd "$here"/bin/* "$SSGAN_MODULE_PATH/ssgan-cuda.so" | grep 'not found' && return 1
  echo 'libraries are complete'
}

# The reason why no GPU can be used, as the programs put it; nothing when one can.
reason() {
  "$bin/test-devices" present "$SSGAN_MODULE_PATH" 2>&1 | sed -n 's/^cuda *not usable *//p' | head -n 1
}

say "session of $(date -u +%Y-%m-%dT%H:%M:%SZ), $(sed -n 's/^commit: //p' "$here/INFO")"
step 00-machine 30 bash -c "$(declare -f machine); here='$here'; machine"
step 00-devices 30 "$bin/test-devices" present "$SSGAN_MODULE_PATH"
why_not=$(reason)
train=(--data "$work/portraits" --out "$work/runs" --device "$device" --snapshot-every 100000 --keep 1 --stats-every 10 --quiet)
# ---- is it right? ----
gpu_step 01-plugin 30 "$bin/test-plugin" "$SSGAN_MODULE_PATH/ssgan-cuda.so"
gpu_step 02-ops-short 40 "$bin/test-gpu" short
gpu_step 03-ops 100 "$bin/test-gpu"
gpu_step 04-goldens-inference 45 env SSGAN_TEST_DEVICE="$device" "$bin/test-inference-goldens"
gpu_step 05-goldens-training 60 env SSGAN_TEST_DEVICE="$device" "$bin/test-training-goldens"
gpu_step 06-mixed 40 "$bin/test-mixed" "$here/goldens"
gpu_step 07-sessions 40 env SSGAN_TEST_DEVICE="$device" "$bin/test-session" -p /engine/session/edit -p /engine/session/hidden-part \
  -p /engine/session/launches -p /engine/session/recordings -p /engine/session/narrow-maps -p /engine/session/stage-times
# ---- how fast? ----
for precision in f32 f16 tf32 bf16; do
  gpu_step "10-bench-$precision" 45 "$bin/ssgan-trainer" bench --quiet --device "$device" --runs 50 --precision $precision \
    --json "$results/bench-$precision.json"
done
gpu_step 11-train-bench-f16 60 "$bin/ssgan-trainer" bench --train --arch public-512 --batch 32 --runs 16 --device "$device" \
  --precision f16 --json "$results/bench-train-f16.json"
gpu_step 12-train-bench-tf32 60 "$bin/ssgan-trainer" bench --train --arch public-512 --batch 16 --runs 16 --device "$device" \
  --precision tf32 --json "$results/bench-train-tf32.json"
gpu_step 13-bench-kernels 60 "$bin/bench-kernels" "$device"
gpu_step 14-train-bench-f32 80 "$bin/ssgan-trainer" bench --train --arch public-512 --batch 8 --runs 16 --device "$device" \
  --json "$results/bench-train-f32.json"
tool_step compute-sanitizer 15-memcheck 90 compute-sanitizer --error-exitcode 9 "$bin/test-gpu" short
gpu_step 16-bench-kernels-8 60 "$bin/bench-kernels" "$device" "" 8
# ---- what does it learn? on portraits that it draws itself ----
gpu_step 20-portraits 60 "$bin/ssgan-trainer" data portraits --out "$work/portraits" --count 3000 --size 512 --quiet
gpu_step 21-train-512-f16 120 "$bin/ssgan-trainer" train --preset public-512 "${train[@]}" --name public-512-f16 --batch 16 \
  --iterations 400 --grid-every 100 --precision f16
gpu_step 22-train-256-f16 240 "$bin/ssgan-trainer" train --preset medium-256 "${train[@]}" --name medium-256-f16 --batch 32 \
  --iterations 2000 --grid-every 500 --precision f16
gpu_step 23-train-512-tf32 90 "$bin/ssgan-trainer" train --preset public-512 "${train[@]}" --name public-512-tf32 --batch 16 \
  --iterations 200 --grid-every 100 --precision tf32
# ---- tools and profiles ----
tool_step ncu 30-ncu 120 ncu --clock-control none --launch-count 80 --launch-skip 200 "$bin/ssgan-trainer" bench --quiet --device "$device" --runs 1
tool_step compute-sanitizer 31-racecheck 120 compute-sanitizer --tool racecheck --error-exitcode 9 "$bin/bench-kernels" "$device" "" 1 16
tool_step compute-sanitizer 32-initcheck 120 compute-sanitizer --tool initcheck --error-exitcode 9 "$bin/bench-kernels" "$device" "" 1 16
tool_step nsys 33-nsys 60 nsys profile --force-overwrite true --output "$results/profile" --stats true \
  "$bin/ssgan-trainer" bench --quiet --device "$device" --runs 5
say "$((SECONDS - started)) s in all"

find "$results" -type f -size +20M -delete # a profile of that size can be made again
pack
if [ "$(stat -c %s "$out/results.tar.gz")" -gt $((15 << 20)) ]; then
  split -b 15m "$out/results.tar.gz" "$out/results.tar.gz." && rm "$out/results.tar.gz"
fi
ls -l "$out"
! grep -q ' failed\| stopped' "$summary"
