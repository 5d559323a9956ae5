#!/bin/sh
# Builds the fuzz targets with clang, libFuzzer and the address and undefined-behaviour sanitizers.
# Usage: build-fuzzers.sh CLANG SOURCE_ROOT OUTPUT_FOLDER TARGET...
# By hand:  tests/fuzz/build-fuzzers.sh clang . /tmp/fuzz checkpoint && /tmp/fuzz/fuzz-checkpoint -max_total_time=600
set -eu
clang=$1 root=$2 out=$3
shift 3
mkdir -p "$out"
packages="glib-2.0 gobject-2.0 gio-2.0 json-glib-1.0 libpng libjpeg"
flags="-std=gnu11 -O1 -g -D_GNU_SOURCE -I$root -fsanitize=address,undefined -fno-sanitize-recover=undefined
  -fno-omit-frame-pointer $(pkg-config --cflags $packages)"
objects=
for name in engine/atomic-file engine/checkpoint engine/checkpoint-source engine/crc32 engine/error engine/host-tensor \
  engine/image engine/image-jpeg engine/image-png engine/map-file engine/npy engine/pickle engine/safetensors \
  engine/safetensors-header engine/zip-archive kernels/op \
  trainer/error trainer/interrupt trainer/lmdb-file; do
  object=$out/$(echo "$name" | tr / -).o
  $clang $flags -fsanitize=fuzzer-no-link -c "$root/$name.c" -o "$object"
  objects="$objects $object"
done
for target in "$@"; do
  $clang $flags -fsanitize=fuzzer "$root/tests/fuzz/fuzz-$target.c" $objects -o "$out/fuzz-$target" \
    $(pkg-config --libs $packages) -lm
done
