#!/bin/sh
# What `bench` says of a GPU: every stage with its share of the measured peaks, launches, and the same as JSON. Usage: bench.sh TRAINER
set -eu
trainer=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$trainer" bench --quiet --arch small-32 --runs 1 --device cuda --precision f16 --json "$folder/bench.json" >"$folder/table.txt"
cat "$folder/table.txt"
number='[0-9.][0-9.]*'
grep -q "^small-32 in f16 on pretended GPU, 4 GiB" "$folder/table.txt"
for stage in 'local generators' fusion 'render net to 32'; do
  grep -q "^  $stage  *$number  *$number  *$number %  *$number  *$number %$" "$folder/table.txt"
done
grep -q "measured peaks: $number GFLOP/s of a large matrix product in f16, $number GB/s of a large copy" "$folder/table.txt"
grep -q "launches  *[1-9][0-9]* for a whole render, [1-9][0-9]* for the edit of a part" "$folder/table.txt"
for member in local fuse level_32; do
  tr -d ' \n' <"$folder/bench.json" | sed 's/.*"stage_rates"//' | grep -q "\"$member\":{\"gflops\":$number"
done
for member in matrix_rate_gflops bandwidth_gbs launches; do
  grep -q "\"$member\" : [0-9.]*[1-9]" "$folder/bench.json"
done
