# Talk goes to stderr; stdout is for results.
# shellcheck shell=bash

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

fail() {
    say "error: $*"
    exit 1
}

# The privilege at hand: "root", "sudo" (without a password), or "none".
privilege() {
    if [ "$(id -u)" = 0 ]; then
        echo root
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        echo sudo
    else
        echo none
    fi
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}
