"""Remote hands: what a screen may be ordered to do, as one signed object, and when it is heeded. Pure.

A box carries this package beside `cms.trust`: server, guard and box read an order with the same code.
"""
