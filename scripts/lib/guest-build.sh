# Source this after env.sh: how a program for bare RV64IM is built, which is how the guest is.
# shellcheck shell=bash

GUEST_TARGET=riscv64im-ballast

# guest_build FOLDER NAME: builds the package in FOLDER of the repository and checks its instructions; its ELF is
# $GUEST_ELF then. What it asks of the machine's tools, scripts/setup guest unpacks.
guest_build() {
    [ "${BALLAST_GUEST:-}" != skip ] || fail "no compiler for the guest (BALLAST_GUEST=skip); scripts/setup guest"
    local out=$CARGO_TARGET_DIR/guest
    GUEST_SOURCES=$("$GUEST_RUSTC" --print sysroot)/lib/rustlib/src/rust
    export GUEST_RUSTC GUEST_SOURCES CARGO_HOME=${CARGO_HOME:-$HOME/.cargo}
    # RUSTC_BOOTSTRAP: the standard library for this target is built from its sources, which a stable compiler does only
    # when asked so. The linker is named here as its path differs from machine to machine. lower-atomic: the machine has
    # one thread and no A extension, so an atomic is a plain load or store; the rest is in the manifest.
    env -u RUSTC_WRAPPER -u RUSTC_WORKSPACE_WRAPPER -u CARGO_ENCODED_RUSTFLAGS -u CARGO_BUILD_TARGET \
        CARGO_TARGET_DIR="$out" RUSTC="$BALLAST_ROOT/scripts/lib/guest-rustc" RUSTC_BOOTSTRAP=1 \
        RUSTFLAGS="-C linker=$GUEST_LLD -C passes=lower-atomic" CARGO_INCREMENTAL=0 \
        cargo build --locked --release --manifest-path "$BALLAST_ROOT/$1/Cargo.toml" \
        --target "$BALLAST_ROOT/prover/guest/$GUEST_TARGET.json" \
        -Zjson-target-spec -Zbuild-std=core,alloc -Zbuild-std-features=compiler-builtins-mem >&2
    GUEST_ELF=$out/$GUEST_TARGET/release/$2
    python3 "$BALLAST_ROOT/scripts/lib/guest_elf.py" "$GUEST_ELF"
}
