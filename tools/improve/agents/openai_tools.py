"""Our tools in the forms that the Agents SDK takes: functions, a patch editor, a shell executor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agents.editor import ApplyPatchOperation, ApplyPatchResult

from agents import (
    ApplyPatchTool,
    FunctionTool,
    ShellCallOutcome,
    ShellCommandOutput,
    ShellCommandRequest,
    ShellResult,
    ShellTool,
    apply_diff,
)
from agents import Tool as SdkTool
from improve.agents import files, shell
from improve.agents.fence import Bounds, Refused, writable
from improve.agents.inside import LARGEST_FILE
from improve.agents.tools import TEXT, Calls, Tool, call
from improve.workbench.process import Finished

# Hunks are looked for line by line: lines of the file times lines of the diff, at most.
MOST_COMPARED = 8_000_000
Run = Callable[[str, float | None], Finished]


def functions(calls: Calls, tools: Sequence[Tool], *, edits: bool = False) -> list[SdkTool]:
    """Tools of ours as functions. They run one after the other, in the loop's own thread:
    an interrupt reaches the program that is running, and no two of them meet in the tree."""

    def function(tool: Tool) -> FunctionTool:
        async def invoke(_context: Any, arguments: str) -> str:
            return call(calls, tool, arguments, edits=edits)

        return FunctionTool(tool.name, tool.description, tool.schema, invoke)

    return [function(tool) for tool in tools]


def patching(calls: Calls, bounds: Bounds) -> SdkTool:
    """The API's own patch tool; our fence says what may be patched."""
    return ApplyPatchTool(Editor(calls, bounds))


class Editor:
    """What ``ApplyPatchTool`` calls. An operation that fails is told to the model, never raised."""

    def __init__(self, calls: Calls, bounds: Bounds) -> None:
        self.calls, self.bounds = calls, bounds

    def create_file(self, operation: ApplyPatchOperation) -> ApplyPatchResult:
        def action() -> str:
            text = _patched("", operation.diff or "", "create")
            return files.write_file(
                self.bounds, operation.path, text.rstrip("\n") + "\n" if text else ""
            )

        return self._done(operation, action)

    def update_file(self, operation: ApplyPatchOperation) -> ApplyPatchResult:
        def action() -> str:
            before = files.text_of(self.bounds, operation.path)
            after = _patched(before, operation.diff or "", "default")
            if not operation.move_to:
                return files.write_file(self.bounds, operation.path, after)
            writable(self.bounds, operation.path)
            said = files.write_file(self.bounds, operation.move_to, after)
            return f"{said}; {files.delete_file(self.bounds, operation.path)}"

        return self._done(operation, action)

    def delete_file(self, operation: ApplyPatchOperation) -> ApplyPatchResult:
        return self._done(operation, lambda: files.delete_file(self.bounds, operation.path))

    def _done(self, operation: ApplyPatchOperation, action: Callable[[], str]) -> ApplyPatchResult:
        given = {"type": operation.type, "path": operation.path, "diff": operation.diff}
        text, good = self.calls.done("apply_patch", given, action, edits=True)
        return ApplyPatchResult("completed" if good else "failed", text)


def _patched(before: str, diff: str, mode: Any) -> str:
    if len(diff) > LARGEST_FILE:
        raise Refused(f"the diff has {len(diff)} characters")
    if (before.count("\n") + 1) * (diff.count("\n") + 1) > MOST_COMPARED:
        raise Refused("the diff is too long for a file of this length; make smaller ones")
    try:
        return apply_diff(before, diff, mode)
    except ValueError as error:
        raise Refused(f"the diff does not fit: {error}"[:2000]) from error


def shell_tool(calls: Calls, run: Run) -> SdkTool:
    """The API's own shell tool."""

    def one(command: str, seconds: float | None) -> ShellCommandOutput:
        kept: list[Finished] = []

        def action() -> str:
            kept.append(run(command, seconds))
            return shell.told(kept[0])

        text, good = calls.done("shell", command, action, edits=True)
        if not good:
            return ShellCommandOutput(
                stderr=text, outcome=ShellCallOutcome("exit", 126), command=command
            )
        late = kept[0].timed_out
        outcome = (
            ShellCallOutcome("timeout") if late else ShellCallOutcome("exit", kept[0].returncode)
        )
        return ShellCommandOutput(stdout=text, outcome=outcome, command=command)

    def execute(request: ShellCommandRequest) -> ShellResult:
        action = request.data.action
        seconds = action.timeout_ms / 1000 if action.timeout_ms else None
        return ShellResult([one(command, seconds) for command in action.commands])

    return ShellTool(execute)


def shell_function(calls: Calls, run: Run) -> list[SdkTool]:
    """The same for models that only know functions."""
    tool = Tool("shell", "Run a command with bash, in a sandbox without a network.", {"command": TEXT},
                lambda command: shell.told(run(command, None)))  # fmt: skip
    return functions(calls, [tool], edits=True)
