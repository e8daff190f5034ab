#!/bin/sh
# Install what is missing of the system packages that set-up needs (Debian and its kin).
# Usage: system_packages.sh PYTHON [venv|tests]. Installs nothing where nothing is missing. Where it cannot
# install, it says what is missing and goes on: the tests that need it are skipped with the reason.
set -eu

python=$1
goal=$2
missing=

want() {
    missing="$missing $1"
}

"$python" -c 'import ensurepip' 2>/dev/null || want python3-venv

if [ "$goal" = tests ]; then
    [ -x /usr/sbin/pcscd ] || command -v pcscd >/dev/null || want pcscd
    [ -e /usr/lib/pcsc/drivers/serial/libifdvpcd.so ] || want vsmartcard-vpcd
    # pyscard has no wheel for Linux: pip compiles it.
    [ -e /usr/include/PCSC/winscard.h ] || want libpcsclite-dev
    command -v swig >/dev/null || want swig
    command -v gcc >/dev/null || want gcc
    [ -e /usr/include/stdlib.h ] || want libc6-dev
    "$python" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' || want python3-dev
fi

[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null; then
    as_root=sudo
else
    echo "missing system packages:$missing (neither root nor sudo: not installed)" >&2
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "missing system packages (their Debian names):$missing (no apt-get: not installed)" >&2
    exit 0
fi

echo "installing system packages:$missing"
# shellcheck disable=SC2086
if ! { $as_root apt-get update -qq &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null; }
then
    echo "could not install:$missing" >&2
fi
