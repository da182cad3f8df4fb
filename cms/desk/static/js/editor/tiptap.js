// The one place that names the vendored bundle's version.
export * from "../../vendor/editor-bundle-3.34.0/editor-bundle.js";
