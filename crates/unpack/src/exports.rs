//! What JavaScript calls.
#![expect(unsafe_code, reason = "functions have names for JavaScript, and one memory between them")]

use crate::store::Store;
use core::cell::UnsafeCell;

struct Shared(UnsafeCell<Store>);

// SAFETY: WebAssembly has one thread here.
unsafe impl Sync for Shared {}

static STORE: Shared = Shared(UnsafeCell::new(Store::new()));

fn store() -> &'static mut Store {
    // SAFETY: each function below takes it once, and none calls another.
    unsafe { &mut *STORE.0.get() }
}

/// Where what is to be unpacked, or packed, is put.
#[unsafe(no_mangle)]
extern "C" fn input() -> *mut u8 {
    store().input.as_mut_ptr()
}

/// Where it is found afterwards.
#[unsafe(no_mangle)]
extern "C" fn output() -> *const u8 {
    store().output().as_ptr()
}

/// Unpacks: the length of the module.
#[unsafe(no_mangle)]
extern "C" fn unpack() -> usize {
    store().unpack()
}

/// Packs so many bytes: the length of what they become.
#[cfg(feature = "pack")]
#[unsafe(no_mangle)]
extern "C" fn pack(length: usize) -> usize {
    store().pack(length)
}

#[cfg(not(test))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
