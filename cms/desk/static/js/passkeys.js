// Passkeys: made and proved on one's own page, and asked for where a step of review is signed. The password works beside them.

const b64 = (buffer) => {
  let binary = "";
  for (const byte of new Uint8Array(buffer)) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
};
const raw = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
const fromHex = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const listed = (ids) => (ids ? ids.split(" ").map((id) => ({ type: "public-key", id: raw(id) })) : []);

const ES256 = -7;
const POINT = 65; // bytes of a P-256 key at the end of what the browser calls its public key
const WAIT = 120_000; // ms a person has to find their key

/** The authenticator's answer over 32 bytes: the fields a screen will check. */
async function asked(challenge, rpId, ids) {
  const found = await navigator.credentials.get({
    publicKey: { challenge, rpId, allowCredentials: ids, userVerification: "required", timeout: WAIT },
  });
  const { authenticatorData, clientDataJSON, signature } = found.response;
  return {
    credential: b64(found.rawId),
    authenticator: b64(authenticatorData),
    client: new TextDecoder().decode(clientDataJSON),
    signature: b64(signature),
  };
}

async function made({ rp, ids, person, login }, label) {
  const created = await navigator.credentials.create({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)), // what it says is not believed: the proof below is
      rp: { id: rp, name: document.title },
      user: { id: new TextEncoder().encode(person), name: login, displayName: `${login} ${label}` },
      pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
      excludeCredentials: listed(ids),
      authenticatorSelection: { userVerification: "required", residentKey: "discouraged" },
      attestation: "none",
      timeout: WAIT,
    },
  });
  const key = b64(new Uint8Array(created.response.getPublicKey()).slice(-POINT));
  const proof = new TextEncoder().encode(`yunping/passkey/1\n${person}\n${key}`);
  const challenge = await crypto.subtle.digest("SHA-256", proof);
  return { public: key, ...(await asked(challenge, rp, [{ type: "public-key", id: created.rawId }])) };
}

/** Fills the form's hidden field and sends it; what goes wrong at the authenticator is said beside the button. */
async function fill(form, task) {
  const failed = form.querySelector("[data-passkey-failed]");
  failed.hidden = true;
  try {
    form.elements.passkey.value = JSON.stringify(await task());
    HTMLFormElement.prototype.submit.call(form);
  } catch (error) {
    if (!(error instanceof DOMException) && !(error instanceof TypeError)) throw error;
    failed.hidden = false;
  }
}

for (const form of document.querySelectorAll("[data-passkey-make]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    fill(form, () => made(form.dataset, form.elements.label.value));
  });
}

for (const button of document.querySelectorAll("[data-passkey-sign]")) {
  button.addEventListener("click", () => {
    if (!button.form.reportValidity()) return;
    const { passkeySign, rp, ids } = button.dataset;
    fill(button.form, () => asked(fromHex(passkeySign), rp, listed(ids)));
  });
}
