"""A request to a model holds no secret, and is otherwise the one that the program made."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from tests.support.secrets import SECRETS, TRANSFORMS, WORLD

from improve.redaction import remember
from improve.workbench.outgoing import without_secrets


def asked(text: str) -> bytes:
    """What a program sends after its tool found this text."""
    return json.dumps({
        "model": "m", "max_tokens": 5, "system": [{"type": "text", "text": text}],
        "messages": [
            {"role": "user", "content": text},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": f"I saw token={'a1' * 9}", "signature": "Ab1" * 30},
                {"type": "tool_use", "id": "toolu_1", "name": "Write", "input": {"content": text}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": text}]},
            ]},
        ],
        "tools": [{"name": "t", "input_schema": {"properties": {"type": {"type": ["string", "null"]}}}}],
        "input": [{"type": "function_call_output", "call_id": "c", "output": text},
                  {"type": "reasoning", "encrypted_content": "gAAA" * 20, "summary": []}],
    }).encode()  # fmt: skip


@pytest.fixture
def known() -> Iterator[None]:
    remember(WORLD)
    yield
    remember({})


@pytest.mark.parametrize("kind", SECRETS)
def test_what_looks_like_a_secret_is_not_sent(kind: str) -> None:
    sent = without_secrets(asked(f"x = '{SECRETS[kind]}'\n"))
    assert SECRETS[kind][10:] not in json.dumps(json.loads(sent))
    assert sent.count(b"[redacted: ") == 5, "system, prompt, call, result, output"


@pytest.mark.parametrize("way", TRANSFORMS)
def test_a_known_secret_is_sent_in_no_disguise(way: str, known: None) -> None:
    sent = without_secrets(asked(f"x {TRANSFORMS[way](SECRETS['npm'])} y"))
    assert b"_TOKEN]" in sent
    assert TRANSFORMS[way](SECRETS["npm"])[-14:] not in json.dumps(json.loads(sent))


def test_what_the_vendor_signed_stays_as_it_is() -> None:
    before, after = asked("ghp_" + "a1B2" * 9), without_secrets(asked("ghp_" + "a1B2" * 9))
    thought = json.loads(before)["messages"][1]["content"][0]
    assert json.loads(after)["messages"][1]["content"][0] == thought
    assert json.loads(after)["input"][1] == json.loads(before)["input"][1]


def test_a_known_value_is_taken_out_of_what_calls_itself_signed(known: None) -> None:
    body = json.dumps({"type": "thinking", "signature": SECRETS["npm"]}).encode()
    assert SECRETS["npm"].encode() not in without_secrets(body)


def test_other_requests_pass_byte_for_byte() -> None:
    body = b'{ "messages":[{"role":"user","content":"a \\ud800 \\u00e9 1e999"}], "n": 1.50 }\n'
    assert without_secrets(body) == body


def test_a_long_conversation_costs_little() -> None:
    line = '{"type": "tool_result", "content": "def total(prices): return sum(prices)"}'
    body = asked(line * 8_000)
    began = time.process_time()
    assert without_secrets(body) == body
    spent = time.process_time() - began
    assert spent < 0.15 * len(body) / 1e6 + 0.5, f"{len(body) / 1e6:.0f} MB took {spent:.2f} s"
