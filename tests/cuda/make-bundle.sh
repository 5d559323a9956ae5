#!/bin/sh
# Packs what a GPU machine needs to test and measure this build without compilers or packages: programs, plug-in, tests,
# goldens, and the shared libraries that a bare machine lacks. There: unpack, then ./gpu-session.sh
#
# Usage: make-bundle.sh BUILD OUT.tar.gz [--with-cuda-libraries]
#   --with-cuda-libraries   also cuBLAS, cuDNN and the CUDA runtime (some 1.2 GB); without, they are looked for there
set -eu
[ $# -ge 2 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
build=$(cd "$1" && pwd)
out=$2
with_cuda=${3:-}
[ -f "$build/kernels/cuda/ssgan-cuda.so" ] || { echo "make-bundle: $build holds no kernels/cuda/ssgan-cuda.so" >&2; exit 2; }

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
bundle=$stage/ssgan-gpu
mkdir -p "$bundle/bin" "$bundle/modules" "$bundle/lib"

for program in trainer/ssgan-trainer tests/cuda/test-plugin tests/cuda/test-devices tests/cuda/test-gpu \
  tests/kernels/bench-kernels tests/cuda/pretend/test-mixed tests/engine/test-inference-goldens tests/engine/test-training-goldens \
  tests/engine/test-session; do
  if [ -x "$build/$program" ]; then
    cp "$build/$program" "$bundle/bin/"
  else
    echo "make-bundle: without $program, which is not built"
  fi
done
cp "$build/kernels/cuda/ssgan-cuda.so" "$bundle/modules/"
cp -r "$source/tests/goldens" "$bundle/goldens"
cp "$here/gpu-session.sh" "$bundle/"

# Shared libraries, but for those that belong to the system's C library.
cuda_libraries='libcu(dart|blas|blasLt|dnn[a-z_]*)\.so'
ldd "$bundle"/bin/* "$bundle"/modules/* | awk '$2 == "=>" && $3 ~ /^\// {print $3}' | sort -u |
  grep -Ev '/(ld-linux[^/]*|lib(c|m|dl|rt|pthread|resolv|util))\.so' | while read -r library; do
  if echo "$library" | grep -Eq "$cuda_libraries"; then
    [ "$with_cuda" = --with-cuda-libraries ] || continue
    # cuDNN loads its parts by name, which ldd does not see.
    case $library in
    *libcudnn*) cp -L "$(dirname "$library")"/libcudnn*.so.[0-9]* "$bundle/lib/" ;;
    esac
  fi
  cp -L "$library" "$bundle/lib/"
done

# The newest symbol version of the C library that anything here asks for.
glibc=$(objdump -T "$bundle"/bin/* "$bundle"/modules/* "$bundle"/lib/* 2>/dev/null | grep -o 'GLIBC_2\.[0-9]*' | sort -t. -k2 -n -u | tail -1)
{
  echo "commit: $(git -C "$source" rev-parse HEAD 2>/dev/null || echo unknown)$(git -C "$source" diff --quiet HEAD 2>/dev/null || echo ' (with changes)')"
  echo "glibc: ${glibc#GLIBC_}"
  echo "needs: $(ldd "$bundle"/modules/ssgan-cuda.so | awk '{print $1}' | grep -E "$cuda_libraries" | sort -u | tr '\n' ' ')"
} >"$bundle/INFO"
tar -C "$stage" -czf "$out" ssgan-gpu
cat "$bundle/INFO"
echo "$out: $(du -h "$out" | cut -f1)"
