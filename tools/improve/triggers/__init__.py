"""From the event that started a workflow to a decision: which failures are to be fixed, or why none."""
