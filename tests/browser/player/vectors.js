// Run inside the page by test_vectors.py: every shared vector through the player's port of the trust core.
async ([vectors, force]) => {
  const at = (name) => import(`/trust/${name}.js`);
  const [canonical, crypto, signed, release, limits, viewer, verify, errors, feed] = await Promise.all(
    ["canonical", "crypto", "signed", "release", "limits", "viewer", "verify", "errors", "feed"].map(at));
  const backend = (await crypto.backend(force)).name;
  const faults = [];
  let checks = 0;
  const same = (name, got, wanted) => {
    checks += 1;
    const [one, two] = [JSON.stringify(got), JSON.stringify(wanted)];
    if (one !== two) faults.push(`${name}: ${one} instead of ${two}`.slice(0, 500));
  };
  const codeOf = async (task) => { try { await task(); return null; } catch (e) { return errors.codeOf(e) === "trust.internal" ? String(e.stack) : e.code; } };
  const source = (one) => {
    if (one.hex !== undefined) return Uint8Array.from(one.hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    const part = one.repeat;
    return part ? part.prefix + part.unit.repeat(part.times) + part.suffix : one.text;
  };
  for (const one of vectors.canonical.good) same(one.name, canonical.encode(canonical.decode(one.text)), one.text);
  for (const one of vectors.canonical.bad) same(one.name, await codeOf(() => canonical.decode(source(one))), one.expect);
  for (const one of vectors.keys.ids) same(one.name, await crypto.keyIdOf(one.public), one.id);
  for (const one of vectors.keys.signatures)
    same(one.name, await crypto.verifies(one.public, one.signature, signed.signedBytes(one.type, one.text)), one.expect);
  for (const one of vectors.digests.objects) {
    const read = signed.readSignedFile(one.wire);
    same(`${one.type} object`, [read.text, await signed.digest(one.type, one.text), await signed.fileOf(read)], [one.text, one.digest, one.file]);
  }
  for (const one of vectors.digests.bundles) {
    const bytes = new TextEncoder().encode(one.wire);
    same("bundle", [await release.releaseDigest(release.readBundle(one.wire).text), await crypto.sha256(bytes), bytes.length], [one.release, one.file, one.size]);
  }
  const held = Object.fromEntries(Object.entries(limits).map(([name, value]) => [name.toLowerCase(), value]));
  same("limits", Object.entries(held).sort(), Object.entries(vectors.limits).sort());

  const { start, objects, files, cases } = vectors.viewer;
  const bytesOf = (name) => new TextEncoder().encode(files[name]);
  const incoming = (take) => {
    const made = { bundles: new Map(Object.entries(take.bundles ?? {}).map(([sha, name]) => [sha, bytesOf(name)])) };
    made.roots = (take.roots ?? []).map((name) => signed.readSigned(objects[name]));
    made.feeds = (take.feeds ?? []).map((name) => signed.readSigned(objects[name]));
    for (const name of ["delegations", "recalls", "screen", "beacon", "manifest", "player"])
      if (take[name]) made[name] = signed.readSigned(objects[take[name]]);
    return made;
  };
  const root = await verify.verifyRoot(signed.readSigned(start.root), null);
  for (const one of cases) {
    let state = viewer.newState({ root, screen: start.screen, key: start.key, audience: start.audience });
    for (const [number, step] of one.steps.entries()) {
      const name = `${one.name} [${number}]`;
      if (step.take) {
        const done = await viewer.accept(state, incoming(step.take), step.now);
        state = done.state;
        const sorted = (pairs) => pairs.map(([what, code]) => [what, String(code)]).sort();
        same(name, sorted(done.verdicts.map(({ what, code }) => [what, code])), sorted(step.expect));
      } else if (step.loop) same(name, viewer.loop(state, step.now).map((show) => show.release), step.expect);
      else if (step.stale) same(name, viewer.isStale(state, step.now), step.expect);
      else if (step.values) {
        const said = {};
        const code = await codeOf(async () => Object.assign(said, viewer.values(state, await feed.readCard(step.values), step.now)));
        const sorted = (found) => (typeof found === "string" ? found : Object.entries(found).sort());
        same(name, sorted(code ?? said), sorted(step.expect));
      } else if (step.software) {
        same(name, (await viewer.software(state, step.now, step.software))?.digest ?? null, step.expect);
      } else if (step.restarted) state = viewer.restarted(state, step.now, step.away);
      else same(name, await codeOf(() => viewer.showable(state, step.showable, step.now)), step.expect);
    }
  }
  const { heed, newLedger, verifyOrder } = await at("order");
  for (const one of vectors.orders.cases) {
    const ledger = { ...newLedger(), epoch: one.epoch, seqs: one.seqs };
    const heeded = async () => heed(ledger, await verifyOrder(signed.readSigned(one.order), root), { screen: vectors.orders.screen, now: one.now });
    same(`order ${one.name}`, await codeOf(heeded), one.expect);
  }
  return { backend, checks, faults };
}
