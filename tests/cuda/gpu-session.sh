#!/bin/bash
# Everything worth doing in ten minutes on a machine with a GPU, from a bundle of make-bundle.sh. Needs no compiler, no
# network, no Python. A step that fails or hangs does not stop the next. At the end results.tar.gz holds every log.
#
# Usage: ./gpu-session.sh [RESULTS_FOLDER]
#   SSGAN_SESSION_SECONDS   how long all of it may take (570)
#   SSGAN_MODULE_PATH       folder of the plug-in (modules)
#   SSGAN_SESSION_DEVICE    cuda, cuda:1 ... (cuda)
here=$(cd "$(dirname "$0")" && pwd)
results=${1:-$here/results}
mkdir -p "$results" && results=$(cd "$results" && pwd) || exit 2
started=$SECONDS
total=${SSGAN_SESSION_SECONDS:-570}
device=${SSGAN_SESSION_DEVICE:-cuda}
export SSGAN_MODULE_PATH=${SSGAN_MODULE_PATH:-$here/modules}
export SSGAN_GOLDENS=$here/goldens
bin=$here/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
summary=$results/summary.txt
: >"$summary"

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
  local from=$SECONDS status
  timeout -k 5 "$limit" "$@" >"$results/$name.txt" 2>&1
  status=$?
  local word="failed ($status)"
  [ $status -eq 0 ] && word=passed
  [ $status -eq 77 ] && word=skipped
  [ $status -ge 124 ] && [ $status -le 137 ] && [ $((SECONDS - from)) -ge "$limit" ] && word="stopped after $limit s"
  say "$(printf '%-24s %-20s %4d s   %s' "$name" "$word" $((SECONDS - from)) "$(tail -n 1 "$results/$name.txt" | cut -c1-100)")"
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
# CUDA's libraries: known to the loader, in toolkits, or inside Python packages.
cuda_path=
for name in $(sed -n 's/^needs: //p' "$here/INFO"); do
  [ -e "$used/$name" ] && continue
  echo "$known" | grep -q "^[[:space:]]*$name " && continue
  found=$(ls -d /usr/local/cuda*/lib64/"$name" /usr/local/cuda*/targets/*/lib/"$name" /opt/cuda*/lib64/"$name" \
    /usr/lib/*-linux-gnu/"$name" 2>/dev/null | tail -n 1)
  [ -n "$found" ] || found=$(timeout 20 find / -xdev -name "$name" -not -path '/proc/*' 2>/dev/null | head -n 1)
  if [ -n "$found" ]; then
    cuda_path=$cuda_path:$(dirname "$found")
  else
    say "missing here: $name"
  fi
done
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

can() { # PROGRAM COMMAND: whether ssgan-trainer has it
  "$bin/ssgan-trainer" --help 2>/dev/null | grep -q "^  $1 "
}

say "session of $(date -u +%Y-%m-%dT%H:%M:%SZ), $(sed -n 's/^commit: //p' "$here/INFO")"
step 01-machine 20 bash -c "$(declare -f machine); here='$here'; machine"
step 02-plugin 30 "$bin/test-plugin" "$SSGAN_MODULE_PATH/ssgan-cuda.so"
step 03-devices 30 "$bin/test-devices" present "$SSGAN_MODULE_PATH"
step 04-ops 120 "$bin/test-gpu"
step 05-goldens-inference 60 env SSGAN_TEST_DEVICE="$device" "$bin/test-inference-goldens"
step 06-goldens-training 90 env SSGAN_TEST_DEVICE="$device" "$bin/test-training-goldens"
step 07-bench-batch-1 50 "$bin/bench-gpu" "$device" 1
step 08-bench-batch-8 60 "$bin/bench-gpu" "$device" 8
can bench && step 09-bench 60 "$bin/ssgan-trainer" bench --device "$device"
if can train; then
  step 10-portraits 40 "$bin/ssgan-trainer" data portraits --out "$work/portraits" --count 400 --size 64 --quiet
  step 11-train-small 50 "$bin/ssgan-trainer" train --preset small-64 --data "$work/portraits" --out "$results/runs" \
    --iterations 60 --batch 16 --snapshot-every 1000 --device "$device"
  step 12-portraits-512 40 "$bin/ssgan-trainer" data portraits --out "$work/portraits-512" --count 64 --size 512 --quiet
  step 13-train-512 90 "$bin/ssgan-trainer" train --preset public-512 --data "$work/portraits-512" --out "$results/runs" \
    --iterations 20 --batch 8 --snapshot-every 1000 --grid-every 0 --device "$device"
fi
if command -v compute-sanitizer >/dev/null; then
  step 14-memcheck 100 compute-sanitizer --error-exitcode 9 "$bin/test-gpu" short
  step 15-racecheck 60 compute-sanitizer --tool racecheck --error-exitcode 9 "$bin/bench-gpu" "$device" 1 16
  step 16-initcheck 60 compute-sanitizer --tool initcheck --error-exitcode 9 "$bin/bench-gpu" "$device" 1 16
fi
if command -v nsys >/dev/null; then
  step 17-nsys 50 nsys profile --force-overwrite true --output "$results/profile" --stats true "$bin/bench-gpu" "$device" 1
fi
if command -v ncu >/dev/null; then
  step 18-ncu 60 ncu --launch-count 60 --launch-skip 400 "$bin/bench-gpu" "$device" 1
fi
find "$results" -name '*.safetensors' -size +1M -delete # snapshots are large, and tell nothing
say "$((SECONDS - started)) s in all"
tar -C "$(dirname "$results")" -czf "$results.tar.gz" "$(basename "$results")" && echo "$results.tar.gz"
! grep -q 'failed\|stopped' "$summary"
