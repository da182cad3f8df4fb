// Run inside the player's page by test_volleys.py: attacks at the very readers that the page draws by.
//
// With `kit` it makes a screen in full knowledge and keeps it beside the page's own; with `shots` it answers with the
// code each was refused by, null for what was taken. Shots are independent: nothing one does is seen by the next.
async ({ kit, shots }) => {
  const at = (name) => import(`/trust/${name}.js`);
  const [signed, release, viewer, verify, errors, order, { Handshake }] = await Promise.all([
    ...["signed", "release", "viewer", "verify", "errors", "order"].map(at), import("/handshake.js")]);
  const known = (given) => ({
    roots: [], feeds: [], bundles: new Map(),
    ...Object.fromEntries(Object.entries(given).map(([name, one]) =>
      [name, Array.isArray(one) ? one.map(signed.readSigned) : signed.readSigned(one)])),
  });
  if (kit) {
    const root = await verify.verifyRoot(signed.readSigned(kit.root), null);
    const bytes = (text) => new TextEncoder().encode(text);
    const bundles = new Map(Object.entries(kit.bundles).map(([sha, text]) => [sha, bytes(text)]));
    const first = viewer.newState({ root, screen: kit.screen, key: kit.key, audience: kit.audience });
    const { state, verdicts } = await viewer.accept(first, { ...known(kit.heard), bundles }, 1_000);
    const people = await verify.verifyDelegations(signed.readSigned(kit.people), root);
    globalThis.volleys = { state: { ...state, releases: new Map() }, people, kit };
    return verdicts.filter(({ code }) => code !== null);
  }
  const { state, people, kit: held } = globalThis.volleys;
  const many = { root: "roots", feed: "feeds" };
  const fire = {
    release: ({ one }) => verify.verifyRelease(one, people, held.now),
    async order({ one }) {
      const ledger = { ...order.newLedger(), epoch: 1, seqs: held.seqs };
      return order.heed(ledger, await order.verifyOrder(signed.readSigned(one), state.root), { screen: held.screen, now: held.now + 1 });
    },
    device({ paired, walk, text }) {
      const handshake = new Handshake(paired);
      for (const said of walk) handshake.take(JSON.parse(said));
      if (!handshake.take(JSON.parse(text))) errors.refuse("protocol");
    },
  };
  const told = async ({ as: name, one }) => {
    const part = many[name] ?? name;
    const incoming = known({ ...(held.known[name] ?? {}), [part]: many[name] ? [one] : one });
    const { verdicts } = await viewer.accept(state, incoming, 2_000);
    const own = verdicts.filter(({ what }) => what.length < 64).at(-1);
    if (own.code !== null) errors.refuse(own.code);
  };
  const codes = [];
  for (const shot of shots) {
    try {
      await (fire[shot.as] ?? told)(shot);
      codes.push(null);
    } catch (error) {
      codes.push(error.code ?? String(error));
    }
  }
  return codes;
}
