//! Hands the linker script to the linker, and links anew when it changes.

fn main() {
    println!("cargo::rerun-if-changed=link.ld");
    println!("cargo::rustc-link-arg-bins=-Tlink.ld");
}
