"""Benchmarks that need a browser and the fakes of the tests; `./yunping bench NAME` runs them."""
