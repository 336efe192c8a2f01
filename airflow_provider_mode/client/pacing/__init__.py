"""At most so many requests in any period, for every thread, task and process that uses one key."""
