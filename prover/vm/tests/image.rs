//! Images of ELF files.

mod program;

use alloy_primitives::{B256, keccak256};
use ballast_vm::{Image, ImageError, Machine, Subject};
use program::elf::executable;
use std::process::Command;

#[test]
fn segments_lie_where_they_belong_and_the_run_starts_at_the_entry() {
    let mut image =
        Image::from_elf(&executable(0x1_0004, &[(5, 0x1_0000, &[1; 40]), (6, 0xffff_ffc0, &[2; 64])]))
            .expect("an image");
    let root = image.memory.root();
    assert_eq!(image.memory.node(0, 0x1_0000 / 32), B256::repeat_byte(1));
    assert_eq!(image.memory.node(0, 0x1_0000 / 32 + 1)[..9], [1, 1, 1, 1, 1, 1, 1, 1, 0]);
    assert_eq!(image.memory.node(0, 0xffff_ffff / 32), B256::repeat_byte(2));
    let bytes = [root.as_slice(), &0x1_0004_u64.to_be_bytes()].concat();
    assert_eq!(image.program_hash(), keccak256(bytes));
    let input = keccak256(b"batch");
    let machine = Machine::start(image, Subject::Batch, input);
    let stored: Vec<u8> = machine.hart.x[10..14].iter().flat_map(|register| register.to_le_bytes()).collect();
    assert_eq!(stored, input.as_slice());
    assert_eq!((machine.hart.pc, machine.hart.x[14], machine.hart.cycle), (0x1_0004, 1, 0));
}

#[test]
fn files_that_are_none_are_refused() {
    let refused = |file: &[u8]| Image::from_elf(file).expect_err("it is none");
    let good = executable(0x1000, &[(5, 0x1000, &[1; 8])]);
    assert!(matches!(refused(&good[..100]), ImageError::Malformed(_)));
    assert!(matches!(refused(&good[..4096]), ImageError::Segment(0x1000)), "its bytes are missing");
    let mut class = good.clone();
    class[4] = 1;
    assert!(matches!(refused(&class), ImageError::Malformed(_)));
    let mut order = good.clone();
    order[5] = 2;
    assert!(matches!(refused(&order), ImageError::Malformed(_) | ImageError::Machine));
    let mut machine = good.clone();
    machine[18] = 62;
    assert!(matches!(refused(&machine), ImageError::Machine));
    let beyond = executable(0, &[(6, 0xffff_fff8, &[1; 9])]);
    assert!(matches!(refused(&beyond), ImageError::Segment(0xffff_fff8)));
    let wraps = executable(0, &[(6, u64::MAX, &[1; 9])]);
    assert!(matches!(refused(&wraps), ImageError::Segment(u64::MAX)));
    let overlap = executable(0, &[(6, 0x1000, &[1; 16]), (6, 0x100f, &[1; 9])]);
    assert!(matches!(refused(&overlap), ImageError::Overlap(0x100f)));
}

#[test]
fn the_program_tells_the_hash_of_an_image_and_refuses_other_files() {
    let elf = executable(0x1000, &[(5, 0x1000, &[1; 8])]);
    let file = tempfile::NamedTempFile::new().expect("a file");
    let tell = |bytes: &[u8]| {
        std::fs::write(file.path(), bytes).expect("it is written");
        Command::new(env!("CARGO_BIN_EXE_ballast-vm")).arg(file.path()).output().expect("it runs")
    };
    let told = tell(&elf);
    let expected = Image::from_elf(&elf).expect("an image").program_hash();
    assert_eq!(String::from_utf8(told.stdout).expect("text"), format!("{expected}\n"));
    let refused = tell(b"no image");
    assert!(!refused.status.success() && refused.stdout.is_empty());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is no image"));
}
