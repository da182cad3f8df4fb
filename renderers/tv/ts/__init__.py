"""A channel as an MPEG transport stream: made of the same stored segments by the same arithmetic, without an encoder.

What a slot sends depends on the plan, the slot and the output's rate alone: every packet identifier carries a multiple
of sixteen packets in each slot, so its continuity counter begins every slot at nought and nobody has to know what was
sent before. Two machines make the same bytes, and one that was restarted goes on where the other was.
"""
