"""Live input of television channels: their sources, who takes them on air, what became of each slot."""
