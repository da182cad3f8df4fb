"""Where a television channel leaves the house besides its playlists: constant streams over UDP, and pushes."""
