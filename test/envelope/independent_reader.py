"""A third reader of KENV version 1, in another language, from the format's document alone.

usage: independent_reader.py <file> <hex of the data key> [<hex of the serialised context>]
Writes the plaintext to standard output. Needs the package `cryptography`.
"""

import hashlib
import hmac
import struct
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

data = open(sys.argv[1], "rb").read()
data_key = bytes.fromhex(sys.argv[2])


def check(condition, what):
    if not condition:
        sys.exit("independent reader: " + what)


magic, version, suite, log2, flags, salt, commitment, header_len, count, context_len = struct.unpack(
    ">8sBBBB32s32sIHH", data[:84]
)
check(magic == b"\x89KENV\r\n\x1a" and version == 1 and suite == 1, "magic, version, suite")
check(12 <= log2 <= 24 and flags <= 1 and 116 <= header_len <= 65536 and 1 <= count <= 32, "limits")
check((context_len == 0) == (flags == 1), "context flag")
context = data[84 : 84 + context_len] if flags == 0 else bytes.fromhex(sys.argv[3])
at = 84 + context_len
for _ in range(count):
    _, zero, length = struct.unpack(">BBH", data[at : at + 4])
    check(zero == 0, "reserved byte")
    at += 4 + length
check(not any(data[at : header_len - 32]), "padding")

info = b"kenv/v1\0" + data[:44] + struct.pack(">I", len(context)) + context
prk = hmac.new(salt, data_key, hashlib.sha256).digest()
okm, block = b"", b""
for counter in (1, 2, 3):
    block = hmac.new(prk, block + info + bytes([counter]), hashlib.sha256).digest()
    okm += block
check(okm[:32] == commitment, "commitment")
check(hmac.new(okm[32:64], data[: header_len - 32], hashlib.sha256).digest() == data[header_len - 32 : header_len], "header tag")

aead, size, at, index = AESGCM(okm[64:]), 2**log2 + 16, header_len, 0
while True:
    chunk = data[at : at + size]
    last = len(chunk) < size
    check(len(chunk) >= 16, "truncated")
    sys.stdout.buffer.write(aead.decrypt(b"\0\0\0" + struct.pack(">Q", index) + bytes([last]), chunk, None))
    if last:
        break
    at, index = at + size, index + 1
