"""Orders to publish, correct and recall, their deliveries and receipts, and the public tree they end in."""
