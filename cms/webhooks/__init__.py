"""Telling other systems what happened: chosen events, signed, retried until they arrive or a person is asked."""
