//! What the system calls read and write.

mod program;

use alloy_primitives::{B256, keccak256};
use ballast_vm::{BlobElement, Facts, Instruction, Leaves, Machine, Missing, step::step};
use program::{CODE, machine};

const HASH: u64 = 0x8000;
const TO: u64 = 0x9000;

fn before(number: u64, arguments: &[u64]) -> Machine {
    let mut machine = machine(&[Instruction::Ecall]);
    machine.hart.x[17] = number;
    machine.hart.x[10..10 + arguments.len()].copy_from_slice(arguments);
    machine.memory.write(TO, &[0xee; 96]);
    machine
}

fn leaf(machine: &mut Machine, address: u64) -> [u8; 32] {
    machine.memory.leaf((address / 32) as u32).expect("all memory is there")
}

fn done(machine: &Machine, result: u64, cost: u64) {
    assert_eq!((machine.hart.exit, machine.hart.x[10]), (None, result));
    assert_eq!((machine.hart.pc, machine.hart.cycle), (CODE + 4, cost));
}

#[test]
fn a_preimage_fills_its_last_leaf_with_zeros_and_no_leaf_beyond() {
    let mut host = Facts::default();
    let hash = host.add_preimage(vec![7; 70]);
    let mut machine = before(1, &[HASH, 32, TO, 96]);
    machine.memory.write(HASH, hash.as_slice());
    step(&mut machine.hart, &mut machine.memory, &mut host).expect("the preimage is there");
    done(&machine, 70, 1024);
    assert_eq!(leaf(&mut machine, TO), [7; 32]);
    let mut last = [0; 32];
    last[..6].fill(7);
    assert_eq!(leaf(&mut machine, TO + 32), last);
    assert_eq!(leaf(&mut machine, TO + 64), [0xee; 32]);
}

#[test]
fn a_preimage_of_the_largest_size_is_read_and_one_byte_more_faults() {
    for (size, exit) in [(32_768, None), (32_769, Some(246))] {
        let mut host = Facts::default();
        let hash = host.add_preimage(vec![9; size]);
        let mut machine = before(1, &[HASH, 32_768 - 32, TO, 32]);
        machine.memory.write(HASH, hash.as_slice());
        step(&mut machine.hart, &mut machine.memory, &mut host).expect("the preimage is there");
        assert_eq!(machine.hart.exit, exit);
        assert_eq!(leaf(&mut machine, TO), if exit.is_none() { [9; 32] } else { [0xee; 32] });
    }
}

#[test]
fn what_is_missing_stops_the_run_without_a_trace_and_can_be_given_later() {
    let mut host = Facts::default();
    let mut machine = before(1, &[HASH, 0, TO, 32]);
    machine.memory.write(HASH, keccak256(b"late").as_slice());
    let state = machine.state();
    let missing = step(&mut machine.hart, &mut machine.memory, &mut host);
    assert_eq!(missing, Err(Missing::Preimage(keccak256(b"late"))));
    assert_eq!(machine.state(), state);
    host.add_preimage(b"late".to_vec());
    step(&mut machine.hart, &mut machine.memory, &mut host).expect("it is there now");
    done(&machine, 4, 1024);
}

#[test]
fn a_hash_may_be_written_over_what_is_hashed() {
    let mut machine = before(2, &[TO, 33, TO]);
    step(&mut machine.hart, &mut machine.memory, &mut Facts::default()).expect("nothing is asked for");
    done(&machine, 0, 64);
    assert_eq!(leaf(&mut machine, TO), keccak256([0xee; 33]).0);
}

#[test]
fn an_element_of_a_blob_is_read_by_hash_and_index() {
    let read =
        BlobElement { versioned_hash: B256::repeat_byte(1), index: 4095, element: B256::repeat_byte(5) };
    let mut host = Facts::default();
    host.add_blob_element(read);
    let mut machine = before(4, &[HASH, 4095, TO]);
    machine.memory.write(HASH, read.versioned_hash.as_slice());
    let mut other = machine.clone();
    step(&mut machine.hart, &mut machine.memory, &mut host).expect("the element is there");
    done(&machine, 0, 1024);
    assert_eq!(leaf(&mut machine, TO), read.element.0);
    other.hart.x[11] = 4094;
    let missing = step(&mut other.hart, &mut other.memory, &mut host);
    assert_eq!(missing, Err(Missing::BlobElement { versioned_hash: read.versioned_hash, index: 4094 }));
}

#[test]
fn recovery_tells_the_signer_and_leaves_memory_alone_where_there_is_none() {
    // The example that implementations of the precompile are commonly tested with.
    let input = alloy_primitives::hex!(
        "456e9aea5e197a1f1af7a3e85a3212fa4049a3ba34c2289b4c860fc0b0c64ef3"
        "000000000000000000000000000000000000000000000000000000000000001c"
        "9242685bf161793cc25603c231bc2f568eb630ea16aa137d2664ac8038825608"
        "4f8ae3bd7535248d0bd448298cc2e2071e56992d0774dc340c368ae950852ada"
    );
    let mut machine = before(3, &[HASH, TO]);
    machine.memory.write(HASH, &input);
    let mut refused = machine.clone();
    step(&mut machine.hart, &mut machine.memory, &mut Facts::default()).expect("nothing is asked for");
    done(&machine, 1, 256);
    let signer = alloy_primitives::hex!("0000000000000000000000007156526fbd7a3c72969b54f64e42c10fbb768c8a");
    assert_eq!(leaf(&mut machine, TO), signer);
    refused.memory.write(HASH + 32, &[1]);
    step(&mut refused.hart, &mut refused.memory, &mut Facts::default()).expect("nothing is asked for");
    done(&refused, 0, 256);
    assert_eq!(leaf(&mut refused, TO), [0xee; 32]);
}
