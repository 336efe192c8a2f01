"""Evidence, policy, plan, apply, journal: which reports are stale, and what was done about them."""
