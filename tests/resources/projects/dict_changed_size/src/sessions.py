def drop_expired(sessions, now):
    """Removes the expired sessions and tells how many there were."""
    count = 0
    for key in sessions:
        if sessions[key] <= now:
            del sessions[key]
            count += 1
    return count
