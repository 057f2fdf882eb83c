"""The shipped JSON Schemas, generated from the records.

``python -m improve.contract.schemas`` writes them into ``tools/improve/schemas``; a test compares
what is there with what would be written.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from improve.contract.info_schema import JsonObject, info_schema
from improve.records import ARTIFACTS, Artifact

FOLDER = Path(__file__).resolve().parents[1] / "schemas"


def schema_texts() -> dict[str, str]:
    """File name -> content, for the request and for each artifact. Pure."""
    schemas = {"info.schema.json": info_schema()}
    for artifact in ARTIFACTS:
        schemas[f"{artifact.schema_name}.schema.json"] = artifact_schema(artifact)
    return {
        name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in schemas.items()
    }


def artifact_schema(artifact: type[Artifact]) -> JsonObject:
    """The schema of one artifact's file; its ``schema`` is fixed to the artifact's name."""
    schema = artifact.model_json_schema(by_alias=True)
    properties = schema["properties"]
    properties["schema"] = {"const": artifact.schema_name, "title": "schema"}
    required = ["schema", "version", *schema.get("required", [])]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": f"{artifact.schema_name}.json",
        "required": required,
    }


def main() -> None:
    """Write every schema whose content changed; remove what no record stands for any more."""
    FOLDER.mkdir(exist_ok=True)
    texts = schema_texts()
    for stale in FOLDER.glob("*.schema.json"):
        if stale.name not in texts:
            stale.unlink()
    for name, text in texts.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{FOLDER / name}\n")


if __name__ == "__main__":
    main()
