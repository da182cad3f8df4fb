"""The core: people, content, review, trust, publishing; everything that is decided before a renderer sees it."""
