"""The demo world: a district with people, pieces and screens, made on the spot; nothing of it is fetched."""
