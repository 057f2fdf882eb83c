"""An agent for the tests of the flow: what it does stands in a plan, one entry an attempt.

Called as ``cheater.py PLAN TREE``. PLAN is a JSON list; each entry maps paths to a new text (null
deletes the file), or is the number of seconds to sleep. The attempt's number is that of the
folder in which the prompt lies.
"""

import json
import os
import sys
import time
from pathlib import Path

plan, tree = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
step = plan[int(Path(os.environ["IMPROVE_PROMPT_FILE"]).parent.name) - 1]
if isinstance(step, (int, float)):
    time.sleep(step)
    step = {}
for name, text in step.items():
    if text is None:
        (tree / name).unlink()
    else:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
