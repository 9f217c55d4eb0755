"""The OpenAPI 3.1 document, made of the route table and the models."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from monitor.web.routes import Answer, Parameter, Route

_REF = "#/components/schemas/{model}"
_IN_PATH = re.compile(r"\{(\w+)\}")


def document(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """Describe every path."""
    table = list(routes)
    shapes = {a.shape for route in table for a in route.answers.values() if a.shape is not None}
    ordered = sorted(shapes, key=lambda shape: shape.__name__)
    references, schemas = models_json_schema(
        [(shape, "serialization") for shape in ordered], ref_template=_REF
    )
    named = {shape: references[shape, "serialization"] for shape in ordered}
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "omilia-monitor",
            "version": version,
            "summary": "How the Omilia Cloud Platform stands, and whether to call it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {route.path: {"get": _operation(route, named)} for route in table},
        "components": {"schemas": schemas["$defs"]},
    }


def _operation(route: Route, named: dict[type[BaseModel], dict[str, Any]]) -> dict[str, Any]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _IN_PATH.findall(route.path)
    ]
    return {
        "operationId": re.sub(r"\W+", "_", route.path).strip("_") or "index",
        "summary": route.summary,
        "parameters": in_path + [_parameter(each) for each in route.parameters],
        "responses": {str(code): _response(a, named) for code, a in route.answers.items()},
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }


def _response(answer: Answer, named: dict[type[BaseModel], dict[str, Any]]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.description}
    if answer.shape is not None:
        described["content"] = {answer.media: {"schema": named[answer.shape]}}
    elif answer.media.startswith("text/"):
        described["content"] = {answer.media: {"schema": {"type": "string"}}}
    if answer.headers:
        described["headers"] = {
            name: {"description": words, "schema": {"type": "string"}}
            for name, words in answer.headers.items()
        }
    return described
