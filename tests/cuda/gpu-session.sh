#!/bin/bash
# Everything worth doing in ten minutes on a machine with a GPU, from a bundle of make-bundle.sh. Needs no compiler, no
# network, no Python. A step that fails or hangs does not stop the next; without a usable GPU every step that needs one is
# skipped, with the reason. What is worth most comes first.
#
# Usage: ./gpu-session.sh [OUT]      OUT (results) gets summary.txt, and all logs and figures as results.tar.gz: in at most
#                                    six pieces of 15 MiB where it is larger (cat results.tar.gz.* | tar xz)
#   SSGAN_SESSION_SECONDS   how long all of it may take (570)
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

say() {
  echo "$*" | tee -a "$summary"
}

# step NAME LIMIT COMMAND...   runs it for at most LIMIT seconds and what is left of the whole; NAME.txt holds the output.
step() {
  local name=$1 limit=$2 left=$((total - (SECONDS - started)))
  shift 2
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
  timeout -k 5 "$limit" "$@" >"$results/$name.txt" 2>&1 </dev/null
  status=$?
  local word="failed ($status)"
  [ $status -eq 0 ] && word=passed
  [ $status -eq 77 ] && word=skipped
  [ $status -ge 124 ] && [ $status -le 137 ] && [ $((SECONDS - from)) -ge "$limit" ] && word="stopped after $limit s"
  say "$(printf '%-24s %-20s %4d s   %s' "$name" "$word" $((SECONDS - from)) "$(tail -n 1 "$results/$name.txt" | cut -c1-100)")"
}

# The same for what needs a GPU.
gpu_step() {
  if [ -n "$why_not" ]; then
    say "$(printf '%-24s skipped: %s' "$1" "$why_not")"
  else
    step "$@"
  fi
}

# tool_step TOOL NAME LIMIT COMMAND...   for what also needs a tool
tool_step() {
  local tool=$1
  shift
  if [ -z "$why_not" ] && ! command -v "$tool" >/dev/null; then
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
# NCCL is asked for only by trainings on several GPUs; one process alone tries it too (04-ops).
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
step 01-machine 30 bash -c "$(declare -f machine); here='$here'; machine"
step 02-devices 30 "$bin/test-devices" present "$SSGAN_MODULE_PATH"
why_not=$(reason)
gpu_step 03-plugin 30 "$bin/test-plugin" "$SSGAN_MODULE_PATH/ssgan-cuda.so"
gpu_step 04-ops 100 "$bin/test-gpu"
gpu_step 05-goldens-inference 45 env SSGAN_TEST_DEVICE="$device" "$bin/test-inference-goldens"
gpu_step 06-goldens-training 60 env SSGAN_TEST_DEVICE="$device" "$bin/test-training-goldens"
gpu_step 07-sessions 30 env SSGAN_TEST_DEVICE="$device" "$bin/test-session" -p /engine/session/edit -p /engine/session/hidden-part \
  -p /engine/session/launches -p /engine/session/recordings -p /engine/session/narrow-maps
gpu_step 08-bench-f32 45 "$bin/ssgan-trainer" bench --device "$device" --runs 50 --json "$results/bench-f32.json"
gpu_step 09-bench-tf32 45 "$bin/ssgan-trainer" bench --device "$device" --runs 50 --precision tf32 --json "$results/bench-tf32.json"
gpu_step 09-bench-f16 45 "$bin/ssgan-trainer" bench --device "$device" --runs 50 --precision f16 --json "$results/bench-f16.json"
gpu_step 10-train-bench-f32 80 "$bin/ssgan-trainer" bench --train --arch public-512 --batch 8 --runs 16 --device "$device" \
  --json "$results/bench-train-f32.json"
gpu_step 11-train-bench-tf32 60 "$bin/ssgan-trainer" bench --train --arch public-512 --batch 16 --runs 16 --device "$device" \
  --precision tf32 --json "$results/bench-train-tf32.json"
gpu_step 12-bench-ops 50 "$bin/bench-gpu" "$device" 1
tool_step compute-sanitizer 13-memcheck 90 compute-sanitizer --error-exitcode 9 "$bin/test-gpu" short
# A training burst on portraits that it draws itself.
gpu_step 14-portraits 30 "$bin/ssgan-trainer" data portraits --out "$work/portraits" --count 2000 --size 64 --quiet
gpu_step 15-train-64 60 "$bin/ssgan-trainer" train --preset small-64 --data "$work/portraits" --out "$work/runs" \
  --iterations 400 --batch 32 --snapshot-every 100000 --device "$device" --precision tf32 --quiet
for run in "$work"/runs/*; do
  [ -d "$run" ] && mkdir -p "$results/runs" && cp -r "$run" "$results/runs/" && rm -f "$results"/runs/*/*.safetensors
done
tool_step compute-sanitizer 16-racecheck 60 compute-sanitizer --tool racecheck --error-exitcode 9 "$bin/bench-gpu" "$device" 1 16
tool_step compute-sanitizer 17-initcheck 60 compute-sanitizer --tool initcheck --error-exitcode 9 "$bin/bench-gpu" "$device" 1 16
tool_step ncu 18-ncu 60 ncu --launch-count 80 --launch-skip 200 "$bin/ssgan-trainer" bench --device "$device" --runs 1
tool_step nsys 19-nsys 50 nsys profile --force-overwrite true --output "$results/profile" --stats true \
  "$bin/ssgan-trainer" bench --device "$device" --runs 5
gpu_step 20-bench-ops-batch-8 60 "$bin/bench-gpu" "$device" 8
say "$((SECONDS - started)) s in all"

cp "$summary" "$results/"
rm -f "$out"/results.tar.gz "$out"/results.tar.gz.*
tar -C "$work" -czf "$work/results.tar.gz" ssgan-results
if [ "$(stat -c %s "$work/results.tar.gz")" -le $((15 << 20)) ]; then
  mv "$work/results.tar.gz" "$out/"
else
  find "$results" -type f -size +20M -delete # a profile of that size can be made again
  tar -C "$work" -czf "$work/results.tar.gz" ssgan-results
  split -b 15m "$work/results.tar.gz" "$out/results.tar.gz."
fi
ls -l "$out"
! grep -q ' failed\| stopped' "$summary"
