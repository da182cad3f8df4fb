"""The electronic newspaper 电子报: an issue from its PDF, the pages it is drawn as, and the tap zones on them."""
