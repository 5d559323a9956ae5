#!/bin/sh
# mpirun with a folder of its own for Open MPI's sessions: runs side by side make and remove one that they share, and fail now
# and then. Usage: mpirun.sh MPIRUN ARGUMENTS...
folder=$(mktemp -d)
OMPI_MCA_orte_tmpdir_base=$folder "$@"
status=$?
rm -rf "$folder"
exit $status
