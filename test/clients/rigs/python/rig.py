"""Drives the Python clients: `python rig.py <client>`.

One call per line comes in, one answer per line goes out; see ../../rig.ts.
"""

import base64
import importlib
import json
import os
import re
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SCHEME = os.environ["KEYHOLD_SCHEME"]
ENDPOINT = os.environ["KEYHOLD_ENDPOINT"]
ACCOUNT = {
    "type": "access_key",
    "accessKeyId": os.environ["KEYHOLD_ACCESS_KEY_ID"],
    "accessKeySecret": os.environ["KEYHOLD_ACCESS_KEY_SECRET"],
}
CA = os.environ.get("KEYHOLD_CA")
REGION = "cn-hangzhou"


class Missing(Exception):
    """The client does not offer this operation."""


class Refused(Exception):
    def __init__(self, code, status, message, detail=None):
        super().__init__(code)
        self.answer = {"code": code, "status": status, "message": message, "detail": detail}


def snake_case(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def core(product, version, who):
    """aliyun-python-sdk-core with the request classes of aliyun-python-sdk-kms, -ram, -sts and -actiontrail."""
    from aliyunsdkcore.acs_exception.exceptions import ServerException
    from aliyunsdkcore.auth.credentials import StsTokenCredential
    from aliyunsdkcore.client import AcsClient
    from aliyunsdkcore.http import protocol_type

    protocol = protocol_type.HTTP if SCHEME == "http" else protocol_type.HTTPS
    key = who["accessKeyId"], who["accessKeySecret"]
    if "securityToken" in who:
        client = AcsClient(credential=StsTokenCredential(*key, who["securityToken"]), region_id=REGION, verify=CA)
    else:
        client = AcsClient(*key, REGION, verify=CA)
    client.add_endpoint(REGION, product, ENDPOINT)
    requests = f"aliyunsdk{product.lower()}.request.v{version.replace('-', '')}."

    def call(operation, parameters):
        name = operation + "Request"
        try:
            request = getattr(importlib.import_module(requests + name), name)()
        except ModuleNotFoundError as error:
            raise Missing from error
        # Most product classes ask for https, that of ActionTrail for http. The client compares with `is`.
        request.set_protocol_type(protocol)
        for name, value in parameters.items():
            if name == "RegionId":  # the client sends its own
                continue
            if isinstance(value, dict):
                value = json.dumps(value, ensure_ascii=False)
            # Lists that travel flattened have plural setters, those that travel as JSON have not.
            plural = getattr(request, "set_" + name + "s", None)
            (plural if isinstance(value, list) and plural else getattr(request, "set_" + name))(value)
        try:
            return json.loads(client.do_action_with_exception(request))
        except ServerException as error:
            raise Refused(error.get_error_code(), error.get_http_status(), error.get_error_msg()) from error

    return call


def request_of(request_class, parameters):
    """The request as a program makes it: from_map leaves empty lists where nothing was given, constructors do not."""
    request = request_class().from_map(parameters)
    for name, value in vars(request).items():
        if value == []:
            setattr(request, name, None)
    return request


def tea(product, version, who, credential=None):
    """The generated clients of the present generation: alibabacloud_kms20160120 and its like."""
    from alibabacloud_tea_openapi.utils_models import Config
    from Tea.exceptions import TeaException

    package = f"alibabacloud_{product.lower()}{version.replace('-', '')}"
    models = importlib.import_module(package + ".models")
    signer = {"credential": credential} if credential else {snake_case(name): who[name] for name in who if name != "type"}
    client = importlib.import_module(package + ".client").Client(
        Config(
            **signer,
            endpoint=ENDPOINT,
            protocol=SCHEME,
            region_id=REGION,
            ca=CA,  # a path here, where the other languages take the text
        )
    )

    def call(operation, parameters):
        method = getattr(client, snake_case(operation), None)
        if method is None:
            raise Missing
        request_class = getattr(models, operation + "Request", None)
        request = [request_of(request_class, parameters)] if request_class else []
        try:
            return method(*request).body.to_map()
        except TeaException as error:
            status = (error.data or {}).get("statusCode")
            raise Refused(error.code, status, error.message, error.accessDeniedDetail) from error

    return call


def with_credentials(product, version, who):
    """The same with a provider of alibabacloud_credentials."""
    from alibabacloud_credentials.client import Client
    from alibabacloud_credentials.models import Config

    given = {snake_case(name): value for name, value in who.items()}
    return tea(product, version, who, Client(Config(**given, sts_endpoint=ENDPOINT)))


def seal(parameters):
    nonce = os.urandom(12)
    cipher = AESGCM(base64.b64decode(parameters["key"]))
    sealed = nonce + cipher.encrypt(nonce, base64.b64decode(parameters["data"]), None)
    return {"data": base64.b64encode(sealed).decode()}


def unseal(parameters):
    cipher = AESGCM(base64.b64decode(parameters["key"]))
    sealed = base64.b64decode(parameters["data"])
    return {"data": base64.b64encode(cipher.decrypt(sealed[:12], sealed[12:], None)).decode()}


def wrap(parameters):
    digest = {"RSAES_OAEP_SHA_1": hashes.SHA1, "RSAES_OAEP_SHA_256": hashes.SHA256}[parameters["algorithm"]]
    key = serialization.load_der_public_key(base64.b64decode(parameters["publicKey"]))
    # The hash of MGF1 is that of OAEP.
    oaep = padding.OAEP(mgf=padding.MGF1(algorithm=digest()), algorithm=digest(), label=None)
    return {"data": base64.b64encode(key.encrypt(base64.b64decode(parameters["material"]), oaep)).decode()}


LOCAL = {"seal": seal, "open": unseal, "wrap": wrap}
CONNECT = {"python-core": core, "python-tea": tea, "python-credentials": with_credentials}[sys.argv[1]]
CONNECTED = {}


def client_of(product, version, who):
    """A client per product and identity, as programs have them."""
    name = json.dumps([product, who])
    if name not in CONNECTED:
        CONNECTED[name] = CONNECT(product, version, who)
    return CONNECTED[name]


def answer(request):
    operation, parameters = request["operation"], request["parameters"]
    try:
        local = LOCAL.get(operation)
        if local:
            return {"body": local(parameters)}
        client = client_of(request["product"], request["version"], request.get("as", ACCOUNT))
        return {"body": client(operation, parameters)}
    except Missing:
        return {"missing": True}
    except Refused as refusal:
        return {"error": refusal.answer}
    except Exception as error:  # the runner reports what the client itself could not do
        return {"error": {"code": type(error).__name__, "message": str(error)}}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
