// Verifies a receipt with jose (npm install jose): node verify.mjs RECEIPT KEYS.json [RESPONSE]
// KEYS.json is what /v1/receipts/keys said once, kept: keys fetched from the server that is being checked prove nothing.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { compactVerify, createLocalJWKSet } from "jose";

const [receipt, keys, response] = process.argv.slice(2);
const jws = readFileSync(receipt, "utf8").trim();
const { payload, protectedHeader } = await compactVerify(jws, createLocalJWKSet(JSON.parse(readFileSync(keys, "utf8"))), {
  algorithms: ["EdDSA"],
});
if (protectedHeader.typ !== "kolm-receipt+jws") throw new Error(`not a receipt: ${protectedHeader.typ}`);
const claims = JSON.parse(new TextDecoder().decode(payload));
if (response) {
  const digest = createHash("sha256").update(readFileSync(response)).digest("base64url");
  if (digest !== claims.res) throw new Error(`the receipt is of another response: ${claims.res}`);
}
console.log("OK", claims.id, claims.kind, claims.cid ?? "");
