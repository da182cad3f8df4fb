"""What stands around every handler: refusals as answers, the session, the guard against forged requests, limits."""
