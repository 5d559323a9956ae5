#!/bin/sh
# A short run of one fuzz target over a copy of its corpus. Fails on a crash, a sanitizer's report, a leak, more than
# 512 MiB of memory or more than 5 seconds for one input.
# Usage: run-fuzzer.sh PROGRAM CORPUS_FOLDER SECONDS
set -eu
program=$(realpath "$1") corpus=$(realpath "$2") seconds=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/found"
cd "$scratch"
# A critical of GLib's is our misuse of it: a crash.
export G_DEBUG=fatal-criticals
# Every input of the corpus first, as it is, then changed ones.
"$program" -rss_limit_mb=512 -malloc_limit_mb=256 -timeout=5 -max_len=65536 -seed=1 -max_total_time="$seconds" \
  -print_final_stats=1 found "$corpus" 2>log || { tail -60 log; exit 1; }
grep -E 'stat::number_of_executed_units|DONE' log
