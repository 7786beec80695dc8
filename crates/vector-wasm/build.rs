//! Gives the WebAssembly module a smaller stack than the usual megabyte: every page pays for it, whether it is used or not.

/// Bytes. Nothing here recurses deeper than styles and JSON may nest, which have limits.
const STACK: u32 = 256 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size={STACK}");
    }
}
