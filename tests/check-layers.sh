#!/bin/sh
# Fails when an include points up: kernels < engine < trainer, engine < app < ui. app/main.c composes app and ui.
# Usage: check-layers.sh SOURCE_ROOT
cd "$1" || exit 2
status=0
check() { # LAYER FORBIDDEN_REGEX WHY
  for f in $(find "$1" -name '*.c' -o -name '*.h' -o -name '*.cu' -o -name '*.cuh'); do
    [ "$f" = app/main.c ] && continue
    if grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($2)" "$f"; then
      echo "$f: $3"
      status=1
    fi
  done
}
check kernels '(engine|trainer|app|ui)/|glib|gio|gtk|adwaita|json-glib' 'kernels/ may include neither GLib nor a layer above'
check engine '(trainer|app|ui)/|gtk|adwaita' 'engine/ may include neither GTK nor a layer above'
check trainer '(app|ui)/|gtk|adwaita' 'trainer/ may include neither GTK nor the editor'
[ -d app ] && check app '(trainer|ui)/|gtk|adwaita' 'app/ may include neither GTK nor widgets'
[ -d ui ] && check ui 'trainer/' 'ui/ may not include the trainer'
exit $status
