"""Texts that run, break out or give commands wherever they are taken for more than text.

Each that can execute would create the file named by ``CANARY`` in the folder it runs in.
"""

from __future__ import annotations

CANARY = "canary"
HOSTILE = {
    "substitution": f"$(touch {CANARY})",
    "backticks": f"`touch {CANARY}`",
    "semicolon": f"x; touch {CANARY}",
    "double quote": f'x"; touch {CANARY}; echo "',
    "single quote": f"x'; touch {CANARY}; echo '",
    "newline": f"x\ntouch {CANARY}\n",
    "carriage return": f"x\r\ntouch {CANARY}\r\n",
    "pipe": f"x | touch {CANARY} & touch {CANARY}",
    "here document": f"x\nEOF\ntouch {CANARY}\n",
    "option": f"--output={CANARY}",
    "expression": "${{ github.token }} ${{ inputs.prompt }}",
    "set-output": "::set-output name=result::stolen",
    "workflow command": "x\n::error::planted\n::add-mask::a\n  ::debug::b",
    "old command": "##[error]planted\n##[add-mask]a",
    "environment file": "x\nBASH_ENV=/tmp/evil\nresult<<END\nstolen\nEND",
    "ansi": "\x1b[2J\x1b]0;title\x07\x1b[31mred",
    "bidi": "abc\u202etxt.exe\u2066\u2069",
    "python format": "{0.__class__} %s %(x)s {{ 7*7 }} {% raw %}",
    "json": 'x", "agents": ["command"], "a": "b',
    "path": f"../../{CANARY}",
}
