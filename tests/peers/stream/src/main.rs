//! Hashes, sorts, divides and verifies signatures in turns, and exits with a byte of what came out. It asks the machine for
//! nothing else, so that it runs the same instructions on ours and on others'.

#![no_std]
#![no_main]

use core::{arch::asm, panic::PanicInfo};
use k256::ecdsa::{RecoveryId, Signature, SigningKey, VerifyingKey};
use tiny_keccak::{Hasher, Keccak};

/// Turns: some 300 million instructions in all.
const TURNS: usize = 60;
/// Numbers that are sorted in a turn.
const NUMBERS: usize = 4_096;
/// Hashes of a turn, each of the one before.
const HASHES: usize = 128;
/// Divisions of a turn.
const DIVISIONS: usize = 2_048;
/// The call that ends a program, of Linux, of our machine and of ckb-vm.
const EXIT: usize = 93;

core::arch::global_asm!(
    ".section .text._start",
    ".globl _start",
    "_start:",
    ".option push",
    ".option norelax",
    "la gp, __global_pointer$",
    ".option pop",
    "la sp, __stack_top",
    "li fp, 0",
    "call {main}",
    main = sym main,
);

extern "C" fn main() -> ! {
    let mut digest = [7; 32];
    for _ in 0..TURNS {
        for _ in 0..HASHES {
            digest = keccak(&digest);
        }
        let sorted = sort(seed(&digest));
        let divided = divide(sorted);
        digest[..8].copy_from_slice(&divided.to_le_bytes());
        digest = keccak(&digest);
        sign_and_recover(&mut digest);
    }
    exit(usize::from(digest[0] & 0x7f))
}

fn keccak(bytes: &[u8; 32]) -> [u8; 32] {
    let mut hasher = Keccak::v256();
    hasher.update(bytes);
    let mut digest = [0; 32];
    hasher.finalize(&mut digest);
    digest
}

fn seed(digest: &[u8; 32]) -> u64 {
    u64::from_le_bytes([
        digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7],
    ])
}

/// The next of a line of numbers without order (xorshift).
const fn next(mut number: u64) -> u64 {
    number ^= number << 13;
    number ^= number >> 7;
    number ^ (number << 17)
}

/// Sorts numbers that follow from `seed`; one from their middle.
fn sort(seed: u64) -> u64 {
    let mut number = seed | 1;
    let mut numbers = [0; NUMBERS];
    for place in &mut numbers {
        number = next(number);
        *place = number;
    }
    numbers.sort_unstable();
    numbers[NUMBERS / 2]
}

/// Multiplies and divides as prices and sizes are: with 128 bits between.
fn divide(seed: u64) -> u64 {
    let mut number = seed | 1;
    for _ in 0..DIVISIONS {
        let other = next(number);
        let product = i128::from(number >> 1) * i128::from(other >> 1);
        number = next(number ^ (product / i128::from((other >> 32) | 1)) as u64);
    }
    number
}

/// Signs the digest with a key made of it and recovers who did; what is wrong stops the program with 127.
fn sign_and_recover(digest: &mut [u8; 32]) {
    let Ok(key) = SigningKey::from_slice(digest) else { exit(127) };
    let (signature, id): (Signature, RecoveryId) = key.sign_prehash_recoverable(digest);
    match VerifyingKey::recover_from_prehash(digest, &signature, id) {
        Ok(found) if found == *key.verifying_key() => digest.copy_from_slice(&signature.r().to_bytes()),
        _ => exit(127),
    }
}

fn exit(code: usize) -> ! {
    // SAFETY: the call takes no pointer and does not return.
    unsafe { asm!("ecall", in("a7") EXIT, in("a0") code, options(noreturn, nostack)) }
}

#[panic_handler]
fn panic(_info: &PanicInfo<'_>) -> ! {
    exit(127)
}
