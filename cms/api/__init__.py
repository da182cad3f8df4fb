"""The main use cases as JSON under ``/api/v1``: the same rules, permissions and refusals as the pages."""
