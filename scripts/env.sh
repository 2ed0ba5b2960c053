# Source this: where builds go and where the tools are. It installs nothing; `scripts/setup` does.
#   CARGO_TARGET_DIR  outside the clone, so that a fresh clone builds warm
#   PATH              with forge, anvil and cast of contracts/node_modules
#   BALLAST_PYTHON    the python of the test clients
#   BALLAST_VALGRIND  what counts instructions, when it is there
#   BALLAST_RISCV_GCC another compiler for RISC-V than the guest's, when it is there
#   GUEST_RUSTC GUEST_LLD GUEST_QEMU, or BALLAST_GUEST=skip when this machine cannot build the guest
# shellcheck shell=bash

BALLAST_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BALLAST_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/ballast
export BALLAST_ROOT BALLAST_CACHE
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$BALLAST_CACHE/target}
export BALLAST_PYTHON=$BALLAST_CACHE/venv/bin/python

ballast_foundry_path() {
    local arch tool bin
    case $(uname -m) in aarch64 | arm64) arch=arm64 ;; *) arch=amd64 ;; esac
    for tool in forge anvil cast; do
        bin=$BALLAST_ROOT/contracts/node_modules/@foundry-rs/$tool-linux-$arch/bin
        case :$PATH: in *:"$bin":*) ;; *) PATH=$bin:$PATH ;; esac
    done
    export PATH
}

# The guest's compiler must have its own library's sources beside it: Debian's rustc-web and rust-web-src, from the
# system or unpacked by `scripts/setup guest`. The user's own choice stands if all three are set.
ballast_guest_tools() {
    local prefix=$BALLAST_CACHE/debian
    [ -z "${GUEST_RUSTC:-}" ] || [ -z "${GUEST_LLD:-}" ] || [ -z "${GUEST_QEMU:-}" ] || return 0
    if [ -x /usr/bin/rustc ] && [ -d /usr/lib/rustlib/src/rust/library/core ] \
        && [ -x /usr/bin/ld.lld-22 ] && [ -x /usr/bin/qemu-riscv64 ]; then
        export GUEST_RUSTC=/usr/bin/rustc GUEST_LLD=/usr/bin/ld.lld-22 GUEST_QEMU=/usr/bin/qemu-riscv64
    elif [ -x "$prefix/bin/rustc" ]; then
        export GUEST_RUSTC=$prefix/bin/rustc GUEST_LLD=$prefix/bin/ld.lld-22 GUEST_QEMU=$prefix/bin/qemu-riscv64
    else
        export BALLAST_GUEST=skip BALLAST_GUEST_MISSING=1
        return 0
    fi
    # What was missing is there now; a skip that the user asked for stays.
    [ -z "${BALLAST_GUEST_MISSING:-}" ] || unset BALLAST_GUEST BALLAST_GUEST_MISSING
}

# The system's valgrind, or the one that `scripts/setup valgrind` unpacked.
ballast_valgrind() {
    local unpacked=$BALLAST_CACHE/valgrind
    if command -v valgrind >/dev/null; then
        BALLAST_VALGRIND=$(command -v valgrind)
    elif [ -x "$unpacked/bin/valgrind" ]; then
        BALLAST_VALGRIND=$unpacked/bin/valgrind
        export VALGRIND_LIB=$unpacked/usr/libexec/valgrind
    fi
    export BALLAST_VALGRIND
}

# The system's cross compiler, or the one that `scripts/setup gcc` unpacked.
ballast_riscv_gcc() {
    local unpacked=$BALLAST_CACHE/gcc/bin/riscv64-linux-gnu-gcc
    if command -v riscv64-linux-gnu-gcc >/dev/null; then
        BALLAST_RISCV_GCC=$(command -v riscv64-linux-gnu-gcc)
    elif [ -x "$unpacked" ]; then
        BALLAST_RISCV_GCC=$unpacked
    else
        return 0
    fi
    export BALLAST_RISCV_GCC
}

ballast_foundry_path
ballast_guest_tools
ballast_valgrind
ballast_riscv_gcc
