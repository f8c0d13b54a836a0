# shellcheck shell=bash
# As nixpkgs' makeBinaryWrapper, for the options that we give it.
makeWrapper() {
  local program=$1 wrapper=$2
  [ "$3 $5 $6 $7" = "--add-flags --suffix PATH :" ] || exit 1
  printf '#!/bin/bash\nexport PATH="$PATH:%s"\nexec "%s" "%s" "$@"\n' "$8" "$program" "$4" >"$wrapper"
  chmod +x "$wrapper"
}
