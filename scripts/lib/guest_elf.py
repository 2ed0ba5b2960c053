#!/usr/bin/env python3
"""Refuses a guest ELF that holds anything but RV64IM: guest_elf.py FILE"""

import collections
import struct
import sys

LOAD, OP_IMM, AUIPC, OP_IMM_32, STORE, OP, LUI, OP_32 = 0x03, 0x13, 0x17, 0x1B, 0x23, 0x33, 0x37, 0x3B
BRANCH, JALR, JAL = 0x63, 0x67, 0x6F
PLAIN = {LOAD, OP_IMM, AUIPC, OP_IMM_32, STORE, LUI, BRANCH, JALR, JAL}
SYSTEM = {0x00000073: "ecall", 0x00100073: "ebreak", 0xC0001073: "unimp"}
FLOAT = {0x07, 0x27, 0x43, 0x47, 0x4B, 0x4F, 0x53}
MEMORY_END = 1 << 32


def fault(word):
    """Why the machine cannot run `word`, or None."""
    opcode = word & 0x7F
    if word & 3 != 3:
        return "compressed (16 bits)"
    if opcode == 0x2F:
        return "atomic"
    if opcode in FLOAT:
        return "float"
    if opcode in (OP, OP_32):
        return None if word >> 25 in (0x00, 0x01, 0x20) else "arithmetic outside I and M"
    if opcode == 0x73:
        return None if word in SYSTEM else "system register"
    if opcode == 0x0F:
        # `fence` orders nothing on one hardware thread; `fence.i` would say that code changes.
        return None if word >> 12 & 7 == 0 else "fence.i"
    return None if opcode in PLAIN else f"opcode {opcode:#04x}"


def main(path):
    elf = open(path, "rb").read()
    magic, machine, = elf[:6], struct.unpack_from("<H", elf, 18)[0]
    assert magic == b"\x7fELF\x02\x01" and machine == 243, "not a 64-bit little-endian RISC-V ELF"
    entry, headers, sections, flags = struct.unpack_from("<QQQI", elf, 24)
    size, count = struct.unpack_from("<HH", elf, 54)
    found = collections.Counter()
    faults = []
    if flags:
        faults.append(f"e_flags {flags:#x}: compressed code or a float ABI")
    for i in range(count):
        kind, rights, offset, at, _, length, memory, _ = struct.unpack_from("<IIQQQQQQ", elf, headers + i * size)
        if kind != 1:
            continue
        if at + memory > MEMORY_END:
            faults.append(f"segment {at:#x}..{at + memory:#x} leaves the 4 GiB")
        if not rights & 1:
            continue
        if rights & 2:
            faults.append(f"segment {at:#x} is writable and executable")
        if length % 4 or length != memory:
            faults.append(f"segment {at:#x} is not whole instructions")
        for i, (word,) in enumerate(struct.iter_unpack("<I", elf[offset : offset + length // 4 * 4])):
            why = fault(word)
            found["instructions"] += 1
            if word in SYSTEM:
                found[SYSTEM[word]] += 1
            if why:
                found[why] += 1
                faults.append(f"{at + 4 * i:#x}: {word:#010x} {why}")
    if not found["instructions"]:
        faults.append("no executable segment")
    for line in faults[:20]:
        print(f"guest_elf: {line}", file=sys.stderr)
    print("guest_elf: " + ", ".join(f"{n} {what}" for what, n in found.items()), file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
