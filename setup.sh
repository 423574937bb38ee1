#!/bin/sh
# Sets everything up, then runs a word of the Makefile:  sh setup.sh demo | serve | test | …
# What is missing of Debian's packages is installed with apt-get; Python's go into .venv, in exactly the locked versions.
set -eu
cd "$(dirname "$0")"
word=${1:-help}

case $word in
    demo | serve) lock=requirements.lock browser= ;;
    *) lock=requirements-dev.lock browser=yes ;;
esac

install_packages() {
    missing=
    command -v make >/dev/null || missing="$missing make"
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
    if [ -n "$browser" ]; then
        command -v chromium >/dev/null || missing="$missing chromium"
        command -v chromedriver >/dev/null || missing="$missing chromium-driver"
    fi
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null; then
        as_root=sudo
    else
        echo "These Debian packages are missing:$missing. Install them as root, then run this again." >&2
        exit 1
    fi
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing
}

command -v python3 >/dev/null || { echo "python3 is missing: install Python 3.11 or newer." >&2; exit 1; }
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "$(python3 --version) is too old: Linkback needs 3.11 or newer." >&2
    exit 1
}
install_packages

wanted="$lock $(cat "$lock" pyproject.toml | cksum) $(python3 --version)"
if [ "$(cat .venv/installed 2>/dev/null)" != "$wanted" ]; then
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$lock"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
    echo "$wanted" >.venv/installed
fi

exec make --no-print-directory "$@"
