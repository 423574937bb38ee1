#!/bin/sh
# Sets everything up, then runs a word of the Makefile:  sh setup.sh demo | serve | test | …
# What is missing of the system's packages is installed with apt-get; Python's go into .venv, in exactly the locked
# versions. When all is there already, this takes no time.
set -eu
cd "$(dirname "$0")"

fail() {
    echo "$*" >&2
    exit 1
}

check_python() {
    command -v python3 >/dev/null || fail "python3 is missing: install Python 3.11 or newer."
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "python3 is $(python3 --version), which is too old: Linkback needs Python 3.11 or newer."
}

# Ubuntu has Chromium as a snap only; these two packages install it.
is_ubuntu() { grep -qx 'ID=ubuntu' /etc/os-release 2>/dev/null; }

missing_packages() {
    command -v make >/dev/null || echo make
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    [ -z "$browser" ] || missing_browser
    [ -z "$others" ] || missing_of_others
}

missing_browser() {
    command -v chromium >/dev/null || { is_ubuntu && echo chromium-browser || echo chromium; }
    command -v chromedriver >/dev/null || { is_ubuntu && echo chromium-chromedriver || echo chromium-driver; }
}

has_php() { php -r "exit((int) !extension_loaded('$1'));" 2>/dev/null; }

# What other people's programs need, which the tests run (docs/interoperability.md); none of it starts a service.
missing_of_others() {
    command -v node >/dev/null || echo nodejs
    command -v npm >/dev/null || echo npm
    command -v xmlrpc >/dev/null || echo libxmlrpc-core-c3-dev
    command -v php >/dev/null || echo php-cli
    has_php mysqli || echo php-mysql
    has_php xml || echo php-xml
    [ -x /usr/sbin/mariadbd ] || echo mariadb-server-core
    [ -x /usr/sbin/apache2 ] || echo apache2-bin
}

install_packages() {
    packages=$(missing_packages | tr '\n' ' ')
    [ -n "$packages" ] || return 0
    command -v apt-get >/dev/null || fail "These packages are missing: ${packages}- install them, then run this again."
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null; then
        as_root=sudo
    else
        fail "These packages are missing: ${packages}- as root: apt-get install ${packages}- then run this again."
    fi
    echo "Installing ${packages}with apt-get …"
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
    [ -z "$(missing_packages)" ] || fail "apt-get has installed ${packages}and yet there is no $(missing_packages | xargs)."
}

# What .venv depends on: the lock file, what is installed of the project itself, the interpreter, and where it all is.
fingerprint() { echo "$1 $(cat "$1" pyproject.toml | cksum) $(python3 -VV) $PWD"; }

install_locked() {
    installed=$(cat .venv/installed 2>/dev/null) || installed=
    # The development lock holds all of the other.
    for enough in "$lock" requirements-dev.lock; do
        [ "$installed" != "$(fingerprint "$enough")" ] || return 0
    done
    echo "Installing $lock into .venv …"
    rm -rf .venv
    python3 -m venv .venv
    pip="env PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install --quiet"
    $pip --require-hashes --only-binary :all: --requirement "$lock"
    $pip --no-deps --no-build-isolation --editable .
    fingerprint "$lock" >.venv/installed
}

# Packages that would start a web server on this machine if they were installed are only downloaded: download PACKAGE FOLDER.
download() {
    [ ! -e "$(echo "$2/$1"_*.deb)" ] || return 0
    echo "Downloading Debian's $1 …"
    mkdir -p "$2"
    (cd "$2" && apt-get download -qq -o APT::Sandbox::User=root "$1") ||
        fail "The package $1 cannot be downloaded: run apt-get update as root, then run this again."
}

# The web servers for which docs/advertising.md has recipes.
unpack_servers() {
    for server in nginx caddy; do
        [ ! -x "/usr/sbin/$server" ] && [ ! -x "/usr/bin/$server" ] || continue
        download "$server" tests/docs/debian
        dpkg -x "tests/docs/debian/${server}"_*.deb tests/docs/debian
    done
}

install_npm_locked() {
    found="$(cat package.json package-lock.json | cksum) $(node --version) $PWD"
    [ "$(cat node_modules/installed 2>/dev/null)" != "$found" ] || return 0
    echo "Installing $PWD/package-lock.json …"
    npm ci --silent --no-audit --no-fund --ignore-scripts
    echo "$found" >node_modules/installed
}

install_others() {
    [ -n "$others" ] || return 0
    unpack_servers
    download wordpress tests/interoperability/debian # the tests unpack it
    cd tests/interoperability
    install_npm_locked
    cd ../..
}

lock=requirements-dev.lock browser='' others=''
case ${1:-help} in
    demo | serve | help) lock=requirements.lock ;;
    test | unit) browser=yes others=yes ;;
    screenshots) browser=yes ;;
esac
PATH=$PATH:/snap/bin
check_python
install_packages
install_locked
install_others
exec make --no-print-directory "$@"
