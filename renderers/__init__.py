"""One folder per channel; each sees `cms.contract` only and never another channel."""
