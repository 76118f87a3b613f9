"""Which machines a binary runs on, read from the binary itself: the wheel's platform tag is what it needs, no guess."""
import re
import struct

ELF_MACHINES = {62: "x86_64", 183: "aarch64"}
MACH_CPUS = {0x01000007: "x86_64", 0x0100000C: "arm64"}
SHT_GNU_VERNEED = 0x6FFFFFFE
LC_VERSION_MIN_MACOSX = 0x24
LC_BUILD_VERSION = 0x32


class UnknownBinary(Exception):
    """The file is for no platform that a wheel of ours can name."""


def platform_tag(data):
    """The tag for the bytes of an executable: manylinux_2_27_x86_64, macosx_11_0_arm64."""
    if data[:5] == b"\x7fELF\x02":
        (machine,) = struct.unpack_from("<H", data, 18)
        if machine in ELF_MACHINES:
            return "manylinux_%d_%d_%s" % (*glibc_needed(data), ELF_MACHINES[machine])
    if data[:4] == b"\xcf\xfa\xed\xfe":
        (cpu,) = struct.unpack_from("<I", data, 4)
        if cpu in MACH_CPUS:
            return "macosx_%d_%d_%s" % (*macos_needed(data), MACH_CPUS[cpu])
    raise UnknownBinary("it is neither an ELF nor a Mach-O program for x86-64 or 64-bit ARM")


def glibc_needed(data):
    """(major, minor) of the newest glibc symbol version that a 64-bit ELF file asks for."""
    (table,) = struct.unpack_from("<Q", data, 40)
    entry_size, entries = struct.unpack_from("<HH", data, 58)
    sections = [struct.unpack_from("<IIQQQQII", data, table + i * entry_size) for i in range(entries)]
    found = []
    for _, kind, _, _, offset, _, link, count in sections:
        if kind != SHT_GNU_VERNEED:
            continue
        names = sections[link][4]
        library = offset
        for _ in range(count):
            _, versions, _, first, following = struct.unpack_from("<HHIII", data, library)
            version = library + first
            for _ in range(versions):
                name, step = struct.unpack_from("<II", data, version + 8)
                start = names + name
                match = re.match(rb"GLIBC_(\d+)\.(\d+)", data[start : data.index(b"\0", start)])
                if match:
                    found.append((int(match.group(1)), int(match.group(2))))
                version += step
            library += following
    if not found:
        raise UnknownBinary("it asks for no glibc (musl?), which no manylinux tag describes")
    return max(found)


def macos_needed(data):
    """(major, minor) of the oldest macOS that a 64-bit Mach-O file starts on; minor is 0 from 11 on, as pip has it."""
    (commands,) = struct.unpack_from("<I", data, 16)
    at = 32
    for _ in range(commands):
        command, size = struct.unpack_from("<II", data, at)
        if command in (LC_BUILD_VERSION, LC_VERSION_MIN_MACOSX):
            (packed,) = struct.unpack_from("<I", data, at + (12 if command == LC_BUILD_VERSION else 8))
            major, minor = packed >> 16, packed >> 8 & 0xFF
            return (major, 0 if major >= 11 else minor)
        at += size
    raise UnknownBinary("it does not say which macOS it needs")
