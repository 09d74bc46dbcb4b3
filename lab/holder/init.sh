#!/usr/bin/env bash
# Process 1 of the lab's PID namespace: runs the holder, reaps what dead nodes leave, and ends with the holder. The kernel then
# ends every process of the lab and takes its namespaces and mounts away.
#   init.sh PROGRAM ARGUMENT...   descriptors above 2 go to the program
set -Eeuo pipefail
"$@" &
wait "$!"
