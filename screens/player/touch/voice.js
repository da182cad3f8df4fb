// Reading aloud: what somebody recorded comes first, then the browser's own Chinese voice, then the box's; whichever
// cannot be heard gives way to the next, in the middle of a text too.
//
//   new Voice({ synthesis, box })     box: the address that turns a sentence into sound, or null
//   await voice.read(parts, {narration, told, signal})
const LANGUAGE = /^(zh|cmn)/i;
const WAIT = 10_000; // ms a sentence of the box may take
const PACE = 0.95;
const BEGUN = 3_000; // ms: a voice that has not begun by then is installed and says nothing

/** It could not be read; the screen says so. */
export class VoiceFault extends Error {}

export class Voice {
  #synthesis;
  #box;
  #audio = new Audio();

  constructor({ synthesis = globalThis.speechSynthesis, box = null } = {}) {
    this.#synthesis = synthesis;
    this.#box = box;
  }

  /** Whether there is any way to read a text aloud here. A recording needs none. */
  get isAble() {
    return this.#box !== null || this.#chosen() !== null;
  }

  /**
   * Reads from the first part to the last. `narration` is the address of a recording, or null; `told(part)` hears what is
   * being read, null of a recording. Ends early when `signal` is aborted. Throws VoiceFault when nothing can be heard.
   */
  async read(parts, { narration = null, told = () => {}, signal }) {
    if (narration) {
      told(null);
      try {
        return await this.#play(narration, signal);
      } catch (fault) {
        if (!this.isAble) throw fault; // not here yet, or not what was signed: then another voice reads
      }
    }
    let isMute = this.#chosen() === null;
    for (const part of parts) {
      if (signal.aborted) return undefined;
      told(part);
      if (!isMute) isMute = !(await this.#spoken(part.said, signal));
      if (isMute && !signal.aborted) await this.#ask(part.said, signal);
    }
    return undefined;
  }

  /** Whether the browser's voice was heard; throws when it was not and there is no other. */
  async #spoken(said, signal) {
    try {
      await this.#speak(said, signal);
      return true;
    } catch (fault) {
      if (this.#box === null) throw fault;
      return false;
    }
  }

  /** A voice of this machine: one that sends the text to somebody else's is none. */
  #chosen() {
    const voices = this.#synthesis?.getVoices() ?? [];
    return voices.find(({ lang, localService }) => localService && LANGUAGE.test(lang)) ?? null;
  }

  #speak(said, signal) {
    const spoken = new SpeechSynthesisUtterance(said);
    const voice = this.#chosen();
    Object.assign(spoken, { voice, lang: voice.lang, rate: PACE });
    let late;
    return new Promise((resolve, reject) => {
      late = setTimeout(() => (this.#synthesis.cancel(), reject(new VoiceFault("silent"))), BEGUN);
      spoken.onstart = () => clearTimeout(late);
      spoken.onend = resolve;
      spoken.onerror = ({ error }) => (signal.aborted ? resolve() : reject(new VoiceFault(error)));
      signal.addEventListener("abort", () => (this.#synthesis.cancel(), resolve()), { once: true });
      this.#synthesis.speak(spoken);
    }).finally(() => clearTimeout(late));
  }

  async #ask(said, signal) {
    if (!this.#box) throw new VoiceFault("none");
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(WAIT)]);
    let answer;
    try {
      const headers = { "Content-Type": "text/plain; charset=utf-8" };
      answer = await fetch(this.#box, { method: "POST", body: said, headers, signal: timeout });
    } catch (error) {
      if (signal.aborted) return;
      throw new VoiceFault(String(error));
    }
    if (!answer.ok) throw new VoiceFault(String(answer.status));
    const { path } = await answer.json();
    await this.#play(path, signal);
  }

  #play(url, signal) {
    const audio = this.#audio;
    return new Promise((resolve, reject) => {
      const stop = () => (audio.pause(), audio.removeAttribute("src"), audio.load(), resolve());
      if (signal.aborted) return void resolve();
      signal.addEventListener("abort", stop, { once: true });
      Object.assign(audio, { onended: resolve, onerror: () => (signal.aborted ? resolve() : reject(new VoiceFault("audio"))) });
      audio.src = url;
      audio.play().catch((error) => (signal.aborted ? resolve() : reject(new VoiceFault(String(error)))));
    });
  }
}
