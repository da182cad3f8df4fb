"""Street screens: protocol, gateway, pairing, fleet, manifests and the player that runs on the box."""
