"""The OpenAPI 3.1 document, made of the route table and the models."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from monitor.web.route import Answer, Parameter, Route, problem

Mode = tuple[type[BaseModel], Literal["serialization", "validation"]]
Named = Mapping[Any, dict[str, Any]]
"""The schema of each `Mode`; pydantic's own key type is wider."""

_REF = "#/components/schemas/{model}"
_IN_PATH = re.compile(r"\{(\w+)\}")


def document(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """Describe every path."""
    table = list(routes)
    given = [answer for route in table for answer in _answers(route).values()]
    shapes = {answer.shape for answer in given if answer.shape is not None}
    shapes |= {shape for answer in given for shape in answer.events.values()}
    bodies = {route.body for route in table if route.body is not None}
    ordered: list[Mode] = [(shape, "serialization") for shape in sorted(shapes, key=_name)]
    ordered += [(shape, "validation") for shape in sorted(bodies, key=_name)]
    named, schemas = models_json_schema(ordered, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, named)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "omilia-monitor",
            "version": version,
            "summary": "How the Omilia Cloud Platform stands, and whether to call it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _name(shape: type[BaseModel]) -> str:
    return shape.__name__


def _answers(route: Route) -> Mapping[int, Answer]:
    """Return what a path can answer, with what the guard and the reader of bodies answer."""
    answers = dict(route.answers)
    if route.scope is not None:
        answers |= {401: problem("no token"), 403: problem("the token is not good for this")}
    if route.body is not None:
        answers |= {code: problem(words) for code, words in _BODIES.items() if code not in answers}
    return answers


_BODIES = {
    400: "the body is not JSON",
    413: "the body is too large",
    415: "the body is of another media type",
    422: "the body has another shape; nothing was changed",
}


def _operation(route: Route, named: Named) -> dict[str, Any]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _IN_PATH.findall(route.path)
    ]
    name = re.sub(r"\W+", "_", route.path).strip("_") or "index"
    described: dict[str, Any] = {
        "operationId": name if route.method == "GET" else f"{route.method.lower()}_{name}",
        "summary": route.summary,
        "parameters": in_path + [_parameter(each) for each in route.parameters],
        "responses": {str(code): _response(a, named) for code, a in _answers(route).items()},
    }
    if route.scope is not None:
        described["security"] = [{"token": []}]
        described["description"] = f"Needs a token with the scope `{route.scope}`."
    if route.body is not None:
        schema = named[route.body, "validation"]
        content = {"application/json": {"schema": schema}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }


def _response(answer: Answer, named: Named) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.description}
    if answer.shape is not None:
        described["content"] = {answer.media: {"schema": named[answer.shape, "serialization"]}}
    elif answer.media.startswith("text/"):
        described["content"] = {answer.media: {"schema": {"type": "string"}}}
    if answer.events:
        described["x-events"] = {
            kind: named[shape, "serialization"] for kind, shape in answer.events.items()
        }
    if answer.headers:
        described["headers"] = {
            name: {"description": words, "schema": {"type": "string"}}
            for name, words in answer.headers.items()
        }
    return described
