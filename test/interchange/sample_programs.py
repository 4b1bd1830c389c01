"""The vendor's two sample programs for envelope encryption, as they work on Python 3.

Written anew after their published behaviour, which is kept on purpose (envelope formats 1.2): files are read and
written as text, the whole of them in memory, and line 1 goes back to KMS with its line feed. What is repaired is what
kept the published text from running at all: the missing import, and bytes where text is wanted and the reverse.
"""

import base64
import json

from aliyunsdkkms.request.v20160120.DecryptRequest import DecryptRequest
from aliyunsdkkms.request.v20160120.GenerateDataKeyRequest import GenerateDataKeyRequest
from Crypto.Cipher import AES


def encrypt_file(client, key_id, path, out):
    with open(path, "r", encoding="utf-8") as file:
        content = file.read().encode("utf-8")
    request = GenerateDataKeyRequest()
    request.set_accept_format("JSON")
    request.set_KeyId(key_id)
    request.set_NumberOfBytes(32)
    answer = json.loads(client.do_action(request))
    cipher = AES.new(base64.b64decode(answer["Plaintext"]), AES.MODE_EAX)
    ciphertext, tag = cipher.encrypt_and_digest(content)
    with open(out, "w", encoding="utf-8") as file:
        file.write(answer["CiphertextBlob"] + "\n")
        for part in (cipher.nonce, ciphertext, tag):
            file.write(base64.b64encode(part).decode() + "\n")


def decrypt_file(client, path, out):
    with open(path, "r", encoding="utf-8") as file:
        lines = file.readlines()
    request = DecryptRequest()
    request.set_accept_format("JSON")
    request.set_CiphertextBlob(lines[0])
    answer = json.loads(client.do_action(request))
    nonce, ciphertext, tag = (base64.b64decode(line) for line in lines[1:4])
    cipher = AES.new(base64.b64decode(answer["Plaintext"]), AES.MODE_EAX, nonce)
    content = cipher.decrypt_and_verify(ciphertext, tag).decode("utf-8")
    with open(out, "w", encoding="utf-8") as file:
        file.write(content)
