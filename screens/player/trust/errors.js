// The one error of the trust core: the same codes as cms.trust.errors and the test vectors.

export class TrustError extends Error {
  constructor(code, params = {}) {
    super(code);
    this.name = "TrustError";
    this.code = code;
    this.params = params;
  }
}

export const refuse = (code, params) => {
  throw new TrustError(code, params);
};

/** The code of any error: what is not ours is a defect and is named so. */
export const codeOf = (error) => (error instanceof TrustError ? error.code : "trust.internal");
