//! Every system call, but `read_blob` where it succeeds, and every argument that is not allowed.

use super::Case;
use crate::program::machine;
use alloy_primitives::{B256, hex};
use ballast_vm::{Facts, Instruction, Machine};

pub(super) const HASH: u64 = 0x8000;
pub(super) const TO: u64 = 0x9000;

/// A machine before a call, after which it meets a breakpoint.
pub(super) fn before(number: u64, arguments: &[u64]) -> Machine {
    let mut machine = machine(&[Instruction::Ecall, Instruction::Ebreak]);
    machine.hart.x[17] = number;
    machine.hart.x[10..10 + arguments.len()].copy_from_slice(arguments);
    machine
}

pub(super) fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at * 7 + at / 256 + 3) as u8).collect()
}

fn preimages() -> Vec<Case> {
    let case = |name: &str, size: usize, offset, to, length, exit: Option<u8>| {
        let mut case =
            Case::new(format!("read_preimage: {name}"), before(1, &[HASH, offset, to, length]), exit);
        let hash = case.host.add_preimage(bytes(size));
        case.machine.memory.write(HASH, hash.as_slice());
        case.machine.memory.write(TO, &[0xee; 64]);
        case
    };
    vec![
        case("the first part", 2000, 0, TO, 1024, None),
        case("the end, filled up with zeros", 2000, 1024, TO, 1024, None),
        case("one leaf with one byte", 33, 32, TO, 1024, None),
        case("from its very end", 64, 64, TO, 32, None),
        case("far beyond its end", 64, u64::MAX - 31, TO, 1024, None),
        case("nothing, for its length", 500, 0, TO, 0, None),
        case("an empty one", 0, 0, TO, 32, None),
        case("the last part of the largest", 32_768, 32_768 - 1024, TO, 1024, None),
        case("over its own hash", 96, 0, HASH, 96, None),
        case("over the code", 96, 0, 0x1000, 32, None),
        case("up to the end of memory", 1024, 0, (1 << 32) - 1024, 1024, None),
        case("too large", 32_769, 0, TO, 32, Some(246)),
        case("offset no multiple of 32", 64, 8, TO, 32, Some(246)),
        case("length no multiple of 32", 64, 0, TO, 33, Some(246)),
        case("length above 1,024", 4000, 0, TO, 1056, Some(246)),
        case("destination misaligned", 64, 0, TO + 8, 32, Some(246)),
        case("destination beyond memory", 32, 0, (1 << 32) - 32, 64, Some(246)),
        case("destination wraps", 32, 0, u64::MAX - 31, 32, Some(246)),
    ]
}

fn hashes() -> Vec<Case> {
    let case = |name: &str, from, length, to, exit: Option<u8>| {
        let mut machine = before(2, &[from, length, to]);
        machine.memory.write(HASH, &bytes(1024));
        Case::new(format!("keccak256: {name}"), machine, exit)
    };
    vec![
        case("nothing", HASH, 0, TO, Some(248)),
        case("one byte", HASH, 1, TO, Some(248)),
        case("33 bytes", HASH, 33, TO, Some(248)),
        case("the most", HASH, 1024, TO, Some(248)),
        case("over its input", HASH, 136, HASH + 32, Some(248)),
        case("more than the most", HASH, 1025, TO, Some(246)),
        case("source misaligned", HASH + 1, 32, TO, Some(246)),
        case("source beyond memory", (1 << 32) - 32, 33, TO, Some(246)),
        case("destination misaligned", HASH, 32, TO + 16, Some(246)),
        case("destination beyond memory", HASH, 32, 1 << 32, Some(246)),
    ]
}

const DIGEST: [u8; 32] = hex!("456e9aea5e197a1f1af7a3e85a3212fa4049a3ba34c2289b4c860fc0b0c64ef3");
const R: [u8; 32] = hex!("9242685bf161793cc25603c231bc2f568eb630ea16aa137d2664ac8038825608");
const S: [u8; 32] = hex!("4f8ae3bd7535248d0bd448298cc2e2071e56992d0774dc340c368ae950852ada");
/// The order of the curve less `S`.
const OTHER_S: [u8; 32] = hex!("b0751c428acadb72f42bb7d6733d1df79c5843b9a7d3c407b39bd3a37fb11667");
const ORDER: [u8; 32] = hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");

/// What the precompile takes, of a signature that is in order.
pub(super) fn signature() -> [u8; 128] {
    let mut input = [0; 128];
    for (place, part) in input.chunks_mut(32).zip([DIGEST, B256::with_last_byte(28).0, R, S]) {
        place.copy_from_slice(&part);
    }
    input
}

fn recoveries() -> Vec<Case> {
    let case = |name: &str, v: &[u8], r: [u8; 32], s: [u8; 32]| {
        let mut machine = before(3, &[HASH, TO]);
        machine.memory.write(HASH, &DIGEST);
        machine.memory.write(HASH + 64 - v.len() as u64, v);
        machine.memory.write(HASH + 64, &r);
        machine.memory.write(HASH + 96, &s);
        machine.memory.write(TO, &[0xee; 32]);
        Case::new(format!("ecrecover: {name}"), machine, Some(248))
    };
    let mut cases = vec![
        case("a signature", &[28], R, S),
        case("another parity", &[27], R, S),
        case("the upper half of s", &[27], R, OTHER_S),
        case("v is 29", &[29], R, S),
        case("v is 27 + 2^64", &[1, 0, 0, 0, 0, 0, 0, 0, 27], R, S),
        case("r is zero", &[27], [0; 32], S),
        case("r is the order", &[27], ORDER, S),
        case("s is the order", &[27], R, ORDER),
    ];
    for (name, from, to) in [
        ("source misaligned", HASH + 16, TO),
        ("source beyond memory", (1 << 32) - 96, TO),
        ("destination misaligned", HASH, TO + 16),
        ("destination beyond memory", HASH, 1 << 32),
    ] {
        cases.push(Case::new(format!("ecrecover: {name}"), before(3, &[from, to]), Some(246)));
    }
    cases
}

fn others() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, number, arguments, exit) in [
        ("exit: 0", 93, [0, 0, 0], 0),
        ("exit: 239", 93, [239, 0, 0], 239),
        ("exit: 240", 93, [240, 0, 0], 247),
        ("exit: 256", 93, [256, 0, 0], 247),
        ("call 0", 0, [0, 0, 0], 245),
        ("call 5", 5, [0, 0, 0], 245),
        ("call 1 + 2^32", (1 << 32) + 1, [0, 0, 0], 245),
        ("read_blob: index 4,096", 4, [HASH, 4096, TO], 246),
        ("read_blob: destination misaligned", 4, [HASH, 0, TO + 8], 246),
        ("read_blob: hash misaligned", 4, [HASH + 8, 0, TO], 246),
        ("read_blob: hash beyond memory", 4, [1 << 32, 0, TO], 246),
        ("read_preimage: hash misaligned", 1, [HASH + 8, 0, TO], 246),
        ("read_preimage: hash beyond memory", 1, [1 << 32, 0, TO], 246),
    ] {
        cases
            .push(Case { host: Facts::default(), ..Case::new(name, before(number, &arguments), Some(exit)) });
    }
    cases
}

pub(super) fn cases() -> Vec<Case> {
    [preimages(), hashes(), recoveries(), others()].into_iter().flatten().collect()
}
