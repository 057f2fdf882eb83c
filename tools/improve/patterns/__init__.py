"""Which tests fail now and then, since when, and with what: judged over many runs. Pure: no I/O."""
