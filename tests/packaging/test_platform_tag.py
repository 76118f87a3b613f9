"""Platform tags from hand-made headers: `python3 -m unittest discover tests/packaging`."""
import os
import struct
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "packaging"))
sys.dont_write_bytecode = True
import platform_tag  # noqa: E402

STRINGS = b"\0libc.so.6\0GLIBC_2.9\0GLIBC_2.27\0GCC_4.2.0\0"


def elf(machine, versions):
    """A 64-bit ELF file of two sections: version needs of one library, and their strings."""
    needs = struct.pack("<HHIII", 1, len(versions), 1, 16, 0)
    for i, version in enumerate(versions):
        last = i + 1 == len(versions)
        needs += struct.pack("<IHHII", 0, 0, 0, STRINGS.index(version), 0 if last else 16)
    header = bytearray(64)
    header[:5] = b"\x7fELF\x02"
    struct.pack_into("<H", header, 18, machine)
    struct.pack_into("<Q", header, 40, 64 + len(needs) + len(STRINGS))
    struct.pack_into("<HH", header, 58, 64, 2)
    sections = struct.pack("<IIQQQQIIQQ", 0, 0x6FFFFFFE, 0, 0, 64, len(needs), 1, 1, 0, 0)
    sections += struct.pack("<IIQQQQIIQQ", 0, 3, 0, 0, 64 + len(needs), len(STRINGS), 0, 0, 0, 0)
    return bytes(header) + needs + STRINGS + sections


def mach(cpu, command, *fields):
    header = struct.pack("<IIIIIIII", 0xFEEDFACF, cpu, 0, 2, 2, 0, 0, 0)
    other = struct.pack("<II", 0x1B, 24) + bytes(16)
    version = struct.pack("<II", command, 8 + 4 * len(fields)) + struct.pack("<%dI" % len(fields), *fields)
    return header + other + version


class PlatformTag(unittest.TestCase):
    def test_the_newest_glibc_that_is_asked_for_counts_by_number_not_by_text(self):
        self.assertEqual(platform_tag.platform_tag(elf(62, [b"GLIBC_2.27", b"GLIBC_2.9"])), "manylinux_2_27_x86_64")
        self.assertEqual(platform_tag.platform_tag(elf(183, [b"GLIBC_2.9", b"GCC_4.2.0"])), "manylinux_2_9_aarch64")

    def test_a_binary_without_glibc_has_no_manylinux_tag(self):
        with self.assertRaisesRegex(platform_tag.UnknownBinary, "musl"):
            platform_tag.platform_tag(elf(62, [b"GCC_4.2.0"]))

    def test_macos_names_the_version_that_the_file_names(self):
        for expected, binary in (
            ("macosx_11_0_arm64", mach(0x0100000C, 0x32, 1, 11 << 16, 0, 0)),
            ("macosx_10_15_x86_64", mach(0x01000007, 0x24, 10 << 16 | 15 << 8, 0)),
            ("macosx_12_0_arm64", mach(0x0100000C, 0x32, 1, 12 << 16 | 3 << 8, 0, 0)),
        ):
            self.assertEqual(platform_tag.platform_tag(binary), expected)

    def test_anything_else_is_refused(self):
        for data in (b"#!/bin/sh\n" + bytes(64), elf(40, [b"GLIBC_2.9"]), mach(7, 0x32, 1, 11 << 16, 0, 0)):
            with self.assertRaises(platform_tag.UnknownBinary):
                platform_tag.platform_tag(data)


if __name__ == "__main__":
    unittest.main()
