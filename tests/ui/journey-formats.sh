#!/bin/sh
# Every kind of export, through the dialog: what was written is a file of that kind, with the depth, shape and type that it should
# have, and pictures say that they are synthetic.
. "$(dirname "$0")/lib.sh"

start "$(model 1)"
edit_hair

# export_kind N FILE: the Nth entry of the list
export_kind() {
  keys=
  for i in $(seq 2 "$1"); do
    keys="$keys Down"
  done
  export_kinds
  xdotool key Home $keys sleep 0.2 key Return sleep 0.3
  click button.Export…
  type_path "$2"
  await dialog ""
  wait_for "$2" test -s "$2"
}
# png FILE DEPTH COLOUR-TYPE (0 grey, 2 RGB, 3 palette)
png() {
  [ "$(od -An -tx1 -N8 "$1" | tr -d ' ')" = 89504e470d0a1a0a ] || fail "$1 is no PNG"
  same "$(od -An -tu1 -j24 -N2 "$1" | xargs)" "$2 $3" "bits and colour type of $1"
  grep -aq trainedAlgorithmicMedia "$1" || fail "$1 does not say that it is synthetic"
}
# npy FILE SHAPE
npy() {
  head -c 128 "$1" | grep -aq NUMPY || fail "$1 is no NumPy file"
  head -c 128 "$1" | grep -aq "'<f4'" || fail "$1 is not float32"
  head -c 128 "$1" | grep -aq "'shape': $2" || fail "$1 has another shape: $(head -c 128 "$1" | tr -d '\0' | tail -c 118)"
}

mkdir "$WORK/out"
n=0
for kind in picture:2 mask:3 overlay:2 depth:2 depth16:0 depths.npy weights.npy grid:2 all.safetensors latent.npy sheet:2; do
  n=$((n + 1))
  name=${kind%:*}
  case $kind in
  *:*)
    export_kind $n "$WORK/out/$name.png"
    png "$WORK/out/$name.png" $([ $name = depth16 ] && echo 16 || echo 8) ${kind#*:}
    ;;
  *) export_kind $n "$WORK/out/$name" ;;
  esac
done
npy "$WORK/out/depths.npy" "(13, 32, 32)"
npy "$WORK/out/weights.npy" "(13, 32, 32)"
npy "$WORK/out/latent.npy" "(1, "
for tensor in rgb seg depth weight coarse mask codes; do
  head -c 8192 "$WORK/out/all.safetensors" | grep -aq "\"$tensor\"" || fail "no $tensor among all numbers"
done
same "$(sum_of picture "$WORK/out/picture.png")" "$(state picture)" "the exported picture and the one on the screen"
same "$(sum_of mask "$WORK/out/mask.png")" "$(state mask)" "the exported mask and the one on the screen"

# An interpolation as frames: a folder of as many pictures as were asked for.
export_kind 12 "$WORK/out/walk"
wait_for "48 frames" eval '[ "$(ls "$WORK"/out/walk/*.png | wc -l)" -ge 48 ]'
for frame in "$WORK"/out/walk/*.png; do
  png "$frame" 8 2
done
echo "ok: $(ls "$WORK/out" | wc -l) exports"
