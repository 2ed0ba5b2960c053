//! Hands the linker script to the linker, and links anew when it changes.

fn main() {
    println!("cargo::rerun-if-changed=link.ld");
    // From the root of this workspace, where the compiler runs: what a build leaves behind is then good for every
    // clone that shares its target folder.
    println!("cargo::rustc-link-arg-bins=-Tlink.ld");
}
