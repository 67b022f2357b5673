"""Verifies a receipt with jwcrypto (pip install jwcrypto): python verify.py RECEIPT KEYS.json [RESPONSE]

KEYS.json is what /v1/receipts/keys said once, kept: keys fetched from the server that is being checked prove nothing.
"""
import base64
import hashlib
import json
import sys

from jwcrypto import jwk, jws

token = jws.JWS()
token.allowed_algs = ["EdDSA"]
token.deserialize(open(sys.argv[1]).read().strip())
keys = jwk.JWKSet.from_json(open(sys.argv[2]).read())
token.verify(keys.get_key(token.jose_header["kid"]))
if token.jose_header["typ"] != "kolm-receipt+jws":
    sys.exit("not a receipt: " + token.jose_header["typ"])
claims = json.loads(token.payload)
if len(sys.argv) > 3:
    digest = hashlib.sha256(open(sys.argv[3], "rb").read()).digest()
    if base64.urlsafe_b64encode(digest).decode().rstrip("=") != claims["res"]:
        sys.exit("the receipt is of another response: " + claims["res"])
print("OK", claims["id"], claims["kind"], claims.get("cid", ""))
