#!/bin/sh
# An include points along the request's way and never back: apps -> graph -> stages -> messages.
cd "$(dirname "$0")/.." || exit 1
status=0
check() {  # check FOLDER FORBIDDEN...
  folder=$1; shift
  for up in "$@"; do
    if grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[\"<]$up/" "$folder" --include='*.h' --include='*.cpp'; then
      echo "^ $folder may not include $up/"; status=1
    fi
  done
}
check messages stages graph apps tests bench
check stages graph apps tests bench
check graph apps tests bench
check apps tests bench
exit $status
