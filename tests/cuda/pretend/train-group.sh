#!/bin/sh
# Two processes train a tiny model on two pretended GPUs: once with sums by the pretended NCCL, once through the host by
# MPI. Both runs say which, and learn the same, to the bit. Usage: train-group.sh TRAINER GOLDENS MPIRUN
set -eu
trainer=$1 goldens=$2 mpirun=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMPI_MCA_orte_tmpdir_base="$folder" # as in mpirun.sh
cat >"$folder/config.json" <<'END'
{ "architecture": { "n_parts": 5, "style_dim": 16, "n_mapping": 2, "n_layers": 4, "n_base": 1, "n_depth": 2,
  "local_channels": 8, "feature_channels": 8, "coarse_size": 8, "render_size": 4, "size": 16,
  "residual_refine": true, "detach_texture": false, "disc_masks": true, "transparent": [3],
  "render_channels": [8, 8], "disc_channels": [8, 8, 8] },
  "batch": 8, "stats_every": 2, "grid_every": 0, "snapshot_every": 2, "r1_every": 2, "path_every": 2 }
END
train() {
  "$mpirun" --oversubscribe --bind-to none -n 2 "$trainer" train --config "$folder/config.json" --data "$goldens/lmdb-mask-64" \
    --quiet --threads 1 --seed 3 --iterations 1 --device cuda --out "$folder/runs"
}
train
SSGAN_NCCL=/nonexistent/libnccl.so train
cd "$folder/runs"
first=$(echo 00000-*) second=$(echo 00001-*)
grep 'summed by NCCL' "$first/log.txt"
grep 'summed by MPI, through the host: NCCL cannot be loaded' "$second/log.txt"
cmp "$first"/snapshot-0000000008.safetensors "$second"/snapshot-0000000008.safetensors
