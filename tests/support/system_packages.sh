#!/bin/sh
# Install what is missing of the system packages that set-up needs (Debian and its kin).
# Usage: system_packages.sh PYTHON [venv|tests]. Installs nothing where nothing is missing. Where it cannot
# install, it says what is missing and goes on: the tests that need it are skipped with the reason.
set -eu

python=$1
goal=$2
missing=
opinions=

want() {
    missing="$missing $1"
}

want_opinion() {
    opinions="$opinions $1"
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
    # Programs of others that ours are compared with.
    command -v opensc-tool >/dev/null || want_opinion opensc
    command -v pcsc_scan >/dev/null || want_opinion pcsc-tools
    command -v cvc-create >/dev/null || want_opinion openpace
    [ -e "$(echo /usr/lib/*/libeac.so.3)" ] || want_opinion libeac3
    command -v mrtdreader >/dev/null || want_opinion mrtdreader
fi

[ -n "$missing$opinions" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null; then
    as_root=sudo
else
    echo "missing system packages:$missing$opinions (neither root nor sudo: not installed)" >&2
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "missing system packages (their Debian names):$missing$opinions (no apt-get: not installed)" >&2
    exit 0
fi

install() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

echo "installing system packages:$missing$opinions"
$as_root apt-get update -qq || echo "could not update the list of packages" >&2
# shellcheck disable=SC2086
[ -z "$missing" ] || install $missing || echo "could not install:$missing" >&2
# One by one: a release that lacks one of them has the others.
for package in $opinions; do
    install "$package" || echo "could not install: $package" >&2
done
