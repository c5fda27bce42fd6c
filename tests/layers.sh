#!/usr/bin/env bash
# Every #include "folder/..." in src/FOLDER must be FOLDER itself or stand in FOLDER's line of src/layers.txt, and a line may
# name only folders that stand above it in the file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

awk '
  FILENAME == "src/layers.txt" {
    if ($0 !~ /^[a-z]+:/) next
    layer = $1; sub(/:$/, "", layer)
    for (i = 2; i <= NF; ++i) {
      if (!($i in known)) { print "src/layers.txt: " layer " names " $i ", which does not stand below it"; bad = 1 }
      allowed[layer, $i] = 1
    }
    known[layer] = 1
    next
  }
  match($0, /^#include "[a-z]+\//) {
    split(FILENAME, part, "/")
    target = substr($0, 11, RLENGTH - 11)
    if (!(target in known) || (target != part[2] && !((part[2], target) in allowed))) {
      print FILENAME ":" FNR ": " part[2] " may not include " target; bad = 1
    }
    ++checked
  }
  END {
    if (bad) exit 1
    print checked " includes keep to the layers"
  }
' src/layers.txt $(git ls-files --cached --others --exclude-standard 'src/*.cc' 'src/*.h')
