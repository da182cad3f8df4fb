"""The fan-out benchmark: the product's gateway and a C sender on equal sockets, each in a process of its own."""
