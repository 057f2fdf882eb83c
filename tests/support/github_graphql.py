"""POST /graphql of the loopback GitHub: executed against GitHub's published schema.

A query that the schema does not allow is refused as GitHub refuses it. A field that the schema has
and the loopback does not know is a problem of the loopback, and ends the test.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.github_answers import Answer
from tests.support.github_graph import Missing, mutations, queries
from tests.support.github_state import GitHub

if TYPE_CHECKING:
    from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema

PATHS = ("/graphql", "/api/graphql")  # github.com's, and an Enterprise server's
PLACE = Path(__file__).parents[1] / "resources" / "github" / "schema.graphql.gz"


@cache
def schema() -> GraphQLSchema:
    """GitHub's whole schema; built once, in about two seconds."""
    from graphql import build_schema

    text = gzip.decompress(PLACE.read_bytes()).decode()
    # Published as it is, it defines EnterpriseOwnerInfo.repositoryDeployKeySetting twice.
    return build_schema(text, assume_valid_sdl=True)


def answer(github: GitHub, body: Mapping[str, Any]) -> Answer:
    """What the query or mutation in ``body`` gets."""
    from graphql import execute, parse, specified_rules, validate
    from graphql.validation import OverlappingFieldsCanBeMergedRule

    document = parse(body["query"])
    # gh 2.102 asks for User.name and Team.name in one place, and GitHub evidently lets it.
    rules = [rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule]
    wrong = validate(schema(), document, rules)
    if wrong:
        github.problems += [f"POST /graphql: {one.message}" for one in wrong]
        return Answer(200, {"errors": [_told(one) for one in wrong]})
    done = execute(
        schema(),
        document,
        {**queries(github), **mutations(github)},
        variable_values=body.get("variables") or {},
        operation_name=body.get("operationName"),
        field_resolver=_field,
        type_resolver=_type,
    )
    assert not hasattr(done, "__await__")
    for one in done.errors or ():
        if not isinstance(one.original_error, Missing):
            github.problems.append(f"POST /graphql: {one.message}")
    told = {"errors": [_told(one) for one in done.errors]} if done.errors else {}
    return Answer(200, {"data": done.data, **told})


def _field(source: Mapping[str, Any], info: GraphQLResolveInfo, **given: Any) -> Any:
    if info.field_name not in source:
        raise LookupError(f"the loopback knows no {info.parent_type.name}.{info.field_name}")
    value = source[info.field_name]
    return value(**given) if callable(value) else value


def _type(source: Mapping[str, Any], *_rest: object) -> str:
    return str(source["__typename"])


def _told(error: GraphQLError) -> dict[str, Any]:
    original = error.original_error
    kind = {"type": original.kind} if isinstance(original, Missing) else {}
    return {**kind, **error.formatted}
