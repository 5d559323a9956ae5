#!/bin/sh
# Builds the fuzz targets with clang, libFuzzer and the address and undefined-behaviour sanitizers. Readers, and what they stand on,
# are compiled for that; what else they refer to (networks, devices, the editor's document) comes from the libraries of a build.
# Usage: build-fuzzers.sh CLANG SOURCE_ROOT OUTPUT_FOLDER BUILD_FOLDER TARGET...
# By hand:  tests/fuzz/build-fuzzers.sh clang . /tmp/fuzz build checkpoint && /tmp/fuzz/fuzz-checkpoint -max_total_time=600
set -eu
clang=$1 root=$2 out=$3 build=$4
shift 4
mkdir -p "$out"
packages="glib-2.0 gobject-2.0 gio-2.0 json-glib-1.0 libpng libjpeg"
flags="-std=gnu11 -O1 -g -D_GNU_SOURCE -I$root -I$build -fsanitize=address,undefined -fno-sanitize-recover=undefined
  -fno-omit-frame-pointer $(pkg-config --cflags $packages)"
readers="engine/architecture engine/architecture-file engine/atomic-file engine/checkpoint engine/checkpoint-source engine/crc32
  engine/error engine/host-tensor engine/image engine/image-jpeg engine/image-png engine/json-text engine/map-file engine/model-file
  engine/npy engine/parts engine/pickle engine/safetensors engine/safetensors-header engine/zip-archive kernels/op
  trainer/error trainer/interrupt trainer/lmdb-file trainer/train-config app/project-read app/project-tunings"
mkdir -p "$out/objects"
rm -f "$out/objects/readers.a"
for name in $readers; do
  object=$out/objects/$(echo "$name" | tr / -).o
  $clang $flags -fsanitize=fuzzer-no-link -c "$root/$name.c" -o "$object"
  ar rc "$out/objects/readers.a" "$object"
done
libraries="$build/app/libssgan-app.a $build/engine/libssgan-engine.a $build/kernels/libssgan-kernels.a"
for target in "$@"; do
  $clang $flags -fsanitize=fuzzer "$root/tests/fuzz/fuzz-$target.c" "$out/objects/readers.a" \
    -Wl,--start-group "$out/objects/readers.a" $libraries -Wl,--end-group -o "$out/fuzz-$target" \
    $(pkg-config --libs $packages) -ldnnl -lgomp -ldl -lm
done
