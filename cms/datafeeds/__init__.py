"""Data feeds 数据源 as an office keeps them: what each may say, the newest values it said, and who let them be signed.

`cms.signals.feed` says what a card and a feed are; here are the rows, and the way of a value from its source to the
key that signs it. Screens learn the newest signed values from the rows (`screens.feeds`).
"""
