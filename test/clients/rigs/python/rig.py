"""Drives the Python clients: `python rig.py <client>`.

One call per line comes in, one answer per line goes out; see ../../rig.ts.
"""

import base64
import importlib
import json
import os
import re
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SCHEME = os.environ["KEYHOLD_SCHEME"]
ENDPOINT = os.environ["KEYHOLD_ENDPOINT"]
KEY_ID = os.environ["KEYHOLD_ACCESS_KEY_ID"]
KEY_SECRET = os.environ["KEYHOLD_ACCESS_KEY_SECRET"]
CA = os.environ.get("KEYHOLD_CA")
REGION = "cn-hangzhou"


class Missing(Exception):
    """The client does not offer this operation."""


class Refused(Exception):
    def __init__(self, code, status, message):
        super().__init__(code)
        self.answer = {"code": code, "status": status, "message": message}


def core():
    """aliyun-python-sdk-core with the request classes of aliyun-python-sdk-kms."""
    from aliyunsdkcore.acs_exception.exceptions import ServerException
    from aliyunsdkcore.client import AcsClient

    client = AcsClient(KEY_ID, KEY_SECRET, REGION, verify=CA)
    client.add_endpoint(REGION, "Kms", ENDPOINT)

    def call(operation, parameters):
        name = operation + "Request"
        try:
            request = getattr(importlib.import_module("aliyunsdkkms.request.v20160120." + name), name)()
        except ModuleNotFoundError as error:
            raise Missing from error
        if SCHEME == "http":  # product classes ask for https
            request.set_protocol_type("http")
        for name, value in parameters.items():
            if name == "RegionId":  # the client sends its own
                continue
            if isinstance(value, dict):
                value = json.dumps(value, ensure_ascii=False)
            plural = "set_" + name + "s"  # list parameters have plural setters
            getattr(request, plural if isinstance(value, list) else "set_" + name)(value)
        try:
            return json.loads(client.do_action_with_exception(request))
        except ServerException as error:
            raise Refused(error.get_error_code(), error.get_http_status(), error.get_error_msg()) from error

    return call


def tea():
    """alibabacloud_kms20160120, the generated client of the present generation."""
    from alibabacloud_kms20160120 import models
    from alibabacloud_kms20160120.client import Client
    from alibabacloud_tea_openapi.utils_models import Config
    from darabonba.runtime import RuntimeOptions
    from Tea.exceptions import TeaException

    client = Client(
        Config(
            access_key_id=KEY_ID,
            access_key_secret=KEY_SECRET,
            endpoint=ENDPOINT,
            protocol=SCHEME,
            region_id=REGION,
            ca=CA,  # a path here, where the other languages take the text
        )
    )

    def call(operation, parameters):
        method = getattr(client, re.sub(r"(?<!^)([A-Z])", r"_\1", operation).lower() + "_with_options", None)
        if method is None:
            raise Missing
        request_class = getattr(models, operation + "Request", None)
        request = [request_class().from_map(parameters)] if request_class else []
        try:
            return method(*request, RuntimeOptions()).body.to_map()
        except TeaException as error:
            status = (error.data or {}).get("statusCode")
            raise Refused(error.code, status, error.message) from error

    return call


def seal(parameters):
    nonce = os.urandom(12)
    cipher = AESGCM(base64.b64decode(parameters["key"]))
    sealed = nonce + cipher.encrypt(nonce, base64.b64decode(parameters["data"]), None)
    return {"data": base64.b64encode(sealed).decode()}


def unseal(parameters):
    cipher = AESGCM(base64.b64decode(parameters["key"]))
    sealed = base64.b64decode(parameters["data"])
    return {"data": base64.b64encode(cipher.decrypt(sealed[:12], sealed[12:], None)).decode()}


LOCAL = {"seal": seal, "open": unseal}
CALL = {"python-core": core, "python-tea": tea}[sys.argv[1]]()


def answer(request):
    operation, parameters = request["operation"], request["parameters"]
    try:
        local = LOCAL.get(operation)
        return {"body": local(parameters) if local else CALL(operation, parameters)}
    except Missing:
        return {"missing": True}
    except Refused as refusal:
        return {"error": refusal.answer}
    except Exception as error:  # the runner reports what the client itself could not do
        return {"error": {"code": type(error).__name__, "message": str(error)}}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
