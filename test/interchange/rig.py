"""Drives the vendor's Python side of both interchange formats against a running server.

One request per line comes in, one answer per line goes out: {"call": ..., ...} and {"value": ...} or {"error": ...}.
The Encryption SDK is taken from the checkout that KEYHOLD_ENCRYPTION_SDK names; it is in no package registry.
"""

import base64
import json
import os
import sys

from aliyunsdkcore.client import AcsClient

import sample_programs

ENDPOINT = os.environ["KEYHOLD_ENDPOINT"]
KEY_ID = os.environ["KEYHOLD_ACCESS_KEY_ID"]
KEY_SECRET = os.environ["KEYHOLD_ACCESS_KEY_SECRET"]
CHECKOUT = os.environ.get("KEYHOLD_ENCRYPTION_SDK")


class Redirected(AcsClient):
    """The client itself, told where the server is and that it speaks http."""

    def __init__(self, *args, **given):
        super().__init__(*args, **given)
        self.add_endpoint(self.get_region_id(), "Kms", ENDPOINT)

    def do_action(self, request):
        request.set_protocol_type("http")
        return super().do_action(request)

    def do_action_with_exception(self, request):
        request.set_protocol_type("http")
        return super().do_action_with_exception(request)


def sample_encrypt(key, path, out):
    sample_programs.encrypt_file(Redirected(KEY_ID, KEY_SECRET, "cn-hangzhou"), key, path, out)


def sample_decrypt(path, out):
    sample_programs.decrypt_file(Redirected(KEY_ID, KEY_SECRET, "cn-hangzhou"), path, out)


def sdk(first, others, algorithm=None):
    sys.path.insert(0, os.path.join(CHECKOUT, "src"))
    import aliyun_encryption_sdk.kms.kms as kms
    from aliyun_encryption_sdk.client import AliyunCrypto
    from aliyun_encryption_sdk.kms import AliyunConfig
    from aliyun_encryption_sdk.model import Algorithm
    from aliyun_encryption_sdk.provider.default import DefaultDataKeyProvider

    kms.AcsClient = Redirected
    given = {} if algorithm is None else {"algorithm": getattr(Algorithm, algorithm)}
    return AliyunCrypto(AliyunConfig(KEY_ID, KEY_SECRET)), DefaultDataKeyProvider(first, keys=set(others), **given)


def sdk_encrypt(cmks, context, data, algorithm):
    crypto, provider = sdk(cmks[0], cmks[1:], algorithm)
    message, _ = crypto.encrypt(provider, base64.b64decode(data), context)
    return base64.b64encode(message).decode()


def sdk_decrypt(cmks, message):
    crypto, provider = sdk(cmks[0], cmks[1:])
    plaintext, material = crypto.decrypt(provider, base64.b64decode(message))
    context = material.cipher_header.encryption_context
    return {"data": base64.b64encode(plaintext).decode(), "context": context}


CALLS = {
    "sample-encrypt": sample_encrypt,
    "sample-decrypt": sample_decrypt,
    "sdk-encrypt": sdk_encrypt,
    "sdk-decrypt": sdk_decrypt,
}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"value": CALLS[request.pop("call")](**request)}
    except Exception as error:
        answer = {"error": type(error).__name__ + ": " + str(error)}
    print(json.dumps(answer), flush=True)
