#!/bin/sh
# Makes the environment .venv in the checkout and installs the program into it.
# `sh packaging/setup.sh test` installs what the tests need, too. Run it again after every update.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd -- "$here"
oldest=3.11
newest=3.13

say() { printf '%s\n' "$*" >&2; }

case "${1:-}" in
    "") editable='' what="." ;;
    test) editable=--editable what=".[test]" ;; # what is tested is this folder
    *) say "“$1” is not known; say: sh packaging/setup.sh, or sh packaging/setup.sh test"; exit 2 ;;
esac

fits() { # Is $1 a Python that this program runs on?
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

as_root_apt() { # Root on a bare Debian or Ubuntu may install what is missing; nobody else is asked to.
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    say "Installing $* with apt-get."
    apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
        if [ -n "$candidate" ] && fits "$candidate"; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

make_environment() { # With venv's own pip, else with a pip or virtualenv that is on the machine.
    if "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        "$python" -m venv --clear .venv
    elif "$python" -m pip --version >/dev/null 2>&1 && "$python" -m venv --clear --without-pip .venv; then
        "$python" -m pip --python .venv/bin/python install --quiet pip
    elif "$python" -m virtualenv --version >/dev/null 2>&1; then
        "$python" -m virtualenv --clear --quiet .venv
    else
        return 1
    fi
}

python=$(find_python) || { as_root_apt python3 python3-venv && python=$(find_python); } || {
    say "This program needs Python $oldest to $newest, and none was found."
    say "Install it (Debian, Ubuntu: sudo apt-get install python3 python3-venv), or name one: PYTHON=/path/to/python3 sh packaging/setup.sh"
    exit 1
}

if ! fits .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    say "Making the environment .venv with $("$python" --version)."
    make_environment || { as_root_apt python3-venv && make_environment; } || {
        say "Python's venv module is incomplete on this machine: it comes without pip."
        say "Install it (Debian, Ubuntu: sudo apt-get install python3-venv) and run this again."
        exit 1
    }
fi

say "Installing the program; the first time it fetches some 200 MB."
quiet=--quiet
[ -t 2 ] && quiet=--progress-bar=on
.venv/bin/python -m pip install $quiet --disable-pip-version-check $editable "$what"
