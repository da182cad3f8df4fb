// What the desk uses of tus-js-client: uploads that go on where they broke off.
export { Upload } from "tus-js-client";
