"""The WeChat service account."""
