"""Which reports are stale: pure judgements over evidence."""
