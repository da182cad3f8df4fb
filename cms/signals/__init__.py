"""Signed objects beside releases, on the trust core and as pure: values of data feeds, releases of the player itself.

No release depends on them: a card without values is drawn without, a screen without an update runs on. They stand apart
so that the core which decides what a screen may draw stays small enough to be read at one sitting.

feed      Card of a `data` block: read_card(block), cards(content), .schema; Feed, read_feed(text),
          check_values(feed, card, *, now), verify_feed(signed, delegations, *, now) -> Verified[Feed]
software  Software: is_for(screen, *, running), share(version, screen), order(version); read_software(text),
          verify_software(signed, root) -> Verified[Software]
"""
